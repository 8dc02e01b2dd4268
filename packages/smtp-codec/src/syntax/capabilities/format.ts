import { isText, isVisible, outOfRange } from "dot-stuffing/session";
import { isKeyword } from "../characters.ts";
import { expectHost } from "../command/hello.ts";
import type { Capabilities, LimitsCapability, SizeCapability } from "./capabilities.ts";

/**
 * The text of the keyword lines of an EHLO reply.
 *
 * @throws RangeError for a keyword or parameter outside the grammar.
 */
export function formatKeywords(
  keywords: Iterable<readonly [keyword: string, parameters: readonly string[]]>,
): string[] {
  const lines: string[] = [];
  for (const [keyword, parameters] of keywords) {
    if (!isKeyword(keyword) || keyword !== keyword.toUpperCase()) {
      throw outOfRange("keyword", "letters in upper case, digits and hyphens");
    }
    for (const parameter of parameters) {
      if (!isVisible(parameter)) {
        throw outOfRange(keyword, "parameters of the characters 33 to 126");
      }
    }
    lines.push([keyword, ...parameters].join(" "));
  }
  return lines;
}

/** What an EHLO reply is made of: typed values, and keywords that have none. */
export type CapabilitiesInput = Pick<Capabilities, "domain"> & Partial<Omit<Capabilities, "otherLines">>;

/**
 * The lines of an EHLO reply: the inverse of `parseCapabilities`. The lines of `keywords` come first; of the typed
 * values those whose keyword is not among them, so that what was parsed is written as it was.
 *
 * @example
 * ```ts
 * const keywords = new Map([["PIPELINING", []], ["8BITMIME", []]]);
 * const lines = formatCapabilities({ domain: "mx.example.com", keywords, size: { limit: 10_240_000 } });
 * formatReply({ code: 250, enhanced: null, lines });
 * ```
 *
 * @throws RangeError for a domain, keyword or parameter outside the grammar.
 */
export function formatCapabilities(capabilities: CapabilitiesInput): string[] {
  const { domain, greeting = "", keywords = [] } = capabilities;
  expectHost("domain", domain);
  if (!isText(greeting)) throw outOfRange("greeting", "printable ASCII");
  const listed = new Map(keywords);
  for (const [keyword, parameters] of typedKeywords(capabilities)) {
    if (parameters !== null && !listed.has(keyword)) listed.set(keyword, parameters);
  }
  return [greeting === "" ? domain : `${domain} ${greeting}`, ...formatKeywords(listed)];
}

/** The parameters that each typed value is written as; null for those that are absent. */
function typedKeywords(capabilities: CapabilitiesInput): [keyword: string, parameters: readonly string[] | null][] {
  const { auth, size, limits, deliverBy, futureRelease, mtPriority, noSoliciting } = capabilities;
  return [
    ["AUTH", auth?.length ? auth : null],
    ["SIZE", size ? sizeWords(size) : null],
    ["LIMITS", limits ? limitsWords(limits) : null],
    ["DELIVERBY", deliverBy ? oneOrNone([deliverBy.minimum ?? "", ...deliverBy.tokens].join(",")) : null],
    ["FUTURERELEASE", futureRelease ? [String(futureRelease.maxInterval), futureRelease.maxDateTime] : null],
    ["MT-PRIORITY", mtPriority ? oneOrNone(mtPriority.policy ?? "") : null],
    ["NO-SOLICITING", noSoliciting ? oneOrNone(noSoliciting.join(",")) : null],
    ["BURL", capabilities.burl ?? null],
    ["XCLIENT", capabilities.xclient ?? null],
    ["XFORWARD", capabilities.xforward ?? null],
  ];
}

function sizeWords({ limit }: SizeCapability): string[] {
  if (limit === null) return [];
  return [String(limit === Number.POSITIVE_INFINITY ? 0 : limit)];
}

function limitsWords({ all, mailMax, rcptMax, rcptDomainMax }: LimitsCapability): string[] {
  const known = { MAILMAX: mailMax, RCPTMAX: rcptMax, RCPTDOMAINMAX: rcptDomainMax };
  const words = new Map<string, string | null>(all);
  for (const [name, limit] of Object.entries(known))
    if (limit !== null && !words.has(name)) words.set(name, String(limit));
  return [...words].map(([name, value]) => (value === null ? name : `${name}=${value}`));
}

function oneOrNone(parameter: string): string[] {
  return parameter === "" ? [] : [parameter];
}
