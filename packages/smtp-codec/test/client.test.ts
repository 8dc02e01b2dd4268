import fc from "fast-check";
import {
  type ClientVerb,
  clientTable,
  type SaslClient,
  type SmtpClientEvent,
  type SmtpClientOptions,
  SmtpClientSession,
  StateError,
} from "smtp-codec";
import { byteByByte, chunkings, cutAt, type Driven, drive, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

type Command = (session: SmtpClientSession) => void;

/** Plays server octets against a client that gives its commands one after the other, each when the last was answered. */
function play(
  input: string | readonly Uint8Array[],
  commands: readonly Command[],
  options?: SmtpClientOptions,
): Driven<SmtpClientEvent> {
  const session = new SmtpClientSession(options);
  const left = [...commands];
  return drive(session, typeof input === "string" ? [octets(input)] : input, (event) => {
    if ("ok" in event && event.type !== "quit" && session.state !== "closed") left.shift()?.(session);
  });
}

const shown = ({ events }: Driven<SmtpClientEvent>) =>
  events.flatMap((event) => {
    if (event.type === "message" && "outcome" in event) return [`message ${event.outcome}`];
    if (event.type === "violation" && "code" in event) return [`violation ${event.code}`];
    if (event.type === "closed" && "cause" in event) return [`closed ${event.cause}`];
    return "ok" in event
      ? [`${event.type} ${event.ok ? "ok" : event.reply === null ? "lost" : event.reply.code}`]
      : [event.type];
  });

const GREETING = "220 mx.example.com ESMTP\r\n";
const offer = (...keywords: readonly string[]) =>
  [
    "250-mx.example.com",
    ...keywords.map((keyword, index) => `250${index === keywords.length - 1 ? " " : "-"}${keyword}`),
    "",
  ].join("\r\n");
const HELLO = `${GREETING}${offer("PIPELINING", "8BITMIME", "SIZE 1000", "AUTH ECHO", "STARTTLS")}`;
const PLAIN = `${GREETING}${offer("8BITMIME")}`;
const ehlo: Command = (session) => session.ehlo("client.example.com");
const nothing: Command = () => {};
const SENT = "EHLO client.example.com\r\n";
const transaction: Command = (session) =>
  session.mail("a@example.com").rcpt("b@example.org").rcpt("c@example.org").data();
const MAIL = "MAIL FROM:<a@example.com> BODY=8BITMIME\r\n";
const RCPTS = "RCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\n";
const message: Command = (session) => session.content(octets("x\n.y"));
const CONTENT = "x\r\n..y\r\n.\r\n";

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

  it("[PIPE-3.1-2] behind NOOP, VRFY, HELP, DATA and AUTH nothing is sent", () => {
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
    expect(drive(session, [octets("220-wait\r\n")], () => {}, false).output).toBe("");
    expect(drive(session, [octets("220 ready\r\n")], () => {}, false).output).toBe(SENT);
    expect([session.timeout, session.waiting]).toEqual([{ seconds: 300, for: "EHLO" }, "bytes"]);
  });
});

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
      ["mail ok", "rcpt ok", "rcpt ok", "data ok", "message not-accepted", "closed reply-421"],
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
    drive(
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
      'rset() is not possible in state "content"; legal now: write(), end() and abort()',
    );
    session.end();
    expect([session.nextEvent(), session.waiting, session.timeout]).toEqual([
      null,
      "bytes",
      { seconds: 600, for: "message" },
    ]);
    expect(() => session.write(octets("x"))).toThrow("before the server has asked for content");
    expect(() => session.end()).toThrow(StateError);
    expect(() => session.abort()).toThrow(StateError);
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

  it("refuses bare line ends where told to", () => {
    const bare: Command = (s) => {
      expect(() => s.write(octets("a\nb"))).toThrow("got a bare LF at offset 1");
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

describe("what the server offers", () => {
  const mail = (hello: string, options: object, from = "a@b") =>
    play(hello, [ehlo, (s) => s.mail(from, options)]).output.slice(SENT.length);

  it.each([
    ["8-bit by default", HELLO, {}, "MAIL FROM:<a@b> BODY=8BITMIME\r\n"],
    ["7-bit", HELLO, { content: "7bit" }, "MAIL FROM:<a@b>\r\n"],
    ["[SIZE-4-1] a size, where SIZE is offered", HELLO, { size: 700 }, "MAIL FROM:<a@b> SIZE=700 BODY=8BITMIME\r\n"],
    ["a size, elsewhere", PLAIN, { size: 700 }, "MAIL FROM:<a@b> BODY=8BITMIME\r\n"],
    [
      "[AUTH-5-3] AUTH=",
      HELLO,
      { auth: "e=mc2@example.com" },
      "MAIL FROM:<a@b> BODY=8BITMIME AUTH=e+3Dmc2@example.com\r\n",
    ],
    ["AUTH=<>", HELLO, { auth: "" }, "MAIL FROM:<a@b> BODY=8BITMIME AUTH=<>\r\n"],
    [
      "other parameters",
      HELLO,
      { content: "7bit", parameters: [{ keyword: "RET", value: "HDRS" }] },
      "MAIL FROM:<a@b> RET=HDRS\r\n",
    ],
  ])("%s", (_, hello, options, expected) => {
    expect(mail(hello, options)).toBe(expected);
  });

  it("what it does not offer throws, and nothing is sent", () => {
    const bare = `${GREETING}250 mx\r\n`;
    expect(() => mail(bare, {})).toThrow(
      'mail() with 8-bit content is not possible on a server that does not offer 8BITMIME; legal now: content: "7bit"',
    );
    expect(() => mail(PLAIN, { auth: "a@b" })).toThrow(
      "mail() with AUTH is not possible on a server that does not offer AUTH",
    );
    expect(() => mail(HELLO, { size: 1.5 })).toThrow('"size" expected a whole number');
    expect(() => mail(HELLO, { auth: "a b" })).toThrow('"auth" expected a mailbox');
    expect(mail(bare, { content: "7bit" }, "")).toBe("MAIL FROM:<>\r\n");
  });

  it("[SMTP-3.2-2] EHLO refused, then HELO: no extension is offered", () => {
    const played = play(`${GREETING}502 what\r\n250-mx\r\n250 PIPELINING\r\n`, [
      ehlo,
      (s) => s.helo("client.example.com"),
      (s) => s.mail("a@b", { content: "7bit" }).rcpt("c@d"),
    ]);
    expect(played.output).toBe(`${SENT}HELO client.example.com\r\nMAIL FROM:<a@b>\r\n`);
    expect(shown(played)).toEqual([
      "greeting ok",
      "ehlo 502",
      "helo ok",
      "mail lost",
      "rcpt lost",
      "closed end-of-input",
    ]);
  });

  it("[SMTP-4.1.1.1-13] a later EHLO replaces the whole set", () => {
    const session = new SmtpClientSession();
    const hellos = [ehlo, ehlo];
    drive(session, [octets(`${HELLO}250-mx\r\n250 8BITMIME\r\n`)], () => hellos.shift()?.(session), false);
    expect([...session.capabilities!.keywords.keys()]).toEqual(["8BITMIME"]);
    expect([session.state, session.waiting, session.timeout]).toEqual(["ready", "decision", null]);
  });

  it("[SMTP-3.1-4] a greeting that refuses leaves QUIT alone", () => {
    const session = new SmtpClientSession();
    session.ehlo("x");
    const { output, events } = drive(session, [octets("554 no\r\n221 bye\r\n")], (event) => {
      if (event.type === "greeting") {
        expect(() => session.ehlo("x")).toThrow('in state "refused"; legal now: quit()');
        session.quit();
      }
    });
    expect([output, events.map(({ type }) => type)]).toEqual(["QUIT\r\n", ["greeting", "ehlo", "quit", "closed"]]);
  });
});

describe("replies that are none", () => {
  it.each([
    ["[SMTP-4.2-2] a line without a code", "hello\r\n", "invalid-reply"],
    ["[SMTP-4.2-9] a code above 599", "600 x\r\n", "invalid-reply"],
    ["a code below 200", "150 x\r\n", "invalid-reply"],
    ["another fourth octet", "250:x\r\n", "invalid-reply"],
    ["[SMTP-4.2-5] codes that differ", "250-a\r\n251 b\r\n", "codes-differ"],
    ["[SMTP-2.3.8-4] a bare LF", "250 a\n250 b\r\n", "bare-lf"],
    ["a bare CR", "250 a\rb\r\n", "bare-cr"],
    ["a NUL", "250 \0\r\n", "nul"],
    ["[SMTP-4.5.3.1.5-2] a line over 4096 octets", `250 ${"x".repeat(4100)}\r\n`, "line-too-long"],
    ["a reply over 65,536 octets", `${`250-${"x".repeat(1000)}\r\n`.repeat(70)}250 x\r\n`, "reply-too-long"],
    ["[SMTP-4.3.1-3] a reply to nothing", "250 ok\r\n250 ok\r\n", "unexpected-reply"],
    ["220 alone starts TLS", "250 ok\r\n", "unexpected-code"],
  ])("%s is a fatal violation: %j", (_, input, code) => {
    const command: Command = code === "unexpected-code" ? (s) => s.starttls() : (s) => s.noop();
    for (const chunks of [[octets(HELLO + input)], byteByByte(octets(HELLO + input))]) {
      const found = shown(play(chunks, [ehlo, command]));
      expect(found).toContain(`violation ${code}`);
      expect(found.at(-1)).toBe("closed violation");
    }
  });

  it("421 to nothing closes, and a closed session ignores what comes", () => {
    const session = new SmtpClientSession();
    const { events } = drive(session, [octets(`${GREETING}421 bye\r\n250 what\r\n`)], () => {}, false);
    expect(events.map(({ type }) => type)).toEqual(["greeting", "closed"]);
    session.receive(octets("250 more\r\n"));
    session.timedOut();
    expect([[...session], session.waiting]).toEqual([[], "closed"]);
  });

  it("a time-out ends the session, and loses what was under way", () => {
    const session = new SmtpClientSession();
    drive(session, [octets(GREETING)], () => session.ehlo("x"), false);
    session.timedOut();
    expect([...session]).toMatchObject([
      { type: "ehlo", reply: null, capabilities: null },
      { type: "closed", cause: "timeout" },
    ]);
    expect(shown(play("", []))).toEqual(["greeting lost", "closed end-of-input"]);
    expect(shown(play(HELLO, [ehlo, (s) => s.quit()])).slice(2)).toEqual(["quit lost", "closed quit"]);
  });
});

/** A mechanism that answers "what?" with "yes", and is complete then. */
function echo(start: string | null = null, name = "ECHO"): SaslClient & { aborted: boolean } {
  let complete = false;
  return {
    name,
    aborted: false,
    start: () => ({ type: "response", bytes: start === null ? null : octets(start) }),
    next: (challenge) => {
      if (text(challenge) === "ask") return { type: "derive" };
      if (text(challenge) !== "what?") return { type: "failure", text: "not understood" };
      complete = true;
      return { type: "response", bytes: octets("yes") };
    },
    finish: () =>
      complete || start === "all"
        ? { type: "success", serverProved: complete }
        : { type: "failure", text: "incomplete" },
    abort() {
      this.aborted = true;
    },
  };
}

describe("AUTH", () => {
  const auth = (answers: string, mechanism: SaslClient, options = {}, rest: readonly Command[] = []) =>
    play(HELLO + answers, [ehlo, (s) => s.auth(mechanism, options), ...rest]);
  const authEvent = ({ events }: Driven<SmtpClientEvent>) => events.find(({ type }) => type === "auth");

  it.each([
    ["server first", null, {}, "AUTH ECHO\r\neWVz\r\n", "334 d2hhdD8=\r\n235 ok\r\n"],
    ["an initial response", "all", {}, "AUTH ECHO YWxs\r\n", "235 ok\r\n"],
    ["[AUTH-4-7] an empty one", "", {}, "AUTH ECHO =\r\neWVz\r\n", "334 d2hhdD8=\r\n235 ok\r\n"],
    ["in two steps", "all", { initialResponse: "never" }, "AUTH ECHO\r\nYWxs\r\n", "334 \r\n235 ok\r\n"],
    ["[AUTH-4-9] behind 334 alone", "all", { initialResponse: "never" }, "AUTH ECHO\r\nYWxs\r\n", "334\r\n235 ok\r\n"],
    [
      "[AUTH-4-14] behind text",
      "all",
      { initialResponse: "never" },
      "AUTH ECHO\r\nYWxs\r\n",
      "334 ok, go on\r\n235 ok\r\n",
    ],
    ["text behind a challenge", null, {}, "AUTH ECHO\r\neWVz\r\n", "334 d2hhdD8= please\r\n235 ok\r\n"],
    [
      "[AUTH-4-18] one that fits 512 octets",
      "a".repeat(375),
      {},
      `AUTH ECHO ${"YWFh".repeat(125)}\r\neWVz\r\n`,
      "334 d2hhdD8=\r\n235 ok\r\n",
    ],
    [
      "[AUTH-4-18] one that does not",
      "a".repeat(378),
      {},
      `AUTH ECHO\r\n${"YWFh".repeat(126)}\r\neWVz\r\n`,
      "334 \r\n334 d2hhdD8=\r\n235 ok\r\n",
    ],
  ])("%s", (_, start, options, output, answers) => {
    const found = auth(answers, echo(start), options);
    expect(found.output).toBe(SENT + output);
    expect(authEvent(found)).toMatchObject({ ok: true, mechanism: "ECHO", text: null });
  });

  it.each([
    [
      "[AUTH-4-14] a challenge that is not base64",
      null,
      {},
      "334 ???\r\n501 cancelled\r\n",
      "a challenge that is not base64",
    ],
    ["a challenge that the mechanism refuses", null, {}, "334 bm8=\r\n501 cancelled\r\n", "not understood"],
    [
      "a challenge in place of the empty one",
      "all",
      { initialResponse: "never" },
      "334 d2hhdD8=\r\n501 cancelled\r\n",
      "a challenge that is not empty, to a mechanism that speaks first",
    ],
  ])("is cancelled after %s", (_, start, options, answers, reason) => {
    const found = auth(answers, echo(start), options, [(s) => s.noop()]);
    expect(found.output.endsWith("\r\n*\r\nNOOP\r\n")).toBe(true);
    expect(authEvent(found)).toMatchObject({ ok: false, text: reason, reply: { code: 501 } });
  });

  it("leniencies can be turned off", () => {
    const leniencies = { challengeNotBase64: false, textBehindChallenge: false };
    const text = play(
      `${HELLO}334 go on\r\n501 x\r\n`,
      [ehlo, (s) => s.auth(echo("all"), { initialResponse: "never" })],
      { leniencies },
    );
    expect(text.output.endsWith("*\r\n")).toBe(true);
    const behind = play(`${HELLO}334 d2hhdD8= please\r\n501 x\r\n`, [ehlo, (s) => s.auth(echo())], { leniencies });
    expect(behind.output.endsWith("*\r\n")).toBe(true);
  });

  it("[AUTH-4-15] a challenge behind the cancellation is fatal", () => {
    expect(shown(auth("334 bm8=\r\n334 bm8=\r\n", echo()))).toContain("violation unexpected-code");
  });

  it.each([
    [null, "235 ok\r\n", {}],
    ["all", "235 ok\r\n", { initialResponse: "never" }],
    [null, "334 bm8=\r\n235 ok\r\n", {}],
  ])("[SASL-3.6-2] success before the mechanism is complete ends the session", (start, answers, options) => {
    expect(shown(auth(answers, echo(start), options)).slice(2)).toEqual([
      "auth 235",
      "violation sasl-incomplete",
      "closed violation",
    ]);
  });

  it("[AUTH-4-26] a 2yz other than 235 is fatal", () => {
    const mechanism = echo();
    expect(shown(auth("250 ok\r\n", mechanism)).slice(2)).toEqual([
      "violation unexpected-code",
      "auth lost",
      "closed violation",
    ]);
    expect(mechanism.aborted).toBe(true);
  });

  it("[AUTH-4-23] a failure leaves the session usable; success allows no other", () => {
    const again = auth("535 no\r\n235 ok\r\n", echo("all"), {}, [
      (s) => s.auth(echo("all")),
      (s) => expect(() => s.auth(echo())).toThrow("once authenticated"),
    ]);
    expect(shown(again).slice(2, 4)).toEqual(["auth 535", "auth ok"]);
  });

  it("a step that only the application knows", () => {
    const session = new SmtpClientSession();
    const found = drive(session, [octets(`${HELLO}334 YXNr\r\n`), octets("235 ok\r\n")], (event) => {
      if (event.type === "greeting") session.ehlo("client.example.com");
      if (event.type === "ehlo") session.auth(echo("all"));
      if (event.type === "sasl") {
        expect(event).toMatchObject({ step: { type: "derive" }, mechanism: { name: "ECHO" }, answer: "needed" });
        expect(session.nextEvent()).toBe(null);
        expect(session.waiting).toBe("decision");
        expect(() => session.receive(new Uint8Array(300_000))).toThrow('the answer to "sasl" is owed');
        session.proceed({ type: "response", bytes: octets("derived") });
      }
    });
    expect(found.output).toBe(`${SENT}AUTH ECHO YWxs\r\nZGVyaXZlZA==\r\n`);
    expect(() => session.proceed({ type: "failure", text: "" })).toThrow('without a "sasl" event');
  });

  it("a mechanism object that throws changes nothing", () => {
    const used = {
      ...echo(),
      start: () => {
        throw new StateError("start()", "after the end", "nothing");
      },
    };
    const found = auth("235 ok\r\n", echo("all"), {}, []);
    expect(found.output).toBe(`${SENT}AUTH ECHO YWxs\r\n`);
    const again = play(`${HELLO}235 ok\r\n`, [
      ehlo,
      (s) => {
        expect(() => s.auth(used)).toThrow(StateError);
        s.auth(echo("all"));
      },
    ]);
    expect(again.output).toBe(found.output);
  });

  it("a mechanism that gives up at once sends nothing", () => {
    const found = auth("", { ...echo(), start: () => ({ type: "failure", text: "no channel binding" }) }, {}, [
      (s) => s.noop(),
    ]);
    expect(authEvent(found)).toMatchObject({ ok: false, reply: null, text: "no channel binding" });
    expect(found.output).toBe(`${SENT}NOOP\r\n`);
  });

  it("[AUTH-4-25] needs a mechanism that is listed, unless forced, a name, and a place", () => {
    expect(() => auth("", echo(null, "OTHER"))).toThrow(
      "auth() with OTHER is not possible on a server that does not list it",
    );
    expect(() => auth("", echo(null, "A B"))).toThrow('"mechanism" expected');
    expect(auth("", echo("all", "other"), { force: true }).output).toBe(`${SENT}AUTH OTHER YWxs\r\n`);
    expect(() => play(`${HELLO}250 ok\r\n`, [ehlo, (s) => s.mail("a@b"), (s) => s.auth(echo())])).toThrow(
      'auth() is not possible in state "mail"',
    );
  });
});

describe("STARTTLS", () => {
  const starttls: Command = (s) => s.starttls();

  it("[TLS-4.2-2] after it all is asked anew", () => {
    const session = new SmtpClientSession({ requireTls: true });
    const commands = [ehlo, starttls];
    drive(session, [octets(`${HELLO}220 go\r\n`)], () => commands.shift()?.(session), false);
    expect(session.waiting).toBe("tls");
    expect(() => session.ehlo("x")).toThrow('in state "busy"');
    expect(() => session.receive(new Uint8Array(300_000))).toThrow("the TLS handshake is awaited");
    session.tlsEstablished();
    expect([session.tls, session.capabilities, session.state, session.nextEvent(), session.waiting]).toEqual([
      true,
      null,
      "greeted",
      null,
      "decision",
    ]);
    expect(() => session.starttls()).toThrow("starttls() is not possible while TLS is active");
    expect(() => session.mail("a@b")).toThrow('mail() is not possible in state "greeted"');
    expect(text(session.quit().takeOutputPieces())).toBe("QUIT\r\n");
  });

  it.each([["220 go\r\n250 injected\r\n"], ["220 go\r\n25"]])(
    "[TLS-6-2] %j: octets behind it end the session",
    (input) => {
      const all = octets(HELLO + input);
      for (const chunks of [[all], byteByByte(all), cutAt(all, [HELLO.length + 8])]) {
        expect(shown(play(chunks, [ehlo, starttls, nothing])).slice(2)).toEqual([
          "starttls ok",
          "violation plaintext-behind-starttls",
          "closed violation",
        ]);
      }
    },
  );

  it("octets that come just before the handshake end the session too", () => {
    const session = new SmtpClientSession();
    const commands = [ehlo, starttls];
    drive(session, [octets(`${HELLO}220 go\r\n`)], () => commands.shift()?.(session), false);
    session.receive(octets("250 injected\r\n"));
    session.tlsEstablished();
    expect([...session]).toMatchObject([
      { type: "violation", code: "plaintext-behind-starttls", fatal: true },
      { type: "closed" },
    ]);
  });

  it("[TLS-4-6] refused under requireTls, nothing but QUIT and STARTTLS goes on", () => {
    const session = new SmtpClientSession({ requireTls: true });
    const commands = [ehlo, starttls];
    drive(session, [octets(`${HELLO}454 later\r\n`)], () => commands.shift()?.(session), false);
    for (const command of [(s) => s.mail("a@b"), (s) => s.auth(echo()), (s) => s.vrfy("x")] as Command[]) {
      expect(() => command(session)).toThrow("before TLS, which requireTls demands; legal now: starttls() and quit()");
    }
    expect(text(session.starttls().takeOutputPieces())).toBe("STARTTLS\r\n");
  });

  it("can fail, and is not there without being asked for", () => {
    const session = new SmtpClientSession();
    expect(() => session.tlsEstablished()).toThrow(
      "tlsEstablished() is not possible without a positive reply to STARTTLS",
    );
    const commands = [ehlo, starttls];
    drive(session, [octets(`${HELLO}220 go\r\n`)], () => commands.shift()?.(session), false);
    session.tlsFailed();
    expect([...session]).toMatchObject([{ type: "closed", cause: "tls-failed" }]);
    expect(() => new SmtpClientSession({ tls: true }).starttls()).toThrow(StateError);
  });
});

describe("[SMTP-2.3.8-5] nothing hostile goes into a command", () => {
  it.each([
    "a\r\nQUIT",
    "a@b\r\nRSET",
    "a@b\n",
    "a@b\r",
    "a@b\0",
    "a@b> SIZE=1",
    "a b@c",
    "\u00e9@b",
    "\u760d\u760a@b",
    "<a@b>",
    "a@b@c",
    "@b",
    "a@",
  ])("%j", (value) => {
    const fields: readonly Command[] = [
      (s) => s.mail(value),
      (s) => s.mail("a@b", { auth: value }),
      (s) => s.mail("a@b", { parameters: [{ keyword: value, value: null }] }),
      (s) => s.mail({ kind: "mailbox", address: value, localPart: "", domain: "", domainKind: "domain", route: [] }),
    ];
    for (const field of fields) expect(() => play(HELLO, [ehlo, field])).toThrow(RangeError);
    for (const field of [
      (s) => s.rcpt(value),
      (s) => s.rcpt("a@b", [{ keyword: "X", value: `${value} \r\n` }]),
    ] as Command[]) {
      expect(() => play(`${HELLO}250 ok\r\n`, [ehlo, (s) => s.mail("a@b"), field])).toThrow(RangeError);
    }
  });

  it.each(["a\r\nQUIT", "a\n", "a\r", "a\0", "\u00e9", "\u760d\u760a", ""])("%j in names and arguments", (value) => {
    for (const field of [
      (s) => s.ehlo(value),
      (s) => s.helo(value),
      (s) => s.vrfy(value),
      (s) => s.help(value),
    ] as Command[]) {
      const session = new SmtpClientSession();
      expect(() => field(session)).toThrow(RangeError);
      expect(drive(session, [octets(GREETING)], () => {}, false).output).toBe("");
    }
  });

  it("Postmaster and the null path go where they may", () => {
    const { output } = play(HELLO, [
      ehlo,
      (s) => s.mail("", { content: "7bit" }).rcpt("postmaster").rcpt("a@[192.0.2.1]"),
    ]);
    expect(output).toBe(`${SENT}MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nRCPT TO:<a@[192.0.2.1]>\r\n`);
    expect(() => play(`${HELLO}250 ok\r\n`, [ehlo, (s) => s.mail(""), (s) => s.rcpt("")])).toThrow(
      '"to" expected a mailbox',
    );
  });
});

it("the transition table is the one that the RFCs have", () => {
  const allowed = (state: keyof (typeof clientTable)["QUIT"]) =>
    (Object.keys(clientTable) as ClientVerb[]).filter((verb) => clientTable[verb][state] !== undefined).sort();
  const always = ["EHLO", "HELO", "RSET", "NOOP", "HELP", "VRFY", "QUIT"];
  expect(allowed("greeted")).toEqual([...always].sort());
  expect(allowed("ready")).toEqual([...always, "MAIL", "AUTH", "STARTTLS"].sort());
  expect(allowed("mail")).toEqual([...always, "RCPT"].sort());
  expect(allowed("rcpt")).toEqual([...always, "RCPT", "DATA"].sort());
  expect(allowed("content")).toEqual(["message"]);
  expect(allowed("refused")).toEqual(["QUIT"]);
  expect([...allowed("busy"), ...allowed("closed")]).toEqual([]);
});

describe("properties", () => {
  const parts = fc.constantFrom(
    ...[
      "250 ok\r\n",
      "250-a\r\n250 b\r\n",
      "250\r\n",
      "354 go\r\n",
      "334 d2hhdD8=\r\n",
      "334 \r\n",
      "334 x y\r\n",
      "235 ok\r\n",
      "421 bye\r\n",
      "550 5.1.1 no\r\n",
    ],
    ...[
      "452 4.5.3 x\r\n",
      "250 a\n",
      "\0",
      "25",
      "299 x\r\n",
      "600 x\r\n",
      "250-a\r\n251 b\r\n",
      "220 tls\r\n",
      "221 bye\r\n",
    ],
  );
  const answers = fc.array(parts, { maxLength: 14 }).map((all) => octets(HELLO + all.join("")));

  it("chunking never matters, and no octets make anything throw", () => {
    const cut = answers.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
    fc.assert(
      fc.property(cut, fc.boolean(), fc.boolean(), ([input, chunks], pipelining, login) => {
        const run = (pieces: readonly Uint8Array[]) => {
          const session = new SmtpClientSession({ pipelining });
          return drive(session, pieces, (event) => {
            if (event.type === "greeting" && event.ok) session.ehlo("client.example.com");
            else if (event.type === "ehlo" && event.ok) login ? session.auth(echo("hi")) : transaction(session);
            else if (event.type === "auth" && session.state === "ready") transaction(session);
            else if (event.type === "data" && event.ok) {
              message(session);
              if (session.state === "ready") transaction(session);
            } else if (
              "ok" in event &&
              !event.ok &&
              session.state !== "closed" &&
              session.state !== "content" &&
              session.state !== "busy"
            ) {
              if (session.state !== "refused") session.rset();
              session.quit();
            }
          });
        };
        const expected = run([input]);
        expect(run(chunks)).toEqual(expected);
        expect(run(byteByByte(input))).toEqual(expected);
        expect(expected.events.at(-1)).toMatchObject({ type: "closed" });
      }),
      { numRuns: runs() },
    );
  });
});
