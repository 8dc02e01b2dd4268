import { conceal } from "dot-stuffing/session";
import { type Command, isMultiLine } from "../syntax/command.ts";
import type { ClientVerb } from "./table.ts";

/** A command on its way. */
export interface ClientCommand {
  readonly verb: ClientVerb;
  /** As it is sent, its CRLF included. */
  readonly line: string;
  /** Whether a positive response goes on after its status line. */
  readonly multiLine: boolean;
  /** What its event says besides the response: the number of a message, or null for all of them. */
  readonly about: { readonly number?: number | null };
  /** The size that the message of RETR should have, in octets; null: none was announced. */
  readonly announced: number | null;
  /** As `QueuedCommand` of dot-stuffing has them. */
  lineEnd?: number;
  end?: number;
}

/** A command of a syntax that the client has. */
export type GivenCommand = Exclude<Command, { readonly verb: "AUTH" | "other" }>;

export function clientCommand(command: GivenCommand, line: string, announced: number | null = null): ClientCommand {
  const about = "number" in command ? { number: command.number } : {};
  return { verb: command.verb, line, multiLine: isMultiLine(command), about, announced };
}

export function passCommand(password: string): GivenCommand {
  return conceal({ verb: "PASS", secret: true }, { password });
}

export function apopCommand(name: string, digest: string): GivenCommand {
  return conceal({ verb: "APOP", name, secret: true }, { digest });
}
