import { conceal, prepared, type SaslServer, type Thrown, unknownVerb } from "dot-stuffing/session";
import type { Command } from "../syntax/command.ts";
import { isFault } from "../syntax/fault.ts";
import { type CommandLine, parseArgument, splitCommand } from "../syntax/parse-command.ts";
import type { Pop3ServerEvent, ServerViolation } from "./events.ts";
import { matchLanguage } from "./language.ts";
import type { OpenMaildrop } from "./maildrop.ts";
import { mechanismsOf, takesPasswords, takesStls } from "./offer.ts";
import type { ServerSettings } from "./options.ts";
import type { Situation } from "./situation.ts";
import { cellOf, type ServerVerb, serverVerb } from "./table.ts";
import { failedLogin, faulty, violation } from "./violations.ts";

/**
 * Judges a command line in a fixed order: length, octets, verb, offer, TLS, state, arguments, message.
 *
 * @param failed is given what `prepare` throws: the event says what becomes of the login
 */
export function judge<Mechanism extends SaslServer>(
  line: Uint8Array,
  settings: ServerSettings,
  situation: Situation,
  maildrop: OpenMaildrop | null,
  failed: (thrown: Thrown) => void,
): Pop3ServerEvent<Mechanism> {
  const command = splitCommand(line, settings);
  if (isFault(command)) return faulty(command);
  const { argument } = command;
  const verb = serverVerb(command.verb);
  if (verb === undefined) return unknownVerb(command);
  return notTaken(verb, settings, situation) ?? eventFor({ verb, argument }, settings, situation, maildrop, failed);
}

/** Why a verb is not taken here and now; null: it is. */
function notTaken(verb: ServerVerb, settings: ServerSettings, situation: Situation): ServerViolation | null {
  if (!isOffered(verb, settings, situation)) return violation("not-offered", "verb", `${verb} is not offered`);
  if (
    (verb === "USER" || verb === "PASS") &&
    !takesPasswords(settings, situation.tls) &&
    situation.state !== "transaction"
  )
    return violation("tls-required", verb === "USER" ? "name" : "password", "TLS comes first");
  const cell = cellOf(verb, situation.state, settings.leniencies.keepName);
  const taken = cell !== null && (verb !== "STLS" || takesStls(settings, situation));
  return taken ? null : violation("bad-sequence", null, `${verb} is out of place`);
}

function isOffered(verb: ServerVerb, settings: ServerSettings, { timestamp }: Situation): boolean {
  switch (verb) {
    case "USER":
    case "PASS":
      return settings.user;
    case "APOP":
      return timestamp !== null;
    case "AUTH":
      return settings.mechanisms.length > 0;
    case "STLS":
      return settings.stls;
    case "UTF8":
      return settings.utf8 !== false;
    case "LANG":
      return settings.languages.length > 0;
    case "TOP":
      return settings.top;
    case "UIDL":
      return settings.uidl;
    default:
      return true;
  }
}

function eventFor<Mechanism extends SaslServer>(
  line: CommandLine,
  settings: ServerSettings,
  situation: Situation,
  maildrop: OpenMaildrop | null,
  failed: (thrown: Thrown) => void,
): Pop3ServerEvent<Mechanism> {
  const command = parseArgument(line, settings.leniencies);
  if (isFault(command)) return faulty(command);
  if (namesMissing(command, maildrop)) return violation("no-such-message", "number", "no such message");
  switch (command.verb) {
    case "USER":
    case "PASS":
    case "APOP":
      return credentialEvent(command, settings, situation, failed);
    case "AUTH": {
      const { mechanism, initialResponse } = command;
      if (mechanism === null) {
        if (settings.leniencies.authLists) return { type: "auth-list", answer: "default" };
        return violation("missing-argument", "mechanism", "AUTH expected a mechanism");
      }
      if (!settings.mechanisms.includes(mechanism))
        return violation("unknown-mechanism", "mechanism", "the mechanism is not offered");
      if (!mechanismsOf(settings, situation.tls).includes(mechanism))
        return violation("tls-required", "mechanism", "TLS comes first");
      return conceal({ type: "auth", mechanism, secret: true, answer: "needed" }, { initialResponse });
    }
    case "LANG": {
      const { language: range } = command;
      const language = range === null ? null : matchLanguage(range, settings.languages);
      return { type: "lang", range, language, user: situation.user, answer: "default" };
    }
    case "LIST":
      return { type: "list", number: command.number, answer: "default" };
    case "UIDL":
      return { type: "uidl", number: command.number, answer: "default" };
    case "DELE":
      return { type: "dele", number: command.number, answer: "default" };
    case "RETR":
    case "TOP": {
      const { number } = command;
      const lines = command.verb === "TOP" ? command.lines : null;
      const size = maildrop!.size(number);
      if (!situation.utf8 && maildrop!.needsUtf8(number))
        return { type: "surrogate", number, lines, size, answer: "default" };
      if (lines === null) return { type: "retr", number, size, answer: "needed" };
      return { type: "top", number, lines, size, answer: "needed" };
    }
    case "QUIT": {
      const deleted = maildrop?.deleted() ?? [];
      const expired = maildrop?.expired() ?? [];
      return { type: "quit", deleted, expired, answer: maildrop === null ? "default" : "needed" };
    }
    case "CAPA":
      return { type: "capa", answer: "default" };
    case "STAT":
      return { type: "stat", answer: "default" };
    case "NOOP":
      return { type: "noop", answer: "default" };
    case "RSET":
      return { type: "rset", answer: "default" };
    case "UTF8":
      return { type: "utf8", answer: "default" };
    default:
      return { type: "stls", answer: "default" };
  }
}

/** The event of a name or password, prepared. */
function credentialEvent<Mechanism extends SaslServer>(
  command: Extract<Command, { readonly verb: "USER" | "PASS" | "APOP" }>,
  { prepare }: ServerSettings,
  { name, timestamp }: Situation,
  failed: (thrown: Thrown) => void,
): Pop3ServerEvent<Mechanism> {
  let text: string | null;
  try {
    text = prepared(command.verb === "PASS" ? command.password : command.name, prepare);
  } catch (error) {
    failed({ error });
    return failedLogin("error", "prepare threw");
  }
  switch (command.verb) {
    case "USER":
      if (text === null) return violation("invalid-argument", "name", "the name cannot be prepared");
      return { type: "user", name: text, answer: "default" };
    case "PASS":
      if (text === null) return failedLogin("refused", "the password cannot be prepared");
      return conceal({ type: "pass", name, secret: true, answer: "needed" }, { password: text });
    case "APOP": {
      if (text === null) return failedLogin("refused", "the name cannot be prepared");
      const { digest } = command;
      return conceal({ type: "apop", name: text, timestamp: timestamp!, secret: true, answer: "needed" }, { digest });
    }
  }
}

/** Whether a command names a message that is not there, or marked as deleted (RFC 1939 §5). */
function namesMissing(command: Command, maildrop: OpenMaildrop | null): boolean {
  const number = "number" in command ? command.number : null;
  return number !== null && !maildrop!.has(number);
}
