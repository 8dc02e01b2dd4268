import { createHmac } from "node:crypto";
import fc from "fast-check";
import { type Credentials, cramMd5Client, cramMd5Contexts, cramMd5Server, type Prepare, type Rejection } from "sasl";
import { saslprep } from "sasl/saslprep";
import { describe, expect, it, vi } from "vitest";
import {
  computed,
  credential,
  hidden,
  octets,
  runs,
  sent,
  smallPrepare,
  text,
  toBase64,
  utf8,
  vectors,
} from "./support.ts";

const rows = vectors("cram-md5");
const playable = rows.filter(({ inputs }) => inputs.challenge !== "");

/** A client's answer to a challenge. */
function answerTo(challenge: string | Uint8Array, authenticationIdentity = "tim", password = "secret"): string | null {
  const client = cramMd5Client({ authenticationIdentity, password });
  client.start();
  return sent(client.next(typeof challenge === "string" ? utf8(challenge) : challenge));
}

/** What a server says to an answer. */
function askedOn(answer: string | Uint8Array, challenge = "<1.2@example.com>", options = {}) {
  const server = cramMd5Server({ challenge, ...options });
  server.next(null);
  return { server, step: server.next(typeof answer === "string" ? utf8(answer) : answer) };
}

describe("vectors", () => {
  it.each(rows)("[CRAM-2-2] $id, client", ({ inputs, messages, outputs }) => {
    const client = cramMd5Client({ authenticationIdentity: inputs.username!, password: inputs.password! });
    expect(sent(client.start())).toBeNull();
    const step = client.next(octets(messages![0]));
    if (inputs.challenge === "") {
      // The arithmetic of the row would be right, but the answer could be replayed.
      expect(step).toMatchObject({ type: "failure", reason: "empty-challenge" });
      return;
    }
    expect(sent(step)).toBe(messages![1]!.text);
    if (outputs.wireBase64) expect(toBase64(step.type === "response" ? step.bytes : null)).toBe(outputs.wireBase64[1]);
    expect(client.finish()).toEqual({ type: "success", serverProved: false });
  });

  it.each(playable)("[CRAM-2-5] $id, server", ({ inputs, messages, outputs }) => {
    const server = cramMd5Server({ challenge: inputs.challenge! });
    const challenge = server.next(null);
    expect(challenge).toEqual({ type: "challenge", bytes: octets(messages![0]) });
    if (outputs.wireBase64) expect(toBase64(octets(messages![0]))).toBe(outputs.wireBase64[0]);
    const step = server.next(octets(messages![1]));
    expect(step).toEqual({
      type: "lookup",
      authenticationIdentity: inputs.username,
      authorizationIdentity: null,
    });
    expect(server.provide({ password: inputs.password! })).toMatchObject({
      type: "success",
      authenticationIdentity: inputs.username,
      authorizationIdentity: inputs.username,
    });
  });

  it("the row with an empty challenge: a server does not send one", () => {
    expect(() => cramMd5Server({ challenge: "" })).toThrow(RangeError);
  });
});

describe("client", () => {
  it("[CRAM-2-2] [CRAM-2-3] the digest is the platform's HMAC-MD5, for passwords and challenges of any length", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.uint8Array({ minLength: 1, maxLength: 200 }), (length, challenge) => {
        const password = "k".repeat(length + 1);
        expect(answerTo(challenge, "tim", password)).toBe(
          `tim ${createHmac("md5", password).update(challenge).digest("hex")}`,
        );
      }),
      runs,
    );
  });

  it.each([new Uint8Array(1), Uint8Array.of(0xff, 0, 0xfe), utf8("no msg-id"), utf8(" ")])(
    "[CRAM-2-4] [SASL-4-1] the challenge [%s] is accepted as it is",
    (challenge) => {
      expect(answerTo(challenge)).toBe(`tim ${createHmac("md5", "secret").update(challenge).digest("hex")}`);
    },
  );

  it("[CRAM-2-4] an empty challenge fails", () => {
    expect(answerTo("")).toBe("failure: empty-challenge");
  });

  it("[CRAM-2-7] name and password go as UTF-8 without preparation, unless `prepare` is given", () => {
    const options = { authenticationIdentity: "t\u00adim", password: "se\u00adcret" };
    const answer = (prepare?: Prepare) => {
      const client = cramMd5Client(prepare === undefined ? options : { ...options, prepare });
      client.start();
      return sent(client.next(utf8("<1@h>")));
    };
    expect(answer()).toBe(`t\u00adim ${createHmac("md5", "se\u00adcret").update("<1@h>").digest("hex")}`);
    expect(answer(smallPrepare)).toBe(answerTo("<1@h>"));
    expect(answer(saslprep)).toBe(answerTo("<1@h>"));
  });
});

describe("server", () => {
  it("[CRAM-2-1] the challenge is a msg-id with 128 random bits, another one for every exchange", () => {
    const challenges = Array.from({ length: 50 }, () => {
      const step = cramMd5Server({ host: "mx.example.com" }).next(null);
      return step.type === "challenge" ? text(step.bytes) : step.type;
    });
    for (const challenge of challenges) expect(challenge).toMatch(/^<[0-9a-f]{32}@mx\.example\.com>$/);
    expect(new Set(challenges).size).toBe(50);
    const step = cramMd5Server().next(null);
    expect(step.type === "challenge" && text(step.bytes)).toMatch(/^<[0-9a-f]{32}@localhost>$/);
  });

  it("[CRAM-2-1] randomness is drawn when the challenge is needed, not before", () => {
    const draw = vi.spyOn(globalThis.crypto, "getRandomValues");
    const server = cramMd5Server();
    cramMd5Server({ challenge: "<1@h>" }).next(null);
    expect(draw).not.toHaveBeenCalled();
    server.next(null);
    expect(draw).toHaveBeenCalledOnce();
    draw.mockRestore();
  });

  it.each([
    "",
    "1@h",
    "<1h>",
    "<@h>",
    "<1@>",
    "<1@2@h>",
    "<1 2@h>",
    "<1@h",
    "<1@h>\n",
    "<<1@h>",
    "<1@h>>",
    "<\u00e4@h>",
  ])("[CRAM-2-1] the challenge %j is refused", (challenge) => {
    const error = new RangeError('"challenge" expected the form of a msg-id, <…@…>');
    expect(() => cramMd5Server({ challenge })).toThrow(error);
    expect(() => cramMd5Server({ challenge: utf8(challenge) })).toThrow(error);
  });

  it("[CRAM-2-1] a challenge in octets is taken as they are, and has to be ASCII", () => {
    expect(cramMd5Server({ challenge: Buffer.from("<1@h>") }).next(null)).toEqual({
      type: "challenge",
      bytes: new Uint8Array(utf8("<1@h>")),
    });
    expect(() => cramMd5Server({ challenge: Uint8Array.of(0x3c, 0xff, 0x3e) })).toThrow(RangeError);
    // @ts-expect-error neither text nor octets
    expect(() => cramMd5Server({ challenge: 5 })).toThrow(
      new TypeError('"challenge" expected a Uint8Array, got number'),
    );
  });

  it.each(["", "a b", "a@b", "<a", "\u00e4"])("[CRAM-2-1] the host %j is refused", (host) => {
    expect(() => cramMd5Server({ host })).toThrow(new RangeError('"host" expected a host name in ASCII'));
  });

  it.each(["", "x"])("[SASL-3-3] an initial response %j fails", (response) => {
    expect(cramMd5Server().next(utf8(response))).toMatchObject({ type: "failure", reason: "unexpected-response" });
  });

  const digest = "0123456789abcdef0123456789abcdef";
  it.each([
    ["tim", `tim ${digest}`],
    [" tim", ` tim ${digest}`],
    ["tim ", `tim  ${digest}`],
    [" ", `  ${digest}`],
    ["tim the tester", `tim the tester ${digest}`],
    [digest, `${digest} ${digest}`],
    ["\ufefftim", `\ufefftim ${digest}`],
  ])("[CRAM-2-5] the name is %j, all before the last space", (authenticationIdentity, answer) => {
    expect(askedOn(answer).step).toMatchObject({ type: "lookup", authenticationIdentity });
  });

  it.each([
    "",
    " ",
    "tim",
    "tim ",
    digest,
    ` ${digest}`,
    `tim${digest}`,
    `tim\t${digest}`,
    `tim ${digest} `,
    `tim ${digest}\n`,
    `tim ${digest}0`,
    `tim ${digest.slice(1)}`,
    `tim ${digest.toUpperCase()}`,
    `tim g${digest.slice(1)}`,
    `tim \u00e4${digest.slice(2)}`,
    `t\0im ${digest}`,
  ])("[CRAM-2-5] the answer %j fails", (answer) => {
    expect(askedOn(answer).step).toMatchObject({ type: "failure", reason: "malformed-message" });
  });

  it("[CRAM-2-5] a name that is not UTF-8 fails, and one that cannot be prepared", () => {
    const answer = Uint8Array.of(0xff, ...utf8(` ${digest}`));
    expect(askedOn(answer).step).toMatchObject({ type: "failure", reason: "invalid-utf8" });
    expect(askedOn(`\u00ad ${digest}`, "<1@h>", { prepare: smallPrepare }).step).toMatchObject({
      type: "failure",
      reason: "preparation-failed",
    });
  });

  it("[CRAM-2-7] `prepare` is applied to the name and to a password given as text", () => {
    const challenge = "<1@h>";
    const answer = answerTo(challenge)!.replace("tim", "t\u00adim");
    const { server, step } = askedOn(answer, challenge, { prepare: smallPrepare });
    expect(step).toMatchObject({ type: "lookup", authenticationIdentity: "tim" });
    expect(server.provide({ password: "se\u00adcret" }).type).toBe("success");
    const plain = askedOn(answer, challenge);
    expect(plain.step).toMatchObject({ authenticationIdentity: "t\u00adim" });
    expect(plain.server.provide({ password: "se\u00adcret" })).toMatchObject({ reason: "wrong-credentials" });
  });

  const challenge = "<1.2@example.com>";
  it.each<[string, Credentials]>([
    ["text", { password: "secret" }],
    ["octets", { password: utf8("secret") }],
    ["a Buffer", { password: Buffer.from("secret") }],
    ["contexts", { contexts: cramMd5Contexts("secret") }],
    ["contexts of octets", { contexts: cramMd5Contexts(utf8("secret")) }],
    ["hidden contexts", hidden("contexts", cramMd5Contexts("secret"))],
    ["computed contexts", computed("contexts", () => cramMd5Contexts("secret"))],
  ])("[CRAM-2-6] the application supplies %s, which stay as they are", (_, credentials) => {
    const before = structuredClone(credentials);
    expect(askedOn(answerTo(challenge)!).server.provide(credentials).type).toBe("success");
    expect(askedOn(answerTo(challenge, "tim", "other")!).server.provide(credentials)).toMatchObject({
      type: "failure",
      reason: "wrong-credentials",
    });
    expect(structuredClone(credentials)).toEqual(before);
  });

  it("[CRAM-2-6] contexts are those that Dovecot stores: its own test has these for the password `test`", () => {
    expect(Buffer.from(cramMd5Contexts("test")).toString("hex")).toBe(
      "e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6",
    );
  });

  it("[CRAM-2-6] [CRAM-2-3] contexts verify what any password made", () => {
    fc.assert(
      fc.property(credential, credential, (name, password) => {
        const { server } = askedOn(answerTo(challenge, name, password)!);
        expect(server.provide({ contexts: cramMd5Contexts(password) }).type).toBe("success");
      }),
      runs,
    );
  });

  it("[CRAM-2-6] [SASL-3.6-1] an unknown user gets the same text and costs the same computation", () => {
    const words = vi.spyOn(DataView.prototype, "getUint32");
    const cost = (answer: Credentials | null | Rejection) => {
      const { server } = askedOn(answerTo(challenge, "tim", "other")!);
      words.mockClear();
      const step = typeof answer === "string" ? server.reject(answer) : server.provide(answer);
      return { words: words.mock.calls.length, text: step.type === "failure" && step.text };
    };
    const unknown = cost(null);
    expect(unknown.words).toBeGreaterThan(0);
    expect(cost({ password: "secret" })).toEqual(unknown);
    expect(cost({ contexts: cramMd5Contexts("secret") })).toEqual(unknown);
    expect(cost("unknown-user")).toEqual(unknown);
    expect(cost("wrong-credentials")).toEqual(unknown);
    words.mockRestore();
  });

  it("[SASL-3.6-1] an unknown user fails even with the digest of the stand-in key", () => {
    const stand = createHmac("md5", Uint8Array.of(0)).update(challenge).digest("hex");
    expect(askedOn(`tim ${stand}`).server.provide(null)).toMatchObject({ type: "failure", reason: "unknown-user" });
  });

  it("credentials that are none are refused, and change nothing", () => {
    const { server } = askedOn(answerTo(challenge)!);
    const wrong: readonly [unknown, Error][] = [
      [undefined, new TypeError('"credentials" expected an object, or null, got undefined')],
      ["secret", new TypeError('"credentials" expected an object, or null, got string')],
      [{}, new TypeError('"contexts" expected a Uint8Array, got undefined')],
      [{ contexts: new Uint8Array(31) }, new RangeError('"contexts" expected 32 octets')],
      [{ password: "" }, new RangeError('"password" expected a non-empty string')],
      [{ password: new Uint8Array(0) }, new RangeError('"password" expected at least one octet')],
      [{ password: 5 }, new TypeError('"password" expected a string, got number')],
    ];
    for (const [credentials, error] of wrong) {
      // @ts-expect-error no credentials
      expect(() => server.provide(credentials)).toThrow(error);
    }
    expect(server.provide({ password: "secret" }).type).toBe("success");
  });

  it("[SASL-6.4-2] every corruption of a single octet of the answer fails closed", () => {
    const answer = utf8(answerTo(challenge)!);
    const unexpected: string[] = [];
    for (let at = 0; at < answer.length; at++) {
      for (let change = 1; change < 256; change++) {
        const corrupted = answer.slice();
        corrupted[at]! ^= change;
        const { server, step } = askedOn(corrupted);
        const known = step.type === "lookup" && step.authenticationIdentity === "tim";
        const end = step.type === "lookup" ? server.provide(known ? { password: "secret" } : null) : step;
        if (end.type !== "failure") unexpected.push(`octet ${at} XOR ${change}: ${end.type}`);
      }
    }
    expect(unexpected).toEqual([]);
  });

  it("[CRAM-4-1] carries no authorization identity, proves no server and binds no channel", () => {
    for (const { traits } of [cramMd5Server(), cramMd5Client({ authenticationIdentity: "tim", password: "secret" })]) {
      expect(traits).toMatchObject({ carriesAuthorizationIdentity: false, provesServer: false, bindsChannel: false });
    }
  });
});
