/** What a run finds. */
import { createHash } from "node:crypto";

/** A mutant, said so that it is found again after lines have moved. */
export interface Place {
  readonly file: string;
  /** The line where it begins, as it stands in the source, without its indentation. */
  readonly line: string;
  /** What was replaced, on one line. */
  readonly original: string;
  readonly replacement: string;
}

/** A mutant that no test noticed. */
export interface Survivor extends Place {
  /** No test runs that place at all. */
  readonly uncovered?: true;
}

/** What was found in one file. */
export interface Result {
  /** A digest of the file as it was: it tells whether the file has changed since. */
  readonly source: string;
  readonly mutants: number;
  /** Noticed by a failing test, by an endless loop that was broken off, or by the compiler's refusal. */
  readonly noticed: number;
  readonly survivors: readonly Survivor[];
}

/** A digest of a source. */
export function digestOf(source: string): string {
  return createHash("sha256").update(source).digest("hex").slice(0, 16);
}
