/** A run over one package, and what it found. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { trackedFiles } from "./copy.ts";
import { instrument, type Mutant } from "./instrument.ts";
import type { Job, Line } from "./job.ts";
import { type Package, sourcesOf, testsOf } from "./scope.ts";

/** A mutant that no test noticed, said so that it is found again after lines have moved. */
export interface Survivor {
  readonly file: string;
  /** The line where it begins, as it stands in the source, without its indentation. */
  readonly line: string;
  /** What was replaced, on one line. */
  readonly original: string;
  readonly replacement: string;
  /** No test runs that place at all. */
  readonly uncovered?: true;
}

export interface Result {
  readonly mutants: number;
  /** Noticed by a failing test, by an endless loop that was broken off, or by the compiler's refusal. */
  readonly noticed: number;
  readonly survivors: readonly Survivor[];
}

/** A single test that takes longer, on a busy machine too, runs in an endless loop that cannot be counted. */
const LONGEST_TEST = 30_000;

/**
 * Mutates a package in a copy of the checkout and runs its tests against each mutant.
 * @throws Error if the tests fail without a mutant
 */
export async function mutate(folder: string, name: Package, only?: readonly string[]): Promise<Result> {
  const files = trackedFiles();
  const { mutants, originals, restore } = await instrument(folder, only ?? sourcesOf(name, files));
  try {
    const tests = testsOf(name, files).map((file) => join(folder, file));
    const others = tests.filter((file) => !file.startsWith(join(folder, "packages", name)));
    return resultOf(originals, mutants, await tryAll(folder, tests, others, mutants));
  } finally {
    restore();
  }
}

/** Gives, for each mutant, the line that says what became of it. */
async function tryAll(
  folder: string,
  tests: readonly string[],
  others: readonly string[],
  mutants: readonly Mutant[],
): Promise<Map<string, Line>> {
  const results = join(folder, "results.jsonl");
  const sources = [...new Set(mutants.map(({ file }) => join(folder, file)))];
  rmSync(results, { force: true });
  const found = new Map<string, Line>();
  for (let left = mutants; left.length > 0; left = mutants.filter(({ id }) => !found.has(id))) {
    const before = found.size;
    const job: Job = {
      sources,
      tests,
      others,
      mutants: left.map(({ id, file }) => ({ id, file })),
      results,
      pulse: join(folder, "pulse"),
    };
    const hung = await work(folder, job);
    const text = existsSync(results) ? readFileSync(results, "utf8").trim() : "";
    const lines = text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Line);
    for (const line of lines) if (line.noticed !== undefined || line.survived !== undefined) found.set(line.id, line);
    // The worker did not get over what it began last.
    const last = lines.at(-1);
    if (last !== undefined && !found.has(last.id)) {
      found.set(last.id, { id: last.id, noticed: hung ? "an endless loop" : "the end of the process" });
    }
    console.log(`${found.size} of ${mutants.length} mutants tried`);
    if (found.size === before) throw new Error("the tests do not run; see above");
  }
  return found;
}

/** Runs the worker. Gives whether it hung and was ended. */
async function work(folder: string, job: Job): Promise<boolean> {
  const file = join(folder, "job.json");
  writeFileSync(file, JSON.stringify(job));
  writeFileSync(job.pulse, "");
  const vitest = spawn("npx", ["vitest", "run", "--config", "packages/mutation/src/vitest.config.ts"], {
    cwd: folder,
    env: { ...process.env, MUTATION_JOB: file, PROPERTY_RUNS: process.env["PROPERTY_RUNS"] ?? "10" },
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  let running = true;
  const ended = new Promise<void>((resolve) => vitest.once("exit", () => resolve(void (running = false))));
  while (running) {
    await Promise.race([ended, setTimeout(1000)]);
    if (running && Date.now() - statSync(job.pulse).mtimeMs > LONGEST_TEST) {
      process.kill(-vitest.pid!, "SIGKILL");
      await ended;
      return true;
    }
  }
  return false;
}

function resultOf(
  originals: ReadonlyMap<string, string>,
  mutants: readonly Mutant[],
  found: ReadonlyMap<string, Line>,
): Result {
  const survivors: Survivor[] = [];
  for (const { id, file, replacement, location } of mutants) {
    const { survived } = found.get(id)!;
    if (survived === undefined) continue;
    const lines = originals.get(file)!.split("\n");
    survivors.push({
      file,
      line: lines[location.start.line]!.trim(),
      original: textBetween(lines, location),
      replacement: oneLine(replacement),
      ...(survived === 0 && { uncovered: true }),
    });
  }
  return { mutants: mutants.length, noticed: mutants.length - survivors.length, survivors };
}

function textBetween(lines: readonly string[], { start, end }: Mutant["location"]): string {
  const part = lines.slice(start.line, end.line + 1);
  part[part.length - 1] = part.at(-1)!.slice(0, end.column);
  part[0] = part[0]!.slice(start.column);
  return oneLine(part.join("\n"));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
