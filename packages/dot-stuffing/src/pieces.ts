import { CR, DOT, LF } from "./octets.ts";

/** From here on a stretch is handed out as a view; a shorter one is copied behind what was copied before. In octets. */
const WORTH_A_VIEW = 256;

/** Where dots stand closer than this, octets are copied one by one while they are looked at. */
export const DENSE = 32;

/** The most memory that copies share. In octets. */
export const BLOCK = 16_384;

/**
 * What a push makes of a chunk. Views alone would be slow where lines with dots are dense, copies alone where they are rare: a long
 * stretch becomes a view, and short ones are joined. No memory that was handed out is written again.
 */
export class Pieces {
  readonly #chunk: Uint8Array<ArrayBuffer>;
  /** In order. */
  readonly list: Uint8Array[] = [];
  #block: Uint8Array<ArrayBuffer> = NOTHING;
  #from = 0; // where in the block the piece in work begins
  /** Where in the block the next octet goes. */
  to = 0;
  /** How many dots were put in. */
  dots = 0;
  #closed = 0; // octets in the list

  constructor(chunk: Uint8Array<ArrayBuffer>) {
    this.#chunk = chunk;
  }

  /** How many octets there are. */
  get length(): number {
    return this.#closed + this.to - this.#from;
  }

  /** Octets of the chunk, none perhaps. */
  stretch(start: number, end: number): void {
    const length = end - start;
    if (length >= WORTH_A_VIEW) {
      this.#close();
      this.#view(start, end);
      return;
    }
    const chunk = this.#chunk;
    const block = this.reserve(length, start);
    let to = this.to;
    for (let at = start; at < end; at++) block[to++] = chunk[at]!;
    this.to = to;
  }

  dot(): void {
    this.dots++;
    this.#octet(DOT);
  }

  cr(): void {
    this.#octet(CR);
  }

  crlf(): void {
    this.#octet(CR);
    this.#octet(LF);
  }

  /** The last stretch, none perhaps. Alone it is a view whatever its length. */
  finish(start: number, end: number): void {
    if (this.to === 0 && end > start) this.#view(start, end);
    else {
      this.stretch(start, end);
      this.#close();
    }
  }

  /** Takes away what is more than so many octets, of a finished list. */
  cut(length: number): void {
    let left = length;
    let count = 0;
    for (; left > 0; count++) {
      const piece = this.list[count]!;
      if (piece.length > left) this.list[count] = piece.subarray(0, left);
      left -= piece.length;
    }
    this.list.length = count;
  }

  #view(start: number, end: number): void {
    const chunk = this.#chunk;
    this.list.push(end - start === chunk.length ? chunk : chunk.subarray(start, end));
    this.#closed += end - start;
  }

  #octet(octet: number): void {
    this.reserve(1, 0)[this.to++] = octet;
  }

  /**
   * Memory to write into from `to` on.
   *
   * @param least how much is needed, or less where less of the chunk is left: each of its octets becomes two at most
   * @param at from where on the chunk is still to come
   */
  reserve(least: number, at: number): Uint8Array<ArrayBuffer> {
    const most = 2 * (this.#chunk.length - at) + 4;
    if (this.#block.length - this.to < Math.min(least, most)) {
      this.#close();
      this.#block = new Uint8Array(Math.min(BLOCK, most));
      this.#from = this.to = 0;
    }
    return this.#block;
  }

  #close(): void {
    if (this.to === this.#from) return;
    this.list.push(this.#block.subarray(this.#from, this.to));
    this.#closed += this.to - this.#from;
    this.#from = this.to;
  }
}

const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
