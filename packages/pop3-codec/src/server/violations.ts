import type { Fault } from "../syntax/fault.ts";
import type { FailedLogin, ServerViolation, ServerViolationCode } from "./events.ts";

/** A violation, answered with -ERR. */
export function violation(code: ServerViolationCode, field: string | number | null, text: string): ServerViolation {
  return { type: "violation", code, field, text, fatal: false, answer: "default" };
}

/** A violation that is not answered: it is no command's. */
export function notice(code: ServerViolationCode, text: string, fatal: boolean): ServerViolation {
  return { type: "violation", code, field: null, text, fatal, answer: "none" };
}

/** The violation that a parser's fault is. */
export function faulty({ fault, field, text }: Fault): ServerViolation {
  return violation(fault, field, text);
}

/** A login that failed without a decision of the application's. */
export function failedLogin(cause: FailedLogin["cause"], text: string): FailedLogin {
  return { type: "authentication-failed", cause, text, answer: "default" };
}
