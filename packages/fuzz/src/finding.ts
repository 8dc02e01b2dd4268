/** What a target says when the contract does not hold. Any other error that comes out of a target is a finding too. */
export class Finding extends Error {
  override readonly name: string = "Finding";
}

/** @throws Finding saying what does not hold */
export function holds(condition: boolean, what: string | (() => string)): asserts condition {
  if (!condition) throw new Finding(typeof what === "string" ? what : what());
}

/** Compares two values by the text of {@link shown}. @throws Finding with the place where they differ */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [shown(actual), shown(expected)];
  if (found === wanted) return;
  let at = 0;
  while (found[at] === wanted[at]) at++;
  const from = Math.max(0, at - 60);
  throw new Finding(`${what}: …${found.slice(from, at + 120)}, not …${wanted.slice(from, at + 120)}`);
}

/** The name of what a call throws; "": nothing. */
export function thrownBy(call: () => unknown): string {
  try {
    call();
    return "";
  } catch (error) {
    return (error as Error).name;
  }
}

/**
 * A value as text: octets one character each, maps and sets as lists, what is not enumerable too, functions left out.
 */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return typeof value === "function" ? "" : String(value);
  if (value instanceof Uint8Array) return `<${latin1(value)}>`;
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) return `[${Array.from(value, shown)}]`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  // An object of somebody's own, a mechanism's for instance, is known by its name.
  if ("next" in value && "name" in value) return `(${value.name})`;
  const kind: object = Object.getPrototypeOf(value) ?? Object.prototype;
  // Secrets can be getters of a class, or properties that are not enumerable: it is the same.
  const getters = kind === Object.prototype ? [] : Object.entries(Object.getOwnPropertyDescriptors(kind));
  const names = [
    ...Object.getOwnPropertyNames(value),
    ...getters.flatMap(([name, { get }]) => (get ? [name] : [])),
  ].sort();
  return `{${names.map((name) => `${name}:${shown((value as Record<string, unknown>)[name])}`)}}`;
}

/** Octets to text, one character each. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** How much memory plain data takes, roughly: octets, characters, and a few for each object. */
export function weight(value: unknown): number {
  if (typeof value === "string") return value.length + 8;
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Uint8Array) return value.length + 16;
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) return sum(Array.from(value, weight)) + 16;
  return sum(Object.values(value).map(weight)) + 16;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
