import { inspect } from "node:util";
import { apopDigest, cramMd5Contexts, plainClient, type ServerStep } from "sasl";
import { describe, expect, it, vi } from "vitest";
import { mechanisms, NAME, PASSWORD, smallPrepare, toBase64, utf8 } from "./support.ts";

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
    inspect(value, { depth: 9, showProxy: true }),
    String(value),
  ].join("\n");
}

function expectHidden(value: unknown, secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) for (const form of forms(secret)) expect(printed(value)).not.toContain(form);
}

describe.each(mechanisms)("$name", ({ client, server }) => {
  it("[SASL-6.4-2] no object, step or error shows the password or a proof", () => {
    const secrets = [utf8(PASSWORD), cramMd5Contexts(PASSWORD)];
    const own = client();
    const other = server({ challenge: "<1@h>" });
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
    expect(step.type === "verify" ? [step.secret, Object.keys(step)] : null).toEqual(
      step.type === "verify" ? [true, ["type", "secret", "authenticationIdentity", "authorizationIdentity"]] : null,
    );

    const errors: unknown[] = [other.reject()];
    const prepare = () => null;
    for (const wrong of [
      () => own.start(),
      () => other.accept(),
      () => client({ password: `${PASSWORD}\0` }),
      () => client({ password: `${PASSWORD}\ud800` }),
      () => client({ prepare }),
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
    const overwritten: string[] = [];
    const fill = vi.spyOn(Uint8Array.prototype, "fill").mockImplementation(function (this: Uint8Array, value: number) {
      overwritten.push(Buffer.from(this).toString("latin1"));
      for (let at = 0; at < this.length; at++) this[at] = value;
      return this;
    });
    if (end === "abort") mechanism.abort();
    else if (end === "finish") mechanism.finish();
    else mechanism.next(new Uint8Array(9217));
    fill.mockRestore();
    const contexts = Buffer.from(cramMd5Contexts(PASSWORD)).toString("latin1");
    expect(overwritten.some((old) => old.includes(PASSWORD) || old === contexts)).toBe(true);
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

it("[SASL-6.4-2] secrets that `prepare` is given stay out of the refusal", () => {
  const refuse = () => plainClient({ authenticationIdentity: "\u0007x", password: PASSWORD, prepare: smallPrepare });
  expect(refuse).toThrow(new RangeError('"authenticationIdentity" cannot be prepared'));
});
