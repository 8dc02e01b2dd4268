import { digestMd5Client, digestMd5Hash, digestMd5Server } from "sasl";
import { describe, expect, it } from "vitest";
import { octets, sent, toBase64, vectors } from "../support.ts";
import { answerTo, askedOn, toLatin1 } from "./support.ts";

const rows = vectors("digest-md5");
const row = (id: string) => rows.find((each) => each.id === id)!;
const played = rows.filter(({ outputs }) => outputs.outcome === "success");

describe("vectors", () => {
  const split = (uri = "") => ({ service: uri.split("/")[0]!, host: uri.split("/")[1]! });

  it("are all run", () => {
    const others = rows.filter((each) => !played.includes(each)).map(({ id }) => id);
    expect(played).toHaveLength(9);
    expect(others).toEqual([
      "digest-md5-auth-int-hash-computed",
      ...rows.filter(({ id }) => /-(neg|lenient)-/.test(id)).map(({ id }) => id),
    ]);
  });

  it.each(played)("[DIGEST-2.1.2-1] [DIGEST-2.1.2-3] $id, client", ({ inputs, messages, outputs }) => {
    const client = digestMd5Client({
      authenticationIdentity: inputs.username!,
      password: inputs.password!,
      authorizationIdentity: inputs.authzid ?? "",
      cnonce: inputs.cnonce!,
      ...split(inputs.digestUri),
    });
    expect(sent(client.start())).toBeNull();
    const step = client.next(octets(messages![0]));
    const bytes = step.type === "response" ? step.bytes : null;
    expect(toLatin1(bytes)).toBe(toLatin1(octets(messages![1])));
    if (outputs.wireBase64) expect(toBase64(bytes)).toBe(outputs.wireBase64[1]);
    expect(client.next(octets(messages![2]))).toMatchObject({ type: "response", bytes: new Uint8Array(0) });
    expect(client.finish()).toEqual({ type: "success", serverProved: true });
  });

  it.each(played)("[DIGEST-2.1.3-1] [DIGEST-2.1.2-4] $id, server", ({ id, inputs, messages, outputs }) => {
    const server = digestMd5Server({
      nonce: inputs.nonce!,
      realms: inputs.realm === undefined ? [] : [inputs.realm],
      ...(({ service, host }) => ({ service, hosts: [host] }))(split(inputs.digestUri)),
    });
    const challenge = server.next(null);
    if (!id.includes("no-charset")) expect(challenge).toEqual({ type: "challenge", bytes: octets(messages![0]) });
    expect(server.next(octets(messages![1]))).toEqual({
      type: "lookup",
      authenticationIdentity: inputs.username,
      authorizationIdentity: inputs.authzid ?? null,
      realm: inputs.realm ?? "",
    });
    const step = server.provide({ password: inputs.password! });
    expect(step.type).toBe(inputs.authzid === undefined ? "success" : "authorize");
    expect(step.type === "authorize" ? server.accept() : step).toEqual({
      type: "success",
      authenticationIdentity: inputs.username,
      authorizationIdentity: inputs.authzid ?? inputs.username,
      data: octets(messages![2]),
    });
    const hash = digestMd5Hash({
      authenticationIdentity: inputs.username!,
      realm: inputs.realm ?? "",
      password: inputs.password!,
    });
    expect(Buffer.from(hash).toString("hex")).toBe(outputs.innerHashHex);
  });

  it("[DIGEST-6331-1] digest-md5-auth-int-hash-computed: auth-int is taken from no server and from no client", () => {
    const { messages } = row("digest-md5-auth-int-hash-computed");
    expect(answerTo(octets(messages![0]))).toBe("failure: unsupported-offer");
    expect(askedOn(octets(messages![1])).step).toMatchObject({ type: "failure", reason: "malformed-message" });
  });

  it.each(rows.filter(({ id, messages }) => id.includes("-neg-") && messages?.length === 1))(
    "[DIGEST-2.1.1-1] [DIGEST-2.1.1-2] $id",
    ({ messages }) => {
      expect(answerTo(octets(messages![0]))).toMatch(/^failure: (malformed-message|unsupported-offer)$/);
    },
  );

  it("[DIGEST-2.1.3-2] digest-md5-neg-rspauth-wrong", () => {
    const { inputs, messages } = row("digest-md5-neg-rspauth-wrong");
    const client = digestMd5Client({
      authenticationIdentity: "chris",
      password: inputs.password!,
      cnonce: inputs.cnonce!,
      // As the row's messages have it; its inputs name another service.
      service: "imap",
      host: "elwood.innosoft.com",
    });
    client.start();
    expect(sent(client.next(octets(messages![0])))).toBe(messages![1]!.text);
    expect(client.next(octets(messages![2]))).toMatchObject({ type: "failure", reason: "server-not-proved" });
  });

  it("[DIGEST-2.1.3-1] digest-md5-neg-nc-2", () => {
    const { inputs, messages } = row("digest-md5-neg-nc-2");
    expect(askedOn(octets(messages![1]), { nonce: inputs.nonce!, realms: [] }).step).toMatchObject({
      type: "failure",
      reason: "nonce-mismatch",
    });
  });

  it.each([
    ["digest-md5-lenient-lists", 'realm="x"'],
    ["digest-md5-lenient-quoted-tokens", 'realm=""'],
  ])("[DIGEST-7.1-1] [DIGEST-7.2-2] %s", (id, realm) => {
    const [challenge] = row(id).messages!;
    expect(answerTo(octets(challenge))).toMatch(
      new RegExp(`^charset=utf-8,username="chris",${realm},nonce="a",nc=00000001,.*,qop=auth$`),
    );
  });
});
