import fc from "fast-check";
import {
  type SaslClient,
  type SmtpClientEvent,
  SmtpClientSession,
  type SmtpServerEvent,
  SmtpServerSession,
  StateError,
} from "smtp-codec";
import { chunkings, octets, runs, SessionPair } from "tools/testing";
import { describe, expect, it } from "vitest";
import { fake } from "../support.ts";
import { cell, type State, type Verb } from "./order.ts";

/** A command as the application gives it; whether the server's application takes it stands in its text. */
interface Given {
  readonly verb: Verb;
  readonly accepted: boolean;
}

/** What both sides should be in. */
interface Model {
  state: State;
  /** Whether the last hello was EHLO: extensions are offered behind it alone. */
  extended: boolean;
  authenticated: boolean;
  tls: boolean;
}

interface Real {
  readonly client: SmtpClientSession;
  readonly server: SmtpServerSession;
  readonly pair: SessionPair<SmtpClientEvent, SmtpServerEvent>;
  content: string;
}

/** A mechanism of one message. */
function saying(word: string): SaslClient {
  return {
    name: "ECHO",
    start: () => ({ type: "response", bytes: octets(word) }),
    next: () => ({ type: "failure", text: "no challenge was expected" }),
    finish: () => ({ type: "success", serverProved: false }),
    abort: () => {},
  };
}

const BUSY: ReadonlySet<Verb> = new Set(["EHLO", "HELO", "AUTH", "STARTTLS"]);

function give({ client }: Real, { verb, accepted }: Given): void {
  const who = accepted ? "yes" : "no";
  switch (verb) {
    case "EHLO":
      return void client.ehlo("client.example.com");
    case "HELO":
      return void client.helo("client.example.com");
    case "MAIL":
      return void client.mail(`${who}@example.com`, { content: "7bit" });
    case "RCPT":
      return void client.rcpt(`${who}@example.org`);
    case "VRFY":
      return void client.vrfy(who);
    case "AUTH":
      return void client.auth(saying(who));
    default:
      return void client[verb.toLowerCase() as "data" | "rset" | "noop" | "starttls" | "quit"]();
  }
}

/** Commands given at once, in as many groups as the protocol makes of them. */
class Batch implements fc.Command<Model, Real> {
  readonly #batch: readonly Given[];

  constructor(batch: readonly Given[]) {
    this.#batch = batch;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const events = real.pair.clientEvents.length;
    let expected = model.state;
    const given: Given[] = [];
    for (const command of this.#batch) {
      const { verb } = command;
      const next = cell(verb, expected);
      const offered =
        (verb !== "AUTH" || (model.extended && !model.authenticated)) &&
        (verb !== "STARTTLS" || (model.extended && !model.tls));
      // Behind HELO a client may ask for TLS and be refused: that is not about order.
      if (verb === "STARTTLS" && !model.extended) continue;
      if (typeof next === "number" || !offered) {
        const before = real.client.snapshot();
        expect(() => give(real, command)).toThrow(StateError);
        expect(real.client.snapshot()).toEqual(before);
        continue;
      }
      real.content = command.accepted ? "ham" : "spam";
      give(real, command);
      given.push(command);
      if (BUSY.has(verb) || verb === "DATA" || verb === "QUIT") break;
      expected = next;
    }
    real.pair.run();
    for (const command of given) this.#happen(model, command);
    expect(real.server.state).toBe(model.state === "closed" ? real.server.state : model.state);
    expect([real.client.state, real.client.tls]).toEqual([model.state, model.tls]);
    const found = real.pair.clientEvents.slice(events);
    expect(found.filter(({ type }) => type === "violation")).toEqual([]);
    // One event a command, of its kind and in its order.
    const types = found.flatMap(({ type }) => (type === "message" || type === "closed" ? [] : [type.toUpperCase()]));
    expect(types).toEqual(given.map(({ verb }) => verb));
  }

  toString(): string {
    return this.#batch.map(({ verb, accepted }) => `${verb}${accepted ? "" : " (refused)"}`).join(", ");
  }

  /** What the server does with a command that has reached it. */
  #happen(model: Model, { verb, accepted }: Given): void {
    const next = cell(verb, model.state);
    if (typeof next === "number") return;
    if ((verb === "MAIL" || verb === "RCPT") && !accepted) return;
    if (verb === "AUTH") model.authenticated ||= accepted;
    if (verb === "EHLO" || verb === "HELO") model.extended = verb === "EHLO";
    if (verb === "STARTTLS") Object.assign(model, { tls: true, extended: false, authenticated: false });
    model.state = next;
  }
}

const verbs = fc.constantFrom<Verb[]>(
  ...(["EHLO", "EHLO", "HELO", "MAIL", "MAIL", "MAIL", "RCPT", "RCPT", "RCPT", "RCPT", "DATA", "DATA"] as const),
  ...(["RSET", "NOOP", "VRFY", "AUTH", "STARTTLS", "QUIT"] as const),
);
const given: fc.Arbitrary<Given> = fc.record({
  verb: verbs,
  accepted: fc.integer({ min: 0, max: 3 }).map((chance) => chance > 0),
});
const batches = fc.array(given, { minLength: 1, maxLength: 6 }).map((batch) => new Batch(batch));
const policies = fc.record({
  server: fc.record({ pipelining: fc.boolean(), size: fc.boolean(), enhancedStatusCodes: fc.boolean() }),
  client: fc.record({ pipelining: fc.boolean() }),
});

function connect(
  policy: { readonly server: object; readonly client: object },
  cut: (bytes: Uint8Array) => readonly Uint8Array[],
): { model: Model; real: Real } {
  const client = new SmtpClientSession(policy.client);
  const server = new SmtpServerSession({
    host: "mx.example.com",
    starttls: true,
    mechanisms: ["ECHO"],
    maxErrors: Number.POSITIVE_INFINITY,
    ...policy.server,
  });
  let content = "";
  const decide = (accepted: boolean) => (accepted ? server.accept() : server.reject());
  const pair = new SessionPair<SmtpClientEvent, SmtpServerEvent>(
    {
      session: client,
      answer: (event) => {
        if (event.type === "data" && event.ok) client.content(octets(real.content));
      },
    },
    {
      session: server,
      answer: (event) => {
        if (event.type === "mail") decide(event.from.address.startsWith("yes"));
        else if (event.type === "rcpt") decide(event.to.address.startsWith("yes"));
        else if (event.type === "content") content = String.fromCharCode(...event.bytes);
        else if (event.type === "message") decide(!content.startsWith("spam"));
        else if (event.type === "auth") server.authenticate(fake("ECHO"));
      },
    },
    cut,
  );
  const real: Real = { client, server, pair, content: "" };
  pair.run();
  return { model: { state: "greeted", extended: false, authenticated: false, tls: false }, real };
}

describe("client and server, connected", () => {
  it("[SMTP-2.3.6-1] agree on their state after any commands, and keep the order that the RFCs have", () => {
    const cuts = fc.func(fc.array(fc.nat({ max: 40 }), { maxLength: 4 }));
    fc.assert(
      fc.property(policies, cuts, fc.commands([batches], { maxCommands: 12 }), (policy, places, commands) => {
        const cut = (bytes: Uint8Array) => {
          const at = [...new Set(places(bytes.length).filter((place) => place < bytes.length))].sort((a, b) => a - b);
          return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
        };
        fc.modelRun(() => connect(policy, cut), commands);
      }),
      { numRuns: runs() },
    );
  });

  it("a whole session, cut in any way", () => {
    const session: Verb[] = ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"];
    const { model, real } = connect(
      { server: {}, client: {} },
      (bytes) => fc.sample(chunkings(bytes), { numRuns: 1, seed: 7 })[0]!,
    );
    for (const verb of session) new Batch([{ verb, accepted: true }]).run(model, real);
    expect(model).toMatchObject({ state: "closed", authenticated: true, tls: true });
    expect(real.pair.clientEvents.at(-2)).toMatchObject({ type: "quit", ok: true });
    expect(real.pair.serverEvents.filter(({ type }) => type === "message")).toHaveLength(1);
  });
});
