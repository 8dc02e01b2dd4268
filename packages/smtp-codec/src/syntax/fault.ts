/** Why text from the peer does not parse, with the reply that a server gives by default. */
export interface Fault {
  /** A stable code, e.g. `"invalid-path"`. */
  readonly fault: FaultCode;
  /** The part that is wrong, in words: `"reverse-path"`, `"SIZE"`. */
  readonly field: string;
  /** What was expected, without any octet that the peer sent (RFC 5321 §4.2 texts must not echo). */
  readonly text: string;
  readonly reply: FaultReply;
  /** With `"unknown-parameter"`: the extension that would have to be offered, if the parameter is known at all. */
  readonly extension?: string;
}

/** The code and the enhanced code that a fault is answered with. */
export interface FaultReply {
  readonly code: number;
  readonly enhanced: `${4 | 5}.${number}.${number}`;
}

/** Every kind of {@link Fault}. */
export type FaultCode =
  | "unknown-verb"
  | "invalid-octet"
  | "missing-argument"
  | "unexpected-argument"
  | "invalid-argument"
  | "invalid-path"
  | "smtputf8-needed"
  | "invalid-parameter"
  | "repeated-parameter"
  | "unknown-parameter";

/** Invalid command arguments (RFC 5321 §4.2.3, RFC 3463 X.5.4): what most faults are answered with. */
export const INVALID_ARGUMENTS: FaultReply = { code: 501, enhanced: "5.5.4" };
/** A line that is no command as a whole (RFC 3463 X.5.2). */
export const SYNTAX_ERROR: FaultReply = { code: 501, enhanced: "5.5.2" };

export function fault(code: FaultCode, field: string, text: string, reply: FaultReply = INVALID_ARGUMENTS): Fault {
  return { fault: code, field, text, reply };
}

/** Tells a fault from what a parser gives otherwise. */
export function isFault<Parsed extends object>(parsed: Parsed | Fault): parsed is Fault {
  return (parsed as { readonly fault?: unknown }).fault !== undefined;
}
