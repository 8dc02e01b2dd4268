import { readFileSync } from "node:fs";
import * as pop3Codec from "pop3-codec";
import { octets, text } from "tools/testing";
import ts from "typescript";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const [, block = ""] = /## Server\n.*?```ts\n(.*?)```/s.exec(readme) ?? [];

type Serve = (connection: object, open: (name: string, password: string) => Promise<object | null>) => Promise<void>;

function compile(): Serve {
  const { outputText } = ts.transpileModule(block, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const body = outputText.replace(/^import (.*?) from "pop3-codec";$/m, "const $1 = pop3Codec;").replace("export ", "");
  return new Function("pop3Codec", `${body}; return serve;`)(pop3Codec) as Serve;
}

it("the README's server runs: passwords under TLS alone, messages, and what was deleted", async () => {
  const removed: (readonly number[])[] = [];
  const slept: number[] = [];
  const written: string[] = [];
  const lines = [
    ...["USER tim", "STLS", "USER tim", "PASS x", "USER tim", "PASS tanstaaf"],
    ...["STAT", "RETR 1", "TOP 2 0", "DELE 2", "QUIT"],
  ];
  const connection = {
    read: async () => octets(`${lines.shift()}\r\n`),
    write: async (bytes: Uint8Array) => void written.push(text(bytes)),
    startTls: async () => void written.push("TLS\r\n"),
    sleep: async (seconds: number) => void slept.push(seconds),
  };
  const messages = ["a: b\n\n.c\n", "d: e\r\n\r\nf"];
  await compile()(connection, async (name, password) => {
    if (name !== "tim" || password !== "tanstaaf") return null;
    return {
      maildrop: { sizes: [12, 11], uniqueIds: ["1", "2"] },
      content: (number: number) => octets(messages[number - 1]!),
      remove: async (numbers: readonly number[]) => removed.push(numbers) > 0,
    };
  });
  expect(written.join("")).toBe(
    [
      ...["+OK ready", "-ERR TLS comes first", "+OK", "TLS", "+OK", "-ERR [AUTH] authentication failed"],
      ...["+OK", "+OK", "+OK 2 23", "+OK", "a: b", "", "..c", ".", "+OK", "d: e", "", ".", "+OK", "+OK", ""],
    ].join("\r\n"),
  );
  expect([removed, slept]).toEqual([[[2]], [2]]);
});
