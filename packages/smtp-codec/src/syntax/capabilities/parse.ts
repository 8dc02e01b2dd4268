import { asciiUpperCase, EQUALS, hasLetters, SPACE, scanKeyword } from "../characters.ts";
import type { Reply } from "../reply/reply.ts";
import type { Capabilities } from "./capabilities.ts";
import { deliverByOf, futureReleaseOf, limitsOf, mtPriorityOf, sizeOf, solicitationOf } from "./values.ts";

/** Named leniencies of {@link parseCapabilities}. */
export interface CapabilitiesLeniencies {
  /** Reads `AUTH=LOGIN PLAIN`, the form of servers and clients from before RFC 2554. Default true. */
  readonly authEquals?: boolean;
}

// Shared by all keywords, so nobody may change it.
const NONE: readonly string[] = Object.freeze([]);

/**
 * Reads a positive reply to EHLO or LHLO.
 *
 * ```abnf
 * ehlo-line    = ehlo-keyword *( SP ehlo-param )
 * ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * ehlo-param   = 1*(%d33-126)
 * ```
 */
export function parseCapabilities(reply: Pick<Reply, "lines">, leniencies: CapabilitiesLeniencies = {}): Capabilities {
  const first = reply.lines[0] ?? "";
  const space = first.indexOf(" ");
  const keywords = new Map<string, readonly string[]>();
  const otherLines: string[] = [];
  const auth = new Map<string, string>(); // of all its lines: in upper case, and as they came
  for (let index = 1; index < reply.lines.length; index++) {
    const line = reply.lines[index]!;
    const end = scanKeyword(line, 0);
    if (end === 0 || (end < line.length && !isSeparator(line, end, leniencies))) {
      otherLines.push(line);
      continue;
    }
    const keyword = asciiUpperCase(line, end);
    const parameters = end === line.length ? NONE : words(line, end + 1);
    if (!keywords.has(keyword)) keywords.set(keyword, parameters);
    if (keyword === AUTH) addMechanisms(auth, parameters);
  }
  if (auth.size > 0) keywords.set(AUTH, [...auth.values()]);
  return {
    domain: space < 0 ? first : first.slice(0, space),
    greeting: space < 0 ? "" : first.slice(space + 1),
    keywords,
    otherLines,
    auth: auth.size === 0 ? NONE : [...auth.keys()],
    size: valueFor(keywords, "SIZE", sizeOf),
    limits: valueFor(keywords, "LIMITS", limitsOf),
    deliverBy: valueFor(keywords, "DELIVERBY", deliverByOf),
    futureRelease: valueFor(keywords, "FUTURERELEASE", futureReleaseOf),
    mtPriority: valueFor(keywords, "MT-PRIORITY", mtPriorityOf),
    noSoliciting: valueFor(keywords, "NO-SOLICITING", solicitationOf),
    burl: keywords.get("BURL") ?? null,
    xclient: valueFor(keywords, "XCLIENT", inUpperCase),
    xforward: valueFor(keywords, "XFORWARD", inUpperCase),
  };
}

function addMechanisms(to: Map<string, string>, mechanisms: readonly string[]): void {
  for (const mechanism of mechanisms) {
    const name = asciiUpperCase(mechanism);
    if (!to.has(name)) to.set(name, mechanism);
  }
}

function valueFor<Value>(
  keywords: ReadonlyMap<string, readonly string[]>,
  keyword: string,
  read: (parameters: readonly string[]) => Value | null,
): Value | null {
  const parameters = keywords.get(keyword);
  return parameters === undefined ? null : read(parameters);
}

/** Whether what stands after a keyword sets it apart from its parameters. */
function isSeparator(line: string, at: number, { authEquals = true }: CapabilitiesLeniencies): boolean {
  const code = line.charCodeAt(at);
  return code === SPACE || (code === EQUALS && authEquals && at === AUTH.length && hasLetters(line, 0, AUTH));
}

const AUTH = "AUTH";

/** The words from a place on, cut at runs of spaces. */
function words(line: string, from: number): string[] {
  const found: string[] = [];
  for (let at = from; at < line.length; ) {
    const space = line.indexOf(" ", at);
    const end = space < 0 ? line.length : space;
    if (end > at) found.push(line.slice(at, end));
    at = end + 1;
  }
  return found;
}

function inUpperCase(words: readonly string[]): readonly string[] {
  return words.map((word) => asciiUpperCase(word));
}
