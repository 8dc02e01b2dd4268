import { SmtpClientSession, StateError } from "smtp-codec";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import {
  CONTENT,
  type Command,
  converse,
  ehlo,
  GREETING,
  HELLO,
  MAIL,
  message,
  nothing,
  offer,
  play,
  RCPTS,
  SENT,
  shown,
  transaction,
} from "./support.ts";

describe("transactions", () => {
  const through = (answers: string, ...more: readonly Command[]) =>
    shown(play(HELLO + answers, [ehlo, transaction, nothing, nothing, nothing, ...more])).slice(2);

  it.each<readonly [string, string, readonly Command[], readonly string[]]>([
    [
      "accepted",
      "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n",
      [message],
      ["mail ok", "rcpt ok", "rcpt ok", "data ok", "message accepted"],
    ],
    [
      "[SMTP-4.2.5-1] refused for now",
      "250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n452 full\r\n",
      [message],
      ["mail ok", "rcpt ok", "rcpt 550", "data ok", "message transient"],
    ],
    [
      "refused for good",
      "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n554 spam\r\n",
      [message],
      ["mail ok", "rcpt ok", "rcpt ok", "data ok", "message permanent"],
    ],
    [
      "[PIPE-3.1-5] refused at MAIL",
      "550 no\r\n503 x\r\n503 x\r\n503 x\r\n",
      [],
      ["mail 550", "rcpt 503", "rcpt 503", "data 503"],
    ],
    [
      "[SMTP-3.8-4] cut off behind its end: unknown",
      "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
      [message],
      ["mail ok", "rcpt ok", "rcpt ok", "data ok", "message unknown", "closed end-of-input"],
    ],
    [
      "cut off inside: certainly not accepted",
      "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
      [(s) => s.write(octets("half"))],
      ["mail ok", "rcpt ok", "rcpt ok", "data ok", "message not-accepted", "closed end-of-input"],
    ],
    [
      "[SMTP-4.1.1.4-8] broken off",
      "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
      [(s) => s.write(octets("half")).abort()],
      ["mail ok", "rcpt ok", "rcpt ok", "data ok", "message not-accepted", "closed aborted"],
    ],
    [
      "[SMTP-3.8-3] 421 at MAIL",
      "421 bye\r\n",
      [],
      ["mail 421", "rcpt lost", "rcpt lost", "data lost", "closed reply-421"],
    ],
    [
      "421 inside content",
      "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n421 bye\r\n",
      [(s) => s.write(octets("half"))],
      ["mail ok", "rcpt ok", "rcpt ok", "data ok", "message transient", "closed reply-421"],
    ],
    ...(
      [
        ["552 5.3.4 too big", "permanent"],
        ["451 later", "transient"],
        ["400 later", "transient"],
        ["250 ok", "not-accepted"],
        ["354 go", "not-accepted"],
      ] as const
    ).map(
      ([reply, fate]) =>
        [
          `[SMTP-4.2-16] ${reply} inside content`,
          `250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n${reply}\r\n`,
          [(s: SmtpClientSession) => s.write(octets("half"))],
          [
            ...["mail ok", "rcpt ok", "rcpt ok", "data ok", "violation unexpected-reply"],
            ...[`message ${fate}`, "closed violation"],
          ],
        ] as const,
    ),
    [
      "what is no reply inside content",
      "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\nhello\r\n",
      [(s) => s.write(octets("half"))],
      [
        ...["mail ok", "rcpt ok", "rcpt ok", "data ok", "violation invalid-reply"],
        ...["message not-accepted", "closed violation"],
      ],
    ],
    [
      "[SMTP-3.3-8] 250 to DATA",
      "250 ok\r\n250 ok\r\n250 ok\r\n250 what\r\n",
      [],
      ["mail ok", "rcpt ok", "rcpt ok", "violation unexpected-code", "data lost", "closed violation"],
    ],
    [
      "[SMTP-4.2-16] 354 to MAIL",
      "354 go\r\n",
      [],
      ["violation unexpected-code", "mail lost", "rcpt lost", "rcpt lost", "data lost", "closed violation"],
    ],
    [
      "[SMTP-4.2-8] codes that nobody knows",
      "299 ok\r\n499 later\r\n250 ok\r\n599 no\r\n",
      [],
      ["mail ok", "rcpt 499", "rcpt ok", "data 599"],
    ],
  ])("%s", (_, answers, commands, expected) => {
    const found = through(answers, ...commands);
    expect(found.filter((line) => !line.startsWith("closed end") || expected.includes(line))).toEqual(expected);
  });

  it("[PIPE-3.1-6] 354 though every recipient was refused: ended at once, and failed whatever is said", () => {
    const played = play(`${HELLO}250 ok\r\n550 a\r\n550 b\r\n354 go\r\n250 taken\r\n250 ok\r\n`, [
      ehlo,
      transaction,
      nothing,
      nothing,
      nothing,
      (s) => s.quit(),
    ]);
    expect(played.output).toBe(`${SENT}${MAIL}${RCPTS}DATA\r\n.\r\nQUIT\r\n`);
    expect(shown(played).slice(2)).toEqual(["mail ok", "rcpt 550", "rcpt 550", "data 354", "quit ok", "closed quit"]);
  });

  it("a recipient accepted after a refused MAIL is none of ours: nothing is sent to it, and RSET comes next", () => {
    const answers = "550 no\r\n250 ok\r\n250 ok\r\n";
    expect(through(`${answers}354 go\r\n250 taken\r\n`)).toEqual([
      "mail 550",
      "rcpt ok",
      "rcpt ok",
      "data 354",
      "closed aborted",
    ]);
    const { session, output } = converse([
      GREETING,
      ehlo,
      HELLO.slice(GREETING.length),
      transaction,
      `${answers}503 no\r\n`,
    ]);
    expect(output.endsWith("DATA\r\n")).toBe(true);
    expect(session.state).toBe("failed");
    expect(() => session.mail("a@b")).toThrow(StateError);
    session.rset().takeOutputPieces();
    session.receive(octets("250 ok\r\n"));
    expect([...session].map(({ type }) => type)).toEqual(["rset"]);
    expect(session.state).toBe("ready");
  });

  it("content that nobody was to receive has no fate to tell, also if the connection is lost", () => {
    const { shown: found } = converse([
      HELLO.slice(0, HELLO.indexOf("\n") + 1),
      ehlo,
      HELLO.slice(HELLO.indexOf("\n") + 1),
      (s) => s.mail("a@b").rcpt({ kind: "postmaster", address: "Postmaster" }).data(),
      "250 ok\r\n550 no\r\n354 go\r\n",
      (s) => s.receiveEnd(),
    ]);
    expect(found.slice(2)).toEqual(["mail ok", "rcpt 550", "data 354", "closed end-of-input"]);
  });

  it.each<readonly [string, Command, string, readonly string[]]>([
    [
      "RSET and MAIL were refused, and so the server's transaction is an older one",
      (s) => transaction(s.mail("a@example.com").rcpt("d@example.org").rset()),
      "250 ok\r\n250 ok\r\n451 later\r\n503 nested\r\n250 ok\r\n250 ok\r\n354 go\r\n",
      ["mail ok", "rcpt ok", "rset 451", "mail 503", "rcpt ok", "rcpt ok", "data 354", "closed aborted"],
    ],
    [
      "RSET was refused, and not the MAIL after it",
      (s) => transaction(s.mail("a@example.com").rcpt("d@example.org").rset()),
      "250 ok\r\n250 ok\r\n451 later\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
      ["mail ok", "rcpt ok", "rset 451", "mail ok", "rcpt ok", "rcpt ok", "data 354", "closed aborted"],
    ],
    [
      "RSET was refused, and every recipient after it",
      (s) => transaction(s.mail("a@example.com").rcpt("d@example.org").rset()),
      "250 ok\r\n250 ok\r\n451 later\r\n503 nested\r\n550 a\r\n550 b\r\n354 go\r\n",
      ["mail ok", "rcpt ok", "rset 451", "mail 503", "rcpt 550", "rcpt 550", "data 354", "closed aborted"],
    ],
    [
      "MAIL was refused, and not the recipient after it",
      transaction,
      "451 later\r\n250 ok\r\n550 no\r\n354 go\r\n",
      ["mail 451", "rcpt ok", "rcpt 550", "data 354", "closed aborted"],
    ],
  ])("354 for recipients that are not of the transaction: closed without content, as %s", (_, commands, said, told) => {
    const { shown, output } = converse([GREETING, ehlo, HELLO.slice(GREETING.length), commands, said]);
    expect(shown.slice(2)).toEqual(told);
    expect(output.endsWith(`${MAIL}${RCPTS}DATA\r\n`)).toBe(true);
  });

  it("tells the size and the stuffed lines, and takes content in pieces", () => {
    const pieces: Command = (s) => s.content([octets("x\r"), octets("\n."), octets("y")]);
    const { output, events } = play(`${HELLO}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n`, [
      ehlo,
      transaction,
      nothing,
      nothing,
      nothing,
      pieces,
    ]);
    expect(output.endsWith(CONTENT)).toBe(true);
    expect(events.find(({ type }) => type === "message")).toMatchObject({
      size: 7,
      stuffedLines: 1,
      reply: { code: 250 },
    });
  });

  it("waits for content, with its own time-out, and throws for commands meanwhile", () => {
    const session = new SmtpClientSession();
    const chunks = [octets(`${HELLO}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n`)];
    driveClient(
      session,
      chunks,
      (event) => {
        if (event.type === "greeting") session.ehlo("client.example.com");
        if (event.type === "ehlo") transaction(session);
      },
      false,
    );
    expect([session.waiting, session.timeout]).toEqual(["content", { seconds: 180, for: "content" }]);
    expect(() => session.rset()).toThrow(
      'rset() is not possible in state "content"; legal now: write(), flush(), end() and abort()',
    );
    expect(() => session.write("x" as unknown as Uint8Array)).toThrow('"bytes" expected a Uint8Array, got string');
    session.end();
    const sending = { seconds: 180, for: "content" };
    expect([session.nextEvent(), session.waiting, session.timeout]).toEqual([null, "bytes", sending]);
    while (session.takeOutput() !== null);
    expect(session.timeout).toEqual({ seconds: 600, for: "message" });
    expect(() => session.write(octets("x"))).toThrow("while no content is asked for");
    expect(() => session.end()).toThrow(StateError);
    expect(() => session.abort()).toThrow(StateError);
  });

  it("what are no octets throws, whatever the content was declared to be, and ends nothing", () => {
    const seven: Command = (s) => s.mail("a@example.com", { content: "7bit" }).rcpt("b@example.org").data();
    const { session } = converse([
      ...[GREETING, ehlo, HELLO.slice(GREETING.length), seven, "250 ok\r\n250 ok\r\n354 go\r\n"],
    ]);
    for (const bytes of [[200], "\xe9", null]) {
      expect(() => session.write(bytes as unknown as Uint8Array)).toThrow('"bytes" expected a Uint8Array');
    }
    expect(session.waiting).toBe("content");
  });

  it("[SMTP-2.4-7] content that is not the 7-bit it was declared to be ends the connection without the final dot", () => {
    const seven: Command = (s) => s.mail("a@example.com", { content: "7bit" }).rcpt("b@example.org").data();
    const { output, events } = play(`${HELLO}250 ok\r\n250 ok\r\n354 go\r\n`, [
      ehlo,
      seven,
      nothing,
      nothing,
      (s) => s.content([octets("x\n"), octets("\xe9\n"), octets("z")]),
    ]);
    expect(output).toBe(`${SENT}MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nx\r\n`);
    expect(events.slice(-2)).toMatchObject([
      { type: "message", outcome: "not-accepted" },
      { type: "closed", cause: "content-not-7bit" },
    ]);
  });

  it("of pieces without end no more is drawn once one has ended the session", () => {
    const seven: Command = (s) => s.mail("a@example.com", { content: "7bit" }).rcpt("b@example.org").data();
    let drawn = 0;
    let returned = false;
    function* endless() {
      try {
        for (;;) yield octets(drawn++ === 2 ? "\xe9" : "x");
      } finally {
        returned = true;
      }
    }
    play(`${HELLO}250 ok\r\n250 ok\r\n354 go\r\n`, [ehlo, seven, nothing, nothing, (s) => s.content(endless())]);
    expect([drawn, returned]).toEqual([3, true]);
  });

  it("messages without number that are queued at the end have their fates in one pass", () => {
    const many = 10_000;
    const give: Command = (s) => {
      for (let at = 0; at < many; at++)
        s.mail("a@example.com").rcpt("b@example.org").bdat().content(octets("x")).rset();
    };
    const { events } = play(`${GREETING}${offer("8BITMIME", "CHUNKING", "PIPELINING")}`, [ehlo, give]);
    expect(events.filter(({ type }) => type === "message")).toHaveLength(many);
  });

  it("refuses bare line ends where told to", () => {
    const bare: Command = (s) => {
      expect(() => s.write(octets("a\nb"))).toThrow("got an LF without CR at offset 1");
      s.content(octets("a\r\n"));
    };
    const { output } = play(
      `${HELLO}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n`,
      [ehlo, transaction, nothing, nothing, nothing, bare],
      { lineEndings: "reject" },
    );
    expect(output.endsWith("DATA\r\na\r\n.\r\n")).toBe(true);
    expect(() => new SmtpClientSession({ lineEndings: "keep" as "reject" })).toThrow('"lineEndings" expected');
  });
});
