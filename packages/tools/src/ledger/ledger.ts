/** Reads ledgers of requirements: Markdown files with a line `- [ID] role — statement (source, level)` for each. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { byNumber } from "../order.ts";
import { filesBelow, published } from "../workspace.ts";
import { ID } from "./id.ts";

/** One line of a ledger. Nothing is taken from it but what names it: the statement stays where it is. */
export interface Requirement {
  readonly id: string;
  /** The published package under whose heading it stands. */
  readonly part: string;
  /** `FILE:LINE`. */
  readonly place: string;
}

const HEADING = /^#+ (?:Package )?`?([a-z0-9-]+)`?$/;
const LINE = /^- \[([^\]]+)\] (?:client|server|both) — .+ \(.+\)$/;

/** @throws Error naming every line that begins like a requirement and is none, and every id that stands twice */
export function readLedger(name: string, text: string): Requirement[] {
  const requirements: Requirement[] = [];
  const faults: string[] = [];
  let part: string | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const place = `${name}:${index + 1}`;
    const heading = HEADING.exec(line)?.[1];
    if (published.some((known) => known === heading)) part = heading;
    if (!line.startsWith("- [")) continue;
    const id = LINE.exec(line)?.[1];
    if (id === undefined || !ID.test(id)) faults.push(`${place}: expected "- [ID] role — statement (source, level)"`);
    else if (part === undefined) faults.push(`${place}: ${id} stands under no package's heading`);
    else requirements.push({ id, part, place });
  }
  faults.push(...repeated(requirements));
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return requirements;
}

/** Reads every ledger in a folder. @throws Error as readLedger does, and if there is none */
export function readLedgers(folder: string): Requirement[] {
  const files = filesBelow(folder).filter((file) => file.endsWith(".md"));
  const requirements = files.sort(byNumber).flatMap((file) => readLedger(basename(file), readFileSync(file, "utf8")));
  if (requirements.length === 0) throw new Error(`${folder} holds no ledger`);
  const faults = repeated(requirements);
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return requirements;
}

function repeated(requirements: readonly Requirement[]): string[] {
  const places = new Map<string, string>();
  return requirements.flatMap(({ id, place }) => {
    const first = places.get(id);
    if (first !== undefined) return [`${place}: ${id} stands at ${first} already`];
    places.set(id, place);
    return [];
  });
}
