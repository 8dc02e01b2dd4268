import { base64ToBinary, binaryToBase64 } from "../web.ts";
import { binaryText } from "./binary-text.ts";

/** base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  return binaryToBase64(binaryText(bytes));
}

/**
 * Strict base64 (RFC 4648 §4, as RFC 4954 §4 and RFC 5034 §4 demand): no character outside the alphabet, complete
 * padding at the end alone, unused bits zero. Anything else is null.
 *
 * ```abnf
 * base64          = base64-terminal / ( 1*(4base64-char) [base64-terminal] )   ; RFC 4954 §8
 * base64-terminal = (2base64-char "==") / (3base64-char "=")
 * ```
 */
export function decodeBase64(text: Uint8Array | string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0) return null;
  const base64 = typeof text === "string" ? text : binaryText(text);
  // The platform forgives white space and missing padding: what it would forgive is refused here.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null;
  const binary = base64ToBinary(base64);
  // Unused bits that are not zero do not come back.
  if (binaryToBase64(binary) !== base64) return null;
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
