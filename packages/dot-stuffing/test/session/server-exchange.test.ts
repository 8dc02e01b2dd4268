import { type Prepare, type SaslServerStep, ServerExchange } from "dot-stuffing/session";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

type Step = SaslServerStep | { readonly type: "verify"; readonly password: string };

/** A mechanism that does what the test says, and records what it is told. */
class Scripted {
  readonly name = "TEST";
  readonly told: (string | null)[] = [];
  readonly #steps: Step[];

  constructor(...steps: Step[]) {
    this.#steps = steps;
  }

  next(response: Uint8Array | null): Step {
    this.told.push(response === null ? null : text(response));
    return this.#steps.shift()!;
  }

  abort(): void {
    this.told.push("abort");
  }
}

const challenge = (bytes: string): SaslServerStep => ({ type: "challenge", bytes: octets(bytes) });
const success = (data: string | null): SaslServerStep => ({
  type: "success",
  authenticationIdentity: "user",
  authorizationIdentity: "other",
  data: data === null ? null : octets(data),
});
const SUCCESS = { type: "success", authenticationIdentity: "user", authorizationIdentity: "other" };

function exchange(...steps: Step[]) {
  const mechanism = new Scripted(...steps);
  return { mechanism, exchange: new ServerExchange(mechanism) };
}

it.each([null, "", "initial"])("gives the mechanism the initial response as it came: %j", (initial) => {
  const { exchange: given, mechanism } = exchange(success(null));
  expect(given.start(initial === null ? null : octets(initial))).toEqual(SUCCESS);
  expect(mechanism.told).toEqual([initial]);
});

describe("a response line", () => {
  it("goes to the mechanism decoded, an empty one too", () => {
    const { exchange: given, mechanism } = exchange(challenge("one"), challenge("two"), success(null));
    expect(given.start(null)).toEqual(challenge("one"));
    expect(given.respond(octets("YQ=="))).toEqual(challenge("two"));
    expect(given.respond(octets(""))).toEqual(SUCCESS);
    expect(mechanism.told).toEqual([null, "a", ""]);
  });

  it.each([
    { line: "*", cause: "cancelled", text: "the client cancelled the exchange" },
    { line: "**", cause: "malformed", text: "a response that is not base64" },
    { line: "=", cause: "malformed", text: "a response that is not base64" },
    { line: "YQ", cause: "malformed", text: "a response that is not base64" },
    { line: "YQ== ", cause: "malformed", text: "a response that is not base64" },
    { line: "QUIT\xff", cause: "malformed", text: "a response that is not base64" },
  ])("$line ends the exchange: $cause", ({ line, cause, text }) => {
    const { exchange: given, mechanism } = exchange(challenge("one"));
    given.start(null);
    expect(given.respond(octets(line))).toEqual({ type: "failure", cause, text });
    expect(mechanism.told).toEqual([null, "abort"]);
  });

  it("that the mechanism refuses ends the exchange", () => {
    const { exchange: given, mechanism } = exchange(challenge("one"), { type: "failure", text: "no" });
    given.start(null);
    expect(given.respond(octets("YQ=="))).toEqual({ type: "failure", cause: "refused", text: "no" });
    expect(mechanism.told).toEqual([null, "a"]);
  });
});

describe("final data goes as one more challenge", () => {
  it.each([
    { answer: "", step: SUCCESS, told: [null] },
    {
      answer: "YQ==",
      step: { type: "failure", cause: "refused", text: "an answer to the final data" },
      told: [null, "abort"],
    },
    { answer: "*", step: { type: "failure", cause: "cancelled" }, told: [null, "abort"] },
    { answer: "!", step: { type: "failure", cause: "malformed" }, told: [null, "abort"] },
  ])("answered with $answer: $step.type", ({ answer, step, told }) => {
    const { exchange: given, mechanism } = exchange(success("proof"));
    expect([given.start(null), given.snapshot()]).toEqual([challenge("proof"), success("proof")]);
    expect(given.respond(octets(answer))).toMatchObject(step);
    expect(mechanism.told).toEqual(told);
  });
});

it("hands a step that it does not know to the application, and takes the next from there", () => {
  const verify: Step = { type: "verify", password: "p" };
  const { exchange: given } = exchange(verify);
  expect(given.start(null)).toEqual({ type: "other", step: verify });
  expect(given.take(success(null))).toEqual(SUCCESS);
});

describe("an authorization identity is prepared", () => {
  const exchangeOf = (identity: string, prepare: Prepare, data: string | null = null) => {
    const mechanism = new Scripted({ ...success(data), authorizationIdentity: identity } as Step);
    return { mechanism, exchange: new ServerExchange(mechanism, prepare) };
  };
  const lower = (text: string, use: string) => (use === "query" ? text.toLowerCase() : null);
  const REFUSED = { type: "failure", cause: "refused", text: "the authorization identity cannot be prepared" };

  it("and stands so in the success, with final data or without", () => {
    expect(exchangeOf("OTHER", lower).exchange.start(null)).toEqual(SUCCESS);
    const { exchange: given, mechanism } = exchangeOf("OTHER", lower, "proof");
    expect(given.start(null)).toEqual(challenge("proof"));
    const restored = new ServerExchange(mechanism, () => null, given.snapshot());
    expect(restored.respond(octets(""))).toEqual(SUCCESS);
  });

  it.each<[string, Prepare]>([
    ["refused", () => ({ rule: "RFC 3454 C.2.1" })],
    ["refused without words", () => null],
    ["made empty", () => ""],
  ])("and fails the exchange where it is %s, before any final data", (_, prepare) => {
    for (const data of [null, "proof"]) {
      const { exchange: given, mechanism } = exchangeOf("other", prepare, data);
      expect(given.start(null)).toEqual(REFUSED);
      expect(mechanism.told).toEqual([null, "abort"]);
    }
  });

  it("but for one that was sent empty", () => {
    const none = () => null;
    expect(exchangeOf("", none).exchange.start(null)).toEqual({ ...SUCCESS, authorizationIdentity: "" });
  });
});

describe("what is thrown", () => {
  const thrown = new Error("its own");
  const throwing = (): never => {
    throw thrown;
  };
  const ERROR = { type: "failure", cause: "error", text: "an error on this side" };

  it("at a response ends the exchange, and is given back", () => {
    const { exchange: given, mechanism } = exchange(challenge("one"));
    given.start(null);
    mechanism.next = throwing;
    expect(given.respond(octets("YQ=="))).toEqual({ ...ERROR, thrown: { error: thrown } });
    expect(mechanism.told).toEqual([null, "abort"]);
  });

  it("so is what says that the mechanism gave no step", () => {
    const { exchange: given, mechanism } = exchange(challenge("one"), Promise.resolve() as never);
    given.start(null);
    const error = new TypeError('"step" expected a step of the mechanism, with its "type"');
    expect(given.respond(octets("YQ=="))).toEqual({ ...ERROR, thrown: { error } });
    expect(mechanism.told).toEqual([null, "a", "abort"]);
  });

  it("by abort() does not change why the exchange failed", () => {
    const { exchange: given, mechanism } = exchange(challenge("one"));
    given.start(null);
    mechanism.abort = throwing;
    const failure = { type: "failure", cause: "cancelled", text: "the client cancelled the exchange" };
    expect(given.respond(octets("*"))).toEqual({ ...failure, thrown: { error: thrown } });
    mechanism.next = () => {
      throw new Error("first");
    };
    expect(given.respond(octets("YQ=="))).toEqual({ ...ERROR, thrown: { error: new Error("first") } });
  });

  it("at the beginning, or by prepare there, is the caller's", () => {
    const { exchange: given, mechanism } = exchange();
    mechanism.next = throwing;
    expect(() => given.start(null)).toThrow(thrown);
    expect(() => new ServerExchange(new Scripted(success(null)), throwing).start(null)).toThrow(thrown);
    expect(mechanism.told).toEqual([]);
  });
});

it.each([undefined, null, {}, Promise.resolve()])("refuses %o, which is no step", (step) => {
  const { exchange: given } = exchange();
  expect(() => given.take(step as never)).toThrow(
    new TypeError('"step" expected a step of the mechanism, with its "type"'),
  );
});

it.each([
  [{ ...success(null), data: "x" }, '"step.data" expected a Uint8Array, got string'],
  [{ ...success(null), authenticationIdentity: 5 }, '"step.authenticationIdentity" expected a string, got number'],
  [{ ...success(null), authorizationIdentity: null }, '"step.authorizationIdentity" expected a string, got null'],
  [{ type: "challenge", bytes: null }, '"step.bytes" expected a Uint8Array, got null'],
])("refuses %o, whose octets are none", (step, message) => {
  expect(() => exchange().exchange.take(step as never)).toThrow(new TypeError(message));
});
