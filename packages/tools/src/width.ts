import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { filesBelow, packageFolder, root } from "./workspace.ts";

/** What the formatter keeps code within. */
const WIDTH = 120;

/**
 * The numbers of the lines, from 1, that are comments and wider than the formatter's lines: it leaves comments as they
 * are.
 */
export function wideComments(text: string): number[] {
  return text
    .split("\n")
    .flatMap((line, index) => (line.length > WIDTH && /^ *(?:\/\/|\/?\*)/.test(line) ? [index + 1] : []));
}

/** @throws Error naming the places */
export function checkWidth(): string {
  const files = readdirSync(join(root, "packages"))
    .flatMap((name) => ["src", "test"].flatMap((folder) => filesBelow(join(packageFolder(name), folder))))
    .filter((file) => file.endsWith(".ts"));
  const wide = files.flatMap((file) =>
    wideComments(readFileSync(file, "utf8")).map((line) => `${relative(root, file)}:${line}`),
  );
  if (wide.length > 0) throw new Error(`comments of more than ${WIDTH} columns: ${wide.join(", ")}`);
  return `comments of ${files.length} files`;
}
