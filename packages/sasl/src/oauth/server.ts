import type { ExchangeOptions } from "../exchange/limit.ts";
import { serverExchange } from "../exchange/server.ts";
import { challenge } from "../exchange/steps.ts";
import { type FailureReason, failure, type Rejection } from "../failure.ts";
import type { MechanismTraits, SaslServer, ServerStep } from "../mechanism.ts";

/** What tells one mechanism with a token from another. */
export interface OauthServerScript {
  readonly name: string;
  readonly traits: MechanismTraits;
  /** A question, a failure, or null: there is no token, and the client asks for the error document. */
  read(message: Uint8Array): ServerStep | null;
  /** The error document; what is undefined is left out of it. */
  refusal(reason: Rejection): Readonly<Record<string, string | undefined>>;
}

/**
 * One message, then a question; a refusal is sent as a challenge, and whatever answers it, the exchange fails (RFC 7628
 * §3.2.3).
 */
export function oauthServer({ name, traits, read, refusal }: OauthServerScript, options: ExchangeOptions): SaslServer {
  let refused: FailureReason | null = null;
  const refuse = (reason: FailureReason, document: Rejection): ServerStep => {
    refused = reason;
    return challenge(JSON.stringify(refusal(document)));
  };
  const next = (message: Uint8Array): ServerStep =>
    refused === null ? (read(message) ?? refuse("no-credentials", "wrong-credentials")) : failure(refused);
  return serverExchange(
    {
      name,
      traits,
      start: (message) => (message === null ? challenge("") : next(message)),
      next,
      reject: (reason) => refuse(reason, reason),
      wipe: () => {},
    },
    options,
  );
}

/** A token in an HTTP authorization header's form: `Bearer`, in any case, space, token (RFC 6750 §2.1). Null: another. */
export function readBearer(authorization: string): string | null {
  return /^Bearer +([!-~]+)$/i.exec(authorization)?.[1] ?? null;
}
