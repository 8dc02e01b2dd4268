/**
 * Uses the packages as their users will: packed, installed into an empty project, imported in Node, and compiled
 * against under each set of types that a user may have, the examples of the READMEs among what is compiled.
 */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { entryPoints, installPacked } from "./packed.ts";
import { writeReadmeBlocks } from "./readme-blocks.ts";
import { capture } from "./run.ts";
import { packageFolder } from "./workspace.ts";

const TOOLS = packageFolder("tools");

interface Surrounding {
  readonly name: string;
  /** The compiler's folder in `node_modules`. */
  readonly compiler: "typescript" | "typescript-oldest";
  readonly lib: readonly string[];
  readonly types: readonly string[];
  /** Whether these types know Web Streams: where they do not, streams.ts is left out. */
  readonly streams: boolean;
  /** What is compiled. Default `"*.ts"`. */
  readonly include?: string;
}

/** What users compile with: TypeScript, its libraries, and packages of types. */
const SURROUNDINGS: readonly Surrounding[] = [
  { name: "ES2022 alone", compiler: "typescript", lib: ["ES2022"], types: [], streams: false },
  { name: "the oldest TypeScript", compiler: "typescript-oldest", lib: ["ES2022"], types: [], streams: false },
  { name: "DOM", compiler: "typescript", lib: ["ES2022", "DOM"], types: [], streams: true },
  { name: "Node", compiler: "typescript", lib: ["ES2022"], types: ["@types/node"], streams: true },
  { name: "Workers", compiler: "typescript", lib: ["ES2022"], types: ["@cloudflare/workers-types"], streams: true },
];

/** What the examples of the READMEs are compiled with. */
const README: Surrounding = {
  ...{ name: "Node, the READMEs", compiler: "typescript", lib: ["ES2022"], types: ["@types/node"], streams: true },
  include: "readme/*.ts",
};

/** @throws Error with what npm, Node or TypeScript said */
export function checkConsumers(): string {
  const project = mkdtempSync(join(tmpdir(), "consumer-"));
  try {
    cpSync(join(TOOLS, "consumers"), project, { recursive: true });
    installPacked(project);
    const imported = importAll(project);
    for (const types of SURROUNDINGS.flatMap((surrounding) => surrounding.types)) link(project, types);
    for (const surrounding of SURROUNDINGS) compile(project, surrounding);
    const blocks = writeReadmeBlocks(join(project, "readme"));
    compile(project, README);
    const names = SURROUNDINGS.map(({ name }) => name).join(", ");
    return `${imported} entry points imported, compiled under ${names}; ${blocks} examples of READMEs compiled`;
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/**
 * Imports every entry point in Node; says how many there are. Only generators get fast-check: nothing else may need it.
 */
function importAll(project: string): number {
  const entries = entryPoints();
  const generators = entries.filter((entry) => entry.endsWith("/arbitraries"));
  const others = entries.filter((entry) => !generators.includes(entry));
  capture("node", ["import.mjs", ...others], { cwd: project });
  if (generators.length > 0) {
    link(project, "fast-check");
    // It reads the clock at import, which is its own affair: it is there before the clock is taken away.
    capture("node", ["--import", "fast-check", "import.mjs", ...generators], { cwd: project });
  }
  return entries.length;
}

/** Puts a package of ours where the project finds it. The link's target has its own dependencies beside it. */
function link(project: string, name: string): void {
  const place = join(project, "node_modules", name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(realpathSync(join(TOOLS, "node_modules", name)), place);
}

/** Every declaration file is checked too, ours and those that stand beside them. */
function compile(project: string, { name, compiler, lib, types, streams, include = "*.ts" }: Surrounding): void {
  const compilerOptions = {
    ...{ target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", lib, types, noEmit: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
    ...{ skipLibCheck: false, allowImportingTsExtensions: true },
  };
  const files = { include: [include], exclude: streams ? [] : ["streams.ts"] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, ...files }));
  try {
    capture("node", [join(TOOLS, "node_modules", compiler, "bin", "tsc"), "--project", project]);
  } catch (error) {
    throw new Error(`under ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
