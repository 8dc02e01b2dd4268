/** The packages from npm that are peers: this package's own dependencies, pinned by its lock file. */
import { readFile } from "node:fs/promises";

/** @throws Error if it is not installed */
export async function npmVersion(name: string): Promise<string> {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(await readFile(path, "utf8")) as { readonly version: string }).version;
}
