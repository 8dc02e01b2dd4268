import { readFileSync } from "node:fs";
import * as sasl from "sasl";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

/** Runs a block; what it logs comes back. */
function run(code: string): unknown[] {
  const logged: unknown[] = [];
  const body = code.replace(/^import (\{.*?\}) from "sasl";$/gm, "const $1 = sasl;");
  new Function("sasl", "console", body)(sasl, { log: (value: unknown) => logged.push(value) });
  return logged;
}

it("the README's examples run, and log what their comments say", () => {
  expect(blocks.length).toBeGreaterThanOrEqual(3);
  for (const code of blocks) {
    const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
    expect(said.length).toBeGreaterThan(0);
    expect(run(code).map(String)).toEqual(said);
  }
});
