/** A command, its verb in upper case (RFC 1939 §5 to §7, RFC 2449 §5, RFC 2595 §4, RFC 5034 §4, RFC 6856 §2 and §3). */
export type Command =
  | { readonly verb: "STAT" | "RSET" | "NOOP" | "QUIT" | "CAPA" | "STLS" | "UTF8" }
  | { readonly verb: "USER"; readonly name: string }
  /** The password is not enumerable. */
  | { readonly verb: "PASS"; readonly secret: true; readonly password: string }
  /** The digest is not enumerable. */
  | { readonly verb: "APOP"; readonly name: string; readonly secret: true; readonly digest: string }
  /** A message's number, from 1; null: all messages. */
  | { readonly verb: "LIST" | "UIDL"; readonly number: number | null }
  | { readonly verb: "RETR" | "DELE"; readonly number: number }
  | { readonly verb: "TOP"; readonly number: number; readonly lines: number }
  | AuthCommand
  /** A language range, `"*"` for the server's choice; null asks for the list of languages. */
  | { readonly verb: "LANG"; readonly language: string | null }
  /**
   * A verb of no document in force, as LAST and XTND are none, and what is after its first space, as it is: without
   * spaces at its end, unless the parser has been told to be strict.
   */
  | { readonly verb: "other"; readonly name: string; readonly argument: string | null };

/** AUTH (RFC 5034 §4). */
export interface AuthCommand {
  readonly verb: "AUTH";
  /** In upper case; null: AUTH alone, which asks for the list of mechanisms. */
  readonly mechanism: string | null;
  readonly secret: true;
  /** Null: absent. Zero octets: `=` was sent. Not enumerable. */
  readonly initialResponse: Uint8Array | null;
}

/** The verbs of all documents in force: every other one is `"other"`. */
export const VERBS: readonly string[] = [
  ...["USER", "PASS", "APOP", "AUTH", "STLS", "UTF8", "CAPA", "LANG", "QUIT"],
  ...["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET"],
];

/** What both directions of a command's syntax may be told. */
export interface CommandOptions {
  /** The longest command in octets with CRLF. Default 255 (RFC 2449 §4). */
  readonly maxCommandLength?: number;
  /** Whether the server announces `UTF8 USER`: names and passwords may then be UTF-8 (RFC 6856 §2.2). Default false. */
  readonly utf8User?: boolean;
}

/** The longest command in octets with CRLF (RFC 2449 §4). */
export const MAX_COMMAND_LENGTH = 255;

/**
 * Whether a positive response to a command goes on after its status line, up to the line of a single dot. A negative
 * one never does (RFC 1939 §3).
 */
export function isMultiLine(command: Command): boolean {
  switch (command.verb) {
    case "CAPA":
    case "RETR":
    case "TOP":
      return true;
    case "LIST":
    case "UIDL":
      return command.number === null;
    case "AUTH":
      return command.mechanism === null;
    case "LANG":
      return command.language === null;
    default:
      return false;
  }
}
