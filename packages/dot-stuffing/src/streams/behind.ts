import type { Waiting } from "../session/session.ts";
import type { StreamSession } from "./stream-session.ts";

/** What stands in front of a session for a while, as an `SmtpTransaction` or a `Pop3Retrieval` does. */
export interface StreamFront<Event> extends Iterable<Event> {
  /** Absent: the session's own. */
  readonly waiting?: Waiting;
  /**
   * Whether it has come to its end: once it has no more events, those of the session come. Absent: not before it is
   * gone.
   */
  readonly isOver?: boolean;
}

/**
 * A session with what stands in front of it, as one: events, and `waiting`, are those of the front while there is one;
 * all else is the session's.
 *
 * @param front what stands in front of the session at this moment, the same object as long as it does; null: nothing
 * @example
 * ```ts
 * let transaction: SmtpTransaction | null = null;
 * const driven = behind<TransactionEvent | SmtpClientEvent>(session, () => transaction);
 * await driveStreams(driven, connection, { on, decide });
 * ```
 */
export function behind<Event>(
  session: StreamSession<Event>,
  front: () => StreamFront<Event> | null,
): StreamSession<Event> {
  return {
    get waiting() {
      return front()?.waiting ?? session.waiting;
    },
    get mayTurn() {
      return session.mayTurn;
    },
    get timeout() {
      return session.timeout;
    },
    get eventCount() {
      return session.eventCount;
    },
    receive: (chunk) => session.receive(chunk),
    receiveEnd: () => session.receiveEnd(),
    takeOutput: (limit) => session.takeOutput(limit),
    tlsEstablished: () => session.tlsEstablished(),
    tlsFailed: () => session.tlsFailed(),
    timedOut: () => session.timedOut(),
    // Clients have none, and a driver asks whether there is one.
    ...(session.shutdown !== undefined && { shutdown: () => session.shutdown!() }),
    [Symbol.iterator]: () => eventsOf(session, front),
  };
}

/** Each event from whoever has it at that moment: one may bring a front, or be its last. */
function eventsOf<Event>(session: Iterable<Event>, front: () => StreamFront<Event> | null): Iterator<Event> {
  let from: StreamFront<Event> = front() ?? session;
  let events = from[Symbol.iterator]();
  const goOn = (now: StreamFront<Event>) => {
    if (now !== from) events = now[Symbol.iterator]();
    from = now;
    return events.next();
  };
  return {
    next() {
      const found = goOn(front() ?? session);
      // Who leaves a front that is over where it is hears of the connection's end all the same.
      return found.done && from !== session && from.isOver ? goOn(session) : found;
    },
    return() {
      events.return?.();
      return { done: true, value: undefined };
    },
  };
}
