import {
  type ChannelBinding,
  loginClient,
  makeScramKeys,
  type NegotiationCredentials,
  type NegotiationPolicy,
  negotiate,
  type OauthRefusal,
  plainClient,
  type SaslClient,
  type ScramDerivedKeys,
  scramClient,
  scramSha256,
} from "sasl";
import { saslprep } from "sasl/saslprep";
import { describe, expect, it } from "vitest";
import { sent, smallPrepare, text } from "./support.ts";

const own = { authenticationIdentity: "tim", password: "secret" };
const plain = plainClient(own);
const tls = { tls: true };
const clear = { tls: false };

describe("negotiate", () => {
  const exporter: ChannelBinding = { type: "tls-exporter", data: new Uint8Array(32) };
  const endPoint: ChannelBinding = { type: "tls-server-end-point", data: new Uint8Array(32) };
  const all = [
    ...["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((name) => [name, `${name}-PLUS`]),
    ...["PLAIN", "LOGIN", "CRAM-MD5", "GSSAPI"],
  ];
  const picks = (offered: readonly string[], more: object, policy: NegotiationPolicy = tls) => {
    const { mechanism } = negotiate(offered, { ...own, ...more }, policy);
    const first = mechanism === null ? null : sent(mechanism.start());
    return [mechanism?.name ?? null, first?.replace(/r=.*/, "r=") ?? null];
  };

  it.each([
    ["SASL-6.1.2-1", all, {}, tls, "SCRAM-SHA-512", "n,,n=tim,r="],
    [
      "SCRAM-6-1",
      all,
      { channelBindings: [endPoint, exporter] },
      tls,
      "SCRAM-SHA-512-PLUS",
      "p=tls-exporter,,n=tim,r=",
    ],
    [
      "CB-9266.3-1",
      all,
      { channelBindings: [endPoint] },
      tls,
      "SCRAM-SHA-512-PLUS",
      "p=tls-server-end-point,,n=tim,r=",
    ],
    ["SCRAM-6-1", ["SCRAM-SHA-256"], { channelBindings: [exporter] }, tls, "SCRAM-SHA-256", "y,,n=tim,r="],
    [
      "SCRAM-6-1",
      ["scram-sha-1-plus", "SCRAM-SHA-512"],
      { channelBindings: [exporter] },
      tls,
      "SCRAM-SHA-1-PLUS",
      "p=tls-exporter,,n=tim,r=",
    ],
    [
      "SCRAM-6-2",
      ["SCRAM-SHA-256"],
      { channelBindings: [exporter] },
      { tls: true, requireChannelBinding: true },
      null,
      null,
    ],
    ["SCRAM-6-2", all, {}, { tls: true, requireChannelBinding: true }, null, null],
    [
      "SCRAM-6-1",
      all,
      { channelBindings: [exporter] },
      { tls: true, requireChannelBinding: true },
      "SCRAM-SHA-512-PLUS",
      "p=tls-exporter,,n=tim,r=",
    ],
    ["SASL-6.1.2-1", ["SCRAM-SHA-1", "PLAIN"], {}, tls, "SCRAM-SHA-1", "n,,n=tim,r="],
    ["SASL-6.1.2-1", ["LOGIN", "PLAIN"], {}, tls, "PLAIN", "\0tim\0secret"],
    ["SASL-6.2-1", ["LOGIN", "PLAIN"], {}, clear, null, null],
    ["SASL-6.2-1", ["LOGIN", "PLAIN"], {}, { tls: false, allow: ["PLAIN"] }, "PLAIN", "\0tim\0secret"],
    ["LOGIN-1-1", ["LOGIN"], {}, tls, null, null],
    ["LOGIN-1-1", ["LOGIN"], {}, { tls: true, weak: ["login"] }, "LOGIN", null],
    ["CRAM-4-1", ["CRAM-MD5"], {}, clear, null, null],
    ["CRAM-4-1", ["CRAM-MD5", "PLAIN"], {}, { tls: false, weak: ["CRAM-MD5"] }, "CRAM-MD5", null],
    ["SASL-6.1.2-1", ["CRAM-MD5"], { authorizationIdentity: "admin" }, { tls: false, weak: ["CRAM-MD5"] }, null, null],
    ["SASL-6.1.2-1", all, { authorizationIdentity: "admin" }, clear, "SCRAM-SHA-512", "n,a=admin,n=tim,r="],
    ["SASL-6.1.2-1", all, { password: null }, tls, null, null],
    ["SASL-6.1.2-1", [], {}, tls, null, null],
  ] as const)("[%s] of %j with %j, %j picks %s", (_id, offered, more, policy, name, first) => {
    expect(picks(offered, more, policy)).toEqual([name, first]);
  });

  const token = "vF9dft4qmTc2";
  const place = { host: "mx.example.com", port: 587 };
  const everything = [...all, "EXTERNAL", "OAUTHBEARER", "XOAUTH2", "DIGEST-MD5", "ANONYMOUS"];

  it.each([
    [
      "a token",
      ["XOAUTH2", "OAUTHBEARER", "PLAIN"],
      { token, ...place, authorizationIdentity: "box" },
      tls,
      "OAUTHBEARER",
      `n,a=box,\x01host=mx.example.com\x01port=587\x01auth=Bearer ${token}\x01\x01`,
    ],
    ["a token alone", everything, { token }, tls, "OAUTHBEARER", `n,,\x01auth=Bearer ${token}\x01\x01`],
    ["a token and no name", ["XOAUTH2"], { token }, tls, null, null],
    [
      "a token and a name",
      ["XOAUTH2"],
      { token, authenticationIdentity: "tim" },
      tls,
      "XOAUTH2",
      `user=tim\x01auth=Bearer ${token}\x01\x01`,
    ],
    ["a token and a password", everything, { ...own, token }, tls, "SCRAM-SHA-512", "n,,n=tim,r="],
    ["a token without TLS", everything, { token }, clear, null, null],
    ["a token to be bound", everything, { token }, { tls: true, requireChannelBinding: true }, null, null],
    ["a certificate", everything, { external: true }, tls, "EXTERNAL", ""],
    ["a certificate", ["EXTERNAL"], { external: true, authorizationIdentity: "tim" }, clear, "EXTERNAL", "tim"],
    ["a certificate that is not named", ["EXTERNAL"], own, tls, null, null],
    ["nothing", everything, {}, tls, null, null],
    ["a name alone", everything, { authenticationIdentity: "tim" }, tls, null, null],
    ["a password alone", everything, { password: "secret" }, { tls: true, weak: ["LOGIN", "CRAM-MD5"] }, null, null],
    [
      "nothing, anonymously",
      everything,
      { anonymous: { trace: "tim@example.com" } },
      clear,
      "ANONYMOUS",
      "tim@example.com",
    ],
    ["a password, or anonymously", ["ANONYMOUS", "PLAIN"], { ...own, anonymous: {} }, tls, "PLAIN", "\0tim\0secret"],
    ["a password, and a place", ["DIGEST-MD5"], { ...own, ...place, service: "smtp" }, clear, null, null],
    [
      "a password, and a place",
      ["DIGEST-MD5", "CRAM-MD5"],
      { ...own, ...place, service: "smtp" },
      { tls: false, weak: ["DIGEST-MD5", "CRAM-MD5"] },
      "DIGEST-MD5",
      null,
    ],
    ["a password, and no place", ["DIGEST-MD5"], own, { tls: false, weak: ["DIGEST-MD5"] }, null, null],
    ["no service", ["DIGEST-MD5"], { ...own, host: "mx" }, { tls: false, weak: ["DIGEST-MD5"] }, null, null],
    ["no host", ["DIGEST-MD5"], { ...own, service: "smtp" }, { tls: false, weak: ["DIGEST-MD5"] }, null, null],
    [
      "no password, and a place",
      ["DIGEST-MD5"],
      { ...place, service: "smtp" },
      { tls: false, weak: ["DIGEST-MD5"] },
      null,
      null,
    ],
  ] as const)(
    "[SASL-6.1.2-1] with %s, of %j with %j, %j picks %s",
    (_what, offered, credentials, policy, name, first) => {
      const { mechanism } = negotiate(offered, credentials, policy);
      expect(mechanism?.name ?? null).toBe(name);
      if (mechanism !== null) expect(sent(mechanism.start())?.replace(/,r=.*/, ",r=") ?? null).toBe(first);
    },
  );

  it("a DIGEST-MD5 that is negotiated names the place, and the realm that was asked for", () => {
    const credentials = { ...own, ...place, service: "smtp", realm: "b", authorizationIdentity: "box" };
    const { mechanism } = negotiate(["DIGEST-MD5"], credentials, { tls: false, weak: ["DIGEST-MD5"] });
    expect(sent(mechanism!.start())).toBeNull();
    const challenge = 'realm="a",realm="b",nonce="N",qop="auth",algorithm=md5-sess,charset=utf-8';
    const answer = sent(mechanism!.next(new TextEncoder().encode(challenge)));
    expect(answer).toContain('realm="b",nonce="N"');
    expect(answer).toContain('digest-uri="smtp/mx.example.com"');
    expect(answer).toContain('authzid="box"');
  });

  it.each([
    ["OAUTHBEARER", { authenticationIdentity: "tim" }, "n,a=tim,"],
    ["OAUTHBEARER", { authenticationIdentity: "ti\u00adm", prepare: smallPrepare }, "n,a=tim,"],
    ["OAUTHBEARER", { authenticationIdentity: "tim", authorizationIdentity: "box" }, "n,a=box,"],
    ["OAUTHBEARER", { authenticationIdentity: "tim", authorizationIdentity: "" }, "n,a=tim,"],
    ["OAUTHBEARER", { authorizationIdentity: "box" }, "n,a=box,"],
    ["OAUTHBEARER", { authenticationIdentity: "" }, "n,,"],
    ["XOAUTH2", { authenticationIdentity: "tim", authorizationIdentity: "tim" }, "user=tim"],
  ])("%s with a token and %j says %j", (name, credentials, first) => {
    const { mechanism } = negotiate([name], { token, ...credentials }, tls);
    expect(sent(mechanism!.start())!.split("\x01")[0]).toBe(first);
  });

  it("a name that OAUTHBEARER cannot send is refused by its own name", () => {
    const credentials = { token, authenticationIdentity: "a\x01" };
    expect(() => negotiate(["OAUTHBEARER"], credentials, tls)).toThrow(
      new RangeError('"authenticationIdentity" expected no CR, LF or %x01'),
    );
  });

  it.each(["XOAUTH2", "LOGIN", "CRAM-MD5", "ANONYMOUS"])(
    "to act as oneself, as %s has it without an authorization identity, is to name none",
    (name) => {
      const credentials = { ...own, token, anonymous: {}, authorizationIdentity: "tim" };
      const policy = { tls: true, weak: ["LOGIN", "CRAM-MD5"] };
      expect(negotiate([name], credentials, policy).mechanism?.name).toBe(name);
      const { mechanism, refused } = negotiate([name], { ...credentials, authorizationIdentity: "TIM" }, policy);
      expect(mechanism).toBeNull();
      expect(refused).toContainEqual({ name, reason: "carries no authorization identity" });
    },
  );

  it("a mechanism that is bound already needs no other binding at hand", () => {
    const bound = scramClient(scramSha256, { ...own, channelBinding: exporter });
    const gssapi = { ...bound, name: "GS2-KRB5-PLUS", traits: bound.traits };
    for (const made of [bound, gssapi]) {
      const strict = { tls: true, requireChannelBinding: true };
      expect(negotiate([made.name], { others: [made] }, strict)).toEqual({ mechanism: made, refused: [] });
    }
  });

  it("mechanisms with steps of their own are taken, and come out with them", () => {
    const deriving = scramClient(scramSha256, { ...own, deriveKeys: "external" });
    const { mechanism } = negotiate(["SCRAM-SHA-256"], { others: [deriving] }, tls);
    expect(mechanism).toBe(deriving);
    const owner: SaslClient<{ readonly type: "ask"; readonly what: string }> = {
      ...deriving,
      name: "X-OWN",
      traits: plain.traits,
      start: () => ({ type: "ask", what: "a card" }),
      next: () => ({ type: "ask", what: "a card" }),
    };
    const step = negotiate(["X-OWN"], { ...own, others: [owner, deriving] }, tls).mechanism?.start();
    expect(step?.type === "ask" && step.what).toBe("a card");
  });

  it("what the mechanism keeps can be read of what was negotiated", () => {
    const kept = negotiate(["SCRAM-SHA-256"], { ...own, keepKeys: true }, tls).mechanism;
    const keys: ScramDerivedKeys | null | undefined = kept?.derivedKeys;
    expect(keys).toBeNull();
    const { mechanism } = negotiate(["XOAUTH2"], { ...own, token }, tls);
    mechanism!.start();
    mechanism!.next(new TextEncoder().encode('{"status":"401"}'));
    const refusal: OauthRefusal | null | undefined = mechanism?.refusal;
    expect(refusal?.status).toBe("401");
    expect(negotiate(["PLAIN"], own, tls).mechanism?.derivedKeys).toBeUndefined();
  });

  it.each<[string, NegotiationCredentials]>([
    ["none", { ...own, password: "p\u00e4ss" }],
    ["one that refuses it", { ...own, password: "\u{1f600}", prepare: saslprep }],
  ])("with a password that needs to be prepared, and %s, SCRAM is refused, and the rest is not", (_, credentials) => {
    const reason = "the password needs prepare, or is refused by it";
    const { mechanism, refused } = negotiate(["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"], credentials, tls);
    expect(mechanism?.name).toBe("PLAIN");
    expect(refused).toEqual([
      { name: "SCRAM-SHA-256", reason },
      { name: "SCRAM-SHA-1", reason },
    ]);
    const { iterations, salt, serverKey } = makeScramKeys(scramSha256, { password: "secret" });
    const derivedKeys = { mechanism: "SCRAM-SHA-256", iterations, salt, serverKey, clientKey: serverKey };
    expect(negotiate(["SCRAM-SHA-256", "PLAIN"], { ...credentials, derivedKeys }, tls).mechanism?.name).toBe(
      "SCRAM-SHA-256",
    );
  });

  it.each(["", "a\0"])("the password %j, which none can be, is refused by an error", (password) => {
    expect(() => negotiate(["SCRAM-SHA-256"], { ...own, password }, tls)).toThrow(/^"password" expected /);
  });

  it("[SASL-3.1-1] weak mechanisms have names that can be", () => {
    expect(() => negotiate(["LOGIN"], own, { tls: true, weak: ["LOGIN", "CRAM MD5"] })).toThrow(
      new RangeError('"weak" expected mechanism names of 1 to 20 of A to Z, 0 to 9, "-", "_"'),
    );
  });

  it("a mechanism that the caller has made is asked for, and goes before the known one of its name", () => {
    const made = loginClient({ ...own, authenticationIdentity: "box" });
    expect(negotiate(["LOGIN"], { ...own, others: [made] }, tls).mechanism).toBe(made);
    expect(negotiate(["LOGIN"], { ...own, others: [made] }, { tls: true, weak: ["LOGIN"] }).mechanism).toBe(made);
    expect(negotiate(["LOGIN"], { ...own, others: [plain] }, tls).mechanism).toBeNull();
  });

  it("[SASL-6.1.2-1] says why of each that was not used", () => {
    const offered = ["SCRAM-SHA-1-PLUS", "PLAIN", "LOGIN", "CRAM-MD5", "GSSAPI"];
    const { mechanism, refused } = negotiate(
      offered,
      { ...own, password: null, authorizationIdentity: "x" },
      {
        tls: true,
        weak: ["LOGIN"],
      },
    );
    expect(mechanism).toBeNull();
    expect(refused).toEqual([
      { name: "SCRAM-SHA-1-PLUS", reason: "no channel binding is at hand" },
      { name: "PLAIN", reason: "credentials are missing" },
      { name: "LOGIN", reason: "carries no authorization identity" },
      { name: "CRAM-MD5", reason: "weak, and not asked for" },
      { name: "GSSAPI", reason: "not among the candidates" },
    ]);
    const unbound = negotiate(["PLAIN"], own, { tls: true, requireChannelBinding: true });
    expect(unbound.refused[0]).toEqual({ name: "PLAIN", reason: "does not bind the channel" });
  });

  it("[SCRAM-5.1-13] derived keys serve their own mechanism, also without a password", () => {
    const { mechanism, iterations, salt, serverKey } = makeScramKeys(scramSha256, { password: "secret" });
    const derivedKeys = { mechanism, iterations, salt, serverKey, clientKey: serverKey };
    expect(picks(all, { password: null, derivedKeys })[0]).toBe("SCRAM-SHA-256");
    expect(picks(["SCRAM-SHA-1"], { derivedKeys })[0]).toBe("SCRAM-SHA-1");
  });

  it("a password of octets serves SCRAM alone", () => {
    const password = new TextEncoder().encode("secret");
    expect(picks(["PLAIN", "SCRAM-SHA-1"], { password })[0]).toBe("SCRAM-SHA-1");
    expect(picks(["PLAIN"], { password })[0]).toBeNull();
  });

  it("mechanisms of the caller's own are picked by the same order", () => {
    const external = { ...plainClient(own), name: "EXTERNAL", traits: { ...plain.traits, revealsPassword: false } };
    const gssapi = Object.assign(plainClient(own), { name: "GSSAPI" });
    expect(negotiate(["GSSAPI", "SCRAM-SHA-1"], { ...own, others: [gssapi] }, tls).mechanism).toBe(gssapi);
    expect(negotiate(["EXTERNAL", "SCRAM-SHA-1"], { ...own, others: [external] }, tls).mechanism?.name).toBe(
      "SCRAM-SHA-1",
    );
    expect(
      negotiate(["GSSAPI"], { ...own, others: [gssapi] }, { tls: true, requireChannelBinding: true }).refused,
    ).toContainEqual({
      name: "GSSAPI",
      reason: "does not bind the channel",
    });
  });

  it("a derivation can be left to the caller", () => {
    const { mechanism } = negotiate(all, { ...own, deriveKeys: "external" }, tls);
    const first = mechanism!.start();
    const nonce = first.type === "response" ? /r=(.*)/.exec(text(first.bytes))![1]! : "";
    const step = mechanism!.next(new TextEncoder().encode(`r=${nonce}S,s=AAAA,i=4096`));
    expect(step.type === "derive" && "provide" in mechanism! && mechanism.provide(new Uint8Array(64)).type).toBe(
      "response",
    );
  });
});
