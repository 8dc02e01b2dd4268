import { checkTexts, checkType, isMechanismName, isVisible } from "dot-stuffing/session";
import { checkField, formatNumber, parseNumber } from "./text.ts";

/** Capabilities that have no argument. */
const FLAGS = ["TOP", "USER", "RESP-CODES", "PIPELINING", "UIDL", "AUTH-RESP-CODE", "STLS", "LANG"] as const;

/** Every tag that a document in force has. */
export const TAGS: readonly string[] = [...FLAGS, "SASL", "LOGIN-DELAY", "EXPIRE", "IMPLEMENTATION", "UTF8"];

/** A line of a capability list (RFC 2449 §6, RFC 2595 §4, RFC 3206 §6, RFC 5034 §3, RFC 6856 §2 and §3). */
export type Capability =
  | { readonly tag: (typeof FLAGS)[number] }
  /** The names in upper case; those that no mechanism can have are left out. */
  | { readonly tag: "SASL"; readonly mechanisms: readonly string[] }
  /** The least time between logins. `user`: another may hold for the user who logs in. */
  | { readonly tag: "LOGIN-DELAY"; readonly seconds: number; readonly user: boolean }
  /** How long messages are kept, in days; Infinity: NEVER removed. `user`: as for LOGIN-DELAY. */
  | { readonly tag: "EXPIRE"; readonly days: number; readonly user: boolean }
  | { readonly tag: "IMPLEMENTATION"; readonly text: string }
  /** `user`: names and passwords can be UTF-8 too. */
  | { readonly tag: "UTF8"; readonly user: boolean }
  /** An unknown tag, or arguments that a known one does not have; as they came. */
  | { readonly tag: "other"; readonly name: string; readonly parameters: readonly string[] };

/** What a server's answer to CAPA says (RFC 2449 §5). */
export interface Capabilities {
  /** Every line of the list's grammar, in order. */
  readonly list: readonly Capability[];
  /** The lines by their tags in upper case, in order; of a tag listed twice the first line counts. */
  readonly tags: ReadonlyMap<string, Capability>;
  /** The names of SASL mechanisms in upper case, from all SASL lines (RFC 5034 §3). */
  readonly sasl: readonly string[];
  /** Every line as it came. */
  readonly lines: readonly string[];
}

/** Named leniencies of {@link parseCapabilities}. */
export interface CapabilityLeniencies {
  /** Blank lines, and blanks that are more than one space between words, are read over. Default true. */
  readonly blankCapabilityLines?: boolean;
}

/** Reads the lines of a capability list, without their CRLFs and the final dot. */
export function parseCapabilities(lines: readonly string[], leniencies: CapabilityLeniencies = {}): Capabilities {
  const list: Capability[] = [];
  const tags = new Map<string, Capability>();
  const sasl = new Set<string>();
  for (const line of lines) {
    const capability = parseCapability(line, leniencies);
    if (capability === null) continue;
    const tag = capability.tag === "other" ? capability.name.toUpperCase() : capability.tag;
    list.push(capability);
    if (!tags.has(tag)) tags.set(tag, capability);
    if (capability.tag === "SASL") for (const mechanism of capability.mechanisms) sasl.add(mechanism);
  }
  return { list, tags, sasl: [...sasl], lines };
}

/**
 * Parses a line of a capability list; null: it is none. Tags, USER and NEVER are compared without regard to case.
 *
 * ```abnf
 * capability = capa-tag *(SP param) CRLF   ; 512 octets maximum (RFC 2449 §3)
 * capa-tag   = 1*cchar                     ; %x21-2D / %x2F-7F: without DEL, here
 * ```
 */
export function parseCapability(line: string, leniencies: CapabilityLeniencies = {}): Capability | null {
  const words = (leniencies.blankCapabilityLines ?? true) ? line.split(/[ \t]+/).filter(Boolean) : line.split(" ");
  const [name = "", ...parameters] = words;
  if (!isTag(name) || !parameters.every(isVisible)) return null;
  return parseKnown(name.toUpperCase(), parameters) ?? { tag: "other", name, parameters };
}

function isTag(name: string): boolean {
  return isVisible(name) && !name.includes(".");
}

function parseKnown(tag: string, parameters: readonly string[]): Capability | null {
  const [first = "", second] = parameters.map((parameter) => parameter.toUpperCase());
  const user = second === "USER";
  const figures = parameters.length === (user ? 2 : 1);
  switch (tag) {
    case "SASL":
      return { tag, mechanisms: parameters.map((parameter) => parameter.toUpperCase()).filter(isMechanismName) };
    case "LOGIN-DELAY": {
      const seconds = parseNumber(first);
      return figures && seconds !== null ? { tag, seconds, user } : null;
    }
    case "EXPIRE": {
      const days = first === "NEVER" ? Number.POSITIVE_INFINITY : parseNumber(first);
      return figures && days !== null ? { tag, days, user } : null;
    }
    case "IMPLEMENTATION":
      return parameters.length > 0 ? { tag, text: parameters.join(" ") } : null;
    case "UTF8":
      return parameters.length === (first === "USER" ? 1 : 0) ? { tag, user: first === "USER" } : null;
    default: {
      const flag = FLAGS.find((known) => known === tag);
      return flag !== undefined && parameters.length === 0 ? { tag: flag } : null;
    }
  }
}

/** The longest line of a capability list in octets with CRLF (RFC 2449 §3). */
const MAX_LINE = 512;

/**
 * Writes the lines of a capability list, without CRLFs: the inverse of {@link parseCapabilities}.
 *
 * @throws TypeError or RangeError for a tag or argument outside the grammar, or a line of more than 512 octets.
 */
export function formatCapabilities(capabilities: Iterable<Capability>): string[] {
  return Array.from(capabilities, formatCapability);
}

/** Writes a line of a capability list, without its CRLF. @throws as {@link formatCapabilities} does */
export function formatCapability(capability: Capability): string {
  const tag = capability.tag === "other" ? capability.name : capability.tag;
  checkField("tag", tag, isTag, "visible ASCII without a dot");
  const given = argumentsOf(capability);
  if (capability.tag === "other")
    checkField(
      "tag",
      tag,
      () => parseKnown(tag.toUpperCase(), given) === null,
      "that of a capability without a form of its own",
    );
  const words = [tag, ...given];
  for (const word of words) checkField(tag, word, isVisible, "arguments of visible ASCII");
  const line = words.join(" ");
  return checkField(tag, line, ({ length }) => length + 2 <= MAX_LINE, `a line of at most ${MAX_LINE} octets`);
}

function argumentsOf(capability: Capability): readonly string[] {
  switch (capability.tag) {
    case "SASL":
      return checkTexts("mechanisms", capability.mechanisms).map((name) =>
        checkField("mechanisms", name.toUpperCase(), isMechanismName, "names of 1 to 20 of A-Z, 0-9, - and _"),
      );
    case "LOGIN-DELAY":
      return [formatNumber("seconds", capability.seconds), ...userOf(capability)];
    case "EXPIRE": {
      const { days } = capability;
      return [days === Number.POSITIVE_INFINITY ? "NEVER" : formatNumber("days", days), ...userOf(capability)];
    }
    case "IMPLEMENTATION":
      return checkType("text", "string", capability.text).split(" ");
    case "UTF8":
      return userOf(capability);
    case "other":
      return checkTexts("parameters", capability.parameters);
    default:
      return [];
  }
}

function userOf({ user }: { readonly user: boolean }): string[] {
  return user ? ["USER"] : [];
}
