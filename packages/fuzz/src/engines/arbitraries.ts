import fc from "fast-check";
import type { Input } from "../input/input.ts";
import type { Engine, Ground } from "./engine.ts";

/** So many values are drawn at once: fast-check makes them the larger the more it makes. */
const DRAWN = 100;

/** Inputs from the arbitraries that the packages publish, and from model-based command sequences. */
export function arbitrariesEngine({ target, random }: Ground): Engine {
  let drawn: Input[] = [];
  return {
    name: "arbitraries",
    next() {
      if (drawn.length === 0) drawn = fc.sample(target.inputs, { numRuns: DRAWN, seed: random.word() | 0 }).reverse();
      return drawn.pop()!;
    },
  };
}
