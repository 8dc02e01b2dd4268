import { readFileSync } from "node:fs";
import * as pop3Codec from "pop3-codec";
import * as sasl from "sasl";
import { octets, text } from "tools/testing";
import ts from "typescript";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const [, block = "", login = ""] = /## Client\n.*?```ts\n(.*?)```.*?```ts\n(.*?)```/s.exec(readme) ?? [];

type FetchNew = (
  connection: object,
  name: string,
  password: string,
  store: object,
  resume?: pop3Codec.RetrievalReport,
) => Promise<pop3Codec.RetrievalReport | null>;

function compile(): FetchNew {
  const { outputText } = ts.transpileModule(block, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const body = outputText.replace(/^import (.*?) from "pop3-codec";$/m, "const $1 = pop3Codec;").replace("export ", "");
  return new Function("pop3Codec", `${body}; return fetchNew;`)(pop3Codec) as FetchNew;
}

it("the README's client runs: TLS, login, what is new, and what became of it", async () => {
  const stored: unknown[] = [];
  const written: string[] = [];
  const answers = [
    ...["+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\n"],
    ...["+OK\r\nUSER\r\n.\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n1 old\r\n2 new\r\n.\r\n", "+OK 2 9\r\n"],
    ...["+OK\r\n1 4\r\n2 5\r\n.\r\n", "+OK\r\n..x\r\n.\r\n", "+OK\r\n", "+OK\r\n"],
  ];
  const connection = {
    read: async () => (answers.length === 0 ? null : octets(answers.shift()!)),
    write: async (bytes: Uint8Array) => void written.push(text(bytes).replaceAll("\r\n", "|")),
    startTls: async () => void written.push("(TLS)"),
  };
  const store = {
    known: new Set(["old"]),
    add: async (uniqueId: string, pieces: Uint8Array[]) => void stored.push([uniqueId, text(pieces)]),
  };
  const report = await compile()(connection, "tim", "tanstaaf", store);
  expect(stored).toEqual([["new", ".x\r\n"]]);
  expect(written.join("")).toBe("CAPA|STLS|(TLS)CAPA|USER tim|PASS tanstaaf|UIDL|STAT|LIST|RETR 2|DELE 2|QUIT|");
  expect(report).toMatchObject({ deletions: "confirmed", removed: [{ uniqueId: "new" }] });
});

it("the README's login runs: SCRAM where it is offered, else APOP", () => {
  const imports = /^import (\{.*\}) from "(pop3-codec|sasl)";$/gm;
  const body = login.replace(
    imports,
    (_, names, from) => `const ${names} = ${from === "sasl" ? "sasl" : "pop3Codec"};`,
  );
  const begin = new Function("pop3Codec", "sasl", `${body}; return session;`) as (
    ...packages: object[]
  ) => pop3Codec.Pop3ClientSession;
  const said = (capabilities: string) => {
    const session = begin(pop3Codec, sasl);
    session.receive(octets(`+OK <a@b>\r\n+OK\r\n${capabilities}\r\n.\r\n`));
    while (session.nextEvent() !== null);
    return text(session.takeOutputPieces());
  };
  expect(said("SASL PLAIN SCRAM-SHA-256")).toMatch(/^CAPA\r\nAUTH SCRAM-SHA-256 biws[^\r]*\r\n$/);
  expect(said("USER")).toMatch(/^CAPA\r\nAPOP tim [0-9a-f]{32}\r\n$/);
});
