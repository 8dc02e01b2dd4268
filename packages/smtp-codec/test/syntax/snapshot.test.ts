import { ReplyAssembler, type ReplyAssemblerSnapshot } from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { expect, it } from "vitest";

it.each<[string, object, string]>([
  ["a code below 0", { code: -1 }, '"snapshot.code" expected a whole number'],
  ["no lines", { lines: undefined }, "expected Array at snapshot.lines"],
  ["a line that is none", { lines: ["a", null] }, '"snapshot.lines[1]" expected a string'],
  ["octets that are none", { octets: [null] }, '"snapshot.octets[0]" expected a Uint8Array'],
  ["a length that is no number", { length: Number.NaN }, '"snapshot.length" expected a whole number'],
])("a reply does not go on from %s", (_, change, message) => {
  const assembler = new ReplyAssembler();
  assembler.add(octets("250-\u00e4"), true);
  const snapshot = { ...assembler.snapshot(), ...change } as ReplyAssemblerSnapshot;
  const make = () => new ReplyAssembler(undefined, snapshot);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

it("a reply with lines beyond ASCII goes on from one snapshot after another", () => {
  let assembler = new ReplyAssembler();
  for (const line of ["250-a", "250-\xc3\xa4", "250-b"]) {
    expect(assembler.add(octets(line), true)).toBe(null);
    for (let times = 0; times < 2; times++)
      assembler = new ReplyAssembler(undefined, structuredClone(assembler.snapshot()));
  }
  expect(assembler.add(octets("250 c"), true)).toMatchObject({ code: 250, lines: ["a", "\u00e4", "b", "c"] });
});
