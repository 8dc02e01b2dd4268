import { ContentReader, Session, type SessionOptions, StateError } from "dot-stuffing/session";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

type Event =
  | { readonly type: "line"; readonly bytes: Uint8Array }
  | { readonly type: "ask" }
  | { readonly type: "violation" };

/** A protocol of lines: `ask` needs an answer, `close` ends, everything else is echoed by default. */
class Echo extends Session<Event, "decision" | "output" | "closed"> {
  #asked = false;
  #echo: Uint8Array | null = null;
  #closed = false;

  constructor(options: SessionOptions = {}) {
    super(options, {});
  }

  answer(): void {
    this.#asked = false;
  }

  protected override advance(): Event | "bytes" | "decision" | "closed" {
    if (this.#asked) return "decision";
    if (this.#closed) return "closed";
    const line = this.input.next();
    if (line === null) return this.inputEnded ? this.#close() : "bytes";
    if (!(line instanceof Uint8Array)) return { type: "violation" };
    if (text(line) === "close") return this.#close();
    if (text(line) === "ask") {
      this.#asked = true;
      return { type: "ask" };
    }
    this.#echo = line;
    return { type: "line", bytes: line };
  }

  #close(): "closed" {
    this.#closed = true;
    return "closed";
  }

  protected override settle(): void {
    if (this.#echo !== null) this.output.text(`${text(this.#echo)}\r\n`);
    this.#echo = null;
  }

  protected override describe(): string {
    return "an answer is owed";
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

  it("loses nothing when a loop is left, and lets go of the chunk then", () => {
    const session = new Echo();
    const chunk = octets("a\r\nb\r\nc\r\n");
    for (const event of session.receive(chunk)) {
      expect(event).toEqual({ type: "line", bytes: octets("a") });
      break;
    }
    chunk.fill(0x58);
    expect(lines(session)).toEqual(["b", "c"]);
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
    expect(() => session.receive(octets("1234"))).toThrow(StateError);
    expect(() => session.receive(octets("1234"))).toThrow(
      'receive() is not possible with 7 octets unread while an answer is owed; legal now: what the session waits for ("decision")',
    );
    session.answer();
    expect(lines(session)).toEqual(["12345"]);
    expect(lines(session.receive(octets("1234567890123\r\n")))).toEqual(["1234567890123"]);
  });

  it("takes no input behind its end, and drops what comes after it was closed", () => {
    const session = new Echo({ maxPendingInput: 10 });
    session.receive(octets("a\r\nclose\r\nb\r\n"));
    expect([lines(session), session.waiting]).toEqual([["a"], "closed"]);
    for (let times = 0; times < 10; times++) expect(lines(session.receive(octets("c\r\n")))).toEqual([]);
    session.receiveEnd();
    expect(() => session.receive(octets("d"))).toThrow(StateError);
    expect(() => session.receiveEnd()).toThrow("receiveEnd() is not possible after receiveEnd()");
    const other = new Echo();
    other.receiveEnd();
    expect([lines(other), other.waiting]).toEqual([[], "closed"]);
  });

  it("has an iterator that can be iterated, and options that are checked", () => {
    const session = new Echo();
    const iterator = session.receive(octets("a\r\n"))[Symbol.iterator]();
    expect([...iterator]).toHaveLength(1);
    expect(() => new Echo({ maxPendingInput: 0.5 })).toThrow(RangeError);
    expect(() => session.receive("a" as unknown as Uint8Array)).toThrow('"chunk" expected a Uint8Array, got string');
  });
});

describe("ContentReader", () => {
  /** A session of nothing but content. */
  class Content extends Session<{ readonly type: string; readonly bytes?: Uint8Array }, "closed"> {
    readonly reader = new ContentReader({ maxSize: 2009 });

    constructor() {
      super({}, {});
    }

    protected override release(): void {
      super.release();
      this.reader.release();
    }

    protected override advance(): { readonly type: string; readonly bytes?: Uint8Array } | "bytes" {
      return this.reader.next(this.input) ?? "bytes";
    }

    protected override settle(): void {}

    protected override describe(): string {
      return "";
    }
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
    expect([...session].slice(0, 1)).toEqual([{ type: "end" }]);
  });
});
