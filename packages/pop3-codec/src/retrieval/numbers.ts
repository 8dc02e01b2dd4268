/**
 * What is kept of the numbers in a listing: enough to see that one is there twice, and that another listing has others, in whatever
 * number they come. Plain data.
 */
export interface Numbers {
  count: number;
  last: number;
  /** Whether each was above the one before it, as servers list them: then none is there twice. */
  ascend: boolean;
  /** The same for the same numbers in the same order, and hardly for others. */
  digest: number;
}

export function noNumbers(): Numbers {
  return { count: 0, last: 0, ascend: true, digest: 0 };
}

/** Takes the next number. */
export function note(numbers: Numbers, number: number): void {
  numbers.count++;
  numbers.ascend &&= number > numbers.last;
  numbers.last = number;
  numbers.digest = Math.imul(numbers.digest ^ number, 0x01000193);
}

/** Whether two listings have the same numbers. */
export function same(a: Numbers, b: Numbers): boolean {
  return a.count === b.count && a.digest === b.digest;
}
