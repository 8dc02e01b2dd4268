/**
 * Listings that are refused, or have lines that cannot be read: what has no unique-id is not passed over in silence.
 */
import { Pop3Retrieval, type RetrievalOptions, type RetrievalReport } from "pop3-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import {
  brief,
  GREETING,
  known,
  list,
  listings,
  loggedIn,
  message,
  NOTHING,
  OK,
  remove,
  run,
  stat,
  uidl,
} from "./support.ts";

const listing = (...lines: string[]) => `+OK\r\n${lines.map((line) => `${line}\r\n`).join("")}.\r\n`;
const sized = (...sizes: number[]) => listing(...sizes.map((size, index) => `${index + 1} ${size}`));
const LATER = "-ERR [SYS/TEMP] index is being rebuilt\r\n";
const ALL: RetrievalOptions = { withoutUniqueIds: true, afterFetching: "remove" };

describe("UIDL refused", () => {
  const two = `${stat(2)}${list(2)}`;
  const told: RetrievalReport = run(`${listings("a", "b")}${message("a")}`)[1];

  it.each<readonly [string, string, RetrievalOptions, string, string | null, string]>([
    ["[PRC-3206.4-1] for now", LATER, {}, "listings-refused", "SYS/TEMP", GREETING],
    ["[PRC-3206.4-1] for now, though all is to be fetched", LATER, ALL, "listings-refused", "SYS/TEMP", GREETING],
    ["for now, and all is known", LATER, { ...ALL, ...known("a", "b") }, "listings-refused", "SYS/TEMP", GREETING],
    [
      "[PRC-2449.8-2] for good, by a code below SYS/PERM",
      "-ERR [SYS/PERM/INDEX] x\r\n",
      ALL,
      "listings-refused",
      "SYS/PERM/INDEX",
      GREETING,
    ],
    [
      "by a server that lists it",
      "-ERR\r\n",
      ALL,
      "listings-refused",
      null,
      "+OK\r\n+OK\r\nUIDL\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n",
    ],
    [
      "where the report before has unique-ids",
      "-ERR\r\n",
      { ...ALL, resume: told },
      "listings-refused",
      null,
      GREETING,
    ],
    ["without a code", "-ERR what?\r\n", {}, "no-unique-ids", null, GREETING],
    ["with a code of nobody's", "-ERR [FOO] what?\r\n", {}, "no-unique-ids", "FOO", GREETING],
  ])(
    "%s: nothing is fetched or removed, and the report has the response",
    (_, answer, options, failure, code, opening) => {
      const [output, report] = run(`${answer}${two}${OK}`, options, opening);
      expect(output).toBe("QUIT|");
      expect(report).toMatchObject({ complete: false, failure, response: { ok: false, code }, deletions: "confirmed" });
      const { fetched, missing, unmarked } = options.resume ?? report;
      expect(report).toMatchObject({ fetched, missing, unmarked });
    },
  );

  it("once it is there again, nothing comes twice", () => {
    const [, report] = run(`${LATER}${two}${OK}`, { ...ALL, resume: told });
    const [output, next] = run(`${listings("a", "b")}${message("b")}${OK}${OK}`, { ...ALL, resume: report });
    expect(output).toBe("RETR 2|DELE 2|QUIT|");
    expect(brief(next)).toMatchObject({ fetched: ["a", "b"], removed: ["b"] });
  });

  it.each([
    ["with a code", LATER, "listings-refused", "SYS/TEMP"],
    ["without one", "-ERR\r\n", "no-unique-ids", null],
  ])("and LIST too, %s", (_, answer, failure, code) => {
    const [output, report] = run(`-ERR\r\n${stat(2)}${answer}${OK}`, ALL);
    expect(output).toBe("QUIT|");
    expect(report).toMatchObject({ failure, response: { code } });
  });

  it("without a code, what is known holds nothing back: all comes", () => {
    const [output] = run(`-ERR\r\n${two}${message("a")}${message("b")}${OK}${OK}${OK}`, { ...ALL, ...known("a", "b") });
    expect(output).toBe("RETR 1|RETR 2|DELE 1|DELE 2|QUIT|");
  });
});

it.each([
  ["refused", `${listings("a")}${message("a")}${OK}-ERR [SYS/TEMP] some\r\n`, "in-part", { code: "SYS/TEMP" }],
  ["without an answer", `${listings("a")}${message("a")}${OK}`, "connection-lost", null],
  ["taken", `${listings("a")}${message("a")}${OK}${OK}`, null, null],
])("the response to QUIT, %s, is in the report", (_, input, failure, response) => {
  const [, report] = run(input, remove);
  expect(report).toMatchObject({ failure, response });
});

describe("a line that cannot be read", () => {
  const odd = listing("1 a", "2 b b", "3 c");
  const messages = `${message("1")}${message("3")}${OK}${OK}${OK}`;
  const others = { ...NOTHING, fetched: ["a", "c"], removed: ["a", "c"], deletions: "confirmed" };
  const kept = { ...NOTHING, fetched: ["a", "c"], unmarked: ["a", "c"], deletions: "confirmed" };

  it.each<readonly [string, string, string, object, string | null]>([
    // STAT or LIST tell what it was: one alone would do.
    [
      "of UIDL",
      `${odd}${stat(3)}${list(3)}${messages}`,
      "RETR 1|RETR 3|DELE 1|DELE 3|QUIT|",
      { ...others, missing: [null] },
      "unidentified",
    ],
    [
      "and STAT refused",
      `${odd}-ERR\r\n${list(3)}${messages}`,
      "RETR 1|RETR 3|DELE 1|DELE 3|QUIT|",
      { ...others, missing: [null] },
      "unidentified",
    ],
    ["and STAT and LIST refused", `${odd}-ERR\r\n-ERR\r\n${messages}`, "RETR 1|RETR 3|QUIT|", kept, "contradiction"],
    ["and LIST refused", `${odd}${stat(3)}-ERR\r\n${messages}`, "RETR 1|RETR 3|QUIT|", kept, "contradiction"],
    ["and STAT without it", `${odd}${stat(2)}${list(3)}${messages}`, "RETR 1|RETR 3|QUIT|", kept, "contradiction"],
    [
      "and a line of LIST's",
      `${odd}${stat(3)}${listing("1 3", "2 ?", "3 3")}${messages}`,
      "RETR 1|RETR 3|QUIT|",
      kept,
      "contradiction",
    ],
    [
      "and of LIST's, and STAT refused",
      `${odd}-ERR\r\n${listing("1 3", "2 ?", "3 3")}${messages}`,
      "RETR 1|RETR 3|QUIT|",
      kept,
      "contradiction",
    ],
    [
      "and a LIST that has none of another",
      `${odd}${stat(2)}${listing("1 3", "2 3")}${messages}`,
      "RETR 1|RETR 3|QUIT|",
      kept,
      "contradiction",
    ],
    [
      "and a LIST out of order",
      `${odd}${stat(3)}${listing("1 3", "3 3", "2 3")}${messages}`,
      "RETR 1|RETR 3|QUIT|",
      kept,
      "contradiction",
    ],
    [
      "that is the last",
      `${listing("1 a", "2 b b")}${stat(2)}${list(2)}${message("1")}${OK}${OK}`,
      "RETR 1|DELE 1|QUIT|",
      { ...NOTHING, fetched: ["a"], removed: ["a"], missing: [null], deletions: "confirmed" },
      "unidentified",
    ],
    [
      "that is none of a message",
      `${listing("1 a", "total 2", "2 c")}${stat(2)}${list(2)}${message("1")}${message("2")}${OK}${OK}${OK}`,
      "RETR 1|RETR 2|DELE 1|DELE 2|QUIT|",
      others,
      null,
    ],
    [
      "of LIST's alone",
      `${uidl("a", "b", "c")}${stat(3)}${listing("1 3", "2 ?", "3 3")}${message("1")}${message("2")}${OK}${OK}${message("3")}${OK}${OK}`,
      "RETR 1|RETR 2|RETR 3|DELE 1|DELE 2|DELE 3|QUIT|",
      { ...NOTHING, fetched: ["a", "b", "c"], removed: ["a", "b", "c"], deletions: "confirmed" },
      null,
    ],
    [
      "alone, and a LIST that has nothing",
      `${listing("? ?")}-ERR\r\n${listing()}${OK}`,
      "QUIT|",
      { ...NOTHING, deletions: "confirmed" },
      "contradiction",
    ],
    [
      "of LIST's alone, and a UIDL that has nothing",
      `${listing()}-ERR\r\n${listing("? ?")}${OK}`,
      "QUIT|",
      { ...NOTHING, deletions: "confirmed" },
      "contradiction",
    ],
    [
      "alone, and a STAT that has nothing",
      `${listing("? ?")}${stat(0)}-ERR\r\n${OK}`,
      "QUIT|",
      { ...NOTHING, deletions: "confirmed" },
      null,
    ],
    [
      "missing in the midst, and nothing tells why",
      `${listing("1 a", "3 c")}-ERR\r\n-ERR\r\n${messages}`,
      "RETR 1|RETR 3|QUIT|",
      kept,
      "contradiction",
    ],
  ])("%s", (_, input, output, told, failure) => {
    const [sent, report] = run(input, { ...remove, ahead: 3 });
    expect(sent.split("|").sort()).toEqual(output.split("|").sort());
    expect(brief(report)).toEqual(told);
    expect(report).toMatchObject({ complete: failure === null, failure });
  });

  it("is told with its number and size, and fetched where messages without unique-ids are", () => {
    const input = `${odd}${stat(3)}${list(3)}`;
    expect(run(`${input}${messages}`, remove)[1].missing).toEqual([{ number: 2, uniqueId: null, announced: 3 }]);
    const [output, report] = run(`${input}${message("1")}${message("2")}${OK}${OK}${message("3")}${OK}${OK}`, {
      ...ALL,
      ahead: 2,
    });
    expect(output).toBe("RETR 1|RETR 2|DELE 1|DELE 2|RETR 3|DELE 3|QUIT|");
    expect(brief(report)).toMatchObject({ fetched: ["a", null, "c"], removed: ["a", null, "c"], missing: [] });
    expect(report.complete).toBe(true);
    const [one, left] = run(`${input}${message("1")}${OK}${OK}`, { ...ALL, limit: 1 });
    expect(one).toBe("RETR 1|DELE 1|QUIT|");
    expect(left).toMatchObject({ failure: "more-than-limit", missing: [] });
  });

  it("is not kept where the limit leaves it: what has a unique-id is", () => {
    const [, resume] = run(listings("a"));
    const options = { ...ALL, limit: 1, resume };
    const [output, report] = run(`${listing("1 a", "2 b b")}${stat(2)}${list(2)}${message("1")}${OK}${OK}`, options);
    expect(output).toBe("RETR 1|DELE 1|QUIT|");
    expect(report).toMatchObject({ failure: "more-than-limit", missing: [] });
    const [other, left] = run(`${listing("1 b b", "2 a")}${stat(2)}${list(2)}${message("1")}${OK}${OK}`, options);
    expect(other).toBe("RETR 1|DELE 1|QUIT|");
    expect(brief(left)?.missing).toEqual(["a"]);
  });

  it.each<readonly [string, string, string, RetrievalOptions, string | null]>([
    ["one that was missing, of two", listings("a", "a"), "1 a", {}, "unidentified"],
    ["one that was to be removed", `${listings("a")}${message("1")}`, "1 a", remove, "unidentified"],
    ["one besides that which was fetched", `${listings("a")}${message("1")}`, "1 a|2 a", {}, "unidentified"],
    ["none but that which was fetched", `${listings("a")}${message("1")}`, "1 a", {}, null],
  ])("leaves %s: it might be another", (_, before, lines, options, failure) => {
    const [, resume] = run(before, options);
    const entries = lines.split("|");
    const count = entries.length + 1;
    const input = `${listing(...entries, `${count} b b`)}${stat(count)}${list(count)}${message("b")}${OK}`;
    const [output, report] = run(input, { resume, withoutUniqueIds: true });
    expect(output).toBe(`RETR ${count}|QUIT|`);
    expect(report).toMatchObject({ complete: failure === null, failure });
  });

  it("does not keep those with unique-ids from the retrieval after it, and is none of them by then", () => {
    const [, first] = run(`${odd}${stat(3)}${list(3)}${message("1")}${message("3")}${OK}`, {});
    expect(first.fetched.map(({ doubtful }) => doubtful)).toEqual([true, true]);
    const [output, second] = run(`${listing("1 a", "2 b b", "3 c")}${stat(3)}${list(3)}${OK}`, { resume: first });
    expect(output).toBe("QUIT|");
    expect(brief(second)).toMatchObject({ fetched: ["a", "c"], missing: [null] });
    // What could not be read was another with a unique-id that one has: neither is passed over.
    const input = `${listings("a", "c", "c")}${message("2")}${message("3")}${OK}`;
    expect(run(input, { resume: second })[0]).toBe("RETR 2|RETR 3|QUIT|");
  });

  it.each([
    ["is gone", OK, "RETR 1|QUIT|"],
    ["may be gone", "", "RETR 1|QUIT|"],
  ])("is fetched, though it turns out to have the unique-id of one that %s", (_, quit, expected) => {
    const [, first] = run(`${listing("1 a a", "2 a")}${stat(2)}${list(2)}${message("2")}${OK}${quit}`, remove);
    expect(first).toMatchObject({ removed: [{ number: 2 }] });
    expect(run(`${listings("a")}${message("1")}${OK}`, { resume: first })[0]).toBe(expected);
  });

  it("without unique-ids, LIST alone, and STAT refused: there may be more", () => {
    for (const lines of [listing("1 3", "2 ?"), listing("2 3")]) {
      const [, report] = run(`-ERR\r\n-ERR\r\n${lines}${message("1")}${OK}`, ALL);
      expect(report).toMatchObject({ failure: "contradiction", removed: [], unmarked: [{}] });
    }
  });

  it("of more messages than are kept apart", () => {
    const count = 1003;
    const few = listing("1 a", "2 b b", `${count} c`);
    const [output, report] = run(`${few}${stat(count)}${list(count)}${message("1")}${message("2")}${OK}`, remove);
    expect(output).toBe(`RETR 1|RETR ${count}|QUIT|`);
    expect(report).toMatchObject({ failure: "contradiction", missing: [] });
  });

  it("is known of by a retrieval that was restored behind it", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, remove);
    session.receive(octets("+OK\r\n1 a\r\n2 b b\r\n3"));
    for (const _ of retrieval);
    const again = PromptClient.restore(structuredClone(session.snapshot()), { tls: true });
    const restored = new Pop3Retrieval(again, remove, structuredClone(retrieval.snapshot()));
    again.receive(octets(` c\r\n.\r\n${stat(3)}${sized(3, 4, 3)}`));
    for (const _ of restored);
    expect(restored.report.missing).toEqual([
      { number: 2, uniqueId: null, announced: 4 },
      { number: 1, uniqueId: "a", announced: 3 },
      { number: 3, uniqueId: "c", announced: 3 },
    ]);
  });
});
