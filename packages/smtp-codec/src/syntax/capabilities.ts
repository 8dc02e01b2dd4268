import { isVisible } from "./characters.ts";
import type { Reply } from "./reply.ts";

/** What a server's EHLO reply says (RFC 5321 §4.1.1.1). */
export interface Capabilities {
  /** The server's name: the first word of the first line. */
  readonly domain: string;
  /** The rest of the first line, which is no keyword, whatever it says. */
  readonly greeting: string;
  /** Every keyword in upper case with its parameters, in order; of one listed twice the first line counts. */
  readonly keywords: ReadonlyMap<string, readonly string[]>;
  /** Lines that are no keyword by the grammar, as they came. */
  readonly otherLines: readonly string[];
  /** The names of SASL mechanisms in upper case, from AUTH and the older `AUTH=`, in order and without repeats (RFC 4954 §3). */
  readonly auth: readonly string[];
  /** What SIZE says: null when it is not offered; Infinity when it names no limit, or 0 (RFC 1870 §3). In octets. */
  readonly size: number | null;
}

/** Whether a server offers an extension, by its keyword in upper case. */
export function offers(capabilities: Capabilities, keyword: string): boolean {
  return capabilities.keywords.has(keyword);
}

/** Named leniencies of {@link parseCapabilities}. */
export interface CapabilitiesLeniencies {
  /** Reads `AUTH=LOGIN PLAIN`, the form of servers and clients from before RFC 2554. Default true. */
  readonly authEquals?: boolean;
}

/**
 * Reads a positive reply to EHLO.
 *
 * ```abnf
 * ehlo-line    = ehlo-keyword *( SP ehlo-param )
 * ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * ehlo-param   = 1*(%d33-126)
 * ```
 */
export function parseCapabilities(reply: Reply, leniencies: CapabilitiesLeniencies = {}): Capabilities {
  const [first = "", ...rest] = reply.lines;
  const space = first.indexOf(" ");
  const keywords = new Map<string, readonly string[]>();
  const otherLines: string[] = [];
  const auth = new Set<string>();
  for (const line of rest) {
    const [word = "", ...parameters] = line.split(" ").filter((part, index) => part !== "" || index === 0);
    const legacy = (leniencies.authEquals ?? true) && /^AUTH=/i.test(word);
    const keyword = legacy ? "AUTH" : word.toUpperCase();
    if (!/^[A-Z0-9][A-Z0-9-]*$/.test(keyword)) {
      otherLines.push(line);
      continue;
    }
    if (legacy) parameters.unshift(...word.slice("AUTH=".length).split(" ").filter(Boolean));
    if (keyword === "AUTH") for (const mechanism of parameters) auth.add(mechanism.toUpperCase());
    if (!keywords.has(keyword)) keywords.set(keyword, parameters);
  }
  return {
    domain: space < 0 ? first : first.slice(0, space),
    greeting: space < 0 ? "" : first.slice(space + 1),
    keywords,
    otherLines,
    auth: [...auth],
    size: sizeLimit(keywords.get("SIZE")),
  };
}

function sizeLimit(parameters: readonly string[] | undefined): number | null {
  if (parameters === undefined) return null;
  const figure = /^[0-9]{1,20}$/.test(parameters[0] ?? "") ? Number(parameters[0]) : 0;
  return figure === 0 ? Number.POSITIVE_INFINITY : figure;
}

/**
 * The text of the keyword lines of an EHLO reply: the inverse of {@link parseCapabilities}.
 *
 * @throws RangeError for a keyword or parameter outside the grammar.
 */
export function formatKeywords(
  keywords: Iterable<readonly [keyword: string, parameters: readonly string[]]>,
): string[] {
  const lines: string[] = [];
  for (const [keyword, parameters] of keywords) {
    if (!/^[A-Z0-9][A-Z0-9-]*$/.test(keyword)) throw new RangeError('"keyword" expected letters, digits and hyphens');
    for (const parameter of parameters) {
      if (parameter === "" || !isVisible(parameter)) {
        throw new RangeError(`"${keyword}" expected parameters of the characters 33 to 126`);
      }
    }
    lines.push([keyword, ...parameters].join(" "));
  }
  return lines;
}
