import fc from "fast-check";
import { type Pop3ServerEvent, Pop3ServerSession, type ServerVerb, StateError, serverTable } from "pop3-codec";
import { byteByByte, chunkings, cutAt, drive, octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, fake, LOGIN, MAILDROP, play, responses } from "./support.ts";

const OK = "+OK\r\n";
const loggedIn = (input: string) => responses(`${LOGIN}${input}`).slice(2 * OK.length);

describe("TRANSACTION", () => {
  it.each([
    ["[POP3-5-1] STAT counts what is not marked", "STAT\r\nDELE 2\r\nSTAT\r\n", "+OK 4 76\r\n+OK\r\n+OK 3 43\r\n"],
    ["[POP3-5-3] LIST has a line for each message", "LIST\r\n", "+OK\r\n1 28\r\n2 33\r\n3 15\r\n4 0\r\n.\r\n"],
    ["[POP3-5-5] LIST n and UIDL n are one line", "LIST 2\r\nUIDL 3\r\n", "+OK 2 33\r\n+OK 3 uid-3\r\n"],
    [
      "[POP3-7-4] UIDL has a line for each message",
      "UIDL\r\n",
      "+OK\r\n1 uid-1\r\n2 uid-2\r\n3 uid-3\r\n4 uid-4\r\n.\r\n",
    ],
    ["[POP3-5-7] numbers never shift", "DELE 1\r\nLIST\r\n", "+OK\r\n+OK\r\n2 33\r\n3 15\r\n4 0\r\n.\r\n"],
    [
      "[POP3-5-6] a number that is not there, or marked, is -ERR",
      "DELE 1\r\nLIST 1\r\nUIDL 1\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\nLIST 0\r\nRETR 5\r\n",
      `+OK\r\n${"-ERR command refused\r\n".repeat(7)}`,
    ],
    ["[POP3-5-16] RSET unmarks all", "DELE 1\r\nDELE 4\r\nRSET\r\nSTAT\r\n", "+OK\r\n+OK\r\n+OK\r\n+OK 4 76\r\n"],
    [
      "[POP3-5-4] an empty list",
      "DELE 1\r\nDELE 2\r\nDELE 3\r\nDELE 4\r\nLIST\r\nUIDL\r\n",
      "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n.\r\n+OK\r\n.\r\n",
    ],
    ["[POP3-3-10] RETR stuffs dots", "RETR 1\r\n", "+OK\r\nSubject: one\r\n\r\n..dot\r\nlast\r\n.\r\n"],
    [
      "[POP3-5-12] RETR sends bare line feeds as CRLF",
      "RETR 2\r\n",
      "+OK\r\nSubject: two\r\n\r\nbare line feeds\r\n.\r\n",
    ],
    [
      "[POP3-5-11] RETR adds a last line end; empty is the end alone",
      "RETR 3\r\nRETR 4\r\n",
      "+OK\r\nno header end\r\n.\r\n+OK\r\n.\r\n",
    ],
    [
      "[POP3-7-1] TOP cuts behind the empty line and n lines",
      "TOP 1 0\r\nTOP 1 1\r\nTOP 2 9\r\n",
      "+OK\r\nSubject: one\r\n\r\n.\r\n+OK\r\nSubject: one\r\n\r\n..dot\r\n.\r\n+OK\r\nSubject: two\r\n\r\nbare line feeds\r\n.\r\n",
    ],
    ["[POP3-7-2] TOP without an empty line sends all of it", "TOP 3 0\r\n", "+OK\r\nno header end\r\n.\r\n"],
    ["[POP3-5-17] NOOP", "NOOP\r\nnoop\r\n", "+OK\r\n+OK\r\n"],
    [
      "[POP3-3-5] an argument too many or missing",
      "STAT 1\r\nNOOP x\r\nRETR\r\nTOP 1\r\nTOP 1 2 3\r\nLIST 1 2\r\nQUIT x\r\n",
      "-ERR command refused\r\n".repeat(7),
    ],
    [
      "[POP3-4-8] numbers are decimal",
      "RETR +1\r\nRETR 0x1\r\nRETR 1.0\r\nRETR 99999999999999999999999\r\nRETR 001\r\n",
      `${"-ERR command refused\r\n".repeat(4)}+OK\r\nSubject: one\r\n\r\n..dot\r\nlast\r\n.\r\n`,
    ],
    [
      "[POP3-3-4] unknown commands, an empty line too",
      "XYZZY 1\r\n\r\nLAST\r\n",
      "-ERR unknown command\r\n-ERR command refused\r\n-ERR unknown command\r\n",
    ],
    ["[PAUTH-4-16] logins are out of place", "USER x\r\nPASS x\r\nAUTH ECHO\r\n", "-ERR command refused\r\n".repeat(3)],
  ])("%s", (_, input, expected) => {
    expect(loggedIn(input)).toBe(expected);
  });

  it.each([
    ["a: b\r\n\r\n1\r\n2\r\n3\r\n", 2, "a: b\r\n\r\n1\r\n2\r\n"],
    ["a: b\n\n1\n2\n3\n", 1, "a: b\r\n\r\n1\r\n"],
    ["a: b\r\r1\r2\r3\r", 1, "a: b\r\n\r\n1\r\n"],
    ["a: b\r\n\r\n\r\n.2\r\n", 2, "a: b\r\n\r\n\r\n..2\r\n"],
    ["\r\nbody\r\n", 0, "\r\n"],
    ["\n\r\r\n", 0, "\r\n"],
  ])("[POP3-7-1] TOP of %j, %d lines, however the message is written", (message, lines, expected) => {
    for (const pieces of [[octets(message)], byteByByte(octets(message)), cutAt(octets(message), [5])]) {
      const { output } = play(`${LOGIN}TOP 1 ${lines}\r\n`, {}, (session, event) => {
        if (event.type === "top") session.accept().content(pieces);
        else answer(session, event);
      });
      expect(output).toBe(`${OK.repeat(4)}${expected}.\r\n`);
    }
  });

  it("[POP3-6-1] QUIT hands over what is marked, and its answer decides", () => {
    for (const [accept, expected] of [
      [true, OK],
      [false, "-ERR some messages were not removed\r\n"],
    ] as const) {
      const { events, output } = play(`${LOGIN}DELE 3\r\nDELE 1\r\nQUIT\r\nNOOP\r\n`, {}, (session, event) => {
        if (event.type === "quit") accept ? session.accept() : session.reject();
        else answer(session, event);
      });
      expect(output.endsWith(expected)).toBe(true);
      expect(events.slice(-2)).toEqual([
        { type: "quit", deleted: [1, 3], answer: "needed" },
        { type: "closed", cause: "quit", answer: "none" },
      ]);
    }
  });

  it("[POP3-6-3] an end without QUIT asks for no deletion, and is told once", () => {
    const { events, waiting } = play(`${LOGIN}DELE 1\r\nSTA`);
    expect(events.filter(({ type }) => type === "quit")).toEqual([]);
    expect(events.at(-1)).toEqual({ type: "closed", cause: "end-of-input", answer: "none" });
    expect(waiting).toBe("closed");
  });

  it("[CAPA-6.6-1] 100,000 commands in one chunk are answered one after the other", () => {
    expect(loggedIn("NOOP\r\n".repeat(100_000))).toBe(OK.repeat(100_000));
  });

  it("a listing of a million messages costs no memory, and is made as it is taken", () => {
    let asked = 0;
    const size = () => {
      asked++;
      return 7;
    };
    const maildrop = { count: 1_000_000, size, uniqueId: (n: number) => `u${n}` };
    const session = new Pop3ServerSession({ plaintextWithoutTls: true });
    session.receive(octets(`${LOGIN}${"LIST\r\n".repeat(100)}`));
    for (const event of session) if (event.type === "pass") session.accept(maildrop);
    expect(session.waiting).toBe("output");
    expect(asked).toBeLessThan(20_000);
    let length = 0;
    for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput()) {
      length += bytes.length;
      expect(bytes.length).toBeLessThan(150_000);
    }
    expect(length).toBeGreaterThan(9_000_000);
    expect(asked).toBe(1_000_000);
  });
});

describe("AUTHORIZATION", () => {
  it.each([
    ["[POP3-7-9] USER is accepted for every name", "USER nobody\r\nUSER a b\r\n", "+OK\r\n-ERR command refused\r\n"],
    [
      "[POP3-7-7] a command between USER and PASS voids the name",
      "USER tim\r\nCAPAX\r\nPASS tanstaaf\r\n",
      "+OK\r\n-ERR unknown command\r\n-ERR command refused\r\n",
    ],
    [
      "[POP3-7-6] USER twice voids the name",
      "USER tim\r\nUSER tim\r\nPASS tanstaaf\r\n",
      "+OK\r\n-ERR command refused\r\n-ERR command refused\r\n",
    ],
    [
      "[POP3-4-3] a wrong password leaves AUTHORIZATION as it was",
      "USER tim\r\nPASS x\r\nPASS tanstaaf\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\n",
      "+OK\r\n-ERR [AUTH] authentication failed\r\n-ERR command refused\r\n+OK\r\n+OK\r\n+OK 4 76\r\n",
    ],
    [
      "[POP3-7-8] PASS takes spaces as they are",
      "USER tim\r\nPASS  tanstaaf\r\nUSER tim\r\nPASS tanstaaf \r\nUSER tim\r\nPASS \r\n",
      "+OK\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n-ERR command refused\r\n",
    ],
    [
      "[POP3-3-6] commands of TRANSACTION are out of place",
      "STAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nNOOP\r\nRSET\r\nTOP 1 1\r\nUIDL\r\n",
      "-ERR command refused\r\n".repeat(8),
    ],
    ["[POP3-4-7] QUIT", "QUIT\r\nNOOP\r\n", "+OK\r\n"],
    [
      "[POP3-7-13] APOP without a timestamp",
      "APOP tim c4c9334bac560ecc979e58001b3e22fb\r\n",
      "-ERR command refused\r\n",
    ],
    [
      "[PAUTH-4-1] AUTH where none is offered",
      "AUTH PLAIN\r\nAUTH\r\n",
      "-ERR command refused\r\n-ERR command refused\r\n",
    ],
    [
      "[CAPA-5-1] CAPA in both states",
      "CAPA\r\nUSER tim\r\nPASS tanstaaf\r\nCAPA\r\n",
      "+OK\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n+OK\r\n+OK\r\n+OK\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n",
    ],
    [
      "[POP3-3-1] a bare LF or CR, or a NUL, refuses the line and no more",
      "USER a\nQUIT\r\nUSER a\rQUIT\r\nUSER \0\r\nUSER tim\r\n",
      "-ERR command refused\r\n-ERR command refused\r\n-ERR command refused\r\n+OK\r\n",
    ],
    ["[POP3-3-17] an octet above 127", "USER \xe9\r\n", "-ERR command refused\r\n"],
    [
      "[CAPA-4-1] 255 octets are a command, 256 are none",
      `USER ${"x".repeat(248)}\r\nUSER ${"x".repeat(249)}\r\n${"x".repeat(20_000)}\r\nQUIT\r\n`,
      "+OK\r\n-ERR command refused\r\n-ERR command refused\r\n+OK\r\n",
    ],
    ["[POP3-Q-13] spaces in front of CRLF", "USER tim  \r\nPASS tanstaaf\r\nSTAT \r\n", "+OK\r\n+OK\r\n+OK 4 76\r\n"],
  ])("%s", (_, input, expected) => {
    expect(responses(input)).toBe(expected);
  });

  it("[STLS-2.3-1] without TLS no password reaches the application, by default", () => {
    const { events, output } = play("USER tim\r\nPASS tanstaaf\r\nAUTH PLAIN AHRpbQB4\r\nCAPA\r\n", {
      plaintextWithoutTls: false,
      mechanisms: ["PLAIN", "CRAM-MD5"],
    });
    expect(events.filter(({ type }) => type === "user" || type === "pass" || type === "auth")).toEqual([]);
    expect(output).toMatch(/^\+OK\r\n(?:-ERR [^\r]*\r\n){3}\+OK\r\nTOP\r\nUIDL\r\nSASL CRAM-MD5\r\n/);
  });

  it("[POP3-7-12] the greeting has a timestamp when APOP is on, different for every session", () => {
    const greet = () => new Pop3ServerSession({ apop: { host: "mx.example.com" } });
    const [one, other] = [greet(), greet()].map((session) => drive(session, [], () => {}).output);
    expect(one).toMatch(/^\+OK ready <[0-9a-f]{32}@mx\.example\.com>\r\n$/);
    expect(one).not.toBe(other);
  });

  it("[POP3-7-15] APOP names its method, and keeps its digest out of sight", () => {
    const { events, output } = play("APOP tim c4c9334bac560ecc979e58001b3e22fb\r\nSTAT\r\nAPOP x y\r\n", {
      apop: { timestamp: "<1.2@example.com>" },
    });
    const event = events.find(({ type }) => type === "apop")!;
    expect(event).toMatchObject({
      name: "tim",
      timestamp: "<1.2@example.com>",
      digest: "c4c9334bac560ecc979e58001b3e22fb",
    });
    expect(JSON.stringify(event)).not.toContain("c4c9334b");
    expect(output).toBe("+OK <1.2@example.com>\r\n+OK\r\n+OK 4 76\r\n-ERR command refused\r\n");
  });

  it("[POP3-4-9] the nth failed login closes", () => {
    const { events, output } = play("USER tim\r\nPASS a\r\nUSER tim\r\nPASS b\r\nUSER tim\r\n", { maxFailedLogins: 2 });
    expect(output).toBe(
      "+OK\r\n+OK\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n-ERR [AUTH] authentication failed\r\n",
    );
    expect(events.slice(-2)).toMatchObject([
      { type: "violation", code: "too-many-logins", fatal: true },
      { type: "closed", cause: "violation" },
    ]);
  });

  it("closes after too many faulty commands", () => {
    expect(play("X\r\nY\r\nZ\r\n", { maxErrors: 2 }).output).toBe(
      "+OK\r\n-ERR unknown command\r\n-ERR unknown command\r\n",
    );
  });

  it("a connection can be refused", () => {
    const { output, events } = play("USER tim\r\n", {}, (session, event) => {
      if (event.type === "connect") session.reject({ code: "SYS/TEMP", text: "later" });
    });
    expect(output).toBe("-ERR [SYS/TEMP] later\r\n");
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "refused" });
  });

  it("an unknown command can be answered by an application that knows it", () => {
    const { output } = play("XTND XMIT\r\n", {}, (session, event) => {
      if (event.type === "unknown") session.accept(`${event.verb} ${event.argument}`);
    });
    expect(output).toBe("+OK\r\n+OK XTND XMIT\r\n");
  });
});

describe("AUTH", () => {
  const auth = (input: string) => responses(input, { mechanisms: ["ECHO", "ASK"] });
  it.each([
    ["[PAUTH-4-2] an initial response", "AUTH ECHO eWVz\r\nSTAT\r\n", "+OK\r\n+OK 4 76\r\n"],
    ["[PAUTH-4-5] a challenge, and an empty one", "AUTH echo\r\n\r\neWVz\r\n", "+ d2hhdD8=\r\n+ \r\n+OK\r\n"],
    [
      "[PAUTH-4-14] final data is one more challenge",
      "AUTH ECHO ZGF0YQ==\r\n\r\nSTAT\r\n",
      "+ cHJvb2Y=\r\n+OK\r\n+OK 4 76\r\n",
    ],
    [
      "an answer to final data",
      "AUTH ECHO ZGF0YQ==\r\neWVz\r\n",
      "+ cHJvb2Y=\r\n-ERR [AUTH] authentication failed\r\n",
    ],
    [
      "[PAUTH-4-8] a cancellation",
      "AUTH ECHO\r\n*\r\nQUIT\r\n",
      "+ d2hhdD8=\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n",
    ],
    [
      "[PAUTH-4-10] a response that is not base64",
      "AUTH ECHO\r\n=\r\nQUIT\r\n",
      "+ d2hhdD8=\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n",
    ],
    ["a refusal by the mechanism", "AUTH ECHO bm8=\r\n", "-ERR [AUTH] authentication failed\r\n"],
    ["a step that only the application knows", "AUTH ASK\r\n", "-ERR [AUTH] authentication failed\r\n"],
    [
      "a mechanism not offered, and malformed ones",
      "AUTH FOO\r\nAUTH ECHO =x\r\nAUTH ECHO a b\r\n",
      "-ERR command refused\r\n".repeat(3),
    ],
    ["[POP3-Q-12] AUTH alone lists the mechanisms", "AUTH\r\n", "+OK\r\nECHO\r\nASK\r\n.\r\n"],
    [
      "[PAUTH-4-12] a response over the limit",
      `AUTH ECHO\r\n${"A".repeat(20_000)}\r\nQUIT\r\n`,
      "+ d2hhdD8=\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n",
    ],
    [
      "[PAUTH-4-13] an AUTH longer than other commands",
      `AUTH ECHO ${"A".repeat(400)}\r\n`,
      "-ERR [AUTH] authentication failed\r\n",
    ],
  ])("%s", (_, input, expected) => {
    expect(auth(input)).toBe(expected);
  });

  it("names what failed, and ends with the connection", () => {
    const causes = play("AUTH ECHO bm8=\r\nAUTH ECHO\r\n*\r\nAUTH ECHO\r\n!\r\nAUTH ECHO\r\n", {
      mechanisms: ["ECHO"],
    }).events.flatMap((event) =>
      event.type === "authentication-failed" ? [event.cause] : event.type === "closed" ? [event.cause] : [],
    );
    expect(causes).toEqual(["refused", "cancelled", "malformed", "end-of-input"]);
  });

  it("can be refused before it begins", () => {
    const { output } = play(
      "AUTH ECHO\r\n",
      { mechanisms: ["ECHO"], leniencies: { authLists: false } },
      (session, event) => {
        if (event.type === "auth") session.reject({ code: "SYS/PERM", text: "not you" });
      },
    );
    expect(output).toBe("+OK\r\n-ERR [SYS/PERM] not you\r\n");
    expect(responses("AUTH\r\n", { mechanisms: ["ECHO"], leniencies: { authLists: false } })).toBe(
      "-ERR command refused\r\n",
    );
  });
});

describe("STLS", () => {
  const options = { stls: true, plaintextWithoutTls: false };
  const secure = (session: Pop3ServerSession, event: Pop3ServerEvent) => answer(session, event);

  it.each([["STLS\r\nUSER tim\r\nPASS tanstaaf\r\n"], ["STLS\r\nUSE"]])(
    "[STLS-4-3] %j: plaintext behind it is one violation, however it is cut, and never run",
    (input) => {
      const behind = octets(input);
      for (const chunks of [[behind], byteByByte(behind), cutAt(behind, [6]), cutAt(behind, [8])]) {
        const session = new Pop3ServerSession({ ...options, greeting: "" });
        const plain = drive(session, chunks, (event) => secure(session, event), false);
        expect(plain.events.map(({ type }) => type)).toEqual(["connect", "stls", "violation"]);
        expect([plain.output, plain.waiting]).toEqual(["+OK\r\n+OK\r\n", "tls"]);
        session.receive(octets("more of it"));
        session.tlsEstablished();
        const after = drive(
          session,
          [octets("STAT\r\nUSER tim\r\nPASS tanstaaf\r\n")],
          (event) => secure(session, event),
          false,
        );
        expect(after.output).toBe("-ERR command refused\r\n+OK\r\n+OK\r\n");
        expect(session.tls).toBe(true);
      }
    },
  );

  it("plaintext that comes just before the handshake is told too", () => {
    const session = new Pop3ServerSession({ ...options });
    drive(session, [octets("STLS\r\n")], () => {}, false);
    session.receive(octets("USER tim\r\n"));
    session.tlsEstablished();
    expect([...session]).toMatchObject([{ type: "violation", code: "plaintext-behind-stls" }]);
  });

  it("[STLS-4-2] is announced exactly while it would be accepted", () => {
    const announced = (input: string, more = {}) => responses(input, { stls: true, ...more }).includes("\r\nSTLS\r\n");
    expect([announced("CAPA\r\n"), announced(`${LOGIN}CAPA\r\n`), announced("CAPA\r\n", { tls: true })]).toEqual([
      true,
      false,
      false,
    ]);
    expect(responses("STLS x\r\n", { stls: true })).toBe("-ERR command refused\r\n");
    expect(responses("STLS\r\n", { stls: true, tls: true })).toBe("-ERR command refused\r\n");
    expect(responses("STLS\r\n")).toBe("-ERR command refused\r\n");
  });

  it("can be refused, and can fail", () => {
    const refused = play("STLS\r\nNOOP\r\n", { stls: true }, (session, event) => {
      if (event.type === "stls") session.reject();
    });
    expect(refused.output).toBe("+OK\r\n-ERR refused\r\n-ERR command refused\r\n");
    const session = new Pop3ServerSession({ stls: true });
    expect(() => session.tlsFailed()).toThrow(StateError);
    drive(session, [octets("STLS\r\n")], () => {}, false);
    session.tlsFailed();
    expect([[...session].at(-1), session.waiting]).toMatchObject([{ type: "closed", cause: "tls-failed" }, "closed"]);
  });
});

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
    expect([...session]).toMatchObject([{ type: "retr", number: 2 }]);
    session.accept().content([octets("half "), octets("of")]);
    expect(drive(session, [], () => {}, false).output).toMatch(
      /here it is\r\na\r\n\.\.b\r\n\.\r\n\+OK\r\nhalf of\r\n\.\r\n$/,
    );
    session.receive(octets("RETR 3\r\n"));
    for (const event of session) if (event.type === "retr") session.accept().abort();
    expect([session.waiting, session.nextEvent()]).toEqual(["closed", null]);
  });

  it("time-outs and shutdown close without deletions", () => {
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
      expect(session.timeout.seconds).toBeGreaterThanOrEqual(600);
    }
    const writing = at(`${LOGIN}RETR 1\r\n`, "retr");
    writing.accept().shutdown();
    expect(drive(writing, [], () => {}, false).output).not.toContain("SYS");
  });

  it.each([
    [{ user: false }, "expected a way to log in"],
    [{ greeting: "a\r\n" }, '"greeting" expected'],
    [{ greeting: "<a@b>" }, '"greeting" expected'],
    [{ mechanisms: ["A B"] }, '"mechanisms" expected'],
    [{ apop: { timestamp: "none" } }, '"timestamp" expected'],
    [{ apop: { host: "a b" } }, '"host" expected'],
    [{ maxCommandLength: 254 }, '"maxCommandLength" expected a whole number of at least 255'],
  ])("refuses the options %j", (options, message) => {
    expect(() => new Pop3ServerSession(options)).toThrow(message);
  });

  it("[POP3-13-1] passwords are in no JSON form of events or sessions", () => {
    const { events } = play(`${LOGIN}`);
    const event = events.find(({ type }) => type === "pass") as { readonly password: string };
    expect(event.password).toBe("tanstaaf");
    expect(JSON.stringify(events)).not.toContain("tanstaaf");
  });
});

describe("the transition table", () => {
  // Transcribed from RFC 1939 §3 to §7, RFC 2449 §5, RFC 2595 §4 and RFC 5034 §4; "-" is -ERR.
  const FIXTURE = `
    verb  authorization  name           transaction
    USER  name           -              -
    PASS  -              transaction    -
    APOP  transaction    -              -
    AUTH  sasl           sasl           -
    STLS  tls            tls            -
    CAPA  authorization  authorization  transaction
    QUIT  closed         closed         closed
    STAT  -              -              transaction
    LIST  -              -              transaction
    UIDL  -              -              transaction
    RETR  -              -              transaction
    TOP   -              -              transaction
    DELE  -              -              transaction
    NOOP  -              -              transaction
    RSET  -              -              transaction`;
  const [, ...rows] = FIXTURE.trim()
    .split("\n")
    .map((row) => row.trim().split(/ +/));

  it("is the one that the RFCs have", () => {
    const table = rows.map(([verb]) => {
      const { authorization, name, transaction } = serverTable[verb as ServerVerb];
      return [verb, authorization ?? "-", name ?? "-", transaction ?? "-"];
    });
    expect(table).toEqual(rows);
    expect(Object.keys(serverTable)).toHaveLength(rows.length);
  });
});

describe("properties", () => {
  const lines = fc.constantFrom(
    ...[
      "USER tim",
      "PASS tanstaaf",
      "PASS x",
      "STAT",
      "LIST",
      "LIST 2",
      "UIDL",
      "RETR 1",
      "RETR 9",
      "TOP 1 1",
      "DELE 1",
      "NOOP",
      "RSET",
    ],
    ...[
      "CAPA",
      "AUTH ECHO",
      "AUTH ECHO eWVz",
      "eWVz",
      "*",
      "QUIT",
      "XYZ",
      "",
      "a\nb",
      "a\rb",
      "\0",
      "x".repeat(300),
      "APOP a b",
    ],
  );
  const session = fc.array(lines, { maxLength: 20 }).map((all) => octets(all.map((line) => `${line}\r\n`).join("")));
  const options = { mechanisms: ["ECHO"], stls: true };

  it("chunking never matters", () => {
    const cut = session.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
    fc.assert(
      fc.property(cut, ([input, chunks]) => {
        const whole = play([input], options);
        expect(play(chunks, options)).toEqual(whole);
        expect(play(byteByByte(input), options)).toEqual(whole);
      }),
      { numRuns: runs() },
    );
  });

  it("no octets make anything throw, and every response is one", () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
      session,
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 4 }), (chunks) => {
        const { output, waiting } = play(chunks, options);
        for (const line of output.split("\r\n").slice(0, -1)) expect(line).toMatch(/^[ -~]*$/);
        expect(["closed", "tls"]).toContain(waiting);
      }),
      { numRuns: runs(2) },
    );
  });
});
