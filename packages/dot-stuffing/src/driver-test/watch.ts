import type { Findings } from "./contracts.ts";
import { OctetQueue, same } from "./octet-queue.ts";

/** What an event has. */
export interface TestedEvent {
  readonly type: string;
  readonly answer: "needed" | "default" | "none";
}

/** What the kit needs of a session: any that stands on `dot-stuffing/session` has it. */
export interface TestedSession {
  readonly waiting: string;
  readonly tls: boolean;
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): unknown;
  nextEvent(): TestedEvent | null;
  takeOutput(): Uint8Array | null;
  takeOutputPieces(): Uint8Array[];
  tlsEstablished(): void;
  tlsFailed(): void;
  [Symbol.iterator](): Iterator<unknown, undefined>;
}

/** How much may be held, in octets. */
export interface Allowances {
  readonly readAhead: number;
  readonly queued: number;
}

type Call = (...args: readonly unknown[]) => unknown;

/** Calls that answer nothing. */
const NO_ANSWERS = ["snapshot", "takeOutput", "takeOutputPieces", "receiveEnd"];

/** Looks at all that a driver does with its session. */
export class Watch {
  /** What was read and is to be received, and what was taken and is to be written. */
  readonly input: OctetQueue = new OctetQueue();
  readonly output: OctetQueue = new OctetQueue();
  /** Whether the test is over: a driver that goes on for ever is stopped by its next call. */
  over = false;
  /** Whether the session was told how its connection ended. */
  told = false;
  handshake: "none" | "done" | "failed" = "none";
  /** Whether a write was rejected. */
  writeFailed = false;
  /** How many events the application is at work on. */
  inWork = 0;
  /** How many events of each type were pulled so far. */
  readonly pulled: Map<string, number> = new Map();
  readonly #findings: Findings;
  readonly #allowances: Allowances;
  #session: TestedSession | null = null;
  /** The last event, as long as it is to be answered. */
  #open: TestedEvent | null = null;
  #unhanded: TestedEvent[] = [];
  #applicationUsed = false;
  #borrowed: { readonly chunk: Uint8Array; readonly copy: Uint8Array }[] = [];
  #ahead = 0;
  #unsent = 0;
  #inVain = 0;
  #plaintextLeft = false;
  #closed = false;
  #outputWrong = false;
  #inputWrong = false;

  constructor(findings: Findings, allowances: Allowances) {
    this.#findings = findings;
    this.#allowances = allowances;
  }

  /** The session itself, for the kit to look at; null: the driver has made none. */
  get session(): TestedSession | null {
    return this.#session;
  }

  /** Whether the session has come to its end. */
  get closed(): boolean {
    return this.#closed || this.#session?.waiting === "closed";
  }

  /** The event that is to be answered, or null. */
  get open(): TestedEvent | null {
    return this.#open;
  }

  /** A session that is used as any other. @throws Error for a second one */
  watch<Session extends TestedSession>(session: Session): Session {
    if (this.#session !== null) throw new Error("a connection has one session: createSession() was called twice");
    this.#session = session;
    const calls = new Map<string, Call>();
    const watched: Session = new Proxy(session, {
      get: (target, key) => {
        if (key === Symbol.iterator) return () => this.#iterate();
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function" || typeof key === "symbol") return value;
        let call = calls.get(key);
        if (call === undefined) {
          call = (...args) => {
            const result = this.#call(key, args, (...given) => Reflect.apply(value, target, given));
            return result === target ? watched : result;
          };
          calls.set(key, call);
        }
        return call;
      },
    });
    return watched;
  }

  /** Octets were read. */
  read(bytes: Uint8Array): void {
    this.input.push(bytes);
    this.#ahead = this.#open === null && this.inWork === 0 ? 0 : this.#ahead + bytes.length;
    if (this.#ahead > this.#allowances.readAhead)
      this.#findings.add("read-ahead", "it read on while a decision was open");
  }

  /** Octets were written, and are queued in front of a slow peer. */
  queued(count: number): void {
    if (count > this.#allowances.queued)
      this.#findings.add("back-pressure", "it wrote on and on to a peer that does not read");
  }

  /** The peer has taken octets. */
  taken(bytes: Uint8Array): void {
    if (this.#session?.tls && this.handshake !== "done")
      this.#findings.add("tls", 'it wrote plaintext after waiting became "tls"');
    if (this.#outputWrong || this.output.matches(bytes)) return;
    this.#outputWrong = true;
    this.#findings.add(
      "output",
      "what it wrote is not what the session gave: octets were lost, repeated, reordered, changed or added",
    );
  }

  /** A handshake begins. @param reading whether a read is pending @param lost whether the connection was reset */
  handshakeBegins(reading: boolean, lost: boolean): void {
    const { waiting } = this.#session ?? { waiting: "" };
    if (waiting !== "tls") this.#findings.add("tls", "it began a handshake that the session does not wait for");
    if (reading) this.#findings.add("tls", "it was reading when the handshake began, whose first octets it would take");
    const unwritten = this.output.length > 0 || (this.#session?.takeOutput() ?? null) !== null;
    if (unwritten && !lost)
      this.#findings.add("tls", "it began the handshake before the output in front of it was written");
  }

  handshakeEnds(outcome: "done" | "failed"): void {
    this.handshake = outcome;
    this.#plaintextLeft = this.input.length > 0;
    this.input.clear();
  }

  /** The driver hands an event to the application. */
  async hand(event: TestedEvent, work: () => Promise<void>): Promise<void> {
    this.#applicationUsed = true;
    if (this.#unhanded.shift() !== event)
      this.#findings.add("events", "it handed the application another event than the next one");
    this.inWork++;
    try {
      await work();
    } finally {
      this.inWork--;
    }
  }

  /** The driver is done without an error: what has it left undone? @param lost whether the connection was reset */
  judgeEnd(lost: boolean): void {
    const session = this.#session;
    if (session === null) {
      this.#findings.add("progress", "it ended without a session");
      return;
    }
    const unhanded = this.#applicationUsed ? this.#unhanded[0] : undefined;
    if (unhanded !== undefined)
      this.#findings.add("events", `it did not hand the application the event "${unhanded.type}"`);
    const left = session.nextEvent();
    if (left !== null) this.#findings.add("events", `it left the event "${left.type}" in the session`);
    const unwritten = session.takeOutput() !== null || this.output.length > 0;
    if (unwritten && !lost) this.#findings.add("closing", "it closed the transport before the last output was written");
  }

  #iterate(): IterableIterator<unknown, undefined> {
    const session = this.#session!;
    const iterator: IterableIterator<unknown, undefined> = {
      next: () => {
        const value = this.#call("nextEvent", [], () => session.nextEvent());
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
      return: () => {
        this.#compare();
        this.#borrowed = [];
        return session[Symbol.iterator]().return!() as IteratorReturnResult<undefined>;
      },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  }

  #call(name: string, args: readonly unknown[], call: Call): unknown {
    if (this.over) throw new Error("the test of this driver is over");
    this.#before(name, args);
    let result: unknown;
    try {
      result = call(...args);
    } catch (error) {
      this.#findings.add("calls", `it called ${name}(), which threw: ${wordsOf(error)}`);
      throw error;
    }
    this.#after(name, args, result);
    return result;
  }

  #before(name: string, args: readonly unknown[]): void {
    switch (name) {
      case "receive":
        this.#received(args[0] as Uint8Array);
        return;
      case "nextEvent":
        this.#compare();
        return;
      case "tlsEstablished":
        if (this.handshake === "none") this.#findings.add("tls", "it called tlsEstablished() without a handshake");
        if (this.handshake === "failed")
          this.#findings.add("tls", "it called tlsEstablished() though the handshake had failed");
        return;
      case "write":
      case "end":
        this.#written((args[0] as Uint8Array | undefined)?.length ?? 0);
    }
  }

  #after(name: string, args: readonly unknown[], result: unknown): void {
    switch (name) {
      case "receive":
        this.#borrowed.push({ chunk: args[0] as Uint8Array, copy: (args[0] as Uint8Array).slice() });
        return;
      case "nextEvent":
        this.#pulled(result as TestedEvent | null);
        return;
      case "takeOutput":
        if (result !== null) this.#took(result as Uint8Array);
        return;
      case "takeOutputPieces":
        for (const piece of result as Uint8Array[]) this.#took(piece);
        return;
      case "receiveEnd":
      case "timedOut":
      case "tlsFailed":
      case "shutdown":
        this.told = true;
    }
    if (!NO_ANSWERS.includes(name)) this.#open = null;
  }

  /** The application has written so much content. */
  #written(count: number): void {
    const { queued } = this.#allowances;
    this.#unsent += count;
    if (this.#unsent > queued)
      this.#findings.add("back-pressure", "it asked for more and more content without taking the output");
    if (this.writeFailed) this.#inVain += count;
    if (this.#inVain > queued)
      this.#findings.add("failed-write", "it asked for more and more content after a write had failed");
  }

  #received(chunk: Uint8Array): void {
    if (this.#inputWrong || this.input.matches(chunk)) return;
    this.#inputWrong = true;
    if (this.#plaintextLeft)
      this.#findings.add("plaintext-behind-tls", "it handed the session octets from before the handshake after it");
    else
      this.#findings.add(
        "input",
        "what it handed the session is not what it read: octets were lost, repeated, reordered or overwritten",
      );
  }

  #pulled(event: TestedEvent | null): void {
    if (event === null) {
      this.#borrowed = [];
      return;
    }
    if (this.inWork > 0)
      this.#findings.add("events", "it pulled the next event before the application was done with the last one");
    this.pulled.set(event.type, (this.pulled.get(event.type) ?? 0) + 1);
    this.#unhanded.push(event);
    this.#open = event.answer === "needed" ? event : null;
    if (event.type === "closed") this.#closed = true;
  }

  #took(bytes: Uint8Array): void {
    this.output.push(bytes);
    this.#unsent = Math.max(0, this.#unsent - bytes.length);
  }

  /** Whether the chunks that the session borrows are as they were. */
  #compare(): void {
    for (const { chunk, copy } of this.#borrowed) {
      if (same(chunk, copy)) continue;
      this.#findings.add(
        "borrowed-chunk",
        "it handed the session a chunk and changed it, or read again, before nextEvent() had returned null",
      );
      this.#borrowed = [];
      return;
    }
  }
}

/** An error in words. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
