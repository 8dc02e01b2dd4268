import { inspect } from "node:util";
import fc from "fast-check";
import {
  type OauthBearerServerOptions,
  oauthBearerClient,
  oauthBearerServer,
  pickMechanism,
  type ServerStep,
  StateError,
  scramClient,
  scramServer,
  scramSha256,
} from "sasl";
import { describe, expect, it } from "vitest";
import { credential, octets, runs, sent, text, toBase64, utf8, vectors } from "./support.ts";

const rows = vectors("oauthbearer");
const row = (id: string) => rows.find((each) => each.id === id)!;
const TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

/** What a server says to a message. */
function asked(message: string | Uint8Array, options: OauthBearerServerOptions = {}): ServerStep {
  return oauthBearerServer(options).next(typeof message === "string" ? utf8(message) : message);
}

/** The token, hidden as it is, that a server asks about. */
const tokenOf = (step: ServerStep) => (step.type === "verify-token" ? step.token : step);

const malformed = { type: "failure", reason: "malformed-message" };

/** A client that has heard this challenge after its message. */
function refused(challenge: string | Uint8Array) {
  const client = oauthBearerClient({ token: "x" });
  client.start();
  const answer = client.next(typeof challenge === "string" ? utf8(challenge) : challenge);
  return { client, answer };
}

describe("vectors", () => {
  const wire = ({ inputs }: (typeof rows)[number]) =>
    oauthBearerClient({
      token: inputs.token || null,
      ...(inputs.authzid ? { authorizationIdentity: inputs.authzid } : {}),
      ...(inputs.host ? { host: inputs.host } : {}),
      ...(inputs.port ? { port: inputs.port } : {}),
    });

  it.each(["oauthbearer-rfc7628-imap", "oauthbearer-rfc7628-smtp"])("[OAB-3.1-1] [OAB-3.2-2] %s", (id) => {
    const { inputs, messages, outputs } = row(id);
    const client = wire(row(id));
    const step = client.start();
    expect(sent(step)).toBe(messages![0]!.text);
    expect(toBase64(step.type === "response" ? step.bytes : null)).toBe(outputs.wireBase64![0]);
    const server = oauthBearerServer({ host: inputs.host!, port: inputs.port! });
    const question = server.next(octets(messages![0]));
    expect(question).toEqual({
      type: "verify-token",
      secret: true,
      authenticationIdentity: null,
      authorizationIdentity: inputs.authzid,
      host: inputs.host,
      port: inputs.port,
    });
    expect(tokenOf(question)).toBe(inputs.token);
    expect(server.accept("user")).toEqual({
      type: "authorize",
      authenticationIdentity: "user",
      authorizationIdentity: "user@example.com",
    });
    expect(server.accept()).toEqual({
      type: "success",
      authenticationIdentity: "user",
      authorizationIdentity: "user@example.com",
      data: null,
    });
    expect(client.finish()).toEqual({ type: "success", serverProved: false });
    expect(client.refusal).toBeNull();
  });

  it.each(["oauthbearer-rfc7628-failure", "oauthbearer-rfc7628-failure-cancel"])(
    "[OAB-3.1-4] [OAB-3.2.3-1] %s: the error document is asked for, sent, read and answered",
    (id) => {
      const { messages, outputs } = row(id);
      const client = wire(row(id));
      const first = client.start();
      expect(sent(first)).toBe(messages![0]!.text);
      expect(toBase64(first.type === "response" ? first.bytes : null)).toBe(outputs.wireBase64![0]);

      const server = oauthBearerServer({
        scope: outputs.error!["scope"]!,
        openidConfiguration: outputs.error!["openid-configuration"]!,
      });
      const challenge = server.next(octets(messages![0]));
      expect(challenge).toEqual({ type: "challenge", bytes: octets(messages![1]) });
      expect(toBase64(octets(messages![1]))).toBe(outputs.wireBase64![1]);

      expect(sent(client.next(octets(messages![1])))).toBe("\x01");
      expect(client.refusal).toEqual({
        status: "invalid_token",
        scope: "example_scope",
        openidConfiguration: outputs.error!["openid-configuration"],
        schemes: null,
        bytes: octets(messages![1]),
      });
      expect(server.next(utf8("\x01"))).toMatchObject({ type: "failure", reason: "no-credentials" });
    },
  );

  it("[OAB-3.2.2-2] oauthbearer-rfc7628-smtp-failure: its document is read, its first message is no GS2 header", () => {
    const { messages, outputs } = row("oauthbearer-rfc7628-smtp-failure");
    expect(asked(octets(messages![0]))).toMatchObject(malformed);
    const { client, answer } = refused(octets(messages![1]));
    expect(sent(answer)).toBe(messages![2]!.text);
    expect(client.refusal).toMatchObject({ ...outputs.error, openidConfiguration: null });
  });

  it.each(rows.filter(({ outputs }) => outputs.valid === true))("[OAB-3.1-3] $id", ({ messages, outputs }) => {
    const step = asked(octets(messages![0]));
    expect(step).toMatchObject({ authorizationIdentity: outputs.authzid ?? null, host: null, port: null });
    expect(tokenOf(step)).toBe(outputs.token);
  });

  it.each(rows.filter(({ outputs }) => outputs.valid === false))("[OAB-3.1-3] [OAB-3.1-5] $id", ({ messages }) => {
    expect(asked(octets(messages![0]))).toMatchObject(malformed);
  });

  it("are all run", () => {
    const named = rows.filter(({ id, outputs }) => id.startsWith("oauthbearer-rfc7628") || outputs.valid !== undefined);
    expect(named).toHaveLength(14);
    expect(rows).toHaveLength(14);
  });
});

describe("client", () => {
  it.each([
    [{}, "n,,\x01auth=Bearer x\x01\x01"],
    [{ authorizationIdentity: "" }, "n,,\x01auth=Bearer x\x01\x01"],
    [{ authorizationIdentity: "a,b=c" }, "n,a=a=2Cb=3Dc,\x01auth=Bearer x\x01\x01"],
    [{ authorizationIdentity: "j\u00fc\u00ad" }, "n,a=j\u00fc\u00ad,\x01auth=Bearer x\x01\x01"],
    [{ host: "mail.example.com" }, "n,,\x01host=mail.example.com\x01auth=Bearer x\x01\x01"],
    [{ port: 1 }, "n,,\x01port=1\x01auth=Bearer x\x01\x01"],
    [{ host: "h", port: 65_535 }, "n,,\x01host=h\x01port=65535\x01auth=Bearer x\x01\x01"],
  ])("[OAB-3.1-1] %j sends %j", (options, message) => {
    expect(sent(oauthBearerClient({ token: "x", ...options }).start())).toBe(message);
  });

  it.each([
    [{ token: "" }, new RangeError('"token" expected printable ASCII without space')],
    [{ token: "a b" }, new RangeError('"token" expected printable ASCII without space')],
    [{ token: "a\x01" }, new RangeError('"token" expected printable ASCII without space')],
    [{ token: "\u00e4" }, new RangeError('"token" expected printable ASCII without space')],
    [{ token: 5 }, new TypeError('"token" expected a string, got number')],
    [{ host: "" }, new RangeError('"host" expected a host name in ASCII')],
    [{ host: "a\x01auth=Bearer y" }, new RangeError('"host" expected a host name in ASCII')],
    [{ host: "\u00e4" }, new RangeError('"host" expected a host name in ASCII')],
    [{ port: 0 }, new RangeError('"port" expected a whole number from 1 to 65535')],
    [{ port: 65_536 }, new RangeError('"port" expected a whole number from 1 to 65535')],
    [{ port: 1.5 }, new RangeError('"port" expected a whole number from 1 to 65535')],
    [{ port: "25" }, new RangeError('"port" expected a whole number from 1 to 65535')],
    [{ authorizationIdentity: "a\0" }, new RangeError('"authorizationIdentity" expected no NUL')],
    [{ authorizationIdentity: "a\x01auth=Bearer y" }, new RangeError('"authorizationIdentity" expected no %x01')],
    [{ authorizationIdentity: "\ud800" }, new RangeError('"authorizationIdentity" expected no unpaired surrogate')],
  ])("[OAB-3.1-2] %j is refused", (options, error) => {
    // @ts-expect-error some are of another type
    expect(() => oauthBearerClient({ token: "x", ...options })).toThrow(error);
  });

  it.each([
    ['{"status":"invalid_token"}', { status: "invalid_token", scope: null, openidConfiguration: null }],
    [
      '{"status":401,"scope":["a"],"openid-configuration":null}',
      { status: null, scope: null, openidConfiguration: null },
    ],
    [' {"scope":"a b"}\n', { status: null, scope: "a b" }],
    ['{"__proto__":{"status":"x"},"constructor":1}', { status: null }],
    ["{", { status: null, scope: null, openidConfiguration: null, schemes: null }],
    ["[]", { status: null }],
    ["null", { status: null }],
    ["5", { status: null }],
    ['"status"', { status: null }],
    ["[".repeat(9000), { status: null }],
    ['{"status":'.repeat(900), { status: null }],
    [Uint8Array.of(0x7b, 0xff, 0x7d), { status: null }],
  ])("[OAB-3.2.3-1] [OAB-3.2.2-2] the challenge %j is answered by %%x01 and reported", (challenge, refusal) => {
    const { client, answer } = refused(challenge);
    expect(sent(answer)).toBe("\x01");
    expect(client.refusal).toMatchObject(refusal);
    expect(client.refusal?.bytes).toEqual(typeof challenge === "string" ? new Uint8Array(utf8(challenge)) : challenge);
    client.abort();
    expect(client.refusal).toMatchObject(refusal);
  });

  it("[SASL-3-1] [OAB-3.2.3-1] a first challenge that is empty asks for the message, and the next one refuses it", () => {
    for (const document of ["", '{"status":"invalid_token"}']) {
      const client = oauthBearerClient({ token: "x" });
      client.start();
      expect(sent(client.next(utf8("")))).toBe("n,,\x01auth=Bearer x\x01\x01");
      expect(client.refusal).toBeNull();
      expect(sent(client.next(utf8(document)))).toBe("\x01");
      expect(text(client.refusal?.bytes)).toBe(document);
      expect(client.finish()).toMatchObject({ type: "failure", reason: "incomplete" });
    }
  });

  it("[OAB-3.2.3-1] after a refusal a success is not believed, and a second challenge fails", () => {
    expect(refused('{"status":"invalid_token"}').client.finish()).toMatchObject({
      type: "failure",
      reason: "incomplete",
    });
    expect(sent(refused("{}").client.next(utf8("{}")))).toBe("failure: unexpected-challenge");
  });

  it("[OAB-3.2.2-2] what is reported is a copy, and stays when the caller's octets change", () => {
    const challenge = utf8('{"status":"invalid_token"}');
    const { client } = refused(challenge);
    challenge.fill(0);
    expect(text(client.refusal?.bytes)).toBe('{"status":"invalid_token"}');
  });

  it("[OAB-3-1] is marked as revealing a token", () => {
    expect(oauthBearerClient({ token: "x" }).traits.revealsPassword).toBe(true);
    expect(oauthBearerServer().traits.revealsPassword).toBe(true);
  });

  it("[OAB-3-1] is not picked without TLS", () => {
    const client = oauthBearerClient({ token: "x" });
    expect(pickMechanism(["OAUTHBEARER"], [client], { tls: true }).mechanism).toBe(client);
    expect(pickMechanism(["OAUTHBEARER"], [client], { tls: false })).toEqual({
      mechanism: null,
      refused: [{ name: "OAUTHBEARER", reason: expect.stringContaining("there is no TLS") }],
    });
  });
});

describe("server", () => {
  it.each([
    ["n,,\x01auth=Bearer x\x01\x01", null],
    ["y,,\x01auth=Bearer x\x01\x01", null],
    ["n,a=j\u00fc,\x01auth=Bearer x\x01\x01", "j\u00fc"],
    ["n,a=a\x01b,\x01auth=Bearer x\x01\x01", "a\x01b"],
    ["n,,\x01auth=bearer   x\x01\x01", null],
    ["n,,\x01host=\x01auth=Bearer x\x01\x01", null],
    ["n,,\x01mthd=GET\x01path=/\x01post=\x01qs=a=b&c\x01auth=Bearer x\x01\x01", null],
    ["n,,\x01x=1\x01x=2\x01auth=Bearer x\x01\x01", null],
    ["n,,\x01Auth=Bearer y\x01auth=Bearer x\x01x=\t\r\n\x01\x01", null],
  ])("[OAB-3.1-3] [OAB-3.1-4] %j has a token", (message, authorizationIdentity) => {
    const step = asked(message);
    expect(step).toMatchObject({ type: "verify-token", authenticationIdentity: null, authorizationIdentity });
    expect(tokenOf(step)).toBe("x");
  });

  it("[OAB-3.1-3] as many pairs as no limit forbids need no stack", () => {
    const message = `n,,\x01${"a=b\x01".repeat(4e6)}auth=Bearer x\x01\x01`;
    expect(asked(message, { maxMessageLength: Number.POSITIVE_INFINITY }).type).toBe("verify-token");
  });

  it.each(["p=tls-unique,,\x01auth=Bearer x\x01\x01"])("[OAB-3.1-3] the flag p in %j fails", (message) => {
    expect(asked(message)).toMatchObject({ type: "failure", reason: "channel-binding-unsupported" });
  });

  it.each([
    "",
    "\x01",
    "n,,",
    "n,,\x01",
    "n,,\x01\x01",
    "n,\x01auth=Bearer x\x01\x01",
    "F,n,,\x01auth=Bearer x\x01\x01",
    "n,a=,\x01auth=Bearer x\x01\x01",
    "n,a=a=2c,\x01auth=Bearer x\x01\x01",
    "n,,auth=Bearer x\x01\x01",
    "n,,\x01auth=Bearer x\x01",
    "n,,\x01auth=Bearer x",
    "n,,\x01auth=Bearer x\x01\x01\x01",
    "n,,\x01auth=Bearer x\x01\x01n",
    "n,,\x01\x01auth=Bearer x\x01\x01",
    "n,,\x01auth\x01\x01",
    "n,,\x01=Bearer x\x01\x01",
    "n,,\x01au7h=1\x01auth=Bearer x\x01\x01",
    "n,,\x01x=\u00e4\x01auth=Bearer x\x01\x01",
    "n,,\x01x=\0\x01auth=Bearer x\x01\x01",
    "n,,\x01auth=Bearer x\x01auth=Bearer x\x01\x01",
    "n,,\x01host=h\x01host=h\x01auth=Bearer x\x01\x01",
    "n,,\x01port=1\x01port=1\x01auth=Bearer x\x01\x01",
    "n,,\x01port=\x01auth=Bearer x\x01\x01",
    "n,,\x01port=0\x01auth=Bearer x\x01\x01",
    "n,,\x01port=025\x01auth=Bearer x\x01\x01",
    "n,,\x01port=65536\x01auth=Bearer x\x01\x01",
    "n,,\x01port=1e3\x01auth=Bearer x\x01\x01",
    "n,,\x01auth=Bearer\x01\x01",
    "n,,\x01auth=Bearer \x01\x01",
    "n,,\x01auth=Bearer\tx\x01\x01",
    "n,,\x01auth=Bearer x y\x01\x01",
    "n,,\x01auth=Basic x\x01\x01",
    "n,,\x01auth= Bearer x\x01\x01",
  ])("[OAB-3.1-3] [OAB-3.1-5] %j fails without a document", (message) => {
    expect(asked(message)).toMatchObject(malformed);
  });

  it("[GS2-4-4] the flag F fails, here and in SCRAM, and is never sent", () => {
    expect(asked("F,n,,\x01auth=Bearer x\x01\x01")).toMatchObject(malformed);
    expect(sent(oauthBearerClient({ token: "x" }).start())).toMatch(/^n,,/);
    const scram = scramServer(scramSha256, { secret: new Uint8Array(16) });
    expect(scram.next(utf8("F,n,,n=user,r=abc"))).toMatchObject(malformed);
    const client = scramClient(scramSha256, { authenticationIdentity: "user", password: "pencil" });
    expect(sent(client.start())).toMatch(/^n,,/);
  });

  it("[OAB-3.1-3] without a pair for the token a message is malformed, whatever host it names", () => {
    expect(asked("n,,\x01host=other\x01\x01", { host: "mx" })).toMatchObject(malformed);
  });

  it("[OAB-3.1-3] what is not UTF-8 fails", () => {
    const message = Uint8Array.of(...utf8("n,a="), 0xff, ...utf8(",\x01auth=Bearer x\x01\x01"));
    expect(asked(message)).toMatchObject({ type: "failure", reason: "invalid-utf8" });
  });

  it.each([
    ["", {}, true],
    ["host=MX.example.com\x01", { host: "mx.EXAMPLE.com" }, true],
    ["port=25\x01", { port: 25 }, true],
    ["", { host: "mx", port: 25 }, true],
    ["host=other\x01port=1\x01", {}, true],
    ["host=other\x01", { host: "mx" }, false],
    ["host=\x01", { host: "mx" }, false],
    ["port=26\x01", { port: 25 }, false],
    ["host=mx\x01port=26\x01", { host: "mx", port: 25 }, false],
  ])("[OAB-3.2-1] %j against %j", (pairs, options, isRight) => {
    const step = asked(`n,,\x01${pairs}auth=Bearer x\x01\x01`, options);
    expect(step).toMatchObject(isRight ? { type: "verify-token" } : { type: "failure", reason: "wrong-service" });
  });

  it("[OAB-3.2-2] the application states whose the token is: accept() needs a name, and changes nothing without", () => {
    const server = oauthBearerServer();
    server.next(utf8("n,,\x01auth=Bearer x\x01\x01"));
    expect(() => server.accept()).toThrow(new TypeError('"authenticationIdentity" expected a string, got null'));
    expect(() => server.accept("a\0")).toThrow(RangeError);
    expect(server.accept("user@example.com")).toEqual({
      type: "success",
      authenticationIdentity: "user@example.com",
      authorizationIdentity: "user@example.com",
      data: null,
    });
  });

  it("[OAB-3.2-2] whom the client acts as is asked when the owner is known, and is somebody else", () => {
    const made = (authorizationIdentity: string) => {
      const server = oauthBearerServer();
      server.next(utf8(`n,a=${authorizationIdentity},\x01auth=Bearer x\x01\x01`));
      return server;
    };
    const success = { type: "success", authenticationIdentity: "tim", data: null };
    expect(made("tim").accept("tim")).toEqual({ ...success, authorizationIdentity: "tim" });
    const server = made("admin");
    expect(server.accept("tim")).toEqual({
      type: "authorize",
      authenticationIdentity: "tim",
      authorizationIdentity: "admin",
    });
    expect(() => server.next(utf8("x"))).toThrow(new StateError("next()", "authorize", "accept(), reject(), abort()"));
    expect(server.accept()).toEqual({ ...success, authorizationIdentity: "admin" });
    const refused = made("admin");
    refused.accept("tim");
    const document = new Uint8Array(utf8('{"status":"insufficient_scope"}'));
    expect(refused.reject("not-authorized")).toEqual({ type: "challenge", bytes: document });
    expect(refused.next(utf8("\x01"))).toMatchObject({ type: "failure", reason: "not-authorized" });
  });

  it.each([
    [undefined, {}, '{"status":"invalid_token"}', "wrong-credentials"],
    ["unknown-user", {}, '{"status":"invalid_token"}', "unknown-user"],
    ["not-authorized", { scope: "mail" }, '{"status":"insufficient_scope","scope":"mail"}', "not-authorized"],
    [
      "wrong-credentials",
      { openidConfiguration: "https://example.com/.well-known/openid-configuration" },
      '{"status":"invalid_token","openid-configuration":"https://example.com/.well-known/openid-configuration"}',
      "wrong-credentials",
    ],
  ] as const)(
    "[OAB-3.2.2-1] a refusal %j, %j, sends %s and then fails, whatever the answer",
    (reason, options, document, expected) => {
      for (const answer of ["\x01", "", "n,,\x01auth=Bearer x\x01\x01", "\0"]) {
        const server = oauthBearerServer(options);
        server.next(utf8("n,,\x01auth=Bearer x\x01\x01"));
        expect(server.reject(reason)).toEqual({ type: "challenge", bytes: new Uint8Array(utf8(document)) });
        expect(server.next(utf8(answer))).toMatchObject({ type: "failure", reason: expected });
      }
      const cancelled = oauthBearerServer(options);
      cancelled.next(utf8("n,,\x01auth=Bearer x\x01\x01"));
      cancelled.reject(reason);
      cancelled.abort();
    },
  );

  it("[OAB-3.1-4] an empty value asks for the document", () => {
    const server = oauthBearerServer({ scope: "mail" });
    expect(server.next(utf8("n,,\x01auth=\x01\x01"))).toEqual({
      type: "challenge",
      bytes: new Uint8Array(utf8('{"status":"invalid_token","scope":"mail"}')),
    });
    expect(server.next(utf8("\x01"))).toMatchObject({ type: "failure", reason: "no-credentials" });
  });

  it("[SASL-3-3] without initial response it asks once, with an empty challenge", () => {
    const server = oauthBearerServer();
    expect(server.next(null)).toEqual({ type: "challenge", bytes: new Uint8Array(0) });
    expect(tokenOf(server.next(utf8("n,,\x01auth=Bearer x\x01\x01")))).toBe("x");
  });

  it("[OAB-3.2-2] reads what the client sends, and shows no token", () => {
    const token = fc.stringMatching(/^[!-~]{1,60}$/);
    const place = { host: fc.option(fc.domain()), port: fc.option(fc.integer({ min: 1, max: 65_535 })) };
    fc.assert(
      fc.property(token, fc.option(credential), fc.record(place), (bearer, identity, { host, port }) => {
        const client = oauthBearerClient({
          token: bearer,
          authorizationIdentity: identity ?? "",
          ...(host === null ? {} : { host }),
          ...(port === null ? {} : { port }),
        });
        const step = asked(sent(client.start())!);
        expect(step).toMatchObject({ authorizationIdentity: identity, host, port });
        expect(tokenOf(step)).toBe(bearer);
        if (bearer.length > 8) expect(JSON.stringify(step) + inspect(step)).not.toContain(bearer);
      }),
      runs,
    );
  });

  it("[SASL-6.4-2] every corruption of a single octet keeps token and identity, or they are not the user's", () => {
    const message = utf8(`n,a=user,\x01host=mx\x01port=25\x01auth=Bearer ${TOKEN}\x01\x01`);
    const accepted: string[] = [];
    for (let at = 0; at < message.length; at++) {
      for (let change = 1; change < 256; change++) {
        const corrupted = message.slice();
        corrupted[at]! ^= change;
        const step = asked(corrupted, { host: "mx", port: 25 });
        if (tokenOf(step) !== TOKEN || step.type !== "verify-token" || step.authorizationIdentity !== "user") continue;
        accepted.push(text(corrupted));
      }
    }
    // The flag y, the scheme in another case, and a host or port that is a pair of another name now.
    for (const other of accepted) {
      expect(other.toLowerCase()).toMatch(
        /^[ny],a=user,\x01[a-z]+=[a-z=]*mx\x01[a-z]+=[a-z=]*25\x01auth=bearer vf9dft4qmtc2nvb3rlckbhbhrhdmlzdgeuy29tcg==\x01\x01$/,
      );
    }
    expect(accepted.length).toBeGreaterThan(0);
  });
});
