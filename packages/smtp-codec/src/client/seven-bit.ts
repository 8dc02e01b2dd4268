import { isAscii } from "../syntax/text.ts";

/** What is shorter is looked at by octets: words have a price at the start. */
const SHORT = 256;

/**
 * Whether all octets of a piece of content are ASCII, so that it needs no 8BITMIME (RFC 6152 §3). Looks at eight octets
 * at a step.
 */
export function isSevenBit(content: Uint8Array): boolean {
  const { buffer, byteOffset, length } = content;
  if (length < SHORT) return isAscii(content, 0, length);
  const words = new DataView(buffer, byteOffset, length);
  let at = 0;
  for (; at <= length - 8; at += 8)
    if (((words.getInt32(at) | words.getInt32(at + 4)) & 0x80808080) !== 0) return false;
  return isAscii(content, at, length);
}
