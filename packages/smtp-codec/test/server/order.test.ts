import { type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { byteByByte, drive, everySplit, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";
import { greeted, OUT_OF_PLACE, playBothWays } from "./support.ts";

type Options = Partial<SmtpServerOptions>;

const SENDER = "250 2.1.0 sender ok\r\n";
const RECIPIENT = "250 2.1.5 recipient ok\r\n";
const GO_AHEAD = "354 go ahead, end with a line of a single dot\r\n";
const ACCEPTED = "250 2.0.0 message accepted\r\n";
const OK = "250 2.0.0 ok\r\n";
const NOT_OFFERED = "502 5.5.1 command not offered\r\n";
const TOO_LONG = "500 5.5.2 line too long\r\n";

/** The replies after EHLO, where the application refuses the first event of a kind. */
function refusing(type: string, input: string, options: Options = {}): string {
  const whole = octets(EHLO + input);
  const [one, other] = [[whole], byteByByte(whole)].map((chunks) => {
    let left = 1;
    const { output } = play(chunks, options, (session, event) => {
      if (event.type === type && left-- > 0) session.reject();
      else accept(session, event);
    });
    return output.replace(/^220 [^\r]*\r\n(?:250-.*\r\n)*250 HELP\r\n/, "");
  });
  expect(other).toBe(one);
  return one!;
}

describe("the order of commands", () => {
  it.each([
    ["[SMTP-3.3-6] RCPT without MAIL", RCPT, OUT_OF_PLACE],
    ["[SMTP-4.1.1.2-1] MAIL in a transaction keeps it", `${MAIL}${MAIL}${RCPT}`, SENDER + OUT_OF_PLACE + RECIPIENT],
    [
      "[SMTP-4.1.1.6-1] VRFY, EXPN, HELP and NOOP change nothing",
      `${MAIL}${RCPT}VRFY x\r\nEXPN x\r\nHELP\r\nNOOP\r\nDATA\r\n.\r\n`,
      `${SENDER}${RECIPIENT}252 2.5.0 cannot verify, send some mail and see\r\n502 5.5.1 command not offered\r\n214 2.0.0 see RFC 5321\r\n${OK}${GO_AHEAD}${ACCEPTED}`,
    ],
    [
      "[SMTP-4.1.1.4-1] content that looks like commands",
      `${MAIL}${RCPT}DATA\r\nRSET\r\nQUIT\r\n.\r\nNOOP\r\n`,
      SENDER + RECIPIENT + GO_AHEAD + ACCEPTED + OK,
    ],
    [
      "[SMTP-2.4-9] length before verb, verb before state, state before argument",
      `XFOO ${"x".repeat(600)}\r\nEXPN\r\nRCPT TO:x\r\n${MAIL}RCPT TO:<> X=1\r\n`,
      `${TOO_LONG}502 5.5.1 command not offered\r\n${OUT_OF_PLACE}${SENDER}501 5.1.3 expected a path in angle brackets of at most 256 octets (RFC 5321 section 4.1.2)\r\n`,
    ],
    [
      "[PIPE-3.2-7] refused and malformed commands discard nothing",
      `RCPT\r\nX\0\r\n${"y".repeat(14_000)}\r\nMAIL\r\nNOOP\r\n`,
      `${OUT_OF_PLACE}500 5.5.2 line not understood\r\n${TOO_LONG}501 5.5.2 expected FROM:<path>\r\n${OK}`,
    ],
    [
      "[SMTP-4.5.3.1.4-2] a line is measured by itself, whatever else has come",
      `NOOP\r\nNOOP ${"x".repeat(505)}\r\nNOOP\r\n`,
      OK.repeat(3),
    ],
  ])("%s", (_, input, expected) => {
    expect(greeted(input)).toBe(expected);
  });

  it("[SMTP-4.1.4-1] NOOP, HELP, VRFY, EXPN and RSET are served before any hello", () => {
    const { output } = playBothWays("NOOP\r\nHELP\r\nVRFY x\r\nEXPN x\r\nRSET\r\nMAIL FROM:<a@b>\r\n", { expn: true });
    expect(output.split("\r\n").map((line) => line.slice(0, 3))).toEqual([
      "220",
      "250",
      "214",
      "252",
      "250",
      "250",
      "503",
      "",
    ]);
  });

  it("[SMTP-4.1.1.1-4] the leniency mailWithoutHello takes MAIL before a hello, and nothing else", () => {
    const leniencies = { mailWithoutHello: true };
    const input = `${RCPT}${MAIL}${MAIL}${RCPT}DATA\r\n.\r\n${MAIL}RSET\r\n`;
    const { output, events } = playBothWays(input, { leniencies });
    const transaction = `${OUT_OF_PLACE}${SENDER}${OUT_OF_PLACE}${RECIPIENT}${GO_AHEAD}${ACCEPTED}`;
    expect(output).toBe(`220 mx.example.com ESMTP\r\n${transaction}${SENDER}${OK}`);
    expect(events.find(({ type }) => type === "message")).toMatchObject({ with: "SMTP" });
  });

  it.each(["MAIL FROM:<x@y>", "STARTTLS", "AUTH ECHO"])("%s in a transaction is refused, and ends nothing", (line) => {
    const found = greeted(`${MAIL}${RCPT}${line}\r\nDATA\r\n`, { starttls: true, mechanisms: ["ECHO"] });
    expect(found).toBe(SENDER + RECIPIENT + OUT_OF_PLACE + GO_AHEAD);
  });

  it("a chunk where none is offered is read over, and ends nothing", () => {
    expect(greeted(`${MAIL}BDAT 6\r\nRSET\r\n${RCPT}BDAT 6 LAST\r\nRSET\r\nDATA\r\n`)).toBe(
      SENDER + NOT_OFFERED + RECIPIENT + NOT_OFFERED + GO_AHEAD,
    );
  });

  it("[SMTP-4.1.1.1-4] MAIL before a hello is out of place", () => {
    expect(playBothWays(MAIL).output).toBe(`220 mx.example.com ESMTP\r\n${OUT_OF_PLACE}`);
  });

  it.each([
    [
      "[SMTP-3.3-5] MAIL leaves no transaction",
      "mail",
      MAIL + RCPT + MAIL + RCPT,
      `550 5.7.1 refused\r\n${OUT_OF_PLACE}${SENDER}${RECIPIENT}`,
    ],
    [
      "[SMTP-3.3-5] RCPT leaves the others",
      "rcpt",
      `${MAIL}${RCPT}${RCPT}DATA\r\n.\r\n`,
      `${SENDER}550 5.7.1 refused\r\n${RECIPIENT}${GO_AHEAD}${ACCEPTED}`,
    ],
    [
      "[SMTP-4.1.1.4-4] DATA leaves the transaction",
      "data",
      `${MAIL}${RCPT}DATA\r\n${RCPT}DATA\r\n.\r\n`,
      `${SENDER}${RECIPIENT}554 5.7.1 refused\r\n${RECIPIENT}${GO_AHEAD}${ACCEPTED}`,
    ],
    [
      "[SMTP-4.1.1.1-6] HELO leaves the transaction",
      "helo",
      `${MAIL}HELO x\r\n${RCPT}`,
      `${SENDER}550 refused\r\n${RECIPIENT}`,
    ],
  ])("%s where it is refused", (_, type, input, expected) => {
    expect(refusing(type, input)).toBe(expected);
  });

  it("[PIPE-3.2-3] 354 needs one accepted recipient, wherever it stands", () => {
    const last = `${MAIL}RCPT TO:<x@y>\r\n${RCPT}DATA\r\n.\r\n`;
    expect(refusing("rcpt", last)).toContain(GO_AHEAD);
    expect(refusing("rcpt", `${MAIL}${RCPT}DATA\r\n`)).toBe(
      `${SENDER}550 5.7.1 refused\r\n554 5.5.1 no valid recipients\r\n`,
    );
  });

  it("[PIPE-3.2-4] there is no way to 354 without recipients: what looks like content is read as commands", () => {
    expect(refusing("rcpt", `${MAIL}${RCPT}DATA\r\n.\r\nNOOP\r\n`)).toBe(
      `${SENDER}550 5.7.1 refused\r\n554 5.5.1 no valid recipients\r\n500 5.5.2 expected a command\r\n${OK}`,
    );
  });

  it("[SMTP-3.3-1] a transaction begins with no recipients of the one before", () => {
    const { events } = playBothWays(`${EHLO}${MAIL}${RCPT}RSET\r\n${MAIL}RCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n`);
    expect(events.at(-2)).toMatchObject({ type: "message", recipients: [{ to: { address: "c@d" } }], size: 3 });
  });

  it("[SMTP-4.1.1.5-2] the end of input drops the transaction, without a reply", () => {
    const { output, events } = playBothWays(EHLO + MAIL);
    expect(output.endsWith(SENDER)).toBe(true);
    expect(events.slice(-2)).toMatchObject([
      { type: "aborted", cause: "closed" },
      { type: "closed", cause: "end-of-input" },
    ]);
  });

  it("[SMTP-4.5.1-1] no option takes one of the required commands away", () => {
    const off = { pipelining: false, eightBitMime: false, size: false, enhancedStatusCodes: false, help: false };
    const { output } = playBothWays(
      `HELO x\r\nEHLO x\r\n${MAIL}${RCPT}DATA\r\n.\r\nRSET\r\nNOOP\r\nVRFY x\r\nQUIT\r\n`,
      off,
    );
    expect(output).not.toMatch(/^50[02]/m);
  });
});

describe("replies", () => {
  it("[SMTP-4.2-1] each command gets one, in order, whatever mixture comes", () => {
    const lines = [
      "NOOP",
      "X",
      "y".repeat(600),
      "MAIL FROM:<",
      "RCPT TO:<a@b>",
      "MAIL FROM:<a@b>",
      "RCPT TO:<c@d>",
      "z".repeat(20_000),
      "\0",
      "RSET",
      "VRFY",
      "QUIT x",
      "BDAT 0",
    ];
    const { output } = playBothWays(EHLO + lines.map((line) => `${line}\r\n`).join(""));
    const codes = output.split("\r\n").flatMap((line) => /^(\d{3}) /.exec(line)?.[1] ?? []);
    expect(codes.slice(2)).toEqual([
      "250",
      "500",
      "500",
      "501",
      "503",
      "250",
      "250",
      "500",
      "500",
      "250",
      "501",
      "501",
      "502",
    ]);
  });

  it("[SMTP-4.2-12] none repeats an octet of the client's", () => {
    const word = "ZZQX";
    const input = [
      word,
      `MAIL FROM:<${word}>`,
      `MAIL FROM:<a@b> ${word}=${word}`,
      `MAIL FROM:<a@b> SIZE=${word}`,
      `AUTH ${word}`,
      `VRFY ${word}`,
      `HELP ${word}`,
      `NOOP ${word}`,
      `RSET ${word}`,
      `BDAT ${word}`,
    ];
    const { output } = playBothWays(`${EHLO}${input.map((line) => `${line}\r\n`).join("")}`, {
      mechanisms: ["ECHO"],
      chunking: true,
    });
    expect(output).not.toContain(word);
    expect(output.match(/\r\n/g)!.length).toBeGreaterThan(input.length);
  });

  it("[SMTP-4.2-14] 220, 221 and 421 begin with the host, after an enhanced code", () => {
    const session = new SmtpServerSession({ host: "[192.0.2.1]" });
    drive(session, [octets(EHLO)], (event) => accept(session, event), false);
    session.shutdown("now");
    expect(text(session.takeOutputPieces())).toBe("421 4.3.2 [192.0.2.1] now\r\n");
    expect(play("QUIT\r\n", { host: "[192.0.2.1]" }).output).toBe(
      "220 [192.0.2.1] ESMTP\r\n221 2.0.0 [192.0.2.1] closing connection\r\n",
    );
  });

  it("[ESC-2034.4-5] [ESC-2034.4-2] enhanced codes come before EHLO and after HELO too, and never in 3yz", () => {
    const { output } = playBothWays(`NOOP\r\nHELO x\r\n${MAIL}${RCPT}DATA\r\n.\r\n`);
    expect(output).toBe(
      `220 mx.example.com ESMTP\r\n${OK}250 mx.example.com\r\n${SENDER}${RECIPIENT}${GO_AHEAD}${ACCEPTED}`,
    );
  });

  it("[ESC-2034.4-4] stand with their code on every line", () => {
    const { output } = play(EHLO + MAIL, {}, (session, event) => {
      if (event.type === "mail") session.reject({ code: 450, enhanced: "4.2.1", text: ["one", "two", "three"] });
    });
    expect(output.endsWith("450-4.2.1 one\r\n450-4.2.1 two\r\n450 4.2.1 three\r\n")).toBe(true);
  });

  it("[ESC-2034.4-6] an application's code without one gets its class", () => {
    for (const [code, line] of [
      [250, "250 2.1.0 x"],
      [251, "251 2.0.0 x"],
      [450, "450 4.0.0 x"],
      [550, "550 5.0.0 x"],
      [553, "553 5.0.0 x"],
    ] as const) {
      const { output } = play(EHLO + MAIL, {}, (session, event) => {
        if (event.type === "mail") session.reply({ code, text: "x" });
      });
      expect(output.endsWith(`${line}\r\n`)).toBe(true);
    }
  });

  it("[ESC-2034.4-3] a class that is not the code's throws", () => {
    play(EHLO + MAIL, {}, (session, event) => {
      if (event.type !== "mail") return;
      expect(() => session.accept({ enhanced: "5.1.0" })).toThrow('"enhanced" expected a code of the class of 250');
      session.accept();
    });
  });

  it("[PIPE-3.2-1] leave in the order of the commands, also where the application decides late", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    drive(session, [octets(`${EHLO}NOOP\r\n${MAIL}NOOP\r\nRSET\r\n`)], () => {}, false);
    expect([session.waiting, session.takeOutput()]).toEqual(["decision", null]);
    session.receive(octets("QUIT\r\n"));
    session.accept("late");
    for (const _ of session);
    expect(text(session.takeOutputPieces())).toBe(
      `250 2.1.0 late\r\n${OK}${OK}221 2.0.0 mx.example.com closing connection\r\n`,
    );
  });

  it("[PIPE-3.2-2] [PIPE-3.2-6] to a batch leave in one piece, and none is held back", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    drive(session, [octets(EHLO)], (event) => accept(session, event), false);
    for (const event of session.receive(octets(`${MAIL}${RCPT}${RCPT}RSET\r\nNO`))) accept(session, event);
    expect(session.waiting).toBe("bytes");
    expect(session.takeOutputPieces().map((piece) => text(piece))).toEqual([SENDER + RECIPIENT + RECIPIENT + OK]);
  });

  it("[PIPE-2-1] batches are taken whether PIPELINING is announced or not", () => {
    const { output } = playBothWays(`${EHLO}${MAIL}${RCPT}DATA\r\n.\r\n`, { pipelining: false });
    expect(output).not.toContain("PIPELINING");
    expect(output.endsWith(SENDER + RECIPIENT + GO_AHEAD + ACCEPTED)).toBe(true);
  });
});

describe("lines and content", () => {
  it("[SMTP-2.4-4] nothing happens before a CRLF has come", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    drive(session, [octets(EHLO)], () => {}, false);
    for (const chunk of ["NOOP", "\r", ""]) {
      session.receive(octets(chunk));
      expect([session.nextEvent(), session.takeOutput(), session.waiting]).toEqual([null, null, "bytes"]);
    }
    session.receive(octets("\n"));
    expect(session.nextEvent()).toMatchObject({ type: "noop" });
  });

  it("[SMTP-2.3.8-1] a bare LF or CR ends no line", () => {
    for (const chunks of everySplit(octets(`${EHLO}NOOP\nRSET\rNOOP\r\nRSET\r\n`))) {
      const { events } = play(chunks);
      expect(events.map(({ type }) => type)).toEqual(["connect", "ehlo", "violation", "rset", "closed"]);
    }
  });

  it("[SMTP-3.1-2] what comes before the greeting is kept, and not parsed", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    session.receive(octets(EHLO));
    expect(session.nextEvent()).toMatchObject({ type: "connect" });
    session.accept();
    expect(text(session.takeOutputPieces())).toBe("220 mx.example.com ESMTP\r\n");
    expect(session.nextEvent()).toMatchObject({ type: "ehlo" });
  });

  it("[8BIT-3-2] octets above 127 come through DATA as they are, declared or not", () => {
    for (const body of ["", " BODY=8BITMIME", " BODY=7BIT"]) {
      const { events } = playBothWays(`${EHLO}MAIL FROM:<a@b>${body}\r\n${RCPT}DATA\r\n..\xe4\xff\x80\r\n.\r\n`);
      const content = events.flatMap((event) => (event.type === "content" ? [text(event.bytes)] : [])).join("");
      expect([content, events.at(-2)]).toMatchObject([".\xe4\xff\x80\r\n", { type: "message", size: 6 }]);
    }
  });

  it("[SMTP-4.5.2-1] content comes without its stuffing", () => {
    const { events } = playBothWays(`${EHLO}${MAIL}${RCPT}DATA\r\n..\r\n.x\r\n...\r\n.\r\n`);
    expect(events.flatMap((event) => (event.type === "content" ? [text(event.bytes)] : [])).join("")).toBe(
      ".\r\nx\r\n..\r\n",
    );
  });
});

describe("TLS, AUTH and time", () => {
  it("[SUB-8314.3.3-1] [TLS-4.2-3] under TLS from the start STARTTLS is not announced, and out of place", () => {
    const { output } = playBothWays(`${EHLO}STARTTLS\r\n`, { tls: true, starttls: true });
    expect(output).not.toContain("STARTTLS");
    expect(output.endsWith(OUT_OF_PLACE)).toBe(true);
  });

  it("[TLS-2-1] STARTTLS is announced while TLS is available and not active", () => {
    expect(play(EHLO, { starttls: true }).output).toContain("250-STARTTLS\r\n");
    expect(play(EHLO).output).not.toContain("STARTTLS");
  });

  it("[TLS-4-9] the 220 is in the output once the handshake is awaited, and nothing after it", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    const { output, waiting } = drive(session, [octets(`${EHLO}STARTTLS\r\nNOOP\r\n`)], () => {}, false);
    expect([output.endsWith("220 2.0.0 ready to start TLS\r\n"), waiting]).toEqual([true, "tls"]);
    expect(() => session.accept()).toThrow("while no answer is owed");
  });

  it("[TLS-6-3] a line begun before the handshake is never completed by what comes after it", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    drive(session, [octets(`${EHLO}STARTTLS\r\nQU`)], () => {}, false);
    session.tlsEstablished();
    const { output, waiting } = drive(session, [octets("IT\r\n")], () => {}, false);
    expect([output, waiting]).toEqual(["500 5.5.2 command not recognized\r\n", "bytes"]);
  });

  it("[AUTH-3-1] AUTH is announced with names in upper case, and not without one", () => {
    expect(play(EHLO, { mechanisms: ["scram-sha-256", "ECHO"] }).output).toContain("250-AUTH SCRAM-SHA-256 ECHO\r\n");
    expect(play(EHLO, { mechanisms: [] }).output).not.toContain("AUTH");
  });

  it("[AUTH-4-2] AUTH before EHLO is out of place, and not offered after HELO", () => {
    const options = { mechanisms: ["ECHO"] };
    expect(playBothWays("AUTH ECHO eWVz\r\n", options).output.endsWith(OUT_OF_PLACE)).toBe(true);
    expect(playBothWays("HELO x\r\nAUTH ECHO eWVz\r\n", options).output).toMatch(
      /502 5\.5\.1 command not offered\r\n$/,
    );
  });

  it("[AUTH-4-2] the leniency extensionsAfterHelo takes AUTH, and what else is offered, after HELO", () => {
    const options = { mechanisms: ["ECHO"], leniencies: { extensionsAfterHelo: true } };
    const { output } = playBothWays("HELO x\r\nAUTH ECHO eWVz\r\nMAIL FROM:<a@b> SIZE=1\r\n", options);
    expect(output).toBe(
      `220 mx.example.com ESMTP\r\n250 mx.example.com\r\n235 2.7.0 authentication succeeded\r\n${SENDER}`,
    );
  });

  it("[AUTH-4-11] a response of = is no base64", () => {
    expect(greeted("AUTH ECHO\r\n=\r\nNOOP\r\n", { mechanisms: ["ECHO"] })).toBe(
      `334 d2hhdD8=\r\n501 5.5.2 response is not base64\r\n${OK}`,
    );
  });

  it("[AUTH-4-16] a response may have 12,288 octets with its CRLF, and no more", () => {
    const response = (length: number) =>
      greeted(`AUTH ECHO\r\n${"A".repeat(length - 2)}\r\n`, { mechanisms: ["ECHO"] });
    expect(response(12_286)).toMatch(/535 [^\r]*\r\n$/);
    expect(response(12_289)).toMatch(/500 5\.5\.6 response too long\r\n$/);
  });

  it("[AUTH-4-21] 235 carries no data: a mechanism's last data is one more challenge", () => {
    expect(greeted("AUTH ECHO ZGF0YQ==\r\n\r\n", { mechanisms: ["ECHO"] })).toBe(
      "334 cHJvb2Y=\r\n235 2.7.0 authentication succeeded\r\n",
    );
  });

  it("[SMTP-4.5.3.2.7-1] the client is waited for 300 seconds, in whatever state", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    expect(session.timeout).toEqual({ seconds: 300, for: "command" });
    drive(session, [octets(`${EHLO}${MAIL}${RCPT}DATA\r\n`)], (event) => accept(session, event), false);
    expect(session.timeout).toEqual({ seconds: 300, for: "content" });
  });

  it.each([
    [{ command: 30 }, 30, 300],
    [{ content: 0.5 }, 300, 0.5],
    [{ command: Number.POSITIVE_INFINITY, content: 7 }, Number.POSITIVE_INFINITY, 7],
  ])("timeouts %j say how long the client is waited for, in a restored session too", (timeouts, command, content) => {
    const options = { host: "mx.example.com", timeouts };
    const session = new SmtpServerSession(options);
    expect(session.timeout).toEqual({ seconds: command, for: "command" });
    drive(session, [octets(`${EHLO}${MAIL}${RCPT}DATA\r\n`)], (event) => accept(session, event), false);
    expect(session.timeout).toEqual({ seconds: content, for: "content" });
    const other = { ...options, timeouts: { content: 9 } };
    expect(SmtpServerSession.restore(session.snapshot(), other).timeout).toEqual({ seconds: 9, for: "content" });
  });

  it("[SMTP-4.5.3.2.7-3] a client that was silent gets 421, and its transaction is dropped", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    drive(session, [octets(EHLO + MAIL)], (event) => accept(session, event), false);
    session.timedOut();
    expect(text(session.takeOutputPieces())).toBe("421 4.4.2 mx.example.com timed out\r\n");
    expect([...session]).toMatchObject([
      { type: "aborted", cause: "closed" },
      { type: "closed", cause: "timeout" },
    ]);
  });

  it("[SMTP-4.5.3.1.7-1] [SMTP-4.5.3.1.8-1] the limit of a message is at least 65,536 octets, that of recipients 100", () => {
    expect(() => play("", { maxMessageSize: 65_535 })).toThrow(
      '"maxMessageSize" expected a whole number of at least 65536',
    );
    expect(() => play("", { maxRecipients: 99 })).toThrow('"maxRecipients" expected a whole number of at least 100');
    expect(play(EHLO, { maxRecipients: 99, limits: true }).output).toContain("RCPTMAX=99");
  });

  it("[FUT-4.2-2] FUTURERELEASE is for submission servers alone", () => {
    const futureRelease = { maxInterval: 60, maxDateTime: "2030-01-01T00:00:00Z" };
    for (const protocol of ["smtp", "lmtp"] as const) {
      expect(() => play("", { futureRelease, protocol })).toThrow('"futureRelease" expected the protocol "submission"');
    }
  });
});
