import { SmtpClientSession } from "smtp-codec";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { ehlo, GREETING, HELLO, PLAIN, play, SENT, shown } from "./support.ts";

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
      { content: "7bit", parameters: [{ keyword: "X-ID", value: "7" }] },
      "MAIL FROM:<a@b> X-ID=7\r\n",
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
    expect(() => mail(HELLO, { size: 1.5 })).toThrow('"SIZE" expected a whole number');
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
    driveClient(session, [octets(`${HELLO}250-mx\r\n250 8BITMIME\r\n`)], () => hellos.shift()?.(session), false);
    expect([...session.capabilities!.keywords.keys()]).toEqual(["8BITMIME"]);
    expect([session.state, session.waiting, session.timeout]).toEqual(["ready", "decision", null]);
  });

  it("[SMTP-3.1-4] a greeting that refuses leaves QUIT alone", () => {
    const session = new SmtpClientSession();
    session.ehlo("x");
    const { output, events } = driveClient(session, [octets("554 no\r\n221 bye\r\n")], (event) => {
      if (event.type === "greeting") {
        expect(() => session.ehlo("x")).toThrow('in state "refused"; legal now: quit()');
        session.quit();
      }
    });
    expect([output, events.map(({ type }) => type)]).toEqual(["QUIT\r\n", ["greeting", "ehlo", "quit", "closed"]]);
  });
});
