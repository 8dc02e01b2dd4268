import type { FetchedMessage, ListedMessage } from "./events.ts";
import { type Listing, newPlan, type Plan, type Result } from "./memory.ts";
import { type Resumed, toldApart } from "./resumed.ts";

/** What becomes of what was listed, and of what the retrieval before this one tells. */
export interface Settled {
  readonly plan: Plan;
  readonly result: Pick<Result, "fetched" | "unstored" | "skipped">;
  /** Those of which the retrieval before this one tells, as far as the caller has them. */
  readonly known: readonly ListedMessage[];
  /** What the retrieval before this one tells, as far as it is not decided what becomes of it. */
  readonly undecided: Resumed;
  /** Whether the limit has left some. */
  readonly more: boolean;
}

/**
 * All is listed: decides what becomes of the messages that the retrieval before this one tells of, and which messages
 * are asked for.
 *
 * @param fetched by the retrievals before this one
 * @param limit how many are asked for
 * @param skips the numbers of those that are left, though they are new
 */
export function settle(
  listing: Listing,
  resumed: Resumed,
  fetched: FetchedMessage[],
  limit: number,
  skips: ReadonlySet<number>,
): Settled {
  const { identified, anonymous, found, beyond, contested, odd, kept } = listing;
  const decided = identified ? decide(listing, resumed, fetched) : nothing(resumed, fetched);
  const { open, known, removals, undecided } = decided;
  const unstored = [...kept];
  const skipped: ListedMessage[] = [];
  const left: ListedMessage[] = [];
  for (const message of [...open, ...found.values(), ...beyond.values()]) {
    // None of those that are not decided on is asked for.
    if (undecided.has(message.uniqueId!)) continue;
    if (contested.has(message.number)) unstored.push(message);
    else if (skips.has(message.number)) skipped.push(message);
    else left.push(message);
  }
  if (open.length + odd.length > 0) left.sort((a, b) => a.number - b.number);
  const asked = left.splice(0, limit);
  const ids = new Set([...resumed.keys(), ...asked.map(({ uniqueId }) => uniqueId)]);
  return {
    plan: newPlan(asked, removals),
    known,
    undecided,
    more: left.length > 0,
    result: {
      // Without a unique-id nothing is known again.
      fetched: identified || anonymous ? decided.fetched.filter(({ uniqueId }) => uniqueId !== null) : decided.fetched,
      unstored: [...unstored, ...ambiguous(left, ids, new Set(open))],
      skipped,
    },
  };
}

/** What is decided of what the retrieval before this one tells, and what is not. */
interface Decided {
  /** Those that are to be fetched. */
  readonly open: ListedMessage[];
  readonly known: ListedMessage[];
  readonly removals: Set<number>;
  readonly undecided: Resumed;
  readonly fetched: FetchedMessage[];
}

function nothing(undecided: Resumed, fetched: FetchedMessage[]): Decided {
  return { open: [], known: [], removals: new Set(), undecided, fetched };
}

function decide(
  { again, doubtful, agreed, contested, odd }: Listing,
  resumed: Resumed,
  before: readonly FetchedMessage[],
): Decided {
  const { open, known, removals, undecided, fetched } = nothing(new Map(), [...before]);
  /** Of those fetched that count no more. */
  const places = new Set<number>();
  for (const [uniqueId, same] of resumed) {
    const { entries, listed } = same;
    const messages = listed.map((number) => again.get(number)!);
    const isContested = listed.some((number) => contested.has(number));
    const apart = isContested ? null : toldApart(same, messages, doubtful || odd.length > 0);
    if (apart === null) {
      undecided.set(uniqueId, same);
      continue;
    }
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
      if (was === "fetched") fetched[place] = { ...fetched[place]!, number, doubtful: false };
      if (remove) removals.add(number);
      known.push(message);
    }
    for (const place of gone) places.add(place);
  }
  known.sort((a, b) => a.number - b.number);
  return { open, known, removals, undecided, fetched: fetched.filter((_, place) => !places.has(place)) };
}

/**
 * Those that are not asked for now, but of which another is told, or asked for: they might be taken for it once that is
 * gone.
 *
 * @param ids the unique-ids of what is told, or asked for
 * @param open those that are told of themselves
 */
function ambiguous(
  left: readonly ListedMessage[],
  ids: ReadonlySet<string | null>,
  open: ReadonlySet<ListedMessage>,
): ListedMessage[] {
  const kept = new Set<string>();
  return left.filter((message) => {
    const { uniqueId } = message;
    if (uniqueId === null) return false;
    if (!open.has(message) && (!ids.has(uniqueId) || kept.has(uniqueId))) return false;
    kept.add(uniqueId);
    return true;
  });
}
