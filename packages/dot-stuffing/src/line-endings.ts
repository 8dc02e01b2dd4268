/**
 * What to do with a CR or LF that is not part of a CRLF (RFC 5321 §2.3.8 forbids both on the wire).
 *
 * - `"reject"`: it is a violation.
 * - `"normalize"`: it comes out as CRLF, and lines (their dots included) are judged on what comes out.
 * - `"preserve"`: it is handed over as it came.
 */
export type LineEndings = "reject" | "normalize" | "preserve";

/** Checks an option that is one of several words. @throws RangeError naming the words that are possible here. */
export function checkChoice<Choice extends string>(name: string, choice: Choice, possible: readonly Choice[]): Choice {
  if (possible.includes(choice)) return choice;
  throw new RangeError(`"${name}" expected one of ${possible.join(", ")}, got ${String(choice)}`);
}

/** Checks a policy that the caller chose for what is received. @throws RangeError unless it is one of the three. */
export function checkLineEndings(policy: LineEndings): LineEndings {
  return checkChoice("lineEndings", policy, ["reject", "normalize", "preserve"]);
}
