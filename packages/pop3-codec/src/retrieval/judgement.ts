import { checkChoice, checkObject, checkType } from "dot-stuffing/session";
import type { Deletions } from "../client/events.ts";
import type { ListedMessage, RetrievalReport } from "./events.ts";

/** What may have become of messages marked as deleted. */
export const DELETIONS: readonly [Deletions, ...Deletions[]] = ["confirmed", "in-part", "unknown", "none"];

/** What is to be done with a message. */
export interface Judgement {
  readonly fetch: boolean;
  /** Whether it is to be removed, unless the caller says otherwise. */
  readonly remove: boolean;
}

/** What the retrieval that this one resumes has done, by unique-id, as far as it was not listed again; plain data. */
export interface Resumed {
  /** How many messages were fetched. */
  readonly fetched: Map<string | null, number>;
  readonly toBeRemoved: Map<string, ListedMessage[]>;
}

/** @throws TypeError for what is no report */
export function resumed(report: RetrievalReport | undefined): Resumed {
  const { fetched, removed, unmarked, deletions } = report === undefined ? NOTHING : checkReport(report);
  const found: Resumed = { fetched: new Map(), toBeRemoved: new Map() };
  for (const { uniqueId } of fetched) found.fetched.set(uniqueId, (found.fetched.get(uniqueId) ?? 0) + 1);
  for (const message of [...(deletions === "confirmed" ? [] : removed), ...unmarked]) {
    const { uniqueId } = message;
    if (uniqueId === null) continue;
    const same = found.toBeRemoved.get(uniqueId);
    if (same === undefined) found.toBeRemoved.set(uniqueId, [message]);
    else same.push(message);
  }
  return found;
}

/**
 * Whether a message is new. Unique-ids compare octet for octet, and messages may share one (RFC 1939 §7): what was fetched before
 * counts for as many messages as were fetched, what the caller knows for all that have it.
 */
export function judge(
  uniqueId: string,
  { fetched, toBeRemoved }: Resumed,
  known: { has(uniqueId: string): boolean } | undefined,
): Judgement {
  const remove = toBeRemoved.get(uniqueId)?.pop() !== undefined;
  const before = fetched.get(uniqueId);
  if (before === undefined) return { fetch: !known?.has(uniqueId), remove };
  fetched.set(uniqueId, before - 1);
  return { fetch: before <= 0, remove };
}

const NOTHING = { fetched: [], removed: [], unmarked: [], deletions: "none" } as const;

function checkReport(report: RetrievalReport): RetrievalReport {
  checkObject("resume", report);
  for (const name of ["fetched", "removed", "unmarked"] as const) {
    const place = `resume.${name}`;
    for (const message of checkType(place, "array", report[name])) {
      const { uniqueId } = checkObject(place, message);
      if (uniqueId !== null) checkType(`${place}.uniqueId`, "string", uniqueId);
    }
  }
  const { deletions } = report;
  checkChoice("resume.deletions", checkType("resume.deletions", "string", deletions), DELETIONS);
  return report;
}
