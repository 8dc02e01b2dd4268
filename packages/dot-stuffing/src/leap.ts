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
 * Leaps over whole lines as long as they end in CRLF and are no longer than the longest so far: to the beginning of the first line
 * that is not one of these, or has a dot in front of it, or to `from`.
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
  for (let at = from; ; at++) {
    at = textEnd(chunk, octets, at);
    const octet = chunk[at];
    if (octet === CR && at + 2 < chunk.length && chunk[at + 1] === LF && at - line <= longest) {
      at++;
      line = at + 1;
      longest = longestLine;
      if (chunk[line] === DOT) return line;
    } else if (at === chunk.length || octet === CR || octet === LF) return line;
  }
}
