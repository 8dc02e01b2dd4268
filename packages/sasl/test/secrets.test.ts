import { inspect } from "node:util";
import {
  apopDigest,
  cramMd5Contexts,
  cramMd5Server,
  digestMd5Client,
  digestMd5Hash,
  digestMd5Server,
  oauthBearerClient,
  plainClient,
  type ServerStep,
  xoauth2Client,
} from "sasl";
import { describe, expect, it, vi } from "vitest";
import { mechanisms, NAME, overwritten, PASSWORD, smallPrepare, toBase64, tokenOf, utf8 } from "./support.ts";

const user = { authenticationIdentity: NAME, password: PASSWORD };

/** All forms in which a secret could show in what is printed. */
function forms(secret: Uint8Array): string[] {
  const list = [...secret];
  const hex = Buffer.from(secret).toString("hex");
  return [
    Buffer.from(secret).toString("utf8"),
    hex,
    toBase64(secret),
    list.join(","),
    list.join(", "),
    hex.replace(/(..)(?=.)/g, "$1 "),
  ];
}

/** How an object is printed. The octets of a typed array come as an object in JSON, so values alone are taken too. */
function printed(value: unknown): string {
  const json = JSON.stringify(value) ?? "";
  return [
    json,
    json.replace(/"\d+":/g, ""),
    inspect(value, { depth: 9 }),
    inspect(value, { depth: 9, showHidden: true, showProxy: true }), // as `%o`
    String(value),
  ].join("\n");
}

const latin1 = (octets: Uint8Array) => Buffer.from(octets).toString("latin1");
const overwrittenBy = (run: () => unknown): string[] => overwritten(run).map(latin1);

function expectHidden(value: unknown, secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) for (const form of forms(secret)) expect(printed(value)).not.toContain(form);
}

describe.each(mechanisms.filter(({ takes }) => takes !== "nothing"))("$name", ({ name, client, server, takes }) => {
  const secret = takes === "token" ? tokenOf(PASSWORD) : PASSWORD;

  it("[SASL-6.4-2] no object, step or error shows the password, the token or a proof", () => {
    const secrets = [utf8(secret), cramMd5Contexts(PASSWORD), digestMd5Hash({ ...user, realm: "example.com" })];
    const own = client();
    const other = server(name === "CRAM-MD5" ? { challenge: "<1@h>" } : {});
    const things: unknown[] = [own, other];
    const first = own.start();
    let response = first.type === "response" ? first.bytes : null;
    let step: ServerStep = other.next(response);
    things.push(first, step);
    while (step.type === "challenge") {
      const answer = own.next(step.bytes);
      expect(answer).toMatchObject({ type: "response", secret: true });
      response = answer.type === "response" ? answer.bytes : null;
      things.push(answer);
      step = other.next(response);
      things.push(step);
    }
    secrets.push(response!);
    for (const thing of things) expectHidden(thing, secrets);
    expectHidden(other, secrets);
    if (step.type === "verify-token") expect(step).toMatchObject({ secret: true, token: secret });
    expect(step.type === "verify" ? [step.secret, Object.keys(step)] : null).toEqual(
      step.type === "verify" ? [true, ["type", "secret", "authenticationIdentity", "authorizationIdentity"]] : null,
    );

    const errors: unknown[] = [other.reject()];
    const prepare = () => null;
    const refusals =
      takes === "token"
        ? [
            () => oauthBearerClient({ token: `${secret}\0` }),
            () => xoauth2Client({ authenticationIdentity: NAME, token: `${secret} ` }),
            () => xoauth2Client({ authenticationIdentity: NAME, token: secret, prepare }),
          ]
        : [
            () => client({ password: `${PASSWORD}\0` }),
            () => client({ password: `${PASSWORD}\ud800` }),
            () => client({ prepare }),
          ];
    for (const wrong of [
      () => own.start(),
      () => other.accept(),
      ...refusals,
      () => apopDigest("<1@h>", `${PASSWORD}\0`),
    ]) {
      try {
        errors.push(wrong());
      } catch (error) {
        errors.push(error, (error as Error).message);
      }
    }
    expect(errors).toHaveLength(13);
    for (const error of errors) expectHidden(error, secrets.slice(0, 1));
  });

  it.each(["abort", "finish", "fail"] as const)("[SASL-6.4-2] a client overwrites its secrets on %s", (end) => {
    const mechanism = client();
    mechanism.start();
    const all = overwrittenBy(() => {
      if (end === "abort") mechanism.abort();
      else if (end === "finish") mechanism.finish();
      else mechanism.next(new Uint8Array(9217));
    });
    const contexts = Buffer.from(cramMd5Contexts(PASSWORD)).toString("latin1");
    expect(all.some((old) => old.includes(secret) || old === contexts)).toBe(true);
  });
});

it("[SASL-6.4-2] a server of CRAM-MD5 overwrites the digest it was sent", () => {
  const { server } = mechanisms.find(({ name }) => name === "CRAM-MD5")!;
  const mechanism = server();
  mechanism.next(null);
  mechanism.next(utf8(`${NAME} 0123456789abcdef0123456789abcdef`));
  const fill = vi.spyOn(Uint8Array.prototype, "fill");
  mechanism.abort();
  expect(fill.mock.contexts.map((context) => (context as Uint8Array).length)).toEqual([32]);
  fill.mockRestore();
});

it("[SASL-6.4-2] both sides of DIGEST-MD5 overwrite the proofs of an exchange, the client its password too", () => {
  const client = digestMd5Client({ ...user, service: "imap", host: "h" });
  const server = digestMd5Server();
  client.start();
  const challenge = server.next(null);
  const response = challenge.type === "challenge" ? client.next(challenge.bytes) : client.start();
  if (response.type === "response") server.next(response.bytes);
  const success = server.provide({ password: PASSWORD });
  const rspauth = success.type === "success" ? Buffer.from(success.data ?? []).toString("latin1") : "";
  expect(overwrittenBy(() => client.abort())).toEqual([PASSWORD, rspauth.replace("rspauth=", "")]);

  const asked = digestMd5Server();
  const again = asked.next(null);
  const other = digestMd5Client({ ...user, authorizationIdentity: "root", service: "imap", host: "h" });
  other.start();
  const answer = again.type === "challenge" ? other.next(again.bytes) : other.start();
  if (answer.type === "response") asked.next(answer.bytes);
  const sentDigest =
    answer.type === "response" ? /response=([0-9a-f]+)/.exec(Buffer.from(answer.bytes ?? []).toString())?.[1] : "";
  expect(asked.provide({ password: PASSWORD }).type).toBe("authorize");
  expect(overwrittenBy(() => asked.abort())).toEqual([sentDigest, expect.stringMatching(/^rspauth=[0-9a-f]{32}$/)]);
});

describe("[SASL-6.4-2] the octets of a password, and what was computed of them, are overwritten", () => {
  const hash = latin1(digestMd5Hash({ ...user, realm: "r" }));
  const contexts = latin1(cramMd5Contexts(PASSWORD));

  it("by apopDigest", () => {
    expect(overwrittenBy(() => apopDigest("<1@h>", PASSWORD))).toEqual(
      expect.arrayContaining([`<1@h>${PASSWORD}`, PASSWORD]),
    );
  });

  it("by cramMd5Contexts, and by the server that they were given", () => {
    expect(overwrittenBy(() => cramMd5Contexts(PASSWORD))).toContain(PASSWORD);
    const server = cramMd5Server({ challenge: "<1@h>" });
    server.next(null);
    server.next(utf8(`${NAME} ${"0".repeat(32)}`));
    expect(overwrittenBy(() => server.provide({ password: PASSWORD }))).toContain(contexts);
  });

  it("by digestMd5Hash, in the hash function too, and by both sides", () => {
    const all = overwrittenBy(() => digestMd5Hash({ ...user, realm: "r" }));
    expect(all).toContain(PASSWORD);
    expect(all.some((octets) => octets.startsWith(`${NAME}:r:${PASSWORD}`))).toBe(true);
    const client = digestMd5Client({ ...user, service: "imap", host: "h" });
    const server = digestMd5Server({ realms: ["r"] });
    client.start();
    const challenge = server.next(null);
    const bytes = challenge.type === "challenge" ? challenge.bytes : utf8("");
    expect(
      overwrittenBy(() => {
        const response = client.next(bytes);
        server.next(response.type === "response" ? response.bytes : null);
      }),
    ).toContain(hash);
    expect(overwrittenBy(() => server.provide({ password: PASSWORD }))).toContain(hash);
  });
});

it("[SASL-6.4-2] secrets that `prepare` is given stay out of the refusal", () => {
  const refuse = () => plainClient({ authenticationIdentity: "\u0007x", password: PASSWORD, prepare: smallPrepare });
  expect(refuse).toThrow(new RangeError('"authenticationIdentity" cannot be prepared'));
});
