/**
 * Uses the packages as their users will: packed, installed into an empty project, imported in Node, and compiled against under
 * each set of types that a user may have.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { capture } from "./run.ts";
import { manifestOf, packageFolder, published } from "./workspace.ts";

const SOURCES = join(packageFolder("tools"), "consumers");
const require = createRequire(import.meta.url);

/** What users compile with: TypeScript's libraries, and packages of types. */
const SURROUNDINGS: readonly {
  readonly name: string;
  readonly lib: readonly string[];
  readonly types: readonly string[];
}[] = [
  { name: "ES2022 alone", lib: ["ES2022"], types: [] },
  { name: "DOM", lib: ["ES2022", "DOM"], types: [] },
  { name: "Node", lib: ["ES2022"], types: ["node"] },
  { name: "Workers", lib: ["ES2022"], types: ["@cloudflare/workers-types"] },
];

/** @throws Error with what npm, Node or TypeScript said */
export function checkConsumers(): string {
  const project = mkdtempSync(join(tmpdir(), "consumer-"));
  try {
    const tarballs = join(project, "tarballs");
    mkdirSync(tarballs);
    for (const name of published)
      capture("pnpm", ["--silent", "pack", "--pack-destination", tarballs], { cwd: packageFolder(name) });
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
    const files = readdirSync(tarballs).map((file) => join(tarballs, file));
    capture("npm", ["install", "--no-audit", "--no-fund", "--silent", ...files], { cwd: project });
    const imported = importAll(project);
    for (const types of new Set(SURROUNDINGS.flatMap((surrounding) => surrounding.types))) linkTypes(project, types);
    cpSync(SOURCES, project, { recursive: true });
    for (const surrounding of SURROUNDINGS) compile(project, surrounding);
    return `${imported} entry points imported, compiled under ${SURROUNDINGS.map(({ name }) => name).join(", ")}`;
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** Imports every entry point in Node; says how many there are. */
function importAll(project: string): number {
  const entries = published.flatMap((name) =>
    Object.keys(manifestOf(name).exports)
      .filter((path) => path !== "./package.json")
      .map((path) => join(name, path)),
  );
  const program = entries.map(
    (entry) => `if (Object.keys(await import("${entry}")).length === 0) throw new Error("${entry} is empty");`,
  );
  capture("node", ["--input-type=module", "--eval", program.join("\n")], { cwd: project });
  return entries.length;
}

function linkTypes(project: string, name: string): void {
  const folder = name === "node" ? "@types/node" : name;
  const target = join(project, "node_modules", folder);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(dirname(require.resolve(`${folder}/package.json`)), target, { recursive: true, dereference: true });
}

function compile(project: string, { name, lib, types }: (typeof SURROUNDINGS)[number]): void {
  const compilerOptions = {
    ...{ target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", strict: true, noEmit: true },
    // Packages of types are not ours to check: ours are.
    ...{ exactOptionalPropertyTypes: true, verbatimModuleSyntax: true, skipLibCheck: types.length > 0, lib, types },
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  try {
    capture("node", [require.resolve("typescript/bin/tsc"), "--project", project]);
  } catch (error) {
    throw new Error(`under ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
