import { concat } from "./concat.ts";
import { checkChoice } from "./line-endings.ts";
import { LineScan } from "./line-scan.ts";
import { CR, CRLF, DOT, LF, plainChunk } from "./octets.ts";
import { BLOCK, DENSE, Pieces } from "./pieces.ts";
import { StateError } from "./state-error.ts";
import { type ForbiddenOctet, forbiddenOctet } from "./violation.ts";

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

/** What a stuffer holds between two calls. */
export interface StufferSnapshot {
  readonly withheld: boolean;
  readonly atLineStart: boolean;
  readonly ended: boolean;
  readonly offset: number;
  readonly size: number;
  readonly stuffedLines: number;
}

const DOT_CRLF = Uint8Array.of(DOT, CR, LF);

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
  readonly #rejectBare: boolean;
  readonly #rejectOpenEnd: boolean;
  readonly #scan = new LineScan();
  #atLineStart = true;
  #ended = false;
  #offset = 0;
  #size = 0;
  #stuffedLines = 0;

  /** @param snapshot of content that goes on here @throws RangeError for an option outside its range. */
  constructor(options: StufferOptions = {}, snapshot?: StufferSnapshot) {
    const { lineEndings = "normalize", finalLineEnd = "add" } = options;
    this.#rejectBare = checkChoice("lineEndings", lineEndings, ["normalize", "reject"]) === "reject";
    this.#rejectOpenEnd = checkChoice("finalLineEnd", finalLineEnd, ["add", "reject"]) === "reject";
    if (snapshot === undefined) return;
    this.#scan.withheld = snapshot.withheld;
    this.#atLineStart = snapshot.atLineStart;
    this.#ended = snapshot.ended;
    this.#offset = snapshot.offset;
    this.#size = snapshot.size;
    this.#stuffedLines = snapshot.stuffedLines;
  }

  /** All that is held, as plain data. */
  snapshot(): StufferSnapshot {
    return {
      withheld: this.#scan.withheld,
      atLineStart: this.#atLineStart,
      ended: this.#ended,
      offset: this.#offset,
      size: this.#size,
      stuffedLines: this.#stuffedLines,
    };
  }

  /** Octets of content so far: with CRLFs, without stuffed dots and the final dot (RFC 1870 §5; what POP3 announces). */
  get size(): number {
    return this.#size;
  }

  /** Octets on the wire so far: `size`, the stuffed dots, and after `end()` the final dot and its CRLF. */
  get wireSize(): number {
    return this.#size + this.#stuffedLines + (this.#ended ? DOT_CRLF.length : 0);
  }

  /** How many lines began with a dot. */
  get stuffedLines(): number {
    return this.#stuffedLines;
  }

  /**
   * Takes the next octets of the content and gives what to send, in order. Long pieces are views of the chunk.
   *
   * @throws RangeError under `"reject"` for a bare CR or LF, naming its offset; the chunk then counts as not pushed.
   * @throws StateError after `end()`.
   */
  push(input: Uint8Array): Uint8Array[] {
    const chunk = plainChunk("chunk", input);
    if (this.#ended) throw new StateError("push()", "after end()", "nothing");
    const scan = this.#scan;
    const { withheld } = scan;
    const out = new Pieces(chunk);
    let atLineStart = this.#atLineStart;
    let start = 0; // of what has not been handed out yet
    let line = 0;
    scan.beginMany(chunk);
    for (;;) {
      if (atLineStart && line < chunk.length) {
        atLineStart = false;
        if (chunk[line] === DOT) {
          const dense = line - start < DENSE;
          out.stretch(start, line);
          out.dot();
          start = line = dense ? copyLines(chunk, line, out) : line;
        }
      }
      const found = scan.next(line);
      const end = Math.max(scan.at, 0);
      if (found === null) {
        out.finish(start, end);
        break;
      }
      if (found !== "crlf") {
        if (this.#rejectBare) {
          scan.withheld = withheld;
          scan.end();
          throw bareOctet(found, this.#offset + scan.at);
        }
        out.stretch(start, end);
        out.crlf();
        start = scan.after;
      } else if (scan.at < 0) out.cr();
      line = scan.after;
      atLineStart = true;
    }
    scan.end();
    for (const piece of out.list) this.#size += piece.length;
    this.#size -= out.dots;
    this.#stuffedLines += out.dots;
    this.#atLineStart = atLineStart;
    this.#offset += chunk.length;
    return out.list;
  }

  /**
   * Ends the content: adds a CRLF if the last line lacks it, and the final dot.
   *
   * @throws RangeError if the last octet is a CR, or the last line has no line end, where the options reject that.
   * @throws StateError after `end()`.
   */
  end(): Uint8Array[] {
    if (this.#ended) throw new StateError("end()", "after end()", "nothing");
    if (this.#scan.withheld && this.#rejectBare) throw bareOctet("bare-cr", this.#offset - 1);
    if (!this.#atLineStart && this.#rejectOpenEnd) throw new RangeError('"content" expected a CRLF at its end');
    this.#ended = true;
    if (this.#atLineStart) return [DOT_CRLF.slice()];
    this.#size += CRLF.length;
    return [concat([CRLF, DOT_CRLF])];
  }
}

function bareOctet(code: ForbiddenOctet["code"], offset: number): RangeError {
  return new RangeError(`"chunk" expected CRLF line ends, got ${forbiddenOctet(code, offset).text}`);
}

/**
 * Where dots are dense octets are copied one by one: from the text of a line on, its dot put in already, whole lines that end
 * in CRLF, until dots become rare. Gives where the text of the first line begins that was not copied, its dot put in too.
 */
function copyLines(chunk: Uint8Array<ArrayBuffer>, from: number, out: Pieces): number {
  const block = out.reserve(BLOCK / 2, from);
  const stop = Math.min(chunk.length - 2, from + ((block.length - out.to) >> 1) - 2);
  let line = from;
  let dot = from;
  let at = from;
  let { to, dots } = out;
  let lineTo = to;
  while (at < stop && at - dot < DENSE) {
    const octet = chunk[at++]!;
    block[to++] = octet;
    if (octet > CR) continue;
    if (octet === CR) {
      if (chunk[at] !== LF) break;
      block[to++] = LF;
      line = ++at;
      lineTo = to;
      if (chunk[at] === DOT) {
        block[to] = block[to + 1] = DOT; // the one put in, and the line's own
        lineTo++;
        to += 2;
        dots++;
        dot = ++at;
      }
    } else if (octet === LF) break;
  }
  out.to = lineTo;
  out.dots = dots;
  return line;
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
