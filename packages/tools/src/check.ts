/** All checks besides lint and tests, one after the other; the exit status says whether every one of them passed. */
import { join } from "node:path";
import { checkConsumers } from "./consumers.ts";
import { checkFence } from "./fence.ts";
import { capture } from "./run.ts";
import { packageFolder, published } from "./workspace.ts";

const tool = (name: string) => join(packageFolder("tools"), "node_modules", ".bin", name);

const checks: readonly (readonly [name: string, check: () => string])[] = [
  ["types", () => recursive("types", "every package, its tests too")],
  ["build", () => recursive("build", "dist of every published package")],
  ["fence", checkFence],
  ["publint", () => forEachPackage((folder) => capture(tool("publint"), ["--strict"], { cwd: folder }))],
  // The packages are ES modules alone: that a CommonJS resolution fails is what is wanted.
  [
    "attw",
    () => forEachPackage((folder) => capture(tool("attw"), ["--pack", ".", "--profile", "esm-only"], { cwd: folder })),
  ],
  ["consumers", checkConsumers],
];

/** Runs a script in every package that has it. */
function recursive(script: string, what: string): string {
  capture("pnpm", ["--recursive", "--no-bail", script]);
  return what;
}

function forEachPackage(check: (folder: string) => void): string {
  for (const name of published) check(packageFolder(name));
  return `${published.length} packages`;
}

let failed = 0;
for (const [name, check] of checks) {
  try {
    console.log(`ok      ${name}: ${check()}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${checks.length - failed} of ${checks.length} checks passed`);
if (failed > 0) process.exitCode = 1;
