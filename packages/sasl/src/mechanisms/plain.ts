import { checkOptions } from "../check.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { oneMessageClient } from "../exchange/one-message.ts";
import { ServerExchange } from "../exchange/server.ts";
import { readText, verify } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { SaslClient, SaslServer, ServerStep } from "../mechanism.ts";
import { checkOptional, type PrepareOption, prepareOwn } from "../text/text.ts";
import { type Described, describe } from "../traits.ts";
import { encodeUtf8 } from "../web.ts";

export const plain: Described = /* @__PURE__ */ describe("PLAIN", {
  carriesAuthorizationIdentity: true,
  revealsPassword: true,
});

/** Options of {@link plainClient}. */
export interface PlainClientOptions extends ExchangeOptions, PrepareOption {
  readonly authenticationIdentity: string;
  /** Whom to act as. Default, and if empty: as oneself. */
  readonly authorizationIdentity?: string;
  readonly password: string;
}

/**
 * PLAIN, client (RFC 4616 §2). The server prepares the strings, so none is prepared here unless `prepare` is given.
 *
 * ```abnf
 * message = [authzid] UTF8NUL authcid UTF8NUL passwd
 * ```
 *
 * @throws TypeError, RangeError if an option is not acceptable: empty, with NUL, or with an unpaired surrogate
 */
export function plainClient(options: PlainClientOptions): SaslClient {
  const { prepare } = checkOptions(options, [
    "authenticationIdentity",
    "password",
    "authorizationIdentity",
    "prepare",
    "maxMessageLength",
  ]);
  const authorizationIdentity = checkOptional("authorizationIdentity", options.authorizationIdentity);
  const authenticationIdentity = prepareOwn("authenticationIdentity", options.authenticationIdentity, prepare);
  const password = prepareOwn("password", options.password, prepare);
  return oneMessageClient(
    plain,
    encodeUtf8(`${authorizationIdentity}\0${authenticationIdentity}\0${password}`),
    options,
  );
}

/** Options of {@link plainServer}. */
export interface PlainServerOptions extends ExchangeOptions, PrepareOption {}

/**
 * PLAIN, server (RFC 4616 §2). The application answers "verify": whether the password is good and whether it entitles
 * to the authorization identity are one decision.
 */
export function plainServer(options: PlainServerOptions = {}): SaslServer {
  const { prepare } = checkOptions(options, ["prepare", "maxMessageLength"]);
  const read = (text: string): ServerStep => {
    const first = text.indexOf("\0");
    const second = text.indexOf("\0", first + 1);
    const authenticationIdentity = text.slice(first + 1, second);
    const password = text.slice(second + 1);
    if (second < 0 || authenticationIdentity === "" || password === "" || password.includes("\0"))
      return failure("malformed-message");
    return verify({ authenticationIdentity, authorizationIdentity: text.slice(0, first) || null, password }, prepare);
  };
  return new ServerExchange(plain, { next: (message) => readText(message, read) }, options);
}
