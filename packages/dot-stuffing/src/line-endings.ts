import { checkChoice } from "./check.ts";

/**
 * What to do with a CR or LF that is not part of a CRLF (RFC 5321 §2.3.8 forbids both on the wire).
 *
 * - `"reject"`: it is a violation.
 * - `"normalize"`: it comes out as CRLF, and lines (their dots included) are judged on what comes out.
 * - `"preserve"`: it is handed over as it came.
 */
export type LineEndings = "reject" | "normalize" | "preserve";

/** The policies for what is received; the first is the default. */
export const LINE_ENDINGS = ["reject", "normalize", "preserve"] as const;

/** Checks a policy that the caller chose for what is received. @throws RangeError unless it is one of the three. */
export function checkLineEndings(policy: LineEndings | undefined): LineEndings {
  return checkChoice<LineEndings>("lineEndings", policy, LINE_ENDINGS);
}
