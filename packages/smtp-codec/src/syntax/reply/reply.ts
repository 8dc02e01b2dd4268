import type { EnhancedCode } from "./enhanced-code.ts";

/** A whole reply (RFC 5321 §4.2): one code for all its lines. */
export interface Reply {
  /** 200 to 599 */
  readonly code: number;
  /** Split from the text where its class agrees with the code (RFC 2034 §4); else null. */
  readonly enhanced: EnhancedCode | null;
  /** The text of each line, without code and enhanced code; malformed UTF-8 as U+FFFD. At least one. */
  readonly lines: readonly string[];
  /**
   * Present in a received reply that is not ASCII: the octets of each line after its reply code, null for those that
   * are. Formatters do not look at it.
   */
  readonly octets?: readonly (Uint8Array | null)[];
}

/** What a reply says about the command (RFC 5321 §4.2.1). */
export type Outcome = "positive" | "intermediate" | "transient" | "permanent";

/**
 * What a reply is about, by the second digit of its code (RFC 5321 §4.2.1); the RFC leaves 3 and 4 open, and knows none
 * above.
 */
export type ReplyCategory = "syntax" | "information" | "connections" | "unspecified" | "mail-system";

/** The outcome of a reply, by the first digit of its code alone: an unknown 299 is like 250 (RFC 5321 §4.2). */
export function outcome({ code }: Reply): Outcome {
  if (code < 300) return "positive";
  if (code < 400) return "intermediate";
  return code < 500 ? "transient" : "permanent";
}

const CATEGORIES: readonly ReplyCategory[] = [
  "syntax",
  "information",
  "connections",
  "unspecified",
  "unspecified",
  "mail-system",
];

/** What a reply is about, by the second digit of its code. */
export function replyCategory({ code }: Reply): ReplyCategory {
  return CATEGORIES[Math.floor(code / 10) % 10] ?? "unspecified";
}

/** The first digit of a reply code, 2 to 5. */
export function replyClass({ code }: Reply): number {
  return classOf(code);
}

/** The first digit of a reply code, whatever it is. */
export function classOf(code: number): number {
  return Math.floor(code / 100);
}
