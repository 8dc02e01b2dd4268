import type { Waiting } from "../session/session.ts";
import { type StreamConnection, type StreamTimer, Transport } from "./connection.ts";

const UNLIMITED = Number.POSITIVE_INFINITY;

/** What is driven: every session of `smtp-codec` and `pop3-codec`, in both roles, and any of one's own of this shape. */
export interface StreamSession<Event> extends Iterable<Event> {
  readonly waiting: Waiting;
  /** How long to wait for the peer, in seconds; null: nothing is awaited, or it is without a limit. */
  readonly timeout: { readonly seconds: number } | null;
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
  /** Keeps the session's time limits, and limits writes and handshakes to a minute. Default: nothing is limited. */
  readonly timer?: StreamTimer | undefined;
  /** Asks for an early end: a server says good-bye, a client takes its connection for ended. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a session over Web Streams to its end, and closes them: the whole loop, on any runtime.
 *
 * Nothing is read ahead, so a slow application slows the peer down, and what is after the command that begins TLS stays where it
 * is: what came with it in one chunk the session reports and forgets, and anything later reaches the handshake, which fails on it.
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
  const transport = new Transport(connection, application.timer);
  let tlsFailure: { readonly reason: unknown } | null = null;
  try {
    for (;;) {
      for (const event of session) await application.on(event);
      for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput()) await transport.write(bytes);
      switch (session.waiting) {
        case "bytes":
          await read(session, transport, application.signal);
          break;
        case "decision":
          if (application.decide === undefined) throw new Error("an event was not answered, and there is no decide()");
          await application.decide();
          break;
        case "content":
          if (application.content === undefined) throw new Error("content is to be sent, and there is no content()");
          await application.content();
          break;
        case "tls":
          tlsFailure = await startTls(transport, application);
          if (tlsFailure === null) session.tlsEstablished();
          else session.tlsFailed();
          break;
        case "output": // taken just now
          break;
        case "closed":
          await transport.close();
          if (tlsFailure !== null) throw tlsFailure.reason;
          return;
      }
    }
  } catch (error) {
    transport.abort(error);
    throw error;
  }
}

async function read(
  session: StreamSession<unknown>,
  transport: Transport,
  signal: AbortSignal | undefined,
): Promise<void> {
  const found = signal?.aborted ? "stopped" : await transport.read(session.timeout?.seconds ?? UNLIMITED, signal);
  if (found === "late") session.timedOut();
  else if (found === "stopped" && session.shutdown !== undefined) session.shutdown();
  else if (found === null || found === "stopped") session.receiveEnd();
  else session.receive(found);
}

/** Null: TLS is established. */
async function startTls<Event>(
  transport: Transport,
  application: StreamApplication<Event>,
): Promise<{ readonly reason: unknown } | null> {
  try {
    await transport.upgrade(() => {
      if (application.startTls === undefined) throw new Error("TLS is to begin, and there is no startTls()");
      return application.startTls();
    });
    return null;
  } catch (reason) {
    return { reason };
  }
}
