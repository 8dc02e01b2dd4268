import type { LoginOptions, Pop3ClientEvent, Pop3ClientOptions } from "pop3-codec";
import { byteByByte, type Driven, drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { echo, shown } from "./support.ts";

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";
const GREETING = "+OK <a@b>\r\n";
const capa = (...lines: string[]) => `+OK\r\n${lines.map((line) => `${line}\r\n`).join("")}.\r\n`;

/** Everything that a caller can have. */
const ALL: LoginOptions = {
  choose: (offered) => (offered[0] === undefined ? null : echo("all", offered[0])),
  name: "tim",
  apop: () => DIGEST,
  password: "secret",
};

/** A connection: what the server sends, cut at handshakes. */
function connect(
  segments: readonly string[],
  login: LoginOptions,
  options: Pop3ClientOptions = {},
  cut: (bytes: Uint8Array) => Uint8Array[] = (bytes) => [bytes],
): Driven<Pop3ClientEvent> {
  const session = new PromptClient(options);
  const events: Pop3ClientEvent[] = [];
  let output = "";
  for (const [index, segment] of segments.entries()) {
    if (index > 0) session.tlsEstablished();
    const part = drive(
      session,
      cut(octets(segment)),
      (event) => {
        if (event.type === "greeting") session.login(login);
        if (event.type === "login" && session.state !== "closed") session.quit();
      },
      index === segments.length - 1,
    );
    events.push(...part.events);
    output += `${index > 0 ? "(TLS)" : ""}${part.output}`;
  }
  return { events, output: output.replaceAll("\r\n", "|"), waiting: session.waiting };
}

const loginOf = ({ events }: Driven<Pop3ClientEvent>) => {
  const event = events.find(({ type }) => type === "login");
  return event?.type === "login" ? [event.ok, event.method, event.failure] : event;
};

const TLS = { tls: true };

describe("a greeting that refuses", () => {
  it.each([
    ["[PRC-3206.4-1]", "-ERR [SYS/TEMP] shutting down", "temporary"],
    ["[PRC-3206.4-1]", "-ERR [SYS/PERM] no disk", "permanent"],
    ["[PRC-2449.8-2]", "-ERR [SYS/FOO]", "not-the-credentials"],
    // No credentials were sent that could have been looked at.
    ["[PRC-3206.5-1]", "-ERR [AUTH] go away", "unknown"],
    ["[PRC-2449.8.1.2-1]", "-ERR [IN-USE] go away", "unknown"],
    ["[PRC-2449.8-2]", "-ERR [FOO] go away", "unknown"],
    ["[PRC-2449.8-2]", "-ERR go away", "unknown"],
  ])("%s %s: the login that was to come has failed, %s", (_, line, failure) => {
    for (const cut of [(bytes: Uint8Array) => [bytes], byteByByte]) {
      const session = new PromptClient(TLS).login(ALL);
      const { events, output } = drive(session, cut(octets(`${line}\r\n`)), () => {});
      expect([events.map(({ type }) => type), output]).toEqual([["greeting", "login", "closed"], ""]);
      expect(events[1]).toEqual({ type: "login", ok: false, method: null, failure, answer: "none" });
      expect(events[2]).toMatchObject({ cause: "refused" });
    }
  });
});

describe("login()", () => {
  it.each<
    readonly [
      string,
      readonly string[],
      LoginOptions,
      Pop3ClientOptions,
      string,
      readonly [boolean, string | null, string | null],
    ]
  >([
    [
      "AUTH before all others",
      [`${GREETING}${capa("SASL ECHO", "USER")}+OK\r\n`],
      ALL,
      TLS,
      "CAPA|AUTH ECHO YWxs|QUIT|",
      [true, "AUTH", null],
    ],
    [
      "APOP where no mechanism is offered",
      [`${GREETING}${capa("USER")}+OK\r\n`],
      ALL,
      TLS,
      `CAPA|APOP tim ${DIGEST}|QUIT|`,
      [true, "APOP", null],
    ],
    [
      "APOP where no mechanism is wanted",
      [`${GREETING}${capa("SASL ECHO", "USER")}+OK\r\n`],
      { ...ALL, choose: () => null },
      TLS,
      `CAPA|APOP tim ${DIGEST}|QUIT|`,
      [true, "APOP", null],
    ],
    [
      "USER and PASS where there is no timestamp",
      [`+OK\r\n${capa("USER")}+OK\r\n+OK\r\n`],
      ALL,
      TLS,
      "CAPA|USER tim|PASS secret|QUIT|",
      [true, "USER", null],
    ],
    [
      "[CAPA-7-1] USER and PASS where the capabilities are not known",
      ["+OK\r\n-ERR\r\n+OK\r\n+OK\r\n"],
      ALL,
      TLS,
      "CAPA|USER tim|PASS secret|QUIT|",
      [true, "USER", null],
    ],
    [
      "[CAPA-6.2-2] no USER where a list lacks it",
      [`+OK\r\n${capa("TOP")}`],
      ALL,
      TLS,
      "CAPA|QUIT|",
      [false, null, "no-method"],
    ],
    [
      "[PAUTH-3-2] no AUTH where the capabilities are not known",
      [`${GREETING}-ERR\r\n+OK\r\n`],
      ALL,
      TLS,
      `CAPA|APOP tim ${DIGEST}|QUIT|`,
      [true, "APOP", null],
    ],
    [
      "[PAUTH-3-2] AUTH if it is asked for, without an initial response",
      ["+OK\r\n-ERR\r\n+ \r\n+OK\r\n"],
      { ...ALL, method: "AUTH", choose: () => echo("all") },
      TLS,
      "CAPA|AUTH ECHO|YWxs|QUIT|",
      [true, "AUTH", null],
    ],
    [
      "[POP3-2384.4-1] AUTH refused, and nothing behind it",
      [`${GREETING}${capa("SASL ECHO", "USER")}-ERR\r\n`],
      ALL,
      TLS,
      "CAPA|AUTH ECHO YWxs|QUIT|",
      [false, "AUTH", "unknown"],
    ],
    [
      "[POP3-2384.4-1] APOP named, and not there",
      [`+OK\r\n${capa("SASL ECHO", "USER")}`],
      { ...ALL, method: "APOP" },
      TLS,
      "CAPA|QUIT|",
      [false, null, "no-method"],
    ],
    [
      "[POP3-2384.4-1] AUTH named, and no mechanism wanted",
      [`${GREETING}${capa("SASL ECHO", "USER")}`],
      { ...ALL, method: "AUTH", choose: () => null },
      TLS,
      "CAPA|QUIT|",
      [false, null, "no-method"],
    ],
    [
      "[POP3-2384.4-1] USER named, though AUTH and APOP are there",
      [`${GREETING}${capa("SASL ECHO", "USER")}+OK\r\n-ERR [AUTH] no\r\n`],
      { ...ALL, method: "USER" },
      TLS,
      "CAPA|USER tim|PASS secret|QUIT|",
      [false, "USER", "credentials-refused"],
    ],
    [
      "USER refused",
      [`+OK\r\n${capa("USER")}-ERR [SYS/TEMP] later\r\n`],
      ALL,
      TLS,
      "CAPA|USER tim|QUIT|",
      [false, "USER", "temporary"],
    ],
    [
      "APOP refused",
      [`${GREETING}${capa("AUTH-RESP-CODE")}-ERR no\r\n`],
      ALL,
      TLS,
      `CAPA|APOP tim ${DIGEST}|QUIT|`,
      [false, "APOP", "not-the-credentials"],
    ],
    [
      "a mechanism that gives up at once",
      [`${GREETING}${capa("SASL ECHO")}`],
      { ...ALL, choose: () => ({ ...echo(), start: () => ({ type: "failure", text: "no" }) }) },
      TLS,
      "CAPA|QUIT|",
      [false, "AUTH", "broken-off"],
    ],
    [
      "[STLS-4-6] TLS first, and the capabilities anew",
      [`${GREETING}${capa("STLS", "USER")}+OK\r\n`, `${capa("SASL ECHO")}+OK\r\n`],
      ALL,
      {},
      "CAPA|STLS|(TLS)CAPA|AUTH ECHO YWxs|QUIT|",
      [true, "AUTH", null],
    ],
    [
      "[STLS-4-7] no APOP behind TLS by what came before it",
      [`${GREETING}${capa("STLS")}+OK\r\n`, `${capa("USER")}+OK\r\n+OK\r\n`],
      ALL,
      {},
      "CAPA|STLS|(TLS)CAPA|USER tim|PASS secret|QUIT|",
      [true, "USER", null],
    ],
    [
      "[STLS-4-7] APOP behind TLS, if its timestamp is kept",
      [`${GREETING}${capa("STLS")}+OK\r\n`, `${capa("USER")}+OK\r\n`],
      ALL,
      { keepTimestampAfterTls: true },
      `CAPA|STLS|(TLS)CAPA|APOP tim ${DIGEST}|QUIT|`,
      [true, "APOP", null],
    ],
    [
      "[STLS-4-8] no login where STLS is required and a list lacks it",
      [`${GREETING}${capa("SASL ECHO", "USER")}`],
      ALL,
      { plaintextWithoutTls: true },
      "CAPA|QUIT|",
      [false, null, "no-tls"],
    ],
    [
      "[STLS-4-8] no login where STLS is required and refused",
      [`${GREETING}${capa("STLS", "USER")}-ERR\r\n`],
      ALL,
      { plaintextWithoutTls: true },
      "CAPA|STLS|QUIT|",
      [false, null, "no-tls"],
    ],
    [
      "[STLS-4-8] STLS asked for where nothing is known, and refused",
      [`${GREETING}-ERR\r\n-ERR\r\n`],
      ALL,
      {},
      "CAPA|STLS|QUIT|",
      [false, null, "no-tls"],
    ],
    [
      "[STLS-4-8] requireTls makes it required",
      [`${GREETING}${capa("USER")}`],
      { ...ALL, stls: "never" },
      { requireTls: true },
      "CAPA|QUIT|",
      [false, null, "no-tls"],
    ],
    [
      "STLS where it is offered",
      [`${GREETING}${capa("STLS")}+OK\r\n`, `${capa("SASL ECHO")}+OK\r\n`],
      { ...ALL, stls: "offered" },
      {},
      "CAPA|STLS|(TLS)CAPA|AUTH ECHO YWxs|QUIT|",
      [true, "AUTH", null],
    ],
    [
      "[STLS-2.3-2] STLS refused where it is no must: nothing that shows a password",
      [`+OK\r\n${capa("STLS", "USER", "SASL PLAIN")}-ERR\r\n`],
      { ...ALL, stls: "offered" },
      {},
      "CAPA|STLS|QUIT|",
      [false, null, "plaintext-only"],
    ],
    [
      "[STLS-2.3-2] no STLS wanted: a mechanism that shows none",
      [`+OK\r\n${capa("STLS", "USER", "SASL PLAIN ECHO")}+OK\r\n`],
      { ...ALL, stls: "never" },
      {},
      "CAPA|AUTH ECHO YWxs|QUIT|",
      [true, "AUTH", null],
    ],
    [
      "[POP3-2384.4-1] any method: none that shows a password without TLS, even where USER may",
      [`+OK\r\n${capa("USER", "SASL PLAIN")}`],
      { ...ALL, stls: "never" },
      { plaintextWithoutTls: true },
      "CAPA|QUIT|",
      [false, null, "plaintext-only"],
    ],
    [
      "USER named without TLS, where it may",
      [`+OK\r\n${capa("USER", "SASL PLAIN")}+OK\r\n+OK\r\n`],
      { ...ALL, stls: "never", method: "USER" },
      { plaintextWithoutTls: true },
      "CAPA|USER tim|PASS secret|QUIT|",
      [true, "USER", null],
    ],
    [
      "USER named without TLS, where nothing says that it may",
      [`+OK\r\n${capa("USER", "SASL PLAIN")}`],
      { ...ALL, stls: "never", method: "USER" },
      {},
      "CAPA|QUIT|",
      [false, null, "plaintext-only"],
    ],
    [
      "a mechanism that shows a password, without TLS",
      [`+OK\r\n${capa("SASL PLAIN")}`],
      { choose: ALL.choose!, stls: "never" },
      {},
      "CAPA|QUIT|",
      [false, null, "plaintext-only"],
    ],
    [
      "AUTH named without TLS, where it may show a password",
      [`+OK\r\n${capa("USER", "SASL PLAIN")}+OK\r\n`],
      { ...ALL, stls: "never", method: "AUTH" },
      { plaintextWithoutTls: true },
      `CAPA|AUTH PLAIN ${btoa("all")}|QUIT|`,
      [true, "AUTH", null],
    ],
    [
      "APOP named without TLS, and no timestamp: what others show is not asked",
      [`+OK\r\n${capa("USER", "SASL PLAIN")}`],
      { ...ALL, stls: "never", method: "APOP" },
      {},
      "CAPA|QUIT|",
      [false, null, "no-method"],
    ],
    [
      "[PUTF8-2.2-1] a password in UTF-8, where the server takes it",
      [`+OK\r\n${capa("USER", "UTF8 USER")}+OK\r\n+OK\r\n`],
      { name: "tim", password: "\u00e9" },
      TLS,
      "CAPA|USER tim|PASS \u00c3\u00a9|QUIT|",
      [true, "USER", null],
    ],
    [
      "[PUTF8-2.2-1] a password in UTF-8, where the server does not",
      [`+OK\r\n${capa("USER", "UTF8")}`],
      { name: "tim", password: "\u00e9" },
      TLS,
      "CAPA|QUIT|",
      [false, null, "no-method"],
    ],
    [
      "a name in UTF-8, where the server does not take it",
      [`${GREETING}${capa("USER")}`],
      { name: "\u00e9", apop: () => DIGEST },
      TLS,
      "CAPA|QUIT|",
      [false, null, "no-method"],
    ],
    ["nothing to log in with", [`${GREETING}${capa("USER")}`], {}, TLS, "CAPA|QUIT|", [false, null, "no-method"]],
  ])("%s", (_, segments, login, options, output, end) => {
    for (const cut of [undefined, byteByByte]) {
      const found = connect(segments, login, options, cut);
      expect(found.output).toBe(output);
      expect(loginOf(found)).toEqual(end);
    }
  });

  it("takes the capabilities that are known, and waits for the greeting", () => {
    const session = new PromptClient(TLS);
    const found = drive(session.login({ ...ALL, method: "USER" }), [octets("+OK\r\n-ERR\r\n+OK\r\n+OK\r\n")], () => {});
    expect(found.output).toBe("CAPA\r\nUSER tim\r\nPASS secret\r\n");
    const other = new PromptClient(TLS);
    const known = drive(other, [octets(`+OK\r\n${capa("USER")}+OK\r\n`)], (event) => {
      if (event.type === "greeting") other.capa();
      if (event.type === "capa") other.login(ALL);
    });
    expect(known.output).toBe("CAPA\r\nUSER tim\r\nPASS secret\r\n");
  });

  it("has the session to itself until it is over", () => {
    const session = new PromptClient(TLS);
    const states: string[] = [];
    drive(
      session,
      [octets(`+OK\r\n${capa("USER")}-ERR\r\n`)],
      (event) => {
        if (event.type === "greeting") session.login(ALL);
        if (event.type === "capa") expect(() => session.user("x")).toThrow('in state "busy"');
        states.push(`${event.type} ${session.state}`);
      },
      false,
    );
    expect(states.slice(-2)).toEqual(["pass busy", "login authorization"]);
    expect(session.user("x").state).toBe("name");
  });

  it("has the session to itself under TLS, too", () => {
    const session = new PromptClient();
    drive(session.login(ALL), [octets(`+OK\r\n${capa("STLS")}+OK\r\n`)], () => {}, false);
    session.tlsEstablished();
    expect(session.state).toBe("busy");
    expect(() => session.user("x")).toThrow('in state "busy"');
    const found = drive(session, [octets(`${capa("USER")}+OK\r\n+OK\r\n`)], () => {}, false);
    expect(found.output).toBe("CAPA\r\nUSER tim\r\nPASS secret\r\n");
    expect(session.state).toBe("transaction");
  });

  it.each([
    ["in front of its first step", [""], ["greeting lost", "login no", "closed end-of-input"]],
    [
      "inside of it",
      ["+OK\r\n+OK\r\nUSER\r\n.\r\n+OK\r\n"],
      ["user ok", "pass lost", "login no", "closed end-of-input"],
    ],
  ])("ends with the connection, %s", (_, [segment], expected) => {
    const session = new PromptClient(TLS);
    const found = drive(session.login(ALL), [octets(segment!)], () => {});
    expect(shown(found).slice(-expected.length)).toEqual(expected);
    expect(loginOf(found)).toEqual([false, segment === "" ? null : "USER", "unknown"]);
  });

  it("what the caller's functions throw comes out, and they are asked again", () => {
    const session = new PromptClient(TLS);
    let fails = true;
    const apop = () => {
      if (fails) throw new Error("no secret");
      return DIGEST;
    };
    session.receive(octets(`${GREETING}-ERR\r\n`)).login({ name: "tim", apop });
    expect(() => [...session]).toThrow("no secret");
    expect(() => session.nextEvent()).toThrow("no secret");
    fails = false;
    expect(session.nextEvent()).toBe(null);
    expect(session.waiting).toBe("bytes");
  });

  it("refuses at once what cannot be sent, and is refused out of place", () => {
    const session = new PromptClient(TLS);
    expect(() => session.login({ name: "a b" })).toThrow('"name" expected');
    expect(() => session.login({ password: "a\r\nb" })).toThrow('"password" expected');
    expect(() => session.login({ name: 5 as never })).toThrow('"name" expected a string');
    expect(() => session.login({ stls: "requird" as "required" })).toThrow('"stls" expected one of required');
    expect(() => session.login({ method: "PASS" as "USER" })).toThrow('"method" expected one of any');
    expect(() => session.login({ choose: 5 as never })).toThrow('"choose" expected a function');
    expect(() => session.login({ apop: DIGEST as never })).toThrow('"apop" expected a function');
    expect(() => session.user("tim").login(ALL)).not.toThrow();
    expect(() => session.login(ALL)).toThrow('login() is not possible in state "busy"');
  });

  it("is not over with a USER that was given before it", () => {
    const session = new PromptClient(TLS);
    const found = drive(session, [octets(`+OK\r\n-ERR\r\n${capa("USER")}+OK\r\n+OK\r\n`)], (event) => {
      if (event.type === "greeting") session.user("tom").login(ALL);
    });
    expect(found.output).toBe("USER tom\r\nCAPA\r\nUSER tim\r\nPASS secret\r\n");
    expect(loginOf(found)).toEqual([true, "USER", null]);
  });

  it("goes on without STLS after UTF8, where it is no must", () => {
    const session = new PromptClient();
    const found = drive(session, [octets(`${GREETING}+OK\r\n${capa("STLS", "SASL ECHO")}+OK\r\n`)], (event) => {
      if (event.type === "greeting") session.utf8();
      if (event.type === "utf8") session.login({ ...ALL, stls: "offered" });
    });
    expect(found.output).toBe("UTF8\r\nCAPA\r\nAUTH ECHO YWxs\r\n");
  });
});
