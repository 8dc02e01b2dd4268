/** What tests show: the ids at the start of their titles, `[DOT-4.5.2-4] removes one leading dot, whatever follows`. */
import type { Test } from "./collect.ts";
import { ID, type Source, sourceOf } from "./id.ts";

/** How many ids a test may carry, those of the describes around it among them: who shows everything shows nothing. */
const MOST = 2;

/** A requirement that a test shows. */
export interface Shown {
  readonly id: string;
  readonly source: Source;
  readonly file: string;
  /** Where what is said is written: one place for all rows of a table. */
  readonly place: string;
  /** The titles down to the one that carries the id, without ids. */
  readonly words: readonly string[];
}

/**
 * Reads the ids of all tests; an id in a describe's title counts for every test in it.
 *
 * @throws Error naming every wrong title
 */
export function readShown(tests: readonly Test[]): Shown[] {
  const shown: Shown[] = [];
  const faults = new Set<string>();
  for (const { file, place, titles } of tests) {
    const fault = (what: string) => faults.add(`${file}: "${titles.join(" > ")}" ${what}`);
    const found = new Map<string, Shown>();
    const words: string[] = [];
    for (const [depth, title] of titles.entries()) {
      const { ids, rest } = readTitle(title);
      words.push(rest);
      if (ids.length > 0 && rest === "") fault("says nothing behind its ids");
      if (hasId(rest)) fault("has an id that is not at its start, in brackets of its own");
      for (const id of ids) {
        const source = sourceOf(id);
        // A describe is one place, however many tests are in it.
        const at = depth === titles.length - 1 ? place : words.join(" > ");
        if (source === null) fault(`names ${id}, which is of no known document`);
        else if (!found.has(id)) found.set(id, { id, source, file, place: at, words: words.filter(Boolean) });
      }
    }
    if (found.size > MOST) fault(`carries ${found.size} ids, more than ${MOST}`);
    shown.push(...found.values());
  }
  if (faults.size > 0) throw new Error([...faults].join("\n"));
  return shown;
}

/** Takes the ids off the start of a title. */
export function readTitle(title: string): { readonly ids: readonly string[]; readonly rest: string } {
  const ids: string[] = [];
  let rest = title;
  for (;;) {
    const [whole, inside] = /^\s*\[([^\]]*)\]\s*/.exec(rest) ?? [];
    if (whole === undefined || inside === undefined || !ID.test(inside)) return { ids, rest };
    ids.push(inside);
    rest = rest.slice(whole.length);
  }
}

/** Whether an id stands in brackets anywhere in it: what else may be in brackets is the test's affair. */
function hasId(title: string): boolean {
  const bracketed = [...title.matchAll(/\[([^[\]]*)\]/g)].flatMap(([, inside]) => inside!.split(/[\s,;]+/));
  return bracketed.some((word) => sourceOf(word) !== null);
}
