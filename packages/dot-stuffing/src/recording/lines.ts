import { expectedOctets, type Room, roomForRuns, unescapeOctets } from "./escape.ts";
import { readValue } from "./values.ts";
import type { Side } from "./wire.ts";

/** A recording that cannot be read: names the line. */
export class RecordingError extends Error {
  override readonly name: string = "RecordingError";

  /** @param number of the line, from 1 */
  constructor(number: number, expected: string, line: string) {
    const shown = line.length > 80 ? `${line.slice(0, 80)}…` : line;
    super(`line ${number} of the recording: expected ${expected}, got "${shown}"`);
  }
}

/** What a line of a recording says. */
export type Said =
  | { readonly word: "octets"; readonly side: Side; readonly first: boolean; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly word: "event" | "waiting" | "threw" }
  | { readonly word: "call"; readonly name: string; readonly args: string }
  /** Json null: it threw what `threw` names. */
  | {
      readonly word: "outside";
      readonly number: number;
      readonly member: string;
      readonly json: string | null;
      readonly threw: string;
    };

/** A line of a recording. */
export interface RecordingLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly said: Said;
}

/** What the first line says. */
export interface Header {
  readonly number: number;
  readonly text: string;
  readonly version: number;
  readonly role: string;
  readonly json: string;
}

/**
 * Reads the lines of a recording. Empty ones, and those that begin with `#`, are anybody's notes.
 *
 * @throws RecordingError naming the first line that is none
 */
export function parseRecording(lines: Iterable<string>): { readonly header: Header; readonly lines: RecordingLine[] } {
  let header: Header | null = null;
  const room = roomForRuns();
  const found: RecordingLine[] = [];
  let number = 0;
  for (const each of lines) {
    number++;
    const text = each.trimEnd();
    if (text === "" || text.startsWith("#")) continue;
    if (header === null) header = parseHeader(text, number, room);
    else found.push({ number, text, said: parseLine(text, number, room) });
  }
  if (header === null) throw new RecordingError(1, '"recording", a version, a role and JSON', "");
  return { header, lines: found };
}

function parseHeader(text: string, number: number, room: Room): Header {
  const match = /^recording (\d+) (\S+) (\{.*\})$/.exec(text);
  if (match === null) throw new RecordingError(number, '"recording", a version, a role and JSON', text);
  return { number, text, version: Number(match[1]), role: match[2]!, json: checkJson(match[3]!, text, number, room) };
}

function parseLine(text: string, number: number, room: Room): Said {
  const octets = /^([CS])([:+])(?: (.*))?$/.exec(text);
  if (octets !== null) return parseOctets(octets, text, number, room);
  const [, word, rest = ""] = /^(\S+) ?(.*)$/.exec(text) ?? [];
  if (word === "event") {
    const json = /^\S+ (\{.*\})$/.exec(rest)?.[1];
    if (json === undefined) throw new RecordingError(number, "an event's type and its JSON", text);
    checkJson(json, text, number, room);
    return { word };
  }
  if (word === "waiting" || word === "threw") return { word };
  if (word === "call") {
    const match = /^(\w+) (\[.*\])$/.exec(rest);
    if (match === null) throw new RecordingError(number, "a call's name and its arguments as a JSON array", text);
    return { word, name: match[1]!, args: checkJson(match[2]!, text, number, room) };
  }
  const outside = word === "outside" ? /^(\d+) (\S+) (?:threw (\S+)|(.+))$/.exec(rest) : null;
  if (outside === null) throw new RecordingError(number, EXPECTED, text);
  const [, of, member, threw = "", json = null] = outside;
  if (json !== null) checkJson(json, text, number, room);
  return { word: "outside", number: Number(of), member: member!, json, threw };
}

const EXPECTED = '"C:", "S:", "event", "waiting", "call", "threw" or "outside"';

function parseOctets(match: RegExpExecArray, text: string, number: number, room: Room): Said {
  const octets = unescapeOctets(match[3] ?? "", room);
  if (octets === null) throw new RecordingError(number, expectedOctets(room), text);
  const { bytes, open } = octets;
  const whole = new Uint8Array(bytes.length + (open ? 0 : 2));
  whole.set(bytes);
  if (!open) whole.set([0x0d, 0x0a], bytes.length);
  return { word: "octets", side: match[1] as Side, first: match[2] === ":", bytes: whole };
}

/** Reads JSON to see whether it can be read. */
function checkJson(json: string, text: string, number: number, room: Room): string {
  try {
    readValue(json, () => null, room);
  } catch {
    throw new RecordingError(number, room.left < 0 ? expectedOctets(room) : "JSON", text);
  }
  return json;
}
