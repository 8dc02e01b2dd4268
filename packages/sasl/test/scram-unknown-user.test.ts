import { createHmac } from "node:crypto";
import {
  type Failure,
  type Prepare,
  type ScramServerOptions,
  scramClient,
  scramServer,
  scramSha1,
  scramSha256,
} from "sasl";
import { describe, expect, it, vi } from "vitest";
import { bytesOf, exchange, keys, make, secret } from "./scram-exchange.ts";
import { smallPrepare, utf8 } from "./support.ts";

describe("unknown user", () => {
  const unknown = (user: string, options: Partial<ScramServerOptions> = {}) =>
    exchange({ user, credentials: null, server: make(options) });

  it("[SCRAM-5.1-18] has a salt and count that stay the same per name, and per secret", () => {
    const salt = (user: string, options?: Partial<ScramServerOptions>) =>
      /,s=([^,]*),i=4096$/.exec(unknown(user, options).challenge!)![1]!;
    expect(salt("a")).toBe(salt("a"));
    expect(salt("a")).not.toBe(salt("b"));
    expect(salt("a")).not.toBe(salt("a", { secret: utf8("another secret, as long") }));
    expect(Buffer.from(salt("a"), "base64")).toHaveLength(16);
    const options = { unknownUser: { iterations: 10_000, saltLength: 32 } };
    expect(unknown("a", options).challenge).toMatch(/^r=CS,s=.{43}=,i=10000$/);
    expect(unknown("a", { unknownUser: { saltLength: 1 } }).challenge).toMatch(/^r=CS,s=[^=]{2}==,i=4096$/);
  });

  it.each([
    ["sha1", 20, scramSha1],
    ["sha1", 36, scramSha1],
    ["sha256", 4096, scramSha256],
  ] as const)("[SCRAM-5.1-18] has a salt as long as known users have: %s, %d octets", (by, length, hash) => {
    const server = scramServer(hash, { secret, nonce: "S", unknownUser: { saltLength: length } });
    server.next(utf8("n,,n=user,r=C"));
    const challenge = bytesOf(server.provide(null));
    let block: Uint8Array = utf8(`${hash.mechanism} user`);
    const expected: number[] = [];
    while (expected.length < length) {
      block = createHmac(by, secret).update(block).digest();
      expected.push(...block);
    }
    const salt = Buffer.from(expected.slice(0, length));
    expect(challenge).toBe(`r=CS,s=${salt.toString("base64")},i=4096`);
    const own = { authenticationIdentity: "user", password: "x", nonce: "C" };
    const client = scramClient(hash, own);
    client.start();
    expect(client.next(utf8(challenge)).type).toBe("response");
  });

  it("[SCRAM-5.1-18] has one salt in all spellings that `prepare` makes one name of", () => {
    const fold: Prepare = (value, use) => (use === "query" ? value.toLowerCase() : value);
    const store = new Map([["alice", { password: "Wonder" }]]);
    const told = (user: string) => {
      const server = make({ plainPasswords: true, prepare: fold });
      const asked = server.next(utf8(`n,,n=${user},r=C`));
      const name = asked.type === "lookup" ? asked.authenticationIdentity : asked.type;
      return { name, challenge: bytesOf(server.provide(store.get(name) ?? null)) };
    };
    for (const name of ["alice", "carol"]) {
      expect(told(name).name).toBe(name);
      expect(told(name.toUpperCase())).toEqual(told(name));
    }
    expect(told("alice")).not.toEqual(told("carol"));
    // Passwords are as they were.
    const credentials = { password: "Wonder" };
    const server = () => make({ plainPasswords: true, prepare: fold });
    expect(exchange({ server: server(), user: "ALICE", password: "Wonder", credentials }).end.type).toBe("success");
    expect(exchange({ server: server(), user: "ALICE", password: "wonder", credentials }).end.type).toBe("failure");
  });

  it("[SCRAM-5.1-18] fails as a wrong password does, in the same messages", () => {
    const wrong = exchange({ password: "x" });
    const { end, challenge } = unknown("user");
    expect(challenge!.replace(/s=[^,]*/, "")).toBe(wrong.challenge!.replace(/s=[^,]*/, ""));
    const { reason, ...seen } = wrong.end as Failure;
    expect(end).toEqual({ ...seen, reason: "unknown-user" });
    expect(reason).toBe("wrong-credentials");
  });

  it("[SCRAM-5.1-18] costs the same computation as a known one", () => {
    const words = vi.spyOn(DataView.prototype, "getUint32");
    const cost = (run: () => unknown) => {
      words.mockClear();
      run();
      return words.mock.calls.length;
    };
    const known = cost(() => exchange({ password: "x" }));
    expect(known).toBeGreaterThan(0);
    expect(cost(() => unknown("user"))).toBe(known);
    const plain = { plainPasswords: true, minIterations: 1, unknownUser: { iterations: 2 } };
    const derived = cost(() => exchange({ password: "x", credentials: { password: "pencil" }, server: make(plain) }));
    expect(cost(() => unknown("user", plain))).toBe(derived);
    words.mockRestore();
  });

  it.each([
    [undefined, "wrong-credentials"],
    ["wrong-credentials", "wrong-credentials"],
    ["unknown-user", "unknown-user"],
  ] as const)("[SASL-3.6-1] reject(%j), to a lookup, goes on like provide(null), and fails with %s", (reason, told) => {
    const server = make();
    server.next(utf8("n,,n=user,r=C"));
    const other = make();
    other.next(utf8("n,,n=user,r=C"));
    expect(bytesOf(server.reject(reason))).toBe(bytesOf(other.provide(null)));
    const final = utf8(`c=biws,r=CS,p=${Buffer.alloc(32).toString("base64")}`);
    expect(server.next(final)).toEqual({ ...other.next(final), reason: told });
  });

  it("[SASL-3.6-1] reject() as not authorized, to a lookup, fails at once", () => {
    const refusing = make();
    refusing.next(utf8("n,,n=user,r=C"));
    expect(refusing.reject("not-authorized")).toMatchObject({ type: "failure", reason: "not-authorized" });
  });

  it("[SCRAM-5.1-18] nobody gets in with the keys of the stand-in", () => {
    const client = scramClient(scramSha256, {
      authenticationIdentity: "user",
      password: Uint8Array.of(0),
      nonce: "C",
      minIterations: 1,
    });
    const server = make({ plainPasswords: true, unknownUser: { iterations: 1 }, minIterations: 1 });
    const first = client.start();
    server.next(first.type === "response" ? first.bytes : null);
    const answer = client.next(utf8(bytesOf(server.provide(null))));
    expect(server.next(answer.type === "response" ? answer.bytes : null)).toMatchObject({ reason: "unknown-user" });
  });

  it.each([{ password: undefined }, { password: null }])(
    "with plainPasswords %j is no password, and refused",
    (none) => {
      const server = make({ plainPasswords: true });
      server.next(utf8("n,,n=user,r=C"));
      // @ts-expect-error as a look-up in vain gives it
      expect(() => server.provide(none)).toThrow(TypeError);
      expect(server.provide(keys).type).toBe("challenge");
    },
  );

  it("with plainPasswords a password is taken, and prepared; keys as well", () => {
    const options = { plainPasswords: true, prepare: smallPrepare };
    const plain = { password: "pen\u00adcil" };
    expect(exchange({ server: make(options), credentials: plain }).end.type).toBe("success");
    expect(exchange({ server: make(options), credentials: { password: utf8("pencil") } }).end.type).toBe("success");
    expect(exchange({ server: make(options), credentials: keys }).end.type).toBe("success");
  });
});
