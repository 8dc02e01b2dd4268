import { KINDS, RUNS } from "./tables.generated.ts";

interface Runs {
  /** Where each run begins, ascending. */
  readonly starts: Uint32Array;
  /** Which of {@link KINDS} each run is. */
  readonly kinds: Uint8Array;
  /** For every block of code points, the run that its first one is in: a search has few steps from there. */
  readonly blocks: Uint16Array;
}

const CODE_POINTS = 0x110000;
const BLOCK_BITS = 6;

let runs: Runs | null = null;

/** Unfolded when first used: a program that prepares ASCII alone never pays for it. */
function readRuns(): Runs {
  const parts = [...RUNS.matchAll(/([0-9a-z]+)([A-Z])/g)];
  const starts = new Uint32Array(parts.length);
  const kinds = new Uint8Array(parts.length);
  const blocks = new Uint16Array(CODE_POINTS >> BLOCK_BITS);
  let start = 0;
  for (const [run, [, length, letter]] of parts.entries()) {
    const end = start + Number.parseInt(length!, 36);
    starts[run] = start;
    kinds[run] = letter!.charCodeAt(0) - 0x41;
    blocks.fill(run, Math.ceil(start / (1 << BLOCK_BITS)), Math.ceil(end / (1 << BLOCK_BITS)));
    start = end;
  }
  return { starts, kinds, blocks };
}

/** Which combination of tables lists a code point: its place in {@link KINDS}. */
export function kindOf(codePoint: number): number {
  runs ??= readRuns();
  const { starts, kinds, blocks } = runs;
  let run = blocks[codePoint >> BLOCK_BITS]!;
  while (starts[run + 1]! <= codePoint) run++;
  return kinds[run]!;
}

/** For every kind, the first of these tables of RFC 3454 that lists it, or null. */
export function firstOf(tables: readonly string[]): readonly (string | null)[] {
  return KINDS.map((kind) => tables.find((table) => kind.split(" ").includes(table)) ?? null);
}
