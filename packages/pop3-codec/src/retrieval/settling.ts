import type { ListedMessage } from "./events.ts";
import { fail, type RetrievalMemory } from "./memory.ts";
import { toldApart } from "./resumed.ts";

/**
 * All is listed: decides what becomes of the messages that the retrieval before this one tells of, and which messages
 * are asked for. Those that are known get their events.
 *
 * @param limit how many are asked for
 * @param skips the numbers of those that are left, though they are new
 */
export function settle(memory: RetrievalMemory, limit: number, skips: ReadonlySet<number>): void {
  const { identified, anonymous, found, beyond, contested, odd } = memory;
  const told = new Set(memory.resumed.keys());
  const open = identified ? decide(memory) : [];
  // Without a unique-id nothing is known again.
  if (identified || anonymous) memory.fetched = memory.fetched.filter(({ uniqueId }) => uniqueId !== null);
  const left: ListedMessage[] = [];
  for (const message of [...open, ...found.values(), ...beyond.values()]) {
    // None of those that are not decided on is asked for.
    if (memory.resumed.has(message.uniqueId!)) continue;
    if (contested.has(message.number)) memory.unstored.push(message);
    else if (skips.has(message.number)) memory.skipped.push(message);
    else left.push(message);
  }
  if (open.length + odd.length > 0) left.sort((a, b) => a.number - b.number);
  const asked = left.splice(0, limit);
  if (left.length > 0) fail(memory, "more-than-limit");
  keepAmbiguous(memory, left, told, asked, new Set(open));
  memory.found = new Map(asked.map((message) => [message.number, message]));
  memory.order = [...memory.found.keys()];
  memory.again.clear();
  beyond.clear();
}

/** @returns those that are to be fetched */
function decide(memory: RetrievalMemory): ListedMessage[] {
  const { resumed, removals, again, doubtful, agreed, contested, odd } = memory;
  const open: ListedMessage[] = [];
  const known: ListedMessage[] = [];
  /** Of those fetched that count no more. */
  const places = new Set<number>();
  for (const [uniqueId, same] of resumed) {
    const { entries, listed } = same;
    if (listed.some((number) => contested.has(number))) continue;
    const messages = listed.map((number) => again.get(number)!);
    const apart = toldApart(same, messages, doubtful || odd.length > 0);
    if (apart === null) continue;
    resumed.delete(uniqueId);
    const gone = new Set(apart === "not" || agreed ? entries.map(({ place }) => place) : []);
    for (const [index, message] of messages.entries()) {
      const told = apart === "not" ? null : apart[index]!;
      if (told === null || told.was === "open") {
        open.push(message);
        continue;
      }
      const { was, place, remove } = told;
      const { number } = message;
      gone.delete(place);
      if (was === "fetched") memory.fetched[place] = { ...memory.fetched[place]!, number, doubtful: false };
      if (remove) removals.add(number);
      known.push(message);
    }
    for (const place of gone) places.add(place);
  }
  memory.fetched = memory.fetched.filter((_, place) => !places.has(place));
  known.sort((a, b) => a.number - b.number);
  for (const message of known) memory.events.push({ type: "known", message, answer: "default" });
  return open;
}

/**
 * Keeps those that are not asked for now, but of which another is told, or asked for: they might be taken for it once
 * that is gone.
 */
function keepAmbiguous(
  { unstored }: RetrievalMemory,
  left: readonly ListedMessage[],
  told: ReadonlySet<string>,
  asked: readonly ListedMessage[],
  open: ReadonlySet<ListedMessage>,
): void {
  const kept = new Set<string>();
  const ids = new Set<string | null>([...told, ...asked.map(({ uniqueId }) => uniqueId)]);
  for (const message of left) {
    const { uniqueId } = message;
    if (uniqueId === null) continue;
    if (!open.has(message) && (!ids.has(uniqueId) || kept.has(uniqueId))) continue;
    kept.add(uniqueId);
    unstored.push(message);
  }
}
