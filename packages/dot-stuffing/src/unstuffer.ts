import { concat } from "./concat.ts";
import { checkLineEndings, type LineEndings } from "./line-endings.ts";
import { CR, CRLF, checkLimit, DOT, LF, LONE_CR, plainChunk } from "./octets.ts";
import { StateError } from "./state-error.ts";
import { type ContentViolation, type CutOff, cutOff, forbiddenOctet, lineTooLong, messageTooBig } from "./violation.ts";

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
  /** Pieces of content in order, mostly views of the chunk: valid as long as the chunk is left alone. */
  readonly content: readonly Uint8Array[];
  /** How many octets of the chunk belong to the content and its end. Those behind them are the caller's. */
  readonly consumed: number;
  /** The content's first violation, if this chunk holds it. From there on nothing is handed out; the true end is still found. */
  readonly violation: ContentViolation | null;
  /** Whether the line of a single dot has been read. */
  readonly done: boolean;
}

/**
 * Where the next octet stands. In the states of a CR that CR is withheld: what follows decides what it is.
 * A soft start is the start of a line behind a bare CR or LF that was normalised: a dot there was stuffed for
 * whoever reads the normalised lines, but never ends the content.
 */
const AT = { lineStart: 0, softStart: 1, text: 2, textCr: 3, dot: 4, dotCr: 5, end: 6 } as const;
type Place = (typeof AT)[keyof typeof AT];

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
  readonly #lineEndings: LineEndings;
  readonly #maxSize: number;
  readonly #maxLineLength: number;
  #place: Place = AT.lineStart;
  #pieces: Uint8Array[] = [];
  #violation: ContentViolation | null = null;
  #refused = false;
  #offset = 0;
  #size = 0;
  #lineLength = 0;
  #longestLine = 0;

  /** @throws RangeError for an option outside its range. */
  constructor(options: UnstufferOptions = {}) {
    this.#lineEndings = checkLineEndings(options.lineEndings ?? "reject", ["reject", "normalize", "preserve"]);
    this.#maxSize = checkLimit("maxSize", options.maxSize ?? Number.POSITIVE_INFINITY);
    this.#maxLineLength = checkLimit("maxLineLength", options.maxLineLength ?? Number.POSITIVE_INFINITY);
  }

  /** Octets of content so far, as handed out (RFC 1870 §5). */
  get size(): number {
    return this.#size;
  }

  /** The longest finished content line so far, in octets without its line end. */
  get longestLine(): number {
    return this.#longestLine;
  }

  /** Whether the line of a single dot has been read. */
  get done(): boolean {
    return this.#place === AT.end;
  }

  /**
   * Takes the next octets of the wire.
   *
   * @throws StateError once the end has been read.
   */
  push(input: Uint8Array): Unstuffed {
    const chunk = plainChunk("chunk", input);
    if (this.done) throw new StateError("push()", "behind the end of the content", "nothing");
    this.#pieces = [];
    this.#violation = null;
    const consumed = this.#scan(chunk);
    this.#offset += consumed;
    return { content: this.#pieces, consumed, violation: this.#violation, done: this.done };
  }

  /** The input has ended. Before the content's end that is a violation: what arrived is not a whole message. */
  end(): CutOff | null {
    return this.done ? null : cutOff("message", this.#offset);
  }

  /** Takes octets up to the content's end or the chunk's, and says how many. */
  #scan(chunk: Uint8Array): number {
    const { length } = chunk;
    if (length === 0) return 0;
    const preserve = this.#lineEndings === "preserve";
    let place = this.#place;
    let at = 0;
    let start = 0; // of what has not been handed out yet
    let lineFrom = 0; // where this line's text begins in this chunk; #lineLength counts what came before
    while (at < length) {
      const octet = chunk[at]!;
      switch (place) {
        case AT.lineStart:
        case AT.softStart:
          if (octet === DOT) {
            this.#hand(chunk, start, at);
            start = lineFrom = ++at;
            place = place === AT.lineStart ? AT.dot : AT.text;
          } else place = AT.text;
          break;
        case AT.dot:
          if (octet === CR) {
            at++;
            place = AT.dotCr;
          } else place = AT.text;
          break;
        case AT.text:
          at = endOfText(chunk, at);
          if (at === length) break;
          if (chunk[at] === CR) place = AT.textCr;
          else if (!preserve) {
            this.#endLine(chunk, start, lineFrom, at);
            this.#hand(chunk, start, at);
            place = this.#bare("bare-lf", at);
            start = lineFrom = at + 1;
          }
          at++;
          break;
        default:
          if (octet === LF) {
            if (place === AT.dotCr) {
              this.#place = AT.end;
              return at + 1;
            }
            if (at === 0) this.#handConstant(LONE_CR, -1);
            this.#endLine(chunk, start, lineFrom, Math.max(at - 1, 0));
            lineFrom = ++at;
            place = AT.lineStart;
          } else if (preserve) {
            if (at === 0) {
              this.#lineLength++;
              this.#checkLine(chunk, 0, 0, 0);
              this.#handConstant(LONE_CR, -1);
            }
            place = AT.text;
          } else {
            const end = Math.max(at - 1, 0);
            this.#endLine(chunk, start, lineFrom, end);
            this.#hand(chunk, start, end);
            place = this.#bare("bare-cr", at - 1);
            start = lineFrom = at;
          }
      }
    }
    const tail = place === AT.textCr || place === AT.dotCr ? length - 1 : length;
    this.#checkLine(chunk, start, lineFrom, tail);
    this.#hand(chunk, start, tail);
    this.#lineLength += tail - lineFrom;
    this.#place = place;
    return length;
  }

  #endLine(chunk: Uint8Array, start: number, lineFrom: number, end: number): void {
    this.#checkLine(chunk, start, lineFrom, end);
    this.#longestLine = Math.max(this.#longestLine, this.#lineLength + end - lineFrom);
    this.#lineLength = 0;
  }

  #checkLine(chunk: Uint8Array, start: number, lineFrom: number, end: number): void {
    if (this.#refused || this.#lineLength + end - lineFrom <= this.#maxLineLength) return;
    const excess = lineFrom + this.#maxLineLength - this.#lineLength;
    this.#hand(chunk, start, excess);
    this.#refuse(lineTooLong(this.#offset + excess, this.#maxLineLength));
  }

  /** A CR or LF outside a CRLF, under a policy other than "preserve". Says where the octet behind it stands. */
  #bare(code: "bare-cr" | "bare-lf", at: number): Place {
    if (this.#lineEndings === "reject") {
      this.#refuse(forbiddenOctet(code, this.#offset + at));
      return AT.text;
    }
    this.#handConstant(CRLF, at);
    return AT.softStart;
  }

  #hand(chunk: Uint8Array, start: number, end: number): void {
    if (end > start && !this.#refused) this.#handPiece(chunk.subarray(start, end), start, 1);
  }

  /** Hands out octets that stand for the one at `at`. */
  #handConstant(octets: Uint8Array, at: number): void {
    if (!this.#refused) this.#handPiece(octets.slice(), at, 0);
  }

  /** @param step how far in the chunk the piece's octets stand from one another */
  #handPiece(piece: Uint8Array, at: number, step: 0 | 1): void {
    const room = this.#maxSize - this.#size;
    const fits = piece.length <= room ? piece : piece.subarray(0, room);
    if (fits.length > 0) this.#pieces.push(fits);
    this.#size += fits.length;
    if (fits !== piece) this.#refuse(messageTooBig(this.#offset + at + step * room, this.#maxSize));
  }

  #refuse(violation: ContentViolation): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#violation = violation;
  }
}

/** The position of the next CR or LF, or the chunk's length. */
function endOfText(chunk: Uint8Array, from: number): number {
  const { length } = chunk;
  let at = from;
  for (; at < length; at++) {
    const octet = chunk[at]!;
    if (octet <= CR && (octet === CR || octet === LF)) break;
  }
  return at;
}

/** What {@link unstuff} found. */
export interface UnstuffedContent {
  readonly content: Uint8Array<ArrayBuffer>;
  /** What stands behind the end: empty when there is nothing, or when the end is missing. */
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
