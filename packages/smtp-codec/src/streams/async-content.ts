import { checkFunction } from "dot-stuffing/session";

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
 * refused or by the session's end, nothing more is written, and the next one begins at its beginning. So it may be used
 * again for another connection, whatever became of the one before.
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
  readonly #open: () => AsyncBytes | PromiseLike<AsyncBytes>;
  #source: Source | null = null;
  /** Whom the source was opened for, and for which content of theirs. */
  #sink: ContentSink | null = null;
  #number: number | null = null;
  /** The last content that was begun for each: what was let go of in its midst cannot be begun again within it. */
  readonly #begun: WeakMap<ContentSink, number> = new WeakMap();
  /** What was opened last, if it can be read once only. */
  #usedUp: object | null = null;

  /**
   * @param open gives the content from its beginning, or a promise of it: once more for each part that LIMITS splits
   *   the recipients into. Where it gives a stream or an iterator that it gave before, the content is sent once: the
   *   other recipients are not sent to
   * @throws TypeError unless given a function
   */
  constructor(open: () => AsyncBytes | PromiseLike<AsyncBytes>) {
    checkFunction("open", open);
    this.#open = open;
  }

  /**
   * Awaits the next piece and writes it, or ends the content. Call it while `waiting` is `"content"`. What is not
   * wanted any more once it is here, as the session has ended meanwhile, is let go of. Content that was let go of in
   * its midst, by `cancel` or for another sink, is given up if it is wanted still.
   *
   * @throws what the source fails with, or the sink refuses: the content was given up then, and no part of it passes
   *   for the whole; TypeError for what `open` gives unless it is a stream or an async iterable
   */
  async feed(sink: ContentSink): Promise<void> {
    const number = sink.contentNumber;
    const isWanted = () => number !== null && sink.contentNumber === number;
    const before = this.#source;
    let source = before;
    if (source === null || sink !== this.#sink || number !== this.#number) {
      if (number !== null && this.#begun.get(sink) === number) {
        sink.abort("the content was let go of in its midst");
        return;
      }
      source = this.#begin(sink, number);
    }
    try {
      if (source !== before) await before?.letGo();
      const found = await source.next();
      if (found === "let go") return;
      if (found === "used up") {
        this.#source = null;
        if (number !== null) sink.abort("the content can be read once only");
      } else if (number !== null && !isWanted()) await this.#letGo(source);
      else if (found.done) {
        this.#source = null;
        sink.end();
      } else sink.write(found.value);
    } catch (error) {
      // What failed first is told.
      await this.#giveUp(source, isWanted() ? sink : null).catch(() => {});
      throw error;
    }
  }

  /**
   * Lets go of content that is not wanted to its end: of a message that was refused before. A source whose next piece
   * is still awaited is told, and not waited for.
   */
  async cancel(): Promise<void> {
    if (this.#source !== null) await this.#letGo(this.#source);
  }

  #begin(sink: ContentSink, number: number | null): Source {
    this.#sink = sink;
    this.#number = number;
    if (number !== null) this.#begun.set(sink, number);
    this.#source = new Source(() => this.#opened());
    return this.#source;
  }

  /** Opens the content. Null: it is used up. */
  async #opened(): Promise<AsyncIterator<Uint8Array> | null> {
    const open = this.#open;
    const bytes = await open();
    const isStream = isReadable(bytes) || "destroyed" in Object(bytes);
    if (isStream && bytes === this.#usedUp) return null;
    const iterator = iterate(bytes);
    // A stream of Node's has another iterator each time, over what is left.
    const once = isStream ? bytes : iterator;
    if (once === this.#usedUp) return null;
    this.#usedUp = once;
    return iterator;
  }

  async #letGo(source: Source): Promise<void> {
    if (this.#source === source) this.#source = null;
    await source.letGo();
  }

  async #giveUp(source: Source, sink: ContentSink | null): Promise<void> {
    try {
      sink?.abort();
    } finally {
      await this.#letGo(source);
    }
  }
}

/** What is opened for one content of one sink. */
class Source {
  readonly #open: () => Promise<AsyncIterator<Uint8Array> | null>;
  #iterator: AsyncIterator<Uint8Array> | null = null;
  /** Whether something of it is awaited. */
  #isAwaited = false;
  #isLetGo = false;

  /** @param open null: there is nothing to open any more */
  constructor(open: () => Promise<AsyncIterator<Uint8Array> | null>) {
    this.#open = open;
  }

  /** The next piece. What comes, or fails, once it was let go of is nobody's. */
  async next(): Promise<IteratorResult<Uint8Array, unknown> | "let go" | "used up"> {
    this.#isAwaited = true;
    try {
      if (this.#iterator === null) {
        this.#iterator = await this.#open();
        if (this.#iterator === null) return "used up";
        if (this.#isLetGo) await this.#iterator.return?.();
      }
      const found = this.#isLetGo ? null : await this.#iterator.next();
      return found === null || this.#isLetGo ? "let go" : found;
    } catch (error) {
      if (this.#isLetGo) return "let go";
      throw error;
    } finally {
      this.#isAwaited = false;
    }
  }

  /** Has it end. */
  async letGo(): Promise<void> {
    this.#isLetGo = true;
    const iterator = this.#iterator;
    const ended = (async () => void (await iterator?.return?.()))();
    // A generator hears of it only once it has its next piece, which may never come.
    if (this.#isAwaited) ended.catch(() => {});
    else await ended;
  }
}

function isReadable(bytes: unknown): bytes is ReadableStream<Uint8Array> {
  return typeof (bytes as Partial<ReadableStream> | null | undefined)?.getReader === "function";
}

function isIterable(bytes: unknown): bytes is AsyncIterable<Uint8Array> {
  return typeof (bytes as Partial<AsyncIterable<Uint8Array>> | null | undefined)?.[Symbol.asyncIterator] === "function";
}

/** Not every runtime's streams are iterable. */
function iterate(bytes: unknown): AsyncIterator<Uint8Array> {
  if (!isReadable(bytes)) {
    if (isIterable(bytes)) return bytes[Symbol.asyncIterator]();
    const got = bytes === null ? "null" : typeof bytes;
    throw new TypeError(`"open" expected to give a ReadableStream or an AsyncIterable, got ${got}`);
  }
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
