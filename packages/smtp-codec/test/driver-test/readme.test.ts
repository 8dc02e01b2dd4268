import { readFileSync } from "node:fs";
import * as kit from "smtp-codec/driver-test";
import ts from "typescript";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

it("the README's driver passes the kit", async () => {
  const code = blocks.find((block) => block.includes("testServerDriver("))!;
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  const body = outputText.replace(/^import (\{.*?\}) from ".*";$/gm, "const $1 = kit;");
  const said: unknown[] = [];
  const run = new Function("kit", "console", `return (async () => {${body}; return report;})()`);
  const report = await run(kit, { log: (line: unknown) => said.push(line) });
  expect(said).toEqual([]);
  expect(report.passed).toBe(true);
});
