import fc from "fast-check";
import {
  type Credentials,
  digestMd5Client,
  digestMd5Hash,
  digestMd5Server,
  pickMechanism,
  plainClient,
  type Rejection,
  scramClient,
  scramSha1,
} from "sasl";
import { describe, expect, it, vi } from "vitest";
import { computed, credential, hidden, runs, smallPrepare, text, utf8 } from "../support.ts";
import { ANSWER, answerTo, askedOn, CHALLENGE, endOf, latin1, md5, own, toLatin1 } from "./support.ts";

describe("server: credentials", () => {
  const hash = digestMd5Hash({ authenticationIdentity: "chris", realm: "example.com", password: "secret" });

  it.each<[string, Credentials]>([
    ["the password", { password: "secret" }],
    ["its octets", { password: utf8("secret") }],
    ["a Buffer", { password: Buffer.from("secret") }],
    ["H(user:realm:password)", { hash }],
    ["a hidden hash", hidden("hash", hash)],
    ["a computed hash", computed("hash", () => hash.slice())],
  ])("[DIGEST-3.9-1] the application supplies %s, which stays as it is", (_, credentials) => {
    const before = structuredClone(credentials);
    const { server } = askedOn(ANSWER);
    expect(server.provide(credentials)).toMatchObject({ type: "success", authenticationIdentity: "chris" });
    expect(askedOn(answerTo(CHALLENGE, { password: "other" })!).server.provide(credentials)).toMatchObject({
      type: "failure",
      reason: "wrong-credentials",
    });
    expect(structuredClone(credentials)).toEqual(before);
  });

  it("[DIGEST-3.9-1] the stored hash is MD5(user:realm:password), for one realm", () => {
    expect(Buffer.from(hash)).toEqual(md5("chris:example.com:secret"));
    expect(Buffer.from(digestMd5Hash({ authenticationIdentity: "j\u00fc", password: utf8("x") }))).toEqual(
      md5(latin1("j\u00fc::x")),
    );
    const other = digestMd5Hash({ authenticationIdentity: "chris", realm: "other", password: "secret" });
    expect(askedOn(ANSWER).server.provide({ hash: other })).toMatchObject({ reason: "wrong-credentials" });
    const prepared = { authenticationIdentity: "ch\u00adris", realm: "example.com", password: "se\u00adcret" };
    expect(digestMd5Hash(prepared, { prepare: smallPrepare })).toEqual(hash);
  });

  it("[DIGEST-3.9-1] what is stored is prepared as a stored string, what is sent as a query", () => {
    const prepare = vi.fn((value: string, _use: "query" | "stored") => value);
    digestMd5Hash({ authenticationIdentity: "chris", realm: "example.com", password: "secret" }, { prepare });
    const { server } = askedOn(ANSWER, { prepare });
    server.provide({ password: "secret" });
    expect(prepare.mock.calls).toEqual([
      ["chris", "stored"],
      ["secret", "stored"],
      ["chris", "query"],
      ["secret", "stored"],
    ]);
  });

  it("[DIGEST-3.9-1] [SASL-3.6-1] an unknown user gets the same text and costs the same computation", () => {
    const words = vi.spyOn(DataView.prototype, "getUint32");
    const cost = (answer: Credentials | null | Rejection) => {
      const { server } = askedOn(answerTo(CHALLENGE, { password: "other" })!);
      words.mockClear();
      const step = typeof answer === "string" ? server.reject(answer) : server.provide(answer);
      return { words: words.mock.calls.length, text: step.type === "failure" && step.text };
    };
    const unknown = cost(null);
    expect(unknown.words).toBeGreaterThan(0);
    expect(cost({ password: "secret" })).toEqual(unknown);
    expect(cost({ hash })).toEqual(unknown);
    expect(cost("unknown-user")).toEqual(unknown);
    expect(cost("wrong-credentials")).toEqual(unknown);
    words.mockRestore();
  });

  it("[SASL-3.6-1] an unknown user fails even with the stand-in password", () => {
    const { server } = askedOn(ANSWER);
    expect(server.provide(null)).toMatchObject({ type: "failure", reason: "unknown-user" });
  });

  it("credentials that are none are refused, and change nothing", () => {
    const { server } = askedOn(ANSWER);
    const wrong: readonly [unknown, Error][] = [
      ["secret", new TypeError('"credentials" expected an object, or null, got string')],
      [{}, new TypeError('"hash" expected a Uint8Array, got undefined')],
      [{ contexts: new Uint8Array(32) }, new TypeError('"hash" expected a Uint8Array, got undefined')],
      [{ hash: new Uint8Array(15) }, new RangeError('"hash" expected 16 octets')],
      [{ password: "" }, new RangeError('"password" expected a non-empty string')],
      [{ password: new Uint8Array(0) }, new RangeError('"password" expected at least one octet')],
    ];
    for (const [credentials, error] of wrong) {
      // @ts-expect-error no credentials
      expect(() => server.provide(credentials)).toThrow(error);
    }
    expect(server.provide({ password: "secret" }).type).toBe("success");
  });

  it("[DIGEST-2.1.3-1] whom the client acts as is asked once it has proved who it is, and rspauth goes with the success", () => {
    const answer = answerTo(CHALLENGE, { authorizationIdentity: "root" })!;
    const asked = askedOn(answer);
    expect(asked.step).toMatchObject({ type: "lookup", authorizationIdentity: "root" });
    expect(asked.server.provide({ password: "secret" })).toEqual({
      type: "authorize",
      authenticationIdentity: "chris",
      authorizationIdentity: "root",
    });
    expect(asked.server.accept()).toMatchObject({
      type: "success",
      authorizationIdentity: "root",
      data: expect.any(Uint8Array),
    });
    const refused = askedOn(answer);
    refused.server.provide({ password: "secret" });
    expect(refused.server.reject("not-authorized")).toMatchObject({ type: "failure", reason: "not-authorized" });
    expect(askedOn(answer).server.provide({ password: "other" })).toMatchObject({ reason: "wrong-credentials" });
  });

  it("[DIGEST-2.1.3-1] whom the client acts as is not asked where it is the client itself", () => {
    const { server } = askedOn(answerTo(CHALLENGE, { authorizationIdentity: "chris" })!);
    expect(server.provide({ password: "secret" })).toMatchObject({ type: "success", authorizationIdentity: "chris" });
  });
});

describe("both sides", () => {
  it("[DIGEST-2.1.2-4] [DIGEST-7.2-1] agree on any names, passwords and realms", () => {
    const realm = fc.oneof(fc.constant(""), credential);
    fc.assert(
      fc.property(
        credential,
        credential,
        fc.option(credential),
        fc.array(realm, { maxLength: 3 }),
        fc.option(realm),
        (authenticationIdentity, password, other, realms, preferred) => {
          const client = digestMd5Client({
            authenticationIdentity,
            password,
            authorizationIdentity: other ?? "",
            service: "pop",
            host: "mx",
            ...(preferred === null ? {} : { realm: preferred }),
          });
          const server = digestMd5Server({ realms, service: "pop", hosts: ["mx"] });
          client.start();
          const challenge = server.next(null);
          const response = client.next(challenge.type === "challenge" ? challenge.bytes : new Uint8Array(0));
          const step = server.next(response.type === "response" ? response.bytes! : new Uint8Array(0));
          const chosen = realms.length === 0 ? (preferred ?? "") : realms.includes(preferred!) ? preferred : realms[0];
          expect(step).toEqual({
            type: "lookup",
            authenticationIdentity,
            authorizationIdentity: other,
            realm: chosen,
          });
          const hash = digestMd5Hash({ authenticationIdentity, realm: chosen!, password });
          const end = server.provide({ hash });
          const success = end.type === "authorize" ? server.accept() : end;
          expect(success).toMatchObject({ type: "success", authorizationIdentity: other ?? authenticationIdentity });
          client.next(success.type === "success" ? success.data! : new Uint8Array(0));
          expect(client.finish()).toEqual({ type: "success", serverProved: true });
        },
      ),
      runs,
    );
  });

  it("[SASL-6.4-2] every corruption of a single octet of the answer fails closed: it succeeds for the same user, or not at all", () => {
    const answer = utf8(answerTo(CHALLENGE, { authorizationIdentity: "root" })!);
    const accepted: string[] = [];
    for (let at = 0; at < answer.length; at++) {
      for (let change = 1; change < 256; change++) {
        const corrupted = answer.slice();
        corrupted[at]! ^= change;
        const asked = askedOn(corrupted);
        const isKnown = asked.step.type === "lookup" && asked.step.authenticationIdentity === "chris";
        const end = asked.step.type === "lookup" && !isKnown ? asked.server.provide(null) : endOf(asked);
        if (end.type === "failure") continue;
        expect(end).toMatchObject({ authenticationIdentity: "chris", authorizationIdentity: "root" });
        accepted.push(toLatin1(corrupted));
      }
    }
    // What still succeeds: names of directives in another case, and charset or qop under another name.
    const original = text(answer);
    const isHarmless = (other: string) =>
      other.toLowerCase() === original.toLowerCase() ||
      /^(?!charset),?[^,]+=utf-8,/i.test(other) ||
      /,(?!qop=)[^,]+=auth,authzid="root"$/i.test(other);
    expect(accepted.filter((other) => !isHarmless(other))).toEqual([]);
  });

  it("[SASL-6.4-2] every corruption of a single octet of the challenge fails closed", () => {
    const challenge = utf8(CHALLENGE);
    for (let at = 0; at < challenge.length; at++) {
      for (let change = 1; change < 256; change += 7) {
        const corrupted = challenge.slice();
        corrupted[at]! ^= change;
        const client = digestMd5Client(own);
        client.start();
        const step = client.next(corrupted);
        if (step.type === "failure") continue;
        const end = endOf(askedOn(step.bytes!));
        if (end.type === "failure") continue;
        expect(end).toMatchObject({ authenticationIdentity: "chris", authorizationIdentity: "chris" });
        expect(client.next(end.type === "success" ? end.data! : new Uint8Array(0)).type).toBe("response");
      }
    }
  });

  it("[DIGEST-6331-1] are marked as proving the server, with no security layer", () => {
    for (const { traits } of [digestMd5Client(own), digestMd5Server()]) {
      expect(traits).toMatchObject({ provesServer: true, negotiatesSecurityLayer: false, revealsPassword: false });
    }
  });

  it("[DIGEST-6331-1] are picked only if the client is a candidate, and after SCRAM", () => {
    const digest = digestMd5Client(own);
    const { authenticationIdentity, password } = own;
    const scram = scramClient(scramSha1, { authenticationIdentity, password });
    const plain = plainClient({ authenticationIdentity, password });
    const offered = ["DIGEST-MD5", "SCRAM-SHA-1"];
    expect(pickMechanism(offered, [plain], { tls: true }).mechanism).toBeNull();
    expect(pickMechanism(offered, [digest, scram], { tls: false }).mechanism).toBe(scram);
    expect(pickMechanism(["DIGEST-MD5"], [digest, scram], { tls: false }).mechanism).toBe(digest);
  });
});
