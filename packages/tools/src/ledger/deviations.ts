/**
 * What a package decides otherwise than a requirement says: `test/deviations.json`, from the id to the reason in a
 * sentence.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "../workspace.ts";
import { sourceOf } from "./id.ts";

export type Deviations = ReadonlyMap<string, string>;

/** @throws Error naming what is wrong in it */
export function readDeviations(name: string, text: string): Deviations {
  const found: unknown = JSON.parse(text);
  if (typeof found !== "object" || found === null || Array.isArray(found))
    throw new Error(`${name}: expected an object from ids to reasons`);
  const deviations = new Map<string, string>();
  for (const [id, reason] of Object.entries(found)) {
    if (sourceOf(id) === null) throw new Error(`${name}: "${id}" is of no known document`);
    if (typeof reason !== "string" || reason.trim() === "") throw new Error(`${name}: ${id} needs a reason`);
    deviations.set(id, reason);
  }
  return deviations;
}

/** Those of a package; none if it has no such file. */
export function deviationsOf(name: string): Deviations {
  const path = join(packageFolder(name), "test", "deviations.json");
  return existsSync(path) ? readDeviations(path, readFileSync(path, "utf8")) : new Map();
}
