import { checkOptions, demand, demandList, demandMatch, demandStrings } from "../check.ts";
import { digestResponse, hashedForm, isLatin1, userHash } from "../digest-md5/hash.ts";
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
import { type HashedNames, userHashOf } from "../digest-md5/stored-hash.ts";
import { type DigestUri, formatDigestUri, namesServer } from "../digest-md5/uri.ts";
import { ClientExchange } from "../exchange/client.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { authorizeOther, ServerExchange, success } from "../exchange/server.ts";
import { response } from "../exchange/steps.ts";
import { failure, type Rejection } from "../failure.ts";
import type { ClientStep, Credentials, LookupStep, SaslClient, SaslServer, ServerStep } from "../mechanism.ts";
import { equalOctets, fromBinary, toBinary, toHex } from "../octets.ts";
import { checkOptional, type PrepareOption, prepareOwn, preparePeers } from "../text/text.ts";
import { type Described, describe } from "../traits.ts";
import { decodeUtf8, encodeUtf8, randomOctets } from "../web.ts";

export const digestMd5: Described = /* @__PURE__ */ describe("DIGEST-MD5", {
  speaksFirst: "server",
  sendsFinalData: true,
  carriesAuthorizationIdentity: true,
  provesServer: true,
});

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
 * DIGEST-MD5, client (RFC 2831 §2.1), with qop=auth and no other. Historic (RFC 6331): for servers that have neither
 * SCRAM nor TLS. The exchange is complete when the server has proved that it knows the password.
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function digestMd5Client(options: DigestMd5ClientOptions): SaslClient {
  const {
    prepare,
    realm,
    looseQuoting = true,
  } = checkOptions(options, [
    "authenticationIdentity",
    "password",
    "authorizationIdentity",
    "service",
    "host",
    "serviceName",
    "realm",
    "cnonce",
    "looseQuoting",
    "prepare",
    "maxMessageLength",
  ]);
  demandStrings({ realm });
  const username = prepareOwn("authenticationIdentity", options.authenticationIdentity, prepare);
  const password = prepareOwn("password", options.password, prepare);
  const authorizationIdentity = checkOptional("authorizationIdentity", options.authorizationIdentity);
  const digestUri = formatDigestUri(options);
  const cnonce = options.cnonce === undefined ? null : checkNonce("cnonce", options.cnonce);
  const needsUtf8 = !isLatin1(username + password + (realm ?? ""));
  const secret = hashedForm(password);
  let expected = new Uint8Array(0);
  let isProved = false;

  const answer = (message: Uint8Array): ClientStep => {
    const offer = readChallenge(message, looseQuoting);
    if (offer === null) return failure("malformed-message");
    if (!offer.isUsable || (needsUtf8 && !offer.isUtf8)) return failure("unsupported-offer");
    const encode = (text: string) => (offer.isUtf8 ? toBinary(encodeUtf8(text)) : text);
    const chosen = chooseRealm(offer.realms, realm === undefined ? undefined : encode(realm));
    const hash = userHash(hashedForm(username), fromBinary(chosen ?? ""), secret);
    // In the order in which they are sent; what is undefined is left out, and the response computed over the others.
    const directives: readonly (readonly [string, string | undefined])[] = [
      ["charset", offer.isUtf8 ? "utf-8" : undefined],
      ["username", encode(username)],
      ["realm", chosen],
      ["nonce", offer.nonce],
      ["nc", FIRST_USE],
      ["cnonce", cnonce ?? freshNonce()],
      ["digest-uri", digestUri],
      ["response", ""],
      ["qop", "auth"],
      ["authzid", authorizationIdentity === "" ? undefined : toBinary(encodeUtf8(authorizationIdentity))],
    ];
    const sent = new Map(directives.filter((directive): directive is [string, string] => directive[1] !== undefined));
    expected = encodeUtf8(digestResponse(hash, sent, ""));
    const reply = formatResponse(sent.set("response", digestResponse(hash, sent, "AUTHENTICATE")));
    hash.fill(0);
    return reply.length < RESPONSE_LIMIT ? response(fromBinary(reply)) : failure("message-too-long");
  };
  const verify = (message: Uint8Array): ClientStep => {
    isProved = equalOctets(expected, encodeUtf8(readResponseAuth(message, looseQuoting) ?? ""));
    return isProved ? response(new Uint8Array(0)) : failure("server-not-proved");
  };
  return new ClientExchange(
    digestMd5,
    {
      start: () => response(null),
      next: (message, turn) => {
        if (message.length >= CHALLENGE_LIMIT) return failure("message-too-long");
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

/** The count of uses of a nonce: no nonce is used again here. */
const FIRST_USE = "00000001";

/** One's own if it is offered or none is, else the first that is offered. Undefined: no realm at all. */
function chooseRealm(offered: readonly string[], own: string | undefined): string | undefined {
  return offered.length === 0 || offered.includes(own!) ? own : offered[0];
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
 * DIGEST-MD5, server (RFC 2831 §2.1), with qop=auth and no other. Historic (RFC 6331). The application answers
 * "lookup", which names the realm too, with the password or with its `digestMd5Hash`, and then "authorize" if the
 * client wants to act as somebody else.
 *
 * An initial response, by which a client tries to go on from an earlier exchange, is answered by a new challenge
 * (§2.2.2).
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function digestMd5Server(options: DigestMd5ServerOptions = {}): SaslServer {
  const {
    realms: givenRealms = [],
    service,
    hosts: givenHosts,
    prepare,
    looseQuoting = true,
  } = checkOptions(options, ["realms", "service", "hosts", "nonce", "looseQuoting", "prepare", "maxMessageLength"]);
  demandList("realms", givenRealms);
  if (givenHosts !== undefined) demandList("hosts", givenHosts);
  const realms = [...givenRealms];
  const hosts = givenHosts?.slice();
  demandStrings({ service });
  const own = options.nonce === undefined ? null : checkNonce("nonce", options.nonce);
  const offered = realms.map((realm) => toBinary(encodeUtf8(checkOptional("realm", realm))));
  const { length } = formatChallenge(offered, own ?? toHex(new Uint8Array(NONCE_LENGTH)));
  demand(length < CHALLENGE_LIMIT, "realms", `a challenge of fewer than ${CHALLENGE_LIMIT} octets`);
  let nonce: string;
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
    const sent = readResponse(message, looseQuoting);
    if (sent === null) return failure("malformed-message");
    answer = sent;
    const text = (name: string) => fromBinary(sent.get(name) ?? "");
    if (sent.get("nonce") !== nonce || sent.get("nc") !== FIRST_USE) return failure("nonce-mismatch");
    if (!namesServer(sent.get("digest-uri")!, service, hosts)) return failure("wrong-service");
    const decode = (name: string) => (sent.has("charset") ? decodeUtf8(text(name)) : toBinary(text(name)));
    const username = decode("username");
    const authzid = decodeUtf8(text("authzid"));
    const at = offered.indexOf(sent.get("realm")!);
    if (offered.length > 0 && at < 0) return failure("wrong-service");
    const realm = realms[at] ?? decode("realm");
    if (username === null || realm === null || authzid === null) return failure("invalid-utf8");
    if (`${username}${realm}${authzid}`.includes("\0")) return failure("malformed-message");
    const authenticationIdentity = preparePeers(username, prepare);
    if (authenticationIdentity === null) return failure("preparation-failed");
    names = { username: hashedForm(username), realm: text("realm") };
    digest = text("response");
    return { type: "lookup", authenticationIdentity, authorizationIdentity: authzid || null, realm };
  };
  const provide = (credentials: Credentials | null, lookup: LookupStep, missing: Rejection): ServerStep => {
    const hash = userHashOf(credentials, names!, prepare);
    const isRight = equalOctets(encodeUtf8(digestResponse(hash, answer!, "AUTHENTICATE")), digest);
    data = encodeUtf8(`rspauth=${digestResponse(hash, answer!, "")}`);
    hash.fill(0);
    if (credentials === null) return failure(missing);
    return isRight ? authorizeOther(lookup, data.slice()) : failure("wrong-credentials");
  };
  return new ServerExchange(
    digestMd5,
    {
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

/** @throws TypeError, RangeError if it is empty or has other characters than printable ASCII */
function checkNonce(argument: string, nonce: string): string {
  demandMatch(argument, nonce, /^[ -~]+$/, "printable ASCII");
  return nonce;
}

const NONCE_LENGTH = 16;

/** A nonce that does not repeat: 128 random bits. */
function freshNonce(): string {
  return toHex(randomOctets(NONCE_LENGTH));
}
