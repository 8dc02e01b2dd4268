import { type StreamConnection, type StreamTimer, Transport } from "./connection.ts";
import { Outgoing, PIECE } from "./outgoing.ts";
import { aheadOf, isOpen, isReversal, isTaken, type StreamSession } from "./stream-session.ts";

const UNLIMITED = Number.POSITIVE_INFINITY;
/** How long a server's application may take for what it is at work on when an early end is asked for. In seconds. */
const PATIENCE = 60;
/** How many times in a row a client's application may be asked in vain for a command. */
const MOST_IDLE = 2;
/** How long output may wait that a client's application makes while its content is awaited. In seconds. */
const LOOK = 10;
/** How much is read of what the peer said before its connection was lost. In octets. */
const LAST_WORDS = 16_384;

/** The application's side, and what the session cannot have of its own: TLS and a clock. */
export interface StreamApplication<Event> {
  /**
   * Takes every event, in order. What is owed to it is answered before this returns or resolves. What these functions
   * give is awaited.
   *
   * Replies to what was decided at once, or with nothing but promises awaited, leave together; while an answer takes
   * longer, those to what was decided before have left (RFC 2920 §3.2, RFC 2033 §5). They have too where this throws.
   */
  on(event: Event): unknown;
  /**
   * Clients: nothing is under way; gives the next command. The peer is listened to for as long as this takes: what it
   * says meanwhile, and that it ends, comes to `on`. Once the session has ended so, what this gives is not waited for
   * any more.
   */
  decide?(): unknown;
  /**
   * The session waits for content: writes some more of it, or ends it. A client listens meanwhile, as while it decides;
   * what it writes after DATA, or flushes, before this resolves leaves within ten seconds, where there is a timer.
   */
  content?(): unknown;
  /**
   * Does the TLS handshake in the role that this side has, and gives the streams that go through TLS. Those in use
   * until then are not locked any more, and no read of them is under way. Default: there is no TLS, and the session is
   * told so.
   */
  startTls?(): StreamConnection | Promise<StreamConnection>;
  /**
   * Keeps the session's time limits, so that a peer which sends an octet now and then is late too, and limits writes
   * and handshakes to a minute. Default: nothing is limited.
   */
  readonly timer?: StreamTimer | undefined;
  /**
   * How many seconds are waited for octets before the first event is pulled; what comes ends the wait. Thus a server
   * sees who talks before the greeting (`earlyTalker` of `SmtpServerOptions`), at the price that everybody waits: 6 in
   * Postfix's postscreen. It needs `timer`. Default 0.
   */
  readonly greetDelay?: number;
  /**
   * Asks for an early end: a server answers the event that is under way and says good-bye, whatever else has arrived; a
   * client takes its connection for ended. A write that is under way has two more seconds, or without a timer a moment;
   * then it, or a TLS handshake, is given up with the connection. What a client's functions are at work on is not
   * waited for any more. A server's answer is, since a message that was stored and not acknowledged would come again:
   * for a minute, then the connection is given up and an Error thrown; without a timer for as long as it takes. A
   * message that a server is sending by `content` has a minute too, and without a timer none; what was handed to the
   * session whole goes on for as long as each piece leaves in time. Any number of connections may have the same.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a session over Web Streams to its end, and closes them: the whole loop, on any runtime.
 *
 * Nothing is read ahead of a server's application, so a slow one slows the peer down; but while something is written,
 * up to 65,536 octets are read, since a peer that writes as much would read nothing until they are. No more than as
 * many are written at once: each piece has the time limit of a write, a minute or what the session has for content, and
 * between two a client looks at what its server has said. What is after the command that begins TLS stays where it is:
 * what came with it in one chunk the session reports and forgets, and anything later reaches the handshake, which fails
 * on it.
 *
 * Once something cannot be written, no more commands and no more content are asked for: what the peer has said is read,
 * up to 16,384 octets of it, for its last reply may tell why; then the session is told that its input has ended.
 *
 * Streams of a session that ends by the cause `"reversed"` (ATRN, RFC 2645) are not closed: they are let go of, for a
 * session of the other role to be driven over them. It is given the `unread` octets of the `"closed"` event before.
 *
 * The streams change for TLS alone: a session with a security layer (RFC 4422 §3.7, `beginSecurityLayer()`) is driven
 * by a loop of one's own.
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
 * @throws what a function of the application threw, with the connection given up; what the handshake failed with, once
 *   the session has ended; Error if a session waits for what the application has no function for, or for an answer that
 *   `on` owes, and if `decide` gives no command twice in a row; RangeError or TypeError for a `greetDelay` that cannot
 *   be. A connection that is lost does not: the session's last events tell.
 */
export async function driveStreams<Event>(
  session: StreamSession<Event>,
  connection: StreamConnection,
  application: StreamApplication<Event>,
): Promise<void> {
  const { timer, signal, greetDelay = 0 } = application;
  if (!(greetDelay >= 0)) throw new RangeError(`"greetDelay" expected seconds, at least 0, got ${greetDelay}`);
  if (greetDelay > 0 && timer === undefined) throw new TypeError('"timer" expected a function beside "greetDelay"');
  const transport = new Transport(connection, timer, signal);
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
  readonly #isServer: boolean;
  /** What was taken from the session and not written yet, and how many seconds each piece of it may take. */
  readonly #taken: Outgoing = new Outgoing();
  #seconds: number | undefined = undefined;
  /** Whether there may be more of what was taken last. */
  #isCut = false;
  /** How much was written since a client last looked at what its server says. */
  #unheard = 0;
  /** How many times the application was asked for a command since something happened. */
  #idle = 0;
  #tlsFailure: { readonly reason: unknown } | null = null;
  #isReversed = false;
  #eventCount: number | undefined = undefined;
  /** Whether the session knows that its input has ended. */
  #isEnded = false;
  /** How much is still read once the connection is lost. */
  #lastWords = LAST_WORDS;

  constructor(session: StreamSession<Event>, transport: Transport, application: StreamApplication<Event>) {
    this.#session = session;
    this.#transport = transport;
    this.#application = application;
    this.#isServer = session.shutdown !== undefined;
  }

  async run(): Promise<void> {
    const session = this.#session;
    const transport = this.#transport;
    const { greetDelay = 0 } = this.#application;
    if (greetDelay > 0 && !transport.isStopped) await this.#awaitEarly(greetDelay);
    for (;;) {
      await this.#settle();
      if (session.waiting === "closed") break;
      if (transport.takeStop()) this.#sayGoodBye();
      else if (transport.isLost && !this.#isEnded) await this.#listen();
      else await this.#act();
    }
    if (this.#isReversed && !transport.isLost) transport.release();
    else await transport.close();
    if (this.#tlsFailure !== null) throw this.#tlsFailure.reason;
  }

  /** Hands out events, and writes what they lead to, until there are no more of either. */
  async #settle(): Promise<void> {
    do await this.#handOut();
    while (await this.#flush());
  }

  async #handOut(): Promise<void> {
    const application = this.#application;
    let open = false;
    try {
      this.#stopServing();
      for (const event of this.#session) {
        this.#idle = 0;
        this.#transport.waitAnew();
        this.#isReversed ||= isReversal(event);
        open = isOpen(event);
        const given = application.on(event);
        if (isPromise(given)) await this.#answered(given, open);
        open = false;
        this.#stopServing();
        // Now, since whatever is taken while the next event is open would answer that too.
        while (this.#isServer && this.#taken.size < PIECE && this.#take());
      }
    } catch (error) {
      // What was decided before is as good as it was: a client that is not told would send a message again.
      if (this.#isServer) await this.#flush(open, true);
      throw error;
    }
  }

  /**
   * Waits for an answer. If it takes its time, what was decided before leaves meanwhile (RFC 2033 §5, RFC 2920 §3.2).
   */
  async #answered(given: PromiseLike<unknown>, isOpen: boolean): Promise<void> {
    const transport = this.#transport;
    const done = Promise.resolve(given).then(() => {});
    if (await transport.isAtOnce(done)) return;
    while (await this.#flush(isOpen));
    const found = await transport.outlast(done, this.#isServer ? PATIENCE : 0);
    if (found === "late") throw new Error("an answer was not given within a minute of the signal");
  }

  /**
   * Writes what is to be written. What is taken counts as sent: nothing is, once it is in vain.
   *
   * @param isOpen whether the last event is still to be answered, and would be by taking more
   * @param isLast whether the connection is given up after it
   * @returns whether something came from the peer before all was written
   */
  async #flush(isOpen = false, isLast = false): Promise<boolean> {
    const session = this.#session;
    const transport = this.#transport;
    for (;;) {
      if (this.#isVain) this.#taken.discard();
      else if (!isOpen && (this.#taken.size === 0 || this.#isServer)) this.#take();
      const piece = this.#taken.next();
      if (piece === null) return false;
      this.#idle = 0;
      this.#unheard += piece.length;
      await transport.write(piece, aheadOf(session), this.#seconds, isLast || undefined);
      if (this.#isUnderWay && !this.#isServer && this.#hear()) {
        this.#taken.own();
        return true;
      }
    }
  }

  /** Whether nothing that is written is of use any more. */
  get #isVain(): boolean {
    const { isLost, isStopped } = this.#transport;
    const isOver = this.#isUnderWay && this.#session.waiting === "closed";
    return isLost || (!this.#isServer && (isStopped || isOver));
  }

  /** Whether something was written in part. */
  get #isUnderWay(): boolean {
    return this.#isCut || this.#taken.size > 0;
  }

  /** Takes what is next to be written. False: there is nothing. */
  #take(): boolean {
    const { timeout } = this.#session;
    const bytes = this.#session.takeOutput(PIECE);
    this.#isCut = bytes?.length === PIECE;
    if (bytes === null) return false;
    this.#transport.waitAnew();
    this.#seconds = timeout?.for === "content" ? timeout.seconds : undefined;
    this.#taken.push(bytes);
    return true;
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
        if (this.#isEnded) throw new Error("an event was not answered");
        if (this.#idle === MOST_IDLE) throw new Error("decide() has given no command");
        this.#idle++;
        await this.#ask(decide);
        break;
      case "content":
        if (content === undefined) throw new Error("content is to be sent, and there is no content()");
        // Of what nobody takes no more is made.
        if (this.#transport.isLost || this.#transport.isHasty) session.timedOut();
        else if (this.#isServer || this.#unheard < PIECE || !this.#hear()) await this.#ask(content);
        break;
      case "tls": {
        // It came before a handshake that nobody could have begun: the session reports it, and forgets it.
        const early = this.#transport.takeArrived();
        if (early === null) this.#end();
        else if (early === undefined || !isTaken(session, early)) await this.#startTls();
        break;
      }
      case "output":
        // Taken just now, or to be dropped.
        if (this.#transport.isLost) session.takeOutput();
    }
  }

  /**
   * Has the application act. A client listens meanwhile: its server may give up, however long the next command or piece
   * of content takes.
   */
  async #ask(act: () => unknown): Promise<void> {
    const given = act.call(this.#application);
    if (!isPromise(given)) return;
    const done = Promise.resolve(given).then(() => {});
    done.catch(() => {}); // it may not be waited for
    if (await this.#transport.isAtOnce(done)) return;
    if (this.#isServer) {
      const patience = this.#application.timer === undefined ? 0 : PATIENCE;
      if ((await this.#transport.outlast(done, patience)) !== undefined) this.#session.timedOut();
    } else await this.#hearUntil(done);
  }

  /**
   * Waits for a client's application, goes on with what there is meanwhile, and waits no longer than that makes sense.
   */
  async #hearUntil(done: Promise<void>): Promise<void> {
    const session = this.#session;
    const transport = this.#transport;
    let hears = true;
    for (;;) {
      await this.#settle();
      if (session.waiting === "closed" || this.#isEnded || transport.isLost) return;
      // What follows the reply to STARTTLS is not to be read here.
      hears &&= session.waiting !== "tls";
      const heard = hears ? [transport.arrival().then(() => "heard" as const)] : [];
      const isFed = session.waiting === "content";
      const seconds = session.waiting === "bytes" ? (session.timeout?.seconds ?? UNLIMITED) : isFed ? LOOK : UNLIMITED;
      this.#noteProgress();
      const found = await transport.outlast(Promise.race([done, ...heard]), 0, seconds);
      if (isFed) transport.waitAnew(); // what is waited for next has a limit of its own
      if (found === undefined || found === "stopped") return;
      if (found !== "late") hears = this.#hear();
      else if (!isFed) session.timedOut();
    }
  }

  /** Gives the session what has come. Says whether there was something, and it was taken. */
  #hear(): boolean {
    this.#unheard = 0;
    // After the end it comes again and again.
    const found = this.#isEnded ? undefined : this.#transport.takeArrived();
    if (found === undefined) return false;
    this.#idle = 0;
    if (found === null) this.#end();
    else if (!isTaken(this.#session, found)) {
      this.#transport.giveBack(found);
      return false;
    }
    return true;
  }

  /** What was awaited has come, also where what stands in front of the session has taken the event. */
  #noteProgress(): void {
    const { eventCount } = this.#session;
    if (eventCount !== this.#eventCount) this.#transport.waitAnew();
    this.#eventCount = eventCount;
  }

  async #read(): Promise<void> {
    const session = this.#session;
    this.#noteProgress();
    const { timeout } = session;
    const found = await this.#transport.read(timeout?.seconds ?? UNLIMITED);
    // Content may have no events: that of a message that is refused already.
    if (found === "late" || timeout?.for === "content") this.#transport.waitAnew();
    if (found === "late") session.timedOut();
    else if (found === null) this.#end();
    else if (found !== "stopped") session.receive(found);
  }

  /** Gives the session what comes before it has said anything. */
  async #awaitEarly(seconds: number): Promise<void> {
    const found = await this.#transport.read(seconds);
    this.#transport.waitAnew();
    if (found === null) this.#end();
    else if (typeof found !== "string") this.#session.receive(found);
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

  /** A server that is to end early answers what is under way, and begins nothing that has arrived already. */
  #stopServing(): void {
    if (this.#isServer && this.#transport.takeStop()) this.#sayGoodBye();
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

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}
