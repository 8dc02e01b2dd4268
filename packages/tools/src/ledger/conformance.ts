/** Each published package's CONFORMANCE.md is made from the titles of its tests, and must not differ from them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { byNumber } from "../order.ts";
import { packageFolder, published, root } from "../workspace.ts";
import { testsOfPackages } from "./collect.ts";
import { type Deviations, deviationsOf } from "./deviations.ts";
import { type Source, sourceOf } from "./id.ts";
import { readShown, type Shown } from "./shown.ts";

/** How many titles of one table stand in a row; the others are counted. */
const MOST_TITLES = 3;

interface Row {
  readonly id: string;
  readonly source: Source;
  /** Its cells after those, as Markdown. */
  readonly cells: readonly string[];
}

/** The text of a package's CONFORMANCE.md. */
export function conformanceOf(name: string, shown: readonly Shown[], deviations: Deviations): string {
  const byId = groupBy(shown, ({ id }) => id);
  const rows: Row[] = [...byId]
    .filter(([id]) => !deviations.has(id))
    .map(([id, tests]) => ({ id, source: tests[0]!.source, cells: [words(tests)] }));
  const otherwise: Row[] = [...deviations].map(([id, reason]) => ({
    ...{ id, source: sourceOf(id)! },
    cells: [inMarkdown(reason), words(byId.get(id) ?? [])],
  }));
  const documents = [...groupBy(rows, ({ source }) => source.document)].sort(([a], [b]) => byDocument(a, b));
  const lines = [
    `# What the tests of \`${name}\` show`,
    "",
    "Made by `pnpm ledger` from the titles of the tests in [`test`](test), and not to be edited: `pnpm check` fails if they differ.",
    "A row is a requirement of an RFC, or of practice, by the id that tests name it with; what is shown is in the tests' own words.",
    ...(rows.length === 0 ? ["", "No test names a requirement yet."] : []),
    ...documents.flatMap(([document, of]) => ["", `## ${document}`, "", ...table(["what is shown"], of)]),
  ];
  if (otherwise.length > 0)
    lines.push("", "## Decided otherwise", "", ...table(["what this package does, and why", "shown by"], otherwise));
  return `${lines.join("\n")}\n`;
}

/** RFCs by number, and after them what is no RFC. */
function byDocument(a: string, b: string): number {
  const other = (document: string) => (document.startsWith("RFC ") ? 0 : 1);
  return other(a) - other(b) || byNumber(a, b);
}

function table(heads: readonly string[], rows: readonly Row[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const all = ["id", "section", ...heads];
  const place = ({ document, section }: Source) => `${document} ${section}`;
  const sorted = [...rows].sort((a, b) => byNumber(place(a.source), place(b.source)) || byNumber(a.id, b.id));
  return [
    line(all),
    line(all.map(() => "---")),
    ...sorted.map(({ id, source, cells }) => line([id, linkTo(source), ...cells])),
  ];
}

function linkTo({ document, section, link }: Source): string {
  const text = `${document} ${section}`.trim();
  return link === null ? text : `[${text}](${link})`;
}

/** What tests say of one requirement: each place's titles, the first few of a table. */
function words(tests: readonly Shown[]): string {
  const places = groupBy(tests, ({ file, place }) => `${file}:${place}`);
  const said = [...places.values()].flatMap((of) => {
    const titles = [...new Set(of.map((test) => test.words.map(inMarkdown).join(": ")))];
    if (titles.length === 1 && of.length > 1) return [`${titles[0]} (${of.length} cases)`];
    const more = titles.length - MOST_TITLES;
    return [...titles.slice(0, MOST_TITLES), ...(more > 0 ? [`and ${more} more like these`] : [])];
  });
  return said.join("<br>");
}

/** Writes a text so that Markdown shows it as it is, in one cell: what cannot be seen is written as its code. */
export function inMarkdown(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (unseen) => `\\u${hex(unseen)}`)
    .replace(/\\(?=[!-/:-@[-`{-~])|[`*_<|[\]~&$]/g, "\\$&");
}

function hex(character: string): string {
  return character.codePointAt(0)!.toString(16).padStart(4, "0");
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** What every published package's CONFORMANCE.md has to say, by the file's path. */
export function conformances(shown: readonly Shown[]): Map<string, string> {
  return new Map(
    published.map((name) => {
      const own = shown.filter(({ file }) => file.startsWith(`packages/${name}/`));
      return [join(packageFolder(name), "CONFORMANCE.md"), conformanceOf(name, own, deviationsOf(name))];
    }),
  );
}

/** Those of these files that do not hold these texts. */
export function stale(texts: ReadonlyMap<string, string>): string[] {
  const differs = ([path, text]: readonly [string, string]) => !existsSync(path) || readFileSync(path, "utf8") !== text;
  return [...texts].filter(differs).map(([path]) => path);
}

/** How many requirements there are, as the README says it: all that a test names, or that is decided otherwise. */
export function countOf(shown: readonly Pick<Shown, "id">[], otherwise: ReadonlySet<string>): string {
  const named = new Set(shown.map(({ id }) => id).filter((id) => !otherwise.has(id)));
  return `${named.size + otherwise.size} numbered ones, of which tests show ${named.size} and ${otherwise.size} are decided otherwise`;
}

/**
 * @throws Error naming the files that differ from what the tests say, or what the README does not say, and as
 *   testsOfPackages and readShown do
 */
export async function checkConformance(): Promise<string> {
  const shown = readShown(await testsOfPackages());
  const differing = stale(conformances(shown));
  if (differing.length > 0)
    throw new Error(`run "pnpm ledger": the tests no longer say what stands in\n${differing.join("\n")}`);
  const count = countOf(shown, new Set(published.flatMap((name) => [...deviationsOf(name).keys()])));
  if (!readFileSync(join(root, "README.md"), "utf8").includes(count))
    throw new Error(`README.md does not say "${count}"`);
  return `requirements: ${count}; README.md and each CONFORMANCE.md up to date`;
}
