import { conceal, type SaslServer } from "dot-stuffing/session";
import type { Command } from "../syntax/command.ts";
import { isFault } from "../syntax/fault.ts";
import { type CommandLine, parseArgument, splitCommand } from "../syntax/parse-command.ts";
import type { Pop3ServerEvent, ServerViolation } from "./events.ts";
import type { OpenMaildrop } from "./maildrop.ts";
import type { Offer } from "./offer.ts";
import type { ServerSettings } from "./options.ts";
import { isServerVerb, type ServerState, type ServerVerb, serverTable } from "./table.ts";
import { faulty, violation } from "./violations.ts";

/** What a command is judged by. */
export interface Situation {
  readonly settings: ServerSettings;
  readonly offer: Offer;
  readonly state: ServerState;
  readonly tls: boolean;
  /** The name that USER gave. */
  readonly name: string;
  readonly maildrop: OpenMaildrop | null;
}

/** Judges a command line in a fixed order: length, octets, verb, offer, state, arguments, message. */
export function judge<Mechanism extends SaslServer>(
  line: Uint8Array,
  situation: Situation,
): Pop3ServerEvent<Mechanism> {
  const command = splitCommand(line, situation.settings);
  if (isFault(command)) return faulty(command);
  const { verb } = command;
  if (!isServerVerb(verb)) return { type: "unknown", verb, argument: command.argument, answer: "default" };
  return refusal(verb, situation) ?? eventFor(command, situation);
}

/** Why a verb is not taken here and now; null: it is. */
function refusal(verb: ServerVerb, { settings, offer, state }: Situation): ServerViolation | null {
  if (!isConfigured(verb, settings)) return violation("not-offered", "verb", `${verb} is not offered`);
  if (serverTable[verb][state] === null) return violation("bad-sequence", null, `${verb} is out of place`);
  if (verb === "STLS" && !offer.stls) return violation("bad-sequence", null, "TLS is active");
  if ((verb === "USER" || verb === "PASS") && !offer.user) return violation("tls-required", null, `${verb} before TLS`);
  return null;
}

function isConfigured(verb: ServerVerb, settings: ServerSettings): boolean {
  switch (verb) {
    case "USER":
    case "PASS":
      return settings.user;
    case "APOP":
      return settings.timestamp !== null;
    case "AUTH":
      return settings.mechanisms.length > 0;
    case "STLS":
      return settings.stls;
    case "TOP":
      return settings.top;
    case "UIDL":
      return settings.uidl;
    default:
      return true;
  }
}

function eventFor<Mechanism extends SaslServer>(line: CommandLine, situation: Situation): Pop3ServerEvent<Mechanism> {
  const { settings, offer, name, maildrop } = situation;
  const command = parseArgument(line, settings.leniencies);
  if (isFault(command)) return faulty(command);
  if (namesMissing(command, maildrop)) return violation("no-such-message", "number", "no such message");
  switch (command.verb) {
    case "USER":
      return { type: "user", name: command.name, answer: "default" };
    case "PASS":
      return conceal({ type: "pass", name, secret: true, answer: "needed" }, { password: command.password });
    case "APOP": {
      const timestamp = settings.timestamp!;
      const { digest } = command;
      return conceal({ type: "apop", name: command.name, timestamp, secret: true, answer: "needed" }, { digest });
    }
    case "AUTH": {
      const { mechanism, initialResponse } = command;
      if (mechanism === null) {
        if (settings.leniencies.authLists ?? true) return { type: "auth-list", answer: "default" };
        return violation("missing-argument", "mechanism", "AUTH expected a mechanism");
      }
      if (!offer.mechanisms.includes(mechanism))
        return violation("unknown-mechanism", "mechanism", "a mechanism not offered");
      return conceal({ type: "auth", mechanism, secret: true, answer: "needed" }, { initialResponse });
    }
    case "LIST":
      return { type: "list", number: command.number, answer: "default" };
    case "UIDL":
      return { type: "uidl", number: command.number, answer: "default" };
    case "DELE":
      return { type: "dele", number: command.number, answer: "default" };
    case "RETR":
      return { type: "retr", number: command.number, size: maildrop!.size(command.number), answer: "needed" };
    case "TOP": {
      const { number, lines } = command;
      return { type: "top", number, lines, size: maildrop!.size(number), answer: "needed" };
    }
    case "QUIT":
      return { type: "quit", deleted: maildrop?.deleted() ?? [], answer: maildrop === null ? "default" : "needed" };
    case "CAPA":
      return { type: "capa", answer: "default" };
    case "STAT":
      return { type: "stat", answer: "default" };
    case "NOOP":
      return { type: "noop", answer: "default" };
    case "RSET":
      return { type: "rset", answer: "default" };
    default:
      return { type: "stls", answer: "default" };
  }
}

/** Whether a command names a message that is not there, or marked as deleted (RFC 1939 §5). */
function namesMissing(command: Command, maildrop: OpenMaildrop | null): boolean {
  const number = "number" in command ? command.number : null;
  return number !== null && !maildrop!.has(number);
}
