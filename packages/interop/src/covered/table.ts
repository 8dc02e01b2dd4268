/** The Markdown table of mechanism × peer × role, made from the record, and its place in the README of `sasl`. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tabled } from "./feature.ts";
import type { Entry } from "./record.ts";

const readme = fileURLToPath(new URL("../../../sasl/README.md", import.meta.url));
const BEGIN = "<!-- interop: made by `pnpm interop --readme` -->";
const END = "<!-- /interop -->";
const VERSIONS = "Versions: ";

/**
 * A row a mechanism, a column a peer in a role. A cell names the protocols that the mechanism passed in, and the channel
 * bindings if it has them.
 */
export function table(record: readonly Entry[]): string {
  const columns = [...new Set(record.map(({ peer, role }) => `${peer}, ${role}`))];
  const inColumn = (column: string) => record.filter(({ peer, role }) => `${peer}, ${role}` === column);
  const rows = tabled.map((name) => [
    name,
    ...columns.map((column) => cell(inColumn(column).filter((entry) => entry.name === name))),
  ]);
  const versions = [...new Map(record.map(({ peer, version }) => [peer, version]))];
  return [
    ...aligned([["mechanism", ...columns], ...rows]),
    "",
    "The role is the peer's. –: the peer has no such mechanism; ·: not covered.",
    `${VERSIONS}${versions.map(([peer, version]) => `${peer} ${version}`).join(", ")}.`,
  ].join("\n");
}

function cell(entries: readonly Entry[]): string {
  const words = [...new Set(entries.map(({ protocol }) => protocol))].flatMap((protocol) => {
    const here = entries.filter((entry) => entry.protocol === protocol);
    const failed = here.filter(({ outcome }) => outcome === "failed");
    const passed = here.filter(({ outcome }) => outcome === "passed");
    const variants = (found: readonly Entry[]) => {
      const names = found.flatMap(({ variant }) => variant ?? []);
      return names.length > 0 ? ` (${names.join(", ")})` : "";
    };
    return [
      ...(passed.length > 0 ? [`${protocol}${variants(passed)}`] : []),
      ...(failed.length > 0 ? [`**${protocol} failed${variants(failed)}**`] : []),
    ];
  });
  if (words.length > 0) return words.join(", ");
  return entries.some(({ outcome }) => outcome === "not covered") ? "·" : "–";
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((text, at) => text.padEnd(widths[at]!)).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head!), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
}

/** Puts the table between the markers in the README. */
export function writeReadme(record: readonly Entry[]): void {
  const { before, after } = parts();
  writeFileSync(readme, `${before}${BEGIN}\n\n${table(record)}\n\n${END}${after}`);
}

/** Whether the table in the README says what the record says; the versions of the peers apart. */
export function isReadmeUpToDate(record: readonly Entry[]): boolean {
  const comparable = (text: string) => text.split("\n").filter((line) => !line.startsWith(VERSIONS));
  return comparable(parts().between.trim()).join("\n") === comparable(table(record)).join("\n");
}

/** @throws Error if the README has no markers */
function parts(): { readonly before: string; readonly between: string; readonly after: string } {
  const text = readFileSync(readme, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${readme} lacks the lines "${BEGIN}" and "${END}"`);
  return {
    before: text.slice(0, begin),
    between: text.slice(begin + BEGIN.length, end),
    after: text.slice(end + END.length),
  };
}
