import { byteByByte, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, HELLO, IN, loggedIn, login, play, shown } from "./support.ts";

describe("responses", () => {
  it.each<readonly [string, string, Command, string[]]>([
    ["[POP3-5-2] STAT, and what follows its figures", "+OK 2 300 and more\r\n", (s) => s.stat(), ["stat ok"]],
    ["[POP3-5-2] STAT without two figures", "+OK 5\r\n", (s) => s.stat(), ["violation invalid-response", "stat ok"]],
    ["[POP3-5-18] a scan listing", "+OK\r\n1 10\r\n2 20 x\r\n.\r\n", (s) => s.list(), ["1 10", "2 20", "list ok"]],
    ["[POP3-3-13] an empty listing", "+OK\r\n.\r\n", (s) => s.list(), ["list ok"]],
    [
      "[POP3-Q-6] spaces in a listing",
      "+OK\r\n  1   10\r\n 2\t20\r\n.\r\n",
      (s) => s.list(),
      ["1 10", "2 20", "list ok"],
    ],
    [
      "[POP3-5-9] malformed entries are one violation",
      "+OK\r\nx\r\n1 y\r\n0 5\r\n2 20\r\n.\r\n",
      (s) => s.list(),
      ["violation invalid-listing", "2 20", "list ok"],
    ],
    ["[POP3-5-5] LIST n", "+OK 2 20\r\n", (s) => s.list(2), ["2 20", "list ok"]],
    [
      "[POP3-5-8] LIST n answered for another",
      "+OK 3 20\r\n",
      (s) => s.list(2),
      ["violation invalid-listing", "list ok"],
    ],
    [
      "a unique-id listing, stuffed",
      "+OK\r\n1 a\r\n..\r\n2 .b\r\n.\r\n",
      (s) => s.uidl(),
      ["1 a", "violation invalid-listing", "2 .b", "uidl ok"],
    ],
    ["[POP3-Q-7] UIDL n answered without the number", "+OK abc\r\n", (s) => s.uidl(4), ["4 abc", "uidl ok"]],
    ["UIDL n answered for another", "+OK 5 abc\r\n", (s) => s.uidl(4), ["violation invalid-listing", "uidl ok"]],
    ["[POP3-3-14] -ERR is one line", "-ERR none\r\n", (s) => s.list(), ["list no"]],
    [
      "[POP3-5-13] RETR, unstuffed",
      "+OK 20 octets\r\na\r\n..b\r\n.c\r\n.\r\n",
      (s) => s.retr(1),
      ["content a\r\n.b\r\nc\r\n", "retr ok"],
    ],
    [
      "[POP3-3-12] an end that is none",
      "+OK\r\nend.\r\n.\nx\r\n.\r\n",
      (s) => s.retr(1),
      ["content end.\r\n\nx\r\n", "retr ok"],
    ],
    ["TOP", "+OK\r\na\r\n\r\n.\r\n", (s) => s.top(1, 0), ["content a\r\n\r\n", "top ok"]],
    ["RETR refused", "-ERR gone\r\n", (s) => s.retr(1), ["retr no"]],
    [
      "DELE, NOOP and RSET",
      "+OK\r\n+OK\r\n-ERR\r\n",
      (s) => s.dele(1).noop().rset(),
      ["dele ok", "noop ok", "rset no"],
    ],
    ["[POP3-Q-1] line ends in front of a status line", "\n\n\r\n+OK\r\n", (s) => s.noop(), ["noop ok"]],
    [
      "[POP3-3-7] a status that is none",
      "OK\r\n",
      (s) => s.noop(),
      ["violation invalid-response fatal", "noop lost", "closed violation"],
    ],
    [
      "[POP3-3-7] in other case",
      "+ok\r\n",
      (s) => s.noop(),
      ["violation invalid-response fatal", "noop lost", "closed violation"],
    ],
    [
      "[POP3-3-1] a bare CR",
      "+OK a\rb\r\n",
      (s) => s.noop(),
      ["violation bare-cr fatal", "noop lost", "closed violation"],
    ],
    [
      "[POP3-3-9] a line too long",
      `+OK ${"x".repeat(600)}\r\n`,
      (s) => s.noop(),
      ["violation line-too-long fatal", "noop lost", "closed violation"],
    ],
    [
      "a response to nothing",
      "+OK\r\n+OK\r\n",
      (s) => s.noop(),
      ["noop ok", "violation unexpected-response fatal", "closed violation"],
    ],
    [
      "the end of input inside content",
      "+OK\r\nhalf",
      (s) => s.retr(1),
      ["content half", "violation cut-off", "retr lost", "closed end-of-input"],
    ],
    [
      "the end of input inside a listing",
      "+OK\r\n1 10\r\n",
      (s) => s.list(),
      ["1 10", "list lost", "closed end-of-input"],
    ],
    ["[POP3-6-4] QUIT", "+OK\r\n", (s) => s.quit(), ["quit ok", "closed quit"]],
    ["[POP3-6-4] QUIT refused: some were not removed", "-ERR\r\n", (s) => s.quit(), ["quit no", "closed quit"]],
    ["[POP3-6-4] QUIT not answered", "", (s) => s.quit(), ["quit lost", "closed quit"]],
  ])("%s", (_, input, command, expected) => {
    const all = octets(`${IN}${input}`);
    for (const chunks of [[all], byteByByte(all)]) {
      const found = shown(play(chunks, loggedIn(command))).slice(3);
      expect(found.filter((line) => line !== "closed end-of-input" || expected.includes(line))).toEqual(expected);
    }
  });

  it("[PRC-2449.8-3] a response code is split from the text", () => {
    const { events } = play(`${HELLO}+OK\r\n-ERR [in-use] locked\r\n`, [login]);
    expect(events.find(({ type }) => type === "pass")).toMatchObject({
      ok: false,
      response: { ok: false, code: "IN-USE", text: "locked" },
    });
  });

  it("names are read with leniencies, off and on", () => {
    expect(shown(play("+ok hi\r\n", [], { leniencies: { statusIgnoresCase: true } }))[0]).toBe("greeting ok");
    expect(shown(play("\n+OK\r\n", [], { leniencies: { leadingLineEnds: false } }))[0]).toBe("violation bare-lf fatal");
    expect(shown(play("\r\n+OK\r\n", [], { leniencies: { leadingLineEnds: false } }))[0]).toBe(
      "violation invalid-response fatal",
    );
    const spaces = play(
      `${IN}+OK\r\n 1 10\r\n1  10\r\n.\r\n`,
      loggedIn((s) => s.list()),
      { leniencies: { spacesInListings: false } },
    );
    expect(shown(spaces)).toContain("violation invalid-listing");
    const alone = play(
      `${IN}+OK abc\r\n`,
      loggedIn((s) => s.uidl(1)),
      { leniencies: { uidlWithoutNumber: false } },
    );
    expect(shown(alone)).toContain("violation invalid-listing");
  });
});
