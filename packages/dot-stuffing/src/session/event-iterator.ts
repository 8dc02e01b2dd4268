/** A loop over events. Leaving it early loses nothing: loop again and go on. */
export class EventIterator<Event> implements IterableIterator<Event, undefined> {
  readonly #source: { nextEvent(): Event | null };
  readonly #leave: () => void;

  /** @param leave what is to be done when the loop is left early */
  constructor(source: { nextEvent(): Event | null }, leave: () => void) {
    this.#source = source;
    this.#leave = leave;
  }

  next(): IteratorResult<Event, undefined> {
    const value = this.#source.nextEvent();
    return value === null ? { done: true, value: undefined } : { done: false, value };
  }

  return(): IteratorResult<Event, undefined> {
    this.#leave();
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
