/** No limit. Written so, as its name is longer than all that is done with it. */
export const UNLIMITED: number = 1 / 0;

/** The one form of messages about arguments and options. */
export function expected(name: string, what: string, got: unknown): string {
  return `"${name}" expected ${what}, got ${got}`;
}

/** The types that arguments and options are held to: null and lists are no objects. */
export type Type = "array" | "boolean" | "function" | "number" | "object" | "string";

/** What a value is, in a message. */
export function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

/** Checks the type of what the caller hands in. Returns it. @throws TypeError naming it */
export function checkType<Given>(name: string, type: Type, given: Given): Given {
  if (typeOf(given) === type) return given;
  throw new TypeError(expected(name, `${/^[ao]/.test(type) ? "an" : "a"} ${type}`, typeOf(given)));
}

/** Checks what the caller hands in as an object, such as options. Returns it. @throws TypeError naming it */
export function checkObject<Given extends object>(name: string, given: Given): Given {
  return checkType(name, "object", given);
}

/** As `checkObject`, of options, for those who have little room. Returns them. @throws TypeError */
export function checkOptions<Given extends object>(options: Given): Given {
  if (Object(options) === options) return options;
  throw new TypeError(expected("options", "an object", options === null ? options : typeof options));
}

/** Checks a list of texts. Returns it. @throws TypeError naming it */
export function checkTexts<Given extends readonly string[]>(name: string, given: Given): Given {
  for (const [index, text] of checkType(name, "array", given).entries()) checkType(`${name}[${index}]`, "string", text);
  return given;
}

/**
 * Checks that an object has no other members than these: one that is misspelt must not count as one that was left out.
 *
 * @throws TypeError naming those that there are, and the other
 */
export function checkNames(name: string, given: object, known: readonly string[]): void {
  const other = Object.keys(checkObject(name, given)).find((member) => !known.includes(member));
  if (other !== undefined) throw new TypeError(expected(name, `${known.join(", ")} alone`, other));
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

/**
 * Checks a limit: a whole number that is not below its least value, or Infinity written out. Returns it.
 *
 * @throws RangeError
 */
export function checkLimit(name: string, limit: number, least = 0): number {
  if (limit === UNLIMITED || (Number.isSafeInteger(limit) && limit >= least)) return limit;
  throw new RangeError(expected(name, `a whole number of at least ${least}, or Infinity`, limit));
}

/** Checks a number in a snapshot: a whole one in this range. @throws TypeError naming it */
export function checkCount(name: string, count: number, most: number = Number.MAX_SAFE_INTEGER, least = 0): void {
  if (Number.isInteger(count) && count >= least && count <= most) return;
  throw new TypeError(expected(name, `a whole number from ${least} to ${most}`, count));
}

/** Checks what the caller hands in as a function. @throws TypeError naming it */
export function checkFunction(name: string, given: unknown): void {
  checkType(name, "function", given);
}

/**
 * Checks an option that is one of several words; the first is its default. Returns it.
 *
 * @throws RangeError naming the words.
 */
export function checkChoice<Choice extends string>(
  name: string,
  choice: Choice | undefined,
  possible: readonly [Choice, ...Choice[]],
): Choice {
  if (choice === undefined) return possible[0];
  if (possible.includes(choice)) return choice;
  throw new RangeError(expected(name, `one of ${possible.join(", ")}`, choice));
}
