import { Pop3ClientSession, type Pop3ServerOptions, Pop3ServerSession, StateError } from "pop3-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, fake, LOGIN, MAILDROP, play } from "../support.ts";

const UNDER_TLS = 'expected "tls", "stls" or "plaintextWithoutTls": all ways to log in send a password or token';

describe("calls", () => {
  const at = (input: string, stop: string, options = {}) => {
    const session = new Pop3ServerSession({ plaintextWithoutTls: true, mechanisms: ["ASK"], greeting: "", ...options });
    session.receive(octets(input));
    for (const event of session) {
      if (event.type === stop) break;
      answer(session, event);
    }
    return session;
  };

  it.each<[string, Pop3ServerSession, (session: Pop3ServerSession) => void]>([
    ["accept() while nothing is owed", at("", "none"), (session) => session.accept()],
    ["accept() of a violation", at("X Y\r\n\r\n", "violation"), (session) => session.accept()],
    ["accept() of auth", at("AUTH ASK\r\n", "auth"), (session) => session.accept()],
    ["reject() of a step", at("AUTH ASK\r\n", "sasl"), (session) => session.reject()],
    ["authenticate() of a login", at(LOGIN, "pass"), (session) => session.authenticate(fake("ASK"))],
    ["proceed() of a login", at(LOGIN, "pass"), (session) => session.proceed({ type: "failure", text: "" })],
    ["write() before accept()", at(`${LOGIN}RETR 1\r\n`, "retr"), (session) => session.write(octets("x"))],
    ["end() while nothing is asked for", at(LOGIN, "none"), (session) => session.end()],
    ["tlsEstablished() without STLS", at("", "none"), (session) => session.tlsEstablished()],
  ])("%s throws a StateError, and changes nothing", (_, session, call) => {
    const before = session.nextEvent();
    expect(() => call(session)).toThrow(StateError);
    expect(session.nextEvent()).toBe(before);
  });

  it.each<[string, string, (session: Pop3ServerSession) => unknown, string]>([
    [
      "\r\n",
      "violation",
      (session) => session.accept(),
      'accept() is not possible after a "violation" event; legal now: reject()',
    ],
    ["AUTH ASK\r\n", "auth", (session) => session.accept(), "legal now: authenticate() and reject()"],
    ["AUTH ASK\r\n", "sasl", (session) => session.reject(), "legal now: proceed()"],
    [LOGIN, "pass", (session) => session.proceed({ type: "failure", text: "" }), "legal now: accept() and reject()"],
    [LOGIN, "none", (session) => session.accept(), "while no answer is owed; legal now: nextEvent() and takeOutput()"],
    ["AUTH ASK\r\n", "sasl", (session) => session.accept(), 'accept() is not possible after a "sasl" event'],
    ["AUTH ASK\r\n", "sasl", (session) => session.reject(), 'reject() is not possible after a "sasl" event'],
    [LOGIN, "pass", (session) => session.write(octets("x")), 'write() is not possible after a "pass" event'],
    [LOGIN, "pass", (session) => session.end(), 'end() is not possible after a "pass" event'],
    [LOGIN, "pass", (session) => session.abort(), 'abort() is not possible after a "pass" event'],
    [`${LOGIN}RETR 1\r\n`, "retr", (session) => session.accept().accept(), "legal now: write(), end() and abort()"],
  ])("at the last event of %j, %s, a wrong call is told what is right", (input, stop, call, message) => {
    const session = at(input, stop);
    expect(() => call(session)).toThrow(StateError);
    expect(() => call(at(input, stop))).toThrow(message);
  });

  it("content that is to be written keeps input waiting, until it is written", () => {
    const session = at(`${LOGIN}RETR 1\r\n`, "retr", { maxPendingInput: 4 });
    session.accept();
    expect([session.nextEvent(), session.waiting]).toEqual([null, "content"]);
    expect(() => session.receive(octets("NOOP\r\n"))).toThrow("while the application is to act");
    session.content(octets("x".repeat(120)));
    session.takeOutputPieces();
    expect([...session.receive(octets("NOOP\r\n"))].map(({ type }) => type)).toContain("noop");
  });

  it.each<[unknown, string]>([
    [5, '"input" expected an object, got number'],
    [null, '"input" expected an object, got null'],
    [{ txet: "bye" }, '"input" expected code, text, language alone, got txet'],
  ])("an answer of %j is refused, and changes nothing", (input, message) => {
    const retr = at(`${LOGIN}RETR 1\r\n`, "retr");
    for (const call of [() => retr.accept(input as string), () => retr.reject(input as string)])
      expect(call).toThrow(new TypeError(message));
    retr.reject();
    expect(String.fromCharCode(...retr.takeOutputPieces().at(-1)!)).toMatch(/-ERR refused\r\n$/);
  });

  it.each([
    ["null", null],
    ["number", 5],
  ])("options of %s are refused", (kind, options) => {
    const error = new TypeError(`"options" expected an object, got ${kind}`);
    expect(() => new Pop3ServerSession(options as unknown as object)).toThrow(error);
    expect(() => new Pop3ClientSession(options as unknown as object)).toThrow(error);
  });

  it("a login needs a maildrop that can be served", () => {
    const session = at(LOGIN, "pass");
    expect(() => session.accept()).toThrow('"maildrop" expected { sizes, uniqueIds }');
    expect(() => session.accept({ sizes: [1] })).toThrow("expected a unique-id for each message");
    expect(() => session.accept({ sizes: [1], uniqueIds: [] })).toThrow(TypeError);
    expect(() => session.accept({ sizes: [-1], uniqueIds: ["a"] })).toThrow(RangeError);
    expect(() => session.accept({ sizes: [1], uniqueIds: ["a b"] })).toThrow('"uniqueId" expected 1 to 70 octets');
    expect(() => session.accept({ count: 1, size: () => 1 })).toThrow(TypeError);
    expect(() => session.accept({ count: -1, size: () => 1, uniqueId: () => "a" })).toThrow(RangeError);
    expect(() => session.accept(MAILDROP, "line\r\nend")).toThrow('"text" expected printable ASCII');
    expect(() => session.reject({ text: "[AUTH] x", code: null })).toThrow(RangeError);
    session.accept(MAILDROP, "maildrop open");
    expect(drive(session, [], () => {}, false).output).toBe("+OK\r\n+OK\r\n+OK maildrop open\r\n");
    expect(at(LOGIN, "pass", { uidl: false }).accept({ sizes: [1] })).toBeInstanceOf(Pop3ServerSession);
  });

  it("content in pieces, and broken off", () => {
    const session = at(`${LOGIN}RETR 1\r\nRETR 2\r\n`, "retr");
    session.accept("here it is");
    expect([session.nextEvent(), session.waiting]).toEqual([null, "content"]);
    session.write(octets("a\n")).write(octets(".b")).end();
    expect([...session]).toMatchObject([
      { type: "size-differs", number: 1, announced: 28, sent: 7 },
      { type: "retr", number: 2 },
    ]);
    session.accept().content([octets("half "), octets("of")]);
    expect(drive(session, [], () => {}, false).output).toMatch(
      /here it is\r\na\r\n\.\.b\r\n\.\r\n\+OK\r\nhalf of\r\n\.\r\n$/,
    );
    session.receive(octets("RETR 3\r\n"));
    for (const event of session) if (event.type === "retr") session.accept().abort();
    expect([session.waiting, session.nextEvent()]).toEqual(["closed", null]);
  });

  it("[POP3-3-15] the idle limit is data, of ten minutes at least; every command is an event, at which it begins anew", () => {
    expect(new Pop3ServerSession({ stls: true }).timeout).toEqual({ seconds: 600, for: "command" });
    expect(new Pop3ServerSession({ stls: true, idleLimit: 1800 }).timeout).toEqual({ seconds: 1800, for: "command" });
    expect(new Pop3ServerSession({ stls: true, idleLimit: Number.POSITIVE_INFINITY }).timeout).toBe(null);
    expect(() => new Pop3ServerSession({ stls: true, idleLimit: 599 })).toThrow(
      '"idleLimit" expected a whole number of at least 600',
    );
    expect(play("NOOP\r\nX\r\nCAPA\r\n").events.map(({ type }) => type)).toEqual([
      ...["connect", "violation", "unknown", "capa", "closed"],
    ]);
  });

  it("[POP3-3-16] [POP3-6-3] time-outs and shutdown close without deletions, and tell it once", () => {
    for (const [call, output] of [
      [(session: Pop3ServerSession) => session.timedOut(), ""],
      [(session: Pop3ServerSession) => session.shutdown(), "-ERR [SYS/TEMP] shutting down\r\n"],
    ] as const) {
      const session = at(`${LOGIN}DELE 1\r\n`, "none");
      session.takeOutputPieces();
      call(session);
      expect(drive(session, [], () => {}, false)).toMatchObject({
        output,
        waiting: "closed",
        events: [{ type: "closed" }],
      });
      call(session);
      expect([...session]).toEqual([]);
      expect(session.timeout!.seconds).toBeGreaterThanOrEqual(600);
    }
  });

  it.each([
    [{ failureDelay: -1 }, '"failureDelay" expected'],
    [{ greeting: "a\r\n" }, '"greeting" expected'],
    [{ greeting: "<a@b>" }, '"greeting" expected'],
    [{ mechanisms: ["A B"] }, '"mechanisms" expected'],
    [{ apop: { timestamp: "none" } }, '"apop.timestamp" expected'],
    [{ apop: { host: "a b" } }, '"apop.host" expected'],
    [{ maxCommandLength: 254 }, '"maxCommandLength" expected a whole number of at least 255'],
    [{ apop: { timestamp: `<${"a".repeat(297)}@b>` } }, '"apop.timestamp" expected'],
  ])("refuses the options %j", (options, message) => {
    expect(() => new Pop3ServerSession(options as unknown as object)).toThrow(message);
  });

  it.each<[Pop3ServerOptions, string]>([
    [{ user: false }, 'expected a way to log in: "user", "apop" or "mechanisms"'],
    [
      { user: false, mechanisms: [], apop: null, tls: true },
      'expected a way to log in: "user", "apop" or "mechanisms"',
    ],
    [{}, UNDER_TLS],
    [{ user: false, mechanisms: ["plain", "XOAUTH2"] }, UNDER_TLS],
    [{ user: true, mechanisms: ["LOGIN"] }, UNDER_TLS],
  ])("[POP3-4-6] refuses to be without a way to log in, as %j is", (options, message) => {
    expect(() => new Pop3ServerSession(options)).toThrow(new RangeError(message));
  });

  it.each<Pop3ServerOptions>([
    ...[{ tls: true }, { stls: true }, { plaintextWithoutTls: true }, { user: false, apop: { host: "a" } }],
    ...[{ mechanisms: ["SCRAM-SHA-256"] }, { user: false, mechanisms: ["PLAIN", "CRAM-MD5"] }],
    ...[
      { user: false, mechanisms: ["PLAIN"], stls: true },
      { user: false, mechanisms: ["PLAIN"], tls: true },
    ],
  ])("[POP3-4-6] takes %j, by which one can log in", (options) => {
    expect(new Pop3ServerSession(options).state).toBe("authorization");
  });

  it("keeps its options, whatever becomes of the objects that they were given in", () => {
    const given = {
      languages: [{ language: "de", text: "Deutsch" }],
      capabilities: [{ tag: "other" as const, name: "X-TRY", parameters: ["A"] }],
      apop: { timestamp: "<1@a>" },
      mechanisms: ["CRAM-MD5"],
      loginDelay: { seconds: 9 },
      expire: { days: 3 },
      implementation: { text: "Post", toAll: true },
      leniencies: { authLists: true },
    };
    const input = "CAPA\r\nLANG\r\nAUTH\r\nAUTH CRAM-MD5 AA\r\nLANG de\r\n";
    const answers = (session: Pop3ServerSession) =>
      drive(session, [octets(input)], ({ type }) => type === "auth" && session.reject(), false).output;
    const expected = answers(new Pop3ServerSession(structuredClone(given)));
    const session = new Pop3ServerSession(given);
    given.languages[0]!.language = "a\nb";
    given.languages.push({ language: "", text: "" });
    given.capabilities[0]!.parameters.push("a\nb");
    given.capabilities.push({ tag: "other", name: "a\nb", parameters: [] });
    given.apop.timestamp = "a\nb";
    given.mechanisms.length = 0;
    given.loginDelay.seconds = -1;
    given.expire.days = -1;
    given.implementation.text = "a\nb";
    given.leniencies.authLists = false;
    expect(answers(session)).toBe(expected);
    expect(expected).toContain("X-TRY A\r\n");
    expect(expected).toMatch(/\+OK de language changed\r\n$/);
  });

  it("[POP3-13-1] passwords are in no JSON form of events or sessions", () => {
    const { events } = play(`${LOGIN}`);
    const event = events.find(({ type }) => type === "pass") as { readonly password: string };
    expect(event.password).toBe("tanstaaf");
    expect(JSON.stringify(events)).not.toContain("tanstaaf");
  });
});
