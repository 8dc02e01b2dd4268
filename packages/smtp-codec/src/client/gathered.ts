/** So many octets are gathered at most: a chunk of any more gains nothing. */
export const MOST_GATHERED = 65_536;

/** How much room there is at first; it grows by as many times until it is enough for a chunk. */
const FIRST_ROOM = 4096;
const GROWTH = 4;

/**
 * Small pieces of content, as copies in one buffer, until they make a chunk. Nothing is written into what was taken.
 */
export class Gathered {
  #octets: Uint8Array<ArrayBuffer>;
  #size: number;

  /** @param snapshot what had been gathered */
  constructor(snapshot: Uint8Array = new Uint8Array(0)) {
    this.#octets = new Uint8Array(snapshot);
    this.#size = snapshot.length;
  }

  /** In octets. */
  get size(): number {
    return this.#size;
  }

  /** Adds pieces, for which there is room. */
  add(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      const end = this.#size + piece.length;
      if (end > this.#octets.length) this.#grow(end);
      this.#octets.set(piece, this.#size);
      this.#size = end;
    }
  }

  /** Gives what was gathered: one piece, or none. */
  take(): Uint8Array[] {
    if (this.#size === 0) return [];
    const taken = this.snapshot();
    this.#octets = new Uint8Array(0);
    this.#size = 0;
    return [taken];
  }

  snapshot(): Uint8Array<ArrayBuffer> {
    return this.#octets.subarray(0, this.#size);
  }

  #grow(least: number): void {
    let room = Math.max(FIRST_ROOM, this.#octets.length);
    while (room < least) room *= GROWTH;
    const grown = new Uint8Array(Math.min(room, MOST_GATHERED));
    grown.set(this.snapshot());
    this.#octets = grown;
  }
}
