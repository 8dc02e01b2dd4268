import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Coverage, clear } from "../coverage.ts";
import { formatInput, type Kept, parseInput } from "../input/file.ts";
import { type Input, sizeOf } from "../input/input.ts";
import { seedOf } from "../input/random.ts";
import { reduce } from "../reduce.ts";
import type { Target } from "../target.ts";
import { errorOf, type Found } from "./fuzz.ts";

/** A file of the corpus. */
export interface CorpusFile extends Kept {
  readonly path: string;
}

/** The committed inputs of a target, by name. */
export function corpusOf(folder: string, target: string): CorpusFile[] {
  const own = join(folder, target);
  if (!existsSync(own)) return [];
  return readdirSync(own)
    .sort()
    .map((name) => join(own, name))
    .map((path) => ({ ...parseInput(readFileSync(path, "utf8")), path }));
}

/** Writes a finding down. Gives the file. */
export function writeFinding(
  folder: string,
  { target, engine, message, input }: Found & { readonly input: Input },
): string {
  const showed = `${message.slice(0, 300)} (${engine})`;
  return write(folder, { target, showed, ...input }, "finding");
}

function write(folder: string, kept: Kept, kind: string): string {
  const text = formatInput(kept);
  mkdirSync(join(folder, kept.target), { recursive: true });
  const hash = seedOf(text.split("\n").slice(1).join("\n")).toString(16).padStart(8, "0");
  const path = join(folder, kept.target, `${kind}-${hash}.txt`);
  writeFileSync(path, text);
  return path;
}

/** What an input reaches, as blocks. */
function reachedBy(target: Target, input: Input): Set<number> {
  clear();
  if (errorOf(target, input) !== null) return new Set();
  const found = new Set<number>();
  for (const [block, times] of (globalThis.__blocks ?? []).entries()) if (times > 0) found.add(block);
  return found;
}

/**
 * Adds the inputs that reach most of what the corpus does not, each made as small as reaches the same. Says what it
 * wrote.
 *
 * @param most how many
 */
export function grow(folder: string, target: Target, grown: readonly Input[], most: number): string[] {
  const own = (block: number) => isOwn(target, block);
  const known = new Set<number>();
  for (const file of corpusOf(folder, target.name)) for (const block of reachedBy(target, file)) known.add(block);
  const candidates = grown.map((input) => ({ input, reached: new Set([...reachedBy(target, input)].filter(own)) }));
  const written: string[] = [];
  while (written.length < most) {
    const news = ({ reached }: (typeof candidates)[number]) => [...reached].filter((block) => !known.has(block));
    const best = candidates.reduce<{ input: Input; fresh: number[] } | null>((best, candidate) => {
      const fresh = news(candidate);
      const isBetter =
        best === null ||
        fresh.length > best.fresh.length ||
        (fresh.length === best.fresh.length && sizeOf(candidate.input) < sizeOf(best.input));
      return isBetter ? { input: candidate.input, fresh } : best;
    }, null);
    if (best === null || best.fresh.length === 0) break;
    const reduced = reduce(
      best.input,
      (smaller) => {
        const reached = reachedBy(target, smaller);
        return best.fresh.every((block) => reached.has(block));
      },
      1500,
    );
    for (const block of reachedBy(target, reduced)) known.add(block);
    written.push(write(folder, { target: target.name, showed: showedBy(best.fresh), ...reduced }, "reaches"));
  }
  return written;
}

function isOwn(target: Target, block: number): boolean {
  const file = fileOf(block);
  return target.files.some((prefix) => file.startsWith(prefix));
}

function fileOf(block: number): string {
  return (globalThis.__files ?? []).find(({ base, count }) => block >= base && block < base + count)?.file ?? "";
}

/** In which files an input was the first to reach so many blocks. */
function showedBy(blocks: readonly number[]): string {
  const counts = new Map<string, number>();
  for (const block of blocks) counts.set(fileOf(block), (counts.get(fileOf(block)) ?? 0) + 1);
  const parts = [...counts].sort((one, other) => other[1] - one[1]).slice(0, 3);
  return `reaches ${parts.map(([file, count]) => `${count} blocks of ${file}`).join(", ")}`;
}

/** The files of a target's corpus that reach nothing which others do not. */
export function superfluous(folder: string, target: Target): string[] {
  const coverage = new Coverage();
  const files = corpusOf(folder, target.name).sort((one, other) => sizeOf(one) - sizeOf(other));
  return files
    .filter((file) => {
      clear();
      // One that showed a bug once stays, whatever it reaches.
      return errorOf(target, file) === null && !coverage.add() && !/^finding/.test(file.path.split("/").at(-1)!);
    })
    .map(({ path }) => path);
}
