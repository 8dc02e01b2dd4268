/**
 * SCRAM's messages (RFC 5802 §7), read and written. What cannot be read comes back as a failure, with the error value
 * that a server may tell.
 *
 * @module
 */
import { type Failure, type FailureReason, failure, type ScramErrorValue, SERVER_ERRORS } from "../failure.ts";
import { decodeBase64 } from "../text/base64.ts";
import { parseGs2Header, type ReadGs2Header, unescapeSaslname } from "../text/gs2.ts";

/** A failure on the server, with what it may tell the client as `e=`. */
export function fail(reason: FailureReason, value: ScramErrorValue = "other-error"): Failure {
  return failure(reason, { value, raw: value });
}

export function isFailure(read: object): read is Failure {
  return "reason" in read;
}

/** How long the peer's part of a nonce may be, in octets. */
const MAX_NONCE = 1024;

/**
 * ```abnf
 * printable = %x21-2B / %x2D-7E   ; a nonce is one or more of them
 * ```
 */
export const NONCE: RegExp = /^[!-+\--~]+$/;

/** The attributes that RFC 5802 §5.1 defines: where they are not expected, they are no extensions. */
const DEFINED = "anmrcsipve";

/**
 * The values of the attributes that a message has, in the order in which it must have them. Extensions, which may stand
 * after the last but one (`proof` is the last where it occurs), are left out.
 *
 * ```abnf
 * attr-val      = ALPHA "=" value
 * value         = 1*value-char                              ; no NUL, no ","
 * reserved-mext = "m=" 1*(value-char)                       ; must fail
 * extensions    = attr-val *("," attr-val)
 * ```
 */
function values(text: string, names: string, last = ""): string[] | "malformed-message" | "extensions-not-supported" {
  const attributes = text.split(",");
  if (attributes.some((attribute) => !/^[A-Za-z]=[^\0]+$/.test(attribute))) return "malformed-message";
  const order = attributes.map((attribute) => attribute[0]!);
  if (order.includes("m")) return "extensions-not-supported";
  if (order.length < names.length + last.length) return "malformed-message";
  const extensions = order.slice(names.length, order.length - last.length);
  const expected = [...names, ...extensions, ...last];
  if (extensions.some((name) => DEFINED.includes(name)) || order.some((name, at) => name !== expected[at]))
    return "malformed-message";
  const found = attributes.map((attribute) => attribute.slice(2));
  return [...found.slice(0, names.length), ...found.slice(found.length - last.length)];
}

/** The same on the server, which can say that it knows no extension. */
function clientsValues(text: string, names: string, last?: string): string[] | Failure {
  const found = values(text, names, last);
  if (typeof found !== "string") return found;
  return found === "malformed-message" ? fail(found) : fail(found, found);
}

export interface ClientFirst {
  readonly header: ReadGs2Header;
  /** As sent, without the escapes. */
  readonly username: string;
  readonly nonce: string;
}

/**
 * @param known whom the message is from, whatever its username says, which need then be no saslname
 *
 * ```abnf
 * client-first-message      = gs2-header client-first-message-bare
 * client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
 * username                  = "n=" saslname
 * nonce                     = "r=" c-nonce [s-nonce]
 * ```
 */
export function readClientFirst(text: string, known?: string): ClientFirst | Failure {
  const header = parseGs2Header(text);
  if (header === null || header.isNonstandard) return fail("malformed-message");
  const found = clientsValues(known ? header.rest.replace(/^n=[^,]*/, "n=-") : header.rest, "nr");
  if (isFailure(found)) return found;
  const [saslname, nonce] = found as [string, string];
  const username = known ?? unescapeSaslname(saslname);
  if (username === null) return fail("malformed-message", "invalid-username-encoding");
  return NONCE.test(nonce) && nonce.length <= MAX_NONCE ? { header, username, nonce } : fail("malformed-message");
}

export interface ServerFirst {
  readonly nonce: string;
  readonly salt: Uint8Array<ArrayBuffer>;
  /** Infinity: more than a number can say exactly. */
  readonly iterations: number;
}

/**
 * ```abnf
 * server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
 * salt                 = "s=" base64
 * iteration-count      = "i=" posit-number
 * posit-number         = %x31-39 *DIGIT
 * ```
 */
export function readServerFirst(text: string, clientNonce: string): ServerFirst | Failure {
  const found = values(text, "rsi");
  if (typeof found === "string") return failure(found);
  const [nonce, base64, count] = found as [string, string, string];
  const salt = decodeBase64(base64);
  const iterations = readCount(count);
  if (salt === null || iterations === null || !NONCE.test(nonce)) return failure("malformed-message");
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) return failure("nonce-mismatch");
  if (nonce.length - clientNonce.length > MAX_NONCE) return failure("malformed-message");
  return { nonce, salt, iterations };
}

/** A posit-number. Null: it is none. Infinity: more than a number can say exactly. */
export function readCount(text: string): number | null {
  if (!/^[1-9][0-9]*$/.test(text)) return null;
  const count = Number(text);
  return Number.isSafeInteger(count) ? count : Infinity;
}

export interface ClientFinal {
  readonly nonce: string;
  /** The octets of `c=`. */
  readonly bound: Uint8Array<ArrayBuffer>;
  readonly proof: Uint8Array<ArrayBuffer>;
  /** The message up to the comma before the proof. */
  readonly withoutProof: string;
}

/**
 * ```abnf
 * client-final-message               = client-final-message-without-proof "," proof
 * client-final-message-without-proof = channel-binding "," nonce ["," extensions]
 * channel-binding                    = "c=" base64
 * proof                              = "p=" base64
 * ```
 */
export function readClientFinal(text: string): ClientFinal | Failure {
  const found = clientsValues(text, "cr", "p");
  if (isFailure(found)) return found;
  const [c, nonce, p] = found as [string, string, string];
  const bound = decodeBase64(c);
  const proof = decodeBase64(p);
  if (bound === null || proof === null) return fail("malformed-message");
  return { nonce, bound, proof, withoutProof: text.slice(0, -(p.length + ",p=".length)) };
}

/**
 * The octets of `v=`, or the failure that `e=` stands for.
 *
 * ```abnf
 * server-final-message = (server-error / verifier) ["," extensions]
 * server-error         = "e=" server-error-value
 * verifier             = "v=" base64
 * ```
 */
export function readServerFinal(text: string): Uint8Array<ArrayBuffer> | Failure {
  const refused = readServerError(text);
  if (refused !== null) return refused;
  const found = values(text, "v");
  if (typeof found === "string") return failure(found);
  return decodeBase64(found[0]!) ?? failure("malformed-message");
}

/** The failure that a server reports; null if it reports none. */
export function readServerError(text: string): Failure | null {
  const found = values(text, "e");
  if (typeof found === "string") return null;
  const [raw] = found as [string];
  const value = SERVER_ERRORS.find((known) => known === raw) ?? "other-error";
  return failure("server-error", { value, raw });
}
