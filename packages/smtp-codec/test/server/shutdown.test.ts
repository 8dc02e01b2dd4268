import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, fake, MAIL, RCPT } from "../support.ts";
import { OUT_OF_PLACE } from "./support.ts";

const LATE = "421 4.4.2 mx.example.com timed out\r\n";
const BYE = "421 4.3.2 mx.example.com shutting down\r\n";
const OK = "250 2.0.0 ok\r\n";
const STORED = "250 2.0.0 message accepted\r\n";
const DELIVERED = "250 2.0.0 delivered\r\n";
const BARE = "554 5.6.0 message has a CR or LF that is not part of a line end\r\n";
const HELLO = "250-mx.example.com\r\n250-AUTH ASK ECHO\r\n250 ENHANCEDSTATUSCODES\r\n";
const ENVELOPE = EHLO + MAIL + RCPT;
const DATA = "DATA\r\nx\r\n.\r\n";
const SUBMISSION = { protocol: "submission", requireAuth: false, burl: ["imap"], chunking: true } as const;
const URL_LAST = "BURL imap://a.example/b LAST\r\n";

type Options = Partial<SmtpServerOptions>;

const OPTIONS: SmtpServerOptions = { host: "mx.example.com", mechanisms: ["ASK", "ECHO"] };

/** A session that has read so much, its output taken, and everything answered. */
function standing(input: string, options: Options = {}): SmtpServerSession {
  const session = new SmtpServerSession({ host: "mx.example.com", ...options });
  drive(session, [octets(input)], (event) => accept(session, event), false);
  return session;
}

/**
 * A session up to an event of a type, not answered; the output before it is taken. Behind the input stands an EXPN,
 * which is never run.
 */
function at(type: string, input: string, options: Options = {}): SmtpServerSession {
  const session = new SmtpServerSession({ ...OPTIONS, ...options });
  session.receive(octets(`${input}EXPN x\r\n`));
  for (const event of session) {
    if (event.type === type) return session;
    accept(session, event);
    session.takeOutputPieces();
  }
  throw new Error(`no ${type}`);
}

/** What comes then: events by their types and causes, and the output. */
function rest(session: SmtpServerSession, answering = accept): { events: string[]; output: string } {
  const { events, output } = drive(session, [], (event) => answering(session, event), false);
  const shown = (event: SmtpServerEvent) => ("cause" in event ? `${event.type} ${event.cause}` : event.type);
  return { events: events.map(shown), output };
}

describe("shutdown and time-outs", () => {
  it.each<[string, (session: SmtpServerSession) => void, string, string]>([
    ["shutdown", (session) => session.shutdown(), BYE, "shutdown"],
    ["a time-out", (session) => session.timedOut(), LATE, "timeout"],
  ])("[SMTP-3.8-2] %s: one 421, at once where nothing is owed", (_, end, reply, cause) => {
    for (const [input, aborted] of [
      ["", false],
      [EHLO, false],
      [ENVELOPE, true],
      [`${ENVELOPE}DATA\r\nhalf`, true],
      [`${ENVELOPE}BDAT 3\r\nab`, true],
    ] as const) {
      const session = standing(input, { chunking: true });
      end(session);
      session.shutdown("another");
      session.timedOut();
      expect(text(session.takeOutputPieces())).toBe(reply);
      expect(rest(session)).toEqual({
        events: [...(aborted ? ["aborted closed"] : []), `closed ${cause}`],
        output: "",
      });
      expect(session.waiting).toBe("closed");
      end(session);
      expect(session.takeOutput()).toBe(null);
    }
  });

  it("[ESC-2034.4-1] before the greeting, or in its place, 421 is all that is said, and has no enhanced code", () => {
    const late = new SmtpServerSession({ host: "mx.example.com" });
    late.timedOut();
    expect(rest(late)).toEqual({ events: ["closed timeout"], output: "421 mx.example.com timed out\r\n" });
    expect(late.timeout).toEqual({ seconds: 300, for: "command" });
    const session = at("connect", "");
    session.shutdown();
    expect(rest(session)).toEqual({ events: ["closed shutdown"], output: "421 mx.example.com shutting down\r\n" });
  });

  it.each<[string, string, Options, string]>([
    ["ehlo", EHLO, { size: false, help: false, pipelining: false, eightBitMime: false }, HELLO],
    ["rset", `${ENVELOPE}RSET\r\n`, {}, OK],
    ["noop", `${EHLO}NOOP\r\n`, {}, OK],
    ["violation", `${EHLO}DATA\r\n`, {}, OUT_OF_PLACE],
    ["unknown", `${EHLO}XFOO\r\n`, {}, "500 5.5.2 command not recognized\r\n"],
    ["chunk", `${ENVELOPE}BDAT 1\r\na`, { chunking: true }, "250 2.0.0 chunk received\r\n"],
    ["refused", `${ENVELOPE}DATA\r\n\n\r\n.\r\n`, {}, BARE],
    ["authenticated", `${EHLO}AUTH ECHO eWVz\r\n`, {}, "235 2.7.0 authentication succeeded\r\n"],
    // These would have the client go on: with content, a chunk, a handshake.
    ["data", `${ENVELOPE}DATA\r\n`, {}, ""],
    ["bdat", `${ENVELOPE}BDAT 9 LAST\r\n`, { chunking: true }, ""],
    ["starttls", `${EHLO}STARTTLS\r\n`, { starttls: true }, ""],
  ])("[SMTP-3.8-2] after a default reply that is due: %s", (type, input, options, due) => {
    const session = at(type, input, options);
    session.shutdown();
    expect(text(session.takeOutputPieces())).toBe(due + BYE);
    expect(rest(session).events.at(-1)).toBe("closed shutdown");
  });

  it("a default reply that is due can be another still", () => {
    const session = at("noop", `${EHLO}NOOP\r\n`);
    session.shutdown();
    session.accept("good-bye");
    expect(rest(session)).toEqual({ events: ["closed shutdown"], output: `250 2.0.0 good-bye\r\n${BYE}` });
  });

  it("QUIT is answered as ever, and nothing comes after its 221", () => {
    const session = at("quit", `${EHLO}QUIT\r\n`);
    session.shutdown();
    expect(rest(session)).toEqual({
      events: ["closed quit"],
      output: "221 2.0.0 mx.example.com closing connection\r\n",
    });
  });

  it.each<[string, string, Options, string]>([
    ["mail", ENVELOPE, {}, "250 2.1.0 sender ok\r\n"],
    ["rcpt", ENVELOPE, {}, "250 2.1.5 recipient ok\r\n"],
    ["message", ENVELOPE + DATA, {}, STORED],
    ["message", `${ENVELOPE}BDAT 1 LAST\r\na`, { chunking: true }, STORED],
    ["burl", ENVELOPE + URL_LAST, SUBMISSION, STORED],
    ["auth", `${EHLO}AUTH ECHO eWVz\r\n`, {}, "235 2.7.0 authentication succeeded\r\n"],
    ["auth", `${EHLO}AUTH ECHO\r\n`, {}, "334 d2hhdD8=\r\n"],
    ["sasl", `${EHLO}AUTH ASK\r\n`, {}, "535 5.7.8 authentication failed\r\n"],
  ])("[SMTP-3.8-2] an answer that is owed is waited for: %s", (type, input, options, reply) => {
    for (const end of ["shutdown", "timedOut"] as const) {
      const session = at(type, input, options);
      session[end]();
      expect(session.takeOutput()).toBe(null);
      expect([session.nextEvent(), session.waiting]).toEqual([null, "decision"]);
      // The end that waits is part of what the session knows.
      const restored = SmtpServerSession.restore(
        session.snapshot(),
        { ...OPTIONS, ...options },
        type === "sasl" ? fake("ASK") : null,
      );
      accept(restored, { type, mechanism: "ECHO", answer: "needed" } as unknown as SmtpServerEvent);
      const { events, output } = rest(restored);
      expect(output).toBe(reply + (end === "shutdown" ? BYE : LATE));
      expect(events.at(-1)).toBe(`closed ${end === "shutdown" ? "shutdown" : "timeout"}`);
    }
  });

  it("[LMTP-4.2-1] a message that has come is answered for each of its recipients", () => {
    const session = at("delivery", `L${ENVELOPE.slice(1)}${RCPT}${RCPT}${DATA}`, { protocol: "lmtp" });
    session.accept();
    session.shutdown();
    expect(rest(session)).toEqual({
      events: ["delivery", "delivery", "closed shutdown"],
      output: DELIVERED.repeat(3) + BYE,
    });
  });

  it("[SMTP-4.1.1.10-1] events that were found are not lost: a message ends in one of message, refused and aborted", () => {
    const dropped = at("rset", `${ENVELOPE}RSET\r\n`);
    dropped.accept();
    dropped.shutdown();
    expect(rest(dropped)).toEqual({ events: ["aborted rset", "closed shutdown"], output: OK + BYE });

    const fetched = at("burl", ENVELOPE + URL_LAST, SUBMISSION);
    fetched.accept();
    fetched.timedOut();
    expect(rest(fetched)).toEqual({ events: ["message", "closed timeout"], output: STORED + LATE });

    const failing = at("unknown", `${EHLO}XFOO\r\n`, { maxErrors: 1 });
    failing.reply({ code: 500 });
    failing.shutdown();
    expect(rest(failing)).toEqual({
      events: ["violation", "closed violation"],
      output: "500 5.5.2 command not recognized\r\n421 4.7.0 mx.example.com too many errors\r\n",
    });
  });

  it("a client that awaits a TLS handshake gets no reply in the clear", () => {
    const session = standing(`${EHLO}STARTTLS\r\n`, { starttls: true });
    expect(session.waiting).toBe("tls");
    session.shutdown();
    expect(rest(session)).toEqual({ events: ["closed shutdown"], output: "" });
  });

  it("words that cannot be written throw, and change nothing", () => {
    const session = standing(EHLO);
    expect(() => session.shutdown("a\r\n250 b")).toThrow('"reply" expected lines of printable ASCII');
    expect(() => session.shutdown("x".repeat(600))).toThrow('"reply" expected lines of at most 512 octets');
    expect(session.takeOutput()).toBe(null);
    session.receive(octets("NOOP\r\n"));
    expect(rest(session).output).toBe(OK);
  });

  it("an end at any moment leaves no message without its end, and one 421", () => {
    const input = `${ENVELOPE}RSET\r\n${MAIL}${RCPT}BDAT 1\r\na${URL_LAST}${MAIL}${RCPT}${DATA}${MAIL}BDAT 1 LAST\r\na`;
    for (let moment = 0; ; moment++) {
      const session = new SmtpServerSession({ host: "mx.example.com", ...SUBMISSION });
      session.receive(octets(input));
      const open: string[] = [];
      let left = moment;
      const step = () => left-- === 0 && session.shutdown();
      const { events, output } = drive(
        session,
        [],
        (event) => {
          if (event.type === "mail") open.push("mail");
          if (["message", "refused", "aborted"].includes(event.type)) open.pop();
          step();
          accept(session, event);
          step();
        },
        false,
      );
      if (left >= 0) break;
      expect(open).toEqual([]);
      expect(events.at(-1)).toMatchObject({ type: "closed", cause: "shutdown" });
      expect(output.split("421 ").length).toBe(2);
      expect(output.replace(/^421 mx/, "421 4.3.2 mx").endsWith(BYE)).toBe(true);
    }
  });
});
