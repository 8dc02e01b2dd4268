/**
 * What is kept of the numbers in a listing: enough to see that one is there twice or left out, and that another listing
 * has others, in whatever number they come. Plain data.
 */
export interface Numbers {
  count: number;
  highest: number;
  /** Whether each was above the one before it, as servers list them: then none is there twice. */
  ascend: boolean;
  /** The sum of the numbers, each mixed, in 32 bits from 0: independent of their order; others may have the same. */
  digest: number;
  /** Whether a line was none that could be read: it may have been an entry. */
  faulty: boolean;
}

export function noNumbers(): Numbers {
  return { count: 0, highest: 0, ascend: true, digest: 0, faulty: false };
}

/** Takes the next number. */
export function note(numbers: Numbers, number: number): void {
  numbers.count++;
  numbers.ascend &&= number > numbers.highest;
  numbers.highest = Math.max(numbers.highest, number);
  numbers.digest = (numbers.digest + mixed(number)) >>> 0;
}

/** Whether two listings have the same numbers. */
export function same(a: Numbers, b: Numbers): boolean {
  return a.count === b.count && a.digest === b.digest;
}

/**
 * Whether a message may be missing, as far as the listing alone tells: a server numbers its messages from 1 on (RFC
 * 1939 §4).
 */
export function hasHole({ faulty, highest, count }: Numbers): boolean {
  return faulty || highest !== count;
}

/** A number in whose sum with others each of its bits counts. */
function mixed(number: number): number {
  const first = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  return Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
}
