import { fromBinary, toBinary } from "../octets.ts";
import { base64ToBinary, binaryToBase64 } from "../web.ts";

/** base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  return binaryToBase64(toBinary(bytes));
}

/**
 * Strict base64: what the platform forgives (white space, missing padding, unused bits that are not zero) is null, so
 * that there is one text for the same octets.
 *
 * ```abnf
 * base64 = *base64-4 [base64-3 / base64-2]   ; RFC 5802 §7
 * ```
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const binary = base64ToBinary(text);
  if (binaryToBase64(binary) !== text) return null;
  return fromBinary(binary);
}
