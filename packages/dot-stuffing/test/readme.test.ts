import { readFileSync } from "node:fs";
import * as dotStuffing from "dot-stuffing";
import * as session from "dot-stuffing/session";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

/** Runs a block; what it logs comes back. */
function run(code: string): string[] {
  const logged: string[] = [];
  const body = code.replace(/^import (\{.*?\}) from "dot-stuffing(?:\/session)?";$/m, "const $1 = dotStuffing;");
  const log = (...values: unknown[]) => logged.push(values.join(" "));
  new Function("dotStuffing", "console", body)({ ...session, ...dotStuffing }, { log });
  return logged;
}

it("the README's examples run, and log what they say", () => {
  expect(blocks.map(run)).toEqual([["13", '"hello\\r\\n."', '"dot\\r\\n"', "0"], ["26 30 1"], ["NOOP", "bare-lf 10"]]);
});
