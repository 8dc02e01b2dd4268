import { Pop3Retrieval, type RetrievalEvent, type RetrievalOptions, StateError } from "pop3-codec";
import { byteByByte, cutAt, octets, text, withData } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import {
  brief,
  known,
  list,
  listings,
  loggedIn,
  message,
  messageOf,
  NOTHING,
  OK,
  PIPELINING,
  remove,
  retrieve,
  stat,
  uidl,
} from "./support.ts";

describe("a retrieval", () => {
  it.each([
    ["whole", (input: string) => input],
    ["byte by byte", (input: string) => byteByByte(octets(input))],
  ])(
    "confirms no deletion where a server stuffs no dot with which a message begins (Dovecot, Courier): %s",
    (_, cut) => {
      const unstuffed = "+OK\r\n.\r\n..\r\nb\r\n.\r\n";
      const { shown, output, report } = retrieve(cut(`${listings("a", "b")}${unstuffed}${message("b")}`), remove);
      expect(shown).toEqual([
        "listed 2",
        "violation size-differs",
        "fetched 1 a",
        "violation invalid-response",
        "done connection-lost",
      ]);
      expect(output).not.toContain("QUIT");
      expect(report).toMatchObject({ deletions: "none", removed: [], complete: false });
    },
  );

  it.each<readonly [string, string, RetrievalOptions, readonly string[], string, object]>([
    [
      "fetches all that is new, in order, and leaves it",
      `${listings("a", "b")}${message("a")}${message("b")}${OK}`,
      {},
      ["listed 2", "content 1 a\r\n", "fetched 1 a", "content 2 b\r\n", "fetched 2 b", "done complete"],
      "RETR 1|RETR 2|QUIT|",
      { ...NOTHING, fetched: ["a", "b"], deletions: "confirmed" },
    ],
    [
      "[POP3-7-5] skips what is known, octet for octet",
      `${listings("a", "A", "b")}${message("A")}${message("b")}${OK}`,
      known("a"),
      ["known 1 a", "listed 2", "content 2 A\r\n", "fetched 2 A", "content 3 b\r\n", "fetched 3 b", "done complete"],
      "RETR 2|RETR 3|QUIT|",
      { ...NOTHING, fetched: ["A", "b"], deletions: "confirmed" },
    ],
    [
      "[POP3-7-5] fetches both of two messages that share a unique-id",
      `${listings("a", "a")}${message("a")}${message("b")}${OK}`,
      {},
      ["listed 2", "content 1 a\r\n", "fetched 1 a", "content 2 b\r\n", "fetched 2 a", "done complete"],
      "RETR 1|RETR 2|QUIT|",
      { ...NOTHING, fetched: ["a", "a"], deletions: "confirmed" },
    ],
    [
      "removes what it has fetched",
      `${listings("a", "b")}${message("a")}${message("b")}${OK}${OK}${OK}`,
      remove,
      ["listed 2", "content 1 a\r\n", "fetched 1 a", "content 2 b\r\n", "fetched 2 b", "done complete"],
      "RETR 1|RETR 2|DELE 1|DELE 2|QUIT|",
      { ...NOTHING, fetched: ["a", "b"], removed: ["a", "b"], deletions: "confirmed" },
    ],
    [
      "an empty maildrop",
      `${listings()}${OK}`,
      {},
      ["listed 0", "done complete"],
      "QUIT|",
      { ...NOTHING, deletions: "confirmed" },
    ],
    [
      "goes on behind a message that is refused",
      `${listings("a", "b")}-ERR [SYS/TEMP] busy\r\n${message("b")}${OK}${OK}`,
      remove,
      ["listed 2", "refused 1 busy", "content 2 b\r\n", "fetched 2 b", "done complete"],
      "RETR 1|RETR 2|DELE 2|QUIT|",
      { ...NOTHING, fetched: ["b"], refused: ["a"], removed: ["b"], deletions: "confirmed" },
    ],
    [
      "DELE refused",
      `${listings("a")}${message("a")}-ERR\r\n${OK}`,
      remove,
      ["listed 1", "content 1 a\r\n", "fetched 1 a", "done complete"],
      "RETR 1|DELE 1|QUIT|",
      { ...NOTHING, fetched: ["a"], unmarked: ["a"], deletions: "confirmed" },
    ],
    [
      "[POP3-6-4] QUIT refused",
      `${listings("a")}${message("a")}${OK}-ERR\r\n`,
      remove,
      ["listed 1", "content 1 a\r\n", "fetched 1 a", "done in-part"],
      "RETR 1|DELE 1|QUIT|",
      { ...NOTHING, fetched: ["a"], removed: ["a"], deletions: "in-part" },
    ],
    [
      "[POP3-6-4] QUIT without a response",
      `${listings("a")}${message("a")}${OK}`,
      remove,
      ["listed 1", "content 1 a\r\n", "fetched 1 a", "done connection-lost"],
      "RETR 1|DELE 1|QUIT|",
      { ...NOTHING, fetched: ["a"], removed: ["a"], deletions: "unknown" },
    ],
    [
      "[POP3-6-4] the connection lost in front of QUIT",
      `${listings("a", "b")}${message("a")}${OK}+OK\r\nhal`,
      { ...remove, ahead: 1 },
      ["listed 2", "content 1 a\r\n", "fetched 1 a", "content 2 hal", "violation cut-off", "done connection-lost"],
      "RETR 1|DELE 1|RETR 2|",
      { ...NOTHING, fetched: ["a"], missing: ["b"], removed: ["a"], deletions: "none" },
    ],
    [
      "the connection lost in front of DELE's response",
      `${listings("a")}${message("a")}`,
      remove,
      ["listed 1", "content 1 a\r\n", "fetched 1 a", "done connection-lost"],
      "RETR 1|DELE 1|",
      { ...NOTHING, fetched: ["a"], unmarked: ["a"] },
    ],
    [
      "the connection lost in a listing",
      "+OK\r\n1 a\r\n2 b",
      known("x"),
      ["violation cut-off", "done connection-lost"],
      "",
      { ...NOTHING, missing: ["a"] },
    ],
    [
      "a server without unique-ids: nothing is fetched",
      `-ERR\r\n${stat(1)}${list(1)}${OK}`,
      {},
      ["listed 0", "done no-unique-ids"],
      "QUIT|",
      { ...NOTHING, deletions: "confirmed" },
    ],
    [
      "a server without unique-ids: everything is fetched, if that is wanted",
      `-ERR\r\n${stat(1)}${list(1)}${message("a")}${OK}`,
      { withoutUniqueIds: true },
      ["listed 1", "content 1 a\r\n", "fetched 1 null", "done complete"],
      "RETR 1|QUIT|",
      { ...NOTHING, fetched: [null], deletions: "confirmed" },
    ],
    [
      "a server without any listing",
      `-ERR\r\n${stat(1)}-ERR\r\n${OK}`,
      { withoutUniqueIds: true },
      ["listed 0", "done no-unique-ids"],
      "QUIT|",
      { ...NOTHING, deletions: "confirmed" },
    ],
    [
      "sizes that are not known, and a STAT refused",
      `${uidl("a")}-ERR\r\n-ERR\r\n${message("a")}${OK}`,
      {},
      ["listed 1", "content 1 a\r\n", "fetched 1 a", "done complete"],
      "RETR 1|QUIT|",
      { ...NOTHING, fetched: ["a"], deletions: "confirmed" },
    ],
    [
      "a message that STAT counts and UIDL does not have",
      `${uidl("a")}${stat(2)}${list(2)}${message("a")}${OK}`,
      {},
      ["violation contradicts-stat", "listed 1", "content 1 a\r\n", "fetched 1 a", "done contradiction"],
      "RETR 1|QUIT|",
      { ...NOTHING, fetched: ["a"], deletions: "confirmed" },
    ],
    [
      "a size that lies",
      `${listings("a")}${message("aa")}${OK}`,
      {},
      ["listed 1", "content 1 aa\r\n", "violation size-differs", "fetched 1 a", "done complete"],
      "RETR 1|QUIT|",
      { ...NOTHING, fetched: ["a"], deletions: "confirmed" },
    ],
    [
      "more than the limit: the others are left for another time",
      `${listings("a", "b")}${message("a")}${OK}`,
      { limit: 1 },
      ["listed 1", "content 1 a\r\n", "fetched 1 a", "done more-than-limit"],
      "RETR 1|QUIT|",
      { ...NOTHING, fetched: ["a"], deletions: "confirmed" },
    ],
    [
      "a server that breaks the protocol",
      `${listings("a")}OK\r\n`,
      {},
      ["listed 1", "violation invalid-response", "done connection-lost"],
      "RETR 1|",
      { ...NOTHING, missing: ["a"] },
    ],
  ])("%s", (_, input, options, shown, output, report) => {
    const bytes = octets(input);
    for (const chunks of [[bytes], byteByByte(bytes), cutAt(bytes, [bytes.length - 2])]) {
      const found = retrieve(chunks, options);
      expect(found.shown).toEqual(shown);
      // Without PIPELINING each command waits for the one before it; whole input answers commands not sent yet.
      if (chunks.length > 2) expect(found.output.replace(/^UIDL\|(?:STAT\|LIST\|)?/, "")).toBe(`${output}`);
      expect(brief(found.report)).toEqual(report);
      expect(found.report!.complete).toBe(shown.at(-1) === "done complete");
      expect(found.retrieval.report).toEqual(found.report);
    }
  });

  it("asks for several messages in one flight where PIPELINING is announced", () => {
    const flights: string[] = [];
    const session = loggedIn(PIPELINING);
    const retrieval = new Pop3Retrieval(session, { ahead: 2, ...remove });
    const pull = () => {
      for (const _ of retrieval);
      flights.push(text(session.takeOutputPieces()).replaceAll("\r\n", "|"));
    };
    for (const part of ["", listings("a", "b", "c"), message("a"), message("b"), OK, message("c"), OK, OK, OK]) {
      session.receive(octets(part));
      pull();
    }
    expect(flights.filter((flight) => flight !== "")).toEqual([
      "UIDL|STAT|LIST|",
      "RETR 1|RETR 2|",
      "DELE 1|RETR 3|",
      "DELE 2|",
      "DELE 3|QUIT|",
    ]);
    expect([retrieval.nextEvent(), retrieval.report.complete, session.waiting]).toEqual([null, true, "closed"]);
  });

  it("removes and leaves what the application says, until the next event is pulled", () => {
    const say = (event: RetrievalEvent, retrieval: Pop3Retrieval) => {
      if (event.type === "known" && event.message.uniqueId === "old") retrieval.remove();
      if (event.type === "fetched" && event.message.uniqueId === "a") retrieval.leave();
      if (event.type !== "fetched" && event.type !== "known") {
        expect(() => retrieval.remove()).toThrow(StateError);
        expect(() => retrieval.leave()).toThrow(
          'leave() is not possible unless the last event is "known" or "fetched"',
        );
      }
    };
    const input = `${listings("old", "a", "older", "b")}${OK}${message("a")}${message("b")}${OK}${OK}`;
    const found = retrieve(input, { ...known("old", "older"), ...remove }, say);
    expect(brief(found.report)).toEqual({
      ...NOTHING,
      fetched: ["a", "b"],
      removed: ["old", "b"],
      deletions: "confirmed",
    });
    expect(found.output).toBe("UIDL|STAT|LIST|DELE 1|RETR 2|RETR 4|DELE 4|QUIT|");
  });

  it("stops when it is told to: what was asked for still comes", () => {
    const stop = (event: RetrievalEvent, retrieval: Pop3Retrieval) => {
      if (event.type === "fetched") retrieval.stop();
    };
    const found = retrieve(`${listings("a", "b", "c", "d")}${message("a")}${message("b")}${OK}`, { ahead: 2 }, stop);
    expect(found.shown.at(-1)).toBe("done stopped");
    expect(brief(found.report)).toEqual({
      ...NOTHING,
      fetched: ["a", "b"],
      missing: ["c", "d"],
      deletions: "confirmed",
    });
  });

  it("a message whose connection is lost before it is answered is not marked", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, remove);
    session.receive(octets(`${listings("a")}${message("a")}`));
    for (const event of retrieval) if (event.type === "fetched") session.timedOut();
    expect(brief(retrieval.report)).toEqual({ ...NOTHING, fetched: ["a"], unmarked: ["a"] });
  });

  it("needs an open maildrop, and options inside of their ranges", () => {
    const session = new PromptClient();
    expect(() => new Pop3Retrieval(session)).toThrow('uidl() is not possible in state "authorization"');
    expect(() => new Pop3Retrieval(loggedIn(), { ahead: 0 })).toThrow('"ahead" expected');
    expect(() => new Pop3Retrieval(loggedIn(), { limit: 0 })).toThrow('"limit" expected');
    const misspelt = { afterFetching: "removed" as "remove" };
    expect(() => new Pop3Retrieval(loggedIn(), misspelt)).toThrow('"afterFetching" expected');
    expect(() => new Pop3Retrieval(loggedIn(), { known: ["a"] as never })).toThrow('"known.has" expected a function');
    expect(() => new Pop3Retrieval(loggedIn(), {}, { version: 2, data: {} })).toThrow('"snapshot" expected');
    expect(() => loggedIn().retr(1, -1)).toThrow('"size" expected');
  });

  it("can be left in the middle of the loop, and the chunk be used again", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session);
    const chunk = octets(`${listings("a", "b")}${message("a")}${message("b")}${OK}`);
    session.receive(chunk);
    const seen: string[] = [];
    for (;;) {
      let left = false;
      for (const event of retrieval) {
        seen.push(messageOf(event));
        left = true;
        break;
      }
      chunk.fill(0x58);
      if (!left) break;
    }
    expect(seen).toEqual([
      ...["listed 2", "content 1 a\r\n", "fetched 1 a", "content 2 b\r\n", "fetched 2 b", "done complete"],
    ]);
  });

  it.each<[string, unknown, string]>([
    ["done", "yes", "expected a boolean at snapshot.data.done, got a string"],
    ["listing", 5, "expected an object at snapshot.data.listing, got a number"],
    ["listing", { awaited: "TOP" }, "one of UIDL, STAT, LIST, none at snapshot.data.listing.awaited, got TOP"],
    ["plan", { messages: [] }, "expected a number at snapshot.data.plan.asked, got undefined"],
    ["result", { deletions: "all" }, "in-part, unknown, none at snapshot.data.result.deletions, got all"],
    ["result", { failure: "" }, "stopped, connection-lost, in-part at snapshot.data.result.failure, got "],
  ])("a snapshot whose %s is %j is refused", (part, value, message) => {
    const snapshot = new Pop3Retrieval(loggedIn()).snapshot();
    const before = (snapshot.data as Record<string, unknown>)[part];
    const changed = typeof value === "object" ? { ...Object(before), ...value } : value;
    const other = withData(snapshot, { [part]: changed });
    expect(() => new Pop3Retrieval(loggedIn(), {}, other)).toThrow(TypeError);
    expect(() => new Pop3Retrieval(loggedIn(), {}, other)).toThrow(message);
  });

  it("its snapshot is of its version", () => {
    const retrieval = new Pop3Retrieval(loggedIn());
    const other = { ...retrieval.snapshot(), version: 1 as 2 };
    expect(() => new Pop3Retrieval(loggedIn(), {}, other)).toThrow('"snapshot" expected version 2, got 1');
  });

  it("resumes from a report whose messages have no unique-ids: nothing of it is known again", () => {
    const lost = retrieve(`-ERR\r\n${stat(1)}${list(1)}${message("a")}`, { withoutUniqueIds: true, ...remove });
    expect(brief(lost.report)).toEqual({ ...NOTHING, fetched: [null], unmarked: [null] });
    const input = `-ERR\r\n${stat(1)}${list(1)}${message("a")}${OK}${OK}`;
    const again = retrieve(input, { withoutUniqueIds: true, ...remove, resume: lost.report! });
    expect(brief(again.report)).toEqual({ ...NOTHING, fetched: [null], removed: [null], deletions: "confirmed" });
  });

  it("its iterator can be iterated, as all of them can", () => {
    const iterator = new Pop3Retrieval(loggedIn())[Symbol.iterator]();
    expect([...iterator]).toEqual([]);
  });
});
