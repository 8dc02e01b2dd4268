import { concat } from "./concat.ts";
import { checkLineEndings } from "./line-endings.ts";
import { CR, CRLF, DOT, LF, LONE_CR, plainChunk } from "./octets.ts";
import { StateError } from "./state-error.ts";

/** Options of a {@link Stuffer}. */
export interface StufferOptions {
  /**
   * What a CR or LF outside a CRLF does: `"normalize"` (default) sends it as CRLF, `"reject"` throws.
   * RFC 5321 §2.3.8 forbids to pass it through.
   */
  readonly lineEndings?: "normalize" | "reject";
}

const DOT_CRLF = Uint8Array.of(DOT, CR, LF);
const ONE_DOT = Uint8Array.of(DOT);

/** Where the next octet stands; a CR at the end of a chunk is withheld until the octet behind it is known. */
const AT = { lineStart: 0, text: 1, textCr: 2 } as const;
type Place = (typeof AT)[keyof typeof AT];

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
  readonly #reject: boolean;
  #place: Place = AT.lineStart;
  #ended = false;
  #offset = 0;
  #size = 0;
  #stuffedLines = 0;

  /** @throws RangeError for an option outside its range. */
  constructor(options: StufferOptions = {}) {
    this.#reject = checkLineEndings(options.lineEndings ?? "normalize", ["normalize", "reject"]) === "reject";
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
   * Takes the next octets of the content and gives what to send: in order, mostly views of the chunk.
   *
   * @throws RangeError under `"reject"` for a bare CR or LF, naming its offset; the chunk then counts as not pushed.
   * @throws StateError after `end()`.
   */
  push(input: Uint8Array): Uint8Array[] {
    const chunk = plainChunk("chunk", input);
    if (this.#ended) throw new StateError("push()", "after end()", "nothing");
    const pieces: Uint8Array[] = [];
    const { length } = chunk;
    let place = this.#place;
    let stuffed = 0;
    let at = 0;
    let start = 0; // of what has not been cut off yet
    const cut = (end: number) => {
      if (end > start) pieces.push(chunk.subarray(start, end));
    };
    while (at < length) {
      const octet = chunk[at]!;
      if (place === AT.textCr) {
        if (octet === LF) {
          if (at === 0) pieces.push(LONE_CR.slice());
          at++;
        } else {
          this.#refuseBare("CR", at - 1);
          cut(at - 1);
          pieces.push(CRLF.slice());
          start = at;
        }
        place = AT.lineStart;
        continue;
      }
      if (octet === DOT && place === AT.lineStart) {
        cut(at);
        pieces.push(ONE_DOT.slice());
        start = at;
        stuffed++;
      }
      if (octet === LF) {
        this.#refuseBare("LF", at);
        cut(at);
        pieces.push(CRLF.slice());
        start = at + 1;
        place = AT.lineStart;
      } else place = octet === CR ? AT.textCr : AT.text;
      at++;
    }
    cut(place === AT.textCr ? length - 1 : length);
    this.#place = place;
    this.#offset += length;
    this.#stuffedLines += stuffed;
    for (const piece of pieces) this.#size += piece.length;
    this.#size -= stuffed;
    return pieces;
  }

  /**
   * Ends the content: adds a CRLF if the last line lacks it, and the final dot.
   *
   * @throws RangeError under `"reject"` if the content's last octet is a CR.
   * @throws StateError after `end()`.
   */
  end(): Uint8Array[] {
    if (this.#ended) throw new StateError("end()", "after end()", "nothing");
    if (this.#place === AT.textCr) this.#refuseBare("CR", -1);
    this.#ended = true;
    if (this.#place === AT.lineStart) return [DOT_CRLF.slice()];
    this.#size += CRLF.length;
    return [concat([CRLF, DOT_CRLF])];
  }

  #refuseBare(name: "CR" | "LF", at: number): void {
    if (!this.#reject) return;
    throw new RangeError(`"chunk" expected CRLF line ends, got a bare ${name} at offset ${this.#offset + at}`);
  }
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
