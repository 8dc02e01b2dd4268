import { Unstuffer, type UnstufferOptions } from "../unstuffer.ts";
import type { CutOff } from "../violation.ts";
import type { Input } from "./input.ts";
import { StepReader, type StepSnapshot, type Taken } from "./step-reader.ts";

/** What a {@link ContentReader} holds. */
export interface ContentSnapshot extends StepSnapshot {
  readonly unstuffer: ReturnType<Unstuffer["snapshot"]>;
}

/** Reads dot-stuffed content from a session's input up to its end. */
export class ContentReader extends StepReader {
  readonly #unstuffer: Unstuffer;

  /** @param saved of content that goes on here, what `snapshot` gave */
  constructor(options: UnstufferOptions, saved?: ContentSnapshot) {
    super(saved);
    this.#unstuffer = new Unstuffer(options, saved?.unstuffer);
  }

  override snapshot(): ContentSnapshot {
    return { ...super.snapshot(), unstuffer: this.#unstuffer.snapshot() };
  }

  override get size(): number {
    return this.#unstuffer.size;
  }

  /** The input has ended: the violation of content without its end. */
  end(): CutOff | null {
    return this.#unstuffer.end();
  }

  protected override take(input: Input): Taken | null {
    const chunk = input.peek();
    if (chunk === null) return null;
    const unstuffed = this.#unstuffer.push(chunk);
    input.skip(unstuffed.consumed);
    return unstuffed;
  }
}
