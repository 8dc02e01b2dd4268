import type { MailOptions, RcptOptions, SmtpClientSession } from "smtp-codec";
import { describe, expect, it } from "vitest";
import { type Command, converse, ehlo, GREETING, offer, SENT } from "./support.ts";

const ALL = [
  ...["8BITMIME", "SIZE 1000", "SMTPUTF8", "DSN", "DELIVERBY 240", "FUTURERELEASE 86400 2030-01-01T00:00:00Z"],
  ...["MT-PRIORITY MIXER", "REQUIRETLS", "RRVS", "NO-SOLICITING", "CONPERM", "CONNEG", "AUTH ECHO", "PIPELINING"],
];
const mail7 =
  (options: MailOptions, from = "a@b"): Command =>
  (s) =>
    s.mail(from, { content: "7bit", ...options });
const rcpt =
  (options: RcptOptions, to = "c@d"): Command =>
  (s) =>
    s.rcpt(to, options);

/** What is sent after the hello, on a server that offers these. */
function sent(keywords: readonly string[], commands: readonly Command[], tls = true): string {
  const hello = keywords.length === 0 ? "250 mx\r\n" : offer(...keywords);
  const { output } = converse([GREETING, ehlo, hello, ...commands], { tls });
  return output.slice(SENT.length);
}

describe("parameters of MAIL", () => {
  it.each<readonly [string, MailOptions, string]>([
    ["BODY=8BITMIME", { content: "8bit" }, "BODY=8BITMIME"],
    ["SMTPUTF8", { smtputf8: true }, "SMTPUTF8"],
    ["RET and ENVID", { ret: "HDRS", envid: "a+b" }, "RET=HDRS ENVID=a+2Bb"],
    ["BY", { by: { seconds: 300, mode: "R", trace: true } }, "BY=300;RT"],
    ["HOLDFOR", { holdFor: 60 }, "HOLDFOR=60"],
    ["HOLDUNTIL", { holdUntil: "2029-01-01T00:00:00Z" }, "HOLDUNTIL=2029-01-01T00:00:00Z"],
    ["MT-PRIORITY", { mtPriority: -3 }, "MT-PRIORITY=-3"],
    ["REQUIRETLS", { requireTls: true }, "REQUIRETLS"],
    ["SOLICIT", { solicit: ["org.example:adv"] }, "SOLICIT=org.example:adv"],
    ["CONPERM", { conPerm: true }, "CONPERM"],
    ["AUTH as a path", { auth: { kind: "null", address: "" } }, "AUTH=<>"],
    ["several", { size: 5, smtputf8: true, ret: "FULL" }, "SIZE=5 SMTPUTF8 RET=FULL"],
  ])("%s", (_, options, written) => {
    expect(sent(ALL, [mail7(options)])).toBe(`MAIL FROM:<a@b> ${written}\r\n`);
  });

  it.each<readonly [string, MailOptions, string]>([
    ["[UTF8-3.2-1] SMTPUTF8", { smtputf8: true }, "SMTPUTF8"],
    ["[DSN-5.2.2-1] RET", { ret: "HDRS" }, "DSN"],
    ["[DSN-5.2.2-1] ENVID", { envid: "x" }, "DSN"],
    ["[BY-4.1.4-1] BY", { by: { seconds: 300, mode: "R", trace: false } }, "DELIVERBY"],
    ["[FUT-4.1-1] HOLDFOR", { holdFor: 60 }, "FUTURERELEASE"],
    ["[FUT-4.1-1] HOLDUNTIL", { holdUntil: "2029-01-01T00:00:00Z" }, "FUTURERELEASE"],
    ["[PRIO-4.3-1] MT-PRIORITY", { mtPriority: 1 }, "MT-PRIORITY"],
    ["[REQTLS-2-3] REQUIRETLS", { requireTls: true }, "REQUIRETLS"],
    ["[SOL-2.3-2] SOLICIT", { solicit: ["a"] }, "NO-SOLICITING"],
    ["[CON-4.2-2] CONPERM", { conPerm: true }, "CONPERM"],
    ["[SMTP-4.1.1.3-7] a known one given as it is written", { parameters: [{ keyword: "RET", value: "FULL" }] }, "DSN"],
    ["a known one in small letters", { parameters: [{ keyword: "ret", value: "FULL" }] }, "DSN"],
    ["a size in small letters", { parameters: [{ keyword: "size", value: "5" }] }, "SIZE"],
    ["a body in small letters", { parameters: [{ keyword: "Body", value: "BINARYMIME" }] }, "8BITMIME or BINARYMIME"],
    ["[REQTLS-2-3] a flag in small letters", { parameters: [{ keyword: "requiretls", value: null }] }, "REQUIRETLS"],
  ])("%s throws where its extension is not offered", (_, options, extension) => {
    expect(() => sent([], [mail7(options)])).toThrow(
      `on a server that does not offer ${extension}; legal now: mail() without it`,
    );
  });

  it.each<readonly [string, MailOptions, string]>([
    [
      "[BY-4.1.4-1] BY below the minimum",
      { by: { seconds: 239, mode: "R", trace: false } },
      '"BY" expected at least 240 seconds',
    ],
    ["[FUT-4.1-1] HOLDFOR beyond the maximum", { holdFor: 86_401 }, '"HOLDFOR" expected at most 86400 seconds'],
    [
      "[FUT-4.1-1] HOLDUNTIL beyond the maximum",
      { holdUntil: "2031-01-01T00:00:00Z" },
      '"HOLDUNTIL" expected an earlier date-time',
    ],
    ["[FUT-4.1-1] both", { holdFor: 1, holdUntil: "2029-01-01T00:00:00Z" }, "exclude each other"],
    [
      "[FUT-5.2-1] HOLDFOR longer than BY",
      { holdFor: 301, by: { seconds: 300, mode: "R", trace: false } },
      "no longer than BY allows",
    ],
    ["[DSN-5.4-3] ENVID over 100 octets", { envid: "x".repeat(101) }, '"ENVID" expected'],
    ["MT-PRIORITY out of range", { mtPriority: 10 }, '"MT-PRIORITY" expected'],
    ["a parameter twice", { ret: "FULL", parameters: [{ keyword: "RET", value: "HDRS" }] }, "expected RET once"],
    [
      "a parameter twice, in small letters",
      { ret: "FULL", parameters: [{ keyword: "ret", value: "HDRS" }] },
      "RET once",
    ],
    ["a size of letters", { parameters: [{ keyword: "size", value: "junk" }] }, '"SIZE" expected 1 to 20 digits'],
  ])("%s throws", (_, options, message) => {
    expect(() => sent(ALL, [mail7(options)])).toThrow(RangeError);
    expect(() => sent(ALL, [mail7(options)])).toThrow(message);
  });

  it("[REQTLS-2-3] REQUIRETLS counts as offered under TLS alone", () => {
    expect(() => sent(ALL, [mail7({ requireTls: true })], false)).toThrow("does not offer REQUIRETLS");
  });

  it("[UTF8-3.4-2] a sender beyond ASCII adds SMTPUTF8, and recipients beyond ASCII need it", () => {
    const from = "j\u00f6rg@b\u00fccher.example";
    expect(sent(ALL, [mail7({}, from), rcpt({}, from)])).toBe(
      "MAIL FROM:<j\xc3\xb6rg@b\xc3\xbccher.example> SMTPUTF8\r\nRCPT TO:<j\xc3\xb6rg@b\xc3\xbccher.example>\r\n",
    );
    expect(() => sent(ALL, [mail7({}), rcpt({}, from)])).toThrow(
      "rcpt() beyond ASCII is not possible in a transaction without SMTPUTF8",
    );
    expect(() => sent(["8BITMIME"], [mail7({}, from)])).toThrow("does not offer SMTPUTF8");
    expect(sent([], [mail7({}, "a@xn--bcher-kva.example")])).toBe("MAIL FROM:<a@xn--bcher-kva.example>\r\n");
  });

  it("[UTF8-3.6-1] SMTPUTF8 alone does not permit 8-bit content", () => {
    expect(() => sent(["SMTPUTF8"], [(s) => s.mail("a@b", { smtputf8: true })])).toThrow("does not offer 8BITMIME");
    expect(sent(ALL, [(s) => s.mail("a@b", { smtputf8: true })])).toBe("MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8\r\n");
  });

  it("[SMTP-4.1.1.11-5] the event of a refusal has the parameters that were sent", () => {
    const { events } = converse([
      GREETING,
      ehlo,
      offer(...ALL),
      mail7({ ret: "HDRS" }),
      rcpt({ notify: "NEVER" }),
      "501 a\r\n504 b\r\n",
    ]);
    expect(events.slice(2)).toMatchObject([
      { type: "mail", outcome: "permanent", parameters: [{ keyword: "RET", value: "HDRS" }] },
      { type: "rcpt", outcome: "permanent", parameters: [{ keyword: "NOTIFY", value: "NEVER" }] },
    ]);
  });
});

describe("parameters of RCPT", () => {
  const { orcpt, both } = {
    orcpt: { type: "rfc822", address: "e=mc2@d" },
    both: ["SUCCESS", "FAILURE"] as const,
  };

  it.each<readonly [string, RcptOptions, string]>([
    ["NOTIFY and ORCPT", { notify: both, orcpt }, "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;e+3Dmc2@d"],
    ["RRVS", { rrvs: { since: "2014-04-03T23:01:00Z", action: null } }, "RRVS=2014-04-03T23:01:00Z"],
    ["CONNEG", { conNeg: true }, "CONNEG"],
    ["one of one's own", { parameters: [{ keyword: "X-ID", value: "7" }] }, "X-ID=7"],
    ["one in small letters", { parameters: [{ keyword: "notify", value: "never" }] }, "NOTIFY=never"],
    [
      "[UTF8-6533.3-2] ORCPT beyond ASCII without SMTPUTF8",
      { orcpt: { type: "utf-8", address: "\u00f6@d" } },
      "ORCPT=utf-8;\\x{F6}@d",
    ],
  ])("%s", (_, options, written) => {
    expect(sent(ALL, [mail7({}), rcpt(options)])).toBe(`MAIL FROM:<a@b>\r\nRCPT TO:<c@d> ${written}\r\n`);
  });

  it("[UTF8-6533.3-2] ORCPT is native UTF-8 in a transaction with SMTPUTF8", () => {
    const found = sent(ALL, [mail7({ smtputf8: true }), rcpt({ orcpt: { type: "utf-8", address: "\u00f6@d" } })]);
    expect(found.endsWith("RCPT TO:<c@d> ORCPT=utf-8;\xc3\xb6@d\r\n")).toBe(true);
  });

  it.each<readonly [string, RcptOptions, string]>([
    ["[DSN-5.2.2-1] NOTIFY", { notify: "NEVER" }, "DSN"],
    ["[DSN-5.2.2-1] ORCPT", { orcpt }, "DSN"],
    ["[RRVS-5.1.1-2] RRVS", { rrvs: { since: "2014-04-03T23:01:00Z", action: null } }, "RRVS"],
    ["[CON-4.2-2] CONNEG", { conNeg: true }, "CONNEG"],
  ])("%s throws where its extension is not offered", (_, options, extension) => {
    expect(() => sent(["PIPELINING"], [mail7({}), rcpt(options)])).toThrow(
      `on a server that does not offer ${extension}; legal now: rcpt() without it`,
    );
  });
});

describe("limits", () => {
  const long = (octets: number) => `${"a".repeat(64)}@${`${"b".repeat(62)}.`.repeat(3)}`.slice(0, octets);

  it("[SMTP-4.5.3.1.4-3] a command is at most 512 octets and what the extensions offered add", () => {
    const pad = (size: number) => [{ keyword: "X", value: "y".repeat(size) }];
    const line = (size: number, keywords: readonly string[]) =>
      sent(keywords, [mail7({ parameters: pad(size) })]).length;
    const fixed = "MAIL FROM:<a@b> X=\r\n".length;
    expect(line(512 - fixed, [])).toBe(512);
    expect(() => line(513 - fixed, [])).toThrow('"MAIL" expected a command of at most 512 octets with its CRLF');
    expect(line(538 - fixed, ["SIZE"])).toBe(538);
    expect(() => line(539 - fixed, ["SIZE"])).toThrow("at most 538 octets");
    expect(() => sent([], [mail7({}), rcpt({ parameters: pad(500) })])).toThrow(
      '"RCPT" expected a command of at most 512 octets',
    );
    expect(sent(["PIPELINING", "RRVS"], [mail7({}), rcpt({ parameters: pad(500) })]).length).toBe(535);
    expect(() => sent([], [(s) => s.vrfy("x".repeat(506))])).toThrow('"VRFY" expected a command of at most 512 octets');
    expect(sent([], [(s) => s.vrfy("x".repeat(505))]).length).toBe(512);
    expect(() => sent([], [mail7({}, long(300))])).toThrow('"from" expected a mailbox');
  });

  const LIMITS = ["PIPELINING", "LIMITS MAILMAX=2 RCPTMAX=2 RCPTDOMAINMAX=2"];
  const left: (found: number[]) => Command = (found) => (s) =>
    found.push(s.remaining.mails, s.remaining.recipients, s.remaining.domains);

  it("[LIM-4.1-1] MAILMAX counts every MAIL of the session", () => {
    const found: number[] = [];
    const commands: Command[] = [left(found), (s) => s.mail("a@b", { content: "7bit" }).rset(), left(found)];
    sent(LIMITS, commands);
    expect(found.slice(0, 6)).toEqual([2, 2, 2, 1, 2, 2]);
    const three: Command = (s) => {
      for (let count = 0; count < 2; count++) s.mail("a@b", { content: "7bit" }).rset();
      expect(() => s.mail("a@b", { content: "7bit" })).toThrow(
        "mail() is not possible beyond the server's MAILMAX; legal now: force: true",
      );
      s.mail("a@b", { content: "7bit", force: true });
    };
    expect(sent(LIMITS, [three]).match(/MAIL/g)?.length).toBe(3);
  });

  it("[LIM-4.2-1] RCPTMAX counts every RCPT of the transaction", () => {
    const command: Command = (s) => {
      s.mail("a@b", { content: "7bit" }).rcpt("a@d").rcpt("b@d");
      expect(() => s.rcpt("c@d")).toThrow("rcpt() is not possible beyond the server's RCPTMAX");
      s.rcpt("c@d", { force: true }).rset().mail("a@b", { content: "7bit" }).rcpt("a@d");
      expect(s.remaining.recipients).toBe(1);
    };
    expect(sent(LIMITS, [command]).match(/RCPT/g)?.length).toBe(4);
  });

  it("[LIM-4.3-1] RCPTDOMAINMAX counts domains, whatever their case", () => {
    const command: Command = (s) => {
      s.mail("a@b", { content: "7bit" }).rcpt("a@one.example").rcpt("a@ONE.example").rset();
      s.mail("a@b", { content: "7bit" }).rcpt("a@two.example");
      expect(() => s.rcpt("a@three.example")).toThrow("beyond the server's RCPTDOMAINMAX");
      s.rcpt("postmaster"); // has none
    };
    expect(sent(LIMITS, [command]).match(/RCPT/g)?.length).toBe(4);
  });

  it("[LIM-3.6-1] a later hello without LIMITS removes them", () => {
    const inf = Number.POSITIVE_INFINITY;
    const { session } = converse([GREETING, ehlo, offer(...LIMITS), ehlo, offer("PIPELINING")]);
    expect(session.remaining).toMatchObject({ mails: inf, recipients: inf, domains: inf });
    const { session: other } = converse([GREETING, ehlo, offer("LIMITS RCPTMAX=5")]);
    expect(other.remaining).toMatchObject({ mails: inf, recipients: 5, domains: inf });
    const fresh: SmtpClientSession = converse([GREETING]).session;
    expect(fresh.remaining.mails).toBe(inf);
  });
});
