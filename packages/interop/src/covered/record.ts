/** The record of what ran: `covered.json`, a list of entries. A run replaces those of the peers that it met. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CoveredOutcome, type Feature, namesIn, type Part, tabled } from "./feature.ts";

export interface Entry extends Feature {
  readonly peer: string;
  readonly version: string;
  readonly outcome: CoveredOutcome;
}

const file = fileURLToPath(new URL("../../covered.json", import.meta.url));

/** What became of a peer's checks. */
export interface Result {
  readonly covers: readonly Feature[];
  readonly passed: boolean;
}

/**
 * A feature has passed if every check that shows it has.
 *
 * @throws RangeError if a check shows something that its protocol has not, or that the peer says it lacks
 */
export function entriesOf(peer: string, version: string, parts: readonly Part[], results: readonly Result[]): Entry[] {
  const shown = new Map<string, Entry>();
  for (const { covers, passed } of results) {
    for (const feature of covers) {
      const { role, protocol, name, variant } = feature;
      const part = parts.find((one) => one.role === role && one.protocol === protocol);
      if (part === undefined || !offers(part, name))
        throw new RangeError(`${peer} does not have what it shows: ${name}, ${protocol} ${role}`);
      const key = JSON.stringify([role, protocol, name, variant]);
      const outcome = passed && shown.get(key)?.outcome !== "failed" ? "passed" : "failed";
      shown.set(key, { peer, version, ...feature, outcome });
    }
  }
  const all = [...shown.values()];
  return parts.flatMap((part) => {
    const { role, protocol } = part;
    const here = all.filter((entry) => entry.role === role && entry.protocol === protocol);
    return namesIn(protocol).flatMap((name): Entry[] => {
      const found = here.filter((entry) => entry.name === name);
      if (found.length > 0) return found;
      const outcome = offers(part, name) ? "not covered" : "not supported by the peer";
      return [{ peer, version, role, protocol, name, outcome }];
    });
  });
}

function offers({ protocol, mechanisms, lacks = [] }: Part, name: string): boolean {
  if (mechanisms.includes(name)) return true;
  return namesIn(protocol).includes(name) && !tabled.includes(name) && !lacks.some((lacking) => lacking === name);
}

export function readRecord(): Entry[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Entry[]) : [];
}

/** @param order the peers that there are; entries of others are dropped */
export function writeRecord(fresh: readonly Entry[], order: readonly string[]): void {
  const met = new Set(fresh.map(({ peer }) => peer));
  const all = [...readRecord().filter(({ peer }) => !met.has(peer)), ...fresh];
  const sorted = order.flatMap((name) => all.filter(({ peer }) => peer === name));
  writeFileSync(file, `[\n${sorted.map((entry) => `  ${JSON.stringify(entry)}`).join(",\n")}\n]\n`);
}
