/**
 * Runs a package that stands outside the workspace, so that its peers are installed only when it is asked for:
 * `tsx src/outside.ts bench [argument …]`.
 */
import { join } from "node:path";
import { capture, run } from "./run.ts";
import { packageFolder } from "./workspace.ts";

const [name = "", ...rest] = process.argv.slice(2);
const folder = packageFolder(name);
capture("pnpm", ["install", "--ignore-workspace", "--frozen-lockfile"], { cwd: folder });
try {
  run("node", [join(folder, "node_modules", "tsx", "dist", "cli.mjs"), "src/main.ts", ...rest], { cwd: folder });
} catch {
  // What failed has been printed by the package itself.
  process.exitCode = 1;
}
