import { checkLineEndings, type LineEndings } from "../line-endings.ts";
import { LineScan } from "../line-scan.ts";
import { CR, CRLF, checkLimit, LF } from "../octets.ts";
import { Pieces } from "../pieces.ts";
import { type ContentViolation, type CutOff, cutOff, forbiddenOctet, messageTooBig } from "../violation.ts";
import type { Input } from "./input.ts";
import { StepReader, type StepSnapshot, type Taken } from "./step-reader.ts";

/** Options of a {@link ChunkReader}. */
export interface ChunkReaderOptions {
  /** What a CR or LF outside a CRLF does. Default `"reject"`. */
  readonly lineEndings?: LineEndings;
  /** The longest content in octets, of all chunks, counted as it is handed out. Default Infinity. */
  readonly maxSize?: number;
}

/** How far the content has come. */
interface Progress {
  /** Octets that the chunk still has. */
  left: number;
  last: boolean;
  /** Octets taken. */
  offset: number;
  /** Octets handed out. */
  size: number;
  withheld: boolean;
  /** The last two octets taken, as one number. */
  tail: number;
  violated: boolean;
}

const START: Progress = { left: 0, last: false, offset: 0, size: 0, withheld: false, tail: 0, violated: false };

const CRLF_TAIL = (CR << 8) | LF;

/** What a {@link ChunkReader} holds. */
export interface ChunkSnapshot extends StepSnapshot {
  readonly progress: Readonly<Progress>;
}

/**
 * Reads content in chunks of a known size (RFC 3030 §2): no octet of it is looked at for an end. Its line endings are judged
 * over the borders of chunks, as one stream.
 */
export class ChunkReader extends StepReader {
  readonly #lineEndings: LineEndings;
  readonly #maxSize: number;
  readonly #scan = new LineScan();
  readonly #progress: Progress;

  /** @param saved of content that goes on here, what `snapshot` gave @throws RangeError for an option outside its range. */
  constructor(options: ChunkReaderOptions, saved?: ChunkSnapshot) {
    super(saved);
    this.#lineEndings = checkLineEndings(options.lineEndings ?? "reject");
    this.#maxSize = checkLimit("maxSize", options.maxSize ?? Number.POSITIVE_INFINITY);
    this.#progress = saved === undefined ? { ...START } : { ...saved.progress };
    this.#scan.withheld = this.#progress.withheld;
  }

  override snapshot(): ChunkSnapshot {
    return { ...super.snapshot(), progress: { ...this.#progress, withheld: this.#scan.withheld } };
  }

  override get size(): number {
    return this.#progress.size;
  }

  /** Whether no line is left without its CRLF, as content of DATA always is. */
  get endsInCrlf(): boolean {
    const { tail, offset } = this.#progress;
    if (offset === 0 || tail === CRLF_TAIL) return true;
    const octet = tail & 0xff;
    return this.#lineEndings === "normalize" && (octet === CR || octet === LF);
  }

  /** A chunk of so many octets begins; the one before has ended. `next` gives `"end"` at its end. */
  begin(size: number, last: boolean): void {
    this.#progress.left = size;
    this.#progress.last = last;
  }

  /** The input has ended inside of a chunk. */
  end(): CutOff {
    return cutOff("message", this.#progress.offset);
  }

  protected override take(input: Input): Taken | null {
    const progress = this.#progress;
    if (progress.left === 0) return this.#finish([], null);
    const unread = input.peek();
    if (unread === null) return null;
    const chunk = unread.length > progress.left ? unread.subarray(0, progress.left) : unread;
    input.skip(chunk.length);
    progress.left -= chunk.length;
    const pieces = new Pieces(chunk);
    const violation = progress.violated ? null : this.#read(chunk, pieces);
    progress.offset += chunk.length;
    for (const octet of chunk.subarray(-2)) progress.tail = ((progress.tail << 8) | octet) & 0xffff;
    return progress.left === 0
      ? this.#finish(pieces.list, violation)
      : { content: pieces.list, violation, done: false };
  }

  /** A chunk has come to its end. A CR that is the content's last octet belongs to no CRLF. */
  #finish(content: readonly Uint8Array[], violation: ContentViolation | null): Taken {
    const progress = this.#progress;
    if (!progress.last || progress.violated || !this.#scan.withheld) return { content, violation, done: true };
    this.#scan.withheld = false;
    const place = progress.offset - 1;
    if (this.#lineEndings === "reject") return { content, violation: forbiddenOctet("bare-cr", place), done: true };
    const end = CRLF.slice(0, this.#maxSize - progress.size);
    progress.size += end.length;
    const tooBig = end.length < CRLF.length ? messageTooBig(place, this.#maxSize) : null;
    return { content: [...content, end], violation: tooBig, done: true };
  }

  /** Makes pieces of octets of the content, up to its first violation, which it gives. */
  #read(chunk: Uint8Array<ArrayBuffer>, pieces: Pieces): ContentViolation | null {
    const progress = this.#progress;
    const scan = this.#lineEndings === "preserve" ? null : this.#scan;
    scan?.beginMany(chunk);
    const violation = scan === null ? this.#stretch(pieces, 0, chunk.length) : this.#lines(scan, pieces);
    scan?.end();
    progress.violated = violation !== null;
    const most = Math.min(pieces.length, this.#maxSize - progress.size);
    pieces.cut(most);
    progress.size += most;
    return violation;
  }

  #lines(scan: LineScan, pieces: Pieces): ContentViolation | null {
    const { offset } = this.#progress;
    let start = 0; // of what has not been handed out yet
    for (let from = 0; ; from = scan.after) {
      const found = scan.next(from);
      const end = Math.max(scan.at, 0);
      if (found === "crlf") {
        if (scan.at < 0) pieces.cr();
        continue;
      }
      const bare = found !== null && this.#lineEndings === "reject" ? forbiddenOctet(found, offset + scan.at) : null;
      if (found === null || bare !== null) return this.#stretch(pieces, start, end) ?? bare;
      pieces.stretch(start, end);
      pieces.crlf();
      start = scan.after;
      const excess = this.#excess(pieces);
      if (excess > 0) {
        pieces.finish(start, start);
        // Two octets came of one.
        return messageTooBig(offset + scan.at - Math.max(excess - CRLF.length, 0), this.#maxSize);
      }
    }
  }

  /** The last octets of a chunk, up to the end of it or a violation: where what comes and what is handed out run in parallel. */
  #stretch(pieces: Pieces, start: number, end: number): ContentViolation | null {
    pieces.finish(start, end);
    const excess = this.#excess(pieces);
    return excess > 0 ? messageTooBig(this.#progress.offset + end - excess, this.#maxSize) : null;
  }

  #excess(pieces: Pieces): number {
    return this.#progress.size + pieces.length - this.#maxSize;
  }
}
