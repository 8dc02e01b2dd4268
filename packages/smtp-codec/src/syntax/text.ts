import { binaryText } from "dot-stuffing/session";
import { decodeStrictUtf8, decodeUtf8 } from "../web.ts";

/**
 * Text of more octets is the platform's decoder's: what is put together from many parts is put together once more when
 * it is read.
 */
const SHORT = 48;

/** The text of ASCII octets. */
export function asciiText(octets: Uint8Array, from: number, to: number): string {
  return to - from > SHORT ? decodeUtf8(octets.subarray(from, to)) : binaryText(octets, from, to);
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
