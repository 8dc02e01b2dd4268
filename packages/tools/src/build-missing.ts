/** Builds the published packages whose `dist` is missing or older than what it is made from. */
import { join } from "node:path";
import { capture } from "./run.ts";
import { lastChange, oldest, packageFolder, published, root } from "./workspace.ts";

const shared = [join(root, "tsconfig.base.json"), join(packageFolder("tools"), "src", "library.ts")];

let rebuilt = false;
for (const name of published) {
  const folder = packageFolder(name);
  const own = ["src", "package.json", "tsconfig.json", "tsup.config.ts"].map((path) => join(folder, path));
  // What a package depends on stands before it: its declarations are made from theirs.
  if (!rebuilt && oldest(join(folder, "dist")) > lastChange(...shared, ...own)) continue;
  rebuilt = true;
  process.stderr.write(`building ${name}\n`);
  capture("pnpm", ["--silent", "--filter", name, "build"]);
}
