import type { Fault } from "../syntax/fault.ts";
import type { ServerViolation, ServerViolationCode } from "./events.ts";

/** A violation, answered with -ERR. */
export function violation(code: ServerViolationCode, field: string | number | null, text: string): ServerViolation {
  return { type: "violation", code, field, text, fatal: false, answer: "default" };
}

/** The violation that a parser's fault is. */
export function faulty({ fault, field, text }: Fault): ServerViolation {
  return violation(fault, field, text);
}
