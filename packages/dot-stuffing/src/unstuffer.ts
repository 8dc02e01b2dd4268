import { concat } from "./concat.ts";
import { checkLineEndings, type LineEndings } from "./line-endings.ts";
import { LineScan } from "./line-scan.ts";
import { CR, CRLF, checkLimit, DOT, LF, plainChunk } from "./octets.ts";
import { BLOCK, DENSE, Pieces } from "./pieces.ts";
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

/** What an unstuffer holds between two calls. */
export interface UnstufferSnapshot {
  readonly place: number;
  readonly withheld: boolean;
  readonly violation: ContentViolation | null;
  readonly offset: number;
  readonly size: number;
  readonly allowed: number;
  readonly lineLength: number;
  readonly longestLine: number;
}

/** What {@link Unstuffer.push} made of one chunk. */
export interface Unstuffed {
  /** Pieces of content in order. Long ones are views of the chunk: valid as long as it is left alone. */
  readonly content: readonly Uint8Array[];
  /** How many octets of the chunk belong to the content and its end. Those behind them are the caller's. */
  readonly consumed: number;
  /** The content's first violation, if this chunk holds it. From there on nothing is handed out; the true end is still found. */
  readonly violation: ContentViolation | null;
  /** Whether the line of a single dot has been read. */
  readonly done: boolean;
}

/**
 * Where the next octet stands. A soft start is the start of a line behind a bare CR or LF that was normalised: a dot there was
 * stuffed for whoever reads the normalised lines, but never ends the content. Behind a dot, one that was removed at a hard
 * start, a CRLF ends the content if no text has come since.
 */
const AT = { hardStart: 0, softStart: 1, text: 2, dot: 3, end: 4 } as const;
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
  readonly #scan = new LineScan();
  #place: Place = AT.hardStart;
  #violation: ContentViolation | null = null;
  #offset = 0;
  #size = 0;
  #allowed = 0; // size of the content in front of the violation
  #lineLength = 0;
  #longestLine = 0;

  /** @param snapshot of content that goes on here @throws RangeError for an option outside its range. */
  constructor(options: UnstufferOptions = {}, snapshot?: UnstufferSnapshot) {
    this.#lineEndings = checkLineEndings(options.lineEndings ?? "reject");
    this.#maxSize = checkLimit("maxSize", options.maxSize ?? Number.POSITIVE_INFINITY);
    this.#maxLineLength = checkLimit("maxLineLength", options.maxLineLength ?? Number.POSITIVE_INFINITY);
    if (snapshot === undefined) return;
    this.#place = snapshot.place as Place;
    this.#scan.withheld = snapshot.withheld;
    this.#violation = snapshot.violation;
    this.#offset = snapshot.offset;
    this.#size = snapshot.size;
    this.#allowed = snapshot.allowed;
    this.#lineLength = snapshot.lineLength;
    this.#longestLine = snapshot.longestLine;
  }

  /** All that is held, as plain data. */
  snapshot(): UnstufferSnapshot {
    return {
      place: this.#place,
      withheld: this.#scan.withheld,
      violation: this.#violation,
      offset: this.#offset,
      size: this.#size,
      allowed: this.#allowed,
      lineLength: this.#lineLength,
      longestLine: this.#longestLine,
    };
  }

  /** Octets of content so far, as handed out (RFC 1870 §5). */
  get size(): number {
    return this.#size;
  }

  /** The longest finished content line so far, in octets without its line end. */
  get longestLine(): number {
    return this.#longestLine;
  }

  /** The content's first violation so far; null: none. */
  get violation(): ContentViolation | null {
    return this.#violation;
  }

  /** Whether the line of a single dot has been read. */
  get done(): boolean {
    return this.#place === AT.end;
  }

  /**
   * Takes the next octets of the wire.
   *
   * @throws TypeError for anything but a Uint8Array, and for one in shared memory.
   * @throws StateError once the end has been read.
   */
  push(input: Uint8Array): Unstuffed {
    const chunk = plainChunk("chunk", input);
    if (this.done) throw new StateError("push()", "behind the end of the content", "nothing");
    const before = this.#violation;
    const pieces = new Pieces(chunk);
    this.#scan.beginMany(chunk);
    const consumed = this.#read(chunk, pieces);
    this.#scan.end();
    this.#offset += consumed;
    const violation = before === null ? this.#violation : null;
    if (this.#violation === null) this.#size += pieces.length;
    else pieces.cut(violation === null ? 0 : this.#allowed - this.#size);
    if (violation !== null) this.#size = this.#allowed;
    return { content: pieces.list, consumed, violation, done: this.done };
  }

  /** The input has ended. Before the content's end that is a violation: what arrived is not a whole message. */
  end(): CutOff | null {
    return this.done ? null : cutOff("message", this.#offset);
  }

  /** Takes octets up to the content's end or the chunk's, and says how many. */
  #read(chunk: Uint8Array<ArrayBuffer>, pieces: Pieces): number {
    const { length } = chunk;
    const scan = this.#scan;
    let place = this.#place;
    let start = 0; // of what has not been handed out yet
    let line = 0; // where this line's text begins in this chunk; #lineLength counts what came before
    let from = 0; // where to go on looking
    for (;;) {
      if (place < AT.text && from < length) {
        if (chunk[from] === DOT) {
          const dense = from - start < DENSE;
          pieces.stretch(start, from++);
          if (place === AT.hardStart && (from === length || chunk[from] === CR)) place = AT.dot;
          else {
            place = AT.text;
            if (dense) from = this.#copyLines(chunk, from, pieces);
          }
          start = line = from;
        } else place = AT.text;
      }
      const found = scan.next(from);
      const end = Math.max(scan.at, 0); // of the text
      const lineLength = this.#lineLength + end - line;
      const size = this.#size + pieces.length + end - start;
      if (found === null) {
        this.#check(end, size, lineLength - this.#maxLineLength);
        pieces.finish(start, end);
        this.#lineLength = lineLength;
        this.#place = place;
        return length;
      }
      from = scan.after;
      if (found !== "crlf" && this.#lineEndings === "preserve") {
        if (scan.at >= 0) continue;
        pieces.cr();
        this.#lineLength++;
        continue;
      }
      if (found === "crlf" && place === AT.dot && lineLength === 0) {
        pieces.finish(end, end);
        this.#place = AT.end;
        return from;
      }
      this.#check(scan.at, size, lineLength - this.#maxLineLength);
      if (lineLength > this.#longestLine) this.#longestLine = lineLength;
      this.#lineLength = 0;
      line = from;
      if (found === "crlf") {
        this.#check(from, size + CRLF.length, 0);
        if (scan.at < 0) pieces.cr();
        place = AT.hardStart;
      } else if (this.#lineEndings === "reject") {
        this.#refuse(forbiddenOctet(found, this.#offset + scan.at), size);
        place = AT.text;
      } else {
        pieces.stretch(start, end);
        pieces.crlf();
        start = from;
        if (size + CRLF.length > this.#maxSize)
          this.#refuse(messageTooBig(this.#offset + scan.at, this.#maxSize), this.#maxSize);
        place = AT.softStart;
      }
    }
  }

  /**
   * Where dots are dense octets are copied one by one: from the text of a line on, whole lines that are clean, within the limits
   * and not the content's last, until dots become rare. Gives where the text of the first line begins that was not copied.
   */
  #copyLines(chunk: Uint8Array<ArrayBuffer>, from: number, pieces: Pieces): number {
    if (this.#maxLineLength < DENSE || this.#size + pieces.length + BLOCK > this.#maxSize) return from;
    const block = pieces.reserve(BLOCK / 2, from);
    const stop = Math.min(chunk.length - 3, from + block.length - pieces.to - 1);
    let line = from;
    let dot = from;
    let at = from;
    let { to } = pieces;
    while (at < stop && at - dot < DENSE) {
      const octet = chunk[at++]!;
      block[to++] = octet;
      if (octet > CR) continue;
      if (octet === CR) {
        const dotted = chunk[at + 1] === DOT;
        if (chunk[at] !== LF || (dotted && chunk[at + 2] === CR)) break;
        if (at - 1 - line > this.#longestLine) this.#longestLine = at - 1 - line;
        block[to++] = LF;
        at += dotted ? 2 : 1;
        if (dotted) dot = at;
        line = at;
        pieces.to = to;
      } else if (octet === LF) break;
    }
    return line;
  }

  /**
   * Checks the limits at a line's end, and at a chunk's: where the wire and the content of a line run in parallel up to `end`.
   *
   * @param excess by how many octets the line is too long, if that is above 0
   */
  #check(end: number, size: number, excess: number): void {
    const tooMany = size - this.#maxSize;
    if (excess > 0 && excess >= tooMany)
      this.#refuse(lineTooLong(this.#offset + end - excess, this.#maxLineLength), size - excess);
    else if (tooMany > 0) this.#refuse(messageTooBig(this.#offset + end - tooMany, this.#maxSize), this.#maxSize);
  }

  #refuse(violation: ContentViolation, allowed: number): void {
    if (this.#violation !== null) return;
    this.#violation = violation;
    this.#allowed = allowed;
  }
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
