import fc from "fast-check";
import {
  type ServerVerb,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
  StateError,
  serverTable,
} from "smtp-codec";
import { byteByByte, chunkings, cutAt, drive, everySplit, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, fake, MAIL, play, RCPT, replies } from "./support.ts";

const OFFER = ["PIPELINING", "8BITMIME", "SIZE 10240000", "ENHANCEDSTATUSCODES", "HELP"];
const HELLO = [
  "250-mx.example.com",
  ...OFFER.map((keyword, index) => `250${index === OFFER.length - 1 ? " " : "-"}${keyword}`),
  "",
].join("\r\n");
const OUT_OF_PLACE = "503 5.5.1 bad sequence of commands\r\n";
/** The replies behind an accepted EHLO. */
const greeted = (input: string, options?: Partial<SmtpServerOptions>) =>
  replies(EHLO + input, options).replace(/^(?:250-.*\r\n)*250 .*\r\n/, "");

describe("commands and their replies", () => {
  it.each([
    ["[SMTP-3.1-1] the greeting", "", "220 mx.example.com ESMTP\r\n"],
    [
      "[SMTP-3.2-1] HELO is answered without a keyword",
      "HELO x\r\n",
      "220 mx.example.com ESMTP\r\n250 mx.example.com\r\n",
    ],
    ["[SMTP-4.1.1.1-7] EHLO lists what is offered", EHLO, `220 mx.example.com ESMTP\r\n${HELLO}`],
  ])("%s", (_, input, expected) => {
    expect(play(input).output).toBe(expected);
  });

  it.each([
    [
      "[SMTP-4.3.2-1] a transaction",
      `${MAIL}${RCPT}DATA\r\nx\r\n.\r\n`,
      "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n354 go ahead, end with a line of a single dot\r\n250 2.0.0 message accepted\r\n",
    ],
    ["[SMTP-4.1.1.9-1] NOOP, with an argument too", "NOOP\r\nnoop any text\r\n", "250 2.0.0 ok\r\n250 2.0.0 ok\r\n"],
    [
      "[SMTP-3.5.3-1] VRFY is never 250 by itself",
      "VRFY tim\r\n",
      "252 2.5.0 cannot verify, send some mail and see\r\n",
    ],
    ["[SMTP-4.1.1.8-1] HELP", "HELP\r\nHELP MAIL\r\n", "214 2.0.0 see RFC 5321\r\n214 2.0.0 see RFC 5321\r\n"],
    ["[SMTP-4.1.1.5-1] RSET", `${MAIL}RSET\r\n${RCPT}`, `250 2.1.0 sender ok\r\n250 2.0.0 ok\r\n${OUT_OF_PLACE}`],
    [
      "[SMTP-4.1.1.10-1] QUIT, and nothing behind it",
      "QUIT\r\nNOOP\r\n",
      "221 2.0.0 mx.example.com closing connection\r\n",
    ],
    ["[SMTP-3.6.3-1] the null reverse-path", "MAIL FROM:<>\r\n", "250 2.1.0 sender ok\r\n"],
    [
      "[SMTP-4.2.4-1] unknown, and known but not offered",
      "XYZZY\r\nEXPN x\r\nTURN\r\nSTARTTLS\r\nAUTH PLAIN\r\n",
      `500 5.5.2 command not recognized\r\n${"502 5.5.1 command not offered\r\n".repeat(4)}`,
    ],
    [
      "[SMTP-4.1.1-2] verbs match whole",
      "DATAX\r\nRSETFOO\r\n\r\n NOOP\r\n",
      "500 5.5.2 command not recognized\r\n500 5.5.2 command not recognized\r\n500 5.5.2 expected a command\r\n500 5.5.2 expected a command\r\n",
    ],
    [
      "[SMTP-4.1.1-3] an argument where none is",
      "RSET x\r\nQUIT x\r\nDATA x\r\n",
      `501 5.5.4 RSET has no argument\r\n501 5.5.4 QUIT has no argument\r\n${OUT_OF_PLACE}`,
    ],
    ["[SMTP-4.1.1-1] white space at the end", "NOOP \t\r\nRSET \r\n", "250 2.0.0 ok\r\n250 2.0.0 ok\r\n"],
    ["[SMTP-4.1.1.6-2] VRFY without an argument", "VRFY\r\n", "501 5.5.4 VRFY expected an argument\r\n"],
    [
      "[SMTP-3.3-3] a path without brackets",
      "MAIL FROM:a@b\r\nMAIL FROM: a@b\r\n",
      "501 5.5.2 expected a path in angle brackets\r\n".repeat(2),
    ],
    [
      "[SMTP-3.3-2] a space behind the colon",
      "MAIL FROM: <a@b>\r\nRCPT TO: <c@d>\r\n",
      "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n",
    ],
    [
      "[SMTP-4.1.1.2-2] a path that does not parse",
      "MAIL FROM:<a@b@c>\r\nMAIL FROM:<@a:>\r\nMAIL FROM:<Postmaster>\r\n",
      "501 5.1.7 expected a path in angle brackets of at most 256 octets (RFC 5321 section 4.1.2)\r\n".repeat(3),
    ],
    [
      "[SMTP-4.1.1.3-5] an empty forward-path",
      `${MAIL}RCPT TO:<>\r\n`,
      "250 2.1.0 sender ok\r\n501 5.1.3 expected a path in angle brackets of at most 256 octets (RFC 5321 section 4.1.2)\r\n",
    ],
    [
      "[SMTP-4.1.1.3-3] Postmaster",
      `${MAIL}RCPT TO:<PostMaster>\r\n`,
      "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n",
    ],
    [
      "[SMTP-4.1.1.11-1] an unknown parameter",
      "MAIL FROM:<a@b> FOO=1\r\nMAIL FROM:<a@b> AUTH=<>\r\n",
      "555 5.5.4 a parameter is not known or its extension not offered\r\n".repeat(2),
    ],
    [
      "[SMTP-4.1.1.11-3] a parameter given twice",
      "MAIL FROM:<a@b> SIZE=1 size=2\r\n",
      "501 5.5.4 a parameter is given twice\r\n",
    ],
    [
      "[SMTP-4.1.1.11-2] a malformed value",
      "MAIL FROM:<a@b> SIZE=+1\r\nMAIL FROM:<a@b> BODY=9BIT\r\nMAIL FROM:<a@b> SIZE\r\n",
      "501 5.5.4 expected 1 to 20 digits\r\n501 5.5.4 expected 7BIT or 8BITMIME\r\n501 5.5.4 expected 1 to 20 digits\r\n",
    ],
    [
      "RCPT parameters",
      `${MAIL}RCPT TO:<c@d> NOTIFY=NEVER\r\n`,
      "250 2.1.0 sender ok\r\n555 5.5.4 a parameter is not known or its extension not offered\r\n",
    ],
    [
      "[SIZE-6.1-1] a declared size above the limit",
      "MAIL FROM:<a@b> SIZE=10240001\r\nMAIL FROM:<a@b> SIZE=99999999999999999999\r\nMAIL FROM:<a@b> SIZE=10240000\r\n",
      "552 5.3.4 message too big\r\n552 5.3.4 message too big\r\n250 2.1.0 sender ok\r\n",
    ],
    [
      "[SMTP-4.5.3.1.4-1] 512 octets are a command, 513 are none",
      `NOOP ${"x".repeat(505)}\r\nNOOP ${"x".repeat(506)}\r\n${"y".repeat(20_000)}\r\nNOOP\r\n`,
      "250 2.0.0 ok\r\n500 5.5.2 line too long\r\n500 5.5.2 line too long\r\n250 2.0.0 ok\r\n",
    ],
    [
      "[SMTP-2.2.2-2] MAIL may be longer where extensions are offered",
      `MAIL FROM:<a@b>${" ".repeat(512 + 26 + 14 - 17)}\r\nRSET\r\nMAIL FROM:<a@b>${" ".repeat(512 + 26 + 14 - 16)}\r\n`,
      "250 2.1.0 sender ok\r\n250 2.0.0 ok\r\n500 5.5.2 line too long\r\n",
    ],
    [
      "[SMTP-2.3.8-2] a bare LF, a bare CR or a NUL refuses the line and no more",
      "NOOP\nQUIT\r\nQU\rIT\r\nNOOP \0\r\nNOOP\r\n",
      "500 5.5.2 line not understood\r\n500 5.5.2 line not understood\r\n500 5.5.2 line not understood\r\n250 2.0.0 ok\r\n",
    ],
    [
      "[SMTP-2.4-5] an octet above 127",
      "N\xd6OP\r\nVRFY \xe9\r\n",
      "500 5.5.2 expected a command\r\n501 5.5.2 expected printable ASCII\r\n",
    ],
    [
      "[SMTP-3.3-7] DATA without recipients",
      `DATA\r\n${MAIL}DATA\r\n`,
      `${OUT_OF_PLACE}250 2.1.0 sender ok\r\n554 5.5.1 no valid recipients\r\n`,
    ],
  ])("%s", (_, input, expected) => {
    expect(greeted(input)).toBe(expected);
  });

  it("[SMTP-4.1.1.1-1] a hello without a name, and one refused, change nothing", () => {
    expect(greeted(`${MAIL}EHLO\r\n${RCPT}`)).toBe(
      "250 2.1.0 sender ok\r\n501 EHLO expected a domain or an address literal\r\n250 2.1.5 recipient ok\r\n",
    );
  });

  it("[ESC-2034.4-1] without ENHANCEDSTATUSCODES no reply has one", () => {
    expect(greeted(`NOOP\r\n${MAIL}XYZ\r\nQUIT\r\n`, { enhancedStatusCodes: false })).toBe(
      "250 ok\r\n250 sender ok\r\n500 command not recognized\r\n221 mx.example.com closing connection\r\n",
    );
  });

  it("[SMTP-2.2.1-1] with nothing offered EHLO is answered with one line", () => {
    const nothing = { pipelining: false, eightBitMime: false, size: false, enhancedStatusCodes: false, help: false };
    expect(replies(`${EHLO}HELP\r\nMAIL FROM:<a@b> SIZE=1\r\n`, nothing)).toBe(
      "250 mx.example.com\r\n502 command not offered\r\n555 a parameter is not known or its extension not offered\r\n",
    );
  });

  it("[SIZE-3-1] no fixed limit is announced as 0", () => {
    expect(replies(EHLO, { maxMessageSize: Number.POSITIVE_INFINITY })).toContain("250-SIZE 0\r\n");
  });

  it("[SMTP-4.1.1.2-3] after HELO no extension is offered", () => {
    const after = replies("HELO x\r\nMAIL FROM:<a@b> SIZE=1\r\nSTARTTLS\r\nAUTH ECHO\r\n", {
      starttls: true,
      mechanisms: ["ECHO"],
    });
    expect(after).toBe(
      "250 mx.example.com\r\n555 5.5.4 a parameter is not known or its extension not offered\r\n502 5.5.1 command not offered\r\n502 5.5.1 command not offered\r\n",
    );
  });

  it("[PIPE-3.2-8] 3000 NOOPs in one chunk give 3000 replies", () => {
    expect(greeted("NOOP\r\n".repeat(3000))).toBe("250 2.0.0 ok\r\n".repeat(3000));
  });
});

describe("events", () => {
  it("say what the commands hold", () => {
    const { events } = play(
      `EHLO [192.0.2.1]\r\nMAIL FROM:<"a b"@example.com> SIZE=7 body=8bitmime\r\nRCPT TO:<@x,@y:b@example.org>\r\nDATA\r\n..x\r\n.\r\nHELO under_score text\r\n`,
    );
    expect(events).toMatchObject([
      { type: "connect", answer: "default" },
      { type: "ehlo", name: "[192.0.2.1]", nameKind: "address-literal", answer: "default" },
      {
        type: "mail",
        from: { address: '"a b"@example.com', localPart: "a b", domain: "example.com" },
        parameters: { size: 7, body: "8BITMIME" },
        answer: "needed",
      },
      { type: "rcpt", to: { address: "b@example.org", route: ["x", "y"] }, answer: "needed" },
      { type: "data", answer: "default" },
      { type: "content", answer: "none" },
      {
        type: "message",
        from: { address: '"a b"@example.com' },
        recipients: [{ address: "b@example.org" }],
        size: 4,
        answer: "needed",
      },
      { type: "helo", name: "under_score", nameKind: "other" },
      { type: "closed", cause: "end-of-input" },
    ]);
  });

  it("[SMTP-4.1.1.1-5] a hello, RSET, QUIT and the connection's end abort an open transaction, and say so", () => {
    for (const [input, cause] of [
      ["EHLO y\r\n", "hello"],
      ["HELO y\r\n", "hello"],
      ["RSET\r\n", "rset"],
      ["QUIT\r\n", "quit"],
      ["", "closed"],
    ] as const) {
      const aborted = play(`${EHLO}${MAIL}${RCPT}${input}`).events.filter(({ type }) => type === "aborted");
      expect(aborted).toEqual([{ type: "aborted", cause, answer: "none" }]);
    }
    expect(play(`${EHLO}RSET\r\nQUIT\r\n`).events.filter(({ type }) => type === "aborted")).toEqual([]);
  });

  it("[SMTP-4.1.1.4-5] content cut off is an abort and never a message", () => {
    const { events } = play(`${EHLO}${MAIL}${RCPT}DATA\r\nhalf`);
    expect(events.slice(-4)).toMatchObject([
      { type: "content" },
      { type: "violation", code: "cut-off", answer: "none" },
      { type: "aborted", cause: "closed" },
      { type: "closed", cause: "end-of-input" },
    ]);
  });

  it("[SMTP-4.1.1.3-6] recipients keep their order, repeats included", () => {
    const { events } = play(`${EHLO}${MAIL}RCPT TO:<b@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n.\r\n`);
    const [message] = events.flatMap((event) => (event.type === "message" && "recipients" in event ? [event] : []));
    expect([message!.recipients.map(({ address }) => address), message!.size]).toEqual([["b@x", "a@x", "b@x"], 0]);
  });
});

describe("content", () => {
  const data = `${EHLO}${MAIL}${RCPT}DATA\r\n`;
  const content = (input: string, options?: Partial<SmtpServerOptions>) => {
    const { events, output } = play(data + input, options);
    return {
      content: events
        .flatMap((event) => (event.type === "content" ? [text((event as { readonly bytes: Uint8Array }).bytes)] : []))
        .join(""),
      ends: events.flatMap(({ type }) => (["message", "refused", "aborted"].includes(type) ? [type] : [])),
      reply: output.split("\r\n").at(-3),
    };
  };

  // Each of these ended a message in some server.
  it.each([
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r.\n",
    "\n.\r",
    "\r\n.\r",
    "\r\n\0.\r\n",
    "\r\n.\0\r\n",
    "\r\n.\r\r\n",
    "\r\r\n.\r\r\n",
    "\r\n. \r\n",
  ])("[DOT-4.5.2-6] %j does not end it, under any policy: what follows is no command", (ending) => {
    for (const lineEndings of ["reject", "normalize", "preserve"] as const) {
      const input = octets(`${data}a${ending}MAIL FROM:<evil@example.com>\r\n.\r\nNOOP\r\n`);
      for (const chunks of [...everySplit(input), byteByByte(input)]) {
        const { events } = play(chunks, { lineEndings });
        expect(events.filter(({ type }) => type === "mail")).toHaveLength(1);
        expect(events.filter(({ type }) => type === "noop")).toHaveLength(1);
      }
    }
  });

  it("[SMTP-4.1.1.4-6] a bare CR or LF refuses the message at its end", () => {
    expect(content("a\r\nb\nc\r\n.\r\nNOOP\r\n")).toEqual({
      content: "a\r\nb",
      ends: ["refused"],
      reply: "554 5.6.0 message has a CR or LF that is not part of a line end",
    });
    expect(content("b\nc\r\n.\r\nNOOP\r\n", { lineEndings: "normalize" })).toMatchObject({
      content: "b\r\nc\r\n",
      ends: ["message"],
    });
    expect(content("b\nc\r\n.\r\nNOOP\r\n", { lineEndings: "preserve" })).toMatchObject({
      content: "b\nc\r\n",
      ends: ["message"],
    });
  });

  it("[SMTP-4.5.3.1.7-2] content over the limit is read to its end, and refused there", () => {
    const line = `${"x".repeat(998)}\r\n`;
    expect(content(`${line.repeat(65)}${"y".repeat(534)}\r\n.\r\nNOOP\r\n`, { maxMessageSize: 65_536 })).toMatchObject({
      ends: ["message"],
    });
    const over = content(`${line.repeat(65)}${"y".repeat(535)}\r\n.\r\nNOOP\r\n`, { maxMessageSize: 65_536 });
    expect([over.content.length, over.ends, over.reply]).toEqual([65_536, ["refused"], "552 5.3.4 message too big"]);
  });

  it("[SMTP-4.1.1.4-2] a refusal decided in content takes effect at its end", () => {
    for (const chunks of [
      [octets(`${data}a\r\nb\r\n.\r\nNOOP\r\n`)],
      byteByByte(octets(`${data}a\r\nb\r\n.\r\nNOOP\r\n`)),
    ]) {
      let pieces = 0;
      const { events, output } = play(chunks, {}, (session, event) => {
        if (event.type === "content") {
          pieces++;
          session.reject({ code: 450, enhanced: "4.7.1", text: "not now" });
          expect(() => session.reject()).toThrow(StateError);
        } else accept(session, event);
      });
      expect([pieces, events.filter(({ type }) => type === "refused").length]).toEqual([1, 1]);
      expect(output.endsWith("450 4.7.1 not now\r\n250 2.0.0 ok\r\n")).toBe(true);
    }
  });

  it("[SMTP-4.1.1.4-3] its end clears the transaction, whatever the reply", () => {
    const { output } = play(`${data}x\r\n.\r\n${RCPT}${MAIL}`, {}, (session, event) => {
      if (event.type === "message") session.reject({ code: 451 });
      else accept(session, event);
    });
    expect(output.endsWith(`451 4.0.0 message refused\r\n${OUT_OF_PLACE}250 2.1.0 sender ok\r\n`)).toBe(true);
  });

  it("lets go of pieces not handed out yet when a loop is left", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    drive(session, [octets(data)], (event) => accept(session, event), false);
    const chunk = octets("a\r\n..b\r\n..c\r\n.\r\n");
    const pieces: string[] = [];
    session.receive(chunk);
    for (const event of session) {
      if (event.type === "content") pieces.push(text(event.bytes));
      break;
    }
    chunk.fill(0x58);
    for (const event of session) if (event.type === "content") pieces.push(text(event.bytes));
    expect(pieces).toEqual(["a\r\n", ".b\r\n", ".c\r\n"]);
  });
});

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
    expect(() => session.accept("a\r\n250 b")).toThrow('"lines" expected printable ASCII');
    expect(() => session.reject({ enhanced: "4.7.1" })).toThrow('"enhanced" expected a code of the class of 550');
    expect(() => session.accept({ code: 299 })).toThrow('"code" expected 200 to 559');
    expect([session.takeOutput(), session.nextEvent(), session.waiting]).toEqual([null, null, "decision"]);
    session.accept({ text: ["two", "lines"] });
    expect(text(session.takeOutputPieces())).toBe("250-2.1.0 two\r\n250 2.1.0 lines\r\n");
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
    expect(answered(RCPT, "violation", 521)).toBe("521 5.0.0 as you say\r\n");
    expect(() => answered(RCPT, "violation", 250)).toThrow(RangeError);
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

  it.each<[string, SmtpServerSession, (session: SmtpServerSession) => void, string]>([
    ["accept() while nothing is owed", stop("", "none"), (session) => session.accept(), "while no answer is owed"],
    ["reject() while nothing is owed", stop("", "none"), (session) => session.reject(), "while no answer is owed"],
    [
      "reply() while nothing is owed",
      stop("", "none"),
      (session) => session.reply({ code: 250 }),
      "while no answer is owed",
    ],
    [
      "accept() of auth",
      stop(`${EHLO}AUTH ASK\r\n`, "auth"),
      (session) => session.accept(),
      "legal now: authenticate() and reject()",
    ],
    ["accept() of a step", stop(`${EHLO}AUTH ASK\r\n`, "sasl"), (session) => session.accept(), "legal now: proceed()"],
    [
      "authenticate() of mail",
      stop(EHLO + MAIL, "mail"),
      (session) => session.authenticate(fake("x")),
      "legal now: accept(), reject() and reply()",
    ],
    [
      "proceed() of mail",
      stop(EHLO + MAIL, "mail"),
      (session) => session.proceed({ type: "failure", text: "" }),
      'after a "mail" event',
    ],
    ["reject() of RSET", stop(`${EHLO}RSET\r\n`, "rset"), (session) => session.reject(), "legal now: accept()"],
    ["accept() of a violation", stop("MAIL\r\n", "violation"), (session) => session.accept(), "legal now: reply()"],
    [
      "tlsEstablished() without STARTTLS",
      stop("", "none"),
      (session) => session.tlsEstablished(),
      "without an accepted STARTTLS",
    ],
    [
      "tlsFailed() without STARTTLS",
      stop("", "none"),
      (session) => session.tlsFailed(),
      "without an accepted STARTTLS",
    ],
  ])("%s throws a StateError", (_, session, call, message) => {
    expect(() => call(session)).toThrow(StateError);
    expect(() => call(session)).toThrow(message);
  });

  it("[SMTP-3.8-2] shutdown, and a time-out, send one 421 and close", () => {
    for (const [input, type] of [
      [EHLO + MAIL, "mail"],
      [EHLO + MAIL + RCPT, "none"],
      [`${EHLO}AUTH ASK\r\n`, "sasl"],
    ] as const) {
      const session = stop(input, type);
      session.takeOutputPieces();
      session.shutdown();
      session.shutdown();
      session.timedOut();
      expect(text(session.takeOutputPieces())).toBe("421 4.3.2 mx.example.com shutting down\r\n");
      expect([[...session].at(-1), session.waiting]).toMatchObject([{ type: "closed", cause: "shutdown" }, "closed"]);
    }
    const silent = stop(EHLO, "none");
    silent.takeOutputPieces();
    silent.timedOut();
    expect(text(silent.takeOutputPieces())).toBe("421 4.4.2 mx.example.com timed out\r\n");
    expect(silent.timeout).toEqual({ seconds: 300 });
  });

  it("[SMTP-4.5.3.1.10-1] recipients beyond the limit get 452, and DATA still works", () => {
    const many = `${EHLO}${MAIL}${RCPT.repeat(101)}DATA\r\n.\r\n`;
    expect(replies(many, { maxRecipients: 100 })).toMatch(
      /452 4\.5\.3 too many recipients\r\n354 [^\r]*\r\n250 2\.0\.0 message accepted\r\n$/,
    );
  });

  it("[SMTP-7.8-1] too many faulty commands without an accepted MAIL between them end with 421", () => {
    expect(greeted("X\r\nRCPT\r\nNOOP\r\n", { maxErrors: 2 })).toBe(
      `500 5.5.2 command not recognized\r\n${OUT_OF_PLACE}421 4.7.0 mx.example.com too many errors\r\n`,
    );
    expect(greeted(`X\r\n${MAIL}Y\r\nNOOP\r\n`, { maxErrors: 2 })).not.toContain("421");
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

describe("AUTH", () => {
  const auth = (input: string, options: Partial<SmtpServerOptions> = {}) =>
    greeted(input, { mechanisms: ["ECHO", "ASK"], ...options });
  it.each([
    ["[AUTH-4-6] an initial response", "AUTH echo eWVz\r\n", "235 2.7.0 authentication succeeded\r\n"],
    [
      "[AUTH-4-8] a challenge, and an empty one",
      "AUTH ECHO\r\n\r\neWVz\r\n",
      "334 d2hhdD8=\r\n334 \r\n235 2.7.0 authentication succeeded\r\n",
    ],
    [
      "[AUTH-4-6] an empty initial response",
      "AUTH ECHO =\r\neWVz\r\n",
      "334 \r\n235 2.7.0 authentication succeeded\r\n",
    ],
    [
      "[SASL-3-4] final data is one more challenge",
      "AUTH ECHO ZGF0YQ==\r\n\r\n",
      "334 cHJvb2Y=\r\n235 2.7.0 authentication succeeded\r\n",
    ],
    [
      "an answer to final data",
      "AUTH ECHO ZGF0YQ==\r\neWVz\r\n",
      "334 cHJvb2Y=\r\n535 5.7.8 authentication failed\r\n",
    ],
    [
      "[AUTH-4-12] a cancellation",
      "AUTH ECHO\r\n*\r\nNOOP\r\n",
      "334 d2hhdD8=\r\n501 5.7.0 authentication cancelled\r\n250 2.0.0 ok\r\n",
    ],
    [
      "[AUTH-4-13] a response that is not base64",
      "AUTH ECHO\r\n=\r\nNOOP\r\n",
      "334 d2hhdD8=\r\n501 5.5.2 response is not base64\r\n250 2.0.0 ok\r\n",
    ],
    [
      "a response with a bare LF",
      "AUTH ECHO\r\neW\nVz\r\nNOOP\r\n",
      "334 d2hhdD8=\r\n501 5.5.2 response is not base64\r\n250 2.0.0 ok\r\n",
    ],
    [
      "[AUTH-4-17] a response over the limit",
      `AUTH ECHO\r\n${"A".repeat(20_000)}\r\nNOOP\r\n`,
      "334 d2hhdD8=\r\n500 5.5.6 response too long\r\n250 2.0.0 ok\r\n",
    ],
    ["a refusal by the mechanism", "AUTH ECHO bm8=\r\n", "535 5.7.8 authentication failed\r\n"],
    ["a step that only the application knows", "AUTH ASK\r\n", "535 5.7.8 authentication failed\r\n"],
    [
      "[AUTH-4-5] no mechanism, or one not offered",
      "AUTH\r\nAUTH FOO\r\nAUTH A!B\r\n",
      "501 5.5.4 AUTH expected a mechanism\r\n504 5.5.4 mechanism not offered\r\n501 5.5.4 expected the name of a mechanism and at most one initial response\r\n",
    ],
    [
      "an initial response that is not base64",
      "AUTH ECHO !\r\nAUTH ECHO a b\r\n",
      "501 5.5.2 expected base64 or =\r\n501 5.5.4 expected the name of a mechanism and at most one initial response\r\n",
    ],
    [
      "[AUTH-4-3] AUTH after success",
      "AUTH ECHO eWVz\r\nAUTH ECHO\r\nRSET\r\nAUTH ECHO\r\n",
      `235 2.7.0 authentication succeeded\r\n${OUT_OF_PLACE}250 2.0.0 ok\r\n${OUT_OF_PLACE}`,
    ],
    [
      "[AUTH-4-4] AUTH inside a transaction",
      `${MAIL}AUTH ECHO\r\n${RCPT}`,
      `250 2.1.0 sender ok\r\n${OUT_OF_PLACE}250 2.1.5 recipient ok\r\n`,
    ],
    [
      "[AUTH-4-19] an AUTH longer than other commands",
      `AUTH ECHO ${"A".repeat(1000)}\r\n`,
      "535 5.7.8 authentication failed\r\n",
    ],
    [
      "[AUTH-5-1] MAIL with AUTH=",
      "MAIL FROM:<a@b> AUTH=e+3Dmc2@example.com\r\nRSET\r\nMAIL FROM:<a@b> AUTH=<>\r\nRSET\r\nMAIL FROM:<a@b> AUTH=x\r\n",
      "250 2.1.0 sender ok\r\n250 2.0.0 ok\r\n250 2.1.0 sender ok\r\n250 2.0.0 ok\r\n501 5.5.4 expected a mailbox in xtext, or <>\r\n",
    ],
  ])("%s", (_, input, expected) => {
    expect(auth(input)).toBe(expected);
  });

  it("[AUTH-3-2] plaintext mechanisms are neither listed nor taken without TLS", () => {
    const options = { mechanisms: ["PLAIN", "LOGIN", "CRAM-MD5"], starttls: true };
    expect(replies(`${EHLO}AUTH PLAIN AHRpbQB4\r\n`, options)).toMatch(
      /250-AUTH CRAM-MD5\r\n[\s\S]*504 5\.5\.4 mechanism not offered\r\n$/,
    );
    expect(replies(EHLO, { ...options, tls: true })).toContain("250-AUTH PLAIN LOGIN CRAM-MD5\r\n");
    expect(replies(EHLO, { mechanisms: ["PLAIN"] })).not.toContain("AUTH");
    expect(
      replies(`${EHLO}AUTH ECHO ${"A".repeat(600)}\r\n`, {
        mechanisms: ["ECHO"],
        leniencies: { longAuthCommand: false },
      }),
    ).toMatch(/500 5\.5\.2 line too long\r\n$/);
  });

  it("a mechanism object that throws changes nothing: another can be given", () => {
    const { output } = play(`${EHLO}AUTH ECHO eWVz\r\n`, { mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type !== "auth") return;
      const used = {
        ...fake("ECHO"),
        next: () => {
          throw new StateError("next()", "after the end", "nothing");
        },
      };
      expect(() => session.authenticate(used)).toThrow(StateError);
      session.authenticate(fake("ECHO"));
    });
    expect(output.endsWith("235 2.7.0 authentication succeeded\r\n")).toBe(true);
  });

  it("can be refused before it begins, and ends with the connection", () => {
    const refused = play(`${EHLO}AUTH ECHO\r\n`, { mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type === "auth") session.reject({ code: 454, enhanced: "4.7.0", text: "later" });
    });
    expect(refused.output.endsWith("454 4.7.0 later\r\n")).toBe(true);
    expect(play(`${EHLO}AUTH ECHO\r\n`, { mechanisms: ["ECHO"] }).events.at(-1)).toMatchObject({
      type: "closed",
      cause: "end-of-input",
    });
    const late = play(`${EHLO}AUTH ECHO eWVz\r\nAUTH ECHO eWVz\r\n`, { mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type === "authenticated") session.reject("locked");
      else accept(session, event);
    });
    expect(late.output.endsWith("535 5.7.8 locked\r\n535 5.7.8 locked\r\n")).toBe(true);
  });

  it("[AUTH-4-28] initial responses are in no JSON form of events", () => {
    const event = play(`${EHLO}AUTH ECHO c2VjcmV0\r\n`, { mechanisms: ["ECHO"] }).events.find(
      ({ type }) => type === "auth",
    );
    expect(text((event as { readonly initialResponse: Uint8Array }).initialResponse)).toBe("secret");
    expect(JSON.stringify(event)).toBe('{"type":"auth","mechanism":"ECHO","secret":true,"answer":"needed"}');
  });

  it("[AUTH-6-3] requireAuth lets little through before AUTH", () => {
    const options = { mechanisms: ["ECHO"], requireAuth: true };
    expect(greeted(`${MAIL}VRFY x\r\nNOOP\r\nRSET\r\nAUTH ECHO eWVz\r\n${MAIL}`, options)).toBe(
      `${"530 5.7.0 authentication required\r\n".repeat(2)}250 2.0.0 ok\r\n250 2.0.0 ok\r\n235 2.7.0 authentication succeeded\r\n250 2.1.0 sender ok\r\n`,
    );
  });
});

describe("STARTTLS", () => {
  const READY = "220 2.0.0 ready to start TLS\r\n";

  it.each([["EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@example.com>\r\n"], ["EHLO x\r\nSTARTTLS\r\nMAI"]])(
    "[TLS-6-1] %j: plaintext behind it is one violation, however it is cut, and never run",
    (input) => {
      const all = octets(input);
      for (const chunks of [[all], byteByByte(all), cutAt(all, [18]), cutAt(all, [19])]) {
        const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
        const plain = drive(session, chunks, (event) => accept(session, event), false);
        expect(plain.events.map(({ type }) => type)).toEqual(["connect", "ehlo", "starttls", "violation"]);
        expect([plain.output.endsWith(READY), plain.waiting]).toEqual([true, "tls"]);
        session.receive(octets("L FROM:<x@y>\r\n"));
        session.tlsEstablished();
        const after = drive(
          session,
          [octets(`${MAIL}EHLO y\r\nSTARTTLS\r\n${MAIL}`)],
          (event) => accept(session, event),
          false,
        );
        expect(
          after.events.filter(
            ({ type, ...event }) =>
              type === "violation" && "code" in event && event.code === "plaintext-behind-starttls",
          ),
        ).toEqual([]);
        expect(after.output).toBe(`${OUT_OF_PLACE}${HELLO}${OUT_OF_PLACE}250 2.1.0 sender ok\r\n`);
      }
    },
  );

  it("plaintext that comes just before the handshake is told too", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    drive(session, [octets("EHLO x\r\nSTARTTLS\r\n")], () => {}, false);
    session.receive(octets("NOOP\r\n"));
    session.tlsEstablished();
    expect([...session]).toMatchObject([{ type: "violation", code: "plaintext-behind-starttls" }]);
    expect([session.tls, session.waiting, session.state]).toEqual([true, "bytes", "greeted"]);
  });

  it("[TLS-4.2-1] the session begins anew: hello, authentication and extensions are forgotten", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true, mechanisms: ["ECHO"] });
    drive(session, [octets("EHLO x\r\nAUTH ECHO eWVz\r\nSTARTTLS\r\n")], (event) => accept(session, event), false);
    expect(session.authenticated).toBe(true);
    session.tlsEstablished();
    expect(session.authenticated).toBe(false);
    const after = drive(
      session,
      [octets(`${MAIL}EHLO x\r\nAUTH ECHO eWVz\r\n`)],
      (event) => accept(session, event),
      false,
    );
    expect(after.output).toMatch(/^503 [^\r]*\r\n250-mx[\s\S]*235 2\.7\.0/);
    expect(after.output).not.toContain("STARTTLS");
  });

  it.each([
    ["[TLS-4-1] with an argument", `${EHLO}STARTTLS x\r\n`, "501 5.5.4 STARTTLS has no argument\r\n"],
    ["[TLS-4-3] before EHLO", "STARTTLS\r\n", OUT_OF_PLACE],
    ["[TLS-4-3] inside a transaction", `${EHLO}${MAIL}STARTTLS\r\n`, OUT_OF_PLACE],
  ])("%s", (_, input, expected) => {
    expect(replies(input, { starttls: true }).endsWith(expected)).toBe(true);
  });

  it("[TLS-4-2] can be declined, and what follows is read on", () => {
    const { output } = play(`${EHLO}STARTTLS\r\nNOOP\r\n`, { starttls: true }, (session, event) => {
      if (event.type === "starttls") session.reject();
    });
    expect(output.endsWith("454 4.7.0 TLS not available now\r\n250 2.0.0 ok\r\n")).toBe(true);
  });

  it("[TLS-4-8] a failed handshake closes at once", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    drive(session, [octets(`${EHLO}STARTTLS\r\n`)], () => {}, false);
    expect(() => session.receive(new Uint8Array(300_000))).toThrow("the TLS handshake is awaited");
    session.tlsFailed();
    expect([session.takeOutput(), [...session], session.waiting]).toMatchObject([
      null,
      [{ type: "closed", cause: "tls-failed" }],
      "closed",
    ]);
  });

  it("[TLS-4-4] requireTls lets little through before TLS", () => {
    const required = replies(`HELO x\r\n${EHLO}${MAIL}RSET\r\nNOOP\r\nQUIT\r\n`, { starttls: true, requireTls: true });
    expect(required.match(/^530 [^\r]*/gm)).toEqual([
      "530 must issue a STARTTLS command first",
      ...Array<string>(2).fill("530 5.7.0 must issue a STARTTLS command first"),
    ]);
  });
});

describe("the transition table", () => {
  // Transcribed from RFC 5321 §4.1.4, RFC 3207 §4.2 and RFC 4954 §4; a number is the reply without asking anybody.
  const FIXTURE = `
    verb      greeted  ready    mail     rcpt     refused
    HELO      ready    ready    ready    ready    503
    EHLO      ready    ready    ready    ready    503
    MAIL      503      mail     503      503      503
    RCPT      503      503      rcpt     rcpt     503
    DATA      503      503      554      content  503
    RSET      greeted  ready    ready    ready    503
    NOOP      greeted  ready    mail     rcpt     503
    HELP      greeted  ready    mail     rcpt     503
    VRFY      greeted  ready    mail     rcpt     503
    AUTH      503      sasl     503      503      503
    STARTTLS  503      tls      503      503      503
    QUIT      closed   closed   closed   closed   closed`;
  const [, ...rows] = FIXTURE.trim()
    .split("\n")
    .map((row) => row.trim().split(/ +/));

  it("[SMTP-4.1.4-2] is the one that the RFCs have", () => {
    const states = ["greeted", "ready", "mail", "rcpt", "refused"] as const;
    const table = rows.map(([verb]) => [
      verb,
      ...states.map((state) => String(serverTable[verb as ServerVerb][state])),
    ]);
    expect(table).toEqual(rows);
    expect(Object.keys(serverTable)).toHaveLength(rows.length);
  });

  it("is what the session does, command by command and state by state", () => {
    const reach = { greeted: "", ready: EHLO, mail: EHLO + MAIL, rcpt: EHLO + MAIL + RCPT } as const;
    const line: Record<string, string> = {
      HELO: "HELO x",
      EHLO: "EHLO x",
      MAIL: "MAIL FROM:<a@b>",
      RCPT: "RCPT TO:<c@d>",
      VRFY: "VRFY x",
      AUTH: "AUTH ECHO eWVz",
    };
    for (const [verb = "", ...cells] of rows) {
      for (const [index, state] of (["greeted", "ready", "mail", "rcpt"] as const).entries()) {
        const session = new SmtpServerSession({ host: "mx.example.com", starttls: true, mechanisms: ["ECHO"] });
        const answer = (event: SmtpServerEvent) => accept(session, event);
        drive(session, [octets(reach[state])], answer, false);
        const { output, waiting } = drive(session, [octets(`${line[verb] ?? verb}\r\n`)], answer, false);
        const cell = cells[index]!;
        if (/^\d/.test(cell))
          expect([verb, state, output.slice(0, 3), session.state]).toEqual([verb, state, cell, state]);
        else if (cell === "tls" || cell === "closed") expect(waiting).toBe(cell);
        else if (cell === "content") expect(output.slice(0, 3)).toBe("354");
        else expect([verb, state, session.state]).toEqual([verb, state, cell === "sasl" ? "ready" : cell]);
      }
    }
  });
});

describe("properties", () => {
  const lines = fc.constantFrom(
    ...[
      "EHLO a",
      "HELO a",
      "MAIL FROM:<a@b> SIZE=10",
      "MAIL FROM:<>",
      "RCPT TO:<c@d>",
      "RCPT TO:<Postmaster>",
      "DATA",
      "x",
      "..y",
      ".",
    ],
    ...[
      "a\nb",
      "a\rb",
      "\n.\n",
      "RSET",
      "NOOP",
      "VRFY x",
      "HELP",
      "AUTH ECHO",
      "AUTH ECHO eWVz",
      "AUTH ASK",
      "eWVz",
      "*",
      "",
      "\0",
    ],
    ...["x".repeat(600), "y".repeat(13_000), "FOO bar", "QUIT", "STARTTLS", "MAIL FROM:<a@b> SIZE=999999999999"],
  );
  const input = fc
    .array(lines, { maxLength: 20 })
    .map((all) => octets(`${EHLO}${all.map((line) => `${line}\r\n`).join("")}`));
  const options = fc.record({
    lineEndings: fc.constantFrom("reject" as const, "normalize" as const, "preserve" as const),
    starttls: fc.boolean(),
    requireAuth: fc.boolean(),
    maxErrors: fc.constantFrom(2, 20),
  });
  /** Mechanism objects are fresh in every run: what they are called is compared. */
  const shown = (played: ReturnType<typeof play>) => JSON.parse(JSON.stringify(played));

  it("chunking never matters", () => {
    const cut = input.chain((whole) => fc.tuple(fc.constant(whole), chunkings(whole)));
    fc.assert(
      fc.property(cut, options, ([whole, chunks], chosen) => {
        const more = { mechanisms: ["ECHO", "ASK"], ...chosen };
        const expected = shown(play([whole], more));
        expect(shown(play(chunks, more))).toEqual(expected);
        expect(shown(play(byteByByte(whole), more))).toEqual(expected);
      }),
      { numRuns: runs(0.5) },
    );
  });

  it("no octets make anything throw, whatever the answers, and every reply line is one", () => {
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(input, noise, options, fc.infiniteStream(fc.boolean()), (whole, more, chosen, answers) => {
        const { output, waiting } = play(
          [whole, more, whole],
          { mechanisms: ["ECHO", "ASK"], ...chosen },
          (session, event) => {
            if (event.type === "auth" || event.type === "sasl" || answers.next().value || event.answer !== "needed")
              accept(session, event);
            else session.reject();
          },
        );
        for (const line of output.split("\r\n").slice(0, -1)) expect(line).toMatch(/^[2-5][0-5]\d[ -][ -~]*$/);
        expect(["closed", "tls"]).toContain(waiting);
      }),
      { numRuns: runs() },
    );
  });
});
