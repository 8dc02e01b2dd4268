/**
 * `pnpm mutation [package | file] …`: runs the mutants and keeps what was found in `results.json`; a single file is only printed.
 * `pnpm mutation --table` prints the scores and what is said of each survivor; `--check` fails if a survivor is without a reason.
 */
import { rmSync } from "node:fs";
import { copyCheckout } from "./copy.ts";
import { mutate, type Survivor } from "./mutants.ts";
import { keep, results, tableOf, unexplained } from "./results.ts";
import { type Package, packages } from "./scope.ts";

const args = process.argv.slice(2);
if (args.includes("--table")) console.log(tableOf(results()));
else if (args.includes("--check")) check();
else await run(args.length > 0 ? args : packages);

async function run(names: readonly string[]): Promise<void> {
  const folder = copyCheckout();
  try {
    for (const name of names) {
      const whole = packages.find((one) => one === name);
      const of = whole ?? packages.find((one) => name.startsWith(`packages/${one}/src/`));
      if (of === undefined) throw new Error(`expected one of ${packages.join(", ")}, or a source file, got "${name}"`);
      const result = await mutate(folder, of, whole === undefined ? [name] : undefined);
      for (const survivor of unexplained(result)) console.log(describe(survivor));
      if (whole !== undefined) keep(whole, result);
      console.log(tableOf({ [of]: result } as Record<Package, typeof result>));
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
