/**
 * An empty project with the packed packages installed, as users have them, and the programs that runtimes are to run in
 * it.
 */
import { cpSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { entryPoints, installPacked } from "../../../tools/src/packed.ts";
import type { World } from "../world.ts";
import { bundle } from "./bundle.ts";

const packages = fileURLToPath(new URL("../../../", import.meta.url));

/** Paths of programs. */
export interface Project {
  readonly folder: string;
  /** The conformance program, a module without a side effect; and two that run it and print its report. */
  readonly conformance: string;
  readonly print: string;
  readonly printFlipped: string;
  /** Imports every entry point, and prints how many names each has. */
  readonly importAll: string;
  /** The same, bundled: for runtimes that have no packages. */
  readonly importAllBundled: string;
  /** The example client for Workers, bundled. */
  readonly worker: string;
  /** The example client for Node, bundled, and the demo. */
  readonly nodeClient: string;
  readonly demo: string;
  /** A file of the examples for runtimes, copied. */
  example(name: string): string;
}

const projects = new WeakMap<World, Promise<Project>>();

/** Made once in a run. @throws Error with what npm or the bundler said */
export function projectOf(world: World): Promise<Project> {
  const found = projects.get(world) ?? make(world);
  projects.set(world, found);
  return found;
}

async function make(world: World): Promise<Project> {
  const folder = await world.emptyRoom("project");
  installPacked(folder);
  // Generators get theirs: it is no dependency of the packages, and nothing else may need it.
  symlinkSync(realpathSync(join(packages, "tools/node_modules/fast-check")), join(folder, "node_modules/fast-check"));
  const examples = join(folder, "examples");
  cpSync(join(packages, "examples/src/runtimes"), examples, { recursive: true });
  const path = (name: string) => join(folder, name);
  const project: Project = {
    folder,
    conformance: path("conformance.js"),
    print: path("print.js"),
    printFlipped: path("print-flipped.js"),
    importAll: path("import-all.js"),
    importAllBundled: path("import-all-bundled.js"),
    worker: path("worker.js"),
    nodeClient: path("node-client.mjs"),
    demo: path("demo.mjs"),
    example: (name) => join(examples, name),
  };
  const print = (argument: string) =>
    `import { conformance } from "./conformance.js";\nconsole.log(JSON.stringify(await conformance(${argument})));\n`;
  writeFileSync(project.print, print("false"));
  writeFileSync(project.printFlipped, print("true"));
  writeFileSync(path("counts.js"), countsModule());
  writeFileSync(project.importAll, 'import { counts } from "./counts.js";\nconsole.log(JSON.stringify(counts));\n');
  await bundle(folder, "interop/runtimes/conformance/main.ts", project.conformance);
  await bundle(folder, path("counts.js"), project.importAllBundled);
  await bundle(folder, "examples/src/runtimes/worker.ts", project.worker, { external: ["cloudflare:sockets"] });
  await bundle(folder, "examples/src/runtimes/node-client.ts", project.nodeClient, { platform: "node" });
  await bundle(folder, "examples/src/demo/main.ts", project.demo, { platform: "node" });
  return project;
}

/** A module that imports every entry point. */
function countsModule(): string {
  const entries = entryPoints();
  const imports = entries.map((entry, index) => `import * as entry${index} from ${JSON.stringify(entry)};\n`);
  const counts = entries.map((entry, index) => `  ${JSON.stringify(entry)}: Object.keys(entry${index}).length,\n`);
  return `${imports.join("")}export const counts = {\n${counts.join("")}};\n`;
}
