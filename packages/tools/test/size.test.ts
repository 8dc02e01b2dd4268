import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { judge, measure } from "../src/size/size.ts";

const manifest = (name: string) =>
  JSON.stringify({ name, type: "module", sideEffects: false, exports: { ".": "./dist/index.js" } });

/** What is measured of a built package that has these modules and one dependency. */
function measured(index: string, dependency: string, names?: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "size-"));
  try {
    for (const [path, name, text] of [
      [folder, "sample", index],
      [join(folder, "node_modules", "other"), "other", dependency],
    ] as const) {
      mkdirSync(join(path, "dist"), { recursive: true });
      writeFileSync(join(path, "package.json"), manifest(name));
      writeFileSync(join(path, "dist", "index.js"), text);
    }
    return measure({ package: "sample", from: "sample", ...(names && { names }) }, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("counts what is imported, dependencies included, without what nobody needs", () => {
  const index = 'export { text } from "other"; export const small = 1; // a comment';
  const dependency = `export const text = "${"abcdefghij".repeat(100)}";`;
  const all = measured(index, dependency);
  const small = measured(index, dependency, ["small"]);
  expect(all.name).toBe("sample");
  expect(all.minified).toBeGreaterThan(1000);
  const bundle = "var a=1;export{a as small};\n";
  const compressed = gzipSync(bundle, { level: 9 }).length;
  expect(small).toEqual({ name: "{ small } from sample", minified: bundle.length, compressed });
  expect(all.compressed).toBeLessThan(200);
});

it("says what esbuild says of an export that is not there", () => {
  expect(() => measured("export const small = 1;", "", ["large"])).toThrow(/No matching export .* "large"/);
});

it("sets rows beside limits and goals: the limit itself is within", () => {
  const row = (from: string, most: object) => ({ package: from, from, ...most });
  const size = (name: string, compressed: number) => ({ name, minified: 12_345, compressed });
  const { table, aboveLimit, aboveGoal } = judge(
    new Map([
      [row("a", { limit: 1000 }), size("a", 1000)],
      [row("b", { limit: 1000 }), size("b", 1001)],
      [row("c", { goal: 1000 }), size("c", 1001)],
      [row("d", {}), size("d", 5000)],
    ]),
  );
  expect(aboveLimit).toEqual(["b"]);
  expect(aboveGoal).toEqual(["c"]);
  expect(table.split("\n")).toEqual([
    "| what is imported | minified | gzip -9 | limit |  goal |",
    "| ---------------- | -------: | ------: | ----: | ----: |",
    "| a                |   12,345 |   1,000 | 1,000 |       |",
    "| b                |   12,345 |   1,001 | 1,000 |       |",
    "| c                |   12,345 |   1,001 |       | 1,000 |",
    "| d                |   12,345 |   5,000 |       |       |",
  ]);
});
