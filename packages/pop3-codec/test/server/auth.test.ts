import { encodeBase64 } from "dot-stuffing/session";
import { type Pop3ServerOptions, SASL_SERVICE } from "pop3-codec";
import { cramMd5Server, plainServer, type VerifyStep } from "sasl";
import { saslprep } from "sasl/saslprep";
import { byteByByte, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, no, outOfPlace, play, responses } from "../support.ts";

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
    ["[PAUTH-4-8] a cancellation", "AUTH ECHO\r\n*\r\nQUIT\r\n", "+ d2hhdD8=\r\n-ERR authentication failed\r\n+OK\r\n"],
    [
      "[PAUTH-4-10] a response that is not base64",
      "AUTH ECHO\r\n=\r\nQUIT\r\n",
      "+ d2hhdD8=\r\n-ERR authentication failed\r\n+OK\r\n",
    ],
    ["a refusal by the mechanism", "AUTH ECHO bm8=\r\n", "-ERR [AUTH] authentication failed\r\n"],
    ["a step that only the application knows", "AUTH ASK\r\n", "-ERR [AUTH] authentication failed\r\n"],
    [
      "a mechanism not offered, and malformed ones",
      "AUTH FOO\r\nAUTH ECHO =x\r\nAUTH ECHO a b\r\n",
      no(
        "the mechanism is not offered",
        "expected base64 or =",
        "expected a mechanism and at most one initial response",
      ),
    ],
    ["[POP3-Q-12] AUTH alone lists the mechanisms", "AUTH\r\n", "+OK\r\nECHO\r\nASK\r\n.\r\n"],
    [
      "[PAUTH-4-12] a response over the limit",
      `AUTH ECHO\r\n${"A".repeat(20_000)}\r\nQUIT\r\n`,
      "+ d2hhdD8=\r\n-ERR authentication failed\r\n+OK\r\n",
    ],
    [
      "[PAUTH-4-13] an AUTH longer than other commands",
      `AUTH ECHO ${"A".repeat(400)}\r\n`,
      "-ERR [AUTH] authentication failed\r\n",
    ],
  ])("%s", (_, input, expected) => {
    expect(auth(input)).toBe(expected);
  });

  it.each([
    ["whole", (bytes: Uint8Array) => [bytes]],
    ["byte by byte", byteByByte],
  ] as const)(
    "[PAUTH-4-21] lines belong to the exchange until its outcome, and are commands behind it, %s",
    (_, cut) => {
      const { events, output } = play(cut(octets("AUTH ECHO\r\n\r\neWVz\r\nSTAT\r\nQUIT\r\n")), {
        mechanisms: ["ECHO"],
      });
      expect(output).toBe("+OK\r\n+ d2hhdD8=\r\n+ \r\n+OK\r\n+OK 4 76\r\n+OK\r\n");
      expect(events.map(({ type }) => type)).toEqual(["connect", "auth", "authenticated", "stat", "quit", "closed"]);
      expect(play(cut(octets("AUTH ECHO\r\nSTAT\r\nUSER tim\r\n")), { mechanisms: ["ECHO"] }).output).toBe(
        "+OK\r\n+ d2hhdD8=\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n",
      );
    },
  );

  it.each([
    ["none", "AUTH ECHO\r\n", null],
    ["an empty one", "AUTH ECHO =\r\n", ""],
    ["octets", "AUTH ECHO AAEC\r\n", "\x00\x01\x02"],
  ])("[PAUTH-4-2] the mechanism is told what was sent with AUTH: %s", (_, input, expected) => {
    const { events } = play(input, { mechanisms: ["ECHO"] });
    const event = events.find(({ type }) => type === "auth") as { readonly initialResponse: Uint8Array | null };
    expect(event.initialResponse && text(event.initialResponse)).toBe(expected);
    expect(JSON.stringify(event)).toBe('{"type":"auth","mechanism":"ECHO","secret":true,"answer":"needed"}');
  });

  const real = (input: string) =>
    play(input, { mechanisms: ["CRAM-MD5", "PLAIN"] }, (session, event) => {
      if (event.type === "auth") session.authenticate(event.mechanism === "PLAIN" ? plainServer() : cramMd5Server());
      else if (event.type === "sasl") {
        const { authenticationIdentity } = event.step as VerifyStep;
        session.proceed({ type: "success", authenticationIdentity, authorizationIdentity: "tim", data: null });
      } else answer(session, event);
    }).output;

  it("[PAUTH-4-3] an initial response for a mechanism that speaks first is -ERR", () => {
    expect(real("AUTH CRAM-MD5 eWVz\r\nSTAT\r\n")).toBe(
      `+OK\r\n${no("[AUTH] authentication failed")}${outOfPlace("STAT")}`,
    );
    expect(real("AUTH CRAM-MD5 =\r\n")).toBe(`+OK\r\n${no("[AUTH] authentication failed")}`);
    expect(real("AUTH CRAM-MD5\r\n")).toMatch(/^\+OK\r\n\+ [A-Za-z0-9+/=]+\r\n$/);
  });

  it("[PAUTH-4-4] a mechanism whose client speaks first is begun with + and a space", () => {
    expect(real("AUTH PLAIN\r\nAHRpbQB4\r\nSTAT\r\n")).toBe("+OK\r\n+ \r\n+OK\r\n+OK 4 76\r\n");
  });

  it("[PAUTH-4-17] an authorization identity that cannot be taken fails the login", () => {
    // In front of the first NUL stands an octet that is no UTF-8.
    expect(real("AUTH PLAIN /wB0aW0AeA==\r\nSTAT\r\n")).toBe(
      `+OK\r\n${no("[AUTH] authentication failed")}${outOfPlace("STAT")}`,
    );
  });

  /** What becomes of PLAIN with an authorization identity, its name and password right. */
  const plain = (identity: string, prepare: Pop3ServerOptions["prepare"]) => {
    const message = encodeBase64(new TextEncoder().encode(`${identity}\0tim\0x`));
    const { events, output } = play(
      `AUTH PLAIN ${message}\r\nSTAT\r\n`,
      { mechanisms: ["PLAIN"], ...(prepare && { prepare }) },
      (session, event) => {
        if (event.type === "auth") session.authenticate(plainServer({ prepare: saslprep }));
        else if (event.type === "sasl") session.proceed((event.mechanism as ReturnType<typeof plainServer>).accept());
        else answer(session, event);
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
    "[PAUTH-4-17] an authorization identity that cannot be prepared, or is empty then, fails the login: %s",
    (_, identity) => {
      const { output, who, events } = plain(identity, saslprep);
      expect(output).toBe(`+OK\r\n${no("[AUTH] authentication failed")}${outOfPlace("STAT")}`);
      expect(who).toBe(undefined);
      expect(events.slice(3, 5)).toEqual([
        {
          ...{ type: "authentication-failed", cause: "refused" },
          ...{ text: "the authorization identity cannot be prepared", answer: "default" },
        },
        { type: "login-failed", failures: 1, delay: 2, answer: "none" },
      ]);
      expect(plain(identity, undefined).who).toMatchObject({ authorizationIdentity: identity });
    },
  );

  it("[PAUTH-4-17] one that can be prepared is compared so; one that was sent empty is the name", () => {
    expect(plain("\u00aa\u2168", saslprep).who).toMatchObject({ authorizationIdentity: "aIX" });
    expect(plain("", saslprep)).toMatchObject({
      who: { authorizationIdentity: "tim" },
      output: "+OK\r\n+OK\r\n+OK 4 76\r\n",
    });
  });

  it("[PAUTH-4-18] the service that mechanisms are told is pop", () => {
    expect(SASL_SERVICE).toBe("pop");
  });

  it("[PAUTH-4-19] mechanisms that send a password are neither announced nor taken without TLS", () => {
    const options = { plaintextWithoutTls: false, mechanisms: ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER", "ECHO"] };
    const input = "AUTH\r\nAUTH PLAIN AHRpbQB4\r\nAUTH XOAUTH2\r\nAUTH ECHO eWVz\r\n";
    expect(responses(input, options)).toBe(`+OK\r\nECHO\r\n.\r\n${no("[AUTH] TLS comes first").repeat(2)}+OK\r\n`);
    const binding = { mechanisms: ["SCRAM-SHA-256-PLUS", "ECHO"] };
    expect(responses("AUTH\r\nAUTH SCRAM-SHA-256-PLUS\r\n", binding)).toBe(
      `+OK\r\nECHO\r\n.\r\n${no("[AUTH] TLS comes first")}`,
    );
    expect(responses("AUTH\r\nAUTH PLAIN eWVz\r\n", { ...options, tls: true })).toBe(
      "+OK\r\nPLAIN\r\nLOGIN\r\nXOAUTH2\r\nOAUTHBEARER\r\nECHO\r\n.\r\n+OK\r\n",
    );
  });

  it.each([
    [
      "[PAUTH-1734.3-1] one space alone separates",
      "AUTH  ECHO\r\nAUTH\tECHO\r\n",
      no("expected a mechanism and at most one initial response", "expected printable ASCII"),
    ],
    [
      "[PAUTH-4-1] a name of more than 20 characters, and others outside the grammar",
      `AUTH ${"A".repeat(21)}\r\nAUTH A.B\r\n`,
      no("expected a mechanism and at most one initial response").repeat(2),
    ],
    [
      "[PAUTH-4-8] ** and a space behind * do not cancel",
      "AUTH ECHO\r\n**\r\nAUTH ECHO\r\n* \r\n",
      `+ d2hhdD8=\r\n${no("authentication failed")}`.repeat(2),
    ],
    [
      "[PAUTH-4-9] base64 is strict",
      "AUTH ECHO Zg\r\nAUTH ECHO Zh==\r\nAUTH ECHO =AAA\r\nAUTH ECHO\r\nAAA=BBB\r\n",
      `${no("expected base64 or =").repeat(3)}+ d2hhdD8=\r\n${no("authentication failed")}`,
    ],
    [
      "[PAUTH-4-16] success enters TRANSACTION, where no login is taken",
      "AUTH ECHO eWVz\r\nAUTH ECHO\r\nUSER a\r\nPASS b\r\nNOOP\r\n",
      `+OK\r\n${outOfPlace("AUTH", "USER", "PASS")}+OK\r\n`,
    ],
    [
      "[POP3-3-1] a bare LF in a response ends the exchange",
      "AUTH ECHO\r\ne\nW\r\nQUIT\r\n",
      `+ d2hhdD8=\r\n${no("authentication failed")}+OK\r\n`,
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
      no("AUTH expected a mechanism"),
    );
  });
});
