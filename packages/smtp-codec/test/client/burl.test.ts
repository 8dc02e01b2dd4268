import { type SmtpClientEvent, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { recordClient, replayClient } from "smtp-codec/recording";
import { driveClient, octets, SessionPair, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { ready } from "../transaction/support.ts";
import { type Command, converse, ehlo, GREETING, offer, SENT, type Step } from "./support.ts";

const BURL = `${GREETING}${offer("PIPELINING", "8BITMIME", "BURL imap")}`;
const CHUNKS = `${GREETING}${offer("PIPELINING", "8BITMIME", "CHUNKING", "BURL imap")}`;
const SLOW = `${GREETING}${offer("8BITMIME", "CHUNKING", "BURL imap")}`;
const URL_A = "imap://tim@imap.example.com/outbox;uid=1;urlauth=submit+tim:internal:0a";
const ENVELOPE = "MAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\n";
const LAST = `BURL ${URL_A} LAST\r\n`;
const PART = `BURL ${URL_A}\r\n`;
const OK = "250 ok\r\n";
const envelope: Command = (s) => s.mail("a@b").rcpt("c@d");
const whole: Command = (s) => s.mail("a@b").rcpt("c@d").burl(URL_A);
const part: Command = (s) => s.burl(URL_A, { last: false });
const next: Command = (s) => s.mail("x@y", { content: "7bit" });
const write =
  (content: string): Command =>
  (s) =>
    s.write(octets(content)).flush();

/** A conversation, and of it what is after the hello. */
function talk(steps: readonly Step[], hello = CHUNKS, options = {}) {
  const at = hello.indexOf("\r\n") + 2;
  const { output, shown, events, session } = converse([hello.slice(0, at), ehlo, hello.slice(at), ...steps], options);
  return { output: output.slice(SENT.length), shown: shown.slice(2), events, session };
}

describe("content by URL", () => {
  it("goes with its envelope in one flight", () => {
    const { output, shown, session } = talk([whole, OK + OK + OK, next], BURL);
    expect(output).toBe(`${ENVELOPE}${LAST}MAIL FROM:<x@y>\r\n`);
    expect([shown, session.state]).toEqual([["mail ok", "rcpt ok", "message accepted"], "mail"]);
  });

  it("goes command by command where PIPELINING is not offered", () => {
    expect(talk([whole, OK], SLOW).output).toBe(ENVELOPE);
    expect(talk([whole, OK, OK], SLOW).output).toBe(ENVELOPE + LAST);
  });

  it("[BURL-3.2-4] no new transaction is sent before the reply to the last URL", () => {
    const refused: Command = (s) => expect(() => next(s)).toThrow('mail() is not possible in state "failed"');
    const { output, session } = talk([whole, OK + OK, refused], BURL);
    expect([output, session.waiting, session.timeout]).toEqual([
      ENVELOPE + LAST,
      "bytes",
      { seconds: 600, for: "message" },
    ]);
    const reset: Command = (s) => s.rset().mail("x@y", { content: "7bit" });
    expect(talk([whole, OK + OK, reset], BURL).output).toBe(ENVELOPE + LAST);
    expect(talk([whole, OK + OK, reset, "554 5.6.6 no\r\n"], BURL).output).toBe(
      `${ENVELOPE}${LAST}RSET\r\nMAIL FROM:<x@y>\r\n`,
    );
  });

  it.each([
    ["554 5.6.6 no\r\n", "message permanent"],
    ["454 4.4.1 later\r\n", "message transient"],
  ])("is refused as any message: %s", (reply, fate) => {
    const { shown, session } = talk([whole, OK + OK + reply], BURL);
    expect([shown.at(-1), session.state]).toEqual([fate, "failed"]);
  });

  it("with nobody to receive it, it has failed before the server says so", () => {
    const { shown, session, output } = talk([whole, `${OK}550 no\r\n`], BURL);
    expect([shown, output]).toEqual([["mail ok", "rcpt 550", "message not-accepted"], ENVELOPE + LAST]);
    const after = talk([whole, `${OK}550 no\r\n`, "554 5.5.0 no\r\n", (s) => s.rset(), OK], BURL);
    expect([session.state, after.session.state, after.shown.at(-1)]).toEqual(["failed", "ready", "rset ok"]);
  });

  it("mixes with chunks, which wait until every recipient is decided", () => {
    const mixed: Step[] = [(s) => s.mail("a@b").rcpt("c@d").bdat(), write("a\n"), part, write("b\r")];
    expect(talk(mixed).output).toBe(ENVELOPE);
    const { output, shown, events } = talk([...mixed, OK + OK, part, (s) => s.end(), OK.repeat(5)]);
    expect(output).toBe(`${ENVELOPE}BDAT 3\r\na\r\n${PART}BDAT 1\r\nbBDAT 2\r\n\r\n${PART}BDAT 0 LAST\r\n`);
    expect(shown.slice(2)).toEqual(["bdat ok", "burl ok", "bdat ok", "bdat ok", "burl ok"]);
    expect(talk([...mixed, OK + OK, part, (s) => s.end(), OK.repeat(6)]).shown.at(-1)).toBe("message accepted");
    expect(JSON.stringify(events)).not.toContain("urlauth");
  });

  it("a part goes in one flight with its envelope, and what is written after it waits", () => {
    const parts: Step[] = [envelope, part, part, write("x")];
    expect(talk(parts).output).toBe(ENVELOPE + PART + PART);
    expect(talk([...parts, OK + OK]).output).toBe(`${ENVELOPE}${PART}${PART}BDAT 1\r\nx`);
    const eager: Step[] = [(s) => s.mail("a@b").rcpt("c@d").bdat({ eager: true }), part, write("x\r\n")];
    expect(talk(eager).output).toBe(`${ENVELOPE}${PART}BDAT 3\r\nx\r\n`);
  });

  it("is not possible in the content of DATA", () => {
    const refused: Command = (s) => expect(() => s.burl(URL_A)).toThrow('burl() is not possible in state "content"');
    const { output } = talk([envelope, (s) => s.data(), `${OK}${OK}354 go\r\n`, refused]);
    expect(output).toBe(`${ENVELOPE}DATA\r\n`);
  });

  it("has a command of 4096 octets at most", () => {
    const url = `imap:${"x".repeat(4079)}`;
    const session = ready(["PIPELINING", "8BITMIME", "BURL imap"]);
    envelope(session);
    expect(() => session.burl(`${url}xx`)).toThrow(
      new RangeError('"BURL" expected a command of at most 4096 octets with its CRLF'),
    );
    session.burl(url);
    expect(text(session.takeOutputPieces())).toBe(`${ENVELOPE}BURL ${url} LAST\r\n`);
  });

  it("a part needs CHUNKING", () => {
    const refused: Command = (s) =>
      expect(() => part(s)).toThrow(/^burl\(\) of a part .* does not offer CHUNKING; legal now: one burl\(\)/);
    expect(talk([envelope, refused, (s) => s.burl(URL_A)], BURL).output).toBe(ENVELOPE + LAST);
  });

  it("ends what was begun in chunks, or begins it", () => {
    const ended = talk([(s) => s.mail("a@b").rcpt("c@d").bdat(), OK + OK, write("a"), (s) => s.burl(URL_A), OK + OK]);
    expect([ended.output, ended.shown.at(-1)]).toEqual([`${ENVELOPE}BDAT 1\r\na${LAST}`, "message accepted"]);
    expect(ended.events.at(-1)).toMatchObject({ type: "message", size: 1 });
    const begun = talk([envelope, part, (s) => s.end(octets("b\n")), OK.repeat(3), OK]);
    expect([begun.output, begun.shown.at(-1)]).toEqual([`${ENVELOPE}${PART}BDAT 3 LAST\r\nb\r\n`, "message accepted"]);
  });

  it("a refused part fails the message", () => {
    const { shown, session } = talk([envelope, part, `${OK}${OK}554 5.6.6 no\r\n`]);
    expect([shown.slice(2), session.state, session.waiting]).toEqual([
      ["burl 554", "message permanent"],
      "failed",
      "decision",
    ]);
  });

  it("refuses what cannot be sent, and nothing changes", () => {
    const refusing =
      (call: Command, message: string): Command =>
      (s) => {
        const before = s.snapshot();
        expect(() => call(s)).toThrow(message);
        expect(s.snapshot()).toEqual(before);
      };
    const plain = `${GREETING}${offer("8BITMIME", "CHUNKING")}`;
    talk([envelope, refusing((s) => s.burl(URL_A), "does not offer BURL")], plain);
    talk([envelope, refusing(part, "does not offer CHUNKING")], BURL);
    talk([refusing((s) => s.burl(URL_A), 'burl() is not possible in state "ready"')]);
    const secret = `${URL_A} x`;
    talk([
      envelope,
      refusing((s) => s.burl(secret), '"url" expected an absolute URL'),
      refusing((s) => s.burl(`imap:${"x".repeat(4086)}`), '"BURL" expected a command of at most 4096 octets'),
      (s) => s.burl(`imap:${"x".repeat(4079)}`),
    ]);
    const open: Command = (s) => s.mail("a@b").rcpt("c@d").bdat().write(octets("a\r"));
    const bare = '"chunk" expected CRLF line ends, got a CR without LF at offset 1';
    talk([open, refusing((s) => s.burl(URL_A), bare)], CHUNKS, { lineEndings: "reject" });
    try {
      new SmtpClientSession().burl(secret);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain("urlauth");
    }
  });

  it("[BURL-8-1] a recording does not show it, and is replayed", () => {
    const lines: string[] = [];
    const session = recordClient({}, (line) => lines.push(line));
    driveClient(
      session,
      [octets(BURL.slice(0, GREETING.length)), octets(BURL.slice(GREETING.length) + OK.repeat(3))],
      (e) => {
        if (e.type === "greeting") session.ehlo("client.example.com");
        if (e.type === "ehlo") session.mail("a@b").rcpt("c@d").burl(URL_A);
      },
    );
    expect(lines.join("\n")).not.toMatch(/urlauth|outbox|tim@/);
    expect(replayClient(lines).run()).toBe(null);
  });

  it("our client and our server agree", () => {
    const client = new SmtpClientSession();
    const options = { host: "mx.example.com", protocol: "submission", requireAuth: false } as const;
    const server = new SmtpServerSession({ ...options, chunking: true, burl: ["imap"] });
    const pair = new SessionPair<SmtpClientEvent, SmtpServerEvent>(
      {
        session: client,
        answer: (event) => {
          if (event.type === "greeting") client.ehlo("client.example.com");
          if (event.type === "ehlo") client.mail("a@b").rcpt("c@d").bdat().write(octets("a\r\n")).burl(URL_A);
          if (event.type === "message") client.quit();
        },
      },
      {
        session: server,
        answer: (event) => {
          if (event.answer === "needed") server.accept();
        },
      },
    );
    pair.run();
    const received = pair.serverEvents.flatMap((event) => {
      if (event.type === "content") return [text(event.bytes)];
      return event.type === "burl" ? [event.url] : [];
    });
    expect(received).toEqual(["a\r\n", URL_A]);
    expect(pair.clientEvents).toContainEqual(
      expect.objectContaining({ type: "message", outcome: "accepted", size: 3 }),
    );
  });
});
