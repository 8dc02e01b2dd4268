/**
 * What the caller hands in: whatever it is, it is taken, or refused by an error that names it and says what was
 * expected.
 */
import { type SaslClient, type SaslServer, type ServerStep, StateError, scramSha256 } from "sasl";
import { exchanges } from "sasl/arbitraries";
import { formatSecurityBuffer, SecurityBufferReader } from "sasl/security-layer";
import { derive } from "sasl/webcrypto";
import { describe, expect, it } from "vitest";
import { call, exported, external, functions, keys, own, server } from "./arguments.ts";
import { utf8 } from "./support.ts";

const { salt } = keys;
const shared = new Uint8Array(new SharedArrayBuffer(4));

const junk = [undefined, null, 5, 1n, true, "x", Symbol("x"), {}, [], [null], [5], [{}], () => 5, new Uint8Array(0)];

/** The arguments with one of them, or a field of one, or a field of that, replaced. */
function* replaced(value: unknown, by: unknown, depth = 3): Generator<unknown> {
  yield by;
  // What is no plain object or list, a hash function for instance, is replaced as a whole.
  const isPlain = Array.isArray(value) || (typeof value === "object" && value?.constructor === Object);
  if (!isPlain || depth === 0 || value === scramSha256) return;
  for (const [name, field] of Object.entries(value)) {
    for (const other of replaced(field, by, depth - 1)) {
      const copy = Array.isArray(value) ? [...value] : { ...value };
      yield Object.assign(copy, { [name]: other });
    }
  }
}

/** What a client sends to these servers, in order. */
const digest = `cnonce="C",nonce="N",nc=00000001,digest-uri="smtp/h/n",response=${"0".repeat(32)},realm="r"`;
const sent: Readonly<Record<string, readonly string[]>> = {
  anonymousServer: ["tim"],
  cramMd5Server: [`tim ${"0".repeat(32)}`],
  digestMd5Server: [`username="tim",charset=utf-8,${digest}`],
  externalServer: [""],
  loginServer: ["tim", "secret"],
  oauthBearerServer: ["n,,\x01host=h\x01port=25\x01auth=Bearer t\x01\x01"],
  plainServer: ["\0tim\0secret"],
  scramServer: ["p=tls-exporter,,n=tim,r=C"],
  xoauth2Server: ["user=tim\x01auth=Bearer t\x01\x01"],
};

/** Leads a server to its question. */
function ask(name: string, mechanism: SaslServer): ServerStep {
  let step = mechanism.next(null);
  for (const message of sent[name]!) if (step.type === "challenge") step = mechanism.next(utf8(message));
  return step;
}

/** Goes as far as it can with what was made. */
function use(name: string, made: unknown): void {
  if (sent[name] !== undefined) {
    const mechanism = made as SaslServer;
    const step = ask(name, mechanism);
    if (step.type === "lookup") mechanism.provide(null);
    else if (step.type !== "failure") mechanism.reject();
  } else if (name.endsWith("Client")) {
    const mechanism = made as SaslClient;
    mechanism.start();
    mechanism.next(utf8(name === "digestMd5Client" ? 'realm="r",nonce="N",algorithm=md5-sess,charset=utf-8' : "<1@h>"));
  }
}

describe("of any argument, and any part of one", () => {
  it("every function is tried", () => {
    expect(Object.keys(functions).sort()).toEqual([...exported.keys()].sort());
  });

  it.each(Object.entries(functions))("%s takes it, or says what was expected, and then works", (name, right) => {
    use(name, call(name, ...right));
    for (const by of junk) {
      for (const wrong of replaced(right, by)) {
        if (!Array.isArray(wrong)) continue;
        let made: unknown;
        try {
          made = call(name, ...wrong);
        } catch (error) {
          expect(error).toSatisfy((thrown) => thrown instanceof TypeError || thrown instanceof RangeError);
          expect((error as Error).message).toMatch(/^"[^"]+" (expected|cannot be prepared)/);
          continue;
        }
        use(name, made);
      }
    }
  });
});

describe("of any answer to a server's question", () => {
  it.each(Object.keys(sent))("%s takes it, or says what was expected, and then still waits", (name) => {
    for (const method of ["next", "accept", "reject", "provide"] as const) {
      for (const by of junk) {
        const mechanism = call(name, ...functions[name]!) as SaslServer;
        const { type } = ask(name, mechanism);
        expect(["verify", "verify-token", "lookup", "authorize", "anonymous"]).toContain(type);
        try {
          (mechanism[method] as (value: unknown) => ServerStep)(by);
        } catch (error) {
          if (!(error instanceof StateError)) expect((error as Error).message).toMatch(/^"[^"]+" expected/);
          expect(mechanism.reject("not-authorized").type).toMatch(/^(failure|challenge)$/);
        }
      }
    }
  });
});

describe("the error names the field", () => {
  it.each<[string, readonly unknown[], string]>([
    ["plainClient", [null], '"options" expected an object, got null'],
    ["plainServer", [null], '"options" expected an object, got null'],
    ["loginServer", ["options"], '"options" expected an object, got string'],
    ["plainClient", [{ ...own, prepare: null }], '"prepare" expected a function, got null'],
    ["digestMd5Server", [{ prepare: "saslprep" }], '"prepare" expected a function, got string'],
    ["digestMd5Server", [{ realms: "example.com" }], '"realms" expected an array, got string'],
    ["digestMd5Server", [{ realms: [null] }], '"realms[0]" expected a string, got null'],
    ["digestMd5Server", [{ hosts: null }], '"hosts" expected an array, got null'],
    ["digestMd5Server", [{ hosts: ["mx", 5] }], '"hosts[1]" expected a string, got number'],
    ["digestMd5Server", [{ service: null }], '"service" expected a string, got null'],
    ["digestMd5Server", [{ nonce: null }], '"nonce" expected a string, got null'],
    ["digestMd5Client", [{ ...own, service: null, host: "h" }], '"service" expected a string, got null'],
    ["digestMd5Client", [{ ...own, service: "smtp", host: null }], '"host" expected a string, got null'],
    ["digestMd5Client", [{ ...own, service: "smtp", host: "h", realm: null }], '"realm" expected a string, got null'],
    ["digestMd5Client", [{ ...own, service: "smtp", host: "h", cnonce: 5 }], '"cnonce" expected a string, got number'],
    ["digestMd5Hash", [null], '"credentials" expected an object, got null'],
    ["digestMd5Hash", [own, null], '"options" expected an object, got null'],
    [
      "digestMd5Hash",
      [{ ...own, authenticationIdentity: null }],
      '"authenticationIdentity" expected a string, got null',
    ],
    ["digestMd5Hash", [{ ...own, realm: null }], '"realm" expected a string, got null'],
    ["cramMd5Server", [{ host: null }], '"host" expected a string, got null'],
    ["cramMd5Contexts", ["secret", null], '"options" expected an object, got null'],
    ["loginServer", [{ prompts: null }], '"prompts" expected an array, got null'],
    ["loginServer", [{ prompts: ["Name:", null] }], '"prompts[1]" expected a string, got null'],
    ["oauthBearerClient", [{ token: "t", host: null }], '"host" expected a string, got null'],
    ["oauthBearerServer", [{ host: null }], '"host" expected a string, got null'],
    ["oauthBearerServer", [{ scope: 5 }], '"scope" expected a string, got number'],
    ["oauthBearerServer", [{ openidConfiguration: {} }], '"openidConfiguration" expected a string, got object'],
    ["xoauth2Server", [{ scope: null }], '"scope" expected a string, got null'],
    ["apopDigest", [null, "secret"], '"timestamp" expected a string, got null'],
    ["apopDigest", ["<1@h>", "secret", null], '"options" expected an object, got null'],
    ["verifyApop", [null], '"options" expected an object, got null'],
    ["verifyApop", [{ timestamp: "<1@h>", digest: null, password: "x" }], '"digest" expected a string, got null'],
    ["mechanismName", [null], '"text" expected a string, got null'],
    ["parseGs2Header", [null], '"message" expected a string, got null'],
    ["formatGs2Header", [null], '"header" expected an object, got null'],
    ["preferredBinding", [null], '"bindings" expected an array, got null'],
    ["preferredBinding", [[null]], '"bindings[0]" expected an object, got null'],
    ["serverEndPointHash", ["SHA-256"], '"signatureHashes" expected an array, got string'],
    ["scramClient", [null, own], '"hash" expected an object, got null'],
    ["scramClient", [own], '"hash.compute" expected a function, got undefined'],
    ["scramClient", [scramSha256, null], '"options" expected an object, got null'],
    ["scramClient", [scramSha256, { ...own, derivedKeys: "k" }], '"derivedKeys" expected an object, got string'],
    [
      "scramClient",
      [scramSha256, { ...own, channelBinding: true }],
      '"channelBinding" expected an object, got boolean',
    ],
    [
      "scramClient",
      [scramSha256, { ...own, authorizationIdentity: 5 }],
      '"authorizationIdentity" expected a string, got number',
    ],
    ["scramServer", [scramSha256], '"options" expected an object, got undefined'],
    ["scramServer", [scramSha256, { ...server, unknownUser: null }], '"unknownUser" expected an object, got null'],
    [
      "scramServer",
      [scramSha256, { ...server, channelBindings: [null] }],
      '"channelBindings[0]" expected an object, got null',
    ],
    ["scramNames", [scramSha256, { channelBindings: null }], '"channelBindings" expected an array, got null'],
    ["makeScramKeys", [scramSha256, null], '"options" expected an object, got null'],
    ["verifyScramPassword", [scramSha256, keys, null], '"options" expected an object, got null'],
    ["verifyScramPassword", [scramSha256, "SCRAM", { password: "x" }], '"keys" expected an object, got string'],
    [
      "verifyScramPassword",
      [scramSha256, keys, { password: shared }],
      '"password" expected a Uint8Array, not shared, got object',
    ],
    [
      "verifyScramPassword",
      [scramSha256, keys, { saltedPassword: "x" }],
      '"saltedPassword" expected a Uint8Array, got string',
    ],
    ["makeScramKeys", [scramSha256, { password: "x", salt: "x" }], '"salt" expected a Uint8Array, got string'],
    ["formatScramKeys", [null], '"keys" expected an object, got null'],
    ["parseScramKeys", [null], '"text" expected a string, got null'],
    ["parseScramKeys", ["", null], '"options" expected an object, got null'],
    ["strongerThanBefore", [[], null], '"after" expected an array, got null'],
    ["strongerThanBefore", [[null], []], '"before[0]" expected a string, got null'],
  ])("%s of %o: %s", (name, values, message) => {
    expect(() => call(name, ...values)).toThrow(new TypeError(message));
  });

  const tls = { tls: true };
  it.each<[readonly unknown[], string]>([
    [[null, own, tls], '"offered" expected an array, got null'],
    [["PLAIN", own, tls], '"offered" expected an array, got string'],
    [[["PLAIN", null], own, tls], '"offered[1]" expected a string, got null'],
    [[["PLAIN"], null, tls], '"credentials" expected an object, got null'],
    [[["PLAIN"], own, null], '"policy" expected an object, got null'],
    [[["PLAIN"], own], '"policy" expected an object, got undefined'],
    [[["PLAIN"], own, {}], '"tls" expected a boolean, got undefined'],
    [[["PLAIN"], own, { tls: "no" }], '"tls" expected a boolean, got string'],
    [[["PLAIN"], own, { tls: 1 }], '"tls" expected a boolean, got number'],
    [[["PLAIN"], own, { tls: null }], '"tls" expected a boolean, got null'],
    [[["PLAIN"], own, { ...tls, allow: null }], '"allow" expected an array, got null'],
    [[["PLAIN"], own, { ...tls, weak: "LOGIN" }], '"weak" expected an array, got string'],
    [[["PLAIN"], own, { ...tls, weak: [null] }], '"weak[0]" expected a string, got null'],
    [[["PLAIN"], { ...own, others: null }, tls], '"others" expected an array, got null'],
    [[["PLAIN"], { ...own, others: [null] }, tls], '"others[0]" expected an object, got null'],
    [[["PLAIN"], { ...own, others: [{}] }, tls], '"others.name" expected a string, got undefined'],
    [[["PLAIN"], { ...own, others: [{ name: "X" }] }, tls], '"others.traits" expected an object, got undefined'],
    [[["PLAIN"], { ...own, channelBindings: null }, tls], '"channelBindings" expected an array, got null'],
    [[["PLAIN"], { ...own, token: null }, tls], '"token" expected a string, got null'],
    [[["PLAIN"], { ...own, prepare: null }, tls], '"prepare" expected a function, got null'],
    [
      [["PLAIN"], { ...own, authenticationIdentity: null }, tls],
      '"authenticationIdentity" expected a string, got null',
    ],
  ])("negotiate of %o: %s", (values, message) => {
    expect(() => call("negotiate", ...values)).toThrow(new TypeError(message));
  });

  it.each<[readonly unknown[], string]>([
    [[null, [external], tls], '"offered" expected an array, got null'],
    [[[], null, tls], '"candidates" expected an array, got null'],
    [[[], [null], tls], '"candidates[0]" expected an object, got null'],
    [[[], [{ name: null }], tls], '"candidates.name" expected a string, got null'],
    [[[], [{ name: "X", traits: null }], tls], '"candidates.traits" expected an object, got null'],
    [[[], [external], null], '"policy" expected an object, got null'],
    [[[], [external]], '"policy" expected an object, got undefined'],
    [[[], [external], {}], '"tls" expected a boolean, got undefined'],
    [[[], [external], { tls: "no" }], '"tls" expected a boolean, got string'],
    [[[], [external], { ...tls, allow: [5] }], '"allow[0]" expected a string, got number'],
  ])("pickMechanism of %o: %s", (values, message) => {
    expect(() => call("pickMechanism", ...values)).toThrow(new TypeError(message));
  });

  it("loginServer asks for two texts, formatGs2Header for a flag that there is, servers of OAUTHBEARER for a port", () => {
    expect(() => call("loginServer", { prompts: ["Name:"] })).toThrow(new RangeError('"prompts" expected two texts'));
    expect(() => call("formatGs2Header", { flag: "q", bindingType: null, authorizationIdentity: null })).toThrow(
      new RangeError('"flag" expected one of n, y, p'),
    );
    expect(() => call("oauthBearerServer", { port: "25" })).toThrow(
      new RangeError('"port" expected a whole number from 1 to 65535'),
    );
  });

  it("the other entry points", async () => {
    // @ts-expect-error no octets
    expect(() => formatSecurityBuffer(null)).toThrow(new TypeError('"buffer" expected a Uint8Array, got null'));
    // @ts-expect-error no octets
    expect(() => new SecurityBufferReader(9).push(null)).toThrow(
      new TypeError('"chunk" expected a Uint8Array, got null'),
    );
    // @ts-expect-error no derivation
    await expect(derive(null)).rejects.toThrow(new TypeError('"derivation" expected an object, got null'));
    const derivation = { hash: "SHA-256", length: 32, iterations: 1, salt, password: null };
    // @ts-expect-error no password
    await expect(derive(derivation)).rejects.toThrow(new TypeError('"password" expected a Uint8Array, got null'));
    await expect(derive({ ...derivation, password: salt, salt: "x" as never })).rejects.toThrow(
      new TypeError('"salt" expected a Uint8Array, got string'),
    );
    // @ts-expect-error no options
    expect(() => exchanges(null)).toThrow(new TypeError('"options" expected an object, got null'));
    expect(() => exchanges({ mechanisms: [null] as never })).toThrow(
      new TypeError('"mechanisms[0]" expected a string, got null'),
    );
  });
});
