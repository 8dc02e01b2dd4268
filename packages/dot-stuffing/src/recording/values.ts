import { conceal } from "../session/conceal.ts";
import { escapeOctets, expectedOctets, type Room, roomForRuns, unescapeOctets } from "./escape.ts";
import type { OutsideForm } from "./outside.ts";

/** What differs in the places where values are written. */
interface ValueWriter {
  /** Whether what an object conceals is written too, apart from the rest. */
  readonly concealed: boolean;
  /** Text, under the name of the property that it stands in, or "". */
  text(text: string, property: string): string;
  octets(bytes: Uint8Array): Uint8Array;
  /** The form of what stands for an object of the application; null: it is data. */
  form(value: object): OutsideForm | { readonly $outside: number } | null;
}

/** Data as JSON, with one property of a name of its own for what JSON has not. */
export function writeValue(value: unknown, writer: ValueWriter): string {
  return JSON.stringify(packed(value, "", writer));
}

function packed(value: unknown, property: string, writer: ValueWriter): unknown {
  const each = (item: unknown) => packed(item, property, writer);
  if (typeof value === "string") return writer.text(value, property);
  if (value === undefined) return { $undefined: true };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
  const form = writer.form(value);
  if (form !== null) return form;
  if (value instanceof Uint8Array) return { $octets: escapeOctets(writer.octets(value)) };
  if (Array.isArray(value)) return value.map(each);
  if (value instanceof Map) return { $map: [...value].map(each) };
  if (value instanceof Set) return { $set: [...value].map(each) };
  const named = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, packed(Reflect.get(value, name), name, writer)]));
  const shown = named(Object.keys(value));
  const concealed = writer.concealed ? concealedIn(value) : [];
  return concealed.length === 0 ? shown : { ...shown, $concealed: named(concealed) };
}

/** The names of what an object conceals: properties that are not enumerable, and getters of its class. */
function concealedIn(value: object): string[] {
  const names: string[] = [];
  for (let at = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (!enumerable && name !== "constructor") names.push(name);
    }
  }
  return names;
}

/**
 * The inverse of {@link writeValue}.
 *
 * @param outside gives what stands for an object of the application
 * @param room what runs of octets in it may stand for
 * @throws SyntaxError for what is no such JSON
 */
export function readValue(json: string, outside: (form: OutsideForm) => unknown, room: Room = roomForRuns()): unknown {
  const read: unknown = JSON.parse(json, (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("$undefined" in value) return UNDEFINED;
    if ("$number" in value) return Number(value.$number);
    if ("$octets" in value) return octetsOf(value.$octets, room);
    if ("$map" in value) return new Map(listOf(value.$map) as [unknown, unknown][]);
    if ("$set" in value) return new Set(listOf(value.$set));
    if ("$outside" in value) return outside(value as OutsideForm);
    if (Array.isArray(value)) return listOf(value);
    for (const [name, item] of Object.entries(value)) {
      if (item === UNDEFINED) (value as Record<string, unknown>)[name] = undefined;
    }
    if (!("$concealed" in value)) return value;
    const { $concealed, ...shown } = value;
    return conceal(shown, Object($concealed));
  });
  return defined(read);
}

/** `undefined`, which a reviver cannot give without removing the property. */
const UNDEFINED = Symbol("undefined");

function defined(value: unknown): unknown {
  return value === UNDEFINED ? undefined : value;
}

function listOf(list: unknown): unknown[] {
  if (!Array.isArray(list)) throw new SyntaxError("a list expected");
  return list.map(defined);
}

function octetsOf(text: unknown, room: Room): Uint8Array<ArrayBuffer> {
  const octets = typeof text === "string" ? unescapeOctets(text, room) : null;
  if (octets === null || octets.open) throw new SyntaxError(`${expectedOctets(room)} expected`);
  return octets.bytes;
}
