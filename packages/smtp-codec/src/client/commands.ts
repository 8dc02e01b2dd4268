import type { EsmtpParameter } from "../syntax/parameters/esmtp-parameter.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
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
