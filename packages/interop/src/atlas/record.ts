/** The record of what was answered: `atlas.json`. A run replaces what it holds of the peers that were asked. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Answer } from "./answer.ts";

export interface Column {
  readonly peer: string;
  readonly role: "server" | "client" | "parser";
  readonly protocol: "SMTP" | "LMTP" | "POP3";
  readonly version: string;
}

export interface Row {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  /** The family of the published generators that it is an instance of. */
  readonly family: string | null;
  /** What it stands after; null: the input says it. */
  readonly behind: string | null;
  /** Escaped. */
  readonly input: readonly string[];
}

export interface Cell extends Answer {
  readonly question: string;
  readonly peer: string;
}

export interface Atlas {
  readonly columns: readonly Column[];
  readonly questions: readonly Row[];
  readonly answers: readonly Cell[];
}

const file = fileURLToPath(new URL("../../atlas.json", import.meta.url));

export function readAtlas(): Atlas {
  if (!existsSync(file)) return { columns: [], questions: [], answers: [] };
  return JSON.parse(readFileSync(file, "utf8")) as Atlas;
}

/** One entry a line, so that a change shows where it is. */
export function written({ columns, questions, answers }: Atlas): string {
  const list = (name: string, entries: readonly object[]) =>
    `  "${name}": [\n${entries.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n")}\n  ]`;
  return `{\n${[list("columns", columns), list("questions", questions), list("answers", answers)].join(",\n")}\n}\n`;
}

export function writeAtlas(atlas: Atlas): void {
  writeFileSync(file, written(atlas));
}

/**
 * What was known with what was found: columns in the given order, answers to questions that there are no longer left
 * out.
 *
 * @param order the names of peers, of which others are dropped
 */
export function merged(known: Atlas, found: Atlas, order: readonly string[]): Atlas {
  const met = new Set(found.columns.map(({ peer }) => peer));
  const columns = [...known.columns.filter(({ peer }) => !met.has(peer)), ...found.columns];
  const answers = [...known.answers.filter(({ peer }) => !met.has(peer)), ...found.answers];
  const names = order.filter((name) => columns.some(({ peer }) => peer === name));
  const { questions } = found;
  return {
    columns: names.flatMap((name) => columns.filter(({ peer }) => peer === name)),
    questions,
    answers: questions.flatMap(({ id }) =>
      names.flatMap((name) => answers.filter(({ question, peer }) => question === id && peer === name)),
    ),
  };
}
