/** Character classes of RFC 5321 §4.1.2, RFC 5234 App. B.1 and RFC 6531 §3.3, over character codes. */

export const HT = 0x09;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const HYPHEN = 0x2d;
export const DOT = 0x2e;
export const COLON = 0x3a;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const GREATER = 0x3e;
export const AT = 0x40;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isAlpha(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** `Let-dig = ALPHA / DIGIT` */
export function isLetDig(code: number): boolean {
  return isAlpha(code) || isDigit(code);
}

const ATEXT: Uint8Array = new Uint8Array(128).map((_, code) =>
  isLetDig(code) || "!#$%&'*+-/=?^_`{|}~".includes(String.fromCharCode(code)) ? 1 : 0,
);

/** `atext` of RFC 5322 §3.2.3: what an Atom of a local-part holds. */
export function isAtext(code: number): boolean {
  return ATEXT[code] === 1;
}

/**
 * How many code units the `UTF8-non-ascii` character (RFC 6532 §3.1) at a place takes: 1 or 2, and 0 where there is
 * none. C1 controls are none (RFC 6530 §10.1), nor is half of a surrogate pair, which no UTF-8 stands for.
 */
export function nonAsciiAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (!(code >= 0xa0)) return 0;
  if (code < 0xd800 || code > 0xdfff) return 1;
  const next = text.charCodeAt(at + 1);
  return code < 0xdc00 && next >= 0xdc00 && next <= 0xdfff ? 2 : 0;
}

/** Whether a text has characters above ASCII. */
export function hasNonAscii(text: string): boolean {
  return /[^\0-\x7f]/.test(text);
}

/** How many octets a part of a text is in UTF-8: limits count octets, not characters (RFC 6531 §3.1). */
export function octetLength(text: string, from = 0, to: number = text.length): number {
  let length = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    // Each half of a surrogate pair counts two of the pair's four octets.
    length += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
  }
  return length;
}

/**
 * Whether a part of a text is longer than so many octets in UTF-8, which a character takes at most three of for each
 * unit.
 */
export function isLonger(text: string, from: number, to: number, limit: number): boolean {
  return (to - from) * 3 > limit && octetLength(text, from, to) > limit;
}

/** Whether every character is SP, visible ASCII, or beyond ASCII and no control: what command arguments hold. */
export function isPrintableUtf8(text: string): boolean {
  return isTextUtf8(text) && !text.includes("\t");
}

/** Whether every character is HT, SP, visible ASCII, or beyond ASCII and no control: what replies hold. */
export function isTextUtf8(text: string): boolean {
  return /^[\t -~\u{a0}-\u{d7ff}\u{e000}-\u{10ffff}]*$/u.test(text);
}

/** Whether the whole text is digits, so many at least and at most. */
export function isNumber(text: string, least: number, most: number): boolean {
  return text.length >= least && text.length <= most && /^[0-9]*$/.test(text);
}

/**
 * The end of the keyword that stands at a place, which is that place if there is none (RFC 5321 §4.1.1.1, §4.1.2).
 *
 * ```abnf
 * ehlo-keyword  = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * ```
 */
export function scanKeyword(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isLetDig(code) && !(code === HYPHEN && at > from)) break;
  }
  return at;
}

/** Whether a text is a keyword as EHLO replies and parameters have it. */
export function isKeyword(text: string): boolean {
  return text !== "" && scanKeyword(text, 0) === text.length;
}

/** The `Quoted-string` that stands for a text, with pairs for `"` and `\` alone (RFC 5321 §4.1.2). */
export function quotedString(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** RFC 5322 `Atom` without its CFWS: one `atext` or more. */
export function isAtom(text: string): boolean {
  return /^[\w!#$%&'*+/=?^`{|}~-]+$/.test(text);
}

/**
 * The text up to a place, its ASCII letters in upper case, all other characters as they are: keywords have no case, and
 * no letters besides (RFC 5321 §2.4).
 */
export function asciiUpperCase(text: string, to: number = text.length): string {
  const part = text.slice(0, to);
  // Mostly it is in upper case already.
  for (let at = 0; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x61 && code <= 0x7a) return part.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  }
  return part;
}

/** ASCII letters in lower case, all other characters as they are: what domains compare by (RFC 5321 §2.4). */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether a text has these letters, given in upper case, at a place, in either case. */
export function hasLetters(text: string, at: number, letters: string): boolean {
  for (let n = 0; n < letters.length; n++) {
    if ((text.charCodeAt(at + n) & ~0x20) !== letters.charCodeAt(n)) return false;
  }
  return true;
}
