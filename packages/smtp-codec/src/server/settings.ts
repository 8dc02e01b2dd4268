import {
  checkAtLeast,
  checkChoice,
  checkFunction,
  checkLineEndings,
  checkTexts,
  isVisible,
  mechanismNames,
  offeredMechanisms,
  once,
  outOfRange,
  sessionDefaults,
  withDefaults,
} from "dot-stuffing/session";
import { isAttributeName } from "../syntax/command/attributes.ts";
import { expectHost } from "../syntax/command/hello.ts";
import { mailParameterSet, rcptParameterSet } from "../syntax/parameters/sets.ts";
import { MAX_PATH } from "../syntax/path/path.ts";
import { checkTimeouts } from "../timeouts.ts";
import { makeOffer, type Offer } from "./offer.ts";
import type { ServerLimits, ServerProtocol, ServerSettings, SmtpServerOptions } from "./options.ts";
import { checkReplyText, isUpperCaseKeyword, ownParameters } from "./own-parameters.ts";
import type { ReplyTemplate } from "./replies.ts";

const PROTOCOLS = ["smtp", "submission", "lmtp", "odmr"] as const;
const EARLY_TALKER = ["ignore", "report", "refuse"] as const;

/** What sessions made from the same options share. */
export interface Shared {
  readonly settings: ServerSettings;
  /** The offers of every moment. */
  readonly offers: ReadonlyMap<string, Offer>;
  /** Default replies written so far: by their templates, those to EHLO by what they offer. */
  readonly written: Map<ReplyTemplate | Offer, string>;
}

const known = new WeakMap<SmtpServerOptions, Shared>();

/**
 * What the options say, read once.
 *
 * @throws TypeError or RangeError naming the option that is missing or outside its range.
 */
export function sharedBy(options: SmtpServerOptions): Shared {
  return once(known, options, () => {
    const settings = serverSettings(options);
    return { settings, offers: offersOf(settings), written: new Map() };
  });
}

/**
 * All offers at once: what cannot be announced is found now, and what becomes of the application's lists later changes
 * none.
 */
function offersOf(settings: ServerSettings): Shared["offers"] {
  const offers = new Map<string, Offer>();
  for (const tls of [false, true]) {
    for (const hello of [null, "HELO"]) offers.set(momentOf(tls, hello), makeOffer(settings, tls, hello));
  }
  return offers;
}

function momentOf(tls: boolean, hello: string | null): string {
  return `${tls} ${hello === "HELO"}`;
}

/** What is offered at a moment. Before a hello it is what EHLO would announce. */
export function offerOf({ offers }: Shared, tls: boolean, hello: string | null): Offer {
  return offers.get(momentOf(tls, hello))!;
}

/** What holds where nobody says otherwise. */
const LENIENCIES: ServerSettings["leniencies"] = {
  ...{ spaceAfterColon: true, spaceBeforeColon: false, extraSpaces: true, pathWithoutBrackets: false },
  ...{ helloName: true, helloTrailing: true, underscoreInDomain: false, trailingDotInDomain: false },
  ...{ unqualifiedMailbox: false, ipv6WithoutTag: false },
  ...{ authEquals: false, longAuthCommand: true, extensionsAfterHelo: false, mailWithoutHello: false },
  anySecondDigit: false,
};

/** In seconds (RFC 5321 §4.5.3.2.7). */
const TIMEOUTS: ServerSettings["timeouts"] = { command: 300, content: 300 };

/** The same of all options, for what a server speaks. */
function defaultsFor(protocol: ServerProtocol): ServerSettings {
  const submission = protocol === "submission";
  const odmr = protocol === "odmr";
  return {
    ...sessionDefaults,
    ...{ host: "", protocol, greeting: protocol === "lmtp" ? "LMTP" : "ESMTP" },
    ...{ tls: false, starttls: false, requireTls: false, requireAuth: submission },
    ...{
      mechanisms: [],
      serverFirstMechanisms: ["CRAM-MD5"],
      plaintextMechanismsWithoutTls: false,
      prepare: undefined,
    },
    ...{ pipelining: true, eightBitMime: !odmr, enhancedStatusCodes: true, size: !odmr, chunking: false },
    ...{ binaryMime: false, smtputf8: false, dsn: submission, rrvs: false, requireTlsParameter: false },
    ...{ conPerm: false, conNeg: false, limits: false, expn: false, etrn: false, atrn: odmr, help: !odmr },
    ...{ burl: undefined, deliverBy: undefined, futureRelease: undefined, mtPriority: undefined },
    ...{ noSoliciting: undefined, xclient: [], xforward: [] },
    ...{ extensions: {}, mailParameters: {}, rcptParameters: {} },
    ...{ maxMessageSize: 10_240_000, maxRecipients: 1000, maxRecipientDomains: Number.POSITIVE_INFINITY },
    ...{ maxTransactions: 1000, maxSaslLineLength: 12_288, maxAuthFailures: 10, maxErrors: 20, maxIdleCommands: 100 },
    ...{ maxPath: MAX_PATH, maxLocalPart: Number.POSITIVE_INFINITY },
    ...{ lineEndings: "reject", earlyTalker: "ignore", timeouts: TIMEOUTS, leniencies: LENIENCIES },
  };
}

function serverSettings(options: SmtpServerOptions): ServerSettings {
  const protocol = checkChoice("protocol", options.protocol, PROTOCOLS);
  const given = withDefaults("options", options, defaultsFor(protocol));
  const { greeting } = given;
  expectHost("host", options.host);
  checkReplyText("greeting", greeting);
  checkChoice("earlyTalker", given.earlyTalker, EARLY_TALKER);
  checkLineEndings(given.lineEndings);
  if (given.prepare !== undefined) checkFunction("prepare", given.prepare);
  for (const [name, least] of Object.entries(LEAST) as [keyof typeof LEAST, number][]) {
    checkAtLeast(name, given[name], name === "maxRecipients" && given.limits ? 1 : least);
  }
  checkExtensions(given);
  const settings: ServerSettings = {
    ...given,
    mailParameters: ownParameters("mailParameters", given.mailParameters, mailParameterSet),
    rcptParameters: ownParameters("rcptParameters", given.rcptParameters, rcptParameterSet),
    mechanisms: mechanismNames(given.mechanisms),
    serverFirstMechanisms: mechanismNames(given.serverFirstMechanisms, "serverFirstMechanisms"),
    timeouts: withDefaults("timeouts", given.timeouts, TIMEOUTS),
    leniencies: withDefaults("leniencies", given.leniencies, LENIENCIES),
  };
  checkTimeouts(settings.timeouts);
  checkTogether(settings);
  return settings;
}

/** What limits may not be below. */
const LEAST = {
  ...{ maxMessageSize: 65_536, maxRecipients: 100, maxRecipientDomains: 1, maxTransactions: 1 },
  ...{ maxSaslLineLength: 512, maxAuthFailures: 3, maxErrors: 1, maxIdleCommands: 0 },
  ...{ maxPath: MAX_PATH, maxLocalPart: 64 },
} satisfies { readonly [Limit in keyof ServerLimits]-?: number };

/** The types of what extensions are announced with. Whether a keyword can say it is seen when the offer is made. */
function checkExtensions(given: ServerSettings): void {
  const { deliverBy, futureRelease, mtPriority, noSoliciting, burl, xclient, xforward, extensions } = given;
  const lists = { noSoliciting, burl, xclient, xforward };
  for (const [name, list] of Object.entries(lists)) if (list !== undefined) checkTexts(name, list);
  checkAttributes("xclient", xclient);
  checkAttributes("xforward", xforward);
  for (const [keyword, parameters] of Object.entries(extensions)) {
    const place = `extensions.${keyword}`;
    checkTexts(place, parameters);
    if (!isUpperCaseKeyword(keyword)) throw outOfRange(place, "a keyword of letters in upper case, digits and hyphens");
    if (!parameters.every(isVisible)) {
      throw outOfRange(place, "parameters of the characters 33 to 126");
    }
  }
  if (deliverBy !== undefined) {
    checkTexts("deliverBy.tokens", withDefaults("deliverBy", deliverBy, { minimum: null, tokens: [] }).tokens);
  }
  if (futureRelease !== undefined) withDefaults("futureRelease", futureRelease, { maxInterval: 0, maxDateTime: "" });
  if (mtPriority !== undefined) withDefaults("mtPriority", mtPriority, { policy: null });
}

/** An attribute that no command can bring would be announced in vain. */
function checkAttributes(option: "xclient" | "xforward", names: readonly string[]): void {
  const verb = option === "xclient" ? "XCLIENT" : "XFORWARD";
  const other = names.find((name) => !isAttributeName(verb, name));
  if (other !== undefined) throw outOfRange(option, `the names of attributes that ${verb} has, got ${other}`);
}

/** What one option demands of another. */
function checkTogether(settings: ServerSettings): void {
  const { protocol, mechanisms, plaintextMechanismsWithoutTls } = settings;
  if (settings.binaryMime && !settings.chunking) throw outOfRange("binaryMime", "chunking too (RFC 3030 section 3)");
  if (settings.smtputf8 && !settings.eightBitMime)
    throw outOfRange("smtputf8", "eightBitMime too (RFC 6531 section 3.1)");
  if (settings.futureRelease && protocol !== "submission") {
    throw outOfRange("futureRelease", 'the protocol "submission" (RFC 4865 section 4.2)');
  }
  if (settings.burl && !(protocol === "submission" && settings.eightBitMime)) {
    throw outOfRange("burl", 'the protocol "submission" and eightBitMime (RFC 4468 section 3.1)');
  }
  if (settings.atrn && protocol !== "smtp" && protocol !== "odmr") {
    throw outOfRange("atrn", 'the protocol "smtp" or "odmr" (RFC 6409 section 7)');
  }
  if (protocol === "odmr" && mechanisms.length === 0) throw outOfRange("mechanisms", 'at least one for "odmr"');
  if (protocol === "odmr" && !settings.atrn) throw outOfRange("atrn", 'true for "odmr" (RFC 2645 section 5.4)');
  if (settings.etrn && protocol !== "smtp") throw outOfRange("etrn", 'the protocol "smtp" (RFC 6409 section 7)');
  if (protocol === "lmtp" && !(settings.pipelining && settings.enhancedStatusCodes)) {
    throw outOfRange("protocol", "pipelining and enhancedStatusCodes with LMTP (RFC 2033 section 5)");
  }
  const withTls = settings.tls || settings.starttls;
  if (settings.requireTls && !withTls) throw outOfRange("requireTls", "tls or starttls too");
  const byProxy = settings.xclient.includes("LOGIN");
  if (
    settings.requireAuth &&
    !byProxy &&
    offeredMechanisms(mechanisms, withTls, plaintextMechanismsWithoutTls).length === 0
  ) {
    throw outOfRange(
      "requireAuth",
      "a mechanism that is offered, with tls or starttls for those that reveal a password",
    );
  }
}
