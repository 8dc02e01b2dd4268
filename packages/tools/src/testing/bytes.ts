import fc from "fast-check";

/** How many runs a property makes: PROPERTY_RUNS, 100 by default, times a factor for cheap properties. */
export function runs(factor = 1): number {
  const count = Number(process.env["PROPERTY_RUNS"] || 100);
  if (!(count > 0))
    throw new RangeError(`"PROPERTY_RUNS" expected a number above 0, got ${process.env["PROPERTY_RUNS"]}`);
  return Math.ceil(count * factor);
}

/** Text to octets, one a character: U+00FF is the highest. */
export function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Octets, or pieces of them, to text, one character an octet. */
export function text(bytes: Uint8Array | readonly Uint8Array[]): string {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes;
  return pieces.map((piece) => Array.from(piece, (octet) => String.fromCharCode(octet)).join("")).join("");
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

/** Cuts octets at the given places; each piece is a copy of its own. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => Math.min(place, bytes.length)), bytes.length].sort(
    (one, other) => one - other,
  );
  return ends.map((end, index) => bytes.slice(index === 0 ? 0 : ends[index - 1], end));
}

export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (octet) => Uint8Array.of(octet));
}

/** Every way to cut octets in two. */
export function everySplit(bytes: Uint8Array): Uint8Array[][] {
  return Array.from({ length: bytes.length + 1 }, (_, place) => cutAt(bytes, [place]));
}

/** Random cuts, empty pieces among them. */
export function chunkings(bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  return fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }).map((places) => cutAt(bytes, places));
}

/** Octets dense in what framing decides by. */
export function framing(maxLength = 16): fc.Arbitrary<Uint8Array> {
  const part = fc.constantFrom("\r\n", "\r", "\n", ".", "..", "a", "\0", "\xff", "\r\n.\r\n", "\n.\n", " ");
  return fc.array(part, { maxLength }).map((parts) => octets(parts.join("")));
}
