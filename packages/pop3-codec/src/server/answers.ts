import { outOfRange } from "dot-stuffing/session";
import { formatCapabilities } from "../syntax/capabilities.ts";
import { formatLanguageListing } from "../syntax/language-listing.ts";
import { formatDropListing } from "../syntax/listing.ts";
import type { Context } from "./context.ts";
import type { Pop3ServerEvent } from "./events.ts";
import { capabilitiesOf, mechanismsOf } from "./offer.ts";
import {
  checkGreeting,
  LANGUAGE_CHANGED,
  type Manner,
  NO_TEXT,
  noLanguage,
  type Parts,
  translated,
  writeResponse,
} from "./responses.ts";

/** Whether an event's default is -ERR. */
export function isRefusedByDefault(event: Pop3ServerEvent): boolean {
  switch (event.type) {
    case "violation":
    case "unknown":
    case "authentication-failed":
    case "surrogate":
      return true;
    case "lang":
      return event.range !== null && event.language === null;
    default:
      return false;
  }
}

/** Whether an event can be answered by `accept`. */
export function takesAccept({ type }: Pop3ServerEvent): boolean {
  return type !== "violation" && type !== "authentication-failed" && type !== "auth" && type !== "sasl";
}

/** The calls that answer an event, for a StateError. */
export function legalAnswers(event: Pop3ServerEvent): string {
  if (event.type === "auth") return "authenticate() and reject()";
  if (event.type === "sasl") return "proceed()";
  return takesAccept(event) ? "accept() and reject()" : "reject()";
}

/**
 * The language that an answer to LANG goes over to; null: it lists them.
 *
 * @throws RangeError if there is none to go over to
 */
export function languageOf(event: Pop3ServerEvent & { readonly type: "lang" }, given: Parts): string | null {
  if (event.range === null) return null;
  const language = given.language ?? event.language;
  if (language !== null) return language;
  throw outOfRange("language", "the language that texts are in from here on");
}

/** Whether the positive response to an event has no text: figures stand there, or an entry. */
function hasFigures(event: Pop3ServerEvent): boolean {
  return event.type === "stat" || ((event.type === "list" || event.type === "uidl") && event.number !== null);
}

/**
 * @throws RangeError for a text where figures stand, and for a code in front of them or of a language: no client looks
 *   for one there
 */
function checkBeginning(event: Pop3ServerEvent, { code, text }: Parts): void {
  const part = text !== undefined ? "text" : code ? "code" : null;
  if (part !== null && hasFigures(event)) {
    const verb = event.type.toUpperCase();
    throw outOfRange(part, `none: the response to ${verb} has figures alone (RFC 1939 §5, §7)`);
  }
  if (code && event.type === "lang" && event.range !== null)
    throw outOfRange("code", "none: the response to LANG begins with the language (RFC 6856 §3.2)");
}

/** The positive answer to an event: all of it, but for the listings of a maildrop, which are made as they are taken. */
export function answerTo(event: Pop3ServerEvent, given: Parts, context: Context): string {
  const { type } = event;
  const { settings, standing, maildrop } = context;
  if (given.language !== undefined && !(type === "lang" && event.range !== null)) throw noLanguage();
  checkBeginning(event, given);
  const say = (text: string, manner?: Manner) =>
    writeResponse(true, type, { ...given, text }, NO_TEXT, context, manner);
  const list = (lines: readonly string[]) => {
    const status = writeResponse(true, type, given, NO_TEXT, context);
    return [status.slice(0, -2), ...lines, ".", ""].join("\r\n");
  };
  switch (type) {
    case "connect": {
      const text = checkGreeting(given.text ?? settings.greeting);
      return say([text, standing.timestamp ?? ""].filter(Boolean).join(" "));
    }
    case "stat":
      return say(formatDropListing(maildrop!.totals()));
    case "capa":
      return list(formatCapabilities(capabilitiesOf(settings, standing, maildrop?.policies ?? null)));
    case "auth-list":
      return list(mechanismsOf(settings, standing.tls));
    case "lang": {
      const language = languageOf(event, given);
      if (language === null) return list(settings.languages.map(formatLanguageListing));
      const write = (text: string) => say(formatLanguageListing({ language, text }), { utf8: true, language });
      if (given.text !== undefined) return write(given.text);
      return translated(LANGUAGE_CHANGED, language, context, write);
    }
    case "list":
    case "uidl": {
      const { number } = event;
      if (number !== null)
        return say(`${number} ${type === "list" ? maildrop!.size(number) : maildrop!.uniqueId(number)}`);
    }
  }
  return writeResponse(true, type, given, NO_TEXT, context);
}
