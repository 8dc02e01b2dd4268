/**
 * The driver: moves octets between a session and a connection, and events to the application. It serves all four
 * sessions, servers and clients, SMTP and POP3, and knows nothing of the protocol.
 */

/** What the driver needs of a session: every session of smtp-codec and pop3-codec has this shape. */
export interface DrivenSession<Event> extends Iterable<Event> {
  /** How many events it has had pulled, by what stands in front of it too. */
  readonly eventCount?: number | undefined;
  readonly waiting: "bytes" | "decision" | "content" | "output" | "tls" | "closed";
  /**
   * How long to wait for the peer, in seconds; null: nothing is awaited, or it is without a limit. It is for a whole
   * command or reply, so that one octet now and then is no sign of life; where it is for `"content"`, everything is.
   */
  readonly timeout: { readonly seconds: number; readonly for?: string } | null;
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): unknown;
  takeOutput(): Uint8Array | null;
  tlsEstablished(): void;
  tlsFailed(): void;
  timedOut(): void;
  /** Servers have it: says good-bye. */
  shutdown?(): void;
}

/** What the driver needs of a transport; `node.ts` has one over node:net and node:tls. */
export interface Connection {
  /**
   * The next octets; null once the peer has ended or the connection is lost. Throws a {@link Silence} when nothing
   * comes.
   */
  read(seconds: number, signal?: AbortSignal): Promise<Uint8Array | null>;
  /** What has arrived and was not read yet, without waiting; null: nothing. */
  readNow(): Uint8Array | null;
  /** Resolves once more may be written. False: the connection is lost; what came before is still to be read. */
  write(bytes: Uint8Array, seconds: number): Promise<boolean>;
  /** Does the TLS handshake in the role that this side has. False: it failed. */
  startTls(seconds: number): Promise<boolean>;
  /** Closes it once what was written is on its way. */
  close(): Promise<void>;
}

/** Why a read gave nothing: the time is over, or it was aborted. */
export class Silence extends Error {
  override readonly name = "Silence";
}

/** The application's side. */
export interface Application<Event> {
  /** Every event, in order. What it has to answer, it answers before it returns or resolves. */
  on(event: Event): void | Promise<void>;
  /** Clients: nothing is under way, give the next command. */
  decide?(): void | Promise<void>;
  /** The session waits for content: write some more of it, or end it. */
  content?(): void | Promise<void>;
  /** Something was written and the peer's answer is awaited: a round trip begins. */
  turn?(): void;
  /**
   * Asks for an early end: a server answers the event that is under way and says good-bye, a client takes its
   * connection for ended.
   */
  readonly signal?: AbortSignal | undefined;
  readonly watcher?: Watcher<Event> | undefined;
}

/** Somebody who looks on: the demo's transcript. */
export interface Watcher<Event> {
  /**
   * These octets have come in. Returns how many of them, at least one, the session is given for now: how input is cut
   * never matters to a session, so an onlooker may cut it where it likes, to see which event comes from which line.
   */
  received(chunk: Uint8Array): number;
  event(event: Event): void;
  /** There are no more events from what was received. */
  settled(): void;
  /** The TLS handshake was done. */
  tls(): void;
}

/** How long to wait for a peer that must take what we write, or do a handshake. In seconds. */
const TRANSPORT_TIMEOUT = 60;

/** How many turns of the queue of promises an answer may take that is given at once: those leave in one write. */
const AT_ONCE = 100;
/** How much is written at once, so that each piece has its own time. In octets. */
const PIECE = 65_536;

/** Runs a session to its end, and closes the connection. */
export async function drive<Event>(
  session: DrivenSession<Event>,
  connection: Connection,
  application: Application<Event>,
): Promise<void> {
  const { watcher } = application;
  let { signal } = application; // until it is heeded
  let unread: Uint8Array | null = null; // received and not given to the session yet
  let wrote = false;
  let waitingSince: number | null = null; // for the same command or reply, in milliseconds
  let eventCount: number | undefined;
  let isLost = false; // nothing can be written any more
  let isOver = false; // and nothing is to be read, as the session knows

  /** What is taken counts as sent: nothing is, once it is in vain. */
  const flush = async (): Promise<void> => {
    while (!isLost) {
      const bytes = session.takeOutput();
      if (bytes === null) break;
      for (let at = 0; at < bytes.length && !isLost; at += PIECE)
        isLost = !(await connection.write(bytes.subarray(at, at + PIECE), TRANSPORT_TIMEOUT));
      wrote = true;
      waitingSince = null;
    }
  };

  /** Heeds the signal, once. */
  const stops = (): boolean => {
    if (!signal?.aborted) return false;
    signal = undefined;
    isOver = session.shutdown === undefined;
    if (session.shutdown === undefined) session.receiveEnd();
    else session.shutdown();
    return true;
  };
  /** A server answers what is under way, and begins nothing that has arrived. */
  const stopServing = () => void (session.shutdown !== undefined && stops());

  try {
    for (;;) {
      stopServing();
      for (const event of session) {
        waitingSince = null;
        watcher?.event(event);
        const answered = application.on(event);
        if (answered !== undefined) {
          // Where it takes its time, what was decided before does not wait for it, unless to take that would answer
          // this event too.
          if (!isLost && !isAnsweredByDefault(event) && !(await isAtOnce(answered))) await flush();
          await answered;
        }
        stopServing();
      }
      watcher?.settled();

      if ((session.waiting === "bytes" || isLost) && unread !== null) {
        const count: number = watcher?.received(unread) ?? unread.length;
        session.receive(unread.subarray(0, count));
        unread = count < unread.length ? unread.subarray(count) : null;
        continue;
      }

      if (session.waiting === "tls") {
        // What has arrived by now, before the other side can know that TLS was agreed on, is plaintext: the session
        // must see it, to report and forget it. It must never reach the handshake or, worse, be read after it.
        unread ??= connection.readNow();
        if (unread !== null) {
          session.receive(unread);
          unread = null;
          continue;
        }
      }

      await flush();

      // What the peer cannot get is not made: what is left is to read its last words, and to learn of the end.
      const isInVain = isLost && !isOver && (session.waiting === "content" || session.waiting === "output");
      switch (isInVain ? "bytes" : session.waiting) {
        case "bytes": {
          if (wrote) application.turn?.();
          wrote = false;
          if (stops()) break;
          const { timeout } = session;
          const limit = timeout?.seconds ?? (isInVain ? TRANSPORT_TIMEOUT : Number.POSITIVE_INFINITY);
          const now = performance.now();
          // What was awaited has come, also where a transaction or a retrieval has taken the event.
          if (session.eventCount !== eventCount) waitingSince = null;
          eventCount = session.eventCount;
          waitingSince = timeout?.for === "content" ? now : (waitingSince ?? now);
          const seconds = Math.max(0, limit - (now - waitingSince) / 1000);
          try {
            const chunk = await connection.read(seconds, signal);
            isOver = chunk === null;
            if (chunk === null) session.receiveEnd();
            else unread = chunk;
          } catch (error) {
            if (!(error instanceof Silence)) throw error;
            if (!signal?.aborted) session.timedOut();
          }
          break;
        }
        case "tls":
          if (await connection.startTls(TRANSPORT_TIMEOUT)) {
            session.tlsEstablished();
            watcher?.tls();
          } else session.tlsFailed();
          break;
        case "decision":
          // A server's events are answered in `on`: one that is not would wait for ever.
          if (application.decide === undefined) throw new Error("an event was not answered");
          await application.decide();
          break;
        case "content":
          if (application.content === undefined) throw new Error("there is no content to send");
          await application.content();
          break;
        case "output": // taken just now, or to be dropped
          if (isLost) session.takeOutput();
          break;
        case "closed":
          return;
      }
    }
  } finally {
    await connection.close();
  }
}

async function isAtOnce(what: Promise<void>): Promise<boolean> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  what.then(over, over); // what it fails with comes out where it is awaited
  for (let turn = 0; turn < AT_ONCE && !isOver; turn++) await undefined;
  return isOver;
}

function isAnsweredByDefault(event: unknown): boolean {
  return (event as { readonly answer: string }).answer === "default";
}
