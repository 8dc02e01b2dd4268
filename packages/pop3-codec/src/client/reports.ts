import type { SaslClient } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities.ts";
import type { Response } from "../syntax/response.ts";
import type { Pop3ClientEvent } from "./events.ts";

/** A command on its way: its line, and what its event will say besides the response. */
export type ClientCommand =
  | { readonly verb: "AUTH"; readonly line: string }
  | {
      readonly verb: "USER" | "PASS" | "APOP" | "CAPA" | "STLS" | "STAT" | "NOOP" | "RSET" | "QUIT";
      readonly line: string;
    }
  | { readonly verb: "LIST" | "UIDL"; readonly line: string; readonly number: number | null }
  | { readonly verb: "RETR" | "TOP" | "DELE"; readonly line: string; readonly number: number };

/** A command whose one event says what its one response was. AUTH is the other: its exchange has many. */
export type RespondedCommand = Exclude<ClientCommand, { readonly verb: "AUTH" }>;

const EVENT_TYPES = {
  USER: "user",
  PASS: "pass",
  APOP: "apop",
  STLS: "stls",
  NOOP: "noop",
  RSET: "rset",
  QUIT: "quit",
} as const;

/**
 * The event of a command that has its response or, with null, will never have the whole of it.
 *
 * @param capabilities what a CAPA that succeeded has said
 * @param figures what STAT said, or the octets of content that came
 */
export function commandEvent<Mechanism extends SaslClient>(
  command: RespondedCommand,
  ok: boolean,
  response: Response | null,
  capabilities: Capabilities | null,
  figures: { readonly count: number; readonly size: number },
): Pop3ClientEvent<Mechanism> {
  const responded = { ok, response, answer: "none" } as const;
  switch (command.verb) {
    case "CAPA":
      return { type: "capa", capabilities: ok ? capabilities : null, ...responded };
    case "STAT":
      return { type: "stat", ...figures, ...responded };
    case "LIST":
      return { type: "list", number: command.number, ...responded };
    case "UIDL":
      return { type: "uidl", number: command.number, ...responded };
    case "RETR":
      return { type: "retr", number: command.number, size: figures.size, ...responded };
    case "TOP":
      return { type: "top", number: command.number, size: figures.size, ...responded };
    case "DELE":
      return { type: "dele", number: command.number, ...responded };
    default:
      return { type: EVENT_TYPES[command.verb], ...responded };
  }
}
