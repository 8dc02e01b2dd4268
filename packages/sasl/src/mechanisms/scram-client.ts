import { ClientExchange, type ClientScript } from "../exchange/client.ts";
import { response, withSecrets } from "../exchange/steps.ts";
import { failure } from "../failure.ts";
import type { ClientStep, DeriveStep, DerivingClient, SaslClient } from "../mechanism.ts";
import { equalOctets, joinOctets, ownOctets } from "../octets.ts";
import {
  clientSettings,
  type ScramClientOptions,
  type ScramClientSettings,
  type ScramDerivedKeys,
} from "../scram/client-options.ts";
import type { ScramHash } from "../scram/hash.ts";
import { type SharedKeys, saltedPassword, sharedKeys, signature, storedKey, wipeKeys, xor } from "../scram/keys.ts";
import { isFailure, readServerError, readServerFinal, readServerFirst, type ServerFirst } from "../scram/messages.ts";
import { describeScram } from "../scram/names.ts";
import { encodeBase64 } from "../text/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../web.ts";

/** What a client of SCRAM has besides the steps. */
export interface KeepsKeys {
  /** What to hand in as `derivedKeys` next time: with `keepKeys`, once the server has proved itself; else null. */
  readonly derivedKeys: ScramDerivedKeys | null;
}

/**
 * SCRAM, client (RFC 5802, RFC 7677). The server is proved when the exchange succeeds: one that skips its part, or does
 * not know the user's keys, fails it.
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
  return new ScramExchange(hash, clientSettings(hash, options), options);
}

class ScramExchange extends ClientExchange<DeriveStep> implements DerivingClient, KeepsKeys {
  readonly #script: ScramClientScript;
  readonly #length: number;

  constructor(hash: ScramHash, settings: ScramClientSettings, options: ScramClientOptions) {
    const script = clientScript(hash, settings);
    super(describeScram(hash, settings.isBound), script, options);
    this.#script = script;
    this.#length = hash.compute.outputLen;
  }

  provide(saltedPassword: Uint8Array): ClientStep {
    return this.resume(() => this.#script.derived(ownOctets("saltedPassword", saltedPassword, this.#length)));
  }

  get derivedKeys(): ScramDerivedKeys | null {
    return this.#script.provedKeys();
  }
}

interface ScramClientScript extends ClientScript<DeriveStep> {
  /** Goes on with the salted password, which is overwritten. */
  derived(saltedPassword: Uint8Array): ClientStep;
  /** Of an exchange in which the server has proved itself, if they are to be kept. */
  provedKeys(): ScramDerivedKeys | null;
}

function clientScript(hash: ScramHash, settings: ScramClientSettings): ScramClientScript {
  const { header, binding, nonce, firstBare, password, derivedKeys } = settings;
  let serverFirst: (ServerFirst & { readonly text: string }) | null = null;
  let keys: SharedKeys | null = null;
  let serverSignature: Uint8Array | null = null;
  let isProved = false;
  let provedKeys: ScramDerivedKeys | null = null;

  const start = (): ClientStep => response(encodeUtf8(header + firstBare));

  const takeFirst = (text: string): ClientStep | DeriveStep => {
    const read = readServerError(text) ?? readServerFirst(text, nonce);
    if (isFailure(read)) return read;
    const { iterations, salt } = read;
    if (iterations < settings.minIterations || iterations > settings.maxIterations) return failure("iteration-count");
    serverFirst = { ...read, text };
    if (derivedKeys?.iterations === iterations && equalOctets(derivedKeys.salt, salt)) return respond(derivedKeys);
    if (password === null) return failure("keys-outdated");
    if (!settings.isExternal) return derived(saltedPassword(hash, password, salt, iterations));
    const length = hash.compute.outputLen;
    const step = { type: "derive", secret: true, hash: hash.hash, length, iterations, salt: salt.slice() } as const;
    return withSecrets(step, { password: password.slice() });
  };

  const derived = (salted: Uint8Array): ClientStep => {
    const shared = sharedKeys(hash, salted);
    salted.fill(0);
    return respond(shared);
  };

  /** Makes the client-final-message, and the signature that the server must answer it with (RFC 5802 §3). */
  const respond = (shared: SharedKeys): ClientStep => {
    const { text, nonce } = serverFirst!;
    const withoutProof = `c=${encodeBase64(joinOctets(encodeUtf8(header), binding))},r=${nonce}`;
    const authMessage = encodeUtf8(`${firstBare},${text},${withoutProof}`);
    const proof = xor(shared.clientKey, signature(hash, storedKey(hash, shared.clientKey), authMessage));
    keys = shared;
    serverSignature = signature(hash, shared.serverKey, authMessage);
    return response(encodeUtf8(`${withoutProof},p=${encodeBase64(proof)}`));
  };

  const takeFinal = (text: string, expected: Uint8Array): ClientStep => {
    const verifier = readServerFinal(text);
    if (isFailure(verifier)) return verifier;
    if (!equalOctets(verifier, expected)) return failure("server-not-proved");
    isProved = true;
    if (settings.keepKeys) {
      const { salt, iterations } = serverFirst!;
      const { clientKey, serverKey } = keys!;
      const kept = { mechanism: hash.mechanism, iterations, salt };
      provedKeys = withSecrets(kept, { clientKey: clientKey.slice(), serverKey: serverKey.slice() });
    }
    return response(new Uint8Array(0));
  };

  return {
    start,
    next(challenge, turn) {
      // The initial response could not be carried (RFC 4422 §3): once.
      if (turn === 0 && challenge.length === 0) return start();
      if (isProved) return failure("unexpected-challenge");
      const text = decodeUtf8(challenge);
      if (text === null) return failure("invalid-utf8");
      return serverSignature === null ? takeFirst(text) : takeFinal(text, serverSignature);
    },
    derived,
    isComplete: () => isProved,
    provedKeys: () => provedKeys,
    wipe() {
      password?.fill(0);
      serverSignature?.fill(0);
      for (const shared of [derivedKeys, keys]) if (shared !== null) wipeKeys(shared);
    },
  };
}
