import fc from "fast-check";
import {
  Pop3ClientSession,
  Pop3Retrieval,
  type Pop3ServerEvent,
  type RetrievalEvent,
  type RetrievalOptions,
  type RetrievalReport,
} from "pop3-codec";
import { octets, pull, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Faults, FaultyServer, faults, NO_FAULTS } from "./faults.ts";
import { ids, Maildrop } from "./support.ts";

/**
 * What becomes of a message that has come: `"left"` and `"unheard"` end the connection, the one unstored, the other
 * stored.
 */
type Storing = "stored" | "not-stored" | "left" | "unheard";

/** One connection, and what happens to the maildrop in front of it. */
interface Run {
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

interface Settings {
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
}

const LAST: Run = {
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
function isDone({ complete, refused, unmarked }: RetrievalReport): boolean {
  return complete && refused.length === 0 && unmarked.length === 0;
}

/** The unique-ids of what QUIT may have removed, and may not. */
function perhapsGoneOf({ removed, unmarked, deletions }: RetrievalReport): (string | null)[] {
  const perhapsMarked = unmarked.filter(({ mayBeMarked }) => mayBeMarked && deletions !== "none");
  return ids([...perhapsMarked, ...(deletions === "unknown" || deletions === "in-part" ? removed : [])]);
}

/** An application with its store, over one connection after the other. */
class Application {
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
    const { snapshots, knows, pipelining, ...rest } = this.#settings;
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
      if (event.type === "known" && knows && rest.afterFetching === "remove") retrieval!.remove();
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
    if (!killed || !knows || new Set(names).size < names.length) this.report = report;
    const { fetched, complete, refused } = report;
    if (complete && refused.length === 0)
      for (const message of this.maildrop.messages) expect(this.stored).toContain(message.content);
    if (listed && what === NO_FAULTS) expect(fetched.length).toBeLessThanOrEqual(there);
    this.#checkPlaces(report);
    this.#noteDoubt(report);
  }

  /** What happens in front of a connection. */
  prepare({ before }: Run): void {
    const { maildrop, report } = this;
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
    if (before === "reuse" && !this.#settings.knows && free) maildrop.add(free, true);
    if (before === "arrival of a copy" && certain && !this.#settings.knows && first !== undefined)
      maildrop.add(first.uniqueId);
  }
}

const settings: fc.Arbitrary<Settings> = fc.record({
  afterFetching: fc.constantFrom("remove", "leave"),
  ahead: fc.integer({ min: 1, max: 4 }),
  pipelining: fc.boolean(),
  limit: fc.constantFrom(1, 2, 100_000, 100_000),
  withoutUniqueIds: fc.boolean(),
  snapshots: fc.boolean(),
  knows: fc.boolean(),
});
const lost: fc.Arbitrary<Run> = fc.record({
  octets: fc.oneof(fc.integer({ min: 1, max: 900 }), fc.constant(Number.POSITIVE_INFINITY)),
  step: fc.constantFrom(1, 7, 1000),
  storing: fc.array(fc.constantFrom<Storing>("stored", "stored", "not-stored", "left", "unheard"), { maxLength: 6 }),
  kept: fc.constantFrom(0, 0, 1),
  unanswered: fc.boolean(),
  heard: fc.boolean(),
  faults,
  stopsAfter: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  killed: fc.boolean(),
  skips: fc.constantFrom("nothing", "nothing", "all", "odd numbers", "long"),
  before: fc.constantFrom("nothing", "nothing", "arrival", "arrival of a copy", "reuse", "other unique-ids"),
});
const uniqueIds = fc.array(fc.constantFrom("a", "a", "b", "c", "d"), { maxLength: 8 });
const cut = (length: number): Run => ({ ...LAST, octets: length, step: 1 });
const usual: Settings = {
  ...{ afterFetching: "remove", ahead: 1, pipelining: true },
  ...{ limit: 100_000, withoutUniqueIds: false, snapshots: false, knows: false },
};

describe("a retrieval that is resumed as often as its connection is lost", () => {
  it("stores every message, none twice without need, and removes none that is not stored", () => {
    fc.assert(
      fc.property(uniqueIds, settings, fc.array(lost, { maxLength: 6 }), (unique, how, runsLost) => {
        const maildrop = new Maildrop(unique);
        const application = new Application(maildrop, how);
        const all = [...runsLost, LAST];
        for (const run of all) {
          application.prepare(run);
          application.run(run);
          const kept = maildrop.messages.map(({ content }) => content);
          for (const { content } of maildrop.all)
            expect(kept.includes(content) || application.stored.includes(content)).toBe(true);
          // What a limit has left, or could not be had, comes another time.
          if (run === LAST && !isDone(application.report!) && all.length < 50) all.push(LAST);
        }
        const { stored, again, report } = application;
        const times = (list: readonly string[], wanted: string) => list.filter((each) => each === wanted).length;
        for (const { content } of maildrop.all) {
          expect(stored).toContain(content);
          expect(times(stored, content)).toBeLessThanOrEqual(1 + times(again, content));
        }
        // Where nothing comes twice, all comes in order.
        const failed = runsLost.some(
          ({ storing, faults: what, skips }) =>
            storing.includes("not-stored") || what !== NO_FAULTS || skips !== "nothing",
        );
        if (again.length === 0 && !failed) expect(stored).toEqual(maildrop.all.map(({ content }) => content));
        expect(isDone(report!)).toBe(true);
        expect(maildrop.messages.length).toBe(how.afterFetching === "remove" ? 0 : maildrop.all.length);
      }),
      {
        numRuns: runs(0.5),
        examples: [
          // A connection lost before anything is listed again: what is to be removed must not be forgotten.
          [["a", "a"], usual, [cut(150), cut(86)]],
          // The answers to DELE and QUIT are lost together: of two that share a unique-id nobody knows which is left.
          [
            [],
            { ...usual, ahead: 2 },
            [
              { ...cut(1), before: "arrival" },
              { ...LAST, step: 1, storing: ["not-stored", "not-stored"], before: "arrival of a copy" },
              { ...cut(170), storing: ["stored", "not-stored"] },
            ],
          ],
          // The same, and the next connection is lost before anything is listed: none of them is known by then.
          [
            ["a", "a"],
            { ...usual, knows: true },
            [{ ...LAST, step: 1, storing: ["not-stored"], unanswered: true }, cut(86)],
          ],
          // A connection is lost before anything is listed: what QUIT may have removed before that may be another by
          // then.
          [
            ["a"],
            { ...usual, limit: 1, pipelining: false },
            [
              { ...cut(1), stopsAfter: 1, before: "arrival" },
              { ...cut(169), stopsAfter: 1, faults: { ...NO_FAULTS, stat: ["refused"] } },
              cut(86),
              { ...LAST, step: 1, before: "reuse" },
            ],
          ],
          // A line that cannot be read, and neither STAT nor LIST that tells of it: that is not complete.
          [
            ["a", "b", "c"],
            usual,
            [{ ...LAST, faults: { ...NO_FAULTS, uidl: ["odd 1"], stat: ["refused"], list: ["refused"] } }],
          ],
          // The report before the last says that one is missing, which the last has stored.
          [["a", "b"], { ...usual, knows: true }, [cut(200), { ...LAST, killed: true, unanswered: true }]],
          // The number of one that is known has the unique-id of another, too: that is not fetched by it.
          [
            ["a"],
            { ...usual, afterFetching: "leave", knows: true },
            [LAST, { ...LAST, before: "arrival", faults: { ...NO_FAULTS, uidl: ["misnumbered"] } }],
          ],
          // The answer to QUIT is lost, and another message has the unique-id of the one that is gone.
          [
            ["a"],
            usual,
            [
              { ...LAST, step: 1, unanswered: true },
              { ...LAST, before: "reuse" },
            ],
          ],
          // The same, QUIT is confirmed, and a connection is lost between: that it was must not be forgotten.
          [["a"], usual, [LAST, { ...cut(86), before: "reuse" }]],
          // The line of the first of two that share a unique-id cannot be read: the second is left.
          [
            ["a", "a"],
            { ...usual, limit: 1, withoutUniqueIds: true },
            [
              { ...LAST, storing: ["left"] },
              { ...LAST, faults: { ...NO_FAULTS, uidl: ["odd 0"] } },
            ],
          ],
          // UIDL is refused for now, and all is known.
          [
            ["a", "b"],
            { ...usual, afterFetching: "leave", withoutUniqueIds: true, knows: true },
            [LAST, { ...LAST, faults: { ...NO_FAULTS, uidl: ["refused for now"] } }],
          ],
        ],
      },
    );
  });
});
