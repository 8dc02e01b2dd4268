import { type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession, type ServerViolationCode } from "pop3-codec";
import { drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, fake, LOGIN, MAILDROP, play } from "../support.ts";

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";
const APOP = { apop: { timestamp: "<1@a>" } };
const IN_BY_APOP = `APOP tim ${DIGEST}\r\n`;
const CLEAR = { plaintextWithoutTls: false, stls: true };
const unprepared = { prepare: (name: string) => (name === "tim" ? name : null) };

describe("a command that is not taken", () => {
  it.each<[string, Pop3ServerOptions, ServerViolationCode, string | number | null]>([
    ["USER tim", { user: false, ...APOP }, "not-offered", "verb"],
    ["PASS x", { user: false, ...APOP }, "not-offered", "verb"],
    [IN_BY_APOP, {}, "not-offered", "verb"],
    ["AUTH ECHO", {}, "not-offered", "verb"],
    ["STLS", {}, "not-offered", "verb"],
    ["UTF8", {}, "not-offered", "verb"],
    ["LANG", {}, "not-offered", "verb"],
    [`${LOGIN}TOP 1 1`, { top: false }, "not-offered", "verb"],
    [`${LOGIN}UIDL`, { uidl: false }, "not-offered", "verb"],
    ["USER tim", CLEAR, "tls-required", "name"],
    ["PASS x", CLEAR, "tls-required", "password"],
    ["AUTH PLAIN", { ...CLEAR, mechanisms: ["PLAIN"] }, "tls-required", "mechanism"],
    [`${IN_BY_APOP}USER tim`, { ...CLEAR, ...APOP }, "bad-sequence", null],
    [`${IN_BY_APOP}PASS x`, { ...CLEAR, ...APOP }, "bad-sequence", null],
    ["STAT", {}, "bad-sequence", null],
    ["PASS x", {}, "bad-sequence", null],
    ["STLS", { stls: true, tls: true }, "bad-sequence", null],
    ["AUTH", { mechanisms: ["ECHO"], leniencies: { authLists: false } }, "missing-argument", "mechanism"],
    ["AUTH OTHER", { mechanisms: ["ECHO"] }, "unknown-mechanism", "mechanism"],
    [`${LOGIN}LIST 9`, {}, "no-such-message", "number"],
    [`${LOGIN}RETR 0`, {}, "invalid-argument", "number"],
    ["USER eve", unprepared, "invalid-argument", "name"],
    [" x", {}, "unknown-verb", "verb"],
    ["NOOP\x01", {}, "invalid-octet", "command"],
    ["NOOP\0", {}, "nul", 4],
    ["a\rb", {}, "bare-cr", 1],
  ])("%j with %j: %s", (input, options, code, field) => {
    const { events } = play(`${input}\r\n`, options);
    const violation = events.find(({ type }) => type === "violation");
    expect(violation).toMatchObject({ code, field, fatal: false, answer: "default" });
  });

  it.each([
    ["AUTH ECHO ", 12_300, 12_288],
    ["NOOP ", 12_300, 12_288],
    ["NOOP ", 300, "command"],
  ])("%j and %d octets is too long, and what is kept of it bounded", (verb, length, field) => {
    const { events } = play(`${verb}${"A".repeat(length)}\r\n`, { mechanisms: ["ECHO"] });
    expect(events[1]).toMatchObject({ type: "violation", code: "line-too-long", field });
  });

  it.each<[string, Pop3ServerOptions, ServerViolationCode]>([
    ["X\r\nNOOP x", { maxErrors: 2 }, "too-many-errors"],
    ["USER tim\r\nPASS x", { maxFailedLogins: 1 }, "too-many-logins"],
  ])("too often closes the session: %j with %j", (input, options, code) => {
    const { events } = play(`${input}\r\nCAPA\r\n`, options);
    expect(events.slice(-2)).toMatchObject([
      { type: "violation", code, field: null, fatal: true, answer: "none" },
      { type: "closed", cause: "violation" },
    ]);
  });
});

describe("what is owed", () => {
  it("to each event of a session", () => {
    const input = `CAPA\r\nAUTH\r\nAUTH ECHO\r\nbm8=\r\n${LOGIN}NOPE\r\nSTAT\r\nRETR 1\r\nTOP 1 1\r\nDELE 2\r\nQUIT\r\n`;
    const owed = new Map<string, string>();
    const secrets = new Set<string>();
    for (const event of play(input, { mechanisms: ["ECHO"] }).events) {
      owed.set(event.type, event.answer);
      if ("secret" in event && event.secret) secrets.add(event.type);
    }
    const others = [...play(IN_BY_APOP, APOP).events, ...play("AUTH ECHO eWVz\r\n", { mechanisms: ["ECHO"] }).events];
    for (const event of others) {
      owed.set(event.type, event.answer);
      if ("secret" in event && event.secret) secrets.add(event.type);
    }
    expect(Object.fromEntries(owed)).toEqual({
      ...{ connect: "default", capa: "default", "auth-list": "default", auth: "needed" },
      ...{
        "authentication-failed": "default",
        "login-failed": "none",
        user: "default",
        pass: "needed",
        apop: "needed",
      },
      ...{ unknown: "default", stat: "default", retr: "needed", top: "needed", dele: "default", quit: "needed" },
      ...{ authenticated: "needed", closed: "none" },
    });
    expect([...secrets].sort()).toEqual(["apop", "auth", "pass"]);
  });

  it("to QUIT is nothing before a login, and its default is to take it", () => {
    expect(play("QUIT\r\n").events[1]).toEqual({ type: "quit", deleted: [], expired: [], answer: "default" });
  });
});

describe("a login that is refused", () => {
  const failure = "-ERR [AUTH] authentication failed";
  it.each<[Pop3ServerEvent["type"], string, string]>([
    ["user", LOGIN, "-ERR login refused"],
    ["pass", LOGIN, failure],
    ["apop", IN_BY_APOP, failure],
    ["auth", "AUTH ECHO\r\n", "-ERR login refused"],
    ["authenticated", "AUTH ECHO eWVz\r\n", failure],
    ["authentication-failed", "AUTH ECHO bm8=\r\n", failure],
  ])("at %s counts as one that has failed", (type, input, response) => {
    const { events, output } = play(`${input}QUIT\r\n`, { ...APOP, mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type === type) session.reject();
      else answer(session, event);
    });
    const failed = events.filter((event) => event.type === "login-failed");
    expect(failed).toEqual([{ type: "login-failed", failures: 1, delay: 2, answer: "none" }]);
    expect(output.split("\r\n")).toContain(response);
  });

  it("and what else is refused does not", () => {
    const { events } = play("CAPA\r\nNOPE\r\nQUIT\r\n", {}, (session, event) => {
      if (event.type === "capa") session.reject();
    });
    expect(events.map(({ type }) => type)).toEqual(["connect", "capa", "unknown", "quit", "closed"]);
  });
});

describe("what an answer says", () => {
  const translate = (given: string, language: string | null) => {
    if (given === "" || language === null) expect.unreachable();
    return `${language}: ${given}`;
  };
  const options = { languages: [{ language: "de", text: "Deutsch" }], translate };

  it("is translated where there is something to translate, and a language was set", () => {
    const { output } = play("NOPE\r\nLANG de\r\nUSER a\r\nNOPE\r\n", options, (session, event) => {
      if (event.type === "user") session.accept({ code: "X" });
    });
    expect(output.split("\r\n").slice(1, -1)).toEqual([
      ...["-ERR unknown command", "+OK de de: language changed", "+OK [X]", "-ERR de: unknown command"],
    ]);
  });

  it("of a message that needs UTF8 has the code for that", () => {
    const session = at(LOGIN, "pass").accept({ sizes: [1], uniqueIds: ["a"], needsUtf8: [true] });
    session.receive(octets("RETR 1\r\n"));
    expect(session.nextEvent()?.type).toBe("surrogate");
    expect(rest(session.reject({ code: "UTF8", text: "ask for it" })).output).toBe("+OK\r\n-ERR [UTF8] ask for it\r\n");
  });
});

describe("what is no command's", () => {
  it("plaintext after STLS is told, and goes on with the handshake", () => {
    const found = play("STLS\r\nNOOP\r\n", { stls: true });
    const told = { code: "plaintext-behind-stls", field: null, fatal: false, answer: "none" };
    expect(found.events[2]).toMatchObject({ type: "violation", ...told });
  });

  it("a timestamp made here has 32 digits, whatever they are", () => {
    for (let times = 0; times < 20; times++)
      expect(play("", { apop: { host: "a.example" } }).output).toMatch(/^\+OK <[0-9a-f]{32}@a\.example>\r\n$/);
  });
});

describe("an exchange of AUTH", () => {
  it("with a line that is too long fails as one that is malformed", () => {
    const options = { mechanisms: ["ECHO"], maxSaslLineLength: 255 };
    const { events, output } = play(`AUTH ECHO\r\n${"A".repeat(300)}\r\nNOOP\r\n`, options);
    expect(events.find(({ type }) => type === "authentication-failed")).toMatchObject({ cause: "malformed" });
    expect(output).toMatch(/-ERR authentication failed\r\n-ERR NOOP is out of place\r\n$/);
  });

  it("that has failed cannot be accepted", () => {
    const { output } = play("AUTH ECHO\r\nbm8=\r\n", { mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type === "authentication-failed") {
        const message = 'accept() is not possible after a "authentication-failed" event; legal now: reject()';
        expect(() => session.accept(MAILDROP)).toThrow(message);
      } else if (event.type === "auth") session.authenticate(fake("ECHO"));
    });
    expect(output).toMatch(/-ERR \[AUTH\] authentication failed\r\n$/);
  });
});

/** A session up to the event of a type, its output taken. */
function at(input: string, stop: Pop3ServerEvent["type"] | null, options: Pop3ServerOptions = {}): Pop3ServerSession {
  const session = new Pop3ServerSession({ plaintextWithoutTls: true, ...options });
  session.receive(octets(input));
  for (const event of session) {
    if (event.type === stop) break;
    answer(session, event);
  }
  session.takeOutputPieces();
  return session;
}

const rest = (session: Pop3ServerSession) => drive(session, [], () => {}, false);

describe("a session that goes on elsewhere", () => {
  const options = { plaintextWithoutTls: true, stls: true };
  const again = (session: Pop3ServerSession) => Pop3ServerSession.restore(session.snapshot(), options);

  it.each([
    ["RETR 1", "+OK\r\nSubject: x\r\n\r\n..a\r\nb\r\nc\r\n.\r\n"],
    ["TOP 1 1", "+OK\r\nSubject: x\r\n\r\n..a\r\n.\r\n"],
  ])("in the midst of %s", (command, whole) => {
    const sent = (move: (session: Pop3ServerSession) => Pop3ServerSession) => {
      let session = at(`${LOGIN}${command}\r\n`, command.startsWith("RETR") ? "retr" : "top", options).accept();
      for (const piece of ["Subject: x\r\n\r", "\n.a\n", "b\r\nc"]) session = move(session.write(octets(piece)));
      session = move(session.end());
      return `${text(session.takeOutputPieces())}${rest(session.receive(octets("NOOP\r\n"))).output}`;
    };
    expect(sent(again)).toBe(`${whole}+OK\r\n`);
    expect(sent((session) => session)).toBe(`${whole}+OK\r\n`);
  });

  it("in the midst of a listing", () => {
    const sizes = Array.from({ length: 2000 }, (_, index) => index);
    const uniqueIds = sizes.map((size) => `u${size}`);
    const session = at(LOGIN, "pass", { ...options, highWaterMark: 20 }).accept({ sizes, uniqueIds });
    session.receive(octets("DELE 2\r\nLIST\r\n"));
    for (const _ of session);
    session.takeOutput();
    const restored = again(session);
    const output = rest(session).output;
    expect(output).toMatch(/\r\n2000 1999\r\n\.\r\n$/);
    expect(rest(restored).output).toBe(output);
  });

  it("after an exchange that has failed, or whose login is to be opened", () => {
    const asking = { ...options, mechanisms: ["ECHO"], languages: [{ language: "en", text: "" }] };
    const failed = Pop3ServerSession.restore(at("USER a\r\nAUTH ECHO\r\nbm8=\r\n", null, asking).snapshot(), asking);
    expect(failed.state).toBe("authorization");
    expect(rest(failed.receive(octets("USER tim\r\n"))).output).toBe("+OK\r\n");
    const session = at("AUTH ECHO eWVz\r\n", "authenticated", asking);
    const restored = Pop3ServerSession.restore(session.snapshot(), asking).accept(MAILDROP);
    const { events, output } = rest(restored.receive(octets("LANG\r\n")));
    expect([events[0], output]).toMatchObject([{ type: "lang", user: "tim" }, "+OK\r\n+OK\r\nen\r\n.\r\n"]);
  });

  it("after the handshake", () => {
    const session = at("STLS\r\n", null, options);
    session.tlsEstablished();
    const restored = again(session);
    expect([restored.tls, restored.state]).toEqual([true, "authorization"]);
    expect(rest(restored.receive(octets("USER tim\r\n"))).output).toBe("+OK\r\n");
    expect(restored.snapshot().role).toBe("pop3-server");
  });
});
