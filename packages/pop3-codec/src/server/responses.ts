import { checkNames, checkType, isPrintable, outOfRange } from "dot-stuffing/session";
import { actsAs, formatResponse, type ResponseCode } from "../syntax/response.ts";
import { checkField } from "../syntax/text.ts";
import type { Context } from "./context.ts";
import type { Pop3ServerEvent, ResponseInput, ServerViolation } from "./events.ts";
import type { ServerSettings } from "./options.ts";
import type { Standing } from "./standing.ts";

/** A default: what is sent when nobody says otherwise. */
export interface ResponseTemplate {
  /** A response code without its brackets, or null. */
  readonly code: string | null;
  readonly text: string;
}

export const NO_TEXT: ResponseTemplate = { code: null, text: "" };

/** The text of the answer to LANG. */
export const LANGUAGE_CHANGED = "language changed";

/** An object or function of the application's threw. */
export const INTERNAL_ERROR: ResponseTemplate = { code: "SYS/TEMP", text: "internal error" };

/** The text where credentials were refused, or no code says otherwise. */
const LOGIN_FAILED = "authentication failed";
const LOGIN_REFUSED = "login refused";

/** Their texts with codes that say that the credentials are not at fault (RFC 2449 §8.1, RFC 3206 §4). */
const LOGIN_TEXTS: { readonly [Code in ResponseCode]?: string } = {
  "IN-USE": "the maildrop is in use",
  "LOGIN-DELAY": "too soon after the last login",
  "SYS/TEMP": "no login is possible now",
  "SYS/PERM": "no login is possible",
  SYS: "no login is possible",
};

/** @throws RangeError for a text with a `<`, which could be taken for the beginning of a timestamp (RFC 1939 §7) */
export function checkGreeting(text: string): string {
  return checkField(
    "greeting",
    text,
    (found) => isPrintable(found) && found.length <= 200 && !found.includes("<"),
    'at most 200 characters of printable ASCII without "<"',
  );
}

/**
 * The default refusal of an event. AUTH marks bad credentials and what policy forbids them, and nothing else (RFC 3206
 * §5).
 */
export function defaultRefusal(event: Pop3ServerEvent, { codesOnUser }: ServerSettings): ResponseTemplate {
  switch (event.type) {
    case "connect":
      return template("no service here");
    case "pass":
    case "apop":
    case "authenticated":
      return template(LOGIN_FAILED, "AUTH");
    case "user":
    case "auth":
      return template(LOGIN_REFUSED);
    case "authentication-failed":
      if (event.cause === "error") return INTERNAL_ERROR;
      return template(LOGIN_FAILED, event.cause === "refused" ? "AUTH" : null);
    case "violation":
      return template(
        // Offsets are for the log.
        typeof event.field === "number" ? "malformed line" : event.text,
        isOfCredentials(event) && (event.field !== "name" || codesOnUser) ? "AUTH" : null,
      );
    case "surrogate":
      return template("the message needs UTF8", "UTF8");
    case "lang":
      return template("no such language");
    case "quit":
      return template("some messages were not removed");
    case "unknown":
      return template("unknown command");
    default:
      return template("refused");
  }
}

/**
 * Whether other credentials, or TLS in front of them, would have been taken; a name that cannot be prepared is USER's.
 */
function isOfCredentials({ code, field }: ServerViolation): boolean {
  return code === "tls-required" || (code === "invalid-argument" && field === "name");
}

function template(text: string, code: ResponseCode | null = null): ResponseTemplate {
  return { code, text };
}

const LOGINS = ["pass", "apop", "auth", "authenticated", "authentication-failed"];
const RETRIEVALS = ["list", "retr", "top", "surrogate"];

/**
 * The events at which -ERR may have a code; what is not listed may stand on every -ERR (RFC 2449 §8.1, RFC 3206 §4 and
 * §5, RFC 6856 §5).
 */
const PLACES: { readonly [Code in ResponseCode]?: readonly string[] } = {
  "IN-USE": LOGINS,
  "LOGIN-DELAY": LOGINS,
  AUTH: LOGINS,
  UTF8: RETRIEVALS,
};

/** In what texts are written. */
export type Manner = Pick<Standing, "utf8" | "language">;

/** What an application gave of a response, by its parts. */
export type Parts = Exclude<ResponseInput, string>;

/** Nothing was given: the default stands. */
export const NO_PARTS: Parts = {};

const PARTS: readonly string[] = ["code", "text", "language"] satisfies readonly (keyof Parts)[];

/**
 * What an application gave, by its parts.
 *
 * @throws TypeError for what is neither text nor parts, and for a part that there is not
 */
export function partsOf(input: ResponseInput | undefined): Parts {
  if (input === undefined) return NO_PARTS;
  if (typeof input === "string") return { text: input };
  checkNames("input", input, PARTS);
  for (const [part, given] of Object.entries(input))
    if (given !== undefined && !(part === "code" && given === null)) checkType(part, "string", given);
  return input;
}

/** The code of a response: what the application gave, null among it, or the default's. */
export function codeOf({ code }: Parts, fallback: ResponseTemplate): string | null {
  return code === undefined ? fallback.code : code;
}

/** The text where the application gave none: the default's, or that of its code. */
function textOf({ code }: Parts, { text }: ResponseTemplate): string {
  const known = code && (text === LOGIN_FAILED || text === LOGIN_REFUSED) ? actsAs(code) : null;
  return (known && LOGIN_TEXTS[known]) ?? text;
}

/** For a language given in another answer than that to LANG. */
export function noLanguage(): RangeError {
  return outOfRange("language", "none: it stands in the positive answer to LANG with an argument alone");
}

/**
 * Writes a default text in the language that was set; in English where `translate` throws, or gives what cannot be
 * written: a client that waits for an answer is better off with that than with none.
 *
 * @param context whose `failed` is given what was thrown otherwise
 * @param write makes the line: what it throws at the English text is thrown
 */
export function translated(
  text: string,
  language: string | null,
  { settings: { translate }, failed }: Context,
  write: (text: string) => string,
): string {
  const english = write(text);
  if (text === "" || language === null || translate === undefined) return english;
  try {
    return write(checkType("translate()", "string", translate(text, language)));
  } catch (error) {
    failed({ error });
    return english;
  }
}

/**
 * Writes a status line: what the application gave, completed by the default.
 *
 * @param type of the event that it answers
 * @param context whose `failed` is given what `translate` throws, or that it gave what cannot be written
 * @throws RangeError for a code that may not stand there, and for what cannot be written.
 */
export function writeResponse(
  ok: boolean,
  type: string,
  given: Parts,
  fallback: ResponseTemplate,
  context: Context,
  { utf8, language }: Manner = context.standing,
): string {
  if (given === NO_PARTS && fallback === NO_TEXT) return "+OK\r\n";
  const { settings } = context;
  if (given.code) checkPlace(given.code, ok, type, settings);
  const code = settings.responseCodes ? codeOf(given, fallback) : null;
  const write = (text: string) => formatResponse({ ok, code, text }, { utf8: utf8 || language !== null });
  return given.text === undefined ? translated(textOf(given, fallback), language, context, write) : write(given.text);
}

function checkPlace(code: string, ok: boolean, type: string, { codesOnUser }: ServerSettings): void {
  const known = actsAs(code);
  if (known === null) return;
  const places = PLACES[known] ?? [type];
  const onUser = codesOnUser && type === "user" && (known === "AUTH" || known === "LOGIN-DELAY");
  if (ok || !(places.includes(type) || onUser)) throw outOfRange("code", `one that may stand here, not ${known}`);
}
