import type { Credentials } from "../mechanism.ts";
import { plainOctets } from "../octets.ts";
import { checkText, type PrepareOption, prepareOwn } from "../text/text.ts";
import { encodeUtf8 } from "../web.ts";
import { hashedForm, USER_HASH_LENGTH, userHash } from "./hash.ts";

/** A name and a realm as they are hashed. */
export interface HashedNames {
  readonly username: Uint8Array;
  readonly realm: Uint8Array;
}

const UNKNOWN = Uint8Array.of(0);

/** The hash to check with, the caller's copied. An unknown user, a password and a stored hash cost the same. */
export function userHashOf(
  credentials: Credentials | null,
  names: HashedNames,
  options: PrepareOption,
): Uint8Array<ArrayBuffer> {
  const isPassword = credentials !== null && "password" in credentials;
  const password = isPassword ? passwordOctets(credentials.password, options) : UNKNOWN;
  const hash = userHash(names.username, names.realm, password);
  if (isPassword || credentials === null) return hash;
  const stored = plainOctets("hash", "hash" in credentials ? credentials.hash : undefined);
  if (stored.length !== USER_HASH_LENGTH) throw new RangeError(`"hash" expected ${USER_HASH_LENGTH} octets`);
  hash.set(stored);
  return hash;
}

/** Octets are taken as they are hashed. */
function passwordOctets(password: string | Uint8Array, { prepare }: PrepareOption): Uint8Array {
  if (typeof password === "string") return hashedForm(prepareOwn("password", password, prepare, "stored"));
  const octets = plainOctets("password", password);
  if (octets.length === 0) throw new RangeError('"password" expected at least one octet');
  return octets;
}

/** What {@link digestMd5Hash} is made of. */
export interface DigestMd5Credentials {
  readonly authenticationIdentity: string;
  /** Default: empty, as for a server that offers no realms. */
  readonly realm?: string;
  /** Octets are taken as they are, without `prepare`. */
  readonly password: string | Uint8Array;
}

/**
 * What a DIGEST-MD5 server can store instead of the password (RFC 2831 §3.9): `MD5(username ":" realm ":" password)`, 16
 * octets, as in Dovecot's `{DIGEST-MD5}` scheme. Whoever has it can log in to the realm by DIGEST-MD5.
 *
 * @throws TypeError, RangeError if a part is not acceptable
 */
export function digestMd5Hash(
  { authenticationIdentity, realm = "", password }: DigestMd5Credentials,
  options: PrepareOption = {},
): Uint8Array<ArrayBuffer> {
  const username = prepareOwn("authenticationIdentity", authenticationIdentity, options.prepare, "stored");
  return userHash(hashedForm(username), encodeUtf8(checkRealm(realm)), passwordOctets(password, options));
}

/** @throws TypeError, RangeError if a realm cannot be sent; the empty one can */
export function checkRealm(realm: string): string {
  return realm === "" ? realm : checkText("realm", realm);
}
