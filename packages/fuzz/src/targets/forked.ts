import type { DrivenSession } from "tools/testing";

/** What can be replaced by a copy of itself. */
interface Forkable<Event, Snapshot> extends DrivenSession<Event> {
  nextEvent(): Event | null;
  snapshot(): Snapshot;
  tlsEstablished(): void;
}

/** A session that is replaced, at every event or now and then, by one that is restored from a clone of its snapshot. */
export class Forked<Session extends Forkable<Event, ReturnType<Session["snapshot"]>>, Event>
  implements DrivenSession<Event>
{
  /** The session there is. Not to be kept. */
  now: Session;
  readonly #restored: (snapshot: ReturnType<Session["snapshot"]>) => Session;
  readonly #every: number;
  #turn = 0;

  /**
   * @param every so many events, and chunks, lie between two copies; 0: there are none
   * @param restored a session made of a snapshot
   */
  constructor(session: Session, every: number, restored: (snapshot: ReturnType<Session["snapshot"]>) => Session) {
    this.now = session;
    this.#every = every;
    this.#restored = restored;
  }

  get waiting(): string {
    return this.now.waiting;
  }

  receive(chunk: Uint8Array): void {
    this.now.receive(chunk);
    this.#fork();
  }

  receiveEnd(): void {
    this.now.receiveEnd();
    this.#fork();
  }

  tlsEstablished(): void {
    this.now.tlsEstablished();
    this.#fork();
  }

  takeOutputPieces(): Uint8Array[] {
    const pieces = this.now.takeOutputPieces();
    this.#fork();
    return pieces;
  }

  *[Symbol.iterator](): Iterator<Event> {
    for (let event = this.now.nextEvent(); event !== null; event = this.now.nextEvent()) {
      // Once while its answer is owed, and once after it.
      this.#fork();
      yield event;
      this.#fork();
    }
  }

  #fork(): void {
    if (this.#every > 0 && ++this.#turn % this.#every === 0) this.fork();
  }

  /** Replaces the session. */
  fork(): void {
    this.now = this.#restored(structuredClone(this.now.snapshot()) as ReturnType<Session["snapshot"]>);
  }
}
