/**
 * What to do with a CR or LF that is not part of a CRLF (RFC 5321 §2.3.8 forbids both on the wire).
 *
 * - `"reject"`: it is a violation.
 * - `"normalize"`: it comes out as CRLF, and lines (their dots included) are judged on what comes out.
 * - `"preserve"`: it is handed over as it came.
 */
export type LineEndings = "reject" | "normalize" | "preserve";

/** Checks a policy that the caller chose. @throws RangeError naming the policies that are possible here. */
export function checkLineEndings<Policy extends LineEndings>(policy: Policy, possible: readonly Policy[]): Policy {
  if (possible.includes(policy)) return policy;
  throw new RangeError(`"lineEndings" expected one of ${possible.join(", ")}, got ${String(policy)}`);
}
