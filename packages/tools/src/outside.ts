/**
 * Runs a package that stands outside the workspace, so that its peers are installed only when it is asked for:
 * `tsx src/outside.ts bench [argument …]`.
 */
import { install } from "./install.ts";
import { run } from "./run.ts";
import { outside } from "./workspace.ts";

const [name = "", ...rest] = process.argv.slice(2);
if (!outside.includes(name)) throw new Error(`expected one of ${outside.join(", ")}, got "${name}"`);
// What goes wrong in there has been printed in there.
process.exitCode = run("node", ["--import", "tsx", "src/main.ts", ...rest], { cwd: install(name) });
