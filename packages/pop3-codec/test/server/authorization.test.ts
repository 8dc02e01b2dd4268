import { type Pop3ServerOptions, Pop3ServerSession } from "pop3-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, no, outOfPlace, play, responses } from "../support.ts";

describe("AUTHORIZATION", () => {
  it.each<[string, string, string, Pop3ServerOptions?]>([
    ["[POP3-7-9] USER is accepted for every name", "USER nobody\r\nUSER a b\r\n", `+OK\r\n${outOfPlace("USER")}`],
    [
      "[POP3-7-7] a command between USER and PASS voids the name",
      "USER tim\r\nCAPAX\r\nPASS tanstaaf\r\n",
      `+OK\r\n${no("unknown command")}${outOfPlace("PASS")}`,
    ],
    [
      "[POP3-7-6] USER twice voids the name",
      "USER tim\r\nUSER tim\r\nPASS tanstaaf\r\n",
      `+OK\r\n${outOfPlace("USER", "PASS")}`,
    ],
    [
      "[POP3-4-3] a wrong password leaves AUTHORIZATION as it was",
      "USER tim\r\nPASS x\r\nPASS tanstaaf\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\n",
      "+OK\r\n-ERR [AUTH] authentication failed\r\n-ERR PASS is out of place\r\n+OK\r\n+OK\r\n+OK 4 76\r\n",
    ],
    [
      "[POP3-7-8] PASS takes spaces as they are",
      "USER tim\r\nPASS  tanstaaf\r\nUSER tim\r\nPASS tanstaaf \r\nUSER tim\r\nPASS \r\n",
      "+OK\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n-ERR expected a password\r\n",
    ],
    [
      "[POP3-3-6] commands of TRANSACTION are out of place",
      "STAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nNOOP\r\nRSET\r\nTOP 1 1\r\nUIDL\r\n",
      outOfPlace("STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "TOP", "UIDL"),
    ],
    ["[POP3-4-7] QUIT", "QUIT\r\nNOOP\r\n", "+OK\r\n"],
    [
      "[POP3-7-13] APOP without a timestamp",
      "APOP tim c4c9334bac560ecc979e58001b3e22fb\r\n",
      no("APOP is not offered"),
    ],
    ["[PAUTH-4-1] AUTH where none is offered", "AUTH PLAIN\r\nAUTH\r\n", no("AUTH is not offered").repeat(2)],
    [
      "[CAPA-5-1] CAPA in both states",
      "CAPA\r\nUSER tim\r\nPASS tanstaaf\r\nCAPA\r\n",
      "+OK\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n+OK\r\n+OK\r\n+OK\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n",
    ],
    [
      "[POP3-3-1] a bare LF or CR, or a NUL, refuses the line and no more",
      "USER a\nQUIT\r\nUSER a\rQUIT\r\nUSER \0\r\nUSER tim\r\n",
      `${no("malformed line").repeat(3)}+OK\r\n`,
    ],
    ["[POP3-3-17] an octet above 127", "USER \xe9\r\n", no("expected printable ASCII")],
    [
      "[CAPA-4-1] 255 octets are a command, 256 are none",
      `USER ${"x".repeat(248)}\r\nUSER ${"x".repeat(249)}\r\n${"x".repeat(20_000)}\r\nQUIT\r\n`,
      `+OK\r\n${no("expected at most 255 octets", "malformed line")}+OK\r\n`,
    ],
    [
      "[POP3-4-5] after a failed login others are taken",
      "USER tim\r\nPASS x\r\nAUTH ECHO bm8=\r\nAPOP tim c4c9334bac560ecc979e58001b3e22fb\r\nSTAT\r\n",
      "+OK\r\n-ERR [AUTH] authentication failed\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n+OK 4 76\r\n",
      { mechanisms: ["ECHO"], apop: { timestamp: "<1@a>" } },
    ],
    [
      "[POP3-7-6] APOP behind USER voids the name, and is taken then",
      "USER tim\r\nAPOP tim c4c9334bac560ecc979e58001b3e22fb\r\nAPOP tim c4c9334bac560ecc979e58001b3e22fb\r\n",
      `+OK\r\n${outOfPlace("APOP")}+OK\r\n`,
      { apop: { timestamp: "<1@a>" } },
    ],
    [
      "[POP3-7-13] a digest that is none",
      "APOP tim C4C9334BAC560ECC979E58001B3E22FB\r\nAPOP tim c4c9\r\nAPOP tim\r\n",
      no(
        ...["expected 32 lower-case hexadecimal digits", "expected 32 lower-case hexadecimal digits"],
        "expected a name and a digest",
      ),
      { apop: { timestamp: "<1@a>" } },
    ],
    [
      "[POP3-Q-15] keepName: a name outlives other commands",
      "USER x\r\nUSER tim\r\nCAPAX\r\nLANG\r\nPASS tanstaaf\r\nSTAT\r\n",
      `+OK\r\n+OK\r\n${no("unknown command", "LANG is not offered")}+OK\r\n+OK 4 76\r\n`,
      { leniencies: { keepName: true } },
    ],
    [
      "[POP3-Q-15] keepName: a name outlives accepted commands too",
      "USER tim\r\nUTF8\r\nCAPA\r\nPASS tanstaaf\r\nSTAT\r\n",
      "+OK\r\n+OK\r\n+OK\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nUTF8\r\n.\r\n+OK\r\n+OK 4 76\r\n",
      { utf8: true, top: false, uidl: false, leniencies: { keepName: true } },
    ],
    [
      "[POP3-Q-15] keepName: it does not outlive a login, nor a failed one",
      "USER tim\r\nPASS x\r\nPASS tanstaaf\r\nUSER x\r\nAPOP tim c4c9334bac560ecc979e58001b3e22fb\r\nPASS tanstaaf\r\n",
      `+OK\r\n${no("[AUTH] authentication failed")}${outOfPlace("PASS")}+OK\r\n+OK\r\n${outOfPlace("PASS")}`,
      { leniencies: { keepName: true }, apop: { timestamp: "<1@a>" } },
    ],
    [
      "[POP3-Q-4] bareLineFeed: LF alone ends a command",
      "USER tim\nPASS tanstaaf\nSTAT\r\nNOOP\n",
      "+OK\r\n+OK\r\n+OK 4 76\r\n+OK\r\n",
      { leniencies: { bareLineFeed: true } },
    ],
    [
      "[POP3-Q-14] spacesInNames: USER takes the rest of the line, APOP splits at the last space",
      "USER tim tom\r\nPASS x\r\nAPOP tim tom c4c9334bac560ecc979e58001b3e22fb\r\n",
      `+OK\r\n${no("[AUTH] authentication failed")}+OK\r\n`,
      { apop: { timestamp: "<1@a>" } },
    ],
    [
      "[POP3-Q-17] LAST, XTND, XOIP and X… are unknown",
      "LAST\r\nXTND XMIT\r\nXOIP 1.2.3.4\r\nXSENDER\r\n",
      no("unknown command").repeat(4),
    ],
    [
      "[POP3-3-18] an argument of more than 40 characters",
      `USER ${"x".repeat(41)}\r\nPASS tanstaaf\r\n`,
      `+OK\r\n${no("[AUTH] authentication failed")}`,
    ],
    ["[POP3-3-3] one space separates", "USER\ttim\r\nSTAT\t\r\n", no("expected printable ASCII").repeat(2)],
    ["[POP3-3-2] verbs in whatever case", "uSeR tim\r\npASS tanstaaf\r\nsTaT\r\n", "+OK\r\n+OK\r\n+OK 4 76\r\n"],
    ["[POP3-Q-13] spaces in front of CRLF", "USER tim  \r\nPASS tanstaaf\r\nSTAT \r\n", "+OK\r\n+OK\r\n+OK 4 76\r\n"],
  ])("%s", (_, input, expected, options = {}) => {
    expect(responses(input, options)).toBe(expected);
  });

  it("[POP3-4-1] the greeting comes first, whatever came before it", () => {
    const session = new Pop3ServerSession({ plaintextWithoutTls: true, greeting: "hello" });
    session.receive(octets("USER tim\r\nPASS tanstaaf\r\nST")).receive(octets("AT\r\n"));
    const { output } = drive(session, [], (event) => answer(session, event), false);
    expect(output).toBe("+OK hello\r\n+OK\r\n+OK\r\n+OK 4 76\r\n");
  });

  it("[POP3-7-12] a greeting has no timestamp but APOP's", () => {
    const session = new Pop3ServerSession({ apop: { host: "a" } });
    session.nextEvent();
    expect(() => session.accept("<1@a>")).toThrow('"greeting" expected');
    session.accept("hello");
    expect(new TextDecoder().decode(session.takeOutput()!)).toMatch(/^\+OK hello <[0-9a-f]{32}@a>\r\n$/);
    expect(play("", { greeting: "hello" }).output).toBe("+OK hello\r\n");
  });

  it("a failed login is told, with the delay that makes guessing slow", () => {
    const { events } = play(
      "USER tim\r\nPASS a\r\nAUTH ECHO bm8=\r\nAUTH ECHO\r\n*\r\nUSER tim\r\nPASS b\r\nUSER tim\r\nPASS b\r\n",
      {
        mechanisms: ["ECHO"],
      },
    );
    expect(events.flatMap((event) => (event.type === "login-failed" ? [[event.failures, event.delay]] : []))).toEqual([
      ...[
        [1, 2],
        [2, 4],
        [3, 8],
        [4, 15],
        [5, 15],
      ],
    ]);
    const quick = play("USER tim\r\nPASS a\r\n", { failureDelay: 0 });
    expect(quick.events).toContainEqual({ type: "login-failed", failures: 1, delay: 0, answer: "none" });
  });

  it("[STLS-2.3-1] without TLS no password reaches the application, by default", () => {
    const { events, output } = play("USER tim\r\nPASS tanstaaf\r\nAUTH PLAIN AHRpbQB4\r\nCAPA\r\n", {
      plaintextWithoutTls: false,
      mechanisms: ["PLAIN", "CRAM-MD5"],
    });
    expect(events.filter(({ type }) => type === "user" || type === "pass" || type === "auth")).toEqual([]);
    expect(output).toMatch(/^\+OK\r\n(?:-ERR [^\r]*\r\n){3}\+OK\r\nTOP\r\nUIDL\r\nSASL CRAM-MD5\r\n/);
  });

  it("mechanisms that bind the channel are neither listed nor taken without TLS", () => {
    const options = { mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"], plaintextWithoutTls: true };
    const { events, output } = play("AUTH SCRAM-SHA-256-PLUS\r\nAUTH\r\n", options);
    expect(events.filter(({ type }) => type === "auth")).toEqual([]);
    expect(output).toMatch(/^\+OK\r\n-ERR [^\r]*\r\n\+OK\r\nSCRAM-SHA-256\r\n\.\r\n$/);
    const secured = play("AUTH\r\n", { ...options, tls: true });
    expect(secured.output).toBe("+OK\r\n+OK\r\nSCRAM-SHA-256-PLUS\r\nSCRAM-SHA-256\r\n.\r\n");
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
    expect(output).toBe("+OK <1.2@example.com>\r\n+OK\r\n+OK 4 76\r\n-ERR APOP is out of place\r\n");
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

  it("[POP3-4-9] a refused USER is a failed login too", () => {
    const { events, output } = play("USER a\r\nUSER b\r\nUSER c\r\n", { maxFailedLogins: 2 }, (session, event) => {
      if (event.type === "user") session.reject("no such user");
    });
    expect(output).toBe(`+OK\r\n${no("no such user").repeat(2)}`);
    expect(events.slice(-3)).toMatchObject([
      { type: "login-failed", failures: 2 },
      { type: "violation", code: "too-many-logins" },
      { type: "closed", cause: "violation" },
    ]);
  });

  it.each([
    ["IN-USE", "the maildrop is in use"],
    ["LOGIN-DELAY", "too soon after the last login"],
    ["SYS/TEMP", "no login is possible now"],
    ["sys/perm/disk", "no login is possible"],
    ["SYS", "no login is possible"],
  ])(
    "[PRC-3206.4-1] a login refused with %s is no failed one: neither counted nor delayed, and the name is void",
    (code, refusal) => {
      const options = { maxFailedLogins: 2, codesOnUser: true, mechanisms: ["ECHO"], apop: { timestamp: "<1@a>" } };
      const attempts = `USER tim\r\nPASS x\r\nPASS x\r\nAPOP tim ${"a".repeat(32)}\r\nAUTH ECHO eWVz\r\nAUTH ECHO bm8=\r\n`;
      const { events, output } = play(`${attempts}STAT\r\n`, options, (session, event) => {
        if (["pass", "apop", "authenticated", "authentication-failed"].includes(event.type)) session.reject({ code });
        else answer(session, event);
      });
      expect(events.filter(({ type }) => type === "login-failed" || type === "closed")).toHaveLength(1);
      const texts = [refusal, "PASS is out of place", ...Array(3).fill(refusal)];
      const expected = texts.map((text) => (text.startsWith("PASS") ? text : `[${code.toUpperCase()}] ${text}`));
      expect(output).toBe(`+OK <1@a>\r\n+OK\r\n${no(...expected, "STAT is out of place")}`);
    },
  );

  it("closes after too many faulty commands", () => {
    expect(play("X\r\nY\r\nZ\r\n", { maxErrors: 2 }).output).toBe(
      "+OK\r\n-ERR unknown command\r\n-ERR unknown command\r\n",
    );
  });

  it("other commands that the application refuses are no faulty ones", () => {
    const lines = "USER tim\r\nPASS tanstaaf\r\nDELE 1\r\nDELE 1\r\nNOOP\r\n";
    const { output } = play(lines, { maxErrors: 1 }, (session, event) => {
      if (event.type === "dele") session.reject("not now");
      else answer(session, event);
    });
    expect(output).toBe(`+OK\r\n+OK\r\n+OK\r\n${no("not now", "not now")}+OK\r\n`);
  });

  it("closes after too many logins that are no failed ones: they count as faulty commands", () => {
    const lines = `USER tim\r\nPASS x\r\nX\r\nUSER tim\r\nPASS x\r\n`;
    const { output, events } = play(lines, { maxErrors: 3, maxFailedLogins: 1 }, (session, event) => {
      if (event.type === "pass") session.reject({ code: "IN-USE" });
      else answer(session, event);
    });
    const refusal = "[IN-USE] the maildrop is in use";
    expect(output).toBe(`+OK\r\n+OK\r\n${no(refusal, "unknown command")}+OK\r\n${no(refusal)}`);
    expect(events.slice(-2)).toMatchObject([
      { type: "violation", code: "too-many-errors", fatal: true },
      { type: "closed", cause: "violation" },
    ]);
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
