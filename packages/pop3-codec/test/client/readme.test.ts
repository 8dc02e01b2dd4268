import { readFileSync } from "node:fs";
import * as pop3Codec from "pop3-codec";
import * as sasl from "sasl";
import { driveClient, octets, text } from "tools/testing";
import ts from "typescript";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const [, block = "", login = ""] = /## Client\n.*?```ts\n(.*?)```.*?```ts\n(.*?)```/s.exec(readme) ?? [];

type FetchNew = (
  connection: object,
  name: string,
  password: string,
  store: object,
) => Promise<pop3Codec.RetrievalReport | null>;

function compile(): FetchNew {
  const { outputText } = ts.transpileModule(block, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const body = outputText.replace(/^import (.*?) from "pop3-codec";$/m, "const $1 = pop3Codec;").replace("export ", "");
  return new Function("pop3Codec", `${body}; return fetchNew;`)(pop3Codec) as FetchNew;
}

const IN = ["+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK\r\n", "+OK\r\nUSER\r\n.\r\n", "+OK\r\n", "+OK\r\n"];
const LISTED = ["+OK\r\n1 old\r\n2 new\r\n.\r\n", "+OK 2 9\r\n", "+OK\r\n1 4\r\n2 5\r\n.\r\n"];
const MESSAGE = "+OK\r\n..x\r\n.\r\n";

/** One run of the README's client; after the last answer the connection breaks, or ends. */
async function run(answers: readonly string[], told: { report?: unknown; full?: boolean; breaks?: boolean } = {}) {
  const stored: unknown[] = [];
  const written: string[] = [];
  const kept: pop3Codec.RetrievalReport[] = [];
  const rest = [...answers];
  const connection = {
    read: async () => {
      const next = rest.shift();
      if (next === undefined && told.breaks) throw new Error("connection reset");
      return next === undefined ? null : octets(next);
    },
    write: async (bytes: Uint8Array) => void written.push(text(bytes).replaceAll("\r\n", "|")),
    startTls: async () => void written.push("(TLS)"),
  };
  const store = {
    known: new Set(["old"]),
    report: told.report ?? null,
    add: async (uniqueId: string, pieces: Uint8Array[]) => {
      if (told.full) throw new Error("no space left");
      stored.push([uniqueId, text(pieces)]);
    },
    keep: async (report: pop3Codec.RetrievalReport) => void kept.push(JSON.parse(JSON.stringify(report))),
  };
  const result = await compile()(connection, "tim", "tanstaaf", store).catch((error: Error) => error.message);
  return { result, stored, written: written.join(""), kept };
}

const ids = (messages: readonly { readonly uniqueId: string | null }[]) => messages.map(({ uniqueId }) => uniqueId);

it("the README's client runs: TLS, login, what is new, what an earlier run has left, and what became of it", async () => {
  const { result, stored, written, kept } = await run([...IN, ...LISTED, "+OK\r\n", MESSAGE, "+OK\r\n", "+OK\r\n"]);
  expect(stored).toEqual([["new", ".x\r\n"]]);
  expect(written).toBe("CAPA|STLS|(TLS)CAPA|USER tim|PASS tanstaaf|UIDL|STAT|LIST|DELE 1|RETR 2|DELE 2|QUIT|");
  expect(result).toMatchObject({ deletions: "confirmed", removed: [{ uniqueId: "old" }, { uniqueId: "new" }] });
  expect(kept).toEqual([result]);
  expect(
    (await run([...IN, "+OK\r\n.\r\n", "+OK 0 0\r\n", "+OK\r\n.\r\n", "+OK\r\n"], { report: result })).kept,
  ).toEqual([expect.objectContaining({ fetched: [], complete: true })]);
});

it.each<readonly [string, readonly string[], object, string, readonly string[], readonly string[], readonly string[]]>([
  ["storing fails", [...LISTED, "+OK\r\n", MESSAGE], { full: true }, "no space left", [], ["new"], []],
  ["reading fails", [...LISTED, "+OK\r\n", MESSAGE], { breaks: true }, "connection reset", ["new"], [], ["new"]],
  ["reading fails sooner", LISTED, { breaks: true }, "connection reset", [], ["new"], ["old"]],
])("the README's client keeps its report where %s, and goes on from it", async (_, answers, told, error, ...lists) => {
  const lost = await run([...IN, ...answers], told);
  expect(lost.result).toBe(error);
  const [report] = lost.kept;
  expect([ids(report!.fetched), ids(report!.missing), ids(report!.unmarked)]).toEqual(lists);
  const next = await run([...IN, ...LISTED, "+OK\r\n", MESSAGE, "+OK\r\n", "+OK\r\n"], { report });
  expect([...lost.stored, ...next.stored]).toEqual([["new", ".x\r\n"]]);
  expect(next.kept[0]!.fetched.map(({ uniqueId }) => uniqueId)).toEqual(["new"]);
});

it("the README's client keeps nothing of a connection without a login", async () => {
  expect(await run(["+OK\r\n"])).toMatchObject({ result: "login: unknown", kept: [] });
  expect(await run(IN.slice(0, -1), { breaks: true })).toMatchObject({ result: "connection reset", kept: [] });
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
    const answers = octets(`+OK <a@b>\r\n+OK\r\n${capabilities}\r\n.\r\n`);
    return driveClient(session, [answers], () => {}, false).output;
  };
  expect(said("SASL PLAIN SCRAM-SHA-256")).toMatch(/^CAPA\r\nAUTH SCRAM-SHA-256 biws[^\r]*\r\n$/);
  expect(said("USER")).toMatch(/^CAPA\r\nAPOP tim [0-9a-f]{32}\r\n$/);
});
