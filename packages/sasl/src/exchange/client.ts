import { failure } from "../failure.ts";
import type { ClientOutcome, ClientStep, MechanismTraits, SaslClient } from "../mechanism.ts";
import { plainOctets } from "../octets.ts";
import { StateError } from "../state-error.ts";
import { type ExchangeOptions, messageLimit } from "./limit.ts";

/** What a mechanism adds to an exchange: no state and no guard, which are kept here. */
export interface ClientScript {
  readonly name: string;
  readonly traits: MechanismTraits;
  start(): ClientStep;
  /** @param turn how many challenges came before this one */
  next(challenge: Uint8Array<ArrayBuffer>, turn: number): ClientStep;
  /** Whether the server may report success after so many challenges. */
  isComplete(turns: number): boolean;
  /** Overwrites what secrets the script keeps as octets. */
  wipe(): void;
}

/** One exchange: calls in order, limits, and an end after which nothing is left of the script. */
class ClientExchange implements SaslClient {
  readonly name: string;
  readonly traits: MechanismTraits;
  readonly #limit: number;
  #script: ClientScript | null;
  #started = false;
  #turns = 0;

  constructor(script: ClientScript, limit: number) {
    this.name = script.name;
    this.traits = script.traits;
    this.#limit = limit;
    this.#script = script;
  }

  start(): ClientStep {
    const script = this.#during("start()", false);
    const step = script.start();
    this.#started = true;
    return this.#enter(step);
  }

  next(challenge: Uint8Array): ClientStep {
    const script = this.#during("next()", true);
    const octets = plainOctets("challenge", challenge);
    const step = octets.length > this.#limit ? failure("message-too-long") : script.next(octets, this.#turns);
    this.#turns += 1;
    return this.#enter(step);
  }

  finish(): ClientOutcome {
    const isComplete = this.#during("finish()", true).isComplete(this.#turns);
    this.abort();
    return isComplete ? { type: "success", serverProved: this.traits.provesServer } : failure("incomplete");
  }

  abort(): void {
    this.#script?.wipe();
    this.#script = null;
  }

  #enter(step: ClientStep): ClientStep {
    if (step.type === "failure") this.abort();
    return step;
  }

  #during(call: string, started: boolean): ClientScript {
    if (this.#script === null) throw new StateError(call, "after the end of the exchange", "abort()");
    if (this.#started === started) return this.#script;
    throw this.#started
      ? new StateError(call, "in a started exchange", "next(), finish(), abort()")
      : new StateError(call, "before the start of the exchange", "start(), abort()");
  }
}

export function clientExchange(script: ClientScript, options: ExchangeOptions): SaslClient {
  return new ClientExchange(script, messageLimit(options));
}
