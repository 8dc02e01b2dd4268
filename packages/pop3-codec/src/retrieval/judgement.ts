import { checkType } from "dot-stuffing/session";
import type { Resumed, Told } from "./resumed.ts";

/** What is to be done with a message. */
export interface Judgement {
  readonly fetch: boolean;
  /** Whether it is to be removed, unless the caller says otherwise. */
  readonly remove: boolean;
  /** What the retrieval that this one resumes tells of it; null: nothing. */
  readonly told: Told | null;
}

/**
 * Whether a message is new; it is taken from what is told. Unique-ids compare octet for octet. What the retrieval before this one has
 * fetched is not new, nor is what the caller knows. But where that retrieval found messages with this unique-id that were new, its report
 * tells which were fetched, and the caller knows no more than one of them has it.
 *
 * @throws TypeError for an answer of the caller's that is no boolean, and what the caller throws: nothing has changed then
 */
export function judge(
  uniqueId: string,
  resumed: Resumed,
  known: { has(uniqueId: string): boolean } | undefined,
): Judgement {
  const same = resumed.get(uniqueId);
  const told = same?.entries.at(-1) ?? null;
  const fetch = same?.wereNew
    ? told === null || told.was === "open"
    : !(known && checkType("known.has", "boolean", known.has(uniqueId)));
  same?.entries.pop();
  return { fetch, remove: told?.remove ?? false, told };
}
