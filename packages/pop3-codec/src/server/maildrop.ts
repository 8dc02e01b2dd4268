import { isUniqueId } from "../syntax/forms.ts";

/**
 * The messages of a mailbox as they are when a session opens it; they are numbered from 1 in this order (RFC 1939 §4).
 * Sizes are in octets as RETR sends the message, every line end counted as CRLF, without stuffed dots: what `Stuffer.size`
 * of `dot-stuffing` says.
 */
export type Maildrop =
  | {
      readonly sizes: readonly number[];
      /** As many as sizes; needed unless the session does not offer UIDL. */
      readonly uniqueIds?: readonly string[];
    }
  | {
      readonly count: number;
      /** The size of message n, from 1 to count; asked for whenever it is needed. */
      size(n: number): number;
      uniqueId?(n: number): string;
    };

/** An open maildrop: which messages there are, and which are marked as deleted. */
export class OpenMaildrop {
  readonly count: number;
  readonly #maildrop: Maildrop;
  readonly #deleted: Set<number> = new Set();

  /** @throws TypeError or RangeError for a maildrop that cannot be served. */
  constructor(maildrop: Maildrop, uniqueIds: boolean) {
    const count = "sizes" in maildrop ? maildrop.sizes.length : maildrop.count;
    if (!Number.isSafeInteger(count) || count < 0)
      throw new RangeError(`"count" expected a whole number, got ${count}`);
    if (uniqueIds) {
      const given = "sizes" in maildrop ? maildrop.uniqueIds?.length === count : maildrop.uniqueId !== undefined;
      if (!given)
        throw new TypeError('"maildrop" expected a unique-id for each message, or a session with uidl: false');
    }
    if ("sizes" in maildrop) {
      for (const size of maildrop.sizes) checkSize(size);
      for (const uniqueId of maildrop.uniqueIds ?? []) checkUniqueId(uniqueId);
    }
    this.count = count;
    this.#maildrop = maildrop;
  }

  /** Whether message n exists and is not marked as deleted. */
  has(n: number): boolean {
    return n >= 1 && n <= this.count && !this.#deleted.has(n);
  }

  size(n: number): number {
    return "sizes" in this.#maildrop ? this.#maildrop.sizes[n - 1]! : checkSize(this.#maildrop.size(n));
  }

  uniqueId(n: number): string {
    return "sizes" in this.#maildrop ? this.#maildrop.uniqueIds![n - 1]! : checkUniqueId(this.#maildrop.uniqueId!(n));
  }

  /** The messages not marked as deleted, and the sum of their sizes in octets. */
  totals(): { readonly count: number; readonly size: number } {
    let size = 0;
    for (let n = 1; n <= this.count; n++) if (this.has(n)) size += this.size(n);
    return { count: this.count - this.#deleted.size, size };
  }

  delete(n: number): void {
    this.#deleted.add(n);
  }

  reset(): void {
    this.#deleted.clear();
  }

  /** The numbers marked as deleted, ascending. */
  deleted(): number[] {
    return [...this.#deleted].sort((one, other) => one - other);
  }
}

function checkSize(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0)
    throw new RangeError(`"size" expected a whole number of octets, got ${size}`);
  return size;
}

function checkUniqueId(uniqueId: string): string {
  if (!isUniqueId(uniqueId)) throw new RangeError('"uniqueId" expected 1 to 70 octets of visible ASCII');
  return uniqueId;
}
