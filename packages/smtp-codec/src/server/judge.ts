import { conceal, type SaslServer } from "dot-stuffing/session";
import { type CommandLine, isKnownVerb, splitCommand } from "../syntax/command/line.ts";
import { parseArgument } from "../syntax/command/parse.ts";
import { isFault } from "../syntax/fault.ts";
import type { Offered } from "../syntax/parameters/parameter.ts";
import { typeMailParameters, typeRcptParameters } from "../syntax/parameters/typed.ts";
import type { ServerViolation, SmtpServerEvent } from "./events.ts";
import type { Offer } from "./offer.ts";
import type { ServerSettings } from "./options.ts";
import { faults } from "./replies.ts";
import { isServerVerb, type ServerState, type ServerVerb, serverTable } from "./table.ts";
import { faulty, violation } from "./violations.ts";

/** The longest command line in octets with CRLF (RFC 5321 §4.5.3.1.4), before extensions add to it. */
const MAX_COMMAND_LINE = 512;
/** What requireTls and requireAuth let through (RFC 3207 §4, RFC 4954 §6). */
const WITHOUT_TLS: ReadonlySet<string> = new Set(["NOOP", "EHLO", "STARTTLS", "QUIT"]);
const WITHOUT_AUTH: ReadonlySet<string> = new Set(["AUTH", "EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "QUIT"]);

/** What a command is judged by. */
export interface Situation {
  readonly settings: ServerSettings;
  readonly offer: Offer;
  readonly state: ServerState;
  readonly hello: "HELO" | "EHLO" | null;
  readonly tls: boolean;
  readonly authenticated: boolean;
  /** How many recipients the transaction has. */
  readonly recipients: number;
}

/** A command line as judged: its verb in upper case, or "" where none could be read, and the event that it is. */
export interface Judged<Mechanism extends SaslServer> {
  readonly verb: string;
  readonly event: SmtpServerEvent<Mechanism>;
}

/** The longest command line that could be legal now, in octets with CRLF: what the reader's memory is bounded by. */
export function longestCommand({ settings, offer }: Situation): number {
  return Math.max(maxLine("AUTH", settings, offer), offer.maxMailLine);
}

/**
 * Judges a command line in a fixed order: length, octets, verb known, verb offered, TLS or authentication demanded, state,
 * arguments, parameters (RFC 5321 §4.3.2 leaves it open).
 */
export function judge<Mechanism extends SaslServer>(line: Uint8Array, situation: Situation): Judged<Mechanism> {
  const command = splitCommand(line, situation.settings.leniencies);
  const verb = isFault(command) ? "" : command.verb;
  const limit = maxLine(verb, situation.settings, situation.offer);
  if (line.length + 2 > limit) {
    const text = `a command line of more than ${limit} octets`;
    return { verb: "", event: violation("line-too-long", null, text, faults.lineTooLong) };
  }
  if (situation.state === "refused" && verb !== "QUIT") return { verb, event: outOfPlace(503, situation.state) };
  return { verb, event: isFault(command) ? faulty(command) : judgeVerb(command, situation) };
}

function maxLine(verb: string, { leniencies, maxSaslLineLength }: ServerSettings, offer: Offer): number {
  if (verb === "MAIL") return offer.maxMailLine;
  return verb === "AUTH" && (leniencies.longAuthCommand ?? true) ? maxSaslLineLength : MAX_COMMAND_LINE;
}

function judgeVerb<Mechanism extends SaslServer>(
  command: CommandLine,
  situation: Situation,
): SmtpServerEvent<Mechanism> {
  const { verb } = command;
  const { settings, state, tls, authenticated } = situation;
  if (!isServerVerb(verb)) {
    if (isKnownVerb(verb)) return notOffered();
    return { type: "unknown", verb, argument: command.argument, answer: "default" };
  }
  if (!isOffered(verb, situation)) return notOffered();
  if (settings.requireTls && !tls && !WITHOUT_TLS.has(verb)) {
    return violation("tls-required", null, `${verb} before TLS`, faults.tlsRequired);
  }
  if (settings.requireAuth && !authenticated && !WITHOUT_AUTH.has(verb)) {
    return violation("authentication-required", null, `${verb} before AUTH`, faults.authenticationRequired);
  }
  const next = serverTable[verb][state];
  if (typeof next === "number") return outOfPlace(next, state);
  if ((verb === "AUTH" && authenticated) || (verb === "STARTTLS" && tls)) return outOfPlace(503, state);
  return eventFor(command, situation);
}

/** Whose parameters are taken: behind HELO nobody's (RFC 5321 §4.1.1.2). */
function offered({ hello, offer }: Situation): Offered {
  return (extension) => (hello === "EHLO" ? offer.parametersOf(extension) : undefined);
}

function notOffered(): ServerViolation {
  return violation("not-offered", "verb", "a command that is not offered", faults.notOffered);
}

function outOfPlace(code: number, state: ServerState): ServerViolation {
  const template = code === 554 ? faults.noRecipients : faults.outOfPlace;
  return violation("bad-sequence", null, `a command out of place in state "${state}"`, template);
}

/** Behind HELO no extension is offered; STARTTLS counts as offered while TLS is active, for the 503 (RFC 3207 §4.2). */
function isOffered(verb: ServerVerb, { settings, offer, hello, tls }: Situation): boolean {
  switch (verb) {
    case "AUTH":
      return offer.has("AUTH");
    case "STARTTLS":
      return offer.has("STARTTLS") || (tls && hello !== "HELO");
    case "HELP":
      return settings.help;
    default:
      return true;
  }
}

function eventFor<Mechanism extends SaslServer>(line: CommandLine, situation: Situation): SmtpServerEvent<Mechanism> {
  const { settings, offer } = situation;
  const command = parseArgument(line, settings.leniencies);
  if (isFault(command)) return faulty(command);
  switch (command.verb) {
    case "HELO":
    case "EHLO": {
      const { name, nameKind } = command;
      return { type: command.verb === "HELO" ? "helo" : "ehlo", name, nameKind, answer: "default" };
    }
    case "MAIL": {
      const parameters = typeMailParameters(command.parameters, offered(situation));
      if (isFault(parameters)) return faulty(parameters);
      if ((parameters.size ?? 0) > settings.maxMessageSize) {
        const text = `a declared size above ${settings.maxMessageSize} octets`;
        return violation("message-too-big", "SIZE", text, faults.tooBig);
      }
      return { type: "mail", from: command.from, parameters, rawParameters: command.parameters, answer: "needed" };
    }
    case "RCPT": {
      const parameters = typeRcptParameters(command.parameters, offered(situation));
      if (isFault(parameters)) return faulty(parameters);
      if (situation.recipients >= settings.maxRecipients) {
        const text = `more than ${settings.maxRecipients} recipients`;
        return violation("too-many-recipients", null, text, faults.tooManyRecipients);
      }
      return { type: "rcpt", to: command.to, answer: "needed" };
    }
    case "AUTH": {
      const { mechanism, initialResponse } = command;
      if (!offer.mechanisms.includes(mechanism)) {
        return violation("unknown-mechanism", "mechanism", "a mechanism not offered", faults.unknownMechanism);
      }
      return conceal({ type: "auth", mechanism, secret: true, answer: "needed" }, { initialResponse });
    }
    case "VRFY":
      return { type: "vrfy", argument: command.argument, answer: "default" };
    case "NOOP":
      return { type: "noop", argument: command.argument, answer: "default" };
    case "HELP":
      return { type: "help", argument: command.argument, answer: "default" };
    case "DATA":
      return { type: "data", answer: "default" };
    case "RSET":
      return { type: "rset", answer: "default" };
    case "STARTTLS":
      return { type: "starttls", answer: "default" };
    default:
      return { type: "quit", answer: "default" };
  }
}
