/** Content that was handed in: all of it, or its pieces, drawn on anew for each part that the recipients make. */
export class ContentSource {
  /** Whether all pieces are there at once, so that none is made in the buffer of another. */
  readonly isList: boolean;
  readonly #content: Uint8Array | Iterable<Uint8Array>;
  #pieces: Iterator<Uint8Array> | null = null;
  /** What was drawn on last: content that gives it again can be read once only. */
  #opened: Iterator<Uint8Array> | null = null;

  constructor(content: Uint8Array | Iterable<Uint8Array>) {
    this.#content = content;
    this.isList = Array.isArray(content);
  }

  /** Begins. False: it was drawn on before, and can be once only. */
  open(): boolean {
    if (this.#content instanceof Uint8Array) return true;
    const pieces = this.#content[Symbol.iterator]();
    if (pieces === this.#opened) return false;
    this.#pieces = this.#opened = pieces;
    return true;
  }

  /** The next piece; `done` with the last one, or after it. */
  next(): IteratorResult<Uint8Array, Uint8Array | undefined> {
    if (this.#content instanceof Uint8Array) return { done: true, value: this.#content };
    const step = this.#pieces!.next();
    return step.done ? { done: true, value: undefined } : step;
  }

  /** What was drawn on, for the caller to let go of; null: nothing. */
  take(): Iterator<Uint8Array> | null {
    const pieces = this.#pieces;
    this.#pieces = null;
    return pieces;
  }
}
