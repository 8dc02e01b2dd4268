/**
 * A unique-id that comes again once its message is gone, as it may (RFC 1939 §7): what was not fetched is not removed.
 */
import type { RetrievalOptions, RetrievalReport } from "pop3-codec";
import { byteByByte, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { brief, known, listings, message, OK, remove, retrieve, run, stat, uidl } from "./support.ts";

const long = (letter: string) => `+OK\r\n${letter.repeat(8)}\r\n.\r\n`;
/** LIST with these sizes. */
const sizes = (...all: number[]) => `+OK\r\n${all.map((size, index) => `${index + 1} ${size}\r\n`).join("")}.\r\n`;
const sized = (...all: number[]) => {
  const total = all.reduce((sum, size) => sum + size, 0);
  return `${uidl(...all.map(() => "h"))}+OK ${all.length} ${total}\r\n${sizes(...all)}`;
};

const one = `${listings("h")}${message("1")}`;
/** One that was fetched and marked, and the answer to QUIT lost. */
const unanswered = run(`${one}${OK}`, remove)[1];
const inPart = run(`${one}${OK}-ERR\r\n`, remove)[1];
const unmarked = run(`${one}-ERR\r\n${OK}`, remove)[1];
const confirmed = { ...run(`${one}${OK}${OK}`, remove)[1], complete: false };
const left = run(`${one}${OK}`)[1];
/** One that was fetched without LIST. */
const unsized = run(`${uidl("h")}${stat(1)}-ERR\r\n${message("1")}${OK}`, remove)[1];
/** The same, where another has a line in UIDL that cannot be read: that may have the same unique-id. */
const beside = run(`+OK\r\n1 h\r\n2 \0\r\n.\r\n${stat(2)}${sizes(3, 3)}${message("1")}${OK}`, remove)[1];
/** One that the caller knew, and had removed. */
const { report: knew } = retrieve(byteByByte(octets(`${listings("h")}${OK}`)), known("h"), (event, retrieval) => {
  if (event.type === "known") retrieval.remove();
});
/** Two, of 3 and of 10 octets, both marked, and not all removed. */
const both = run(`${sized(3, 10)}${message("1")}${long("2")}${OK}${OK}-ERR\r\n`, remove)[1];

describe("what is listed with the unique-id of one that was to be removed", () => {
  it.each<readonly [string, RetrievalReport, string, string, readonly string[]]>([
    ["and another size is fetched", unanswered, `${sized(10)}${long("2")}${OK}${OK}`, "RETR 1|DELE 1|QUIT|", ["h"]],
    ["and its size is that", unanswered, `${sized(3)}${OK}${OK}`, "DELE 1|QUIT|", ["h"]],
    ["after QUIT was refused: another", inPart, `${sized(10)}${long("2")}${OK}${OK}`, "RETR 1|DELE 1|QUIT|", ["h"]],
    ["after QUIT was refused: that", inPart, `${sized(3)}${OK}${OK}`, "DELE 1|QUIT|", ["h"]],
    [
      "that no report has removed: another, as a report may be lost",
      unmarked,
      `${sized(10)}${long("2")}${OK}${OK}`,
      "RETR 1|DELE 1|QUIT|",
      ["h"],
    ],
    ["that no report has removed: that", unmarked, `${sized(3)}${OK}${OK}`, "DELE 1|QUIT|", ["h"]],
    [
      "though it is gone for certain: another",
      confirmed,
      `${sized(10)}${long("2")}${OK}${OK}`,
      "RETR 1|DELE 1|QUIT|",
      ["h"],
    ],
    ["and is kept by a server that confirmed it to be gone", confirmed, `${sized(3)}${OK}`, "QUIT|", ["h"]],
    ["and was known: another", knew!, `${sized(10)}${long("2")}${OK}${OK}`, "RETR 1|DELE 1|QUIT|", ["h"]],
    ["and was known: that", knew!, `${sized(3)}${OK}${OK}`, "DELE 1|QUIT|", []],
    [
      "by the size that came, where none was announced: another",
      unsized,
      `${sized(10)}${long("2")}${OK}${OK}`,
      "RETR 1|DELE 1|QUIT|",
      ["h"],
    ],
    ["by the size that came, where none was announced: that", unsized, `${sized(3)}${OK}${OK}`, "DELE 1|QUIT|", ["h"]],
    [
      "without a size may be another, if that may be gone",
      unanswered,
      `${uidl("h")}${stat(1)}-ERR\r\n${message("1")}${OK}${OK}`,
      "RETR 1|DELE 1|QUIT|",
      ["h"],
    ],
    [
      "may be another that had no readable line, whatever its size",
      beside,
      `${sized(3)}${message("2")}${OK}${OK}`,
      "RETR 1|DELE 1|QUIT|",
      ["h"],
    ],
    [
      "without a size is that, if QUIT was not sent",
      unmarked,
      `${uidl("h")}${stat(1)}-ERR\r\n${OK}${OK}`,
      "DELE 1|QUIT|",
      ["h"],
    ],
    ["and was to be left is that, whatever its size", left, `${sized(10)}${OK}`, "QUIT|", ["h"]],
    ["of two, the first of which is gone", both, `${sized(10)}${OK}${OK}`, "DELE 1|QUIT|", ["h"]],
    [
      "of two, and others",
      both,
      `${sized(10, 20)}${long("2")}${message("3")}${OK}${OK}${OK}`,
      "RETR 1|RETR 2|DELE 1|DELE 2|QUIT|",
      ["h", "h"],
    ],
    [
      "of two, and another behind them",
      both,
      `${sized(3, 10, 20)}${OK}${OK}${message("3")}${OK}${OK}`,
      "DELE 1|DELE 2|RETR 3|DELE 3|QUIT|",
      ["h", "h", "h"],
    ],
  ])("%s", (_, resume, input, output, fetched) => {
    const [sent, report] = run(input, { ...remove, resume });
    expect(sent).toBe(output);
    expect(brief(report)?.fetched).toEqual(fetched);
    expect(report.complete).toBe(true);
  });

  it("and is gone for certain is fetched, though a connection was lost before it was listed", () => {
    const [, lost] = run("+OK\r\n", { ...remove, resume: confirmed });
    expect(brief(lost)?.fetched).toEqual([]);
    expect(run(`${sized(10)}${long("2")}${OK}${OK}`, { ...remove, resume: lost })[0]).toBe("RETR 1|DELE 1|QUIT|");
  });

  describe.each([
    ["had no answer", unanswered],
    ["was refused", inPart],
  ])("without a size, after QUIT %s, and a retrieval in between", (_, first) => {
    it.each<readonly [string, string]>([
      ["lost its connection before the listings", ""],
      ["lost it in the midst of them", uidl("h")],
      ["had UIDL refused", `-ERR [SYS/TEMP] later\r\n${stat(1)}${sizes(3)}${OK}`],
      ["had listings that contradict one another", `${uidl("h")}${stat(2)}${sizes(3, 3)}${OK}`],
    ])("%s, may be another", (_, input) => {
      const [, resume] = run(input, { ...remove, ...known("h"), resume: first });
      expect(resume.unmarked).toMatchObject([{ uniqueId: "h", mayBeGone: true }]);
      for (const list of ["-ERR\r\n", "+OK\r\n1 \0\r\n.\r\n"]) {
        const last = `${uidl("h")}${stat(1)}${list}${message("2")}${OK}${OK}`;
        expect(run(last, { ...remove, ...known("h"), resume })[0]).toBe("RETR 1|DELE 1|QUIT|");
      }
    });
  });

  it("and is gone for certain leaves the report alone, where listings contradict one another and another is left", () => {
    const [a, h] = [left.fetched[0]!, confirmed.fetched[0]!];
    const resume = { ...confirmed, fetched: [{ ...a, uniqueId: null }, h, { ...a, uniqueId: "b", number: 2 }] };
    const [, report] = run(`${uidl("b")}${stat(2)}${sizes(3)}${OK}`, { resume });
    expect(brief(report)?.fetched).toEqual(["b"]);
  });

  it("of several, some of which were not fetched, is told by its size", () => {
    const resume = {
      ...unanswered,
      removed: [],
      missing: [{ number: 2, uniqueId: "h", announced: 10 }],
      deletions: "none",
    } as const;
    expect(run(`${sized(3, 10)}${long("2")}${OK}`, { resume })[0]).toBe("RETR 2|QUIT|");
    expect(run(`${sized(10, 20)}${long("2")}${message("3")}${OK}`, { resume })[0]).toBe("RETR 1|RETR 2|QUIT|");
  });
});

describe("a chain of retrievals that are never complete", () => {
  const lostEach = (how: RetrievalOptions, listed: (index: number) => readonly string[]) => {
    let report: RetrievalReport | undefined;
    for (let index = 0; index < 50; index++) {
      const ids = listed(index);
      [, report] = run(`${listings(...ids)}${message("1")}${OK}`, { ...how, ...(report && { resume: report }) });
    }
    return report!;
  };

  it.each<readonly [string, RetrievalOptions, (index: number) => readonly string[], number]>([
    ["one message each, removed", remove, (index) => [`u${index}`], 1],
    ["two each, and the limit", { ...remove, limit: 1 }, (index) => [`u${index}`, `v${index}`], 1],
  ])("%s: its report has no more than the maildrop", (_, how, listed, length) => {
    const { fetched, removed, missing, unmarked } = lostEach(how, listed);
    expect([fetched.length, removed.length, missing.length + unmarked.length]).toEqual([length, 1, 0]);
  });

  it("keeps what is told as long as UIDL alone says that it is gone", () => {
    const [, resume] = run(`${listings("a", "b")}${message("1")}${message("2")}`);
    const [, alone] = run(`${uidl("b")}-ERR\r\n-ERR\r\n${OK}`, { resume });
    expect(brief(alone)?.fetched).toEqual(["a", "b"]);
    expect(brief(run(`${uidl("b")}${stat(1)}-ERR\r\n${OK}`, { resume })[1])?.fetched).toEqual(["b"]);
    expect(brief(run(`${uidl("b")}-ERR\r\n${sizes(3)}${OK}`, { resume })[1])?.fetched).toEqual(["b"]);
  });
});
