/** What the runs found, and what is said of the mutants that no test noticed. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Result, Survivor } from "./mutants.ts";
import { type Package, packages } from "./scope.ts";

const file = new URL("../results.json", import.meta.url);
const reasonsFile = new URL("../reasons.json", import.meta.url);

/** Why a mutant cannot matter. One entry may speak for several: what it leaves out is not looked at. */
interface Reason extends Partial<Omit<Survivor, "uncovered">> {
  readonly why: string;
}

export type Results = Partial<Record<Package, Result>>;

export function results(): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {};
}

export function keep(name: Package, result: Result): void {
  const all = { ...results(), [name]: result };
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
}

const reasons = JSON.parse(readFileSync(reasonsFile, "utf8")) as readonly Reason[];

function reasonOf(survivor: Survivor): Reason | undefined {
  const keys = ["file", "line", "original", "replacement"] as const;
  return reasons.find((reason) => keys.every((key) => reason[key] === undefined || reason[key] === survivor[key]));
}

/** The survivors of which nothing is said. */
export function unexplained({ survivors }: Result): Survivor[] {
  return survivors.filter((survivor) => reasonOf(survivor) === undefined);
}

/** The scores, in Markdown. */
export function tableOf(all: Results): string {
  const rows = packages.flatMap((name) => {
    const result = all[name];
    if (result === undefined) return [];
    const { mutants, noticed } = result;
    const score = `${((100 * noticed) / mutants).toFixed(1)} %`;
    const open = unexplained(result).length;
    return [`| ${name} | ${mutants} | ${noticed} | ${score} | ${mutants - noticed - open} | ${open} |`];
  });
  return [
    "| package | mutants | noticed | score | survivors explained | not explained |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}
