import { outOfRange } from "dot-stuffing/session";
import { BACKSLASH, DOT, isAtext, isPrintableUtf8, nonAsciiAt, QUOTE, quotedString, SPACE } from "../characters.ts";

/**
 * The end of the Local-part that begins at a place in a text, or −1 (RFC 5321 §4.1.2, RFC 6531 §3.3).
 *
 * ```abnf
 * Local-part      = Dot-string / Quoted-string
 * Dot-string      = Atom *("." Atom)
 * Quoted-string   = DQUOTE *( qtextSMTP / quoted-pairSMTP ) DQUOTE
 * qtextSMTP       = %d32-33 / %d35-91 / %d93-126
 * quoted-pairSMTP = %d92 %d32-126
 * atext           =/ UTF8-non-ascii
 * qtextSMTP       =/ UTF8-non-ascii
 * ```
 */
export function scanLocalPart(text: string, from: number, nonAscii: boolean): number {
  return text.charCodeAt(from) === QUOTE ? scanQuoted(text, from, nonAscii) : scanDotString(text, from, nonAscii);
}

function scanDotString(text: string, from: number, nonAscii: boolean): number {
  let at = from;
  let before = DOT;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isAtext(code) && !(code === DOT && before !== DOT)) {
      const units = nonAscii ? nonAsciiAt(text, at) : 0;
      if (units === 0) break;
      at += units - 1;
    }
    before = code;
  }
  return before === DOT ? -1 : at;
}

function scanQuoted(text: string, from: number, nonAscii: boolean): number {
  for (let at = from + 1; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    const pair = code === BACKSLASH;
    if (pair) code = text.charCodeAt(++at);
    if (code >= SPACE && code < 0x7f) continue;
    // A pair covers one ASCII character only (RFC 6531 §3.3).
    const units = nonAscii && !pair ? nonAsciiAt(text, at) : 0;
    if (units === 0) return -1;
    at += units - 1;
  }
  return -1;
}

/** What a Local-part stands for: quotes and the backslashes of pairs removed. */
export function unquote(localPart: string): string {
  return localPart.charCodeAt(0) === QUOTE ? localPart.slice(1, -1).replace(/\\(.)/g, "$1") : localPart;
}

/**
 * Writes plain text as a Local-part: a Dot-string where it can be one, else quoted, with pairs for `"` and `\` alone
 * (RFC 5321 §4.1.2). The result is the canonical form of every way to write the same text.
 *
 * @throws RangeError for control characters, and halves of surrogate pairs.
 */
export function formatLocalPart(plain: string): string {
  if (scanDotString(plain, 0, true) === plain.length) return plain;
  if (!isPrintableUtf8(plain)) throw outOfRange("localPart", "printable characters");
  return quotedString(plain);
}
