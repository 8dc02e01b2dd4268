import {
  type DerivingClient,
  type Failure,
  makeScramKeys,
  type ScramClientOptions,
  type ScramDerivedKeys,
  StateError,
  scramClient,
  scramServer,
  scramSha1,
  scramSha256,
  scramSha512,
} from "sasl";
import { derive } from "sasl/webcrypto";
import { describe, expect, it } from "vitest";
import { sent, settled, smallPrepare, text, utf8 } from "./support.ts";

const own = { authenticationIdentity: "user", password: "pencil" };
const cheap = { minIterations: 1 };
/** The exchange of RFC 7677 §3. */
const NONCE = "rOprNGfwEbeRWgbNEkqO";
const SERVER_FIRST = `r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const CLIENT_FINAL = `c=biws,r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;
const SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

const started = (options: Partial<ScramClientOptions & { deriveKeys?: "in-place" }> = {}) => {
  const client = scramClient(scramSha256, { ...own, nonce: NONCE, ...options });
  client.start();
  return client;
};
/** What a client makes of the server's first message. */
const answerTo = (message: string, options = {}) => started(options).next(utf8(message));
/** The same, of the last one. */
const endOf = (message: string | Uint8Array) => {
  const client = started();
  client.next(utf8(SERVER_FIRST));
  return client.next(typeof message === "string" ? utf8(message) : message);
};

describe("client-first-message", () => {
  it.each([
    ["user", "n,,n=user,r=C"],
    ["a,b=c", "n,,n=a=2Cb=3Dc,r=C"],
    [",,==", "n,,n==2C=2C=3D=3D,r=C"],
    ["=2C", "n,,n==3D2C,r=C"],
    ["Jürgen", "n,,n=Jürgen,r=C"],
    ["\ufeffx", "n,,n=\ufeffx,r=C"],
  ])("[GS2-4-2] the name %j goes out as %j", (authenticationIdentity, message) => {
    expect(sent(scramClient(scramSha256, { ...own, authenticationIdentity, nonce: "C" }).start())).toBe(message);
  });

  it.each([
    [undefined, "n,,n=user,r=C"],
    ["", "n,,n=user,r=C"],
    ["admin", "n,a=admin,n=user,r=C"],
    ["a=b,c", "n,a=a=3Db=2Cc,n=user,r=C"],
    ["\u00adx\u0007", "n,a=\u00adx\u0007,n=user,r=C"],
  ])("[SASL-3.4.1-1] the authorization identity %j goes out as %j, unprepared", (authorizationIdentity, message) => {
    const options = authorizationIdentity === undefined ? {} : { authorizationIdentity };
    const client = scramClient(scramSha256, { ...own, ...options, nonce: "C", prepare: smallPrepare });
    expect(sent(client.start())).toBe(message);
  });

  const binding = { type: "tls-exporter", data: new Uint8Array(32) } as const;
  it.each([
    [null, "SCRAM-SHA-256", "n,,n=user,r=C"],
    ["not-offered", "SCRAM-SHA-256", "y,,n=user,r=C"],
    [binding, "SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=user,r=C"],
  ] as const)("[SCRAM-6-1] the flag that says of a binding: %j", (channelBinding, name, message) => {
    const client = scramClient(scramSha256, { ...own, channelBinding, nonce: "C" });
    expect([client.name, sent(client.start())]).toEqual([name, message]);
    expect(client.traits.bindsChannel).toBe(name.endsWith("-PLUS"));
  });

  it("a list of bindings, which negotiate() picks from, is not dropped in silence", () => {
    const options = { ...own, channelBindings: [binding] };
    // @ts-expect-error: nor do the types let it pass in an object of the caller's
    expect(() => scramClient(scramSha256, options)).toThrow(
      /^"options" expected .*, channelBinding, .* alone, got channelBindings$/,
    );
  });

  it("[SCRAM-5.1-6] the nonce has 144 random bits, and never repeats", () => {
    const nonces = Array.from({ length: 100 }, () =>
      sent(scramClient(scramSha256, own).start())!.slice("n,,n=user,r=".length),
    );
    expect(new Set(nonces).size).toBe(100);
    for (const nonce of nonces) expect(nonce).toMatch(/^[A-Za-z0-9+/]{24}$/);
  });

  it.each(["", "a,b", "a b", "a\x7f", "ä", "a\0"])("[SCRAM-5.1-6] the nonce %j is refused", (nonce) => {
    expect(() => scramClient(scramSha256, { ...own, nonce })).toThrow(
      new RangeError('"nonce" expected printable ASCII without space and comma'),
    );
  });

  it.each([5, Number.NaN, ["a"], () => "a"])("a nonce that is no string is refused: %j", (nonce) => {
    expect(() => scramClient(scramSha256, { ...own, nonce: nonce as unknown as string })).toThrow(
      new TypeError(`"nonce" expected a string, got ${typeof nonce}`),
    );
  });

  it("[SCRAM-5.1-2] the name is prepared, then escaped; the password is prepared", () => {
    const options = { authenticationIdentity: "us\u00ader", password: "pen\u00adcil", prepare: smallPrepare };
    expect(sent(scramClient(scramSha256, { ...options, nonce: NONCE }).start())).toBe(`n,,n=user,r=${NONCE}`);
    expect(sent(answerTo(SERVER_FIRST, options))).toBe(CLIENT_FINAL);
  });

  it("[SCRAM-2.2-2] a name or password that cannot be prepared is refused before anything is sent", () => {
    for (const option of ["authenticationIdentity", "password"]) {
      const make = (value: string) => () =>
        scramClient(scramSha256, { ...own, [option]: value, prepare: smallPrepare });
      expect(make("\u0007")).toThrow(new RangeError(`"${option}" cannot be prepared`));
      expect(make("\u00ad")).toThrow(new RangeError(`"${option} (prepared)" expected a non-empty string`));
    }
  });

  it("[SCRAM-2.2-2] a password of octets is taken as it is, not prepared", () => {
    expect(sent(answerTo(SERVER_FIRST, { password: utf8("pencil"), prepare: (name: string) => name }))).toBe(
      CLIENT_FINAL,
    );
    expect(() => scramClient(scramSha256, { ...own, password: new Uint8Array(0) })).toThrow(
      new RangeError('"password" expected at least one octet'),
    );
  });

  it("[SASL-3-1] where it cannot be carried, the same octets answer an empty challenge, once", () => {
    const client = scramClient(scramSha256, { ...own, nonce: NONCE });
    const first = sent(client.start());
    expect(sent(client.next(utf8("")))).toBe(first);
    expect(sent(client.next(utf8(SERVER_FIRST)))).toBe(CLIENT_FINAL);
    const other = scramClient(scramSha256, own);
    other.start();
    other.next(utf8(""));
    expect(sent(other.next(utf8("")))).toBe("failure: malformed-message");
  });
});

describe("server-first-message", () => {
  it.each([
    [`r=${NONCE}S,s=AA==,i=4096`, "response"],
    [`r=${NONCE}S,s=AA==,i=4096,x=y`, "response"],
    [`r=${NONCE}S,s=AA==,i=4096,x=y,x=z,A=,,`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=4096,x=,y=b`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=4096,xy`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=4096,1=b`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=4096,x=a\0`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=4096,`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,x=y,i=4096`, "malformed-message"],
    [`R=${NONCE}S,s=AA==,i=4096`, "malformed-message"],
    [`r=${NONCE}S,s=AB==,i=4096`, "malformed-message"],
    [`r=${NONCE}S,s=AA=,i=4096`, "malformed-message"],
    [`r=${NONCE}S,s=A A=,i=4096`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=4096.0`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=+4096`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i= 4096`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=0x1000`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=4e3`, "malformed-message"],
    [`r=${NONCE} S,s=AA==,i=4096`, "malformed-message"],
    [`r=${NONCE}\x7f,s=AA==,i=4096`, "malformed-message"],
    [`r=${NONCE}S,s=AA==,i=4096,m=x`, "extensions-not-supported"],
    [`r=${NONCE}S,s=AA==,m=x,i=4096`, "extensions-not-supported"],
    [`m=x,r=${NONCE}S,s=AA==,i=4096`, "extensions-not-supported"],
    [`r=${NONCE},s=AA==,i=4096`, "nonce-mismatch"],
    [`r=S${NONCE},s=AA==,i=4096`, "nonce-mismatch"],
    [`r=${NONCE.slice(0, -1)},s=AA==,i=4096`, "nonce-mismatch"],
    [`r=${NONCE.toLowerCase()}S,s=AA==,i=4096`, "nonce-mismatch"],
    [`r=${NONCE}${"S".repeat(1024)},s=AA==,i=4096`, "response"],
    [`r=${NONCE}${"S".repeat(1025)},s=AA==,i=4096`, "malformed-message"],
    ["", "response"],
    ["v=AAAA", "malformed-message"],
    ["e=no-resources", "server-error"],
  ])("[SCRAM-5.1-1] [SCRAM-5.1-7] %j gives %s", (message, outcome) => {
    const step = answerTo(message);
    expect(step.type === "failure" ? step.reason : step.type).toBe(outcome);
  });

  it.each([..."anmrcsipve"])("[SCRAM-5.1-1] the attribute %s, which RFC 5802 defines, is no extension", (name) => {
    expect(answerTo(`r=${NONCE}S,s=AA==,i=4096,${name}=x`).type).toBe("failure");
  });

  it("what is not UTF-8 fails", () => {
    expect(started().next(Uint8Array.of(0x72, 0x3d, 0xff))).toMatchObject({ reason: "invalid-utf8" });
  });

  it.each([
    [4095, {}, "iteration-count"],
    [4096, {}, "derive"],
    [100_000, {}, "derive"],
    [100_001, {}, "iteration-count"],
    [4_294_967_295, {}, "iteration-count"],
    ["9007199254740993", {}, "iteration-count"],
    ["9".repeat(400), {}, "iteration-count"],
    ["9".repeat(400), { maxIterations: 2 ** 32 - 1 }, "iteration-count"],
    [1, { minIterations: 1 }, "derive"],
    [9999, { minIterations: 10_000 }, "iteration-count"],
    [10_001, { maxIterations: 10_000 }, "iteration-count"],
    [100_001, { maxIterations: 200_000 }, "derive"],
  ])("[SCRAM-5.1-10] a count of %s with %j: %s", (count, bounds, outcome) => {
    const message = utf8(`r=${NONCE}S,s=AA==,i=${count}`);
    const client = scramClient(scramSha256, { ...own, ...bounds, nonce: NONCE, deriveKeys: "external" as const });
    client.start();
    const step = client.next(message);
    expect(step.type === "failure" ? step.reason : step.type).toBe(outcome);
    // If a count that is refused were computed with, this would not end.
    if (outcome === "iteration-count") expect(sent(started(bounds).next(message))).toBe("failure: iteration-count");
  });

  it.each([
    ["minIterations", 0],
    ["minIterations", 1.5],
    ["minIterations", Number.NaN],
    ["maxIterations", 4095],
    ["maxIterations", Number.POSITIVE_INFINITY],
    ["maxIterations", 2 ** 32],
  ])("[SCRAM-5.1-10] %s of %d is refused", (option, value) => {
    const least = option === "maxIterations" ? 4096 : 1;
    expect(() => scramClient(scramSha256, { ...own, [option]: value })).toThrow(
      new RangeError(`"${option}" expected a whole number from ${least} to 4294967295`),
    );
  });
});

describe("server-final-message", () => {
  it.each([
    [SERVER_FINAL, "response"],
    [`${SERVER_FINAL},x=y`, "response"],
    [`${SERVER_FINAL},v=x`, "malformed-message"],
    [`${SERVER_FINAL},m=x`, "extensions-not-supported"],
    [`${SERVER_FINAL.slice(0, -2)}4`, "malformed-message"],
    [SERVER_FINAL.slice(0, -1), "malformed-message"],
    [SERVER_FINAL.toUpperCase().replace("V=", "v="), "server-not-proved"],
    ["v=", "malformed-message"],
    ["v=AAAA", "server-not-proved"],
    ["", "malformed-message"],
    ["e=", "malformed-message"],
    ["x=y", "malformed-message"],
    [`e=invalid-proof,${SERVER_FINAL}`, "malformed-message"],
    ["e=invalid-proof,x=y", "server-error"],
  ])("[SCRAM-5.1-14] %j gives %s", (message, outcome) => {
    const step = endOf(message);
    expect(step.type === "failure" ? step.reason : step.type).toBe(outcome);
  });

  it("what is not UTF-8 fails", () => {
    expect(endOf(Uint8Array.of(0x76, 0x3d, 0xff))).toMatchObject({ reason: "invalid-utf8" });
  });

  it("[SASL-3-5] is answered by zero octets, and given twice it fails", () => {
    const client = started();
    client.next(utf8(SERVER_FIRST));
    expect(sent(client.next(utf8(SERVER_FINAL)))).toBe("");
    expect(client.next(utf8(SERVER_FINAL))).toMatchObject({ type: "failure", reason: "unexpected-challenge" });
  });

  it("[SCRAM-5.1-14] [SASL-3.6-2] success without a right one is a failure, whatever the protocol says", () => {
    const client = started();
    client.next(utf8(SERVER_FIRST));
    expect(client.finish()).toMatchObject({ type: "failure", reason: "incomplete" });
    expect(() => client.next(utf8(SERVER_FINAL))).toThrow(StateError);
  });

  it.each([
    "invalid-encoding",
    "extensions-not-supported",
    "invalid-proof",
    "channel-bindings-dont-match",
    "server-does-support-channel-binding",
    "channel-binding-not-supported",
    "unsupported-channel-binding-type",
    "unknown-user",
    "invalid-username-encoding",
    "no-resources",
    "other-error",
  ])("[SCRAM-5.1-15] e=%s is reported", (value) => {
    expect(endOf(`e=${value}`)).toMatchObject({ reason: "server-error", serverError: { value, raw: value } });
  });

  it("[SCRAM-5.1-15] another value counts as other-error, and is kept", () => {
    expect(endOf("e=Invalid-Proof")).toMatchObject({ serverError: { value: "other-error", raw: "Invalid-Proof" } });
    expect((endOf("v=AAAA") as Failure).serverError).toBeUndefined();
  });
});

describe('deriveKeys: "external"', () => {
  const asking = (options: Partial<ScramClientOptions> = {}) => {
    const client: DerivingClient = scramClient(scramSha256, {
      ...own,
      nonce: NONCE,
      ...options,
      deriveKeys: "external",
    });
    client.start();
    return { client, step: client.next(utf8(SERVER_FIRST)) };
  };

  it("asks for SaltedPassword, and goes on with it", async () => {
    const { client, step } = asking();
    expect({ ...step }).toEqual({
      type: "derive",
      secret: true,
      hash: "SHA-256",
      length: 32,
      iterations: 4096,
      salt: new Uint8Array(Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64")),
    });
    if (step.type !== "derive") return;
    expect(text(step.password)).toBe("pencil");
    const salted = await derive(step);
    expect(Buffer.from(salted).toString("hex")).toBe(
      "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d",
    );
    expect(text(step.password)).toBe("\0\0\0\0\0\0");
    expect(sent(client.provide(salted))).toBe(CLIENT_FINAL);
    expect(sent(client.next(utf8(SERVER_FINAL)))).toBe("");
    expect(client.finish()).toEqual({ type: "success", serverProved: true });
  });

  it.each([scramSha1, scramSha256, scramSha512])("$mechanism by Web Crypto ends as in place", async (hash) => {
    const keys = makeScramKeys(hash, { password: "pencil", salt: utf8("salt") });
    const client = scramClient(hash, { ...own, deriveKeys: "external" });
    const server = scramServer(hash, { secret: new Uint8Array(16) });
    const first = client.start();
    server.next(first.type === "response" ? first.bytes : null);
    const asked = server.provide(keys);
    const step = client.next(asked.type === "challenge" ? asked.bytes : utf8(""));
    if (step.type !== "derive") throw new Error(step.type);
    const answer = client.provide(await derive(step));
    const end = server.next(answer.type === "response" ? answer.bytes : null);
    expect(sent(client.next(end.type === "success" ? end.data! : utf8("")))).toBe("");
    expect(client.finish()).toEqual({ type: "success", serverProved: true });
  });

  it("the password in the step is a copy", () => {
    const { client, step } = asking();
    if (step.type === "derive") step.password.fill(0);
    client.abort();
    const again = asking();
    again.client.abort();
    expect(again.step.type === "derive" && text(again.step.password)).toBe("pencil");
  });

  it("what is no key of the right length is refused, and changes nothing", () => {
    const { client } = asking();
    const salted = Buffer.from("c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d", "hex");
    expect(() => client.provide(salted.subarray(1))).toThrow(new RangeError('"saltedPassword" expected 32 octets'));
    // @ts-expect-error no octets
    expect(() => client.provide("secret")).toThrow(new TypeError('"saltedPassword" expected a Uint8Array, got string'));
    expect(sent(client.provide(salted))).toBe(CLIENT_FINAL);
    expect(salted.every((octet) => octet === 0)).toBe(false);
  });

  it("[SASL-3.8-1] calls out of order throw StateError, and success meanwhile is a failure", () => {
    const asked = 'in state "asking"; legal now: provide(), finish(), abort()';
    const { client } = asking();
    expect(() => client.next(utf8(SERVER_FINAL))).toThrow(`next() is not possible ${asked}`);
    expect(() => client.start()).toThrow(StateError);
    expect(client.finish()).toMatchObject({ reason: "incomplete" });
    expect(() => client.provide(new Uint8Array(32))).toThrow(/in state "ended"/);
    const fresh = scramClient(scramSha256, { ...own, deriveKeys: "external" });
    expect(() => fresh.provide(new Uint8Array(32))).toThrow(new StateError("provide()", "new", "start(), abort()"));
    fresh.start();
    expect(() => fresh.provide(new Uint8Array(32))).toThrow(StateError);
  });
});

describe("derived keys", () => {
  /** Leads a client through the exchange of RFC 7677. */
  const through = (options: Partial<ScramClientOptions & { deriveKeys?: "in-place" }>) => {
    const client = started(options);
    const answers = [client.next(utf8(SERVER_FIRST)), client.next(utf8(SERVER_FINAL))].map(sent);
    return { client, answers };
  };
  const kept = (): ScramDerivedKeys => through({ keepKeys: true }).client.derivedKeys!;

  it("[SCRAM-5.1-13] are there when the server has proved itself, and stay after the end", () => {
    const client = started({ keepKeys: true });
    expect(client.derivedKeys).toBeNull();
    client.next(utf8(SERVER_FIRST));
    expect(client.derivedKeys).toBeNull();
    client.next(utf8(SERVER_FINAL));
    client.finish();
    const keys = client.derivedKeys!;
    expect({ ...keys }).toMatchObject({ mechanism: "SCRAM-SHA-256", iterations: 4096 });
    expect(Buffer.from(keys.clientKey).toString("hex")).toBe(
      "a60fc923d67e8644a92d16b96eda5ef4656b0c725c484374be25535576996e8b",
    );
    expect(Buffer.from(keys.serverKey).toString("hex")).toBe(
      "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5",
    );
    expect(through({}).client.derivedKeys).toBeNull();
  });

  it("[SCRAM-5.1-13] are used for their salt and count, with or without a password", () => {
    const derivedKeys = kept();
    for (const password of ["wrong", null]) {
      expect(through({ password, derivedKeys }).answers).toEqual([CLIENT_FINAL, ""]);
    }
    const before = Buffer.from(derivedKeys.clientKey).toString("hex");
    through({ derivedKeys }).client.abort();
    expect(Buffer.from(derivedKeys.clientKey).toString("hex")).toBe(before);
  });

  it("[SCRAM-5.1-13] for another salt or count the password is taken, and without one the exchange fails", () => {
    for (const other of [{ iterations: 4097 }, { salt: utf8("other") }]) {
      const { mechanism, iterations, salt, clientKey, serverKey } = kept();
      const derivedKeys = { mechanism, iterations, salt, clientKey, serverKey, ...other };
      expect(through({ derivedKeys }).answers).toEqual([CLIENT_FINAL, ""]);
      expect(answerTo(SERVER_FIRST, { derivedKeys, password: null })).toMatchObject({ reason: "keys-outdated" });
    }
  });

  it("[SCRAM-5.1-13] those that are none are refused", () => {
    const { mechanism, iterations, salt, clientKey, serverKey } = kept();
    const keys = { mechanism, iterations, salt, clientKey, serverKey };
    for (const [wrong, message] of [
      [{ mechanism: "SCRAM-SHA-1" }, '"derivedKeys.mechanism" expected SCRAM-SHA-256'],
      [{ iterations: 0 }, '"derivedKeys.iterations" expected a whole number from 1 to 4294967295'],
      [{ salt: new Uint8Array(0) }, '"derivedKeys.salt" expected at least one octet'],
      [{ clientKey: new Uint8Array(20) }, '"derivedKeys.clientKey" expected 32 octets'],
      [{ serverKey: new Uint8Array(33) }, '"derivedKeys.serverKey" expected 32 octets'],
    ] as const) {
      expect(() => started({ derivedKeys: { ...keys, ...wrong } })).toThrow(new RangeError(message));
    }
    const text = { ...keys, salt: "AAAA" as unknown as Uint8Array };
    expect(() => started({ derivedKeys: text })).toThrow('"derivedKeys.salt" expected');
    expect(() => started({ password: null })).toThrow(new TypeError('"password" expected a string, got null'));
  });
});

it("[SCRAM-4-1] a further hash is an object with a name and a function", () => {
  const hash = { ...scramSha256, mechanism: "SCRAM-X-TEST", hash: "X" };
  const client = scramClient(hash, { ...own, ...cheap });
  const server = scramServer(hash, {
    secret: new Uint8Array(16),
    ...cheap,
    plainPasswords: true,
    unknownUser: { iterations: 1 },
  });
  const first = client.start();
  const step = server.next(first.type === "response" ? first.bytes : null);
  expect([client.name, server.name]).toEqual(["SCRAM-X-TEST", "SCRAM-X-TEST"]);
  expect(settled(client, server, step, new Map([["user", "pencil"]])).client).toEqual({
    type: "success",
    serverProved: true,
  });
});

it("a word for deriveKeys that there is not is refused, and the words are named", () => {
  const options = { authenticationIdentity: "user", password: "pencil", deriveKeys: "External" };
  // @ts-expect-error no such word
  expect(() => scramClient(scramSha256, options)).toThrow(
    new RangeError('"deriveKeys" expected one of in-place, external'),
  );
});
