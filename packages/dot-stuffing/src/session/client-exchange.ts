import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { OtherStep, SaslClient, SaslClientOutcome, SaslClientStep, SaslOtherStep } from "./sasl.ts";

/** What a client's side of an exchange comes to after one step. */
export type ClientExchangeStep<Mechanism extends SaslClient> =
  | { readonly type: "line"; readonly text: string }
  /** The mechanism gave up before anything was sent. */
  | { readonly type: "failure"; readonly text: string }
  | { readonly type: "other"; readonly step: OtherStep<Mechanism> };

/** How an exchange goes. */
export interface ClientExchangeOptions {
  /** The longest AUTH command in octets with CRLF: with a longer one the initial response answers an empty challenge. */
  readonly maxCommandLine: number;
  /** Never sends an initial response with AUTH. */
  readonly twoStep: boolean;
  /** Takes a first challenge that is not base64 as empty, if an initial response waits for it. */
  readonly challengeNotBase64: boolean;
  /** Leaves out what stands behind a space in a challenge. */
  readonly textBehindChallenge: boolean;
}

/** The client's side of one AUTH exchange: from a mechanism's messages to lines and back (RFC 4954 §4, RFC 5034 §4). */
export class ClientExchange<Mechanism extends SaslClient> {
  readonly mechanism: Mechanism;
  readonly #options: ClientExchangeOptions;
  #begun = false;
  #held: Uint8Array | null = null; // an initial response that waits for the first, empty, challenge
  #failure: string | null = null;

  constructor(mechanism: Mechanism, options: ClientExchangeOptions) {
    this.mechanism = mechanism;
    this.#options = options;
  }

  /** Why the exchange was broken off from this side, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  start(): ClientExchangeStep<Mechanism> {
    return this.take(this.mechanism.start());
  }

  /** Takes the text of a 334 reply or `+` response: a challenge in base64. */
  challenge(text: string): ClientExchangeStep<Mechanism> {
    const challenge =
      decodeBase64(text) ?? (this.#options.textBehindChallenge ? decodeBase64(text.split(" ", 1)[0]!) : null);
    if (this.#held === null) {
      return challenge === null
        ? this.#cancel("a challenge that is not base64")
        : this.take(this.mechanism.next(challenge));
    }
    const response = this.#held;
    this.#held = null;
    const whole = decodeBase64(text);
    if (whole === null ? this.#options.challengeNotBase64 : whole.length === 0) return line(encodeBase64(response));
    return this.#cancel("a challenge that is not empty, to a mechanism that speaks first");
  }

  /** Takes the mechanism's next step, from the mechanism or from the application. */
  take(step: SaslClientStep | SaslOtherStep): ClientExchangeStep<Mechanism> {
    if (!isClientStep(step)) return { type: "other", step: step as OtherStep<Mechanism> };
    if (step.type === "failure") {
      this.#failure = step.text;
      return this.#begun ? line("*") : { type: "failure", text: step.text };
    }
    return this.#begun ? line(encodeBase64(step.bytes ?? new Uint8Array(0))) : this.#begin(step.bytes);
  }

  /** The server reports success. */
  finish(): SaslClientOutcome {
    if (this.#failure !== null) return { type: "failure", text: this.#failure };
    if (this.#held !== null) return { type: "failure", text: "success before the response was sent" };
    return this.mechanism.finish();
  }

  #begin(initialResponse: Uint8Array | null): ClientExchangeStep<Mechanism> {
    this.#begun = true;
    const command = `AUTH ${this.mechanism.name.toUpperCase()}`;
    if (initialResponse === null) return line(command);
    const whole = `${command} ${initialResponse.length === 0 ? "=" : encodeBase64(initialResponse)}`;
    if (!this.#options.twoStep && whole.length + 2 <= this.#options.maxCommandLine) return line(whole);
    this.#held = initialResponse;
    return line(command);
  }

  #cancel(text: string): ClientExchangeStep<Mechanism> {
    this.#failure = text;
    this.mechanism.abort();
    return line("*");
  }
}

function line<Mechanism extends SaslClient>(text: string): ClientExchangeStep<Mechanism> {
  return { type: "line", text: `${text}\r\n` };
}

function isClientStep(step: SaslClientStep | SaslOtherStep): step is SaslClientStep {
  return step.type === "response" || step.type === "failure";
}
