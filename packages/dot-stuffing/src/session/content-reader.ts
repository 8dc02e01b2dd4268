import { Unstuffer, type UnstufferOptions } from "../unstuffer.ts";
import type { ContentViolation, CutOff } from "../violation.ts";
import type { Input } from "./input.ts";

/** One step of reading dot-stuffed content. */
export type ContentStep =
  | { readonly type: "piece"; readonly bytes: Uint8Array }
  | { readonly type: "violation"; readonly violation: ContentViolation }
  | { readonly type: "end" };

/** What a {@link ContentReader} holds. */
export interface ContentSnapshot {
  readonly unstuffer: ReturnType<Unstuffer["snapshot"]>;
  readonly steps: readonly ContentStep[];
  readonly refused: boolean;
}

/** Reads dot-stuffed content from a session's input, one step at a call, so that the octets behind its end stay unread. */
export class ContentReader {
  readonly #unstuffer: Unstuffer;
  #steps: ContentStep[] = [];
  #next = 0;
  #borrowed = false; // whether steps not handed out yet are views of a caller's chunk
  #refused = false;

  /** @param saved of content that goes on here, what `snapshot` gave */
  constructor(options: UnstufferOptions, saved?: ContentSnapshot) {
    this.#unstuffer = new Unstuffer(options, saved?.unstuffer);
    this.#steps = [...(saved?.steps ?? [])];
    this.#refused = saved?.refused ?? false;
  }

  /** All that is held, as plain data. */
  snapshot(): ContentSnapshot {
    return {
      unstuffer: this.#unstuffer.snapshot(),
      steps: this.#steps.slice(this.#next),
      refused: this.#refused,
    };
  }

  /** Octets of content so far (RFC 1870 §5). */
  get size(): number {
    return this.#unstuffer.size;
  }

  /** From now on pieces and violations are read over: only the end still counts. */
  refuse(): void {
    this.#refused = true;
  }

  /** The next step, or null when more input is needed. */
  next(input: Input): ContentStep | null {
    for (;;) {
      const step = this.#steps[this.#next];
      if (step === undefined) {
        if (!this.#read(input)) return null;
        continue;
      }
      this.#next++;
      if (step.type === "end" || !this.#refused) return step;
    }
  }

  /** The input has ended: the violation of content without its end. */
  end(): CutOff | null {
    return this.#unstuffer.end();
  }

  /** Copies the pieces not handed out yet: the chunk that they are views of is the caller's again. */
  release(): void {
    if (!this.#borrowed) return;
    this.#borrowed = false;
    for (let at = this.#next; at < this.#steps.length; at++) {
      const step = this.#steps[at]!;
      if (step.type === "piece") this.#steps[at] = { type: "piece", bytes: new Uint8Array(step.bytes) };
    }
  }

  #read(input: Input): boolean {
    const chunk = input.peek();
    if (chunk === null) return false;
    const { content, consumed, violation, done } = this.#unstuffer.push(chunk);
    input.skip(consumed);
    this.#steps = [];
    this.#next = 0;
    this.#borrowed = true;
    for (const bytes of content) this.#steps.push({ type: "piece", bytes });
    if (violation !== null) this.#steps.push({ type: "violation", violation });
    if (done) this.#steps.push({ type: "end" });
    return true;
  }
}
