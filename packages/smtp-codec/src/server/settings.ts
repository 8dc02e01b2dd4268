import { checkAtLeast, checkLineEndings, mechanismNames } from "dot-stuffing/session";
import { isPrintable, refusal } from "../syntax/characters.ts";
import { literalKind } from "../syntax/path/address-literal.ts";
import { isDomain } from "../syntax/path/domain.ts";
import { makeOffer, type Offer } from "./offer.ts";
import type { ServerProtocol, ServerSettings, SmtpServerOptions } from "./options.ts";
import type { ReplyTemplate } from "./replies.ts";

const PROTOCOLS: readonly ServerProtocol[] = ["smtp", "submission", "lmtp", "odmr"];
const EARLY_TALKER: readonly ServerSettings["earlyTalker"][] = ["ignore", "report", "refuse"];

/** What sessions made from the same options share. */
export interface Shared {
  readonly settings: ServerSettings;
  /** The offers made so far. */
  readonly offers: Map<string, Offer>;
  /** Default replies written so far: by their templates, those to EHLO by what they offer. */
  readonly written: Map<ReplyTemplate | Offer, string>;
}

const known = new WeakMap<SmtpServerOptions, Shared>();

/** What the options say, read once. @throws TypeError or RangeError naming the option that is missing or outside its range. */
export function sharedBy(options: SmtpServerOptions): Shared {
  let shared = known.get(options);
  if (shared === undefined) {
    shared = { settings: serverSettings(options), offers: new Map(), written: new Map() };
    // What cannot be announced is found now.
    for (const tls of [false, true]) makeOffer(shared.settings, tls, null);
    known.set(options, shared);
  }
  return shared;
}

/** What is offered at a moment. Before a hello it is what EHLO would announce. */
export function offerOf({ settings, offers }: Shared, tls: boolean, hello: string | null): Offer {
  const moment = `${tls} ${hello === "HELO"}`;
  let offer = offers.get(moment);
  if (offer === undefined) {
    offer = makeOffer(settings, tls, hello);
    offers.set(moment, offer);
  }
  return offer;
}

function serverSettings(options: SmtpServerOptions): ServerSettings {
  const { host, protocol = "smtp" } = options;
  if (typeof host !== "string") throw new TypeError(`"host" expected a string, got ${typeof host}`);
  if (!isDomain(host) && literalKind(host) === null) throw refusal("host", "a domain or an address literal");
  const submission = checkOneOf("protocol", protocol, PROTOCOLS) === "submission";
  const odmr = protocol === "odmr";
  const greeting = options.greeting ?? (protocol === "lmtp" ? "LMTP" : "ESMTP");
  if (!isPrintable(greeting) || greeting.length > 200) {
    throw refusal("greeting", "at most 200 characters of printable ASCII");
  }
  const { burl, deliverBy, futureRelease, mtPriority, noSoliciting } = options;
  const settings: ServerSettings = {
    ...{ host, protocol, greeting, burl, deliverBy, futureRelease, mtPriority, noSoliciting },
    tls: options.tls ?? false,
    starttls: options.starttls ?? false,
    requireTls: options.requireTls ?? false,
    requireAuth: options.requireAuth ?? submission,
    mechanisms: mechanismNames(options.mechanisms ?? []),
    serverFirstMechanisms: mechanismNames(options.serverFirstMechanisms ?? ["CRAM-MD5"], "serverFirstMechanisms"),
    plaintextMechanismsWithoutTls: options.plaintextMechanismsWithoutTls ?? false,
    pipelining: options.pipelining ?? true,
    eightBitMime: options.eightBitMime ?? !odmr,
    enhancedStatusCodes: options.enhancedStatusCodes ?? true,
    size: options.size ?? !odmr,
    chunking: options.chunking ?? false,
    binaryMime: options.binaryMime ?? false,
    smtputf8: options.smtputf8 ?? false,
    dsn: options.dsn ?? submission,
    rrvs: options.rrvs ?? false,
    requireTlsParameter: options.requireTlsParameter ?? false,
    conPerm: options.conPerm ?? false,
    conNeg: options.conNeg ?? false,
    limits: options.limits ?? false,
    expn: options.expn ?? false,
    etrn: options.etrn ?? false,
    atrn: options.atrn ?? odmr,
    xclient: options.xclient ?? [],
    xforward: options.xforward ?? [],
    help: options.help ?? !odmr,
    extensions: options.extensions ?? {},
    mailParameters: options.mailParameters ?? {},
    rcptParameters: options.rcptParameters ?? {},
    maxMessageSize: checkAtLeast("maxMessageSize", options.maxMessageSize ?? 10_240_000, 65_536),
    maxRecipients: checkAtLeast("maxRecipients", options.maxRecipients ?? 1000, options.limits ? 1 : 100),
    maxRecipientDomains: checkAtLeast(
      "maxRecipientDomains",
      options.maxRecipientDomains ?? Number.POSITIVE_INFINITY,
      1,
    ),
    maxTransactions: checkAtLeast("maxTransactions", options.maxTransactions ?? 1000, 1),
    maxSaslLineLength: checkAtLeast("maxSaslLineLength", options.maxSaslLineLength ?? 12_288, 512),
    maxAuthFailures: checkAtLeast("maxAuthFailures", options.maxAuthFailures ?? 10, 3),
    maxErrors: checkAtLeast("maxErrors", options.maxErrors ?? 20, 1),
    lineEndings: checkLineEndings(options.lineEndings),
    earlyTalker: checkOneOf("earlyTalker", options.earlyTalker ?? "ignore", EARLY_TALKER),
    leniencies: options.leniencies ?? {},
  };
  checkTogether(settings);
  return settings;
}

/** What one option demands of another. */
function checkTogether(settings: ServerSettings): void {
  const { protocol } = settings;
  if (settings.binaryMime && !settings.chunking) throw refusal("binaryMime", "chunking too (RFC 3030 section 3)");
  if (settings.smtputf8 && !settings.eightBitMime) throw refusal("smtputf8", "eightBitMime too (RFC 6531 section 3.1)");
  if (settings.futureRelease && protocol !== "submission") {
    throw refusal("futureRelease", 'the protocol "submission" (RFC 4865 section 4.2)');
  }
  if (settings.burl && !(protocol === "submission" && settings.eightBitMime)) {
    throw refusal("burl", 'the protocol "submission" and eightBitMime (RFC 4468 section 3.1)');
  }
  if (settings.atrn && protocol !== "smtp" && protocol !== "odmr") {
    throw refusal("atrn", 'the protocol "smtp" or "odmr" (RFC 6409 section 7)');
  }
  if (protocol === "odmr" && settings.mechanisms.length === 0) throw refusal("mechanisms", 'at least one for "odmr"');
  if (protocol === "odmr" && !settings.atrn) throw refusal("atrn", 'true for "odmr" (RFC 2645 section 5.4)');
  if (settings.etrn && protocol !== "smtp") throw refusal("etrn", 'the protocol "smtp" (RFC 6409 section 7)');
  if (protocol === "lmtp" && !(settings.pipelining && settings.enhancedStatusCodes)) {
    throw refusal("protocol", "pipelining and enhancedStatusCodes with LMTP (RFC 2033 section 5)");
  }
}

function checkOneOf<Word extends string>(name: string, word: Word, words: readonly Word[]): Word {
  if (words.includes(word)) return word;
  throw refusal(name, `one of ${words.join(", ")}, got ${String(word)}`);
}
