import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin, transform } from "esbuild";
import { instrument } from "./instrument.ts";
import { published } from "./published.ts";

/** The repository. */
export const root: string = fileURLToPath(new URL("../../../..", import.meta.url));
/** This package. */
export const here: string = join(root, "packages", "fuzz");

/** What generates inputs, and what needs the platform's streams, is not what is fuzzed. */
const LEFT_OUT = /^(arbitraries|streams|registry|texts|webcrypto)\//;

/**
 * Makes one file of the fuzzer and the packages' sources, whose blocks are counted.
 *
 * @param sources the folder in which the packages stand: the repository's own, or a copy
 * @param file where the bundle goes
 * @param entry what it begins with, below `src`
 */
export async function bundle(sources: string, file: string, entry = "run/cli.ts"): Promise<void> {
  const { contents, blocks } = await instrumented(sources);
  const { outputFiles } = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    plugins: [packagesFrom(sources, contents)],
    external: ["smtp-server"],
    nodePaths: [join(here, "node_modules")],
    logLevel: "error",
  });
  const total = blocks.reduce((sum, { count }) => sum + count, 0);
  const head = `globalThis.__blocks = new Uint32Array(${total}); globalThis.__files = ${JSON.stringify(blocks)};\n`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, head + outputFiles[0]!.text);
}

/** The blocks of a source file: so many, from a number on. */
export interface FileBlocks {
  /** E.g. `smtp-codec/src/server/session.ts`. */
  readonly file: string;
  readonly base: number;
  readonly count: number;
}

/** All sources, in an order that does not change, so that a block has the same number in every run. */
async function instrumented(
  sources: string,
): Promise<{ readonly contents: Map<string, string>; readonly blocks: FileBlocks[] }> {
  const contents = new Map<string, string>();
  const blocks: FileBlocks[] = [];
  let base = 0;
  for (const name of published) {
    const folder = join(sources, "packages", name, "src");
    const files = (readdirSync(folder, { recursive: true }) as string[]).filter((file) => file.endsWith(".ts")).sort();
    for (const file of files) {
      const path = join(folder, file);
      const code = await javascript(readFileSync(path, "utf8"));
      if (LEFT_OUT.test(file)) contents.set(path, code);
      else {
        const { code: counting, count } = instrument(code, "__blocks", base);
        contents.set(path, counting);
        blocks.push({ file: join(name, "src", file), base, count });
        base += count;
      }
    }
  }
  return { contents, blocks };
}

const known = new Map<string, string>();

/** TypeScript as JavaScript. What was translated is kept: of many bundles most files are the same. */
async function javascript(source: string): Promise<string> {
  const found = known.get(source) ?? (await transform(source, { loader: "ts", target: "es2022" })).code;
  known.set(source, found);
  return found;
}

/** Resolves the packages to their instrumented sources, and fast-check to one copy. */
function packagesFrom(sources: string, contents: ReadonlyMap<string, string>): Plugin {
  const names = new RegExp(`^(${published.join("|")})(?:/(.+))?$`);
  return {
    name: "packages",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: names }, ({ path }) => {
        const [, name = "", part = ""] = names.exec(path)!;
        return { path: join(sources, "packages", name, "src", part, "index.ts") };
      });
      onResolve({ filter: /^tools\/testing$/ }, () => ({
        path: join(root, "packages", "tools", "src", "testing", "index.ts"),
      }));
      onResolve({ filter: /^fast-check$/ }, () => ({
        path: realpathSync(join(here, "node_modules", "fast-check", "lib", "fast-check.js")),
      }));
      onLoad({ filter: /\/packages\/[^/]+\/src\/.*\.ts$/ }, ({ path }) => {
        const found = contents.get(path);
        return found === undefined ? undefined : { contents: found, loader: "js" };
      });
    },
  };
}
