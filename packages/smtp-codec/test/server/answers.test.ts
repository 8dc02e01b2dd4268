import { makeMailbox, type Reply, type SmtpServerOptions, SmtpServerSession, StateError } from "smtp-codec";
import { forwardReply } from "smtp-codec/texts";
import { drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, fake, MAIL, play, RCPT, replies } from "../support.ts";
import { greeted, OUT_OF_PLACE } from "./support.ts";

describe("answers", () => {
  const stop = (input: string, type: string, options: Partial<SmtpServerOptions> = {}) => {
    const session = new SmtpServerSession({ host: "mx.example.com", mechanisms: ["ASK"], ...options });
    session.receive(octets(input));
    for (const event of session) {
      if (event.type === type) break;
      accept(session, event);
    }
    return session;
  };

  it("[SMTP-4.3.2-2] a reply of another class than the answer throws, and nothing is sent", () => {
    const session = stop(EHLO + MAIL, "mail");
    session.takeOutputPieces();
    expect(() => session.accept({ code: 354 })).toThrow('"code" expected 2yz to accept mail, got 354');
    expect(() => session.accept({ code: 550 })).toThrow(RangeError);
    expect(() => session.reject({ code: 250 })).toThrow('"code" expected 4yz or 5yz to refuse, got 250');
    expect(() => session.reply({ code: 354 })).toThrow(RangeError);
    expect(() => session.accept("a\r\n250 b")).toThrow('"reply" expected lines of printable ASCII');
    expect(() => session.reject({ enhanced: "4.7.1" })).toThrow('"enhanced" expected a code of the class of 550');
    expect(() => session.accept({ code: 299 })).toThrow('"code" expected 200 to 559');
    expect([session.takeOutput(), session.nextEvent(), session.waiting]).toEqual([null, null, "decision"]);
    session.accept({ text: ["two", "lines"] });
    expect(text(session.takeOutputPieces())).toBe("250-2.1.0 two\r\n250 2.1.0 lines\r\n");
  });

  it("every answer gives the session, as its commands do on the client's side", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", mechanisms: ["ASK"] });
    const answered: unknown[] = [];
    drive(session, [octets(`${EHLO}AUTH ASK eWVz\r\n${MAIL}${RCPT}BDAT 1\r\nxNOPE\r\n`)], (event) => {
      if (event.type === "auth") answered.push(session.authenticate(fake("ASK")));
      else if (event.type === "sasl") answered.push(session.proceed({ type: "failure", text: "no" }));
      else if (event.type === "rcpt") answered.push(session.reject());
      else if (event.type === "unknown") answered.push(session.reply({ code: 502 }));
      else if (event.answer === "needed") answered.push(session.accept());
    });
    expect(answered).toHaveLength(5);
    for (const each of answered) expect(each).toBe(session);
  });

  it("reply() accepts or refuses by its code, and answers what has no other answer", () => {
    const answered = (input: string, type: string, code: number, options?: Partial<SmtpServerOptions>) => {
      const session = stop(EHLO + input, type, options);
      session.reply({ code, text: "as you say" });
      return text(session.takeOutputPieces()).replace(/^[\s\S]*(?=\d{3} \S+ as you say)/, "");
    };
    expect(answered(MAIL, "mail", 250)).toBe("250 2.1.0 as you say\r\n");
    expect(answered(MAIL, "mail", 450)).toBe("450 4.0.0 as you say\r\n");
    expect(answered("VRFY tim\r\n", "vrfy", 250)).toBe("250 2.0.0 as you say\r\n");
    expect(answered("XFOO bar\r\n", "unknown", 250)).toBe("250 2.0.0 as you say\r\n");
    expect(answered(RCPT, "violation", 550)).toBe("550 5.0.0 as you say\r\n");
    expect(() => answered(RCPT, "violation", 250)).toThrow(RangeError);
  });

  it("what is left out of a reply comes from its event, an enhanced code by the class alone", () => {
    const answered = (input: string, type: string, answer: (session: SmtpServerSession) => unknown) => {
      const session = stop(input, type);
      answer(session);
      return text(session.takeOutputPieces()).split("\r\n").at(-2);
    };
    const data = `${EHLO}${MAIL}${RCPT}DATA\r\n`;
    expect(answered(data, "data", (s) => s.accept({ code: 355 }))).toBe(
      "355 go ahead, end with a line of a single dot",
    );
    expect(answered(EHLO + MAIL, "mail", (s) => s.accept({ code: 251 }))).toBe("251 2.0.0 sender ok");
    expect(answered(EHLO + MAIL, "mail", (s) => s.reject({ code: 451 }))).toBe("451 4.0.0 refused");
    expect(answered(EHLO + MAIL, "mail", (s) => s.reject({ code: 551 }))).toBe("551 5.0.0 refused");
    const reply = (code: number) => (s: SmtpServerSession) => s.reply({ code });
    expect(answered(EHLO + RCPT, "violation", reply(503))).toBe("503 5.5.1 bad sequence of commands");
    expect(answered(EHLO + RCPT, "violation", reply(450))).toBe("450 4.0.0 bad sequence of commands");
    expect(answered(`${data}a\nb\r\n.\r\n`, "refused", reply(451))).toBe(
      "451 4.0.0 message has a CR or LF that is not part of a line end",
    );
    expect(answered(`${EHLO}AUTH ASK\r\n*\r\n`, "authentication-failed", reply(501))).toBe(
      "501 5.0.0 authentication failed",
    );
    expect(answered(`${EHLO}XFOO\r\n`, "unknown", reply(502))).toBe("502 5.0.0 command not recognized");
  });

  it.each([399, 200, 354, 600, 700, Number.NaN])("%d refuses nothing", (code) => {
    const session = stop(EHLO + MAIL, "mail");
    expect(() => session.reject({ code })).toThrow(RangeError);
    expect(session.waiting).toBe("bytes");
    session.reply({ code: 400 });
    expect(text(session.takeOutputPieces())).toMatch(/\r\n400 4\.0\.0 refused\r\n$/);
  });

  it("what refuses content is looked at when it is given", () => {
    const session = stop(`${EHLO}${MAIL}${RCPT}DATA\r\nx\r\n`, "content");
    expect(() => session.reject("a\r\n250 b")).toThrow('"reply" expected lines of printable ASCII');
    expect(() => session.reject({ code: 521 })).toThrow("another than 521");
    expect(() => session.reject({ code: 250 })).toThrow('"code" expected 4yz or 5yz');
    session.reject("no");
    session.receive(octets(".\r\n"));
    for (const event of session) accept(session, event);
    expect(text(session.takeOutputPieces())).toMatch(/\r\n554 5\.7\.1 no\r\n$/);
  });

  it.each<[string, string, Partial<SmtpServerOptions>]>([
    ["without TLS", EHLO, {}],
    ["before the greeting", "", { tls: true }],
    ["behind a hello", EHLO, { tls: true }],
  ])("refuseTls() %s throws", (_, input, options) => {
    const session = new SmtpServerSession({ host: "mx.example.com", ...options });
    if (input !== "") drive(session, [octets(input)], (event) => accept(session, event), false);
    expect(() => session.refuseTls()).toThrow(StateError);
    expect(() => session.refuseTls()).toThrow(/^refuseTls\(\) is not possible in state "\w+"; legal now: .+$/);
  });

  it("refuseTls() is possible where TLS was there before the greeting", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", tls: true });
    drive(session, [], () => {}, false);
    session.refuseTls();
    expect(session.state).toBe("refused");
  });

  it.each<[string, Partial<SmtpServerOptions>]>([
    ["ehlo", {}],
    ["violation", { earlyTalker: "report" }],
    ["connect", {}],
  ])("refuseTls() throws after %s, whose answer would undo it", (type, options) => {
    const session = stop(`${EHLO}NOOP\r\n`, type, { tls: true, ...options });
    expect(() => session.refuseTls()).toThrow(StateError);
    expect(() => session.refuseTls()).toThrow(
      "refuseTls() is not possible while an event is to be answered; legal now: its answer, which may refuse it",
    );
  });

  it.each<[string, string, string]>([
    ["before AUTH", EHLO, "none"],
    ["in AUTH", `${EHLO}AUTH ECHO\r\n`, "none"],
    ["before the answer to AUTH's end", `${EHLO}AUTH ECHO eWVz\r\n`, "authenticated"],
    ["in a transaction", `${EHLO}AUTH ECHO eWVz\r\n${MAIL}`, "none"],
    ["with an answer owed", `${EHLO}AUTH ECHO eWVz\r\nVRFY x\r\n`, "vrfy"],
    ["in a line", `${EHLO}AUTH ECHO eWVz\r\nNO`, "none"],
  ])("beginSecurityLayer() %s throws", (_, input, type) => {
    const session = stop(input, type, { mechanisms: ["ECHO"] });
    expect(() => session.beginSecurityLayer()).toThrow(StateError);
    expect(() => session.beginSecurityLayer()).toThrow(
      /^beginSecurityLayer\(\) is not possible other than at the end of AUTH; legal now: .+$/,
    );
  });

  it("after beginSecurityLayer() no hello counts", () => {
    const leniencies = { mailWithoutHello: true };
    const session = stop(`${EHLO}AUTH ECHO eWVz\r\n`, "none", { mechanisms: ["ECHO"], leniencies });
    expect([session.beginSecurityLayer(), session.state]).toEqual([[], "greeted"]);
    const { events } = drive(
      session,
      [octets(`${MAIL}${RCPT}DATA\r\n.\r\n`)],
      (event) => accept(session, event),
      false,
    );
    expect(events.at(-1)).toMatchObject({ type: "message", with: "SMTP" });
  });

  it("a connection refused goes on in another session", () => {
    const session = stop("", "connect");
    session.reject();
    const options = { host: "mx.example.com" };
    const restored = SmtpServerSession.restore(session.snapshot(), options);
    const { output } = drive(restored, [octets("NOOP\r\nQUIT\r\n")], (event) => accept(restored, event));
    expect(output).toBe(`554 no service here\r\n${OUT_OF_PLACE}221 2.0.0 mx.example.com closing connection\r\n`);
  });

  it("a reply has a line at least", () => {
    const session = stop("", "connect");
    expect(() => session.accept({ text: [] })).toThrow(new RangeError('"text" expected at least one line'));
    session.accept();
    expect(text(session.takeOutputPieces())).toBe("220 mx.example.com ESMTP\r\n");
  });

  it("an accepted hello has one line of text, in front of the keywords", () => {
    const { output } = play(EHLO, {}, (session, event) => {
      if (event.type !== "ehlo") return;
      expect(() => session.accept({ text: ["two", "lines"] })).toThrow('"text" expected one line to accept ehlo');
      session.accept("at your service");
    });
    expect(output).toContain("\r\n250-mx.example.com at your service\r\n250-PIPELINING\r\n");
  });

  it("[SMTP-3.1-3] a connection refused takes QUIT alone", () => {
    const { output } = play(`${EHLO}FOO\r\nQUIT\r\n`, {}, (session, event) => {
      if (event.type === "connect") session.reject();
    });
    // No reply to EHLO has an enhanced code (RFC 2034 §4).
    expect(output).toBe(
      `554 no service here\r\n503 bad sequence of commands\r\n${OUT_OF_PLACE}221 2.0.0 mx.example.com closing connection\r\n`,
    );
  });

  it("[SMTP-3.8-1] 421 as a reply closes", () => {
    const { output, events } = play(`${EHLO}${MAIL}NOOP\r\n`, {}, (session, event) => {
      if (event.type === "mail") session.reject({ code: 421, text: "too busy" });
      else accept(session, event);
    });
    expect(output.endsWith("421 4.0.0 mx.example.com too busy\r\n")).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "reply-421" });
  });

  it.each(["NOOP", "RSET", "QUIT"])("421 is a reply to %s too", (verb) => {
    for (const [answer, said] of [
      [(session) => session.reject({ code: 421 }), "4.3.2 mx.example.com shutting down"],
      [(session) => session.reply({ code: 421, text: "bye" }), "4.0.0 mx.example.com bye"],
    ] satisfies [(session: SmtpServerSession) => unknown, string][]) {
      const session = stop(`${EHLO}${MAIL}${verb}\r\nNOOP\r\n`, verb.toLowerCase());
      answer(session);
      expect([...session].map((event) => ("cause" in event ? event.cause : event.type))).toEqual([
        "closed",
        "reply-421",
      ]);
      expect(text(session.takeOutputPieces())).toMatch(new RegExp(`sender ok\r\n421 ${said}\r\n$`));
    }
  });

  it.each<[string, () => SmtpServerSession, (session: SmtpServerSession) => void, string]>([
    [
      "accept() while nothing is owed",
      () => stop("", "none"),
      (session) => session.accept(),
      "while no answer is owed",
    ],
    [
      "reject() while nothing is owed",
      () => stop("", "none"),
      (session) => session.reject(),
      "while no answer is owed",
    ],
    [
      "reply() while nothing is owed",
      () => stop("", "none"),
      (session) => session.reply({ code: 250 }),
      "while no answer is owed",
    ],
    [
      "accept() of auth",
      () => stop(`${EHLO}AUTH ASK\r\n`, "auth"),
      (session) => session.accept(),
      "legal now: authenticate() and reject()",
    ],
    [
      "accept() of a step",
      () => stop(`${EHLO}AUTH ASK\r\n`, "sasl"),
      (session) => session.accept(),
      "legal now: proceed()",
    ],
    [
      "reply() to a step",
      () => stop(`${EHLO}AUTH ASK\r\n`, "sasl"),
      (session) => session.reply({ code: 454 }),
      "legal now: proceed()",
    ],
    [
      "authenticate() of mail",
      () => stop(EHLO + MAIL, "mail"),
      (session) => session.authenticate(fake("x")),
      "legal now: accept(), reject() and reply()",
    ],
    [
      "proceed() of mail",
      () => stop(EHLO + MAIL, "mail"),
      (session) => session.proceed({ type: "failure", text: "" }),
      'after a "mail" event',
    ],
    [
      "reject() of RSET",
      () => stop(`${EHLO}RSET\r\n`, "rset"),
      (session) => session.reject(),
      "legal now: accept(), and reject() by 421",
    ],
    [
      "reply() to NOOP, of another code",
      () => stop(`${EHLO}NOOP\r\n`, "noop"),
      (session) => session.reply({ code: 450 }),
      'after a "noop" event',
    ],
    [
      "reply() to AUTH that accepts",
      () => stop(`${EHLO}AUTH ASK\r\n`, "auth"),
      (session) => session.reply({ code: 235 }),
      'after a "auth" event',
    ],
    [
      "accept() of a violation",
      () => stop("MAIL\r\n", "violation"),
      (session) => session.accept(),
      "legal now: reply()",
    ],
    [
      "tlsEstablished() without STARTTLS",
      () => stop("", "none"),
      (session) => session.tlsEstablished(),
      "without a TLS handshake to come",
    ],
    [
      "tlsFailed() without STARTTLS",
      () => stop("", "none"),
      (session) => session.tlsFailed(),
      "without a TLS handshake to come",
    ],
  ])("%s throws a StateError", (title, at, call, message) => {
    const session = at();
    expect(() => call(session)).toThrow(StateError);
    expect(() => call(session)).toThrow(`${title.split(" ", 1)[0]} is not possible `);
    expect(() => call(session)).toThrow(/; legal now: .+$/);
    // What is legal stands at the end.
    const whole = message.startsWith("legal") ? new RegExp(`${message.replace(/[()]/g, "\\$&")}$`) : message;
    expect(() => call(session)).toThrow(whole);
  });

  it.each<[string, Reply, string]>([
    ["250", { code: 250, enhanced: "2.1.5", lines: ["one", "two"] }, "250-2.1.5 one\r\n250 2.1.5 two\r\n"],
    ["550, without an enhanced code", { code: 550, enhanced: null, lines: ["no"] }, "550 5.0.0 no\r\n"],
    [
      "of octets",
      { code: 450, enhanced: "4.2.1", lines: ["\ufffd"], octets: [octets("\xff")] },
      '"reply" expected lines of printable ASCII',
    ],
    ["299", { code: 299, enhanced: null, lines: ["ok"] }, '"code" expected 200 to 559, got 299'],
    ["of no lines", { code: 250, enhanced: null, lines: [] }, '"lines" expected at least one line'],
  ])("a whole reply is an answer: %s", (_, reply, expected) => {
    const session = stop(EHLO + MAIL, "mail");
    session.takeOutputPieces();
    if (expected.startsWith('"')) expect(() => session.reply(reply)).toThrow(expected);
    else expect(text(session.reply(reply).takeOutputPieces())).toBe(expected);
  });

  it("[SMTP-4.2-10] a proxy's server passes on what another server said", () => {
    const passed = (options: Partial<SmtpServerOptions>, code: number) => {
      const session = stop(EHLO + MAIL, "mail", options);
      session.takeOutputPieces();
      return text(session.reply({ code, enhanced: null, lines: ["said"] }).takeOutputPieces());
    };
    const proxy = { leniencies: { anySecondDigit: true } };
    expect([passed(proxy, 299), passed(proxy, 599)]).toEqual(["299 2.0.0 said\r\n", "599 5.0.0 said\r\n"]);
    expect(() => passed(proxy, 600)).toThrow('"code" expected 200 to 599, got 600');
    expect(() => passed({}, 299)).toThrow('"code" expected 200 to 559, got 299');
  });

  it("[UTF8-3.7.4.1-2] where a recipient has gone is an answer to RCPT", () => {
    const mail = "MAIL FROM:<a@example.com> SMTPUTF8\r\n";
    const tim = makeMailbox("dömi", "example.org");
    for (const [input, smtputf8, yes, no] of [
      [
        mail,
        true,
        "251 2.1.5 user not local; will forward to <dömi@example.org>",
        "551 5.7.1 user not local; please try <dömi@example.org>",
      ],
      [MAIL, false, "250 2.1.5 recipient ok, will be forwarded", "550 5.1.6 the mailbox has moved"],
    ] as const) {
      const answer = (code: 251 | 551) => {
        const session = stop(EHLO + input + RCPT, "rcpt", { smtputf8: true });
        session.takeOutputPieces();
        const reply = forwardReply(code, tim, smtputf8);
        const pieces = (code === 251 ? session.accept(reply) : session.reject(reply)).takeOutputPieces();
        return new TextDecoder().decode(pieces[0]);
      };
      expect([answer(251), answer(551)]).toEqual([`${yes}\r\n`, `${no}\r\n`]);
    }
  });

  it("[SMTP-4.5.3.1.10-1] recipients beyond the limit get 452, and DATA still works", () => {
    const many = `${EHLO}${MAIL}${RCPT.repeat(101)}DATA\r\n.\r\n`;
    expect(replies(many, { maxRecipients: 100 })).toMatch(
      /452 4\.5\.3 too many recipients\r\n354 [^\r]*\r\n250 2\.0\.0 message accepted\r\n$/,
    );
  });

  it("[SMTP-7.8-1] too many refused commands in a row end with 421, and not those of LMTP, nor messages", () => {
    const refusing = (input: string, options: Partial<SmtpServerOptions> = {}) =>
      play(input, { maxErrors: 3, expn: true, ...options }, (session, event) => {
        if (event.type === "rcpt" && event.to.address === "b@example.org") session.accept();
        else if (["rcpt", "vrfy", "expn", "message"].includes(event.type))
          session.reject({ code: event.type === "rcpt" && event.to.address === "later@d" ? 450 : 550 });
        else accept(session, event);
      }).output;
    const no = "RCPT TO:<no@d>\r\n";
    const end = /421 4\.7\.0 mx\.example\.com too many errors\r\n$/;
    expect(refusing(EHLO + MAIL + no.repeat(3))).toMatch(end);
    expect(refusing(`${EHLO}VRFY x\r\nEXPN y\r\nX\r\n`)).toMatch(end);
    expect(refusing(`${EHLO}${MAIL}${no}RSET\r\n${MAIL}${no}${RCPT}${no}`)).toMatch(end);
    expect(refusing(EHLO + MAIL + "RCPT TO:<later@d>\r\n".repeat(9))).not.toContain("421");
    expect(refusing(EHLO + `${MAIL}${RCPT}DATA\r\n.\r\n`.repeat(4))).not.toContain("421");
    expect(refusing(`L${EHLO.slice(1)}${MAIL}${no.repeat(9)}`, { protocol: "lmtp" })).not.toContain("421");
  });

  it.each<[string, Partial<SmtpServerOptions>, string[], number]>([
    ["a message accepted", {}, ["message"], 2],
    ["a last chunk accepted", { chunking: true }, ["message"], 2],
    ["a message refused", {}, [], 0],
    ["LMTP, accepted for one recipient", { protocol: "lmtp" }, ["2"], 2],
    ["LMTP, accepted for nobody", { protocol: "lmtp" }, [], 0],
  ])("[SMTP-7.8-1] %s: whether faults before it count on", (_, options, accepted, more) => {
    const { protocol, chunking } = options;
    const hello = protocol === "lmtp" ? `L${EHLO.slice(1)}` : EHLO;
    const content = chunking ? "BDAT 0 LAST\r\n" : "DATA\r\n.\r\n";
    const faults = (input: string) =>
      play(hello + input, { maxErrors: 3, ...options }, (session, event) => {
        if (event.type === "message" && event.answer === "needed" && !accepted.includes("message")) session.reject();
        else if (event.type === "delivery" && !accepted.includes(`${event.index}`)) session.reject();
        else accept(session, event);
      }).output.match(/^(?:500|421)/gm);
    const all = [
      ..."500 "
        .repeat(2 + more)
        .trim()
        .split(" "),
      "500",
      "421",
    ];
    expect(faults(`X\r\n${MAIL}X\r\n${RCPT.repeat(3)}${content}${"X\r\n".repeat(5)}`)).toEqual(all);
  });

  it("[SMTP-7.8-1] too many faulty commands without an accepted message between them end with 421", () => {
    expect(greeted("X\r\nRCPT\r\nNOOP\r\n", { maxErrors: 2 })).toBe(
      `500 5.5.2 command not recognized\r\n${OUT_OF_PLACE}421 4.7.0 mx.example.com too many errors\r\n`,
    );
    expect(greeted(`X\r\n${MAIL}${RCPT}Y\r\nNOOP\r\n`, { maxErrors: 2 })).toMatch(/\r\n421 [^\r]*\r\n$/);
  });

  it.each<[Partial<SmtpServerOptions>, string]>([
    [{ host: "a b" }, '"host" expected a domain'],
    [{ host: 5 as unknown as string }, '"host" expected a string, got number'],
    [{ greeting: "a\r\nb" }, '"greeting" expected'],
    [{ mechanisms: ["A B"] }, '"mechanisms" expected'],
    [{ maxMessageSize: 65_535 }, '"maxMessageSize" expected a whole number of at least 65536'],
    [{ maxRecipients: 99 }, '"maxRecipients" expected'],
    [{ maxErrors: 0.5 }, '"maxErrors" expected'],
    [{ lineEndings: "keep" as "reject" }, '"lineEndings" expected one of reject, normalize, preserve'],
  ])("refuses the options %j", (options, message) => {
    expect(() => new SmtpServerSession({ host: "mx.example.com", ...options })).toThrow(message);
  });
});
