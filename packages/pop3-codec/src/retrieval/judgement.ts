import { checkChoice, checkObject, checkType } from "dot-stuffing/session";
import type { Deletions } from "../client/events.ts";
import type { FetchedMessage, ListedMessage, RetrievalReport } from "./events.ts";

/** What may have become of messages marked as deleted. */
export const DELETIONS: readonly [Deletions, ...Deletions[]] = ["confirmed", "in-part", "unknown", "none"];

/** What is to be done with a message. */
export interface Judgement {
  readonly fetch: boolean;
  /** Whether it is to be removed, unless the caller says otherwise. */
  readonly remove: boolean;
}

/** What the retrieval that this one resumes tells, by unique-id, as far as it was not listed again; plain data. */
export interface Resumed {
  /** How many messages were fetched: of every unique-id that was fetched, missing or refused. */
  readonly fetched: Map<string | null, number>;
  readonly toBeRemoved: Map<string, ListedMessage[]>;
  /** What was missing or refused. */
  readonly missing: readonly ListedMessage[];
}

/**
 * Reads the report of the retrieval that this one resumes.
 *
 * @returns also what was fetched as far as it counts from here on, to stand in front of what is fetched now
 * @throws TypeError for what is no report
 */
export function resumed(report: RetrievalReport | undefined): {
  readonly before: Resumed;
  readonly fetched: readonly FetchedMessage[];
} {
  const told = report === undefined ? NOTHING : checkReport(report);
  const { removed, unmarked, deletions } = told;
  const missing = [...told.missing, ...told.refused].map(({ number, uniqueId, announced }) => ({
    ...{ number, uniqueId, announced },
  }));
  const before: Resumed = { fetched: new Map(), toBeRemoved: new Map(), missing };
  for (const { uniqueId } of missing) before.fetched.set(uniqueId, 0);
  // What shares its unique-id with one that is gone, or may be, must not be taken for that one: it would be lost.
  const gone = new Map<string | null, number>();
  for (const message of removed) {
    const { uniqueId } = message;
    if (deletions !== "none" && before.fetched.has(uniqueId)) gone.set(uniqueId, (gone.get(uniqueId) ?? 0) + 1);
    else if (deletions !== "confirmed") add(before.toBeRemoved, message);
  }
  for (const message of unmarked) add(before.toBeRemoved, message);
  const fetched = told.fetched.filter(({ uniqueId }) => {
    const count = gone.get(uniqueId) ?? 0;
    if (count > 0) gone.set(uniqueId, count - 1);
    return count === 0;
  });
  for (const { uniqueId } of fetched) before.fetched.set(uniqueId, (before.fetched.get(uniqueId) ?? 0) + 1);
  return { before, fetched };
}

/**
 * Whether a message is new. Unique-ids compare octet for octet, and messages may share one (RFC 1939 §7): what was fetched before
 * counts for as many messages as were fetched, what the caller knows for all that have it. Of what was told before the caller may
 * know one, by what was fetched then, and not the others.
 *
 * @throws TypeError for an answer of the caller's that is no boolean, and what the caller throws: nothing has changed then
 */
export function judge(
  uniqueId: string,
  { fetched, toBeRemoved }: Resumed,
  known: { has(uniqueId: string): boolean } | undefined,
): Judgement {
  const before = fetched.get(uniqueId);
  // Asked before anything is changed: it may throw.
  const fetch = before === undefined ? !(known && checkType("known.has", "boolean", known.has(uniqueId))) : before <= 0;
  if (before !== undefined) fetched.set(uniqueId, before - 1);
  return { fetch, remove: toBeRemoved.get(uniqueId)?.pop() !== undefined };
}

function add(messages: Map<string, ListedMessage[]>, message: ListedMessage): void {
  const { uniqueId } = message;
  if (uniqueId === null) return;
  const same = messages.get(uniqueId);
  if (same === undefined) messages.set(uniqueId, [message]);
  else same.push(message);
}

const LISTS = ["fetched", "refused", "missing", "removed", "unmarked"] as const;
const NOTHING = { fetched: [], refused: [], missing: [], removed: [], unmarked: [], deletions: "none" } as const;

function checkReport(report: RetrievalReport): RetrievalReport {
  checkObject("resume", report);
  for (const name of LISTS) {
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
