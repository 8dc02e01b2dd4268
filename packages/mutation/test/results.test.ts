import { describe, expect, it } from "vitest";
import { digestOf, type Result } from "../src/result.ts";
import { current, foundAgain, isOpen, type Results, tableOf, withResult } from "../src/results.ts";

const [APOP, PLAIN, NEW] = [
  "packages/sasl/src/apop.ts",
  "packages/sasl/src/plain.ts",
  "packages/sasl/src/new.ts",
] as const;

/** A survivor that stands in reasons.json. */
const EXPLAINED = {
  file: "packages/smtp-codec/src/onlooker.ts",
  line: 'if (!due?.early) this.#content = "yes";',
  original: '"yes"',
  replacement: '""',
};

/** Of a source, with so many mutants, and survivors of which nothing is said. */
const result = (text: string, mutants: number, open: number): Result => ({
  source: digestOf(text),
  mutants,
  noticed: mutants - open,
  survivors: Array.from({ length: open }, () => ({ file: APOP, line: "?", original: "?", replacement: "!" })),
});
const all: Results = { [APOP]: result("a", 6, 1), [PLAIN]: result("b", 4, 0) };

describe("what was found", () => {
  it("speaks of a source as it was", () => {
    const digests = new Map([APOP, PLAIN, NEW].map((file) => [file, digestOf("a")]));
    expect([APOP, PLAIN, NEW].map((file) => current(all, file, digests))).toEqual([true, false, false]);
  });

  it("says what survived without a reason, and keeps the rest when that is tried again", () => {
    const place = { file: APOP, line: "?", original: "?", replacement: "!" };
    expect(isOpen(all, place)).toBe(true);
    for (const other of [{ file: PLAIN }, { file: NEW }, { line: "" }, { original: "" }, { replacement: "" }])
      expect(isOpen(all, { ...place, ...other })).toBe(false);
    const survivors = [EXPLAINED, { ...place, file: APOP }];
    const before = { ...result("a", 6, 0), noticed: 4, survivors };
    expect(isOpen({ [EXPLAINED.file]: before }, EXPLAINED)).toBe(false);
    expect(foundAgain(before, result("a", 6, 0))).toEqual({ ...before, noticed: 5, survivors: [EXPLAINED] });
    expect(foundAgain(before, result("a", 6, 1))).toEqual({ ...before, survivors: [EXPLAINED, place] });
  });

  it("is replaced file by file, and forgotten with the file", () => {
    const found = result("n", 3, 0);
    expect(Object.entries(withResult(all, NEW, found, [APOP, NEW]))).toEqual([
      [APOP, all[APOP]],
      [NEW, found],
    ]);
    expect(withResult(all, APOP, found, [APOP, PLAIN])).toEqual({ [APOP]: found, [PLAIN]: all[PLAIN] });
  });

  it.each<[string, string[], string]>([
    ["some files", ["a", "b", "n"], "| sasl | 2 of 3 | 0 | 10 | 9 | 90.0 % | 0 | 1 |"],
    ["other sources", ["a", "other"], "| sasl | 2 of 2 | 1 | 10 | 9 | 90.0 % | 0 | 1 |"],
    ["a file that is no more", ["a"], "| sasl | 1 of 1 | 0 | 6 | 5 | 83.3 % | 0 | 1 |"],
    ["nothing", [], ""],
  ])("is a row a package: of %s", (_, sources, row) => {
    const digests = new Map(sources.map((text, index) => [[APOP, PLAIN, NEW][index]!, digestOf(text)]));
    expect(tableOf(all, digests).split("\n").slice(2).join("\n")).toBe(row);
  });
});
