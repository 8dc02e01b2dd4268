import { readFileSync } from "node:fs";
import * as fastCheck from "fast-check";
import * as sasl from "sasl";
import * as arbitraries from "sasl/arbitraries";
import * as saslprep from "sasl/saslprep";
import * as webcrypto from "sasl/webcrypto";
import ts from "typescript";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
const modules = {
  sasl,
  "sasl/arbitraries": arbitraries,
  "sasl/saslprep": saslprep,
  "sasl/webcrypto": webcrypto,
  "fast-check": fastCheck,
};
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;

/** Runs a block; what it logs comes back. */
async function run(code: string): Promise<unknown[]> {
  const logged: unknown[] = [];
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true };
  const body = ts
    .transpileModule(code, { compilerOptions })
    .outputText.replace(/^import (\{[^}]*\}) from "(.+)";$/gm, 'const $1 = modules["$2"];')
    .replace(/^import (\w+) from "(.+)";$/gm, 'const $1 = modules["$2"].default;');
  await new AsyncFunction("modules", "console", body)(modules, { log: (value: unknown) => logged.push(value) });
  return logged;
}

it("there are examples", () => {
  expect(blocks.length).toBeGreaterThanOrEqual(3);
});

it.each(blocks)("the README's example runs, and logs what its comments say: %#", async (code) => {
  const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
  expect(said.length).toBeGreaterThan(0);
  expect((await run(code)).map(String)).toEqual(said);
});
