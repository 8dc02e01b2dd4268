import { checkLimit, plainChunk } from "../check.ts";
import { concat } from "../concat.ts";
import { encodeUtf8 } from "../web.ts";

/** Octets or text (sent as UTF-8) made only when they are about to be taken; null when there are no more. */
export type Source = () => Uint8Array | string | null;

/** Pieces below this size leave joined with their neighbours, larger ones as they are. In octets. */
const JOINED_BELOW = 4096;

/**
 * What a session has to send. Text and short pieces that follow one another leave in one write (RFC 2920 §3.2); long
 * content passes through without a copy; a source is drawn on only as far as its octets are taken.
 */
export class Output {
  readonly #highWaterMark: number;
  #pieces: (Uint8Array | string)[] = [];
  #first = 0; // of the pieces, which has not been taken
  #size = 0;
  #begun = 0; // what is left of the first piece, if a part of it was taken
  #taken = 0;
  #source: Source | null = null;

  /** @param highWaterMark in octets */
  constructor(highWaterMark: number) {
    this.#highWaterMark = checkLimit("highWaterMark", highWaterMark);
  }

  /**
   * Whether so much is queued that nothing more should be made: the high-water mark is passed, or a source is
   * unfinished. A piece that has begun to leave does not count: what comes meanwhile may tell that its rest is in vain.
   */
  get full(): boolean {
    return this.#size - this.#begun > this.#highWaterMark || this.#source !== null;
  }

  get empty(): boolean {
    return this.#pieces.length === 0;
  }

  /**
   * How much was taken so far. Text counts by its characters: to be compared with {@link Output.end}, and with nothing
   * else.
   */
  get taken(): number {
    return this.#taken;
  }

  /**
   * How much was queued so far, in the measure of {@link Output.taken}: what is queued now was taken once that has come
   * so far.
   */
  get end(): number {
    return this.#taken + this.#size;
  }

  /** Queues text, sent as UTF-8. */
  text(text: string): void {
    if (text === "") return;
    const last = this.#pieces.length - 1;
    if (typeof this.#pieces[last] === "string") this.#pieces[last] += text;
    else this.#pieces.push(text);
    this.#size += text.length;
  }

  /** Queues octets, without a copy. */
  bytes(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }

  /** Queues what a source gives. Until it is drawn to its end nothing else may be queued. */
  from(source: Source): void {
    this.#source = source;
    this.#tryToDraw();
  }

  /**
   * The next octets to send, or null. What a source throws comes out once nothing else is left; it is then asked again.
   *
   * @param limit how many octets of one long piece are taken at once. Default: all
   */
  take(limit: number = Number.POSITIVE_INFINITY): Uint8Array<ArrayBuffer> | null {
    if (this.#pieces.length === 0) this.#draw();
    const pieces = this.#pieces;
    if (pieces.length === 0) return null;
    const taken = [this.#next(limit)];
    if (this.#begun === 0 && isShort(taken[0]!))
      while (this.#first < pieces.length && isShort(pieces[this.#first]!))
        taken.push(this.#next(Number.POSITIVE_INFINITY));
    this.#forget();
    this.#tryToDraw();
    const octets = taken.map((piece) => (typeof piece === "string" ? encodeUtf8(piece) : piece));
    return octets.length === 1 ? (octets[0] as Uint8Array<ArrayBuffer>) : concat(octets);
  }

  /** All octets to send so far, as a list for a vectored write; empty if there are none. */
  takePieces(): Uint8Array<ArrayBuffer>[] {
    const taken: Uint8Array<ArrayBuffer>[] = [];
    for (let piece = this.take(); piece !== null; piece = this.#source === null ? this.take() : null) taken.push(piece);
    return taken;
  }

  /** How much is left of the first piece, if a part of it was taken, else 0. */
  get begun(): number {
    return this.#begun;
  }

  /** What is queued, as plain data. A source cannot be told: it is handed in again by `from`, after `restore`. */
  snapshot(): readonly (Uint8Array | string)[] {
    return this.#pieces.slice(this.#first);
  }

  /** Forgets what is queued: it is never taken. */
  discard(): void {
    this.#pieces = [];
    this.#first = this.#size = this.#begun = 0;
    this.#source = null;
  }

  /**
   * Queues what a snapshot has.
   *
   * @param taken how much was taken before
   * @param begun what was left of the first piece, if a part of it was taken, else 0
   * @throws TypeError for anything else
   */
  restore(snapshot: readonly unknown[], taken: number, begun: number): void {
    this.#taken = taken;
    this.#begun = begun;
    for (const piece of snapshot) {
      if (typeof piece === "string") this.text(piece);
      else this.bytes(plainChunk("output", piece as Uint8Array));
    }
  }

  /** Takes a piece, or the part of it that the limit allows; its place lets go of it. */
  #next(limit: number): Uint8Array | string {
    let piece = this.#pieces[this.#first]!;
    const isCut = typeof piece !== "string" && piece.length > limit;
    this.#begun = isCut ? piece.length - limit : 0;
    if (isCut) {
      this.#pieces[this.#first] = (piece as Uint8Array).subarray(limit);
      piece = (piece as Uint8Array).subarray(0, limit);
    } else this.#pieces[this.#first++] = "";
    this.#size -= piece.length;
    this.#taken += piece.length;
    return piece;
  }

  /** Drops the places of what was taken, once they are half of all: so that everything is moved about once. */
  #forget(): void {
    if (this.#first * 2 < this.#pieces.length) return;
    // Always another array: one that was emptied would keep the memory of its longest time.
    this.#pieces = this.#pieces.slice(this.#first);
    this.#first = 0;
  }

  /** Draws ahead. A source that throws must not take with it what was queued before. */
  #tryToDraw(): void {
    try {
      this.#draw();
    } catch {
      // It throws again when it is next asked, by a call of `take` that has nothing else to give.
    }
  }

  /** Draws on the source up to the high-water mark. */
  #draw(): void {
    while (this.#source !== null && this.#size <= this.#highWaterMark) {
      const piece = this.#source();
      if (piece === null) this.#source = null;
      else if (typeof piece === "string") this.text(piece);
      else this.bytes(piece);
    }
  }
}

function isShort(piece: Uint8Array | string): boolean {
  return typeof piece === "string" || piece.length < JOINED_BELOW;
}
