/** What SCRAM must not show, and what it overwrites. */
import { createHmac, pbkdf2Sync } from "node:crypto";
import { inspect } from "node:util";
import { makeScramKeys, parseScramKeys, type ScramKeys, scramClient, scramServer, scramSha256 } from "sasl";
import { describe, expect, it } from "vitest";
import { overwritten, toBase64, utf8 } from "./support.ts";

const PASSWORD = "geheim-Xq7";
const SECRET = utf8("a secret of the server");
const own = { authenticationIdentity: "tim", password: PASSWORD, nonce: "C" };
const stored = makeScramKeys(scramSha256, { password: PASSWORD, salt: utf8("salt") });

/** All forms in which octets could show. */
const forms = (octets: Uint8Array) => [
  Buffer.from(octets).toString("latin1"),
  Buffer.from(octets).toString("hex"),
  toBase64(octets),
  [...octets].join(","),
  [...octets].join(", "),
];
const printed = (value: unknown) =>
  [
    JSON.stringify(value)?.replace(/"\d+":/g, ""),
    inspect(value, { depth: 9, maxArrayLength: null }),
    inspect(value, { depth: 9, maxArrayLength: null, showHidden: true }),
    String(value),
  ]
    .join("\n")
    .replace(/\s*\n\s*/g, " ");

/** A whole exchange, with everything that it hands out. */
function exchange(deriveKeys: "in-place" | "external" = "in-place") {
  const client = scramClient(scramSha256, { ...own, keepKeys: true, deriveKeys });
  const server = scramServer(scramSha256, { secret: SECRET, nonce: "S" });
  const first = client.start();
  const asked = server.next(first.type === "response" ? first.bytes : null);
  const challenge = server.provide(stored);
  const derive = client.next(challenge.type === "challenge" ? challenge.bytes : utf8(""));
  return { client, server, first, asked, challenge, derive };
}

describe("shown", () => {
  it("[SASL-6.4-2] nothing of it: password, keys and proofs are in no step, object, stored key or error", () => {
    const { client, server, first, asked, challenge, derive } = exchange();
    const proof = derive.type === "response" ? derive.bytes! : utf8("");
    const end = server.next(proof);
    client.next(end.type === "success" ? end.data! : utf8(""));
    const { clientKey, serverKey } = client.derivedKeys!;
    const secrets = [utf8(PASSWORD), proof.slice(-45), clientKey, serverKey, stored.storedKey, SECRET];
    const errors = [
      () => scramClient(scramSha256, { ...own, password: `${PASSWORD}\0` }),
      () => scramClient(scramSha256, { ...own, password: `${PASSWORD}ä` }),
      () => makeScramKeys(scramSha256, { password: `${PASSWORD}ä` }),
      () => parseScramKeys(`SCRAM-SHA-256$4096:AAAA$${toBase64(stored.storedKey)}x:${toBase64(stored.serverKey)}`),
      () => parseScramKeys(`SCRAM-SHA-256$4096:AAAA$${toBase64(stored.storedKey)}:${toBase64(utf8(PASSWORD))}`),
    ].map((wrong) => {
      try {
        return wrong();
      } catch (error) {
        return `${error}${inspect(error)}`;
      }
    });
    expect(errors.every((error) => typeof error === "string")).toBe(true);
    const things = [
      client,
      server,
      first,
      asked,
      challenge,
      derive,
      client.derivedKeys,
      client.finish(),
      stored,
      ...errors,
    ];
    for (const thing of things) {
      for (const form of secrets.flatMap(forms)) expect(printed(thing)).not.toContain(form);
    }
  });

  it("[SASL-6.4-2] nor does a step that asks to derive", () => {
    const { derive } = exchange("external");
    expect(derive.type === "derive" && derive.secret).toBe(true);
    for (const form of forms(utf8(PASSWORD))) expect(printed(derive)).not.toContain(form);
  });
});

const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
const overwrittenBy = (run: () => unknown): string[] => overwritten(run).map(hex);

/** What a password is salted to, and its ClientKey (RFC 5802 §3), as node computes them. */
const salted = pbkdf2Sync(PASSWORD, "salt", 4096, 32, "sha256");
const clientKey = createHmac("sha256", salted).update("Client Key").digest();

describe("overwritten", () => {
  it("[SASL-6.4-2] by a client: the password when it aborts", () => {
    const client = scramClient(scramSha256, own);
    client.start();
    expect(overwrittenBy(() => client.abort())).toEqual([hex(utf8(PASSWORD))]);
  });

  it("[SASL-6.4-2] by a client: password and keys when it finishes, and nothing is left to be overwritten twice", () => {
    const { client, server, derive } = exchange();
    const end = server.next(derive.type === "response" ? derive.bytes : null);
    const data = end.type === "success" ? end.data! : utf8("");
    client.next(data);
    const { clientKey, serverKey } = client.derivedKeys!;
    const verifier = Buffer.from(Buffer.from(data).toString("latin1").slice(2), "base64");
    const all = overwrittenBy(() => client.finish());
    for (const secret of [utf8(PASSWORD), clientKey, serverKey, verifier]) expect(all).toContain(hex(secret));
    expect(overwrittenBy(() => client.abort())).toEqual([]);
    expect(client.derivedKeys).toEqual({ mechanism: "SCRAM-SHA-256", iterations: 4096, salt: utf8("salt") });
  });

  it("[SASL-6.4-2] by a client: derived keys that it was given, in its own copy", () => {
    const key = (octet: number) => new Uint8Array(32).fill(octet);
    const derivedKeys = {
      mechanism: "SCRAM-SHA-256",
      iterations: 4096,
      salt: utf8("s"),
      clientKey: key(1),
      serverKey: key(2),
    };
    const client = scramClient(scramSha256, { ...own, password: null, derivedKeys });
    expect(overwrittenBy(() => client.abort())).toEqual([hex(key(1)), hex(key(2))]);
    expect([derivedKeys.clientKey, derivedKeys.serverKey]).toEqual([key(1), key(2)]);
  });

  it.each(["abort", "fail", "succeed"] as const)(
    "[SASL-6.4-2] by a server on %s: its secret and the user's keys",
    (how) => {
      const { server, derive } = exchange();
      const message = derive.type === "response" ? derive.bytes! : utf8("");
      const all = overwrittenBy(() => {
        if (how === "abort") server.abort();
        else server.next(how === "fail" ? utf8("x") : message);
      });
      for (const secret of [SECRET, stored.storedKey, stored.serverKey]) expect(all).toContain(hex(secret));
      expect(stored.storedKey.some((octet) => octet !== 0)).toBe(true);
    },
  );

  it("[SASL-6.4-2] by a server that is aborted while it reads the user's keys", () => {
    const server = scramServer(scramSha256, { secret: SECRET, nonce: "S" });
    server.next(utf8("n,,n=tim,r=C"));
    const { mechanism, salt, iterations, storedKey, serverKey } = stored;
    const keys = {
      ...{ mechanism, salt, iterations, storedKey },
      get serverKey() {
        server.abort();
        return serverKey;
      },
    };
    const all = overwrittenBy(() => expect(() => server.provide(keys)).toThrow('in state "ended"'));
    for (const secret of [SECRET, storedKey, serverKey]) expect(all).toContain(hex(secret));
  });

  it("[SASL-6.4-2] by the derivation of stored keys: the password, what it was salted to, and ClientKey", () => {
    let made: ScramKeys | null = null;
    const all = overwrittenBy(() => {
      made = makeScramKeys(scramSha256, { password: PASSWORD, salt: utf8("salt") });
    });
    expect(all).toContain(hex(utf8(PASSWORD)));
    for (const secret of [salted, clientKey]) expect(all).toContain(hex(secret));
    expect(made!).not.toBeNull();
  });

  it("[SASL-6.4-2] by the derivation: every copy of the salted password", () => {
    const few = { password: PASSWORD, salt: utf8("salt"), iterations: 1, minIterations: 1 };
    const once = pbkdf2Sync(PASSWORD, "salt", 1, 32, "sha256");
    // What was to be the result, and what the next round would have gone on from.
    expect(overwrittenBy(() => makeScramKeys(scramSha256, few)).filter((octets) => octets === hex(once))).toHaveLength(
      2,
    );
  });

  it("[SASL-6.4-2] by a client: the salted password; by a server: the ClientKey that a proof shows", () => {
    const client = scramClient(scramSha256, own);
    const server = scramServer(scramSha256, { secret: SECRET, nonce: "S" });
    const first = client.start();
    server.next(first.type === "response" ? first.bytes : null);
    const challenge = server.provide(stored);
    const bytes = challenge.type === "challenge" ? challenge.bytes : utf8("");
    let proof: Uint8Array | null = null;
    const byClient = overwrittenBy(() => {
      const step = client.next(bytes);
      proof = step.type === "response" ? step.bytes : null;
    });
    expect(byClient).toContain(hex(salted));
    expect(overwrittenBy(() => server.next(proof))).toContain(hex(clientKey));
  });
});
