import type { ExchangeOptions } from "../exchange/limit.ts";
import { verifyToken } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { MechanismTraits, SaslServer, ServerStep } from "../mechanism.ts";
import { checkToken, type OauthClient, oauthClient } from "../oauth/client.ts";
import { oauthServer, readBearer } from "../oauth/server.ts";
import { type PrepareOption, prepareOwn, preparePeers } from "../text/text.ts";
import { decodeUtf8, encodeUtf8 } from "../web.ts";

const name = "XOAUTH2";
const traits: MechanismTraits = {
  speaksFirst: "client",
  sendsFinalData: false,
  carriesAuthorizationIdentity: false,
  revealsPassword: true,
  provesServer: false,
  bindsChannel: false,
  negotiatesSecurityLayer: false,
};

/** Options of {@link xoauth2Client}. */
export interface Xoauth2ClientOptions extends ExchangeOptions, PrepareOption {
  /** The account, mostly a mail address. */
  readonly authenticationIdentity: string;
  /** An OAuth 2.0 bearer token. */
  readonly token: string;
}

/**
 * XOAUTH2, client, for connections under TLS only, as Google
 * (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol) and Microsoft describe it. OAUTHBEARER is its
 * standard. If the server refuses the token, `refusal` says why; the exchange then fails, after an empty response that
 * lets the server say so.
 *
 * ```abnf
 * message = "user=" user %x01 "auth=Bearer " token %x01 %x01
 * ```
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function xoauth2Client(options: Xoauth2ClientOptions): OauthClient {
  const user = prepareOwn("authenticationIdentity", options.authenticationIdentity, options.prepare);
  if (/[\x01\r\n]/.test(user)) throw new RangeError('"authenticationIdentity" expected no CR, LF or %x01');
  const message = encodeUtf8(`user=${user}\x01auth=Bearer ${checkToken(options.token)}\x01\x01`);
  return oauthClient({ name, traits, message, answer: new Uint8Array(0) }, options);
}

/** Options of {@link xoauth2Server}. */
export interface Xoauth2ServerOptions extends ExchangeOptions, PrepareOption {
  /** The scope that a token needs, for the error document. Default: left out. */
  readonly scope?: string;
}

/**
 * XOAUTH2, server. The application answers "verify-token". A refusal goes to the client as a document with the status
 * 401 before the exchange fails.
 */
export function xoauth2Server(options: Xoauth2ServerOptions = {}): SaslServer {
  const { scope, prepare } = options;
  const read = (message: Uint8Array): ServerStep => {
    const text = decodeUtf8(message);
    if (text === null) return failure("invalid-utf8");
    const [, user, authorization] = MESSAGE.exec(text) ?? [];
    const token = readBearer(authorization ?? "");
    if (user === undefined || token === null) return failure("malformed-message");
    const authenticationIdentity = preparePeers(user, prepare);
    if (authenticationIdentity === null) return failure("preparation-failed");
    return verifyToken({ authenticationIdentity, authorizationIdentity: null, host: null, port: null, token });
  };
  return oauthServer({ name, traits, read, refusal: () => ({ status: "401", schemes: "bearer", scope }) }, options);
}

const MESSAGE = /^user=([^\0\x01\r\n]+)\x01auth=([^\x01]+)\x01\x01$/;
