/** Where things are in this repository. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** The published packages, each after those that it depends on. */
export const published = ["dot-stuffing", "sasl", "smtp-codec", "pop3-codec"] as const;

/** The packages that stand outside the workspace, with lock files of their own: those of them that exist. */
export const outside: readonly string[] = ["bench", "interop", "fuzz", "mutation"].filter((name) =>
  existsSync(join(packageFolder(name), "package.json")),
);

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

export function packageFolder(name: string): string {
  return join(root, "packages", name);
}

export function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(packageFolder(name), "package.json"), "utf8")) as Manifest;
}

/** All files below a folder, as whole paths; none if it does not exist. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The time of the last change to these files and everything below these folders, in milliseconds. */
export function lastChange(...paths: readonly string[]): number {
  const files = paths.flatMap((path) => (statSync(path).isFile() ? path : filesBelow(path)));
  return Math.max(...files.map(modified));
}

/** The time of the oldest file below a folder; 0 if there is none. */
export function oldest(folder: string): number {
  const files = filesBelow(folder);
  return files.length === 0 ? 0 : Math.min(...files.map(modified));
}

function modified(file: string): number {
  return statSync(file).mtimeMs;
}
