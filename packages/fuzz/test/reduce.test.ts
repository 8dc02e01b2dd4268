import { describe, expect, it } from "vitest";
import type { Input, Op } from "../src/input/input.ts";
import { joinedOctets, sizeOf } from "../src/input/input.ts";
import { ddmin, reduce } from "../src/reduce.ts";

const say = (text: string): Op => ({ kind: "octets", bytes: Uint8Array.from(text, (c) => c.charCodeAt(0)) });
const heard = (input: Input) => String.fromCharCode(...joinedOctets(input));

describe("ddmin", () => {
  it.each<[string, number[], (items: readonly number[]) => boolean, number[]]>([
    ["one item", [1, 2, 3, 4, 5, 6, 7, 8], (items) => items.includes(6), [6]],
    ["two that are far apart", [1, 2, 3, 4, 5, 6, 7], (items) => items.includes(1) && items.includes(7), [1, 7]],
    ["so many", [1, 1, 1, 1, 1, 1], (items) => items.length >= 3, [1, 1, 1]],
    ["nothing", [1, 2, 3], () => true, []],
    ["all", [1, 2, 3], (items) => items.length === 3, [1, 2, 3]],
  ])("keeps %s", (_, items, holds, kept) => {
    expect(ddmin(items, holds)).toEqual(kept);
  });
});

describe("reduce", () => {
  const input: Input = {
    choices: Uint8Array.of(9, 3, 7, 200),
    ops: [
      say("EHLO a\r\n"),
      { kind: "tls" },
      say("xx.yy\r\n"),
      { kind: "call", name: "mail", text: "long@example.com" },
    ],
  };

  it("leaves out operations, then octets, characters and choices", () => {
    const reduced = reduce(
      input,
      (smaller) =>
        heard(smaller).includes(".") &&
        smaller.choices[1] === 3 &&
        smaller.ops.some((op) => op.kind === "call" && op.text.includes("@")),
    );
    expect(reduced).toEqual({
      choices: Uint8Array.of(0, 3),
      ops: [say("."), { kind: "call", name: "mail", text: "@" }],
    });
  });

  it("asks no more often than it may, and gives what still fails", () => {
    let asked = 0;
    const reduced = reduce(input, (smaller) => ++asked > 0 && heard(smaller).includes("yy"), 7);
    expect(asked).toBe(7);
    expect(heard(reduced)).toContain("yy");
    expect(sizeOf(reduced)).toBeLessThan(sizeOf(input));
  });
});
