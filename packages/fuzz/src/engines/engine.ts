import type { Input } from "../input/input.ts";
import type { Random } from "../input/random.ts";
import type { Target } from "../target.ts";

/** Makes inputs for a target, one after the other. */
export interface Engine {
  readonly name: string;
  next(): Input;
}

/** What engines start from. */
export interface Ground {
  readonly target: Target;
  /** Inputs that reached something new, the committed ones first. It grows. */
  readonly corpus: readonly Input[];
  readonly random: Random;
}
