import { type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { byteByByte, drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, MAIL, play, RCPT } from "../support.ts";
import { OUT_OF_PLACE, playBothWays } from "./support.ts";

const LHLO = "LHLO client.example.com\r\n";
const OTHER = "RCPT TO:<c@example.org>\r\n";
const UNKNOWN = "500 5.5.2 command not recognized\r\n";
const DELIVERED = "250 2.0.0 delivered\r\n";
const SENDER = "250 2.1.0 sender ok\r\n";
const GO_AHEAD = "354 go ahead, end with a line of a single dot\r\n";
const BARE = "554 5.6.0 message has a CR or LF that is not part of a line end\r\n";

const lmtp = (input: string, options?: Partial<SmtpServerOptions>) =>
  playBothWays(LHLO + input, { protocol: "lmtp", chunking: true, ...options });
/** The replies after those to LHLO, MAIL and RCPT. */
const replies = (input: string, options?: Partial<SmtpServerOptions>) =>
  lmtp(input, options)
    .output.replace(/^220 [^\r]*\r\n(?:250-.*\r\n)*250 HELP\r\n/, "")
    .replace(/250 2\.1\.5 recipient ok\r\n/g, "");

describe("LMTP", () => {
  it("[LMTP-4.1-1] has a hello of its own, and SMTP has not", () => {
    const { output, events } = playBothWays(`HELO x\r\nEHLO x\r\n${LHLO}${MAIL}`, { protocol: "lmtp" });
    expect(output).toMatch(
      /^220 mx\.example\.com LMTP\r\n500 5\.5\.2 command not recognized\r\n500 5\.5\.2 command not recognized\r\n250-mx/,
    );
    expect(events).toMatchObject([
      {},
      { code: "unknown-verb" },
      { code: "unknown-verb" },
      { type: "lhlo", name: "client.example.com" },
      { type: "mail" },
      {},
      {},
    ]);
    expect(play(LHLO).output).toBe(`220 mx.example.com ESMTP\r\n${UNKNOWN}`);
  });

  it("[LMTP-5-1] always announces PIPELINING and ENHANCEDSTATUSCODES, and by default 8BITMIME", () => {
    expect(lmtp("", { chunking: false }).output.split("\r\n").slice(1, -1)).toEqual([
      "250-mx.example.com",
      ...["250-PIPELINING", "250-8BITMIME", "250-SIZE 10240000", "250-ENHANCEDSTATUSCODES", "250 HELP"],
    ]);
  });

  it.each([
    ["[LMTP-4.2-1] DATA without a recipient", `${MAIL}DATA\r\n`, SENDER + OUT_OF_PLACE],
    [
      "[LMTP-4.2-2] one reply a recipient, two for one accepted twice",
      `${MAIL}${RCPT}${OTHER}${RCPT}DATA\r\n.\r\nNOOP\r\n`,
      `${SENDER}${GO_AHEAD}${DELIVERED.repeat(3)}250 2.0.0 ok\r\n`,
    ],
    [
      "[LMTP-4.2-3] a message refused by the session",
      `${MAIL}${RCPT}${OTHER}DATA\r\n\n\r\n.\r\n${MAIL}`,
      SENDER + GO_AHEAD + BARE + BARE + SENDER,
    ],
    [
      "[LMTP-4.3-1] BDAT",
      `${MAIL}${RCPT}${OTHER}BDAT 1\r\naBDAT 1 LAST\r\nb`,
      `${SENDER}250 2.0.0 chunk received\r\n${DELIVERED}${DELIVERED}`,
    ],
    [
      "[LMTP-4.3-1] BDAT LAST without a recipient: no reply at all",
      `${MAIL}BDAT 5 LAST\r\nQUIT\rNOOP\r\n${MAIL}`,
      `${SENDER}250 2.0.0 ok\r\n${SENDER}`,
    ],
    [
      "[LMTP-4.3-1] BDAT without LAST, without a recipient",
      `${MAIL}BDAT 5\r\nQUIT\r${RCPT}`,
      SENDER + OUT_OF_PLACE + OUT_OF_PLACE,
    ],
    [
      "[LMTP-4.3-1] a refused chunk, and the last one, twice, with another between",
      `${MAIL}${RCPT}${OTHER}BDAT 1\r\n\nBDAT 1 LAST\r\nxBDAT 1\r\nyX\r\nBDAT 1 LAST\r\nzNOOP\r\n`,
      `${SENDER}${BARE}${OUT_OF_PLACE.repeat(3)}${UNKNOWN}${OUT_OF_PLACE.repeat(2)}250 2.0.0 ok\r\n`,
    ],
    [
      "[LMTP-4.3-1] a chunk without a recipient, and the last one: no reply to it",
      `${MAIL}BDAT 1\r\nxBDAT 1 LAST\r\ny${RCPT}BDAT 0 LAST\r\nNOOP\r\n`,
      `${SENDER}${OUT_OF_PLACE.repeat(2)}250 2.0.0 ok\r\n`,
    ],
    [
      "[LMTP-4.3-1] BDAT LAST in no transaction: no reply, as there is no recipient",
      `BDAT 1 LAST\r\nxBDAT 1\r\nyNOOP\r\n`,
      `${OUT_OF_PLACE}250 2.0.0 ok\r\n`,
    ],
    [
      "[LMTP-4.2-3] a refused last chunk",
      `${MAIL}${RCPT}${OTHER}BDAT 1 LAST\r\n\n${MAIL}`,
      SENDER + BARE + BARE + SENDER,
    ],
  ])("%s", (_, input, expected) => {
    expect(replies(input)).toBe(expected);
  });

  it("BDAT LAST without a recipient is told all the same", () => {
    expect(lmtp(`${MAIL}BDAT 1 LAST\r\nx`).events.slice(-3)).toMatchObject([
      { type: "violation", code: "bad-sequence", reply: null, answer: "none" },
      { type: "aborted", cause: "refused" },
      { type: "closed" },
    ]);
    const input = `${MAIL}${"BDAT 1 LAST\r\nx".repeat(4)}`;
    expect(lmtp(input, { maxErrors: 3 }).events.slice(-3)).toMatchObject([
      { type: "violation", code: "bad-sequence", reply: null, answer: "none" },
      { type: "violation", code: "too-many-errors", fatal: true },
      { type: "closed", cause: "violation" },
    ]);
  });

  it("[LMTP-5-2] each reply can be taken before the next is decided", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", protocol: "lmtp" });
    const begin = (event: Parameters<typeof accept>[1]) => {
      if (event.type !== "delivery") accept(session, event);
    };
    const { events } = drive(session, [octets(`${LHLO}${MAIL}${RCPT}${OTHER}DATA\r\nx\r\n.\r\n${MAIL}`)], begin, false);
    expect(events.slice(-2)).toMatchObject([
      {
        type: "message",
        recipients: [{ to: { address: "b@example.org" } }, { to: { address: "c@example.org" } }],
        answer: "none",
      },
      { type: "delivery", to: { address: "b@example.org" }, index: 0 },
    ]);
    expect([session.waiting, session.takeOutput()]).toEqual(["decision", null]);
    session.accept("in the box");
    expect(text(session.takeOutputPieces())).toBe("250 2.0.0 in the box\r\n");
    expect(session.nextEvent()).toMatchObject({
      type: "delivery",
      to: { address: "c@example.org" },
      index: 1,
      answer: "needed",
    });
    session.reject({ code: 452, enhanced: "4.2.2", text: "mailbox full" });
    expect(text(session.takeOutputPieces())).toBe("452 4.2.2 mailbox full\r\n");
    expect(session.nextEvent()).toMatchObject({ type: "mail" });
  });

  it("[LMTP-4.2-3] what the application refuses while it comes, it refuses for all", () => {
    const input = octets(`${LHLO}${MAIL}${RCPT}${OTHER}DATA\r\nx\r\n.\r\n`);
    for (const chunks of [[input], byteByByte(input)]) {
      let told = false;
      const { output } = play(chunks, { protocol: "lmtp" }, (session, event) => {
        if (event.type === "content" && !told) session.reject({ code: 450, text: "no" });
        else if (event.type === "refused") session.reply({ code: 451, text: "not now" });
        else accept(session, event);
        told ||= event.type === "content";
      });
      expect(output.endsWith(`${GO_AHEAD}451 4.0.0 not now\r\n451 4.0.0 not now\r\n`)).toBe(true);
    }
  });

  it("[LMTP-4.2-2] many recipients get their replies in order", () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `RCPT TO:<r${index}@example.org>\r\n`).join("");
    const options = { protocol: "lmtp", maxRecipients: Number.POSITIVE_INFINITY } as const;
    const { events, output } = play(`${LHLO}${MAIL}${lines}DATA\r\n.\r\nNOOP\r\n`, options, (session, event) => {
      if (event.type === "delivery") session.accept(event.to.address);
      else accept(session, event);
    });
    const deliveries = events.flatMap((event) => (event.type === "delivery" ? [event] : []));
    expect(deliveries.map(({ index }) => index)).toEqual(deliveries.map((_, index) => index));
    expect(output.match(/r[0-9]+@example\.org/g)).toEqual(deliveries.map((_, index) => `r${index}@example.org`));
    expect(deliveries.length).toBe(2000);
    expect(output.endsWith("\r\n250 2.0.0 ok\r\n")).toBe(true);
  });

  it.each(["content", "refused"])("a 421 to the whole message, from %s on, is said once", (at) => {
    const { output, events } = play(
      `${LHLO}${MAIL}${RCPT}${OTHER}DATA\r\nx\r\n${at === "refused" ? "\n\r\n" : ""}.\r\n`,
      { protocol: "lmtp" },
      (session, event) => {
        if (event.type === "content" && at === "content") session.reject({ code: 421, text: "out" });
        else if (event.type === "refused" && at === "refused") session.reply({ code: 421, text: "out" });
        else accept(session, event);
      },
    );
    expect(output.endsWith(`${GO_AHEAD}421 4.0.0 mx.example.com out\r\n`)).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "reply-421" });
  });

  it("a 421 for one recipient closes", () => {
    const { output, events } = play(
      `${LHLO}${MAIL}${RCPT}${OTHER}DATA\r\n.\r\n`,
      { protocol: "lmtp" },
      (session, event) => {
        if (event.type === "delivery") session.reject({ code: 421, text: "out" });
        else accept(session, event);
      },
    );
    expect(output.endsWith(`${GO_AHEAD}421 4.0.0 mx.example.com out\r\n`)).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "reply-421" });
  });

  it("a refused LHLO is a refused hello", () => {
    const { output } = play(LHLO + MAIL, { protocol: "lmtp" }, (session, event) => {
      if (event.type === "lhlo") session.reject();
    });
    expect(output.endsWith(`550 refused\r\n${OUT_OF_PLACE}`)).toBe(true);
  });
});
