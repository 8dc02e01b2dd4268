import fc from "fast-check";
import { linesOf, octets } from "tools/testing";
import { Choices } from "../input/choices.ts";
import { joinedOctets, octetsInput } from "../input/input.ts";
import type { Target } from "../target.ts";
import { choices } from "./decoder.ts";
import { linear } from "./work.ts";

/** What a target of a parser of lines is made of. */
export interface LinesTarget extends Omit<Target, "run" | "inputs"> {
  readonly octets: fc.Arbitrary<Uint8Array>;
  /** Looks at a line, without its line end: what the parser makes of it, and what the formatter makes of that. */
  check(line: Uint8Array, choices: Choices): void;
}

/** A parser of lines keeps nothing from one to the next: more of them than this show nothing, and each is measured. */
const MOST_LINES = 100;

/** Blocks entered for an octet at most: parsed, written and parsed again. */
const MOST_WORK = 300;

/** A target that is given lines, each on its own. */
export function linesTarget({ octets, check, ...target }: LinesTarget): Target {
  return {
    ...target,
    inputs: fc.tuple(octets, choices).map(([bytes, chosen]) => octetsInput(bytes, chosen)),
    run(input) {
      for (const line of linesOf(joinedOctets(input)).slice(0, MOST_LINES)) {
        const bare = line.at(-1) === 0x0a ? line.subarray(0, line.at(-2) === 0x0d ? -2 : -1) : line;
        linear(bare.length, MOST_WORK, () => check(bare, new Choices(input.choices)));
      }
    },
  };
}

/** Octets of a text in UTF-8, with a line end. */
export function utf8Line(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\r\n`);
}

/** Octets that are any, or one of these lines, or some of them. */
export function noise(lines: readonly string[]): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    {
      weight: 4,
      arbitrary: fc.array(fc.constantFrom(...lines), { maxLength: 6 }).map((all) => octets(all.join(""))),
    },
  );
}
