import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests run from the sources: package names lead to `src`, as in tsconfig.base.json. */
const published = ["dot-stuffing", "sasl", "smtp-codec", "pop3-codec"];
const source = (path: string) => fileURLToPath(new URL(`./packages/${path}/index.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: "tools/testing", replacement: source("tools/src/testing") },
      ...published.flatMap((name) => [
        { find: new RegExp(`^${name}$`), replacement: source(`${name}/src`) },
        { find: new RegExp(`^${name}/(.+)$`), replacement: source(`${name}/src/$1`) },
      ]),
    ],
  },
  test: {
    // No test leaves anything global changed, and a module graph for each file would take most of the time.
    isolate: false,
    // Nothing is timed: a busy machine must not fail a test.
    testTimeout: 60_000,
    // What needs packages that are installed there alone is run there.
    exclude: ["packages/fuzz/test/own/**", "**/node_modules/**"],
    include: [
      "packages/{dot-stuffing,sasl,smtp-codec,pop3-codec,examples,tools,fuzz,interop,mutation}/test/**/*.test.ts",
    ],
    coverage: {
      include: published.map((name) => `packages/${name}/src/**/*.ts`),
      reporter: ["text-summary", "text"],
    },
  },
});
