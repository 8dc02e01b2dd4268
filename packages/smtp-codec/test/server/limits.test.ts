import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";
import { greeted, OUT_OF_PLACE, playBothWays } from "./support.ts";

type Options = Partial<SmtpServerOptions>;

const SENDER = "250 2.1.0 sender ok\r\n";
const RECIPIENT = "250 2.1.5 recipient ok\r\n";
const GO_AHEAD = "354 go ahead, end with a line of a single dot\r\n";

describe("limits", () => {
  it("[LIM-4-2] MAIL beyond the limit of transactions is answered with 421, and closes", () => {
    const message = `${MAIL}${RCPT}DATA\r\n.\r\n`;
    const done = `${SENDER}${RECIPIENT}${GO_AHEAD}250 2.0.0 message accepted\r\n`;
    expect(greeted(`${message}${MAIL}RSET\r\n${MAIL}NOOP\r\n`, { maxTransactions: 2 })).toBe(
      `${done}${SENDER}250 2.0.0 ok\r\n421 4.7.0 mx.example.com too many transactions\r\n`,
    );
    const many = EHLO + `${MAIL}RSET\r\n`.repeat(1001);
    const idle = { maxIdleCommands: 2000 };
    expect(play(many, idle).events.slice(-2)).toMatchObject([
      { type: "violation", code: "too-many-transactions", fatal: true },
      { type: "closed", cause: "violation" },
    ]);
    expect(play(many, { ...idle, maxTransactions: Number.POSITIVE_INFINITY }).output).not.toContain("421");
  });

  it("[LIM-4-2] recipients of too many domains get 452, in whatever transaction", () => {
    const input = `${MAIL}RCPT TO:<a@x>\r\nRCPT TO:<b@X>\r\nRCPT TO:<a@y>\r\nRSET\r\n${MAIL}RCPT TO:<a@z>\r\nRCPT TO:<postmaster>\r\nRCPT TO:<a@y>\r\n`;
    const first = SENDER + RECIPIENT.repeat(3);
    expect(greeted(input, { maxRecipientDomains: 2 })).toBe(
      `${first}250 2.0.0 ok\r\n${SENDER}452 4.5.3 too many recipient domains\r\n${RECIPIENT}${RECIPIENT}`,
    );
    expect(greeted(input)).not.toContain("452");
  });

  it.each([
    ["x", "X"],
    ["X", "x"],
  ])("[LIM-4-2] domains are the same in any case: %s, then %s", (one, other) => {
    const input = `${MAIL}RCPT TO:<a@${one}>\r\nRCPT TO:<b@${other}>\r\nRCPT TO:<c@y>\r\n`;
    expect(greeted(input, { maxRecipientDomains: 1 })).toBe(
      `${SENDER}${RECIPIENT}${RECIPIENT}452 4.5.3 too many recipient domains\r\n`,
    );
  });

  it("[LIM-4-2] case is that of ASCII, which the Kelvin sign is none of, and whoever has no domain adds none", () => {
    const recipients = ["a@k.example", "a@\xe2\x84\xaa.example", "tim", "Postmaster", "b@K.example"];
    const input = recipients.map((to) => `RCPT TO:<${to}>\r\n`).join("");
    const options = { maxRecipientDomains: 1, smtputf8: true, leniencies: { unqualifiedMailbox: true } };
    expect(greeted(`MAIL FROM:<> SMTPUTF8\r\n${input}`, options)).toBe(
      `${SENDER}${RECIPIENT}452 4.5.3 too many recipient domains\r\n${RECIPIENT.repeat(3)}`,
    );
  });

  it.each([
    [{ maxRecipientDomains: 5 }, true],
    [{}, false], // else a long session would remember every domain that it ever heard of
  ])("domains are remembered over transactions with %j: %j", (options, remembered) => {
    const session = new SmtpServerSession({ host: "mx.example.com", ...options });
    const input = `${EHLO}${MAIL}RCPT TO:<a@kept.example>\r\nRSET\r\n`;
    drive(session, [octets(input)], (event) => accept(session, event), false);
    const shown = JSON.stringify(session.snapshot(), (_, value) => (value instanceof Set ? [...value] : value));
    expect(shown.includes("kept.example")).toBe(remembered);
  });

  it("[SMTP-4.5.3.1.10-1] however many recipients beyond a limit are pipelined, those accepted get the message", () => {
    const many = `${MAIL}${RCPT.repeat(150)}DATA\r\n.\r\n`;
    expect(greeted(many, { maxRecipients: 100 })).toBe(
      `${SENDER}${RECIPIENT.repeat(100)}${"452 4.5.3 too many recipients\r\n".repeat(50)}${GO_AHEAD}250 2.0.0 message accepted\r\n`,
    );
    const domains = Array.from({ length: 50 }, (_, n) => `RCPT TO:<a@x${n}>\r\n`).join("");
    expect(greeted(`${MAIL}${domains}DATA\r\n.\r\n`, { maxRecipientDomains: 1 })).toBe(
      `${SENDER}${RECIPIENT}${"452 4.5.3 too many recipient domains\r\n".repeat(49)}${GO_AHEAD}250 2.0.0 message accepted\r\n`,
    );
  });

  it("[AUTH-9-1] too many failed exchanges end with 421", () => {
    const options = { mechanisms: ["ECHO"], maxAuthFailures: 3 };
    const failed = "535 5.7.8 authentication failed\r\n";
    expect(greeted("AUTH ECHO bm8=\r\n".repeat(4), options)).toBe(
      `${failed.repeat(3)}421 4.7.0 mx.example.com too many failed authentications\r\n`,
    );
    expect(greeted(`AUTH ECHO bm8=\r\nAUTH ECHO\r\n*\r\nAUTH ECHO eWVz\r\n`, options)).toMatch(/235 [^\r]*\r\n$/);
    const { output } = play(`${EHLO}${"AUTH ECHO eWVz\r\n".repeat(4)}`, options, (session, event) => {
      if (event.type === "authenticated") session.reject();
      else accept(session, event);
    });
    expect(output.endsWith(`${failed.repeat(3)}421 4.7.0 mx.example.com too many failed authentications\r\n`)).toBe(
      true,
    );
  });

  it.each<[string, string, string, (session: SmtpServerSession, event: SmtpServerEvent) => void]>([
    [
      "that the application refuses",
      "AUTH ECHO\r\n",
      "535 5.7.8 authentication failed\r\n",
      (session, event) => (event.type === "auth" ? session.reject() : accept(session, event)),
    ],
    ["that the client cancels", "AUTH ECHO\r\n*\r\n", "334 d2hhdD8=\r\n501 5.7.0 authentication cancelled\r\n", accept],
    [
      "whose response is no base64",
      "AUTH ECHO\r\n!\r\n",
      "334 d2hhdD8=\r\n501 5.5.2 response is not base64\r\n",
      accept,
    ],
    [
      "whose response is too long",
      `AUTH ECHO\r\n${"A".repeat(600)}\r\n`,
      "334 d2hhdD8=\r\n500 5.5.6 response too long\r\n",
      accept,
    ],
  ])("[AUTH-9-1] an AUTH command %s has failed", (_, line, reply, answering) => {
    const options = { mechanisms: ["ECHO"], maxAuthFailures: 3, maxSaslLineLength: 512, maxErrors: 1 };
    const { output, events } = play(`${EHLO}${line.repeat(9)}`, options, answering);
    expect(output.endsWith(`${reply.repeat(3)}421 4.7.0 mx.example.com too many failed authentications\r\n`)).toBe(
      true,
    );
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "violation" });
  });

  it("a 421 of the application's at a limit is the only one, and closes once", () => {
    const { output, events } = play(`${EHLO}X\r\nY\r\n`, { maxErrors: 1 }, (session, event) => {
      if (event.type === "unknown") session.reply({ code: 421, text: "enough" });
    });
    expect(output.match(/^421.*$/gm)).toEqual(["421 4.0.0 mx.example.com enough"]);
    expect(events.filter(({ type }) => type === "closed")).toMatchObject([{ cause: "reply-421" }]);
  });

  it.each([
    ["[SIZE-6-2] fewer octets than declared", "SIZE=100", 4],
    ["[SIZE-6.1-3] more octets than declared", "SIZE=1", 4],
  ])("%s: the content's end decides, and both sizes are told", (_, parameter, size) => {
    const { events } = playBothWays(`${EHLO}MAIL FROM:<a@b> ${parameter}\r\n${RCPT}DATA\r\nxy\r\n.\r\nNOOP\r\n`);
    const declared = Number(parameter.slice("SIZE=".length));
    expect(events.slice(-3)).toMatchObject([
      { type: "message", size, parameters: { size: declared } },
      { type: "noop" },
      {},
    ]);
  });
});

describe("the greeting", () => {
  const refuse = (code: number, input: string, options: Options = {}) =>
    play(input, options, (session, event) => {
      if (event.type === "connect") session.reject({ code, text: "go away" });
      else accept(session, event);
    });

  it.each([
    ["[SMTP-3.1-3] 554", 554, OUT_OF_PLACE, "503 bad sequence of commands\r\n"],
    ["[ESC-7504.3-1] 521", 521, "521 5.3.2 no mail is taken here\r\n", "521 no mail is taken here\r\n"],
  ])("%s: QUIT gets 221, and all else the same refusal", (_, code, refusal, hello) => {
    const { output } = refuse(code, `${EHLO}NOOP\r\n${MAIL}LHLO x\r\nXFOO\r\nBDAT 4\r\nQUITQUIT\r\n`);
    expect(output).toBe(
      `${code} go away\r\n${hello}${refusal.repeat(5)}221 2.0.0 mx.example.com closing connection\r\n`,
    );
  });

  it("421 closes at once", () => {
    const { output, events } = refuse(421, EHLO);
    expect([output, events.at(-1)]).toMatchObject([
      "421 mx.example.com go away\r\n",
      { type: "closed", cause: "reply-421" },
    ]);
  });

  it("[SUB-7-1] 521 is not for submission servers, and for nothing but greetings", () => {
    expect(() => refuse(521, "", { protocol: "submission", requireAuth: false })).toThrow(
      '"code" expected another than 521 on a submission server',
    );
    expect(() =>
      play(EHLO + MAIL, {}, (session, event) => {
        if (event.type === "mail") session.reject({ code: 521 });
      }),
    ).toThrow('"code" expected another than 521 to refuse a command');
  });
});

describe("submission", () => {
  const options: Options = { protocol: "submission", mechanisms: ["ECHO"] };

  it("[SUB-7-2] announces what the profile demands", () => {
    expect(
      play(EHLO, options)
        .output.split("\r\n")
        .map((line) => line.slice(4)),
    ).toEqual(expect.arrayContaining(["AUTH ECHO", "PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN"]));
    expect(play(EHLO, { ...options, dsn: false }).output).not.toContain("DSN");
  });

  it("[SUB-4.3-1] wants AUTH before MAIL, unless clients are known otherwise", () => {
    expect(greeted(`${MAIL}AUTH ECHO eWVz\r\n${MAIL}`, options)).toBe(
      `530 5.7.0 authentication required\r\n235 2.7.0 authentication succeeded\r\n${SENDER}`,
    );
    expect(greeted(MAIL, { ...options, requireAuth: false })).toBe(SENDER);
  });

  it("[SUB-5.3-1] says within what time every command should be answered", () => {
    expect(new SmtpServerSession({ host: "mx.example.com", ...options }).answerWithin).toBe(120);
    expect(new SmtpServerSession({ host: "mx.example.com" }).answerWithin).toBeNull();
  });

  it("[SUB-3.2-1] takes the null reverse-path as any server does", () => {
    expect(greeted("MAIL FROM:<>\r\n", { ...options, requireAuth: false })).toBe(SENDER);
  });
});

describe("what follows from a refusal", () => {
  const BATCH = 40;
  const CHUNK = "BDAT 3\r\nabc";
  const NO = "MAIL FROM:<no@d>\r\n";
  const played = (input: string, options: Partial<SmtpServerOptions> = {}) => {
    const hello = options.protocol === "lmtp" ? `L${EHLO.slice(1)}` : EHLO;
    const all: Partial<SmtpServerOptions> = { mechanisms: ["ECHO"], starttls: true, chunking: true, maxErrors: 4 };
    const { output } = play(hello + input, { ...all, ...options }, (session, event) => {
      if (event.type === "mail" && event.from.address === "no@d") session.reject({ code: 450 });
      else if (event.type === "rcpt" && event.to.address === "later@d") session.reject({ code: 450 });
      else if (event.type === "chunk") session.reject({ code: 452 });
      else accept(session, event);
    });
    const codes = output.match(/^\d{3}(?= )/gm)!.slice(2);
    return { codes, ended: codes.at(-1) === "421" };
  };
  const many = (line: string) => line.repeat(BATCH);

  it.each<[string, string, Partial<SmtpServerOptions>]>([
    ["recipients and content, of a refused MAIL", `${NO}${many(RCPT)}DATA\r\n`, {}],
    ["recipients and chunks, of a refused MAIL", `${NO}${many(RCPT)}${many(CHUNK)}BDAT 0 LAST\r\n`, {}],
    ["recipients, in LMTP", `${NO}${many(RCPT)}BDAT 0 LAST\r\n`, { protocol: "lmtp" }],
    ["recipients, of a MAIL that was too big", `MAIL FROM:<a@b> SIZE=99999999\r\n${many(RCPT)}`, {}],
    ["recipients, of a MAIL without TLS", `MAIL FROM:<a@b>\r\n${many(RCPT)}`, { requireTls: true }],
    ["recipients, of a MAIL without AUTH", `MAIL FROM:<a@b>\r\n${many(RCPT)}`, { requireAuth: true }],
    ["chunks, without a recipient left", `${MAIL}RCPT TO:<later@d>\r\n${many(CHUNK)}BDAT 0 LAST\r\n`, {}],
    ["chunks, without a well-formed recipient", `${MAIL}RCPT TO:x\r\n${many(CHUNK)}`, {}],
    ["chunks after one refused", `${MAIL}${RCPT}${many(CHUNK)}BDAT 0 LAST\r\n`, {}],
    ["chunks after one with a bare LF", `${MAIL}${RCPT}BDAT 3\r\na\nb${many(CHUNK)}BDAT 0 LAST\r\n`, {}],
  ])("is no fault: %s", (_, input, options) => {
    expect(played(input, options).ended).toBe(false);
    // And another message of theirs changes nothing.
    expect(played(input + input, options).ended).toBe(false);
  });

  it.each<[string, string]>([
    ["without MAIL", many(RCPT)],
    ["MAIL in a transaction", `${MAIL}${many(MAIL)}`],
    ["other commands of a refused MAIL", `${NO}${many("AUTH ECHO x y\r\n")}`],
    ["recipients that are malformed", `${MAIL}${many("RCPT TO:x\r\n")}`],
    ["what comes once another MAIL was accepted, and is over", `${NO}${MAIL}RSET\r\n${many(RCPT)}`],
  ])("is not this, and a fault: %s", (_, input) => {
    const { codes, ended } = played(input);
    expect([ended, codes.filter((code) => code[0] === "5").length]).toEqual([true, 4]);
  });

  it.each<[string, string, Partial<SmtpServerOptions>]>([
    ["recipients of a refused MAIL", `${NO}${RCPT.repeat(1100)}`, {}],
    ["recipients beyond the limit", `${MAIL}${RCPT.repeat(1200)}`, { maxRecipients: 100 }],
  ])("is borne a thousand times: %s", (_, input, options) => {
    const { codes, ended } = played(input, options);
    expect([ended, codes.filter((code) => /^(?:503|452)$/.test(code)).length]).toEqual([true, 1004]);
  });
});

describe("commands that do nothing", () => {
  const played = (input: string, options: Partial<SmtpServerOptions> = {}, lmtp = false) => {
    const hello = lmtp ? `L${EHLO.slice(1)}` : EHLO;
    const all = { maxIdleCommands: 3, maxErrors: 2, expn: true, etrn: !lmtp, starttls: true, ...options };
    return play(hello + input, { ...all, ...(lmtp && { protocol: "lmtp" }) }, (session, event) => {
      if (event.type === "vrfy" && event.argument === "later") session.reject({ code: 450 });
      else if (event.type === "vrfy" && event.argument === "nobody") session.reject();
      else if (["help", "starttls"].includes(event.type)) session.reject();
      else if (event.type === "delivery" && event.index === 0) session.reject();
      else accept(session, event);
    })
      .output.match(/^\d{3} /gm)!
      .join("")
      .trim();
  };
  const END = "421";

  // The hello is the first.
  it.each([
    ["NOOP", "250"],
    ["RSET", "250"],
    ["HELP", "504"],
    ["VRFY x", "252"],
    ["VRFY later", "450"],
    ["EXPN x", "250"],
    ["ETRN x", "250"],
    ["EHLO x", "250"],
    ["HELO x", "250"],
    ["STARTTLS", "454"],
  ])("[SMTP-7.8-1] %s beyond a limit counts as faulty", (line, code) => {
    const [again, ended] = [`${line}\r\n`.repeat(9), `220 250 ${`${code} `.repeat(4)}${END}`];
    expect(played(again)).toBe(ended);
    expect(played(again, { maxIdleCommands: Number.POSITIVE_INFINITY })).not.toContain(END);
  });

  it.each<[string, string, string]>([
    [
      "a message accepted begins anew",
      `${"NOOP\r\n".repeat(3)}${MAIL}${RCPT}DATA\r\n.\r\n${"NOOP\r\n".repeat(9)}`,
      `220 250 250 250 250 250 250 354 250 250 250 250 250 250 ${END}`,
    ],
    ["MAIL and RCPT do not", `NOOP\r\n${MAIL}${RCPT}${"RSET\r\n".repeat(9)}`, `220 250 250 250 250 250 250 250 ${END}`],
    [
      "a command refused for good is faulty alone",
      `VRFY nobody\r\n${"NOOP\r\n".repeat(9)}`,
      `220 250 550 250 250 250 ${END}`,
    ],
  ])("%s", (_, input, codes) => {
    expect(played(input)).toBe(codes);
  });

  it("in LMTP too, where one recipient's acceptance is enough", () => {
    const message = `${MAIL}${RCPT.repeat(2)}DATA\r\n.\r\n`;
    const noops = "NOOP\r\n".repeat(9);
    expect(played(`NOOP\r\nVRFY nobody\r\n${message}${noops}`, {}, true)).toBe(
      `220 250 250 550 250 250 250 354 554 250 250 250 250 250 250 ${END}`,
    );
    expect(played(`${MAIL}${RCPT}DATA\r\n.\r\n${noops}`, {}, true)).toBe(
      `220 250 250 250 354 554 250 250 250 250 ${END}`,
    );
  });

  it("by default 100 are taken, and 20 more", () => {
    const { output } = play(`${EHLO}${"NOOP\r\n".repeat(200)}`);
    expect(output.match(/^250 2\.0\.0 ok/gm)).toHaveLength(119);
    expect(output).toMatch(/\r\n421 4\.7\.0 mx\.example\.com too many errors\r\n$/);
  });
});

describe("early talkers", () => {
  const run = (earlyTalker: "ignore" | "refuse", input: string, before = "") => {
    const session = new SmtpServerSession({ host: "mx.example.com", earlyTalker, mechanisms: ["ECHO"] });
    if (before !== "") session.receive(octets(before));
    const answer = (event: SmtpServerEvent) => accept(session, event);
    const { events, output, waiting } = drive(session, input === "" ? [] : [octets(input)], answer, false);
    for (const event of events) if (event.type === "violation") expect(event.text).toMatch(/\w/);
    return { types: events.map((event) => (event.type === "violation" ? event.code : event.type)), output, waiting };
  };
  const EARLY = "503 octets came before they were asked for\r\n";

  it("[PIPE-3.2-9] are ignored by default", () => {
    expect(run("ignore", "", EHLO).types).toEqual(["connect", "ehlo"]);
    expect(play(EHLO + MAIL + RCPT).output).not.toContain("503");
  });

  it.each([
    ["before the greeting", "", EHLO, ["early-talker", "connect", "ehlo"]],
    ["behind EHLO", `${EHLO}${MAIL}`, "", ["connect", "early-talker", "ehlo", "mail"]],
    ["behind HELO, a fragment", "HELO x\r\nM", "", ["connect", "early-talker", "helo"]],
    [
      "behind DATA",
      `${EHLO}|${MAIL}${RCPT}DATA\r\n.\r\n`,
      "",
      ["connect", "ehlo", "mail", "rcpt", "early-talker", "data", "message"],
    ],
    [
      "behind AUTH",
      `${EHLO}|AUTH ECHO\r\n*\r\n`,
      "",
      ["connect", "ehlo", "early-talker", "auth", "authentication-failed"],
    ],
    [
      "in a group as it should be",
      `${EHLO}|${MAIL}${RCPT}DATA\r\n|.\r\n`,
      "",
      ["connect", "ehlo", "mail", "rcpt", "data", "message"],
    ],
  ])("[PIPE-3.2-9] are reported, %s", (_, input, before, types) => {
    const session = new SmtpServerSession({ host: "mx.example.com", earlyTalker: "report", mechanisms: ["ECHO"] });
    if (before !== "") session.receive(octets(before));
    const chunks = input.split("|").filter((chunk) => chunk !== "");
    const { events } = drive(session, chunks.map(octets), (event) => accept(session, event), false);
    expect(events.map((event) => (event.type === "violation" ? event.code : event.type))).toEqual(types);
  });

  it("[PIPE-3.2-9] are reported after LHLO", () => {
    const early: Partial<SmtpServerOptions> = { protocol: "lmtp", earlyTalker: "report" };
    const { events } = play(`L${EHLO.slice(1)}${MAIL}`, early);
    expect(events.flatMap((event) => (event.type === "violation" ? [event.code] : []))).toEqual(["early-talker"]);
  });

  it("[PIPE-3.2-9] are refused, and the connection ends", () => {
    const connected = run("refuse", "", EHLO);
    // A connection is opened by 220 or 554 (RFC 5321 §4.3.2).
    expect(connected).toMatchObject({ types: ["early-talker", "closed"], output: EARLY.replace("503", "554") });
    const greetedEarly = run("refuse", EHLO + MAIL);
    expect(greetedEarly.types).toEqual(["connect", "early-talker", "closed"]);
    expect(greetedEarly.output).toBe(`220 mx.example.com ESMTP\r\n${EARLY}`);
  });
});

describe("the with value", () => {
  const withOf = (input: string, options: Options = {}) => {
    const { events } = playBothWays(`${input}${RCPT}DATA\r\nx\r\n.\r\n`, {
      mechanisms: ["ECHO"],
      smtputf8: true,
      ...options,
    });
    const values = events.flatMap((event) => ("with" in event ? [event.with] : []));
    expect(values.length).toBeGreaterThanOrEqual(3);
    expect(new Set(values).size).toBe(1);
    return values[0];
  };
  const AUTH = "AUTH ECHO eWVz\r\n";
  const UTF8 = "MAIL FROM:<a@b> SMTPUTF8\r\n";

  it.each<[string, string, string, Options]>([
    ["[TRACE-1-4]", "SMTP", `HELO x\r\n${MAIL}`, { tls: true }],
    ["[TRACE-1-1]", "ESMTP", EHLO + MAIL, {}],
    ["[TRACE-1-1]", "ESMTPA", EHLO + AUTH + MAIL, {}],
    ["[TRACE-1-1]", "ESMTPSA", EHLO + AUTH + MAIL, { tls: true }],
    ["[TRACE-1-3]", "UTF8SMTPS", EHLO + UTF8, { tls: true }],
    ["[TRACE-1-2]", "LMTP", EHLO.replace("E", "L") + MAIL, { protocol: "lmtp" }],
    ["[TRACE-1-3]", "UTF8LMTPSA", EHLO.replace("E", "L") + AUTH + UTF8, { protocol: "lmtp", tls: true }],
  ])("%s data, content and message say %s", (_, value, input, options) => {
    expect(withOf(input, options)).toBe(value);
  });

  it.each<[string, string]>([
    ["mail", MAIL],
    ["rcpt", MAIL + RCPT],
    ["data", `${MAIL}${RCPT}DATA\r\n`],
    ["vrfy", "VRFY x\r\n"],
    ["expn", "EXPN x\r\n"],
    ["etrn", "ETRN a.example\r\n"],
    ["atrn", "AUTH ECHO eWVz\r\nATRN\r\n"],
    ["xclient", "XCLIENT NAME=a\r\n"],
    ["xforward", "XFORWARD NAME=a\r\n"],
  ])("a refusal of %s by the application counts, if it is for good, and not in LMTP", (type, input) => {
    const ends = (code: number, protocol: "smtp" | "lmtp", hello: string) => {
      const own = protocol === "lmtp" ? {} : { etrn: true, atrn: true };
      const options = {
        ...({ mechanisms: ["ECHO"], expn: true, xclient: ["NAME"], xforward: ["NAME"] } as const),
        ...own,
      };
      const { events } = play(`${hello} a\r\n${input}`, { ...options, protocol, maxErrors: 1 }, (session, event) => {
        if (event.type === type) session.reject({ code });
        else accept(session, event);
      });
      return events.some((event) => event.type === "violation" && event.code === "too-many-errors");
    };
    expect([ends(500, "smtp", "EHLO"), ends(459, "smtp", "EHLO")]).toEqual([true, false]);
    if (type === "mail") expect(ends(500, "lmtp", "LHLO")).toBe(false);
  });

  it.each([400, 500])("a command that is not known counts, whatever the application refuses it with: %i", (code) => {
    const { events } = play(`${EHLO}XFOO\r\n`, { maxErrors: 1 }, (session, event) => {
      if (event.type === "unknown") session.reply({ code, text: "no" });
    });
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "violation" });
  });

  it("a chunk that is read over is waited for as content", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", chunking: true });
    drive(session, [octets(`${EHLO}BDAT 9\r\nab`)], (event) => accept(session, event), false);
    expect(session.timeout).toEqual({ seconds: 300, for: "content" });
  });

  it("what has no answer cannot be refused, though something comes after it", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", earlyTalker: "report" });
    session.receive(octets(EHLO));
    expect(session.nextEvent()).toMatchObject({ type: "violation", code: "early-talker", fatal: false });
    expect(() => session.reject()).toThrow("reject() is not possible");
    expect(session.nextEvent()).toMatchObject({ type: "connect" });
  });

  it("who talks before 354 where that is refused is told why with an enhanced code", () => {
    const chunks = [EHLO, `${MAIL}${RCPT}DATA\r\nx`].map((each) => octets(each));
    const { output, events } = play(chunks, { earlyTalker: "refuse" });
    expect(output.endsWith("503 5.5.1 octets came before they were asked for\r\n")).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "violation" });
  });
});
