import { conceal, prepared, type SaslServer, unknownVerb } from "dot-stuffing/session";
import type { Command } from "../syntax/command.ts";
import { isFault } from "../syntax/fault.ts";
import { type CommandLine, parseArgument, splitCommand } from "../syntax/parse-command.ts";
import type { Context } from "./context.ts";
import type { Pop3ServerEvent, ServerViolation } from "./events.ts";
import { matchLanguage } from "./language.ts";
import type { OpenMaildrop } from "./maildrop.ts";
import { mechanismsOf, takesPasswords, takesStls } from "./offer.ts";
import { cellOf, type ServerVerb, serverVerb } from "./table.ts";
import { failedLogin, faulty, violation } from "./violations.ts";

/** A command with one of these verbs. */
type Of<Verb extends ServerVerb> = Extract<Command, { readonly verb: Verb }>;

/** Judges a command line in a fixed order: length, octets, verb, offer, TLS, state, arguments, message. */
export function judge<Mechanism extends SaslServer>(line: Uint8Array, context: Context): Pop3ServerEvent<Mechanism> {
  const command = splitCommand(line, context.settings);
  if (isFault(command)) return faulty(command);
  const { argument } = command;
  const verb = serverVerb(command.verb);
  if (verb === undefined) return unknownVerb(command);
  return notTaken(verb, context) ?? eventFor({ verb, argument }, context);
}

/** Why a verb is not taken here and now; null: it is. */
function notTaken(verb: ServerVerb, context: Context): ServerViolation | null {
  const { settings, standing } = context;
  if (!isOffered(verb, context)) return violation("not-offered", "verb", `${verb} is not offered`);
  if (
    (verb === "USER" || verb === "PASS") &&
    !takesPasswords(settings, standing.tls) &&
    standing.state !== "transaction"
  )
    return violation("tls-required", verb === "USER" ? "name" : "password", "TLS comes first");
  const cell = cellOf(verb, standing.state, settings.leniencies.keepName);
  const taken = cell !== null && (verb !== "STLS" || takesStls(settings, standing));
  return taken ? null : violation("bad-sequence", null, `${verb} is out of place`);
}

function isOffered(verb: ServerVerb, { settings, standing }: Context): boolean {
  switch (verb) {
    case "USER":
    case "PASS":
      return settings.user;
    case "APOP":
      return standing.timestamp !== null;
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

/** The event of a command that is taken, if its arguments are right. */
function eventFor<Mechanism extends SaslServer>(line: CommandLine, context: Context): Pop3ServerEvent<Mechanism> {
  const { settings, standing, maildrop } = context;
  const command = parseArgument(line, settings.leniencies);
  if (isFault(command)) return faulty(command);
  if (namesMissing(command, maildrop)) return violation("no-such-message", "number", "no such message");
  switch (command.verb) {
    case "USER":
    case "PASS":
    case "APOP":
      return credentialEvent(command, context);
    case "AUTH":
      return authEvent(command, context);
    case "LANG": {
      const { language: range } = command;
      const language = range === null ? null : matchLanguage(range, settings.languages);
      return { type: "lang", range, language, user: standing.user, answer: "default" };
    }
    case "LIST":
      return { type: "list", number: command.number, answer: "default" };
    case "UIDL":
      return { type: "uidl", number: command.number, answer: "default" };
    case "DELE":
      return { type: "dele", number: command.number, answer: "default" };
    case "RETR":
      return messageEvent(command.number, null, context);
    case "TOP":
      return messageEvent(command.number, command.lines, context);
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

/** The event of a name or password, prepared; what `prepare` throws goes to the context's `failed`. */
function credentialEvent<Mechanism extends SaslServer>(
  command: Of<"USER" | "PASS" | "APOP">,
  { settings: { prepare }, standing: { name, timestamp }, failed }: Context,
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

/** The event of AUTH; without a mechanism it asks which there are. */
function authEvent<Mechanism extends SaslServer>(
  { mechanism, initialResponse }: Of<"AUTH">,
  { settings, standing: { tls } }: Context,
): Pop3ServerEvent<Mechanism> {
  if (mechanism === null) {
    if (settings.leniencies.authLists) return { type: "auth-list", answer: "default" };
    return violation("missing-argument", "mechanism", "AUTH expected a mechanism");
  }
  if (!settings.mechanisms.includes(mechanism))
    return violation("unknown-mechanism", "mechanism", "the mechanism is not offered");
  if (!mechanismsOf(settings, tls).includes(mechanism))
    return violation("tls-required", "mechanism", "TLS comes first");
  return conceal({ type: "auth", mechanism, secret: true, answer: "needed" }, { initialResponse });
}

/** The event of RETR, and of TOP with its lines. */
function messageEvent<Mechanism extends SaslServer>(
  number: number,
  lines: number | null,
  { standing, maildrop }: Context,
): Pop3ServerEvent<Mechanism> {
  const size = maildrop!.size(number);
  if (!standing.utf8 && maildrop!.needsUtf8(number))
    return { type: "surrogate", number, lines, size, answer: "default" };
  if (lines === null) return { type: "retr", number, size, answer: "needed" };
  return { type: "top", number, lines, size, answer: "needed" };
}

/** Whether a command names a message that is not there, or marked as deleted (RFC 1939 §5). */
function namesMissing(command: Command, maildrop: OpenMaildrop | null): boolean {
  const number = "number" in command ? command.number : null;
  return number !== null && !maildrop!.has(number);
}
