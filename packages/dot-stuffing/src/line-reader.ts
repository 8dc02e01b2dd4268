import { checkCount, checkLimit, checkOptions, expected, plainChunk } from "./check.ts";
import { concat } from "./concat.ts";
import { checkLineEndings, type LineEndings } from "./line-endings.ts";
import { CR, LF, NOTHING, NUL } from "./octets.ts";
import { checkLike } from "./session/snapshot.ts";
import {
  type CutOff,
  cutOff,
  type ForbiddenOctet,
  forbiddenOctet,
  type LineViolation,
  limitPassed,
} from "./violation.ts";

/** The octets of a line end count towards its length. */
const CRLF_LENGTH = 2;

/** So much is kept of a dropped line, in octets: it shows which command the line was to be. */
const MOST_OF_DROPPED = 8;

/** Options of a {@link LineReader}. */
export interface LineReaderOptions {
  /**
   * What a CR, LF or NUL inside a line does. `"reject"` (default): the line is a violation. `"normalize"`: a bare CR or
   * LF ends the line too. `"preserve"`: all three are the line's.
   */
  readonly lineEndings?: LineEndings;
  /** An LF alone ends a line too, whatever `lineEndings` says of a bare CR. Default false. */
  readonly lfEndsLine?: boolean;
  /**
   * The longest line in octets, CRLF included: at least 2. Default 512 (RFC 5321 §4.5.3.1.4). `push` can be given
   * another.
   */
  readonly maxLineLength?: number;
}

/** What {@link LineReader.push} made of a chunk. */
export interface LineStep {
  /**
   * The line that ended, without its CRLF; null: none did, or it was dropped. A view of the chunk, or memory that is
   * not written again.
   */
  readonly line: Uint8Array | null;
  /** What was wrong with the line in work: it is dropped to its end, and no part of it is handed out. */
  readonly violation: LineViolation | null;
  /** How many octets were read: up to the line's end, or less of the chunk where `violation` is set, or all of it. */
  readonly consumed: number;
}

/** A {@link LineStep} without a view, which takes as long to make as a short line to read. */
export interface LineFound {
  /** What the line stands in; null: none ended, or it was dropped. */
  readonly octets: Uint8Array | null;
  /** Where in there it begins. */
  readonly from: number;
  /** Where in there it ends, without its CRLF. */
  readonly to: number;
  readonly violation: LineViolation | null;
  readonly consumed: number;
}

/**
 * All that a {@link LineReader} knows, as plain data to be cloned and handed to another one. Its fields may change in
 * any version.
 */
export interface LineState {
  /** The beginning of the line in work, an undecided CR included, and room for more. */
  held: Uint8Array;
  length: number;
  dropping: boolean;
  offset: number;
}

const START: Readonly<LineState> = { held: NOTHING, length: 0, dropping: false, offset: 0 };
const LONE_CR = Uint8Array.of(CR);

/**
 * Cuts input into lines that end in CRLF, one at a call, so that nothing is read past the line that decides how to read
 * on (RFC 5321 §2.3.8).
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
  readonly #lfEndsLine: boolean;
  readonly #maxLineLength: number;
  #state: LineState;
  #dropped: Uint8Array = NOTHING;

  /**
   * @param snapshot goes on from there, with the same options
   * @throws RangeError for an option outside its range, TypeError for what is no snapshot
   */
  constructor(options: LineReaderOptions = {}, snapshot: Readonly<LineState> = START) {
    this.#lineEndings = checkLineEndings(checkOptions(options).lineEndings);
    this.#lfEndsLine = options.lfEndsLine ?? false;
    this.#maxLineLength = checkLimit("maxLineLength", options.maxLineLength ?? 512, CRLF_LENGTH);
    if (snapshot !== START) {
      checkLike("snapshot", snapshot, START);
      checkCount("snapshot.length", snapshot.length, snapshot.held.length);
    }
    this.#state = copyOf(snapshot);
  }

  /** Whether the beginning of a line, its end not yet seen, is held or being dropped. */
  get midLine(): boolean {
    return this.#state.length > 0 || this.#state.dropping;
  }

  /** Whether a line is being dropped, its end not yet seen. */
  get dropping(): boolean {
    return this.#state.dropping;
  }

  /** How many octets of the input were read. */
  get offset(): number {
    return this.#state.offset;
  }

  /**
   * How the line began that the last violation is of: its first octets up to what is wrong with it, 8 at most. They
   * tell what command it was to be, and are no part of a line to be run.
   */
  get dropped(): Uint8Array {
    return this.#dropped;
  }

  /**
   * Reads on in the line in work, at most to its end.
   *
   * @param from where in the chunk to begin
   * @param maxLineLength the limit for this line, in octets with CRLF; it may change only between lines
   * @throws TypeError for anything but a Uint8Array, and for one in shared memory.
   * @throws RangeError for a position outside the chunk, or a limit outside its range.
   */
  push(input: Uint8Array, from = 0, maxLineLength: number = this.#maxLineLength): LineStep {
    const chunk = plainChunk("chunk", input);
    if (!(Number.isSafeInteger(from) && from >= 0 && from <= chunk.length)) {
      throw new RangeError(expected("from", `a whole number from 0 to ${chunk.length}`, from));
    }
    const { octets, from: start, to, violation, consumed } = this.readOn(chunk, from, maxLineLength);
    return { line: octets === null ? null : octets.subarray(start, to), violation, consumed };
  }

  /**
   * As `push`, in a chunk that was checked before, such as one that `plainChunk` gave, and at a position in it: to look
   * whose memory a chunk is in takes as long as a short line.
   *
   * @param dropOnly whether to read no further than to the end of a line that is being dropped
   */
  readOn(
    chunk: Uint8Array<ArrayBuffer>,
    from: number,
    maxLineLength: number = this.#maxLineLength,
    dropOnly = false,
  ): LineFound {
    checkLimit("maxLineLength", maxLineLength, CRLF_LENGTH);
    const state = this.#state;
    if (state.held[state.length - 1] !== CR) return this.#read(chunk, from, maxLineLength, dropOnly);
    // Whether a CR is bare the octet after it tells: it is read again, in front of a copy of the chunk.
    state.length--;
    state.offset--;
    const rest = concat([LONE_CR, chunk.subarray(from)]);
    const found = this.#read(rest, 0, maxLineLength, dropOnly);
    return { ...found, consumed: found.consumed - LONE_CR.length };
  }

  /** Counts octets that the caller read as something else than lines, so that offsets stay those of the input. */
  skip(count: number): void {
    this.#state.offset += count;
  }

  /** Forgets the line in work. */
  reset(): void {
    this.#state = { ...START, offset: this.#state.offset };
  }

  /** The input has ended: a violation if it ended inside a line. */
  end(): CutOff | null {
    return this.midLine ? cutOff("line", this.#state.offset) : null;
  }

  /** All that the reader knows, as plain data: to go on from elsewhere. It holds the beginning of the line in work. */
  snapshot(): LineState {
    return copyOf(this.#state);
  }

  #read(chunk: Uint8Array<ArrayBuffer>, from: number, limit: number, dropOnly: boolean): LineFound {
    const state = this.#state;
    const policy = this.#lineEndings;
    let octets: Uint8Array | null = null;
    let violation: LineViolation | null = null;
    let start = from; // of the line in work, as far as it is in this chunk
    let end = from;
    let at = from;
    for (let more = true; more; ) {
      while (chunk[at]! > CR) at++;
      end = at;
      const found = find(chunk, at);
      at = found === "end" ? chunk.length : at + (found === "crlf" ? CRLF_LENGTH : 1);
      const bare = found === "bare-cr" || found === "bare-lf";
      const ends = found === "crlf" || (bare && policy === "normalize") || (found === "bare-lf" && this.#lfEndsLine);
      const bad = (bare || found === "nul") && !ends && policy === "reject";
      if (found !== "end" && !ends && !bad) continue;
      if (!state.dropping) {
        // What is no line end yet needs at least one more octet, and a bare CR is known to be one by the octet after
        // it.
        const least = state.length + at - start + (found === "end" || found === "bare-cr" ? 1 : 0);
        if (least > limit)
          violation = limitPassed("line-too-long", state.offset + start - from + limit - state.length, limit);
        else if (bad) violation = forbiddenOctet(found, state.offset + end - from);
        else if (ends) octets = this.#take(chunk, start, end);
        state.dropping = violation !== null;
        if (state.dropping) this.#dropped = this.#beginning(chunk.subarray(start, end), limit);
      }
      if (state.dropping) {
        start = found === "end" ? end : at;
        state.held = NOTHING;
        state.length = 0;
        state.dropping = !ends;
      }
      if (found === "end") this.#hold(chunk, start, at);
      more = octets === null && violation === null && found !== "end" && !(dropOnly && ends);
    }
    const consumed = at - from;
    state.offset += consumed;
    // What was begun in another chunk stands in memory of its own, all of it.
    if (octets !== null && octets !== chunk) return { octets, from: 0, to: octets.length, violation, consumed };
    return { octets, from: start, to: end, violation, consumed };
  }

  /** What the line in work stands in, whose text ends here: the chunk, or memory with nothing else in it. */
  #take(chunk: Uint8Array, from: number, end: number): Uint8Array {
    const state = this.#state;
    if (state.length === 0) return chunk;
    this.#hold(chunk, from, end);
    const line = state.held.subarray(0, state.length);
    state.held = NOTHING;
    state.length = 0;
    return line;
  }

  /** A copy of how the line in work began; all that comes before a limit is known, however the input is cut. */
  #beginning(rest: Uint8Array, limit: number): Uint8Array {
    const { held, length } = this.#state;
    const most = Math.min(MOST_OF_DROPPED, limit - CRLF_LENGTH);
    return concat([held.subarray(0, Math.min(length, most)), rest.subarray(0, Math.max(most - length, 0))]);
  }

  /** Copies octets after what is held of the line; the memory doubles, so that copying stays linear. */
  #hold(chunk: Uint8Array, from: number, end: number): void {
    const state = this.#state;
    const length = state.length + end - from;
    if (length > state.held.length) state.held = concat([state.held, new Uint8Array(length)]);
    state.held.set(chunk.subarray(from, end), state.length);
    state.length = length;
  }
}

/** What stands at a position; a CR that is the chunk's last octet is undecided, and counts as its end. */
function find(chunk: Uint8Array, at: number): "crlf" | ForbiddenOctet["code"] | "text" | "end" {
  const octet = chunk[at];
  const next = at + 1 < chunk.length;
  if (octet === CR) return next ? (chunk[at + 1] === LF ? "crlf" : "bare-cr") : "end";
  if (octet === LF) return "bare-lf";
  if (octet === NUL) return "nul";
  return at < chunk.length ? "text" : "end";
}

function copyOf(state: Readonly<LineState>): LineState {
  const { held, length, dropping, offset } = state;
  return { held: length > 0 ? held.slice(0, length) : NOTHING, length, dropping, offset };
}
