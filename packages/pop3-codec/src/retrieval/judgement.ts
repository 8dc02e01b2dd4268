import { checkType } from "dot-stuffing/session";
import type { Resumed } from "./resumed.ts";

/** What is to be done with a message: `"later"`: that is told once the listings are complete. */
export type Judgement = "fetch" | "known" | "later";

/**
 * Whether a listed message is new. Unique-ids compare octet for octet. What the retrieval that this one resumes tells of a unique-id goes
 * before what the caller knows: it found messages with it that were new, and the caller knows no more than that one of them has it.
 *
 * @throws TypeError for an answer of the caller's that is no boolean, and what the caller throws: nothing has changed then
 */
export function judge(
  { number, uniqueId }: { readonly number: number; readonly uniqueId: string },
  resumed: Resumed,
  known: { has(uniqueId: string): boolean } | undefined,
): Judgement {
  const same = resumed.get(uniqueId);
  if (!same?.wereNew && !(known && checkType("known.has", "boolean", known.has(uniqueId)))) {
    // What was to be removed was known then, and is not now.
    resumed.delete(uniqueId);
    return "fetch";
  }
  if (same === undefined) return "known";
  if (same.listed.length < same.entries.length) {
    same.listed.push(number);
    return "later";
  }
  same.more = true;
  return same.wereNew ? "fetch" : "known";
}
