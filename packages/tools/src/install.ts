import { capture } from "./run.ts";
import { packageFolder } from "./workspace.ts";

/**
 * Installs a package that stands outside the workspace, as its own lock file says; quick when that is done. Gives its
 * folder.
 */
export function install(name: string): string {
  const folder = packageFolder(name);
  capture("pnpm", ["install", "--ignore-workspace", "--frozen-lockfile", "--prefer-offline"], { cwd: folder });
  return folder;
}
