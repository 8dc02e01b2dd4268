import fc from "fast-check";
import { runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { Application, isDone, LAST, type Run, type Settings, type Storing } from "./application.ts";
import { type Faults, faults, NO_FAULTS } from "./faults.ts";
import { Maildrop } from "./support.ts";

const settings: fc.Arbitrary<Settings> = fc.record({
  afterFetching: fc.constantFrom("remove", "leave"),
  ahead: fc.integer({ min: 1, max: 4 }),
  pipelining: fc.boolean(),
  limit: fc.constantFrom(1, 2, 100_000, 100_000),
  withoutUniqueIds: fc.boolean(),
  snapshots: fc.boolean(),
  knows: fc.boolean(),
  reuses: fc.constant(false),
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
  ...{ limit: 100_000, withoutUniqueIds: false, snapshots: false, knows: false, reuses: false },
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

/** One connection of a history in which unique-ids come again. */
const reusing = (isSized: boolean): fc.Arbitrary<Run> =>
  fc
    .record({
      run: lost,
      before: fc.constantFrom<Run["before"]>("nothing", "arrival", "reuse", "reuse"),
      list: fc.constantFrom<Faults["list"][number]>("", "refused", "refused", 0, "odd 0"),
    })
    // Without a size nothing tells another from one that only a report which was lost has removed.
    .map(({ run, before, list }) => ({
      ...{ ...run, before, killed: isSized && run.killed },
      faults: { ...run.faults, list: isSized ? [] : [list] },
    }));
const unsized: Faults = { ...NO_FAULTS, list: ["refused"] };

describe("unique-ids that come again, known or not, whatever has become of the report that told of them", () => {
  it("no message is removed that is not stored", () => {
    const histories = fc.boolean().chain((isSized) => fc.array(reusing(isSized), { maxLength: 6 }));
    fc.assert(
      fc.property(uniqueIds, settings, histories, (unique, how, all) => {
        const maildrop = new Maildrop(unique);
        const application = new Application(maildrop, { ...how, reuses: true });
        for (const run of [...all, LAST]) {
          application.prepare(run);
          application.run(run);
          const kept = maildrop.messages.map(({ content }) => content);
          for (const { content } of maildrop.all)
            expect(kept.includes(content) || application.stored.includes(content)).toBe(true);
        }
      }),
      {
        numRuns: runs(0.5),
        examples: [
          // The report of the retrieval that has removed it is lost.
          [
            ["a", "b"],
            { ...usual, knows: true },
            [
              { ...LAST, storing: ["stored", "left"] },
              { ...LAST, killed: true },
              { ...LAST, before: "reuse" },
            ],
          ],
          // QUIT has no answer, a connection is lost before anything is listed, and there are no sizes.
          [
            ["a"],
            usual,
            [{ ...LAST, unanswered: true, faults: unsized }, cut(86), { ...LAST, before: "reuse", faults: unsized }],
          ],
        ],
      },
    );
  });
});
