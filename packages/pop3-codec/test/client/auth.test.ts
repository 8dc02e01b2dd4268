import { type Pop3ClientEvent, Pop3ClientSession, type SaslClient, StateError } from "pop3-codec";
import { type Driven, drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, echo, HELLO, play, shown } from "./support.ts";

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
    ["[PAUTH-4-6] an initial response in the AUTH line", "all", {}, "AUTH ECHO YWxs\r\n", "+OK\r\n"],
    ["[PAUTH-4-7] an empty initial response", "", {}, "AUTH ECHO =\r\neWVz\r\n", "+ d2hhdD8=\r\n+OK\r\n"],
    [
      "[POP3-Q-11] an initial response never in the AUTH line",
      "all",
      { initialResponse: "never" },
      "AUTH ECHO\r\nYWxs\r\n",
      "+ \r\n+OK\r\n",
    ],
    [
      "[POP3-Q-2] an initial response behind a + alone",
      "all",
      { initialResponse: "never" },
      "AUTH ECHO\r\nYWxs\r\n",
      "+\r\n+OK\r\n",
    ],
    [
      "[POP3-Q-3] an initial response behind a text",
      "all",
      { initialResponse: "never" },
      "AUTH ECHO\r\nYWxs\r\n",
      "+ go on, please\r\n+OK\r\n",
    ],
    [
      "[PAUTH-4-6] an initial response that fits",
      "a".repeat(180),
      {},
      `AUTH ECHO ${"YWFh".repeat(60)}\r\neWVz\r\n`,
      "+ d2hhdD8=\r\n+OK\r\n",
    ],
    [
      "[PAUTH-4-6] an initial response that does not fit",
      "a".repeat(183),
      {},
      `AUTH ECHO\r\n${"YWFh".repeat(61)}\r\neWVz\r\n`,
      "+ \r\n+ d2hhdD8=\r\n+OK\r\n",
    ],
  ])("%s", (_, start, options, output, input) => {
    const found = auth(input, echo(start), options);
    expect(found.output).toBe(`CAPA\r\n${output}`);
    expect(authEvent(found)).toMatchObject({ ok: true });
  });

  it.each([
    ["[PAUTH-4-11] a challenge that is not base64", null, "+ ???\r\n-ERR\r\n", "a challenge that is not base64"],
    ["a challenge that the mechanism refuses", null, "+ bm8=\r\n-ERR\r\n", "not understood"],
    ["a challenge where none was due", "all", "+ bm8=\r\n-ERR\r\n", "not understood"],
  ])("%s cancels the exchange", (_, start, input, reason) => {
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
