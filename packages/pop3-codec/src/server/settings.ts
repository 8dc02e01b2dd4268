import { Stuffer } from "dot-stuffing";
import {
  checkAtLeast,
  checkChoice,
  checkFunction,
  checkNames,
  checkObject,
  checkType,
  isVisible,
  mechanismNames,
  once,
  sessionDefaults,
  withDefaults,
} from "dot-stuffing/session";
import { formatCapabilities, TAGS } from "../syntax/capabilities.ts";
import { formatLanguageListing, type LanguageListing } from "../syntax/language-listing.ts";
import { formatResponse } from "../syntax/response.ts";
import { checkField } from "../syntax/text.ts";
import { findTimestamp } from "../syntax/timestamp.ts";
import { capabilitiesOf, mechanismsOf, takesPasswords } from "./offer.ts";
import type { Policy, Pop3ServerOptions, ServerLeniencies, ServerSettings } from "./options.ts";
import { checkGreeting, LANGUAGE_CHANGED } from "./responses.ts";

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
