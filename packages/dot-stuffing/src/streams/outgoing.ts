import { concat } from "../concat.ts";

/** How much is written at once. In octets. */
export const PIECE = 65_536;

/** What was taken from a session and not written yet: what is short leaves together, what is long in pieces. */
export class Outgoing {
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;
  /** So many of the chunks, from the first on, are copies of our own. */
  #owned = 0;

  /** In octets. */
  get size(): number {
    return this.#size;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }

  /** The next octets to write; null: there are none. */
  next(): Uint8Array<ArrayBuffer> | null {
    const isOwned = this.#owned > 0;
    const [first, ...others] = this.#together();
    if (first === undefined) return null;
    const bytes = others.length === 0 ? first : concat([first, ...others]);
    if (bytes.length > PIECE) {
      this.#chunks.unshift(bytes.subarray(PIECE));
      if (isOwned) this.#owned++;
    }
    const piece = bytes.subarray(0, PIECE);
    this.#size -= piece.length;
    return piece;
  }

  /** Copies what is left, once: what was taken is borrowed only until the session goes on. */
  own(): void {
    for (; this.#owned < this.#chunks.length; this.#owned++) {
      this.#chunks[this.#owned] = this.#chunks[this.#owned]!.slice();
    }
  }

  /** Forgets it all: it is never written. */
  discard(): void {
    this.#chunks = [];
    this.#size = this.#owned = 0;
  }

  /** As many chunks as fit into one piece, and one in any case. */
  #together(): Uint8Array<ArrayBuffer>[] {
    let size = 0;
    const rest = this.#chunks.findIndex(({ length }, index) => {
      size += length;
      return index > 0 && size > PIECE;
    });
    const together = this.#chunks.splice(0, rest < 0 ? this.#chunks.length : rest);
    this.#owned = Math.max(0, this.#owned - together.length);
    return together;
  }
}
