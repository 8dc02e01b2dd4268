import type { ListedMessage } from "./events.ts";
import type { RetrievalMemory } from "./memory.ts";
import { toldApart } from "./resumed.ts";

/**
 * All is listed: decides what becomes of the messages that the retrieval before this one tells of, and which messages are asked for. Those
 * that are known get their events.
 *
 * @param limit how many are asked for
 */
export function settle(memory: RetrievalMemory, limit: number): void {
  const { identified, found, beyond } = memory;
  const told = new Set(memory.resumed.keys());
  const open = identified ? decide(memory) : [];
  const wanted = new Map<number, ListedMessage>();
  for (const message of [...open, ...found.values(), ...beyond.values()]) {
    // None of those that are not decided on is asked for; and a number may be listed twice.
    if (!memory.resumed.has(message.uniqueId!) && !wanted.has(message.number)) wanted.set(message.number, message);
  }
  const left = [...wanted.values()];
  if (open.length > 0) left.sort((a, b) => a.number - b.number);
  const asked = left.splice(0, limit);
  if (left.length > 0) memory.failure ??= "more-than-limit";
  leave(memory, left, told, asked, new Set(open));
  memory.found = new Map(asked.map((message) => [message.number, message]));
  memory.order = [...memory.found.keys()];
  memory.again.clear();
  beyond.clear();
}

/** @returns those that are to be fetched */
function decide(memory: RetrievalMemory): ListedMessage[] {
  const { resumed, removals, found, again, doubtful } = memory;
  const open: ListedMessage[] = [];
  const known: ListedMessage[] = [];
  const places = new Set<number>();
  for (const [uniqueId, same] of resumed) {
    const { entries, listed } = same;
    const apart = toldApart(same, doubtful);
    // A number may be listed twice, with two unique-ids.
    const are = (message: ListedMessage | undefined) => message === undefined || message.uniqueId === uniqueId;
    if (apart === "not now" || !listed.every((number) => are(again.get(number)) && are(found.get(number)))) continue;
    resumed.delete(uniqueId);
    if (apart === "not") for (const { place } of entries) places.add(place);
    for (const [index, number] of listed.entries()) {
      const { was, place, remove } = entries[index]!;
      const message = again.get(number)!;
      if (apart === "not" || was === "open") {
        open.push(message);
        continue;
      }
      if (was === "fetched") memory.fetched[place] = { ...memory.fetched[place]!, number, doubtful: false };
      if (remove) removals.add(number);
      known.push(message);
    }
  }
  memory.fetched = memory.fetched.filter((_, place) => !places.has(place));
  known.sort((a, b) => a.number - b.number);
  for (const message of known) memory.events.push({ type: "known", message, answer: "default" });
  return open;
}

/** Keeps those that are not asked for now, but of which another is told, or asked for: they might be taken for it once that is gone. */
function leave(
  { unstored }: RetrievalMemory,
  left: readonly ListedMessage[],
  told: ReadonlySet<string>,
  asked: readonly ListedMessage[],
  open: ReadonlySet<ListedMessage>,
): void {
  const kept = new Set<string>();
  const ids = new Set([...told, ...asked.map(({ uniqueId }) => uniqueId!)]);
  for (const message of left) {
    const uniqueId = message.uniqueId!;
    if (!open.has(message) && (!ids.has(uniqueId) || kept.has(uniqueId))) continue;
    kept.add(uniqueId);
    unstored.push(message);
  }
}
