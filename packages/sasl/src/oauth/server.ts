import { demandType } from "../check.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { type Accepted, authorizeOther, ServerExchange, success } from "../exchange/server.ts";
import { challenge, readText } from "../exchange/steps.ts";
import { type FailureReason, failure } from "../failure.ts";
import type { SaslServer, ServerStep } from "../mechanism.ts";
import type { Described } from "../traits.ts";

/**
 * One message, then the question whose token it is, and where the client names somebody else, whether the owner may act
 * as that one; a refusal is sent as a challenge, and whatever answers it, the exchange fails (RFC 7628 §3.2.3).
 *
 * @param read gives a question, a failure, or null: there is no token, and the client asks for the error document
 * @param refusal the error document; what is undefined is left out of it
 */
export function oauthServer(
  described: Described,
  read: (text: string) => ServerStep | null,
  refusal: (reason: FailureReason) => Readonly<Record<string, string | undefined>>,
  options: ExchangeOptions,
): SaslServer {
  let refused: FailureReason | null = null;
  /** Whom the client has named, if anybody: XOAUTH2 names one. */
  let named: string | null = null;
  let isOwnerKnown = false;
  const refuse = (reason: FailureReason): ServerStep => {
    refused = reason;
    return challenge(JSON.stringify(refusal(reason)));
  };
  const ask = (text: string): ServerStep => {
    const step = read(text);
    if (step?.type === "verify-token") named = step.authorizationIdentity ?? step.authenticationIdentity;
    return step ?? refuse("no-credentials");
  };
  const next = (message: Uint8Array): ServerStep => (refused === null ? readText(message, ask) : failure(refused));
  const accept = (accepted: Accepted, owner: string | undefined): ServerStep => {
    if (isOwnerKnown) return success(accepted);
    // Whom the client has named need not be whose token it has.
    demandType("authenticationIdentity", owner);
    isOwnerKnown = true;
    return authorizeOther({ ...accepted, authorizationIdentity: named });
  };
  return new ServerExchange(described, { next, accept, reject: refuse }, options);
}

/**
 * A token in an HTTP authorization header's form: `Bearer`, in any case, space, token (RFC 6750 §2.1). Null: another.
 */
export function readBearer(authorization: string): string | null {
  return /^Bearer +([!-~]+)$/i.exec(authorization)?.[1] ?? null;
}
