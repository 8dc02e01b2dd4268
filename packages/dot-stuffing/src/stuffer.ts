import { checkChoice, checkOptions, plainChunk } from "./check.ts";
import { concat } from "./concat.ts";
import { AFTER_CR, ENDED, SOFT_START } from "./numbers.ts";
import { CR, DOT, LF } from "./octets.ts";
import { checkRules, type Rules } from "./rules.ts";
import { type ContentState, checkState, START } from "./state.ts";
import { StateError } from "./state-error.ts";
import { translate } from "./transparency.ts";
import { type ContentViolation, forbiddenOctet } from "./violation.ts";

/** Options of a {@link Stuffer}. */
export interface StufferOptions {
  /**
   * What a CR or LF outside a CRLF does: `"normalize"` (default) sends it as CRLF, `"reject"` throws.
   * RFC 5321 §2.3.8 forbids to pass it through.
   */
  readonly lineEndings?: "normalize" | "reject";
  /** What `end()` does where the last line has no line end: `"add"` (default) adds the CRLF, `"reject"` throws. */
  readonly finalLineEnd?: "add" | "reject";
}

const CRLF_DOT_CRLF = Uint8Array.of(CR, LF, DOT, CR, LF);

/**
 * Puts content into the form in which SMTP and POP3 carry it: every line ends in CRLF, a line that begins with a dot
 * gets one more, and the line of a single dot ends it (RFC 5321 §4.5.2, RFC 1939 §3).
 *
 * @example
 * ```ts
 * const stuffer = new Stuffer();
 * for (const chunk of file) for (const piece of stuffer.push(chunk)) send(piece);
 * for (const piece of stuffer.end()) send(piece);
 * ```
 */
export class Stuffer {
  readonly #rules: Rules;
  readonly #rejectOpenEnd: boolean;
  #state: ContentState;

  /**
   * @param snapshot goes on from there, with the same options
   * @throws RangeError for an option outside its range, TypeError for what is no snapshot
   */
  constructor(options: StufferOptions = {}, snapshot: ContentState = START) {
    const { lineEndings, finalLineEnd } = checkOptions(options);
    this.#rules = checkRules(true, ["normalize", "reject"], { lineEndings });
    this.#rejectOpenEnd = checkChoice("finalLineEnd", finalLineEnd, ["add", "reject"]) === "reject";
    this.#state = checkState(snapshot);
  }

  /**
   * Octets of content so far: with CRLFs, without stuffed dots and the final dot (RFC 1870 §5; what POP3 announces).
   */
  get size(): number {
    return this.#state.size;
  }

  /** Octets on the wire so far: `size`, the stuffed dots, and after `end()` the final dot and its CRLF. */
  get wireSize(): number {
    return this.size + this.stuffedLines + (this.#state.after === ENDED ? 3 : 0);
  }

  /** How many lines began with a dot. */
  get stuffedLines(): number {
    return this.#state.dots;
  }

  /**
   * Takes the next octets of the content and gives what to send, in order. Long pieces are views of the chunk.
   *
   * @throws RangeError under `"reject"` for a bare CR or LF, naming its offset; the chunk then counts as not pushed.
   * @throws StateError after `end()`.
   */
  push(input: Uint8Array): Uint8Array[] {
    const chunk = plainChunk("chunk", input);
    this.#expectOpen("push()");
    const { state, content: pieces } = translate(this.#rules, this.#state, chunk);
    if (state.violation !== null) throw bareOctet(state.violation);
    this.#state = state;
    return pieces;
  }

  /**
   * Ends the content: adds a CRLF if the last line lacks it, and the final dot.
   *
   * @throws RangeError if the last octet is a CR, or the last line has no line end, where the options reject that.
   * @throws StateError after `end()`.
   */
  end(): Uint8Array[] {
    this.#expectOpen("end()");
    const { after, offset, size } = this.#state;
    const open = after > SOFT_START;
    if (after === AFTER_CR && this.#rules.lineEndings === "reject")
      throw bareOctet(forbiddenOctet("bare-cr", offset - 1));
    if (open && this.#rejectOpenEnd) throw new RangeError('"content" expected a CRLF at its end');
    this.#state = { ...this.#state, after: ENDED, size: open ? size + 2 : size };
    return [CRLF_DOT_CRLF.slice(open ? 0 : 2)];
  }

  /** All that is known between two chunks, as plain data: to go on from elsewhere. */
  snapshot(): ContentState {
    return { ...this.#state };
  }

  #expectOpen(call: string): void {
    if (this.#state.after === ENDED) throw new StateError(call, "after end()", "nothing");
  }
}

/** That content has a bare CR or LF where it must not. */
export function bareOctet({ text }: ContentViolation): RangeError {
  return new RangeError(`"chunk" expected CRLF line ends, got ${text}`);
}

/** A whole content in its wire form, with the two figures that protocols announce. */
export interface StuffedContent {
  readonly wire: Uint8Array<ArrayBuffer>;
  /** The message size (RFC 1870 §5): with CRLFs, without stuffed dots and the final dot. */
  readonly size: number;
  readonly stuffedLines: number;
}

/** Stuffs a whole content at once. @throws RangeError as {@link Stuffer.push} does. */
export function stuff(content: Uint8Array, options?: StufferOptions): StuffedContent {
  const stuffer = new Stuffer(options);
  const wire = concat([...stuffer.push(content), ...stuffer.end()]);
  return { wire, size: stuffer.size, stuffedLines: stuffer.stuffedLines };
}
