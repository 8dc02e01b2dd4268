import { ClientExchange, type ClientScript } from "../exchange/client.ts";
import { response, withSecrets } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { ClientStep, DeriveStep, DerivingClient, MechanismTraits, SaslClient } from "../mechanism.ts";
import { equalOctets, joinOctets } from "../octets.ts";
import {
  clientSettings,
  type ScramClientOptions,
  type ScramClientSettings,
  type ScramDerivedKeys,
} from "../scram/client-options.ts";
import type { ScramHash } from "../scram/hash.ts";
import { type SharedKeys, saltedPassword, sharedKeys, signature, storedKey, wipeKeys, xor } from "../scram/keys.ts";
import { isFailure, readServerError, readServerFinal, readServerFirst, type ServerFirst } from "../scram/messages.ts";
import { scramName, scramTraits } from "../scram/names.ts";
import { exactOctets } from "../scram/options.ts";
import { encodeBase64 } from "../text/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../web.ts";

/** What a client of SCRAM has besides the steps. */
export interface KeepsKeys {
  /** What to hand in as `derivedKeys` next time: with `keepKeys`, once the server has proved itself; else null. */
  readonly derivedKeys: ScramDerivedKeys | null;
}

/**
 * SCRAM, client (RFC 5802, RFC 7677). The server is proved when the exchange succeeds: one that skips its part, or does not
 * know the user's keys, fails it.
 *
 * ```ts
 * const client = scramClient(scramSha256, { authenticationIdentity: "user", password: "pencil" });
 * ```
 *
 * With `deriveKeys: "external"` the server's first message is answered by a "derive" step, and that by `provide()`.
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function scramClient(
  hash: ScramHash,
  options: ScramClientOptions & { readonly deriveKeys?: "in-place" },
): SaslClient & KeepsKeys;
export function scramClient(hash: ScramHash, options: ScramClientOptions): DerivingClient & KeepsKeys;
export function scramClient(hash: ScramHash, options: ScramClientOptions): (SaslClient | DerivingClient) & KeepsKeys {
  return new ScramExchange(hash, new ScramClientScript(hash, clientSettings(hash, options)), options);
}

class ScramExchange extends ClientExchange<DeriveStep> implements DerivingClient, KeepsKeys {
  readonly #script: ScramClientScript;
  readonly #length: number;

  constructor(hash: ScramHash, script: ScramClientScript, options: ScramClientOptions) {
    super(script, options);
    this.#script = script;
    this.#length = hash.compute.outputLen;
  }

  provide(saltedPassword: Uint8Array): ClientStep {
    return this.resume(() => this.#script.derived(exactOctets("saltedPassword", saltedPassword, this.#length)));
  }

  get derivedKeys(): ScramDerivedKeys | null {
    return this.#script.provedKeys;
  }
}

class ScramClientScript implements ClientScript<DeriveStep> {
  readonly name: string;
  readonly traits: MechanismTraits;
  /** Of an exchange in which the server has proved itself. */
  provedKeys: ScramDerivedKeys | null = null;
  readonly #hash: ScramHash;
  readonly #settings: ScramClientSettings;
  #wasAskedFirst = false;
  #serverFirst: (ServerFirst & { readonly text: string }) | null = null;
  #keys: SharedKeys | null = null;
  #serverSignature: Uint8Array | null = null;
  #isProved = false;

  constructor(hash: ScramHash, settings: ScramClientSettings) {
    this.name = scramName(hash, settings.isBound);
    this.traits = scramTraits(settings.isBound);
    this.#hash = hash;
    this.#settings = settings;
  }

  start(): ClientStep {
    return response(encodeUtf8(this.#settings.header + this.#settings.firstBare));
  }

  next(challenge: Uint8Array<ArrayBuffer>): ClientStep | DeriveStep {
    if (this.#isProved) return failure("unexpected-challenge");
    if (challenge.length === 0 && this.#serverFirst === null && !this.#wasAskedFirst) {
      // The initial response could not be carried (RFC 4422 §3): once.
      this.#wasAskedFirst = true;
      return this.start();
    }
    const text = decodeUtf8(challenge);
    if (text === null) return failure("invalid-utf8");
    return this.#serverSignature === null ? this.#takeFirst(text) : this.#takeFinal(text, this.#serverSignature);
  }

  isComplete(): boolean {
    return this.#isProved;
  }

  /** Goes on with the salted password, which is overwritten. */
  derived(saltedPassword: Uint8Array): ClientStep {
    const keys = sharedKeys(this.#hash, saltedPassword);
    saltedPassword.fill(0);
    return this.#respond(keys);
  }

  wipe(): void {
    const { password, derivedKeys } = this.#settings;
    password?.fill(0);
    this.#serverSignature?.fill(0);
    if (derivedKeys !== null) wipeKeys(derivedKeys);
    if (this.#keys !== null) wipeKeys(this.#keys);
  }

  #takeFirst(text: string): ClientStep | DeriveStep {
    const { nonce, minIterations, maxIterations, password, derivedKeys, isExternal } = this.#settings;
    const serverFirst = readServerError(text) ?? readServerFirst(text, nonce);
    if (isFailure(serverFirst)) return serverFirst;
    const { iterations, salt } = serverFirst;
    if (iterations < minIterations || iterations > maxIterations) return failure("iteration-count");
    this.#serverFirst = { ...serverFirst, text };
    if (derivedKeys?.iterations === iterations && equalOctets(derivedKeys.salt, salt))
      return this.#respond(derivedKeys);
    if (password === null) return failure("keys-outdated");
    if (!isExternal) return this.derived(saltedPassword(this.#hash, password, salt, iterations));
    const { hash, compute } = this.#hash;
    const step = {
      type: "derive",
      secret: true,
      hash,
      length: compute.outputLen,
      iterations,
      salt: salt.slice(),
    } as const;
    return withSecrets(step, { password: password.slice() });
  }

  /** Makes the client-final-message, and the signature that the server must answer it with (RFC 5802 §3). */
  #respond(keys: SharedKeys): ClientStep {
    const { header, binding, firstBare } = this.#settings;
    const { text, nonce } = this.#serverFirst!;
    const withoutProof = `c=${encodeBase64(joinOctets(encodeUtf8(header), binding))},r=${nonce}`;
    const authMessage = encodeUtf8(`${firstBare},${text},${withoutProof}`);
    const proof = xor(keys.clientKey, signature(this.#hash, storedKey(this.#hash, keys.clientKey), authMessage));
    this.#keys = keys;
    this.#serverSignature = signature(this.#hash, keys.serverKey, authMessage);
    return response(encodeUtf8(`${withoutProof},p=${encodeBase64(proof)}`));
  }

  #takeFinal(text: string, serverSignature: Uint8Array): ClientStep {
    const verifier = readServerFinal(text);
    if (isFailure(verifier)) return verifier;
    if (!equalOctets(verifier, serverSignature)) return failure("server-not-proved");
    this.#isProved = true;
    if (this.#settings.keepKeys) this.provedKeys = this.#derivedKeys();
    return response(new Uint8Array(0));
  }

  #derivedKeys(): ScramDerivedKeys {
    const { salt, iterations } = this.#serverFirst!;
    const { clientKey, serverKey } = this.#keys!;
    const keys = { mechanism: this.#hash.mechanism, iterations, salt };
    return withSecrets(keys, { clientKey: clientKey.slice(), serverKey: serverKey.slice() });
  }
}
