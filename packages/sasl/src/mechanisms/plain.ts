import type { ExchangeOptions } from "../exchange/limit.ts";
import { oneMessageClient } from "../exchange/one-message.ts";
import { serverExchange } from "../exchange/server.ts";
import { challenge, verify } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { MechanismTraits, SaslClient, SaslServer, ServerStep } from "../mechanism.ts";
import { checkText, type PrepareOption, prepareOwn } from "../text/text.ts";
import { decodeUtf8, encodeUtf8 } from "../web.ts";

const name = "PLAIN";
const traits: MechanismTraits = {
  speaksFirst: "client",
  sendsFinalData: false,
  carriesAuthorizationIdentity: true,
  revealsPassword: true,
  provesServer: false,
  bindsChannel: false,
  negotiatesSecurityLayer: false,
};

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
  const { authorizationIdentity = "" } = options;
  if (authorizationIdentity !== "") checkText("authorizationIdentity", authorizationIdentity);
  const authenticationIdentity = prepareOwn("authenticationIdentity", options.authenticationIdentity, options.prepare);
  const password = prepareOwn("password", options.password, options.prepare);
  const message = encodeUtf8(`${authorizationIdentity}\0${authenticationIdentity}\0${password}`);
  return oneMessageClient(name, traits, message, options);
}

/** Options of {@link plainServer}. */
export interface PlainServerOptions extends ExchangeOptions, PrepareOption {}

/**
 * PLAIN, server (RFC 4616 §2). The application answers "verify": whether the password is good and whether it entitles
 * to the authorization identity are one decision.
 */
export function plainServer(options: PlainServerOptions = {}): SaslServer {
  const read = (message: Uint8Array): ServerStep => {
    const text = decodeUtf8(message);
    if (text === null) return failure("invalid-utf8");
    const [authorizationIdentity, authenticationIdentity, password, ...rest] = text.split("\0", 4);
    if (!authenticationIdentity || !password || rest.length > 0) return failure("malformed-message");
    const sent = { authenticationIdentity, authorizationIdentity: authorizationIdentity || null, password };
    return verify(sent, options.prepare);
  };
  return serverExchange(
    { name, traits, start: (bytes) => (bytes === null ? challenge("") : read(bytes)), next: read, wipe: () => {} },
    options,
  );
}
