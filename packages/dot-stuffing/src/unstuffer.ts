import { plainChunk } from "./check.ts";
import { concat } from "./concat.ts";
import { LINE_ENDINGS, type LineEndings } from "./line-endings.ts";
import { ENDED } from "./numbers.ts";
import { checkRules, type Rules } from "./rules.ts";
import { type ContentState, checkState, START } from "./state.ts";
import { StateError } from "./state-error.ts";
import { translate } from "./transparency.ts";
import { type ContentViolation, type CutOff, cutOff } from "./violation.ts";

/** Options of an {@link Unstuffer}. */
export interface UnstufferOptions {
  /** What a CR or LF outside a CRLF does. Default `"reject"`. No value lets it end the content. */
  readonly lineEndings?: LineEndings;
  /**
   * The longest content in octets, counted as it is handed out: with CRLFs, without stuffed dots (RFC 1870 §5).
   * Default Infinity, since nothing is buffered here.
   */
  readonly maxSize?: number;
  /**
   * The longest content line in octets, neither its line end nor a removed dot counted. RFC 5321 §4.5.3.1.6 has 998.
   * Default Infinity, since mail in the wild exceeds that and nothing is buffered here.
   */
  readonly maxLineLength?: number;
}

/** What {@link Unstuffer.push} made of one chunk. */
export interface Unstuffed {
  /** Pieces of content in order. Long ones are views of the chunk: valid as long as it is left alone. */
  readonly content: readonly Uint8Array[];
  /** How many octets of the chunk belong to the content and its end. Those after them are the caller's. */
  readonly consumed: number;
  /**
   * The content's first violation, if this chunk holds it. From there on nothing is handed out; the true end is still
   * found.
   */
  readonly violation: ContentViolation | null;
  /** Whether the line of a single dot has been read. */
  readonly done: boolean;
}

/**
 * Finds the end of dot-stuffed content and removes the stuffing, over any cutting of the input
 * (RFC 5321 §4.5.2, RFC 1939 §3).
 *
 * Content ends at CRLF "." CRLF, or at "." CRLF at its very start, and nowhere else. A leading dot is removed
 * from every other line, whatever follows it. The CRLF in front of the final dot belongs to the content.
 *
 * @example
 * ```ts
 * const unstuffer = new Unstuffer();
 * const { content, consumed, done } = unstuffer.push(chunk);
 * for (const piece of content) file.write(piece);
 * if (done) parseCommands(chunk.subarray(consumed));
 * ```
 */
export class Unstuffer {
  readonly #rules: Rules;
  #state: ContentState;

  /**
   * @param snapshot goes on from there, with the same options
   * @throws RangeError for an option outside its range, TypeError for what is no snapshot
   */
  constructor(options: UnstufferOptions = {}, snapshot: ContentState = START) {
    this.#rules = checkRules(false, LINE_ENDINGS, options);
    this.#state = checkState(snapshot);
  }

  /** Octets of content so far, as handed out (RFC 1870 §5). */
  get size(): number {
    return this.#state.size;
  }

  /** The longest finished content line so far, in octets without its line end. */
  get longestLine(): number {
    return this.#state.longestLine;
  }

  /** The content's first violation so far; null: none. */
  get violation(): ContentViolation | null {
    return this.#state.violation;
  }

  /** Whether the line of a single dot has been read. */
  get done(): boolean {
    return this.#state.after === ENDED;
  }

  /**
   * Takes the next octets of the wire.
   *
   * @throws TypeError for anything but a Uint8Array, and for one in shared memory.
   * @throws StateError once the end has been read.
   */
  push(input: Uint8Array): Unstuffed {
    const chunk = plainChunk("chunk", input);
    if (this.done) throw new StateError("push()", "after the end", "nothing");
    const before = this.#state;
    const { state, content } = translate(this.#rules, before, chunk);
    this.#state = state;
    return {
      content,
      consumed: state.offset - before.offset,
      violation: before.violation === null ? state.violation : null,
      done: this.done,
    };
  }

  /** The input has ended. Before the content's end that is a violation: what arrived is not a whole message. */
  end(): CutOff | null {
    return this.done ? null : cutOff("message", this.#state.offset);
  }

  /** All that is known between two chunks, as plain data: to go on from elsewhere. */
  snapshot(): ContentState {
    return { ...this.#state };
  }
}

/** What {@link unstuff} found. */
export interface UnstuffedContent {
  readonly content: Uint8Array<ArrayBuffer>;
  /** What stands after the end: empty when there is nothing, or when the end is missing. */
  readonly rest: Uint8Array;
  /** The first violation, a missing end (`"cut-off"`) included; null for whole, clean content. */
  readonly violation: ContentViolation | CutOff | null;
}

/** Unstuffs a whole wire form at once: the same as one {@link Unstuffer.push} and {@link Unstuffer.end}. */
export function unstuff(wire: Uint8Array, options?: UnstufferOptions): UnstuffedContent {
  const chunk = plainChunk("wire", wire);
  const unstuffer = new Unstuffer(options);
  const { content, consumed, violation } = unstuffer.push(chunk);
  return { content: concat(content), rest: chunk.subarray(consumed), violation: violation ?? unstuffer.end() };
}
