/**
 * `pnpm mutation [package | file] …`: runs the mutants and keeps what was found in `results.json`; a single file is
 * only printed. `pnpm mutation --table` prints the scores of what ran last; `--check` fails if a survivor is without a
 * reason.
 */
import { rmSync } from "node:fs";
import { readCommand, type Scope, usage, WrongArguments } from "./arguments.ts";
import { copyCheckout, trackedFiles } from "./copy.ts";
import { mutate, type Survivor } from "./mutants.ts";
import { keep, results, tableOf, unexplained } from "./results.ts";
import type { Package } from "./scope.ts";

try {
  const command = readCommand(process.argv.slice(2), trackedFiles());
  if (command.type === "run") await run(command.scopes);
  else if (command.type === "check") check();
  else console.log(tableOf(results()));
} catch (error) {
  if (!(error instanceof WrongArguments)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

async function run(scopes: readonly Scope[]): Promise<void> {
  const folder = copyCheckout();
  try {
    for (const { name, file } of scopes) {
      const result = await mutate(folder, name, file === undefined ? undefined : [file]);
      for (const survivor of unexplained(result)) console.log(describe(survivor));
      if (file === undefined) keep(name, result);
      console.log(tableOf({ [name]: result } as Record<Package, typeof result>));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
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
