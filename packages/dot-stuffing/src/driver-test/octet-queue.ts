/** Octets in the order in which they have to come again. */
export class OctetQueue {
  #pieces: Uint8Array[] = [];
  #at = 0; // in the first piece
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy of these octets is to come. */
  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
    this.#length += bytes.length;
  }

  /** Takes as many octets as were given, and says whether they are the same. */
  matches(bytes: Uint8Array): boolean {
    for (let done = 0; done < bytes.length; ) {
      const first = this.#pieces[0];
      if (first === undefined) return false;
      const count = Math.min(first.length - this.#at, bytes.length - done);
      for (let index = 0; index < count; index++) if (first[this.#at + index] !== bytes[done + index]) return false;
      done += count;
      this.#length -= count;
      this.#at += count;
      if (this.#at < first.length) continue;
      this.#pieces.shift();
      this.#at = 0;
    }
    return true;
  }

  clear(): void {
    this.#pieces = [];
    this.#at = this.#length = 0;
  }
}

/** Whether two arrays have the same octets. */
export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, index) => octet === other[index]);
}
