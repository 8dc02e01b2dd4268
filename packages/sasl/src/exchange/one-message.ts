import { failure } from "../failure.ts";
import type { MechanismTraits, SaslClient } from "../mechanism.ts";
import { clientExchange } from "./client.ts";
import type { ExchangeOptions } from "./limit.ts";
import { response } from "./steps.ts";

/** The client of a mechanism that has one message and no challenge. The message is overwritten at the end. */
export function oneMessageClient(
  name: string,
  traits: MechanismTraits,
  message: Uint8Array<ArrayBuffer>,
  options: ExchangeOptions,
): SaslClient {
  const send = () => response(message.slice());
  return clientExchange(
    {
      name,
      traits,
      start: send,
      // An empty challenge says that the initial response could not be carried (RFC 4422 §3): once.
      next: (challenge, turn) => (turn === 0 && challenge.length === 0 ? send() : failure("unexpected-challenge")),
      isComplete: () => true,
      wipe: () => void message.fill(0),
    },
    options,
  );
}
