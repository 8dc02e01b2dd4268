import { StateError } from "dot-stuffing/session";
import { isLonger, octetLength } from "../syntax/characters.ts";
import type { Command } from "../syntax/command/command.ts";
import { formatCommand } from "../syntax/command/format.ts";
import { isFault } from "../syntax/fault.ts";
import type { EsmtpParameter } from "../syntax/parameters/esmtp-parameter.ts";
import { MAX_COMMAND_LINE } from "../syntax/parameters/typed.ts";
import { parseMailbox } from "../syntax/path/mailbox.ts";
import { type ForwardPath, parseForwardPath, parseReversePath, type ReversePath } from "../syntax/path/path.ts";
import type { MessageEvent } from "./events.ts";
import type { ClientVerb } from "./table.ts";

/** A command on its way: its line, and what its event will say besides the reply. */
export type ClientCommand = (
  | { readonly verb: "AUTH"; readonly line: string }
  | {
      readonly verb: Exclude<
        ClientVerb,
        "AUTH" | "MAIL" | "RCPT" | "VRFY" | "EXPN" | "ETRN" | "BDAT" | "BURL" | "message"
      >;
      readonly line: string;
    }
  | {
      readonly verb: "MAIL";
      readonly line: string;
      readonly from: ReversePath;
      readonly parameters: readonly EsmtpParameter[];
    }
  | {
      readonly verb: "RCPT";
      readonly line: string;
      readonly to: ForwardPath;
      readonly parameters: readonly EsmtpParameter[];
    }
  | { readonly verb: "VRFY" | "EXPN" | "ETRN"; readonly line: string; readonly argument: string }
  | ChunkCommand
  | MessageCommand
) & {
  /**
   * The fate of a message that was broken off after it, and before the fates of earlier ones were known: told after its
   * own event.
   */
  fate?: MessageEvent;
  /** As `QueuedCommand` of dot-stuffing has them. */
  lineEnd?: number;
  end?: number;
};

/** A chunk that is not the last, or a URL in the place of one. */
export interface ChunkCommand {
  readonly verb: "BDAT" | "BURL";
  readonly line: string;
  /** Its octets; none once they are in the output. */
  readonly pieces: Uint8Array[];
  /** In octets. */
  readonly size: number;
  /** Whether it may be sent before every recipient is decided. */
  readonly ahead: boolean;
  /** Whether its message has failed already, so that its reply decides nothing. */
  void: boolean;
}

/** The end of content: the final dot, whose octets are in the output already, or the last chunk. */
export interface MessageCommand {
  readonly verb: "message";
  /** BDAT or BURL with LAST, or empty after DATA. */
  readonly line: string;
  readonly pieces: Uint8Array[];
  /** Of the whole content. */
  readonly size: number;
  readonly stuffedLines: number;
  /** Of a last chunk: whether it may be sent before every recipient is decided. */
  readonly ahead: boolean;
  /** Where it ends in the output. */
  end: number;
  /** 0 after DATA: its beginning was asked for. */
  lineEnd: number;
  /** Nobody was to receive it, or it has failed already. */
  void: boolean;
}

/**
 * What ends content: of so many octets, with dots put in front of so many lines.
 *
 * @param line its command; "" after DATA, which has none
 */
export function endOfContent(
  line: string,
  pieces: Uint8Array[],
  { size, stuffedLines }: Pick<MessageCommand, "size" | "stuffedLines">,
  ahead = false,
): MessageCommand {
  return { verb: "message", line, pieces, size, stuffedLines, ahead, lineEnd: 0, end: 0, void: false };
}

/** A command whose one event says what its one reply was. AUTH is the other: its exchange has many. */
export type RepliedCommand = Exclude<ClientCommand, { readonly verb: "AUTH" }>;

/** Whether a command is a chunk of content, the last one among them. */
export function isChunk(command: ClientCommand): command is ChunkCommand | MessageCommand {
  return command.verb === "BDAT" || command.verb === "BURL" || (command.verb === "message" && command.line !== "");
}

/** Whether a command is the end of a message that has not failed. */
export function isEnd(command: ClientCommand): command is MessageCommand {
  return command.verb === "message" && !command.void;
}

/**
 * Why a command cannot be sent though nothing is wrong with it in itself: a value is beyond what this server takes, or
 * one that a lenient server has taken is beyond what a client may send.
 */
export interface Unsendable {
  readonly code: "not-taken" | "not-sendable";
  /** The keyword of the extension that it belongs to; null: of none. */
  readonly extension: string | null;
}

/** Callers see no more than a RangeError. */
const reasons = new WeakMap<object, Unsendable>();

/** A RangeError of which {@link unsendable} knows. */
export function unsendableError(reason: Unsendable, text: string): RangeError {
  const error = new RangeError(text);
  reasons.set(error, reason);
  return error;
}

/** What was said of an error when it was made; undefined: nothing, for what was given is wrong in itself. */
export function unsendable(error: unknown): Unsendable | undefined {
  return reasons.get(error as object);
}

/**
 * A command's line, of 512 octets with its CRLF at most (RFC 5321 §4.5.3.1.4).
 *
 * @param longest what extensions make of that limit: asked for lines that are longer
 * @throws RangeError naming the field that the grammar does not allow, or for a longer line, which is
 *   {@link unsendable}
 */
export function lineOf(command: Command, longest: () => number = () => MAX_COMMAND_LINE, smtputf8 = false): string {
  const line = formatCommand(command, { smtputf8 });
  if (isLonger(line, 0, line.length, MAX_COMMAND_LINE) && octetLength(line) > longest()) {
    const text = `"${command.verb}" expected a command of at most ${longest()} octets with its CRLF`;
    throw unsendableError({ code: "not-sendable", extension: null }, text);
  }
  return line;
}

/** For what the server does not offer. */
export function notOffered(call: string, extension: string, instead: string): StateError {
  return new StateError(call, `on a server that does not offer ${extension}`, instead);
}

/** A sender as the application names it. @throws RangeError unless it is a mailbox, or empty for the null path. */
export function toReversePath(from: ReversePath | string): ReversePath {
  const address = addressOf("from", from);
  const found = parseReversePath(`<${address}>`, { smtputf8: true });
  if (isFault(found) || found.end !== address.length + 2) {
    throw new RangeError('"from" expected a mailbox such as user@example.com, or "" for the null path');
  }
  return found.path;
}

/** @throws TypeError naming what is neither a text nor a path */
function addressOf(name: string, path: ReversePath | ForwardPath | string): string {
  const address = typeof path === "string" ? path : path?.address;
  if (typeof address !== "string")
    throw new TypeError(`"${name}" expected a string or a path, got ${path === null ? path : typeof path}`);
  return address;
}

/**
 * A recipient as the application names it.
 *
 * @param name what it is called
 * @throws RangeError unless it is a mailbox, or `Postmaster`
 */
export function toForwardPath(to: ForwardPath | string, name: string = "to"): ForwardPath {
  const address = addressOf(name, to);
  const found = parseForwardPath(`<${address}>`, { smtputf8: true });
  if (isFault(found) || found.end !== address.length + 2) {
    throw new RangeError(`"${name}" expected a mailbox such as user@example.com, or Postmaster`);
  }
  return found.path;
}

/** The value of MAIL's AUTH parameter. @throws RangeError as {@link toReversePath} does, naming the parameter. */
export function toAuthPath(auth: ReversePath | string): ReversePath {
  const address = addressOf("auth", auth);
  if (address === "") return { kind: "null", address: "" };
  const mailbox = parseMailbox(address);
  if (mailbox === null) throw new RangeError('"auth" expected a mailbox, or "" for <>');
  return mailbox;
}
