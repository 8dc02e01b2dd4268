import type { LoginOptions, Pop3ClientEvent, Pop3ClientOptions, SaslClient } from "pop3-codec";
import { byteByByte, cutAt, drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { type Command, echo, HELLO, IN, loggedIn, login, nothing, play, shown } from "./support.ts";

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";
const CAPA = "+OK\r\nPIPELINING\r\nSASL ECHO\r\n.\r\n";

/** The warnings of a session, with their texts. */
const warnings = (events: readonly Pop3ClientEvent[]) =>
  events.flatMap((event) => (event.type === "violation" ? [`${event.code}: ${event.text}`] : []));

describe("what a command's event says", () => {
  it("of CAPA: the list, and nothing where it was refused", () => {
    const { events } = play(`${HELLO}${CAPA}-ERR\r\n`, [(s) => s.capa(), (s) => s.capa()]);
    const [known, unknown] = events.filter(({ type }) => type === "capa");
    expect(known).toMatchObject({ ok: true, capabilities: { sasl: ["ECHO"] } });
    expect(unknown).toMatchObject({ ok: false, capabilities: null });
  });

  it("of STAT: no figures where it was refused or cannot be read", () => {
    const { events } = play(
      `${IN}+OK 2 30\r\n-ERR\r\n+OK x\r\n`,
      loggedIn((s) => s.stat().stat().stat()),
    );
    expect(events.filter(({ type }) => type === "stat")).toMatchObject([
      { count: 2, size: 30 },
      { count: 0, size: 0 },
      { count: 0, size: 0 },
    ]);
  });

  it("of RETR and TOP: how much came", () => {
    const { events } = play(
      `${IN}+OK\r\nabc\r\n.\r\n+OK\r\na\r\n.\r\n`,
      loggedIn((s) => s.retr(1).top(2, 0)),
    );
    expect(events.slice(-4)).toMatchObject([
      { type: "retr", number: 1, size: 5 },
      { type: "content", number: 2 },
      { type: "top", number: 2, size: 3 },
      { type: "closed" },
    ]);
  });

  it.each<[string, Command, string]>([
    ["+OK 2 30\r\n+OK\r\n1 10\r\n2 21\r\n.\r\n", (s) => s.stat().list(), "2 entries of 31 octets: STAT has 2 of 30"],
    ["+OK 2 30\r\n+OK\r\n1 a\r\n.\r\n", (s) => s.stat().uidl(), "1 entries: STAT has 2 of 30"],
    ["+OK\r\nabc\r\n.\r\n", (s) => s.retr(1, 3), "5 octets: 3 were announced"],
    ["+OK x\r\n", (s) => s.list(2), "not an answer to LIST 2"],
    ["+OK 3 x y\r\n", (s) => s.uidl(2), "not an answer to UIDL 2"],
  ])("%j: a warning has its figures", (input, command, message) => {
    const { events } = play(`${IN}${input}`, loggedIn(command));
    expect(warnings(events).map((warning) => warning.replace(/^.*?: /, ""))).toEqual([message]);
  });

  it("RSET changes what STAT said, as DELE does", () => {
    const script = loggedIn((s) => s.dele(1).stat().rset().list());
    const { events } = play(`${IN}+OK\r\n+OK 1 20\r\n+OK\r\n+OK\r\n1 10\r\n2 20\r\n.\r\n`, script);
    expect(warnings(events)).toEqual([]);
  });
});

describe("a response that cannot be read", () => {
  it("is no success: to PASS, USER, and UTF8", () => {
    const session = new PromptClient({ plaintextWithoutTls: true });
    const read = (input: string) => shown(drive(session, [octets(input)], () => {}, false));
    session.user("tim");
    expect(read(`${HELLO}+OK\0\r\n`)).toEqual(["greeting ok", "violation nul", "user lost"]);
    expect(() => session.pass("x")).toThrow('in state "authorization"');
    session.user("tim").pass("x");
    expect(read("+OK\r\n+OK\0\r\n")).toEqual(["user ok", "violation nul", "pass lost"]);
    expect(session.state).toBe("authorization");
    session.utf8();
    expect(read("+OK\0\r\n")).toEqual(["violation nul", "utf8 lost"]);
    expect(() => session.stls()).toThrow("after UTF8");
  });

  it.each(["", "\n", "\r\n", "\n\r\n", "\r\n\n"])("is followed by empty lines that count for nothing: %j", (lead) => {
    for (const dropped of [`+OK ${"x".repeat(600)}\r\n`, "+OK\0\r\n", "+OK a\rb\r\n"]) {
      const input = octets(`${IN}${dropped}${lead}+OK fine\r\n${lead}+OK 2 5\r\n`);
      for (const chunks of [[input], byteByByte(input), cutAt(input, [IN.length + dropped.length - 1])]) {
        const found = play(
          chunks,
          loggedIn((s) => s.noop().noop().stat()),
        );
        expect(shown(found).slice(4)).toEqual(["noop lost", "noop ok", "stat ok", "closed end-of-input"]);
        expect(found.events.at(-2)).toMatchObject({ count: 2, size: 5 });
      }
    }
  });

  it("ends the session where TLS may have begun", () => {
    const found = play(`${HELLO}+OK\0\r\n`, [(s) => s.stls()]);
    expect(shown(found)).toEqual(["greeting ok", "violation nul fatal", "stls lost", "closed violation"]);
  });

  it.each([[""], ["+ eWVz\r\n"], ["+\r\n"]])("a challenge %j where none is awaited is none", (challenge) => {
    const found = play(
      `${IN}${challenge}+OK\r\n`,
      loggedIn((s) => s.noop()),
    );
    const ends =
      challenge === "" ? ["noop ok", "closed end-of-input"] : ["violation invalid-response fatal", "noop lost"];
    expect(shown(found).slice(3, 5)).toEqual(ends);
  });

  it("may be a line of a SASL exchange's length where there is one, and nowhere else", () => {
    const long = `+ ${"eWVz".repeat(200)}\r\n`;
    const taking: SaslClient = {
      ...echo(),
      next: () => ({ type: "response", bytes: octets("yes") }),
      finish: () => ({ type: "success", serverProved: false }),
    };
    const commands: Command[] = [(s) => s.capa(), (s) => s.auth(taking), (s) => s.noop()];
    const found = play(`${HELLO}${CAPA}${long}+OK\r\n+OK ${"x".repeat(600)}\r\n`, commands);
    expect(shown(found)).toEqual([
      "greeting ok",
      "capa ok",
      "auth ok",
      "violation line-too-long",
      "noop lost",
      "closed end-of-input",
    ]);
  });
});

describe("commands and their order", () => {
  it("those given before the greeting go after it", () => {
    const session = new PromptClient();
    session.capa();
    const { output, events } = drive(session, [octets(`\n${HELLO}\n${CAPA}`)], () => {}, false);
    expect([output, events.map(({ type }) => type)]).toEqual(["CAPA\r\n", ["greeting", "capa"]]);
  });

  it("a refused CAPA takes no PASS with it", () => {
    const session = new PromptClient({ plaintextWithoutTls: true });
    session.capa();
    drive(session, [octets(`${HELLO}${CAPA}`)], () => {}, false);
    session.capa().user("tim").pass("x");
    const { output, events } = drive(session, [octets("-ERR\r\n+OK\r\n+OK\r\n")], () => {}, false);
    expect(output).toBe("CAPA\r\nUSER tim\r\nPASS x\r\n");
    expect(events.map(({ type }) => type)).toEqual(["capa", "user", "pass"]);
  });

  it("STLS goes after whatever else is under way", () => {
    const session = new PromptClient().capa().lang().stls();
    const { output } = drive(session, [octets(`${HELLO}-ERR\r\n-ERR\r\n+OK\r\n`)], () => {}, false);
    expect([output, session.waiting]).toEqual(["CAPA\r\nLANG\r\nSTLS\r\n", "tls"]);
  });

  it("a message's pieces are whole when a loop is left between them, and the chunk used again", () => {
    const session = new PromptClient({ plaintextWithoutTls: true });
    drive(session, [octets(HELLO)], () => {}, false);
    session.user("tim").pass("x");
    drive(session, [octets("+OK\r\n+OK\r\n")], () => {}, false);
    const line = "x".repeat(5000);
    const chunk = octets(`+OK\r\n..${line}\r\n..${line}\r\n..${line}\r\n.\r\n`);
    session.retr(1).receive(chunk);
    let content = "";
    for (let left = true; left; chunk.fill(0x59)) {
      left = false;
      for (const event of session) {
        left = true;
        if (event.type === "content") content += text(event.bytes);
        break;
      }
    }
    expect(content).toBe(`.${line}\r\n`.repeat(3));
  });

  it("beginSecurityLayer() is for the end of AUTH alone", () => {
    const legal = "beginSecurityLayer() is not possible other than at the end of AUTH";
    const session = new PromptClient({ plaintextWithoutTls: true });
    drive(session, [octets(HELLO)], () => {}, false);
    expect(() => session.beginSecurityLayer()).toThrow(legal);
    login(session);
    drive(session, [octets("+OK\r\n+OK\r\n")], () => {}, false);
    session.stat();
    expect(() => session.beginSecurityLayer()).toThrow(legal);
    drive(session, [octets("+OK 1 2\r\n+O")], () => {}, false);
    expect(() => session.beginSecurityLayer()).toThrow(legal);
  });
});

describe("what a login needs", () => {
  const auth = (options: Pop3ClientOptions = {}) => {
    const session = new PromptClient(options);
    drive(session, [octets("+OK <a@b>\r\n")], () => {}, false);
    return session;
  };

  it("is said where it lacks", () => {
    const unlisted = "auth() with ECHO is not possible on a server not known to list it";
    expect(() => auth().auth(echo("all"))).toThrow(`${unlisted}; legal now: a mechanism it lists, or force: true`);
    const secure = auth({ requireTls: true });
    const message = "is not possible before TLS, which requireTls demands; legal now: stls() and quit()";
    expect(() => secure.apop("tim", DIGEST)).toThrow(`apop() ${message}`);
    expect(() => secure.user("tim")).toThrow(`user() ${message}`);
    const where = "user() is not possible without TLS, where it would show a secret; legal now: stls() and quit()";
    expect(() => auth().user("tim")).toThrow(where);
  });

  it("a challenge is base64 and nothing besides", () => {
    const commands: Command[] = [(s) => s.capa(), (s) => s.auth(echo()), nothing];
    const { output, events } = play(`${HELLO}${CAPA}+ d2hhdD8= go on\r\n-ERR\r\n`, commands);
    expect(output).toBe("CAPA\r\nAUTH ECHO\r\n*\r\n");
    expect(events.find(({ type }) => type === "auth")).toMatchObject({ ok: false, failure: "broken-off" });
  });

  /** A login over TLS, by what is left of a caller's choices. */
  function by(options: LoginOptions, answers: string): readonly [string, unknown] {
    const session = new PromptClient({ tls: true });
    const { events, output } = drive(session, [octets(`+OK <a@b>\r\n${answers}`)], ({ type }) => {
      if (type === "greeting") session.login(options);
    });
    const end = events.find(({ type }) => type === "login") as Pop3ClientEvent & { type: "login" };
    return [output, [end.ok, end.method, end.failure]];
  }
  const none = () => expect.unreachable();

  it.each<[string, LoginOptions, string, string, unknown]>([
    ["no name, for APOP", { apop: none }, "+OK\r\n.\r\n", "CAPA\r\n", [false, null, "no-method"]],
    ["no password", { name: "tim" }, "+OK\r\nUSER\r\n.\r\n", "CAPA\r\n", [false, null, "no-method"]],
    ["no mechanism offered", { choose: none }, "+OK\r\n.\r\n", "CAPA\r\n", [false, null, "no-method"]],
    [
      "APOP by name",
      { method: "APOP", name: "tim", password: "x", apop: () => DIGEST },
      "+OK\r\n.\r\n+OK\r\n",
      `CAPA\r\nAPOP tim ${DIGEST}\r\n`,
      [true, "APOP", null],
    ],
  ])("%s", (_, options, answers, output, end) => {
    expect(by(options, answers)).toEqual([output, end]);
  });

  it("a mechanism that the server does not list is refused, unless AUTH was named", () => {
    const session = new PromptClient({ tls: true });
    session.login({ choose: () => echo("all", "OTHER") }).receive(octets(`${HELLO}${CAPA}`));
    expect(() => [...session]).toThrow("auth() with OTHER is not possible on a server not known to list it");
    const named = by({ choose: () => echo("all", "OTHER"), method: "AUTH" }, `${CAPA}+OK\r\n`);
    expect(named).toEqual(["CAPA\r\nAUTH OTHER YWxs\r\n", [true, "AUTH", null]]);
  });

  it("what is refused when it is prepared is named, at once or later", () => {
    const refusing = (after: number, options: LoginOptions) => {
      let left = after;
      const prepare = (given: string) => (left-- > 0 ? given : null);
      const session = new PromptClient({ tls: true, prepare });
      session.login(options).receive(octets("+OK <a@b>\r\n+OK\r\nUSER\r\n.\r\n"));
      return () => [...session];
    };
    const both = { name: "tim", password: "x" };
    expect(() => refusing(0, both)).toThrow(/^"name" cannot be prepared$/);
    expect(() => refusing(1, both)).toThrow(/^"password" cannot be prepared$/);
    expect(refusing(2, both)).toThrow(/^"password" cannot be prepared$/);
    expect(refusing(3, both)).toThrow(/^"name" cannot be prepared$/);
    expect(refusing(1, { name: "tim", apop: () => DIGEST })).toThrow(/^"name" cannot be prepared$/);
  });

  it.each<[string, unknown, string]>([
    ["null", null, "cannot be prepared"],
    ["a reason", { rule: "RFC 3454 C.1.2" }, "cannot be prepared: RFC 3454 C.1.2"],
    ["nothing", undefined, "cannot be prepared"],
    ["an empty text", "", "cannot be prepared"],
    ["a number", 5, "cannot be prepared"],
    ["no reason", { rule: 5 }, "cannot be prepared"],
  ])("%s of prepare says that a name or password cannot be prepared", (_, given, expected) => {
    const prepare = (text: string) => (text === "bad" ? (given as null) : text);
    const session = new PromptClient({ tls: true, prepare });
    expect([...session.receive(octets("+OK <a@b>\r\n"))]).toHaveLength(1);
    const calls: [string, () => unknown][] = [
      ["name", () => session.user("bad")],
      ["name", () => session.apop("bad", DIGEST)],
      ["name", () => session.login({ name: "bad", password: "x" })],
      ["password", () => session.login({ name: "tim", password: "bad" })],
      ["password", () => session.user("tim").pass("bad")],
    ];
    for (const [field, call] of calls) expect(call).toThrow(new RangeError(`"${field}" ${expected}`));
  });

  it("a connection: without one the session is closed", () => {
    const session = new PromptClient({ tls: true }).login({ choose: () => echo("all") });
    const { events } = drive(session, [octets(`${HELLO}${CAPA}`)], () => {});
    expect(events.slice(-2)).toMatchObject([{ type: "login", ok: false, failure: "unknown" }, { type: "closed" }]);
    expect(session.state).toBe("closed");
    expect(() => session.capa()).toThrow('in state "closed"');
  });
});
