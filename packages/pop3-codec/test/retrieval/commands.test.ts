/** Commands that the application gives to the session while a retrieval has it. */
import { type Pop3ClientSession, Pop3Retrieval } from "pop3-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { brief, list, listings, loggedIn, message, messageOf, NOTHING, OK, remove, stat } from "./support.ts";

describe("a command of the application's own, after the listings, is answered, and counts for nothing in the retrieval", () => {
  it.each<readonly [string, (session: Pop3ClientSession) => unknown, string, string]>([
    ["DELE", (s) => s.dele(7), OK, "DELE 7"],
    ["DELE, refused", (s) => s.dele(7), "-ERR\r\n", "DELE 7"],
    ["STAT, which counts no marked message", (s) => s.stat(), stat(1), "STAT"],
    ["LIST", (s) => s.list(), list(2), "LIST"],
    ["LIST n", (s) => s.list(2), "+OK 2 3\r\n", "LIST 2"],
    ["UIDL", (s) => s.uidl(), "+OK\r\n2 b\r\n3 c\r\n.\r\n", "UIDL"],
    ["UIDL n", (s) => s.uidl(3), "+OK 3 c\r\n", "UIDL 3"],
    ["UIDL, refused", (s) => s.uidl(), "-ERR\r\n", "UIDL"],
    ["RETR of another message", (s) => s.retr(3), message("c"), "RETR 3"],
    ["RETR, refused", (s) => s.retr(3), "-ERR\r\n", "RETR 3"],
    ["TOP of the message that is to come", (s) => s.top(2, 0), message("b"), "TOP 2 0"],
    ["NOOP", (s) => s.noop(), OK, "NOOP"],
  ])("%s", (_, give, answer, sent) => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { ahead: 1, ...remove });
    const shown: string[] = [];
    let output = "";
    // The retrieval's own next command is given after the application's.
    const play = (part: string) => {
      session.receive(octets(part));
      for (const event of retrieval) {
        shown.push(messageOf(event));
        if (event.type === "fetched" && event.message.number === 1) give(session);
      }
      output += text(session.takeOutputPieces()).replaceAll("\r\n", "|");
    };
    for (const part of [listings("a", "b"), message("a"), answer, OK, message("b"), OK, OK]) play(part);
    expect(output).toBe(`UIDL|STAT|LIST|RETR 1|${sent}|DELE 1|RETR 2|DELE 2|QUIT|`);
    expect(shown).toEqual([
      ...["listed 2", "content 1 a\r\n", "fetched 1 a", "content 2 b\r\n", "fetched 2 b", "done complete"],
    ]);
    const told = { ...NOTHING, fetched: ["a", "b"], removed: ["a", "b"], deletions: "confirmed" };
    expect(brief(JSON.parse(JSON.stringify(retrieval.report)))).toEqual(told);
  });

  it.each([
    ["taken", [OK, "-ERR marked\r\n"], { removed: ["a"] }],
    ["refused", ["-ERR\r\n", "-ERR\r\n"], { unmarked: ["a"] }],
  ])("DELE of a message that is to be removed: marked once, %s", (_, answers, told) => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, remove);
    for (const part of [listings("a"), message("a"), ...answers, OK]) {
      session.receive(octets(part));
      for (const event of retrieval) if (event.type === "fetched") session.dele(1);
    }
    expect(brief(retrieval.report)).toEqual({ ...NOTHING, fetched: ["a"], ...told, deletions: "confirmed" });
  });

  it.each([
    ["at once", [listings("a", "b"), OK], []],
    ["behind a message", [listings("a", "b"), message("a"), OK], ["a"]],
  ])("QUIT, %s: the retrieval is stopped", (_, parts, fetched) => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { ahead: 1 });
    if (parts.length === 2) session.quit();
    for (const part of parts) {
      session.receive(octets(part));
      for (const event of retrieval) if (event.type === "fetched") session.quit();
    }
    expect(retrieval.report).toMatchObject({ complete: false, failure: "stopped" });
    expect(brief(retrieval.report)?.fetched).toEqual(fetched);
  });

  it("RSET: what was marked is so no more", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { ahead: 1, ...remove });
    for (const part of [listings("a", "b"), message("a"), OK, message("b"), OK, OK, OK]) {
      session.receive(octets(part));
      for (const event of retrieval) if (event.type === "fetched" && event.message.number === 2) session.rset();
    }
    const told = { ...NOTHING, fetched: ["a", "b"], removed: ["b"], unmarked: ["a"], deletions: "confirmed" };
    expect(brief(retrieval.report)).toEqual(told);
  });

  it("RSET, refused: what was marked is", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, remove);
    for (const part of [listings("a"), message("a"), OK, "-ERR\r\n", OK]) {
      session.receive(octets(part));
      for (const event of retrieval) {
        if (event.type !== "fetched") continue;
        retrieval.remove();
        session.rset();
      }
    }
    expect(brief(retrieval.report)).toMatchObject({ removed: ["a"], unmarked: [], deletions: "confirmed" });
  });
});
