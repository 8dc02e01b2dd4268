import { checkLike, checkWords, pack, unpack, type Words } from "dot-stuffing/session";
import type { Deletions, Pop3ClientEvent } from "../client/events.ts";
import type {
  FetchedMessage,
  ListedMessage,
  RefusedMessage,
  RetrievalEvent,
  RetrievalFailure,
  RetrievalReport,
} from "./events.ts";
import { type Numbers, noNumbers } from "./numbers.ts";
import { DELETIONS, type Resumed, readReport } from "./resumed.ts";

/** A retrieval as data, made by `snapshot()`. */
export interface RetrievalSnapshot {
  readonly version: 1;
  readonly data: unknown;
}

/** An event that can be answered. */
export type PendingEvent = RetrievalEvent & { readonly answer: "default" };

/** What a retrieval remembers. */
export interface RetrievalMemory {
  done: boolean;
  stopped: boolean;
  /** Pulled from the session; it stands here only where the caller's `known.has` has thrown. */
  taken: Pop3ClientEvent | null;
  /** Found, and not pulled yet. */
  events: RetrievalEvent[];
  /** The last event pulled, as long as it can be answered. */
  pending: PendingEvent | null;
  /** What the retrieval before this one did, as far as its messages have not been listed again. */
  resumed: Resumed;
  /** Whether UIDL has succeeded, and what it and LIST have listed. */
  identified: boolean;
  uidl: Numbers;
  list: Numbers;
  /** What STAT has counted; null: not known. */
  stat: { readonly count: number } | null;
  /** Whether the listings contradict themselves or one another. */
  doubtful: boolean;
  /** Numbers of known messages that are removed by default. */
  removals: Set<number>;
  /** New messages by number, in the order in which they were listed. */
  found: Map<number, ListedMessage>;
  /** Their numbers, once all are listed; so many were asked for, and so many of those have come or were refused. */
  order: number[] | null;
  asked: number;
  come: number;
  /**
   * Those whose DELE has no response yet, or waits for the end of the listings, by number: the application may send a DELE of its own
   * between these.
   */
  marking: Map<number, ListedMessage>;
  fetched: FetchedMessage[];
  /** Those that came whole and were not stored, and those beyond the limit that were missing before. */
  unstored: ListedMessage[];
  refused: RefusedMessage[];
  removed: ListedMessage[];
  unmarked: ListedMessage[];
  deletions: Deletions;
  failure: RetrievalFailure | null;
}

/** What a retrieval begins with. @throws TypeError for what is no report */
export function beginning(report: RetrievalReport | undefined): RetrievalMemory {
  const { resumed, fetched } = readReport(report);
  return {
    done: false,
    stopped: false,
    taken: null,
    events: [],
    pending: null,
    resumed,
    identified: false,
    uidl: noNumbers(),
    list: noNumbers(),
    stat: null,
    doubtful: false,
    removals: new Set(),
    found: new Map(),
    order: null,
    asked: 0,
    come: 0,
    marking: new Map(),
    fetched,
    unstored: [],
    refused: [],
    removed: [],
    unmarked: [],
    deletions: "none",
    failure: null,
  };
}

/** What was done so far. */
export function reportOf(memory: RetrievalMemory): RetrievalReport {
  const { fetched, unstored, refused, found, order, come, removed, unmarked, marking, removals, deletions } = memory;
  const { pending, identified, doubtful, failure, done } = memory;
  // Nobody has said that it is stored.
  const unsure = pending?.type === "fetched" ? 1 : 0;
  const missing = (order ?? [...found.keys()]).slice(come - unsure).map((number) => found.get(number)!);
  const unsettled = pending !== null && removals.has(pending.message.number) && unsure === 0 ? [pending.message] : [];
  // Until all is listed it is not known that what was to be removed or fetched is gone.
  const whole = order !== null && identified && !doubtful;
  const unseen = whole ? [] : [...memory.resumed.values()].flatMap(({ entries }) => [...entries].reverse());
  return {
    fetched: [...fetched],
    refused: [...refused],
    missing: [...unstored, ...missing, ...unseen.filter(({ was }) => was === "open").map(({ message }) => message)],
    removed: [...removed],
    deletions,
    unmarked: [
      ...unmarked,
      ...marking.values(),
      ...unsettled,
      ...unseen.filter(({ remove }) => remove).map(({ message }) => message),
    ],
    complete: done && failure === null,
    failure,
  };
}

export function snapshotOf(memory: RetrievalMemory): RetrievalSnapshot {
  return { version: VERSION, data: pack(memory, null) };
}

/** The inverse of {@link snapshotOf}. @throws TypeError for anything but a snapshot of a retrieval */
export function saved(snapshot: RetrievalSnapshot): RetrievalMemory {
  const form: RetrievalSnapshot = { version: VERSION, data: {} };
  checkLike("snapshot", snapshot, form);
  if (snapshot.version !== VERSION)
    throw new TypeError(`"snapshot" expected version ${VERSION}, got ${snapshot.version}`);
  const memory = unpack(snapshot.data, null) as RetrievalMemory;
  checkLike("snapshot.data", memory, beginning(undefined));
  checkWords("snapshot.data", memory, WORDS);
  return memory;
}

const WORDS: Words<RetrievalMemory> = {
  deletions: DELETIONS,
  failure: ["no-unique-ids", "contradiction", "more-than-limit", "not-stored", "stopped", "connection-lost", "in-part"],
};
const VERSION = 1;
