import { SmtpClientSession, SmtpServerSession } from "smtp-codec";
import { driveClient, linesOf, movedBy, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { play as playTransaction, ready } from "../transaction/support.ts";
import {
  CONTENT,
  type Command,
  converse,
  ehlo,
  GREETING,
  HELLO,
  MAIL,
  nothing,
  offer,
  PLAIN,
  play,
  RCPTS,
  SENT,
  transaction,
} from "./support.ts";

describe("groups", () => {
  it("[PIPE-3.1-1] MAIL, RCPT and DATA leave together where PIPELINING is offered", () => {
    const { output } = play(HELLO, [ehlo, transaction]);
    expect(output).toBe(`${SENT}${MAIL}${RCPTS}DATA\r\n`);
  });

  it("[SMTP-4.3.1-2] elsewhere one command waits for the reply to the last", () => {
    expect(play(PLAIN, [ehlo, transaction]).output).toBe(SENT + MAIL);
    expect(play(HELLO, [ehlo, transaction], { pipelining: false }).output).toBe(SENT + MAIL);
    expect(play(`${PLAIN}250 ok\r\n`, [ehlo, transaction]).output).toBe(`${SENT}${MAIL}RCPT TO:<b@example.org>\r\n`);
  });

  it("[PIPE-3.1-2] after NOOP, VRFY, HELP, DATA and AUTH nothing is sent", () => {
    for (const [command, line] of [
      [(s) => s.noop().rset(), "NOOP\r\n"],
      [(s) => s.vrfy("tim").rset(), "VRFY tim\r\n"],
      [(s) => s.help().help("MAIL"), "HELP\r\n"],
      [(s) => s.rset().noop().rset(), "RSET\r\nNOOP\r\n"],
    ] as const satisfies readonly (readonly [Command, string])[]) {
      expect(play(HELLO, [ehlo, command]).output).toBe(SENT + line);
    }
  });

  it("[PIPE-3.1-4] the next transaction, or QUIT, may follow the end of content", () => {
    const next: Command = (s) => s.content(octets("x\n.y")).mail("d@example.com").rcpt("e@example.org").quit();
    const { output } = play(`${HELLO}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n`, [
      ehlo,
      transaction,
      nothing,
      nothing,
      nothing,
      next,
    ]);
    expect(output).toBe(
      `${SENT}${MAIL}${RCPTS}DATA\r\n${CONTENT}MAIL FROM:<d@example.com> BODY=8BITMIME\r\nRCPT TO:<e@example.org>\r\nQUIT\r\n`,
    );
  });

  it("[SMTP-4.3.1-1] nothing is sent before the greeting is complete", () => {
    const session = new SmtpClientSession();
    session.ehlo("client.example.com");
    expect(session.timeout).toEqual({ seconds: 300, for: "greeting" });
    expect(driveClient(session, [octets("220-wait\r\n")], () => {}, false).output).toBe("");
    expect(driveClient(session, [octets("220 ready\r\n")], () => {}, false).output).toBe(SENT);
    expect([session.timeout, session.waiting]).toEqual([{ seconds: 300, for: "EHLO" }, "bytes"]);
  });

  it("a command given outside the loop makes room for any chunk", () => {
    const session = new SmtpClientSession({ maxPendingInput: 4 });
    driveClient(session, [octets("220 ready\r\n")], () => {}, false);
    expect(session.waiting).toBe("decision");
    expect(() => session.receive(octets("421 bye\r\n"))).toThrow(
      "with 0 octets unread while the application is to act",
    );
    session.ehlo("client.example.com").takeOutputPieces();
    expect([...session.receive(octets("250 mail.example.com\r\n"))].map(({ type }) => type)).toEqual(["ehlo"]);
  });

  it("content that is to be written keeps input waiting, until it is written", () => {
    const session = new SmtpClientSession({ maxPendingInput: 4 });
    driveClient(
      session,
      [octets(`${HELLO}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n`)],
      (event) => {
        if (event.type === "greeting") ehlo(session);
        if (event.type === "ehlo") transaction(session);
      },
      false,
    );
    expect(session.waiting).toBe("content");
    expect(() => session.receive(octets("451 no\r\n"))).toThrow("while the application is to act");
    session.content(octets("x")).takeOutputPieces();
    expect([...session.receive(octets("451 no\r\n"))].map(({ type }) => type)).toEqual(["message"]);
  });

  it.each([
    ["null", null],
    ["number", 5],
  ])("options of %s are refused", (kind, options) => {
    const error = new TypeError(`"options" expected an object, got ${kind}`);
    expect(() => new SmtpClientSession(options as unknown as object)).toThrow(error);
    expect(() => new SmtpServerSession(options as unknown as { host: string })).toThrow(error);
  });

  it("a long queue is sent one by one in linear time", () => {
    const count = 20_000;
    let answered = 0;
    const session = new SmtpClientSession({ highWaterMark: Number.POSITIVE_INFINITY });
    driveClient(
      session,
      [octets(PLAIN)],
      (event) => {
        if (event.type === "greeting") session.ehlo("client.example.com");
        if (event.type === "ehlo") for (let times = 0; times < count; times++) session.noop();
      },
      false,
    );
    const moved = movedBy(() => {
      const ok = octets("250 ok\r\n");
      for (let times = 0; times < count; times++, session.takeOutputPieces())
        for (const event of session.receive(ok)) if (event.type === "noop") answered++;
    });
    expect([answered, session.waiting]).toEqual([count, "decision"]);
    expect(moved / count).toBeLessThan(10);
  });
});

describe("what is left of a transaction that has come to nothing is not sent", () => {
  const SLOW = [GREETING, ehlo, offer("8BITMIME")];

  it.each<readonly [string, Command, readonly string[], readonly string[], string, string]>([
    [
      "MAIL refused",
      transaction,
      ["550 no\r\n"],
      ["mail 550", "rcpt lost", "rcpt lost", "data lost"],
      SENT + MAIL,
      "ready",
    ],
    [
      "every recipient refused",
      transaction,
      ["250 ok\r\n", "550 a\r\n", "550 b\r\n"],
      ["mail ok", "rcpt 550", "rcpt 550", "data lost"],
      SENT + MAIL + RCPTS,
      "mail",
    ],
    [
      "one of two refused",
      transaction,
      ["250 ok\r\n", "550 a\r\n", "250 ok\r\n"],
      ["mail ok", "rcpt 550", "rcpt ok"],
      `${SENT}${MAIL}${RCPTS}DATA\r\n`,
      "content",
    ],
    [
      "RSET refused, and with it what was given of the next one",
      (s) => transaction(s.mail("a@example.com").rcpt("b@example.org").rset()),
      ["250 ok\r\n", "250 ok\r\n", "451 later\r\n"],
      ["mail ok", "rcpt ok", "rset 451", "mail lost", "rcpt lost", "rcpt lost", "data lost"],
      `${SENT}${MAIL}RCPT TO:<b@example.org>\r\nRSET\r\n`,
      "failed",
    ],
    [
      "RSET refused, but another RSET is",
      (s) => s.mail("a@example.com").rset().mail("a@example.com").rset().mail("a@example.com"),
      ["250 ok\r\n", "451 later\r\n", "250 ok\r\n", "250 ok\r\n"],
      ["mail ok", "rset 451", "mail lost", "rset ok", "mail ok"],
      `${SENT}${MAIL}RSET\r\nRSET\r\n${MAIL}`,
      "mail",
    ],
    [
      "RSET refused where there was no transaction",
      (s) => s.rset().mail("a@example.com"),
      ["451 later\r\n", "250 ok\r\n"],
      ["rset 451", "mail ok"],
      `${SENT}RSET\r\n${MAIL}`,
      "mail",
    ],
    [
      "but what is none of it is",
      (s) => s.mail("a@example.com").rcpt("b@example.org").noop().rcpt("c@example.org").rset().mail("a@example.com"),
      ["550 no\r\n", "250 ok\r\n", "250 ok\r\n"],
      ["mail 550", "rcpt lost", "noop ok", "rcpt lost", "rset ok"],
      `${SENT}${MAIL}NOOP\r\nRSET\r\n${MAIL}`,
      "mail",
    ],
  ])("%s", (_, commands, replies, expected, sent, state) => {
    const { shown, output, session } = converse([...SLOW, commands, ...replies]);
    expect([shown.slice(2), output, session.state]).toEqual([expected, sent, state]);
  });

  it("by chunks: MAIL refused", () => {
    const chunks: Command = (s) => s.mail("a@example.com").rcpt("b@example.org").bdat().content(octets("x"));
    const { shown, output, session } = converse([GREETING, ehlo, offer("8BITMIME", "CHUNKING"), chunks, "550 no\r\n"]);
    expect([shown.slice(2), output, session.state]).toEqual([
      ["mail 550", "rcpt lost", "message not-accepted"],
      SENT + MAIL,
      "ready",
    ]);
  });

  it("by chunks: RSET refused", () => {
    const chunks: Command = (s) => s.mail("a@b").rcpt("b@d").rset().mail("a@b").rcpt("c@d").bdat().content(octets("x"));
    const replies = ["250 ok\r\n", "250 ok\r\n", "451 later\r\n"];
    const { shown, output, session } = converse([GREETING, ehlo, offer("8BITMIME", "CHUNKING"), chunks, ...replies]);
    expect(shown.slice(2)).toEqual([
      "mail ok",
      "rcpt ok",
      "rset 451",
      "mail lost",
      "rcpt lost",
      "message not-accepted",
    ]);
    expect([output.endsWith("RSET\r\n"), session.state]).toEqual([true, "failed"]);
  });

  it("by chunks that go ahead, though not of the reply to RSET", () => {
    const eager: Command = (s) => s.mail("a@b").rcpt("c@d").bdat({ eager: true }).content(octets("x"));
    const after = (command: Command, replies: string) => {
      const offered = offer("8BITMIME", "CHUNKING", "PIPELINING");
      return converse([GREETING, ehlo, offered, (s) => s.mail("a@b").rcpt("b@d"), command, eager, replies]);
    };
    const refused = after((s) => s.rset(), "250 ok\r\n250 ok\r\n451 later\r\n503 no\r\n250 ok\r\n");
    expect(refused.shown.slice(4)).toEqual(["rset 451", "mail 503", "rcpt ok", "message not-accepted"]);
    expect([refused.output.includes("BDAT"), refused.session.state]).toEqual([false, "failed"]);
    expect(after((s) => s.rset(), "250 ok\r\n".repeat(3)).output).toMatch(/RCPT TO:<c@d>\r\nBDAT 3 LAST\r\nx\r\n$/);
  });

  it("also with PIPELINING, where it has not left", () => {
    const session = ready(["PIPELINING"]);
    const count = 3000;
    session.mail("a@b", { content: "7bit" });
    for (let place = 0; place < count; place++) session.rcpt(`u${place}@d`);
    session.data();
    const { length } = session.takeOutputPieces().flatMap(linesOf);
    session.receive(octets(`550 no\r\n${"503 no\r\n".repeat(length - 1)}`));
    const events = [...session];
    expect([events.length, length < count, session.takeOutput()]).toEqual([count + 2, true, null]);
    expect(events.map((event) => "reply" in event && event.reply?.code)).toEqual([
      ...[550, ...Array(length - 1).fill(503)],
      ...Array(count + 2 - length).fill(undefined),
    ]);
    expect([session.state, session.waiting]).toEqual(["ready", "decision"]);
  });

  it("recipients of a transaction are told what refused MAIL, and the next one can begin", () => {
    const played = playTransaction(["550 no\r\n"], { keywords: [] });
    expect([played.fates, played.session.state]).toEqual([["c@d permanent 550", "e@f permanent 550"], "ready"]);
    expect(played.output).toBe("MAIL FROM:<a@b>\r\n");
  });
});
