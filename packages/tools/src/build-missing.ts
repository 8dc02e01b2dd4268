/** Builds the published packages whose `dist` is missing or older than what it is made from. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./run.ts";
import { lastChange, oldest, packageFolder, published } from "./workspace.ts";

let rebuilt = false;
for (const name of published) {
  const folder = packageFolder(name);
  const made = oldest(join(folder, "dist"));
  const changed = Math.max(lastChange(join(folder, "src")), statSync(join(folder, "package.json")).mtimeMs);
  // What a package depends on stands before it: its declarations are made from theirs.
  if (made > changed && !rebuilt) continue;
  rebuilt = true;
  process.stderr.write(`building ${name}\n`);
  capture("pnpm", ["--silent", "--filter", name, "build"]);
}
