import { readFileSync } from "node:fs";
import * as dotStuffing from "dot-stuffing";
import * as arbitraries from "dot-stuffing/arbitraries";
import * as session from "dot-stuffing/session";
import * as streams from "dot-stuffing/streams";
import fc from "fast-check";
import ts from "typescript";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

const modules: Readonly<Record<string, object>> = {
  "dot-stuffing": dotStuffing,
  "dot-stuffing/arbitraries": arbitraries,
  "dot-stuffing/session": session,
  "dot-stuffing/streams": streams,
  "fast-check": { fc },
};

/** Runs a block; what it logs comes back. */
async function run(code: string): Promise<string[]> {
  const logged: string[] = [];
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  const body = outputText.replace(/^import (.*?) from "(.*?)";$/gm, (_, names: string, from: string) => {
    return `const ${names.startsWith("{") ? names : `{ ${names} }`} = modules["${from}"];`;
  });
  const log = (...values: unknown[]) => logged.push(values.join(" "));
  await new Function("modules", "console", `return (async () => {${body}})();`)(modules, { log });
  return logged;
}

it("the README's examples run, and log what they say", async () => {
  const logged: string[][] = [];
  for (const code of blocks) logged.push(await run(code));
  expect(logged).toEqual([
    ["13", '"hello\\r\\n."', '"dot\\r\\n"', "0"],
    ["26 30 1"],
    ["NOOP", "bare-lf 10"],
    ['"Subject: dots\\r\\n\\r\\n.\\r\\n"', "20 QUIT\r\n"],
    ["LF.LF, LF.CRLF, CRLF.LF"],
  ]);
});
