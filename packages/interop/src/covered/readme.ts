/** The READMEs that hold what was made from the record. */
import { fileURLToPath } from "node:url";
import { MadePart } from "./markdown.ts";
import { matrix } from "./matrix.ts";
import { mechanismTable } from "./mechanism-table.ts";
import type { Entry } from "./record.ts";
import { VERSIONS } from "./versions.ts";

const made = [
  { path: "packages/sasl/README.md", text: mechanismTable },
  { path: "packages/interop/README.md", text: matrix },
].map(({ path, text }) => ({
  path,
  text,
  part: new MadePart(fileURLToPath(new URL(`../../../../${path}`, import.meta.url))),
}));

/** Puts what the record says between the markers of every README. */
export function writeReadmes(record: readonly Entry[]): void {
  for (const { text, part } of made) part.write(text(record));
}

/** The READMEs that say something else than the record; the versions of the peers apart. */
export function outdatedReadmes(record: readonly Entry[]): string[] {
  const comparable = (text: string) => text.split("\n").filter((line) => !line.startsWith(VERSIONS));
  const isUpToDate = (text: string, other: string) => comparable(text).join("\n") === comparable(other).join("\n");
  return made.filter(({ text, part }) => !isUpToDate(part.read(), text(record))).map(({ path }) => path);
}
