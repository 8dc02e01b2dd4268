import { decodeStrictUtf8, decodeUtf8 } from "../web.ts";

/**
 * Up to so many octets, text is put together here: a call of the platform's decoder costs more than its work. What is put together
 * from more pieces is put together once more when it is read.
 */
const SHORT = 24;

/** The text of ASCII octets. */
export function asciiText(octets: Uint8Array, from: number, to: number): string {
  if (to - from > SHORT) return decodeUtf8(octets.subarray(from, to));
  const char = String.fromCharCode;
  let text = "";
  let at = from;
  for (; at + 8 <= to; at += 8)
    text += char(
      octets[at]!,
      octets[at + 1]!,
      octets[at + 2]!,
      octets[at + 3]!,
      octets[at + 4]!,
      octets[at + 5]!,
      octets[at + 6]!,
      octets[at + 7]!,
    );
  for (; at + 4 <= to; at += 4) text += char(octets[at]!, octets[at + 1]!, octets[at + 2]!, octets[at + 3]!);
  for (; at < to; at++) text += char(octets[at]!);
  return text;
}

/** Whether all octets are ASCII. */
export function isAscii(octets: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (octets[at]! > 0x7f) return false;
  return true;
}

/** UTF-8 to text; null where it is malformed. */
export function strictText(octets: Uint8Array, from: number, to: number): string | null {
  return isAscii(octets, from, to) ? asciiText(octets, from, to) : decodeStrictUtf8(octets.subarray(from, to));
}
