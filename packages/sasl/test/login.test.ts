import { loginClient, loginServer } from "sasl";
import { describe, expect, it } from "vitest";
import { octets, sent, smallPrepare, text, toBase64, utf8, vectors } from "./support.ts";

const own = { authenticationIdentity: "tim", password: "secret" };
const rows = vectors("login");

describe("vectors", () => {
  it.each(rows)("[LOGIN-2.1-1] $id, client", ({ inputs, messages, outputs }) => {
    const client = loginClient({ authenticationIdentity: inputs.username!, password: inputs.password! });
    expect(sent(client.start())).toBeNull();
    for (const at of [0, 2]) {
      const step = client.next(octets(messages![at]));
      expect(sent(step)).toBe(messages![at + 1]!.text);
      expect(toBase64(step.type === "response" ? step.bytes : null)).toBe(outputs.wireBase64![at + 1]);
    }
    expect(client.finish()).toEqual({ type: "success", serverProved: false });
  });

  it.each(rows)("[LOGIN-2.2-1] $id, server", ({ id, inputs, messages }) => {
    const server = loginServer(id === "login-draft" ? { prompts: ["User Name\0", "Password\0"] } : {});
    for (const [at, message] of [null, octets(messages![1])].entries()) {
      const step = server.next(message);
      expect(step.type === "challenge" && text(step.bytes)).toBe(messages![2 * at]!.text);
    }
    expect(server.next(octets(messages![3]))).toMatchObject({
      type: "verify",
      authenticationIdentity: inputs.username,
      authorizationIdentity: null,
      password: inputs.password,
    });
    expect(server.accept()).toMatchObject({ type: "success", authorizationIdentity: inputs.username });
  });
});

describe("client", () => {
  it.each(["", "Password:", "\0", "go on"])("[LOGIN-2.1-1] answers by position, not by what %j says", (challenge) => {
    const client = loginClient(own);
    client.start();
    expect(sent(client.next(utf8(challenge)))).toBe("tim");
    expect(sent(client.next(utf8(challenge)))).toBe("secret");
  });

  it("[LOGIN-2.1-2] a third challenge fails the exchange", () => {
    const client = loginClient(own);
    client.start();
    client.next(utf8("Username:"));
    client.next(utf8("Password:"));
    expect(sent(client.next(utf8("Password:")))).toBe("failure: unexpected-challenge");
  });

  it("the password that was handed out stays when the client overwrites its own", () => {
    const client = loginClient(own);
    client.start();
    client.next(utf8("Username:"));
    const step = client.next(utf8("Password:"));
    client.abort();
    expect(sent(step)).toBe("secret");
  });

  it("[LOGIN-2.2-2] never sends an initial response", () => {
    expect(loginClient(own).start()).toMatchObject({ type: "response", bytes: null });
  });

  it("[LOGIN-2-1] name and password of more than 64 octets are sent, prepared if asked", () => {
    const long = `${"x".repeat(300)}\u00ad`;
    const client = loginClient({ authenticationIdentity: long, password: long, prepare: smallPrepare });
    client.start();
    expect([sent(client.next(utf8(""))), sent(client.next(utf8("")))]).toEqual([
      long.slice(0, 300),
      long.slice(0, 300),
    ]);
  });
});

describe("server", () => {
  const dialogue = (messages: readonly (string | null)[], options = {}) => {
    const server = loginServer(options);
    return messages.map((message) => server.next(message === null ? null : utf8(message)));
  };
  const password = { type: "challenge", bytes: new Uint8Array(utf8("Password:")) };

  it("[LOGIN-2.2-2] takes an initial response as the name, unless told not to", () => {
    expect(dialogue(["tim", "secret"])).toMatchObject([
      password,
      { type: "verify", authenticationIdentity: "tim", password: "secret" },
    ]);
    expect(dialogue(["tim"], { allowInitialResponse: false })).toMatchObject([
      { type: "failure", reason: "unexpected-response" },
    ]);
  });

  it.each(["", "a\0", "\0"])("[LOGIN-2-1] %j fails as name and as password", (message) => {
    const malformed = { type: "failure", reason: "malformed-message" };
    expect(dialogue([message])).toMatchObject([malformed]);
    expect(dialogue([null, message]).at(-1)).toMatchObject(malformed);
    expect(dialogue([null, "tim", message]).at(-1)).toMatchObject(malformed);
  });

  it("[LOGIN-2-1] what is not UTF-8 fails as name and as password", () => {
    const server = loginServer();
    expect(server.next(Uint8Array.of(0xff))).toMatchObject({ type: "failure", reason: "invalid-utf8" });
    const second = loginServer();
    second.next(utf8("tim"));
    expect(second.next(Uint8Array.of(0xc0, 0xaf))).toMatchObject({ type: "failure", reason: "invalid-utf8" });
  });

  it("[LOGIN-2-1] no length of 64 octets is enforced, and `prepare` is applied to both", () => {
    const long = "x".repeat(300);
    expect(dialogue([null, `${long}\u00ad`, `\u00ad${long}`], { prepare: smallPrepare }).at(-1)).toMatchObject({
      authenticationIdentity: long,
      password: long,
    });
    expect(dialogue([null, "tim", "\u00ad"], { prepare: smallPrepare }).at(-1)).toMatchObject({
      type: "failure",
      reason: "preparation-failed",
    });
  });

  it("[LOGIN-1-1] carries no authorization identity and is marked as revealing the password", () => {
    for (const { traits } of [loginServer(), loginClient(own)]) {
      expect(traits).toMatchObject({ carriesAuthorizationIdentity: false, revealsPassword: true });
    }
  });
});
