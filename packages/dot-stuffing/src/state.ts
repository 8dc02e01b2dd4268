import { expected } from "./check.ts";
import { HARD_START } from "./numbers.ts";
import type { ContentViolation } from "./violation.ts";

/**
 * All that is known of content between two chunks, as plain data to be cloned and handed to another {@link Unstuffer}
 * or {@link Stuffer}. Its fields may change in any version. It is never written into.
 */
export interface ContentState {
  readonly after: number;
  /** How many octets were read. */
  readonly offset: number;
  /** Octets of content so far: with CRLFs, without the stuffed dots. */
  readonly size: number;
  /** How many dots were put in. */
  readonly dots: number;
  /** How much of the line in work came out. */
  readonly lineLength: number;
  readonly longestLine: number;
  readonly violation: ContentViolation | null;
}

export const START: ContentState = {
  after: HARD_START,
  offset: 0,
  size: 0,
  dots: 0,
  lineLength: 0,
  longestLine: 0,
  violation: null,
};

/**
 * Checks what content is to go on from: with a field that is no count, reading might never end. Returns it.
 *
 * @throws TypeError naming the field
 */
export function checkState(state: ContentState): ContentState {
  if (state !== START)
    for (const name in START) {
      const found: unknown = state?.[name as keyof ContentState];
      const fits =
        name === "violation" ? typeof found === "object" : Number.isSafeInteger(found) && (found as number) >= 0;
      if (!fits) throw new TypeError(expected("snapshot", `a valid ${name}`, found));
    }
  return state;
}
