/** How wrong arguments of the caller are refused: by an error that names the argument and what was expected. */

/**
 * Refuses an argument that is of the right type, and not acceptable.
 *
 * @param expected what would have been, in words that follow "expected"
 * @throws RangeError unless it is right
 */
export function demand(isRight: boolean, argument: string, expected: string): asserts isRight {
  if (!isRight) throw new RangeError(`"${argument}" expected ${expected}`);
}

/** @throws RangeError unless it is one of these */
export function demandOneOf(argument: string, value: string, values: readonly string[]): void {
  // The list is for the message alone: it is not written out before.
  if (!values.includes(value)) demand(false, argument, `one of ${values.join(", ")}`);
}

/** @throws TypeError unless it is a string */
export function demandString(argument: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw wrongType(argument, "a string", value);
}

/** For an argument of the wrong type. */
export function wrongType(argument: string, expected: string, value: unknown): TypeError {
  return new TypeError(`"${argument}" expected ${expected}, got ${value === null ? "null" : typeof value}`);
}
