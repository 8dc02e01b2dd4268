/** An application with its store, whose connections are lost, and what a maildrop goes through between them. */
import {
  Pop3ClientSession,
  Pop3Retrieval,
  type Pop3ServerEvent,
  type RetrievalEvent,
  type RetrievalOptions,
  type RetrievalReport,
} from "pop3-codec";
import { octets, pull, text } from "tools/testing";
import { expect } from "vitest";
import { type Faults, FaultyServer, NO_FAULTS } from "./faults.ts";
import { ids, type Maildrop } from "./support.ts";

/**
 * What becomes of a message that has come: `"left"` and `"unheard"` end the connection, the one unstored, the other
 * stored.
 */
export type Storing = "stored" | "not-stored" | "left" | "unheard";

/** One connection, and what happens to the maildrop in front of it. */
export interface Run {
  /** The server is cut off after so many octets of its, or never. */
  readonly octets: number;
  readonly step: number;
  /** Of the messages that come, one after the other; all others are stored. */
  readonly storing: readonly Storing[];
  /** How many of the messages that QUIT is to remove stay there, with -ERR. */
  readonly kept: number;
  /** Whether the answer to QUIT is lost. */
  readonly unanswered: boolean;
  /** Whether the session hears that the connection is lost; else its driver gives it up. */
  readonly heard: boolean;
  readonly faults: Faults;
  /** `stop()` is called once so many messages have come. */
  readonly stopsAfter: number;
  /**
   * Whether the application is killed at its end: what it has stored is known, and the report is that of a run before.
   */
  readonly killed: boolean;
  /** Of what is new, what is left for another time: by its number, or its size. */
  readonly skips: "nothing" | "all" | "odd numbers" | "long";
  readonly before: "nothing" | "arrival" | "arrival of a copy" | "reuse" | "other unique-ids";
}

export interface Settings {
  readonly afterFetching: "remove" | "leave";
  readonly ahead: number;
  readonly pipelining: boolean;
  readonly limit: number;
  readonly withoutUniqueIds: boolean;
  /** Puts both sides through data after every event. */
  readonly snapshots: boolean;
  /**
   * Whether the unique-ids of all that was stored are known; a report that leaves nothing to do is not handed on then.
   */
  readonly knows: boolean;
  /**
   * Whether unique-ids come again at any time once their messages are gone, known or not, and whatever a report tells:
   * nothing is removed then but what was fetched, and what is known may never be.
   */
  readonly reuses: boolean;
}

export const LAST: Run = {
  octets: Number.POSITIVE_INFINITY,
  step: 50,
  storing: [],
  kept: 0,
  unanswered: false,
  heard: true,
  faults: NO_FAULTS,
  stopsAfter: Number.POSITIVE_INFINITY,
  killed: false,
  skips: "nothing",
  before: "nothing",
};

const SKIPS: { [Skips in Run["skips"]]: RetrievalOptions } = {
  nothing: {},
  all: { skip: () => true },
  "odd numbers": { skip: ({ number }) => number % 2 === 1 },
  long: { skip: ({ announced }) => (announced ?? 0) > 10 },
};

/** Whether a report leaves nothing to do. */
export function isDone({ complete, refused, unmarked }: RetrievalReport): boolean {
  return complete && refused.length === 0 && unmarked.length === 0;
}

/** The unique-ids of what QUIT may have removed, and may not. */
function perhapsGoneOf({ removed, unmarked, deletions }: RetrievalReport): (string | null)[] {
  const perhapsMarked = unmarked.filter(({ mayBeMarked }) => mayBeMarked && deletions !== "none");
  return ids([...perhapsMarked, ...(deletions === "unknown" || deletions === "in-part" ? removed : [])]);
}

/** An application with its store, over one connection after the other. */
export class Application {
  readonly maildrop: Maildrop;
  readonly #settings: Settings;
  /** Contents, as often and in the order in which they were stored. */
  readonly stored: string[] = [];
  /** Contents that may be stored once more, as often as they are here. */
  readonly again: string[] = [];
  readonly #known = new Set<string>();
  report: RetrievalReport | null = null;

  constructor(maildrop: Maildrop, settings: Settings) {
    this.maildrop = maildrop;
    this.#settings = settings;
  }

  /** Messages with these unique-ids may be fetched again. */
  #mayComeAgain(uniqueIds: Iterable<string | null>): void {
    const wanted = new Set(uniqueIds);
    for (const { uniqueId, content } of this.maildrop.all) if (wanted.has(uniqueId)) this.again.push(content);
  }

  /**
   * What messages share a unique-id, of which it is not known whether they are gone, or were listed, may be fetched
   * again.
   */
  #noteDoubt(report: RetrievalReport): void {
    const { fetched, missing, refused, skipped } = report;
    const perhapsGone = perhapsGoneOf(report);
    const seenInDoubt = ids(fetched.filter((message) => message.doubtful));
    const open = new Set([...ids([...missing, ...refused, ...skipped]), ...seenInDoubt]);
    const names = ids(this.maildrop.all);
    const shared = seenInDoubt.filter((uniqueId) => names.indexOf(uniqueId) < names.lastIndexOf(uniqueId));
    this.#mayComeAgain([...perhapsGone.filter((uniqueId) => open.has(uniqueId)), ...shared]);
  }

  /** Each message is in one place of a report, as far as its unique-id, which nothing else has or had, tells. */
  #checkPlaces({ fetched, refused, missing, skipped, removed, unmarked }: RetrievalReport): void {
    const names = this.maildrop.all.map(({ uniqueId }) => uniqueId);
    if (names.some((uniqueId) => uniqueId.includes("+"))) return;
    const own = names.filter((uniqueId) => names.indexOf(uniqueId) === names.lastIndexOf(uniqueId));
    for (const lists of [
      [...fetched, ...refused, ...missing, ...skipped],
      [...removed, ...unmarked],
    ]) {
      const told = ids(lists);
      for (const uniqueId of own) expect(told.filter((each) => each === uniqueId).length).toBeLessThanOrEqual(1);
    }
  }

  /** One connection, up to its end or its loss. */
  run({ octets: length, step, storing, kept, unanswered, heard, faults: what, stopsAfter, killed, skips }: Run): void {
    const { snapshots, knows, reuses, pipelining, ...rest } = this.#settings;
    const resume = this.report === null || (knows && isDone(this.report)) ? undefined : this.report;
    const { length: there } = this.maildrop.messages;
    let listed = false;
    // Without a size nothing tells what may be gone from another with its unique-id.
    if (resume !== undefined && what.list[0] !== undefined && what.list[0] !== "")
      this.#mayComeAgain(perhapsGoneOf(resume));
    const options = { ...rest, resume: structuredClone(resume), ...(knows && { known: this.#known }), ...SKIPS[skips] };
    const server = this.maildrop.connect(kept);
    const between = new FaultyServer(what);
    const login = { name: "tim", password: "tanstaaf" };
    const clientOptions = { tls: true, pipelining };
    let client = new Pop3ClientSession(clientOptions).login(login);
    let retrieval: Pop3Retrieval | null = null;
    let content = "";
    let left = length;
    let leaves = false;
    let come = 0;
    const restore = () => {
      if (!snapshots) return;
      const again = Pop3ClientSession.restore(structuredClone(client.snapshot()), clientOptions, null, login);
      if (retrieval !== null) retrieval = new Pop3Retrieval(again, options, structuredClone(retrieval.snapshot()));
      client = again;
    };
    const take = (event: RetrievalEvent) => {
      if (event.type === "listed") listed = true;
      if (event.type === "known" && knows && !reuses && rest.afterFetching === "remove") retrieval!.remove();
      if (event.type === "content") content += text(event.bytes);
      if (event.type === "fetched") {
        const fate = storing[come++] ?? "stored";
        if (fate === "stored" || fate === "unheard") {
          this.stored.push(content);
          const isOdd = `${what.uidl[0]}`.startsWith("odd"); // not known again, then
          if (event.message.uniqueId === null) this.again.push(...(isOdd ? [content] : []));
          else this.#known.add(event.message.uniqueId);
        }
        if (fate === "unheard") this.again.push(content);
        if (fate === "not-stored") retrieval!.notStored();
        leaves = fate === "left" || fate === "unheard";
        if (come === stopsAfter) retrieval!.stop();
        expect(come).toBeLessThanOrEqual(stopsAfter + Math.min(rest.ahead - 1, pipelining ? rest.ahead : 1));
        content = "";
      }
      if (event.type === "violation" && what === NO_FAULTS) expect(event.code).toBe("cut-off");
    };
    const read = () => {
      while (!leaves) {
        const event = (retrieval ?? client).nextEvent();
        if (event === null) return;
        if (retrieval !== null) take(event as RetrievalEvent);
        else if (event.type === "login" && event.ok) retrieval = new Pop3Retrieval(client, options);
        restore();
      }
    };
    while (!leaves) {
      const answers = text(pull<Pop3ServerEvent>(server, (event) => this.maildrop.answer(server, event)));
      const toClient = between.toClient(answers);
      if (unanswered && server.waiting === "closed") break;
      for (let at = 0; at < toClient.length && left > 0 && !leaves; at += step) {
        const piece = toClient.slice(at, Math.min(at + step, at + left));
        left -= piece.length;
        client.receive(octets(piece));
        read();
      }
      if (left <= 0 || server.waiting === "closed") break;
      read();
      if (!leaves) server.receive(octets(between.toServer(text(client.takeOutputPieces()))));
    }
    if (!leaves && (heard || server.waiting === "closed")) {
      client.receiveEnd();
      read();
      // What the client has sent arrives, though it hears no answer.
      server.receive(octets(between.toServer(text(client.takeOutputPieces()))));
    }
    server.receiveEnd();
    pull<Pop3ServerEvent>(server, (event) => this.maildrop.answer(server, event));
    if (retrieval === null) return;
    const { report } = retrieval as Pop3Retrieval;
    // Of those that share a unique-id, what is known does not tell which was stored: a report alone does.
    const names = ids(this.maildrop.all);
    const isLost = reuses || (knows && new Set(names).size === names.length);
    if (!killed || !isLost) this.report = report;
    const { fetched, complete, refused } = report;
    if (complete && refused.length === 0 && !reuses)
      for (const message of this.maildrop.messages) expect(this.stored).toContain(message.content);
    if (listed && what === NO_FAULTS) expect(fetched.length).toBeLessThanOrEqual(there);
    this.#checkPlaces(report);
    this.#noteDoubt(report);
  }

  /** What happens in front of a connection. */
  prepare({ before }: Run): void {
    const { maildrop, report } = this;
    const { knows, reuses } = this.#settings;
    if (before === "arrival") maildrop.add(`new${maildrop.all.length}`);
    if (before === "other unique-ids") {
      // What was stored is new by its new unique-id.
      for (const { content } of maildrop.messages) this.again.push(...this.stored.filter((each) => each === content));
      maildrop.rename();
    }
    // By its unique-id alone a copy cannot be told from one that is to be removed, that may be gone, or that the caller
    // knows.
    const [first] = maildrop.messages;
    const like = (list: readonly { readonly uniqueId: string | null }[]) =>
      list.filter(({ uniqueId }) => uniqueId === first?.uniqueId).length;
    const isAnswered = report === null || report.deletions === "none" || report.deletions === "confirmed";
    const inDoubt = report?.unmarked.some(({ mayBeMarked }) => mayBeMarked) || report?.fetched.some((m) => m.doubtful);
    const certain = isAnswered && !inDoubt && like(report?.fetched ?? []) <= like(maildrop.messages);
    // A unique-id may come again once its message is gone. What is told to be left is taken for the same, whatever its
    // size.
    const told = ids([...(report?.removed ?? []), ...(report?.unmarked ?? [])]);
    const isLeft = (uniqueId: string) => ids(report?.fetched ?? []).includes(uniqueId) && !told.includes(uniqueId);
    const free = ids(maildrop.all).find((uniqueId) => !ids(maildrop.messages).includes(uniqueId) && !isLeft(uniqueId!));
    const again = reuses ? ids(maildrop.all).find((uniqueId) => !ids(maildrop.messages).includes(uniqueId)) : free;
    if (before === "reuse" && (reuses || !knows) && again) maildrop.add(again, true);
    if (before === "arrival of a copy" && certain && !knows && first !== undefined) maildrop.add(first.uniqueId);
  }
}
