import {
  type ChannelBinding,
  type Credentials,
  makeScramKeys,
  type SaslServer,
  type ScramServerOptions,
  StateError,
  scramClient,
  scramNames,
  scramServer,
  scramSha1,
  scramSha256,
} from "sasl";
import { describe, expect, it } from "vitest";
import { bytesOf, exchange, keys, make, secret } from "./scram-exchange.ts";
import { smallPrepare, text, utf8 } from "./support.ts";

const exporter: ChannelBinding = { type: "tls-exporter", data: new Uint8Array(32).fill(1) };
const endPoint: ChannelBinding = { type: "tls-server-end-point", data: new Uint8Array(32).fill(2) };

describe("client-first-message", () => {
  it.each([
    ["n,,n=user,r=C", "lookup"],
    ["n,a=admin,n=user,r=C", "lookup"],
    ["y,,n=user,r=C", "lookup"],
    ["n,,n=user,r=C,x=y,Z=a,=b", "malformed-message"],
    ["n,,n=user,r=C,x=y,Z=a=b", "lookup"],
    ["n,,n=user,r=C,", "malformed-message"],
    ["n,,n=user,r=C,xy=z", "malformed-message"],
    ["n,,n=user", "malformed-message"],
    ["n,,r=C,n=user", "malformed-message"],
    ["n,,n=user,n=user,r=C", "malformed-message"],
    ["n,,n=user,x=y,r=C", "malformed-message"],
    ["n,,n=user,r=C,p=x", "malformed-message"],
    ["n,,n=,r=C", "malformed-message"],
    ["n,,n=us=er,r=C", "malformed-message"],
    ["n,,n=us=2cer,r=C", "malformed-message"],
    ["n,,n=us\0er,r=C", "malformed-message"],
    ["n,,N=user,r=C", "malformed-message"],
    ["n,,n=user,r=", "malformed-message"],
    ["n,,n=user,r=C C", "malformed-message"],
    ["n,,n=user,r=ä", "malformed-message"],
    [`n,,n=user,r=${"C".repeat(1024)}`, "lookup"],
    [`n,,n=user,r=${"C".repeat(1025)}`, "malformed-message"],
    ["n,,n=user,r=C,m=x", "extensions-not-supported"],
    ["n,,m=x,n=user,r=C", "extensions-not-supported"],
    ["n,a=,n=user,r=C", "malformed-message"],
    ["n,a=x=2,n=user,r=C", "malformed-message"],
    ["N,,n=user,r=C", "malformed-message"],
    ["F,n,,n=user,r=C", "malformed-message"],
    ["n,", "malformed-message"],
    ["n", "malformed-message"],
    ["", "malformed-message"],
  ])("[SCRAM-5.1-1] [SCRAM-5.1-3] %j gives %s", (message, outcome) => {
    const step = make().next(utf8(message));
    expect(step.type === "failure" ? step.reason : step.type).toBe(outcome);
  });

  it.each([
    ["a=2Cb=3Dc", "a,b=c"],
    ["=3D2C", "=2C"],
    ["J\u00fcrgen", "J\u00fcrgen"],
    ["us\u00ader", "user"],
  ])("[SCRAM-5.1-3] the name %j is looked up as %j", (saslname, authenticationIdentity) => {
    const step = make({ prepare: smallPrepare }).next(utf8(`n,a=x=2C\u00ad,n=${saslname},r=C`));
    expect(step).toEqual({ type: "lookup", authenticationIdentity, authorizationIdentity: "x,\u00ad" });
  });

  it("[SCRAM-5.1-3] a name that cannot be prepared, or is not UTF-8, fails", () => {
    const server = () => make({ prepare: smallPrepare });
    const serverError = { value: "invalid-username-encoding", raw: "invalid-username-encoding" };
    expect(server().next(utf8("n,,n=\u0007,r=C"))).toMatchObject({ reason: "preparation-failed", serverError });
    expect(server().next(utf8("n,,n=\u00ad,r=C"))).toMatchObject({ reason: "preparation-failed", serverError });
    const octets = Uint8Array.from([...utf8("n,,n="), 0xff, ...utf8(",r=C")]);
    expect(server().next(octets)).toMatchObject({ reason: "invalid-utf8", serverError });
  });

  it("[SCRAM-5.1-3] the name as received goes into the signed text", () => {
    const { end } = exchange({ user: "us\u00ader", server: make({ prepare: smallPrepare }) });
    expect(end).toMatchObject({ type: "success", authenticationIdentity: "user" });
  });

  it("[SASL-3-3] without initial response it asks once for an empty challenge", () => {
    const server = make();
    expect(bytesOf(server.next(null))).toBe("");
    expect(server.next(utf8("n,,n=user,r=C")).type).toBe("lookup");
    const other = make();
    other.next(null);
    expect(other.next(utf8(""))).toMatchObject({ type: "failure", reason: "malformed-message" });
  });
});

describe("server-first-message", () => {
  it("[SCRAM-5.1-6] says the client's nonce and its own, the salt and the count", () => {
    expect(exchange().challenge).toBe(`r=CS,s=${Buffer.from("a salt of 16 oct").toString("base64")},i=4096`);
  });

  it("[SCRAM-5.1-6] the nonce has 144 random bits, and never repeats", () => {
    const parts = Array.from({ length: 100 }, () => {
      const server = scramServer(scramSha256, { secret });
      server.next(utf8("n,,n=user,r=C"));
      return /^r=C([^,]*),/.exec(bytesOf(server.provide(keys)))![1]!;
    });
    expect(new Set(parts).size).toBe(100);
    for (const part of parts) expect(part).toMatch(/^[A-Za-z0-9+/]{24}$/);
  });

  it("[SCRAM-5.1-11] keys with fewer than 4096 iterations are refused, unless the option lowers the bound", () => {
    const few = makeScramKeys(scramSha256, { password: "pencil", iterations: 4095, minIterations: 1 });
    const server = make();
    server.next(utf8("n,,n=user,r=C"));
    expect(() => server.provide(few)).toThrow(
      new RangeError('"iterations" expected a whole number from 4096 to 4294967295'),
    );
    expect(server.provide(keys).type).toBe("challenge");
    expect(exchange({ server: make({ minIterations: 4095 }), credentials: few }).end.type).toBe("success");
  });

  it("credentials that are none are refused, and change nothing", () => {
    const server = make();
    server.next(utf8("n,,n=user,r=C"));
    const hint =
      '"credentials" expected ScramKeys (a spread has no keys), or a password with the option plainPasswords';
    const { mechanism, iterations, salt, storedKey, serverKey } = keys;
    const good = { mechanism, iterations, salt, storedKey, serverKey };
    const wrong: readonly [unknown, Error][] = [
      [undefined, new TypeError('"credentials" expected an object, or null, got undefined')],
      [{}, new TypeError(hint)],
      [{ password: "pencil" }, new TypeError(hint)],
      [{ ...keys }, new TypeError(hint)],
      [{ contexts: new Uint8Array(32) }, new TypeError(hint)],
      [{ ...good, mechanism: "SCRAM-SHA-1" }, new RangeError('"mechanism" expected SCRAM-SHA-256')],
      [{ ...good, salt: new Uint8Array(0) }, new RangeError('"salt" expected at least one octet')],
      [{ ...good, storedKey: new Uint8Array(31) }, new RangeError('"storedKey" expected 32 octets')],
      [{ ...good, serverKey: "x" }, new TypeError('"serverKey" expected a Uint8Array, got string')],
    ];
    for (const [credentials, error] of wrong) expect(() => server.provide(credentials as Credentials)).toThrow(error);
    expect(server.provide(good).type).toBe("challenge");
  });

  it("the caller's keys are copied, and not overwritten", () => {
    const { mechanism, iterations, salt, storedKey, serverKey } = keys;
    const given = {
      mechanism,
      iterations,
      salt: salt.slice(),
      storedKey: storedKey.slice(),
      serverKey: serverKey.slice(),
    };
    expect(exchange({ credentials: given }).end.type).toBe("success");
    expect(given).toEqual({ mechanism, iterations, salt, storedKey, serverKey });
  });
});

describe("client-final-message", () => {
  const CB = "c=biws";
  const right = (): { server: SaslServer; message: string } => {
    const client = scramClient(scramSha256, { authenticationIdentity: "user", password: "pencil", nonce: "C" });
    const server = make();
    const first = client.start();
    server.next(first.type === "response" ? first.bytes : null);
    const answer = client.next(utf8(bytesOf(server.provide(keys))));
    return { server, message: text(answer.type === "response" ? answer.bytes : null) };
  };
  const proof = right().message.split(",").at(-1)!;
  it.each([
    [`${CB},r=CS,${proof}`, "success"],
    [`${CB},r=CS,x=y,${proof}`, "wrong-credentials"],
    [`${CB},r=CS,m=y,${proof}`, "extensions-not-supported"],
    [`${CB},r=CS,${proof},x=y`, "malformed-message"],
    [`${CB},r=CS`, "malformed-message"],
    [`${CB},r=CSSS`, "malformed-message"],
    [`r=CS,${CB},${proof}`, "malformed-message"],
    [`${CB},${CB},r=CS,${proof}`, "malformed-message"],
    [`${CB},r=CS,r=CS,${proof}`, "malformed-message"],
    [`${CB},r=CS,${proof},${proof}`, "malformed-message"],
    [`c=biw,r=CS,${proof}`, "malformed-message"],
    [`c=biwt,r=CS,${proof}`, "channel-binding-mismatch"],
    [`c=biwsAA==,r=CS,${proof}`, "channel-binding-mismatch"],
    [`c=biw=,r=CS,${proof}`, "channel-binding-mismatch"],
    [`c=bix=,r=CS,${proof}`, "malformed-message"],
    [`c=eSws,r=CS,${proof}`, "channel-binding-mismatch"],
    [`${CB},r=C,${proof}`, "nonce-mismatch"],
    [`${CB},r=CSS,${proof}`, "nonce-mismatch"],
    [`${CB},r=Cs,${proof}`, "nonce-mismatch"],
    [`${CB},r=CS,${proof.slice(0, -1)}`, "malformed-message"],
    [`${CB},r=CS,${proof.slice(0, -4)}`, "malformed-message"],
    [`${CB},r=CS,p=AAAA${proof.slice(2)}`, "malformed-message"],
    [`${CB},r=CS,p=${"A".repeat(43)}=`, "wrong-credentials"],
    ["", "malformed-message"],
  ])("[SCRAM-5.1-8] [SCRAM-5.1-9] %j gives %s", (message, outcome) => {
    const { server } = right();
    const step = server.next(utf8(message));
    expect(step.type === "failure" ? step.reason : step.type).toBe(outcome);
  });

  it("[SCRAM-5.1-12] what is not UTF-8 fails", () => {
    const { server } = right();
    expect(server.next(Uint8Array.of(0xff))).toMatchObject({
      reason: "invalid-utf8",
      serverError: { value: "invalid-encoding" },
    });
  });
});

describe("what SCRAM has no use for", () => {
  it.each(["F,n,,n=user,r=C", "F,y,,n=user,r=C", "F,p=tls-exporter,,n=user,r=C"])("[GS2-4-4] %j fails", (message) => {
    expect(make({ plus: true, channelBindings: [exporter] }).next(utf8(message))).toMatchObject({
      type: "failure",
      reason: "malformed-message",
    });
  });

  it.each(["m=x,n=user,r=C", "n=user,m=x,r=C", "n=user,r=C,m=x", "n=user,r=C,a=b,m=x"])(
    "[SCRAM-5.1-4] the mandatory extension in %j fails, and is told as such",
    (bare) => {
      const value = "extensions-not-supported";
      expect(make().next(utf8(`n,,${bare}`))).toMatchObject({ reason: value, serverError: { value, raw: value } });
    },
  );
});

it("[SASL-3-4] [SCRAM-5-1] the server's last message is data with its success, and the exchange is over", () => {
  const { server, end } = exchange();
  expect(end).toEqual({
    type: "success",
    authenticationIdentity: "user",
    authorizationIdentity: "user",
    data: expect.any(Uint8Array),
  });
  expect(end.type === "success" && text(end.data)).toMatch(/^v=[A-Za-z0-9+/]{43}=$/);
  expect(() => server.next(utf8(""))).toThrow(StateError);
});

describe("channel binding", () => {
  const first = (flag: string, options: Partial<ScramServerOptions>) => {
    const step = make(options).next(utf8(`${flag},,n=user,r=C`));
    return step.type === "failure" ? [step.reason, step.serverError?.value] : step.type;
  };
  const both = { channelBindings: [exporter, endPoint] };
  const stripped = ["channel-binding-stripped", "server-does-support-channel-binding"];
  const unsupported = ["channel-binding-unsupported", "channel-binding-not-supported"];
  const otherType = ["channel-binding-unsupported", "unsupported-channel-binding-type"];
  const required = ["channel-binding-required", "channel-binding-not-supported"];
  it.each([
    ["SCRAM-6-3", "y", {}, "lookup"],
    ["SCRAM-6-3", "y", both, stripped],
    ["SCRAM-6-3", "y", { ...both, plus: true }, stripped],
    ["SCRAM-6-4", "y", { plus: true }, required],
    ["SCRAM-6-4", "n", {}, "lookup"],
    ["SCRAM-6-4", "n", both, "lookup"],
    ["SCRAM-6-4", "n", { ...both, plus: true }, required],
    ["SCRAM-6-5", "n", { ...both, requireChannelBinding: true }, required],
    ["SCRAM-6-5", "n", { requireChannelBinding: true }, required],
    ["SCRAM-6-5", "y", { requireChannelBinding: true }, required],
    ["SCRAM-6-4", "p=tls-exporter", {}, unsupported],
    ["SCRAM-6-4", "p=tls-exporter", both, unsupported],
    ["SCRAM-6-4", "p=tls-exporter", { plus: true }, otherType],
    ["CB-9266.3-2", "p=tls-exporter", { ...both, plus: true }, "lookup"],
    ["CB-9266.3-2", "p=tls-server-end-point", { ...both, plus: true, requireChannelBinding: true }, "lookup"],
    ["SCRAM-6-4", "p=tls-unique", { ...both, plus: true }, otherType],
    ["SCRAM-6-4", "p=TLS-Exporter", { ...both, plus: true }, otherType],
  ] as const)("[%s] the flag %s with %j gives %j", (_id, flag, options, outcome) => {
    expect(first(flag, options)).toEqual(outcome);
  });

  it("[CB-5056.2-3] octets of another channel fail as such, apart from a wrong password", () => {
    const server = () => make({ ...both, plus: true });
    expect(exchange({ server: server(), channelBinding: endPoint }).end.type).toBe("success");
    expect(exchange({ server: server(), channelBinding: { ...exporter, data: new Uint8Array(32) } }).end).toMatchObject(
      {
        reason: "channel-binding-mismatch",
        serverError: { value: "channel-bindings-dont-match" },
      },
    );
    expect(exchange({ server: server(), channelBinding: exporter, password: "x" }).end).toMatchObject({
      reason: "wrong-credentials",
    });
  });

  it.each([
    [{}, ["SCRAM-SHA-256"]],
    [{ channelBindings: [] }, ["SCRAM-SHA-256"]],
    [both, ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]],
    [{ ...both, requireChannelBinding: true }, ["SCRAM-SHA-256-PLUS"]],
    [{ requireChannelBinding: true }, []],
  ])("[SCRAM-6-5] a server with %j announces %j", (options, names) => {
    expect(scramNames(scramSha256, options)).toEqual(names);
    if (names.length === 1) expect(scramNames(scramSha1, options)).toEqual([names[0]!.replace("256", "1")]);
  });
});

describe("authorization identity", () => {
  it("[SCRAM-5.1-19] is asked about once the client has proved who it is, and before the last message", () => {
    const { server, asked, end } = exchange({ authorizationIdentity: "admin" });
    expect(asked).toMatchObject({ type: "lookup", authorizationIdentity: "admin" });
    expect(end).toEqual({ type: "authorize", authenticationIdentity: "user", authorizationIdentity: "admin" });
    expect(() => server.next(utf8("x"))).toThrow(new StateError("next()", "authorize", "accept(), reject(), abort()"));
    expect(() => server.provide(keys)).toThrow(StateError);
    const success = server.accept();
    expect(success).toMatchObject({ type: "success", authenticationIdentity: "user", authorizationIdentity: "admin" });
    expect(success.type === "success" && text(success.data)).toMatch(/^v=.{44}$/);
  });

  it("[SCRAM-5.1-19] is not asked about with a wrong password, or where it is the client's own name", () => {
    expect(exchange({ authorizationIdentity: "admin", password: "x" }).end).toMatchObject({
      reason: "wrong-credentials",
    });
    expect(exchange({ authorizationIdentity: "user" }).end).toMatchObject({ type: "success" });
  });

  it.each(["unknown-user", "wrong-credentials", "not-authorized"] as const)(
    "[SASL-3.6-1] can be rejected: %s",
    (reason) => {
      const { server } = exchange({ authorizationIdentity: "admin" });
      expect(server.reject(reason)).toMatchObject({ type: "failure", reason, serverError: { value: "other-error" } });
    },
  );
});

it.each([
  [{ secret: new Uint8Array(15) }, '"secret" expected at least 16 octets'],
  [{ nonce: "a,b" }, '"nonce" expected printable ASCII without space and comma'],
  [{ minIterations: 0 }, '"minIterations" expected a whole number from 1 to 4294967295'],
  [{ unknownUser: { iterations: 4095 } }, '"unknownUser.iterations" expected a whole number from 4096 to 4294967295'],
  [{ unknownUser: { saltLength: 0 } }, '"unknownUser.saltLength" expected a whole number from 1 to 4096'],
  [{ unknownUser: { saltLength: 4097 } }, '"unknownUser.saltLength" expected a whole number from 1 to 4096'],
  [{ unknownUser: { saltLength: 1.5 } }, '"unknownUser.saltLength" expected a whole number from 1 to 4096'],
])("the options %j are refused", (options, message) => {
  expect(() => make(options)).toThrow(new RangeError(message));
});

it("what is not given gives way to a bound that is", () => {
  const server = make({ minIterations: 5000 });
  server.next(utf8("n,,n=user,r=C"));
  expect(bytesOf(server.provide(null))).toMatch(/,i=5000$/);
  const { iterations } = makeScramKeys(scramSha256, { password: "pencil", minIterations: 5000 });
  expect(iterations).toBe(5000);
  const own = { authenticationIdentity: "user", password: "pencil", nonce: "C" };
  const client = scramClient(scramSha256, { ...own, minIterations: 100_001 });
  client.start();
  expect(client.next(utf8("r=CS,s=AAAA,i=100002"))).toMatchObject({ reason: "iteration-count" });
});

it("a server without a secret is refused", () => {
  // @ts-expect-error no secret
  expect(() => scramServer(scramSha256, {})).toThrow(new TypeError('"secret" expected a Uint8Array, got undefined'));
});
