import { checkChannelBinding } from "../channel-binding.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { type Accepted, type Question, type ServerScript, serverExchange, success } from "../exchange/server.ts";
import { challenge } from "../exchange/steps.ts";
import type { Failure, Rejection } from "../failure.ts";
import type {
  AuthorizeStep,
  Credentials,
  LookupStep,
  MechanismTraits,
  SaslServer,
  ScramKeys,
  ServerStep,
} from "../mechanism.ts";
import { equalOctets, joinOctets, plainOctets } from "../octets.ts";
import type { ScramHash } from "../scram/hash.ts";
import { inventedSalt, signature, storedKey, xor } from "../scram/keys.ts";
import { fail, isFailure, readClientFinal, readClientFirst } from "../scram/messages.ts";
import { type ScramBindingOptions, scramName, scramTraits } from "../scram/names.ts";
import { checkCount, checkNonce, MIN_ITERATIONS } from "../scram/options.ts";
import { makeScramKeys, ownScramKeys, standInKeys } from "../scram/stored-keys.ts";
import { encodeBase64 } from "../text/base64.ts";
import type { Gs2Header } from "../text/gs2.ts";
import { type PrepareOption, preparePeers } from "../text/text.ts";
import { decodeUtf8, encodeUtf8, randomOctets } from "../web.ts";

/** Options of {@link scramServer}. */
export interface ScramServerOptions extends ExchangeOptions, PrepareOption, ScramBindingOptions {
  /**
   * At least 16 octets that nobody else knows and that stay the same: an unknown user's salt is made from them, so that it
   * is the same at every try, as a known user's is (RFC 5802 §9).
   */
  readonly secret: Uint8Array;
  /** What an unknown user is told: the count and the salt's length, in octets, that known users have. Default 4096 and 16. */
  readonly unknownUser?: { readonly iterations?: number; readonly saltLength?: number };
  /** Whether the client chose the name with `-PLUS`. Default false. */
  readonly plus?: boolean;
  /**
   * Whether "lookup" may be answered with a plain password. The salt is then invented and the count that of an unknown user,
   * and every lookup, known or not, costs one derivation. Default false: keys only, and no derivation.
   */
  readonly plainPasswords?: boolean;
  /** Keys with fewer iterations are refused. Default 4096 (RFC 5802 §5.1, RFC 7677 §4). */
  readonly minIterations?: number;
  /** The server's part: octets 0x21–0x7E without the comma, never used before. Default: 144 random bits. */
  readonly nonce?: string;
}

/**
 * SCRAM, server (RFC 5802, RFC 7677). The application answers "lookup" with the user's `ScramKeys`, and null if there is no
 * such user, who is then told the same as a known one with a wrong password. Where the client names somebody else to act
 * as, "authorize" is asked once it has proved who it is. The data of "success" proves the server to the client: it must be
 * sent.
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function scramServer(hash: ScramHash, options: ScramServerOptions): SaslServer {
  return serverExchange(new ScramServerScript(hash, options), options);
}

class ScramServerScript implements ServerScript {
  readonly name: string;
  readonly traits: MechanismTraits;
  readonly #hash: ScramHash;
  readonly #options: ScramServerOptions;
  readonly #secret: Uint8Array;
  readonly #unknown: { readonly iterations: number; readonly saltLength: number };
  readonly #bindings: ReadonlyMap<string, Uint8Array>;
  readonly #nonce: string;
  /** What the proof is computed over so far. */
  #firstMessages = "";
  #wholeNonce = "";
  #bound: Uint8Array = new Uint8Array(0);
  #lookup: LookupStep | null = null;
  #keys: ScramKeys | null = null;
  #isKnown = false;
  #data: Uint8Array<ArrayBuffer> | null = null;

  constructor(hash: ScramHash, options: ScramServerOptions) {
    const { iterations = MIN_ITERATIONS, saltLength = 16 } = options.unknownUser ?? {};
    const { plus = false, minIterations = MIN_ITERATIONS } = options;
    this.name = scramName(hash, plus);
    this.traits = scramTraits(plus);
    this.#hash = hash;
    this.#options = options;
    this.#secret = plainOctets("secret", options.secret).slice();
    if (this.#secret.length < 16) throw new RangeError('"secret" expected at least 16 octets');
    checkCount("minIterations", minIterations);
    this.#unknown = { iterations: checkCount("unknownUser.iterations", iterations, minIterations), saltLength };
    if (!(Number.isInteger(saltLength) && saltLength >= 1 && saltLength <= hash.compute.outputLen))
      throw new RangeError(`"unknownUser.saltLength" expected a whole number from 1 to ${hash.compute.outputLen}`);
    const bindings = (options.channelBindings ?? []).map(checkChannelBinding);
    this.#bindings = new Map(bindings.map(({ type, data }) => [type, data]));
    this.#nonce = checkNonce(options.nonce ?? encodeBase64(randomOctets(18)));
  }

  start(message: Uint8Array<ArrayBuffer> | null): ServerStep {
    return message === null ? challenge("") : this.#takeFirst(message);
  }

  next(message: Uint8Array<ArrayBuffer>): ServerStep {
    return this.#keys === null ? this.#takeFirst(message) : this.#takeFinal(message, this.#keys);
  }

  provide(credentials: Credentials | null, lookup: LookupStep): ServerStep {
    const keys = this.#keysFor(credentials, lookup.authenticationIdentity);
    this.#keys = keys;
    this.#isKnown = credentials !== null;
    const serverFirst = `r=${this.#wholeNonce},s=${encodeBase64(keys.salt)},i=${keys.iterations}`;
    this.#firstMessages += `,${serverFirst}`;
    return challenge(serverFirst);
  }

  accept(accepted: Accepted): ServerStep {
    return success(accepted, this.#data);
  }

  reject(reason: Rejection, question: Question): ServerStep {
    // Before the server's first message a refusal would tell that the user is unknown.
    return question.type === "lookup" && reason === "unknown-user" ? this.provide(null, question) : fail(reason);
  }

  wipe(): void {
    this.#secret.fill(0);
    this.#keys?.storedKey.fill(0);
    this.#keys?.serverKey.fill(0);
  }

  #takeFirst(message: Uint8Array<ArrayBuffer>): ServerStep {
    const text = decodeUtf8(message);
    if (text === null) return fail("invalid-utf8", "invalid-username-encoding");
    const first = readClientFirst(text);
    if (isFailure(first)) return first;
    const { header, nonce, username } = first;
    const binding = this.#bindingFor(header);
    if (isFailure(binding)) return binding;
    const authenticationIdentity = preparePeers(username, this.#options.prepare);
    if (authenticationIdentity === null) return fail("preparation-failed", "invalid-username-encoding");
    this.#bound = joinOctets(encodeUtf8(header.bound), binding);
    this.#firstMessages = header.rest;
    this.#wholeNonce = nonce + this.#nonce;
    const { authorizationIdentity } = header;
    this.#lookup = { type: "lookup", authenticationIdentity, authorizationIdentity };
    return this.#lookup;
  }

  /** The octets that `c=` must have behind the header, as RFC 5802 §6 has it. */
  #bindingFor({ flag, bindingType }: Gs2Header): Uint8Array | Failure {
    const { plus = false, requireChannelBinding = false } = this.#options;
    if (bindingType !== null) {
      if (!plus) return fail("channel-binding-unsupported", "channel-binding-not-supported");
      return this.#bindings.get(bindingType) ?? fail("channel-binding-unsupported", "unsupported-channel-binding-type");
    }
    if (flag === "y" && this.#bindings.size > 0)
      return fail("channel-binding-stripped", "server-does-support-channel-binding");
    if (plus || requireChannelBinding) return fail("channel-binding-required", "channel-binding-not-supported");
    return new Uint8Array(0);
  }

  /** The keys to check with, copied. Whether the user is known makes no difference to the work. */
  #keysFor(credentials: Credentials | null, name: string): ScramKeys {
    const { plainPasswords = false, minIterations } = this.#options;
    const { iterations, saltLength } = this.#unknown;
    const salt = inventedSalt(this.#hash, this.#secret, name, saltLength);
    const keys =
      credentials !== null && "storedKey" in credentials ? ownScramKeys(this.#hash, credentials, minIterations) : null;
    const password = plainPasswords && credentials !== null && "password" in credentials ? credentials.password : null;
    if (credentials !== null && keys === null && password === null)
      throw new TypeError('"credentials" expected ScramKeys, or a password where the option "plainPasswords" is set');
    const invented = plainPasswords
      ? makeScramKeys(this.#hash, { ...this.#options, password: password ?? UNKNOWN, salt, iterations })
      : standInKeys(this.#hash, salt, iterations);
    return keys ?? invented;
  }

  #takeFinal(message: Uint8Array<ArrayBuffer>, keys: ScramKeys): ServerStep {
    const text = decodeUtf8(message);
    if (text === null) return fail("invalid-utf8", "invalid-encoding");
    const final = readClientFinal(text);
    if (isFailure(final)) return final;
    if (final.nonce !== this.#wholeNonce) return fail("nonce-mismatch");
    if (!equalOctets(final.bound, this.#bound)) return fail("channel-binding-mismatch", "channel-bindings-dont-match");
    if (final.proof.length !== keys.storedKey.length) return fail("malformed-message", "invalid-proof");
    const authMessage = encodeUtf8(`${this.#firstMessages},${final.withoutProof}`);
    // The client's key follows from its proof and is wiped: only its hash is stored (RFC 5802 §3).
    const clientKey = xor(final.proof, signature(this.#hash, keys.storedKey, authMessage));
    const isRight = equalOctets(storedKey(this.#hash, clientKey), keys.storedKey);
    clientKey.fill(0);
    const verifier = signature(this.#hash, keys.serverKey, authMessage);
    this.#data = encodeUtf8(`v=${encodeBase64(verifier)}`);
    if (!this.#isKnown) return fail("unknown-user", "invalid-proof");
    if (!isRight) return fail("wrong-credentials", "invalid-proof");
    return this.#authorize();
  }

  #authorize(): ServerStep {
    const { authenticationIdentity, authorizationIdentity } = this.#lookup!;
    if (authorizationIdentity === null || authorizationIdentity === authenticationIdentity)
      return success(this.#lookup!, this.#data);
    const step: AuthorizeStep = { type: "authorize", authenticationIdentity, authorizationIdentity };
    return step;
  }
}

/** Where a password is derived for everybody, this one is for those who have none. */
const UNKNOWN = Uint8Array.of(0);
