import { readFileSync } from "node:fs";
import * as syntax from "pop3-codec/syntax";
import ts from "typescript";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(import \{[^}]*\} from "pop3-codec\/syntax".*?)```/gs)].map(
  ([, code]) => code!,
);

it("the README's examples of the syntax run, and log what their comments say", () => {
  expect(blocks).toHaveLength(1);
  for (const code of blocks) {
    const logged: string[] = [];
    const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
    const body = outputText.replace(/^import (\{.*?\}) from "pop3-codec\/syntax";$/m, "const $1 = syntax;");
    const log = (...values: unknown[]) => logged.push(values.join(" "));
    new Function("syntax", "console", body)(syntax, { log });
    const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].flatMap(([, comment]) => comment!.split(" / "));
    expect(logged).toEqual(said);
  }
});
