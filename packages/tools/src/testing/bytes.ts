import { cutAt } from "dot-stuffing/arbitraries";

export { chunkings, cutAt, framing } from "dot-stuffing/arbitraries";

/**
 * How many runs a property makes: PROPERTY_RUNS, or by default 100 times a factor that is above 1 for cheap properties.
 * A factor below 1, of an expensive property, counts in both cases.
 */
export function runs(factor = 1): number {
  const wanted = process.env["PROPERTY_RUNS"];
  if (!wanted) return Math.ceil(100 * factor);
  if (!(Number(wanted) > 0)) throw new RangeError(`"PROPERTY_RUNS" expected a number above 0, got ${wanted}`);
  return Math.ceil(Number(wanted) * Math.min(factor, 1));
}

/** Text to octets, one a character: U+00FF is the highest. */
export function octets(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Octets, or pieces of them, to text, one character an octet. */
export function text(bytes: Uint8Array | readonly Uint8Array[]): string {
  let found = "";
  for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
    for (const octet of piece) found += String.fromCharCode(octet);
  }
  return found;
}

/** One array of all pieces. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (octet) => Uint8Array.of(octet));
}

/** Every way to cut octets in two. */
export function everySplit(bytes: Uint8Array): Uint8Array[][] {
  return Array.from({ length: bytes.length + 1 }, (_, place) => cutAt(bytes, [place]));
}
