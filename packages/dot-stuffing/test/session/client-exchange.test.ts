import {
  ClientExchange,
  type ClientExchangeOptions,
  encodeBase64,
  type SaslClientOutcome,
  type SaslClientStep,
} from "dot-stuffing/session";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

type Step = SaslClientStep | { readonly type: "choose"; readonly from: string };

/** A mechanism that does what the test says, and records what it is told. */
class Scripted {
  readonly name = "TEST";
  readonly told: string[] = [];
  readonly #steps: Step[];

  constructor(...steps: Step[]) {
    this.#steps = steps;
  }

  start(): Step {
    return this.#steps.shift()!;
  }

  next(challenge: Uint8Array): Step {
    this.told.push(text(challenge));
    return this.#steps.shift()!;
  }

  finish(): SaslClientOutcome {
    return { type: "success", serverProved: true };
  }

  abort(): void {
    this.told.push("abort");
  }
}

const response = (bytes: string | null): SaslClientStep => ({
  type: "response",
  bytes: bytes === null ? null : octets(bytes),
});
const failure: SaslClientStep = { type: "failure", text: "no" };
const line = (line: string) => ({ type: "line", text: `${line}\r\n` });
const STRICT: ClientExchangeOptions = {
  maxCommandLine: 512,
  twoStep: false,
  challengeNotBase64: false,
  textBehindChallenge: false,
};

function exchange(steps: readonly Step[], options: Partial<ClientExchangeOptions> = {}) {
  const mechanism = new Scripted(...steps);
  return { mechanism, exchange: new ClientExchange(mechanism, { ...STRICT, ...options }) };
}

describe("the AUTH command", () => {
  it.each([
    { name: "no initial response", initial: null, command: "AUTH TEST" },
    { name: "an empty one", initial: "", command: "AUTH TEST =" },
    { name: "one of a few octets", initial: "\0a\0b", command: "AUTH TEST AGEAYg==" },
  ])("carries $name", ({ initial, command }) => {
    expect(exchange([response(initial)]).exchange.start()).toEqual(line(command));
  });

  it("carries an initial response up to the longest command, CRLF included; a longer one answers the empty challenge", () => {
    const initial = "x".repeat(300);
    const whole = `AUTH TEST ${encodeBase64(octets(initial))}`;
    const fits = exchange([response(initial)], { maxCommandLine: whole.length + 2 });
    expect(fits.exchange.start()).toEqual(line(whole));
    const tooLong = exchange([response(initial)], { maxCommandLine: whole.length + 1 });
    expect(tooLong.exchange.start()).toEqual(line("AUTH TEST"));
    expect(tooLong.exchange.challenge("")).toEqual(line(encodeBase64(octets(initial))));
    expect(tooLong.mechanism.told).toEqual([]);
  });

  it("is not sent by a mechanism that gives up before", () => {
    const { exchange: given } = exchange([failure]);
    expect(given.start()).toEqual({ type: "failure", text: "no" });
    expect([given.failure, given.finish()]).toEqual(["no", failure]);
  });
});

describe("a challenge", () => {
  it("goes to the mechanism decoded, its response back in base64", () => {
    const { exchange: given, mechanism } = exchange([response(null), response("user"), response(null)]);
    given.start();
    expect(given.challenge("VXNlcm5hbWU6")).toEqual(line("dXNlcg=="));
    expect(given.challenge("")).toEqual(line(""));
    expect(mechanism.told).toEqual(["Username:", ""]);
    expect([given.failure, given.finish()]).toEqual([null, { type: "success", serverProved: true }]);
  });

  it("that the mechanism refuses is answered with a cancellation", () => {
    const { exchange: given, mechanism } = exchange([response(null), failure]);
    given.start();
    expect(given.challenge("AAAA")).toEqual(line("*"));
    expect([given.failure, given.finish(), mechanism.told]).toEqual(["no", failure, ["\0\0\0", "abort"]]);
  });

  it("that is not base64 cancels, and aborts the mechanism", () => {
    const { exchange: given, mechanism } = exchange([response(null)]);
    given.start();
    expect(given.challenge("VXNlcm5hbWU6 junk")).toEqual(line("*"));
    const text = "a challenge that is not base64";
    expect([given.failure, given.finish(), mechanism.told]).toEqual([text, { type: "failure", text }, ["abort"]]);
  });

  it("may have text after it, with a leniency", () => {
    const { exchange: given, mechanism } = exchange([response(null), response("u")], { textBehindChallenge: true });
    given.start();
    expect(given.challenge("VXNlcm5hbWU6 junk")).toEqual(line("dQ=="));
    expect(mechanism.told).toEqual(["Username:"]);
  });

  it.each([
    { challenge: "", lenient: false, answer: "aW4=" },
    { challenge: "", lenient: true, answer: "aW4=" },
    { challenge: "ok, go on", lenient: false, answer: "*" },
    { challenge: "ok, go on", lenient: true, answer: "aW4=" },
    { challenge: "AAAA", lenient: false, answer: "*" },
    { challenge: "AAAA", lenient: true, answer: "*" },
  ])("$challenge gets $answer while an initial response waits; lenient: $lenient", ({ challenge, lenient, answer }) => {
    const { exchange: given, mechanism } = exchange([response("in")], { twoStep: true, challengeNotBase64: lenient });
    expect(given.start()).toEqual(line("AUTH TEST"));
    expect(given.challenge(challenge)).toEqual(line(answer));
    expect(mechanism.told).toEqual(answer === "*" ? ["abort"] : []);
    const why = "a challenge that is not empty, to a mechanism that speaks first";
    expect(given.failure).toBe(answer === "*" ? why : null);
  });
});

describe("what is thrown", () => {
  const thrown = { error: new Error("its own") };
  const throwing = (): never => {
    throw thrown.error;
  };
  const text = "an error on this side";

  it("at a challenge cancels the exchange, and is given back; the mechanism is told once that it failed", () => {
    const { exchange: given, mechanism } = exchange([response(null)]);
    given.start();
    mechanism.next = throwing;
    expect(given.challenge("AAAA")).toEqual({ ...line("*"), thrown });
    expect([given.failure, given.abort(), mechanism.told]).toEqual([text, undefined, ["abort"]]);
    expect(new ClientExchange(mechanism, ...given.snapshot()).abort()).toBe(undefined);
    expect(mechanism.told).toEqual(["abort"]);
  });

  it("by abort() does not change why the exchange failed", () => {
    const { exchange: given, mechanism } = exchange([response(null)]);
    given.start();
    mechanism.abort = throwing;
    expect(given.challenge("?")).toEqual({ ...line("*"), thrown });
    expect(given.failure).toBe("a challenge that is not base64");
    const { exchange: early, mechanism: held } = exchange([response("in")], { twoStep: true });
    early.start();
    held.abort = throwing;
    expect(early.finish()).toEqual({ type: "failure", text: "success before the response was sent", thrown });
  });

  it("at the server's success makes it a failure; so does what is no outcome", () => {
    const { exchange: given, mechanism } = exchange([response(null)]);
    given.start();
    mechanism.finish = throwing;
    expect(given.finish()).toEqual({ type: "failure", text, thrown });
    expect(mechanism.told).toEqual(["abort"]);
    const error = new TypeError('"outcome" expected an outcome of the mechanism, with its "type"');
    for (const outcome of [null, undefined, {}, Promise.resolve()]) {
      mechanism.finish = () => outcome as never;
      expect(given.finish()).toEqual({ type: "failure", text, thrown: { error } });
    }
  });

  it("at the beginning is the caller's", () => {
    const { exchange: given, mechanism } = exchange([]);
    mechanism.start = throwing;
    expect(() => given.start()).toThrow(thrown.error);
    expect(mechanism.told).toEqual([]);
  });
});

it("goes on from its snapshot", () => {
  const { exchange: given, mechanism } = exchange([response("in"), response("next")], { twoStep: true });
  given.start();
  const restored = new ClientExchange(mechanism, ...given.snapshot());
  expect(restored.challenge("")).toEqual(line("aW4="));
  expect(restored.challenge("AAAA")).toEqual(line("bmV4dA=="));
});

it.each([undefined, null, {}, Promise.resolve()])("refuses %o, which is no step", (step) => {
  const { exchange: given } = exchange([]);
  expect(() => given.take(step as never)).toThrow(
    new TypeError('"step" expected a step of the mechanism, with its "type"'),
  );
});

it("refuses a response whose octets are none", () => {
  const { exchange: given } = exchange([]);
  expect(() => given.take({ type: "response", bytes: "x" } as never)).toThrow(
    new TypeError('"step.bytes" expected a Uint8Array, got string'),
  );
});

it("success before the initial response was sent is none", () => {
  const { exchange: given, mechanism } = exchange([response("in")], { twoStep: true });
  given.start();
  expect(given.finish()).toEqual({ type: "failure", text: "success before the response was sent" });
  expect(mechanism.told).toEqual(["abort"]);
});

it("hands a step that it does not know to the application, and takes the next from there", () => {
  const choose: Step = { type: "choose", from: "abc" };
  const { exchange: given } = exchange([choose, choose]);
  expect(given.start()).toEqual({ type: "other", step: choose });
  expect(given.take(response("a"))).toEqual(line("AUTH TEST YQ=="));
  expect(given.challenge("")).toEqual({ type: "other", step: choose });
  expect(given.take(response("b"))).toEqual(line("Yg=="));
});
