import { type DigestInput, digestResponse, hashedForm, isLatin1, userHash } from "../digest-md5/hash.ts";
import {
  CHALLENGE_LIMIT,
  type DigestResponse,
  formatChallenge,
  formatResponse,
  RESPONSE_LIMIT,
  readChallenge,
  readResponse,
  readResponseAuth,
} from "../digest-md5/messages.ts";
import { checkRealm, type HashedNames, userHashOf } from "../digest-md5/stored-hash.ts";
import { type DigestUri, formatDigestUri, namesServer } from "../digest-md5/uri.ts";
import { clientExchange } from "../exchange/client.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { serverExchange, success } from "../exchange/server.ts";
import { response } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type {
  ClientStep,
  Credentials,
  LookupStep,
  MechanismTraits,
  SaslClient,
  SaslServer,
  ServerStep,
} from "../mechanism.ts";
import { equalOctets, fromBinary, toBinary, toHex } from "../octets.ts";
import { checkText, type PrepareOption, prepareOwn, preparePeers } from "../text/text.ts";
import { decodeUtf8, encodeUtf8, randomOctets } from "../web.ts";

const name = "DIGEST-MD5";
const traits: MechanismTraits = {
  speaksFirst: "server",
  sendsFinalData: true,
  carriesAuthorizationIdentity: true,
  revealsPassword: false,
  provesServer: true,
  bindsChannel: false,
  negotiatesSecurityLayer: false,
};

/** What the options of both sides have in common. */
interface DigestMd5Options extends ExchangeOptions, PrepareOption {
  /**
   * Whether values may be quoted where the grammar has them bare, and bare where it has them quoted: Dovecot quotes
   * `charset` and `algorithm`, curl quotes `nc`. Default true. What is sent follows the grammar.
   */
  readonly looseQuoting?: boolean;
}

/** Options of {@link digestMd5Client}. */
export interface DigestMd5ClientOptions extends DigestMd5Options, DigestUri {
  readonly authenticationIdentity: string;
  /** Whom to act as. Default, and if empty: as oneself. */
  readonly authorizationIdentity?: string;
  readonly password: string;
  /** The realm to log in to, if the server offers it, or offers none. Default: the first that it offers. */
  readonly realm?: string;
  /** A text in ASCII that was never used before. Default: 128 random bits. */
  readonly cnonce?: string;
}

/**
 * DIGEST-MD5, client (RFC 2831 §2.1), with qop=auth and no other. Historic (RFC 6331): for servers that have neither SCRAM
 * nor TLS. The exchange is complete when the server has proved that it knows the password.
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function digestMd5Client(options: DigestMd5ClientOptions): SaslClient {
  const { prepare, realm, authorizationIdentity = "", looseQuoting = true } = options;
  const username = prepareOwn("authenticationIdentity", options.authenticationIdentity, prepare);
  const password = prepareOwn("password", options.password, prepare);
  if (authorizationIdentity !== "") checkText("authorizationIdentity", authorizationIdentity);
  const digestUri = formatDigestUri(options);
  const cnonce = options.cnonce === undefined ? null : checkNonce("cnonce", options.cnonce);
  const needsUtf8 = !isLatin1(username + password + (realm ?? ""));
  const secret = hashedForm(password);
  let expected = new Uint8Array(0);
  let isProved = false;

  const answer = (message: Uint8Array): ClientStep => {
    if (message.length >= CHALLENGE_LIMIT) return failure("message-too-long");
    const offer = readChallenge(message, looseQuoting);
    if (offer === null) return failure("malformed-message");
    if (!offer.isUsable || (needsUtf8 && !offer.isUtf8)) return failure("unsupported-offer");
    const encode = (text: string) => (offer.isUtf8 ? toBinary(encodeUtf8(text)) : text);
    const input: DigestInput = {
      nonce: offer.nonce,
      cnonce: cnonce ?? freshNonce(),
      nc: "00000001",
      qop: "auth",
      digestUri,
      authzid: authorizationIdentity === "" ? null : toBinary(encodeUtf8(authorizationIdentity)),
    };
    const chosen = chooseRealm(offer.realms, realm === undefined ? null : encode(realm));
    const hash = userHash(hashedForm(username), fromBinary(chosen ?? ""), secret);
    expected = encodeUtf8(digestResponse(hash, input, ""));
    const reply = formatResponse({
      ...input,
      username: encode(username),
      realm: chosen,
      response: digestResponse(hash, input, "AUTHENTICATE"),
      isUtf8: offer.isUtf8,
    });
    hash.fill(0);
    return reply.length < RESPONSE_LIMIT ? response(fromBinary(reply)) : failure("message-too-long");
  };
  const verify = (message: Uint8Array): ClientStep => {
    isProved = equalOctets(expected, encodeUtf8(readResponseAuth(message, looseQuoting) ?? ""));
    return isProved ? response(new Uint8Array(0)) : failure("server-not-proved");
  };
  return clientExchange(
    {
      name,
      traits,
      start: () => response(null),
      next: (message, turn) => {
        if (turn === 0) return answer(message);
        return turn === 1 ? verify(message) : failure("unexpected-challenge");
      },
      isComplete: () => isProved,
      wipe: () => {
        secret.fill(0);
        expected.fill(0);
      },
    },
    options,
  );
}

/** One's own if it is offered or none is, else the first that is offered. Null: no realm at all. */
function chooseRealm(offered: readonly string[], own: string | null): string | null {
  if (own !== null && (offered.length === 0 || offered.includes(own))) return own;
  return offered[0] ?? null;
}

/** Options of {@link digestMd5Server}. */
export interface DigestMd5ServerOptions extends DigestMd5Options {
  /** What is offered to choose from. Default: none, and the client may name any. */
  readonly realms?: readonly string[];
  /** The protocol's name that a client must send, e.g. `"smtp"`. Default: any. */
  readonly service?: string;
  /** The names of this host, and of services that it serves, of which a client must send one. Default: any. */
  readonly hosts?: readonly string[];
  /** A text in ASCII that was never used before. Default: 128 random bits. */
  readonly nonce?: string;
}

/**
 * DIGEST-MD5, server (RFC 2831 §2.1), with qop=auth and no other. Historic (RFC 6331). The application answers "lookup",
 * which names the realm too, with the password or with its `digestMd5Hash`, and then "authorize" if the client
 * wants to act as somebody else.
 *
 * An initial response, by which a client tries to go on from an earlier exchange, is answered by a new challenge (§2.2.2).
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function digestMd5Server(options: DigestMd5ServerOptions = {}): SaslServer {
  const { realms = [], service, hosts, prepare, looseQuoting = true } = options;
  const own = options.nonce === undefined ? null : checkNonce("nonce", options.nonce);
  const offered = realms.map((realm) => toBinary(encodeUtf8(checkRealm(realm))));
  if (formatChallenge(offered, own ?? NONCE_LIKE).length >= CHALLENGE_LIMIT)
    throw new RangeError(`"realms" expected a challenge of fewer than ${CHALLENGE_LIMIT} octets`);
  let nonce = "";
  let answer: DigestResponse | null = null;
  let names: HashedNames | null = null;
  let digest = new Uint8Array(0);
  let data = new Uint8Array(0);

  const start = (): ServerStep => {
    nonce = own ?? freshNonce();
    return { type: "challenge", bytes: fromBinary(formatChallenge(offered, nonce)) };
  };
  const next = (message: Uint8Array): ServerStep => {
    if (message.length >= RESPONSE_LIMIT) return failure("message-too-long");
    answer = readResponse(message, looseQuoting);
    if (answer === null) return failure("malformed-message");
    // The count is of uses of the nonce: this is its first.
    if (answer.nonce !== nonce || answer.nc !== "00000001") return failure("nonce-mismatch");
    if (!namesServer(answer.digestUri, service, hosts)) return failure("wrong-service");
    const { isUtf8 } = answer;
    const decode = (text: string) => (isUtf8 ? decodeUtf8(fromBinary(text)) : text);
    const username = decode(answer.username);
    const authzid = answer.authzid === null ? null : decodeUtf8(fromBinary(answer.authzid));
    const at = offered.indexOf(answer.realm ?? "");
    if (offered.length > 0 && (answer.realm === null || at < 0)) return failure("wrong-service");
    const realm = realms[at] ?? decode(answer.realm ?? "");
    if (username === null || realm === null || (answer.authzid !== null && authzid === null))
      return failure("invalid-utf8");
    if (`${username}${realm}${authzid ?? ""}`.includes("\0")) return failure("malformed-message");
    const authenticationIdentity = preparePeers(username, prepare);
    if (authenticationIdentity === null) return failure("preparation-failed");
    names = { username: hashedForm(username), realm: fromBinary(answer.realm ?? "") };
    digest = fromBinary(answer.response);
    return { type: "lookup", authenticationIdentity, authorizationIdentity: authzid, realm };
  };
  const provide = (credentials: Credentials | null, lookup: LookupStep): ServerStep => {
    const hash = userHashOf(credentials, names!, options);
    const isRight = equalOctets(encodeUtf8(digestResponse(hash, answer!, "AUTHENTICATE")), digest);
    data = encodeUtf8(`rspauth=${digestResponse(hash, answer!, "")}`);
    hash.fill(0);
    if (credentials === null) return failure("unknown-user");
    if (!isRight) return failure("wrong-credentials");
    const { authenticationIdentity, authorizationIdentity } = lookup;
    if (authorizationIdentity === null) return success(lookup, data.slice());
    return { type: "authorize", authenticationIdentity, authorizationIdentity };
  };
  return serverExchange(
    {
      name,
      traits,
      start,
      next,
      provide,
      accept: (accepted) => success(accepted, data.slice()),
      wipe: () => {
        digest.fill(0);
        data.fill(0);
      },
    },
    options,
  );
}

/** @throws RangeError if it is empty or has other characters than printable ASCII */
function checkNonce(argument: string, nonce: string): string {
  if (!/^[ -~]+$/.test(nonce)) throw new RangeError(`"${argument}" expected printable ASCII`);
  return nonce;
}

/** As long as what {@link freshNonce} gives. */
const NONCE_LIKE = "0".repeat(32);

/** A nonce that does not repeat: 128 random bits. */
function freshNonce(): string {
  return toHex(randomOctets(16));
}
