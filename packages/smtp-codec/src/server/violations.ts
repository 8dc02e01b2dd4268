import type { Fault } from "../syntax/fault.ts";
import type { ServerViolation, ServerViolationCode } from "./events.ts";
import { completeReply, type ReplyTemplate } from "./replies.ts";

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

/** A violation that is not answered where it happens: in content, or behind STARTTLS. */
export function unanswered(code: ServerViolationCode, offset: number | null, text: string): ServerViolation {
  return { type: "violation", code, field: offset, text, reply: null, fatal: false, answer: "none" };
}

/** The violation that a parser's fault is; its text, which repeats nothing of the peer's, is the reply's. */
export function faulty({ fault, field, text, reply }: Fault, fatal = false): ServerViolation {
  return violation(fault, field, text, { ...reply, text }, fatal);
}
