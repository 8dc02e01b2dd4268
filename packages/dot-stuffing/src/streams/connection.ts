/** A connection as Web Streams have it: a socket of Deno or of a Worker, WebTransport, or two streams in a test. */
export interface StreamConnection {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
}

/** Calls `late` after so many seconds, unless the function that it returns was called before. */
export type StreamTimer = (seconds: number, late: () => void) => () => void;

/** Why something was not waited for any longer. */
export type Unawaited = "late" | "stopped";

/** How long to wait for a peer that must take what is written, or do a handshake. In seconds. */
const TRANSPORT_TIMEOUT = 60;
/** How long a peer may take to close its side after ours was closed. In seconds. */
const CLOSING = 2;

/** Reads and writes a connection, and changes it for another when TLS begins. */
export class Transport {
  #connection: StreamConnection;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #timer: StreamTimer | undefined;
  /** A read that was not waited for to its end: what it gives is the next to be read. */
  #reading: Promise<Uint8Array | null> | null = null;
  #isLost = false;

  constructor(connection: StreamConnection, timer: StreamTimer | undefined) {
    this.#connection = connection;
    this.#reader = connection.readable.getReader();
    this.#writer = connection.writable.getWriter();
    this.#timer = timer;
  }

  /** The next octets; null once the peer has ended, or the connection is lost. */
  async read(seconds: number, signal: AbortSignal | undefined): Promise<Uint8Array | null | Unawaited> {
    this.#reading ??= this.#reader.read().then(
      ({ done, value }) => (done ? null : value),
      () => null,
    );
    const found = await this.#within(seconds, this.#reading, signal);
    if (typeof found !== "string") this.#reading = null;
    return found;
  }

  /** Resolves once more may be written. That the connection is lost, or the peer takes nothing, shows when it is read. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#isLost) return;
    const taken = this.#writer.write(bytes).then(
      () => true,
      () => false,
    );
    const found = await this.#within(TRANSPORT_TIMEOUT, taken);
    this.#isLost = found !== true;
    // What the peer said before it went is still to be read.
    if (found === "late") this.abort(new Error("the peer takes nothing"));
  }

  /** Gives the streams back, and goes on with those that come out. Rejects with what the handshake failed with. */
  async upgrade(handshake: () => StreamConnection | Promise<StreamConnection>): Promise<void> {
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    const upgraded = Promise.resolve().then(handshake);
    try {
      const secure = await this.#within(TRANSPORT_TIMEOUT, upgraded);
      if (typeof secure === "string") throw new Error("the TLS handshake took too long");
      this.#connection = secure;
      this.#reader = secure.readable.getReader();
      this.#writer = secure.writable.getWriter();
    } catch (reason) {
      this.#isLost = true;
      giveUp(this.#connection, reason);
      // A handshake that comes to its end after all is nobody's.
      upgraded.then((secure) => giveUp(secure, reason)).catch(() => {});
      throw reason;
    }
  }

  /** Closes both sides once what was written is on its way. */
  async close(): Promise<void> {
    const closed = this.#writer.close().catch(() => {});
    // TCP resets a connection that is closed with octets unread, which can overtake the last reply.
    if (this.#timer !== undefined && !this.#isLost) await this.#within(CLOSING, Promise.all([closed, this.#drain()]));
    ended(this.#reader.cancel());
  }

  /** Gives the connection up: what was written may be lost. */
  abort(reason: unknown): void {
    ended(this.#writer.abort(reason), this.#reader.cancel(reason));
  }

  async #drain(): Promise<void> {
    while ((await this.read(CLOSING, undefined)) instanceof Uint8Array);
  }

  /** Waits for it, but no longer than so many seconds, or than the signal says. Without a timer, time is no limit. */
  #within<Value>(seconds: number, what: Promise<Value>, signal?: AbortSignal): Promise<Value | Unawaited> {
    return new Promise((resolve, reject) => {
      let cancel: (() => void) | undefined;
      const settle = (end: () => void) => {
        cancel?.();
        signal?.removeEventListener("abort", stop);
        end();
      };
      const stop = () => settle(() => resolve("stopped"));
      signal?.addEventListener("abort", stop);
      // Timers of the runtimes are over at once after so many seconds as there are none of.
      if (seconds !== Number.POSITIVE_INFINITY) cancel = this.#timer?.(seconds, () => settle(() => resolve("late")));
      what.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
  }
}

/** Both streams are not locked. */
function giveUp({ readable, writable }: StreamConnection, reason: unknown): void {
  ended(writable.abort(reason), readable.cancel(reason));
}

/** That a side was lost before is no news; and a writer that is stuck is never done with its end, so that nobody waits for it. */
function ended(...ends: readonly Promise<unknown>[]): void {
  for (const end of ends) end.catch(() => {});
}
