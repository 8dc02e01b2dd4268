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

/** How far a leap went. */
export interface Leap {
  /** The start of the first line that was not leapt over, or where the leap began. */
  readonly line: number;
  /** The longest line so far. */
  readonly longestLine: number;
}

/**
 * Leaps over whole lines, as long as they are text and a CRLF and no longer than the limit: to the start of the first line that is
 * something else or begins with a dot, or to `from`. What it looks at is what it leaps over, and that line's text.
 *
 * @param lineLength how much of the line in work there was before
 */
export function leap(
  chunk: Uint8Array,
  octets: DataView,
  from: number,
  lineLength: number,
  longestLine: number,
  maxLineLength: number,
): Leap {
  let line = from;
  let length = lineLength;
  let longest = longestLine;
  for (let more = true; more; ) {
    const end = textEnd(chunk, octets, line);
    length += end - line;
    if (chunk[end] !== CR || chunk[end + 1] !== LF || end + 2 === chunk.length || length > maxLineLength) break;
    if (length > longest) longest = length;
    line = end + 2;
    length = 0;
    more = chunk[line] !== DOT;
  }
  return { line, longestLine: longest };
}
