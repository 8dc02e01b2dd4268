/**
 * A loop over events. Leaving it early, or by what a function of the application's throws, loses nothing: loop again
 * and go on.
 */
export class EventIterator<Event> implements IterableIterator<Event, undefined> {
  readonly #source: { nextEvent(): Event | null };
  readonly #leave: () => void;

  /** @param leave what is to be done when the loop is left like that */
  constructor(source: { nextEvent(): Event | null }, leave: () => void) {
    this.#source = source;
    this.#leave = leave;
  }

  next(): IteratorResult<Event, undefined> {
    try {
      const value = this.#source.nextEvent();
      return value === null ? { done: true, value: undefined } : { done: false, value };
    } catch (error) {
      this.#leave(); // a loop that throws has no return()
      throw error;
    }
  }

  return(): IteratorResult<Event, undefined> {
    this.#leave();
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
