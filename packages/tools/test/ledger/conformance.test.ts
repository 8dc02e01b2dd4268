import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { conformanceOf, countOf, inMarkdown, stale } from "../../src/ledger/conformance.ts";
import { readDeviations } from "../../src/ledger/deviations.ts";
import { readShown } from "../../src/ledger/shown.ts";

const test = (place: string, ...titles: string[]) => ({ file: "packages/sasl/test/a.test.ts", place, titles });
const link = (rfc: number, section: string) =>
  `[RFC ${rfc} §${section}](https://www.rfc-editor.org/rfc/rfc${rfc}.html#section-${section})`;

/** The lines of a CONFORMANCE.md from its first heading or word on. */
function linesOf(tests: Parameters<typeof readShown>[0], deviations: object = {}): string[] {
  const text = conformanceOf("sasl", readShown(tests), readDeviations("deviations.json", JSON.stringify(deviations)));
  expect(text).toMatch(/^# What the tests of `sasl` show\n\nMade by `pnpm ledger` [^\n]+\n[^\n]+\n\n/);
  return text.split("\n").slice(5, -1);
}

it("has a row for each requirement, by document, section and number, RFCs first", () => {
  const tests = [
    test("1:1", "[LOGIN-2-1] asks"),
    test("2:1", "[SASL-3.10-1] ten"),
    test("3:1", "[SASL-3.9-10] nine, the tenth"),
    test("4:1", "[SASL-3.9-9] nine, the ninth"),
    test("5:1", "[CRAM-2-1] a digest"),
  ];
  expect(linesOf(tests)).toEqual([
    ...["## RFC 2195", "", "| id | section | what is shown |", "| --- | --- | --- |"],
    `| CRAM-2-1 | ${link(2195, "2")} | a digest |`,
    ...["", "## RFC 4422", "", "| id | section | what is shown |", "| --- | --- | --- |"],
    `| SASL-3.9-9 | ${link(4422, "3.9")} | nine, the ninth |`,
    `| SASL-3.9-10 | ${link(4422, "3.9")} | nine, the tenth |`,
    `| SASL-3.10-1 | ${link(4422, "3.10")} | ten |`,
    ...["", "## draft-murchison-sasl-login-00", "", "| id | section | what is shown |", "| --- | --- | --- |"],
    "| LOGIN-2-1 | draft-murchison-sasl-login-00 §2 | asks |",
  ]);
});

it("counts the cases of a describe, and all but the first rows of a table", () => {
  const tests = [
    ...["a", "b", "c"].map((row) => test("1:1", "names", "[PLAIN-2-1] are refused", row)),
    ...["v", "w", "x", "y", "z"].map((row) => test("2:1", `[PLAIN-2-1] refuses ${row}`)),
    test("3:1", "[PLAIN-2-1] refuses NUL"),
  ];
  const cell =
    "names: are refused (3 cases)<br>refuses v<br>refuses w<br>refuses x<br>and 2 more like these<br>refuses NUL";
  expect(linesOf(tests).at(-1)).toBe(`| PLAIN-2-1 | ${link(4616, "2")} | ${cell} |`);
});

it("lists what is decided otherwise apart, with the reason and the tests that show it", () => {
  const tests = [test("1:1", "[PLAIN-2-1] takes NUL"), test("2:1", "[PLAIN-2-2] x")];
  const lines = linesOf(tests, { "PLAIN-2-1": "NUL | is harmless here.", "PLAIN-2-3": "Nobody sends it." });
  expect(lines.slice(4)).toEqual([
    `| PLAIN-2-2 | ${link(4616, "2")} | x |`,
    ...["", "## Decided otherwise", ""],
    ...["| id | section | what this package does, and why | shown by |", "| --- | --- | --- | --- |"],
    `| PLAIN-2-1 | ${link(4616, "2")} | NUL \\| is harmless here. | takes NUL |`,
    `| PLAIN-2-3 | ${link(4616, "2")} | Nobody sends it. |  |`,
  ]);
});

it("says that there is nothing to say", () => {
  expect(linesOf([])).toEqual(["No test names a requirement yet."]);
});

it.each([
  ["[]", "expected an object from ids to reasons"],
  ['{ "PLAN-2-1": "why" }', '"PLAN-2-1" is of no known document'],
  ['{ "PLAIN-2-1": " " }', "PLAIN-2-1 needs a reason"],
  ['{ "PLAIN-2-1": 1 }', "PLAIN-2-1 needs a reason"],
])("refuses the deviations %s", (text, expected) => {
  expect(() => readDeviations("deviations.json", text)).toThrow(`deviations.json: ${expected}`);
});

it.each([
  ['"\\r" and \\*', '"\\r" and \\\\\\*'],
  [
    "a|b <c> [d](e) `f` *g* _h_ ~i~ &amp; $j$",
    "a\\|b \\<c> \\[d\\](e) \\`f\\` \\*g\\* \\_h\\_ \\~i\\~ \\&amp; \\$j\\$",
  ],
  ["\0 \x85 \u200b \u2028 \ud800 é", "\\u0000 \\u0085 \\u200b \\u2028 \\ud800 é"],
])("writes %j as Markdown that shows it", (text, expected) => {
  expect(inMarkdown(text)).toBe(expected);
});

it("names the files that are missing or differ", () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    const [same, other, missing] = ["same", "other", "missing"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(same, "a\n");
    writeFileSync(other, "b\n");
    expect(stale(new Map([same, other, missing].map((path) => [path, "a\n"])))).toEqual([other, missing]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("counts each requirement once, also one that a test names and that is decided otherwise", () => {
  const shown = ["A-1-1", "A-1-1", "A-1-2", "A-1-3"].map((id) => ({ id }));
  expect(countOf(shown, new Set(["A-1-2", "A-1-4"]))).toBe(
    "4 numbered ones, of which tests show 2 and 2 are decided otherwise",
  );
});
