/** Ledgers against tests: what no test names, and what no ledger knows. */
import { byNumber } from "../order.ts";
import type { Requirement } from "./ledger.ts";

/** How one package's part of the ledgers stands. */
export interface Part {
  readonly name: string;
  readonly all: number;
  /** The ids that a test names. */
  readonly named: number;
  /** The ids that are decided otherwise. */
  readonly otherwise: number;
  /** The ids that are neither, in order. */
  readonly missing: readonly string[];
}

/** Tests of any package may name a requirement; the part that it stands in says whose it is. */
export function compareParts(
  requirements: readonly Requirement[],
  named: ReadonlySet<string>,
  otherwise: ReadonlySet<string>,
): Part[] {
  const parts = [...new Set(requirements.map(({ part }) => part))];
  return parts.map((name) => {
    const ids = requirements.filter(({ part }) => part === name).map(({ id }) => id);
    const decided = ids.filter((id) => otherwise.has(id));
    const shown = ids.filter((id) => named.has(id) && !otherwise.has(id));
    const missing = ids.filter((id) => !named.has(id) && !otherwise.has(id)).sort(byNumber);
    return { name, all: ids.length, named: shown.length, otherwise: decided.length, missing };
  });
}

/** The ids of these that no ledger knows, in order. */
export function unknownIds(ids: Iterable<string>, requirements: readonly Requirement[]): string[] {
  const known = new Set(requirements.map(({ id }) => id));
  return [...new Set(ids)].filter((id) => !known.has(id)).sort(byNumber);
}
