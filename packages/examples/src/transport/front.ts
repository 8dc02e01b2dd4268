import type { DrivenSession } from "./drive.ts";

/**
 * A session behind what stands in front of it, an `SmtpTransaction` or a `Pop3Retrieval`: events, and `waiting`, are those of the front
 * while there is one; octets go in and out by the session.
 *
 * @param front what stands in front of it at this moment; null: nothing
 */
export function behind<Event>(
  session: DrivenSession<Event>,
  front: () => (Iterable<Event> & { readonly waiting?: DrivenSession<Event>["waiting"] }) | null,
): DrivenSession<Event> {
  return {
    get waiting() {
      return front()?.waiting ?? session.waiting;
    },
    get timeout() {
      return session.timeout;
    },
    receive: (chunk) => session.receive(chunk),
    receiveEnd: () => session.receiveEnd(),
    takeOutput: () => session.takeOutput(),
    tlsEstablished: () => session.tlsEstablished(),
    tlsFailed: () => session.tlsFailed(),
    timedOut: () => session.timedOut(),
    [Symbol.iterator]: () => (front() ?? session)[Symbol.iterator](),
  };
}
