import { outOfRange } from "dot-stuffing/session";
import { nonAsciiAt } from "./characters.ts";

/**
 * The encoding of `utf-8` addresses in ORCPT (RFC 6533 §3).
 *
 * ```abnf
 * utf-8-addr-xtext    = 1*(QCHAR / EmbeddedUnicodeChar)
 * utf-8-addr-unitext  = 1*(QUCHAR / EmbeddedUnicodeChar)
 * QCHAR               = %x21-2a / %x2c-3c / %x3e-5b / %x5d-7e
 * QUCHAR              = QCHAR / UTF8-2 / UTF8-3 / UTF8-4
 * EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"
 * ```
 */

/** What an EmbeddedUnicodeChar may stand for: no half of a surrogate pair, and nothing that could end a line. */
function isPoint(point: number): boolean {
  return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) && point !== 0 && point !== 0x0a && point !== 0x0d;
}

/**
 * Decodes a `utf-8` address; null if it is malformed, stands for CR, LF or NUL, or has characters beyond ASCII where
 * only the 7-bit form is allowed.
 */
export function decodeUnitext(text: string, nonAscii: boolean): string | null {
  let decoded = "";
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) {
      const close = text.indexOf("}", at);
      const digits = /^\\x\{([0-9A-Fa-f]{2,6})\}$/.exec(text.slice(at, Math.min(close + 1, at + 10)))?.[1];
      const point = Number.parseInt(digits ?? "", 16);
      if (!isPoint(point)) return null;
      decoded += String.fromCodePoint(point);
      at = close;
    } else if (code > 0x20 && code < 0x7f && code !== 0x2b && code !== 0x3d) decoded += text[at];
    else {
      const units = nonAscii ? nonAsciiAt(text, at) : 0;
      if (units === 0) return null;
      decoded += text.slice(at, at + units);
      at += units - 1;
    }
  }
  return decoded;
}

/**
 * Encodes an address for `utf-8`: with native characters beyond ASCII, or with none.
 *
 * @throws RangeError for CR, LF, NUL and halves of surrogate pairs.
 */
export function encodeUnitext(text: string, nonAscii: boolean): string {
  let encoded = "";
  for (const char of text) {
    const point = char.codePointAt(0)!;
    if (!isPoint(point)) throw outOfRange("address", "characters other than CR, LF and NUL");
    const plain = point < 0x7f ? point > 0x20 && !"+=\\".includes(char) : nonAscii && point > 0x9f;
    encoded += plain ? char : `\\x{${point.toString(16).toUpperCase().padStart(2, "0")}}`;
  }
  return encoded;
}
