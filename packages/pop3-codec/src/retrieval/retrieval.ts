import { checkFunction, checkObject, EventIterator, StateError } from "dot-stuffing/session";
import { type Pop3ClientEvent, warning } from "../client/events.ts";
import { isQuitting, isWaiting, type Pop3ClientSession, takeBack } from "../client/session.ts";
import type { Response } from "../syntax/response.ts";
import type { FetchedMessage, ListedMessage, RetrievalEvent, RetrievalReport } from "./events.ts";
import { judge } from "./judgement.ts";
import {
  beginning,
  type PendingEvent,
  type RetrievalMemory,
  type RetrievalSnapshot,
  reportOf,
  saved,
  snapshotOf,
} from "./memory.ts";
import { note, same } from "./numbers.ts";
import { type RetrievalOptions, type RetrievalSettings, retrievalSettings } from "./options.ts";
import { settle } from "./settling.ts";

/**
 * Fetches what is new in a maildrop, in order, over a session in which a login has succeeded; it ends the session by QUIT. Pull
 * events from it in place of the session's; all else, input, output, `waiting`, time-outs, is the session's as before.
 *
 * Commands that are given to the session besides are answered, and told nowhere; give them after the `"listed"` event.
 *
 * A message counts as fetched once its event was answered, which pulling the next one does: store it before. Where that fails, leave the
 * loop for good, or say `notStored()`: it counts as missing then. None is removed before. What was removed is certain with QUIT's +OK
 * only: the report says what is.
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
  /** The unique-ids of what was found, from the limit on. */
  #ids: ReadonlySet<string | null> | null = null;

  /**
   * Begins with the listings.
   *
   * @param session in which a maildrop is open, and no command under way
   * @param snapshot of a retrieval that goes on here, over the session as it was
   * @throws StateError in another state of the session, while commands are under way, or where UIDL is not listed and the session does not
   *   send it unlisted
   * @throws TypeError or RangeError for an option outside its range, and for anything but a snapshot of a retrieval
   */
  constructor(session: Pop3ClientSession, options: RetrievalOptions = {}, snapshot?: RetrievalSnapshot) {
    checkFunction("session.uidl", checkObject("session", session).uidl);
    const settings = retrievalSettings(options);
    this.#session = session;
    this.#settings = settings;
    this.#memory = snapshot === undefined ? beginning(settings.resume) : saved(snapshot);
    if (snapshot !== undefined) return;
    if (session.state === "transaction" && session.timeout !== null)
      throw new StateError("Pop3Retrieval", `while ${session.timeout.for} is under way`, "it once that is answered");
    session.uidl().stat().list();
  }

  /** All that the retrieval knows, as data that can be cloned and stored; that of the session is a snapshot of its own. */
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
   * @throws TypeError where `known.has` gives no boolean, and what it throws: it is asked again then
   */
  nextEvent(): RetrievalEvent | null {
    const memory = this.#memory;
    const { pending } = memory;
    if (pending !== null) this.#answer(this.#removes(pending));
    for (;;) {
      const event = memory.events[memory.pulled];
      if (event !== undefined) {
        memory.pulled++;
        if (event.answer === "default") memory.pending = event;
        return event;
      }
      if (memory.pulled > 0) memory.events = [];
      memory.pulled = 0;
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
   * Answers the last event: its message is removed from the server, by this retrieval if its listings agree, else by the one that resumes it.
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
   * Answers a `"fetched"` event: its message was not stored. It counts as missing and is left on the server, where the retrieval that
   * resumes this one fetches it.
   *
   * @throws StateError unless the last event is `"fetched"`
   */
  notStored(): void {
    const memory = this.#memory;
    if (memory.pending?.type !== "fetched")
      throw new StateError("notStored()", 'unless the last event is "fetched"', "nextEvent()");
    memory.unstored.push(memory.found.get(memory.pending.message.number)!);
    memory.pending = null;
    memory.failure ??= "not-stored";
  }

  /**
   * Asks for no more messages; those whose RETR was sent still come: without PIPELINING one, with it as many as are asked for ahead. What was
   * to be removed is removed.
   */
  stop(): void {
    const memory = this.#memory;
    memory.stopped = true;
    const last = memory.order?.[memory.asked - 1];
    if (memory.asked > memory.come && takeBack(this.#session, last!)) memory.asked--;
  }

  #expectPending(call: string): void {
    if (this.#memory.pending === null)
      throw new StateError(call, 'unless the last event is "known" or "fetched"', "nextEvent()");
  }

  #removes({ type, message }: PendingEvent): boolean {
    return type === "known" ? this.#memory.removals.has(message.number) : this.#settings.afterFetching === "remove";
  }

  #answer(remove: boolean): void {
    const memory = this.#memory;
    const pending = memory.pending!;
    const { message } = pending;
    memory.pending = null;
    memory.removals.delete(message.number);
    if (pending.type === "fetched") memory.fetched.push(pending.message);
    if (!remove) return;
    // Which message a number means is certain once the listings agree.
    if (memory.order === null) memory.marking.set(message.number, message);
    else this.#mark(message);
  }

  /** Deletes a message, if its listing is not doubtful, and it still can be deleted. */
  #mark(message: ListedMessage): void {
    const { marking, unmarked, doubtful } = this.#memory;
    if (!doubtful && this.#session.state === "transaction") {
      this.#session.dele(message.number);
      marking.set(message.number, message);
    } else unmarked.push({ ...message, mayBeMarked: false });
  }

  /**
   * Asks for messages, as many as may be under way, and for the end after the last of them. One at most waits in the session: where nothing
   * is pipelined, the others would delay every DELE, and what the application gives.
   */
  #request(): void {
    const memory = this.#memory;
    const { order, come, found } = memory;
    if (order === null || this.#session.state !== "transaction") return;
    const end = memory.stopped ? memory.asked : order.length;
    const last = Math.min(come + this.#settings.ahead, end);
    for (; memory.asked < last && !isWaiting(this.#session); memory.asked++) {
      const number = order[memory.asked]!;
      this.#session.retr(number, found.get(number)!.announced);
    }
    if (come === end) this.#session.quit();
  }

  /** Commands that the application has given besides have events too: these are not the retrieval's. */
  #take(event: Pop3ClientEvent): void {
    const memory = this.#memory;
    switch (event.type) {
      case "unique-id-listing":
      case "uidl":
      case "stat":
      case "scan-listing":
      case "list":
        if (memory.order === null) this.#takeListing(event);
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
        memory.deletions = event.deletions;
        if (memory.order === null || memory.come < memory.order.length) memory.failure ??= "stopped";
        if (!event.ok) memory.failure ??= event.response === null ? "connection-lost" : "in-part";
        break;
      case "violation":
        this.#tell(event);
        break;
      case "closed":
        if (event.cause !== "quit") memory.failure = "connection-lost";
        memory.done = true;
        this.#tell({ type: "done", report: this.report, answer: "none" });
    }
  }

  #takeListing(event: ListingEvent): void {
    const memory = this.#memory;
    switch (event.type) {
      case "unique-id-listing":
        this.#identified(event.number, event.uniqueId);
        break;
      case "uidl":
        memory.identified = event.ok;
        break;
      case "stat":
        if (event.ok) this.#counted(event.count);
        break;
      case "scan-listing":
        this.#sized(event.number, event.size);
        break;
      case "list":
        if (event.response !== null) this.#listed(event.ok);
    }
  }

  #marked(number: number, response: Response | null): void {
    const { marking, removed, unmarked } = this.#memory;
    const message = marking.get(number);
    if (message === undefined) return;
    marking.delete(number);
    if (response?.ok) removed.push(message);
    else unmarked.push({ ...message, mayBeMarked: response === null });
  }

  /** RSET, which the application has given. */
  #reset(response: Response | null): void {
    if (response !== null && !response.ok) return;
    const memory = this.#memory;
    const mayBeMarked = response === null;
    if (!mayBeMarked) memory.unmarked = memory.unmarked.map((message) => ({ ...message, mayBeMarked }));
    for (const message of memory.removed.splice(0)) memory.unmarked.push({ ...message, mayBeMarked });
  }

  /** The message that comes, if it has this number; null: it has not been asked for here. */
  #coming(number: number): ListedMessage | null {
    const { order, asked, come, found } = this.#memory;
    return order !== null && come < asked && order[come] === number ? found.get(number)! : null;
  }

  #identified(number: number, uniqueId: string): void {
    const memory = this.#memory;
    const message = { number, uniqueId, announced: null };
    const judgement = judge(message, memory.resumed, this.#settings.known);
    note(memory.uidl, number);
    if (!memory.uidl.ascend) memory.doubtful = true; // the session has told it
    if (judgement === "fetch") this.#add(message);
    else if (judgement === "later") memory.again.set(number, message);
    else this.#tell({ type: "known", message, answer: "default" });
  }

  #add(message: ListedMessage): void {
    const { found, beyond } = this.#memory;
    const { uniqueId } = message;
    if (found.size < this.#settings.limit) {
      found.set(message.number, message);
      return;
    }
    this.#memory.failure ??= "more-than-limit";
    // Any number of messages may be listed: of those beyond the limit there is kept what bears on others alone.
    if (uniqueId !== null && !beyond.has(uniqueId) && this.#isShared(uniqueId)) beyond.set(uniqueId, message);
  }

  #isShared(uniqueId: string): boolean {
    const { found, resumed } = this.#memory;
    this.#ids ??= new Set([...found.values()].map((message) => message.uniqueId));
    return this.#ids.has(uniqueId) || resumed.has(uniqueId);
  }

  #counted(count: number): void {
    const memory = this.#memory;
    memory.stat = { count };
    if (memory.identified && count !== memory.uidl.count)
      this.#doubt(warning("contradicts-stat", `${memory.uidl.count} unique-ids: STAT has ${count} messages`));
  }

  #sized(number: number, announced: number): void {
    const { found, again, identified, list } = this.#memory;
    const counts = !identified && this.#settings.withoutUniqueIds;
    note(list, number);
    if (counts && !list.ascend) this.#memory.doubtful = true;
    for (const messages of [found, again]) {
      const message = messages.get(number);
      if (message !== undefined) messages.set(number, { ...message, announced });
    }
    if (counts && !found.has(number)) this.#add({ number, uniqueId: null, announced });
  }

  #listed(ok: boolean): void {
    const memory = this.#memory;
    const { identified, uidl, list, stat, marking } = memory;
    if (identified) {
      // What differs in number differs from STAT too, and was told.
      if (ok && !same(uidl, list)) this.#doubt(warning("invalid-listing", "LIST has other messages than UIDL"));
    } else if (!ok || !this.#settings.withoutUniqueIds) memory.failure ??= "no-unique-ids";
    else if (stat !== null && stat.count !== list.count) memory.doubtful = true; // the session has told it
    if (memory.doubtful) memory.failure ??= "contradiction";
    settle(memory, this.#settings.limit);
    this.#tell({ type: "listed", count: memory.order!.length, answer: "none" });
    const known = [...marking.values()];
    marking.clear();
    for (const message of known) this.#mark(message);
  }

  /** Tells the first contradiction. */
  #doubt(violation: RetrievalEvent & { readonly type: "violation" }): void {
    if (!this.#memory.doubtful) this.#tell(violation);
    this.#memory.doubtful = true;
  }

  #came(message: ListedMessage, response: Response, size: number): void {
    const memory = this.#memory;
    memory.come++;
    if (response.ok) {
      const fetched: FetchedMessage = { ...message, size, doubtful: memory.doubtful };
      this.#tell({ type: "fetched", message: fetched, answer: "default" });
    } else {
      const refused = { ...message, response };
      memory.refused.push(refused);
      this.#tell({ type: "refused", message: refused, answer: "none" });
    }
  }

  #tell(event: RetrievalEvent): void {
    this.#memory.events.push(event);
  }
}

type ListingEvent = Pop3ClientEvent & {
  readonly type: "unique-id-listing" | "uidl" | "stat" | "scan-listing" | "list";
};
