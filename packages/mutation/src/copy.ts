/** A copy of the checkout to mutate: the one that people work in stays as it is. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../..", import.meta.url));
/** Of this package: what runs the mutants. */
const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

/** What git tracks, and what it would, from the top of the repository. */
export function trackedFiles(): string[] {
  const list = execFileSync("git", ["ls-files", "-coz", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  return [...new Set(list.split("\0").filter((file) => file !== "" && existsSync(join(root, file))))];
}

/**
 * Copies what git tracks, and what it would, and installs the copy. Gives its folder.
 *
 * @throws Error if the installation fails
 */
export function copyCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), "mutation-"));
  for (const file of trackedFiles()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file), { force: true });
  }
  execFileSync("npx", ["-y", "pnpm@10", "install", "--frozen-lockfile", "--prefer-offline"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  symlinkSync(modules, join(folder, "packages/mutation/node_modules"));
  // What runs the mutants and the tests must mean the same vitest.
  for (const owner of [".", "packages/tools"]) {
    const link = join(folder, owner, "node_modules/vitest");
    rmSync(link, { recursive: true });
    symlinkSync(join(modules, "vitest"), link);
  }
  return folder;
}
