/** The one form of messages about arguments and options. */
export function expected(name: string, what: string, got: unknown): string {
  return `"${name}" expected ${what}, got ${got}`;
}

/** What a value is, in a message: null is null. */
function kindOf(value: unknown): string | null {
  return value === null ? value : typeof value;
}

/** Checks what the caller hands in as an object, such as options. Returns it. @throws TypeError naming it */
export function checkObject<Given extends object>(name: string, given: Given): Given {
  if (typeof given === "object" && given !== null) return given;
  throw new TypeError(expected(name, "an object", kindOf(given)));
}

/**
 * Checks a chunk that the caller hands in, and gives a plain view of it: a subclass's own `slice` or `subarray` (Node's
 * Buffer has such) must not change what is done here.
 *
 * @throws TypeError if it is not a Uint8Array, or is backed by a SharedArrayBuffer, whose octets could change
 *   between two looks.
 */
export function plainChunk(name: string, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!(chunk instanceof Uint8Array && chunk.buffer instanceof ArrayBuffer)) {
    const got = chunk instanceof Uint8Array ? "shared memory" : chunk === null ? chunk : typeof chunk;
    throw new TypeError(expected(name, "a Uint8Array", got));
  }
  return chunk.constructor === Uint8Array
    ? (chunk as Uint8Array<ArrayBuffer>)
    : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}

/** Checks a limit: a whole number that is not below its least value, or Infinity written out. Returns it. @throws RangeError */
export function checkLimit(name: string, limit: number, least = 0): number {
  if (limit === Number.POSITIVE_INFINITY || (Number.isSafeInteger(limit) && limit >= least)) return limit;
  throw new RangeError(expected(name, `a whole number of at least ${least}, or Infinity`, limit));
}

/** Checks what the caller hands in as a function. @throws TypeError naming it */
export function checkFunction(name: string, given: unknown): void {
  if (typeof given !== "function") throw new TypeError(expected(name, "a function", kindOf(given)));
}

/** Checks an option that is one of several words; the first is its default. Returns it. @throws RangeError naming the words. */
export function checkChoice<Choice extends string>(
  name: string,
  choice: Choice | undefined,
  possible: readonly [Choice, ...Choice[]],
): Choice {
  if (choice === undefined) return possible[0];
  if (possible.includes(choice)) return choice;
  throw new RangeError(expected(name, `one of ${possible.join(", ")}`, choice));
}
