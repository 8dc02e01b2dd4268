import { md5 } from "@noble/hashes/legacy.js";
import { checkOptions, demandType } from "./check.ts";
import { equalOctets, joinOctets, toHex } from "./octets.ts";
import { demandMsgId } from "./text/msg-id.ts";
import { isAscii, type PrepareOption, passwordOctets } from "./text/text.ts";
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
  demandMsgId("timestamp", timestamp);
  const { prepare } = checkOptions(options, ["prepare"]);
  // What has other types is refused where it is prepared.
  const needsPreparation = typeof password === "string" && !isAscii(password);
  const secret = passwordOctets(password, needsPreparation ? prepare : undefined, "stored");
  const text = joinOctets(encodeUtf8(timestamp), secret);
  const digest = toHex(md5(text));
  text.fill(0);
  secret.fill(0);
  return digest;
}

/** What {@link verifyApop} compares. */
export interface ApopVerification extends ApopOptions {
  /** As the server sent it in its greeting. */
  readonly timestamp: string;
  /** As the client sent it: in lower case only (RFC 1939 §7). */
  readonly digest: string;
  /** Null or undefined: no such user, which takes the same time and is false. */
  readonly password: string | Uint8Array | null | undefined;
}

/**
 * Whether a digest is right, in a time that does not depend on it.
 *
 * @throws TypeError, RangeError if the timestamp or the password is not acceptable; never for what the digest says
 */
export function verifyApop(verification: ApopVerification): boolean {
  checkOptions(verification, ["timestamp", "digest", "password", "prepare"]);
  const { timestamp, digest, password, ...options } = verification;
  demandType("digest", digest);
  const known = password ?? null;
  const expected = apopDigest(timestamp, known ?? "unknown", options);
  return equalOctets(encodeUtf8(expected), encodeUtf8(digest)) && known !== null;
}
