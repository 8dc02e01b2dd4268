import { concat } from "../concat.ts";
import { onAbort } from "./on-abort.ts";

/** A connection as Web Streams have it: a socket of Deno or of a Worker, WebTransport, or two streams in a test. */
export interface StreamConnection {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
}

/** Calls `late` after so many seconds, unless the function that it returns was called before. */
export type StreamTimer = (seconds: number, late: () => void) => () => void;

/** Why something was not waited for any longer. */
type Unawaited = "late" | "stopped";

/** How long to wait for a peer that must take what is written, or do a handshake. In seconds. */
const TRANSPORT_TIMEOUT = 60;
/** How long a peer may take to close its side after ours was closed, or for its last words and ours. In seconds. */
const CLOSING = 2;
/** For how many turns of the runtime's queue of promises is waited where seconds cannot be counted. */
const TURNS = 1000;
/** Within how many of them the application has answered at once: it has awaited nothing but promises. */
const AT_ONCE = 100;

/** A time limit that goes on from wait to wait, until it is told to begin anew. */
class Deadline {
  readonly #timer: StreamTimer;
  #cancel: (() => void) | null = null;
  #isOver = false;
  /** Of the wait under way. */
  #late: (() => void) | null = null;

  constructor(timer: StreamTimer) {
    this.#timer = timer;
  }

  /** The limit as a timer: it runs from the first call on. */
  readonly timer: StreamTimer = (seconds, late) => {
    this.#late = late;
    this.#cancel ??= this.#timer(seconds, () => {
      this.#isOver = true;
      this.#late?.();
    });
    if (this.#isOver) late();
    return () => {
      this.#late = null;
    };
  };

  restart(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#isOver = false;
  }
}

/** Reads and writes a connection, and changes it for another when TLS begins. */
export class Transport {
  #connection: StreamConnection;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #timer: StreamTimer | undefined;
  /** For what the session waits for. */
  readonly #deadline: Deadline | null;
  readonly #forget: () => void;
  /** A read that was not waited for to its end: what it gives is the next to be read. */
  #reading: Promise<Uint8Array | null> | null = null;
  /** What the last read gave that is over. */
  #found: { readonly reading: Promise<Uint8Array | null>; readonly chunk: Uint8Array | null } | null = null;
  /** What was read while something was written, and how long it is. */
  readonly #ahead: Uint8Array[] = [];
  #aheadSize = 0;
  #isLost = false;
  #isStopped: boolean;
  #stopIsTaken = false;
  /** Ends what is waited for, if it can be ended. */
  #stop: (() => void) | null = null;

  constructor(connection: StreamConnection, timer: StreamTimer | undefined, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#reader = connection.readable.getReader();
    this.#writer = connection.writable.getWriter();
    this.#timer = timer;
    this.#deadline = timer === undefined ? null : new Deadline(timer);
    this.#isStopped = signal?.aborted ?? false;
    const stopped = () => {
      this.#isStopped = true;
      this.#stop?.();
    };
    this.#forget = signal === undefined ? () => {} : onAbort(signal, stopped);
  }

  /** Whether nothing can be written any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether an early end is asked for. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Whether it is, and nobody counts the seconds: then nothing that is written is waited for. */
  get isHasty(): boolean {
    return this.#isStopped && this.#timer === undefined;
  }

  /** Whether an early end is asked for, which nobody has heeded yet. */
  takeStop(): boolean {
    const isNews = this.#isStopped && !this.#stopIsTaken;
    this.#stopIsTaken ||= isNews;
    return isNews;
  }

  /**
   * The next octets; null once the peer has ended, or the connection is lost.
   *
   * @param seconds from the first of the reads on since `waitAnew()`
   */
  read(seconds: number): Promise<Uint8Array | null | Unawaited> {
    return this.#read((next) => this.#within(seconds, next, true, this.#deadline?.timer));
  }

  /** What was waited for has come: the time of the next reads begins anew. */
  waitAnew(): void {
    this.#deadline?.restart();
  }

  /** As `read`, of what is there already. */
  readLast(): Promise<Uint8Array | null | Unawaited> {
    return this.#read((next) => this.#soon(next));
  }

  /** What has been read already, while something else was done; null: the end. Undefined: nothing. */
  takeArrived(): Uint8Array | null | undefined {
    const ahead = this.#ahead.splice(0);
    this.#aheadSize = 0;
    if (ahead.length > 0) return concat(ahead);
    if (this.#reading === null || this.#found?.reading !== this.#reading) return undefined;
    this.#reading = null;
    return this.#found.chunk;
  }

  /** Takes back what `takeArrived` gave: it is the next to be read. */
  giveBack(chunk: Uint8Array): void {
    this.#ahead.unshift(chunk);
    this.#aheadSize += chunk.length;
  }

  /** Resolves once `takeArrived` has something to give. */
  async arrival(): Promise<void> {
    if (this.#ahead.length === 0) await this.#next();
  }

  /** Whether it is over after some turns of the runtime's queue of promises. Rejects as it does. */
  async isAtOnce(what: Promise<void>): Promise<boolean> {
    return (await this.#within(0, what, false, turns(AT_ONCE))) !== "late";
  }

  /**
   * Waits for what the application does, or the peer: no longer than the signal says.
   *
   * @param patience how many seconds more are waited after the signal; without a timer, if there is any, time is no
   *   limit
   * @param seconds how long the peer is waited for, as `read` has it. Default: without a limit
   */
  async outlast<Value>(
    what: Promise<Value>,
    patience: number,
    seconds: number = Number.POSITIVE_INFINITY,
  ): Promise<Value | Unawaited> {
    const isStopped = this.#isStopped && (patience > 0 || !this.#stopIsTaken);
    const found = isStopped ? "stopped" : await this.#within(seconds, what, true, this.#deadline?.timer);
    return found === "stopped" && patience > 0 ? this.#within(patience, what, false) : found;
  }

  /**
   * Resolves once more may be written, or the connection is lost.
   *
   * @param ahead how many octets may be read meanwhile, the chunk that makes them so many to its end: a peer that
   *   writes too may read nothing until its own write is done
   * @param seconds how long the peer may take to take them. Default a minute
   * @param isLast whether nothing comes after it, so that it goes when it goes
   */
  async write(
    bytes: Uint8Array<ArrayBuffer>,
    ahead: number,
    seconds: number = TRANSPORT_TIMEOUT,
    isLast: boolean = this.#isStopped,
  ): Promise<void> {
    let isWriting = true;
    const written = this.#writer.write(bytes).then(
      () => true,
      () => false,
    );
    const done = written.finally(() => {
      isWriting = false;
    });
    void this.#readAhead(() => isWriting && this.#aheadSize < ahead);
    // What is said at last goes when it goes.
    if (this.isHasty) return;
    let found: boolean | Unawaited = isLast ? "stopped" : await this.#within(seconds, done, true);
    if (found === "stopped") found = await this.#soon(done);
    if (found === true) return;
    this.#isLost = true;
    // Where it failed, what the peer said before it went is still to be read.
    if (found !== false) this.abort(new Error("the peer takes nothing"));
  }

  /**
   * Gives the streams back, and goes on with those that come out. Rejects with what the handshake failed with.
   *
   * @returns false: an early end is asked for, and the connection is given up
   */
  async upgrade(handshake: () => StreamConnection | Promise<StreamConnection>): Promise<boolean> {
    const upgraded = Promise.resolve()
      .then(() => {
        this.release();
        return handshake();
      })
      .then(checkStreams);
    try {
      const secure = await this.#within(TRANSPORT_TIMEOUT, upgraded, true);
      if (secure === "late") throw new Error("the TLS handshake took too long");
      if (secure === "stopped") {
        this.#giveUp(upgraded, new Error("the TLS handshake is not waited for"));
        return false;
      }
      const reader = secure.readable.getReader();
      this.#writer = secure.writable.getWriter();
      this.#reader = reader;
      this.#connection = secure;
      return true;
    } catch (reason) {
      this.#giveUp(upgraded, reason);
      throw reason;
    }
  }

  /** Lets go of both streams as they are. */
  release(): void {
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#reading = null;
  }

  /** Closes both sides once what was written is on its way. */
  async close(): Promise<void> {
    const closed = this.#writer.close().catch(() => {});
    // TCP resets a connection that is closed with octets unread, which can overtake the last reply.
    if (this.#timer !== undefined && !this.#isLost)
      await this.#within(CLOSING, Promise.all([closed, this.#drain()]), false);
    ended(this.#reader.cancel());
  }

  /** Gives the connection up: what was written may be lost. */
  abort(reason: unknown): void {
    ended(this.#writer.abort(reason), this.#reader.cancel(reason));
  }

  /** Heeds neither the signal nor a time limit any more. */
  forget(): void {
    this.#forget();
    this.waitAnew();
  }

  /** The read under way, or a new one. */
  #next(): Promise<Uint8Array | null> {
    if (this.#reading !== null) return this.#reading;
    const reading = this.#reader.read().then(
      ({ done, value }) => (done ? null : value),
      () => null,
    );
    void reading.then((chunk) => {
      this.#found = { reading, chunk };
    });
    this.#reading = reading;
    this.#found = null; // nor is the memory of the one before kept as long as the peer is silent
    return reading;
  }

  async #read(
    awaited: (next: Promise<Uint8Array | null>) => Promise<Uint8Array | null | Unawaited>,
  ): Promise<Uint8Array | null | Unawaited> {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) {
      this.#aheadSize -= ahead.length;
      return ahead;
    }
    const found = await awaited(this.#next());
    if (typeof found !== "string") this.#reading = null;
    return found;
  }

  async #readAhead(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      const chunk = await this.#next();
      // What came when all was written is the next to be read.
      if (chunk === null || !goesOn()) return;
      this.#reading = null;
      this.#ahead.push(chunk);
      this.#aheadSize += chunk.length;
    }
  }

  async #drain(): Promise<void> {
    while ((await this.#read((next) => this.#within(CLOSING, next, false))) instanceof Uint8Array);
  }

  #giveUp(upgraded: Promise<StreamConnection>, reason: unknown): void {
    const { readable, writable } = this.#connection;
    this.#isLost = true;
    ended(writable.abort(reason), readable.cancel(reason));
    // Where they could not be released.
    this.abort(reason);
    // A handshake that comes to its end after all is nobody's.
    upgraded.then((secure) => ended(secure.writable.abort(reason), secure.readable.cancel(reason))).catch(() => {});
  }

  /** Waits for what may be a moment away. */
  #soon<Value>(what: Promise<Value>): Promise<Value | Unawaited> {
    return this.#within(CLOSING, what, false, this.#timer ?? turns(TURNS));
  }

  /**
   * Waits for it, but no longer than so many seconds, or than the signal says. Without a timer, time is no limit.
   *
   * @param stops whether the signal, if it has not been heeded before, ends it
   */
  #within<Value>(
    seconds: number,
    what: Promise<Value>,
    stops: boolean,
    timer = this.#timer,
  ): Promise<Value | Unawaited> {
    return new Promise((resolve, reject) => {
      let cancel: (() => void) | undefined;
      const stop = () => settle(() => resolve("stopped"));
      const settle = (end: () => void) => {
        cancel?.();
        if (this.#stop === stop) this.#stop = null;
        end();
      };
      if (stops) this.#stop = stop;
      // Timers of the runtimes are over at once after so many seconds as there are none of.
      if (seconds !== Number.POSITIVE_INFINITY) cancel = timer?.(seconds, () => settle(() => resolve("late")));
      what.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
  }
}

/** @throws TypeError unless it is a pair of streams, of this realm or another */
function checkStreams(connection: StreamConnection): StreamConnection {
  const { readable, writable }: { readonly readable?: unknown; readonly writable?: unknown } = connection ?? {};
  if (isA<ReadableStream>(readable, "getReader") && isA<WritableStream>(writable, "getWriter")) return connection;
  throw new TypeError("startTls() expected to give a ReadableStream as `readable` and a WritableStream as `writable`");
}

function isA<Stream>(value: unknown, method: keyof Stream & string): boolean {
  return typeof (value as Stream | null | undefined)?.[method] === "function";
}

/** A timer where there is no clock. */
function turns(count: number): StreamTimer {
  return (_, late) => {
    let isAwaited = true;
    void (async () => {
      for (let turn = 0; turn < count && isAwaited; turn++) await undefined;
      if (isAwaited) late();
    })();
    return () => {
      isAwaited = false;
    };
  };
}

/**
 * That a side was lost before is no news; and a writer that is stuck is never done with its end, so that nobody waits
 * for it.
 */
function ended(...ends: readonly Promise<unknown>[]): void {
  for (const end of ends) end.catch(() => {});
}
