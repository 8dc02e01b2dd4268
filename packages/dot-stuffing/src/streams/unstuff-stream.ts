import { concat } from "../concat.ts";
import { Unstuffer, type UnstufferOptions } from "../unstuffer.ts";
import type { ContentViolation } from "../violation.ts";
import { ContentError } from "./content-error.ts";

/**
 * Finds the end of dot-stuffed content and removes the stuffing: {@link Unstuffer} as a `TransformStream`.
 *
 * The readable side closes at the content's end. From then on the writable side refuses: what stands after the end is
 * not read any more, and what of it came in the same chunk is in {@link UnstuffStream.rest}. A pipe into this stream
 * ends there too, by the streams' standard with a TypeError though all is well; with `preventCancel` its source can be
 * read on.
 *
 * Content with a violation is read to its true end, so that the connection can go on; what follows the violation is not
 * handed out, and at the end both sides fail with a {@link ContentError}. Input that ends before the content does fails
 * alike.
 *
 * One chunk in makes one chunk out at most, in memory of its own, and the next is read when that was taken.
 *
 * @example
 * ```ts
 * const message = new UnstuffStream({ maxSize: 50_000_000 });
 * const piped = connection.readable.pipeTo(message.writable, { preventCancel: true }).catch(() => {});
 * await message.readable.pipeTo(file); // rejects with a ContentError if the content is not to be accepted
 * await piped;
 * parseCommands(message.rest); // and what connection.readable gives from here on
 * ```
 */
export class UnstuffStream extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  readonly #unstuffer: Unstuffer;
  readonly #behind: { rest: Uint8Array<ArrayBuffer> };

  /** @throws RangeError for an option outside its range. */
  constructor(options?: UnstufferOptions) {
    const unstuffer = new Unstuffer(options);
    const behind = { rest: new Uint8Array(0) };
    super({
      transform(chunk, controller) {
        const { content, consumed, done } = unstuffer.push(chunk);
        const bytes = concat(content);
        if (bytes.length > 0) controller.enqueue(bytes);
        if (!done) return;
        behind.rest = new Uint8Array(chunk.subarray(consumed));
        if (unstuffer.violation !== null) throw new ContentError(unstuffer.violation);
        controller.terminate();
      },
      flush() {
        // After the end nothing is flushed: the writable side does not close any more.
        throw new ContentError((unstuffer.violation ?? unstuffer.end())!);
      },
    });
    this.#unstuffer = unstuffer;
    this.#behind = behind;
  }

  /** Whether the line of a single dot has been read: what is written from now on would not be content. */
  get done(): boolean {
    return this.#unstuffer.done;
  }

  /** What stood after the content's end in the chunk that held the end: a copy. Empty before. */
  get rest(): Uint8Array<ArrayBuffer> {
    return this.#behind.rest;
  }

  /** The content's first violation so far; null: none. */
  get violation(): ContentViolation | null {
    return this.#unstuffer.violation;
  }

  /** Octets of content so far (RFC 1870 §5). */
  get size(): number {
    return this.#unstuffer.size;
  }

  /** The longest finished content line so far, in octets without its line end. */
  get longestLine(): number {
    return this.#unstuffer.longestLine;
  }
}
