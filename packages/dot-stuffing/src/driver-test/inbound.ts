import { ConnectionLost } from "./transport.ts";

/** The size of the one buffer that reads use. */
const BUFFER = 16_384;
/** What is written over octets that were read. */
const RUBBISH = 0x58;

/** What the peer sends and the driver reads. */
export class Inbound {
  /** Asked when nothing else is there: a peer that goes on and on. */
  source: (() => Uint8Array | null) | null = null;
  /** How many octets were read, and in how many reads. */
  count = 0;
  reads = 0;
  /** How many octets can be read before the end. */
  room: number = Number.POSITIVE_INFINITY;
  readonly #sizes: readonly number[];
  readonly #buffer: Uint8Array = new Uint8Array(BUFFER);
  #lent = 0;
  #segments: Uint8Array[] = [];
  #ended = false;
  #lost: ConnectionLost | null = null;
  #wake: (() => void)[] = [];

  /** @param sizes how many octets reads give at most */
  constructor(sizes: readonly number[] = [BUFFER]) {
    this.#sizes = sizes;
  }

  /** Whether somebody waits for octets. */
  get awaited(): boolean {
    return this.#wake.length > 0;
  }

  get ended(): boolean {
    return this.#ended && this.#segments.length === 0;
  }

  push(segment: Uint8Array): void {
    if (this.#ended || segment.length === 0) return;
    this.#segments.push(segment);
    this.wake();
  }

  end(): void {
    this.#ended = true;
    this.source = null;
    this.wake();
  }

  fail(): void {
    this.#lost = new ConnectionLost("the connection was reset");
    this.discard();
    this.end();
  }

  discard(): void {
    this.#segments = [];
  }

  wake(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Asks the source on behalf of those who wait. Says whether there is something for them now. */
  offer(): boolean {
    if (!this.awaited || this.#lost !== null) return false;
    this.#look();
    if (this.#segments.length === 0) return false;
    this.wake();
    return true;
  }

  /** What can be read: octets, null at the end, undefined: nothing yet. @throws ConnectionLost once it is lost */
  take(most: number): Uint8Array | null | undefined {
    this.#buffer.fill(RUBBISH, 0, this.#lent);
    this.#lent = 0;
    this.#look();
    const segment = this.#segments[0];
    if (segment === undefined) return this.#ended ? null : undefined;
    const size = Math.min(segment.length, BUFFER, most, this.room, this.#sizes[this.reads++ % this.#sizes.length]!);
    this.#buffer.set(segment.subarray(0, size));
    if (size < segment.length) this.#segments[0] = segment.subarray(size);
    else this.#segments.shift();
    this.#lent = size;
    this.count += size;
    this.room -= size;
    return this.#buffer.subarray(0, size);
  }

  /** Resolves when `take` has something to say. @throws ConnectionLost once it is lost */
  async readable(): Promise<void> {
    for (;;) {
      this.#look();
      if (this.#segments.length > 0 || this.#ended) return;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #look(): void {
    if (this.#lost !== null) throw this.#lost;
    const more = this.#segments.length === 0 && !this.#ended ? (this.source?.() ?? null) : null;
    if (more !== null) this.#segments.push(more);
  }
}
