import type { Pop3ClientSession } from "pop3-codec";
import { byteByByte, cutAt, drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { type Command, cuttings, HELLO, IN, loggedIn, login, nothing, play, shown } from "./support.ts";

describe("responses", () => {
  it.each<readonly [string, string, Command, string[]]>([
    ["[POP3-5-2] STAT, and what follows its figures", "+OK 2 300 and more\r\n", (s) => s.stat(), ["stat ok"]],
    ["[POP3-5-2] STAT without two figures", "+OK 5\r\n", (s) => s.stat(), ["violation invalid-response", "stat no"]],
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
    ["[POP3-3-1] a bare CR", "+OK a\rb\r\n", (s) => s.noop(), ["violation bare-cr", "noop lost"]],
    [
      "[POP3-3-9] a line of 513 octets is one violation, and the next is read as ever",
      `+OK ${"x".repeat(507)}\r\n+OK 1 2\r\n`,
      (s) => s.noop().stat(),
      ["violation line-too-long", "noop lost", "stat ok"],
    ],
    ["[POP3-3-9] a line of 512 octets", `+OK ${"x".repeat(506)}\r\n`, (s) => s.noop(), ["noop ok"]],
    [
      "[POP3-3-1] a bare LF, and the rest of its line",
      "+OK a\n+OK 1 2\r\n+OK\r\n",
      (s) => s.noop().noop(),
      ["violation bare-lf", "noop lost", "noop ok"],
    ],
    [
      "a line feed behind a dropped line",
      "+OK a\0\r\n\n+OK\r\n+OK\r\n",
      (s) => s.noop().noop().noop(),
      ["violation nul", "noop lost", "noop ok", "noop ok"],
    ],
    [
      "a dropped line where lines may follow: what they are cannot be told",
      `+OK ${"x".repeat(600)}\r\n1 10\r\n.\r\n`,
      (s) => s.list(),
      ["violation line-too-long fatal", "list lost", "closed violation"],
    ],
    ["a dropped line that nobody asked for", "+OK a\0\r\n", nothing, ["violation nul fatal", "closed violation"]],
    [
      "[POP3-5-14] a message of another size than announced, as its text says, ends where it ends",
      "+OK 5 octets\r\nabc\r\n.\r\n",
      (s) => s.retr(1, 3),
      ["content abc\r\n", "violation size-differs", "retr ok"],
    ],
    [
      "[POP3-5-14] a message of the announced size",
      "+OK 9\r\nabc\r\n.\r\n",
      (s) => s.retr(1, 5),
      ["content abc\r\n", "retr ok"],
    ],
    [
      "a scan listing that contradicts STAT by its number of entries",
      "+OK 2 30\r\n+OK\r\n1 30\r\n.\r\n",
      (s) => s.stat().list(),
      ["stat ok", "1 30", "violation contradicts-stat", "list ok"],
    ],
    [
      "a scan listing that contradicts STAT by its sizes",
      "+OK 2 30\r\n+OK\r\n1 10\r\n2 21\r\n.\r\n",
      (s) => s.stat().list(),
      ["stat ok", "1 10", "2 21", "violation contradicts-stat", "list ok"],
    ],
    [
      "a unique-id listing that contradicts STAT",
      "+OK 2 30\r\n+OK\r\n1 a\r\n.\r\n",
      (s) => s.stat().uidl(),
      ["stat ok", "1 a", "violation contradicts-stat", "uidl ok"],
    ],
    [
      "listings that agree with STAT, and after DELE are held against nothing",
      "+OK 1 30\r\n+OK\r\n1 30\r\n.\r\n+OK\r\n1 a\r\n.\r\n+OK\r\n+OK\r\n.\r\n",
      (s) => s.stat().list().uidl().dele(1).list(),
      ["stat ok", "1 30", "list ok", "1 a", "uidl ok", "dele ok", "list ok"],
    ],
    [
      "[POP3-5-8] a number that a listing repeats is told once, and its entries are handed over",
      "+OK 2 30\r\n+OK\r\n1 K\r\n1 NEW\r\n1 K\r\n.\r\n+OK\r\n",
      (s) => s.stat().uidl().noop(),
      [
        "stat ok",
        "1 K",
        "violation unordered-listing",
        "1 NEW",
        "1 K",
        "violation contradicts-stat",
        "uidl ok",
        "noop ok",
      ],
    ],
    [
      "[POP3-5-8] numbers that fall, behind a line that is no entry",
      "+OK\r\n2 20\r\nx\r\n1 10\r\ny\r\n3 30\r\n3 30\r\n.\r\n+OK\r\n1 10\r\n5 10\r\n.\r\n",
      (s) => s.list().list(),
      [
        ...["2 20", "violation invalid-listing", "violation unordered-listing", "1 10", "3 30", "3 30", "list ok"],
        ...["1 10", "5 10", "list ok"],
      ],
    ],
    [
      "[POP3-Q-16] a listing in answer to UIDL n is no answer to what follows",
      "+OK 1 a\r\n1 a\r\n.\r\n",
      (s) => s.uidl(1).noop(),
      ["1 a", "uidl ok", "violation invalid-response fatal", "noop lost", "closed violation"],
    ],
    [
      "[POP3-3-9] a line of a listing that is too long",
      `+OK\r\n1 ${"9".repeat(600)}\r\n2 20\r\n.\r\n+OK\r\n`,
      (s) => s.list().noop(),
      ["violation line-too-long", "2 20", "list ok", "noop ok"],
    ],
    [
      "[PUTF8-3.2-4] languages, in order, a line among them that is none",
      "+OK\r\nen English\r\n-\r\n..de\r\nde-CH Schweizerdeutsch\r\n\xff\r\n.\r\n",
      (s) => s.lang(),
      ["en English", "violation invalid-listing", "de-CH Schweizerdeutsch", "lang ok"],
    ],
    ["[PUTF8-3.2-4] a language", "+OK de Hallo\r\n", (s) => s.lang("*"), ["lang ok de"]],
    ["a language that is not said", "+OK\r\n", (s) => s.lang("de"), ["violation invalid-response", "lang ok"]],
    ["a language refused", "-ERR no\r\n", (s) => s.lang("de"), ["lang no"]],
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
      ["1 10", "violation cut-off", "list lost", "closed end-of-input"],
    ],
    [
      "the end of input inside a status line",
      "+O",
      (s) => s.noop(),
      ["violation cut-off", "noop lost", "closed end-of-input"],
    ],
    [
      "a stray dot line in front of a status",
      ".\r\n",
      (s) => s.noop(),
      ["violation invalid-response fatal", "noop lost", "closed violation"],
    ],
    ["[POP3-6-4] QUIT", "+OK\r\n", (s) => s.quit(), ["quit ok", "closed quit"]],
    ["[POP3-6-4] QUIT refused: some were not removed", "-ERR\r\n", (s) => s.quit(), ["quit no", "closed quit"]],
    ["[POP3-6-4] QUIT not answered", "", (s) => s.quit(), ["quit lost", "closed quit"]],
  ])("%s", (_, input, command, expected) => {
    const all = octets(`${IN}${input}`);
    for (const chunks of [[all], byteByByte(all), cutAt(all, [IN.length + 3, IN.length + 8, IN.length + 9])]) {
      const found = shown(play(chunks, loggedIn(command))).slice(3);
      expect(found.filter((line) => line !== "closed end-of-input" || expected.includes(line))).toEqual(expected);
    }
  });

  it.each<readonly [string, string, Command, string]>([
    ["a language", "\0\r\n\r\nde Deutsch\r\n", (s) => s.lang(), "a line that is no entry at offset 0"],
    ["a language", "\r\n\0\r\nde Deutsch\r\n", (s) => s.lang(), "a line that is no language"],
    [
      "a capability",
      `A\r\nB\r\n${"x".repeat(511)}\r\nC\r\n`,
      (s) => s.capa(),
      "a line of more than 512 octets at offset 6",
    ],
    ["a capability", `A\r\nB\r\nC\r\n${"x".repeat(511)}\r\nD\r\n`, (s) => s.capa(), "more than 2 capabilities"],
  ])("the first line that is not %s is told, however all is cut: %j", (_, lines, command, expected) => {
    for (const chunks of cuttings(octets(`${HELLO}+OK\r\n${lines}.\r\n`))) {
      const { events } = play(chunks, [command], { maxCapabilityLines: 2 });
      expect(events.flatMap((event) => (event.type === "violation" ? [event.text] : []))).toEqual([expected]);
    }
  });

  it("[PRC-2449.8-3] a response code is split from the text", () => {
    const { events } = play(`${HELLO}+OK\r\n-ERR [in-use] locked\r\n`, [login]);
    expect(events.find(({ type }) => type === "pass")).toMatchObject({
      ok: false,
      response: { ok: false, code: "IN-USE", text: "locked" },
    });
  });

  it.each([
    [
      "[POP3-Q-4] LF alone ends a status line",
      "+OK a\n+OK b\n",
      (s: Pop3ClientSession) => s.noop().noop(),
      ["noop ok", "noop ok"],
    ],
    [
      "[POP3-Q-4] and no listing, message or list",
      "+OK\n1 1\n.\n2 2\r\n3 3\r\n.\r\n+OK\nx\n.\ny\r\n.\r\n+OK\nTOP\n.\n\r\nUIDL\r\n.\r\n",
      (s: Pop3ClientSession) => s.list().retr(1).capa(),
      [
        "violation invalid-listing",
        "3 3",
        "list ok",
        "content x\n.\ny\r\n",
        "retr ok",
        "violation invalid-listing",
        "capa ok",
      ],
    ],
  ])("%s, where that is allowed", (_, input, command, expected) => {
    for (const chunks of cuttings(octets(`${IN}${input}`))) {
      const found = shown(play(chunks, loggedIn(command), { leniencies: { bareLineFeed: true } }));
      expect(found.slice(3, -1)).toEqual(expected);
    }
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

  it.each([
    ["[POP3-6-4] +OK: removed", IN, loggedIn((s) => s.quit()), "+OK\r\n", "confirmed"],
    ["[POP3-6-4] -ERR: some not removed", IN, loggedIn((s) => s.quit()), "-ERR\r\n", "in-part"],
    ["[POP3-6-4] no response: unknown", IN, loggedIn((s) => s.quit()), "", "unknown"],
    ["[POP3-6-4] a response that cannot be read: unknown", IN, loggedIn((s) => s.quit()), "+OK\0\r\n", "unknown"],
    ["[POP3-6-4] QUIT not sent: nothing removed", IN, loggedIn((s) => s.dele(1).quit()), "", "none"],
    [
      "[POP3-4-7] before a login there is nothing to remove",
      HELLO,
      [(s: Pop3ClientSession) => s.quit()],
      "+OK\r\n",
      "none",
    ],
  ] as const)("%s, by what is said of deletions", (_, before, commands, input, deletions) => {
    for (const chunks of cuttings(octets(`${before}${input}`))) {
      const found = play(chunks, commands);
      expect(found.events.find(({ type }) => type === "quit")).toMatchObject({ deletions });
      expect(shown(found).at(-1)).toBe(deletions === "none" && before === IN ? "closed end-of-input" : "closed quit");
    }
  });

  it("[POP3-6-4] QUIT that was not taken as output is not sent, then or later: nothing removed", () => {
    for (const isTaken of [false, true]) {
      const session = new PromptClient({ plaintextWithoutTls: true, tls: true });
      session.user("tim").pass("tanstaaf");
      session.receive(octets(HELLO));
      expect(shown({ events: [...session], output: "", waiting: "" })).toEqual(["greeting ok"]);
      session.receive(octets("+OK\r\n+OK\r\n"));
      for (const _ of session) session.takeOutputPieces();
      session.dele(1);
      session.takeOutputPieces();
      session.receive(octets("+OK\r\n"));
      for (const _ of session);
      session.quit();
      if (isTaken) expect(text(session.takeOutputPieces())).toBe("QUIT\r\n");
      session.receiveEnd();
      const quit = [...session].find(({ type }) => type === "quit");
      expect(quit).toMatchObject({ deletions: isTaken ? "unknown" : "none" });
      expect(session.takeOutputPieces()).toEqual([]);
    }
  });

  it("[POP3-9-1] text after a status is handed over, and changes nothing", () => {
    const texts = ["", "maildrop has 99 messages (1 octets)", "<c@d> 5 5", ".", "-ERR", "2 messages [IN-USE]"];
    const sessions = texts.map((each) => {
      const answer = `+OK${each === "" ? "" : ` ${each}`}\r\n`;
      const input = `${HELLO}+OK\r\n+OK\r\n${answer}1 5\r\n.\r\n${answer}a\r\n.\r\n${answer}${answer}${answer}`;
      return play(
        input,
        loggedIn((s) => s.list().retr(1).dele(1).noop().quit()),
      );
    });
    const shapes = sessions.map((found) => [shown(found), found.output]);
    for (const shape of shapes) expect(shape).toEqual(shapes[0]);
    expect(
      sessions.map(({ events }) => events.flatMap((event) => (event.type === "noop" ? [event.response!.text] : []))),
    ).toEqual(texts.map((each) => [each]));
  });

  it("keeps what stands after a size, and marks a unique-id that is too long", () => {
    const found = play(
      `${IN}+OK\r\n1 10 octets\r\n.\r\n+OK\r\n1 ${"u".repeat(71)}\r\n2 b\r\n.\r\n`,
      loggedIn((s) => s.list().uidl()),
    );
    expect(found.events.filter(({ type }) => type.endsWith("-listing"))).toMatchObject([
      { number: 1, size: 10, text: "octets" },
      { number: 1, uniqueId: "u".repeat(71), long: true },
      { number: 2, uniqueId: "b", long: false },
    ]);
  });

  it("[POP3-5-18] a listing without end costs one line of memory", () => {
    const session = new PromptClient({ plaintextWithoutTls: true });
    drive(
      session,
      [octets(IN)],
      (event) => {
        if (event.type === "greeting") login(session);
        if (event.type === "pass") session.list();
      },
      false,
    );
    session.receive(octets("+OK\r\n"));
    let count = 0;
    let sizes = 0;
    for (let chunk = 0; chunk < 200; chunk++) {
      session.receive(octets(`${"7 8\r\n".repeat(2000)}7`.slice(chunk === 0 ? 0 : 1)));
      for (const event of session) if (event.type === "scan-listing") count++;
      sizes = Math.max(sizes, JSON.stringify(session.snapshot()).length);
    }
    expect(count).toBe(400_000);
    expect(sizes).toBeLessThan(4000);
  });
});
