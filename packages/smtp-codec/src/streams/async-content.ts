/** Octets that have to be awaited. */
export type AsyncBytes = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Where content goes: an `SmtpTransaction`, or an `SmtpClientSession` itself. */
export interface ContentSink {
  /** Which content is wanted: another number, another content, from its beginning. Null: none is. */
  readonly contentNumber: number | null;
  write(bytes: Uint8Array): unknown;
  end(): unknown;
  /** @param why in words, for those who are not sent to */
  abort(why?: string): void;
}

/**
 * Feeds content to a transaction piece by piece, each when the connection has taken the one before: a class without I/O
 * cannot await, so the driver does. It follows what is wanted: of content that was broken off, by a chunk that is
 * refused or by the session's end, nothing more is written, and the next one begins at its beginning.
 *
 * @example
 * ```ts
 * const content = new AsyncContent(() => file.stream());
 * try {
 *   for (;;) {
 *     for (const event of transaction) if (event.type === "done") return event.report;
 *     for (let bytes; (bytes = session.takeOutput()); ) await writer.write(bytes);
 *     if (transaction.waiting === "content") await content.feed(transaction);
 *     else if (transaction.waiting === "bytes") session.receive(await read());
 *   }
 * } finally {
 *   await content.cancel(); // lets go of a file that was not wanted to its end
 * }
 * ```
 */
export class AsyncContent {
  readonly #open: () => AsyncBytes;
  #source: AsyncIterator<Uint8Array> | null = null;
  /** Whom the source was opened for, and for which content of theirs. */
  #sink: ContentSink | null = null;
  #number: number | null = null;
  /** What was opened last, if it can be read once only. */
  #usedUp: object | null = null;

  /**
   * @param open gives the content from its beginning: once more for each part that LIMITS splits the recipients into.
   *   Where it gives a stream or an iterator that it gave before, the content is sent once: the other recipients are
   *   not sent to
   */
  constructor(open: () => AsyncBytes) {
    this.#open = open;
  }

  /**
   * Awaits the next piece and writes it, or ends the content. Call it while `waiting` is `"content"`. What is not
   * wanted any more once it is here, as the session has ended meanwhile, is let go of.
   *
   * @throws what the source fails with, or the sink refuses: the content was given up then, and no part of it passes
   *   for the whole
   */
  async feed(sink: ContentSink): Promise<void> {
    const number = sink.contentNumber;
    const isWanted = () => number !== null && sink.contentNumber === number;
    try {
      if (sink !== this.#sink || number !== this.#number) await this.cancel();
      this.#sink = sink;
      this.#number = number;
      if (this.#source === null && !this.#begin()) {
        if (number !== null) sink.abort("the content can be read once only");
        return;
      }
      const { done, value } = await this.#source!.next();
      if (number !== null && !isWanted()) await this.cancel();
      else if (done) {
        this.#source = null;
        sink.end();
      } else sink.write(value);
    } catch (error) {
      // What failed first is told.
      await this.#giveUp(isWanted() ? sink : null).catch(() => {});
      throw error;
    }
  }

  /** Lets go of content that is not wanted to its end: of a message that was refused before. */
  async cancel(): Promise<void> {
    const source = this.#source;
    this.#source = null;
    await source?.return?.();
  }

  /** Opens the content. False: it is used up. */
  #begin(): boolean {
    const bytes = this.#open();
    const isStream = "getReader" in bytes || "destroyed" in bytes;
    if (isStream && bytes === this.#usedUp) return false;
    const source = iterate(bytes);
    // A stream of Node's has another iterator each time, over what is left.
    const once = isStream ? bytes : source;
    if (once === this.#usedUp) return false;
    this.#usedUp = once;
    this.#source = source;
    return true;
  }

  async #giveUp(sink: ContentSink | null): Promise<void> {
    try {
      sink?.abort();
    } finally {
      await this.cancel();
    }
  }
}

/** Not every runtime's streams are iterable. */
function iterate(bytes: AsyncBytes): AsyncIterator<Uint8Array> {
  if (!("getReader" in bytes)) return bytes[Symbol.asyncIterator]();
  const reader = bytes.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async () => {
      // A source that failed has nothing to cancel: its error was told.
      await reader.cancel().catch(() => {});
      return { done: true, value: undefined };
    },
  };
}
