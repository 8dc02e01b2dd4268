import { checkLineEndings, type LineEndings } from "./line-endings.ts";
import { CR, checkLimit, LF, NUL, plainChunk } from "./octets.ts";
import { type CutOff, cutOff, forbiddenOctet, type LineViolation, lineTooLong } from "./violation.ts";

/** Options of a {@link LineReader}. */
export interface LineReaderOptions {
  /**
   * What a CR, LF or NUL inside a line does. `"reject"` (default): the line is a violation. `"normalize"`: a bare CR or LF
   * ends the line too. `"preserve"`: all three are the line's.
   */
  readonly lineEndings?: LineEndings;
  /** The longest line in octets, CRLF included. Default 512 (RFC 5321 §4.5.3.1.4). `next` can be given another. */
  readonly maxLineLength?: number;
}

/**
 * Cuts input into lines that end in CRLF, one at a call, so that nothing is read past the line that decides how to read on
 * (RFC 5321 §2.3.8).
 *
 * A line over the limit, or with an octet that the policy forbids, is one violation: the line is dropped to its end and
 * no part of it is handed out. How the input is cut into chunks changes nothing.
 *
 * A pushed chunk is borrowed until {@link LineReader.release}. A line is a view of the chunk, or of memory that the reader
 * never writes again.
 *
 * @example
 * ```ts
 * const reader = new LineReader();
 * reader.push(chunk);
 * for (let line; (line = reader.next()); ) {
 *   if (line instanceof Uint8Array) run(line);
 *   else answer(line.code);
 * }
 * reader.release();
 * ```
 */
export class LineReader {
  readonly #lineEndings: LineEndings;
  readonly #maxLineLength: number;
  #chunks: Uint8Array[] = [];
  #first = 0; // the chunk in work: those before it are read
  #position = 0;
  #pending = 0;
  #owned = 0; // chunks below this index are the reader's own memory
  #partial: Uint8Array = NOTHING; // the beginning of a line whose end has not been seen
  #partialLength = 0;
  #dropping = false;
  #droppedCr = false;
  #offset = 0;

  /** @throws RangeError for an option outside its range. */
  constructor(options: LineReaderOptions = {}) {
    this.#lineEndings = checkLineEndings(options.lineEndings ?? "reject", ["reject", "normalize", "preserve"]);
    this.#maxLineLength = checkLimit("maxLineLength", options.maxLineLength ?? 512);
  }

  /** How many pushed octets have not been looked at yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether the beginning of a line, its end not yet seen, is held or being dropped. */
  get midLine(): boolean {
    return this.#partialLength > 0 || this.#dropping;
  }

  /** Adds input. */
  push(input: Uint8Array): void {
    const chunk = plainChunk("chunk", input);
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
  next(maxLineLength: number = this.#maxLineLength): Uint8Array | LineViolation | null {
    checkLimit("maxLineLength", maxLineLength);
    for (let chunk = this.#chunks[this.#first]; chunk; chunk = this.#chunks[this.#first]) {
      if (this.#dropping) {
        this.#drop(chunk);
        continue;
      }
      const found = this.#scan(chunk, maxLineLength);
      if (found !== null) return found;
    }
    return null;
  }

  /** The unread octets of the chunk in work, for a mode in which input is not lines; null if there are none. */
  peek(): Uint8Array | null {
    const chunk = this.#chunks[this.#first];
    return chunk === undefined ? null : chunk.subarray(this.#position);
  }

  /**
   * Counts octets that `peek` showed as read.
   *
   * @throws RangeError for more than `peek` shows.
   */
  skip(count: number): void {
    const shown = this.peek()?.length ?? 0;
    if (!Number.isSafeInteger(count) || count < 0 || count > shown) {
      throw new RangeError(`"count" expected a whole number from 0 to ${shown}, got ${count}`);
    }
    if (count > 0) this.#moveTo(this.#position + count);
  }

  /** Ends the borrowing: the unread rest of pushed chunks is copied, once, and the caller may reuse them. */
  release(): void {
    if (this.#first > 0) {
      this.#chunks.splice(0, this.#first);
      this.#owned = Math.max(0, this.#owned - this.#first);
      this.#first = 0;
    }
    for (const chunk of this.#chunks.splice(this.#owned)) {
      if (this.#owned > 0) this.#own(chunk);
      else {
        this.#own(chunk.subarray(this.#position));
        this.#position = 0;
      }
    }
  }

  /** Forgets everything pushed and not handed out. Says whether there was anything. */
  discard(): boolean {
    const something = this.#pending > 0 || this.midLine;
    this.#offset += this.#pending;
    this.#chunks = [];
    this.#first = this.#position = this.#pending = this.#owned = 0;
    this.#partial = NOTHING;
    this.#partialLength = 0;
    this.#dropping = false;
    return something;
  }

  /** The input has ended, and `next` gave null: a violation if it ended inside a line. */
  end(): CutOff | null {
    return this.midLine ? cutOff("line", this.#offset) : null;
  }

  /** Reads on in the line in work: up to its end, its violation, or the chunk's end (null). */
  #scan(chunk: Uint8Array, limit: number): Uint8Array | LineViolation | null {
    const policy = this.#lineEndings;
    const start = this.#position;
    const held = this.#partialLength;
    const stop = Math.min(chunk.length, start + Math.max(limit - held, 0));
    let afterCr = held > 0 && this.#partial[held - 1] === CR;
    for (let at = start; at < stop; at++) {
      const octet = chunk[at]!;
      if (afterCr) {
        if (octet === LF) return this.#take(chunk, at + 1, 2);
        if (policy === "normalize") return this.#take(chunk, at, 1);
        if (policy === "reject")
          return this.#refuse(forbiddenOctet("bare-cr", this.#offset + at - start - 1), at, false);
        afterCr = octet === CR;
      } else if (octet <= CR) {
        if (octet === CR) afterCr = true;
        else if (octet === LF) {
          if (policy === "normalize") return this.#take(chunk, at + 1, 1);
          if (policy === "reject")
            return this.#refuse(forbiddenOctet("bare-lf", this.#offset + at - start), at + 1, false);
        } else if (octet === NUL && policy === "reject") {
          return this.#refuse(forbiddenOctet("nul", this.#offset + at - start), at + 1, false);
        }
      }
    }
    if (held + stop - start >= limit) {
      return this.#refuse(lineTooLong(this.#offset + limit - held, limit), stop, afterCr);
    }
    this.#hold(chunk, stop);
    return null;
  }

  /** Hands out the line that ends at `end`, without the octets of its line end. */
  #take(chunk: Uint8Array, end: number, lineEnd: number): Uint8Array {
    let line: Uint8Array;
    if (this.#partialLength === 0) {
      line = chunk.subarray(this.#position, end - lineEnd);
      this.#moveTo(end);
    } else {
      this.#hold(chunk, end);
      line = this.#partial.subarray(0, this.#partialLength - lineEnd);
      this.#partial = NOTHING;
      this.#partialLength = 0;
    }
    return line;
  }

  #refuse(violation: LineViolation, end: number, afterCr: boolean): LineViolation {
    this.#partial = NOTHING;
    this.#partialLength = 0;
    this.#dropping = true;
    this.#droppedCr = afterCr;
    this.#moveTo(end);
    return violation;
  }

  /** Drops octets through the end of the line that was refused, or to the chunk's end. */
  #drop(chunk: Uint8Array): void {
    const normalize = this.#lineEndings === "normalize";
    let afterCr = this.#droppedCr;
    let at = this.#position;
    for (; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet === LF ? afterCr || normalize : afterCr && normalize) {
        this.#dropping = false;
        this.#moveTo(octet === LF ? at + 1 : at);
        return;
      }
      afterCr = octet === CR;
    }
    this.#droppedCr = afterCr;
    this.#moveTo(at);
  }

  /**
   * Copies a chunk behind the reader's own. Short ones share memory: tiny chunks in great number must not cost more than
   * their octets. What was written once is never written again.
   */
  #own(chunk: Uint8Array): void {
    const { buffer, length } = this.#chunks[this.#owned - 1] ?? NOTHING;
    if (length > 0 && length + chunk.length <= buffer.byteLength) {
      new Uint8Array(buffer).set(chunk, length);
      this.#chunks[this.#owned - 1] = new Uint8Array(buffer, 0, length + chunk.length);
      return;
    }
    const room = Math.min(Math.max(2 * buffer.byteLength, 64), MOST_SHARED);
    const memory = new Uint8Array(Math.max(room, chunk.length));
    memory.set(chunk);
    this.#chunks[this.#owned++] = memory.subarray(0, chunk.length);
  }

  /** Copies the chunk up to `end` behind what is held of the line; the memory doubles, so that copying stays linear. */
  #hold(chunk: Uint8Array, end: number): void {
    const length = this.#partialLength + end - this.#position;
    if (length > this.#partial.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#partial.length, 64));
      larger.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = larger;
    }
    this.#partial.set(chunk.subarray(this.#position, end), this.#partialLength);
    this.#partialLength = length;
    this.#moveTo(end);
  }

  #moveTo(position: number): void {
    const moved = position - this.#position;
    this.#offset += moved;
    this.#pending -= moved;
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

const NOTHING: Uint8Array = new Uint8Array(0);

/** The most memory that copied chunks share. In octets. */
const MOST_SHARED = 65_536;
