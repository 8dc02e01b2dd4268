import { offeredMechanisms, outOfRange } from "dot-stuffing/session";
import { formatCapabilities } from "../syntax/capabilities/format.ts";
import { parseCapabilities } from "../syntax/capabilities/parse.ts";
import { MAX_COMMAND_LINE } from "../syntax/command/line.ts";
import type { CommandOptions } from "../syntax/command/options.ts";
import type { Offered } from "../syntax/parameters/parameter.ts";
import { mailParameterSet, type ParameterSet, rcptParameterSet } from "../syntax/parameters/sets.ts";
import { maxLineLength } from "../syntax/parameters/typed.ts";
import { MAX_PATH } from "../syntax/path/path.ts";
import { MAX_REPLY_LINE } from "../syntax/reply/format.ts";
import type { ServerSettings } from "./options.ts";

/** The longest BURL command in octets with CRLF, where it is offered: URLs may be long. */
const MAX_BURL_LINE = 4096;

/** What a server offers at one moment: it changes with TLS and with the kind of hello. */
export interface Offer {
  /** The SASL mechanisms that AUTH takes, in upper case. */
  readonly mechanisms: readonly string[];
  /** The lines of an EHLO reply after its first (RFC 5321 §4.1.1.1). */
  readonly keywordLines: readonly string[];
  readonly mailParameters: ParameterSet;
  readonly rcptParameters: ParameterSet;
  /** How commands are read, and how in a transaction with SMTPUTF8. */
  readonly commandOptions: CommandOptions;
  readonly commandOptionsInSmtputf8: CommandOptions;
  /** The longest MAIL, RCPT and AUTH commands in octets with CRLF (RFC 5321 §2.2.2). */
  readonly maxMailLine: number;
  readonly maxRcptLine: number;
  readonly maxAuthLine: number;
  /** The longest BURL (RFC 4468 has no figure). */
  readonly maxBurlLine: number;
  /** The longest command that could be legal, whatever its verb: what the reader's memory is bounded by. */
  readonly maxLine: number;
  /** What an extension's keyword is announced with; undefined: it is not offered. */
  readonly parametersOf: Offered;
}

/**
 * Makes the offer. Before a hello it is what EHLO would announce; after HELO it is empty (RFC 5321 §4.1.4).
 *
 * @param hello the last accepted hello, or null
 * @throws RangeError for an extension that cannot be announced so.
 */
export function makeOffer(settings: ServerSettings, tls: boolean, hello: string | null): Offer {
  const lines = hello === "HELO" && !settings.leniencies.extensionsAfterHelo ? [] : keywordLines(settings, tls);
  const keywords = new Map(lines.map((line) => line.split(" ")).map(([keyword, ...words]) => [keyword!, words]));
  const mechanisms = keywords.get("AUTH") ?? [];
  if (settings.leniencies.authEquals && mechanisms.length > 0) lines.splice(1, 0, `AUTH=${mechanisms.join(" ")}`);
  const parametersOf = (keyword: string) => keywords.get(keyword);
  const mailParameters: ParameterSet = { ...mailParameterSet, ...settings.mailParameters };
  const rcptParameters: ParameterSet = { ...rcptParameterSet, ...settings.rcptParameters };
  const { leniencies, maxPath, maxLocalPart } = settings;
  const longer = maxPath - MAX_PATH; // than what a line has to have room for
  const maxMailLine = maxLineLength(mailParameters, parametersOf) + longer;
  const maxRcptLine = maxLineLength(rcptParameters, parametersOf) + longer;
  const optionsIn = (state: "offered" | "in-force"): CommandOptions => ({
    ...{ ...leniencies, maxPath, maxLocalPart },
    smtputf8State: keywords.has("SMTPUTF8") ? state : "not-offered",
  });
  const maxAuthLine = settings.leniencies.longAuthCommand ? settings.maxSaslLineLength : MAX_COMMAND_LINE;
  const maxBurlLine = keywords.has("BURL") ? MAX_BURL_LINE : MAX_COMMAND_LINE;
  return {
    ...{ mechanisms, keywordLines: lines, mailParameters, rcptParameters, parametersOf },
    ...{ maxMailLine, maxRcptLine, maxAuthLine, maxBurlLine },
    commandOptions: optionsIn("offered"),
    commandOptionsInSmtputf8: optionsIn("in-force"),
    maxLine: Math.max(maxMailLine, maxRcptLine, maxAuthLine, maxBurlLine),
  };
}

/** The keywords that an option stands for. What has parameters is below. */
const FLAGS = {
  pipelining: "PIPELINING",
  eightBitMime: "8BITMIME",
  size: "SIZE",
  enhancedStatusCodes: "ENHANCEDSTATUSCODES",
  chunking: "CHUNKING",
  binaryMime: "BINARYMIME",
  smtputf8: "SMTPUTF8",
  dsn: "DSN",
  rrvs: "RRVS",
  requireTlsParameter: "REQUIRETLS",
  conPerm: "CONPERM",
  conNeg: "CONNEG",
  expn: "EXPN",
  etrn: "ETRN",
  atrn: "ATRN",
  help: "HELP",
} as const satisfies { readonly [Option in keyof ServerSettings]?: string };

/** The keywords of the options whose values are what they are announced with. */
const TYPED = {
  deliverBy: "DELIVERBY",
  futureRelease: "FUTURERELEASE",
  mtPriority: "MT-PRIORITY",
  noSoliciting: "NO-SOLICITING",
  burl: "BURL",
  xclient: "XCLIENT",
  xforward: "XFORWARD",
  limits: "LIMITS",
} as const satisfies { readonly [Option in keyof ServerSettings]?: string };

/** The options by their keywords: none of these can be an application's own. */
const OPTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...FLAGS, ...TYPED, mechanisms: "AUTH", starttls: "STARTTLS" }).map(([option, keyword]) => [
    keyword,
    option,
  ]),
);

function keywordLines(settings: ServerSettings, tls: boolean): string[] {
  const keywords = new Map<string, readonly string[]>();
  const mechanisms = offeredMechanisms(settings.mechanisms, tls, settings.plaintextMechanismsWithoutTls);
  if (mechanisms.length > 0) keywords.set("AUTH", mechanisms);
  if (settings.starttls && !tls) keywords.set("STARTTLS", []);
  for (const [option, keyword] of Object.entries(FLAGS) as [keyof typeof FLAGS, string][]) {
    if (settings[option]) keywords.set(keyword, []);
  }
  // SIZE 0 says that there is no fixed limit (RFC 1870 §3).
  if (settings.size) keywords.set("SIZE", [String(finite(settings.maxMessageSize) ?? 0)]);
  // It is for messages that came under TLS (RFC 8689 §2).
  if (!tls) keywords.delete("REQUIRETLS");
  for (const [keyword, parameters] of Object.entries(settings.extensions)) {
    if (OPTIONS.has(keyword)) throw outOfRange("extensions", `no ${keyword}, which has an option of its own`);
    keywords.set(keyword, parameters);
  }
  const typed = typedCapabilities(settings);
  const lines = formatCapabilities({ domain: settings.host, keywords, ...typed });
  const parsed = parseCapabilities({ lines });
  for (const name of Object.keys(typed) as (keyof typeof typed)[]) {
    const [given, read] = [typed[name], parsed[name]].map((value) => JSON.stringify(value ?? null));
    if (given !== read) throw outOfRange(name, `what its keyword can say, got ${given}`);
  }
  const behindDomain = lines.slice(1);
  for (const line of behindDomain) checkLength(line);
  return behindDomain;
}

/** What stands in a reply's line beside its text: the code, a hyphen or space, and CRLF. In octets. */
const AROUND_TEXT = 6;

/** @throws RangeError naming the option that makes the line of a keyword longer than a reply's line may be */
function checkLength(line: string): void {
  if (line.length + AROUND_TEXT <= MAX_REPLY_LINE) return;
  const [keyword = ""] = line.split(" ", 1);
  const option = OPTIONS.get(keyword) ?? `extensions.${keyword}`;
  throw outOfRange(
    option,
    `what a line of ${MAX_REPLY_LINE} octets can announce, got one of ${line.length + AROUND_TEXT}`,
  );
}

/** The extensions whose keywords have typed parameters. */
function typedCapabilities(settings: ServerSettings) {
  const { deliverBy, futureRelease, mtPriority, noSoliciting, burl, xclient, xforward } = settings;
  const limits = {
    mailMax: finite(settings.maxTransactions),
    rcptMax: finite(settings.maxRecipients),
    rcptDomainMax: finite(settings.maxRecipientDomains),
    all: new Map<string, string | null>(),
  };
  const limited = settings.limits && (limits.mailMax ?? limits.rcptMax ?? limits.rcptDomainMax) !== null;
  return {
    deliverBy: deliverBy ? { minimum: deliverBy.minimum ?? null, tokens: deliverBy.tokens ?? [] } : null,
    futureRelease: futureRelease
      ? { maxInterval: futureRelease.maxInterval, maxDateTime: futureRelease.maxDateTime }
      : null,
    mtPriority: mtPriority ? { policy: mtPriority.policy ?? null } : null,
    noSoliciting: noSoliciting ?? null,
    burl: burl ?? null,
    xclient: xclient.length > 0 ? xclient : null,
    xforward: xforward.length > 0 ? xforward : null,
    limits: limited ? limits : null,
  };
}

function finite(limit: number): number | null {
  return Number.isFinite(limit) ? limit : null;
}
