import { Stuffer } from "dot-stuffing";
import {
  checkAtLeast,
  checkChoice,
  checkFunction,
  checkNames,
  checkObject,
  checkType,
  mechanismNames,
  once,
  type Prepare,
  type SessionOptions,
  sessionDefaults,
  withDefaults,
} from "dot-stuffing/session";
import { type Capability, formatCapabilities, TAGS } from "../syntax/capabilities.ts";
import { formatLanguageListing, type LanguageListing } from "../syntax/language-listing.ts";
import type { CommandLeniencies } from "../syntax/parse-command.ts";
import { formatResponse } from "../syntax/response.ts";
import { checkField, isVisible } from "../syntax/text.ts";
import { findTimestamp } from "../syntax/timestamp.ts";
import { capabilitiesOf, mechanismsOf, takesPasswords } from "./offer.ts";
import { checkGreeting, LANGUAGE_CHANGED } from "./responses.ts";

/** Named leniencies of a server. */
export interface ServerLeniencies extends CommandLeniencies {
  /** AUTH alone is answered with the list of mechanisms, as Outlook expects. Default true. */
  readonly authLists?: boolean;
  /** A name given by USER outlives other commands, and another USER replaces it, as in Dovecot. Default false. */
  readonly keepName?: boolean;
  /** LF or CR alone ends a line too, as some old clients send it. Default false. */
  readonly bareLineFeed?: boolean;
}

/**
 * Options of a server session. One object for many sessions is read once, unless `apop` has a timestamp. There has to be
 * a way to log in: USER and PASS, and mechanisms that send a password or token, are for TLS alone, so that they need
 * `tls`, `stls` or `plaintextWithoutTls`.
 */
export interface Pop3ServerOptions extends SessionOptions {
  /**
   * The greeting's text: at most 200 characters of printable ASCII, without `<`, and without `[` at its start. Default
   * `"ready"`.
   */
  readonly greeting?: string;
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3). Default false. */
  readonly tls?: boolean;
  /** Offers STLS while TLS is not active (RFC 2595). Default false. */
  readonly stls?: boolean;
  /** Takes USER and PASS. Default true. */
  readonly user?: boolean;
  /**
   * Takes APOP, with a timestamp in the greeting: `{ host }` makes one of 128 bits drawn from `crypto.getRandomValues`
   * for each session, `{ timestamp }` is one of the caller's own, of at most 300 octets, which must be different for
   * every session. Default: no APOP.
   */
  readonly apop?: { readonly host: string } | { readonly timestamp: string } | null;
  /** The SASL mechanisms offered (RFC 5034 §3). Default none. */
  readonly mechanisms?: readonly string[];
  /**
   * Takes USER, PASS and the mechanisms that send a password or token without TLS too (RFC 2595 §2.3 forbids it).
   * Default false.
   */
  readonly plaintextWithoutTls?: boolean;
  /** Offers TOP. Default true. */
  readonly top?: boolean;
  /** Offers UIDL; maildrops then have unique-ids. Default true. */
  readonly uidl?: boolean;
  /** Offers UTF8 (RFC 6856 §2); `"user"`: names and passwords can be UTF-8 too. Default false. */
  readonly utf8?: boolean | "user";
  /** Offers LANG, if there are any (RFC 6856 §3); the first is the server's choice. Default none. */
  readonly languages?: readonly LanguageListing[];
  /**
   * Gives a default text of the session's in a language of `languages`, once LANG was given. Where it throws, or gives
   * what is no string or cannot be written, the text goes out in English, and what was thrown comes out of
   * `nextEvent()`. Default: all are English.
   */
  readonly translate?: (text: string, language: string) => string;
  /**
   * Applied to the names of USER, PASS and APOP, to PASS's password (RFC 6856 §2.2), and to AUTH's authorization
   * identity (RFC 5034 §4). Default: none.
   */
  readonly prepare?: Prepare;
  /** Sends response codes, and announces RESP-CODES and AUTH-RESP-CODE (RFC 2449 §6.4, RFC 3206 §6). Default true. */
  readonly responseCodes?: boolean;
  /**
   * Lets AUTH and LOGIN-DELAY stand on -ERR to USER, where they can tell which names there are (RFC 2449 §8.1.1).
   * Default false.
   */
  readonly codesOnUser?: boolean;
  /**
   * Announces the least time between logins; `user`: a maildrop may have a shorter one (RFC 2449 §6.5). Default none.
   */
  readonly loginDelay?: { readonly seconds: number; readonly user?: boolean } | null;
  /**
   * Announces how many days messages are kept, Infinity: NEVER removed; `user`: a maildrop may have more (RFC 2449
   * §6.7). Under 0 `quit` also names what was retrieved. Default none.
   */
  readonly expire?: { readonly days: number; readonly user?: boolean } | null;
  /** Announces the server's software, to those who have logged in, or to all (RFC 2449 §6.9). Default none. */
  readonly implementation?: { readonly text: string; readonly toAll?: boolean } | null;
  /** More lines for CAPA, e.g. an experiment's (RFC 2449 §9): none that other options announce. Default none. */
  readonly capabilities?: readonly (Capability & { readonly tag: "other" })[];
  /** The longest command in octets with CRLF; at least 255 (RFC 2449 §4), the default. */
  readonly maxCommandLength?: number;
  /** The longest SASL line in octets with CRLF. Default 12,288 (RFC 5034 §4). */
  readonly maxSaslLineLength?: number;
  /**
   * Failed logins before the session closes; one that is refused with IN-USE, LOGIN-DELAY or a code of SYS is none.
   * Default 10.
   */
  readonly maxFailedLogins?: number;
  /**
   * The delay that the first `login-failed` names, in seconds; each one doubles it, up to 15. Default 2, as Dovecot has
   * it.
   */
  readonly failureDelay?: number;
  /**
   * Malformed, unknown and out-of-place commands, and those for messages that are not there, before the session closes.
   * Default 100.
   */
  readonly maxErrors?: number;
  /**
   * What `timeout` says, in seconds; at least 600 (RFC 1939 §3), the default. Infinity: there is no limit, and
   * `timeout` is null.
   */
  readonly idleLimit?: number;
  /** What a CR or LF alone in a message does: it is sent as CRLF, or `write` throws. Default `"normalize"`. */
  readonly lineEndings?: "normalize" | "reject";
  readonly leniencies?: ServerLeniencies;
}

/** A figure that CAPA announces, which may be another for a user. */
export interface Policy {
  readonly value: number;
  readonly user: boolean;
}

/** The options of a session with every default in place. */
export interface ServerSettings extends Required<Omit<Pop3ServerOptions, Differing | keyof SessionOptions>> {
  readonly apop: { readonly host: string } | { readonly timestamp: string } | null;
  readonly utf8User: boolean;
  readonly loginDelay: Policy | null;
  readonly expire: Policy | null;
  readonly implementation: { readonly text: string; readonly toAll: boolean } | null;
  readonly translate: ((text: string, language: string) => string) | undefined;
  readonly prepare: Prepare | undefined;
  readonly leniencies: Required<ServerLeniencies>;
}

type Differing = "apop" | "loginDelay" | "expire" | "implementation" | "translate" | "prepare" | "leniencies";

const LENIENCIES: Required<ServerLeniencies> = {
  ...{ trailingSpaces: true, spacesInNames: true, longInitialResponse: true, eightBitCredentials: false },
  ...{ authLists: true, keepName: false, bareLineFeed: false },
};

/** UTF8 can be a word, too: its type is looked at apart. */
const DEFAULTS: { readonly [Option in keyof Pop3ServerOptions]-?: Pop3ServerOptions[Option] | undefined } = {
  ...sessionDefaults,
  ...{ greeting: "ready", tls: false, stls: false, user: true, apop: null, mechanisms: [], plaintextWithoutTls: false },
  ...{ top: true, uidl: true, utf8: undefined, languages: [], translate: undefined, prepare: undefined },
  ...{
    responseCodes: true,
    codesOnUser: false,
    loginDelay: null,
    expire: null,
    implementation: null,
    capabilities: [],
  },
  ...{ maxCommandLength: 255, maxSaslLineLength: 12_288, maxFailedLogins: 10, failureDelay: 2, maxErrors: 100 },
  ...{ idleLimit: 600, lineEndings: "normalize", leniencies: LENIENCIES },
};

/** What figures may not be below. */
const LEAST = {
  ...{ maxCommandLength: 255, maxSaslLineLength: 255, idleLimit: 600 },
  ...{ maxFailedLogins: 1, failureDelay: 0, maxErrors: 1 },
};

const known = new WeakMap<Pop3ServerOptions, ServerSettings>();

/**
 * What the options say: read once for all sessions that have them, but for those with a timestamp, which differs for
 * every session (RFC 1939 §7).
 *
 * @throws TypeError for an option that there is not, or of another type; RangeError naming the one that is outside its
 *   range, and for a session without any way to log in, or with none but under TLS, which it neither has nor offers
 */
export function settingsOf(options: Pop3ServerOptions): ServerSettings {
  const isForOne = Object(options?.apop).timestamp !== undefined;
  return isForOne ? serverSettings(options) : once(known, options, serverSettings);
}

function serverSettings(options: Pop3ServerOptions): ServerSettings {
  const given = withDefaults("options", options, DEFAULTS) as Required<Pop3ServerOptions>;
  const { implementation, utf8 = false } = given;
  for (const [name, least] of Object.entries(LEAST)) checkAtLeast(name, given[name as keyof typeof LEAST], least);
  for (const name of ["translate", "prepare"] as const) if (given[name] !== undefined) checkFunction(name, given[name]);
  // Written out: with a spread in it, those of each options object would take three times the memory.
  const settings: ServerSettings = {
    greeting: checkGreeting(given.greeting),
    tls: given.tls,
    stls: given.stls,
    user: given.user,
    apop: checkApop(given.apop),
    mechanisms: mechanismNames(given.mechanisms),
    plaintextWithoutTls: given.plaintextWithoutTls,
    top: given.top,
    uidl: given.uidl,
    utf8: checkUtf8(utf8),
    utf8User: utf8 === "user",
    languages: checkLanguages(given.languages),
    translate: given.translate,
    prepare: given.prepare,
    responseCodes: given.responseCodes,
    codesOnUser: given.codesOnUser,
    loginDelay: checkLoginDelay(given.loginDelay),
    expire: checkExpire(given.expire),
    implementation:
      implementation === null ? null : withDefaults("implementation", implementation, { text: "", toAll: false }),
    capabilities: checkCapabilities(given.capabilities),
    maxCommandLength: given.maxCommandLength,
    maxSaslLineLength: given.maxSaslLineLength,
    maxFailedLogins: given.maxFailedLogins,
    failureDelay: given.failureDelay,
    maxErrors: given.maxErrors,
    idleLimit: given.idleLimit,
    lineEndings: given.lineEndings,
    leniencies:
      options.leniencies === undefined ? LENIENCIES : withDefaults("leniencies", given.leniencies, LENIENCIES),
  };
  // What cannot be written is refused here, not when it is asked for.
  formatResponse({ ok: true, code: null, text: settings.greeting });
  formatCapabilities(capabilitiesOf(settings, { state: "transaction", tls: true, utf8: false }, {}));
  new Stuffer({ lineEndings: settings.lineEndings });
  checkLogins(settings);
  return settings;
}

/** @throws RangeError where nobody can ever log in */
function checkLogins(settings: ServerSettings): void {
  const { user, apop, mechanisms, tls, stls } = settings;
  if (apop !== null) return;
  if (!user && mechanisms.length === 0)
    throw new RangeError('expected a way to log in: "user", "apop" or "mechanisms"');
  if (tls || stls || (user && takesPasswords(settings, false)) || mechanismsOf(settings, false).length > 0) return;
  throw new RangeError('expected "tls", "stls" or "plaintextWithoutTls": all ways to log in send a password or token');
}

function checkLanguages(languages: readonly LanguageListing[]): LanguageListing[] {
  return languages.map((listed, index) => {
    const { language, text } = checkObject(`languages[${index}]`, listed);
    formatLanguageListing({ language, text });
    formatResponse({ ok: true, code: null, text: formatLanguageListing({ language, text: LANGUAGE_CHANGED }) });
    return { language, text };
  });
}

function checkCapabilities(capabilities: ServerSettings["capabilities"]): ServerSettings["capabilities"] {
  return capabilities.map((capability, index) => {
    const place = `capabilities[${index}]`;
    const { tag, name, parameters } = checkObject(place, capability);
    checkChoice(`${place}.tag`, tag, ["other"]);
    checkField(
      `${place}.name`,
      name,
      () => !TAGS.includes(name.toUpperCase()),
      `none of ${TAGS.join(", ")}, which have options of their own`,
    );
    formatCapabilities([capability]);
    return { tag, name, parameters: [...parameters] };
  });
}

// Without a figure of its own each has one that cannot be written.
function checkLoginDelay(loginDelay: Required<Pop3ServerOptions>["loginDelay"]): Policy | null {
  if (loginDelay === null) return null;
  const { seconds, user } = withDefaults("loginDelay", loginDelay, { seconds: Number.NaN, user: false });
  return { value: seconds, user };
}

function checkExpire(expire: Required<Pop3ServerOptions>["expire"]): Policy | null {
  if (expire === null) return null;
  const { days, user } = withDefaults("expire", expire, { days: Number.NaN, user: false });
  return { value: days, user };
}

function checkApop(apop: ServerSettings["apop"]): ServerSettings["apop"] {
  if (apop === null) return null;
  checkNames("apop", apop, ["host", "timestamp"]);
  if ("timestamp" in apop) {
    // With the longest text of a greeting it has to fit into a response (RFC 2449 §4).
    const fits = (text: string) => text.length <= 300 && findTimestamp(text) === text;
    checkField("apop.timestamp", apop.timestamp, fits, "the form <…@…>, of at most 300 octets");
  } else {
    const fits = (host: string) => isVisible(host) && host.length <= 255 && !/[<>@]/.test(host);
    checkField("apop.host", apop.host, fits, "a domain");
  }
  return { ...apop };
}

function checkUtf8(utf8: ServerSettings["utf8"]): ServerSettings["utf8"] {
  if (typeof utf8 === "string") checkChoice("utf8", utf8, ["user"]);
  else checkType("utf8", "boolean", utf8);
  return utf8;
}
