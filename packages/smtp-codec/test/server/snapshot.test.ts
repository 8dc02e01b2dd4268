import fc from "fast-check";
import { type SaslServer, type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import {
  byteByByte,
  chunkings,
  type Driven,
  drive,
  octets,
  record,
  runs,
  spoilt,
  text,
  withData,
  withMemory,
} from "tools/testing";
import { describe, expect, it } from "vitest";
import { EHLO, fake, MAIL, play, RCPT } from "../support.ts";

type Options = Partial<SmtpServerOptions>;

/** The same as `play`, with a session that goes on from a snapshot after every event and every answer. */
function playRestoring(chunks: readonly Uint8Array[], more: Options, answer: typeof decide): Driven<SmtpServerEvent> {
  const options = { host: "mx.example.com", ...more };
  const events: SmtpServerEvent[] = [];
  let output = "";
  let mechanism: SaslServer | null = null;
  let session = new SmtpServerSession(options);
  const again = () => {
    session = SmtpServerSession.restore(structuredClone(session.snapshot()), options, mechanism);
  };
  const go = () => {
    do {
      for (let event = session.nextEvent(); event !== null; event = session.nextEvent()) {
        record(events, event);
        again();
        mechanism = answer(session, event) ?? mechanism;
        again();
      }
      again();
      output += text(session.takeOutputPieces());
    } while (session.waiting === "output");
  };
  go();
  for (const chunk of chunks) {
    session.receive(chunk.slice());
    again();
    go();
  }
  session.receiveEnd();
  again();
  go();
  return { events, output, waiting: session.waiting };
}

/** Answers an event; gives the mechanism of an exchange that begins. */
function decide(session: SmtpServerSession, event: SmtpServerEvent, accepts = true): SaslServer | null {
  if (event.type === "auth") {
    const mechanism = fake(event.mechanism);
    session.authenticate(mechanism);
    return mechanism;
  }
  if (event.type === "sasl") session.proceed({ type: "failure", text: "no" });
  else if (event.answer === "needed") accepts ? session.accept() : session.reject();
  return null;
}

/** What is compared: mechanism objects show their names. */
const shown = (played: Driven<SmtpServerEvent>) => JSON.parse(JSON.stringify(played));

const BURL = { protocol: "submission", requireAuth: false, burl: ["imap"], chunking: true } as const;
const PART = "BURL imap://imap.example.com/x\r\n";
const LAST = "BURL imap://imap.example.com/x LAST\r\n";

describe("snapshots", () => {
  it.each<[string, string, Options]>([
    ["a transaction", `${MAIL}${RCPT}DATA\r\n..x\r\n.\r\nQUIT\r\n`, {}],
    ["content cut off", `${MAIL}${RCPT}DATA\r\nx\r\n.`, {}],
    ["chunks", `${MAIL}${RCPT}BDAT 2\r\na\rBDAT 1\r\n\nBDAT 3 LAST\r\nb\r\n`, { chunking: true }],
    [
      "BINARYMIME",
      `MAIL FROM:<a@b> BODY=BINARYMIME\r\n${RCPT}BDAT 2\r\na\rBDAT 1 LAST\r\nb`,
      { chunking: true, binaryMime: true },
    ],
    ["refused chunks", `BDAT 5\r\nQUIT\r${MAIL}${RCPT}BDAT 1\r\n\nBDAT 2\r\nxxRSET\r\n`, { chunking: true }],
    ["an exchange", "AUTH ECHO\r\n\r\neWVz\r\nAUTH ECHO\r\n", { mechanisms: ["ECHO"] }],
    ["final data", "AUTH ECHO ZGF0YQ==\r\n\r\n", { mechanisms: ["ECHO"] }],
    ["a step of the application's", "AUTH ASK\r\nNOOP\r\n", { mechanisms: ["ASK"] }],
    ["LMTP", `LHLO x\r\n${MAIL}${RCPT}${RCPT}DATA\r\nx\r\n.\r\nNOOP\r\n`, { protocol: "lmtp" }],
    ["limits", `${MAIL}RCPT TO:<a@x>\r\nRCPT TO:<b@y>\r\nX\r\nY\r\n`, { maxRecipientDomains: 1, maxErrors: 2 }],
    [
      "URLs between chunks",
      `${MAIL}${RCPT}BDAT 2\r\na\r${PART}RSET\r\n${MAIL}${RCPT}${PART}BDAT 1\r\nx${LAST}NOOP\r\n`,
      BURL,
    ],
    ["a URL alone", `${MAIL}${LAST}${MAIL}${RCPT}${LAST}`, BURL],
    [
      "a connection that is reversed",
      "AUTH ECHO eWVz\r\nATRN a.example\r\n220 x\r\n2",
      { mechanisms: ["ECHO"], atrn: true },
    ],
    [
      "another client's",
      `XFORWARD NAME=a\r\n${MAIL}RSET\r\nXCLIENT ADDR=192.0.2.1 LOGIN=tim\r\n${MAIL}${EHLO}XFORWARD NAME=b\r\n${MAIL}`,
      { xclient: ["ADDR", "LOGIN"], xforward: ["NAME"] },
    ],
    ["lookups", "VRFY x\r\nEXPN x\r\nETRN @a.example\r\nHELP x\r\nFOO x\r\n", { expn: true, etrn: true }],
    ["HELO", `HELO x\r\nMAIL FROM:<a@b> SIZE=1\r\n${MAIL}`, {}],
  ])("restoring changes nothing: %s", (_, input, options) => {
    const whole = octets(EHLO + input);
    for (const chunks of [[whole], byteByByte(whole)])
      for (const accepts of [true, false]) {
        const answer = (session: SmtpServerSession, event: SmtpServerEvent) => {
          // Of a transaction, what is refused is the content.
          return decide(session, event, accepts || event.type === "mail" || event.type === "rcpt");
        };
        const expected = shown(play(chunks, options, (session, event) => void answer(session, event)));
        expect(shown(playRestoring(chunks, options, answer))).toEqual(expected);
      }
  });

  it("restoring changes nothing, after any event of any session", () => {
    const lines = fc.constantFrom(
      ...[
        "EHLO a",
        "HELO a",
        "MAIL FROM:<a@b> SIZE=10",
        "MAIL FROM:<a@b> BODY=BINARYMIME",
        "RCPT TO:<c@d>",
        "RCPT TO:<e@f>",
      ],
      ...[
        "DATA",
        "x",
        "..y",
        ".",
        "a\nb",
        "RSET",
        "NOOP",
        "AUTH ECHO",
        "AUTH ASK",
        "eWVz",
        "*",
        "",
        "STARTTLS",
        "QUIT",
      ],
      ...["BDAT 0", "BDAT 3\r\nab\r", "BDAT 9", "BDAT 4 LAST\r\nab\r\n", "BDAT", "FOO bar"],
    );
    const usual = fc.constantFrom(`${MAIL}${RCPT}DATA\r\nx\r\n.`, `${MAIL}${RCPT}BDAT 2\r\nab`).map((line) => line);
    const input = fc
      .array(fc.oneof({ weight: 4, arbitrary: lines }, usual), { maxLength: 15 })
      .map((all) => octets(`${EHLO}${all.map((line) => `${line}\r\n`).join("")}`));
    const cut = input.chain((whole) => chunkings(whole));
    const options = fc.record({
      lineEndings: fc.constantFrom("reject" as const, "normalize" as const, "preserve" as const),
      chunking: fc.constant(true),
      binaryMime: fc.boolean(),
      mechanisms: fc.constant(["ECHO", "ASK"]),
      maxErrors: fc.constantFrom(2, 20),
      maxRecipientDomains: fc.constantFrom(1, Number.POSITIVE_INFINITY),
    });
    fc.assert(
      fc.property(cut, options, fc.array(fc.boolean(), { maxLength: 20 }), (chunks, chosen, answers) => {
        const answering = () => {
          const left = [...answers];
          return (session: SmtpServerSession, event: SmtpServerEvent) =>
            decide(session, event, event.answer === "needed" ? (left.shift() ?? true) : true);
        };
        const plain = answering();
        const expected = shown(play(chunks, chosen, (session, event) => void plain(session, event)));
        expect(shown(playRestoring(chunks, chosen, answering()))).toEqual(expected);
      }),
      { numRuns: runs() },
    );
  });

  it("a session under TLS goes on as such", () => {
    const options = { host: "mx.example.com", starttls: true };
    const session = new SmtpServerSession(options);
    for (const _ of session.receive(octets(`${EHLO}STARTTLS\r\n`)));
    session.takeOutputPieces();
    const waiting = SmtpServerSession.restore(session.snapshot(), options);
    expect(waiting.waiting).toBe("tls");
    waiting.tlsEstablished();
    for (const _ of waiting.receive(octets(EHLO)));
    const restored = SmtpServerSession.restore(waiting.snapshot(), options);
    expect([restored.tls, restored.state, text(restored.takeOutputPieces()).includes("STARTTLS")]).toEqual([
      true,
      "ready",
      false,
    ]);
  });

  it("a session after TLS that is too weak goes on refusing", () => {
    const options = { host: "mx.example.com", tls: true };
    const session = new SmtpServerSession(options);
    expect(session.nextEvent()).toMatchObject({ type: "connect" });
    session.accept();
    session.refuseTls();
    const restored = SmtpServerSession.restore(structuredClone(session.snapshot()), options);
    const { output } = drive(restored, [octets(`${EHLO}${MAIL}QUIT\r\n`)], () => {});
    expect(output.match(/^\d{3}/gm)).toEqual(["220", "554", "554", "221"]);
  });

  it("a session that has just begun a security layer goes on as such", () => {
    const options = { host: "mx.example.com", mechanisms: ["ECHO"] };
    const session = new SmtpServerSession(options);
    for (const event of session.receive(octets(`${EHLO}AUTH ECHO eWVz\r\n\x01\x02`))) {
      decide(session, event);
      if (event.type === "authenticated") break;
    }
    session.accept();
    expect(text(session.beginSecurityLayer())).toBe("\x01\x02");
    const restored = SmtpServerSession.restore(structuredClone(session.snapshot()), options);
    expect([restored.state, restored.authenticated, restored.waiting]).toEqual(["greeted", true, "bytes"]);
    const { output } = drive(restored, [octets(`${MAIL}${EHLO}AUTH ECHO eWVz\r\n${MAIL}`)], (event) => {
      decide(restored, event);
    });
    expect(output.match(/^\d{3}(?= )/gm)).toEqual(["220", "250", "235", "503", "250", "503", "250"]);
  });

  it("can be restored any number of times, and refuses what is no snapshot of a server", () => {
    const options = { host: "mx.example.com", mechanisms: ["ECHO"] };
    const session = new SmtpServerSession(options);
    for (const event of session.receive(octets(`${EHLO}AUTH ECHO\r\n`))) decide(session, event);
    const snapshot = session.snapshot();
    for (let count = 0; count < 2; count++) {
      const restored = SmtpServerSession.restore(snapshot, options, fake("ECHO"));
      for (const _ of restored.receive(octets("eWVz\r\n")));
      expect(restored.authenticated).toBe(true);
    }
    expect(snapshot.role).toBe("smtp-server");
    expect(() => SmtpServerSession.restore(snapshot, options)).toThrow('"mechanism" expected the mechanism object');
    expect(() => SmtpServerSession.restore({ ...snapshot, role: "smtp-client" }, options)).toThrow(
      '"snapshot" expected role smtp-server',
    );
    expect(() => SmtpServerSession.restore({ ...snapshot, data: {} }, options)).toThrow(TypeError);
  });

  it.each([
    ["in DATA", "DATA\r\nab"],
    ["in DATA, refused", "DATA\r\na\nb"],
    ["in a chunk", "BDAT 10\r\nab"],
    ["between chunks", "BDAT 2\r\na\r"],
  ])("a field of what holds the message, %s, that is something else is refused, or the work ends", (_, wire) => {
    const options = { host: "mx.example.com", chunking: true };
    const going = (session: SmtpServerSession, input: string) => {
      let count = 0;
      for (const event of session.receive(octets(input))) {
        if (++count > 99) throw new Error("without an end");
        if (event.answer === "needed") session.accept();
      }
    };
    const session = new SmtpServerSession(options);
    going(session, `EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n${wire}`);
    const snapshot = session.snapshot();
    const { intake } = snapshot.data as { readonly intake: object };
    const faults: string[] = [];
    for (const [change, other] of spoilt(intake)) {
      try {
        going(SmtpServerSession.restore(withData(snapshot, { intake: other }), options), "x\r\n.\r\nNOOP\r\n");
      } catch (error) {
        if (!/^TypeError: "snapshot\b.* expected /.test(String(error))) faults.push(`${change}: ${error}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it.each<[object, string]>([
    [{ by: "burl" }, "expected one of data, bdat at snapshot.data.intake.by, got burl"],
    [{ by: "data" }, "expected an object at snapshot.data.intake.held, got undefined"],
    [{ by: "data", held: {} }, "expected an object at snapshot.data.memory.transaction, got null"],
  ])("is refused with the intake %j outside of a transaction", (intake, message) => {
    const options = { host: "mx.example.com" };
    const snapshot = withData(new SmtpServerSession(options).snapshot(), { intake });
    expect(() => SmtpServerSession.restore(snapshot, options)).toThrow(TypeError);
    expect(() => SmtpServerSession.restore(snapshot, options)).toThrow(message);
  });

  it.each<[object, string]>([
    [
      { mode: "greeting" },
      "commands, content, skip, deliveries, sasl, tls, closed at snapshot.data.memory.mode, got gr",
    ],
    [{ state: "busy" }, "greeted, ready, mail, rcpt, chunks, failed, refused at snapshot.data.memory.state, got busy"],
    [{ hello: "helo" }, "one of HELO, EHLO, LHLO at snapshot.data.memory.hello, got helo"],
    [{ refusedWith: "x" }, "one of outOfPlace, noService, weakTls at snapshot.data.memory.refusedWith, got x"],
    [{ transaction: "x" }, "expected an object at snapshot.data.memory.transaction, got a string"],
    [{ transaction: { from: null } }, "expected an object at snapshot.data.memory.transaction.parameters"],
    [{ refusal: { code: 550 } }, "expected Array at snapshot.data.memory.refusal.lines, got undefined"],
    [{ skippedFor: {} }, "expected a string at snapshot.data.memory.skippedFor.type, got undefined"],
    [{ mode: "content" }, '"snapshot.data.intake" expected an object, got null'],
  ])("is refused with %j in its memory", (changed, message) => {
    const options = { host: "mx.example.com" };
    const snapshot = withMemory(new SmtpServerSession(options).snapshot(), changed);
    expect(() => SmtpServerSession.restore(snapshot, options)).toThrow(TypeError);
    expect(() => SmtpServerSession.restore(snapshot, options)).toThrow(message);
  });
});
