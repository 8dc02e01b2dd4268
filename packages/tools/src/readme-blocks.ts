/** The examples of the READMEs, as modules: whoever copies one has it compile. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder, published, root } from "./workspace.ts";

/**
 * Writes every block of TypeScript in the READMEs of the repository and of the published packages into a folder, a file
 * each.
 *
 * @returns how many there are
 */
export function writeReadmeBlocks(folder: string): number {
  mkdirSync(folder);
  cpSync(join(packageFolder("examples"), "src/readme/connection.ts"), join(folder, "connection.ts"));
  const readmes = [["repository", root], ...published.map((name) => [name, packageFolder(name)])] as [string, string][];
  let count = 0;
  for (const [name, place] of readmes) {
    const text = readFileSync(join(place, "README.md"), "utf8");
    for (const { 1: code, index } of text.matchAll(/^```ts\n(.*?)^```$/gms)) {
      const line = text.slice(0, index).split("\n").length;
      writeFileSync(join(folder, `${name}-${line}.ts`), `${code}\nexport {};\n`);
      count++;
    }
  }
  return count;
}
