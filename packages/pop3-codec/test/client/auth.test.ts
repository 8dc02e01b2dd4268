import { type Pop3ClientEvent, Pop3ClientSession, SASL_SERVICE, type SaslClient, StateError } from "pop3-codec";
import { type Driven, drive, driveClient, join, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { type Command, cuttings, echo, HELLO, play, shown } from "./support.ts";

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

  it("a challenge in place of the empty one, and one after the end", () => {
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

  it.each([
    ["of 12,289 octets", `+ ${"A".repeat(12_285)}\r\n`],
    ["with a bare LF", "+ eWVz\n\r\n"],
  ])("[PAUTH-4-12] a challenge line %s cancels the exchange, and the session goes on", (_, line) => {
    for (const chunks of cuttings(octets(`${HELLO}${CAPA}${line}-ERR cancelled\r\n+OK\r\n`))) {
      const found = play(chunks, [(s) => s.capa(), (s) => s.auth(echo()), (s) => s.capa()]);
      expect(found.output).toBe("CAPA\r\nAUTH ECHO\r\n*\r\nCAPA\r\n");
      expect(authEvent(found)).toMatchObject({ ok: false, failure: "broken-off", response: { text: "cancelled" } });
      expect(shown(found)).toContain(`violation ${line.length > 99 ? "line-too-long" : "bare-lf"}`);
    }
  });

  it("[PAUTH-4-12] a challenge line of 12,288 octets is taken; one dropped after a cancellation ends the session", () => {
    const longest = `+ ${"A".repeat(12_284)}\r\n`;
    expect(shown(auth(`${longest}-ERR\r\n`, echo()))).not.toContain("violation line-too-long");
    expect(shown(auth("+ ???\r\n+OK\0\r\n", echo()))).toContain("violation nul fatal");
  });

  it("[PAUTH-4-14] final data is a challenge, answered by an empty line; what stands after +OK is nothing to the mechanism", () => {
    const challenges: string[] = [];
    const mechanism: SaslClient = {
      ...echo("all"),
      next: (challenge) => {
        challenges.push(text(challenge));
        return { type: "response", bytes: challenges.length === 1 ? octets("") : null };
      },
    };
    const found = auth("+ ZmluYWw=\r\n+OK eWVz\r\n", mechanism);
    expect(found.output).toBe("CAPA\r\nAUTH ECHO YWxs\r\n\r\n");
    expect(challenges).toEqual(["final"]);
    expect(authEvent(found)).toMatchObject({ ok: true, response: { text: "eWVz" } });
  });

  it("[PAUTH-4-16] success opens the maildrop, where no login is possible; after -ERR all is as before", () => {
    const states: string[] = [];
    const note = (session: Pop3ClientSession) => states.push(session.state);
    auth("+OK\r\n", echo("all"), {}, [
      (session) => {
        note(session);
        for (const again of [() => session.auth(echo("all")), () => session.user("tim")]) {
          expect(again).toThrow('is not possible in state "transaction"');
        }
      },
    ]);
    auth("-ERR\r\n", echo("all"), {}, [note]);
    expect(states).toEqual(["transaction", "authorization"]);
  });

  it("[PAUTH-4-18] mechanisms with a service name are made for pop", () => {
    expect(SASL_SERVICE).toBe("pop");
  });

  it("[PAUTH-4-20] a security layer begins after the response, and what was learnt before is forgotten", () => {
    const session = new Pop3ClientSession();
    const protectedOctets = octets("\0\0\0\x02ok");
    const wire = join([octets("+OK\r\n"), protectedOctets]);
    expect(() => session.beginSecurityLayer()).toThrow("beginSecurityLayer() is not possible");
    let unread: Uint8Array[] = [];
    driveClient(
      session,
      [octets(`${HELLO}${CAPA}`)],
      (event) => {
        if (event.type === "greeting") session.capa();
        if (event.type === "capa") session.auth(echo("all"));
      },
      false,
    );
    session.receive(wire.subarray(0, wire.length - 3)).receive(wire.subarray(wire.length - 3));
    for (const event of session) {
      if (event.type === "auth") unread = session.beginSecurityLayer();
    }
    expect([text(unread), session.capabilities, session.waiting]).toEqual([text(protectedOctets), null, "decision"]);
    expect(() => session.beginSecurityLayer()).toThrow(StateError);
    session.receive(octets("+OK"));
    expect(session.nextEvent()).toBe(null);
    expect(() => session.beginSecurityLayer()).toThrow("other than at the end of AUTH");
  });

  it("[PAUTH-4-20] no security layer begins after another login than AUTH, and the timestamp is forgotten with the rest", () => {
    const session = new PromptClient();
    const wire = octets(`+OK <1@a>\r\n+OK\r\nSASL ECHO\r\nUTF8\r\n.\r\n+OK\r\n+OK\r\n`);
    const timestamps: (string | null)[] = [];
    for (const event of session.receive(wire)) {
      if (event.type === "greeting") session.capa();
      if (event.type === "capa") session.utf8();
      if (event.type === "utf8") session.auth(echo("all"));
      if (event.type !== "auth") continue;
      timestamps.push(session.timestamp);
      session.beginSecurityLayer();
      timestamps.push(session.timestamp);
    }
    expect(timestamps).toEqual(["<1@a>", null]);
    const other = new PromptClient({ plaintextWithoutTls: true });
    for (const event of other.receive(octets(`${HELLO}+OK\r\n+OK\r\n`))) {
      if (event.type === "greeting") other.user("tim");
      if (event.type === "user") other.pass("tanstaaf");
    }
    expect(other.state).toBe("transaction");
    expect(() => other.beginSecurityLayer()).toThrow(StateError);
  });

  it("[STLS-2.3-2] no mechanism that shows a password or token goes before TLS, forced or not, unless that is allowed", () => {
    for (const name of ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]) {
      const session = new PromptClient();
      expect(() => session.auth(echo("all", name), { force: true })).toThrow(
        `auth() with ${name} is not possible without TLS`,
      );
      expect(text(new PromptClient({ tls: true }).auth(echo("all", name), { force: true }).takeOutputPieces())).toBe(
        "",
      );
    }
    expect(play(HELLO, [(s) => s.auth(echo("all", "PLAIN"), { force: true })]).output).toBe("AUTH PLAIN\r\n");
    expect(() => play(HELLO, [(s) => s.user("tim")], { plaintextWithoutTls: false })).toThrow(
      "user() is not possible without TLS",
    );
  });

  it("a step that only the application knows", () => {
    const session = new PromptClient();
    const found = drive(session, [octets(`${HELLO}${CAPA}+ YXNr\r\n`), octets("+OK\r\n")], (event) => {
      if (event.type === "greeting") session.capa();
      if (event.type === "capa") session.auth(echo("all"));
      if (event.type === "sasl") {
        expect(() => session.noop()).toThrow(StateError);
        expect(event).toMatchObject({ step: { type: "derive" }, mechanism: { name: "ECHO" } });
        expect(() => session.proceed(Promise.resolve() as never)).toThrow('"step" expected');
        session.proceed({ type: "response", bytes: octets("derived") });
      }
    });
    expect(found.output).toBe("CAPA\r\nAUTH ECHO YWxs\r\nZGVyaXZlZA==\r\n");
    expect(() => session.proceed({ type: "failure", text: "" })).toThrow(
      'proceed() is not possible without a "sasl" event',
    );
  });

  it.each([
    ["response", "ask", { type: "response", bytes: octets("late") }, null],
    ["failure", "ask", { type: "failure", text: "tired" }, "tired"],
    ["response at once", "what?", null, null],
  ] as const)(
    "a refusal that comes before the mechanism's %s ends the exchange, and nothing else",
    (_, challenge, step, reason) => {
      const session = new Pop3ClientSession({ tls: true });
      for (const _ of session.receive(octets(HELLO)));
      const mechanism = echo();
      session.auth(mechanism, { force: true }).takeOutputPieces();
      const events: Pop3ClientEvent[] = [];
      for (const event of session.receive(octets(`+ ${btoa(challenge)}\r\n-ERR [AUTH] too slow\r\n`))) {
        if (event.type === "sasl") session.proceed(step!);
        else events.push(event);
      }
      expect(events).toMatchObject([{ type: "auth", ok: false, text: reason, response: { text: "too slow" } }]);
      expect([mechanism.aborted, session.state, session.waiting]).toEqual([true, "authorization", "decision"]);
      session.capa();
      expect(text(session.takeOutputPieces())).toBe("CAPA\r\n");
    },
  );

  it.each(["+OK\r\n", "+ \r\n"])("before the mechanism's response no other answer is one: %j", (early) => {
    const session = new Pop3ClientSession({ tls: true });
    for (const _ of session.receive(octets(HELLO)));
    session.auth(echo(), { force: true }).takeOutputPieces();
    session.receive(octets(`+ ${btoa("what?")}\r\n${early}`));
    expect([...session].map(({ type }) => type)).toEqual(["violation", "auth", "closed"]);
  });

  it("a step that is not answered holds everything, and input is still taken", () => {
    const session = new PromptClient();
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
