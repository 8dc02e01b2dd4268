import { checkOptions } from "../check.ts";
import { CONTEXTS_LENGTH, hmacMd5, hmacMd5Contexts } from "../crypto/hmac-md5.ts";
import { ClientExchange } from "../exchange/client.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { ServerExchange, success } from "../exchange/server.ts";
import { response } from "../exchange/steps.ts";
import { storedSecret } from "../exchange/stored-secret.ts";
import { failure, type Rejection } from "../failure.ts";
import type { Credentials, LookupStep, SaslClient, SaslServer, ServerStep } from "../mechanism.ts";
import { equalOctets, plainOctets, toBinary, toHex } from "../octets.ts";
import { checkHost, demandMsgId, freshMsgId } from "../text/msg-id.ts";
import { checkText, type Prepare, type PrepareOption, passwordOctets, prepareOwn, preparePeers } from "../text/text.ts";
import { type Described, describe } from "../traits.ts";
import { decodeUtf8, encodeUtf8 } from "../web.ts";

export const cramMd5: Described = /* @__PURE__ */ describe("CRAM-MD5", { speaksFirst: "server" });

/** Options of {@link cramMd5Client}. */
export interface CramMd5ClientOptions extends ExchangeOptions, PrepareOption {
  readonly authenticationIdentity: string;
  readonly password: string;
}

/**
 * CRAM-MD5, client (RFC 2195 §2): answers the challenge with the name, a space, and HMAC-MD5 of the challenge.
 *
 * @throws TypeError, RangeError if an option is not acceptable: empty, with NUL, or with an unpaired surrogate
 */
export function cramMd5Client(options: CramMd5ClientOptions): SaslClient {
  const { prepare } = checkOptions(options, ["authenticationIdentity", "password", "prepare", "maxMessageLength"]);
  const authenticationIdentity = prepareOwn("authenticationIdentity", options.authenticationIdentity, prepare);
  const contexts = contextsOf(checkText("password", options.password), prepare);
  return new ClientExchange(
    cramMd5,
    {
      start: () => response(null),
      next: (challenge, turn) => {
        if (turn > 0) return failure("unexpected-challenge");
        // The answer to an empty challenge would hold for every other one.
        if (challenge.length === 0) return failure("empty-challenge");
        return response(encodeUtf8(`${authenticationIdentity} ${toHex(hmacMd5(contexts, challenge))}`));
      },
      isComplete: (turns) => turns === 1,
      wipe: () => void contexts.fill(0),
    },
    options,
  );
}

/** Options of {@link cramMd5Server}. */
export interface CramMd5ServerOptions extends ExchangeOptions, PrepareOption {
  /** A challenge of the form of a msg-id that was never used before. Default: 128 random bits `@` the host. */
  readonly challenge?: string | Uint8Array;
  /** The host named in the default challenge. Default `"localhost"`. */
  readonly host?: string;
}

/**
 * CRAM-MD5, server (RFC 2195 §2). The application answers "lookup" with the password, or with its
 * {@link cramMd5Contexts}, which it can store instead.
 *
 * @throws TypeError, RangeError if the challenge has not the form of a msg-id, or the host cannot be part of one
 */
export function cramMd5Server(options: CramMd5ServerOptions = {}): SaslServer {
  const {
    challenge: given = null,
    host = "localhost",
    prepare,
  } = checkOptions(options, ["challenge", "host", "prepare", "maxMessageLength"]);
  const own = typeof given === "string" || given === null ? given : (decodeUtf8(plainOctets("challenge", given)) ?? "");
  if (own !== null) demandMsgId("challenge", own);
  checkHost(host);
  let challenge = new Uint8Array(0);
  let digest = new Uint8Array(0);

  const start = (message: Uint8Array | null): ServerStep => {
    if (message !== null) return failure("unexpected-response");
    challenge = encodeUtf8(own ?? freshMsgId(host));
    return { type: "challenge", bytes: challenge.slice() };
  };
  const next = (message: Uint8Array<ArrayBuffer>): ServerStep => {
    const answer = readAnswer(message);
    if (answer === null) return failure("malformed-message");
    const sent = decodeUtf8(answer.name);
    if (sent === null) return failure("invalid-utf8");
    const authenticationIdentity = preparePeers(sent, prepare);
    if (authenticationIdentity === null) return failure("preparation-failed");
    digest = answer.digest;
    return { type: "lookup", authenticationIdentity, authorizationIdentity: null };
  };
  const provide = (credentials: Credentials | null, lookup: LookupStep, missing: Rejection): ServerStep => {
    const contexts = storedSecret(credentials, "contexts", CONTEXTS_LENGTH, (password) =>
      contextsOf(password, prepare),
    );
    const isRight = equalOctets(encodeUtf8(toHex(hmacMd5(contexts, challenge))), digest);
    contexts.fill(0);
    if (credentials === null) return failure(missing);
    return isRight ? success(lookup) : failure("wrong-credentials");
  };
  return new ServerExchange(cramMd5, { start, next, provide, wipe: () => void digest.fill(0) }, options);
}

/**
 * What a CRAM-MD5 server can store instead of the password (RFC 2195 §2, RFC 2104 §4): the outer and the inner state of
 * MD5, 16 octets each, as in Dovecot's `{CRAM-MD5}` scheme. Whoever has them can log in by CRAM-MD5.
 *
 * @throws TypeError, RangeError if the password is not acceptable
 */
export function cramMd5Contexts(password: string | Uint8Array, options: PrepareOption = {}): Uint8Array<ArrayBuffer> {
  return contextsOf(password, checkOptions(options, ["prepare"]).prepare);
}

function contextsOf(password: string | Uint8Array, prepare: Prepare | undefined): Uint8Array<ArrayBuffer> {
  const key = passwordOctets(password, prepare, "query");
  const contexts = hmacMd5Contexts(key);
  key.fill(0);
  return contexts;
}

const SP = 0x20;
const DIGEST = /^[0-9a-f]{32}$/;

/**
 * ```abnf
 * answer = name SP 32(DIGIT / %x61-66)   ; RFC 2195 §2; a name may have SP, the digest cannot
 * ```
 */
function readAnswer(message: Uint8Array<ArrayBuffer>): { name: Uint8Array; digest: Uint8Array<ArrayBuffer> } | null {
  const at = message.lastIndexOf(SP);
  const digest = message.slice(at + 1);
  if (at < 1 || !DIGEST.test(toBinary(digest))) return null;
  const name = message.subarray(0, at);
  return name.includes(0) ? null : { name, digest };
}
