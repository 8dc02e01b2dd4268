import { decodeBase64, encodeBase64 } from "./base64.ts";
import {
  abortMechanism,
  checkMechanism,
  checkOutcome,
  checkStep,
  type OtherStep,
  type SaslClient,
  type SaslClientOutcome,
  type SaslClientStep,
  type SaslOtherStep,
  THREW,
  type Thrown,
} from "./sasl.ts";

/** What a client's side of an exchange comes to after one step. */
export type ClientExchangeStep<Mechanism extends SaslClient> =
  | {
      readonly type: "line";
      readonly text: string;
      /** What was thrown on the way, and is to come out. */
      readonly thrown?: Thrown | undefined;
    }
  /** The mechanism gave up before anything was sent. */
  | { readonly type: "failure"; readonly text: string }
  | { readonly type: "other"; readonly step: OtherStep<Mechanism> };

/** How an exchange goes. */
export interface ClientExchangeOptions {
  /**
   * The longest AUTH command in octets with CRLF: with a longer one the initial response answers an empty challenge.
   */
  readonly maxCommandLine: number;
  /** Never sends an initial response with AUTH. */
  readonly twoStep: boolean;
  /** Takes a first challenge that is not base64 as empty, if an initial response waits for it. */
  readonly challengeNotBase64: boolean;
  /** Leaves out what stands after a space in a challenge. */
  readonly textBehindChallenge: boolean;
}

/** How far an exchange has come, as plain data. */
export interface ClientProgress {
  /** Whether AUTH was sent. */
  begun: boolean;
  /** An initial response that waits for the first, empty, challenge. */
  held: Uint8Array | null;
  /** Why the exchange was broken off from this side, or null. */
  failure: string | null;
  /** Whether the mechanism was told that the exchange has failed. */
  aborted: boolean;
}

/** The client's side of one AUTH exchange: from a mechanism's messages to lines and back (RFC 4954 §4, RFC 5034 §4). */
export class ClientExchange<Mechanism extends SaslClient> {
  readonly mechanism: Mechanism;
  readonly #options: ClientExchangeOptions;
  readonly #progress: ClientProgress;

  /** @param progress of an exchange that goes on here @throws TypeError for what is no mechanism */
  constructor(
    mechanism: Mechanism,
    options: ClientExchangeOptions,
    progress: ClientProgress = { begun: false, held: null, failure: null, aborted: false },
  ) {
    checkMechanism(mechanism, ["start", "next", "finish", "abort"]);
    this.mechanism = mechanism;
    this.#options = options;
    this.#progress = progress;
  }

  /** Why the exchange was broken off from this side, or null. */
  get failure(): string | null {
    return this.#progress.failure;
  }

  /** What the constructor takes besides the mechanism. */
  snapshot(): readonly [ClientExchangeOptions, ClientProgress] {
    return [this.#options, this.#progress];
  }

  start(): ClientExchangeStep<Mechanism> {
    return this.take(this.mechanism.start());
  }

  /**
   * Takes the text of a 334 reply or `+` response: a challenge in base64. The server waits: what is thrown cancels the
   * exchange.
   */
  challenge(text: string): ClientExchangeStep<Mechanism> {
    try {
      return this.#challenge(text);
    } catch (error) {
      return this.cancel(THREW, { error });
    }
  }

  /** Breaks an exchange off that the server was told of. @param thrown why */
  cancel(text: string, thrown?: Thrown): ClientExchangeStep<Mechanism> {
    this.#progress.failure = text;
    const aborting = this.abort();
    return { ...line("*"), thrown: thrown ?? aborting };
  }

  /** Tells the mechanism, once, that the exchange has failed. What it throws is given back. */
  abort(): Thrown | undefined {
    if (this.#progress.aborted) return undefined;
    this.#progress.aborted = true;
    return abortMechanism(this.mechanism);
  }

  /**
   * Takes the mechanism's next step, from the mechanism or from the application.
   *
   * @throws TypeError for what is no step
   */
  take(step: SaslClientStep | SaslOtherStep): ClientExchangeStep<Mechanism> {
    checkStep(step);
    if (!isClientStep(step)) return { type: "other", step: step as OtherStep<Mechanism> };
    if (step.type === "failure") {
      this.#progress.failure = step.text;
      return this.#progress.begun ? line("*") : { type: "failure", text: step.text };
    }
    return this.#progress.begun ? line(encodeBase64(step.bytes ?? new Uint8Array(0))) : this.#begin(step.bytes);
  }

  /**
   * The server reports success. What the mechanism throws says that it does not agree; if the exchange has failed, it
   * is told so.
   */
  finish(): SaslClientOutcome & { readonly thrown?: Thrown | undefined } {
    const outcome = this.#outcome();
    if (outcome.type === "success") return outcome;
    const aborting = this.abort();
    return { ...outcome, thrown: outcome.thrown ?? aborting };
  }

  #outcome(): SaslClientOutcome & { readonly thrown?: Thrown } {
    if (this.#progress.failure !== null) return { type: "failure", text: this.#progress.failure };
    if (this.#progress.held !== null) return { type: "failure", text: "success before the response was sent" };
    try {
      return checkOutcome(this.mechanism.finish());
    } catch (error) {
      return { type: "failure", text: THREW, thrown: { error } };
    }
  }

  #challenge(text: string): ClientExchangeStep<Mechanism> {
    const challenge =
      decodeBase64(text) ?? (this.#options.textBehindChallenge ? decodeBase64(text.split(" ", 1)[0]!) : null);
    if (this.#progress.held === null) {
      return challenge === null
        ? this.cancel("a challenge that is not base64")
        : this.take(this.mechanism.next(challenge));
    }
    const response = this.#progress.held;
    this.#progress.held = null;
    if (challenge === null ? this.#options.challengeNotBase64 : challenge.length === 0) {
      return line(encodeBase64(response));
    }
    return this.cancel("a challenge that is not empty, to a mechanism that speaks first");
  }

  #begin(initialResponse: Uint8Array | null): ClientExchangeStep<Mechanism> {
    this.#progress.begun = true;
    const command = `AUTH ${this.mechanism.name.toUpperCase()}`;
    if (initialResponse === null) return line(command);
    const whole = `${command} ${initialResponse.length === 0 ? "=" : encodeBase64(initialResponse)}`;
    if (!this.#options.twoStep && whole.length + 2 <= this.#options.maxCommandLine) return line(whole);
    this.#progress.held = initialResponse;
    return line(command);
  }
}

function line(text: string): { readonly type: "line"; readonly text: string } {
  return { type: "line", text: `${text}\r\n` };
}

function isClientStep(step: SaslClientStep | SaslOtherStep): step is SaslClientStep {
  return step.type === "response" || step.type === "failure";
}
