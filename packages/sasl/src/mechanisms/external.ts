import { checkOptions } from "../check.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { oneMessageClient } from "../exchange/one-message.ts";
import { ServerExchange } from "../exchange/server.ts";
import { challenge, readText } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { SaslClient, SaslServer, ServerStep } from "../mechanism.ts";
import { checkOptional, checkText } from "../text/text.ts";
import { type Described, describe } from "../traits.ts";
import { encodeUtf8 } from "../web.ts";

export const external: Described = /* @__PURE__ */ describe("EXTERNAL", { carriesAuthorizationIdentity: true });

/** Options of {@link externalClient}. */
export interface ExternalClientOptions extends ExchangeOptions {
  /** Whom to act as. Default, and if empty: whom the server takes the external credentials for. */
  readonly authorizationIdentity?: string;
}

/**
 * EXTERNAL, client (RFC 4422 Appendix A): asks the server to believe credentials that it has from elsewhere, for
 * example from a client's certificate in the TLS handshake. With no authorization identity the message is empty, which
 * a protocol has to tell from no message.
 *
 * ```abnf
 * external = [ utf8-char-no-nul *( utf8-char-no-nul ) ]   ; RFC 4422 A.1, in sum
 * ```
 *
 * @throws TypeError, RangeError if the authorization identity is not acceptable: with NUL, or with an unpaired
 *   surrogate
 */
export function externalClient(options: ExternalClientOptions = {}): SaslClient {
  const { authorizationIdentity } = checkOptions(options, ["authorizationIdentity", "maxMessageLength"]);
  const message = encodeUtf8(checkOptional("authorizationIdentity", authorizationIdentity));
  return oneMessageClient(external, message, options);
}

/** Options of {@link externalServer}. */
export interface ExternalServerOptions extends ExchangeOptions {
  /**
   * Who the client is by its external credentials, for example the subject of a certificate that was verified. Null: it
   * has none, and the exchange fails.
   */
  readonly authenticationIdentity: string | null;
}

/**
 * EXTERNAL, server (RFC 4422 Appendix A). The application answers "authorize": may these credentials act as whom the
 * client names, or, if it names nobody, whom do they stand for? `accept()` takes that name.
 *
 * @throws TypeError, RangeError if the authentication identity is not acceptable
 */
export function externalServer(options: ExternalServerOptions): SaslServer {
  const { authenticationIdentity } = checkOptions(options, ["authenticationIdentity", "maxMessageLength"]);
  if (authenticationIdentity !== null) checkText("authenticationIdentity", authenticationIdentity);

  const read = (text: string): ServerStep => {
    if (authenticationIdentity === null) return failure("no-credentials");
    if (text.includes("\0")) return failure("malformed-message");
    return { type: "authorize", authenticationIdentity, authorizationIdentity: text || null };
  };
  const next = (message: Uint8Array): ServerStep => readText(message, read);
  // Without credentials the client need not be asked.
  const start = (message: Uint8Array | null): ServerStep =>
    message === null && authenticationIdentity !== null ? challenge("") : next(message ?? new Uint8Array(0));
  return new ServerExchange(external, { start, next }, options);
}
