import { describe, expect, it } from "vitest";
import { EHLO, MAIL, play, RCPT } from "../support.ts";

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
    expect([message!.recipients.map(({ to }) => to.address), message!.size]).toEqual([["b@x", "a@x", "b@x"], 0]);
  });
});
