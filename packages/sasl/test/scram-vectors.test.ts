/** Published exchanges (RFC 5802 §5, RFC 7677 §3), those computed after them, and messages that break one rule each. */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import {
  type ChannelBinding,
  type Failure,
  formatScramKeys,
  makeScramKeys,
  parseScramKeys,
  type SaslServer,
  type ScramHash,
  type ServerStep,
  scramClient,
  scramServer,
  scramSha1,
  scramSha256,
  scramSha512,
} from "sasl";
import { describe, expect, it } from "vitest";
import { fromBase64, octets, text, toBase64, utf8, type Vector, vectors } from "./support.ts";

interface ScramVector extends Omit<Vector, "inputs" | "outputs"> {
  readonly mechanism: string;
  readonly note?: string;
  readonly inputs: {
    readonly username: string;
    readonly authzid?: string;
    readonly password: string;
    readonly preparedUsername?: string;
    readonly preparedPassword?: string;
    readonly gs2CbindFlag?: string;
    readonly clientNonce: string;
    readonly serverNoncePart: string;
    readonly saltBase64: string;
    readonly iterations: number;
    readonly channelBindingType?: ChannelBinding["type"];
    readonly channelBindingHex?: string;
    readonly serverOffers?: readonly string[];
  };
  readonly outputs: {
    readonly outcome: string;
    readonly identity?: string;
    readonly failsAt?: "client" | "server";
    readonly serverError?: string;
    readonly thenProtocolOutcome?: string;
    readonly storedForm5803?: string;
    readonly cbindInputBase64?: string;
  };
}

const all = vectors("scram") as unknown as readonly ScramVector[];
const hashes = [scramSha1, scramSha256, scramSha512];
const hashOf = (name: string): ScramHash => hashes.find(({ mechanism }) => name.replace(/-PLUS$/, "") === mechanism)!;
const secret = utf8("a secret of the server");

function bindingOf({ channelBindingType: type, channelBindingHex = "" }: ScramVector["inputs"]): ChannelBinding | null {
  if (type === undefined) return null;
  const data = new Uint8Array(Buffer.from(channelBindingHex, "hex"));
  return type === "tls-unique" ? { type, data, tlsVersion: "TLSv1.2", session: "not-resumed" } : { type, data };
}

/** What SASLprep makes of the vector's name and password. */
const prepareFor =
  ({ username, password, preparedUsername, preparedPassword }: ScramVector["inputs"]) =>
  (value: string) => {
    if (value === username) return preparedUsername ?? value;
    return value === password ? (preparedPassword ?? value) : value;
  };

function clientOf({ mechanism, inputs }: ScramVector) {
  return scramClient(hashOf(mechanism), {
    authenticationIdentity: inputs.username,
    authorizationIdentity: inputs.authzid ?? "",
    password: inputs.password,
    prepare: prepareFor(inputs),
    nonce: inputs.clientNonce,
    channelBinding: bindingOf(inputs) ?? (inputs.gs2CbindFlag === "y" ? "not-offered" : null),
  });
}

function serverOf({ mechanism, inputs }: ScramVector): SaslServer {
  const offersPlus = inputs.serverOffers?.some((name) => name.endsWith("-PLUS")) ?? mechanism.endsWith("-PLUS");
  const fallback: ChannelBinding = { type: "tls-exporter", data: new Uint8Array(32) };
  return scramServer(hashOf(mechanism), {
    secret,
    nonce: inputs.serverNoncePart,
    plus: mechanism.endsWith("-PLUS"),
    channelBindings: offersPlus ? [bindingOf(inputs) ?? fallback] : [],
  });
}

const keysOf = ({ mechanism, inputs }: ScramVector) =>
  makeScramKeys(hashOf(mechanism), {
    password: inputs.password,
    prepare: prepareFor(inputs),
    salt: fromBase64(inputs.saltBase64),
    iterations: inputs.iterations,
  });

/** Neither of our sides sends extensions. */
const hasExtensions = ({ id }: ScramVector) => id === "scram-sha-256-optional-extensions-computed";
const isSuccess = ({ outputs }: ScramVector) => outputs.outcome === "success";

describe.each(all.filter((vector) => isSuccess(vector) && !hasExtensions(vector)))("$id", (vector) => {
  const [clientFirst, serverFirst, clientFinal, serverFinal] = vector.messages!.map((message) => text(octets(message)));

  it("[SCRAM-3-1] [SCRAM-4-1] the server's messages follow from the client's and the stored keys", () => {
    const server = serverOf(vector);
    expect(server.name).toBe(vector.mechanism);
    expect(server.next(utf8(clientFirst!))).toMatchObject({
      type: "lookup",
      authenticationIdentity: vector.inputs.preparedUsername ?? vector.inputs.username,
      authorizationIdentity: vector.inputs.authzid ?? null,
    });
    const step = server.provide(parseScramKeys(vector.outputs.storedForm5803!));
    expect(step.type === "challenge" && text(step.bytes)).toBe(serverFirst);
    let end = server.next(utf8(clientFinal!));
    if (end.type === "authorize") end = server.accept();
    expect(end).toMatchObject({
      type: "success",
      authenticationIdentity: vector.inputs.preparedUsername ?? vector.inputs.username,
      authorizationIdentity: vector.outputs.identity,
    });
    expect(end.type === "success" && text(end.data)).toBe(serverFinal);
  });

  it("[SCRAM-2.2-1] [SCRAM-5803.2-1] the stored form is made of password, salt and count", () => {
    expect(formatScramKeys(keysOf(vector))).toBe(vector.outputs.storedForm5803);
  });

  it("[SCRAM-3-1] [SCRAM-5-1] the client's messages follow from the server's, and the server is proved", () => {
    const client = clientOf(vector);
    expect(client.name).toBe(vector.mechanism);
    const sent = [client.start(), client.next(utf8(serverFirst!)), client.next(utf8(serverFinal!))];
    expect(sent.map((step) => "bytes" in step && text(step.bytes))).toEqual([clientFirst, clientFinal, ""]);
    expect(client.finish()).toEqual({ type: "success", serverProved: true });
  });

  it("[SCRAM-5.1-9] [CB-5056.2-2] c= is the header as sent, then the binding's octets", () => {
    const c = /^c=([^,]*),/.exec(clientFinal!)![1]!;
    const header = Buffer.from(/^[^,]*,[^,]*,/.exec(clientFirst!)![0]);
    const data = Buffer.from(vector.inputs.channelBindingHex ?? "", "hex");
    expect(c).toBe(toBase64(Buffer.concat([header, data])));
  });
});

describe("unknown optional attributes", () => {
  const vector = all.find(hasExtensions)!;
  const [clientFirst, serverFirst, clientFinal, serverFinal] = vector.messages!.map((message) => text(octets(message)));
  const hmac = (key: Uint8Array, message: string) => createHmac("sha256", key).update(message).digest();
  const { password, saltBase64, iterations, clientNonce } = vector.inputs;
  const salted = pbkdf2Sync(password, fromBase64(saltBase64), iterations, 32, "sha256");

  it("[SCRAM-5.1-5] are ignored by the server, and are part of what the client's proof is over", () => {
    const server = serverOf(vector);
    server.next(utf8(clientFirst!));
    const step = server.provide(parseScramKeys(vector.outputs.storedForm5803!));
    const ours = step.type === "challenge" ? text(step.bytes) : "";
    const withoutProof = clientFinal!.replace(/,p=.*/, "");
    expect([clientFirst, withoutProof]).toEqual([
      expect.stringMatching(/,x=client-ext$/),
      expect.stringMatching(/,z=final-ext$/),
    ]);
    const authMessage = `${clientFirst!.slice("n,,".length)},${ours},${withoutProof}`;
    const clientKey = hmac(salted, "Client Key");
    const signature = hmac(createHash("sha256").update(clientKey).digest(), authMessage);
    const proof = clientKey.map((octet, at) => octet ^ signature[at]!);
    const end = server.next(utf8(`${withoutProof},p=${toBase64(proof)}`));
    expect(end.type === "success" && text(end.data)).toBe(
      `v=${toBase64(hmac(hmac(salted, "Server Key"), authMessage))}`,
    );
  });

  it("[SCRAM-5.1-5] are ignored by the client, and are part of what it signs", () => {
    const client = clientOf(vector);
    client.start();
    expect(serverFirst).toMatch(/,y=server-ext$/);
    const step = client.next(utf8(serverFirst!));
    const ours = step.type === "response" ? text(step.bytes) : "";
    const authMessage = `n=user,r=${clientNonce},${serverFirst},${ours.replace(/,p=.*/, "")}`;
    expect(serverFinal).toMatch(/,w=last-ext$/);
    const verifier = toBase64(hmac(hmac(salted, "Server Key"), authMessage));
    expect(client.next(utf8(`v=${verifier},w=last-ext`)).type).toBe("response");
    expect(client.finish()).toEqual({ type: "success", serverProved: true });
  });
});

describe("iteration count of 1", () => {
  const vector = all.find(({ id }) => id === "scram-sha-256-iterations-1-computed")!;
  const [clientFirst, serverFirst, clientFinal, serverFinal] = vector.messages!.map((message) => text(octets(message)));

  it("[SCRAM-5.1-10] is arithmetic that the default refuses, and the option permits", () => {
    const options = {
      authenticationIdentity: "user",
      password: vector.inputs.password,
      nonce: vector.inputs.clientNonce,
    };
    const strict = scramClient(scramSha256, options);
    strict.start();
    expect(strict.next(utf8(serverFirst!))).toMatchObject({ type: "failure", reason: "iteration-count" });
    const client = scramClient(scramSha256, { ...options, minIterations: 1 });
    const sent = [client.start(), client.next(utf8(serverFirst!)), client.next(utf8(serverFinal!))];
    expect(sent.map((step) => "bytes" in step && text(step.bytes))).toEqual([clientFirst, clientFinal, ""]);
  });
});

/** Where the messages come from the server, they are told to a client, and the other way round. */
describe.each(all.filter(({ outputs }) => outputs.failsAt === "client"))("$id: $note", (vector) => {
  it("[SCRAM-5.1-1] fails the client", () => {
    const client = clientOf(vector);
    client.start();
    const said = vector.messages!.filter(({ from }) => from === "S");
    const steps = said.map((message) => client.next(octets(message)));
    const last = steps.at(-1)!;
    if (vector.outputs.thenProtocolOutcome !== undefined) {
      expect(client.finish()).toMatchObject({ type: "failure", reason: "incomplete" });
      return;
    }
    expect(steps.slice(0, -1).map(({ type }) => type)).toEqual(steps.slice(0, -1).map(() => "response"));
    expect(last.type).toBe("failure");
    const { serverError } = last as Failure;
    expect(serverError?.value).toBe(vector.outputs.serverError);
  });
});

describe.each(all.filter(({ outputs }) => outputs.failsAt === "server"))("$id: $note", (vector) => {
  it("[SCRAM-5.1-1] [SCRAM-5.1-16] fails the server, which may tell why", () => {
    const server = serverOf(vector);
    const said = vector.messages!.filter(({ from }) => from === "C");
    let step: ServerStep = { type: "challenge", bytes: new Uint8Array(0) };
    for (const message of said) {
      expect(step.type).toBe("challenge");
      step = server.next(octets(message));
      if (step.type === "lookup") step = server.provide(keysOf(vector));
    }
    expect(step.type).toBe("failure");
    const { serverError } = step as Failure;
    if (vector.outputs.serverError !== undefined) expect(serverError?.raw).toBe(vector.outputs.serverError);
  });
});
