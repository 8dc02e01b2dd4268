import { SmtpClientSession, SmtpServerSession } from "smtp-codec";
import { driveClient, movedBy, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { CONTENT, type Command, ehlo, HELLO, MAIL, nothing, PLAIN, play, RCPTS, SENT, transaction } from "./support.ts";

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
