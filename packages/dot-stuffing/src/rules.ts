import { checkChoice, checkLimit } from "./check.ts";
import type { LineEndings } from "./line-endings.ts";

/** How content is read. */
export interface Rules {
  /** Whether a leading dot is put in rather than taken away; null: dots mean nothing. */
  readonly stuffing: boolean | null;
  readonly lineEndings: LineEndings;
  readonly maxSize: number;
  readonly maxLineLength: number;
}

/** @throws RangeError for an option outside its range. */
export function checkRules(
  stuffing: boolean | null,
  possible: readonly [LineEndings, ...LineEndings[]],
  options: {
    readonly lineEndings?: LineEndings | undefined;
    readonly maxSize?: number;
    readonly maxLineLength?: number;
  },
): Rules {
  const { lineEndings, maxSize = Number.POSITIVE_INFINITY, maxLineLength = Number.POSITIVE_INFINITY } = options;
  return {
    stuffing,
    lineEndings: checkChoice("lineEndings", lineEndings, possible),
    maxSize: checkLimit("maxSize", maxSize),
    maxLineLength: checkLimit("maxLineLength", maxLineLength),
  };
}
