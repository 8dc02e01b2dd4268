/** The record of what ran: `covered.json`, a list of entries. A run replaces those of the peers that it met. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CoveredOutcome, type Feature, type Part, tabled } from "./feature.ts";

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

/** A feature has passed if every check that shows it has. */
export function entriesOf(peer: string, version: string, parts: readonly Part[], results: readonly Result[]): Entry[] {
  const shown = new Map<string, Entry>();
  for (const { covers, passed } of results) {
    for (const feature of covers) {
      const key = JSON.stringify([feature.role, feature.protocol, feature.name, feature.variant]);
      const outcome = passed && shown.get(key)?.outcome !== "failed" ? "passed" : "failed";
      shown.set(key, { peer, version, ...feature, outcome });
    }
  }
  const entries = [...shown.values()];
  for (const { role, protocol, mechanisms } of parts) {
    for (const name of tabled) {
      if (name === "APOP" && protocol !== "POP3") continue;
      if (entries.some((entry) => entry.role === role && entry.protocol === protocol && entry.name === name)) continue;
      const outcome = mechanisms.includes(name) ? "not covered" : "not supported by the peer";
      entries.push({ peer, version, role, protocol, name, outcome });
    }
  }
  return entries;
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
