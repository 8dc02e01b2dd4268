import { checkLike, checkWords, pack, readSnapshot, type Words } from "dot-stuffing/session";
import type { Deletions, Pop3ClientEvent } from "../client/events.ts";
import type { Response } from "../syntax/response.ts";
import type {
  FetchedMessage,
  ListedMessage,
  MissingMessage,
  RefusedMessage,
  RetrievalEvent,
  RetrievalFailure,
  RetrievalReport,
  UnmarkedMessage,
} from "./events.ts";
import { type Numbers, noNumbers } from "./numbers.ts";
import { DELETIONS, type Resumed, readReport } from "./resumed.ts";

/** A retrieval as data, made by `snapshot()`. */
export interface RetrievalSnapshot {
  readonly version: 2;
  readonly data: unknown;
}

/** An event that can be answered. */
export type PendingEvent = RetrievalEvent & { readonly answer: "default" };

/** What UIDL, STAT and LIST have told so far. What they have listed is the plan's once all is there. */
export interface Listing {
  /** The answer that comes next, of those to the listings. */
  awaited: "UIDL" | "STAT" | "LIST" | "none";
  /** Whether UIDL has succeeded, and what it and LIST have listed. */
  identified: boolean;
  /** Whether there are no unique-ids, and what LIST has is fetched all the same. */
  anonymous: boolean;
  uidl: Numbers;
  list: Numbers;
  /** What STAT has counted; null: not known. */
  stat: { readonly count: number } | null;
  /** Whether the listings contradict themselves or one another. */
  doubtful: boolean;
  /** Whether what UIDL has is all that there is by another listing, too. */
  agreed: boolean;
  /** New messages by number, in the order in which they were listed. */
  found: Map<number, ListedMessage>;
  /** Those of which the retrieval before this one tells, as listed again, by number. */
  again: Map<number, ListedMessage>;
  /** The first one beyond the limit of each unique-id that one of those has, too, by unique-id. */
  beyond: Map<string, ListedMessage>;
  /** New ones that are left for the next retrieval: their number is another's, too, or they have no unique-id. */
  kept: ListedMessage[];
  /** Numbers that UIDL may have twice, with two unique-ids. */
  contested: Set<number>;
  /** Numbers that UIDL has left out so far, the first `MOST_ODD` of them at most. */
  gaps: Set<number>;
  /** What LIST has, and UIDL has not: the first `MOST_ODD` of them at most. */
  odd: ListedMessage[];
}

/** What is asked for, once all is listed. */
export interface Plan {
  /** In the order in which they are asked for. */
  readonly messages: readonly ListedMessage[];
  /** So many of them were asked for, and so many of those have come or were refused. */
  asked: number;
  come: number;
  /** Numbers of known messages that are removed by default. */
  readonly removals: Set<number>;
}

/** What was done. */
export interface Result {
  fetched: FetchedMessage[];
  /**
   * Those that came whole and were not stored, or whose unique-id is not certain, and those beyond the limit that might
   * be taken for others.
   */
  unstored: ListedMessage[];
  readonly refused: RefusedMessage[];
  /** Those that the option `skip` has left. */
  skipped: ListedMessage[];
  readonly removed: ListedMessage[];
  unmarked: UnmarkedMessage[];
  deletions: Deletions;
  failure: RetrievalFailure | null;
  response: Response | null;
}

/** What a retrieval remembers. */
export interface RetrievalMemory {
  done: boolean;
  stopped: boolean;
  /** Pulled from the session; it stands here only where the caller's `known.has` or `skip` has thrown. */
  taken: Pop3ClientEvent | null;
  /** Found, and taken by `pull`: the `pulled` first ones were. */
  events: RetrievalEvent[];
  pulled: number;
  /** The last event pulled, as long as it can be answered. */
  pending: PendingEvent | null;
  /** What the retrieval before this one did, as far as it is not decided what becomes of it. */
  resumed: Resumed;
  /** The unique-ids of those of which it has fetched or known another, too. */
  shared: ReadonlySet<string | null>;
  listing: Listing;
  /** Null: not all is listed. */
  plan: Plan | null;
  /**
   * Those whose DELE has no response yet, or waits for the end of the listings, by number: the application may send a
   * DELE of its own between these.
   */
  marking: Map<number, ListedMessage>;
  result: Result;
}

/** What a retrieval begins with. @throws TypeError for what is no report */
export function beginning(report: RetrievalReport | undefined): RetrievalMemory {
  const { resumed, fetched } = readReport(report);
  return {
    done: false,
    stopped: false,
    taken: null,
    events: [],
    pulled: 0,
    pending: null,
    resumed,
    shared: new Set([...resumed].flatMap(([uniqueId, same]) => (same.shared ? uniqueId : []))),
    listing: {
      awaited: "UIDL",
      identified: false,
      anonymous: false,
      uidl: noNumbers(),
      list: noNumbers(),
      stat: null,
      doubtful: false,
      agreed: false,
      found: new Map(),
      again: new Map(),
      beyond: new Map(),
      kept: [],
      contested: new Set(),
      gaps: new Set(),
      odd: [],
    },
    plan: null,
    marking: new Map(),
    result: {
      fetched,
      unstored: [],
      refused: [],
      skipped: [],
      removed: [],
      unmarked: [],
      deletions: "none",
      failure: null,
      response: null,
    },
  };
}

export function newPlan(messages: readonly ListedMessage[], removals: Set<number>): Plan {
  return { messages, asked: 0, come: 0, removals };
}

/** The first failure counts. @param response in which the server has said it */
export function fail(result: Result, failure: RetrievalFailure, response: Response | null = null): void {
  if (result.failure !== null) return;
  result.failure = failure;
  result.response = response;
}

/** What was done so far. @param quitting whether QUIT may have been carried out, and its event was not seen */
export function reportOf(memory: RetrievalMemory, quitting: boolean): RetrievalReport {
  const { done, pending, resumed, shared, listing, plan, marking, result } = memory;
  const { fetched, unstored, refused, skipped, removed, unmarked, deletions, failure, response } = result;
  // Nobody has said that it is stored.
  const unsure = pending?.type === "fetched" ? 1 : 0;
  const coming = plan === null ? [...listing.found.values()] : plan.messages.slice(plan.come - unsure);
  // Of a unique-id that is not decided on, what is told of it says all: numbers of two sessions have no order.
  const missing = [...listing.kept, ...unstored, ...coming.filter(({ uniqueId }) => !resumed.has(uniqueId!))];
  const untold = [pending, ...memory.events.slice(memory.pulled)];
  const unsettled = untold.flatMap((event) => (event?.type === "known" ? event.message : []));
  const unseen = [...resumed.values()].flatMap(({ entries }) => entries);
  const unasked = [
    ...unseen
      .filter(({ remove }) => remove)
      .map(({ message, marked }) => (marked ? { ...message, mayBeGone: true } : message)),
    ...unsettled.filter(({ number }) => plan?.removals.has(number)),
  ];
  // A report has no place for it that QUIT has removed one before: without that, another with its unique-id would be
  // taken for it.
  const keyOf = ({ number, uniqueId }: ListedMessage) => `${number} ${uniqueId}`;
  const open = <Message extends MissingMessage>(message: Message): Message =>
    shared.has(message.uniqueId) ? { ...message, shared: true } : message;
  const gone = new Set(unseen.filter(({ marked, remove }) => marked && !remove).map(({ message }) => keyOf(message)));
  return {
    fetched: fetched.filter((message) => !gone.has(keyOf(message))),
    refused: refused.map(open),
    missing: [...missing, ...unseen.filter(({ was }) => was === "open").map(({ message }) => message)].map(open),
    skipped: skipped.map(open),
    removed: [...removed],
    deletions: quitting ? "unknown" : deletions,
    unmarked: [
      ...unasked.map((message) => ({ ...message, mayBeMarked: false })),
      ...unmarked,
      // No DELE is given before all is listed.
      ...[...marking.values()].map((message) => ({ ...message, mayBeMarked: plan !== null })),
    ],
    complete: done && failure === null,
    failure,
    response,
  };
}

export function snapshotOf(memory: RetrievalMemory): RetrievalSnapshot {
  return { version: VERSION, data: pack(memory, null) };
}

/** The inverse of {@link snapshotOf}. @throws TypeError for anything but a snapshot of a retrieval */
export function saved(snapshot: RetrievalSnapshot): RetrievalMemory {
  const memory = readSnapshot(snapshot, { version: VERSION }, beginning(undefined), null);
  checkWords("snapshot.data", memory, WORDS);
  if (memory.plan !== null) checkLike("snapshot.data.plan", memory.plan, newPlan([], new Set()));
  return memory;
}

const WORDS: Words<RetrievalMemory> = {
  listing: { awaited: { UIDL: true, STAT: true, LIST: true, none: true } },
  result: {
    deletions: DELETIONS,
    failure: {
      "no-unique-ids": true,
      "listings-refused": true,
      contradiction: true,
      unidentified: true,
      "more-than-limit": true,
      skipped: true,
      "not-stored": true,
      stopped: true,
      "connection-lost": true,
      "in-part": true,
    },
  },
};
const VERSION = 2;
