import type { SaslClient } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities/capabilities.ts";
import { outcome, type Reply } from "../syntax/reply/reply.ts";
import type { RepliedCommand } from "./commands.ts";
import type { MessageEvent, SmtpClientEvent } from "./events.ts";
import type { ClientVerb } from "./table.ts";

const EVENT_TYPES = {
  HELO: "helo",
  DATA: "data",
  RSET: "rset",
  NOOP: "noop",
  HELP: "help",
  STARTTLS: "starttls",
  QUIT: "quit",
} as const;

/**
 * The event of a command that has its reply or, with null, will never have one. Null: a void message has none.
 *
 * @param capabilities what an EHLO that succeeded has said
 */
export function commandEvent<Mechanism extends SaslClient>(
  command: RepliedCommand,
  ok: boolean,
  reply: Reply | null,
  capabilities: Capabilities | null,
): SmtpClientEvent<Mechanism> | null {
  const replied = { ok, reply, answer: "none" } as const;
  switch (command.verb) {
    case "EHLO":
      return { type: "ehlo", capabilities: ok ? capabilities : null, ...replied };
    case "MAIL":
      return { type: "mail", from: command.from, ...replied };
    case "RCPT":
      return { type: "rcpt", to: command.to, ...replied };
    case "VRFY":
      return { type: "vrfy", argument: command.argument, ...replied };
    case "message":
      return command.void ? null : messageEvent(messageOutcome(reply), command, reply);
    default:
      return { type: EVENT_TYPES[command.verb], ...replied };
  }
}

/** The event that tells a message's fate. */
export function messageEvent(
  fate: MessageEvent["outcome"],
  { size, stuffedLines }: { readonly size: number; readonly stuffedLines: number },
  reply: Reply | null,
): MessageEvent {
  return { type: "message", outcome: fate, ok: fate === "accepted", reply, size, stuffedLines, answer: "none" };
}

/** Whether a reply of this code can answer the command at all (RFC 5321 §4.2.1, §4.3.2). */
export function isPossible(verb: ClientVerb, reply: Reply): boolean {
  switch (outcome(reply)) {
    case "positive":
      if (verb === "DATA") return false;
      if (verb === "AUTH") return reply.code === 235;
      return verb !== "STARTTLS" || reply.code === 220;
    case "intermediate":
      return verb === "DATA" && reply.code === 354;
    default:
      return true;
  }
}

function messageOutcome(reply: Reply | null): MessageEvent["outcome"] {
  if (reply === null) return "unknown";
  const found = outcome(reply);
  return found === "positive" ? "accepted" : found === "transient" ? "transient" : "permanent";
}
