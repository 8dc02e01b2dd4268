/** The titles of all tests, as vitest has them: with tables expanded and the describes around them. Nothing is run. */
import { relative, sep } from "node:path";
import { createVitest, type TestCase } from "vitest/node";
import { root } from "../workspace.ts";

export interface Test {
  /** Its file, from the repository's root, with slashes. */
  readonly file: string;
  /** Where in the file it is written: one place for all rows of a table. */
  readonly place: string;
  /** The titles of the describes around it, outermost first, and its own. */
  readonly titles: readonly string[];
}

/**
 * Collects the tests below a folder that has a vitest configuration, in the order of files and then of lines. A test
 * that is skipped, still to be written or expected to fail shows nothing, and is left out.
 *
 * @throws Error naming the files that cannot be loaded
 */
export async function collectTests(folder: string): Promise<Test[]> {
  // Without isolation every module is loaded once: nothing is run that could leave anything behind.
  const options = { root: folder, watch: false, isolate: false, includeTaskLocation: true, reporters: [] };
  const vitest = await createVitest("test", options);
  try {
    const { testModules, unhandledErrors } = await vitest.collect();
    const faults = unhandledErrors.map(String);
    const tests: Test[] = [];
    const fileOf = ({ moduleId }: { readonly moduleId: string }) => relative(folder, moduleId).split(sep).join("/");
    for (const module of [...testModules].sort((a, b) => (fileOf(a) < fileOf(b) ? -1 : 1))) {
      const file = fileOf(module);
      faults.push(...module.errors().map(({ message }) => `${file}: ${message}`));
      for (const test of module.children.allTests()) {
        if (test.options.fails || test.result().state === "skipped") continue;
        const { line, column } = test.location!;
        tests.push({ file, place: `${line}:${column}`, titles: titlesOf(test) });
      }
    }
    if (faults.length > 0) throw new Error(faults.join("\n"));
    return tests;
  } finally {
    await vitest.close();
  }
}

/**
 * The tests of all packages but this one, whose titles speak of ids without showing anything.
 *
 * @throws Error as collectTests does
 */
export async function testsOfPackages(): Promise<Test[]> {
  const tests = await collectTests(root);
  return tests.filter(({ file }) => !file.startsWith("packages/tools/"));
}

function titlesOf(test: TestCase): string[] {
  const titles = [test.name];
  for (let parent = test.parent; parent.type === "suite"; parent = parent.parent) titles.unshift(parent.name);
  return titles;
}
