import { SmtpClientSession } from "smtp-codec";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, ehlo, GREETING, HELLO, play, SENT } from "./support.ts";

describe("[SMTP-2.3.8-5] nothing hostile goes into a command", () => {
  it.each([
    "a\r\nQUIT",
    "a@b\r\nRSET",
    "a@b\n",
    "a@b\r",
    "a@b\0",
    "a@b> SIZE=1",
    "a b@c",
    "\x85@b",
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
      (s) => s.rcpt("a@b", { parameters: [{ keyword: "X", value: `${value} \r\n` }] }),
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
      expect(driveClient(session, [octets(GREETING)], () => {}, false).output).toBe("");
    }
  });

  it.each(["\u00e9@b", "\u760d\u760a@b"])("[SMTP-2.4-6] %j is not truncated: it needs SMTPUTF8", (value) => {
    expect(() => play(HELLO, [ehlo, (s) => s.mail(value)])).toThrow("on a server that does not offer SMTPUTF8");
    expect(() => play(`${HELLO}250 ok\r\n`, [ehlo, (s) => s.mail("a@b"), (s) => s.rcpt(value)])).toThrow(
      "rcpt() beyond ASCII is not possible in a transaction without SMTPUTF8; legal now: mail() with smtputf8: true",
    );
    expect(() => play(HELLO, [ehlo, (s) => s.mail("a@b", { auth: value })])).toThrow('"auth" expected a mailbox');
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
