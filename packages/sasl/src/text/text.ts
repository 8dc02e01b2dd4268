import { demand, demandType } from "../check.ts";
import { ownOctets } from "../octets.ts";
import { encodeUtf8 } from "../web.ts";

/**
 * Checks a name or password that the caller hands in.
 *
 * @throws TypeError if it is no string
 * @throws RangeError if it is empty, has a NUL, or has an unpaired surrogate, which UTF-8 cannot express
 */
export function checkText(argument: string, text: string | null | undefined): string {
  demandType(argument, text);
  demand(text !== "", argument, "a non-empty string");
  demand(!text.includes("\0"), argument, "no NUL");
  // With the flag u, a surrogate in the pattern matches unpaired ones only.
  demand(!/[\ud800-\udfff]/u.test(text), argument, "no unpaired surrogate");
  return text;
}

/** The same, of a text that can be left out, and is then empty. @throws TypeError, RangeError as {@link checkText} */
export function checkOptional(argument: string, text = ""): string {
  return text === "" ? text : checkText(argument, text);
}

/**
 * Prepares a name or password for comparison, e.g. `saslprep` of `sasl/saslprep` (RFC 4013). What is no string, or
 * empty, says that it cannot be prepared, which fails the exchange if the peer sent it, and is refused if the caller
 * gave it. The second argument says whether unassigned code points pass: `"stored"` for what SCRAM derives keys from,
 * where they do not (RFC 3454 §7).
 */
export type Prepare = (text: string, use: "query" | "stored") => string | Unprepared | null;

/** Why a text cannot be prepared. */
export interface Unprepared {
  /** What is broken, e.g. `"RFC 3454 C.2.1"`, and nothing of the text: it gets into error messages. */
  readonly rule: string;
}

/** What the options of all mechanisms with names and passwords have in common. */
export interface PrepareOption {
  /**
   * Applied to authentication identities and passwords, not to authorization identities. Default: none, and a server of
   * PLAIN or LOGIN then refuses control characters in ASCII, all that SASLprep does to ASCII (RFC 4013 §2.3).
   */
  readonly prepare?: Prepare;
}

/**
 * Checks and prepares a name or password that the caller hands in.
 *
 * @throws TypeError, RangeError as {@link checkText}; RangeError if it cannot be prepared
 */
export function prepareOwn(
  argument: string,
  text: string,
  prepare: Prepare | undefined,
  use: "query" | "stored" = "query",
): string {
  checkText(argument, text);
  if (prepare === undefined) return text;
  const prepared = prepare(text, use);
  if (typeof prepared === "string") return checkText(`${argument} (prepared)`, prepared);
  throw new RangeError(`"${argument}" cannot be prepared${prepared ? `: ${prepared.rule}` : ""}`);
}

/** Prepares a name or password of the peer's. Null: it cannot be prepared, or nothing is left (RFC 4616 §2). */
export function preparePeers(
  text: string,
  prepare: Prepare = (text) => text,
  use: "query" | "stored" = "query",
): string | null {
  const prepared = prepare(text, use);
  return typeof prepared === "string" && prepared !== "" ? prepared : null;
}

/**
 * SASLprep of ASCII, without its tables: control characters are prohibited (RFC 4013 §2.3). The rest comes as it is.
 */
export const prepareAscii: Prepare = (text) => (/[\0-\x1f\x7f]/.test(text) ? null : text);

/**
 * A password that the caller hands in as octets, which are the callee's own: those that were given as such, or those of
 * the string, prepared.
 *
 * @throws TypeError, RangeError as {@link prepareOwn}; RangeError if there is not one octet
 */
export function passwordOctets(
  password: string | Uint8Array,
  prepare: Prepare | undefined,
  use: "query" | "stored",
  encode: (text: string) => Uint8Array<ArrayBuffer> = encodeUtf8,
): Uint8Array<ArrayBuffer> {
  if (password instanceof Uint8Array) return ownOctets("password", password);
  return encode(prepareOwn("password", password, prepare, use));
}

export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
