/** Why text from the peer does not parse, with the reply that a server gives by default. */
export interface Fault {
  /** A stable code, e.g. `"invalid-path"`. */
  readonly fault: FaultCode;
  /** The part that is wrong, in words: `"reverse-path"`, `"SIZE"`. */
  readonly field: string;
  /** What was expected, without any octet that the peer sent (RFC 5321 §4.2 texts must not echo). */
  readonly text: string;
  readonly reply: { readonly code: number; readonly enhanced: `${4 | 5}.${number}.${number}` };
}

/** Every kind of {@link Fault}. */
export type FaultCode =
  | "unknown-verb"
  | "invalid-octet"
  | "missing-argument"
  | "unexpected-argument"
  | "invalid-argument"
  | "invalid-path"
  | "invalid-parameter"
  | "repeated-parameter"
  | "unknown-parameter";

export function fault(
  code: FaultCode,
  field: string,
  text: string,
  reply: Fault["reply"] = { code: 501, enhanced: "5.5.4" },
): Fault {
  return { fault: code, field, text, reply };
}

/** Tells a fault from what a parser gives otherwise. */
export function isFault<Parsed extends object>(parsed: Parsed | Fault): parsed is Fault {
  return "fault" in parsed;
}
