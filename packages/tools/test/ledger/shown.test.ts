import { expect, it } from "vitest";
import { readShown, readTitle } from "../../src/ledger/shown.ts";

const test = (...titles: string[]) => ({ file: "packages/sasl/test/a.test.ts", place: "1:1", titles });

it.each([
  ["[DOT-4.5.2-4] removes a dot", ["DOT-4.5.2-4"], "removes a dot"],
  ["[DOT-4.5.2-4] [POP3-3-11] removes a dot", ["DOT-4.5.2-4", "POP3-3-11"], "removes a dot"],
  ["[DOT-4.5.2-4][POP3-3-11] [x] y", ["DOT-4.5.2-4", "POP3-3-11"], "[x] y"],
  ["[ 'a\\r\\n' ]", [], "[ 'a\\r\\n' ]"],
  ["removes a dot", [], "removes a dot"],
])("%j begins with the ids %j", (title, ids, rest) => {
  expect(readTitle(title)).toEqual({ ids, rest });
});

it("an id in a describe's title counts for its tests, in the words down to the title that carries it", () => {
  const tests = [
    test("lines", "[PLAIN-2-1] refuses NUL", "'a\\u0000'"),
    test("lines", "[PLAIN-2-1] refuses NUL", "[PLAIN-2-2] in names"),
    test("lines", "[127.0.0.1] is no id"),
  ];
  expect(readShown(tests).map(({ id, words }) => [id, words])).toEqual([
    ["PLAIN-2-1", ["lines", "refuses NUL"]],
    ["PLAIN-2-1", ["lines", "refuses NUL"]],
    ["PLAIN-2-2", ["lines", "refuses NUL", "in names"]],
  ]);
});

it.each([
  [["[PLAIN-2-1] [PLAIN-2-2] [PLAIN-2-3] x"], "carries 3 ids, more than 2"],
  [["[PLAIN-2-1] [PLAIN-2-2] x", "[PLAIN-2-3] y"], "carries 3 ids, more than 2"],
  [["[PLAIN-2-1]"], "says nothing behind its ids"],
  [["refuses NUL [PLAIN-2-1]"], "has an id that is not at its start, in brackets of its own"],
  [["'[PLAIN-2-1]' 'refuses NUL'"], "has an id that is not at its start, in brackets of its own"],
  [["[PLAIN-2-1, PLAIN-2-2] refuses NUL"], "has an id that is not at its start, in brackets of its own"],
  [["[PLAN-2-1] refuses NUL"], "names PLAN-2-1, which is of no known document"],
])("refuses %j", (titles, expected) => {
  expect(() => readShown([test(...titles)])).toThrow(
    `packages/sasl/test/a.test.ts: "${titles.join(" > ")}" ${expected}`,
  );
});

it("names every wrong title, and counts an id that is named twice once", () => {
  expect(readShown([test("[PLAIN-2-1] x", "[PLAIN-2-1] [PLAIN-2-2] y")])).toHaveLength(2);
  expect(() => readShown([test("[PLAIN-2-1]"), test("x [PLAIN-2-2]")])).toThrow(/says nothing.*\n.*not at its start/);
});
