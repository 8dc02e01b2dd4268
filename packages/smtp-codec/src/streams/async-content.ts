/** Octets that have to be awaited. */
export type AsyncBytes = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Where content goes: an `SmtpTransaction`, or an `SmtpClientSession` itself. */
export interface ContentSink {
  write(bytes: Uint8Array): unknown;
  end(): unknown;
  abort(): void;
}

/**
 * Feeds content to a transaction piece by piece, each when the connection has taken the one before: a class without I/O cannot
 * await, so the driver does.
 *
 * @example
 * ```ts
 * const content = new AsyncContent(() => file.stream());
 * for (;;) {
 *   for (const event of transaction) if (event.type === "done") return event.report;
 *   for (let bytes; (bytes = session.takeOutput()); ) await writer.write(bytes);
 *   if (transaction.waiting === "content") await content.feed(transaction);
 *   else if (transaction.waiting === "bytes") session.receive(await read());
 * }
 * ```
 */
export class AsyncContent {
  readonly #open: () => AsyncBytes;
  #source: AsyncIterator<Uint8Array> | null = null;

  /** @param open gives the content from its beginning: once more for each part that LIMITS splits the recipients into */
  constructor(open: () => AsyncBytes) {
    this.#open = open;
  }

  /**
   * Awaits the next piece and writes it, or ends the content. Call it while `waiting` is `"content"`.
   *
   * @throws what the source fails with, or the sink refuses: the content was given up then, and no part of it passes for the whole
   */
  async feed(sink: ContentSink): Promise<void> {
    try {
      this.#source ??= iterate(this.#open());
      const { done, value } = await this.#source.next();
      if (done) {
        this.#source = null;
        sink.end();
      } else sink.write(value);
    } catch (error) {
      sink.abort();
      await this.cancel();
      throw error;
    }
  }

  /** Lets go of content that is not wanted to its end: of a message that was refused before. */
  async cancel(): Promise<void> {
    const source = this.#source;
    this.#source = null;
    await source?.return?.();
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
