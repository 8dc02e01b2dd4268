import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitrariesEngine } from "../src/engines/arbitraries.ts";
import type { Engine, Ground } from "../src/engines/engine.ts";
import { guidedEngine } from "../src/engines/guided.ts";
import { corrupted, mutatedTranscript, transcriptEngine } from "../src/engines/transcript.ts";
import { formatInput } from "../src/input/file.ts";
import type { Input, Op } from "../src/input/input.ts";
import { Random } from "../src/input/random.ts";
import { fuzz } from "../src/run/fuzz.ts";
import type { Target } from "../src/target.ts";

const say = (text: string): Op => ({ kind: "octets", bytes: Uint8Array.from(text, (c) => c.charCodeAt(0)) });
const target: Target = {
  name: "toy",
  files: [],
  lines: ["NOOP\r\n"],
  calls: { mail: ["a@b"] },
  inputs: fc.constant<Input>({ choices: new Uint8Array(0), ops: [say("QUIT\r\n")] }),
  run: () => {},
};
const corpus: readonly Input[] = [
  { choices: Uint8Array.of(1), ops: [say("MAIL FROM:<a@b> SIZE=10\r\n"), say("DATA\r\n"), say(".\r\n")] },
  { choices: new Uint8Array(0), ops: [{ kind: "call", name: "mail", text: "x" }, say("250 ok\r\n"), { kind: "tls" }] },
];
const ground = (seed: number): Ground => ({ target, corpus, random: new Random(seed) });
const some = (engine: Engine, count: number) =>
  Array.from({ length: count }, () => formatInput({ target: "toy", showed: "", ...engine.next() }));

describe.each([
  ["arbitraries", arbitrariesEngine],
  ["guided", guidedEngine],
  ["transcript", transcriptEngine],
])("the engine %s", (name, make) => {
  it("makes the same inputs of the same seed", () => {
    expect(make(ground(1)).name).toBe(name);
    expect(some(make(ground(1)), 150)).toEqual(some(make(ground(1)), 150));
  });

  it("makes others of another, and leaves the corpus as it is", () => {
    const before = corpus.map((input) => formatInput({ target: "toy", showed: "", ...input }));
    if (name !== "arbitraries") expect(some(make(ground(1)), 50)).not.toEqual(some(make(ground(2)), 50));
    expect(corpus.map((input) => formatInput({ target: "toy", showed: "", ...input }))).toEqual(before);
  });

  it("works without a corpus", () => {
    const engine = make({ ...ground(3), corpus: [] });
    for (let count = 0; count < 50; count++) expect(engine.next().ops.length).toBeLessThan(500);
  });
});

describe("a transcript's changes", () => {
  const changes = (seed: number) => mutatedTranscript(corpus[0]!, ground(seed));
  const all = Array.from({ length: 600 }, (_, seed) => changes(seed));
  const lines = ({ ops }: Input) =>
    ops.map((op) => (op.kind === "octets" ? String.fromCharCode(...op.bytes) : op.kind));

  it.each<[string, (input: Input) => boolean]>([
    ["drop a line", ({ ops }) => ops.length === 2 && lines({ choices: new Uint8Array(0), ops })[0] !== "DATA\r\n"],
    ["repeat a line", (input) => lines(input).filter((line) => line === "DATA\r\n").length > 1],
    ["swap two", (input) => lines(input)[0] === "DATA\r\n" && lines(input).length === 3],
    ["splice two transcripts", (input) => lines(input).includes("250 ok\r\n")],
    ["cut lines anew", (input) => input.ops.length === 4 && lines(input).join("") === lines(corpus[0]!).join("")],
    ["put a handshake in", (input) => lines(input).includes("tls")],
    ["put a line in", (input) => lines(input).includes("NOOP\r\n")],
    ["put a call in", (input) => input.ops.some((op) => op.kind === "call" && op.text === "a@b")],
    ["change a choice", (input) => input.choices.length > 1 || input.choices[0] !== 1],
    ["corrupt a field", (input) => lines(input).some((line) => /SIZE=(?!10\r)/.test(line))],
  ])("%s", (_, is) => {
    expect(all.some(is)).toBe(true);
  });
});

describe("a corrupted line", () => {
  const of = (line: string) => new Set(Array.from({ length: 2000 }, (_, seed) => corrupted(line, new Random(seed))));

  it.each<[string, string, string]>([
    ["a chunk's size", "BDAT 5 LAST\r\n", "BDAT 65537 LAST\r\n"],
    ["a figure with a zero in front", "BDAT 5 LAST\r\n", "BDAT 05 LAST\r\n"],
    ["a field twice", "BDAT 5 LAST\r\n", "BDAT 5 LAST LAST\r\n"],
    ["fields in another order", "BDAT 5 LAST\r\n", "5 BDAT LAST\r\n"],
    ["a verb's case", "DATA\r\n", "data\r\n"],
    ["a dot more", ".\r\n", "..\r\n"],
    ["a bare line feed", "DATA\r\n", "DATA\n"],
    ["a parameter without a value", "MAIL FROM:<a@b> SIZE=1\r\n", "MAIL FROM:<a@b> SIZE\r\n"],
    ["a bracket less", "RCPT TO:<a@b>\r\n", "RCPT TO:a@b>\r\n"],
    ["a reply that goes on", "250 ok\r\n", "250-ok\r\n"],
    ["base64 of wrong padding", "AUTH PLAIN AGE=\r\n", "AUTH PLAIN AGE==\r\n"],
  ])("has %s", (_, line, corruption) => {
    expect(of(line)).toContain(corruption);
  });
});

describe("a run", () => {
  it("finds what a target throws, reduces it, and says which engine found it", () => {
    const bad: Target = {
      ...target,
      run({ ops }) {
        const text = ops.flatMap((op) => (op.kind === "octets" ? [String.fromCharCode(...op.bytes)] : [])).join("");
        if (text.includes("NOOP")) throw new Error("no NOOP");
      },
    };
    const { findings, executions } = fuzz(bad, { seconds: 20, seed: 1, corpus, most: 1, engines: ["transcript"] });
    expect(executions).toBeGreaterThan(2);
    expect(findings[0]).toMatchObject({ engine: "transcript", message: "no NOOP" });
    expect(findings[0]!.input?.ops).toEqual([say("NOOP")]);
  });

  it("goes on after a generator that throws, and tells of it once", () => {
    let made = 0;
    const inputs = target.inputs.map((input) => {
      if (++made % 150 === 0) throw new Error(`no value ${made}`);
      return input;
    });
    let runs = 0;
    const run = () => {
      if (++runs === 400) throw new Error("behind it");
    };
    const { findings } = fuzz({ ...target, inputs, run }, { seconds: 20, seed: 1, corpus, most: 2, reduces: false });
    expect(findings).toMatchObject([
      { target: "toy", engine: "arbitraries", message: "no value 150", input: null },
      { target: "toy", message: "behind it", executions: 400, input: { ops: expect.any(Array) } },
    ]);
  });
});
