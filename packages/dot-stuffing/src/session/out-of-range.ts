/** The error for an argument or option of the right type that is not what it must be. */
export function outOfRange(name: string, expected: string): RangeError {
  return new RangeError(`"${name}" expected ${expected}`);
}
