import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { published } from "../bundle/published.ts";
import type { Plant } from "./plants.ts";

/** Plants a bug in the text of its file. @throws Error unless the text that it stands in for is there exactly once */
export function planted({ file, old, planted: by }: Plant, source: string): string {
  const parts = source.split(old);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${old}`);
  return parts.join(by);
}

/** Copies the packages' sources from a repository to a folder, for plants. */
export function copySources(root: string, to: string): void {
  for (const name of published) {
    mkdirSync(join(to, "packages", name), { recursive: true });
    cpSync(join(root, "packages", name, "src"), join(to, "packages", name, "src"), { recursive: true });
  }
}

/** Plants a bug in a copy, runs something with it, and takes it out again. */
export async function withPlant<Result>(copy: string, plant: Plant, run: () => Promise<Result>): Promise<Result> {
  const path = join(copy, "packages", plant.file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, planted(plant, source));
  try {
    return await run();
  } finally {
    writeFileSync(path, source);
  }
}
