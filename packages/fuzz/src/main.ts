/**
 * `pnpm fuzz [target …] [--seconds N] [--seed S]`; the README says the rest. The packages' sources are instrumented and bundled
 * anew, which takes a second or two, and run in this process.
 */
import { join } from "node:path";
import { bundle, here, root } from "./bundle/bundle.ts";

const args = process.argv.slice(2);
const file = join(here, "dist", "fuzz.mjs");
await bundle(root, file);
const { run } = (await import(file)) as typeof import("./run/cli.ts");
process.exitCode = run(here, args);
