import fc from "fast-check";
import { oauthBearerClient, pickMechanism, type ServerStep, xoauth2Client, xoauth2Server } from "sasl";
import { describe, expect, it } from "vitest";
import { credential, octets, runs, sent, smallPrepare, toBase64, utf8, vectors } from "./support.ts";

const rows = vectors("xoauth2");
const own = { authenticationIdentity: "user@example.com", token: "abc" };

function asked(message: string | Uint8Array, options = {}): ServerStep {
  return xoauth2Server(options).next(typeof message === "string" ? utf8(message) : message);
}

const tokenOf = (step: ServerStep) => (step.type === "verify-token" ? step.token : step);
const malformed = { type: "failure", reason: "malformed-message" };

describe("vectors", () => {
  it("are all run", () => expect(rows).toHaveLength(8));

  it.each(rows.filter(({ inputs }) => inputs.token))(
    "[XOA-1-1] [XOA-1-4] $id, client",
    ({ inputs, messages, outputs }) => {
      const client = xoauth2Client({ authenticationIdentity: inputs.username!, token: inputs.token! });
      const step = client.start();
      expect(sent(step)).toBe(messages![0]!.text);
      expect(toBase64(step.type === "response" ? step.bytes : null)).toBe(outputs.wireBase64![0]);
      if (outputs.outcome === "success") {
        expect(client.finish()).toEqual({ type: "success", serverProved: false });
        return;
      }
      expect(toBase64(octets(messages![1]))).toBe(outputs.wireBase64![1]);
      expect(sent(client.next(octets(messages![1])))).toBe("");
      expect(client.refusal).toEqual({ ...outputs.error, openidConfiguration: null, bytes: octets(messages![1]) });
    },
  );

  it.each(rows.filter(({ inputs }) => inputs.token))("[XOA-1-2] $id, server", ({ inputs, messages }) => {
    const server = xoauth2Server();
    const step = server.next(octets(messages![0]));
    expect(step).toEqual({
      type: "verify-token",
      secret: true,
      authenticationIdentity: inputs.username,
      authorizationIdentity: null,
      host: null,
      port: null,
    });
    expect(tokenOf(step)).toBe(inputs.token);
    expect(server.accept(inputs.username)).toMatchObject({ type: "success", authorizationIdentity: inputs.username });
  });

  it.each(rows.filter(({ outputs }) => outputs.failsAt === "server"))("[XOA-1-2] $id", ({ messages }) => {
    expect(asked(octets(messages![0]))).toMatchObject(malformed);
  });
});

describe("client", () => {
  it.each([
    [{ authenticationIdentity: "" }, new RangeError('"authenticationIdentity" expected a non-empty string')],
    [{ authenticationIdentity: "a\0" }, new RangeError('"authenticationIdentity" expected no NUL')],
    [{ authenticationIdentity: "a\x01" }, new RangeError('"authenticationIdentity" expected no CR, LF or %x01')],
    [{ authenticationIdentity: "a\r" }, new RangeError('"authenticationIdentity" expected no CR, LF or %x01')],
    [{ authenticationIdentity: "a\n" }, new RangeError('"authenticationIdentity" expected no CR, LF or %x01')],
    [{ authenticationIdentity: "\udfff" }, new RangeError('"authenticationIdentity" expected no unpaired surrogate')],
    [{ token: "" }, new RangeError('"token" expected printable ASCII without space')],
    [{ token: "a\x01" }, new RangeError('"token" expected printable ASCII without space')],
    [{ token: "a\r\n" }, new RangeError('"token" expected printable ASCII without space')],
    [{ token: null }, new TypeError('"token" expected a string, got null')],
  ])("[XOA-1-1] %j is refused", (options, error) => {
    // @ts-expect-error some are of another type
    expect(() => xoauth2Client({ ...own, ...options })).toThrow(error);
  });

  it("[SASL-3-1] a first challenge that is empty asks for the message, after which a success is believed", () => {
    const client = xoauth2Client(own);
    client.start();
    expect(sent(client.next(utf8("")))).toBe("user=user@example.com\x01auth=Bearer abc\x01\x01");
    expect(client.refusal).toBeNull();
    expect(client.finish()).toEqual({ type: "success", serverProved: false });
  });

  it.each([
    [false, "\n"],
    [false, "{}"],
    [false, '{"status":"400"}\n'],
    [false, "not JSON"],
    [true, ""],
    [true, '{"status":"400"}'],
  ])(
    "[XOA-1-4] with the message asked for: %j, the challenge %j is answered by nothing, and a success after it is not believed",
    (isAsked, challenge) => {
      const client = xoauth2Client(own);
      client.start();
      if (isAsked) client.next(utf8(""));
      expect(client.next(utf8(challenge))).toMatchObject({ type: "response", bytes: new Uint8Array(0) });
      expect(client.refusal).toMatchObject({ status: challenge.includes("400") ? "400" : null });
      expect(client.finish()).toMatchObject({ type: "failure", reason: "incomplete" });
    },
  );

  it("the name is prepared, if asked", () => {
    const client = xoauth2Client({ ...own, authenticationIdentity: "us\u00ader", prepare: smallPrepare });
    expect(sent(client.start())).toBe("user=user\x01auth=Bearer abc\x01\x01");
  });

  it("[XOA-1-5] is marked as revealing a token, and proves no server", () => {
    for (const { traits } of [xoauth2Client(own), xoauth2Server()]) {
      expect(traits).toMatchObject({ revealsPassword: true, provesServer: false });
    }
  });
});

it("[XOA-1-5] is not picked without TLS, nor where OAUTHBEARER is offered too", () => {
  const client = xoauth2Client(own);
  const standard = oauthBearerClient({ token: "abc" });
  const offered = ["XOAUTH2", "OAUTHBEARER"];
  expect(pickMechanism(offered, [client], { tls: false }).mechanism).toBeNull();
  expect(pickMechanism(offered, [client], { tls: true }).mechanism).toBe(client);
  expect(pickMechanism(offered, [client, standard], { tls: true }).mechanism).toBe(standard);
});

describe("server", () => {
  it.each(["user=u\x01auth=bEARER x\x01\x01", "user=u\x01auth=Bearer  x\x01\x01"])(
    "[XOA-1-2] %j is read",
    (message) => {
      const step = asked(message);
      expect(step).toMatchObject({ type: "verify-token", authenticationIdentity: "u" });
      expect(tokenOf(step)).toBe("x");
    },
  );

  it.each([
    "",
    "user=u",
    "auth=Bearer x\x01user=u\x01\x01",
    "User=u\x01auth=Bearer x\x01\x01",
    " user=u\x01auth=Bearer x\x01\x01",
    "user=u\x01auth=x\x01\x01",
    "user=u\x01auth=Bearer \x01\x01",
    "user=u\x01auth=\x01\x01",
    "user=u\x01auth=Basic x\x01\x01",
    "user=u\x01auth=Bearer x\x01\x01\x01",
    "user=u\x01auth=Bearer x\x01\x01\n",
    "user=u\x01auth=Bearer x\x01host=h\x01\x01",
    "user=u\x01\x01auth=Bearer x\x01\x01",
    "user=u\r\x01auth=Bearer x\x01\x01",
    "user=u\n\x01auth=Bearer x\x01\x01",
    "user=u\0\x01auth=Bearer x\x01\x01",
    "user=u\x01auth=Bearer x\0\x01\x01",
    "n,a=u,\x01auth=Bearer x\x01\x01",
  ])("[XOA-1-2] %j fails", (message) => {
    expect(asked(message)).toMatchObject(malformed);
  });

  it("[XOA-1-2] what is not UTF-8, or cannot be prepared, fails", () => {
    const message = Uint8Array.of(...utf8("user="), 0xff, ...utf8("\x01auth=Bearer x\x01\x01"));
    expect(asked(message)).toMatchObject({ type: "failure", reason: "invalid-utf8" });
    const empty = "user=\u00ad\x01auth=Bearer x\x01\x01";
    expect(asked(empty, { prepare: smallPrepare })).toMatchObject({ type: "failure", reason: "preparation-failed" });
    expect(asked("user=u\u00ad\x01auth=Bearer x\x01\x01", { prepare: smallPrepare })).toMatchObject({
      authenticationIdentity: "u",
    });
  });

  it("[XOA-1-2] the name that the client comes with is asked about when the token's owner is somebody else", () => {
    const made = () => {
      const server = xoauth2Server();
      server.next(utf8("user=shared\x01auth=Bearer x\x01\x01"));
      return server;
    };
    const success = { type: "success", authorizationIdentity: "shared", data: null };
    expect(made().accept("shared")).toEqual({ ...success, authenticationIdentity: "shared" });
    const server = made();
    expect(server.accept("tim")).toEqual({
      type: "authorize",
      authenticationIdentity: "tim",
      authorizationIdentity: "shared",
    });
    expect(server.accept()).toEqual({ ...success, authenticationIdentity: "tim" });
    const refused = made();
    refused.accept("tim");
    expect(refused.reject("not-authorized")).toMatchObject({ type: "challenge" });
    expect(refused.next(utf8(""))).toMatchObject({ type: "failure", reason: "not-authorized" });
  });

  it("[XOA-1-2] the application states whose the token is: accept() needs a name, and changes nothing without", () => {
    const server = xoauth2Server();
    server.next(utf8("user=victim\x01auth=Bearer x\x01\x01"));
    const needed = new TypeError('"authenticationIdentity" expected a string, got undefined');
    expect(() => server.accept()).toThrow(needed);
    // As a Map gives it for a token that is not in it.
    expect(() => server.accept(new Map<string, string>().get("x"))).toThrow(needed);
    expect(server.accept("tim")).toMatchObject({ type: "authorize", authorizationIdentity: "victim" });
  });

  it.each([
    [{}, '{"status":"401","schemes":"bearer"}'],
    [{ scope: "https://mail.example.com/" }, '{"status":"401","schemes":"bearer","scope":"https://mail.example.com/"}'],
  ])("[XOA-1-3] a refusal with %j sends %s and then fails, whatever the answer", (options, document) => {
    for (const answer of ["", "\x01", "user=u\x01auth=Bearer x\x01\x01"]) {
      for (const reason of ["unknown-user", "wrong-credentials", "not-authorized"] as const) {
        const server = xoauth2Server(options);
        server.next(utf8("user=u\x01auth=Bearer x\x01\x01"));
        expect(server.reject(reason)).toEqual({ type: "challenge", bytes: new Uint8Array(utf8(document)) });
        expect(server.next(utf8(answer))).toMatchObject({ type: "failure", reason });
      }
    }
  });

  it("[XOA-1-2] reads what the client sends", () => {
    fc.assert(
      fc.property(credential, fc.stringMatching(/^[!-~]{1,60}$/), (authenticationIdentity, token) => {
        const step = asked(sent(xoauth2Client({ authenticationIdentity, token }).start())!);
        expect(step).toMatchObject({ authenticationIdentity });
        expect(tokenOf(step)).toBe(token);
      }),
      runs,
    );
  });

  it("[SASL-6.4-2] every corruption of a single octet gives another token or name, or fails, but for the scheme's case", () => {
    const message = utf8("user=user@example.com\x01auth=Bearer Abc0\x01\x01");
    const accepted: string[] = [];
    for (let at = 0; at < message.length; at++) {
      for (let change = 1; change < 256; change++) {
        const corrupted = message.slice();
        corrupted[at]! ^= change;
        const step = asked(corrupted);
        if (step.type !== "verify-token") expect(step.type).toBe("failure");
        else if (step.authenticationIdentity === own.authenticationIdentity && step.token === "Abc0")
          accepted.push(String.fromCharCode(corrupted[at]!));
      }
    }
    expect(accepted.join("")).toBe("bEARER");
  });
});
