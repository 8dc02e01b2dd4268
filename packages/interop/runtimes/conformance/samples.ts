/** Generated values, the same in every run. */
import fc from "fast-check";

/** How many a section has, unless it says otherwise. */
export const COUNT = 1000;

/** @param seed one a section: what it is does not matter */
export function samples<Value>(arbitrary: fc.Arbitrary<Value>, seed: number, count = COUNT): Value[] {
  return fc.sample(arbitrary, { seed, numRuns: count });
}

/** Places to cut at: any number is one, however long the octets are. */
export const places: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 400 }), { maxLength: 6 });
