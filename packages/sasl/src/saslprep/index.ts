/**
 * SASLprep (RFC 4013) and the trace profile of ANONYMOUS (RFC 4505 §3), over the tables printed in RFC 3454. They stand
 * apart from the mechanisms, whose option `prepare` takes them: a program that does without has no tables in it.
 *
 * @module
 */

import { demandOneOf, demandType } from "../check.ts";
import { checkOutput, mapAndNormalize, type StringprepFailure, type StringUse } from "./stringprep.ts";
import { firstOf } from "./tables.ts";

export type { StringprepFailure, StringUse } from "./stringprep.ts";

/** RFC 4013 §2.3 and RFC 4505 §3. The second lets ideographic description characters (C.7) and all spaces pass. */
const PROHIBITED = firstOf(["C.1.2", "C.2.1", "C.2.2", "C.3", "C.4", "C.5", "C.6", "C.7", "C.8", "C.9"]);
const PROHIBITED_IN_TRACE = firstOf(["C.2.1", "C.2.2", "C.3", "C.4", "C.5", "C.6", "C.8", "C.9"]);

const USES: readonly string[] = ["query", "stored"] satisfies StringUse[];

/** Printable ASCII alone: no table says anything about it. */
const PRINTABLE = /^[ -~]*$/;

/**
 * Prepares a name or password for comparison or hashing (RFC 4013): non-ASCII spaces become spaces, what is invisible
 * is dropped, the rest is normalized by form KC of Unicode 3.2; what must not be in the result, or would show in
 * another order than it is stored, makes it fail. Fits the option `prepare` of every mechanism.
 *
 * ```ts
 * saslprep("I\u00adX"); // "IX"
 * saslprep("\u2168"); // "IX"
 * saslprep("\u06271"); // { type: "bidi", codePoint: 0x31, index: 1, rule: "RFC 3454 §6 rule 3" }
 * saslprep("\u0221", "stored"); // { type: "unassigned", codePoint: 0x221, index: 0, rule: "RFC 3454 A.1" }
 * ```
 *
 * It takes a text of any length. The platform's `normalize` can need a time that grows with the square of a run of
 * combining marks: bound what strangers hand in, as `maxMessageLength` does in an exchange.
 *
 * @param use default `"query"`; say `"stored"` to prepare what will be stored (RFC 3454 §7)
 * @returns the prepared text, which can be empty, or why there is none
 * @throws TypeError, RangeError if an argument is not acceptable; never for what the text holds
 */
export function saslprep(text: string, use: StringUse = "query"): string | StringprepFailure {
  demandOneOf("use", use, USES);
  if (isPrintable(text)) return text;
  const output = mapAndNormalize(text);
  return checkOutput(output, PROHIBITED, use) ?? output;
}

/**
 * Checks the trace information of ANONYMOUS (RFC 4505 §3). Nothing in it is mapped or normalized, and unassigned code
 * points pass. Fits the option `prepare` of `anonymousClient`.
 *
 * @returns the text as it was, or why it must not be sent
 * @throws TypeError if it is no string
 */
export function tracePrep(text: string): string | StringprepFailure {
  return isPrintable(text) ? text : (checkOutput(text, PROHIBITED_IN_TRACE, "query") ?? text);
}

/** @throws TypeError if it is no string */
function isPrintable(text: string): boolean {
  demandType("text", text);
  return PRINTABLE.test(text);
}
