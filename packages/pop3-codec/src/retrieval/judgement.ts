import { checkType } from "dot-stuffing/session";
import type { Resumed } from "./resumed.ts";

/** What is to be done with a message: `"later"`: that is told once the listings are complete. */
type Judgement = "fetch" | "known" | "later";

/**
 * Whether a listed message is new. Unique-ids compare octet for octet. Where the retrieval that this one resumes found
 * messages with a unique-id that were new, what it tells of them is looked at first: the caller knows no more than that
 * one of them has it. Where it tells only that the caller knew them, and had them removed, the caller decides again, if
 * it says now what it knows.
 *
 * @throws TypeError for an answer of the caller's that is no boolean, and what the caller throws: nothing has changed
 *   then
 */
export function judge(
  { number, uniqueId }: { readonly number: number; readonly uniqueId: string },
  resumed: Resumed,
  known: { has(uniqueId: string): boolean } | undefined,
): Judgement {
  const same = resumed.get(uniqueId);
  // Undefined: the caller says nothing.
  const isKnown = known && checkType("known.has", "boolean", known.has(uniqueId));
  if (same === undefined || (isKnown === false && !same.wereNew)) {
    resumed.delete(uniqueId);
    return isKnown ? "known" : "fetch";
  }
  same.known = isKnown === true;
  if (same.listed.length < same.entries.length) {
    same.listed.push(number);
    return "later";
  }
  same.more = true;
  return isKnown && !same.wereNew ? "known" : "fetch";
}
