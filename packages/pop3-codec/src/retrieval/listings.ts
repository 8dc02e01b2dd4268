import { checkType } from "dot-stuffing/session";
import { type ClientViolationCode, type Pop3ClientEvent, warning } from "../client/events.ts";
import type { Response } from "../syntax/response.ts";
import type { ListedMessage, RetrievalEvent } from "./events.ts";
import { judge } from "./judgement.ts";
import { fail, type Listing, type RetrievalMemory } from "./memory.ts";
import { hasHole, note, same } from "./numbers.ts";
import { mostKept, type RetrievalSettings } from "./options.ts";
import type { Same } from "./resumed.ts";
import { type Settled, settle } from "./settling.ts";

/** Of what a session tells, what belongs to the listings. */
export type ListingEvent = Pop3ClientEvent & {
  readonly type: "unique-id-listing" | "uidl" | "stat" | "scan-listing" | "list";
};

/** How many messages that have no unique-id are kept apart from one another. */
const MOST_ODD = 1000;

/** What UIDL, STAT and LIST tell, taken into the memory of a retrieval, and what contradicts something in it. */
export class Listings {
  readonly #memory: RetrievalMemory;
  readonly #listing: Listing;
  readonly #settings: RetrievalSettings;
  /** How many messages are kept. */
  readonly #most: number;
  /** The unique-ids of what was found, from the limit on. */
  #ids: ReadonlySet<string | null> | null = null;

  constructor(memory: RetrievalMemory, settings: RetrievalSettings) {
    this.#memory = memory;
    this.#listing = memory.listing;
    this.#settings = settings;
    this.#most = settings.skip === undefined ? settings.limit : mostKept(settings);
  }

  /**
   * @param promised whether the server has said that it has UIDL
   * @returns whether all is listed
   */
  take(event: ListingEvent, promised: boolean): boolean {
    switch (event.type) {
      case "unique-id-listing":
        this.#identified(event.number, event.uniqueId);
        break;
      case "uidl":
        this.#listing.identified = event.ok;
        this.#listing.awaited = "STAT";
        if (event.response?.ok === false) this.#unidentified(event.response, promised);
        break;
      case "stat":
        this.#listing.awaited = "LIST";
        if (event.ok) this.#counted(event.count);
        break;
      case "scan-listing":
        this.#sized(event.number, event.size);
        break;
      case "list":
        if (event.response === null) break;
        this.#listed(event.response, this.#skips());
        return true;
    }
    return false;
  }

  /**
   * The server has done something wrong: in a listing that is a line which may have been an entry, if it is not about
   * the whole.
   */
  violated(code: ClientViolationCode): void {
    const { awaited, uidl, list } = this.#listing;
    if (code === "contradicts-stat") return;
    if (awaited === "UIDL") uidl.faulty = true;
    else if (awaited === "LIST") list.faulty = true;
  }

  #identified(number: number, uniqueId: string): void {
    const listing = this.#listing;
    const { uidl, found, again, contested, gaps } = listing;
    const message = { number, uniqueId, announced: null };
    const judgement = judge(message, this.#memory.resumed, this.#settings.known);
    for (let left = uidl.highest + 1; left < number && gaps.size < MOST_ODD; left++) gaps.add(left);
    const mayRepeat = number <= uidl.highest;
    note(uidl, number);
    if (!uidl.ascend) listing.doubtful = true; // the session has told it
    const before = found.get(number) ?? again.get(number);
    const differs = before !== undefined && before.uniqueId !== uniqueId;
    let stored = false;
    if (judgement === "known") this.#tell({ type: "known", message, answer: "default" });
    else if (judgement === "later") stored = again.set(number, message).has(number);
    else if (before === undefined) stored = this.#add(message);
    else if (differs) this.#keep(message);
    // Of what was known, and of what is beyond the limit, no number is kept.
    if (differs || (stored && before === undefined && mayRepeat)) contested.add(number);
  }

  /** UIDL was refused. */
  #unidentified(response: Response, promised: boolean): void {
    const { resumed, result } = this.#memory;
    // A server that has unique-ids at other times is not one without: all that is known would come again.
    if (promised || resumed.size > 0 || response.actsAs !== null) fail(result, "listings-refused", response);
    else if (this.#settings.withoutUniqueIds) this.#listing.anonymous = true;
    else fail(result, "no-unique-ids", response);
  }

  /** @returns whether it is kept */
  #add(message: ListedMessage): boolean {
    const { found, beyond } = this.#listing;
    const { uniqueId } = message;
    if (found.size < this.#most) {
      found.set(message.number, message);
      return true;
    }
    fail(this.#memory.result, "more-than-limit");
    // Any number of messages may be listed: of those beyond the limit there is kept what bears on others alone.
    if (uniqueId === null || beyond.has(uniqueId) || !this.#isShared(uniqueId)) return false;
    beyond.set(uniqueId, message);
    return true;
  }

  /** Keeps a message for the next retrieval: its number is another's, too. */
  #keep(message: ListedMessage): void {
    const { kept, found } = this.#listing;
    if (found.size + kept.length < this.#settings.limit) kept.push(message);
  }

  #isShared(uniqueId: string): boolean {
    this.#ids ??= new Set([...this.#listing.found.values()].map((message) => message.uniqueId));
    return this.#ids.has(uniqueId) || this.#memory.resumed.has(uniqueId);
  }

  #counted(count: number): void {
    const listing = this.#listing;
    listing.stat = { count };
    if (listing.identified && count !== listing.uidl.count)
      this.#doubt(warning("contradicts-stat", `${listing.uidl.count} unique-ids: STAT has ${count} messages`));
  }

  #sized(number: number, announced: number): void {
    const listing = this.#listing;
    const { found, again, identified, anonymous, list, uidl, odd, gaps } = listing;
    note(list, number);
    for (const messages of [found, again, this.#memory.marking]) {
      const message = messages.get(number);
      if (message !== undefined) messages.set(number, { ...message, announced });
    }
    const message = { number, uniqueId: null, announced };
    if (anonymous) {
      if (!list.ascend) listing.doubtful = true; // the session has told it
      if (!found.has(number)) this.#add(message);
    } else if (identified && odd.length < MOST_ODD && (number > uidl.highest || gaps.has(number))) odd.push(message);
  }

  /**
   * The numbers of those that the caller leaves.
   *
   * @throws TypeError for an answer that is no boolean, and what the caller throws: nothing has changed then
   */
  #skips(): ReadonlySet<number> {
    const { found, again, odd, beyond } = this.#listing;
    const { skip } = this.#settings;
    const skips = new Set<number>();
    if (skip === undefined) return skips;
    for (const message of [...found.values(), ...again.values(), ...odd])
      if (checkType("skip", "boolean", skip(message))) skips.add(message.number);
    // Of these no size is kept: the caller could not tell.
    for (const { number } of beyond.values()) skips.add(number);
    return skips;
  }

  #listed(response: Response, skips: ReadonlySet<number>): void {
    const listing = this.#listing;
    const { result } = this.#memory;
    listing.awaited = "none";
    const { anonymous, identified, contested, uidl, list, odd } = listing;
    const { ok } = response;
    if (identified) this.#compare(ok);
    else if (anonymous) this.#count(response);
    // A listing of the same numbers that rise has none twice.
    if (identified && ok && list.ascend && same(uidl, list)) contested.clear();
    if (listing.doubtful) fail(result, "contradiction");
    else if (odd.length > 0) this.#takeOdd();
    const { plan, known, undecided, more } = this.#settle(skips);
    if (more) fail(result, "more-than-limit");
    // Where some have no unique-id, what shares one with others is not decided on, and may be left.
    const isLeft = (each: Same) => each.more || each.entries.some(({ was, remove }) => was === "open" || remove);
    if (odd.length > 0 && [...undecided.values()].some(isLeft)) fail(result, "unidentified");
    for (const message of known) this.#tell({ type: "known", message, answer: "default" });
    this.#tell({ type: "listed", count: plan.messages.length, answer: "none" });
  }

  #settle(skips: ReadonlySet<number>): Settled {
    const memory = this.#memory;
    const listing = this.#listing;
    const settled = settle(listing, memory.resumed, memory.result.fetched, this.#settings.limit, skips);
    memory.plan = settled.plan;
    memory.resumed = settled.undecided;
    Object.assign(memory.result, settled.result);
    for (const messages of [listing.found, listing.again, listing.beyond]) messages.clear();
    listing.kept = [];
    return settled;
  }

  /** Compares the listings. @param ok whether there is one of LIST */
  #compare(ok: boolean): void {
    const listing = this.#listing;
    const { uidl, list, stat, odd } = listing;
    const counted = stat?.count === uidl.count;
    const isSame = ok && same(uidl, list);
    listing.agreed = counted || isSame;
    if (ok && !isSame && uidl.faulty && this.#lacksOddAlone()) {
      listing.doubtful = false; // what was doubted is no more than those
      return;
    }
    odd.length = 0;
    // What has no entries tells nothing of lines that cannot be read.
    const isSettled = counted || (isSame && !list.faulty && list.count > 0);
    const mayLack = hasHole(uidl) || (uidl.count === 0 && list.faulty);
    // What differs in number differs from STAT too, and was told.
    if (ok && !isSame && !(list.faulty && counted && !uidl.faulty))
      this.#doubt(warning("invalid-listing", "LIST has other messages than UIDL"));
    else if (!isSettled && mayLack)
      this.#doubt(
        warning("invalid-listing", "UIDL may leave out messages, and neither STAT nor LIST tells that it does not"),
      );
  }

  /** Whether LIST is as it should be, and UIDL has all of it but those that it has in lines that could not be read. */
  #lacksOddAlone(): boolean {
    const { uidl, list, stat, odd } = this.#listing;
    if (!uidl.ascend || !list.ascend || list.faulty || (stat !== null && stat.count !== list.count)) return false;
    return list.count === uidl.count + odd.length;
  }

  /** Compares LIST with STAT, where there are no unique-ids. */
  #count(response: Response): void {
    const listing = this.#listing;
    const { list, stat } = listing;
    const failure = response.actsAs === null ? "no-unique-ids" : "listings-refused";
    if (!response.ok) fail(this.#memory.result, failure, response);
    else if (stat === null ? hasHole(list) : stat.count !== list.count) listing.doubtful = true; // the session has told it
  }

  /** Messages that have no unique-id, among others. */
  #takeOdd(): void {
    const { odd, kept } = this.#listing;
    if (this.#settings.withoutUniqueIds) for (const message of odd) this.#add(message);
    else {
      fail(this.#memory.result, "unidentified");
      kept.push(...odd);
    }
  }

  /** Tells the first contradiction. */
  #doubt(violation: RetrievalEvent & { readonly type: "violation" }): void {
    if (!this.#listing.doubtful) this.#tell(violation);
    this.#listing.doubtful = true;
  }

  #tell(event: RetrievalEvent): void {
    this.#memory.events.push(event);
  }
}
