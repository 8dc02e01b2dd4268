import type { ListedMessage, RetrievalReport } from "./events.ts";

/** What is to be done with a message. */
export interface Judgement {
  readonly fetch: boolean;
  /** Whether it is to be removed, unless the caller says otherwise. */
  readonly remove: boolean;
}

/** How many messages are left of each unique-id. */
export type Counts = Map<string, number>;

/** What was done by the retrieval that this one resumes, as plain data. */
export interface Resumed {
  readonly fetched: Counts;
  readonly toBeRemoved: Counts;
}

export function resumed(report: RetrievalReport | undefined): Resumed {
  const toBeRemoved = report === undefined || report.deletions === "confirmed" ? [] : report.removed;
  return {
    fetched: counted(report?.fetched ?? []),
    toBeRemoved: counted([...toBeRemoved, ...(report?.unmarked ?? [])]),
  };
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
  const remove = take(toBeRemoved, uniqueId);
  if (take(fetched, uniqueId)) return { fetch: false, remove };
  return { fetch: fetched.has(uniqueId) || !known?.has(uniqueId), remove };
}

function counted(messages: readonly ListedMessage[]): Counts {
  const counts: Counts = new Map();
  for (const { uniqueId } of messages) if (uniqueId !== null) counts.set(uniqueId, (counts.get(uniqueId) ?? 0) + 1);
  return counts;
}

/** Takes one of a unique-id's messages, if any is left. */
function take(counts: Counts, uniqueId: string): boolean {
  const left = counts.get(uniqueId) ?? 0;
  if (left > 0) counts.set(uniqueId, left - 1);
  return left > 0;
}
