import {
  type ClientLeniencies,
  type SaslClient,
  type SaslClientStep,
  type SmtpClientEvent,
  SmtpClientSession,
  StateError,
} from "smtp-codec";
import { type Driven, driveClient, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, echo, ehlo, GREETING, HELLO, hear, offer, play, SENT, shown } from "./support.ts";

describe("AUTH", () => {
  const auth = (answers: string, mechanism: SaslClient, options = {}, rest: readonly Command[] = []) =>
    play(HELLO + answers, [ehlo, (s) => s.auth(mechanism, options), ...rest]);
  const authEvent = ({ events }: Driven<SmtpClientEvent>) => events.find(({ type }) => type === "auth");

  it.each([
    ["server first", null, {}, "AUTH ECHO\r\neWVz\r\n", "334 d2hhdD8=\r\n235 ok\r\n"],
    ["an initial response", "all", {}, "AUTH ECHO YWxs\r\n", "235 ok\r\n"],
    ["[AUTH-4-7] an empty initial response", "", {}, "AUTH ECHO =\r\neWVz\r\n", "334 d2hhdD8=\r\n235 ok\r\n"],
    ["in two steps", "all", { initialResponse: "never" }, "AUTH ECHO\r\nYWxs\r\n", "334 \r\n235 ok\r\n"],
    [
      "[AUTH-4-9] an initial response behind 334 alone",
      "all",
      { initialResponse: "never" },
      "AUTH ECHO\r\nYWxs\r\n",
      "334\r\n235 ok\r\n",
    ],
    [
      "[AUTH-4-14] an initial response behind text",
      "all",
      { initialResponse: "never" },
      "AUTH ECHO\r\nYWxs\r\n",
      "334 ok, go on\r\n235 ok\r\n",
    ],
    ["text behind a challenge", null, {}, "AUTH ECHO\r\neWVz\r\n", "334 d2hhdD8= please\r\n235 ok\r\n"],
    [
      "[AUTH-4-18] an initial response that fits 512 octets",
      "a".repeat(375),
      {},
      `AUTH ECHO ${"YWFh".repeat(125)}\r\neWVz\r\n`,
      "334 d2hhdD8=\r\n235 ok\r\n",
    ],
    [
      "[AUTH-4-18] an initial response that does not fit",
      "a".repeat(378),
      {},
      `AUTH ECHO\r\n${"YWFh".repeat(126)}\r\neWVz\r\n`,
      "334 \r\n334 d2hhdD8=\r\n235 ok\r\n",
    ],
  ])("%s", (_, start, options, output, answers) => {
    const found = auth(answers, echo(start), options);
    expect(found.output).toBe(SENT + output);
    expect(authEvent(found)).toMatchObject({ ok: true, mechanism: "ECHO", text: null });
  });

  describe("without TLS", () => {
    const named = (name: string, traits?: { readonly revealsPassword?: boolean }): SaslClient => ({
      ...echo("x"),
      name,
      ...(traits && { traits }),
    });
    const session = (options = {}) => {
      const made = new SmtpClientSession(options);
      hear(made, `${GREETING}250-x\r\n250 AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER ECHO\r\n`, ({ type }) => {
        if (type === "greeting") made.ehlo("client.example.com");
      });
      return made;
    };

    it.each<[string, SaslClient]>([
      ...["PLAIN", "plain", "LOGIN", "XOAUTH2", "OAUTHBEARER"].map((name): [string, SaslClient] => [name, named(name)]),
      ["a mechanism that says so", named("ECHO", { revealsPassword: true })],
    ])("no secret is shown by %s, unless that is wanted", (_, mechanism) => {
      const { name } = mechanism;
      const closed = session();
      const message = `auth() with ${name.toUpperCase()} is not possible without TLS, where it would show a secret; legal now: starttls()`;
      expect(() => closed.auth(mechanism, { force: true })).toThrow(message);
      expect([closed.takeOutput(), closed.state]).toEqual([null, "ready"]);
      for (const options of [{ plaintextMechanismsWithoutTls: true }, { tls: true }])
        expect(text(session(options).auth(mechanism).takeOutputPieces())).toContain("AUTH ");
    });

    it.each([undefined, {}, { revealsPassword: false }])("others are begun: %j", (traits) => {
      expect(text(session().auth(named("ECHO", traits)).takeOutputPieces())).toBe("AUTH ECHO eA==\r\n");
    });
  });

  it.each([
    [
      "[AUTH-4-14] a challenge that is not base64",
      null,
      {},
      "334 ???\r\n501 cancelled\r\n",
      "a challenge that is not base64",
    ],
    ["a challenge that the mechanism refuses", null, {}, "334 bm8=\r\n501 cancelled\r\n", "not understood"],
    [
      "a challenge in place of the empty one",
      "all",
      { initialResponse: "never" },
      "334 d2hhdD8=\r\n501 cancelled\r\n",
      "a challenge that is not empty, to a mechanism that speaks first",
    ],
  ])("%s cancels the exchange", (_, start, options, answers, reason) => {
    const found = auth(answers, echo(start), options, [(s) => s.noop()]);
    expect(found.output.endsWith("\r\n*\r\nNOOP\r\n")).toBe(true);
    expect(authEvent(found)).toMatchObject({ ok: false, text: reason, reply: { code: 501 } });
  });

  it("leniencies can be turned off", () => {
    const leniencies = { challengeNotBase64: false, textBehindChallenge: false };
    const text = play(
      `${HELLO}334 go on\r\n501 x\r\n`,
      [ehlo, (s) => s.auth(echo("all"), { initialResponse: "never" })],
      { leniencies },
    );
    expect(text.output.endsWith("*\r\n")).toBe(true);
    const empty = play(
      `${HELLO}334  go on\r\n235 x\r\n`,
      [ehlo, (s) => s.auth(echo("all"), { initialResponse: "never" })],
      { leniencies: { challengeNotBase64: false } },
    );
    expect(empty.output.endsWith("YWxs\r\n")).toBe(true);
    const behind = play(`${HELLO}334 d2hhdD8= please\r\n501 x\r\n`, [ehlo, (s) => s.auth(echo())], { leniencies });
    expect(behind.output.endsWith("*\r\n")).toBe(true);
  });

  it.each<[ClientLeniencies, string[]]>([
    [{}, ["ECHO"]],
    [{ authEquals: true }, ["ECHO"]],
    [{ authEquals: false }, []],
  ])("AUTH=ECHO of a server from before RFC 2554, with %j: %j", (leniencies, mechanisms) => {
    const { events } = play(`${GREETING}${offer("AUTH=ECHO")}`, [ehlo], { leniencies });
    const hello = events.find((event) => event.type === "ehlo");
    expect(hello?.capabilities?.auth).toEqual(mechanisms);
  });

  it("[AUTH-4-15] a challenge after the cancellation is fatal", () => {
    expect(shown(auth("334 bm8=\r\n334 bm8=\r\n", echo()))).toContain("violation unexpected-code");
  });

  it.each([
    [null, "235 ok\r\n", {}],
    ["all", "235 ok\r\n", { initialResponse: "never" }],
    [null, "334 bm8=\r\n235 ok\r\n", {}],
  ])("[SASL-3.6-2] success before the mechanism is complete ends the session", (start, answers, options) => {
    expect(shown(auth(answers, echo(start), options)).slice(2)).toEqual([
      "auth 235",
      "violation sasl-incomplete",
      "closed violation",
    ]);
  });

  it("[AUTH-4-26] a 2yz other than 235 is fatal", () => {
    const mechanism = echo();
    expect(shown(auth("250 ok\r\n", mechanism)).slice(2)).toEqual([
      "violation unexpected-code",
      "auth lost",
      "closed violation",
    ]);
    expect(mechanism.aborted).toBe(true);
  });

  it("[AUTH-4-23] a failure leaves the session usable; success allows no other", () => {
    const again = auth("535 no\r\n235 ok\r\n", echo("all"), {}, [
      (s) => s.auth(echo("all")),
      (s) => {
        expect(s.authenticated).toBe(true);
        expect(() => s.auth(echo())).toThrow("once authenticated");
      },
    ]);
    expect(shown(again).slice(2, 4)).toEqual(["auth 535", "auth ok"]);
  });

  it("a step that only the application knows", () => {
    const session = new SmtpClientSession();
    const found = driveClient(session, [octets(`${HELLO}334 YXNr\r\n`), octets("235 ok\r\n")], (event) => {
      if (event.type === "greeting") session.ehlo("client.example.com");
      if (event.type === "ehlo") session.auth(echo("all"));
      if (event.type === "sasl") {
        expect(event).toMatchObject({ step: { type: "derive" }, mechanism: { name: "ECHO" }, answer: "needed" });
        expect(session.nextEvent()).toBe(null);
        expect(session.waiting).toBe("decision");
        expect(() => session.receive(new Uint8Array(300_000))).toThrow('the answer to "sasl" is owed');
        session.proceed({ type: "response", bytes: octets("derived") });
      }
    });
    expect(found.output).toBe(`${SENT}AUTH ECHO YWxs\r\nZGVyaXZlZA==\r\n`);
    expect(() => session.proceed({ type: "failure", text: "" })).toThrow('without a "sasl" event');
  });

  describe("a refusal that comes while the mechanism is at work on a challenge", () => {
    const proceed = (step: SaslClientStep) => (session: SmtpClientSession) => void session.proceed(step);
    const throws: SaslClient["next"] = () => {
      throw new Error("broken");
    };

    it.each<[string, string, Partial<SaslClient>, (session: SmtpClientSession) => void, string | null]>([
      ["that the application answers", "ask", {}, proceed({ type: "response", bytes: octets("late") }), null],
      ["that the application gives up at", "ask", {}, proceed({ type: "failure", text: "tired" }), "tired"],
      ["that it answers at once", "what?", {}, () => {}, null],
      ["that it does not understand", "which?", {}, () => {}, "not understood"],
      ["at which it throws", "what?", { next: throws }, () => {}, "an error on this side"],
    ])("ends the exchange, %s; the session goes on", (_, challenge, more, answer, reason) => {
      for (const refusal of ["454 4.7.0 too slow\r\n", "535-no\r\n535 no\r\n"]) {
        const session = new SmtpClientSession();
        hear(session, GREETING);
        ehlo(session);
        hear(session, offer("AUTH ECHO"));
        const mechanism = { ...echo("all"), ...more };
        session.auth(mechanism).takeOutputPieces();
        session.receive(octets(`334 ${btoa(challenge)}\r\n${refusal}`));
        const events: SmtpClientEvent[] = [];
        const pull = () => {
          try {
            for (const event of session) {
              events.push(event);
              if (event.type === "sasl") answer(session);
            }
          } catch (error) {
            expect(error).toMatchObject({ message: "broken" });
          }
        };
        pull();
        pull();
        const code = Number(refusal.slice(0, 3));
        expect(events.filter(({ type }) => type !== "sasl")).toMatchObject([
          { type: "auth", ok: false, text: reason, reply: { code }, outcome: code === 454 ? "transient" : "permanent" },
        ]);
        expect([mechanism.aborted, session.state, session.waiting]).toEqual([true, "ready", "decision"]);
        expect(hear(session.noop(), "250 ok\r\n")).toMatchObject({
          output: "NOOP\r\n",
          events: [{ type: "noop", ok: true }],
        });
      }
    });

    it("is none of an AUTH that was not sent", () => {
      const session = new SmtpClientSession();
      hear(session, GREETING);
      ehlo(session);
      hear(session, offer("AUTH ECHO"));
      session.auth(echo("all")).receive(octets("535 no\r\n"));
      expect([...session].map(({ type }) => type)).toEqual(["violation", "auth", "closed"]);
    });
  });

  it("an exchange that waits for the application has its event too when the session ends", () => {
    const session = new SmtpClientSession({ maxPendingInput: 0 });
    const asking: SaslClient = { ...echo("all"), start: () => ({ type: "derive" }) };
    const found = driveClient(
      session,
      [octets(HELLO)],
      (event) => {
        if (event.type === "greeting") session.ehlo("client.example.com");
        if (event.type === "ehlo") session.auth(asking);
      },
      false,
    );
    expect([found.output, found.waiting]).toEqual([SENT, "decision"]);
    session.timedOut();
    expect([...session].map(({ type }) => type)).toEqual(["auth", "closed"]);
  });

  it.each<[string, SaslClient["start"], (session: SmtpClientSession) => void]>([
    ["its first", () => ({ type: "derive" }), () => {}],
    [
      "another",
      () => ({ type: "response", bytes: octets("x") }),
      (session) => {
        for (const event of session.receive(octets("334 YXNr\r\n"))) {
          if (event.type === "sasl") session.proceed({ type: "derive" });
          if (event.type === "sasl") break;
        }
      },
    ],
  ])("%s step that nobody has been asked for is not asked for once the session has ended", (_, start, then) => {
    const session = new SmtpClientSession();
    driveClient(
      session,
      [octets(HELLO)],
      (event) => {
        if (event.type === "greeting") session.ehlo("client.example.com");
      },
      false,
    );
    session.auth({ ...echo("all"), start });
    session.takeOutputPieces();
    then(session);
    session.timedOut();
    expect([...session].map(({ type }) => type)).toEqual(["auth", "closed"]);
    expect(session.waiting).toBe("closed");
    expect(() => session.proceed({ type: "failure", text: "" })).toThrow(StateError);
  });

  it("what comes while nothing is awaited is taken up to its limit", () => {
    const session = new SmtpClientSession({ maxPendingInput: 0 });
    expect([...session.receive(octets("220 mx\r\n"))].map(({ type }) => type)).toEqual(["greeting"]);
    expect(session.waiting).toBe("decision");
    expect(() => session.receive(octets("2"))).toThrow("with 0 octets unread while the application is to act");
  });

  it("a mechanism object that throws changes nothing", () => {
    const used = {
      ...echo(),
      start: () => {
        throw new StateError("start()", "after the end", "nothing");
      },
    };
    const found = auth("235 ok\r\n", echo("all"), {}, []);
    expect(found.output).toBe(`${SENT}AUTH ECHO YWxs\r\n`);
    const again = play(`${HELLO}235 ok\r\n`, [
      ehlo,
      (s) => {
        expect(() => s.auth(used)).toThrow(StateError);
        s.auth(echo("all"));
      },
    ]);
    expect(again.output).toBe(found.output);
  });

  it("a mechanism that gives up at once sends nothing", () => {
    const found = auth("", { ...echo(), start: () => ({ type: "failure", text: "no channel binding" }) }, {}, [
      (s) => s.noop(),
    ]);
    expect(authEvent(found)).toMatchObject({ ok: false, reply: null, text: "no channel binding" });
    expect(found.output).toBe(`${SENT}NOOP\r\n`);
  });

  it("[AUTH-4-25] needs a mechanism that is listed, unless forced, a name, and a place", () => {
    expect(() => auth("", echo(null, "OTHER"))).toThrow(
      "auth() with OTHER is not possible on a server not known to list it",
    );
    expect(() => auth("", echo(null, "A B"))).toThrow('"mechanism" expected');
    expect(auth("", echo("all", "other"), { force: true }).output).toBe(`${SENT}AUTH OTHER YWxs\r\n`);
    expect(() => play(`${HELLO}250 ok\r\n`, [ehlo, (s) => s.mail("a@b"), (s) => s.auth(echo())])).toThrow(
      'auth() is not possible in state "mail"',
    );
  });

  it("[AUTH-4-22] a security layer begins after the reply, and what was learnt before is forgotten", () => {
    const session = new SmtpClientSession();
    const layered = octets("\0\0\0\x02ok");
    let unread: Uint8Array[] = [];
    expect(() => session.beginSecurityLayer()).toThrow("beginSecurityLayer() is not possible other than");
    const begin = ({ type }: SmtpClientEvent) => {
      if (type === "greeting") session.ehlo("client.example.com");
      if (type === "ehlo") session.auth(echo("all"));
    };
    hear(session, HELLO, begin);
    session.receive(octets("235 ok\r\n\0\0")).receive(layered.subarray(2));
    for (const { type } of session) if (type === "auth") unread = session.beginSecurityLayer();
    expect([text(unread), session.capabilities, session.state, session.authenticated]).toEqual([
      ...[text(layered), null, "greeted", true],
    ]);
    expect(() => session.mail("a@b")).toThrow(StateError);
    session.takeOutputPieces();
    session.ehlo("client.example.com");
    expect(() => session.beginSecurityLayer()).toThrow(StateError);
    hear(session, HELLO.slice(HELLO.indexOf("\n") + 1));
    expect(() => session.auth(echo("all"))).toThrow("once authenticated");
    hear(session, "25");
    expect(() => session.beginSecurityLayer()).toThrow(StateError);
    session.noop();
    expect(() => session.beginSecurityLayer()).toThrow(StateError);
  });

  it("[AUTH-4-22] a security layer begins once, and only where no command was given after the exchange", () => {
    const authenticated = () => {
      const session = new SmtpClientSession();
      hear(session, `${HELLO}235 ok\r\n`, ({ type }) => {
        if (type === "greeting") session.ehlo("client.example.com");
        if (type === "ehlo") session.auth(echo("all"));
      });
      return session;
    };
    const session = authenticated();
    expect(session.beginSecurityLayer()).toEqual([]);
    expect(() => session.beginSecurityLayer()).toThrow("legal now: it right after a successful AUTH");
    const given = authenticated().noop();
    expect(() => given.beginSecurityLayer()).toThrow(StateError);
    hear(given, "250 ok\r\n");
    expect(() => given.beginSecurityLayer()).toThrow(StateError);
    const over = authenticated();
    over.timedOut();
    expect(() => over.beginSecurityLayer()).toThrow(StateError);
    const restored = SmtpClientSession.restore(structuredClone(authenticated().snapshot()));
    restored.receive(octets("\0\0"));
    expect([text(restored.beginSecurityLayer()), restored.capabilities]).toEqual(["\0\0", null]);
  });
});
