/**
 * An octet that the policy forbids. `offset` counts octets as they came over the wire, from the start of content or
 * input.
 */
export interface ForbiddenOctet {
  readonly code: "bare-cr" | "bare-lf" | "nul";
  readonly offset: number;
  /** For a log: what is wrong, and where. */
  readonly text: string;
}

/** A limit that was passed. */
export interface LimitPassed<Code extends "line-too-long" | "message-too-big"> {
  readonly code: Code;
  /** The offset of the first octet too many. */
  readonly offset: number;
  /** In octets. */
  readonly limit: number;
  readonly text: string;
}

/** The input ended inside a line, or before the end of content. */
export interface CutOff {
  readonly code: "cut-off";
  /** How many octets there were. */
  readonly offset: number;
  readonly text: string;
}

/** What a line can break. */
export type LineViolation = ForbiddenOctet | LimitPassed<"line-too-long">;

/** What content can break. */
export type ContentViolation = LineViolation | LimitPassed<"message-too-big">;

const WHAT = {
  "bare-cr": "a CR without LF",
  "bare-lf": "an LF without CR",
  nul: "a NUL",
  "line-too-long": "a line of more than",
  "message-too-big": "content of more than",
} as const;

export function forbiddenOctet(code: ForbiddenOctet["code"], offset: number): ForbiddenOctet {
  return { code, offset, text: `${WHAT[code]} at offset ${offset}` };
}

export function limitPassed<Code extends "line-too-long" | "message-too-big">(
  code: Code,
  offset: number,
  limit: number,
): LimitPassed<Code> {
  return { code, offset, limit, text: `${WHAT[code]} ${limit} octets at offset ${offset}` };
}

/** @param what cut off, e.g. `"message"` */
export function cutOff(what: string, offset: number): CutOff {
  return { code: "cut-off", offset, text: `${what} cut off after ${offset} octets` };
}
