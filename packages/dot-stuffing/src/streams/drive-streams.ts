import type { Waiting } from "../session/session.ts";
import { type StreamConnection, type StreamTimer, Transport } from "./connection.ts";

const UNLIMITED = Number.POSITIVE_INFINITY;
/** How much is read while something is written, and not looked at before that is done. In octets. */
const AHEAD = 65_536;
/** How much is read of what the peer said before its connection was lost. In octets. */
const LAST_WORDS = 16_384;

/** What is driven: every session of `smtp-codec` and `pop3-codec`, in both roles, and any of one's own of this shape. */
export interface StreamSession<Event> extends Iterable<Event> {
  readonly waiting: Waiting;
  /**
   * How long to wait for the peer, in seconds; null: nothing is awaited, or it is without a limit. It is for a whole command or reply, however
   * many octets of it come meanwhile: it begins anew once an event came, or output was taken; where it is for `"content"`, with every read.
   */
  readonly timeout: { readonly seconds: number; readonly for?: string } | null;
  /**
   * Whether what is read next may be the last that is read here: TLS begins after it, or the roles change. Then, and without it, no more
   * than one chunk is read while something is written.
   */
  readonly mayTurn?: boolean | undefined;
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): unknown;
  takeOutput(): Uint8Array<ArrayBuffer> | null;
  tlsEstablished(): void;
  tlsFailed(): void;
  timedOut(): void;
  /** Servers have it: says good-bye. */
  shutdown?(): void;
}

/** The application's side, and what the session cannot have of its own: TLS and a clock. */
export interface StreamApplication<Event> {
  /** Takes every event, in order. What is owed to it is answered before this returns or resolves. What these functions give is awaited. */
  on(event: Event): unknown;
  /** Clients: nothing is under way; gives the next command. */
  decide?(): unknown;
  /** The session waits for content: writes some more of it, or ends it. */
  content?(): unknown;
  /**
   * Does the TLS handshake in the role that this side has, and gives the streams that go through TLS. Those in use until then are
   * not locked any more, and no read of them is under way. Default: there is no TLS, and the session is told so.
   */
  startTls?(): StreamConnection | Promise<StreamConnection>;
  /**
   * Keeps the session's time limits, so that a peer which sends an octet now and then is late too, and limits writes and handshakes to a minute.
   * Default: nothing is limited.
   */
  readonly timer?: StreamTimer | undefined;
  /**
   * Asks for an early end: a server says good-bye, a client takes its connection for ended. A write that is under way has two more seconds,
   * or without a timer a moment; then it, or a TLS handshake, is given up with the connection. Any number of connections may have the same.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a session over Web Streams to its end, and closes them: the whole loop, on any runtime.
 *
 * Nothing is read ahead of the application, so a slow one slows the peer down; but while something is written, up to 65,536 octets are read,
 * since a peer that writes as much would read nothing until they are. What is after the command that begins TLS stays where it is: what came
 * with it in one chunk the session reports and forgets, and anything later reaches the handshake, which fails on it.
 *
 * Once something cannot be written, no more commands and no more content are asked for: what the peer has said is read, up to 16,384 octets of it,
 * for its last reply may tell why; then the session is told that its input has ended.
 *
 * Streams of a session that ends by the cause `"reversed"` (ATRN, RFC 2645) are not closed: they are let go of, for a session of the other
 * role to be driven over them. It is given the `unread` octets of the `"closed"` event before.
 *
 * The streams change for TLS alone: a session with a security layer (RFC 4422 §3.7, `beginSecurityLayer()`) is driven by a loop of one's own.
 *
 * @example
 * ```ts
 * await driveStreams(session, connection, {
 *   on: (event) => { … },
 *   timer: (seconds, late) => {
 *     const timer = setTimeout(late, seconds * 1000);
 *     return () => clearTimeout(timer);
 *   },
 * });
 * ```
 *
 * @throws what a function of the application threw, with the connection given up; what the handshake failed with, once the
 * session has ended; Error if a session waits for what the application has no function for, or for an answer that `on` owes.
 * A connection that is lost does not: the session's last events tell.
 */
export async function driveStreams<Event>(
  session: StreamSession<Event>,
  connection: StreamConnection,
  application: StreamApplication<Event>,
): Promise<void> {
  const transport = new Transport(connection, application.timer, application.signal);
  try {
    await new Drive(session, transport, application).run();
  } catch (error) {
    transport.abort(error);
    throw error;
  } finally {
    transport.forget();
  }
}

class Drive<Event> {
  readonly #session: StreamSession<Event>;
  readonly #transport: Transport;
  readonly #application: StreamApplication<Event>;
  #tlsFailure: { readonly reason: unknown } | null = null;
  #isReversed = false;
  /** Whether the session knows that its input has ended. */
  #isEnded = false;
  /** How much is still read once the connection is lost. */
  #lastWords = LAST_WORDS;

  constructor(session: StreamSession<Event>, transport: Transport, application: StreamApplication<Event>) {
    this.#session = session;
    this.#transport = transport;
    this.#application = application;
  }

  async run(): Promise<void> {
    const session = this.#session;
    const transport = this.#transport;
    for (;;) {
      for (const event of session) {
        transport.waitAnew();
        this.#isReversed ||= isReversal(event);
        await this.#application.on(event);
      }
      await this.#flush();
      if (session.waiting === "closed") break;
      if (transport.takeStop()) this.#sayGoodBye();
      else if (transport.isLost && !this.#isEnded) await this.#listen();
      else await this.#act();
    }
    if (this.#isReversed && !transport.isLost) transport.release();
    else await transport.close();
    if (this.#tlsFailure !== null) throw this.#tlsFailure.reason;
  }

  /** Writes what is to be written. What is taken counts as sent: nothing is, once it is in vain. */
  async #flush(): Promise<void> {
    const session = this.#session;
    const transport = this.#transport;
    while (!transport.isLost && !(transport.isStopped && session.shutdown === undefined)) {
      const bytes = session.takeOutput();
      if (bytes === null) return;
      transport.waitAnew();
      await transport.write(bytes, aheadOf(session));
    }
  }

  /** Does what the session waits for. */
  async #act(): Promise<void> {
    const session = this.#session;
    const { decide, content } = this.#application;
    switch (session.waiting) {
      case "bytes":
        await this.#read();
        break;
      case "decision":
        if (decide === undefined) throw new Error("an event was not answered, and there is no decide()");
        await decide.call(this.#application);
        break;
      case "content":
        if (content === undefined) throw new Error("content is to be sent, and there is no content()");
        // Of what nobody takes no more is made.
        if (this.#transport.isLost || this.#transport.isHasty) session.timedOut();
        else await content.call(this.#application);
        break;
      case "tls": {
        // It came before a handshake that nobody could have begun: the session reports it, and forgets it.
        const early = this.#transport.takeAhead();
        if (early === null || !isTaken(session, early)) await this.#startTls();
        break;
      }
      case "output":
        // Taken just now, or to be dropped.
        if (this.#transport.isLost) session.takeOutput();
    }
  }

  async #read(): Promise<void> {
    const session = this.#session;
    const { timeout } = session;
    const found = await this.#transport.read(timeout?.seconds ?? UNLIMITED);
    // Content may have no events: that of a message that is refused already.
    if (found === "late" || timeout?.for === "content") this.#transport.waitAnew();
    if (found === "late") session.timedOut();
    else if (found === null) this.#end();
    else if (found !== "stopped") session.receive(found);
  }

  /** Nothing can be written any more: reads why, and then tells the session of the end. */
  async #listen(): Promise<void> {
    const session = this.#session;
    const left = this.#lastWords;
    if (left > 0 && session.waiting !== "tls") {
      const found = await this.#transport.readLast();
      if (found instanceof Uint8Array && isTaken(session, found.subarray(0, left))) {
        this.#lastWords = left - Math.min(left, found.length);
        return;
      }
    }
    this.#end();
  }

  #end(): void {
    this.#isEnded = true;
    this.#session.receiveEnd();
  }

  #sayGoodBye(): void {
    if (this.#session.shutdown !== undefined) this.#session.shutdown();
    else if (!this.#isEnded) this.#end();
  }

  async #startTls(): Promise<void> {
    const application = this.#application;
    let isDone: boolean;
    try {
      isDone = await this.#transport.upgrade(() => {
        if (application.startTls === undefined) throw new Error("TLS is to begin, and there is no startTls()");
        return application.startTls();
      });
    } catch (reason) {
      this.#tlsFailure = { reason };
      this.#session.tlsFailed();
      return;
    }
    if (isDone) this.#session.tlsEstablished();
  }
}

/** How much may be read while something is written. */
function aheadOf({ waiting, mayTurn }: StreamSession<unknown>): number {
  if (waiting === "tls" || waiting === "closed") return 0;
  if (mayTurn === false) return AHEAD;
  return waiting === "bytes" ? 1 : 0;
}

/** Whether the connection is to be used the other way round from here on. */
function isReversal(event: unknown): boolean {
  const { type, cause } = event as { readonly type?: unknown; readonly cause?: unknown };
  return type === "closed" && cause === "reversed";
}

/** Gives a session octets, if it takes them: one that waits for what will not come any more takes few. */
function isTaken(session: StreamSession<unknown>, bytes: Uint8Array): boolean {
  try {
    session.receive(bytes);
    return true;
  } catch {
    return false;
  }
}
