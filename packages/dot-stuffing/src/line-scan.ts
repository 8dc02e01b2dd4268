import { CR, LF, NUL } from "./octets.ts";
import type { ForbiddenOctet } from "./violation.ts";

/** What a scan stops at; null: the chunk's end. */
export type Found = "crlf" | ForbiddenOctet["code"] | null;

/** 1 where the first octet of a word in memory is its lowest, as everywhere in practice; else 0, and no words are read. */
const LOWEST_FIRST = new Uint8Array(Uint32Array.of(1).buffer)[0]!;

/** Below this a chunk is read by octets: reading words has a price at the start. */
const WORTH_WORDS = 256;

const NO_WORDS = new Int32Array(0);
const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/**
 * Finds what ends lines and what must not stand in them, over any cutting of the input: a CR at the end of a chunk is withheld
 * until the octet behind it is known. Reads four octets at a step where a chunk is long.
 */
export class LineScan {
  readonly #stopsAtNul: boolean;
  #chunk = NOTHING;
  #words = NO_WORDS;
  /** How many octets stand before the first word: words lie at multiples of four in memory. */
  #skew = 0;
  /** Whether the last octet so far was a CR, of which nothing has been said. */
  withheld = false;
  /** Where in the chunk the text ends: in front of what was found, before `from` if that began with the withheld CR. */
  at = 0;
  /** The position behind what was found. */
  after = 0;

  constructor(stopsAtNul = false) {
    this.#stopsAtNul = stopsAtNul;
  }

  /** Goes on in this chunk. */
  begin(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunk = chunk;
  }

  /** Goes on in this chunk, of which many lines will be looked at. */
  beginMany(chunk: Uint8Array<ArrayBuffer>): void {
    const { buffer, byteOffset, length } = chunk;
    this.#chunk = chunk;
    if (length >= WORTH_WORDS) {
      this.#skew = -byteOffset & 3;
      this.#words = new Int32Array(buffer, byteOffset + this.#skew, ((length - this.#skew) >> 2) * LOWEST_FIRST);
    }
  }

  /** Keeps nothing of the chunk. */
  end(): void {
    this.#chunk = NOTHING;
    this.#words = NO_WORDS;
  }

  /** Looks for the next thing from a position on. */
  next(from: number): Found {
    const chunk = this.#chunk;
    const { length } = chunk;
    let at = from - 1;
    if (!this.withheld) {
      at = this.#textEnd(chunk, from);
      this.at = at;
      this.after = at + 1;
      if (at === length) return null;
      if (chunk[at] !== CR) return chunk[at] === LF ? "bare-lf" : "nul";
    }
    this.at = at;
    this.withheld = at + 1 === length;
    if (this.withheld) return null;
    const crlf = chunk[at + 1] === LF;
    this.after = at + (crlf ? 2 : 1);
    return crlf ? "crlf" : "bare-cr";
  }

  /** The position of the next octet to stop at, or the chunk's length. */
  #textEnd(chunk: Uint8Array, from: number): number {
    const words = this.#words;
    const count = words.length;
    const skew = this.#skew;
    let at = from;
    let index = (at - skew) >> 2;
    if (index >= 0 && index < count) {
      // Of the first word only the octets from `from` on count.
      let low = lowOctets(words[index]!) & (-1 << (((at - skew) & 3) << 3));
      while (low === 0 && ++index < count) low = lowOctets(words[index]!);
      at = skew + 4 * index + (low === 0 ? 0 : (31 - Math.clz32(low & -low)) >> 3);
    }
    const { length } = chunk;
    for (; at < length; at++) {
      const octet = chunk[at]!;
      if (octet <= CR && (octet === CR || octet === LF || (octet === NUL && this.#stopsAtNul))) break;
    }
    return at;
  }
}

/** The top bit of each octet below 0x0e, up to and with the lowest such octet: what is above that one may be wrong. */
function lowOctets(word: number): number {
  return (word - 0x0e0e0e0e) & ~word & 0x80808080;
}
