import { LF } from "../octets.ts";
import { Unstuffer } from "../unstuffer.ts";
import type { Input } from "./input.ts";

/** Content that a transcript reads over. */
export class SkippedContent {
  readonly #content: Unstuffer = new Unstuffer({ lineEndings: "preserve" });
  #received = 0;
  #midLine = false;

  /** How many octets have been read over, as they came. */
  get received(): number {
    return this.#received;
  }

  /** Whether a line has begun and not ended. */
  get midLine(): boolean {
    return this.#midLine;
  }

  /** Reads on. @returns what a transcript shows of it; null: it has not ended */
  next(input: Input): string | null {
    for (let chunk = input.peek(); chunk !== null; chunk = input.peek()) {
      const { consumed, done } = this.#content.push(chunk);
      input.skip(consumed);
      this.#received += consumed;
      this.#midLine = !done && chunk.at(-1) !== LF;
      if (!done) continue;
      // On the wire there are, besides the content, one dot a stuffed line, and the final dot with its CRLF.
      const { size } = this.#content;
      return `[content: ${size} octets, ${this.#received - size - 3} lines stuffed]`;
    }
    return null;
  }
}
