import { type Failure, failure } from "../failure.ts";
import type { ClientOutcome, ClientStep, MechanismTraits, SaslClient } from "../mechanism.ts";
import { plainOctets } from "../octets.ts";
import { demandLegal } from "../state-error.ts";
import type { Described } from "../traits.ts";
import { type ExchangeOptions, messageLimit } from "./limit.ts";

/** What a mechanism adds to an exchange: order of calls and limits are kept here. */
export interface ClientScript<OtherStep = never> {
  start(): ClientStep;
  /** @param turn how many challenges came before this one */
  next(challenge: Uint8Array<ArrayBuffer>, turn: number): ClientStep | OtherStep;
  /** Whether the server may report success after so many challenges. */
  isComplete(turns: number): boolean;
  /** Overwrites what secrets the script keeps as octets. */
  wipe(): void;
}

type State = "new" | "started" | "asking" | "ended";

/** Which calls are legal besides `abort()`. Comparisons, which are faster than a look-up by the state's name. */
function legalIn(state: State): readonly string[] {
  if (state === "new") return ["start()"];
  if (state === "started") return ["next()", "finish()"];
  return state === "asking" ? ["provide()", "finish()"] : [];
}

/** One exchange: calls in order, limits, and an end after which nothing is left of the script. */
export class ClientExchange<OtherStep extends { readonly type: string } = never> implements SaslClient<OtherStep> {
  readonly name: string;
  readonly traits: MechanismTraits;
  readonly #limit: number;
  /** Null once the exchange is over. */
  #script: ClientScript<OtherStep> | null;
  #state: State = "new";
  #turns = 0;
  #failure: Failure | null = null;

  constructor({ name, traits }: Described, script: ClientScript<OtherStep>, options: ExchangeOptions) {
    this.#limit = messageLimit(options);
    this.name = name;
    this.traits = traits;
    this.#script = script;
  }

  start(): ClientStep | OtherStep {
    return this.#enter(this.#during("start()").start());
  }

  next(challenge: Uint8Array): ClientStep | OtherStep {
    const script = this.#during("next()");
    const octets = plainOctets("challenge", challenge);
    const step = octets.length > this.#limit ? failure("message-too-long") : script.next(octets, this.#turns);
    this.#turns += 1;
    return this.#enter(step);
  }

  finish(): ClientOutcome {
    const failed = this.#failure;
    const isComplete = failed === null && this.#during("finish()").isComplete(this.#turns);
    this.abort();
    return isComplete ? { type: "success", serverProved: this.traits.provesServer } : (failed ?? failure("incomplete"));
  }

  abort(): void {
    this.#script?.wipe();
    this.#script = null;
    this.#failure = null;
    this.#state = "ended";
  }

  /** Goes on with what the caller's answer to an `OtherStep` came to. */
  protected resume(answer: () => ClientStep): ClientStep {
    this.#during("provide()");
    return this.#enter(answer());
  }

  #enter<Step extends ClientStep | OtherStep>(step: Step): Step {
    if (step.type === "failure") {
      this.abort();
      // The other steps of a mechanism are no failures.
      this.#failure = step as Failure;
    } else this.#state = step.type === "response" ? "started" : "asking";
    return step;
  }

  #during(call: string): ClientScript<OtherStep> {
    demandLegal(call, this.#state, legalIn(this.#state));
    return this.#script!;
  }
}
