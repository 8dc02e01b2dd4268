import { type ServerViolation, type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";

type Options = Partial<SmtpServerOptions>;

const BURL: Options = { protocol: "submission", requireAuth: false, burl: ["imap"], chunking: true };
const BAD_AUTH = "AUTH ECHO bm8=\r\n";
const isViolation = (event: SmtpServerEvent): event is ServerViolation => event.type === "violation";

/** The violations after an accepted EHLO: code, field, and whether the session ends; and the reply. */
function found(input: string, options: Options) {
  const { events, output } = play(EHLO + input, options);
  const last = events.filter(isViolation).at(-1)!;
  expect(last.text).toMatch(/\w/);
  return { said: [last.code, last.field, last.fatal], reply: output.split("\r\n").at(-2) };
}

describe("violations", () => {
  type Row = [string, Options, ServerViolation["code"], string | number | null, boolean, string];
  const rows: Row[] = [
    ["LHLO x\r\n", {}, "unknown-verb", "verb", false, "500 5.5.2 command not recognized"],
    ["1\r\n", {}, "unknown-verb", "verb", false, "500 5.5.2 expected a command"],
    ["EXPN x\r\n", {}, "not-offered", "verb", false, "502 5.5.1 command not offered"],
    ...["ATRN", "ETRN x.example", "AUTH X", "STARTTLS", "BURL imap:x", "XCLIENT ADDR=192.0.2.1", "XFORWARD NAME=x"].map(
      (line): Row => [`${line}\r\n`, {}, "not-offered", "verb", false, "502 5.5.1 command not offered"],
    ),
    ["HELP\r\n", { help: false }, "not-offered", "verb", false, "502 5.5.1 command not offered"],
    ["TURN\r\n", {}, "not-offered", "verb", false, "502 5.5.1 command not offered"],
    [RCPT, {}, "bad-sequence", null, false, "503 5.5.1 bad sequence of commands"],
    [`${MAIL}DATA\r\n`, {}, "bad-sequence", null, false, "554 5.5.1 no valid recipients"],
    ["BURL imap:x\r\n", BURL, "bad-sequence", null, false, "503 5.5.0 valid RCPT TO required before BURL"],
    [`${MAIL}BURL imap:x\r\n`, BURL, "bad-sequence", null, false, "554 5.5.0 no recipients have been specified"],
    [
      MAIL,
      { requireTls: true, starttls: true },
      "tls-required",
      null,
      false,
      "530 5.7.0 must issue a STARTTLS command first",
    ],
    [
      "XFOO bar\r\n",
      { requireTls: true, starttls: true },
      "tls-required",
      null,
      false,
      "530 5.7.0 must issue a STARTTLS command first",
    ],
    [
      "XFOO\r\n",
      { requireAuth: true, mechanisms: ["ECHO"], extensions: { XFOO: [] } },
      "authentication-required",
      null,
      false,
      "530 5.7.0 authentication required",
    ],
    [
      MAIL,
      { requireAuth: true, mechanisms: ["ECHO"] },
      "authentication-required",
      null,
      false,
      "530 5.7.0 authentication required",
    ],
    [
      "AUTH FOO\r\n",
      { mechanisms: ["ECHO"] },
      "unknown-mechanism",
      "mechanism",
      false,
      "504 5.5.4 mechanism not offered",
    ],
    [
      "AUTH CRAM-MD5 eA==\r\n",
      { mechanisms: ["CRAM-MD5"] },
      ...([
        "unexpected-argument",
        "initialResponse",
        false,
        "501 5.7.0 the mechanism begins with a challenge",
      ] as const),
    ],
    ["MAIL FROM:<a@b> SIZE=99999999\r\n", {}, "message-too-big", "SIZE", false, "552 5.3.4 message too big"],
    [
      `${MAIL}RSET\r\n${MAIL}`,
      { maxTransactions: 1 },
      ...(["too-many-transactions", null, true, "421 4.7.0 mx.example.com too many transactions"] as const),
    ],
    [
      MAIL + RCPT + RCPT,
      { limits: true, maxRecipients: 1 },
      ...(["too-many-recipients", null, false, "452 4.5.3 too many recipients"] as const),
    ],
    [
      `${MAIL}${RCPT}RCPT TO:<x@other.example>\r\n`,
      { maxRecipientDomains: 1 },
      ...(["too-many-domains", null, false, "452 4.5.3 too many recipient domains"] as const),
    ],
    ["X\r\nY\r\n", { maxErrors: 2 }, "too-many-errors", null, true, "421 4.7.0 mx.example.com too many errors"],
    [
      BAD_AUTH.repeat(3),
      { mechanisms: ["ECHO"], maxAuthFailures: 3 },
      ...(["too-many-auth-failures", null, true, "421 4.7.0 mx.example.com too many failed authentications"] as const),
    ],
    [
      "XCLIENT PORT=1\r\n",
      { xclient: ["ADDR"] },
      ...(["invalid-argument", "attributes", false, "501 5.5.4 an attribute is not offered"] as const),
    ],
    [`NOOP ${"x".repeat(600)}\r\n`, {}, "line-too-long", null, false, "500 5.5.2 line too long"],
    [`NOOP ${"x".repeat(600)}\r\n`, BURL, "line-too-long", null, false, "500 5.5.2 line too long"],
    [`BURL imap:${"x".repeat(4087)}\r\n`, BURL, "line-too-long", null, false, "500 5.5.2 line too long"],
    [`NOOP ${"x".repeat(12_300)}\r\n`, {}, "line-too-long", EHLO.length + 12_288, false, "500 5.5.2 line too long"],
    ["NO\0OP\r\n", {}, "nul", EHLO.length + 2, false, "500 5.5.2 line not understood"],
    ["NOOP\nNOOP\r\n", {}, "bare-lf", EHLO.length + 4, false, "500 5.5.2 line not understood"],
    ["NOOP\rNOOP\r\n", {}, "bare-cr", EHLO.length + 4, false, "500 5.5.2 line not understood"],
    ["ABDAT \xe9\r\n", {}, "invalid-octet", "argument", false, "501 5.5.2 expected printable ASCII"],
    ["BDAT \xe9\r\n", {}, "invalid-octet", "argument", true, "501 5.5.2 expected printable ASCII"],
    ["BDAT 6\0\r\n", {}, "nul", EHLO.length + 6, true, "500 5.5.2 line not understood"],
    [
      `${MAIL}${RCPT}BDAT 2\r\na\rBURL imap:x LAST\r\n`,
      BURL,
      ...(["bare-cr", null, false, "554 5.6.0 message has a CR or LF that is not part of a line end"] as const),
    ],
  ];
  it.each(rows.map(([input, ...row]) => [JSON.stringify(input).slice(0, 50), input, ...row] as const))(
    "%s",
    (_, input, options, code, field, fatal, reply) => {
      expect(found(input, options)).toEqual({ said: [code, field, fatal], reply });
    },
  );

  it("EXPN needs no hello, nor one that offers anything", () => {
    for (const hello of ["", "HELO x\r\n", EHLO]) {
      expect(play(`${hello}EXPN x\r\n`, { expn: true }).output).toMatch(/\r\n250 2\.1\.5 the list has no members\r\n$/);
    }
  });

  it.each([
    ["an exchange that was cancelled", "AUTH ECHO\r\n*\r\n", "501 5.7.0 authentication cancelled"],
    [
      "a message that was refused",
      `${MAIL}${RCPT}DATA\r\n\n\r\n.\r\n`,
      "554 5.6.0 message has a CR or LF that is not part of a line end",
    ],
  ])("%s is no error", (_, input, reply) => {
    const { output } = play(`${EHLO}${input}NOOP\r\n`, { mechanisms: ["ECHO"], maxErrors: 1 });
    expect(output.split("\r\n").slice(-3, -1)).toEqual([reply, "250 2.0.0 ok"]);
  });

  it("a fatal one at the limit of errors is the last thing said", () => {
    const { events } = play(`${EHLO}BDAT x\r\n`, { maxErrors: 1 });
    expect(events.slice(2)).toMatchObject([
      { type: "violation", fatal: true },
      { type: "closed", cause: "violation" },
    ]);
  });

  it("[SMTP-4.5.3.1.10-1] recipients beyond a limit are no errors", () => {
    const { output } = play(`${EHLO}${MAIL}${RCPT.repeat(5)}DATA\r\n`, {
      limits: true,
      maxRecipients: 1,
      maxErrors: 2,
    });
    expect(
      output
        .split("\r\n")
        .slice(-6, -1)
        .map((line) => line.slice(0, 3)),
    ).toEqual([...["452", "452", "452", "452", "354"]]);
    const domains = play(`${EHLO}${MAIL}${RCPT}${"RCPT TO:<a@other.example>\r\n".repeat(3)}`, {
      ...{ limits: true, maxRecipientDomains: 1, maxErrors: 1 },
    });
    expect(domains.output.match(/^[245]\d\d(?= )/gm)?.slice(-4)).toEqual(["250", "452", "452", "452"]);
  });

  it.each([
    ["the end of input is there already", true],
    ["the end of input is not", false],
  ])("whole content is not cut off, where %s", (_, ended) => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    session.receive(octets(`${EHLO}${MAIL}${RCPT}DATA\r\n..x\r\ny\r\n.\r\n`));
    if (ended) session.receiveEnd();
    const { events } = drive(session, [], (event) => accept(session, event), !ended);
    expect(events.filter(isViolation)).toEqual([]);
    expect(events.at(-2)).toMatchObject({ type: "message", size: 7, endsInCrlf: true });
  });

  it("content that waits to be pulled outlives the chunk that it came in", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const long = `${"x".repeat(500)}\r\n`.repeat(20);
    const chunk = octets(`${EHLO}${MAIL}${RCPT}DATA\r\n${long}..a\r\n${long}..b\r\n${long}.\r\n`);
    session.receive(chunk);
    let content = "";
    const some = () => {
      for (const event of session) {
        accept(session, event);
        if (event.type !== "content") continue;
        content += String.fromCharCode(...event.bytes);
        return;
      }
    };
    some();
    chunk.fill(0xaa);
    for (let times = 0; times < 9; times++) some();
    expect(content).toBe(`${long}.a\r\n${long}.b\r\n${long}`);
  });
});

describe("what a refused line does to a transaction, where BURL is offered", () => {
  const after = (input: string, options: Options = BURL) => {
    const session = new SmtpServerSession({ host: "mx.example.com", ...options });
    drive(session, [octets(EHLO + MAIL + input)], (event) => accept(session, event), false);
    return session.state;
  };
  const LONG = `${"x".repeat(5000)}\r\n`;
  const short: Options = { ...BURL, leniencies: { longAuthCommand: false } };
  const BINARY_MAIL = `RSET\r\nMAIL FROM:<a@b> BODY=BINARYMIME\r\n${RCPT}`;
  const binary: Options = { ...BURL, binaryMime: true };

  it.each<[string, string, Options, string]>([
    ["a fault of another command", `${RCPT}VRFY\r\n`, BURL, "rcpt"],
    ["a verb that ends like it", `${RCPT}ABURL \xe9\r\n`, BURL, "rcpt"],
    ["BURL that says nothing", `${RCPT}BURL\r\n`, BURL, "failed"],
    ["BURL with LAST, malformed", `${RCPT}BURL \xe9 LAST\r\n`, BURL, "ready"],
    ["BURL with last in lower case, malformed", `${RCPT}BURL \xe9 last\r\n`, BURL, "ready"],
    ["BURL with LAST not at its end", `${RCPT}BURL imap:x LAST y\r\n`, BURL, "failed"],
    ["a line too long to be read", RCPT + LONG, short, "rcpt"],
    ["a BURL too long to be read", `${RCPT}BURL ${LONG}`, short, "failed"],
    ["a BURL with a NUL", `${RCPT}burl imap:x\0 LAST\r\n`, BURL, "failed"],
    ["a BURL with a bare LF, before a recipient", "BURL\nimap:x\r\n", BURL, "failed"],
    [
      "the same where BURL is not offered",
      `${RCPT}BURL ${LONG}`,
      { ...short, burl: undefined } as unknown as Options,
      "rcpt",
    ],
    ["a part of the content", `${RCPT}BURL imap:x\r\n`, BURL, "chunks"],
    ["the content", `${RCPT}BURL imap:x LAST\r\n`, BURL, "ready"],
    ["a CR at the end of a chunk, and VRFY", `${RCPT}BDAT 2\r\na\rVRFY x\r\nDATA\r\n`, BURL, "chunks"],
    ["a CR at the end of a chunk, and NOOP", `${RCPT}BDAT 2\r\na\rNOOP\r\n`, BURL, "chunks"],
    ["a long URL", `${RCPT}BURL imap:${"x".repeat(1000)}\r\n`, BURL, "chunks"],
    ["DATA of BINARYMIME, too long to be taken", `${BINARY_MAIL}DATA ${LONG}`, binary, "rcpt"],
    ["DATA of BINARYMIME among chunks", `${BINARY_MAIL}BDAT 0\r\nDATA\r\n`, binary, "chunks"],
    ["DATA of BINARYMIME", `${BINARY_MAIL}DATA\r\n`, binary, "failed"],
    ["DATA with an argument", `${RCPT}DATA x\r\n`, BURL, "rcpt"],
  ])("%s", (_, input, options, state) => {
    expect(after(input, options)).toBe(state);
  });

  it("a CR at the end of a chunk is nothing to other commands", () => {
    const { output } = play(`${EHLO}${MAIL}${RCPT}BDAT 2\r\na\rNOOP\r\nBDAT 1 LAST\r\n\n`, BURL);
    expect(output.split("\r\n").slice(-4, -1)).toEqual([
      ...["250 2.0.0 chunk received", "250 2.0.0 ok", "250 2.0.0 message accepted"],
    ]);
  });

  it("a URL is a secret of the event that has it", () => {
    const { events } = play(`${EHLO}${MAIL}${RCPT}BURL imap:x\r\n`, BURL);
    const event = events.find(({ type }) => type === "burl");
    expect(event).toMatchObject({ url: "imap:x", last: false, secret: true });
    expect(JSON.stringify(event)).not.toContain("imap");
  });
});

describe("an on-demand mail relay", () => {
  it.each(["HELO x", "LHLO x", "MAIL FROM:<a@b>", "DATA", "RSET", "NOOP", "XFOO", "BURL imap:x", "BDAT 0"])(
    "[ATRN-5.4-1] %s is 502",
    (line) => {
      const { events, output } = play(`${EHLO}${line}\r\n`, { protocol: "odmr", mechanisms: ["ECHO"] });
      expect(output).toMatch(/\r\n502 5\.5\.1 command not offered\r\n$/);
      expect(events.at(-2)).toMatchObject({ type: "violation", code: "not-offered" });
    },
  );
});
