import { plainChunk } from "dot-stuffing/session";

const CR = 0x0d;
const LF = 0x0a;
const CRLF: Uint8Array = Uint8Array.of(CR, LF);

/** What a CR or LF outside a CRLF does; `"preserve"`: BINARYMIME, whose octets are nobody's lines. */
export type ChunkLineEndings = "normalize" | "reject" | "preserve";

/** What a chunker holds between two calls. */
export interface ChunkerSnapshot {
  readonly withheld: boolean;
  readonly openLine: boolean;
  readonly size: number;
}

/**
 * Makes content ready for BDAT (RFC 3030 §2): its line ends become CRLF, over all chunks as one stream, its dots stay as they
 * are, and a last line without its CRLF gets one, so that the content is the one that DATA would have carried.
 */
export class Chunker {
  /** For the sake of `Stuffer`, which stands in the same place for DATA: no line ever is stuffed. */
  readonly stuffedLines = 0;
  readonly #lineEndings: ChunkLineEndings;
  #withheld = false; // the last octet was a CR, which is not sent yet
  #openLine = false;
  #size = 0;

  /** @param snapshot of content that goes on here */
  constructor(lineEndings: ChunkLineEndings, snapshot?: ChunkerSnapshot) {
    this.#lineEndings = lineEndings;
    if (snapshot === undefined) return;
    this.#withheld = snapshot.withheld;
    this.#openLine = snapshot.openLine;
    this.#size = snapshot.size;
  }

  /** All that is held, as plain data. */
  snapshot(): ChunkerSnapshot {
    return { withheld: this.#withheld, openLine: this.#openLine, size: this.#size };
  }

  /** Octets given out so far. */
  get size(): number {
    return this.#size;
  }

  /** @throws RangeError under `"reject"` for a bare CR or LF; the chunk then counts as not pushed. */
  push(input: Uint8Array): Uint8Array[] {
    const chunk = plainChunk("chunk", input);
    if (chunk.length === 0) return [];
    const pieces = this.#lineEndings === "preserve" ? [chunk] : this.#lines(chunk);
    return this.#count(pieces);
  }

  /** The octets that are held back, as something else comes behind them. @throws RangeError under `"reject"` for a CR */
  flush(): Uint8Array[] {
    if (!this.#withheld) return [];
    if (this.#lineEndings === "reject") throw bare(this.#size);
    this.#withheld = this.#openLine = false;
    return this.#count([CRLF.slice()]);
  }

  /** @throws RangeError under `"reject"` for a CR at the end. */
  end(): Uint8Array[] {
    if (this.#withheld && this.#lineEndings === "reject") throw bare(this.#size);
    return this.#count(this.#openLine ? [CRLF.slice()] : []);
  }

  #lines(chunk: Uint8Array<ArrayBuffer>): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    const { length } = chunk;
    let from = 0; // of what has not been handed out
    let at = 0;
    const line = (end: number, after: number) => {
      if (end > from) pieces.push(chunk.subarray(from, end));
      pieces.push(CRLF.slice());
      from = at = after;
    };
    if (this.#withheld) {
      if (chunk[0] !== LF) this.#refuse(-1);
      line(0, chunk[0] === LF ? 1 : 0);
    }
    for (; at < length; at++) {
      const octet = chunk[at]!;
      if (octet > CR || (octet !== CR && octet !== LF)) continue;
      if (octet === CR) {
        if (at + 1 === length) break;
        if (chunk[at + 1] === LF) {
          at++;
          continue;
        }
      }
      this.#refuse(at);
      line(at, at + 1);
      at--;
    }
    if (at > from) pieces.push(chunk.subarray(from, at));
    this.#withheld = at < length;
    this.#openLine = this.#withheld || (length > from && chunk[length - 1] !== LF);
    return pieces;
  }

  #count(pieces: Uint8Array[]): Uint8Array[] {
    for (const { length } of pieces) this.#size += length;
    return pieces;
  }

  #refuse(at: number): void {
    if (this.#lineEndings === "reject") throw bare(this.#size + (this.#withheld ? 1 : 0) + at);
  }
}

function bare(offset: number): RangeError {
  return new RangeError(`"chunk" expected CRLF line ends, got a bare one at offset ${offset}`);
}
