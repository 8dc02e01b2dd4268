import { checkFunction, checkObject, EventIterator, pull, StateError } from "dot-stuffing/session";
import type { Pop3ClientEvent } from "../client/events.ts";
import { isQuitting, isWaiting, type Pop3ClientSession, takeBack } from "../client/session.ts";
import type { Response } from "../syntax/response.ts";
import type { FetchedMessage, ListedMessage, RetrievalEvent, RetrievalReport } from "./events.ts";
import { type ListingEvent, Listings } from "./listings.ts";
import {
  beginning,
  fail,
  type PendingEvent,
  type RetrievalMemory,
  type RetrievalSnapshot,
  reportOf,
  saved,
  snapshotOf,
} from "./memory.ts";
import { mostKept, type RetrievalOptions, type RetrievalSettings, retrievalSettings } from "./options.ts";

/**
 * Fetches what is new in a maildrop, in order, over a session in which a login has succeeded; it ends the session by
 * QUIT. Pull events from it in place of the session's; all else, input, output, `waiting`, time-outs, is the session's
 * as before.
 *
 * Commands that are given to the session besides are answered, and told nowhere; give them after the `"listed"` event.
 *
 * A message counts as fetched once its event was answered, which pulling the next one does: store it before. Where that
 * fails, leave the loop for good, or say `notStored()`: it counts as missing then. None is removed before. What was
 * removed is certain with QUIT's +OK only: the report says what is.
 *
 * @example
 * ```ts
 * const retrieval = new Pop3Retrieval(session, { known, afterFetching: "remove" });
 * for (const event of retrieval) {
 *   if (event.type === "content") pieces.push(event.bytes.slice());
 *   if (event.type === "fetched") await store(event.message.uniqueId, pieces.splice(0));
 *   if (event.type === "done") report = event.report;
 * }
 * ```
 */
export class Pop3Retrieval implements Iterable<RetrievalEvent> {
  readonly #session: Pop3ClientSession;
  readonly #settings: RetrievalSettings;
  readonly #memory: RetrievalMemory;
  readonly #listings: Listings;

  /**
   * Begins with the listings.
   *
   * @param session in which a maildrop is open, and no command under way
   * @param snapshot of a retrieval that goes on here, over the session as it was
   * @throws StateError in another state of the session, while commands are under way, or where UIDL is not listed and
   *   the session does not send it unlisted
   * @throws TypeError or RangeError for an option outside its range, and for anything but a snapshot of a retrieval
   */
  constructor(session: Pop3ClientSession, options: RetrievalOptions = {}, snapshot?: RetrievalSnapshot) {
    checkFunction("session.uidl", checkObject("session", session).uidl);
    const settings = retrievalSettings(options);
    this.#session = session;
    this.#settings = settings;
    this.#memory = snapshot === undefined ? beginning(settings.resume) : saved(snapshot);
    this.#listings = new Listings(this.#memory, settings);
    if (snapshot !== undefined) return;
    if (session.state === "transaction" && session.timeout !== null)
      throw new StateError("Pop3Retrieval", `while ${session.timeout.for} is under way`, "it once that is answered");
    session.uidl().stat().list();
  }

  /**
   * All that the retrieval knows, as data that can be cloned and stored; that of the session is a snapshot of its own.
   */
  snapshot(): RetrievalSnapshot {
    return snapshotOf(this.#memory);
  }

  /** What was done so far, as the `"done"` event will say it. */
  get report(): RetrievalReport {
    return reportOf(this.#memory, isQuitting(this.#session));
  }

  /**
   * The next event, or null: nothing more can be said now, and the session's `waiting` says why.
   *
   * @throws TypeError where `known.has` or `skip` gives no boolean, and what they throw: they are asked again then
   */
  nextEvent(): RetrievalEvent | null {
    const memory = this.#memory;
    const { pending } = memory;
    if (pending !== null) this.#answer(this.#removes(pending));
    for (;;) {
      const event = pull(memory);
      if (event !== undefined) {
        if (event.answer === "default") memory.pending = event;
        return event;
      }
      this.#request();
      memory.taken ??= this.#session.nextEvent();
      if (memory.taken === null) return null;
      this.#take(memory.taken);
      memory.taken = null;
    }
  }

  /** Pulls events until `nextEvent()` returns null. Leaving the loop early loses nothing: loop again and go on. */
  [Symbol.iterator](): IterableIterator<RetrievalEvent, undefined> {
    return new EventIterator(this, () => this.#session[Symbol.iterator]().return!());
  }

  /**
   * Answers the last event: its message is removed from the server, by this retrieval if its listings agree, else by
   * the one that resumes it. Of what `known` has, 100,000 are removed by one retrieval, or `limit` if that is more: the
   * others are `"known"` to the next one again.
   *
   * @throws StateError unless it can be answered
   */
  remove(): void {
    this.#expectPending("remove()");
    this.#answer(true);
  }

  /** Answers the last event: its message is left on the server. @throws StateError unless it can be answered */
  leave(): void {
    this.#expectPending("leave()");
    this.#answer(false);
  }

  /**
   * Answers a `"fetched"` event: its message was not stored. It counts as missing and is left on the server, where the
   * retrieval that resumes this one fetches it.
   *
   * @throws StateError unless the last event is `"fetched"`
   */
  notStored(): void {
    const memory = this.#memory;
    if (memory.pending?.type !== "fetched")
      throw new StateError("notStored()", 'unless the last event is "fetched"', "nextEvent()");
    const { messages, come } = memory.plan!;
    memory.result.unstored.push(messages[come - 1]!); // no other has come since
    memory.pending = null;
    fail(memory.result, "not-stored");
  }

  /**
   * Asks for no more messages; those whose RETR was sent still come: without PIPELINING one, with it as many as are
   * asked for ahead. What was to be removed is removed.
   */
  stop(): void {
    this.#memory.stopped = true;
    const { plan } = this.#memory;
    if (plan === null || plan.asked === plan.come) return;
    if (takeBack(this.#session, plan.messages[plan.asked - 1]!.number)) plan.asked--;
  }

  #expectPending(call: string): void {
    if (this.#memory.pending === null)
      throw new StateError(call, 'unless the last event is "known" or "fetched"', "nextEvent()");
  }

  #removes({ type, message }: PendingEvent): boolean {
    if (type === "fetched") return this.#settings.afterFetching === "remove";
    return this.#memory.plan?.removals.has(message.number) ?? false;
  }

  #answer(remove: boolean): void {
    const memory = this.#memory;
    const pending = memory.pending!;
    const { message } = pending;
    memory.pending = null;
    memory.plan?.removals.delete(message.number);
    if (pending.type === "fetched") memory.result.fetched.push(pending.message);
    if (!remove) return;
    // Which message a number means is certain once the listings agree.
    if (memory.plan !== null) this.#mark(message);
    else if (memory.marking.size < mostKept(this.#settings)) memory.marking.set(message.number, message);
    else fail(memory.result, "more-than-limit"); // any number of messages may be listed
  }

  /** Deletes a message, if its listing is not doubtful, and it still can be deleted. */
  #mark(message: ListedMessage): void {
    const { marking, listing, result } = this.#memory;
    if (!listing.doubtful && this.#session.state === "transaction") {
      this.#session.dele(message.number);
      marking.set(message.number, message);
    } else result.unmarked.push({ ...message, mayBeMarked: false });
  }

  /**
   * Asks for messages, as many as may be under way, and for the end after the last of them. One at most waits in the
   * session: where nothing is pipelined, the others would delay every DELE, and what the application gives.
   */
  #request(): void {
    const { plan, stopped } = this.#memory;
    if (plan === null || this.#session.state !== "transaction") return;
    const { messages, come } = plan;
    const end = stopped ? plan.asked : messages.length;
    const last = Math.min(come + this.#settings.ahead, end);
    for (; plan.asked < last && !isWaiting(this.#session); plan.asked++) {
      const { number, announced } = messages[plan.asked]!;
      this.#session.retr(number, announced);
    }
    if (come === end) this.#session.quit();
  }

  /** Commands that the application has given besides have events too: these are not the retrieval's. */
  #take(event: Pop3ClientEvent): void {
    const memory = this.#memory;
    const { plan, result } = memory;
    switch (event.type) {
      case "unique-id-listing":
      case "uidl":
      case "stat":
      case "scan-listing":
      case "list":
        if (plan === null) this.#takeListing(event);
        break;
      case "content": {
        // TOP has content too; what is awaited is the command that it belongs to.
        const message = this.#session.timeout?.for === "RETR" ? this.#coming(event.number) : null;
        if (message !== null) this.#tell({ type: "content", message, bytes: event.bytes, answer: "none" });
        break;
      }
      case "retr": {
        const message = this.#coming(event.number);
        if (event.response !== null && message !== null) this.#came(message, event.response, event.size);
        break;
      }
      case "dele":
        this.#marked(event.number, event.response);
        break;
      case "rset":
        this.#reset(event.response);
        break;
      case "quit":
        result.deletions = event.deletions;
        if (plan === null || plan.come < plan.messages.length) fail(result, "stopped");
        if (!event.ok) fail(result, event.response === null ? "connection-lost" : "in-part", event.response);
        if (result.skipped.length > 0) fail(result, "skipped");
        break;
      case "violation":
        this.#listings.violated(event.code);
        this.#tell(event);
        break;
      case "closed":
        if (event.cause !== "quit") {
          result.failure = null;
          fail(result, "connection-lost");
        }
        memory.done = true;
        this.#tell({ type: "done", report: this.report, answer: "none" });
    }
  }

  #takeListing(event: ListingEvent): void {
    const { marking } = this.#memory;
    const promised = this.#session.capabilities?.tags.has("UIDL") ?? false;
    if (!this.#listings.take(event, promised)) return;
    const known = [...marking.values()];
    marking.clear();
    for (const message of known) this.#mark(message);
  }

  #marked(number: number, response: Response | null): void {
    const { marking, result } = this.#memory;
    const message = marking.get(number);
    if (message === undefined) return;
    marking.delete(number);
    if (response?.ok) result.removed.push(message);
    else result.unmarked.push({ ...message, mayBeMarked: response === null });
  }

  /** RSET, which the application has given. */
  #reset(response: Response | null): void {
    if (response !== null && !response.ok) return;
    const { result } = this.#memory;
    const mayBeMarked = response === null;
    if (!mayBeMarked) result.unmarked = result.unmarked.map((message) => ({ ...message, mayBeMarked }));
    for (const message of result.removed.splice(0)) result.unmarked.push({ ...message, mayBeMarked });
  }

  /** The message that comes, if it has this number; null: it has not been asked for here. */
  #coming(number: number): ListedMessage | null {
    const { plan } = this.#memory;
    if (plan === null || plan.come === plan.asked) return null;
    const message = plan.messages[plan.come]!;
    return message.number === number ? message : null;
  }

  #came(message: ListedMessage, response: Response, size: number): void {
    const { plan, listing, result } = this.#memory;
    plan!.come++;
    if (response.ok) {
      const doubtful = listing.doubtful || listing.odd.length > 0;
      const fetched: FetchedMessage = { ...message, size, doubtful };
      this.#tell({ type: "fetched", message: fetched, answer: "default" });
    } else {
      const refused = { ...message, response };
      result.refused.push(refused);
      this.#tell({ type: "refused", message: refused, answer: "none" });
    }
  }

  #tell(event: RetrievalEvent): void {
    this.#memory.events.push(event);
  }
}
