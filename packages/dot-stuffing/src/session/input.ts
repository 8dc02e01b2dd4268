import { plainChunk } from "../check.ts";
import { type LineFound, LineReader, type LineReaderOptions } from "../line-reader.ts";
import type { CutOff, LineViolation } from "../violation.ts";

/** The most memory that copied chunks share. In octets. */
const MOST_SHARED = 65_536;

const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** A line in what it stands in, without its line end. */
export type Line = Pick<LineFound, "from" | "to"> & { readonly octets: Uint8Array };

/** A line's octets: a view of what it stands in. */
export function octetsOf({ octets, from, to }: Line): Uint8Array {
  return octets.subarray(from, to);
}

/** What an {@link Input} holds. */
export interface InputSnapshot {
  readonly reader: ReturnType<LineReader["snapshot"]>;
  readonly unread: readonly Uint8Array[];
}

/**
 * What a session has received and not read: chunks, borrowed or copied, read as lines or, in other modes, as octets.
 * Nothing is read past the line asked for.
 */
export class Input {
  readonly #options: LineReaderOptions;
  #reader: LineReader;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #first = 0; // of the chunks, which is not read to its end
  #position = 0; // in that chunk
  #pending = 0;
  #owned = 0; // so many chunks are copies of our own

  /** @throws RangeError for an option outside its range. */
  constructor(options: LineReaderOptions = {}) {
    this.#options = options;
    this.#reader = new LineReader(options);
  }

  /** How many octets have not been looked at yet. */
  get pending(): number {
    return this.#pending;
  }

  /** How many octets have been read, those of a line in work among them. */
  get offset(): number {
    return this.#reader.offset;
  }

  /** Whether the beginning of a line, its end not yet seen, is held or being dropped. */
  get midLine(): boolean {
    return this.#reader.midLine;
  }

  /** How the line began that `next` gave the last violation of: 8 octets at most, to tell what command it was to be. */
  get dropped(): Uint8Array {
    return this.#reader.dropped;
  }

  /** Adds input. @throws TypeError unless it is a Uint8Array that is not in shared memory. */
  push(input: Uint8Array): void {
    this.add(plainChunk("chunk", input));
  }

  /** Adds input that was checked before, such as `plainChunk` gives. */
  add(chunk: Uint8Array<ArrayBuffer>): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#pending += chunk.length;
  }

  /**
   * The next line without its line end, the violation in its place, or null when more input is needed.
   *
   * @param maxLineLength the limit for this line, in octets with CRLF; it may change only between lines
   * @throws RangeError for a limit outside its range.
   */
  next(maxLineLength?: number): Uint8Array | LineViolation | null {
    const found = this.nextLine(maxLineLength);
    return found !== null && "octets" in found ? octetsOf(found) : found;
  }

  /** As `next`, without a view of the line. */
  nextLine(maxLineLength?: number): Line | LineViolation | null {
    for (let chunk = this.#chunks[this.#first]; chunk !== undefined; chunk = this.#chunks[this.#first]) {
      const found = this.#reader.readOn(chunk, this.#position, maxLineLength);
      this.#moveTo(this.#position + found.consumed);
      if (found.octets !== null) return found as Line;
      if (found.violation !== null) return found.violation;
    }
    return null;
  }

  /** Reads a line that is being dropped to its end. False: that has not come. */
  passDropped(): boolean {
    while (this.#reader.dropping) {
      const chunk = this.#chunks[this.#first];
      if (chunk === undefined) return false;
      this.#moveTo(this.#position + this.#reader.readOn(chunk, this.#position, undefined, true).consumed);
    }
    return true;
  }

  /** The unread octets of the chunk in work, for a mode in which input is not lines; null if there are none. */
  peek(): Uint8Array<ArrayBuffer> | null {
    const chunk = this.#chunks[this.#first];
    return chunk === undefined ? null : chunk.subarray(this.#position);
  }

  /** Counts octets that `peek` showed as read. */
  skip(count: number): void {
    if (count === 0) return;
    this.#reader.skip(count);
    this.#moveTo(this.#position + count);
  }

  /** Ends the borrowing: the unread rest of pushed chunks is copied, once, and the caller may reuse them. */
  release(): void {
    if (this.#first > 0) {
      this.#chunks.splice(0, this.#first);
      this.#owned = Math.max(0, this.#owned - this.#first);
      this.#first = 0;
    }
    if (this.#owned === this.#chunks.length) return;
    for (const chunk of this.#chunks.splice(this.#owned)) {
      if (this.#owned > 0) this.#own(chunk);
      else {
        this.#own(chunk.subarray(this.#position));
        this.#position = 0;
      }
    }
  }

  /** Everything pushed and not handed out, in copies: it is another's to read. Lines have to be read to their ends. */
  takeRest(): Uint8Array<ArrayBuffer>[] {
    const rest: Uint8Array<ArrayBuffer>[] = [];
    for (let chunk = this.peek(); chunk !== null; chunk = this.peek()) {
      rest.push(chunk.slice());
      this.skip(chunk.length);
    }
    return rest;
  }

  /** Forgets everything pushed and not handed out. Says whether there was anything. */
  discard(): boolean {
    const something = this.#pending > 0 || this.midLine;
    this.#reader.reset();
    this.#reader.skip(this.#pending);
    this.#chunks = [];
    this.#first = this.#position = this.#pending = this.#owned = 0;
    return something;
  }

  /** The input has ended, and `next` gave null: a violation if it ended inside a line. */
  end(): CutOff | null {
    return this.#reader.end();
  }

  /** All that is held, as plain data. */
  snapshot(): InputSnapshot {
    const unread = this.#chunks.slice(this.#first);
    if (unread.length > 0) unread[0] = unread[0]!.subarray(this.#position);
    return { reader: this.#reader.snapshot(), unread };
  }

  /** Takes over what a snapshot has; nothing may have been pushed before. */
  restore({ reader, unread }: InputSnapshot): void {
    this.#reader = new LineReader(this.#options, reader);
    for (const chunk of unread) this.push(chunk);
    this.release();
  }

  /**
   * Copies a chunk after the copies there are. Short ones share memory: tiny chunks in great number must not cost more
   * than their octets. What was written once is never written again.
   */
  #own(chunk: Uint8Array<ArrayBuffer>): void {
    const { buffer, length } = this.#chunks[this.#owned - 1] ?? NOTHING;
    if (length + chunk.length <= buffer.byteLength) {
      new Uint8Array(buffer).set(chunk, length);
      this.#chunks[this.#owned - 1] = new Uint8Array(buffer, 0, length + chunk.length);
      return;
    }
    const room = Math.min(Math.max(2 * buffer.byteLength, 64), MOST_SHARED);
    const memory = new Uint8Array(Math.max(room, chunk.length));
    memory.set(chunk);
    this.#chunks[this.#owned++] = memory.subarray(0, chunk.length);
  }

  #moveTo(position: number): void {
    this.#pending -= position - this.#position;
    if (position < this.#chunks[this.#first]!.length) {
      this.#position = position;
      return;
    }
    this.#position = 0;
    this.#chunks[this.#first] = NOTHING;
    this.#first++;
    if (this.#first === this.#chunks.length) {
      this.#chunks = [];
      this.#first = this.#owned = 0;
    }
  }
}
