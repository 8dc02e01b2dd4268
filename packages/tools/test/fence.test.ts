import { describe, expect, it } from "vitest";
import { breaches } from "../src/fence.ts";

const names = (source: string, dependencies: readonly string[] = ["dot-stuffing"]) =>
  breaches(source, dependencies).map(({ line, name }) => `${line}: ${name}`);

describe("the fence", () => {
  it("lets published files do what they may", () => {
    const source = `
      import { x } from "dot-stuffing";
      import { y } from "dot-stuffing/session";
      export * from "./chunk-1.js";
      const encoder = new TextEncoder();
      const process = { env: x };
      export function random(crypto_ = 1) { return crypto.getRandomValues(new Uint8Array(process.env ?? y)); }
      export const object = { Buffer: 1, window: encoder }.Buffer;`;
    expect(names(source)).toEqual([]);
  });

  it.each([
    ['import "node:fs";', "1: node:fs"],
    ['import x from "lodash"; x();', "1: lodash"],
    ['import x from "dot-stuffing-evil"; x();', "1: dot-stuffing-evil"],
    ['export { x } from "node:net";', "1: node:net"],
    ['export * from "fast-check";', "1: fast-check"],
    ['const x = await import("./y.js");', "1: import()"],
    ["export const x = Buffer.from('');", "1: Buffer"],
    ["\nexport const x = () => process.env;", "2: process"],
    ["export const x = typeof window;", "1: window"],
    ["globalThis.setTimeout(() => {}, 1);", "1: globalThis"],
    ["setTimeout(() => {}, 1);", "1: setTimeout"],
    ["export const x = () => Date.now();", "1: Date"],
    ["export const x = () => Math.random();", "1: Math.random"],
    ["const x = crypto.randomUUID();", "1: crypto"],
    ["eval('1');", "1: eval"],
    ["export const x = new Function('1');", "1: Function"],
    ["require('fs');", "1: require"],
    ["export const x = fetch;", "1: fetch"],
  ])("does not let them: %s", (source, expected) => {
    expect(names(source)).toEqual([expected]);
  });
});
