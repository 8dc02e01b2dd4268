/** Why a command from the peer does not parse. */
export interface Fault {
  readonly fault: FaultCode;
  /** The part that is wrong, in words. */
  readonly field: string;
  /** What was expected, without any octet that the peer sent. */
  readonly text: string;
}

/** Every kind of {@link Fault}. */
export type FaultCode =
  | "line-too-long"
  | "unknown-verb"
  | "invalid-octet"
  | "missing-argument"
  | "unexpected-argument"
  | "invalid-argument";

export function fault(code: FaultCode, field: string, text: string): Fault {
  return { fault: code, field, text };
}

/** Tells a fault from what a parser gives otherwise. */
export function isFault<Parsed extends object>(parsed: Parsed | Fault): parsed is Fault {
  return "fault" in parsed;
}
