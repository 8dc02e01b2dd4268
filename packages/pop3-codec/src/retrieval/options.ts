import { checkAtLeast, checkChoice, checkFunction, withDefaults } from "dot-stuffing/session";
import type { ListedMessage, RetrievalReport } from "./events.ts";

/** Options of a retrieval. */
export interface RetrievalOptions {
  /**
   * The unique-ids of messages that the caller has, a Set for instance: no message with one of them is fetched, unless
   * `resume` tells of others with that unique-id, or of another size. Default none.
   */
  readonly known?: { has(uniqueId: string): boolean };
  /**
   * What becomes of a message on the server once it was fetched, unless `remove()` or `leave()` say otherwise. Default
   * `"leave"`.
   */
  readonly afterFetching?: "leave" | "remove";
  /**
   * The report of a retrieval that did not complete: what it has fetched is not fetched again, what it was to remove
   * is removed. What is listed with the unique-id of one that was to be removed, and another size, counts as another,
   * and is fetched; what is to be left is the same, whatever its size. Where QUIT was not answered by +OK, what it was
   * to remove may be gone: what is listed with its unique-id is fetched also without a size, or if the first is
   * `doubtful`, or shares its unique-id with one that was not fetched. Messages that share a unique-id (RFC 1939 §7)
   * are told apart by their order, and by their sizes where one might be removed unseen: those that were not fetched
   * are, though `known` has it. One that was not fetched, shares its unique-id with none and is `known` by now was
   * stored by a retrieval whose report was lost: it is not fetched again. What the caller knew then is fetched if
   * `known` is given, and does not have it.
   */
  readonly resume?: RetrievalReport | undefined;
  /**
   * How many messages are asked for before the first of them has come, where the server offers PIPELINING. Elsewhere
   * the next one is asked for as soon as one has come. Default 8.
   */
  readonly ahead?: number;
  /**
   * How many messages are fetched at most, and, if it is above 100,000, how many known ones are removed: the others are
   * left for another time. Default 100,000.
   */
  readonly limit?: number;
  /**
   * Whether a message is left for another time, by its number, its unique-id and the size that LIST has `announced`,
   * if any: `({ announced }) => announced !== null && announced > 1_000_000`. It is asked once all is listed, about
   * what is new or told of by `resume`, and again where it has thrown. What it leaves is `skipped` in the report,
   * stays on the server, and is fetched by a later retrieval whose `skip` does not leave it; it does not count for
   * `limit`, unless more than 100,000 are new. Default: none is left.
   */
  readonly skip?: (message: ListedMessage) => boolean;
  /**
   * Fetches what has no unique-id, too: all messages of a server that refuses UIDL, and those whose line in it cannot
   * be read. None of them is known then, whatever `known` has: do not set it for a server whose unique-ids are known.
   * One that refuses UIDL with a response code, as `[SYS/TEMP]`, whose capabilities list UIDL, or of whose unique-ids
   * `resume` tells, has them at other times: nothing is fetched from it. Default false: none of them is fetched.
   */
  readonly withoutUniqueIds?: boolean;
}

/** The options of a retrieval with every default in place. */
export interface RetrievalSettings extends Required<Omit<RetrievalOptions, "known" | "resume" | "skip">> {
  readonly known: RetrievalOptions["known"];
  readonly skip: RetrievalOptions["skip"];
  readonly resume: RetrievalReport | undefined;
}

const DEFAULTS: RetrievalSettings = {
  ...{ known: undefined, afterFetching: "leave", resume: undefined },
  ...{ ahead: 8, limit: 100_000, skip: undefined, withoutUniqueIds: false },
};

/** How many messages are kept at least whose fate is known only once all is listed. */
const LEAST_KEPT = 100_000;

/** How many such messages are kept: known ones to be removed, and new ones whose size `skip` is asked about. */
export function mostKept({ limit }: RetrievalSettings): number {
  return Math.max(limit, LEAST_KEPT);
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TypeError or RangeError for an option outside its range
 */
export function retrievalSettings(options: RetrievalOptions): RetrievalSettings {
  const settings = withDefaults("options", options, DEFAULTS);
  checkAtLeast("ahead", settings.ahead, 1);
  checkAtLeast("limit", settings.limit, 1);
  checkChoice("afterFetching", settings.afterFetching, ["leave", "remove"]);
  if (settings.known !== undefined) checkFunction("known.has", settings.known?.has);
  if (settings.skip !== undefined) checkFunction("skip", settings.skip);
  return settings;
}
