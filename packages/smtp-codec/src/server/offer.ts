import { offeredMechanisms } from "dot-stuffing/session";
import { formatKeywords } from "../syntax/capabilities/format.ts";
import type { Offered } from "../syntax/parameters/parameter.ts";
import { mailParameterSet } from "../syntax/parameters/sets.ts";
import { maxLineLength } from "../syntax/parameters/typed.ts";
import type { ServerSettings } from "./options.ts";

/** What a server offers at one moment: it changes with TLS and with the kind of hello. */
export interface Offer {
  /** The SASL mechanisms that AUTH takes, in upper case. */
  readonly mechanisms: readonly string[];
  /** The lines of an EHLO reply behind its first (RFC 5321 §4.1.1.1). */
  readonly keywordLines: readonly string[];
  /** The longest MAIL command in octets with CRLF (RFC 5321 §2.2.2). */
  readonly maxMailLine: number;
  /** Whether an extension's verbs and parameters are taken, by its keyword. */
  has(keyword: string): boolean;
  /** What an extension's keyword is announced with; undefined: it is not offered. */
  readonly parametersOf: Offered;
}

/**
 * Makes the offer. Before a hello it is what EHLO would announce; behind HELO it is empty (RFC 5321 §4.1.4).
 *
 * @param hello the last accepted hello, or null
 */
export function makeOffer(settings: ServerSettings, tls: boolean, hello: "HELO" | "EHLO" | null): Offer {
  const keywords = hello === "HELO" ? new Map<string, readonly string[]>() : keywordsOf(settings, tls);
  const lines = formatKeywords(keywords);
  const mechanisms = keywords.get("AUTH") ?? [];
  if (settings.leniencies.authEquals && mechanisms.length > 0) lines.splice(1, 0, `AUTH=${mechanisms.join(" ")}`);
  const parametersOf = (keyword: string) => keywords.get(keyword);
  return {
    mechanisms,
    keywordLines: lines,
    maxMailLine: maxLineLength(mailParameterSet, parametersOf),
    has: (keyword) => keywords.has(keyword),
    parametersOf,
  };
}

function keywordsOf(settings: ServerSettings, tls: boolean): Map<string, readonly string[]> {
  const keywords = new Map<string, readonly string[]>();
  const mechanisms = offeredMechanisms(settings.mechanisms, tls, settings.plaintextMechanismsWithoutTls);
  if (mechanisms.length > 0) keywords.set("AUTH", mechanisms);
  if (settings.starttls && !tls) keywords.set("STARTTLS", []);
  if (settings.pipelining) keywords.set("PIPELINING", []);
  if (settings.eightBitMime) keywords.set("8BITMIME", []);
  // SIZE 0 says that there is no fixed limit (RFC 1870 §3).
  const limit = Number.isFinite(settings.maxMessageSize) ? settings.maxMessageSize : 0;
  if (settings.size) keywords.set("SIZE", [String(limit)]);
  if (settings.enhancedStatusCodes) keywords.set("ENHANCEDSTATUSCODES", []);
  if (settings.help) keywords.set("HELP", []);
  return keywords;
}
