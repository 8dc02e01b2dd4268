import { CR, DOT, LF } from "./octets.ts";

/** Four octets, of which none is as low as a CR, are no more than text: then this is 0. */
export function lowOctets(four: number): number {
  return (four - 0x0e0e0e0e) & ~four & 0x80808080;
}

/**
 * The end of text: the position of the next octet as low as a CR, or the chunk's end. Looks at eight octets at a step.
 *
 * @param octets the chunk's, or none where it is too short for that to be worth it
 */
export function textEnd(chunk: Uint8Array, octets: DataView, from: number): number {
  const { length } = chunk;
  const words = octets.byteLength - 8;
  let at = from;
  while (at <= words && (lowOctets(octets.getInt32(at)) | lowOctets(octets.getInt32(at + 4))) === 0) at += 8;
  while (at < length && chunk[at]! > CR) at++;
  return at;
}

/**
 * Leaps over whole lines, as long as they are text and a CRLF and no longer than the longest so far: to the start of the first line
 * that is something else or begins with a dot, or to `from`. What it looks at is what it leaps over, and that line's text.
 */
export function leap(
  chunk: Uint8Array,
  octets: DataView,
  from: number,
  lineLength: number,
  longestLine: number,
): number {
  let line = from;
  let longest = longestLine - lineLength;
  for (;;) {
    const end = textEnd(chunk, octets, line);
    if (chunk[end] !== CR || chunk[end + 1] !== LF || end + 2 === chunk.length || end - line > longest) return line;
    line = end + 2;
    longest = longestLine;
    if (chunk[line] === DOT) return line;
  }
}
