/**
 * Makes `src/saslprep/tables.generated.ts` from the tables printed in RFC 3454:
 *
 *     pnpm --filter sasl stringprep-tables /path/to/rfc3454.txt
 *
 * The text is the RFC editor's, https://www.rfc-editor.org/rfc/rfc3454.txt, page breaks and all.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** The tables that SASLprep (RFC 4013) or the trace profile (RFC 4505 §3) refer to. Bit n of a mask is table n. */
const TABLES = "A.1 B.1 C.1.2 C.2.1 C.2.2 C.3 C.4 C.5 C.6 C.7 C.8 C.9 D.1 D.2".split(" ");
const CODE_POINTS = 0x110000;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** A line of a table: `0234-024F`, or `00AD; ; Map to nothing`. */
const ENTRY = /^ {3}([0-9A-F]{4,6})(?:-([0-9A-F]{4,6}))?(?:;.*)?$/;
/** What stands between the pages of an RFC. */
const PAGE = /^(?:\f?|Hoffman & Blanchet .*\[Page \d+\]|RFC 3454 .*December 2002)$/;

/** @throws Error if the table is not there, or has a line that is no entry */
function rangesOf(rfc: string, table: string): [first: number, last: number][] {
  const [, body] = rfc.split(`   ----- Start Table ${table} -----\n`);
  const [lines] = body?.split(`   ----- End Table ${table} -----\n`) ?? [];
  if (lines === undefined) throw new Error(`no table ${table}`);
  const ranges: [number, number][] = [];
  for (const line of lines.split("\n")) {
    if (PAGE.test(line)) continue;
    const [, first, last = first] = ENTRY.exec(line) ?? [];
    if (first === undefined) throw new Error(`table ${table}: no entry: ${line}`);
    ranges.push([Number.parseInt(first, 16), Number.parseInt(last!, 16)]);
  }
  return ranges;
}

/** For every code point, the tables that list it. */
function masksOf(rfc: string): Uint16Array {
  const masks = new Uint16Array(CODE_POINTS);
  for (const [bit, table] of TABLES.entries()) {
    for (const [first, last] of rangesOf(rfc, table)) {
      for (let codePoint = first; codePoint <= last; codePoint++) masks[codePoint]! |= 1 << bit;
    }
  }
  return masks;
}

interface Runs {
  /** Each combination of tables that occurs. */
  readonly kinds: readonly number[];
  /** Code points of one kind that follow one another: how many in base 36, and the kind's letter. */
  readonly text: string;
}

function runsOf(masks: Uint16Array): Runs {
  const kinds: number[] = [];
  let text = "";
  for (let from = 0; from < masks.length; ) {
    const mask = masks[from]!;
    let to = from + 1;
    while (masks[to] === mask) to++;
    if (!kinds.includes(mask)) kinds.push(mask);
    text += (to - from).toString(36) + LETTERS[kinds.indexOf(mask)]!;
    from = to;
  }
  if (kinds.length > LETTERS.length) throw new Error("more kinds than letters");
  return { kinds, text };
}

function moduleOf({ kinds, text }: Runs): string {
  const names = kinds.map((mask) => TABLES.filter((_, bit) => mask & (1 << bit)).join(" "));
  const lines = text.match(/.{1,100}/g)!.map((line) => `  "${line}"`);
  return `// Made by scripts/stringprep-tables.ts from the text of RFC 3454. Do not edit.

/** Which tables of RFC 3454 list a code point: each combination that occurs, the first by the letter A in {@link RUNS}. */
export const KINDS: readonly string[] = ${JSON.stringify(names)};

/** All code points from U+0000: how many follow one another, in base 36, and the letter of their kind. */
export const RUNS: string =
${lines.join(" +\n")};
`;
}

const [, , path] = process.argv;
if (path === undefined) throw new Error("expected the path of rfc3454.txt");
const target = new URL("../src/saslprep/tables.generated.ts", import.meta.url);
writeFileSync(target, moduleOf(runsOf(masksOf(readFileSync(path, "utf8")))));
