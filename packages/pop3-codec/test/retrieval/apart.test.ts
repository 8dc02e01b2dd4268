/**
 * Messages that share a unique-id, where it is in doubt which of them is there: none is passed over, and none removed
 * that was not fetched.
 */
import { Pop3Retrieval, type RetrievalReport, StateError } from "pop3-codec";
import { byteByByte, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import {
  brief,
  known,
  list,
  listings,
  loggedIn,
  message,
  NOTHING,
  OK,
  remove,
  retrieve,
  run,
  stat,
  uidl,
} from "./support.ts";

const REFUSED = "-ERR [SYS/TEMP] later\r\n";
const LONG = `+OK ${"x".repeat(600)}\r\n`;

/** A retrieval of two that share a unique-id, the second of which is refused. */
function secondRefused(deleted: string, quit: string): RetrievalReport {
  const [output, report] = run(`${listings("a", "a")}${message("1")}${REFUSED}${deleted}${quit}`, remove);
  expect(output).toBe("RETR 1|RETR 2|DELE 1|QUIT|");
  return report;
}

describe("the connection is given up by the driver, and nobody says so to the session", () => {
  const begin = (...parts: readonly string[]) => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, remove);
    for (const part of parts) {
      session.takeOutputPieces();
      session.receive(octets(part));
      for (const _ of retrieval);
    }
    return { session, retrieval };
  };
  const upToQuit = [listings("a", "a"), message("1"), REFUSED, OK];

  it.each<readonly [string, readonly string[], string]>([
    ["before the listings", [], "none"],
    ["before DELE", [listings("a", "a")], "none"],
    ["before the last message", upToQuit.slice(0, 2), "none"],
    ["after QUIT", upToQuit, "unknown"],
  ])("%s", (_, parts, deletions) => {
    const { session, retrieval } = begin(...parts);
    session.takeOutputPieces();
    expect(retrieval.report.deletions).toBe(deletions);
    session.timedOut();
    expect(retrieval.report.deletions).toBe(deletions);
    for (const _ of retrieval);
    expect(retrieval.report.deletions).toBe(deletions);
  });

  it("after QUIT of the application's, whether it is sent or still waits", () => {
    const { session, retrieval } = begin(listings("a", "a"));
    session.quit();
    expect(retrieval.report.deletions).toBe("unknown");
    session.receive(octets(`${message("1")}${message("2")}`));
    for (const _ of retrieval);
    expect(retrieval.report.deletions).toBe("unknown");
  });

  it.each([
    ["waits for the answer to DELE", upToQuit.slice(0, -1)],
    ["waits to be taken as output", upToQuit],
  ])("while QUIT %s: it was not sent", (_, parts) => {
    const { session, retrieval } = begin(...parts);
    expect(retrieval.report.deletions).toBe("unknown");
    session.timedOut();
    expect(retrieval.report.deletions).toBe("none");
    expect(session.takeOutput()).toBe(null);
  });

  it("after QUIT, whose answer is pulled then", () => {
    const { session, retrieval } = begin(...upToQuit);
    session.receive(octets("-ERR some\r\n"));
    expect(retrieval.report.deletions).toBe("unknown");
    for (const _ of retrieval);
    expect(retrieval.report.deletions).toBe("in-part");
  });

  it("the next retrieval takes the one that is left for neither of both", () => {
    const { report } = begin(...upToQuit).retrieval;
    expect(run(`${listings("a")}${message("2")}${OK}${OK}`, { resume: report, ...remove })[0]).toBe(
      "RETR 1|DELE 1|QUIT|",
    );
  });
});

describe("an answer to DELE that cannot be read", () => {
  it.each([
    ["too long", LONG],
    ["with a bare LF", "+OK\nx\r\n"],
    ["with NUL", "+OK\0\r\n"],
  ])("may be a mark, %s: what is left counts as not fetched", (_, answer) => {
    const report = secondRefused(answer, OK);
    expect(brief(report)).toMatchObject({ removed: [], unmarked: ["a"], deletions: "confirmed" });
    expect(report.unmarked.map(({ mayBeMarked }) => mayBeMarked)).toEqual([true]);
    const [output, resumed] = run(`${listings("a")}${message("2")}${OK}${OK}`, { resume: report, ...remove });
    expect(output).toBe("RETR 1|DELE 1|QUIT|");
    expect(resumed).toMatchObject({ complete: true, fetched: [{ uniqueId: "a" }], missing: [] });
  });

  it("may be none: both are there, and both come again", () => {
    const report = secondRefused(LONG, OK);
    expect(run(`${listings("a", "a")}${message("1")}${message("2")}${OK}`, { resume: report })[0]).toBe(
      "RETR 1|RETR 2|QUIT|",
    );
  });

  it.each<readonly [string, string, string, RetrievalReport["deletions"], boolean, string]>([
    ["refused: it is no mark", REFUSED, OK, "confirmed", false, "DELE 1|RETR 2|QUIT|"],
    ["refused, and the answer to QUIT missing: it is no mark", REFUSED, "", "unknown", false, "DELE 1|RETR 2|QUIT|"],
  ])("%s", (_, deleted, quit, deletions, mayBeMarked, expected) => {
    const report = secondRefused(deleted, quit);
    expect(report).toMatchObject({ deletions, unmarked: [{ mayBeMarked }] });
    const input = `${listings("a", "a")}${OK}${message("2")}${OK}`;
    expect(run(input, { resume: report })[0]).toBe(expected);
  });

  it("missing with the connection: it removes nothing, as QUIT was not sent", () => {
    const [, report] = run(`${listings("a", "a")}${message("1")}${REFUSED}`, remove);
    expect(report).toMatchObject({ deletions: "none", unmarked: [{ mayBeMarked: true }] });
    const input = `${listings("a", "a")}${OK}${message("2")}${OK}`;
    expect(run(input, { resume: report })[0]).toBe("DELE 1|RETR 2|QUIT|");
  });

  it("is in doubt in a report of an earlier version as far as that was", () => {
    const { unmarked, ...rest } = secondRefused(LONG, OK);
    const earlier = unmarked.map(({ mayBeMarked, ...message }) => message) as never;
    const fetched = rest.fetched.map(({ doubtful, ...message }) => message) as never;
    const resumed = (deletions: RetrievalReport["deletions"]) => {
      const resume = { ...rest, fetched, unmarked: earlier, deletions };
      return run(`${listings("a", "a")}${OK}${message("2")}${OK}`, { resume })[0];
    };
    expect(resumed("confirmed")).toBe("DELE 1|RETR 2|QUIT|");
    expect(resumed("unknown")).toBe("RETR 1|RETR 2|");
  });

  it.each([
    ["read", OK, [false, false]],
    ["not read", LONG, [false, true]],
  ])("RSET of the application's, whose answer is %s", (_, answer, marks) => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { ahead: 1, ...remove });
    for (const part of [listings("a", "b"), message("1"), "-ERR\r\n", message("2"), OK, answer, OK]) {
      session.receive(octets(part));
      for (const event of retrieval)
        if (event.type === "fetched" && event.message.number === 2) {
          retrieval.remove();
          session.rset();
        }
    }
    expect(brief(retrieval.report)).toMatchObject({ removed: [], unmarked: ["a", "b"], deletions: "confirmed" });
    expect(retrieval.report.unmarked.map(({ mayBeMarked }) => mayBeMarked)).toEqual(marks);
  });

  it("RSET of the application's unmarks what may have been marked", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { ahead: 1, ...remove });
    for (const part of [listings("a", "b"), message("1"), LONG, message("2"), OK, OK, OK]) {
      session.receive(octets(part));
      for (const event of retrieval) if (event.type === "fetched" && event.message.number === 2) session.rset();
    }
    expect(retrieval.report).toMatchObject({
      removed: [{ uniqueId: "b" }],
      unmarked: [{ uniqueId: "a", mayBeMarked: false }],
    });
  });
});

describe("the message beyond the limit", () => {
  it("is not taken for the one in front of it that is gone", () => {
    const options = { ...remove, limit: 1 };
    const [output, report] = run(`${listings("a", "a", "a")}${message("1")}${OK}${OK}`, options);
    expect(output).toBe("RETR 1|DELE 1|QUIT|");
    expect(brief(report)).toMatchObject({ fetched: ["a"], missing: ["a"], removed: ["a"] });
    const [second, left] = run(`${listings("a", "a")}${message("2")}${OK}${OK}`, { ...options, resume: report });
    expect(second).toBe("RETR 1|DELE 1|QUIT|");
    expect(left.failure).toBe("more-than-limit");
    const [third, done] = run(`${listings("a")}${message("3")}${OK}${OK}`, { ...options, resume: left });
    expect(third).toBe("RETR 1|DELE 1|QUIT|");
    expect(done.complete).toBe(true);
  });

  it("is kept where another was fetched before, and forgotten where its unique-id is its own", () => {
    const [, first] = run(`${listings("a")}${message("1")}`);
    const input = `${listings("b", "a", "a", "c", "c")}${message("0")}${OK}`;
    const [output, report] = run(input, { resume: first, limit: 1 });
    expect(output).toBe("RETR 1|QUIT|");
    expect(brief(report)).toMatchObject({ fetched: ["a", "b"], missing: ["a"] });
  });

  it("comes after what was missing before, wherever that is listed", () => {
    const [, first] = run(listings("b"));
    const [output, report] = run(`${listings("x", "x", "b")}${message("0")}${OK}`, { resume: first, limit: 2 });
    expect(output.replace("QUIT|", "")).toBe("RETR 1|RETR 2|");
    expect(brief(report)?.missing).toContain("b");
  });

  it("is told once where its number is listed twice", () => {
    const input = `+OK\r\n1 a\r\n1 a\r\n.\r\n${stat(1)}${list(1)}${message("1")}${OK}`;
    const [output, report] = run(input, { limit: 1 });
    expect(output).toBe("RETR 1|QUIT|");
    expect(brief(report)).toMatchObject({ fetched: ["a"], missing: [] });
  });

  it("is not asked for where its number may be another's", () => {
    const input = `+OK\r\n2 a\r\n3 b\r\n1 a\r\n.\r\n${stat(3)}-ERR\r\n${message("2")}${OK}`;
    const [output, report] = run(input, { limit: 1 });
    expect(output).toBe("RETR 2|QUIT|");
    expect(brief(report)).toMatchObject({ fetched: ["a"], missing: ["a"] });
  });

  it("without unique-ids it is left", () => {
    const input = `-ERR\r\n${stat(2)}${list(2)}${message("1")}${OK}`;
    const [output, report] = run(input, { withoutUniqueIds: true, limit: 1 });
    expect(output).toBe("RETR 1|QUIT|");
    expect(brief(report)).toMatchObject({ fetched: [null], missing: [] });
  });

  it("is kept by a retrieval that was restored in the midst of the listing", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { limit: 1 });
    session.receive(octets("+OK\r\n1 a\r\n2 b\r\n3 a\r\n"));
    for (const _ of retrieval);
    const restored = new Pop3Retrieval(session, { limit: 1 }, structuredClone(retrieval.snapshot()));
    session.receive(octets(`4 b\r\n5 a\r\n.\r\n${stat(5)}${list(5)}`));
    for (const _ of restored);
    expect(restored.report.missing.map(({ number }) => number)).toEqual([3, 1]);
  });
});

describe("a listing that contradicts another", () => {
  const missing = run(listings("a", "a"))[1];
  const hidden = `+OK\r\n2 a\r\n.\r\n${stat(2)}${list(2)}`;
  const both = `${listings("a", "a")}${message("1")}${message("2")}${OK}`;

  it("has no order by which some are fetched, and others are not: they come by the next that agrees", () => {
    const [output, report] = run(`${hidden}${OK}`, { resume: missing });
    expect(output).toBe("QUIT|");
    expect(report).toMatchObject({ failure: "contradiction", fetched: [] });
    expect(brief(report)?.missing).toEqual(["a", "a"]);
    const [next, done] = run(both, { resume: report });
    expect(next).toBe("RETR 1|RETR 2|QUIT|");
    expect(done.complete).toBe(true);
  });

  it("has all that is to be fetched, if it has as many", () => {
    const input = `${uidl("a", "a")}${stat(3)}${list(2)}${message("1")}${message("2")}${OK}`;
    const [output, report] = run(input, { resume: missing });
    expect(output).toBe("RETR 1|RETR 2|QUIT|");
    expect(report.fetched.map(({ doubtful }) => doubtful)).toEqual([true, true]);
    const [next, done] = run(`${listings("a", "a")}${OK}`, { resume: report });
    expect(next).toBe("QUIT|");
    expect(done.complete).toBe(true);
    expect(done.fetched.map(({ number, doubtful }) => [number, doubtful])).toEqual([
      [1, false],
      [2, false],
    ]);
  });

  it("asks for none that only its order tells from one that was fetched", () => {
    const [, resume] = run(`${listings("a")}${message("1")}`);
    const [output, report] = run(`${uidl("a", "a")}${stat(3)}${list(2)}${OK}`, { resume });
    expect(output).toBe("QUIT|");
    expect(brief(report)).toMatchObject({ fetched: ["a"], missing: [] });
    expect(run(`${listings("a", "a", "b")}${message("2")}${message("b")}${OK}`, { resume: report })[0]).toBe(
      "RETR 2|RETR 3|QUIT|",
    );
  });

  it("may have hidden one: what it had is fetched, kept, and told from nothing but itself", () => {
    const [output, report] = run(`${hidden}${message("2")}${OK}`, remove);
    expect(output).toBe("RETR 2|QUIT|");
    expect(report).toMatchObject({ fetched: [{ number: 2, doubtful: true }], unmarked: [{ mayBeMarked: false }] });
    expect(run(`${both}`, { resume: report })[0]).toBe("RETR 1|RETR 2|QUIT|");
    expect(run(`${listings("b", "a")}${OK}${message("b")}${OK}`, { resume: report })[0]).toBe("DELE 2|RETR 1|QUIT|");
  });

  it("fetches nothing a second time for a number that it repeats", () => {
    const [, report] = run(`${listings("b", "a")}${message("1")}${message("2")}`);
    const input = `+OK\r\n1 b\r\n2 a\r\n2 a\r\n.\r\n${stat(2)}${list(2)}${OK}`;
    const [output, repeated] = run(input, { resume: report, ...remove });
    expect(output).toBe("QUIT|");
    expect(brief(repeated)).toMatchObject({ fetched: ["b", "a"], missing: [] });
    const open = { ...missing, missing: missing.missing.slice(1) };
    const [once, done] = run(`+OK\r\n2 a\r\n2 a\r\n.\r\n${stat(1)}${list(1)}${message("2")}${OK}`, { resume: open });
    expect(once).toBe("RETR 2|QUIT|");
    expect(brief(done)).toMatchObject({ fetched: ["a"], missing: [] });
  });

  it.each([
    ["what is new", ["1 a", "1 x"], ["x", "a", "b"]],
    ["what was missing too", ["1 a", "1 b"], ["a", "b"]],
    ["what is new, first", ["1 x", "1 a"], ["x", "a", "b"]],
  ])(
    "fetches later what was missing, where it gives its number to %s: it is not certain whose that is",
    (_, lines, missing) => {
      const resume = run(listings("a", "b"))[1];
      const input = `+OK\r\n${lines.map((line) => `${line}\r\n`).join("")}.\r\n${stat(2)}${list(2)}`;
      const [output, report] = run(`${input}${OK}`, { resume });
      expect(output).toBe("QUIT|");
      expect(report.failure).toBe("contradiction");
      expect(brief(report)?.missing).toEqual(missing);
      const next = run(`${listings("a", "b", "x")}${message("1")}${message("2")}${message("3")}${OK}`, {
        resume: report,
      });
      expect(next[0]).toBe("RETR 1|RETR 2|RETR 3|QUIT|");
    },
  );

  it("says nothing of what is known by the retrieval before; what the caller knows has its event", () => {
    const [, report] = run(`${listings("a")}${message("1")}`);
    const input = `${uidl("a", "b")}${stat(3)}${list(2)}${OK}`;
    const { shown } = retrieve(input, { ...known("b"), resume: report });
    expect(shown.filter((each) => !each.startsWith("violation"))).toEqual([
      ...["known 2 b", "listed 0", "done contradiction"],
    ]);
  });
});

describe("of messages that share a unique-id", () => {
  it("one is removed, and the mark of the other was refused: that one is still to be removed", () => {
    const messages = `${message("1")}${OK}${message("2")}${REFUSED}${message("3")}`;
    const { retrieval, output } = retrieve(
      byteByByte(octets(`${listings("b", "b", "c")}${messages}${OK}`)),
      { ...remove, ahead: 1 },
      (event, each) => event.type === "fetched" && event.message.number === 3 && each.notStored(),
    );
    expect(output).toBe("UIDL|STAT|LIST|RETR 1|DELE 1|RETR 2|DELE 2|RETR 3|QUIT|");
    const resume = JSON.parse(JSON.stringify(retrieval.report));
    expect(brief(resume)).toMatchObject({ removed: ["b"], unmarked: ["b"], missing: ["c"], deletions: "confirmed" });
    const [next, report] = run(`${listings("b", "c")}${OK}${message("3")}${OK}${OK}`, { resume, ...remove });
    expect(next).toBe("DELE 1|RETR 2|DELE 2|QUIT|");
    expect(report).toMatchObject({ complete: true, unmarked: [] });
  });

  it("one is gone by another hand, and not all were fetched: the rest comes again", () => {
    const [, resume] = run(`${listings("a", "a")}${message("1")}`);
    const [output, report] = run(`${listings("a")}${message("2")}${OK}`, { resume });
    expect(output).toBe("RETR 1|QUIT|");
    expect(brief(report)).toMatchObject({ fetched: ["a"], missing: [] });
    expect(run(`${listings()}${OK}`, { resume })[0]).toBe("QUIT|");
  });

  it("as many are removed as were to be, though the caller knows them all", () => {
    const [, resume] = run(`${uidl("a")}${stat(2)}${list(2)}${message("1")}${OK}`, remove);
    const told = { ...resume, fetched: [] };
    const { shown, output } = retrieve(`${listings("a", "a")}${OK}${OK}`, { ...known("a"), resume: told });
    expect(output).toBe("UIDL|STAT|LIST|DELE 1|QUIT|");
    expect(shown).toEqual(["known 2 a", "known 1 a", "listed 0", "done complete"]);
  });

  it("a report tells what was in front of the listings as long as these have not come", () => {
    const [, resume] = run(`${listings("x", "a", "a")}${message("0")}${message("1")}`);
    const [, lost] = run("+OK\r\n1 a\r\n2 a\r\n3 a\r\n", { resume });
    expect(lost.fetched.map(({ number }) => number)).toEqual([1, 2]);
    expect(lost.missing.map(({ number }) => number)).toEqual([3]);
    const input = `${listings("a", "a", "a")}${message("2")}${message("3")}${OK}`;
    expect(run(input, { resume: lost })[0]).toBe("RETR 2|RETR 3|QUIT|");
  });
});

it("a retrieval begins while nothing is under way: it would take the answers to what was asked before for its own", () => {
  const session = loggedIn();
  session.list();
  const before = session.snapshot();
  expect(() => new Pop3Retrieval(session)).toThrow(StateError);
  expect(() => new Pop3Retrieval(session)).toThrow(
    "Pop3Retrieval is not possible while LIST is under way; legal now: it once that is answered",
  );
  expect(session.snapshot()).toEqual(before);
  session.receive(octets(list(1)));
  for (const _ of session);
  const retrieval = new Pop3Retrieval(session);
  session.receive(octets(listings("a")));
  expect([...retrieval].map(({ type }) => type)).toEqual(["listed"]);
  expect(text(session.takeOutputPieces())).toBe("LIST\r\nUIDL\r\nSTAT\r\nLIST\r\nRETR 1\r\n");
  expect(brief(retrieval.report)).toEqual({ ...NOTHING, missing: ["a"] });
});
