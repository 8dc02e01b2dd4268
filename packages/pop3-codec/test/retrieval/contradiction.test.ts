/** Listings that contradict themselves or one another: nothing is deleted, and the retrieval is not complete. */
import { Pop3Retrieval, type RetrievalOptions, type RetrievalReport } from "pop3-codec";
import { byteByByte, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { brief, known, list, loggedIn, message, NOTHING, OK, PIPELINING, remove, retrieve, stat } from "./support.ts";

const listing = (...lines: string[]) => `+OK\r\n${lines.map((line) => `${line}\r\n`).join("")}.\r\n`;
const k = { number: 1, uniqueId: "K", announced: 3, size: 3, doubtful: false, mayBeMarked: false };
/** Of a retrieval that has stored K, and did not come to removing it. */
const resume: RetrievalReport = {
  ...{ fetched: [k], refused: [], missing: [], skipped: [], removed: [], unmarked: [k] },
  ...{ deletions: "none", complete: false, failure: "connection-lost", response: null },
};
const UNORDERED = "unordered-listing: a number that is not above the one before";
const RESUMED = { ...NOTHING, fetched: ["K"], unmarked: ["K"], deletions: "confirmed" };

describe("a listing", () => {
  it.each<readonly [string, string, RetrievalOptions, string, object, readonly string[]]>([
    [
      "of one number twice: known, and new",
      `${listing("1 K", "1 NEW")}${stat(2)}${list(2)}${OK}`,
      { resume, ...remove },
      "QUIT|",
      { ...RESUMED, missing: ["NEW"] },
      [UNORDERED],
    ],
    [
      "of one number twice: new, and known",
      `${listing("1 NEW", "1 K")}${stat(2)}${list(2)}${OK}`,
      { resume },
      "QUIT|",
      { ...RESUMED, missing: ["NEW"] },
      [UNORDERED],
    ],
    [
      "of one number twice: known to the caller, and new",
      `${listing("1 a", "1 NEW")}${stat(2)}${list(2)}${OK}`,
      known("a"),
      "QUIT|",
      { ...NOTHING, missing: ["NEW"], deletions: "confirmed" },
      [UNORDERED],
    ],
    [
      "of one number twice: new, and known to the caller",
      `${listing("1 NEW", "1 a")}${stat(2)}${list(2)}${OK}`,
      known("a"),
      "QUIT|",
      { ...NOTHING, missing: ["NEW"], deletions: "confirmed" },
      [UNORDERED],
    ],
    [
      "of one number three times: new each time, and no more than the limit are told",
      `${listing("1 a", "1 b", "1 c")}${stat(3)}${list(3)}${OK}`,
      { limit: 2 },
      "QUIT|",
      { ...NOTHING, missing: ["b", "a"], deletions: "confirmed" },
      [UNORDERED],
    ],
    [
      "whose numbers do not ascend, and no LIST tells that none is there twice",
      `${listing("2 NEW", "1 b")}${stat(2)}-ERR\r\n${message("n")}${OK}`,
      {},
      "RETR 2|QUIT|",
      { ...NOTHING, fetched: ["NEW"], missing: ["b"], deletions: "confirmed" },
      [UNORDERED],
    ],
    [
      "of one number twice: to be removed both times",
      `${listing("1 K", "1 K")}${stat(2)}${list(2)}${OK}`,
      { resume: { ...resume, fetched: [k, { ...k, number: 2 }], unmarked: [k, { ...k, number: 2 }] } },
      "QUIT|",
      { ...RESUMED, fetched: ["K", "K"], unmarked: ["K", "K"] },
      [UNORDERED],
    ],
    [
      "whose numbers do not ascend, told once",
      `${listing("2 NEW", "1 K")}${stat(2)}${list(2)}${message("n")}${OK}`,
      { resume },
      "RETR 2|QUIT|",
      { ...RESUMED, fetched: ["K", "NEW"] },
      [UNORDERED],
    ],
    [
      "of other numbers than LIST has",
      `${listing("1 K", "3 NEW")}${stat(2)}${list(2)}-ERR\r\n${OK}`,
      { resume },
      "RETR 3|QUIT|",
      { ...RESUMED, refused: ["NEW"] },
      ["invalid-listing: LIST has other messages than UIDL"],
    ],
    [
      "of fewer messages than STAT has",
      `${listing("1 K")}${stat(2)}${list(2)}${OK}`,
      { resume },
      "QUIT|",
      RESUMED,
      ["contradicts-stat: 1 unique-ids: STAT has 2 messages"],
    ],
    [
      "of fewer messages than LIST has, where STAT is refused",
      `${listing("1 K")}-ERR\r\n${list(2)}${OK}`,
      { resume },
      "QUIT|",
      RESUMED,
      ["invalid-listing: LIST has other messages than UIDL"],
    ],
    [
      "of one number twice, where there are no unique-ids",
      `-ERR\r\n${stat(2)}${listing("1 3", "1 3")}${message("a")}${OK}`,
      { withoutUniqueIds: true },
      "RETR 1|QUIT|",
      { ...NOTHING, fetched: [null], deletions: "confirmed" },
      [UNORDERED],
    ],
    [
      "of fewer messages than STAT has, where there are no unique-ids",
      `-ERR\r\n${stat(2)}${list(1)}${message("a")}${OK}`,
      { withoutUniqueIds: true },
      "RETR 1|QUIT|",
      { ...NOTHING, fetched: [null], deletions: "confirmed" },
      ["contradicts-stat: 1 entries of 3 octets: STAT has 2 of 6"],
    ],
  ])("%s", (_, input, options, output, told, violations) => {
    for (const chunks of [[octets(input)], byteByByte(octets(input))]) {
      const seen: string[] = [];
      const found = retrieve(chunks, options, (event) => {
        if (event.type === "violation") seen.push(`${event.code}: ${event.text}`);
      });
      expect(found.output).toBe(`UIDL|STAT|LIST|${output}`);
      expect(brief(found.report)).toEqual(told);
      expect(found.report).toMatchObject({ complete: false, failure: "contradiction" });
      expect(seen).toEqual(violations);
    }
  });

  it("that is doubtful keeps what remove() says of a known message for the next retrieval", () => {
    const input = `${listing("1 K", "2 NEW")}${stat(3)}${list(2)}${message("n")}${OK}`;
    const found = retrieve(input, known("K"), (event, retrieval) => {
      if (event.type === "known") retrieval.remove();
    });
    expect(found.output).toBe("UIDL|STAT|LIST|RETR 2|QUIT|");
    expect(brief(found.report)).toMatchObject({ fetched: ["NEW"], removed: [], unmarked: ["K"] });
    const next = retrieve(`${listing("1 K")}${stat(1)}${list(1)}${OK}${OK}`, { ...known("K"), resume: found.report! });
    expect(next.output).toBe("UIDL|STAT|LIST|DELE 1|QUIT|");
  });

  it.each([
    ["STAT", "-ERR\r\n", list(2)],
    ["LIST", stat(2), "-ERR\r\n"],
  ])("is not doubtful where %s is refused, nor where numbers are left out", (_, counted, sized) => {
    const input = `${listing("1 K", "2 b")}${counted}${sized}${OK}${OK}`;
    const found = retrieve(input, { ...known("b"), resume });
    expect(found.output).toBe("UIDL|STAT|LIST|DELE 1|QUIT|");
    expect(found.report?.complete).toBe(true);
    const gap = `${listing("2 K", "5 b")}${stat(2)}${listing("2 3", "5 3")}${OK}${OK}`;
    expect(retrieve(gap, { ...known("b"), resume }).report?.complete).toBe(true);
  });

  it("has to be whole before what is known is deleted: with PIPELINING too, and whatever is said of it", () => {
    const session = loggedIn(PIPELINING);
    const retrieval = new Pop3Retrieval(session, { ...known("a"), resume });
    const sent = () => text(session.takeOutputPieces()).replaceAll("\r\n", "|");
    session.receive(octets(`${listing("1 K", "2 a")}${stat(2)}+OK\r\n1 3\r\n`));
    for (const event of retrieval) if (event.type === "known" && event.message.number === 2) retrieval.remove();
    expect(sent()).toBe("UIDL|STAT|LIST|");
    expect(brief(retrieval.report)).toMatchObject({ removed: [], unmarked: ["K", "a"] });
    const restored = new Pop3Retrieval(session, { ...known("a"), resume }, retrieval.snapshot());
    session.receive(octets("2 3\r\n.\r\n"));
    for (const _ of restored);
    expect(sent()).toBe("DELE 2|DELE 1|QUIT|");
    session.receive(octets(`${OK}${OK}${OK}`));
    for (const _ of restored);
    expect(brief(restored.report)).toMatchObject({ removed: ["a", "K"], unmarked: [], deletions: "confirmed" });
  });

  it("that is whole after a QUIT of the application's deletes nothing", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { resume });
    session.quit().receive(octets(`${listing("1 K")}${stat(1)}${list(1)}${OK}`));
    for (const _ of retrieval);
    expect(text(session.takeOutputPieces())).toBe("UIDL\r\nSTAT\r\nLIST\r\nQUIT\r\n");
    expect(brief(retrieval.report)).toEqual(RESUMED);
  });
});
