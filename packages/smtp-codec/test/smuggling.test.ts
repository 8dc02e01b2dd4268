import { type SmtpClientEvent, SmtpClientSession, SmtpServerSession } from "smtp-codec";
import { byteByByte, everySplit, octets, pull, SessionPair, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "./support.ts";

/** Each of these ended a message in some server. */
const FALSE_ENDS = [
  ...["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r.\n", "\n.\r", "\r\n.\r"],
  ...["\r\n\0.\r\n", "\r\n.\0\r\n", "\r\n.\r\r\n", "\r\r\n.\r\r\n", "\r\n. \r\n", "\r\n.\r\n"],
] as const;

/** What follows, for a server that takes it for the end. */
const INJECTED = "MAIL FROM:<evil@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nevil\r\n.\r\n";

/** What a client sends of pieces of content after the envelope. */
function sent(pieces: readonly Uint8Array[], form: "data" | "bdat"): string {
  const session = new SmtpClientSession();
  let output = "";
  const step = (replies: string) => {
    output += text(session.takeOutputPieces());
    session.receive(octets(replies));
    output += text(pull<SmtpClientEvent>(session, () => {}));
  };
  step("220 mx.example.com\r\n");
  session.ehlo("client.example.com");
  step("250-mx.example.com\r\n250-8BITMIME\r\n250-CHUNKING\r\n250 PIPELINING\r\n");
  session.mail("a@example.com").rcpt("b@example.org");
  form === "data" ? session.data() : session.bdat();
  step(`250 ok\r\n250 ok\r\n${form === "data" ? "354 go\r\n" : ""}`);
  output = "";
  session.content(pieces.length === 1 ? pieces[0]! : pieces);
  step("");
  return output;
}

describe("what some server takes for the end of content, inside of content", () => {
  it.each(FALSE_ENDS)("[DOT-2.3.8-3] %j leaves a client by DATA as lines that end nothing", (ending) => {
    const content = octets(`a${ending}${INJECTED}`);
    const whole = sent([content], "data");
    expect(whole.replace(/\r\n/g, "")).not.toMatch(/[\r\n]/);
    const lines = whole.split("\r\n");
    expect([lines.indexOf("."), lines.at(-1)]).toEqual([lines.length - 2, ""]);
    for (const pieces of [...everySplit(content), byteByByte(content)]) expect(sent(pieces, "data")).toBe(whole);
  });

  it.each(FALSE_ENDS)(
    "[CHUNK-2-15] %j leaves a client by BDAT counted, its line ends whole and its dots alone",
    (ending) => {
      const output = sent([octets(`a${ending}${INJECTED}`)], "bdat");
      const [, size, content] = /^BDAT (\d+) LAST\r\n([\s\S]*)$/.exec(output)!;
      expect(content!.length).toBe(Number(size));
      expect(content).toBe(`a${ending}${INJECTED}`.replace(/\r\n|\r|\n/g, "\r\n"));
    },
  );

  it.each(FALSE_ENDS.slice(0, -1))(
    "[DOT-4.1.1.4-7] %j, normalised by a server and sent on by a client, is one message",
    (ending) => {
      const { events } = play(`${EHLO}${MAIL}${RCPT}DATA\r\na${ending}x\r\n.\r\n`, { lineEndings: "normalize" });
      const content = events.flatMap((event) => (event.type === "content" ? [event.bytes] : []));
      expect(events.filter(({ type }) => type === "message")).toHaveLength(1);
      for (const form of ["data", "bdat"] as const) {
        const next = play(`${EHLO}${MAIL}${RCPT}${form === "data" ? "DATA\r\n" : ""}${sent(content, form)}`, {
          chunking: true,
        });
        const received = next.events.flatMap((event) => (event.type === "content" ? [text(event.bytes)] : [])).join("");
        expect([received, next.events.filter(({ type }) => type === "violation")]).toEqual([text(content), []]);
        expect(next.events.filter(({ type }) => type === "message" || type === "mail")).toHaveLength(2);
      }
    },
  );
});

describe("dots and ends, from a client to a server", () => {
  it.each([
    ["an empty message", "", ".\r\n", ""],
    ["a dot alone, first and last", ".\r\n", "..\r\n.\r\n", ".\r\n"],
    ["a dot on the first line", ".x\r\n", "..x\r\n.\r\n", ".x\r\n"],
    ["two dots", "a\r\n..\r\n", "a\r\n...\r\n.\r\n", "a\r\n..\r\n"],
    ["a dot in a line", "a.\r\nb.c\r\n", "a.\r\nb.c\r\n.\r\n", "a.\r\nb.c\r\n"],
    ["a last line end, which is the message's", "a\r\n\r\n", "a\r\n\r\n.\r\n", "a\r\n\r\n"],
    ["a last line without its end", "a\r\n.b", "a\r\n..b\r\n.\r\n", "a\r\n.b\r\n"],
  ])("[DOT-4.5.2-1] [DOT-4.5.2-4] %s", (_, content, wire, received) => {
    for (const pieces of [...everySplit(octets(content)), byteByByte(octets(content))]) {
      expect(sent(pieces, "data")).toBe(wire);
    }
    const before = `${EHLO}${MAIL}${RCPT}DATA\r\n`;
    for (const chunks of [...everySplit(octets(before + wire)), byteByByte(octets(before + wire))]) {
      const { events } = play(chunks);
      const got = events.flatMap((event) => (event.type === "content" ? [text(event.bytes)] : [])).join("");
      expect([got, events.filter(({ type }) => type === "message").length]).toEqual([received, 1]);
    }
  });

  it("[DOT-4.5.2-4] a leading dot is taken away, whatever follows it: clients that do not stuff lose it, and end nothing", () => {
    const { events } = play(`${EHLO}${MAIL}${RCPT}DATA\r\n.x\r\n.\ty\r\n.\r\n`);
    expect(events.flatMap((event) => (event.type === "content" ? [text(event.bytes)] : [])).join("")).toBe(
      "x\r\n\ty\r\n",
    );
  });
});

describe("long batches, without recursion", () => {
  it("[PIPE-3.2-8] a client takes 3,000 replies that come in one read, a server 3,000 recipients", () => {
    const client = new SmtpClientSession();
    const server = new SmtpServerSession({ host: "mx.example.com", maxRecipients: 3000 });
    const pair = new SessionPair(
      {
        session: client,
        answer: (event) => {
          if (event.type === "greeting") client.ehlo("client.example.com");
          if (event.type !== "ehlo") return;
          client.mail("a@example.com", { content: "7bit" });
          for (let count = 0; count < 3000; count++) client.rcpt(`b${count}@example.org`);
          client.rset().quit();
        },
      },
      { session: server, answer: (event) => accept(server, event) },
    );
    pair.run();
    expect(pair.clientEvents.filter((event) => event.type === "rcpt" && event.ok)).toHaveLength(3000);
    expect(pair.clientEvents.slice(-2)).toMatchObject([{ type: "quit", ok: true }, { type: "closed" }]);
  });
});
