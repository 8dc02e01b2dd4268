/** A copy of the checkout to mutate: the one that people work in stays as it is. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Of this package: what runs the mutants. */
export const modules: string = fileURLToPath(new URL("../node_modules", import.meta.url));

/** Copies what git tracks, and what it would, and installs the copy. Gives its folder. @throws Error if the installation fails */
export function copyCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), "mutation-"));
  const list = execFileSync("git", ["ls-files", "-coz", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  for (const file of new Set(list.split("\0").filter(Boolean))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file), { force: true });
  }
  execFileSync("npx", ["-y", "pnpm@10", "install", "--frozen-lockfile", "--prefer-offline"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  // The runner of the mutants and the tests must mean the same vitest.
  for (const owner of [".", "packages/tools"]) {
    const link = join(folder, owner, "node_modules/vitest");
    rmSync(link, { recursive: true });
    symlinkSync(join(modules, "vitest"), link);
  }
  return folder;
}

/** The tests of one package alone, with the settings of all. Gives the name of the configuration file. */
export function configureTests(folder: string, name: string): string {
  const file = "vitest.mutation.config.ts";
  writeFileSync(
    join(folder, file),
    [
      `import all from "./vitest.config.ts";`,
      `export default { ...all, test: { ...all.test, include: ["packages/${name}/test/**/*.test.ts"] } };`,
      "",
    ].join("\n"),
  );
  return file;
}
