/** Reads the choices of an input; where they end, every choice is the first, which is the usual one. */
export class Choices {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, from = 0) {
    this.#bytes = bytes;
    this.#at = from;
  }

  /** A number from 0 to `limit - 1`. */
  below(limit: number): number {
    return (this.#bytes[this.#at++] ?? 0) % limit;
  }

  /** One of these; the first is the usual one. */
  pick<Value>(first: Value, ...others: readonly Value[]): Value {
    const chosen = this.below(others.length + 1);
    return chosen === 0 ? first : others[chosen - 1]!;
  }

  /** Whether something unusual is chosen: one time in `times`. */
  rarely(times = 4): boolean {
    return this.below(times) === times - 1;
  }
}
