import { checkCount } from "../check.ts";
import { conceal } from "./conceal.ts";

/**
 * A session as data, made by `snapshot()`: structured-cloneable, so that it can go to another worker, be stored, or be
 * restored many times. It holds all that the session knows, passwords and messages on their way among it: keep it as
 * secret as these.
 */
export interface SessionSnapshot {
  readonly version: 1;
  /** Whose it is, e.g. `"smtp-server"`. */
  readonly role: string;
  /** What the session knows. Its form is the package's own, and changes with the version. */
  readonly data: unknown;
}

/** What stands in a copy for the mechanism object, which cannot be copied. */
const MECHANISM = "mechanism object";

/**
 * Copies plain data, at whatever depth: arrays, maps, sets, octets and objects. Properties that are concealed, and
 * those that a class has by getters, become one visible property, since a structured clone would lose them.
 *
 * @param mechanism the one object that may stand in the data without being data
 */
export function pack(value: unknown, mechanism: object | null): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value === mechanism) return { is: MECHANISM };
  const copy = (each: unknown) => pack(each, mechanism);
  if (value instanceof Uint8Array) return new Uint8Array(value); // a subclass's own slice need not copy
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, copy(each)]));
  if (value instanceof Set) return new Set(value);
  const packed: Record<string, unknown> = {};
  const concealed: Record<string, unknown> = {};
  const kind: object = Object.getPrototypeOf(value) ?? {};
  if (kind !== Object.prototype) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(kind))) {
      if (get !== undefined) concealed[name] = copy(get.call(value));
    }
  }
  for (const [name, { enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    (enumerable ? packed : concealed)[name] = copy(Reflect.get(value, name));
  }
  return Object.keys(concealed).length === 0 ? packed : { ...packed, concealed };
}

/** The inverse of {@link pack}: copies too, so that a snapshot can be restored again. */
export function unpack(value: unknown, mechanism: object | null): unknown {
  if (typeof value !== "object" || value === null) return value;
  const copy = (each: unknown) => unpack(each, mechanism);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, copy(each)]));
  if (value instanceof Set) return new Set(value);
  if ("is" in value && value.is === MECHANISM) return mechanism;
  const { concealed, ...shown } = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each)]));
  return concealed === undefined ? shown : conceal(shown, Object(concealed) as object);
}

/**
 * Reads the data of a snapshot.
 *
 * @param kind what the snapshot has besides: its version, and whose it is
 * @param like data of the form wanted
 * @param mechanism what stands in the data for the mechanism object
 * @throws TypeError for anything but a snapshot of this kind with data of this form
 */
export function readSnapshot<Data>(
  snapshot: { readonly data: unknown },
  kind: { readonly [name: string]: unknown },
  like: Data,
  mechanism: object | null,
): Data {
  checkLike("snapshot", snapshot, { ...kind, data: {} });
  for (const [name, wanted] of Object.entries(kind)) {
    const found: unknown = Reflect.get(snapshot, name);
    if (found !== wanted) throw new TypeError(`"snapshot" expected ${name} ${wanted}, got ${found}`);
  }
  const data = unpack(snapshot.data, mechanism) as Data;
  checkLike("snapshot.data", data, like);
  return data;
}

/**
 * Checks that what was handed in as a snapshot, or a part of one, has the form of what a new session has in that place.
 *
 * @param like data of the form wanted; null there stands for null or any object or text, a number for a whole one,
 *   which may be below 0 where that is
 * @throws TypeError naming the place that differs
 */
export function checkLike(place: string, value: unknown, like: unknown): void {
  if (like === null && (typeof value === "object" || typeof value === "string")) return;
  if (kindOf(value) !== kindOf(like)) {
    throw new TypeError(`"snapshot" expected ${kindOf(like)} at ${place}, got ${kindOf(value)}`);
  }
  if (typeof like === "number") checkCount(place, value as number, undefined, like < 0 ? Number.MIN_SAFE_INTEGER : 0);
  if (kindOf(like) !== "an object") return;
  for (const [name, each] of Object.entries(like as object)) {
    checkLike(`${place}.${name}`, (value as Record<string, unknown>)[name], each);
  }
}

/**
 * The words that may stand in the fields of an object that have only few, all of them: the names of a record, since a
 * list could lack some. Null, where a field can have it, is none of them.
 */
export type Words<Of> = {
  readonly [Field in keyof Of]?: [Extract<Of[Field], string>] extends [never]
    ? Words<Of[Field] & object>
    : { readonly [Word in Extract<Of[Field], string>]: true };
};

/**
 * Checks that the words in a snapshot, or a part of one, are such as may stand there.
 *
 * @throws TypeError naming the place that differs
 */
export function checkWords<Of>(place: string, value: Of, words: Words<Of>): void {
  for (const [name, wanted] of Object.entries(words) as [string, object][]) {
    const found = value[name as keyof Of];
    if (found === null) continue;
    const where = `${place}.${name}`;
    const possible: readonly unknown[] = Object.keys(wanted);
    if (Object.values(wanted)[0] !== true) checkWords(where, found, wanted);
    else if (!possible.includes(found)) {
      const got = typeof found === "string" ? found : kindOf(found);
      throw new TypeError(`"snapshot" expected one of ${possible.join(", ")} at ${where}, got ${got}`);
    }
  }
}

/** The mechanism of an exchange that goes on. @throws TypeError where none was handed in */
export function expectMechanism<Mechanism>(mechanism: Mechanism | null): Mechanism {
  if (mechanism !== null) return mechanism;
  throw new TypeError('"mechanism" expected the mechanism object of the exchange that the snapshot was taken in');
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return [Uint8Array, Array, Map, Set].find((kind) => value instanceof kind)?.name ?? "an object";
}
