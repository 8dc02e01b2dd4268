import type { FileBlocks } from "./bundle/bundle.ts";

declare global {
  /** How often each block was entered; set by the bundle, and missing where the sources run as they are. */
  var __blocks: Uint32Array | undefined;
  var __files: readonly FileBlocks[] | undefined;
}

const counters: Uint32Array = globalThis.__blocks ?? new Uint32Array(0);
const files: readonly FileBlocks[] = globalThis.__files ?? [];

/** How many blocks were entered so far: a measure of work that no clock disturbs. It wraps around. */
export function work(): number {
  let total = 0;
  for (let at = 0; at < counters.length; at++) total = (total + counters[at]!) | 0;
  return total;
}

/** Whether work is counted. */
export const counts: boolean = counters.length > 0;

/** What one execution reached. */
export function clear(): void {
  counters.fill(0);
}

/** How often a block was entered, coarsely: 0, 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more. */
function bucket(times: number): number {
  if (times < 4) return times;
  if (times < 8) return 4;
  if (times < 16) return 5;
  if (times < 32) return 6;
  return times < 128 ? 7 : 8;
}

/** What all executions of a target have reached so far. */
export class Coverage {
  /** Of each block, the buckets that were seen, a bit each. */
  readonly #seen: Uint16Array = new Uint16Array(counters.length);

  /**
   * Adds what was reached since `clear()`. Says whether a block was entered for the first time, or as often as never
   * before.
   */
  add(): boolean {
    let isNew = false;
    for (let at = 0; at < counters.length; at++) {
      const times = counters[at]!;
      if (times === 0) continue;
      const bit = 1 << bucket(times);
      if ((this.#seen[at]! & bit) !== 0) continue;
      this.#seen[at]! |= bit;
      isNew = true;
    }
    return isNew;
  }

  /** How many blocks were reached of those there are, in files whose path begins so. */
  reached(prefix = ""): { readonly reached: number; readonly of: number } {
    let reached = 0;
    let of = 0;
    for (const { file, base, count } of files) {
      if (!file.startsWith(prefix)) continue;
      of += count;
      for (let at = base; at < base + count; at++) if (this.#seen[at] !== 0) reached++;
    }
    return { reached, of };
  }

  /** Files with the blocks reached in them, those of `prefix`. */
  byFile(prefix: string): readonly { readonly file: string; readonly reached: number; readonly of: number }[] {
    return files
      .filter(({ file, count }) => file.startsWith(prefix) && count > 0)
      .map(({ file }) => ({ file, ...this.reached(file) }));
  }
}
