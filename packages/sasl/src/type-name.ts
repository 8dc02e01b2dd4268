/** What a value is, for the message of a TypeError. */
export function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}
