/** All checks besides lint and tests, one after the other; the exit status says whether every one of them passed. */
import { join } from "node:path";
import { checkConsumers } from "./consumers.ts";
import { checkFence } from "./fence/fence.ts";
import { install } from "./install.ts";
import { checkJsr } from "./jsr.ts";
import { checkConformance } from "./ledger/conformance.ts";
import { capture } from "./run.ts";
import { checkSizes } from "./size/size.ts";
import { checkWidth } from "./width.ts";
import { outside, packageFolder, published } from "./workspace.ts";

interface Check {
  readonly name: string;
  /** Looks at what the build made: means nothing where that failed. */
  readonly built: boolean;
  /** Says what was checked. @throws Error saying what is wrong */
  run(): string | Promise<string>;
}

const checks: readonly Check[] = [
  { name: "width", built: false, run: checkWidth },
  { name: "types", built: false, run: checkTypes },
  { name: "jsr", built: false, run: checkJsr },
  { name: "build", built: false, run: build },
  { name: "outside", built: true, run: checkOutside },
  { name: "fence", built: true, run: checkFence },
  { name: "size", built: true, run: checkSizes },
  { name: "publint", built: true, run: () => checkEach("publint", "--strict") },
  // The packages are ES modules alone: that a CommonJS resolution fails is what is wanted.
  { name: "attw", built: true, run: () => checkEach("attw", "--pack", ".", "--profile", "esm-only") },
  { name: "consumers", built: true, run: checkConsumers },
  // The last one: vitest leaves variables behind in the environment, which no other tool should see.
  { name: "conformance", built: false, run: checkConformance },
];

function checkTypes(): string {
  capture("pnpm", ["--recursive", "--no-bail", "types"]);
  return "every package of the workspace, its tests too";
}

function build(): string {
  capture("pnpm", ["--recursive", "build"]);
  return `dist of ${published.length} packages`;
}

/** The packages outside the workspace see the built files, so that they are compiled after the build. */
function checkOutside(): string {
  for (const name of outside) capture("pnpm", ["--ignore-workspace", "--silent", "types"], { cwd: install(name) });
  return `types of ${outside.join(", ")}`;
}

/** Runs a tool of ours in every published package. */
function checkEach(tool: string, ...args: readonly string[]): string {
  const command = join(packageFolder("tools"), "node_modules", ".bin", tool);
  for (const name of published) capture(command, args, { cwd: packageFolder(name) });
  return `${published.length} packages`;
}

const failed: string[] = [];
for (const { name, built, run } of checks) {
  const label = name.padEnd(11);
  if (built && failed.includes("build")) {
    failed.push(name);
    console.log(`FAILED   ${label} there is no build to look at`);
    continue;
  }
  const start = performance.now();
  try {
    const what = await run();
    console.log(`ok       ${label} ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed.push(name);
    console.log(`FAILED   ${label} ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${checks.length - failed.length} of ${checks.length} checks passed`);
if (failed.length > 0) {
  console.log(`failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
