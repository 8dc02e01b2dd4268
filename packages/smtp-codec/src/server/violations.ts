import type { EndedExchange } from "dot-stuffing/session";
import type { Fault } from "../syntax/fault.ts";
import type { ServerViolation, ServerViolationCode, SmtpServerEvent } from "./events.ts";
import { completeReply, faults, type ReplyTemplate } from "./replies.ts";

/** A violation with its default reply. */
export function violation(
  code: ServerViolationCode,
  field: string | number | null,
  text: string,
  template: ReplyTemplate,
  fatal = false,
): ServerViolation {
  return { type: "violation", code, field, text, reply: completeReply(undefined, template), fatal, answer: "default" };
}

/** A violation that is not answered where it happens: in content, or after STARTTLS. */
export function unanswered(code: ServerViolationCode, offset: number | null, text: string): ServerViolation {
  return { type: "violation", code, field: offset, text, reply: null, fatal: false, answer: "none" };
}

/** The violation that a parser's fault is; its text, which repeats nothing of the peer's, is the reply's. */
export function faulty({ fault, field, text, reply }: Fault, fatal = false): ServerViolation {
  return violation(fault, field, text, { ...reply, text }, fatal);
}

type FailureCause = (EndedExchange & { readonly type: "failure" })["cause"];

/** What a failed exchange is answered with (RFC 4954 §4, §6). */
const FAILED_EXCHANGE: { readonly [Cause in FailureCause]: ReplyTemplate } = {
  refused: faults.saslRefused,
  cancelled: faults.saslCancelled,
  malformed: faults.saslMalformed,
  error: faults.saslError,
  "too-long": faults.saslLineTooLong,
};

/** An exchange that failed, for whatever reason. */
export function failedExchange(
  cause: FailureCause,
  text: string,
): SmtpServerEvent<never> & { readonly type: "authentication-failed" } {
  const reply = completeReply(undefined, FAILED_EXCHANGE[cause]);
  return {
    type: "authentication-failed",
    cause: cause === "too-long" ? "malformed" : cause,
    text,
    reply,
    answer: "default",
  };
}
