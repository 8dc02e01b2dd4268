import { checkChannelBinding } from "../channel-binding.ts";
import { checkOptions, demand, demandList, demandWhole } from "../check.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { authorizeOther, ServerExchange, type ServerScript, success } from "../exchange/server.ts";
import { challenge } from "../exchange/steps.ts";
import { UNKNOWN } from "../exchange/stored-secret.ts";
import type { Failure, Rejection } from "../failure.ts";
import type { Credentials, LookupStep, SaslServer, ScramKeys, ServerStep } from "../mechanism.ts";
import { equalOctets, joinOctets, ownOctets } from "../octets.ts";
import { checkScram, type ScramHash } from "../scram/hash.ts";
import { inventedSalt, signature, storedKey, xor } from "../scram/keys.ts";
import { fail, isFailure, readClientFinal, readClientFirst } from "../scram/messages.ts";
import { describeScram, type ScramBindingOptions } from "../scram/names.ts";
import { checkCount, checkNonce, countAbove, MIN_ITERATIONS } from "../scram/options.ts";
import { makeScramKeys, ownScramKeys, standInKeys } from "../scram/stored-keys.ts";
import { encodeBase64 } from "../text/base64.ts";
import type { Gs2Header } from "../text/gs2.ts";
import { checkText, type PrepareOption, preparePeers } from "../text/text.ts";
import { decodeUtf8, encodeUtf8, randomOctets } from "../web.ts";

/** The longest salt that is invented: one that fits into a client's default `maxMessageLength`. In octets. */
const MAX_SALT = 4096;

/** Options of {@link scramServer}. */
export interface ScramServerOptions extends ExchangeOptions, PrepareOption, ScramBindingOptions {
  /**
   * At least 16 octets that nobody else knows and that stay the same, over restarts too: an unknown user's salt is made
   * from them and the prepared name, so that it is the same at every try, as a known user's is (RFC 5802 §9). Where
   * several spellings are one user, `prepare` makes one name of them.
   */
  readonly secret: Uint8Array;
  /**
   * Who the client is, where the protocol has said so before: the name in the client's message is not looked at then,
   * and can be empty, against RFC 5802 §5.1, as clients of PostgreSQL send it. Default: as the message says.
   */
  readonly authenticationIdentity?: string;
  /**
   * What an unknown user is told: the count and the salt's length, in octets and at most 4096, that known users have.
   * Default 4096, or `minIterations` if that is more, and 16.
   */
  readonly unknownUser?: { readonly iterations?: number; readonly saltLength?: number };
  /** Whether the client chose the name with `-PLUS`. Default false. */
  readonly plus?: boolean;
  /**
   * Whether "lookup" may be answered with a plain password. The salt is then invented and the count that of an unknown
   * user, and every lookup, known or not, costs one derivation. Default false: keys only, and no derivation.
   */
  readonly plainPasswords?: boolean;
  /** Keys with fewer iterations are refused. Default 4096 (RFC 5802 §5.1, RFC 7677 §4). */
  readonly minIterations?: number;
  /** The server's part: octets 0x21–0x7E without the comma, never used before. Default: 144 random bits. */
  readonly nonce?: string;
}

/**
 * SCRAM, server (RFC 5802, RFC 7677). The application answers "lookup" with the user's `ScramKeys`, and null if there
 * is no such user, who is then told the same as a known one with a wrong password. Where the client names somebody else
 * to act as, "authorize" is asked once it has proved who it is. The data of "success" proves the server to the client:
 * it must be sent.
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function scramServer(hash: ScramHash, options: ScramServerOptions): SaslServer {
  const script = serverScript(hash, options);
  return new ServerExchange(describeScram(hash, options.plus ?? false), script, options);
}

function serverScript(hash: ScramHash, options: ScramServerOptions): ServerScript {
  const {
    plus = false,
    requireChannelBinding = false,
    plainPasswords = false,
    unknownUser = {},
    channelBindings = [],
    authenticationIdentity: known,
    prepare,
    minIterations = MIN_ITERATIONS,
  } = checkScram(hash, options, [
    "authenticationIdentity",
    "secret",
    "unknownUser",
    "plus",
    "plainPasswords",
    "minIterations",
    "nonce",
    "channelBindings",
    "requireChannelBinding",
    "prepare",
    "maxMessageLength",
  ]);
  checkCount("minIterations", minIterations);
  const { iterations: count, saltLength = 16 } = checkOptions(unknownUser, ["iterations", "saltLength"], "unknownUser");
  demandList("channelBindings", channelBindings, "object");
  if (known !== undefined) checkText("authenticationIdentity", known);
  const secret = ownOctets("secret", options.secret);
  demand(secret.length >= 16, "secret", "at least 16 octets");
  const iterations = countAbove("unknownUser.iterations", minIterations, MIN_ITERATIONS, count);
  demandWhole("unknownUser.saltLength", saltLength, 1, MAX_SALT);
  const bindings = new Map(channelBindings.map(checkChannelBinding).map(({ type, data }) => [type, data]));
  const ownNonce = checkNonce(options.nonce ?? encodeBase64(randomOctets(18)));
  /** What the proof is computed over so far. */
  let firstMessages: string;
  let wholeNonce: string;
  let bound = new Uint8Array(0);
  let keys: ScramKeys | null = null;
  let asked: LookupStep | null = null;
  let missing: Rejection | null = null;
  let data: Uint8Array<ArrayBuffer> | null = null;

  const takeFirst = (message: Uint8Array): ServerStep => {
    const text = decodeUtf8(message);
    if (text === null) return fail("invalid-utf8", "invalid-username-encoding");
    const first = readClientFirst(text, known);
    if (isFailure(first)) return first;
    const { header, nonce, username } = first;
    const binding = bindingFor(header);
    if (isFailure(binding)) return binding;
    const authenticationIdentity = preparePeers(username, prepare);
    if (authenticationIdentity === null) return fail("preparation-failed", "invalid-username-encoding");
    bound = joinOctets(encodeUtf8(header.bound), binding);
    firstMessages = header.rest;
    wholeNonce = nonce + ownNonce;
    asked = { type: "lookup", authenticationIdentity, authorizationIdentity: header.authorizationIdentity };
    return asked;
  };

  /** The octets that `c=` must have after the header, as RFC 5802 §6 has it. */
  const bindingFor = ({ flag, bindingType }: Gs2Header): Uint8Array | Failure => {
    if (bindingType !== null) {
      if (!plus) return fail("channel-binding-unsupported", "channel-binding-not-supported");
      return bindings.get(bindingType) ?? fail("channel-binding-unsupported", "unsupported-channel-binding-type");
    }
    if (flag === "y" && bindings.size > 0)
      return fail("channel-binding-stripped", "server-does-support-channel-binding");
    if (plus || requireChannelBinding) return fail("channel-binding-required", "channel-binding-not-supported");
    return new Uint8Array(0);
  };

  /** The keys to check with, copied. Whether the user is known makes no difference to the work. */
  const keysFor = (credentials: Credentials | null, name: string): ScramKeys => {
    const salt = inventedSalt(hash, secret, name, saltLength);
    const stored =
      credentials !== null && "storedKey" in credentials ? ownScramKeys(hash, credentials, minIterations) : null;
    const password = plainPasswords && credentials !== null && "password" in credentials ? credentials.password : null;
    // Of a password that is undefined none is invented.
    if (credentials !== null && stored === null && (password ?? null) === null)
      throw new TypeError(
        '"credentials" expected ScramKeys (a spread has no keys), or a password with the option plainPasswords',
      );
    const invented = plainPasswords
      ? makeScramKeys(hash, {
          password: password ?? UNKNOWN,
          salt,
          iterations,
          minIterations,
          ...(prepare && { prepare }),
        })
      : standInKeys(hash, salt, iterations);
    return stored ?? invented;
  };

  const provide = (
    credentials: Credentials | null,
    { authenticationIdentity }: LookupStep,
    reason: Rejection,
  ): ServerStep => {
    keys = keysFor(credentials, authenticationIdentity);
    missing = credentials === null ? reason : null;
    const serverFirst = `r=${wholeNonce},s=${encodeBase64(keys.salt)},i=${keys.iterations}`;
    firstMessages += `,${serverFirst}`;
    return challenge(serverFirst);
  };

  const takeFinal = (message: Uint8Array, { storedKey: expected, serverKey }: ScramKeys): ServerStep => {
    const text = decodeUtf8(message);
    if (text === null) return fail("invalid-utf8", "invalid-encoding");
    const final = readClientFinal(text);
    if (isFailure(final)) return final;
    if (final.nonce !== wholeNonce) return fail("nonce-mismatch");
    if (!equalOctets(final.bound, bound)) return fail("channel-binding-mismatch", "channel-bindings-dont-match");
    if (final.proof.length !== expected.length) return fail("malformed-message", "invalid-proof");
    const authMessage = encodeUtf8(`${firstMessages},${final.withoutProof}`);
    // The client's key follows from its proof and is wiped: only its hash is stored (RFC 5802 §3).
    const clientKey = xor(final.proof, signature(hash, expected, authMessage));
    const isRight = equalOctets(storedKey(hash, clientKey), expected);
    clientKey.fill(0);
    data = encodeUtf8(`v=${encodeBase64(signature(hash, serverKey, authMessage))}`);
    if (missing !== null) return fail(missing, "invalid-proof");
    if (!isRight) return fail("wrong-credentials", "invalid-proof");
    return authorizeOther(asked!, data);
  };

  return {
    next: (message) => (keys === null ? takeFirst(message) : takeFinal(message, keys)),
    provide,
    accept: (accepted) => success(accepted, data),
    reject: (reason) => fail(reason),
    wipe() {
      secret.fill(0);
      keys?.storedKey.fill(0);
      keys?.serverKey.fill(0);
    },
  };
}
