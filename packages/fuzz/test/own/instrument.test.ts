/** Needs acorn, which only this package installs: run by `pnpm test` in this folder. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instrument } from "../../src/bundle/instrument.ts";

/** Runs a source with its blocks counted; gives the counters and what it returned. */
function run(source: string, base = 0): { counters: number[]; count: number; result: unknown } {
  const { code, count } = instrument(`export default (() => {${source}})();`, "counters", base);
  const counters = new Array<number>(base + count).fill(0);
  const result: unknown = new Function("counters", code.replace("export default", "return"))(counters);
  return { counters, count, result };
}

test("counts blocks, and changes nothing else", () => {
  const cases: [string, string, number[], unknown][] = [
    ["a function", "return 1;", [1], 1],
    ["an if without braces", "if (false) return 1; else return 2;", [1, 0, 1], 2],
    ["nested ifs without braces", "if (true) if (false) return 1; else return 2; return 3;", [1, 1, 0, 1], 2],
    ["a loop", "let n = 0; for (const x of [1, 2]) n += x; return n;", [1, 2], 3],
    ["while and do", "let n = 3; while (n > 1) n--; do n++; while (n < 3); return n;", [1, 2, 2], 3],
    ["an arrow with an expression", "return [1, 2].map((x) => x * 2).join();", [1, 2], "2,4"],
    ["an arrow that makes an object", "return [1].map((x) => ({ x }))[0].x;", [1, 1], 1],
    ["what need not be evaluated", "return (null ?? 2) && (0 || 3);", [1, 1, 1, 1], 3],
    ["conditions in conditions", "return true ? false ? 1 : 2 : 3;", [1, 1, 0, 0, 1], 2],
    ["cases", "switch (2) { case 1: case 2: return 'a'; default: return 'b'; }", [1, 1, 0], "a"],
    ["catch", "try { throw 1; } catch { return 2; }", [1, 1], 2],
    ["methods and getters", "return new (class { get a() { return this.b(); } b() { return 4; } })().a;", [1, 1, 1], 4],
    ["a generator", "return [...(function* () { yield 1; })()][0];", [1, 1], 1],
  ];
  for (const [name, source, counts, wanted] of cases) {
    const { counters, result } = run(source);
    assert.deepEqual(result, wanted, name);
    assert.deepEqual([...counters].sort(), [...counts].sort(), name);
  }
});

test("numbers begin where they are told to, and lines stay where they are", () => {
  const { counters, count } = run("return 1;", 5);
  assert.deepEqual([counters, count], [[0, 0, 0, 0, 0, 1], 1]);
  const source = "export const a = (x) =>\n  x\n    ? 1\n    : 2;\n";
  assert.equal(instrument(source, "c", 0).code.split("\n").length, source.split("\n").length);
});
