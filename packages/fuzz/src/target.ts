import type fc from "fast-check";
import type { Input } from "./input/input.ts";

/** What is fuzzed. */
export interface Target {
  readonly name: string;
  /** The files that it is about, by the beginnings of their paths below `packages`, e.g. `smtp-codec/src/server`. */
  readonly files: readonly string[];
  /** What the arbitraries' engine tries. */
  readonly inputs: fc.Arbitrary<Input>;
  /** Lines that mutators put in. */
  readonly lines: readonly string[];
  /** Calls that mutators put in, each with texts that it is called with; none: the target is not called. */
  readonly calls?: Readonly<Record<string, readonly string[]>>;
  /** Runs it once. @throws Finding, or any error, where the contract does not hold */
  run(input: Input): void;
}
