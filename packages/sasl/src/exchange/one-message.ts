import { failure } from "../failure.ts";
import type { ClientStep, SaslClient } from "../mechanism.ts";
import type { Described } from "../traits.ts";
import { ClientExchange, type ClientScript } from "./client.ts";
import type { ExchangeOptions } from "./limit.ts";
import { response } from "./steps.ts";

/** The script of a mechanism that has one message. A class, since one object is made faster than four functions. */
export class OneMessage implements ClientScript {
  readonly #message: Uint8Array<ArrayBuffer>;

  constructor(message: Uint8Array<ArrayBuffer>) {
    this.#message = message;
  }

  start(): ClientStep {
    return response(this.#message.slice());
  }

  next(challenge: Uint8Array, turn: number): ClientStep {
    // An empty challenge says that the initial response could not be carried (RFC 4422 §3): once.
    return turn === 0 && challenge.length === 0 ? this.start() : failure("unexpected-challenge");
  }

  isComplete(): boolean {
    return true;
  }

  wipe(): void {
    this.#message.fill(0);
  }
}

/** The client of a mechanism that has one message and no challenge. The message is overwritten at the end. */
export function oneMessageClient(
  described: Described,
  message: Uint8Array<ArrayBuffer>,
  options: ExchangeOptions,
): SaslClient {
  return new ClientExchange(described, new OneMessage(message), options);
}
