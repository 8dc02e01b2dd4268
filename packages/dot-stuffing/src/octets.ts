/** The octets that framing looks at. */
export const NUL = 0x00;
export const LF = 0x0a;
export const CR = 0x0d;
export const DOT = 0x2e;
export const CRLF: Uint8Array<ArrayBuffer> = Uint8Array.of(CR, LF);

/**
 * Checks a chunk that the caller hands in, and gives a plain view of it: a subclass's own `slice` or `subarray` (Node's
 * Buffer has such) must not change what is done here.
 *
 * @throws TypeError if it is not a Uint8Array, or is backed by a SharedArrayBuffer, whose octets could change
 *   between two looks.
 */
export function plainChunk(name: string, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!(chunk instanceof Uint8Array)) throw new TypeError(`"${name}" expected a Uint8Array, got ${typeof chunk}`);
  const { buffer } = chunk;
  if (!(buffer instanceof ArrayBuffer)) {
    throw new TypeError(`"${name}" expected a Uint8Array backed by an ArrayBuffer, not by shared memory`);
  }
  return chunk.constructor === Uint8Array
    ? (chunk as Uint8Array<ArrayBuffer>)
    : new Uint8Array(buffer, chunk.byteOffset, chunk.length);
}

/** Checks a limit that has a least value: a whole number, or Infinity written out. Returns it. */
export function checkAtLeast(name: string, limit: number, least: number): number {
  if (limit === Number.POSITIVE_INFINITY || (Number.isSafeInteger(limit) && limit >= least)) return limit;
  throw new RangeError(`"${name}" expected a whole number of at least ${least}, or Infinity, got ${limit}`);
}

/** Checks a limit: {@link checkAtLeast} 0. */
export function checkLimit(name: string, limit: number): number {
  return checkAtLeast(name, limit, 0);
}
