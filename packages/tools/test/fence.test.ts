import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fence } from "../src/fence/fence.ts";
import { type Manifest, root } from "../src/workspace.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What the fence says of a package with these built files. */
function judge(files: Readonly<Record<string, string>>, manifest: Partial<Manifest> = {}): string[] {
  const folder = mkdtempSync(join(tmpdir(), "fence-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, "dist", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const whole: Manifest = {
    name: "sample",
    version: "0.0.0",
    license: "MIT",
    exports: { ".": entry("index"), "./package.json": "./package.json" },
    dependencies: { "dot-stuffing": "^0.1.0" },
    ...manifest,
  };
  const { files: count, outside } = fence(folder, whole);
  expect(count).toBe(Object.keys(files).length);
  const prefix = `${relative(root, join(folder, "dist"))}/`;
  return outside.map((line) => line.replace(prefix, ""));
}

const entry = (name: string) => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` });

describe("the fence", () => {
  it("lets published files do what they may", () => {
    const index = `
      import { x } from "dot-stuffing";
      import { y } from "dot-stuffing/session";
      import * as z from "./chunk-1.js";
      const encoder = new TextEncoder();
      const process = { env: x }; // the module's own
      export function random(Date = 1) { return crypto.getRandomValues(new Uint8Array(Math.max(process.env, y, Date))); }
      export class Nonce { octets = crypto.getRandomValues(new Uint8Array(8)); static #salt = z; }
      export const lazy = { make: () => crypto, Buffer: 1, window: encoder }.Buffer;
      export { lazy as fetch };
      export const { One } = { One: class Two {} };
      export const Three = class Three { static make = () => new Three(); }, four = class {};`;
    expect(judge({ "index.js": index, "chunk-1.js": "export const fetch = 1;" })).toEqual([]);
  });

  it.each([
    // imports
    ['import "node:fs";', "1: node:fs is not a listed dependency"],
    ['\nimport x from "lodash"; x();', "2: lodash is not a listed dependency"],
    ['import x from "dot-stuffing-evil"; x();', "1: dot-stuffing-evil is not a listed dependency"],
    ['export { x } from "node:net";', "1: node:net is not a listed dependency"],
    ['export * from "fast-check";', "1: fast-check is not a listed dependency"],
    ['import "./missing.js";', "1: ./missing.js is not a built file"],
    ['import "../../sasl/dist/index.js";', "1: ../../sasl/dist/index.js is not a built file"],
    ['const x = await import("./y.js");', "1: import() is dynamic"],
    ["var A = class _A { static x = () => new _A(); }; export { A };", "1: _A is not the class's own name"],
    ["export const x = import.meta.url;", "1: import.meta differs from runtime to runtime"],
    // globals
    ["export const x = Buffer.from('');", "1: Buffer is a global that is not on the list"],
    ["\n\nexport const x = () => process.env;", "3: process is a global that is not on the list"],
    ["export const x = typeof window;", "1: window is a global that is not on the list"],
    ["{ let fetch; } export const x = fetch;", "1: fetch is a global that is not on the list"],
    ["export const x = { setTimeout };", "1: setTimeout is a global that is not on the list"],
    ["globalThis.setTimeout(() => {}, 1);", "1: globalThis is a global that is not on the list"],
    ["export const x = globalThis['Buffer'];", "1: globalThis is a global that is not on the list"],
    ["require('fs');", "1: require is a global that is not on the list"],
    ["export const x = new ReadableStream();", "1: ReadableStream is a global that is not on the list"],
    // code from strings
    ["eval('1');", "1: eval is a global that is not on the list"],
    ["(0, eval)('1');", "1: eval is a global that is not on the list"],
    ["export const x = new Function('1');", "1: Function is a global that is not on the list"],
    ["export const x = (() => 1).constructor('1');", "1: constructor() can be Function, that is eval"],
    ["export const x = (() => 1)['constructor']('1');", "1: constructor() can be Function, that is eval"],
    // clocks, randomness, locales
    ["export const x = () => Date.now();", "1: Date is a global that is not on the list"],
    ["export const x = () => performance.now();", "1: performance is a global that is not on the list"],
    ["export const x = () => Math.random();", "1: Math.random is randomness, or Math is not used as Math.NAME"],
    ["export const x = () => Math['random']();", "1: Math.random is randomness, or Math is not used as Math.NAME"],
    ["export const x = (y) => Math[y]();", "1: Math.random is randomness, or Math is not used as Math.NAME"],
    ["export const { random } = Math;", "1: Math.random is randomness, or Math is not used as Math.NAME"],
    ["export const x = (y) => y.toLocaleLowerCase();", "1: toLocaleLowerCase depends on the runtime's locale"],
    ["export const x = new Intl.Collator();", "1: Intl is a global that is not on the list"],
    // the random source at import
    ["export const x = crypto.randomUUID();", "1: crypto is used at import"],
    ["export const x = (() => crypto.randomUUID())();", "1: crypto is used at import"],
    ["const { subtle } = crypto;", "1: crypto is used at import"],
    ["class X { static y = crypto; }", "1: crypto is used at import"],
    ["class X { static { crypto.randomUUID(); } }", "1: crypto is used at import"],
  ])("does not let them: %s", (source, expected) => {
    expect(judge({ "index.js": source })).toEqual([`index.js:${expected}`]);
  });

  it("names every place, in order", () => {
    const source = `${"\n".repeat(8)}Buffer;\nBuffer;\nimport "node:fs";`;
    expect(judge({ "index.js": source }).map((line) => line.split(" ")[0])).toEqual([
      "index.js:9:",
      "index.js:10:",
      "index.js:11:",
    ]);
  });

  it("follows relative imports, and judges files that no entry point leads to", () => {
    const files = {
      "index.js": 'import "./inner/a.js";',
      "inner/a.js": 'export * from "../b.js";',
      "b.js": "process;",
      "lost.js": "Buffer;",
    };
    expect(judge(files)).toEqual([
      "b.js:1: process is a global that is not on the list",
      "lost.js:1: Buffer is a global that is not on the list",
    ]);
  });

  it("says which entry point has not been built", () => {
    expect(judge({})).toEqual(["index.js:1: . has not been built"]);
  });

  describe("fast-check", () => {
    const exports = { ".": entry("index"), "./arbitraries": entry("arbitraries/index") };
    const peerDependencies = { "fast-check": "^4" };
    const files = {
      "index.js": "export {};",
      "arbitraries/index.js": 'export * from "../chunk-1.js";',
      "chunk-1.js": 'import fc from "fast-check"; export const x = fc.string();',
    };

    it("is imported by ./arbitraries", () => {
      expect(judge(files, { exports, peerDependencies })).toEqual([]);
    });

    it("only as a peer", () => {
      expect(judge(files, { exports })).toEqual(["chunk-1.js:1: fast-check is not a listed dependency"]);
    });

    it("never through a chunk that the core shares", () => {
      expect(judge({ ...files, "index.js": 'import "./chunk-1.js";' }, { exports, peerDependencies })).toEqual([
        "chunk-1.js:1: fast-check is not a listed dependency",
      ]);
    });
  });

  it("lets ./streams, and nothing else, use streams", () => {
    const exports = { ".": entry("index"), "./streams": entry("streams") };
    const streams = "export const x = () => new TransformStream();";
    expect(judge({ "index.js": "export {};", "streams.js": streams }, { exports })).toEqual([]);
    expect(judge({ "index.js": 'import "./streams.js";', "streams.js": streams }, { exports })).toEqual([
      "streams.js:1: TransformStream is a global that is not on the list",
    ]);
  });
});
