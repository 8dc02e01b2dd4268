/** The one build configuration of all published packages: ES modules, declarations, source maps. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "tsup";

type Manifest = { exports: Record<string, string | { default: string }> };

/** Every `./dist/NAME.js` in the package's `exports` is built from `src/NAME.ts`. */
function entries(directory: string): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
  const found: Record<string, string> = {};
  for (const target of Object.values(manifest.exports)) {
    const file = typeof target === "string" ? target : target.default;
    const name = /^\.\/dist\/(.+)\.js$/.exec(file)?.[1];
    if (name !== undefined) found[name] = `src/${name}.ts`;
  }
  return found;
}

export function library(directory: string): ReturnType<typeof defineConfig> {
  const entry = entries(directory);
  return defineConfig({
    entry,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    // Streams are the DOM library's. That nothing else uses it is what the packages' own tsconfig.json files check.
    dts: { compilerOptions: { lib: "streams/index" in entry ? ["ES2022", "DOM"] : ["ES2022"] } },
    sourcemap: true,
    clean: true,
    treeshake: true,
    // Numbers with names become numbers: variables of a module would be loaded from memory for every octet read.
    esbuildOptions(options) {
      options.minifySyntax = true;
    },
  });
}
