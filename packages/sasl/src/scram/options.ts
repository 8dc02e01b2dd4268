import { demand, demandMatch, demandType, demandWhole } from "../check.ts";
import { ownOctets } from "../octets.ts";
import { isAscii, type Prepare, type PrepareOption, passwordOctets, preparePeers } from "../text/text.ts";
import { encodeUtf8 } from "../web.ts";
import type { ScramHash } from "./hash.ts";
import { NONCE } from "./messages.ts";

/** RFC 5802 §5.1, RFC 7677 §4. */
export const MIN_ITERATIONS = 4096;
/** What a client computes at most for a server that it does not trust yet: some 50 ms. */
export const MAX_ITERATIONS = 100_000;

/** @throws RangeError if it is no whole number of at least `least`, and at most what Web Crypto takes */
export function checkCount(argument: string, count: number, least = 1): number {
  demandWhole(argument, count, least, 2 ** 32 - 1);
  return count;
}

/** The same of a count that need not be given: no bound that was given is refused for the usual count. */
export function countAbove(argument: string, least: number, usual: number, count?: number): number {
  return count === undefined ? Math.max(usual, least) : checkCount(argument, count, least);
}

/**
 * A password as octets, which are the callee's own. What is not ASCII must be prepared as a stored string, or come as
 * octets (RFC 5802 §2.2: implement SASLprep, or disallow it).
 *
 * @throws TypeError, RangeError if it is neither a string that can be prepared nor at least one octet
 */
export function ownPassword(
  password: string | Uint8Array,
  { prepare = demandAscii }: PrepareOption,
): Uint8Array<ArrayBuffer> {
  return passwordOctets(password, prepare, "stored");
}

const demandAscii: Prepare = (text) => {
  demand(isAscii(text), "password", "ASCII, or the option prepare");
  return text;
};

/**
 * A peer's password as octets. Null: it is nobody's, since no keys can have been made of it.
 *
 * @throws TypeError if it is neither a string nor octets
 */
export function peersPassword(
  password: string | Uint8Array,
  { prepare = onlyAscii }: PrepareOption,
): Uint8Array<ArrayBuffer> | null {
  if (password instanceof Uint8Array) return password.length > 0 ? ownOctets("password", password) : null;
  demandType("password", password);
  const prepared = preparePeers(password, prepare, "stored");
  return prepared === null ? null : encodeUtf8(prepared);
}

/** What SCRAM takes without `prepare`. */
export const onlyAscii: Prepare = (text) => (isAscii(text) ? text : null);

/** @throws TypeError unless it is a string, RangeError if a message cannot carry it */
export function checkNonce(nonce: string): string {
  demandMatch("nonce", nonce, NONCE, "printable ASCII without space and comma");
  return nonce;
}

/** What keys of every kind have in common. */
interface AnyKeys {
  readonly mechanism: string;
  readonly iterations: number;
  readonly salt: Uint8Array;
}

/**
 * Checks keys that the caller hands in, and copies them.
 *
 * @param names the properties that are keys
 * @param place what stands before their names in an error
 * @throws TypeError, RangeError if they are none of this hash, or have fewer iterations
 */
export function ownKeys<Name extends string>(
  { mechanism, compute }: ScramHash,
  keys: AnyKeys & Readonly<Record<Name, Uint8Array>>,
  names: readonly Name[],
  minIterations = 1,
  place = "",
): AnyKeys & Readonly<Record<Name, Uint8Array<ArrayBuffer>>> {
  demand(keys.mechanism === mechanism, `${place}mechanism`, mechanism);
  const iterations = checkCount(`${place}iterations`, keys.iterations, minIterations);
  const salt = ownOctets(`${place}salt`, keys.salt);
  const own = names.map((name) => [name, ownOctets(place + name, keys[name], compute.outputLen)]);
  return { mechanism, iterations, salt, ...Object.fromEntries(own) };
}
