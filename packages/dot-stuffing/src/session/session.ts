import { checkLimit, checkOptions, plainChunk } from "../check.ts";
import type { LineReaderOptions } from "../line-reader.ts";
import { StateError } from "../state-error.ts";
import { EventIterator } from "./event-iterator.ts";
import type { SaslEvent } from "./events.ts";
import { checkForm, type Form } from "./form.ts";
import { Input, type InputSnapshot } from "./input.ts";
import { type SessionOptions, sessionDefaults } from "./options.ts";
import { Output } from "./output.ts";
import type { OtherStep, SaslClient, SaslOtherStep, SaslServer, Thrown } from "./sasl.ts";
import { checkWords, pack, readSnapshot, type SessionSnapshot, type Words } from "./snapshot.ts";

const VERSION = 1;
const WAITING: Record<Waiting, true> = {
  bytes: true,
  decision: true,
  content: true,
  output: true,
  tls: true,
  closed: true,
};

/**
 * Why a session goes no further.
 *
 * - `"bytes"`: it needs input: call `receive` or `receiveEnd`.
 * - `"decision"`: the application owes an answer to the last event, or, on a client, the next command.
 * - `"content"`: it needs content to send: call `write`, `end` or `abort`.
 * - `"output"`: too much is queued: take the output first.
 * - `"tls"`: take the output, do the TLS handshake, then call `tlsEstablished` or `tlsFailed`.
 * - `"closed"`: take the output, then close the connection.
 */
export type Waiting = "bytes" | "decision" | "content" | "output" | "tls" | "closed";

/** What every event of every session has. */
export interface SessionEvent {
  readonly type: string;
  /** What is owed: `"needed"`: the session waits for it; `"default"`: it answers by itself; `"none"`: nothing. */
  readonly answer: "needed" | "default" | "none";
}

/**
 * What a session knows besides what its parts hold: plain data, all of it in one object, so that it can be copied. What
 * a role begins with is written out: with a spread in it, each memory would have a hidden class of its own, hundreds of
 * octets.
 */
export interface SessionMemory<Event extends SessionEvent> {
  /** What input is read as. The bases know `"commands"`, `"sasl"`, `"tls"` and `"closed"`. */
  mode: string;
  tls: boolean;
  /** Found, and taken by {@link pull}: the `pulled` first ones were. */
  events: Event[];
  pulled: number;
  /** The last event pulled, as long as its answer is owed. */
  pending: Event | null;
}

/**
 * Takes the next event that was found. To take one from the front of many would move them all: the front is passed
 * over, and goes with the last of them.
 */
export function pull<Event>(memory: { events: Event[]; pulled: number }): Event | undefined {
  const event = memory.events[memory.pulled];
  if (event !== undefined && ++memory.pulled === memory.events.length) {
    memory.events = [];
    memory.pulled = 0;
  }
  return event;
}

/** What a session knows, with what its parts hold: the form of a snapshot's data. */
export interface Saved {
  readonly memory: object;
  readonly waiting: Waiting;
  readonly inputEnded: boolean;
  readonly authEnd: number;
  readonly input: InputSnapshot;
  readonly output: readonly unknown[];
  readonly taken: number;
  readonly begun: number;
  readonly [part: string]: unknown;
}

/**
 * What all sessions have in common: input that is only stored, events that are pulled, output that is queued, and the
 * beginning of TLS.
 *
 * A subclass parses in `read`, one thing at a call, and never past a point at which the application's answer decides
 * how to read on.
 *
 * @typeParam Event a discriminated union over `type`
 * @typeParam Wait the reasons for waiting that this role has
 * @typeParam Memory what the role has to remember
 */
export abstract class Session<Event extends SessionEvent, Wait extends Waiting, Memory extends SessionMemory<Event>>
  implements Iterable<Event>
{
  protected readonly input: Input;
  protected readonly output: Output;
  readonly #memory: Memory;
  readonly #maxPendingInput: number;
  #waiting: Wait | "bytes" = "bytes";
  #inputEnded = false;
  /**
   * How much of the input was read when an exchange of AUTH had succeeded; -1: none has, or a security layer has begun
   * after it.
   */
  #authEnd = -1;
  #eventCount = 0;
  #thrown: Thrown | null = null;

  /** @throws TypeError for what are no options, RangeError for one outside its range */
  constructor(options: SessionOptions, lines: LineReaderOptions, memory: Memory) {
    this.input = new Input(lines);
    const { highWaterMark = sessionDefaults.highWaterMark, maxPendingInput = sessionDefaults.maxPendingInput } =
      checkOptions(options);
    this.output = new Output(highWaterMark);
    this.#maxPendingInput = checkLimit("maxPendingInput", maxPendingInput);
    this.#memory = memory;
  }

  /** Why the last `nextEvent()` returned null. Before the first call: `"bytes"`. */
  get waiting(): Wait | "bytes" {
    return this.#waiting;
  }

  /**
   * How many events were pulled. A driver sees by it that what the peer was waited for has come, also where a
   * transaction or a retrieval has taken the event: the next time limit is another one.
   */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Whether TLS is active. */
  get tls(): boolean {
    return this.#memory.tls;
  }

  /**
   * Whether what is read next may be the last that is read here: TLS begins after it, or the roles change (STARTTLS,
   * STLS, ATRN). A driver that reads while it writes then leaves more than that to the transport until the session has
   * looked at it. A server cannot know.
   */
  get mayTurn(): boolean {
    return true;
  }

  /**
   * Stores input; `nextEvent` parses it. The chunk is borrowed until `nextEvent` has returned null, or a loop over the
   * session was left.
   *
   * @throws TypeError unless given a Uint8Array that is not backed by shared memory.
   * @throws StateError after `receiveEnd()`, or when more than `maxPendingInput` octets wait for something else than
   *   input.
   */
  receive(chunk: Uint8Array): this {
    const plain = plainChunk("chunk", chunk);
    if (this.#inputEnded) throw new StateError("receive()", "after receiveEnd()", "nextEvent() and takeOutput()");
    if (this.#memory.mode === "closed") return this;
    if (this.input.pending + plain.length > this.#maxPendingInput && (this.#waiting !== "bytes" || this.#owed)) {
      // What was waited for may have come since.
      const awaited = this.#awaited();
      if (awaited !== null) {
        const [wait, why] = awaited;
        throw new StateError(
          "receive()",
          `with ${this.input.pending} octets unread while ${why}`,
          `what the session waits for ("${wait}")`,
        );
      }
    }
    this.input.add(plain);
    return this;
  }

  /**
   * The peer has ended its side of the connection: there will be no more input, and no TLS handshake that is awaited.
   *
   * @throws StateError if called twice.
   */
  receiveEnd(): this {
    if (this.#inputEnded) throw new StateError("receiveEnd()", "after receiveEnd()", "nextEvent() and takeOutput()");
    this.#inputEnded = true;
    return this;
  }

  /**
   * Parses the next thing. Null: nothing more can be said now, and `waiting` says why.
   *
   * @throws what an object of the application's, such as a mechanism, has thrown before. What it led to was told and
   *   done: go on as if it had not
   */
  nextEvent(): Event | null {
    this.settle();
    if (this.#thrown !== null && this.#memory.events.length === 0) this.#rethrow();
    const found = this.blocked ? ("output" as Wait) : this.#advance();
    if (typeof found !== "string") {
      this.#eventCount++;
      return found;
    }
    this.#waiting = found;
    this.release();
    if (this.#thrown !== null) this.#rethrow();
    return null;
  }

  /** Pulls events until `nextEvent()` returns null. Leaving the loop early loses nothing: loop again and go on. */
  [Symbol.iterator](): IterableIterator<Event, undefined> {
    return new EventIterator(this, () => this.release());
  }

  /**
   * The next octets to send, or null. Call it until it gives null. What is taken counts as sent: whether the peer may
   * have a whole message, or chunk, is judged by it.
   *
   * @param limit how many octets of one long piece of content are given at once. Default: all
   * @throws RangeError for a limit that is no whole number of at least 1, or Infinity
   */
  takeOutput(limit: number = Number.POSITIVE_INFINITY): Uint8Array<ArrayBuffer> | null {
    checkLimit("limit", limit, 1);
    this.settle();
    return this.output.take(limit);
  }

  /** All octets to send, as a list for a vectored write; empty if there are none. */
  takeOutputPieces(): Uint8Array<ArrayBuffer>[] {
    this.settle();
    return this.output.takePieces();
  }

  /** The TLS handshake is done: what the RFC says is forgotten. @throws StateError unless `waiting` is `"tls"` */
  tlsEstablished(): void {
    this.#expectHandshake("tlsEstablished()");
    this.#memory.tls = true;
    this.underTls();
    if (this.input.discard()) this.plaintextBehindTls();
  }

  /** The TLS handshake failed: the session ends. @throws StateError unless `waiting` is `"tls"` */
  tlsFailed(): void {
    this.#expectHandshake("tlsFailed()");
    this.close("tls-failed");
  }

  /**
   * All that the session knows, as data that can be cloned, stored, and restored any number of times: to move a
   * connection to another worker, to look at a state, to go on from it in two ways. It holds secrets: keep it as such.
   *
   * The mechanism of an exchange under way is no data: `restore` takes it again.
   */
  snapshot(): SessionSnapshot {
    return { version: VERSION, role: this.role, data: pack(this.save(), this.mechanism) };
  }

  /** Takes over what a snapshot has. @throws TypeError for anything but a snapshot of this role and version */
  protected takeOver(snapshot: SessionSnapshot, mechanism: object | null): this {
    const data = readSnapshot(snapshot, { version: VERSION, role: this.role }, this.save(), mechanism);
    checkWords("snapshot.data", data, { waiting: WAITING });
    checkWords("snapshot.data.memory", data.memory as Memory, this.words);
    const event = (found: unknown) => this.#formOf(found);
    const forms = { pending: event, events: [event], ...this.forms };
    for (const [name, form] of Object.entries(forms)) {
      const found: unknown = Reflect.get(data.memory, name);
      if (found !== null) checkForm(`snapshot.data.memory.${name}`, found, form);
    }
    this.load(data, mechanism);
    return this;
  }

  /** All that the session knows, as data. A subclass adds what its own parts hold. */
  protected save(): Saved {
    return {
      memory: this.#memory,
      waiting: this.#waiting,
      inputEnded: this.#inputEnded,
      authEnd: this.#authEnd,
      input: this.input.snapshot(),
      output: this.output.snapshot(),
      taken: this.output.taken,
      begun: this.output.begun,
    };
  }

  /** The inverse of `save`: takes over data of the same form. */
  protected load(
    { memory, waiting, inputEnded, authEnd, input, output, taken, begun }: Saved,
    _mechanism: object | null,
  ): void {
    Object.assign(this.#memory, memory);
    this.#waiting = waiting as Wait;
    this.#inputEnded = inputEnded;
    this.#authEnd = authEnd;
    this.input.restore(input);
    this.output.restore(output, taken, begun);
  }

  /** Whose snapshots the session makes, e.g. `"smtp-server"`. */
  protected abstract readonly role: string;

  /** The words that its memory may have: a snapshot with another one is refused. */
  protected abstract readonly words: Words<Memory>;

  /** The forms of what its memory has where a new session has null, or nothing. */
  protected get forms(): { readonly [Field in keyof Memory]?: Form } {
    return {};
  }

  /**
   * All events that are ever to be answered, by type, with the forms of what the session itself needs of them. Null:
   * any may be in a snapshot.
   */
  protected get eventForms(): { readonly [type: string]: object } | null {
    return null;
  }

  /** The mechanism of an exchange that is under way. */
  protected abstract readonly mechanism: object | null;

  protected get memory(): Memory {
    return this.#memory;
  }

  /** Whether `receiveEnd()` was called. */
  protected get inputEnded(): boolean {
    return this.#inputEnded;
  }

  /** Ends the borrowing of received chunks. A subclass that keeps views of them copies these too. */
  protected release(): void {
    this.input.release();
  }

  /** A mechanism has a step that only the application can answer. The event of it is one of every session's. */
  protected ask<Mechanism extends SaslClient | SaslServer>(mechanism: Mechanism, step: SaslOtherStep): void {
    const other = step as OtherStep<Mechanism>;
    const event: SaslEvent<Mechanism> = { type: "sasl", mechanism, step: other, secret: true, answer: "needed" };
    this.#memory.events.push(event as SessionEvent as Event);
  }

  /** An exchange of AUTH has succeeded. What is read next tells whether a security layer begins here. */
  protected exchangeSucceeded(): void {
    this.#authEnd = this.input.offset;
  }

  /**
   * A security layer begins, where an exchange of AUTH has succeeded and nothing was read since (RFC 4954 §4, RFC 5034
   * §4).
   *
   * @param possible what else it takes
   * @returns protected octets that were received already, in pieces
   * @throws StateError where it cannot begin
   */
  protected takeProtected(possible: boolean): Uint8Array<ArrayBuffer>[] {
    if (!possible || this.#authEnd !== this.input.offset || this.#memory.mode === "closed")
      throw new StateError("beginSecurityLayer()", "other than at the end of AUTH", "it right after a successful AUTH");
    this.#authEnd = -1;
    return this.input.takeRest();
  }

  /**
   * What was thrown must not stop what is under way: it comes out of `nextEvent()`, after the events that it led to.
   */
  protected throwLater(thrown: Thrown | undefined): void {
    this.#thrown ??= thrown ?? null;
  }

  /** Whether output has to be taken before anything more is read. */
  protected get blocked(): boolean {
    return this.output.full;
  }

  /** Whether the application is to act, though it owes no answer: to give a client's next command, or content. */
  protected get idle(): boolean {
    return false;
  }

  /**
   * Reads one thing in the mode in force: an event, the reason why there is none, or null: what was read is no event.
   */
  protected abstract read(): Event | Wait | "bytes" | null;

  /** Commits the default answer to the last event, if the application gave none. */
  protected abstract settle(): void;

  /** TLS has begun: sets the mode, and forgets what was learnt without it. */
  protected abstract underTls(): void;

  /** Octets came between the command that begins TLS and the handshake; they are gone. */
  protected abstract plaintextBehindTls(): void;

  /** Ends the session: what is open gets its event, and so does the end. */
  protected abstract close(cause: string): void;

  #formOf(event: unknown): Form {
    const { type, answer } = Object(event) as Partial<SessionEvent>;
    const form = { type: "", answer: "" };
    const { eventForms } = this;
    if (answer === "none" || eventForms === null) return form;
    // The answer to what nobody can answer is no word.
    return { ...form, ...(Object.hasOwn(eventForms, String(type)) ? eventForms[type!] : { answer: false }) };
  }

  #rethrow(): never {
    const { error } = this.#thrown!;
    this.#thrown = null;
    this.release(); // as at every end of a loop
    throw error;
  }

  #advance(): Event | Wait | "bytes" {
    const memory = this.#memory;
    for (;;) {
      const found = pull(memory) ?? (memory.pending === null ? this.#read() : ("decision" as Wait));
      if (found === null) continue;
      if (typeof found !== "string" && found.answer !== "none") memory.pending = found;
      return found;
    }
  }

  #read(): Event | Wait | "bytes" | null {
    const { mode } = this.#memory;
    if (mode === "closed") return mode as Wait;
    if (mode !== "tls") return this.read();
    if (this.input.discard()) this.plaintextBehindTls();
    else if (this.#inputEnded) this.close("end-of-input");
    else return mode as Wait;
    return null;
  }

  /**
   * Whether the application owes an answer. It may be in the midst of a loop over events: nothing waits yet that says
   * so.
   */
  get #owed(): boolean {
    return this.#memory.pending?.answer === "needed";
  }

  /** What reading on waits for at this moment, also in words; null: nothing. */
  #awaited(): readonly [Waiting, string] | null {
    const { pending, mode } = this.#memory;
    if (this.#owed) return ["decision", `the answer to "${pending!.type}" is owed`];
    if (mode === "tls") return [mode, "the TLS handshake is awaited"];
    if (this.output.full) return ["output", "the output has not been taken"];
    return this.idle ? [this.#waiting, "the application is to act"] : null;
  }

  #expectHandshake(call: string): void {
    if (this.#memory.mode === "tls") return;
    throw new StateError(call, "without a TLS handshake to come", 'it once waiting is "tls"');
  }
}
