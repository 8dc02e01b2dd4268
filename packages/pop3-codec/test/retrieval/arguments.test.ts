import { Pop3Retrieval, type RetrievalOptions, type RetrievalReport } from "pop3-codec";
import { describe, expect, it } from "vitest";
import { loggedIn } from "./support.ts";

const begin = (options: unknown) => () => new Pop3Retrieval(loggedIn(), options as RetrievalOptions);
const REPORT: RetrievalReport = {
  ...{ fetched: [], refused: [], missing: [], skipped: [], removed: [], unmarked: [] },
  ...{ deletions: "none", complete: false, failure: "connection-lost", response: null },
};
const message = (uniqueId: unknown) => ({ number: 1, announced: null, size: 1, uniqueId });

describe("arguments of a retrieval", () => {
  it.each<[unknown, string]>([
    [null, '"options" expected an object, got null'],
    [["a"], '"options" expected an object, got array'],
    [
      { remove: true },
      '"options" expected known, afterFetching, resume, ahead, limit, skip, withoutUniqueIds alone, got remove',
    ],
    [{ known: null }, '"known.has" expected a function, got undefined'],
    [{ known: ["a"] }, '"known.has" expected a function, got undefined'],
    [{ afterFetching: true }, '"afterFetching" expected a string, got boolean'],
    [{ withoutUniqueIds: "no" }, '"withoutUniqueIds" expected a boolean, got string'],
    [{ resume: null }, '"resume" expected an object, got null'],
    [{ resume: {} }, '"resume.fetched" expected an array, got undefined'],
    [{ resume: { ...REPORT, missing: null } }, '"resume.missing" expected an array, got null'],
    [{ resume: { ...REPORT, refused: [null] } }, '"resume.refused" expected an object, got null'],
    [{ resume: { ...REPORT, removed: {} } }, '"resume.removed" expected an array, got object'],
    [{ resume: { ...REPORT, unmarked: ["a"] } }, '"resume.unmarked" expected an object, got string'],
    [{ resume: { ...REPORT, fetched: [message(5)] } }, '"resume.fetched.uniqueId" expected a string, got number'],
    [
      { resume: { ...REPORT, missing: [{ uniqueId: "a" }] } },
      '"resume.missing.number" expected a number, got undefined',
    ],
    [
      { resume: { ...REPORT, fetched: [{ ...message("a"), doubtful: 1 }] } },
      '"resume.fetched.doubtful" expected a boolean, got number',
    ],
    [
      { resume: { ...REPORT, unmarked: [{ ...message("a"), mayBeMarked: "no" }] } },
      '"resume.unmarked.mayBeMarked" expected a boolean, got string',
    ],
    [{ resume: { ...REPORT, deletions: null } }, '"resume.deletions" expected a string, got null'],
    [{ resume: { ...REPORT, skipped: null } }, '"resume.skipped" expected an array, got null'],
    [{ resume: { ...REPORT, skipped: [1] } }, '"resume.skipped" expected an object, got number'],
    [{ skip: 1_000_000 }, '"skip" expected a function, got number'],
    [{ skip: null }, '"skip" expected a function, got null'],
    [{ ahead: "8" }, '"ahead" expected a number, got string'],
  ])("options %j: TypeError", (options, text) => {
    expect(begin(options)).toThrow(TypeError);
    expect(begin(options)).toThrow(text);
  });

  it.each<[object, string]>([
    [{ ahead: 8.5 }, '"ahead" expected a whole number of at least 1, or Infinity, got 8.5'],
    [{ limit: Number.NaN }, '"limit" expected a whole number of at least 1, or Infinity, got NaN'],
    [{ afterFetching: "delete" }, '"afterFetching" expected one of leave, remove, got delete'],
    [
      { resume: { ...REPORT, deletions: "all" } },
      '"resume.deletions" expected one of confirmed, in-part, unknown, none, got all',
    ],
  ])("options %j: RangeError", (options, text) => {
    expect(begin(options)).toThrow(new RangeError(text));
  });

  it("what is refused has asked for nothing", () => {
    const session = loggedIn();
    const before = session.snapshot();
    expect(() => new Pop3Retrieval(session, { ahead: 0 })).toThrow(RangeError);
    expect(() => new Pop3Retrieval(session, {}, null as never)).toThrow('"snapshot" expected an object');
    expect(session.snapshot()).toEqual(before);
    expect(() => new Pop3Retrieval(null as never)).toThrow(new TypeError('"session" expected an object, got null'));
    expect(() => new Pop3Retrieval({} as never)).toThrow('"session.uidl" expected a function, got undefined');
  });

  it("a report may be one that came as JSON, of an earlier version, and its messages without unique-ids", () => {
    const resume = JSON.parse(
      JSON.stringify({ ...REPORT, fetched: [message(null), message("a")], skipped: undefined }),
    );
    expect(new Pop3Retrieval(loggedIn(), { resume }).report.fetched).toHaveLength(2);
  });
});
