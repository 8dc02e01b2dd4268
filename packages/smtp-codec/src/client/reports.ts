import type { SaslClient } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities/capabilities.ts";
import type { ForwardPath } from "../syntax/path/path.ts";
import { outcome, type Reply } from "../syntax/reply/reply.ts";
import type { RepliedCommand } from "./commands.ts";
import type { AuthFailure, DeliveryEvent, MessageEvent, PlainEvents, ReplyOutcome, SmtpClientEvent } from "./events.ts";
import type { ClientVerb } from "./table.ts";

/** What an event of a command says of its reply. */
interface RepliedParts {
  readonly ok: boolean;
  readonly outcome: ReplyOutcome;
  readonly reply: Reply | null;
  readonly answer: "none";
}

/** A server has to take so many recipients before it may call the next one too many (RFC 5321 §4.5.3.1.8). */
const LEAST_RECIPIENTS = 100;

/**
 * What a reply, or none, says (RFC 5321 §4.2.1, §3.8).
 *
 * @param accepted how many recipients of the transaction were accepted: after enough of them, 552 to RCPT means "too
 *   many" and is no failure for good (§4.5.3.1.10), unless its enhanced code says otherwise
 */
export function replied(verb: ClientVerb | "greeting", reply: Reply | null, accepted = 0): RepliedParts {
  const found = reply === null ? "transient" : outcome(reply);
  const tooMany =
    reply !== null &&
    verb === "RCPT" &&
    reply.code === 552 &&
    (reply.enhanced === null ? accepted >= LEAST_RECIPIENTS : reply.enhanced.endsWith(".5.3"));
  const ok = found === "positive" || found === "intermediate";
  const said = ok ? "accepted" : found === "transient" || tooMany ? "transient" : "permanent";
  return { ok, outcome: said, reply, answer: "none" };
}

/** The event of a command that has its reply or will never have one. */
export function commandEvent<Mechanism extends SaslClient>(
  command: Exclude<RepliedCommand, { readonly verb: "message" }>,
  parts: RepliedParts,
  capabilities: Capabilities | null,
): SmtpClientEvent<Mechanism> {
  switch (command.verb) {
    case "EHLO":
      return { type: "ehlo", capabilities: parts.ok ? capabilities : null, ...parts };
    case "MAIL":
      return { type: "mail", from: command.from, parameters: command.parameters, ...parts };
    case "RCPT":
      return { type: "rcpt", to: command.to, parameters: command.parameters, ...parts };
    case "VRFY":
    case "EXPN":
    case "ETRN":
      return { type: typeOf(command.verb), argument: command.argument, ...parts };
    case "BURL":
      return { type: "burl", ...parts };
    case "BDAT":
      return { type: "bdat", size: command.size, ...parts };
    default:
      // Which of them it is the compiler does not follow.
      return { type: typeOf(command.verb), ...parts } as PlainEvents[keyof PlainEvents];
  }
}

/** An event has the name of its command. */
function typeOf<Verb extends ClientVerb>(verb: Verb): Lowercase<Verb> {
  return verb.toLowerCase() as Lowercase<Verb>;
}

/** The event that tells a message's fate. */
export function messageEvent(
  fate: MessageEvent["outcome"],
  { size, stuffedLines }: { readonly size: number; readonly stuffedLines: number },
  reply: Reply | null,
): MessageEvent {
  return { type: "message", outcome: fate, ok: fate === "accepted", reply, size, stuffedLines, answer: "none" };
}

/** The event that tells what became of a message for one recipient (RFC 2033 §4.2). */
export function deliveryEvent(to: ForwardPath, fate: DeliveryEvent["outcome"], reply: Reply | null): DeliveryEvent {
  return { type: "delivery", to, outcome: fate, ok: fate === "accepted", reply, answer: "none" };
}

/**
 * The positive codes that are known, and none to a hello (RFC 5321 §4.3.2): a second 220 is a greeting once more, and
 * what followed would answer the command before. One that is not known counts as 250 (§4.2).
 */
const NO_HELLO: readonly number[] = [211, 214, 220, 221, 235, 251, 252, 253];

/**
 * Whether a reply of this code can answer the command at all (RFC 5321 §4.2.1, §4.3.2).
 *
 * @param any3yz whether every intermediate reply to DATA asks for content
 */
export function isPossible(verb: ClientVerb, reply: Reply, any3yz: boolean): boolean {
  switch (outcome(reply)) {
    case "positive":
      if (verb === "DATA") return false;
      if (verb === "AUTH") return reply.code === 235;
      if (verb === "EHLO" || verb === "HELO") return !NO_HELLO.includes(reply.code);
      return (verb !== "STARTTLS" && verb !== "XCLIENT") || reply.code === 220;
    case "intermediate":
      return verb === "DATA" && (any3yz || reply.code === 354);
    default:
      return true;
  }
}

/** What a reply that refuses AUTH says to do next (RFC 4954 §4.7.1, §6). */
export function authFailure({ code }: Reply): AuthFailure {
  if (code === 432) return "transition-needed";
  if (code < 500) return "temporary";
  return code === 535 ? "credentials" : code === 504 || code === 534 || code === 538 ? "mechanism" : "other";
}
