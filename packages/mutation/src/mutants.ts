/** A run over files of one package, and what it found. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { instrument, type Mutant } from "./instrument.ts";
import type { Job, Line } from "./job.ts";
import { digestOf, type Place, type Result, type Survivor } from "./result.ts";
import { type Package, sourcesOf, testsOf } from "./scope.ts";

/** A single test that takes longer, on a busy machine too, runs in an endless loop that cannot be counted. */
const LONGEST_TEST = 30_000;

/** What ends a run from outside. What it has found by then is kept. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Mutates a package in a copy of the checkout and runs its tests against each mutant of some of its files. However few
 * they are, the mutants of all are put in: a file's result does not depend on what else is asked for.
 *
 * @param files of the repository
 * @param tries which mutants are tried, by tests of bulk too; the others count as noticed. Null: all, and not by these
 * @param found is given the result of each file when its last mutant was tried
 * @throws Error if the tests fail without a mutant, or if it was broken off
 */
export async function mutate(
  folder: string,
  files: readonly string[],
  name: Package,
  wanted: readonly string[],
  tries: ((place: Place) => boolean) | null,
  found: (file: string, result: Result) => void,
): Promise<void> {
  const all = [...new Set([...sourcesOf(name, files), ...wanted])];
  const { mutants, originals, restore } = await instrument(folder, all);
  try {
    const tests = testsOf(name, files).map((file) => join(folder, file));
    const others = tests.filter((file) => !file.startsWith(join(folder, "packages", name)));
    const places = new Map(mutants.map((mutant) => [mutant, placeOf(mutant, originals.get(mutant.file)!)]));
    const left = new Set(wanted);
    const tried = wanted.flatMap((file) =>
      mutants.filter((one) => one.file === file && (tries === null || tries(places.get(one)!))),
    );
    const sources = all.map((file) => join(folder, file));
    await tryAll(folder, { sources, tests, others, thorough: tries !== null }, tried, (lines) => {
      for (const file of left) {
        if (tried.some((mutant) => mutant.file === file && !lines.has(mutant.id))) continue;
        left.delete(file);
        const survivors = tried.flatMap((mutant): Survivor[] => {
          const survived = mutant.file === file ? lines.get(mutant.id)!.survived : undefined;
          if (survived === undefined) return [];
          return [{ ...places.get(mutant)!, ...(survived === 0 && { uncovered: true }) }];
        });
        const count = mutants.filter((mutant) => mutant.file === file).length;
        const source = digestOf(originals.get(file)!);
        found(file, { source, mutants: count, noticed: count - survivors.length, survivors });
      }
    });
  } finally {
    restore();
  }
}

/** @param progress is given, again and again, the lines that say what became of the mutants that were tried */
async function tryAll(
  folder: string,
  to: Pick<Job, "sources" | "tests" | "others" | "thorough">,
  mutants: readonly Mutant[],
  progress: (lines: ReadonlyMap<string, Line>) => void,
): Promise<void> {
  const results = join(folder, "results.jsonl");
  rmSync(results, { force: true });
  const found = new Map<string, Line>();
  progress(found);
  const read = () => {
    const text = existsSync(results) ? readFileSync(results, "utf8") : "";
    // The last line may be half written.
    const lines = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
    for (const line of lines) if (line.noticed !== undefined || line.survived !== undefined) found.set(line.id, line);
    progress(found);
    return lines;
  };
  for (let left = mutants; left.length > 0; left = mutants.filter(({ id }) => !found.has(id))) {
    const before = found.size;
    const job: Job = {
      ...to,
      mutants: left.map(({ id, file }) => ({ id, file })),
      results,
      pulse: join(folder, "pulse"),
    };
    const hung = await work(folder, job, read);
    // The worker did not get over what it began last.
    const last = read().at(-1);
    if (last !== undefined && !found.has(last.id)) {
      found.set(last.id, { id: last.id, noticed: hung ? "an endless loop" : "the end of the process" });
      progress(found);
    }
    console.log(`${found.size} of ${mutants.length} mutants tried`);
    if (found.size === before) throw new Error("the tests do not run; see above");
  }
}

/**
 * Runs the worker. Gives whether it hung and was ended.
 *
 * @param tick is called every few seconds
 * @throws Error if the process is told to end
 */
async function work(folder: string, job: Job, tick: () => void): Promise<boolean> {
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
  let stopped = false;
  const kill = () => process.kill(-vitest.pid!, "SIGKILL");
  const stop = () => {
    stopped = true;
    kill();
  };
  const ended = new Promise<void>((resolve) => vitest.once("exit", () => resolve(void (running = false))));
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    for (let hung = false; ; tick()) {
      await Promise.race([ended, setTimeout(5000)]);
      if (stopped) throw new Error("broken off");
      if (!running) return hung;
      hung = Date.now() - statSync(job.pulse).mtimeMs > LONGEST_TEST;
      if (!hung) continue;
      kill();
      await ended;
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

function placeOf({ file, location, replacement }: Mutant, source: string): Place {
  const lines = source.split("\n");
  const line = lines[location.start.line]!.trim();
  return { file, line, original: textBetween(lines, location), replacement: oneLine(replacement) };
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
