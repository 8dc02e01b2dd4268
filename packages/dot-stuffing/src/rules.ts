import { checkChoice, checkLimit, checkOptions, UNLIMITED } from "./check.ts";
import type { LineEndings } from "./line-endings.ts";

/** How content is read. */
export interface Rules {
  /** Whether a leading dot is put in rather than taken away; null: dots mean nothing. */
  readonly dots: boolean | null;
  readonly lineEndings: LineEndings;
  readonly maxSize: number;
  readonly maxLineLength: number;
}

/** @throws TypeError for what are no options, RangeError for an option outside its range. */
export function checkRules(
  dots: boolean | null,
  possible: readonly [LineEndings, ...LineEndings[]],
  options: {
    readonly lineEndings?: LineEndings | undefined;
    readonly maxSize?: number;
    readonly maxLineLength?: number;
  },
): Rules {
  // Once more than `checkObject`, which this would be too large with.
  const { lineEndings, maxSize = UNLIMITED, maxLineLength = UNLIMITED } = checkOptions(options);
  return {
    dots,
    lineEndings: checkChoice("lineEndings", lineEndings, possible),
    maxSize: checkLimit("maxSize", maxSize),
    maxLineLength: checkLimit("maxLineLength", maxLineLength),
  };
}
