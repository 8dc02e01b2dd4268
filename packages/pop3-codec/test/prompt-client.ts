import { type Pop3ClientEvent, Pop3ClientSession } from "pop3-codec";
import { linesOf } from "tools/testing";

/**
 * A client as one whose server answers what was asked: of the input that is received, each line comes once all output
 * in front of it was taken, whenever the caller takes it.
 */
export class PromptClient extends Pop3ClientSession {
  /** Last line first. */
  #lines: Uint8Array[] = [];
  #taken: Uint8Array<ArrayBuffer>[] = [];
  #ended = false;
  #borrowed = false;

  override receive(chunk: Uint8Array): this {
    if (!(chunk instanceof Uint8Array)) return super.receive(chunk);
    const first = this.#lines.length === 0;
    this.#lines = linesOf(chunk).reverse().concat(this.#lines);
    this.#borrowed = true;
    if (first && this.#lines.length > 0) this.#hear();
    return this;
  }

  override receiveEnd(): this {
    this.#ended = true;
    if (this.#lines.length === 0) this.#end();
    return this;
  }

  override nextEvent(): Pop3ClientEvent | null {
    for (;;) {
      const event = super.nextEvent();
      if (event !== null) return event;
      if (this.#lines.length > 0) this.#hear();
      else if (this.#ended) this.#end();
      else return null;
    }
  }

  override takeOutput(limit?: number): Uint8Array<ArrayBuffer> | null {
    return this.#taken.shift() ?? super.takeOutput(limit);
  }

  override takeOutputPieces(): Uint8Array<ArrayBuffer>[] {
    return this.#taken.splice(0).concat(super.takeOutputPieces());
  }

  /** Takes over what another, whose snapshot this one was restored from, has not heard, and what was taken of it. */
  follow(other: PromptClient): this {
    this.#lines = [...other.#lines];
    this.#taken = [...other.#taken];
    this.#ended = other.#ended;
    return this;
  }

  protected override release(): void {
    super.release();
    if (this.#borrowed) this.#lines = this.#lines.map((line) => line.slice());
    this.#borrowed = false;
  }

  #hear(): void {
    this.#taken.push(...super.takeOutputPieces());
    super.receive(this.#lines.pop()!);
  }

  #end(): void {
    this.#ended = false;
    super.receiveEnd();
  }
}
