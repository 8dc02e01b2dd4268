import { checkOptions, demandStrings } from "../check.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { verifyToken } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { SaslServer, ServerStep } from "../mechanism.ts";
import { checkAccount, checkToken, type OauthClient, oauthClient } from "../oauth/client.ts";
import { oauthServer, readBearer } from "../oauth/server.ts";
import { type PrepareOption, preparePeers } from "../text/text.ts";
import { type Described, describe } from "../traits.ts";
import { encodeUtf8 } from "../web.ts";

export const xoauth2: Described = /* @__PURE__ */ describe("XOAUTH2", { revealsPassword: true });

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
 * lets the server say so. A first challenge that is empty refuses nothing: it asks for the message, as Exchange Online
 * and Gmail do over POP3.
 *
 * ```abnf
 * message = "user=" user %x01 "auth=Bearer " token %x01 %x01
 * ```
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function xoauth2Client(options: Xoauth2ClientOptions): OauthClient {
  const { prepare } = checkOptions(options, ["authenticationIdentity", "token", "prepare", "maxMessageLength"]);
  const user = checkAccount(options.authenticationIdentity, prepare);
  const message = encodeUtf8(`user=${user}\x01auth=Bearer ${checkToken(options.token)}\x01\x01`);
  return oauthClient(xoauth2, message, new Uint8Array(0), options);
}

/** Options of {@link xoauth2Server}. */
export interface Xoauth2ServerOptions extends ExchangeOptions, PrepareOption {
  /** The scope that a token needs, for the error document. Default: left out. */
  readonly scope?: string;
}

/**
 * XOAUTH2, server. The application answers "verify-token" with `accept(owner)`. Where the token's owner is somebody
 * else than the client has named, "authorize" is asked then. A refusal of either goes to the client as a document with
 * the status 401 before the exchange fails.
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function xoauth2Server(options: Xoauth2ServerOptions = {}): SaslServer {
  const { scope, prepare } = checkOptions(options, ["scope", "prepare", "maxMessageLength"]);
  demandStrings({ scope });
  const read = (text: string): ServerStep => {
    const found = MESSAGE.exec(text);
    const token = found && readBearer(found[2]!);
    if (token === null) return failure("malformed-message");
    const authenticationIdentity = preparePeers(found![1]!, prepare);
    if (authenticationIdentity === null) return failure("preparation-failed");
    return verifyToken({ authenticationIdentity, authorizationIdentity: null, host: null, port: null, token });
  };
  return oauthServer(xoauth2, read, () => ({ status: "401", schemes: "bearer", scope }), options);
}

const MESSAGE = /^user=([^\0\x01\r\n]+)\x01auth=([^\x01]+)\x01\x01$/;
