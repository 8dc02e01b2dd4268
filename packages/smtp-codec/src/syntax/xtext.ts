import { outOfRange } from "dot-stuffing/session";

/**
 * xtext (RFC 3461 §4): the form in which parameter values carry characters that a parameter may not hold.
 *
 * ```abnf
 * xtext   = *( xchar / hexchar )
 * xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
 * hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
 * ```
 */

/**
 * Decodes xtext to ASCII; lower-case digits are accepted, as RFC 4954's grammar has them. Null if it is malformed, or
 * stands for an octet above 127.
 */
export function decodeXtext(xtext: string): string | null {
  if (!/^(?:[!-*,-<>-~]|\+[0-7][0-9A-Fa-f])*$/.test(xtext)) return null;
  return xtext.replace(/\+(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** Encodes text as xtext. @throws RangeError for a character above U+007F */
export function encodeXtext(text: string): string {
  return text.replace(/[^!-*,-<>-~]/g, (char) => {
    const code = char.charCodeAt(0);
    if (code > 0x7f) throw outOfRange("text", "ASCII alone");
    return `+${code.toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
