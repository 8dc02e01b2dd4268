import { type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";

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
        recipients: [{ to: { address: "b@example.org" }, parameters: {} }],
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

  const given = (line: string) => (session: SmtpServerSession) => session.receive(octets(line));
  it.each<[string, string, boolean, (session: SmtpServerSession) => unknown]>([
    ["QUIT", "quit", false, given("QUIT\r\n")],
    ["a 421 of the application's", "closed", false, given("VRFY x\r\n")],
    ["too many faulty commands", "closed", false, given("X\r\n")],
    ["BDAT that cannot be framed", "closed", false, given("BDAT x\r\n")],
    ["the end of input", "closed", true, (session) => session.receiveEnd()],
    ["a client that is silent", "closed", true, (session) => session.timedOut()],
    ["the server's end", "closed", true, (session) => session.shutdown()],
  ])(
    "[SMTP-4.1.1.10-1] an open transaction is aborted by %s, whatever came of it, and once",
    (_, cause, always, end) => {
      const inContent = always ? [`${MAIL}${RCPT}DATA\r\nx`, `${MAIL}${RCPT}BDAT 2\r\nx`] : [];
      for (const reach of ["", MAIL, MAIL + RCPT, `${MAIL}${RCPT}BDAT 1\r\nx`, ...inContent]) {
        const session = new SmtpServerSession({ host: "mx.example.com", chunking: true, maxErrors: 1 });
        const answer = (event: SmtpServerEvent) => {
          if (event.type === "vrfy") session.reject({ code: 421 });
          else accept(session, event);
        };
        drive(session, [octets(EHLO + reach)], answer, false);
        end(session);
        const { events } = drive(session, [], answer, false);
        const ends = events.filter(({ type }) => type === "aborted" || type === "closed");
        const aborted = reach === "" ? [] : [{ type: "aborted", cause, answer: "none" }];
        expect([reach, ends]).toMatchObject([reach, [...aborted, { type: "closed" }]]);
      }
    },
  );

  it("[SMTP-4.1.1.4-5] content cut off is an abort and never a message", () => {
    const { events } = play(`${EHLO}${MAIL}${RCPT}DATA\r\nhalf`);
    expect(events.slice(-4)).toMatchObject([
      { type: "content" },
      { type: "violation", code: "cut-off", fatal: false, answer: "none" },
      { type: "aborted", cause: "closed" },
      { type: "closed", cause: "end-of-input" },
    ]);
  });

  it("[SMTP-4.1.1.3-6] recipients keep their order, repeats included", () => {
    const { events } = play(`${EHLO}${MAIL}RCPT TO:<b@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n.\r\n`);
    const [message] = events.flatMap((event) => (event.type === "message" && "recipients" in event ? [event] : []));
    expect([message!.recipients.map(({ to }) => to.address), message!.size]).toEqual([["b@x", "a@x", "b@x"], 0]);
  });
});
