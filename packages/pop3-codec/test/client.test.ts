import fc from "fast-check";
import {
  type ClientVerb,
  clientTable,
  type Pop3ClientEvent,
  type Pop3ClientOptions,
  Pop3ClientSession,
  type SaslClient,
  StateError,
} from "pop3-codec";
import { byteByByte, chunkings, cutAt, type Driven, drive, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

type Command = (session: Pop3ClientSession) => void;

/** Plays server octets against a client that gives its commands one after the other, each when nothing is under way. */
function play(
  input: string | readonly Uint8Array[],
  commands: readonly Command[],
  options?: Pop3ClientOptions,
): Driven<Pop3ClientEvent> {
  const session = new Pop3ClientSession(options);
  const left = [...commands];
  return drive(session, typeof input === "string" ? [octets(input)] : input, (event) => {
    if ("ok" in event && event.type !== "quit") left.shift()?.(session);
  });
}

const shown = ({ events }: Driven<Pop3ClientEvent>) =>
  events.flatMap((event) => {
    if (event.type === "content") return [`content ${text((event as { readonly bytes: Uint8Array }).bytes)}`];
    if (event.type === "scan-listing") return [`${event.number} ${(event as { readonly size: number }).size}`];
    if (event.type === "unique-id-listing") return [`${event.number} ${event.uniqueId}`];
    if (event.type === "violation") return [`violation ${event.code}${event.fatal ? " fatal" : ""}`];
    if (event.type === "closed") return [`closed ${event.cause}`];
    return "ok" in event
      ? [`${event.type} ${event.ok ? "ok" : event.response === null ? "lost" : "no"}`]
      : [event.type];
  });

const login: Command = (session) => session.user("tim").pass("tanstaaf");
const nothing: Command = () => {};
const HELLO = "+OK ready\r\n";
const IN = `${HELLO}+OK\r\n+OK\r\n`;
const loggedIn = (...more: readonly Command[]): Command[] => [login, nothing, ...more];

describe("responses", () => {
  it.each<readonly [string, string, Command, string[]]>([
    ["[POP3-5-2] STAT, and what follows its figures", "+OK 2 300 and more\r\n", (s) => s.stat(), ["stat ok"]],
    ["[POP3-5-2] STAT without two figures", "+OK 5\r\n", (s) => s.stat(), ["violation invalid-response", "stat ok"]],
    ["[POP3-5-18] a scan listing", "+OK\r\n1 10\r\n2 20 x\r\n.\r\n", (s) => s.list(), ["1 10", "2 20", "list ok"]],
    ["[POP3-3-13] an empty listing", "+OK\r\n.\r\n", (s) => s.list(), ["list ok"]],
    [
      "[POP3-Q-6] spaces in a listing",
      "+OK\r\n  1   10\r\n 2\t20\r\n.\r\n",
      (s) => s.list(),
      ["1 10", "2 20", "list ok"],
    ],
    [
      "[POP3-5-9] malformed entries are one violation",
      "+OK\r\nx\r\n1 y\r\n0 5\r\n2 20\r\n.\r\n",
      (s) => s.list(),
      ["violation invalid-listing", "2 20", "list ok"],
    ],
    ["[POP3-5-5] LIST n", "+OK 2 20\r\n", (s) => s.list(2), ["2 20", "list ok"]],
    [
      "[POP3-5-8] LIST n answered for another",
      "+OK 3 20\r\n",
      (s) => s.list(2),
      ["violation invalid-listing", "list ok"],
    ],
    [
      "a unique-id listing, stuffed",
      "+OK\r\n1 a\r\n..\r\n2 .b\r\n.\r\n",
      (s) => s.uidl(),
      ["1 a", "violation invalid-listing", "2 .b", "uidl ok"],
    ],
    ["[POP3-Q-7] UIDL n answered without the number", "+OK abc\r\n", (s) => s.uidl(4), ["4 abc", "uidl ok"]],
    ["UIDL n answered for another", "+OK 5 abc\r\n", (s) => s.uidl(4), ["violation invalid-listing", "uidl ok"]],
    ["[POP3-3-14] -ERR is one line", "-ERR none\r\n", (s) => s.list(), ["list no"]],
    [
      "[POP3-5-13] RETR, unstuffed",
      "+OK 20 octets\r\na\r\n..b\r\n.c\r\n.\r\n",
      (s) => s.retr(1),
      ["content a\r\n.b\r\nc\r\n", "retr ok"],
    ],
    [
      "[POP3-3-12] an end that is none",
      "+OK\r\nend.\r\n.\nx\r\n.\r\n",
      (s) => s.retr(1),
      ["content end.\r\n\nx\r\n", "retr ok"],
    ],
    ["TOP", "+OK\r\na\r\n\r\n.\r\n", (s) => s.top(1, 0), ["content a\r\n\r\n", "top ok"]],
    ["RETR refused", "-ERR gone\r\n", (s) => s.retr(1), ["retr no"]],
    [
      "DELE, NOOP and RSET",
      "+OK\r\n+OK\r\n-ERR\r\n",
      (s) => s.dele(1).noop().rset(),
      ["dele ok", "noop ok", "rset no"],
    ],
    ["[POP3-Q-1] line ends in front of a status line", "\n\n\r\n+OK\r\n", (s) => s.noop(), ["noop ok"]],
    [
      "[POP3-3-7] a status that is none",
      "OK\r\n",
      (s) => s.noop(),
      ["violation invalid-response fatal", "noop lost", "closed violation"],
    ],
    [
      "[POP3-3-7] in other case",
      "+ok\r\n",
      (s) => s.noop(),
      ["violation invalid-response fatal", "noop lost", "closed violation"],
    ],
    [
      "[POP3-3-1] a bare CR",
      "+OK a\rb\r\n",
      (s) => s.noop(),
      ["violation bare-cr fatal", "noop lost", "closed violation"],
    ],
    [
      "[POP3-3-9] a line too long",
      `+OK ${"x".repeat(600)}\r\n`,
      (s) => s.noop(),
      ["violation line-too-long fatal", "noop lost", "closed violation"],
    ],
    [
      "a response to nothing",
      "+OK\r\n+OK\r\n",
      (s) => s.noop(),
      ["noop ok", "violation unexpected-response fatal", "closed violation"],
    ],
    [
      "the end of input inside content",
      "+OK\r\nhalf",
      (s) => s.retr(1),
      ["content half", "violation cut-off", "retr lost", "closed end-of-input"],
    ],
    [
      "the end of input inside a listing",
      "+OK\r\n1 10\r\n",
      (s) => s.list(),
      ["1 10", "list lost", "closed end-of-input"],
    ],
    ["[POP3-6-4] QUIT", "+OK\r\n", (s) => s.quit(), ["quit ok", "closed quit"]],
    ["[POP3-6-4] QUIT refused: some were not removed", "-ERR\r\n", (s) => s.quit(), ["quit no", "closed quit"]],
    ["[POP3-6-4] QUIT not answered", "", (s) => s.quit(), ["quit lost", "closed quit"]],
  ])("%s", (_, input, command, expected) => {
    const all = octets(`${IN}${input}`);
    for (const chunks of [[all], byteByByte(all)]) {
      const found = shown(play(chunks, loggedIn(command))).slice(3);
      expect(found.filter((line) => line !== "closed end-of-input" || expected.includes(line))).toEqual(expected);
    }
  });

  it("[PRC-2449.8-3] a response code is split from the text", () => {
    const { events } = play(`${HELLO}+OK\r\n-ERR [in-use] locked\r\n`, [login]);
    expect(events.find(({ type }) => type === "pass")).toMatchObject({
      ok: false,
      response: { ok: false, code: "IN-USE", text: "locked" },
    });
  });

  it("names are read with leniencies, off and on", () => {
    expect(shown(play("+ok hi\r\n", [], { leniencies: { statusIgnoresCase: true } }))[0]).toBe("greeting ok");
    expect(shown(play("\n+OK\r\n", [], { leniencies: { leadingLineEnds: false } }))[0]).toBe("violation bare-lf fatal");
    expect(shown(play("\r\n+OK\r\n", [], { leniencies: { leadingLineEnds: false } }))[0]).toBe(
      "violation invalid-response fatal",
    );
    const spaces = play(
      `${IN}+OK\r\n 1 10\r\n1  10\r\n.\r\n`,
      loggedIn((s) => s.list()),
      { leniencies: { spacesInListings: false } },
    );
    expect(shown(spaces)).toContain("violation invalid-listing");
    const alone = play(
      `${IN}+OK abc\r\n`,
      loggedIn((s) => s.uidl(1)),
      { leniencies: { uidlWithoutNumber: false } },
    );
    expect(shown(alone)).toContain("violation invalid-listing");
  });
});

describe("logging in", () => {
  it("[POP3-4-2] nothing is sent before the greeting, and nothing after a refusal", () => {
    const session = new Pop3ClientSession();
    session.capa();
    expect(session.takeOutput()).toBe(null);
    expect(session.timeout).toEqual({ seconds: 300, for: "greeting" });
    const { output, events } = drive(session, [octets("-ERR busy\r\n")], () => {});
    expect(output).toBe("");
    expect(events).toMatchObject([
      { type: "greeting", ok: false },
      { type: "capa", response: null },
      { type: "closed", cause: "refused" },
    ]);
    expect(session.timeout).toBe(null);
  });

  it("[POP3-7-10] PASS waits for USER, and is not sent after -ERR", () => {
    expect(play(`${HELLO}+OK\r\n+OK\r\n`, [login]).output).toBe("USER tim\r\nPASS tanstaaf\r\n");
    const refused = play(`${HELLO}-ERR no\r\n`, [login, nothing]);
    expect(refused.output).toBe("USER tim\r\n");
    expect(shown(refused)).toEqual(["greeting ok", "user no", "pass lost", "closed end-of-input"]);
    const again = play(`${HELLO}-ERR\r\n+OK\r\n-ERR\r\n+OK\r\n+OK\r\n`, [
      (s) => s.user("a"),
      (s) => s.user("b"),
      (s) => s.pass("x"),
      login,
      nothing,
      (s) => s.stat(),
    ]);
    expect(again.output).toBe("USER a\r\nUSER b\r\nPASS x\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\n");
  });

  it.each([
    ["+OK <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"],
    ["+OK a <b> <c@d> <e@f>", "<c@d>"],
    ["+OK <<a@b>", "<a@b>"],
    ["+OK <a@>", null],
    ["+OK <@b>", null],
    ["+OK <a@b@c>", null],
    ["+OK <a b@c>", null],
    ["+OK a@b>", null],
    ["+OK", null],
  ])("[POP3-7-14] finds the timestamp of %j", (greeting, timestamp) => {
    expect(play(`${greeting}\r\n`, []).events[0]).toMatchObject({ type: "greeting", ok: true, timestamp });
  });

  it("finds a timestamp in one pass, whatever the greeting", () => {
    const { events } = play(`+OK ${"<".repeat(250)}${"<a".repeat(100)}\r\n`, []);
    expect(events[0]).toMatchObject({ timestamp: null });
  });

  it("APOP needs a timestamp", () => {
    const digest = "c4c9334bac560ecc979e58001b3e22fb";
    expect(play("+OK <a@b>\r\n+OK\r\n", [(s) => s.apop("tim", digest)]).output).toBe(`APOP tim ${digest}\r\n`);
    expect(() => play(HELLO, [(s) => s.apop("tim", digest)])).toThrow("apop() is not possible without a timestamp");
  });

  it("[STLS-4-8] requireTls lets no login go before TLS", () => {
    for (const command of [(s) => s.user("a"), (s) => s.apop("a", "0"), (s) => s.auth(echo())] as Command[]) {
      expect(() => play("+OK <a@b>\r\n", [command], { requireTls: true })).toThrow(
        "before TLS, which requireTls demands",
      );
    }
    expect(play(HELLO, [(s) => s.user("a")], { requireTls: true, tls: true }).output).toBe("USER a\r\n");
  });
});

/** A mechanism that answers "what?" with "yes", and is complete then. */
function echo(start: string | null = null, name = "ECHO"): SaslClient & { aborted: boolean } {
  let complete = false;
  return {
    name,
    aborted: false,
    start: () => ({ type: "response", bytes: start === null ? null : octets(start) }),
    next: (challenge) => {
      if (text(challenge) === "ask") return { type: "derive" };
      if (text(challenge) !== "what?") return { type: "failure", text: "not understood" };
      complete = true;
      return { type: "response", bytes: octets("yes") };
    },
    finish: () =>
      complete || start === "all"
        ? { type: "success", serverProved: complete }
        : { type: "failure", text: "incomplete" },
    abort() {
      this.aborted = true;
    },
  };
}

describe("AUTH", () => {
  const CAPA = "+OK\r\nSASL ECHO\r\nPIPELINING\r\n.\r\n";
  const auth = (input: string, mechanism: SaslClient, options = {}, rest: Command[] = []) =>
    play(`${HELLO}${CAPA}${input}`, [(s) => s.capa(), (s) => s.auth(mechanism, options), ...rest]);
  const authEvent = ({ events }: Driven<Pop3ClientEvent>) => events.find(({ type }) => type === "auth");

  it("server first", () => {
    const found = auth("+ d2hhdD8=\r\n+OK\r\n", echo());
    expect(found.output).toBe("CAPA\r\nAUTH ECHO\r\neWVz\r\n");
    expect(authEvent(found)).toMatchObject({ ok: true, mechanism: "ECHO", serverProved: true, text: null });
  });

  it.each([
    ["[PAUTH-4-6] in the AUTH line", "all", {}, "AUTH ECHO YWxs\r\n", "+OK\r\n"],
    ["[PAUTH-4-7] an empty one", "", {}, "AUTH ECHO =\r\neWVz\r\n", "+ d2hhdD8=\r\n+OK\r\n"],
    ["[POP3-Q-11] never", "all", { initialResponse: "never" }, "AUTH ECHO\r\nYWxs\r\n", "+ \r\n+OK\r\n"],
    ["[POP3-Q-2] behind a + alone", "all", { initialResponse: "never" }, "AUTH ECHO\r\nYWxs\r\n", "+\r\n+OK\r\n"],
    [
      "[POP3-Q-3] behind a text",
      "all",
      { initialResponse: "never" },
      "AUTH ECHO\r\nYWxs\r\n",
      "+ go on, please\r\n+OK\r\n",
    ],
    [
      "[PAUTH-4-6] one that fits",
      "a".repeat(180),
      {},
      `AUTH ECHO ${"YWFh".repeat(60)}\r\neWVz\r\n`,
      "+ d2hhdD8=\r\n+OK\r\n",
    ],
    [
      "[PAUTH-4-6] one that does not",
      "a".repeat(183),
      {},
      `AUTH ECHO\r\n${"YWFh".repeat(61)}\r\neWVz\r\n`,
      "+ \r\n+ d2hhdD8=\r\n+OK\r\n",
    ],
  ])("an initial response, %s", (_, start, options, output, input) => {
    const found = auth(input, echo(start), options);
    expect(found.output).toBe(`CAPA\r\n${output}`);
    expect(authEvent(found)).toMatchObject({ ok: true });
  });

  it.each([
    ["[PAUTH-4-11] a challenge that is not base64", null, "+ ???\r\n-ERR\r\n", "a challenge that is not base64"],
    ["a challenge that the mechanism refuses", null, "+ bm8=\r\n-ERR\r\n", "not understood"],
    ["a challenge where none was due", "all", "+ bm8=\r\n-ERR\r\n", "not understood"],
  ])("is cancelled after %s", (_, start, input, reason) => {
    const found = auth(input, echo(start), {}, [(s) => s.noop]);
    expect(found.output.endsWith("\r\n*\r\n")).toBe(true);
    expect(authEvent(found)).toMatchObject({ ok: false, text: reason, response: { ok: false } });
  });

  it("a challenge in place of the empty one, and one behind the end", () => {
    const full = auth("+ d2hhdD8=\r\n-ERR\r\n", echo("all"), { initialResponse: "never" });
    expect(full.output.endsWith("*\r\n")).toBe(true);
    expect(authEvent(full)).toMatchObject({
      ok: false,
      text: "a challenge that is not empty, to a mechanism that speaks first",
    });
    expect(shown(auth("+ bm8=\r\n+ bm8=\r\n", echo()))).toContain("violation unexpected-response fatal");
  });

  it("[PAUTH-4-15] success before the mechanism is complete ends the session", () => {
    for (const [start, input, options] of [
      [null, "+OK\r\n", {}],
      ["all", "+OK\r\n", { initialResponse: "never" }],
      [null, "+ bm8=\r\n+OK\r\n", {}],
    ] as const) {
      expect(shown(auth(input, echo(start), options)).slice(-3)).toEqual([
        "auth no",
        "violation sasl-incomplete fatal",
        "closed violation",
      ]);
    }
  });

  it("a step that only the application knows", () => {
    const session = new Pop3ClientSession();
    const found = drive(session, [octets(`${HELLO}${CAPA}+ YXNr\r\n`), octets("+OK\r\n")], (event) => {
      if (event.type === "greeting") session.capa();
      if (event.type === "capa") session.auth(echo("all"));
      if (event.type === "sasl") {
        expect(() => session.noop()).toThrow(StateError);
        expect(event).toMatchObject({ step: { type: "derive" }, mechanism: { name: "ECHO" } });
        session.proceed({ type: "response", bytes: octets("derived") });
      }
    });
    expect(found.output).toBe("CAPA\r\nAUTH ECHO YWxs\r\nZGVyaXZlZA==\r\n");
    expect(() => session.proceed({ type: "failure", text: "" })).toThrow(
      'proceed() is not possible without a "sasl" event',
    );
  });

  it("a step that is not answered holds everything, and input is still taken", () => {
    const session = new Pop3ClientSession();
    drive(
      session,
      [octets(`${HELLO}+ YXNr\r\n`)],
      (event) => {
        if (event.type === "greeting") session.auth(echo(), { force: true });
      },
      false,
    );
    expect(session.waiting).toBe("decision");
    session.receive(octets("+OK\r\n"));
    expect(session.nextEvent()).toBe(null);
    expect(() => session.receive(new Uint8Array(300_000))).toThrow('the answer to "sasl" is owed');
  });

  it("a mechanism that gives up at once sends nothing", () => {
    const found = auth("+OK\r\n", { ...echo(), start: () => ({ type: "failure", text: "no channel binding" }) }, {}, [
      (s) => s.noop,
    ]);
    expect(authEvent(found)).toMatchObject({ ok: false, response: null, text: "no channel binding" });
    expect(found.output).toBe("CAPA\r\n");
  });

  it("needs a mechanism that is listed, unless forced, and a name", () => {
    expect(() => auth("", echo(null, "OTHER"))).toThrow(
      "auth() with OTHER is not possible on a server not known to list it",
    );
    expect(() => auth("", echo(null, "A B"))).toThrow('"mechanism" expected');
    expect(play(HELLO, [(s) => s.auth(echo("all"), { force: true })]).output).toBe("AUTH ECHO\r\n");
  });

  it("a connection that ends takes the mechanism with it", () => {
    const mechanism = echo();
    expect(shown(auth("", mechanism)).slice(-2)).toEqual(["auth lost", "closed end-of-input"]);
    expect(mechanism.aborted).toBe(true);
  });
});

describe("pipelining", () => {
  it("[CAPA-6.6-3] one command at a time, unless CAPA announced PIPELINING", () => {
    const many: Command = (s) => s.stat().list().retr(1).dele(1).quit();
    expect(play(IN, loggedIn(many)).output).toBe("USER tim\r\nPASS tanstaaf\r\nSTAT\r\n");
    const CAPA = "+OK\r\nPIPELINING\r\n.\r\n";
    const grouped = [(s: Pop3ClientSession) => s.capa(), login, nothing, many];
    expect(play(`${HELLO}${CAPA}+OK\r\n+OK\r\n`, grouped).output).toBe(
      "CAPA\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n",
    );
    expect(play(`${HELLO}${CAPA}+OK\r\n+OK\r\n`, grouped, { pipelining: false }).output).toBe(
      "CAPA\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\n",
    );
    const answers = "+OK 1 9\r\n+OK\r\n1 9\r\n.\r\n+OK\r\na\r\n.\r\n+OK\r\n+OK\r\n";
    expect(shown(play(`${HELLO}${CAPA}+OK\r\n+OK\r\n${answers}`, grouped)).slice(4)).toEqual([
      ...["stat ok", "1 9", "list ok", "content a\r\n", "retr ok", "dele ok", "quit ok", "closed quit"],
    ]);
  });
});

describe("CAPA", () => {
  it("[CAPA-5-2] -ERR means unknown", () => {
    const session = new Pop3ClientSession();
    drive(
      session,
      [octets(`${HELLO}-ERR\r\n`)],
      (event) => {
        if (event.type === "greeting") session.capa();
      },
      false,
    );
    expect([session.capabilities, session.waiting]).toEqual([null, "decision"]);
  });

  it("[CAPA-5-5] tags are kept with their arguments; SASL lines add up", () => {
    const list = "+OK\r\ntop\r\nSASL plain LOGIN\r\n\r\nEXPIRE 30 USER \r\nsasl PLAIN scram-sha-256\r\nTOP x\r\n.\r\n";
    const { events } = play(`${HELLO}${list}`, [(s) => s.capa()]);
    const [capabilities] = events.flatMap((event) =>
      event.type === "capa" && "capabilities" in event ? [event.capabilities!] : [],
    );
    expect([...capabilities!.tags]).toEqual([
      ["TOP", []],
      ["SASL", ["plain", "LOGIN"]],
      ["EXPIRE", ["30", "USER"]],
    ]);
    expect(capabilities!.sasl).toEqual(["PLAIN", "LOGIN", "SCRAM-SHA-256"]);
  });
});

describe("STLS", () => {
  const stls: Command = (s) => s.stls();

  it("[STLS-4-6] after it all is asked anew", () => {
    const session = new Pop3ClientSession();
    drive(
      session,
      [octets("+OK <a@b>\r\n+OK\r\n.\r\n+OK\r\n")],
      (event) => {
        if (event.type === "greeting") session.capa();
        if (event.type === "capa") session.stls();
      },
      false,
    );
    expect(session.waiting).toBe("tls");
    expect(() => session.capa()).toThrow(StateError);
    session.tlsEstablished();
    expect([session.tls, session.capabilities, session.timestamp, session.nextEvent(), session.waiting]).toEqual([
      true,
      null,
      null,
      null,
      "decision",
    ]);
    expect(() => session.stls()).toThrow("stls() is not possible while TLS is active");
    expect(text(session.capa().takeOutputPieces())).toBe("CAPA\r\n");
  });

  it.each([["+OK go\r\n+OK injected\r\n"], ["+OK go\r\n+O"]])(
    "[STLS-4-4] %j: octets behind it end the session",
    (input) => {
      const all = octets(`${HELLO}${input}`);
      for (const chunks of [[all], byteByByte(all), cutAt(all, [19])]) {
        expect(shown(play(chunks, [stls, nothing]))).toEqual([
          "greeting ok",
          "stls ok",
          "violation plaintext-behind-stls fatal",
          "closed violation",
        ]);
      }
    },
  );

  it("octets that come just before the handshake end the session too", () => {
    const session = new Pop3ClientSession();
    drive(
      session,
      [octets(`${HELLO}+OK\r\n`)],
      (event) => {
        if (event.type === "greeting") session.stls();
      },
      false,
    );
    session.receive(octets("+OK injected\r\n"));
    session.tlsEstablished();
    expect([...session]).toMatchObject([
      { type: "violation", code: "plaintext-behind-stls", fatal: true },
      { type: "closed" },
    ]);
  });

  it("can be refused, and can fail", () => {
    expect(play(`${HELLO}-ERR\r\n`, [stls, (s) => s.quit()]).output).toBe("STLS\r\nQUIT\r\n");
    const session = new Pop3ClientSession();
    expect(() => session.tlsEstablished()).toThrow(StateError);
    drive(
      session,
      [octets(`${HELLO}+OK\r\n`)],
      (event) => {
        if (event.type === "greeting") session.stls();
      },
      false,
    );
    session.tlsFailed();
    expect([...session]).toMatchObject([{ type: "closed", cause: "tls-failed" }]);
  });
});

describe("calls", () => {
  const hostile = ["a\r\nQUIT", "a\n", "a\r", "a\0", "", "\u00e9", "\u760d\u760a"];

  it.each(hostile)("[POP3-7-11] %j goes into no command", (value) => {
    const digest = "c4c9334bac560ecc979e58001b3e22fb";
    const session = new Pop3ClientSession();
    drive(session, [octets("+OK <a@b>\r\n")], () => {}, false);
    expect(() => session.user(value)).toThrow(RangeError);
    expect(() => session.apop(value, digest)).toThrow('"name" expected');
    expect(() => session.apop("tim", value)).toThrow('"digest" expected');
    session.user("tim");
    expect(() => session.pass(value)).toThrow('"password" expected');
    expect(text(session.takeOutputPieces())).toBe("USER tim\r\n");
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53, "1" as unknown as number])("the number %s goes into no command", (value) => {
    for (const command of [
      (s) => s.retr(value),
      (s) => s.list(value),
      (s) => s.top(1, value),
      (s) => s.dele(value),
    ] as Command[]) {
      expect(() => play(IN, loggedIn(command))).toThrow(RangeError);
    }
  });

  it("[CAPA-4-2] a command has at most 255 octets", () => {
    expect(play(HELLO, [(s) => s.user("x".repeat(248))]).output.length).toBe(255);
    expect(() => play(HELLO, [(s) => s.user("x".repeat(249))])).toThrow('"USER" expected at most 255 octets');
  });

  it("out of place they throw, and say what is legal", () => {
    const session = new Pop3ClientSession();
    expect(() => session.stat()).toThrow(
      'stat() is not possible in state "authorization"; legal now: user(), apop(), auth(), stls(), capa(), quit()',
    );
    session.quit();
    expect(() => session.noop()).toThrow('in state "closed"; legal now: nextEvent() and takeOutput()');
    expect(() => new Pop3ClientSession({ lineEndings: "keep" as "preserve" })).toThrow('"lineEndings" expected');
  });

  it("a time-out ends the session, once", () => {
    const session = new Pop3ClientSession();
    drive(
      session,
      [octets(HELLO)],
      (event) => {
        if (event.type === "greeting") session.capa();
      },
      false,
    );
    expect(session.timeout).toEqual({ seconds: 300, for: "CAPA" });
    session.timedOut();
    session.timedOut();
    expect([...session]).toMatchObject([
      { type: "capa", response: null },
      { type: "closed", cause: "timeout" },
    ]);
    expect([session.waiting, new Pop3ClientSession().timeout?.for]).toEqual(["closed", "greeting"]);
  });

  it("a session that was never greeted says so when it ends", () => {
    expect(shown(play("", []))).toEqual(["greeting lost", "closed end-of-input"]);
  });
});

it("the transition table is the one that the RFCs have", () => {
  const login = ["USER", "APOP", "AUTH", "STLS"];
  const mail = ["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET"];
  const allowed = (state: "authorization" | "name" | "transaction" | "busy" | "closed") =>
    (Object.keys(clientTable) as ClientVerb[]).filter((verb) => clientTable[verb][state] !== undefined).sort();
  expect(allowed("authorization")).toEqual([...login, "CAPA", "QUIT"].sort());
  expect(allowed("name")).toEqual(["PASS", "QUIT"]);
  expect(allowed("transaction")).toEqual([...mail, "CAPA", "QUIT"].sort());
  expect([...allowed("busy"), ...allowed("closed")]).toEqual([]);
});

describe("properties", () => {
  const CAPA = "+OK\r\nSASL ECHO\r\nPIPELINING\r\n.\r\n";
  const commands: Command[] = [
    (s) => s.capa(),
    login,
    nothing,
    (s) => s.stat().list().uidl().retr(1).top(1, 1).dele(1).list(2).quit(),
  ];
  const parts = fc.constantFrom(
    "+OK\r\n",
    "-ERR no\r\n",
    "+OK 1 2\r\n",
    "1 2\r\n",
    ".\r\n",
    "..x\r\n",
    "\r\n",
    "\n",
    "x\n.\n",
    "+ eWVz\r\n",
    "\0",
    "[",
    "\xff",
  );
  const answers = fc
    .array(parts, { maxLength: 16 })
    .map((all) => octets(`${HELLO}${CAPA}+OK\r\n+OK\r\n${all.join("")}`));

  it("chunking never matters", () => {
    const cut = answers.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
    fc.assert(
      fc.property(cut, ([input, chunks]) => {
        const whole = play([input], commands);
        expect(play(chunks, commands)).toEqual(whole);
        expect(play(byteByByte(input), commands)).toEqual(whole);
      }),
      { numRuns: runs() },
    );
  });

  it("no octets make anything throw, and every command has its event", () => {
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(answers, noise, (input, more) => {
        const { events, waiting, output } = play([input, more], commands);
        expect(waiting).toBe("closed");
        expect(events.at(-1)).toMatchObject({ type: "closed" });
        const given = output.split("\r\n").length - 1;
        expect(events.filter((event) => "ok" in event && event.type !== "greeting").length).toBeGreaterThanOrEqual(
          given,
        );
      }),
      { numRuns: runs(2) },
    );
  });
});
