import { CR, DOT, LF } from "./octets.ts";

/** Four octets, of which none is as low as a CR, are no more than text: then this is 0. */
export function lowOctets(four: number): number {
  return (four - 0x0e0e0e0e) & ~four & 0x80808080;
}

/**
 * Leaps over text and CRLFs, as long as no line is longer than the limit: to the first octet that is something else, or
 * a line's first dot. Gives its place, how much of its line there is before it, and the longest line so far. Looks at
 * eight octets at a step.
 *
 * @param octets the chunk's, or none where it is too short for that to be worth it
 * @param lineLength how much of the line in work there was before
 */
export function leap(
  chunk: Uint8Array,
  octets: DataView,
  from: number,
  lineLength: number,
  longestLine: number,
  maxLineLength: number,
): readonly [end: number, lineLength: number, longestLine: number] {
  const end = chunk.length;
  const words = octets.byteLength - 8;
  let at = from;
  let length = lineLength;
  let longest = longestLine;
  do {
    const start = at;
    while (at <= words && (lowOctets(octets.getInt32(at)) | lowOctets(octets.getInt32(at + 4))) === 0) at += 8;
    // Without the bound, which decides nothing, this is slower by a fifth.
    while (at < end && chunk[at]! > CR) at++;
    length += at - start;
    if (chunk[at] !== CR || chunk[at + 1] !== LF || length > maxLineLength) return [at, length, longest];
    longest = Math.max(longest, length);
    length = 0;
    at += 2;
  } while (chunk[at] !== DOT);
  return [at, 0, longest];
}
