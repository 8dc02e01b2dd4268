import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, converse, echo, ehlo, GREETING, offer, play, SENT, type Step } from "./support.ts";

const KEYWORDS = ["PIPELINING", "8BITMIME", "AUTH ECHO", "STARTTLS", "ETRN", "ATRN"];
const OK = "250 ok\r\n";
const mail: Command = (s) => s.mail("a@b", { content: "7bit" });
const rcpt: Command = (s) => s.rcpt("c@d");
const data: Command = (s) => s.data();

function talk(steps: readonly Step[], keywords: readonly string[] = KEYWORDS) {
  const { output, shown, events, session } = converse([GREETING, ehlo, offer(...keywords), ...steps]);
  return { output: output.slice(SENT.length), shown: shown.slice(2), events: events.slice(2), session };
}

describe("what is sent, and when", () => {
  it.each<readonly [string, readonly Step[], string]>([
    [
      "[8BIT-3-2] 8-bit content is stuffed and ended like any other",
      [(s) => s.mail("a@b"), rcpt, data, `${OK}${OK}354 go\r\n`, (s) => s.content(octets(".\xe9\n"))],
      "MAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\nDATA\r\n..\xe9\r\n.\r\n",
    ],
    [
      "[SMTP-4.1.1.4-7] what looks like the wire form is stuffed again",
      [mail, rcpt, data, `${OK}${OK}354 go\r\n`, (s) => s.content(octets("..a\r\n.\r\n"))],
      "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n...a\r\n..\r\n.\r\n",
    ],
    [
      "[PIPE-3.1-3] STARTTLS ends its group, and nothing can be given behind it",
      [(s) => s.rset().starttls()],
      "RSET\r\nSTARTTLS\r\n",
    ],
    ["[PIPE-3.1-3] ETRN ends its group", [(s) => s.etrn("a.example").rset()], "ETRN a.example\r\n"],
    ["[TLS-4-5] nothing goes between 220 and the handshake", [(s) => s.starttls(), "220 go\r\n"], "STARTTLS\r\n"],
    [
      "[TLS-4.1-1] QUIT may be first behind the handshake",
      [(s) => s.starttls(), "220 go\r\n", (s) => s.tlsEstablished(), (s) => s.quit()],
      "STARTTLS\r\nQUIT\r\n",
    ],
    [
      "[SMTP-4.1.1.10-3] QUIT is legal inside a transaction",
      [mail, OK, rcpt, OK, (s) => s.quit()],
      "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nQUIT\r\n",
    ],
    [
      "[SIZE-6.2-1] behind 452 to MAIL another MAIL is legal",
      [mail, "452 4.3.1 full\r\n", mail],
      "MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n",
    ],
    [
      "[SIZE-6.2-1] behind 552 to MAIL so are RSET and QUIT",
      [mail, "552 5.3.4 big\r\n", (s) => s.rset().quit()],
      "MAIL FROM:<a@b>\r\nRSET\r\nQUIT\r\n",
    ],
  ])("%s", (_, steps, output) => {
    expect(talk(steps).output).toBe(output);
  });

  it("[AUTH-4-10] a later response that is empty is an empty line; the first one is =", () => {
    const empty = { ...echo(""), next: () => ({ type: "response" as const, bytes: new Uint8Array(0) }) };
    const { output } = play(`${GREETING}${offer("AUTH ECHO")}334 d2hhdD8=\r\n535 no\r\n`, [ehlo, (s) => s.auth(empty)]);
    expect(output).toBe(`${SENT}AUTH ECHO =\r\n\r\n`);
  });

  it("[AUTH-4-24] AUTH ends its group", () => {
    const auth: Command = (s) => {
      s.auth(echo("all"));
      expect(() => s.mail("a@b")).toThrow('in state "busy"');
    };
    expect(play(`${GREETING}${offer("AUTH ECHO", "PIPELINING")}`, [ehlo, auth]).output).toBe(
      `${SENT}AUTH ECHO YWxs\r\n`,
    );
  });

  it.each([
    ["[AUTH-4-16] a challenge of 12,288 octets is taken", 12_288, "auth"],
    ["[AUTH-4-16] a longer one is not", 12_292, "violation"],
  ])("%s", (_, octetsOfLine, type) => {
    const challenge = `334 ${"A".repeat(octetsOfLine - 6)}\r\n535 no\r\n`;
    const { events } = play(`${GREETING}${offer("AUTH ECHO")}${challenge}`, [ehlo, (s) => s.auth(echo())]);
    expect(events[2]).toMatchObject({ type });
  });

  it.each<readonly [string, Command]>([
    ["[SMTP-3.3-9] RSET", (s) => s.rset()],
    ["[SMTP-3.3-9] QUIT", (s) => s.quit()],
    ["[SMTP-3.3-9] MAIL", mail],
    ["[SMTP-3.3-9] NOOP", (s) => s.noop()],
    ["[SMTP-3.3-9] a hello", ehlo],
  ])("%s throws in content, and changes nothing", (_, command) => {
    const steps: Step[] = [mail, rcpt, data, `${OK}${OK}354 go\r\n`];
    const before = talk(steps);
    const after = talk([
      ...steps,
      (s) => expect(() => command(s)).toThrow("legal now: write(), flush(), end() and abort()"),
    ]);
    expect([after.output, after.session.state]).toEqual([before.output, "content"]);
  });

  it("[8BIT-3-3] 8-bit content, and the parameter as it is written, throw where 8BITMIME is not offered", () => {
    const written: Command = (s) =>
      s.mail("a@b", { content: "7bit", parameters: [{ keyword: "BODY", value: "8BITMIME" }] });
    expect(() => talk([(s) => s.mail("a@b")], ["PIPELINING"])).toThrow("does not offer 8BITMIME");
    expect(() => talk([written], ["PIPELINING"])).toThrow("does not offer 8BITMIME");
  });

  it("[TLS-4.2-4] STARTTLS throws while TLS is active, also when it is listed again", () => {
    const under: Step[] = [(s) => s.starttls(), "220 go\r\n", (s) => s.tlsEstablished(), ehlo, offer("STARTTLS")];
    expect(() => talk([...under, (s) => s.starttls()])).toThrow("starttls() is not possible while TLS is active");
    const implicit = converse([GREETING, ehlo, offer("STARTTLS")], { tls: true });
    expect(() => implicit.session.starttls()).toThrow("while TLS is active");
  });
});

describe("what replies lead to", () => {
  it.each<readonly [string, readonly Step[], readonly string[]]>([
    [
      "[PIPE-3.1-7] replies belong to commands by their number, whatever they say",
      [mail, rcpt, data, "250-mail\r\n250 from\r\n550 this is about DATA\r\n503 x\r\n"],
      ["mail ok", "rcpt 550", "data 503"],
    ],
    [
      "[SIZE-6.4-1] 452 and 552 are about one recipient",
      [mail, rcpt, rcpt, rcpt, `${OK}452 x\r\n552 x\r\n${OK}`],
      ["mail ok", "rcpt 452", "rcpt 552", "rcpt ok"],
    ],
    [
      "[SMTP-1845.3-1] 355 to MAIL is fatal",
      [mail, "355 go on\r\n"],
      ["violation unexpected-code", "mail lost", "closed violation"],
    ],
    [
      "[SMTP-2821.4.1.4-1] 503 to QUIT inside a transaction ends the session too",
      [mail, OK, (s) => s.quit(), "503 finish first\r\n"],
      ["mail ok", "quit 503", "closed quit"],
    ],
    [
      "[SMTP-4.1.1.10-2] the end of the connection in place of the reply to QUIT",
      [(s) => s.quit(), (s) => s.receiveEnd()],
      ["quit lost", "closed quit"],
    ],
    [
      "[SMTP-4.2-6] text that begins with digits is text",
      [(s) => s.noop(), "250-234 text\r\n250 550 no\r\n"],
      ["noop ok"],
    ],
    ["[SMTP-4.2-7] the code decides, and not the text", [mail, "250 550 5.1.1 no such user\r\n"], ["mail ok"]],
    [
      "[TLS-4-5] a 2yz other than 220 to STARTTLS is fatal",
      [(s) => s.starttls(), "250 go\r\n"],
      ["violation unexpected-code", "starttls lost", "closed violation"],
    ],
    [
      "[TLS-6-3] a part of a line before the handshake is no part of one behind it",
      [(s) => s.starttls(), "220 go\r\n", (s) => s.receive(octets("25"))],
      ["starttls ok", "violation plaintext-behind-starttls", "closed violation"],
    ],
  ])("%s", (_, steps, expected) => {
    expect(talk(steps).shown).toEqual(expected);
  });

  it("[SMTP-3.2-3] after HELO nothing is offered, whatever its reply says", () => {
    const { session } = converse([GREETING, (s) => s.helo("x.example"), "250-mx\r\n250-PIPELINING\r\n250 SIZE 5\r\n"]);
    expect([...session.capabilities!.keywords]).toEqual([]);
  });

  it("[SMTP-4.2-15] a greeting may have several lines, and its first word need be no domain", () => {
    expect(converse(["220-hello_world ESMTP\r\n220 ready\r\n"]).events[0]).toMatchObject({
      type: "greeting",
      name: "hello_world",
    });
  });

  it("[PIPE-3.1-8] replies are read while what was sent before them has not been taken", () => {
    const { session } = converse([GREETING, ehlo, offer(...KEYWORDS)]);
    mail(session);
    expect(session.takeOutputPieces()).not.toEqual([]);
    rcpt(session);
    session.receive(octets(OK));
    expect([...session].map(({ type }) => type)).toEqual(["mail"]);
    expect(session.takeOutputPieces()).not.toEqual([]);
  });
});

describe("time-outs", () => {
  it.each<readonly [string, readonly Step[], number, string]>([
    ["[SMTP-4.5.3.2.2-1] MAIL", [mail], 300, "MAIL"],
    ["[SMTP-4.5.3.2.3-1] RCPT", [mail, rcpt, OK], 300, "RCPT"],
    ["[SMTP-4.5.3.2.4-1] DATA", [mail, rcpt, data, OK + OK], 120, "DATA"],
    ["[SMTP-4.5.3.2.5-1] a block of content", [mail, rcpt, data, `${OK}${OK}354 go\r\n`], 180, "content"],
    [
      "[SMTP-4.5.3.2.6-1] the end of content",
      [mail, rcpt, data, `${OK}${OK}354 go\r\n`, (s) => s.end()],
      600,
      "message",
    ],
    ["[SMTP-4.5.3.2.6-1] BDAT with LAST", [mail, rcpt, (s) => s.bdat().end(), OK + OK], 600, "message"],
    ["[ATRN-5.2.1-4] ATRN", [(s) => s.atrn()], 600, "ATRN"],
    ["[SMTP-4.5.3.2.7-2] NOOP", [(s) => s.noop()], 300, "NOOP"],
    ["[SMTP-4.5.3.2.7-2] STARTTLS", [(s) => s.starttls()], 300, "STARTTLS"],
    ["[SMTP-4.5.3.2.7-2] QUIT", [(s) => s.quit()], 300, "QUIT"],
  ])("%s", (_, steps, seconds, awaited) => {
    expect(talk(steps, [...KEYWORDS, "CHUNKING"]).session.timeout).toEqual({ seconds, for: awaited });
  });

  it("[SMTP-4.5.3.2.1-1] the greeting", () => {
    expect(converse([]).session.timeout).toEqual({ seconds: 300, for: "greeting" });
  });
});
