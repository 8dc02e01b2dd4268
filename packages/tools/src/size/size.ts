/** How much the built packages add to a user's bundle: bundled with what they depend on, minified, and compressed. */
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { packageFolder } from "../workspace.ts";
import { type Row, rows } from "./limits.ts";

export interface Size {
  /** `smtp-codec/syntax`, or `{ plainClient } from sasl`. */
  readonly name: string;
  readonly minified: number;
  /** By gzip at level 9. */
  readonly compressed: number;
}

/** Bundles what a row imports. @throws Error with what esbuild says, an export that does not exist included */
export function measure({ package: name, from, names }: Row, folder: string = packageFolder(name)): Size {
  const imported = names === undefined ? "*" : `{ ${names.join(", ")} }`;
  const { outputFiles } = buildSync({
    // From inside the package, its own name leads through its `exports`, as it does for whoever installed it.
    stdin: { contents: `export ${imported} from "${from}";`, resolveDir: folder },
    ...{ bundle: true, minify: true, format: "esm", target: "es2022", platform: "neutral", write: false },
    logLevel: "silent",
  });
  const minified = outputFiles[0]!.contents;
  return {
    name: names === undefined ? from : `${imported} from ${from}`,
    minified: minified.length,
    compressed: gzipSync(minified, { level: 9 }).length,
  };
}

/** How all rows stand: a Markdown table, and the names of those above their limits or goals. */
export interface Sizes {
  readonly table: string;
  readonly aboveLimit: readonly string[];
  readonly aboveGoal: readonly string[];
}

export function judge(measured: ReadonlyMap<Row, Size>): Sizes {
  const all = [...measured];
  const body = all.map(([{ limit, goal }, { name, minified, compressed }]) => [
    name,
    minified,
    compressed,
    limit,
    goal,
  ]);
  const above = (most: "limit" | "goal") =>
    all.filter(([row, { compressed }]) => compressed > (row[most] ?? Infinity)).map(([, { name }]) => name);
  return {
    table: tableOf(["what is imported", "minified", "gzip -9", "limit", "goal"], body),
    aboveLimit: above("limit"),
    aboveGoal: above("goal"),
  };
}

/** A Markdown table with figures to the right. */
function tableOf(heads: readonly string[], body: readonly (readonly (string | number | undefined)[])[]): string {
  const cells = body.map((row) => row.map((cell) => cell?.toLocaleString("en") ?? ""));
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [heads, rule, ...cells].map((row) => `| ${row.map(pad).join(" | ")} |`).join("\n");
}

/** @throws Error as measure does */
export function sizes(): Sizes {
  return judge(new Map(rows.map((row) => [row, measure(row)])));
}

/** @throws Error with the table, if anything is above its limit, and as measure does */
export function checkSizes(): string {
  const { table, aboveLimit } = sizes();
  if (aboveLimit.length > 0) throw new Error(`${table}\nabove the limit: ${aboveLimit.join(", ")}`);
  return `${rows.filter(({ limit }) => limit !== undefined).length} bundles within their limits`;
}
