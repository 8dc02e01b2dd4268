import {
  ContentReader,
  checkWords,
  conceal,
  type EndedExchange,
  type SaslOtherStep,
  type SaslServer,
  type Saved,
  type ServerMemory,
  ServerSession,
  type SessionSnapshot,
  StateError,
  type Words,
} from "dot-stuffing/session";
import fc from "fast-check";
import { chunkings, octets, runs, text, withData, withMemory } from "tools/testing";
import { describe, expect, it } from "vitest";

type Event =
  | {
      readonly type: "line";
      readonly text: string;
      readonly secret: true;
      readonly hidden: string;
      readonly answer: "none";
    }
  | { readonly type: "auth"; readonly initialResponse: null; readonly answer: "needed" }
  | { readonly type: "sasl"; readonly mechanism: SaslServer; readonly step: SaslOtherStep; readonly answer: "needed" }
  | { readonly type: "authenticated" | "closed" | "violation"; readonly answer: "none" }
  | { readonly type: "failed"; readonly cause: string; readonly text: string; readonly answer: "none" }
  | { readonly type: "content"; readonly bytes: Uint8Array; readonly answer: "none" };

interface Memory extends ServerMemory<Event> {
  mode: "lines" | "sasl" | "content" | "tls" | "closed";
  seen: Map<string, readonly number[]>;
  verbs: Set<string>;
  last: Uint8Array | null;
}

/** Lines, `auth` with an exchange, `data` with content; everything that a session can hold is held. */
class Toy extends ServerSession<Event, "decision" | "output" | "tls" | "closed", Memory, SaslServer> {
  protected override readonly role = "toy";
  protected override readonly words: Words<Memory> = {
    mode: { lines: true, sasl: true, content: true, tls: true, closed: true },
    pending: { answer: { needed: true } },
  };
  protected override readonly goAheads: ReadonlySet<string> = new Set();
  #content: ContentReader | null = null;

  constructor() {
    const kept = { seen: new Map<string, readonly number[]>(), verbs: new Set<string>(), last: null };
    super(
      {},
      { lineEndings: "reject" },
      { tls: false, events: [], pulled: 0, pending: null, ...kept, mode: "lines", plaintextSeen: false, closing: null },
      "+ ",
    );
  }

  static restore(snapshot: SessionSnapshot, mechanism: SaslServer | null = null): Toy {
    return new Toy().takeOver(snapshot, mechanism);
  }

  protected override get answering(): boolean {
    return false;
  }

  protected override answerByDefault(): void {}

  /** Whether anything is held of the input. */
  get isHolding(): boolean {
    return this.input.midLine || this.input.pending > 0;
  }

  get seen(): unknown {
    const { seen, verbs, last } = this.memory;
    return [[...seen], [...verbs], last];
  }

  protected override save(): Saved {
    return { ...super.save(), content: this.#content?.snapshot() ?? null };
  }

  protected override load(saved: Saved, mechanism: SaslServer | null): void {
    super.load(saved, mechanism);
    const content = saved["content"] as ReturnType<ContentReader["snapshot"]> | null;
    this.#content = content === null ? null : new ContentReader({}, content);
  }

  protected override release(): void {
    super.release();
    this.#content?.release();
  }

  protected override read(): Event | "bytes" | null {
    const { memory } = this;
    if (memory.mode === "sasl") return this.readResponse(100);
    if (this.#content !== null) return this.#readContent(this.#content);
    const line = this.input.next();
    if (line === null) return this.atEndOfInput();
    if (!(line instanceof Uint8Array)) return { type: "violation", answer: "none" };
    const word = text(line);
    memory.seen.set(word, [...(memory.seen.get(word) ?? []), line.length]);
    memory.verbs.add(word.slice(0, 1));
    memory.last = line.slice();
    if (word === "auth") return { type: "auth", initialResponse: null, answer: "needed" };
    if (word === "data") this.#content = new ContentReader({});
    this.output.text(`${word}!\r\n`);
    return conceal({ type: "line", text: word, secret: true, answer: "none" }, { hidden: word });
  }

  #readContent(content: ContentReader): Event | "bytes" | null {
    const step = content.next(this.input);
    if (step === null) return this.atEndOfInput();
    if (step.type === "piece") return { type: "content", bytes: step.bytes, answer: "none" };
    if (step.type === "end") this.#content = null;
    return null;
  }

  protected override underTls(): void {}
  protected override plaintextFound(): void {}

  protected override exchangeEnded(end: EndedExchange): Event {
    this.memory.mode = "lines";
    if (end.type === "success") return { type: "authenticated", answer: "none" };
    const { type, ...why } = end;
    return { type: type === "failure" ? "failed" : "violation", ...why, answer: "none" } as Event;
  }

  protected override wrongAnswer(call: string): StateError {
    return new StateError(call, "now", "nothing");
  }

  protected override close(): void {
    this.drop();
    this.#content = null;
    this.memory.events.push({ type: "closed", answer: "none" });
  }
}

const SUCCESS = {
  type: "success",
  authenticationIdentity: "a",
  authorizationIdentity: "a",
  data: octets("bye"),
} as const;

/** A challenge, a step for the application, a success with final data. */
function mechanism(): SaslServer {
  return {
    name: "TOY",
    next: (response) =>
      response === null ? { type: "challenge", bytes: octets("?") } : { type: "verify", password: text(response) },
    abort: () => {},
  } as SaslServer;
}

/** What a session says of the rest of its input; every event is looked at, and every question answered. */
function play(session: Toy, chunks: readonly Uint8Array[], between: (session: Toy) => Toy): unknown[] {
  const found: unknown[] = [];
  let now = between(session);
  for (const chunk of chunks) {
    now.receive(chunk.slice());
    for (let event = now.nextEvent(); event !== null; event = now.nextEvent()) {
      const last = found.at(-1);
      if (event.type === "content" && Array.isArray(last)) last[1] += text(event.bytes);
      else if (event.type === "content") found.push(["content", text(event.bytes)]);
      else if (event.type === "line") found.push({ ...event, hidden: event.hidden });
      else found.push(event.type);
      if (event.type === "auth") now.authenticate(mechanism());
      now = between(now);
      if (event.type === "sasl") now.proceed(SUCCESS);
    }
    now = between(now);
  }
  return [found, text(now.takeOutputPieces()), now.waiting, now.seen];
}

const SNAPSHOT = new Toy().snapshot();
const again = (session: Toy) => Toy.restore(structuredClone(session.snapshot()), mechanism());

describe("a session restored from a snapshot", () => {
  const input = "one\r\ntwo\nx\r\nthree\r\nauth\r\nc2VjcmV0\r\n\r\ndata\r\n..a\r\n.\r\none\r\nhalf";

  it("goes on as if nothing had happened, after any event, however the input is cut", () => {
    fc.assert(
      fc.property(chunkings(octets(input)), (chunks) => {
        expect(play(new Toy(), chunks, again)).toEqual(play(new Toy(), chunks, (session) => session));
      }),
      { numRuns: runs() },
    );
  });

  const whole = [
    [
      ...["one", "violation", "three", "auth", "sasl", "authenticated", "data"].map((type) =>
        ["one", "three", "data"].includes(type)
          ? { type: "line", text: type, secret: true, answer: "none", hidden: type }
          : type,
      ),
      ["content", ".a\r\n"],
      { type: "line", text: "one", secret: true, answer: "none", hidden: "one" },
    ],
    "one!\r\nthree!\r\n+ Pw==\r\n+ Ynll\r\ndata!\r\none!\r\n",
    "bytes",
    [
      [
        ["one", [3, 3]],
        ["three", [5]],
        ["auth", [4]],
        ["data", [4]],
      ],
      ["o", "t", "a", "d"],
      octets("one"),
    ],
  ];

  it.each([
    ["in one", [octets(input)]],
    ["line by line", input.split(/(?<=\n)/).map(octets)],
    ["in two", [octets(input.slice(0, 50)), octets(input.slice(50))]],
  ])("goes on as if nothing had happened, its input %s", (_, chunks) => {
    expect(play(new Toy(), chunks, (session) => session)).toEqual(whole);
    expect(play(new Toy(), chunks, again)).toEqual(whole);
  });

  it("has the mechanism that was handed in where the other one stood", () => {
    const session = new Toy();
    session.receive(octets("auth\r\nc2VjcmV0\r\n"));
    session.nextEvent();
    session.authenticate(mechanism());
    const other = mechanism();
    const event = Toy.restore(structuredClone(session.snapshot()), other).nextEvent();
    expect(event).toMatchObject({ type: "sasl", secret: true, answer: "needed" });
    expect(event?.type === "sasl" && event.mechanism).toBe(other);
  });

  it("can be restored twice, and shares nothing with the snapshot", () => {
    const session = new Toy();
    session.receive(octets("one\r\ntwo\r\n"));
    session.nextEvent();
    const snapshot = session.snapshot();
    const [first, second] = [Toy.restore(snapshot), Toy.restore(snapshot)];
    for (const each of [first, second, session]) {
      expect([...each].map((event) => event.type)).toEqual(["line"]);
      expect(text(each.takeOutputPieces())).toBe("one!\r\ntwo!\r\n");
    }
  });

  it("keeps what was concealed concealed", () => {
    const session = new Toy();
    session.receive(octets("auth\r\n"));
    session.nextEvent();
    session.authenticate(mechanism());
    session.receive(octets("c2VjcmV0\r\n"));
    const restored = again(session);
    expect([...restored].map((event) => event.type)).toEqual(["sasl"]);
    expect(restored.nextEvent()).toBe(null);
    expect(() => Toy.restore(session.snapshot())).toThrow('"mechanism" expected the mechanism object');
  });

  it("keeps what a mechanism's step shows by getters alone, as concealed properties, and copies a subclass's octets", () => {
    class Verify {
      readonly type = "verify";
      readonly #password: string;

      constructor(password: string) {
        this.#password = password;
      }

      get password(): string {
        return this.#password;
      }
    }
    const octetsOf = Buffer.from("kept");
    const asking = {
      name: "TOY",
      next: () => Object.assign(new Verify("secret"), { octets: octetsOf, none: Object.create(null) }),
      abort: () => {},
    };
    const session = new Toy();
    session.receive(octets("auth\r\n"));
    session.nextEvent();
    session.authenticate(asking as SaslServer);
    const snapshot = structuredClone(session.snapshot());
    const unbothered = session.snapshot();
    octetsOf.fill(0);
    for (const restored of [
      Toy.restore(snapshot, asking as SaslServer),
      Toy.restore(unbothered, asking as SaslServer),
    ]) {
      const event = restored.nextEvent() as Event & { readonly type: "sasl" };
      const step = event.step as { readonly type: string; readonly password: string; readonly octets: Uint8Array };
      expect([step.type, step.password, text(step.octets)]).toEqual(["verify", "secret", "kept"]);
      expect(event.mechanism).toBe(asking);
      expect(JSON.stringify(step)).not.toContain("secret");
    }
  });

  it.each([
    ["null", null, '"snapshot" expected an object at snapshot, got null'],
    ["a text", "x", '"snapshot" expected an object at snapshot, got a string'],
    ["an array", [], '"snapshot" expected an object at snapshot, got Array'],
    ["nothing in it", {}, '"snapshot" expected a number at snapshot.version, got undefined'],
    ["another role", { ...SNAPSHOT, role: "smtp-server" }, "expected role toy, got smtp-server"],
    ["another version", { ...SNAPSHOT, version: 2 }, "expected version 1, got 2"],
    ["no data", { ...SNAPSHOT, data: {} }, '"snapshot" expected an object at snapshot.data.memory, got undefined'],
    [
      "another kind of data",
      withMemory(SNAPSHOT, { seen: new Set() }),
      "expected Map at snapshot.data.memory.seen, got Set",
    ],
    ["a number", withMemory(SNAPSHOT, { last: 1 }), "expected null at snapshot.data.memory.last, got a number"],
    [
      "a wait that is none",
      withData(SNAPSHOT, { waiting: "godot" }),
      "expected one of bytes, decision, content, output, tls, closed at snapshot.data.waiting, got godot",
    ],
    ["a truth", withMemory(SNAPSHOT, { tls: 1 }), "expected a boolean at snapshot.data.memory.tls, got a number"],
    [
      "a mode that is none",
      withMemory(SNAPSHOT, { mode: "line" }),
      '"snapshot" expected one of lines, sasl, content, tls, closed at snapshot.data.memory.mode, got line',
    ],
    [
      "a word deeper down",
      withMemory(SNAPSHOT, { pending: { type: "auth", answer: "soon" } }),
      "expected one of needed at snapshot.data.memory.pending.answer, got soon",
    ],
    [
      "no word deeper down",
      withMemory(SNAPSHOT, { pending: { answer: Object.create(null) } }),
      "expected one of needed at snapshot.data.memory.pending.answer, got an object",
    ],
    ["a text for an object", withMemory(SNAPSHOT, { pending: "auth" }), "memory.pending.answer, got undefined"],
    [
      "another kind of word",
      withMemory(SNAPSHOT, { mode: 1 }),
      "expected a string at snapshot.data.memory.mode, got a number",
    ],
    ["output that is none", withData(SNAPSHOT, { output: [1] }), '"output" expected a Uint8Array, got number'],
  ])("is refused for %s", (_, snapshot, message) => {
    expect(() => Toy.restore(snapshot as SessionSnapshot)).toThrow(message);
  });
});

it("a text, too, may stand where a new session has nothing", () => {
  expect(Toy.restore(withMemory(SNAPSHOT, { last: "x" })).seen).toEqual([[], [], "x"]);
});

it("a list of words that lacks one does not compile", () => {
  type Worded = { readonly word: "a" | "b" };
  // @ts-expect-error without "b"
  const words: Words<Worded> = { word: { a: true } };
  expect(() => checkWords<Worded>("place", { word: "b" }, words)).toThrow("expected one of a at place.word, got b");
});

describe("an exchange on the server", () => {
  /** A session whose exchange waits for a response, and what became of the mechanism. */
  function asking() {
    const session = new Toy();
    let aborted = 0;
    session.receive(octets("auth\r\n"));
    session.nextEvent();
    session.authenticate({ ...mechanism(), abort: () => void aborted++ });
    return { session, aborted: () => aborted };
  }

  it.each([
    [`${"A".repeat(104)}\r\n`, "too-long", "a line of more than 100 octets"],
    ["AA\nAA\r\n", "malformed", "an LF without CR"],
  ])("ends with a line that is none: %j", (line, cause, text) => {
    const { session, aborted } = asking();
    session.receive(octets(line));
    expect(session.nextEvent()).toMatchObject({ type: "failed", cause, text: expect.stringContaining(text) });
    expect([aborted(), session.nextEvent()]).toEqual([1, null]);
  });

  it("waits for a whole line, and ends with the input", () => {
    const { session, aborted } = asking();
    session.receive(octets("AA"));
    expect([session.nextEvent(), session.waiting, aborted(), session.isHolding]).toEqual([null, "bytes", 0, true]);
    session.receiveEnd();
    expect([session.nextEvent(), session.nextEvent()]).toEqual([{ type: "closed", answer: "none" }, null]);
    expect([session.waiting, aborted(), session.isHolding]).toEqual(["closed", 1, false]);
  });

  it("begins with a mechanism, and where one is asked for", () => {
    const session = new Toy();
    const wrong = (call: string) => new StateError(call, "now", "nothing");
    expect(() => session.authenticate(mechanism())).toThrow(wrong("authenticate()"));
    expect(() => session.proceed(SUCCESS)).toThrow(wrong("proceed()"));
    session.receive(octets("auth\r\n"));
    session.nextEvent();
    expect(() => session.proceed(SUCCESS)).toThrow(wrong("proceed()"));
    for (const none of [null, undefined, {}]) {
      expect(() => session.authenticate(none as never)).toThrow(
        new TypeError('"mechanism.next" expected a function, got undefined'),
      );
    }
    session.authenticate(mechanism());
    expect(text(session.takeOutputPieces())).toBe("+ Pw==\r\n");
  });
});
