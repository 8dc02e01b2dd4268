import { plainOctets, someOctets } from "../octets.ts";
import { type PrepareOption, prepareOwn } from "../text/text.ts";
import { encodeUtf8 } from "../web.ts";
import { isNonce } from "./messages.ts";

/** RFC 5802 §5.1, RFC 7677 §4. */
export const MIN_ITERATIONS = 4096;
/** What a client computes at most for a server that it does not trust yet: some 50 ms. */
export const MAX_ITERATIONS = 100_000;

/** @throws RangeError if it is no whole number of at least `least`, and at most what Web Crypto takes */
export function checkCount(argument: string, count: number, least = 1): number {
  if (Number.isInteger(count) && count >= least && count < 2 ** 32) return count;
  throw new RangeError(`"${argument}" expected a whole number of at least ${least}, below 2^32`);
}

/**
 * A password as octets, which are the callee's own. What is not ASCII must be prepared as a stored string, or come as
 * octets (RFC 5802 §2.2: implement SASLprep, or disallow it).
 *
 * @throws TypeError, RangeError if it is neither a string that can be prepared nor at least one octet
 */
export function passwordOctets(password: string | Uint8Array, { prepare }: PrepareOption): Uint8Array<ArrayBuffer> {
  if (!(password instanceof Uint8Array)) {
    if (prepare === undefined && !isAscii(password))
      throw new RangeError('"password" has characters outside ASCII, and needs the option "prepare"');
    return encodeUtf8(prepareOwn("password", password, prepare, "stored"));
  }
  return someOctets("password", password);
}

/** What is no string is refused elsewhere. */
function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** A peer's password as octets. Null: it is nobody's, since no keys can have been made of it. */
export function peersPasswordOctets(
  password: string | Uint8Array,
  { prepare }: PrepareOption,
): Uint8Array<ArrayBuffer> | null {
  if (password instanceof Uint8Array) return password.length > 0 ? plainOctets("password", password).slice() : null;
  if (prepare === undefined) return isAscii(password) && password !== "" ? encodeUtf8(password) : null;
  const prepared = prepare(password, "stored");
  return typeof prepared === "string" && prepared !== "" ? encodeUtf8(prepared) : null;
}

/**
 * Octets of which the length is known, copied.
 *
 * @throws TypeError, RangeError if they are others
 */
export function exactOctets(argument: string, octets: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = plainOctets(argument, octets).slice();
  if (copy.length !== length) throw new RangeError(`"${argument}" expected ${length} octets`);
  return copy;
}

/** @throws RangeError if a message cannot carry it */
export function checkNonce(nonce: string): string {
  if (isNonce(nonce)) return nonce;
  throw new RangeError('"nonce" expected printable ASCII without space and comma');
}

/** @throws RangeError if keys belong to another mechanism */
export function checkMechanism(mechanism: string, keys: { readonly mechanism: string }): string {
  if (keys.mechanism === mechanism) return mechanism;
  throw new RangeError(`"mechanism" of the keys expected ${mechanism}`);
}
