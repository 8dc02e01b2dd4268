/**
 * A mechanism of the user's own in the seam: the shape of GSSAPI (RFC 4752), over a security context that is a fake.
 */

import fc from "fast-check";
import {
  type ClientOutcome,
  type ClientStep,
  type Failure,
  type MechanismTraits,
  pickMechanism,
  plainClient,
  type SaslClient,
  type SaslServer,
  type ServerStep,
  StateError,
} from "sasl";
import { formatSecurityBuffer, SecurityBufferReader, type SecurityLayer } from "sasl/security-layer";
import { expect, it, vi } from "vitest";
import { runs, settled, text, utf8 } from "./support.ts";

const traits: MechanismTraits = {
  speaksFirst: "client",
  sendsFinalData: false,
  carriesAuthorizationIdentity: true,
  revealsPassword: false,
  provesServer: true,
  bindsChannel: false,
  negotiatesSecurityLayer: true,
};

/** What a native library would do: some tokens each way, empty ones too, then messages can be wrapped. */
class FakeContext implements SecurityLayer {
  readonly maxReceiveSize = 64;
  readonly target: string;
  #tokens: Uint8Array[];
  constructor(target: string, tokens: readonly string[]) {
    this.target = target;
    this.#tokens = tokens.map(utf8);
  }
  get isEstablished(): boolean {
    return this.#tokens.length === 0;
  }
  token(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#tokens.shift() ?? []);
  }
  wrap(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    return Uint8Array.from([0xaa, ...bytes.map((octet) => octet ^ 0x55)]);
  }
  unwrap(buffer: Uint8Array): Uint8Array<ArrayBuffer> | null {
    return buffer[0] === 0xaa ? Uint8Array.from(buffer.subarray(1).map((octet) => octet ^ 0x55)) : null;
  }
}

const failure = (text: string): Failure => ({ type: "failure", reason: "malformed-message", text });
const layers = (mask: number, size: number) => Uint8Array.of(mask, size >> 16, size >> 8, size);

class GssapiClient implements SaslClient {
  readonly name = "GSSAPI";
  readonly traits = traits;
  readonly #context: FakeContext;
  readonly #user: string;
  #isDone = false;
  constructor(context: FakeContext, user: string) {
    this.#context = context;
    this.#user = user;
  }
  get securityLayer(): SecurityLayer | null {
    return this.#isDone ? this.#context : null;
  }
  start(): ClientStep {
    return { type: "response", secret: true, bytes: this.#context.token() };
  }
  next(challenge: Uint8Array): ClientStep {
    if (this.#isDone) throw new StateError("next()", "after the last message", "finish(), abort()");
    if (!this.#context.isEstablished || challenge.length === 0) return this.start();
    const offer = this.#context.unwrap(challenge);
    if (offer?.length !== 4 || (offer[0]! & 4) === 0) return failure("no layer offered");
    this.#isDone = true;
    const answer = this.#context.wrap(Uint8Array.from([...layers(4, 64), ...utf8(this.#user)]));
    return { type: "response", secret: true, bytes: answer };
  }
  finish(): ClientOutcome {
    return this.#isDone ? { type: "success", serverProved: true } : failure("success too early");
  }
  abort(): void {}
}

class GssapiServer implements SaslServer {
  readonly name = "GSSAPI";
  readonly traits = traits;
  readonly #context: FakeContext;
  #offered = false;
  #user = "";
  constructor(context: FakeContext) {
    this.#context = context;
  }
  next(response: Uint8Array | null): ServerStep {
    if (response === null) return { type: "challenge", bytes: new Uint8Array(0) };
    if (!this.#context.isEstablished) return { type: "challenge", bytes: this.#context.token() };
    if (!this.#offered) {
      this.#offered = true;
      return { type: "challenge", bytes: this.#context.wrap(layers(4, 64)) };
    }
    const answer = this.#context.unwrap(response);
    if (answer === null || answer[0] !== 4) return failure("no layer chosen");
    this.#user = text(answer.subarray(4));
    return { type: "authorize", authenticationIdentity: "tim@REALM", authorizationIdentity: this.#user };
  }
  accept(): ServerStep {
    return { type: "success", authenticationIdentity: "tim@REALM", authorizationIdentity: this.#user, data: null };
  }
  reject(): ServerStep {
    return failure("rejected");
  }
  provide(): ServerStep {
    throw new StateError("provide()", "in GSSAPI", "accept(), reject()");
  }
  abort(): void {}
}

/** With empty tokens in both directions. */
const context = () => new FakeContext("imap@Mail.Example.com", ["a", "", "b", ""]);

it("[SASL-4752.3-1] goes through the seam: several rounds, empty messages, a wrapped message each way", () => {
  const client = new GssapiClient(context(), "tim");
  const server = new GssapiServer(context());
  const first = client.start();
  let step = server.next(first.type === "response" ? first.bytes : null);
  let rounds = 1;
  while (step.type === "challenge") {
    const answer = client.next(step.bytes);
    step = server.next(answer.type === "response" ? answer.bytes : null);
    rounds += 1;
  }
  expect(rounds).toBeGreaterThan(3);
  expect(step).toMatchObject({ type: "authorize", authorizationIdentity: "tim" });
  expect(settled(client, server, server.accept(), new Map())).toMatchObject({
    server: { type: "success", authenticationIdentity: "tim@REALM" },
    client: { type: "success", serverProved: true },
  });
});

it("[SASL-6.1.2-1] is a candidate of negotiation", () => {
  const client: SaslClient = new GssapiClient(context(), "tim");
  const plain = plainClient({ authenticationIdentity: "tim", password: "secret" });
  expect(pickMechanism(["PLAIN", "GSSAPI"], [plain, client], { tls: true }).mechanism).toBe(client);
});

it("[SASL-4752.3-2] service and host reach the mechanism as given", () => {
  expect(context().target).toBe("imap@Mail.Example.com");
});

it("[SASL-3.7-1] [SASL-4752.3-1] a layer's buffers go after four octets of length, however they are cut", () => {
  const layer = context();
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 63 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (messages, cuts) => {
        const wire = Buffer.concat(messages.map((message) => formatSecurityBuffer(layer.wrap(message))));
        const reader = new SecurityBufferReader(layer.maxReceiveSize);
        const found: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const end = at + cuts[turn % cuts.length]!;
          const { buffers, failure } = reader.push(wire.subarray(at, end));
          expect(failure).toBe(null);
          found.push(...buffers.map((buffer) => layer.unwrap(buffer)!));
          at = end;
        }
        expect(found.map((octets) => [...octets])).toEqual(messages.map((message) => [...message]));
      },
    ),
    runs,
  );
  expect(formatSecurityBuffer(Uint8Array.of(1, 2))).toEqual(Uint8Array.of(0, 0, 0, 2, 1, 2));
});

it("[SASL-3.7-1] a buffer announced above the maximum fails at its length, and so does everything after it", () => {
  const tooLong = { buffers: [], failure: { type: "failure", reason: "message-too-long" } };
  expect(new SecurityBufferReader(64).push(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toMatchObject(tooLong);
  const reader = new SecurityBufferReader(64);
  expect(reader.push(formatSecurityBuffer(new Uint8Array(64)))).toEqual({
    buffers: [new Uint8Array(64)],
    failure: null,
  });
  expect(reader.push(Uint8Array.of(0, 0, 0))).toEqual({ buffers: [], failure: null });
  expect(reader.push(Uint8Array.of(65))).toMatchObject(tooLong);
  expect(reader.push(formatSecurityBuffer(new Uint8Array(1)))).toMatchObject(tooLong);
  const none = new SecurityBufferReader(0);
  expect(none.push(formatSecurityBuffer(new Uint8Array(0)))).toEqual({ buffers: [new Uint8Array(0)], failure: null });
});

it("[SASL-3.7-1] buffers in front of one that is too long are handed out, however they are cut", () => {
  const wire = Uint8Array.of(0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0, 3);
  for (let cut = 0; cut <= wire.length; cut++) {
    const reader = new SecurityBufferReader(2);
    const [front, behind] = [reader.push(wire.subarray(0, cut)), reader.push(wire.subarray(cut))];
    expect([...front.buffers, ...behind.buffers]).toEqual([Uint8Array.of(7), new Uint8Array(0)]);
    expect(front.failure?.reason).toBe(cut === wire.length ? "message-too-long" : undefined);
    expect(behind.failure?.reason).toBe("message-too-long");
  }
});

it("[SASL-3.7-1] what is announced takes no memory, and no throw, before it comes", () => {
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 8 }, () => new SecurityBufferReader(2 ** 32 - 1));
  for (const reader of readers) {
    expect(reader.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toEqual({ buffers: [], failure: null });
    expect(reader.push(new Uint8Array(1000))).toEqual({ buffers: [], failure: null });
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22);
});

it("[SASL-3.7-1] a buffer that comes octet by octet is copied a bounded number of times", () => {
  const message = Uint8Array.from({ length: 50_000 }, (_, at) => at % 251);
  const wire = formatSecurityBuffer(message);
  const reader = new SecurityBufferReader(2 ** 20);
  let copied = 0;
  const { set } = Uint8Array.prototype;
  const spy = vi.spyOn(Uint8Array.prototype, "set").mockImplementation(function (this: Uint8Array, from, at) {
    copied += from.length;
    set.call(this, from, at);
  });
  try {
    for (let at = 0; at < wire.length - 1; at++) expect(reader.push(wire.subarray(at, at + 1)).buffers).toEqual([]);
  } finally {
    spy.mockRestore();
  }
  expect(copied).toBeLessThan(3 * wire.length);
  expect(reader.push(wire.subarray(-1)).buffers).toEqual([message]);
});

it.each([-1, 1.5, 2 ** 32, Number.NaN])("a maximum of %d is refused", (maxSize) => {
  expect(() => new SecurityBufferReader(maxSize)).toThrow(
    new RangeError('"maxSize" expected a whole number from 0 to 4294967295'),
  );
});
