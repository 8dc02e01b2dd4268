import { LINE_ENDINGS, type LineEndings } from "../line-endings.ts";
import { AFTER_CR, HARD_START, SOFT_START, TEXT } from "../numbers.ts";
import { CR, LF, NOTHING } from "../octets.ts";
import { checkRules, type Rules } from "../rules.ts";
import { type ContentState, checkState, START } from "../state.ts";
import { translate } from "../transparency.ts";
import { type CutOff, cutOff, forbiddenOctet, limitPassed } from "../violation.ts";
import type { Input } from "./input.ts";
import { checkLike } from "./snapshot.ts";
import { StepReader, type StepSnapshot, type Taken } from "./step-reader.ts";

/** Options of a {@link ChunkReader}. */
export interface ChunkReaderOptions {
  /** What a CR or LF outside a CRLF does. Default `"reject"`. */
  readonly lineEndings?: LineEndings;
  /** The longest content in octets, of all chunks, counted as it is handed out. Default Infinity. */
  readonly maxSize?: number;
}

/** What a {@link ChunkReader} holds. */
export interface ChunkSnapshot extends StepSnapshot {
  /** Octets that the chunk still has. */
  readonly left: number;
  readonly last: boolean;
  readonly state: ContentState;
}

const NOTHING_READ: Omit<ChunkSnapshot, keyof StepSnapshot> = { left: 0, last: false, state: START };

/**
 * Reads content in chunks of a known size (RFC 3030 §2): no octet of it is looked at for an end, and dots are left
 * alone. Its line endings are judged over the borders of chunks, as one stream.
 */
export class ChunkReader extends StepReader {
  readonly #rules: Rules;
  #left: number;
  #last: boolean;
  #state: ContentState;

  /**
   * @param saved of content that goes on here, what `snapshot` gave
   * @throws RangeError for an option outside its range, TypeError for what is no snapshot
   */
  constructor(options: ChunkReaderOptions, saved?: ChunkSnapshot) {
    super(saved);
    this.#rules = checkRules(null, LINE_ENDINGS, options);
    const { left, last, state } = saved ?? NOTHING_READ;
    if (saved !== undefined) checkLike("snapshot", { left, last }, { left: 0, last: false });
    this.#left = left;
    this.#last = last;
    this.#state = checkState(state);
  }

  override snapshot(): ChunkSnapshot {
    return { ...super.snapshot(), left: this.#left, last: this.#last, state: this.#state };
  }

  override get size(): number {
    return this.#state.size;
  }

  /** Whether no line is left without its line end, as in content that is ended by a dot. */
  get endsInCrlf(): boolean {
    return this.#state.after <= SOFT_START;
  }

  /** Whether a CR was held back at a chunk's end, as an LF may follow it in the next. */
  get holdsCr(): boolean {
    return this.#state.after === AFTER_CR && this.#rules.lineEndings !== "preserve" && this.#state.violation === null;
  }

  /** A chunk of so many octets begins; the one before has ended. `next` gives `"end"` at its end. */
  begin(size: number, last: boolean): void {
    this.#left = size;
    this.#last = last;
  }

  /** The input has ended inside of a chunk. */
  end(): CutOff {
    return cutOff("message", this.#state.offset);
  }

  protected override take(input: Input): Taken | null {
    const before = this.#state.violation;
    const content: Uint8Array[] = [];
    if (this.#left > 0) {
      const unread = input.peek();
      if (unread === null) return null;
      const chunk = unread.subarray(0, this.#left);
      input.skip(chunk.length);
      this.#left -= chunk.length;
      content.push(...this.#read(chunk));
    }
    const done = this.#left === 0;
    if (done && this.#last) content.push(...this.#finish());
    return { content, violation: before === null ? this.#state.violation : null, done };
  }

  #read(chunk: Uint8Array<ArrayBuffer>): readonly Uint8Array[] {
    const before = this.#state;
    if (this.#rules.lineEndings === "preserve") return [this.#pass(chunk)];
    const { state, content: pieces } = translate(this.#rules, before, chunk);
    this.#state = state;
    return pieces;
  }

  /** Octets that are not judged; of lines only the end counts. */
  #pass(chunk: Uint8Array): Uint8Array {
    const { after, offset, size, violation } = this.#state;
    const { maxSize } = this.#rules;
    const { length } = chunk;
    const piece = violation === null ? chunk.subarray(0, maxSize - size) : NOTHING;
    const beforeLast = length > 1 ? chunk[length - 2] : after === AFTER_CR ? CR : 0;
    const lastOctet = chunk[length - 1];
    const crlf = lastOctet === LF && beforeLast === CR;
    const tooBig = piece.length < length ? limitPassed("message-too-big", offset + piece.length, maxSize) : null;
    this.#state = {
      ...this.#state,
      after: crlf ? HARD_START : lastOctet === CR ? AFTER_CR : TEXT,
      offset: offset + length,
      size: size + piece.length,
      violation: violation ?? tooBig,
    };
    return piece;
  }

  /** The content has ended. A CR that is its last octet belongs to no CRLF. */
  #finish(): readonly Uint8Array[] {
    const { after, offset, size, violation } = this.#state;
    const { lineEndings, maxSize } = this.#rules;
    if (after !== AFTER_CR || violation !== null || lineEndings === "preserve") return [];
    const place = offset - 1;
    if (lineEndings === "reject") {
      this.#state = { ...this.#state, violation: forbiddenOctet("bare-cr", place) };
      return [];
    }
    const end = Uint8Array.of(CR, LF).subarray(0, maxSize - size);
    const tooBig = end.length < 2 ? limitPassed("message-too-big", place, maxSize) : null;
    this.#state = { ...this.#state, after: SOFT_START, size: size + end.length, violation: tooBig };
    return [end];
  }
}
