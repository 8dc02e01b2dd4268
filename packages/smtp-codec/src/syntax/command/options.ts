import type { PathRules } from "../path/path.ts";

/** Named leniencies of {@link parseCommand}. */
export interface CommandLeniencies extends Omit<PathRules, "smtputf8" | "maxPath" | "maxLocalPart"> {
  /** `MAIL FROM: <a@b>`, a space after the colon: sent by many clients and devices. Default true. */
  readonly spaceAfterColon?: boolean;
  /** `MAIL FROM :<a@b>`, a space before the colon: hand-typed commands. Default false. */
  readonly spaceBeforeColon?: boolean;
  /** Runs of spaces between verb, path and parameters count as one: several clients send them. Default true. */
  readonly extraSpaces?: boolean;
  /** `MAIL FROM:a@b`, no angle brackets: old scripts and devices. Default false. */
  readonly pathWithoutBrackets?: boolean;
  /** An EHLO or HELO name that is neither domain nor address literal, such as one with an underscore. Default true. */
  readonly helloName?: boolean;
  /** Text after the EHLO or HELO name, which RFC 2821 allowed. Default true. */
  readonly helloTrailing?: boolean;
}

/** How a command is read: the leniencies, and what depends on the session. */
export interface CommandOptions extends CommandLeniencies {
  /**
   * Whether characters beyond ASCII may stand in paths, parameters and the arguments of VRFY and EXPN (RFC 6531 §3.5).
   *
   * - `"not-offered"` (default): nowhere.
   * - `"offered"`: in a MAIL command that has the SMTPUTF8 parameter, and in VRFY and EXPN.
   * - `"in-force"`: the open transaction has it: in RCPT too.
   */
  readonly smtputf8State?: "not-offered" | "offered" | "in-force";
  /** The longest path in octets, brackets and route included. Default 256 (RFC 5321 §4.5.3.1.3). */
  readonly maxPath?: number;
  /**
   * The longest local-part in octets, at least 64 (RFC 5321 §4.5.3.1.1). By default the limit of the path is its only
   * one.
   */
  readonly maxLocalPart?: number;
}
