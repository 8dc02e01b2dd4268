/** What the runs found, and what is said of the mutants that no test noticed. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Place, Result, Survivor } from "./result.ts";
import { packages } from "./scope.ts";

const file = new URL("../results.json", import.meta.url);
const reasonsFile = new URL("../reasons.json", import.meta.url);

/** Why a mutant cannot matter. One entry may speak for several: what it leaves out is not looked at. */
interface Reason extends Partial<Place> {
  readonly why: string;
}

/** By file, from the top of the repository. */
export type Results = Readonly<Record<string, Result>>;

export function results(): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {};
}

export function keep(source: string, result: Result, files: readonly string[]): void {
  writeFileSync(file, `${JSON.stringify(withResult(results(), source, result, files), undefined, 2)}\n`);
}

/** Adds what was found in a source, and leaves out sources that there are no more. @param files of the repository */
export function withResult(all: Results, source: string, result: Result, files: readonly string[]): Results {
  const kept = Object.entries({ ...all, [source]: result }).filter(([name]) => files.includes(name));
  return Object.fromEntries(kept.sort(([one], [other]) => (one < other ? -1 : 1)));
}

const reasons = JSON.parse(readFileSync(reasonsFile, "utf8")) as readonly Reason[];

const KEYS = ["file", "line", "original", "replacement"] as const;

function reasonOf(survivor: Survivor): Reason | undefined {
  return reasons.find((reason) => KEYS.every((key) => reason[key] === undefined || reason[key] === survivor[key]));
}

/** The survivors of which nothing is said. */
export function unexplained({ survivors }: Result): Survivor[] {
  return survivors.filter((survivor) => reasonOf(survivor) === undefined);
}

/** Whether a mutant is among these. */
export function isOpen(all: Results, place: Place): boolean {
  const result = all[place.file];
  return result !== undefined && unexplained(result).some((one) => KEYS.every((key) => one[key] === place[key]));
}

/** What was found when these alone were tried again. */
export function foundAgain(before: Result, { survivors }: Result): Result {
  const all = [...before.survivors.filter((survivor) => reasonOf(survivor) !== undefined), ...survivors];
  return { ...before, noticed: before.mutants - all.length, survivors: all };
}

/** Whether a source is the one of which a result speaks. @param digests of the sources as they are now */
export function current(all: Results, source: string, digests: Digests): boolean {
  return all[source]?.source === digests.get(source);
}

/** Of the sources as they are now, by file. */
export type Digests = ReadonlyMap<string, string>;

/** The scores, in Markdown. @param digests of all sources that are mutated, as they are now */
export function tableOf(all: Results, digests: Digests): string {
  const rows = packages.flatMap((name) => {
    const sources = [...digests.keys()].filter((source) => source.startsWith(`packages/${name}/`));
    const tried = sources.filter((source) => all[source] !== undefined);
    if (tried.length === 0) return [];
    const changed = tried.filter((source) => !current(all, source, digests)).length;
    const sum = (of: (result: Result) => number) => tried.reduce((total, source) => total + of(all[source]!), 0);
    const mutants = sum((result) => result.mutants);
    const noticed = sum((result) => result.noticed);
    const score = `${((100 * noticed) / mutants).toFixed(1)} %`;
    const open = sum((result) => unexplained(result).length);
    const files = `${tried.length} of ${sources.length}`;
    return [
      `| ${name} | ${files} | ${changed} | ${mutants} | ${noticed} | ${score} | ${mutants - noticed - open} | ${open} |`,
    ];
  });
  return [
    "| package | files tried | changed since | mutants | noticed | score | survivors explained | not explained |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}
