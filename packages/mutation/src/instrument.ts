/** Puts all mutants of some sources into them, with StrykerJS. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";

/** Lines and columns are counted from 0. */
interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Mutant {
  readonly id: string;
  /** From the top of the repository. */
  readonly file: string;
  readonly location: Readonly<Record<"start" | "end", Place>>;
  readonly replacement: string;
}

const nothing = () => undefined;
const quiet = { isDebugEnabled: () => false, debug: nothing, info: nothing, warn: console.warn };

/** Gives the mutants, none of which is active, the sources as they were, and what puts them back. */
export async function instrument(folder: string, files: readonly string[]) {
  const sources = files.map((name) => ({ name, content: readFileSync(join(folder, name), "utf8"), mutate: true }));
  const instrumenter = new Instrumenter(quiet as unknown as ConstructorParameters<typeof Instrumenter>[0]);
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const result = await instrumenter.instrument(sources, options);
  const write = (all: readonly { name: string; content: string }[]) => {
    for (const { name, content } of all) writeFileSync(join(folder, name), content);
  };
  write(result.files);
  const mutants = result.mutants
    .filter(({ status }) => status !== "Ignored")
    .map(({ id, fileName, location, replacement }): Mutant => ({ id, file: fileName, location, replacement }));
  const originals = new Map(sources.map(({ name, content }) => [name, content]));
  return { mutants, originals, restore: () => write(sources) };
}
