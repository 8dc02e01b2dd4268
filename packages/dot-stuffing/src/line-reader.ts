import { checkLineEndings, type LineEndings } from "./line-endings.ts";
import { LineScan } from "./line-scan.ts";
import { CR, CRLF, checkAtLeast, plainChunk } from "./octets.ts";
import { type CutOff, cutOff, forbiddenOctet, type LineViolation, lineTooLong } from "./violation.ts";

const NOTHING: Uint8Array = new Uint8Array(0);
const LONE_CR = Uint8Array.of(CR);

/** Options of a {@link LineReader}. */
export interface LineReaderOptions {
  /**
   * What a CR, LF or NUL inside a line does. `"reject"` (default): the line is a violation. `"normalize"`: a bare CR or LF
   * ends the line too. `"preserve"`: all three are the line's.
   */
  readonly lineEndings?: LineEndings;
  /** The longest line in octets, CRLF included: at least 2. Default 512 (RFC 5321 §4.5.3.1.4). `push` can be given another. */
  readonly maxLineLength?: number;
}

/** What a reader holds between two calls. */
export interface LineReaderSnapshot {
  readonly held: Uint8Array;
  readonly dropping: boolean;
  readonly withheld: boolean;
  readonly offset: number;
}

/** What {@link LineReader.push} made of a chunk. */
export interface LineStep {
  /** The line that ended, without its CRLF; null: none did, or it was dropped. A view of the chunk, or memory that is not written again. */
  readonly line: Uint8Array | null;
  /** What was wrong with the line in work: it is dropped to its end, and no part of it is handed out. */
  readonly violation: LineViolation | null;
  /** How many octets were read: up to the line's end, or less of the chunk where `violation` is set, or all of it. */
  readonly consumed: number;
}

/**
 * Cuts input into lines that end in CRLF, one at a call, so that nothing is read past the line that decides how to read on
 * (RFC 5321 §2.3.8).
 *
 * A line over the limit, or with an octet that the policy forbids, is one violation. How the input is cut into chunks
 * changes nothing.
 *
 * @example
 * ```ts
 * const reader = new LineReader();
 * for (let at = 0; at < chunk.length; ) {
 *   const { line, violation, consumed } = reader.push(chunk, at);
 *   at += consumed;
 *   if (line !== null) run(line);
 *   if (violation !== null) answer(violation.code);
 * }
 * ```
 */
export class LineReader {
  readonly #lineEndings: LineEndings;
  readonly #maxLineLength: number;
  readonly #scan: LineScan;
  #partial = NOTHING; // of the line in work, from earlier chunks, a withheld CR left out
  #partialLength = 0;
  #dropping = false;
  #offset = 0;

  /** @param snapshot of a reader that goes on here @throws RangeError for an option outside its range. */
  constructor(options: LineReaderOptions = {}, snapshot?: LineReaderSnapshot) {
    this.#lineEndings = checkLineEndings(options.lineEndings ?? "reject");
    this.#maxLineLength = checkAtLeast("maxLineLength", options.maxLineLength ?? 512, CRLF.length);
    this.#scan = new LineScan(this.#lineEndings === "reject");
    if (snapshot === undefined) return;
    this.#partial = snapshot.held.slice();
    this.#partialLength = snapshot.held.length;
    this.#dropping = snapshot.dropping;
    this.#scan.withheld = snapshot.withheld;
    this.#offset = snapshot.offset;
  }

  /** All that is held, as plain data. */
  snapshot(): LineReaderSnapshot {
    return {
      held: this.#partial.slice(0, this.#partialLength),
      dropping: this.#dropping,
      withheld: this.#scan.withheld,
      offset: this.#offset,
    };
  }

  /** Whether the beginning of a line, its end not yet seen, is held or being dropped. */
  get midLine(): boolean {
    return this.#partialLength > 0 || this.#dropping || this.#scan.withheld;
  }

  /**
   * Reads on in the line in work, at most to its end.
   *
   * @param from where in the chunk to begin
   * @param maxLineLength the limit for this line, in octets with CRLF; it may change only between lines
   * @throws TypeError for anything but a Uint8Array, and for one in shared memory.
   * @throws RangeError for a position outside the chunk, or a limit outside its range.
   */
  push(chunk: Uint8Array, from = 0, maxLineLength: number = this.#maxLineLength): LineStep {
    const plain = plainChunk("chunk", chunk);
    if (!(Number.isSafeInteger(from) && from >= 0 && from <= plain.length)) {
      throw new RangeError(`"from" expected a whole number from 0 to ${plain.length}, got ${from}`);
    }
    checkAtLeast("maxLineLength", maxLineLength, CRLF.length);
    this.#scan.begin(plain);
    const step = this.#read(plain, from, maxLineLength);
    this.#scan.end();
    this.#offset += step.consumed;
    return step;
  }

  /** Counts octets that the caller read as something else than lines, so that offsets stay those of the input. */
  skip(count: number): void {
    this.#offset += count;
  }

  /** Forgets the line in work. */
  reset(): void {
    this.#partial = NOTHING;
    this.#partialLength = 0;
    this.#dropping = this.#scan.withheld = false;
  }

  /** The input has ended: a violation if it ended inside a line. */
  end(): CutOff | null {
    return this.midLine ? cutOff("line", this.#offset) : null;
  }

  #read(chunk: Uint8Array<ArrayBuffer>, from: number, limit: number): LineStep {
    const scan = this.#scan;
    const policy = this.#lineEndings;
    let start = from; // of the line in work, as far as it is in this chunk
    let held = this.#partialLength + (scan.withheld ? 1 : 0); // octets of it that are not
    for (let position = from; ; position = scan.after) {
      const found = scan.next(position);
      const { at } = scan;
      const end = found === null ? chunk.length : scan.after;
      const consumed = end - from;
      const ends = found === "crlf" || (policy === "normalize" && found !== "nul" && found !== null);
      if (this.#dropping) {
        if (ends) {
          this.#dropping = false;
          start = end;
          held = 0;
        } else if (found === null) return { line: null, violation: null, consumed };
        continue;
      }
      const bare = found !== null && !ends;
      if (bare && policy === "preserve") {
        if (at < start) this.#hold(LONE_CR, 0, 1);
        continue;
      }
      // What is no line end yet needs at least one more octet, and a bare CR is known to be one by the octet behind it.
      if (held + end - start + (found === null || found === "bare-cr" ? 1 : 0) > limit) {
        return this.#refuse(lineTooLong(this.#offset + start - from + limit - held, limit), consumed, !ends);
      }
      if (bare) return this.#refuse(forbiddenOctet(found, this.#offset + at - from), consumed, true);
      if (ends) return { line: this.#take(chunk, start, Math.max(at, start)), violation: null, consumed };
      this.#hold(chunk, start, at);
      return { line: null, violation: null, consumed };
    }
  }

  #refuse(violation: LineViolation, consumed: number, dropping: boolean): LineStep {
    const { withheld } = this.#scan;
    this.reset();
    this.#dropping = dropping;
    this.#scan.withheld = withheld;
    return { line: null, violation, consumed };
  }

  /** The line in work, whose text ends here. */
  #take(chunk: Uint8Array, from: number, end: number): Uint8Array {
    if (this.#partialLength === 0) return chunk.subarray(from, end);
    this.#hold(chunk, from, end);
    const line = this.#partial.subarray(0, this.#partialLength);
    this.#partial = NOTHING;
    this.#partialLength = 0;
    return line;
  }

  /** Copies octets behind what is held of the line; the memory doubles, so that copying stays linear. */
  #hold(chunk: Uint8Array, from: number, end: number): void {
    if (end <= from) return;
    const length = this.#partialLength + end - from;
    if (length > this.#partial.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#partial.length, 64));
      larger.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = larger;
    }
    this.#partial.set(chunk.subarray(from, end), this.#partialLength);
    this.#partialLength = length;
  }
}
