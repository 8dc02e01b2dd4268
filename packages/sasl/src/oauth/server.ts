import type { ExchangeOptions } from "../exchange/limit.ts";
import { serverExchange } from "../exchange/server.ts";
import { challenge, readText } from "../exchange/steps.ts";
import { type FailureReason, failure, type Rejection } from "../failure.ts";
import type { SaslServer, ServerStep } from "../mechanism.ts";
import type { Described } from "../traits.ts";

/**
 * One message, then a question; a refusal is sent as a challenge, and whatever answers it, the exchange fails (RFC 7628
 * §3.2.3).
 *
 * @param read gives a question, a failure, or null: there is no token, and the client asks for the error document
 * @param refusal the error document; what is undefined is left out of it
 */
export function oauthServer(
  described: Described,
  read: (text: string) => ServerStep | null,
  refusal: (reason: Rejection) => Readonly<Record<string, string | undefined>>,
  options: ExchangeOptions,
): SaslServer {
  let refused: FailureReason | null = null;
  const refuse = (reason: FailureReason, document: Rejection): ServerStep => {
    refused = reason;
    return challenge(JSON.stringify(refusal(document)));
  };
  const next = (message: Uint8Array): ServerStep =>
    refused === null
      ? readText(message, (text) => read(text) ?? refuse("no-credentials", "wrong-credentials"))
      : failure(refused);
  return serverExchange(described, { next, reject: (reason) => refuse(reason, reason) }, options);
}

/** A token in an HTTP authorization header's form: `Bearer`, in any case, space, token (RFC 6750 §2.1). Null: another. */
export function readBearer(authorization: string): string | null {
  return /^Bearer +([!-~]+)$/i.exec(authorization)?.[1] ?? null;
}
