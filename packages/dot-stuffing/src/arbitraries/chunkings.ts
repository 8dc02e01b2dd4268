import fc from "fast-check";
import { checkLimit } from "../check.ts";
import { CR, DOT, LF } from "../octets.ts";

/**
 * Cuts octets at the given places, in any order; each chunk is a copy of its own. A place given twice makes an empty
 * chunk, and so does one at the beginning, at the end, or after it.
 *
 * @throws RangeError for a place that is no whole number of at least 0
 */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const ends = [...places.map((place) => Math.min(checkLimit("places", place), bytes.length)), bytes.length].sort(
    (one, other) => one - other,
  );
  // A Buffer's own slice() would not copy.
  const plain = new Uint8Array(bytes);
  return ends.map((end, index) => plain.slice(index === 0 ? 0 : ends[index - 1], end));
}

/**
 * Random cuts of any octets into chunks, empty ones among them: none to ten cuts. Half of them fall anywhere, half
 * beside a CR, an LF or a dot, where parsers make mistakes, of long octets beside the first ones and the last ones. The
 * value shrinks towards no cut at all.
 *
 * @example
 * ```ts
 * const cut = wireForm().chain(({ wire, content }) => fc.tuple(chunkings(wire), fc.constant(content)));
 * ```
 */
export function chunkings(bytes: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>[]> {
  const anywhere = fc.nat({ max: bytes.length });
  const edges = edgesOf(bytes);
  const place = edges.length === 0 ? anywhere : fc.oneof(anywhere, fc.constantFrom(...edges));
  return fc.array(place, { maxLength: 10 }).map((places) => cutAt(bytes, places));
}

/**
 * The places before and after what framing looks at: at most so many of them from either end, since a value is made for
 * each input.
 */
function edgesOf(bytes: Uint8Array, most = 128): number[] {
  const edges: number[] = [];
  const add = (at: number): void => {
    const octet = bytes[at];
    if (octet === CR || octet === LF || octet === DOT) edges.push(at, at + 1);
  };
  let first = 0;
  while (first < bytes.length && edges.length < most) add(first++);
  for (let last = bytes.length; last > first && edges.length < 2 * most; ) add(--last);
  return edges;
}
