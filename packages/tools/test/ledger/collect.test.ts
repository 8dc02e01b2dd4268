import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { collectTests } from "../../src/ledger/collect.ts";
import { packageFolder } from "../../src/workspace.ts";

/** What is collected from a project with these test files. It lies where it finds vitest. */
async function collect(files: Readonly<Record<string, string>>) {
  const modules = join(packageFolder("tools"), "node_modules");
  const folder = mkdtempSync(join(modules, ".collect-"));
  try {
    writeFileSync(join(folder, "vitest.config.ts"), 'export default { test: { include: ["**/*.sample.ts"] } };');
    mkdirSync(join(folder, "b"));
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), `import { describe, it } from "vitest";\n${text}`);
    return await collectTests(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("gives whole titles, with tables expanded, without running anything", async () => {
  const tests = await collect({
    "b/b.sample.ts": `
      describe("[PLAIN-2-1] a > b", () => { it.each(["x", "y"])("row %s", () => { throw new Error("ran"); }); });`,
    "a.sample.ts": `
      for (const name of ["one", "two"]) it(\`loop \${name}\`, () => {});
      it.skip("skipped", () => {});
      it.todo("todo");
      it.fails("fails", () => {});
      describe.skip("skipped, too", () => { it("inside", () => {}); });`,
  });
  expect(tests).toEqual([
    { file: "a.sample.ts", place: expect.any(String), titles: ["loop one"] },
    { file: "a.sample.ts", place: expect.any(String), titles: ["loop two"] },
    { file: "b/b.sample.ts", place: expect.any(String), titles: ["[PLAIN-2-1] a > b", "row x"] },
    { file: "b/b.sample.ts", place: expect.any(String), titles: ["[PLAIN-2-1] a > b", "row y"] },
  ]);
  expect(tests[0]?.place).toBe(tests[1]?.place);
  expect(tests[2]?.place).toBe(tests[3]?.place);
});

it("names a file that cannot be loaded", async () => {
  await expect(collect({ "a.sample.ts": 'throw new Error("broken");' })).rejects.toThrow("a.sample.ts: broken");
});
