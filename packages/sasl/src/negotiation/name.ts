import { demandType } from "../check.ts";

/**
 * The name of a mechanism as registered, in upper case; null if it cannot be one. Look mechanisms up by what this
 * returns.
 *
 * ```abnf
 * sasl-mech = 1*20mech-char                                   ; RFC 4422 §3.1
 * mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
 * ```
 *
 * @throws TypeError if it is no string
 */
export function mechanismName(text: string): string | null {
  demandType("text", text);
  return /^[A-Za-z0-9_-]{1,20}$/.test(text) ? text.toUpperCase() : null;
}
