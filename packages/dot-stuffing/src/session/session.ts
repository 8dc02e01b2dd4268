import { checkLimit, plainChunk } from "../check.ts";
import type { LineReaderOptions } from "../line-reader.ts";
import { StateError } from "../state-error.ts";
import { Input } from "./input.ts";
import { Output } from "./output.ts";

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

/** Options of every session. */
export interface SessionOptions {
  /** How many octets of output may queue before nothing more is parsed. Default 65,536. */
  readonly highWaterMark?: number;
  /** How many octets of input a session takes while it waits for something else than input. Default 262,144. */
  readonly maxPendingInput?: number;
}

/**
 * What all sessions have in common: input that is only stored, events that are pulled, output that is queued.
 *
 * A subclass parses in `advance`, one thing at a call, and never past a point at which the application's answer decides
 * how to read on.
 *
 * @typeParam Event a discriminated union over `type`
 * @typeParam Wait the reasons for waiting that this role has
 */
export abstract class Session<Event extends { readonly type: string }, Wait extends Waiting>
  implements Iterable<Event>
{
  protected readonly input: Input;
  protected readonly output: Output;
  readonly #maxPendingInput: number;
  #waiting: Wait | "bytes" = "bytes";
  #inputEnded = false;

  constructor(options: SessionOptions, lines: LineReaderOptions) {
    this.input = new Input(lines);
    this.output = new Output(options.highWaterMark ?? 65_536);
    this.#maxPendingInput = checkLimit("maxPendingInput", options.maxPendingInput ?? 262_144);
  }

  /** Why the last `nextEvent()` returned null. Before the first call: `"bytes"`. */
  get waiting(): Wait | "bytes" {
    return this.#waiting;
  }

  /**
   * Stores input; `nextEvent` parses it. The chunk is borrowed until `nextEvent` has returned null, or a loop over the
   * session was left.
   *
   * @throws TypeError unless given a Uint8Array that is not backed by shared memory.
   * @throws StateError after `receiveEnd()`, or when more than `maxPendingInput` octets wait for something else than input.
   */
  receive(chunk: Uint8Array): this {
    const plain = plainChunk("chunk", chunk);
    if (this.#inputEnded) throw new StateError("receive()", "after receiveEnd()", "nextEvent() and takeOutput()");
    if (this.#waiting === "closed") return this;
    if (this.#waiting !== "bytes" && this.input.pending + plain.length > this.#maxPendingInput) {
      throw new StateError(
        "receive()",
        `with ${this.input.pending} octets unread while ${this.describe()}`,
        `what the session waits for ("${this.#waiting}")`,
      );
    }
    this.input.push(plain);
    return this;
  }

  /**
   * The peer has ended its side of the connection: there will be no more input.
   *
   * @throws StateError if called twice.
   */
  receiveEnd(): this {
    if (this.#inputEnded) throw new StateError("receiveEnd()", "after receiveEnd()", "nextEvent() and takeOutput()");
    this.#inputEnded = true;
    return this;
  }

  /** Parses the next thing. Null: nothing more can be said now, and `waiting` says why. */
  nextEvent(): Event | null {
    this.settle();
    const found = this.output.full ? ("output" as Wait) : this.advance();
    if (typeof found !== "string") return found;
    this.#waiting = found;
    this.release();
    return null;
  }

  /** Pulls events until `nextEvent()` returns null. Leaving the loop early loses nothing: loop again and go on. */
  [Symbol.iterator](): IterableIterator<Event, undefined> {
    const iterator: IterableIterator<Event, undefined> = {
      next: () => {
        const value = this.nextEvent();
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
      return: () => {
        this.release();
        return { done: true, value: undefined };
      },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  }

  /** The next octets to send, or null. Call it until it gives null. */
  takeOutput(): Uint8Array<ArrayBuffer> | null {
    this.settle();
    return this.output.take();
  }

  /** All octets to send, as a list for a vectored write; empty if there are none. */
  takeOutputPieces(): Uint8Array<ArrayBuffer>[] {
    this.settle();
    return this.output.takePieces();
  }

  /** Whether `receiveEnd()` was called. */
  protected get inputEnded(): boolean {
    return this.#inputEnded;
  }

  /** Ends the borrowing of received chunks. A subclass that keeps views of them copies these too. */
  protected release(): void {
    this.input.release();
  }

  /** Parses the next thing: an event, or the reason why there is none. */
  protected abstract advance(): Event | Wait | "bytes";

  /** Commits the default answer to the last event, if the application gave none. */
  protected abstract settle(): void;

  /** The state in words, for a StateError: "the answer to MAIL is owed". */
  protected abstract describe(): string;
}
