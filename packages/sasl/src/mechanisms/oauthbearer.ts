import { checkOptions, demand, demandMatch, demandStrings, demandWhole, isWhole } from "../check.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { verifyToken } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { SaslServer, ServerStep } from "../mechanism.ts";
import { checkToken, type OauthClient, oauthClient } from "../oauth/client.ts";
import { oauthServer, readBearer } from "../oauth/server.ts";
import { gs2Header, parseGs2Header } from "../text/gs2.ts";
import { checkOptional } from "../text/text.ts";
import { type Described, describe } from "../traits.ts";
import { encodeUtf8 } from "../web.ts";

export const oauthBearer: Described = /* @__PURE__ */ describe("OAUTHBEARER", {
  carriesAuthorizationIdentity: true,
  revealsPassword: true,
});

/** Options of {@link oauthBearerClient}. */
export interface OauthBearerClientOptions extends ExchangeOptions {
  /** An OAuth 2.0 bearer token. Null: none, and the server is asked for its error document, to see where to get one. */
  readonly token: string | null;
  /** Whose account to use. Default, and if empty: the token's owner's. */
  readonly authorizationIdentity?: string;
  /** The host connected to. Default: not said. */
  readonly host?: string;
  /** The port connected to, from 1 to 65535. Default: not said. */
  readonly port?: number;
}

/**
 * OAUTHBEARER, client (RFC 7628 §3.1), for connections under TLS only. If the server refuses the token, `refusal` says
 * why; the exchange then fails, after one octet that lets the server say so. A first challenge that is empty refuses
 * nothing: it asks for the message.
 *
 * ```abnf
 * client-resp = gs2-header kvsep *kvpair kvsep
 * kvpair      = key "=" value kvsep
 * kvsep       = %x01
 * ```
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function oauthBearerClient(options: OauthBearerClientOptions): OauthClient {
  const { token, host, port } = checkOptions(options, [
    "token",
    "authorizationIdentity",
    "host",
    "port",
    "maxMessageLength",
  ]);
  const authorizationIdentity = checkOptional("authorizationIdentity", options.authorizationIdentity);
  // Legal in the header, but a server that cuts at %x01 before it reads would take what follows as a pair.
  demand(!authorizationIdentity.includes("\x01"), "authorizationIdentity", "no %x01");
  let pairs = "";
  if (host !== undefined) {
    demandMatch("host", host, /^[!-~]+$/, "a host name in ASCII");
    pairs += `host=${host}\x01`;
  }
  if (checkPort(port) !== undefined) pairs += `port=${port}\x01`;
  const authorization = token === null ? "" : `Bearer ${checkToken(token)}`;
  const message = encodeUtf8(`${gs2Header("n", authorizationIdentity)}\x01${pairs}auth=${authorization}\x01\x01`);
  return oauthClient(oauthBearer, message, Uint8Array.of(1), options);
}

const MAX_PORT = 65_535;

/** @throws RangeError if it is there, and is none */
function checkPort(port: number | undefined): number | undefined {
  if (port !== undefined) demandWhole("port", port, 1, MAX_PORT);
  return port;
}

/** Options of {@link oauthBearerServer}. */
export interface OauthBearerServerOptions extends ExchangeOptions {
  /** What a `host` that the client sends must be, in any case (RFC 7628 §3.2). Default: anything. */
  readonly host?: string;
  /** What a `port` that the client sends must be. Default: anything. */
  readonly port?: number;
  /** The scope that a token needs, for the error document. Default: left out, tokens need none. */
  readonly scope?: string;
  /** The address of the OpenID Provider Configuration, for the error document. Default: left out. */
  readonly openidConfiguration?: string;
}

/**
 * OAUTHBEARER, server (RFC 7628 §3.2). The application answers "verify-token" with `accept(owner)`. Where the client
 * names somebody else to act as, "authorize" is asked then. A refusal of either goes to the client as a document
 * (§3.2.2), `invalid_token` or `insufficient_scope`, before the exchange fails.
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function oauthBearerServer(options: OauthBearerServerOptions = {}): SaslServer {
  const { host, port, scope, openidConfiguration } = checkOptions(options, [
    "host",
    "port",
    "scope",
    "openidConfiguration",
    "maxMessageLength",
  ]);
  demandStrings({ host, scope, openidConfiguration });
  checkPort(port);
  return oauthServer(
    oauthBearer,
    (text) => read(text, host, port),
    (reason) => ({
      status: reason === "not-authorized" ? "insufficient_scope" : "invalid_token",
      scope,
      "openid-configuration": openidConfiguration,
    }),
    options,
  );
}

function read(text: string, host: string | undefined, port: number | undefined): ServerStep | null {
  const header = parseGs2Header(text);
  if (header === null || header.isNonstandard) return failure("malformed-message");
  if (header.flag === "p") return failure("channel-binding-unsupported");
  const pairs = readPairs(header.rest);
  const authorization = pairs.get("auth");
  if (authorization === undefined) return failure("malformed-message");

  const sentHost = pairs.get("host") ?? null;
  const digits = pairs.get("port") ?? null;
  const sentPort = digits === null ? null : Number(digits);
  if (sentPort !== null && !(/^[1-9]\d*$/.test(digits!) && isWhole(sentPort, 1, MAX_PORT)))
    return failure("malformed-message");
  const isElsewhere =
    (host !== undefined && sentHost !== null && sentHost.toLowerCase() !== host.toLowerCase()) ||
    (port !== undefined && sentPort !== null && sentPort !== port);
  if (isElsewhere) return failure("wrong-service");

  if (authorization === "") return null;
  const token = readBearer(authorization);
  if (token === null) return failure("malformed-message");
  const { authorizationIdentity } = header;
  return verifyToken({
    authenticationIdentity: null,
    authorizationIdentity,
    host: sentHost,
    port: sentPort,
    token,
  });
}

/** The keys that mean something here; all others are ignored (RFC 7628 §3.1), those of §3.1.1 among them. */
const KEYS: readonly string[] = ["auth", "host", "port"];

/**
 * The pairs of {@link KEYS} after the header. None at all: malformed, or one of them is there twice.
 *
 * ```abnf
 * kvsep *kvpair kvsep
 * kvpair = key "=" value kvsep              ; RFC 7628 §3.1
 * key    = 1*(ALPHA)
 * value  = *(VCHAR / SP / HTAB / CR / LF )
 * ```
 */
function readPairs(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  let end = 1;
  // Pair by pair: one pattern for all of them would take a stack that grows with the message.
  for (const [pair, key, value] of text.slice(end).matchAll(/([A-Za-z]+)=([\t\n\r -~]*)\x01/gy)) {
    end += pair.length;
    if (!KEYS.includes(key!)) continue;
    if (pairs.has(key!)) return new Map();
    pairs.set(key!, value!);
  }
  return text[0] === "\x01" && text.slice(end) === "\x01" ? pairs : new Map();
}
