import { ContentReader, Session, type SessionMemory, type SessionOptions, StateError } from "dot-stuffing/session";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

type Event =
  | { readonly type: "line"; readonly bytes: Uint8Array; readonly answer: "default" }
  | { readonly type: "ask"; readonly answer: "needed" }
  | { readonly type: "violation" | "starttls" | "plaintext" | "end"; readonly answer: "none" };

/**
 * A protocol of lines: `ask` needs an answer, `throw`, `tls` and `close` do what they say, everything else is echoed by
 * default.
 */
class Echo extends Session<Event, "decision" | "output" | "tls" | "closed", SessionMemory<Event>> {
  protected override readonly role = "echo";
  protected override readonly words = {};
  protected override readonly mechanism = null;

  constructor(options: SessionOptions = {}) {
    super(options, {}, { tls: false, events: [], pulled: 0, pending: null, mode: "lines" });
  }

  answer(): void {
    this.memory.pending = null;
  }

  /** Why it was closed. */
  cause: string | null = null;

  get unread(): number {
    return this.input.pending;
  }

  /** What is held of events that were found. */
  get held(): number {
    return this.memory.events.length;
  }

  protected override read(): Event | "bytes" | null {
    const line = this.input.next();
    if (line === null) {
      if (!this.inputEnded) return "bytes";
      this.close();
      return null;
    }
    if (!(line instanceof Uint8Array)) return { type: "violation", answer: "none" };
    switch (text(line)) {
      case "close":
        this.close();
        return null;
      case "throw":
        throw new Error("the application's own");
      case "three":
        for (const type of ["plaintext", "violation", "end"] as const)
          this.memory.events.push({ type, answer: "none" });
        return null;
      case "tls":
        this.memory.mode = "tls";
        return { type: "starttls", answer: "none" };
      case "ask":
        return { type: "ask", answer: "needed" };
      default:
        return { type: "line", bytes: line, answer: "default" };
    }
  }

  protected override settle(): void {
    const { pending } = this.memory;
    if (pending?.type !== "line") return;
    this.output.text(`${text(pending.bytes)}\r\n`);
    this.memory.pending = null;
  }

  protected override underTls(): void {
    this.memory.mode = "lines";
  }

  protected override plaintextBehindTls(): void {
    this.memory.events.push({ type: "plaintext", answer: "none" });
  }

  protected override close(cause = "close"): void {
    this.cause = cause;
    this.memory.mode = "closed";
    this.input.discard();
  }
}

const lines = (session: Echo) => [...session].map((event) => (event.type === "line" ? text(event.bytes) : event.type));

describe("Session", () => {
  it("only stores input, and parses nothing past a point that needs an answer", () => {
    const session = new Echo();
    expect(session.waiting).toBe("bytes");
    expect(session.receive(octets("a\r\nask\r\nb\r\n"))).toBe(session);
    expect(lines(session)).toEqual(["a", "ask"]);
    expect([session.waiting, session.nextEvent()]).toEqual(["decision", null]);
    session.answer();
    expect(lines(session)).toEqual(["b"]);
    expect(session.waiting).toBe("bytes");
  });

  it("gives every event of several that were found at once, in order, and lets go of them", () => {
    const session = new Echo();
    expect(lines(session.receive(octets("three\r\na\r\nthree\r\nb\r\n")))).toEqual([
      ...["plaintext", "violation", "end", "a"],
      ...["plaintext", "violation", "end", "b"],
    ]);
    expect(session.held).toBe(0);
  });

  it("lets go of the chunk once nothing more can be said", () => {
    const session = new Echo();
    const chunk = octets("ask\r\nb\r\n");
    expect(lines(session.receive(chunk))).toEqual(["ask"]);
    chunk.fill(0x58);
    session.answer();
    expect(lines(session)).toEqual(["b"]);
  });

  it("commits a default with the next event, or when output is taken", () => {
    const session = new Echo();
    session.receive(octets("a\r\nb\r\n"));
    expect(session.takeOutput()).toBe(null);
    session.nextEvent();
    expect(text(session.takeOutput()!)).toBe("a\r\n");
    session.nextEvent();
    expect(text(session.takeOutputPieces())).toBe("b\r\n");
  });

  it.each([0, -1, 1.5, Number.NaN])("gives no parts of %f octets, and has done nothing then", (limit) => {
    const session = new Echo();
    session.receive(octets("a\r\n")).nextEvent();
    const message = `"limit" expected a whole number of at least 1, or Infinity, got ${limit}`;
    expect(() => session.takeOutput(limit)).toThrow(new RangeError(message));
    expect(session.takeOutput(1)).toEqual(octets("a\r\n"));
  });

  it("loses nothing when a loop is left, and lets go of the chunk then", () => {
    const session = new Echo();
    const chunk = octets("a\r\nb\r\nc\r\n");
    for (const event of session.receive(chunk)) {
      expect(event).toEqual({ type: "line", bytes: octets("a"), answer: "default" });
      break;
    }
    chunk.fill(0x58);
    expect(lines(session)).toEqual(["b", "c"]);
  });

  it("lets go of the chunk where a loop is left by what the application's own function throws", () => {
    const session = new Echo();
    const chunk = octets("a\r\nthrow\r\nb\r\nc\r\n");
    const seen: string[] = [];
    expect(() => {
      for (const event of session.receive(chunk)) seen.push(event.type);
    }).toThrow("the application's own");
    chunk.fill(0x58);
    expect([...seen, ...lines(session)]).toEqual(["line", "b", "c"]);
  });

  it("refuses options that are none", () => {
    expect(() => new Echo(null as never)).toThrow('"options" expected an object, got null');
  });

  it("parses no more while too much output is queued", () => {
    const session = new Echo({ highWaterMark: 4 });
    session.receive(octets("abc\r\nd\r\n"));
    expect([lines(session), session.waiting]).toEqual([["abc"], "output"]);
    session.takeOutputPieces();
    expect([lines(session), session.waiting]).toEqual([["d"], "bytes"]);
  });

  it("takes input while an answer is owed, up to its limit; a refused chunk changes nothing", () => {
    const session = new Echo({ maxPendingInput: 10 });
    session.receive(octets("ask\r\n"));
    expect(lines(session)).toEqual(["ask"]);
    session.receive(octets("12345\r\n"));
    session.receive(octets(""));
    expect(() => session.receive(octets("1234"))).toThrow(StateError);
    expect(() => session.receive(octets("1234"))).toThrow(
      'receive() is not possible with 7 octets unread while the answer to "ask" is owed; legal now: what the session waits for ("decision")',
    );
    session.receive(octets("678"));
    expect(() => session.receive(octets("9"))).toThrow("with 10 octets unread");
    session.answer();
    expect(lines(session)).toEqual(["12345"]);
    expect(lines(session.receive(octets("90123456789\r\n")))).toEqual(["67890123456789"]);
  });

  it("holds to the limit from the event on whose answer is owed, in the midst of a loop too", () => {
    const session = new Echo({ maxPendingInput: 5 });
    session.receive(octets("ask\r\n"));
    for (const event of session) {
      expect(event).toEqual({ type: "ask", answer: "needed" });
      session.receive(octets("123\r\n"));
      expect(() => session.receive(octets("4"))).toThrow(
        'receive() is not possible with 5 octets unread while the answer to "ask" is owed',
      );
      break;
    }
    session.answer();
    expect(lines(session.receive(octets("456\r\n")))).toEqual(["123", "456"]);
  });

  it("takes any input while nothing is owed, whatever was not pulled yet", () => {
    const session = new Echo({ maxPendingInput: 3 });
    session.receive(octets("12345\r\n")).receive(octets("67890\r\n"));
    expect(lines(session)).toEqual(["12345", "67890"]);
  });

  it("takes any chunk once what it waited for has come, also before events are pulled", () => {
    const session = new Echo({ maxPendingInput: 3, highWaterMark: 0 });
    expect(lines(session.receive(octets("ask\r\n")))).toEqual(["ask"]);
    session.answer();
    expect(lines(session.receive(octets("12345\r\n")))).toEqual(["12345"]);
    expect([session.nextEvent(), session.waiting]).toEqual([null, "output"]);
    session.takeOutputPieces();
    expect(lines(session.receive(octets("67890\r\n")))).toEqual(["67890"]);
  });

  it("takes no input after its end, and drops what comes after it was closed", () => {
    const session = new Echo({ maxPendingInput: 10 });
    session.receive(octets("a\r\nclose\r\nb\r\n"));
    expect([lines(session), session.waiting]).toEqual([["a"], "closed"]);
    for (let times = 0; times < 10; times++) expect(lines(session.receive(octets("c\r\n")))).toEqual([]);
    expect([session.unread, session.cause]).toEqual([0, "close"]);
    session.receiveEnd();
    const rest = "is not possible after receiveEnd(); legal now: nextEvent() and takeOutput()";
    expect(() => session.receive(octets("d"))).toThrow(StateError);
    expect(() => session.receive(octets("d"))).toThrow(`receive() ${rest}`);
    expect(() => session.receiveEnd()).toThrow(`receiveEnd() ${rest}`);
    const other = new Echo();
    other.receiveEnd();
    expect([lines(other), other.waiting]).toEqual([[], "closed"]);
  });

  it("parses nothing after the command that begins TLS, and discards plaintext that came before the handshake", () => {
    const session = new Echo();
    expect(lines(session.receive(octets("tls\r\na\r\nb")))).toEqual(["starttls", "plaintext"]);
    expect([lines(session.receive(octets("c\r\n"))), session.waiting]).toEqual([["plaintext"], "tls"]);
    session.receive(octets("d"));
    expect(session.tls).toBe(false);
    session.tlsEstablished();
    expect([lines(session), session.tls]).toEqual([["plaintext"], true]);
    for (const call of ["tlsEstablished", "tlsFailed"] as const) {
      expect(() => session[call]()).toThrow(
        new StateError(`${call}()`, "without a TLS handshake to come", 'it once waiting is "tls"'),
      );
    }
    expect(lines(session.receive(octets("e\r\ntls\r\n")))).toEqual(["e", "starttls"]);
    session.tlsFailed();
    expect([lines(session), session.waiting, session.cause]).toEqual([[], "closed", "tls-failed"]);
  });

  it.each([
    ["tls\r\n", ["starttls"]],
    ["tls\r\na", ["starttls", "plaintext"]],
  ])("%j: waits for no handshake where the input has ended", (input, expected) => {
    const session = new Echo();
    session.receive(octets(input)).receiveEnd();
    expect([lines(session), session.waiting, session.cause]).toEqual([expected, "closed", "end-of-input"]);
    expect(() => session.tlsEstablished()).toThrow(StateError);
  });

  it("says what it waits for when it takes no more", () => {
    const session = new Echo({ maxPendingInput: 0, highWaterMark: 0 });
    session.receive(octets("a\r\n"));
    expect([lines(session), session.nextEvent(), session.waiting]).toEqual([["a"], null, "output"]);
    expect(() => session.receive(octets("b"))).toThrow(
      'while the output has not been taken; legal now: what the session waits for ("output")',
    );
    session.takeOutputPieces();
    expect(lines(session)).toEqual([]);
    expect(lines(session.receive(octets("tls\r\n")))).toEqual(["starttls"]);
    expect(() => session.receive(octets("b"))).toThrow(
      'while the TLS handshake is awaited; legal now: what the session waits for ("tls")',
    );
  });

  it("has an iterator that can be iterated, and options that are checked", () => {
    const session = new Echo();
    const iterator = session.receive(octets("a\r\n"))[Symbol.iterator]();
    expect([...iterator]).toHaveLength(1);
    expect(iterator.next()).toStrictEqual({ done: true, value: undefined });
    expect(iterator.return!()).toStrictEqual({ done: true, value: undefined });
    expect(() => new Echo({ maxPendingInput: 0.5 })).toThrow(
      new RangeError('"maxPendingInput" expected a whole number of at least 0, or Infinity, got 0.5'),
    );
    expect(() => session.receive("a" as unknown as Uint8Array)).toThrow('"chunk" expected a Uint8Array, got string');
    expect(() => session.receive(null as unknown as Uint8Array)).toThrow('"chunk" expected a Uint8Array, got null');
  });
});

type ContentEvent = { readonly type: string; readonly bytes?: Uint8Array; readonly answer: "none" };

describe("ContentReader", () => {
  /** A session of nothing but content. */
  class Content extends Session<ContentEvent, "closed", SessionMemory<ContentEvent>> {
    protected override readonly role = "content";
    protected override readonly words = {};
    protected override readonly mechanism = null;
    readonly reader = new ContentReader({ maxSize: 2009 });

    constructor() {
      super({}, {}, { tls: false, events: [], pulled: 0, pending: null, mode: "content" });
    }

    protected override release(): void {
      super.release();
      this.reader.release();
    }

    protected override read(): ContentEvent | "bytes" {
      const step = this.reader.next(this.input);
      return step === null ? "bytes" : { ...step, answer: "none" };
    }

    protected override settle(): void {}
    protected override underTls(): void {}
    protected override plaintextBehindTls(): void {}
    protected override close(): void {}
  }

  // Lines enough to be a piece of their own; what begins and ends a chunk is another.
  const line = `${"a".repeat(48)}\r\n`.repeat(20);

  it("gives pieces, a violation and the end, one at a call", () => {
    const session = new Content();
    session.receive(octets(`${line}..${line}0123456789\r\n.\r\nrest`));
    const steps = [];
    for (let step = session.nextEvent(); step !== null && step.type !== "end"; step = session.nextEvent())
      steps.push(step);
    const pieces = steps.flatMap(({ bytes }) => bytes ?? []);
    expect(pieces.length).toBeGreaterThan(1);
    expect(text(pieces)).toBe(`${line}.${line}01234567`);
    expect(steps.slice(pieces.length)).toMatchObject([{ type: "violation" }]);
    expect([session.reader.size, session.reader.end()]).toEqual([2009, null]);
  });

  it("copies pieces not handed out when the chunk is let go, however often", () => {
    const session = new Content();
    const chunk = octets(`${line}..${line}..c`);
    session.receive(chunk);
    const pieces: string[] = [];
    for (let again = true; again; ) {
      again = false;
      for (const { bytes } of session) {
        pieces.push(text(bytes!));
        again = true;
        break;
      }
      chunk.fill(0x58);
    }
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join("")).toBe(`${line}.${line}.c`);
    expect(session.reader.end()).toMatchObject({ code: "cut-off", offset: 2005 });
  });

  it("keeps a violation and the end in their order when the chunk is let go", () => {
    const session = new Content();
    const chunk = octets(`${line}..${line}0123456789\r\n.\r\n`);
    session.receive(chunk);
    const first = session.nextEvent()!;
    const begin = text(first.bytes!);
    session[Symbol.iterator]().return!();
    chunk.fill(0x58);
    const rest = [];
    for (let step = session.nextEvent(); step !== null && step.type !== "end"; step = session.nextEvent())
      rest.push(step);
    const pieces = rest.flatMap(({ bytes }) => bytes ?? []);
    expect(begin + text(pieces)).toBe(`${line}.${line}01234567`);
    expect(rest.map(({ type }) => type)).toEqual([...pieces.map(() => "piece"), "violation"]);
  });

  it("reads over everything but the end once it refuses", () => {
    const session = new Content();
    session.receive(octets("a\r\n..b\r\n"));
    session.reader.refuse();
    expect(session.nextEvent()).toBe(null);
    session.receive(octets("0123456789\r\n.\r\n"));
    expect([...session].slice(0, 1)).toEqual([{ type: "end", answer: "none" }]);
  });
});
