import { md5 } from "@noble/hashes/legacy.js";
import { equalOctets, plainOctets, toHex } from "./octets.ts";
import { isMsgId } from "./text/msg-id.ts";
import { type PrepareOption, prepareOwn } from "./text/text.ts";
import { encodeUtf8 } from "./web.ts";

/** Options of {@link apopDigest}. */
export interface ApopOptions {
  /** Applied to a password outside ASCII, as to a stored string (RFC 6856 §2.2). Default: none. */
  readonly prepare?: NonNullable<PrepareOption["prepare"]>;
}

/**
 * The digest of POP3's APOP command (RFC 1939 §7): MD5 of the greeting's timestamp and the password.
 *
 * @param timestamp with its angle brackets, in the form of a msg-id: anything else may be a chosen challenge
 * @returns 32 lower-case hexadecimal digits
 * @throws TypeError, RangeError if an argument is not acceptable
 */
export function apopDigest(timestamp: string, password: string | Uint8Array, options: ApopOptions = {}): string {
  if (!isMsgId(timestamp)) throw new RangeError('"timestamp" expected the form of a msg-id, <…@…>');
  const start = encodeUtf8(timestamp);
  const secret = secretOctets(password, options);
  const text = new Uint8Array(start.length + secret.length);
  text.set(start);
  text.set(secret, start.length);
  const digest = toHex(md5(text));
  text.fill(0);
  return digest;
}

function secretOctets(password: string | Uint8Array, { prepare }: ApopOptions): Uint8Array {
  if (typeof password !== "string") {
    if (plainOctets("password", password).length > 0) return password;
    throw new RangeError('"password" expected at least one octet');
  }
  const isAscii = /^[\0-\x7f]*$/.test(password);
  return encodeUtf8(prepareOwn("password", password, isAscii ? undefined : prepare, "stored"));
}

/** What {@link verifyApop} compares. */
export interface ApopVerification extends ApopOptions {
  /** As the server sent it in its greeting. */
  readonly timestamp: string;
  /** As the client sent it: in lower case only (RFC 1939 §7). */
  readonly digest: string;
  /** Null: no such user, which takes the same time and is false. */
  readonly password: string | Uint8Array | null;
}

/**
 * Whether a digest is right, in a time that does not depend on it.
 *
 * @throws TypeError, RangeError if the timestamp or the password is not acceptable; never for the digest
 */
export function verifyApop({ timestamp, digest, password, ...options }: ApopVerification): boolean {
  const expected = apopDigest(timestamp, password ?? "unknown", options);
  return equalOctets(encodeUtf8(expected), encodeUtf8(digest)) && password !== null;
}
