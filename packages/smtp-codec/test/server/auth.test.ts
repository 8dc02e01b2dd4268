import { encodeBase64 } from "dot-stuffing/session";
import { plainServer } from "sasl";
import { saslprep } from "sasl/saslprep";
import { type SmtpServerOptions, SmtpServerSession, StateError } from "smtp-codec";
import { drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, fake, MAIL, play, RCPT, replies } from "../support.ts";
import { greeted, OUT_OF_PLACE } from "./support.ts";

const SERVER_FIRST = "501 5.7.0 the mechanism begins with a challenge\r\n";

describe("AUTH", () => {
  const auth = (input: string, options: Partial<SmtpServerOptions> = {}) =>
    greeted(input, { mechanisms: ["ECHO", "ASK", "CRAM-MD5"], ...options });
  it.each([
    ["[AUTH-4-6] an initial response", "AUTH echo eWVz\r\n", "235 2.7.0 authentication succeeded\r\n"],
    [
      "[AUTH-4-8] a challenge, and an empty one",
      "AUTH ECHO\r\n\r\neWVz\r\n",
      "334 d2hhdD8=\r\n334 \r\n235 2.7.0 authentication succeeded\r\n",
    ],
    [
      "[AUTH-4-6] an empty initial response",
      "AUTH ECHO =\r\neWVz\r\n",
      "334 \r\n235 2.7.0 authentication succeeded\r\n",
    ],
    [
      "[SASL-3-4] final data is one more challenge",
      "AUTH ECHO ZGF0YQ==\r\n\r\n",
      "334 cHJvb2Y=\r\n235 2.7.0 authentication succeeded\r\n",
    ],
    [
      "[SASL-3-4] an answer to final data",
      "AUTH ECHO ZGF0YQ==\r\neWVz\r\n",
      "334 cHJvb2Y=\r\n535 5.7.8 authentication failed\r\n",
    ],
    [
      "[AUTH-4-20] an initial response where the server speaks first",
      "AUTH CRAM-MD5 eWVz\r\nAUTH CRAM-MD5 =\r\nAUTH CRAM-MD5\r\neWVz\r\n",
      `${SERVER_FIRST}${SERVER_FIRST}334 d2hhdD8=\r\n235 2.7.0 authentication succeeded\r\n`,
    ],
    [
      "[AUTH-4-12] a cancellation",
      "AUTH ECHO\r\n*\r\nNOOP\r\n",
      "334 d2hhdD8=\r\n501 5.7.0 authentication cancelled\r\n250 2.0.0 ok\r\n",
    ],
    [
      "[AUTH-4-13] a response that is not base64",
      "AUTH ECHO\r\n=\r\nNOOP\r\n",
      "334 d2hhdD8=\r\n501 5.5.2 response is not base64\r\n250 2.0.0 ok\r\n",
    ],
    [
      "a response with a bare LF",
      "AUTH ECHO\r\neW\nVz\r\nNOOP\r\n",
      "334 d2hhdD8=\r\n501 5.5.2 response is not base64\r\n250 2.0.0 ok\r\n",
    ],
    [
      "[AUTH-4-17] a response over the limit",
      `AUTH ECHO\r\n${"A".repeat(20_000)}\r\nNOOP\r\n`,
      "334 d2hhdD8=\r\n500 5.5.6 response too long\r\n250 2.0.0 ok\r\n",
    ],
    ["a refusal by the mechanism", "AUTH ECHO bm8=\r\n", "535 5.7.8 authentication failed\r\n"],
    ["a step that only the application knows", "AUTH ASK\r\n", "535 5.7.8 authentication failed\r\n"],
    [
      "[AUTH-4-5] no mechanism, or one not offered",
      "AUTH\r\nAUTH FOO\r\nAUTH A!B\r\n",
      "501 5.5.4 AUTH expected a mechanism\r\n504 5.5.4 mechanism not offered\r\n501 5.5.4 expected the name of a mechanism and at most one initial response\r\n",
    ],
    [
      "an initial response that is not base64",
      "AUTH ECHO !\r\nAUTH ECHO a b\r\n",
      "501 5.5.2 expected base64 or =\r\n501 5.5.4 expected the name of a mechanism and at most one initial response\r\n",
    ],
    [
      "[AUTH-4-3] AUTH after success",
      "AUTH ECHO eWVz\r\nAUTH ECHO\r\nRSET\r\nAUTH ECHO\r\n",
      `235 2.7.0 authentication succeeded\r\n${OUT_OF_PLACE}250 2.0.0 ok\r\n${OUT_OF_PLACE}`,
    ],
    [
      "[AUTH-4-4] AUTH inside a transaction",
      `${MAIL}AUTH ECHO\r\n${RCPT}`,
      `250 2.1.0 sender ok\r\n${OUT_OF_PLACE}250 2.1.5 recipient ok\r\n`,
    ],
    [
      "[AUTH-4-19] an AUTH longer than other commands",
      `AUTH ECHO ${"A".repeat(1000)}\r\n`,
      "535 5.7.8 authentication failed\r\n",
    ],
    [
      "[AUTH-5-1] MAIL with AUTH=",
      "MAIL FROM:<a@b> AUTH=e+3Dmc2@example.com\r\nRSET\r\nMAIL FROM:<a@b> AUTH=<>\r\nRSET\r\nMAIL FROM:<a@b> AUTH=x\r\n",
      "250 2.1.0 sender ok\r\n250 2.0.0 ok\r\n250 2.1.0 sender ok\r\n250 2.0.0 ok\r\n501 5.5.4 expected a mailbox in xtext, or <>\r\n",
    ],
  ])("%s", (_, input, expected) => {
    expect(auth(input)).toBe(expected);
  });

  it.each([
    ["is cancelled", "*", "cancelled"],
    ["is not base64", "=", "malformed"],
    ["has a response over the limit", "A".repeat(20_000), "malformed"],
    ["the mechanism refuses", "bm8=", "refused"],
  ])("an exchange that %s ends by an event that says so", (_, response, cause) => {
    const { events } = play(`${EHLO}AUTH ECHO\r\n${response}\r\n`, { mechanisms: ["ECHO"] });
    expect(events.filter(({ type }) => type === "authentication-failed")).toMatchObject([{ cause }]);
  });

  it("[AUTH-4-20] which mechanisms the server speaks first in is the application's to say", () => {
    expect(auth("AUTH ECHO eWVz\r\n", { serverFirstMechanisms: ["echo"] })).toBe(SERVER_FIRST);
    const taken = "235 2.7.0 authentication succeeded\r\n";
    expect(auth("AUTH CRAM-MD5 eWVz\r\n", { serverFirstMechanisms: [] })).toBe(taken);
    expect(() => auth("", { serverFirstMechanisms: ["a b"] })).toThrow('"serverFirstMechanisms" expected names');
  });

  it("[AUTH-4-22] a security layer begins after 235, and what was learnt before is forgotten but who the client is", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", mechanisms: ["ECHO"] });
    const layered = octets("\0\0\0\x02\r\n");
    const states: string[] = [];
    let unread: Uint8Array[] = [];
    expect(() => session.beginSecurityLayer()).toThrow("beginSecurityLayer() is not possible other than");
    session.receive(octets(`${EHLO}AUTH ECHO eWVz\r\n\0\0\0`)).receive(layered.subarray(3));
    for (const event of session) {
      if (event.type === "auth") session.authenticate(fake("ECHO"));
      if (event.type !== "authenticated") continue;
      expect(() => session.beginSecurityLayer()).toThrow(StateError);
      session.accept();
      unread = session.beginSecurityLayer();
      states.push(session.state);
    }
    expect([text(unread), states, session.authenticated]).toEqual([text(layered), ["greeted"], true]);
    expect(text(session.takeOutputPieces())).toMatch(/\r\n235 2\.7\.0 authentication succeeded\r\n$/);
    const rest = `${MAIL}${EHLO}AUTH ECHO\r\n`;
    const { output } = drive(session, [octets(rest)], (event) => accept(session, event), false);
    expect(output.replace(/250.*\r\n/g, "")).toBe(OUT_OF_PLACE + OUT_OF_PLACE);
    for (const _ of session.receive(octets("NO")));
    expect(() => session.beginSecurityLayer()).toThrow(StateError);
  });

  it("[AUTH-4-22] a security layer begins once, and only where nothing was read after the exchange", () => {
    const authenticated = (behind: string) => {
      const session = new SmtpServerSession({ host: "mx.example.com", mechanisms: ["ECHO"] });
      for (const event of session.receive(octets(`${EHLO}AUTH ECHO\r\neWVz\r\n${behind}`))) {
        if (event.type === "authenticated") break;
        accept(session, event);
      }
      session.accept();
      return session;
    };
    const session = authenticated("");
    expect(session.beginSecurityLayer()).toEqual([]);
    expect(() => session.beginSecurityLayer()).toThrow(
      "beginSecurityLayer() is not possible other than at the end of AUTH; legal now: it right after a successful AUTH",
    );
    const late = authenticated("NOOP\r\nNO");
    expect([...late].map(({ type }) => type)).toEqual(["noop"]);
    expect(() => late.beginSecurityLayer()).toThrow(StateError);
    const over = authenticated("");
    over.shutdown();
    expect(() => over.beginSecurityLayer()).toThrow(StateError);
    const rejected = play(`${EHLO}AUTH ECHO eWVz\r\n`, { mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type !== "authenticated") return accept(session, event);
      session.reject();
      expect(() => session.beginSecurityLayer()).toThrow(StateError);
    });
    expect(rejected.output).toContain("535 5.7.8");
  });

  it("[AUTH-4-22] a session that was restored begins a security layer as well, and forgets what XCLIENT and XFORWARD said", () => {
    const options: SmtpServerOptions = {
      ...{ host: "mx.example.com", mechanisms: ["ECHO"], xclient: ["NAME"], xforward: ["ADDR", "NAME"] },
    };
    const session = new SmtpServerSession(options);
    const before = `${EHLO}XCLIENT NAME=a.example\r\n${EHLO}XFORWARD ADDR=192.0.2.1\r\nAUTH ECHO eWVz\r\n\0\0`;
    for (const event of session.receive(octets(before))) {
      if (event.type === "authenticated") break;
      accept(session, event);
    }
    session.accept();
    const restored = SmtpServerSession.restore(structuredClone(session.snapshot()), options);
    expect(text(restored.beginSecurityLayer())).toBe("\0\0");
    const rest = octets(`${EHLO}XFORWARD NAME=b.example\r\n${MAIL}RSET\r\nXCLIENT NAME=b.example\r\n`);
    const { events } = drive(restored, [rest], (event) => accept(restored, event), false);
    const said = events.flatMap<unknown>((event) =>
      event.type === "mail" ? [event.forwarded] : event.type === "xclient" ? [event.attributes] : [],
    );
    expect(said).toEqual([[{ name: "NAME", value: "b.example" }], [{ name: "NAME", value: "b.example" }]]);
  });

  it("[AUTH-3-2] plaintext mechanisms are neither listed nor taken without TLS", () => {
    const options = { mechanisms: ["PLAIN", "LOGIN", "CRAM-MD5"], starttls: true };
    expect(replies(`${EHLO}AUTH PLAIN AHRpbQB4\r\n`, options)).toMatch(
      /250-AUTH CRAM-MD5\r\n[\s\S]*504 5\.5\.4 mechanism not offered\r\n$/,
    );
    expect(replies(EHLO, { ...options, tls: true })).toContain("250-AUTH PLAIN LOGIN CRAM-MD5\r\n");
    expect(replies(EHLO, { mechanisms: ["PLAIN"] })).not.toContain("AUTH");
    expect(
      replies(`${EHLO}AUTH ECHO ${"A".repeat(600)}\r\n`, {
        mechanisms: ["ECHO"],
        leniencies: { longAuthCommand: false },
      }),
    ).toMatch(/500 5\.5\.2 line too long\r\n$/);
  });

  it("mechanisms that bind the channel are neither listed nor taken without TLS", () => {
    const options = { mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"], plaintextMechanismsWithoutTls: true };
    const output = replies(`${EHLO}AUTH SCRAM-SHA-256-PLUS\r\n`, options);
    expect(output).toContain("250-AUTH SCRAM-SHA-256\r\n");
    expect(output).toMatch(/\r\n504 .*\r\n$/);
    expect(replies(EHLO, { ...options, tls: true })).toContain("250-AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256\r\n");
  });

  it("a mechanism object that throws changes nothing: another can be given", () => {
    const { output } = play(`${EHLO}AUTH ECHO eWVz\r\n`, { mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type !== "auth") return;
      const used = {
        ...fake("ECHO"),
        next: () => {
          throw new StateError("next()", "after the end", "nothing");
        },
      };
      expect(() => session.authenticate(used)).toThrow(StateError);
      session.authenticate(fake("ECHO"));
    });
    expect(output.endsWith("235 2.7.0 authentication succeeded\r\n")).toBe(true);
  });

  /** What becomes of PLAIN with an authorization identity, its name and password right. */
  const plain = (identity: string, options: Partial<SmtpServerOptions>) => {
    const message = encodeBase64(new TextEncoder().encode(`${identity}\0tim\0x`));
    const { events, output } = play(
      `${EHLO}AUTH PLAIN ${message}\r\n`.repeat(3),
      { ...{ mechanisms: ["PLAIN"], tls: true, maxAuthFailures: 3 }, ...options },
      (session, event) => {
        if (event.type === "auth") session.authenticate(plainServer({ prepare: saslprep }));
        else if (event.type === "sasl") session.proceed((event.mechanism as ReturnType<typeof plainServer>).accept());
        else accept(session, event);
      },
    );
    return { output, who: events.find(({ type }) => type === "authenticated"), events };
  };

  it.each([
    ["a control character", "a\x07b"],
    ["what maps to nothing", "\u00ad"],
    ["a code point for private use", "\ue000"],
    ["both directions", "\u0627a"],
  ])(
    "an authorization identity that cannot be prepared, or is empty then, fails the authentication: %s",
    (_, identity) => {
      const { output, who, events } = plain(identity, { prepare: saslprep });
      expect(who).toBe(undefined);
      expect(output.replace(/^2.*\r\n/gm, "")).toBe(
        `${"535 5.7.8 authentication failed\r\n".repeat(3)}421 4.7.0 mx.example.com too many failed authentications\r\n`,
      );
      expect(events.find(({ type }) => type === "authentication-failed")).toMatchObject({
        ...{ cause: "refused", text: "the authorization identity cannot be prepared" },
      });
      expect(plain(identity, {}).who).toMatchObject({ authorizationIdentity: identity });
    },
  );

  it("an authorization identity that can be prepared is compared so; one that was sent empty is the name", () => {
    expect(plain("\u00aa\u2168", { prepare: saslprep }).who).toMatchObject({ authorizationIdentity: "aIX" });
    expect(plain("", { prepare: saslprep }).who).toMatchObject({ authorizationIdentity: "tim" });
    expect(() => plain("", { prepare: "saslprep" as never })).toThrow(
      new TypeError('"prepare" expected a function, got string'),
    );
  });

  it("can be refused before it begins, and ends with the connection", () => {
    const refused = play(`${EHLO}AUTH ECHO\r\n`, { mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type === "auth") session.reject({ code: 454, enhanced: "4.7.0", text: "later" });
    });
    expect(refused.output.endsWith("454 4.7.0 later\r\n")).toBe(true);
    expect(play(`${EHLO}AUTH ECHO\r\n`, { mechanisms: ["ECHO"] }).events.at(-1)).toMatchObject({
      type: "closed",
      cause: "end-of-input",
    });
    const late = play(`${EHLO}AUTH ECHO eWVz\r\nAUTH ECHO eWVz\r\n`, { mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type === "authenticated") session.reject("locked");
      else accept(session, event);
    });
    expect(late.output.endsWith("535 5.7.8 locked\r\n535 5.7.8 locked\r\n")).toBe(true);
  });

  it("[AUTH-4-28] initial responses are in no JSON form of events", () => {
    const event = play(`${EHLO}AUTH ECHO c2VjcmV0\r\n`, { mechanisms: ["ECHO"] }).events.find(
      ({ type }) => type === "auth",
    );
    expect(text((event as { readonly initialResponse: Uint8Array }).initialResponse)).toBe("secret");
    expect(JSON.stringify(event)).toBe('{"type":"auth","mechanism":"ECHO","secret":true,"answer":"needed"}');
  });

  it("[AUTH-6-3] requireAuth lets little through before AUTH", () => {
    const options = { mechanisms: ["ECHO"], requireAuth: true };
    expect(greeted(`${MAIL}VRFY x\r\nNOOP\r\nRSET\r\nAUTH ECHO eWVz\r\n${MAIL}`, options)).toBe(
      `${"530 5.7.0 authentication required\r\n".repeat(2)}250 2.0.0 ok\r\n250 2.0.0 ok\r\n235 2.7.0 authentication succeeded\r\n250 2.1.0 sender ok\r\n`,
    );
  });
});
