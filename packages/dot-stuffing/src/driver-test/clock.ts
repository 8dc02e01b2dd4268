/**
 * How many microtasks a turn lasts, where nothing else was given: more than a driver made of promises has between two
 * calls.
 */
const MICROTASKS = 300;

/**
 * Time without a clock: it passes when nothing moves any more. What is late or slow happens then, one thing after the
 * other.
 */
export class Clock {
  readonly #turn: () => Promise<unknown>;
  readonly #patience: number;
  #stirred = false;

  /** @param patience how many turns without a sign of life are a rest */
  constructor(turn: () => Promise<unknown> = microtasks, patience = 2) {
    this.#turn = turn;
    this.#patience = patience;
  }

  /** A sign of life. */
  stir(): void {
    this.#stirred = true;
  }

  /** Resolves when nothing moves any more. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < this.#patience; ) {
      this.#stirred = false;
      await this.#turn();
      quiet = this.#stirred ? 0 : quiet + 1;
    }
  }
}

async function microtasks(): Promise<void> {
  for (let count = 0; count < MICROTASKS; count++) await undefined;
}
