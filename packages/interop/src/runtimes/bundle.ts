/**
 * Bundles programs for runtimes: one plain module each, with the packed packages in it as they are installed in a
 * project.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { published } from "../../../tools/src/workspace.ts";

const packages = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * @param project where the published packages are installed
 * @param entry the program: a path below `packages`, or a whole one
 * @param platform `"node"` may import its modules; others have nothing but what `external` names
 */
export async function bundle(
  project: string,
  entry: string,
  outfile: string,
  { platform = "neutral", external = [] }: { platform?: "node" | "neutral"; external?: string[] } = {},
): Promise<void> {
  await build({
    entryPoints: [resolve(packages, entry)],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2022",
    platform,
    external,
    mainFields: ["module", "main"],
    conditions: ["import", "module", "default"],
    tsconfigRaw: {}, // package names do not lead to sources here
    // What is CommonJS asks for Node's modules by require.
    ...(platform === "node" && {
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    }),
    logLevel: "error",
    plugins: [installed(project), files, ...(platform === "neutral" ? [testing] : [])],
  });
}

/** Imports of the published packages, and of what generators stand on, lead into the project. */
function installed(project: string): Plugin {
  const names = new RegExp(`^(${published.join("|")}|fast-check)(/|$)`);
  return {
    name: "installed",
    setup({ onResolve, resolve: lookUp }) {
      onResolve({ filter: names }, ({ path, kind, pluginData }) =>
        pluginData === installed ? undefined : lookUp(path, { resolveDir: project, kind, pluginData: installed }),
      );
    },
  };
}

/** `files:FOLDER` has every data file of a folder below `packages`, by its name. */
const files: Plugin = {
  name: "files",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^files:/ }, ({ path }) => ({ path: path.slice("files:".length), namespace: "files" }));
    onLoad({ filter: /.*/, namespace: "files" }, ({ path }) => {
      const folder = join(packages, path);
      const names = readdirSync(folder).filter((name) => /\.(json|txt)$/.test(name));
      const texts = names.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]);
      return { contents: JSON.stringify(Object.fromEntries(texts)), loader: "json" };
    });
  },
};

/** Of what tests share, only what a program uses: other parts of it need Node. */
const testing: Plugin = {
  name: "testing",
  setup({ onResolve }) {
    const folder = join(packages, "tools/src/testing");
    onResolve({ filter: /^tools\/testing$/ }, () => ({ path: join(folder, "index.ts"), sideEffects: false }));
    onResolve({ filter: /^\.\// }, ({ path, importer }) =>
      dirname(importer) === folder ? { path: join(folder, path), sideEffects: false } : undefined,
    );
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};
