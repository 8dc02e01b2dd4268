import { readFileSync } from "node:fs";
import * as recording from "smtp-codec/recording";
import * as syntax from "smtp-codec/syntax";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

it("the README's example of the syntax runs, and logs what its comments say", () => {
  const code = blocks.find((block) => block.includes('"smtp-codec/syntax"'))!;
  const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
  expect(said).toHaveLength(3);
  const logged: unknown[] = [];
  const body = code
    .replace(/^import (\{.*?\}) from "smtp-codec\/syntax";$/gm, "const $1 = syntax;")
    .replace("<string, string[]>", "");
  new Function("syntax", "console", body)(syntax, { log: (value: unknown) => logged.push(value) });
  expect(logged).toEqual(said);
});

it("the README's example of recordings runs, and logs what its comments say", () => {
  const code = blocks.find((block) => block.includes('"smtp-codec/recording"'))!;
  const logged: unknown[] = [];
  const body = code
    .replace(/^import (\{.*?\}) from "smtp-codec\/recording";$/gm, "const $1 = recording;")
    .replace(": string[]", "");
  new Function("recording", "console", body)(recording, { log: (value: unknown) => logged.push(value) });
  expect(logged).toEqual(["connect", "ehlo", "violation", 503, null]);
});
