import { concat } from "../concat.ts";
import { Stuffer, type StufferOptions } from "../stuffer.ts";

/**
 * Puts content into its wire form: {@link Stuffer} as a `TransformStream`. The end of the input adds the line of a
 * single dot; an input that fails or is aborted does not, so that what was sent of it is no message.
 *
 * Content that the options refuse fails both sides with the RangeError of {@link Stuffer.push}. One chunk in makes one
 * chunk out at most, in memory of its own, and the next is read when that was taken.
 *
 * @example
 * ```ts
 * const message = new StuffStream();
 * await file.pipeThrough(message).pipeTo(connection.writable, { preventClose: true });
 * console.log(message.size, message.wireSize);
 * ```
 */
export class StuffStream extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  readonly #stuffer: Stuffer;

  /** @throws RangeError for an option outside its range. */
  constructor(options?: StufferOptions) {
    const stuffer = new Stuffer(options);
    super({
      transform(chunk, controller) {
        const bytes = concat(stuffer.push(chunk));
        if (bytes.length > 0) controller.enqueue(bytes);
      },
      flush(controller) {
        controller.enqueue(concat(stuffer.end()));
      },
    });
    this.#stuffer = stuffer;
  }

  /**
   * Octets of content so far: with CRLFs, without stuffed dots and the final dot (RFC 1870 §5; what POP3 announces).
   */
  get size(): number {
    return this.#stuffer.size;
  }

  /** Octets on the wire so far: `size`, the stuffed dots, and at the end the final dot and its CRLF. */
  get wireSize(): number {
    return this.#stuffer.wireSize;
  }

  /** How many lines began with a dot. */
  get stuffedLines(): number {
    return this.#stuffer.stuffedLines;
  }
}
