import { NOTHING } from "../octets.ts";
import type { ContentViolation } from "../violation.ts";
import type { Input } from "./input.ts";
import { checkLike, checkWords, type Words } from "./snapshot.ts";

/** One step of reading content. */
export type ContentStep =
  | { readonly type: "piece"; readonly bytes: Uint8Array }
  | { readonly type: "violation"; readonly violation: ContentViolation }
  | { readonly type: "end" };

/** What was made of some octets of input. */
export interface Taken {
  /** Pieces of content in order; views of the input perhaps. */
  readonly content: readonly Uint8Array[];
  /** The content's first violation, if it was found now. */
  readonly violation: ContentViolation | null;
  /** Whether the end was found. */
  readonly done: boolean;
}

/** What every reader of content holds. */
export interface StepSnapshot {
  readonly steps: readonly ContentStep[];
  readonly refused: boolean;
}

const NO_STEPS: StepSnapshot = { steps: [], refused: false };

const STEP_TYPES: Words<ContentStep> = { type: { piece: true, violation: true, end: true } };

/** What steps have besides, by type. */
const STEPS: { readonly [Type in ContentStep["type"]]: object } = {
  piece: { bytes: NOTHING },
  violation: { violation: { code: "", offset: 0, text: "" } },
  end: {},
};

/** Content as steps, one at a call: the octets after its end stay unread. */
export abstract class StepReader {
  #steps: readonly ContentStep[];
  #next = 0;
  #borrowed = false; // whether steps not handed out yet are views of a caller's chunk
  #refused: boolean;

  /** @param saved of content that goes on here @throws TypeError for anything else */
  constructor(saved: StepSnapshot = NO_STEPS) {
    checkLike("snapshot", saved, NO_STEPS);
    for (const [index, step] of saved.steps.entries()) {
      const place = `snapshot.steps[${index}]`;
      checkLike(place, step, { type: "" });
      checkWords(place, step, STEP_TYPES);
      checkLike(place, step, STEPS[step.type]);
    }
    this.#steps = saved.steps;
    this.#refused = saved.refused;
  }

  /** All that is held, as plain data. */
  snapshot(): StepSnapshot {
    return { steps: this.#steps.slice(this.#next), refused: this.#refused };
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
        const taken = this.take(input);
        if (taken === null) return null;
        this.#queue(taken);
        continue;
      }
      this.#next++;
      if (step.type === "end" || !this.#refused) return step;
    }
  }

  /** Copies the pieces not handed out yet: the chunk that they are views of is the caller's again. */
  release(): void {
    if (!this.#borrowed) return;
    this.#borrowed = false;
    this.#steps = this.#steps
      .slice(this.#next)
      .map((step) => (step.type === "piece" ? { type: "piece", bytes: new Uint8Array(step.bytes) } : step));
    this.#next = 0;
  }

  /** Octets of content so far (RFC 1870 §5). */
  abstract get size(): number;

  /** Takes octets from the input, as many as are at hand; null: there are none, and more are needed. */
  protected abstract take(input: Input): Taken | null;

  #queue({ content, violation, done }: Taken): void {
    const steps: ContentStep[] = [];
    for (const bytes of content) if (bytes.length > 0) steps.push({ type: "piece", bytes });
    if (violation !== null) steps.push({ type: "violation", violation });
    if (done) steps.push({ type: "end" });
    this.#steps = steps;
    this.#next = 0;
    this.#borrowed = true;
  }
}
