import { Pop3ServerSession } from "pop3-codec";
import { byteByByte, cutAt, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, LOGIN, no, outOfPlace, play } from "../support.ts";
import { loggedIn, OK } from "./support.ts";

describe("TRANSACTION", () => {
  it.each([
    ["[POP3-5-1] STAT counts what is not marked", "STAT\r\nDELE 2\r\nSTAT\r\n", "+OK 4 76\r\n+OK\r\n+OK 3 43\r\n"],
    ["[POP3-5-3] LIST has a line for each message", "LIST\r\n", "+OK\r\n1 28\r\n2 33\r\n3 15\r\n4 0\r\n.\r\n"],
    ["[POP3-5-5] LIST n and UIDL n are one line", "LIST 2\r\nUIDL 3\r\n", "+OK 2 33\r\n+OK 3 uid-3\r\n"],
    [
      "[POP3-7-4] UIDL has a line for each message",
      "UIDL\r\n",
      "+OK\r\n1 uid-1\r\n2 uid-2\r\n3 uid-3\r\n4 uid-4\r\n.\r\n",
    ],
    ["[POP3-5-7] numbers never shift", "DELE 1\r\nLIST\r\n", "+OK\r\n+OK\r\n2 33\r\n3 15\r\n4 0\r\n.\r\n"],
    [
      "[POP3-5-6] a number that is not there, or marked, is -ERR",
      "DELE 1\r\nLIST 1\r\nUIDL 1\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\nLIST 0\r\nRETR 5\r\n",
      `+OK\r\n${no("no such message").repeat(5)}${no("expected a message number", "no such message")}`,
    ],
    ["[POP3-5-16] RSET unmarks all", "DELE 1\r\nDELE 4\r\nRSET\r\nSTAT\r\n", "+OK\r\n+OK\r\n+OK\r\n+OK 4 76\r\n"],
    [
      "[POP3-5-4] an empty list",
      "DELE 1\r\nDELE 2\r\nDELE 3\r\nDELE 4\r\nLIST\r\nUIDL\r\n",
      "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n.\r\n+OK\r\n.\r\n",
    ],
    ["[POP3-3-10] RETR stuffs dots", "RETR 1\r\n", "+OK\r\nSubject: one\r\n\r\n..dot\r\nlast\r\n.\r\n"],
    [
      "[POP3-5-12] RETR sends bare line feeds as CRLF",
      "RETR 2\r\n",
      "+OK\r\nSubject: two\r\n\r\nbare line feeds\r\n.\r\n",
    ],
    [
      "[POP3-5-11] RETR adds a last line end; empty is the end alone",
      "RETR 3\r\nRETR 4\r\n",
      "+OK\r\nno header end\r\n.\r\n+OK\r\n.\r\n",
    ],
    [
      "[POP3-7-1] TOP cuts behind the empty line and n lines",
      "TOP 1 0\r\nTOP 1 1\r\nTOP 2 9\r\n",
      "+OK\r\nSubject: one\r\n\r\n.\r\n+OK\r\nSubject: one\r\n\r\n..dot\r\n.\r\n+OK\r\nSubject: two\r\n\r\nbare line feeds\r\n.\r\n",
    ],
    [
      "[POP3-7-1] TOP of more lines than there are, as fetchmail retrieves",
      "TOP 1 99999999\r\n",
      "+OK\r\nSubject: one\r\n\r\n..dot\r\nlast\r\n.\r\n",
    ],
    ["[POP3-7-2] TOP without an empty line sends all of it", "TOP 3 0\r\n", "+OK\r\nno header end\r\n.\r\n"],
    ["[POP3-5-17] NOOP", "NOOP\r\nnoop\r\n", "+OK\r\n+OK\r\n"],
    [
      "[POP3-3-5] an argument too many or missing",
      "STAT 1\r\nNOOP x\r\nRETR\r\nTOP 1\r\nTOP 1 2 3\r\nLIST 1 2\r\nQUIT x\r\n",
      no(
        ...["STAT has no argument", "NOOP has no argument", "expected a number", "expected two numbers"],
        ...["expected two numbers", "expected a message number", "QUIT has no argument"],
      ),
    ],
    [
      "[POP3-4-8] numbers are decimal",
      "RETR +1\r\nRETR 0x1\r\nRETR 1.0\r\nRETR 99999999999999999999999\r\nRETR 001\r\n",
      `${no("expected a message number").repeat(4)}+OK\r\nSubject: one\r\n\r\n..dot\r\nlast\r\n.\r\n`,
    ],
    [
      "[POP3-3-4] unknown commands, an empty line too",
      "XYZZY 1\r\n\r\nLAST\r\n",
      no("unknown command", "expected a command", "unknown command"),
    ],
    [
      "[PAUTH-4-16] logins are out of place",
      "USER x\r\nPASS x\r\nAUTH ECHO\r\n",
      outOfPlace("USER", "PASS") + no("AUTH is not offered"),
    ],
  ])("%s", (_, input, expected) => {
    expect(loggedIn(input)).toBe(expected);
  });

  it.each([
    ["a: b\r\n\r\n1\r\n2\r\n3\r\n", 2, "a: b\r\n\r\n1\r\n2\r\n"],
    ["a: b\n\n1\n2\n3\n", 1, "a: b\r\n\r\n1\r\n"],
    ["a: b\r\r1\r2\r3\r", 1, "a: b\r\n\r\n1\r\n"],
    ["a: b\r\n\r\n\r\n.2\r\n", 2, "a: b\r\n\r\n\r\n..2\r\n"],
    ["\r\nbody\r\n", 0, "\r\n"],
    ["\n\r\r\n", 0, "\r\n"],
  ])("[POP3-7-1] TOP of %j, %d lines, however the message is written", (message, lines, expected) => {
    for (const pieces of [[octets(message)], byteByByte(octets(message)), cutAt(octets(message), [5])]) {
      const { output } = play(`${LOGIN}TOP 1 ${lines}\r\n`, {}, (session, event) => {
        if (event.type === "top") session.accept().content(pieces);
        else answer(session, event);
      });
      expect(output).toBe(`${OK.repeat(4)}${expected}.\r\n`);
    }
  });

  it("[POP3-6-1] QUIT hands over what is marked, and its answer decides", () => {
    for (const [accept, expected] of [
      [true, OK],
      [false, "-ERR some messages were not removed\r\n"],
    ] as const) {
      const { events, output } = play(`${LOGIN}DELE 3\r\nDELE 1\r\nQUIT\r\nNOOP\r\n`, {}, (session, event) => {
        if (event.type === "quit") accept ? session.accept() : session.reject();
        else answer(session, event);
      });
      expect(output.endsWith(expected)).toBe(true);
      expect(events.slice(-2)).toEqual([
        { type: "quit", deleted: [1, 3], expired: [], answer: "needed" },
        { type: "closed", cause: "quit", answer: "none" },
      ]);
    }
  });

  it("[POP3-6-2] what stands after QUIT is never read", () => {
    for (const state of ["", LOGIN]) {
      const input = octets(`${state}QUIT\r\nNOOP\r\nDELE 1\r\n`);
      for (const chunks of [[input], byteByByte(input)]) {
        const { events, output } = play(chunks);
        expect(events.slice(-2)).toMatchObject([{ type: "quit", deleted: [] }, { type: "closed" }]);
        expect(output).toBe(OK.repeat(state === "" ? 2 : 4));
      }
    }
  });

  it("[POP3-6-3] an end without QUIT asks for no deletion, and is told once", () => {
    const { events, waiting } = play(`${LOGIN}DELE 1\r\nSTA`);
    expect(events.filter(({ type }) => type === "quit")).toEqual([]);
    expect(events.at(-1)).toEqual({ type: "closed", cause: "end-of-input", answer: "none" });
    expect(waiting).toBe("closed");
  });

  it("[CAPA-6.6-1] 100,000 commands in one chunk are answered one after the other", () => {
    const { output, events } = play(`${LOGIN}${"NOOP\r\n".repeat(100_000)}`);
    expect(output).toBe(OK.repeat(100_003));
    expect(events.filter(({ type }) => type === "noop")).toHaveLength(100_000);
  });

  it("a listing of a million messages costs no memory, and is made as it is taken", () => {
    let asked = 0;
    const size = () => {
      asked++;
      return 7;
    };
    const maildrop = { count: 1_000_000, size, uniqueId: (n: number) => `u${n}` };
    const session = new Pop3ServerSession({ plaintextWithoutTls: true });
    session.receive(octets(`${LOGIN}${"LIST\r\n".repeat(100)}`));
    for (const event of session) if (event.type === "pass") session.accept(maildrop);
    expect(session.waiting).toBe("output");
    expect(asked).toBeLessThan(20_000);
    let length = 0;
    for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput()) {
      length += bytes.length;
      expect(bytes.length).toBeLessThan(150_000);
    }
    expect(length).toBeGreaterThan(9_000_000);
    expect(asked).toBe(1_000_000);
  });
});
