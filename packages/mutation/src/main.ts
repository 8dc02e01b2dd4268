/**
 * `pnpm mutation [--missing | --survivors] [package | file] …`: runs the mutants and keeps what was found in
 * `results.json`, file by file as each ends. `pnpm mutation --table` prints the scores; `--check` fails if a survivor
 * is without a reason.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Only, readCommand, type Scope, usage, WrongArguments } from "./arguments.ts";
import { copyCheckout, root, trackedFiles } from "./copy.ts";
import { mutate } from "./mutants.ts";
import { digestOf, type Place, type Survivor } from "./result.ts";
import { current, type Digests, foundAgain, isOpen, keep, results, tableOf, unexplained } from "./results.ts";
import { packages, sourcesOf } from "./scope.ts";

const files = trackedFiles();

try {
  const command = readCommand(process.argv.slice(2), files);
  if (command.type === "run") await run(command.scopes, command.only);
  else if (command.type === "check") check();
  else console.log(tableOf(results(), digests()));
} catch (error) {
  if (!(error instanceof WrongArguments)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

async function run(scopes: readonly Scope[], only: Only): Promise<void> {
  const [before, now] = [results(), digests()];
  const folder = copyCheckout();
  try {
    // One package's tests are loaded once, whatever is named of it.
    for (const name of new Set(scopes.map((scope) => scope.name))) {
      const its = scopes.filter((scope) => scope.name === name);
      const named = new Set(its.flatMap(({ file }) => file ?? sourcesOf(name, files)));
      const wanted = [...named].filter((source) => {
        if (only === "all") return true;
        if (!current(before, source, now)) return only === "missing";
        return only === "survivors" && unexplained(before[source]!).length > 0;
      });
      if (wanted.length === 0) continue;
      const tries = only === "survivors" ? (place: Place) => isOpen(before, place) : null;
      await mutate(folder, files, name, wanted, tries, (source, found) => {
        const result = tries === null ? found : foundAgain(before[source]!, found);
        keep(source, result, files);
        for (const survivor of unexplained(result)) console.log(describe(survivor));
        console.log(`${source}: ${result.noticed} of ${result.mutants} noticed`);
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(tableOf(results(), digests()));
}

/** Of what is mutated unless something is named, and of what was named. */
function digests(): Digests {
  const sources = new Set([...packages.flatMap((name) => sourcesOf(name, files)), ...Object.keys(results())]);
  const there = files.filter((file) => sources.has(file));
  return new Map(there.map((file) => [file, digestOf(readFileSync(join(root, file), "utf8"))]));
}

function check(): void {
  const left = Object.values(results()).flatMap(unexplained);
  for (const survivor of left) console.error(describe(survivor));
  if (left.length > 0) process.exitCode = 1;
  console.log(`${left.length} survivors without a reason`);
}

function describe({ file, line, original, replacement, uncovered }: Survivor): string {
  const not = uncovered === true ? "no test runs" : "no test notices";
  return `${file}\n  ${line}\n  ${not}: ${original}  →  ${replacement}`;
}
