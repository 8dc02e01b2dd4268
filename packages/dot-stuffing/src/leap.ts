import { CR, DOT, LF } from "./octets.ts";

/** Four octets, of which none is as low as a CR, are no more than text: then this is 0. */
export function lowOctets(four: number): number {
  return (four - 0x0e0e0e0e) & ~four & 0x80808080;
}

/**
 * Leaps over whole lines, eight octets at a step, as long as they end in CRLF, are no longer than the longest so far, and no dot
 * stands behind them. Gives where the first line begins that has to be looked at more closely, or `from`.
 *
 * @param octets the chunk's
 */
export function leap(
  chunk: Uint8Array,
  octets: DataView,
  from: number,
  lineLength: number,
  longestLine: number,
): number {
  const { length } = chunk;
  let end = from;
  for (let line = from - lineLength, at = from; ; at++) {
    while (at + 8 <= length && (lowOctets(octets.getInt32(at)) | lowOctets(octets.getInt32(at + 4))) === 0) at += 8;
    while (at < length && chunk[at]! > CR) at++;
    if (at + 2 >= length) return end;
    const octet = chunk[at];
    if (octet === CR && chunk[at + 1] === LF && at - line <= longestLine) {
      at++;
      end = line = at + 1;
      if (chunk[end] === DOT) return end;
    } else if (octet === CR || octet === LF) return end;
  }
}
