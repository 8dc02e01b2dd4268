import { expect, it } from "vitest";
import { checkJsr, jsrOf } from "../src/jsr.ts";
import { manifestOf } from "../src/workspace.ts";

it("leads from entry points to sources, and from dependencies to where they are published", () => {
  const jsr = jsrOf({
    name: "sample",
    version: "1.2.3",
    license: "MIT",
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./syntax": { types: "./dist/syntax/index.d.ts", default: "./dist/syntax/index.js" },
      "./package.json": "./package.json",
    },
    dependencies: { "dot-stuffing": "^0.1.0", "@noble/hashes": "~2.4.0" },
    peerDependencies: { "fast-check": "^4.0.0" },
  });
  expect(JSON.parse(jsr)).toEqual({
    name: "@mail-codecs/sample",
    version: "1.2.3",
    license: "MIT",
    exports: { ".": "./src/index.ts", "./syntax": "./src/syntax/index.ts" },
    imports: {
      "dot-stuffing": `jsr:@mail-codecs/dot-stuffing@^${manifestOf("dot-stuffing").version}`,
      "@noble/hashes": "npm:@noble/hashes@~2.4.0",
      "fast-check": "npm:fast-check@^4.0.0",
    },
    publish: { include: ["src", "README.md", "CHANGELOG.md", "LICENSE"] },
  });
});

it("says that the jsr.json files are up to date", () => {
  expect(checkJsr()).toContain("jsr.json");
});
