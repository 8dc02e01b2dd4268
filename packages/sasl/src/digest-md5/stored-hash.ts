import { checkOptions } from "../check.ts";
import { storedSecret } from "../exchange/stored-secret.ts";
import type { Credentials } from "../mechanism.ts";
import { checkOptional, type Prepare, type PrepareOption, passwordOctets, prepareOwn } from "../text/text.ts";
import { encodeUtf8 } from "../web.ts";
import { hashedForm, USER_HASH_LENGTH, userHash } from "./hash.ts";

/** A name and a realm as they are hashed. */
export interface HashedNames {
  readonly username: Uint8Array;
  readonly realm: Uint8Array;
}

/** The hash to check with. */
export function userHashOf(
  credentials: Credentials | null,
  { username, realm }: HashedNames,
  prepare: Prepare | undefined,
): Uint8Array<ArrayBuffer> {
  return storedSecret(credentials, "hash", USER_HASH_LENGTH, (password) => hashOf(username, realm, password, prepare));
}

/** Octets are taken as they are hashed. */
function hashOf(
  username: Uint8Array,
  realm: Uint8Array,
  password: string | Uint8Array,
  prepare: Prepare | undefined,
): Uint8Array<ArrayBuffer> {
  const secret = passwordOctets(password, prepare, "stored", hashedForm);
  const hash = userHash(username, realm, secret);
  secret.fill(0);
  return hash;
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
 * What a DIGEST-MD5 server can store instead of the password (RFC 2831 §3.9): `MD5(username ":" realm ":" password)`,
 * 16 octets. A name or password whose characters are all in ISO 8859-1 is hashed so, any other in UTF-8 (§2.1.2.1).
 * Dovecot's `{DIGEST-MD5}` scheme hashes UTF-8 always, which is the same for ASCII alone. Whoever has it can log in to
 * the realm by DIGEST-MD5.
 *
 * @throws TypeError, RangeError if a part is not acceptable
 */
export function digestMd5Hash(credentials: DigestMd5Credentials, options: PrepareOption = {}): Uint8Array<ArrayBuffer> {
  const { authenticationIdentity, realm, password } = checkOptions(
    credentials,
    ["authenticationIdentity", "password", "realm"],
    "credentials",
  );
  const { prepare } = checkOptions(options, ["prepare"]);
  const username = prepareOwn("authenticationIdentity", authenticationIdentity, prepare, "stored");
  return hashOf(hashedForm(username), encodeUtf8(checkOptional("realm", realm)), password, prepare);
}
