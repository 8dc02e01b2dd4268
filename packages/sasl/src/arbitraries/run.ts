import type { ClientOutcome, Failure, SaslServer, ServerStep, SuccessStep } from "../index.ts";
import type { Exchange } from "./exchanges.ts";

/** A message as it arrived. */
export interface Message {
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
}

/** How an exchange ended. Null: that side has not come to an end, because the other one failed. */
export interface ExchangeEnd {
  readonly client: ClientOutcome | null;
  readonly server: SuccessStep | Failure | null;
  /** An initial response that is absent is not among them; the data of a success is. */
  readonly messages: readonly Message[];
}

/**
 * Leads an exchange to its end, the application's answers included.
 *
 * @param tamper what becomes of a message on its way
 * @param carriesInitialResponse whether the protocol can; if not, the initial response answers an empty challenge
 */
export function runExchange(
  exchange: Exchange,
  tamper: (bytes: Uint8Array, index: number) => Uint8Array = (bytes) => bytes,
  carriesInitialResponse = true,
): ExchangeEnd {
  const client = exchange.client();
  const server = exchange.server();
  const messages: Message[] = [];
  const carry = (from: Message["from"], bytes: Uint8Array): Uint8Array => {
    const arrived = tamper(bytes, messages.length);
    messages.push({ from, bytes: arrived });
    return arrived;
  };

  let said = client.start();
  // A protocol that cannot carry the initial response keeps it, for the server's empty challenge.
  let kept = !carriesInitialResponse && said.type === "response" ? said : null;
  let asked: ServerStep | null = null;
  for (;;) {
    if (said.type === "failure") return { client: said, server: null, messages };
    const isCarried = said.bytes !== null && (asked !== null || carriesInitialResponse);
    asked = decided(exchange, server, server.next(isCarried ? carry("client", said.bytes!) : null));
    if (asked.type === "failure") return { client: null, server: asked, messages };
    if (asked.type === "success") break;
    const challenge = carry("server", asked.bytes);
    said = kept?.bytes && challenge.length === 0 ? kept : client.next(challenge);
    kept = null;
  }
  const last = asked.data === null ? null : client.next(carry("server", asked.data));
  return { client: last?.type === "failure" ? last : client.finish(), server: asked, messages };
}

type Decided = Extract<ServerStep, { type: "challenge" | "success" | "failure" }>;

function decided(exchange: Exchange, server: SaslServer, step: ServerStep): Decided {
  let next = step;
  while (next.type !== "challenge" && next.type !== "success" && next.type !== "failure")
    next = exchange.answer(server, next);
  return next;
}
