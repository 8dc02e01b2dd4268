/** Secrets are compared by one function, which looks at every octet; shown on the code path, not on the clock. */
import type { SaslServer, ServerStep } from "sasl";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { equalOctets } from "../src/octets.ts";
import { utf8 } from "./support.ts";

const compared = vi.fn(equalOctets);

// The package once more, over a comparison that is watched; other test files have it as it is.
vi.resetModules();
vi.doMock("../src/octets.ts", async (original) => ({ ...(await original<object>()), equalOctets: compared }));
const watched = await import("sasl");
vi.doUnmock("../src/octets.ts");
afterAll(() => void vi.resetModules());
const {
  cramMd5Server,
  digestMd5Client,
  digestMd5Server,
  makeScramKeys,
  scramClient,
  scramServer,
  scramSha256,
  verifyApop,
  verifyScramPassword,
} = watched;

beforeEach(() => void compared.mockClear());

/** Octets that count how often they are looked at. */
function counted(octets: Uint8Array): { readonly octets: Uint8Array; readonly looks: () => number } {
  let looks = 0;
  const proxy = new Proxy(octets, {
    get: (target, key) => {
      if (typeof key === "string" && /^\d+$/.test(key)) looks += 1;
      return Reflect.get(target, key, target);
    },
  });
  return { octets: proxy, looks: () => looks };
}

describe("the comparison", () => {
  it("[SASL-6.4-2] looks at every octet of both, wherever the first difference is", () => {
    const expected = new Uint8Array(32).fill(7);
    for (let at = -1; at < 32; at++) {
      const other = expected.slice();
      if (at >= 0) other[at]! ^= 1;
      const one = counted(expected);
      const two = counted(other);
      expect(equalOctets(one.octets, two.octets)).toBe(at < 0);
      expect([one.looks(), two.looks()]).toEqual([32, 32]);
    }
  });

  it.each([
    [[], [], true],
    [[1], [1], true],
    [[1], [], false],
    [[], [1], false],
    [[1, 0], [1], false],
    [[1], [1, 0], false],
  ])("[SASL-6.4-2] of %j and %j is %s", (one, other, result) => {
    expect(equalOctets(Uint8Array.from(one), Uint8Array.from(other))).toBe(result);
  });
});

/** Whether one call compared exactly these two, of that length. */
const lengths = () => compared.mock.calls.map(([one, other]) => [one.length, other.length]);

describe("compared by it", () => {
  const keys = makeScramKeys(scramSha256, { password: "pencil", salt: utf8("salt"), iterations: 1, minIterations: 1 });
  const bytesOf = (step: object) => (step as { bytes: Uint8Array }).bytes;

  it("[SCRAM-5.1-17] [SCRAM-5.1-14] SCRAM's StoredKey, and c= before it, on the server; v= on the client", () => {
    const client = scramClient(scramSha256, { authenticationIdentity: "user", password: "pencil", minIterations: 1 });
    const server: SaslServer = scramServer(scramSha256, { secret: new Uint8Array(16), minIterations: 1 });
    server.next(bytesOf(client.start()));
    const proof = bytesOf(client.next(bytesOf(server.provide(keys))));
    expect(lengths()).toEqual([]);
    const end: ServerStep = server.next(proof);
    expect(lengths()).toEqual([
      [3, 3],
      [32, 32],
    ]);
    client.next(end.type === "success" ? end.data! : utf8(""));
    expect(lengths().slice(2)).toEqual([[32, 32]]);
  });

  it("[SCRAM-5803.2-2] StoredKey, where a plain password is verified", () => {
    expect(verifyScramPassword(scramSha256, keys, { password: "pencil" })).toBe(true);
    expect(lengths()).toEqual([[32, 32]]);
  });

  it("[CRAM-2-6] [APOP-7-3] the digests of CRAM-MD5 and APOP", () => {
    const server = cramMd5Server();
    server.next(null);
    server.next(utf8(`user ${"0".repeat(32)}`));
    server.provide({ password: "pencil" });
    verifyApop({ timestamp: "<1@h>", digest: "0".repeat(32), password: "pencil" });
    expect(lengths()).toEqual([
      [32, 32],
      [32, 32],
    ]);
  });

  it("[DIGEST-2.1.3-2] the response of DIGEST-MD5 on the server, rspauth on the client", () => {
    const client = digestMd5Client({ authenticationIdentity: "user", password: "pencil", service: "imap", host: "h" });
    const server = digestMd5Server();
    client.start();
    server.next(bytesOf(client.next(bytesOf(server.next(null)))));
    const end = server.provide({ password: "pencil" });
    expect(lengths()).toEqual([[32, 32]]);
    client.next(end.type === "success" ? end.data! : utf8(""));
    expect(lengths()).toEqual([
      [32, 32],
      [32, 32],
    ]);
  });
});
