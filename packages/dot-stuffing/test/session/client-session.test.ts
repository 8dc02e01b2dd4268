import {
  type AuthOptions,
  type ClientMemory,
  ClientSession,
  type CommandTable,
  type ConcludedExchange,
  type QueuedCommand,
  type SaslClient,
  type SaslClientOutcome,
  type SaslClientStep,
  type SaslOtherStep,
  type SessionSnapshot,
  StateError,
  type Words,
} from "dot-stuffing/session";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

type State = "ready" | "busy" | "over";
type Event =
  | { readonly type: "reply"; readonly verb: string; readonly text: string; readonly answer: "none" }
  | { readonly type: "lost"; readonly verb: string; readonly sent: boolean; readonly answer: "none" }
  | { readonly type: "closed"; readonly cause: string; readonly answer: "none" }
  | { readonly type: "sasl"; readonly mechanism: SaslClient; readonly step: SaslOtherStep; readonly answer: "needed" }
  | ({ readonly type: "auth"; readonly answer: "none" } & ConcludedExchange<string>);
type Memory = ClientMemory<Event, State, QueuedCommand> & { mode: "commands" | "tls" | "closed" };

const TABLE: CommandTable<State> = {
  NOOP: { ready: "ready" },
  AUTH: { ready: "ready" },
  // No command of its own, but what follows one.
  content: { ready: "ready" },
  QUIT: { ready: "over" },
};

/** Commands of a word, replies that begin with `+` or `-`, and challenges with `=`. */
class Toy extends ClientSession<
  Event,
  "decision" | "output" | "tls" | "closed",
  State,
  QueuedCommand,
  Memory,
  string,
  SaslClient
> {
  protected override readonly role = "toy-client";
  protected override readonly words: Words<Memory> = { mode: { commands: true, tls: true, closed: true } };

  constructor(options: { readonly requireTls?: boolean } = {}) {
    super(
      options,
      {},
      {
        tls: false,
        events: [],
        pulled: 0,
        pending: null,
        state: "ready",
        expected: "ready",
        sent: [],
        heard: [],
        mode: "commands",
      },
      TABLE,
    );
  }

  static restore(snapshot: SessionSnapshot, mechanism: SaslClient): Toy {
    return new Toy().takeOver(snapshot, mechanism);
  }

  get unread(): number {
    return this.input.pending;
  }

  /** What has no reply of its own may be as long as it likes. */
  say(verb: "NOOP" | "STLS", words: string): this {
    this.queue.push({ verb, line: `${verb} ${words}\r\n` });
    this.pump();
    return this;
  }

  noop(): this {
    return this.give({ verb: "NOOP", line: "NOOP\r\n" });
  }

  quit(): this {
    return this.give({ verb: "QUIT", line: "QUIT\r\n" });
  }

  auth(mechanism: SaslClient, options: AuthOptions = {}, plaintextWithoutTls = false): this {
    this.beginAuth(mechanism, "busy", options, {
      ...{ maxCommandLine: 80, twoStep: false, challengeNotBase64: false, textBehindChallenge: false },
      ...{ offered: ["TEST", "PLAIN"], plaintextWithoutTls, beforeTls: "starttls()" },
    });
    return this;
  }

  protected override read(): Event | "bytes" | "decision" | null {
    const { memory } = this;
    const line = this.input.next();
    if (line === null && !this.inputEnded) return memory.sent.length > 0 ? "bytes" : "decision";
    if (!(line instanceof Uint8Array)) {
      this.close("end-of-input");
      return null;
    }
    const said = text(line);
    if (said.startsWith("=")) {
      if (!this.challenged(said.slice(1))) this.close("protocol");
      return null;
    }
    const { verb } = memory.sent.shift()!;
    if (verb === "AUTH") this.conclude(said.startsWith("+"), said);
    else memory.events.push({ type: "reply", verb, text: said, answer: "none" });
    if (verb === "QUIT") memory.state = "over";
    this.pump();
    return null;
  }

  protected override maySend(last: QueuedCommand | null): boolean {
    return last === null || last.verb === "NOOP";
  }

  protected override authCommand(line: string): QueuedCommand {
    return { verb: "AUTH", line };
  }

  protected override authEvent(end: ConcludedExchange<string>): Event {
    return { type: "auth", ...end, answer: "none" };
  }

  protected override lost({ verb }: QueuedCommand, sent: boolean): void {
    this.memory.events.push({ type: "lost", verb, sent, answer: "none" });
  }

  protected override underTls(): void {}
  protected override plaintextBehindTls(): void {}

  protected override close(cause: string): void {
    this.drop();
    this.memory.events.push({ type: "closed", cause, answer: "none" });
  }
}

type Step = SaslClientStep | SaslOtherStep;

/** A mechanism that does what the test says, and counts how often it is aborted. */
class Scripted implements SaslClient {
  readonly name = "TEST";
  aborted = 0;
  readonly #steps: Step[];
  readonly #outcome: SaslClientOutcome;

  constructor(steps: Step[], outcome: SaslClientOutcome = { type: "success", serverProved: true }) {
    this.#steps = steps;
    this.#outcome = outcome;
  }

  start(): Step {
    return this.#steps.shift()!;
  }

  next(): Step {
    return this.#steps.shift()!;
  }

  finish(): SaslClientOutcome {
    return this.#outcome;
  }

  abort(): void {
    this.aborted++;
  }
}

const response = (bytes: string | null): Step => ({ type: "response", bytes: bytes === null ? null : octets(bytes) });
const output = (session: Toy) => text(session.takeOutputPieces());
const hear = (session: Toy, lines: string) => [...session.receive(octets(lines))];
const failed = { type: "auth", ok: false, mechanism: "TEST", serverProved: false, answer: "none" };

describe("commands", () => {
  it("are sent as far as the protocol lets them, and answered in their order", () => {
    const session = new Toy().noop().noop().quit();
    expect(output(session)).toBe("NOOP\r\nNOOP\r\nQUIT\r\n");
    expect(hear(session, "+1\r\n-2\r\n+3\r\n")).toEqual([
      { type: "reply", verb: "NOOP", text: "+1", answer: "none" },
      { type: "reply", verb: "NOOP", text: "-2", answer: "none" },
      { type: "reply", verb: "QUIT", text: "+3", answer: "none" },
    ]);
    expect([session.state, session.waiting]).toEqual(["over", "decision"]);
  });

  it("are refused where the state does not allow them, by what it allows", () => {
    const session = new Toy();
    expect(() => session.proceed(response(null))).toThrow(
      new StateError("proceed()", 'without a "sasl" event', "noop(), auth(), quit()"),
    );
    session.quit();
    expect(() => session.noop()).toThrow(new StateError("noop()", 'in state "over"', "nextEvent() and takeOutput()"));
  });

  it("are under way 1024 at most", () => {
    const session = new Toy();
    for (let count = 0; count < 1100; count++) session.noop();
    let sent = output(session).length / 6;
    // Refilled by halves: some are always on their way.
    for (let heard = 0; heard < 3; heard++) {
      expect(sent).toBeGreaterThan(512 + heard);
      expect(hear(session, "+\r\n")).toHaveLength(1);
      sent += output(session).length / 6;
      expect(sent).toBeLessThanOrEqual(heard + 1 + 1024);
    }
  });

  it("leave no more kept than the last two of what was taken when their answers came", () => {
    const session = new Toy();
    for (let count = 0; count < 10; count++) {
      session.noop();
      output(session);
      hear(session, "+\r\n");
      session.say("NOOP", "").takeOutput();
      for (const _ of session.receive(new Uint8Array(0)));
      hear(session, "+\r\n");
    }
    expect(session.snapshot().data).toMatchObject({ memory: { heard: [{ end: 57 }, { taken: 130, end: 60 }] } });
  });

  it("are under way up to 16,384 characters, and one that is longer goes alone", () => {
    const session = new Toy();
    for (let count = 0; count < 40; count++) session.say("NOOP", "x".repeat(993)); // 1000 with CRLF
    let sent = output(session).length;
    expect(sent).toBe(16_000);
    for (let heard = 1; heard <= 3; heard++) {
      expect(hear(session, "+\r\n")).toHaveLength(1);
      sent += output(session).length;
      expect(sent).toBe(16_000 + heard * 1000);
    }
    const long = new Toy().say("NOOP", "x".repeat(20_000)).noop();
    expect(output(long)).toHaveLength(20_007);
    expect([hear(long, "+\r\n").length, output(long)]).toEqual([1, "NOOP\r\n"]);
  });

  it("that have no answer when the session ends get their events, sent or not", () => {
    const session = new Toy()
      .noop()
      .noop()
      .auth(new Scripted([response("in")]));
    session.receive(octets("+1\r\n"));
    expect(session.nextEvent()).toMatchObject({ type: "reply" });
    session.receive(octets("+"));
    session.timedOut();
    session.timedOut();
    expect([...session]).toEqual([
      { type: "lost", verb: "NOOP", sent: true, answer: "none" },
      { ...failed, reply: null, text: null },
      { type: "closed", cause: "timeout", answer: "none" },
    ]);
    expect([session.unread, session.waiting]).toEqual([0, "closed"]);
    const queued = new Toy().quit();
    queued.receiveEnd();
    expect([...queued]).toEqual([
      { type: "lost", verb: "QUIT", sent: true, answer: "none" },
      { type: "closed", cause: "end-of-input", answer: "none" },
    ]);
  });
});

describe("an exchange", () => {
  it("waits for TLS where that is demanded, and there alone", () => {
    const mechanism = new Scripted([response("in")]);
    expect(() => new Toy({ requireTls: true }).auth(mechanism)).toThrow(
      new StateError("auth() with TEST", "before TLS, which requireTls demands", "starttls()"),
    );
    expect(output(new Toy().auth(mechanism))).toBe("AUTH TEST aW4=\r\n");
  });

  it.each<[string, unknown, AuthOptions, Error]>([
    ["no mechanism", null, {}, new TypeError('"mechanism.name" expected a string, got undefined')],
    ["no name", { name: "A B" }, {}, new RangeError('"mechanism" expected 1 to 20 of A-Z, 0-9, - and _')],
    [
      "an option that there is not",
      { name: "TEST" },
      { forced: true } as AuthOptions,
      new TypeError('"options" expected initialResponse, force alone, got forced'),
    ],
    [
      "another word",
      { name: "TEST" },
      { initialResponse: "always" as "never" },
      new RangeError('"initialResponse" expected one of when it fits, never, got always'),
    ],
    [
      "a secret to be shown",
      { name: "plain" },
      { force: true },
      new StateError("auth() with PLAIN", "without TLS, where it would show a secret", "starttls()"),
    ],
    [
      "one that is not listed",
      { name: "OTHER" },
      {},
      new StateError("auth() with OTHER", "on a server not known to list it", "a mechanism it lists, or force: true"),
    ],
  ])("is not begun by %s", (_, mechanism, options, error) => {
    const session = new Toy();
    expect(() => session.auth(mechanism as SaslClient, options)).toThrow(error);
    expect([output(session), session.state]).toEqual(["", "ready"]);
  });

  it.each<[string, AuthOptions, string]>([
    ["PLAIN", {}, "AUTH PLAIN aW4=\r\n"],
    ["OTHER", { force: true }, "AUTH OTHER aW4=\r\n"],
    ["TEST", { initialResponse: "never" }, "AUTH TEST\r\n"],
  ])("is begun where that is wanted: %s, %o", (name, options, line) => {
    const mechanism = Object.assign(new Scripted([response("in")]), { name });
    expect(output(new Toy().auth(mechanism, options, true))).toBe(line);
  });

  it("succeeds, and is told whether the server proved itself", () => {
    for (const serverProved of [true, false]) {
      const mechanism = new Scripted([response("in"), response("next")], { type: "success", serverProved });
      const session = new Toy().auth(mechanism);
      expect([output(session), session.state]).toEqual(["AUTH TEST aW4=\r\n", "busy"]);
      expect(hear(session, "=AAAA\r\n")).toEqual([]);
      expect([output(session), session.state]).toEqual(["bmV4dA==\r\n", "busy"]);
      expect(() => session.noop()).toThrow(StateError);
      expect(hear(session, "+ok\r\n")).toEqual([{ ...failed, ok: true, serverProved, reply: "+ok", text: null }]);
      expect([session.state, mechanism.aborted]).toEqual(["ready", 0]);
    }
  });

  it("that the server refuses aborts the mechanism", () => {
    const mechanism = new Scripted([response("in")]);
    const session = new Toy().auth(mechanism);
    expect(hear(session, "-no\r\n")).toEqual([{ ...failed, reply: "-no", text: null }]);
    expect([session.state, mechanism.aborted]).toEqual(["ready", 1]);
  });

  it("that the mechanism does not agree to is none", () => {
    const mechanism = new Scripted([response("in")], { type: "failure", text: "incomplete" });
    expect(hear(new Toy().auth(mechanism), "+ok\r\n")).toEqual([{ ...failed, reply: "+ok", text: "incomplete" }]);
  });

  it.each<{ why: string; after: string } & Pick<AuthOptions, "initialResponse">>([
    { why: "incomplete", after: "+ok" },
    { why: "success before the response was sent", after: "+ok", initialResponse: "never" },
    { why: "gave up", after: "= +ok" },
    { why: "gave up", after: "= -no" },
    { why: "a challenge that is not base64", after: "=? +ok" },
  ])(
    "that fails here after $after ($why) aborts the mechanism, once",
    ({ why, after, initialResponse = "when it fits" }) => {
      const steps: Step[] = [response("in"), { type: "failure", text: "gave up" }];
      const mechanism = new Scripted(steps, { type: "failure", text: "incomplete" });
      const said = after.split(" ");
      const events = hear(new Toy().auth(mechanism, { initialResponse }), `${said.join("\r\n")}\r\n`);
      expect([events, mechanism.aborted]).toEqual([[{ ...failed, reply: said.at(-1), text: why }], 1]);
    },
  );

  it("that the mechanism gives up before it began sends nothing", () => {
    const mechanism = new Scripted([{ type: "failure", text: "no" }]);
    const session = new Toy().auth(mechanism);
    expect([...session]).toEqual([{ ...failed, reply: null, text: "no" }]);
    expect([output(session), session.state, mechanism.aborted]).toEqual(["", "ready", 1]);
    expect(output(session.noop())).toBe("NOOP\r\n");
  });

  it("is broken off with the session, once, wherever it stands", () => {
    const ask: Step = { type: "derive" };
    for (const steps of [[response("in")], [ask], [response("in"), ask]]) {
      const mechanism = new Scripted([...steps]);
      const session = new Toy().auth(mechanism);
      if (steps.length > 1) session.receive(octets("=AAAA\r\n"));
      const asked = [...session].map(({ type }) => type);
      expect(asked).toEqual(steps.at(-1) === ask ? ["sasl"] : []);
      session.receive(octets("half"));
      session.timedOut();
      expect([...session]).toEqual([
        { ...failed, reply: null, text: null },
        { type: "closed", cause: "timeout", answer: "none" },
      ]);
      expect([mechanism.aborted, session.unread]).toEqual([1, 0]);
    }
  });

  it("waits for the step that the application was asked for, and lets no other command pass", () => {
    const session = new Toy().auth(new Scripted([{ type: "derive" }]));
    expect([...session]).toMatchObject([{ type: "sasl", step: { type: "derive" } }]);
    expect([session.waiting, session.state]).toEqual(["decision", "busy"]);
    expect(() => session.noop()).toThrow(StateError);
    expect(output(session.proceed(response(null)))).toBe("AUTH TEST\r\n");
    const behind = new Toy().noop().auth(new Scripted([{ type: "derive" }]));
    expect(hear(behind, "+1\r\n").map(({ type }) => type)).toEqual(["sasl"]);
    behind.proceed(response(null));
    expect([...behind].map(({ type }) => type)).toEqual(["reply"]);
    expect([output(behind), behind.state]).toEqual(["NOOP\r\nAUTH TEST\r\n", "busy"]);
  });

  it("goes on from a snapshot, with its mechanism", () => {
    const mechanism = new Scripted([response("in"), response("next")]);
    const session = new Toy().auth(mechanism);
    output(session);
    const restored = Toy.restore(structuredClone(session.snapshot()), mechanism);
    expect(hear(restored, "=AAAA\r\n")).toEqual([]);
    expect(output(restored)).toBe("bmV4dA==\r\n");
    expect(hear(restored, "+ok\r\n")).toMatchObject([{ type: "auth", ok: true }]);
  });

  it.each(["asked for", "being asked for"])("is missing from a snapshot in which a step of it is %s", (when) => {
    const mechanism = new Scripted([{ type: "derive" }, response(null)]);
    const session = new Toy().auth(mechanism);
    if (when === "asked for") expect(session.nextEvent()).toMatchObject({ type: "sasl" });
    const snapshot = session.snapshot();
    const data: object = { ...(snapshot.data as object), exchange: null };
    expect(() => Toy.restore({ ...snapshot, data }, mechanism)).toThrow(
      /^"snapshot" expected Array at snapshot.data.exchange/,
    );
    expect(Toy.restore(snapshot, mechanism).snapshot()).toEqual(snapshot);
  });
});
