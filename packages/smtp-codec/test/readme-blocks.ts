import { readFileSync } from "node:fs";
import ts from "typescript";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
/** The README's examples. */
export const blocks: readonly string[] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

/** What a block of the README exports, its imports given. */
export function run<Exported>(sign: string, exported: string, given: Readonly<Record<string, unknown>>): Exported {
  const code = blocks.find((block) => block.includes(sign))!;
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const body = outputText.replace(/^import .*$/gm, "").replace("export ", "");
  return new Function(...Object.keys(given), `${body}; return ${exported};`)(...Object.values(given)) as Exported;
}
