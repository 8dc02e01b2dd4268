import { checkChoice, checkObject, checkType } from "dot-stuffing/session";
import type { Deletions } from "../client/events.ts";
import type { FetchedMessage, ListedMessage, RetrievalReport } from "./events.ts";

/** What may have become of messages marked as deleted. */
export const DELETIONS: Record<Deletions, true> = { confirmed: true, "in-part": true, unknown: true, none: true };

/** What the retrieval that this one resumes tells of a message. */
export interface Told {
  readonly message: ListedMessage;
  /** `"open"`: it was missing or refused; `"known"`: the caller knew it. */
  readonly was: "fetched" | "open" | "known";
  readonly remove: boolean;
  /** Whether QUIT was sent after it was marked as deleted: it is gone, or may be. */
  readonly marked: boolean;
  /** Whether QUIT was sent, and may have removed it. */
  readonly mayBeGone: boolean;
  /** In octets, as it came; null: it did not. */
  readonly size: number | null;
  /** Where it stands among what was fetched, or -1. */
  readonly place: number;
}

/** Messages that share a unique-id (RFC 1939 §7): only their order, which no session changes, tells them apart. */
export interface Same {
  /** Whether any of them was new then. */
  readonly wereNew: boolean;
  /**
   * Whether another with their unique-id was fetched, or known: that the caller knows it says nothing of those that
   * were not fetched.
   */
  readonly shared: boolean;
  /** Whether one was fetched where others may have stood in front of it, unseen. */
  readonly unsure: boolean;
  readonly entries: readonly Told[];
  /** The numbers of those listed again, as many as there are entries at most; whether there are more. */
  listed: number[];
  more: boolean;
  /** Whether the caller knows their unique-id by now. */
  known: boolean;
}

/**
 * What the retrieval that this one resumes tells, by unique-id, as far as it is not decided what becomes of it; plain
 * data.
 */
export type Resumed = Map<string, Same>;

/**
 * Which of those told of each message is that is listed again. Those told of besides are gone.
 *
 * @param messages those listed again, as many as there are entries at most
 * @param doubtful whether the listings contradict one another: some messages may be there twice, others be hidden
 * @returns `"not"`: all of those listed are new; null: that cannot be told now, and what is told of them stays
 */
export function toldApart(
  { entries, more, unsure, shared, known }: Same,
  messages: readonly ListedMessage[],
  doubtful: boolean,
): readonly Told[] | "not" | null {
  const areOpen = entries.filter(({ was }) => was === "open").length;
  const numbers = new Set(messages.map(({ number }) => number));
  const [only, ...others] = entries;
  // The one that had its unique-id was stored since, by a retrieval whose report was lost.
  if (known && !shared && !more && others.length === 0 && messages.some(({ announced }) => mayHave(only!, announced)))
    return doubtful ? null : [{ ...only!, was: "known" }];
  if (doubtful) return areOpen === entries.length && numbers.size === areOpen ? "not" : null;
  const isGone = messages.length < entries.length && messages.length > 0;
  const differ = areOpen > 0 && areOpen < entries.length;
  if ((unsure && more) || (isGone && differ)) return "not";
  const found = bySize(entries, messages);
  if (found !== null) return found;
  // A server may announce another size for the same message, as mailutils does once it was read: one that is to be left
  // is the same. One that is to be removed is fetched again: a message that comes twice is better than one that is
  // lost.
  return differ || entries.some(({ marked, remove }) => marked || remove) ? "not" : entries.slice(0, messages.length);
}

/**
 * In order, without those that none of the messages is by its size: a unique-id may come again once its message is gone
 * (RFC 1939 §7).
 */
function bySize(entries: readonly Told[], messages: readonly ListedMessage[]): readonly Told[] | null {
  const found: Told[] = [];
  let next = 0;
  for (const { announced } of messages) {
    while (next < entries.length && !mayHave(entries[next]!, announced)) next++;
    if (next === entries.length) return null;
    found.push(entries[next++]!);
  }
  return found;
}

/** Whether a message may be announced with a size, as it was before, or as it came; null: with none. */
function mayHave({ message, size, mayBeGone }: Told, announced: number | null): boolean {
  if (announced === null) return !mayBeGone;
  return (message.announced ?? size) === null || [message.announced, size].includes(announced);
}

/**
 * Reads the report of the retrieval that this one resumes.
 *
 * @returns also what was fetched, as far as it counts from here on
 * @throws TypeError for what is no report
 */
export function readReport(report: RetrievalReport | undefined): { resumed: Resumed; fetched: FetchedMessage[] } {
  const { deletions, ...lists } = report === undefined ? NOTHING : checkReport(report);
  const groups = new Map<string, Group>();
  for (const name of LISTS) {
    for (const message of lists[name]) {
      const { uniqueId } = message;
      if (uniqueId === null) continue;
      let group = groups.get(uniqueId);
      if (group === undefined) groups.set(uniqueId, (group = emptyGroup()));
      group[name].push(message as never);
    }
  }
  const gone = new Set<ListedMessage>();
  for (const group of groups.values()) for (const message of goneOf(group, deletions)) gone.add(message);
  const fetched = lists.fetched.filter((message) => !gone.has(message));
  const places = new Map<ListedMessage, number>(fetched.map((message, place) => [message, place]));
  const resumed: Resumed = new Map();
  for (const [uniqueId, group] of groups) {
    const unsure = group.fetched.some((message) => places.has(message) && message.doubtful);
    const open = [...group.missing, ...group.refused];
    const wereNew = group.fetched.length + open.length > 0;
    const others = group.fetched.length + group.removed.length + group.unmarked.length;
    const shared = others > 0 || open.some((message) => message.shared);
    const entries = isDoubtful(group, deletions) ? openAgain(group) : entriesOf(group, deletions, places);
    resumed.set(uniqueId, { wereNew, shared, unsure, entries, listed: [], more: false, known: false });
  }
  return { resumed, fetched };
}

function entriesOf(group: Group, deletions: Deletions, places: ReadonlyMap<ListedMessage, number>): Told[] {
  const left = [...(deletions === "confirmed" ? [] : group.removed), ...group.unmarked];
  const toBeRemoved = new Map(left.map((message) => [message.number, message]));
  const gone = new Set(perhapsGone(group, deletions).map(({ number }) => number));
  const quit = deletions === "none" ? [] : group.removed;
  const marked = new Set([...quit.map(({ number }) => number), ...gone]);
  const marks = ({ number }: ListedMessage) => ({ marked: marked.has(number), mayBeGone: gone.has(number) });
  const entries: Told[] = [];
  for (const message of group.fetched) {
    const place = places.get(message);
    if (place === undefined) continue;
    const { number, size } = message;
    const remove = toBeRemoved.delete(number);
    entries.push({ ...tell(message, "fetched"), ...marks(message), remove, size, place });
  }
  for (const message of [...group.missing, ...group.refused]) entries.push(tell(message, "open"));
  for (const message of toBeRemoved.values())
    entries.push({ ...tell(message, "known"), ...marks(message), remove: true });
  return inOrder(entries);
}

/** All of them, as messages that are still to be fetched. */
function openAgain(group: Group): Told[] {
  const byNumber = new Map(LISTS.flatMap((name) => group[name]).map((message) => [message.number, message]));
  return inOrder([...byNumber.values()].map((message) => tell(message, "open")));
}

function inOrder(entries: Told[]): Told[] {
  return entries.sort((a, b) => a.message.number - b.message.number);
}

function tell({ number, uniqueId, announced }: ListedMessage, was: Told["was"]): Told {
  const message = { number, uniqueId, announced };
  return { message, was, remove: false, marked: false, mayBeGone: false, size: null, place: -1 };
}

/**
 * Whether some were, or may be, not fetched, and it is not known which of the others are still there: none of them can
 * be told apart.
 */
function isDoubtful(group: Group, deletions: Deletions): boolean {
  const areHidden = group.fetched.some(({ doubtful }) => doubtful);
  return (group.missing.length + group.refused.length > 0 || areHidden) && perhapsGone(group, deletions).length > 0;
}

/** What QUIT may have removed, and may not: this one, or that of a run before it. */
function perhapsGone({ removed, unmarked }: Group, deletions: Deletions): readonly ListedMessage[] {
  const perhaps = unmarked.filter(
    ({ mayBeGone, mayBeMarked = deletions === "unknown" }) => mayBeGone || (mayBeMarked && deletions !== "none"),
  );
  return deletions === "none" || deletions === "confirmed" ? perhaps : [...removed, ...perhaps];
}

/**
 * What was fetched, and counts no more: another would be taken for it, and be lost, or be left where it was to be
 * removed.
 */
function goneOf(group: Group, deletions: Deletions): readonly ListedMessage[] {
  if (isDoubtful(group, deletions)) return group.fetched;
  if (deletions !== "confirmed") return [];
  const numbers = new Set(group.removed.map(({ number }) => number));
  const gone = group.fetched.filter(({ number }) => numbers.has(number));
  // Where nothing else has its unique-id, what is listed again is the same message: some servers keep what they confirm
  // to be gone.
  const others = group.missing.length + group.refused.length + group.fetched.length - gone.length;
  return others === 0 ? gone.filter(({ doubtful }) => doubtful) : gone;
}

const LISTS = ["fetched", "refused", "missing", "removed", "unmarked"] as const;
type Group = { [List in (typeof LISTS)[number]]: RetrievalReport[List][number][] };
const emptyGroup = (): Group => ({ fetched: [], refused: [], missing: [], removed: [], unmarked: [] });
const NOTHING = { ...emptyGroup(), deletions: "none" } as const;
/** What tells that something about a message is not certain; reports of earlier versions do not have it. */
const DOUBTS: ReadonlySet<string> = new Set(["doubtful", "mayBeMarked", "mayBeGone", "shared"]);

/** @returns what it tells: what was skipped counts as missing */
function checkReport(report: RetrievalReport): Pick<RetrievalReport, (typeof LISTS)[number] | "deletions"> {
  // Reports of earlier versions do not have it.
  const { skipped = [], ...rest } = checkObject("resume", report);
  const lists = { ...rest, skipped };
  for (const name of [...LISTS, "skipped"] as const) {
    const place = `resume.${name}`;
    for (const message of checkType(place, "array", lists[name])) {
      const { uniqueId, number } = checkObject(place, message);
      if (uniqueId !== null) checkType(`${place}.uniqueId`, "string", uniqueId);
      checkType(`${place}.number`, "number", number);
      for (const [doubt, value] of Object.entries(message))
        if (DOUBTS.has(doubt) && value !== undefined) checkType(`${place}.${doubt}`, "boolean", value);
    }
  }
  const { deletions } = report;
  const possible = Object.keys(DELETIONS) as [Deletions, ...Deletions[]];
  checkChoice("resume.deletions", checkType("resume.deletions", "string", deletions), possible);
  return { ...rest, missing: [...rest.missing, ...skipped] };
}
