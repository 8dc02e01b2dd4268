import { checkType, outOfRange } from "dot-stuffing/session";

/** Whether there is an octet that ends lines or must not stand in them: CR, LF or NUL. */
export function hasFraming(text: string): boolean {
  return /[\0\r\n]/.test(text);
}

/** Whether text can be sent as UTF-8 on one line: no control of ASCII, and no half of a surrogate pair. */
export function isLine(text: string): boolean {
  return /^[^\0-\x1f\x7f\p{Cs}]*$/u.test(text);
}

/** `1*DIGIT` of at most 2^53−1, or null (RFC 1939 §4: numbers are decimal). */
export function parseNumber(text: string): number | null {
  if (!/^[0-9]+$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

/**
 * Writes a number.
 *
 * @throws TypeError for what is no number, RangeError unless it is a whole one of at least `least`, up to 2^53−1
 */
export function formatNumber(name: string, number: number, least = 0): string {
  if (Number.isSafeInteger(number) && number >= least) return String(number);
  checkType(name, "number", number);
  throw outOfRange(name, `a whole number of at least ${least}, got ${number}`);
}

/**
 * Gives a field of the caller's, if it has its form.
 *
 * @throws TypeError or RangeError naming the field, and never showing it
 */
export function checkField(name: string, text: string, test: (text: string) => boolean, expected: string): string {
  checkType(name, "string", text); // what has other types could be another text each time it is looked at
  if (test(text)) return text;
  throw outOfRange(name, expected);
}
