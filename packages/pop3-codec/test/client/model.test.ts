import fc from "fast-check";
import {
  type Pop3ClientEvent,
  Pop3ClientSession,
  type Pop3ServerEvent,
  Pop3ServerSession,
  StateError,
} from "pop3-codec";
import { byteByByte, cutAt, runs, SessionPair } from "tools/testing";
import { expect, it } from "vitest";
import { answer, MESSAGES } from "../support.ts";
import { LEGAL_ORDER } from "./legal-order.ts";
import { echo } from "./support.ts";

const COUNT = MESSAGES.length;
const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";

/** What both sides allow. */
interface Policies {
  readonly stls: boolean;
  readonly apop: boolean;
  readonly mechanism: boolean;
  readonly plaintextOnServer: boolean;
  readonly plaintextOnClient: boolean;
  readonly requireTls: boolean;
  readonly pipelining: boolean;
  readonly top: boolean;
  readonly cut: "whole" | "byte by byte" | "in two";
}

/** What the fixture's states, and what the RFCs say of marks and TLS, lead to. */
interface Model {
  readonly policies: Policies;
  state: string;
  tls: boolean;
  /** Whether UTF8 was given. */
  utf8: boolean;
  timestamp: boolean;
  marked: Set<number>;
}

class Connection {
  readonly client: Pop3ClientSession;
  readonly pair: SessionPair<Pop3ClientEvent, Pop3ServerEvent>;
  /** What QUIT has handed to the server's application. */
  deleted: readonly number[] | null = null;

  constructor(policies: Policies) {
    const { stls, apop, mechanism, plaintextOnServer, plaintextOnClient, requireTls, pipelining, top, cut } = policies;
    const server = new Pop3ServerSession({
      stls,
      top,
      apop: apop ? { timestamp: "<1@a>" } : null,
      mechanisms: mechanism ? ["ECHO"] : [],
      plaintextWithoutTls: plaintextOnServer,
      maxErrors: Number.POSITIVE_INFINITY,
      maxFailedLogins: Number.POSITIVE_INFINITY,
    });
    this.client = new Pop3ClientSession({ plaintextWithoutTls: plaintextOnClient, requireTls, pipelining });
    const cuts = {
      whole: undefined,
      "byte by byte": byteByByte,
      "in two": (bytes: Uint8Array) => cutAt(bytes, [bytes.length >> 1]),
    };
    this.pair = new SessionPair<Pop3ClientEvent, Pop3ServerEvent>(
      { session: this.client, answer: () => {} },
      {
        session: server,
        answer: (event) => {
          if (event.type === "quit" && event.answer === "needed") this.deleted = event.deleted;
          answer(server, event);
        },
      },
      cuts[cut],
    ).run();
  }
}

/** A command: what it needs besides the fixture's state, and whether it succeeds. */
interface Step {
  readonly verb: string;
  readonly shown: string;
  give(client: Pop3ClientSession): unknown;
  /** Whether the client gives it, in a state that allows it. */
  given?(model: Model): boolean;
  ok?(model: Model): boolean;
  done?(model: Model): void;
  /** What it changes, whether it succeeds or not. */
  sent?(model: Model): void;
  /** What events say in front of its own. */
  before?(model: Model): readonly string[];
}

const isThere = (number: number) => (model: Model) => number <= COUNT && !model.marked.has(number);
const left = ({ marked }: Model) =>
  Array.from({ length: COUNT }, (_, index) => index + 1).filter((n) => !marked.has(n));
const simple = (verb: string, give: Step["give"], rest: Partial<Step> = {}): Step => ({
  verb,
  shown: verb,
  give,
  ...rest,
});
const forget = (model: Model) => {
  model.tls = true;
  model.timestamp = false;
};
const mayShow = ({ policies, tls }: Model) => tls || (!policies.requireTls && policies.plaintextOnClient);
const mayLogin = ({ policies, tls }: Model) => tls || !policies.requireTls;

const number = fc.integer({ min: 1, max: COUNT + 1 });
const numbered = (verb: string, give: (client: Pop3ClientSession, n: number) => unknown, rest: Partial<Step> = {}) =>
  number.map(
    (n): Step => ({ verb, shown: `${verb} ${n}`, give: (client) => give(client, n), ok: isThere(n), ...rest }),
  );

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    simple("USER", (c) => c.user("tim"), {
      given: mayShow,
      ok: ({ policies, tls }) => tls || policies.plaintextOnServer,
    }),
    simple("PASS", (c) => c.pass("tanstaaf")),
    simple("PASS", (c) => c.pass("wrong"), { shown: "PASS wrong", ok: () => false }),
    simple("APOP", (c) => c.apop("tim", DIGEST), { given: (model) => mayLogin(model) && model.timestamp }),
    simple("AUTH", (c) => c.auth(echo(), { force: true }), {
      given: mayLogin,
      ok: ({ policies }) => policies.mechanism,
    }),
    simple("STLS", (c) => c.stls(), {
      given: ({ tls, utf8 }) => !tls && !utf8,
      ok: ({ policies }) => policies.stls,
      done: forget,
    }),
    // This server offers neither.
    simple("UTF8", (c) => c.utf8(), {
      ok: () => false,
      sent: (model) => {
        model.utf8 = true;
      },
    }),
    simple("LANG", (c) => c.lang("de"), { ok: () => false }),
    simple("CAPA", (c) => c.capa()),
    simple("STAT", (c) => c.stat()),
    simple("LIST", (c) => c.list(), { before: (model) => left(model).map((n) => `scan-listing ${n}`) }),
    simple("UIDL", (c) => c.uidl(), { before: (model) => left(model).map((n) => `unique-id-listing ${n}`) }),
    simple("NOOP", (c) => c.noop()),
    simple("RSET", (c) => c.rset(), { done: ({ marked }) => marked.clear() }),
    simple("QUIT", (c) => c.quit()),
  ),
  numbered("LIST", (c, n) => c.list(n)).map((step): Step => {
    const n = step.shown.slice(5);
    return { ...step, before: (model) => (step.ok!(model) ? [`scan-listing ${n}`] : []) };
  }),
  numbered("RETR", (c, n) => c.retr(n)).map((step): Step => {
    const n = step.shown.slice(5);
    const hasContent = MESSAGES[Number(n) - 1] !== "";
    return { ...step, before: (model) => (step.ok!(model) && hasContent ? [`content ${n}`] : []) };
  }),
  number.map((n): Step => {
    const ok = (model: Model) => model.policies.top && isThere(n)(model);
    const before = (model: Model) => (ok(model) && MESSAGES[n - 1] !== "" ? [`content ${n}`] : []);
    return { verb: "TOP", shown: `TOP ${n}`, give: (c) => c.top(n, 1), ok, before };
  }),
  number.map(
    (n): Step => ({
      verb: "DELE",
      shown: `DELE ${n}`,
      give: (c) => c.dele(n),
      ok: isThere(n),
      done: ({ marked }) => void marked.add(n),
    }),
  ),
);

/** Several commands, given at once where one does not have to wait for the other. */
class Group implements fc.Command<Model, Connection> {
  readonly #steps: readonly Step[];

  constructor(all: readonly Step[]) {
    this.#steps = all;
  }

  check({ state }: Readonly<Model>): boolean {
    return state !== "closed";
  }

  run(model: Model, real: Connection): void {
    const { client, pair } = real;
    const expected: string[] = [];
    const from = pair.clientEvents.length;
    for (const step of this.#steps) {
      const next = LEGAL_ORDER[step.verb]![model.state];
      if (next === undefined || !(step.given?.(model) ?? true)) {
        const { length } = pair.transcript;
        expect(() => step.give(client), `${step.shown} in ${model.state}`).toThrow(StateError);
        expect(pair.transcript.length).toBe(length);
        continue;
      }
      step.give(client);
      step.sent?.(model);
      const ok = step.ok?.(model) ?? true;
      expected.push(...(step.before?.(model) ?? []), `${step.verb.toLowerCase()} ${ok ? "ok" : "no"}`);
      if (model.state === "transaction" && next === "transaction") {
        if (ok) step.done?.(model);
        continue;
      }
      // What is legal next depends on the answer.
      pair.run();
      const before = model.state;
      if (ok) step.done?.(model);
      if (next === "busy") model.state = ok && step.verb !== "STLS" ? "transaction" : "authorization";
      else if (ok || next === "closed") model.state = next;
      else model.state = "authorization";
      if (next !== "closed") continue;
      expected.push("closed quit");
      if (before === "transaction") {
        expect(pair.clientEvents).toContainEqual(expect.objectContaining({ deletions: "confirmed" }));
        expect(real.deleted).toEqual([...model.marked].sort());
      }
      break;
    }
    pair.run();
    const found = pair.clientEvents.slice(from).map((event) => {
      if (event.type === "closed") return `closed ${event.cause}`;
      if ("ok" in event) return `${event.type} ${event.ok ? "ok" : "no"}`;
      return "number" in event ? `${event.type} ${event.number}` : event.type;
    });
    expect(found).toEqual(expected);
    expect([client.state, client.tls]).toEqual([model.state, model.tls]);
  }

  toString(): string {
    return this.#steps.map(({ shown }) => shown).join(", ");
  }
}

/** Without a way to log in there is no server. */
const canLogIn = ({ stls, apop, mechanism, plaintextOnServer }: Policies) =>
  stls || apop || mechanism || plaintextOnServer;

const policies: fc.Arbitrary<Policies> = fc
  .record({
    stls: fc.boolean(),
    apop: fc.boolean(),
    mechanism: fc.boolean(),
    plaintextOnServer: fc.boolean(),
    plaintextOnClient: fc.boolean(),
    requireTls: fc.boolean(),
    pipelining: fc.boolean(),
    top: fc.boolean(),
    cut: fc.constantFrom("whole", "byte by byte", "in two"),
  })
  .filter(canLogIn);

it("client and server agree on every command, in every state, whatever each of them allows", () => {
  const groups = fc.array(steps, { minLength: 1, maxLength: 6 }).map((all) => new Group(all));
  fc.assert(
    fc.property(policies, fc.boolean(), fc.commands([groups], { maxCommands: 20 }), (allowed, loggedIn, commands) => {
      fc.modelRun(() => {
        const way = loggedIn ? { apop: true, requireTls: false } : {};
        const both = { ...allowed, ...way };
        const real = new Connection(both);
        const model: Model = {
          policies: both,
          state: "authorization",
          tls: false,
          utf8: false,
          timestamp: both.apop,
          marked: new Set(),
        };
        if (loggedIn) {
          real.client.apop("tim", DIGEST);
          real.pair.run();
          model.state = "transaction";
        }
        return { model, real };
      }, commands);
    }),
    { numRuns: runs(2) },
  );
});
