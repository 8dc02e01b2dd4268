import type { Deletions, Pop3ClientEvent } from "../client/events.ts";
import type { Response } from "../syntax/response.ts";

/** A message as the server has listed it. */
export interface ListedMessage {
  /** In this session. */
  readonly number: number;
  /** The same in every session; null: the server has none. */
  readonly uniqueId: string | null;
  /**
   * What LIST has announced, in octets; null: nothing. By it the next retrieval tells this message from another that
   * may have got its unique-id after it was removed (RFC 1939 §7): without it, it fetches again what may be gone.
   */
  readonly announced: number | null;
}

/** A message that was fetched whole. */
export interface FetchedMessage extends ListedMessage {
  /** In octets, as they came. */
  readonly size: number;
  /**
   * Whether it was fetched by listings that contradict one another: another with its unique-id may have stood in front
   * of it, unseen. The next retrieval whose listings agree tells, and fetches both if it does. Where QUIT was sent
   * for it, and its answer did not come, or was -ERR, nobody can tell which of them is left: what is listed with its
   * unique-id is fetched, though it may be this one.
   */
  readonly doubtful: boolean;
}

/** A message that was to be removed, and is not known to be marked. */
export interface UnmarkedMessage extends ListedMessage {
  /** Whether DELE was given and its answer did not come, or could not be read: what QUIT removes may have it, too. */
  readonly mayBeMarked: boolean;
  /** True: a run before may have removed it, and this one has not listed it. What has its unique-id may be another. */
  readonly mayBeGone?: boolean;
}

/** A message that is new, and was not fetched. */
export interface MissingMessage extends ListedMessage {
  /** True: another with its unique-id was fetched before, or known: who knows that need not have this one. */
  readonly shared?: boolean;
}

/** A message that the server did not hand over: `[SYS/TEMP]`, `[UTF8]`, or no longer there. */
export interface RefusedMessage extends MissingMessage {
  readonly response: Response;
}

/**
 * What was done, each message in exactly one of the first four lists; plain data, to be stored or handed to `resume`.
 */
export interface RetrievalReport {
  /**
   * Fetched whole and stored, in order; those of the retrieval that this one resumes in front, as long as they are not
   * known to be gone, or may be taken for another with their unique-id: it grows no longer than the maildrop. Numbers
   * are those of the last session whose listings had them, and agreed.
   */
  readonly fetched: readonly FetchedMessage[];
  readonly refused: readonly RefusedMessage[];
  /**
   * New, and not fetched: the connection ended, or `stop()` was called, before they had come whole, or nobody has
   * stored them. Of those beyond the limit only what might be taken for another that has their unique-id.
   */
  readonly missing: readonly MissingMessage[];
  /**
   * Left by the option `skip`: on the server, and for a retrieval that this report is handed to. Of more than 100,000
   * that are new also what might be taken for another that has their unique-id.
   */
  readonly skipped: readonly MissingMessage[];
  /** Marked as deleted by a DELE with +OK in this session. */
  readonly removed: readonly ListedMessage[];
  /** What became of those. Only `"confirmed"` says that they are gone. */
  readonly deletions: Deletions;
  /**
   * To be removed, and not known to be marked: DELE was not sent, was refused, or had no response that could be read.
   * Known ones beyond the limit are not among them.
   */
  readonly unmarked: readonly UnmarkedMessage[];
  /** Whether all that is new was fetched or refused, and the session ended by QUIT with +OK. */
  readonly complete: boolean;
  /** Why it is not complete; null: it is, or is not done. */
  readonly failure: RetrievalFailure | null;
  /** The -ERR to UIDL, LIST or QUIT that is the failure; null: there is none. */
  readonly response: Response | null;
}

/** Why a retrieval is not complete. */
export type RetrievalFailure =
  /** The server refused UIDL as one that does not have it, or LIST too: nothing was fetched. */
  | "no-unique-ids"
  /**
   * The server refused UIDL, or LIST where it takes the place of that, though it has unique-ids: its response has a
   * code, as `[SYS/TEMP]` (RFC 3206 §4), its capabilities list UIDL, or `resume` tells of unique-ids. Nothing was
   * fetched, whatever `withoutUniqueIds` says.
   */
  | "listings-refused"
  /**
   * STAT, UIDL and LIST have different messages, or numbers that do not ascend, so that one may be there twice, or UIDL
   * leaves some out, and neither of the others tells that it does not: there may be a new one that was not asked for.
   * Nothing is removed; and where messages with one unique-id are told apart by their order, as `resume` has it, or one
   * number may have two unique-ids, none of them is asked for. All that is for the next retrieval, whose listings
   * agree.
   */
  | "contradiction"
  /**
   * UIDL has some in lines that cannot be read, with a space in the unique-id perhaps, and agrees with LIST and STAT
   * else: these are `missing`, without a unique-id. The others are fetched and removed, and with `withoutUniqueIds`
   * they are, too; but what `resume` tells of stays as it is, if one of these might be taken for it.
   */
  | "unidentified"
  /** `limit` left some for another time, or more that are known were to be removed than one retrieval does. */
  | "more-than-limit"
  /** The option `skip` left some for another time; nothing else has failed. */
  | "skipped"
  /** `notStored()` was called: some messages have to come again. */
  | "not-stored"
  /** `stop()` was called. */
  | "stopped"
  /** The connection ended before QUIT's response. */
  | "connection-lost"
  /** QUIT was refused: some messages were not removed. */
  | "in-part";

/**
 * What happens in a retrieval. Those with `answer: "default"` can be answered by `remove()` or `leave()` until the next
 * event is pulled; then their default holds.
 */
export type RetrievalEvent =
  /**
   * A message that the caller has. Default: left, or removed if the retrieval that this one resumes was to remove it.
   * One that `resume` tells of comes after the listings, if they agree.
   */
  | { readonly type: "known"; readonly message: ListedMessage; readonly answer: "default" }
  /** The listings have come: so many messages will be asked for. */
  | { readonly type: "listed"; readonly count: number; readonly answer: "none" }
  /** A piece of a message: a view of the received chunk. */
  | { readonly type: "content"; readonly message: ListedMessage; readonly bytes: Uint8Array; readonly answer: "none" }
  /**
   * A message has come whole: store it before the next event is pulled, which says that it is stored. If it cannot be:
   * `notStored()`, or pull no more. Default: what `afterFetching` says.
   */
  | { readonly type: "fetched"; readonly message: FetchedMessage; readonly answer: "default" }
  /** A message was not handed over; it is left. */
  | { readonly type: "refused"; readonly message: RefusedMessage; readonly answer: "none" }
  | (Pop3ClientEvent & { readonly type: "violation" })
  /** The end. */
  | { readonly type: "done"; readonly report: RetrievalReport; readonly answer: "none" };
