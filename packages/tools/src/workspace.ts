/** Where things are in this repository. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** The published packages, each behind those that it depends on. */
export const published = ["dot-stuffing", "sasl", "smtp-codec", "pop3-codec"] as const;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
  readonly dependencies?: Record<string, string>;
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

/** The time of the last change below a folder, in milliseconds; 0 if it does not exist. */
export function lastChange(folder: string): number {
  return Math.max(0, ...filesBelow(folder).map((file) => statSync(file).mtimeMs));
}

/** The time of the oldest file below a folder; 0 if it does not exist. */
export function oldest(folder: string): number {
  const times = filesBelow(folder).map((file) => statSync(file).mtimeMs);
  return times.length === 0 ? 0 : Math.min(...times);
}
