import fc from "fast-check";
import { linesOf, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { Choices } from "../src/input/choices.ts";
import { escapeText, formatInput, type Kept, parseInput, unescapeText } from "../src/input/file.ts";
import { bounded, joinedOctets, octetsInput } from "../src/input/input.ts";
import { Random } from "../src/input/random.ts";

const octets = fc.uint8Array({ maxLength: 30 }).map((bytes) => new Uint8Array(bytes));
const text = fc.string({ unit: "binary", maxLength: 20 });

describe("an input as a file", () => {
  const op = fc.oneof(
    octets.map((bytes) => ({ kind: "octets", bytes }) as const),
    fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), text).map(([name, of]) => ({ kind: "call", name, text: of }) as const),
    fc.constant({ kind: "tls" } as const),
  );
  const kept: fc.Arbitrary<Kept> = fc.record({
    target: fc.constantFrom("smtp-server", "unstuffer"),
    showed: fc.constantFrom("what it showed", "another thing"),
    choices: octets,
    ops: fc.array(op, { maxLength: 6 }),
  });

  it("is read back as it was written", () => {
    fc.assert(
      fc.property(kept, (input) => {
        expect(parseInput(formatInput(input))).toEqual(input);
      }),
      { numRuns: runs(3) },
    );
  });

  it.each([
    ["EHLO a\r\n", "EHLO a\\r\\n"],
    ["\\", "\\\\"],
    ["\xff\0", "\\xff\\x00"],
    ["\u{10000}", "\\u{d800}\\u{dc00}"],
    ["a".repeat(20), "\\*20:a"],
    ["x".repeat(15), "x".repeat(15)],
    ["\r".repeat(16), "\\*16:\\r"],
    ["a ", "a\\x20"],
  ])("%j is written as %j", (plain, escaped) => {
    expect(escapeText(plain)).toBe(escaped);
    expect(unescapeText(escaped)).toBe(plain);
  });

  it("says which line is none", () => {
    expect(() => parseInput("target x\nnonsense\n")).toThrow("not a line of an input: nonsense");
  });
});

describe("octets of an input", () => {
  it("are cut after line feeds, and joined again", () => {
    fc.assert(
      fc.property(octets, (bytes) => {
        expect(joinedOctets(octetsInput(bytes))).toEqual(bytes);
        for (const line of linesOf(bytes).slice(0, -1)) expect(line.at(-1)).toBe(0x0a);
      }),
      { numRuns: runs() },
    );
  });
});

describe("choices", () => {
  it("are read in order, and the usual ones where they end", () => {
    const choices = new Choices(Uint8Array.of(1, 5, 3, 7));
    expect([choices.pick("a", "b", "c"), choices.below(4), choices.rarely(), choices.rarely(8)]).toEqual([
      "b",
      1,
      true,
      true,
    ]);
    expect([choices.pick("a", "b"), choices.below(9), choices.rarely()]).toEqual(["a", 0, false]);
  });
});

describe("random numbers", () => {
  it("follow from the seed, and reach every value below a limit", () => {
    const numbers = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 200 }, () => random.below(8));
    };
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
    expect(new Set(numbers(7)).size).toBe(8);
  });
});

describe("an input that grew from others", () => {
  const line = octetsInput(new Uint8Array(50).fill(0x0a)).ops;
  const long = { kind: "octets", bytes: new Uint8Array(60_000) } as const;
  it.each([
    ["is left as it is within its bounds", [...line, long], 51],
    ["has 2000 operations at most", Array(41).fill(line).flat(), 2000],
    ["has 100,000 octets at most", [...line, long, long, ...line], 51],
  ])("%s", (_, ops, expected) => {
    expect(bounded({ choices: new Uint8Array(1), ops })).toEqual({
      choices: new Uint8Array(1),
      ops: ops.slice(0, expected),
    });
  });
});
