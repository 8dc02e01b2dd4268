import { type ChannelBinding, checkChannelBinding } from "../channel-binding.ts";
import { demandOneOf, demandType } from "../check.ts";
import type { ExchangeOptions } from "../exchange/limit.ts";
import { encodeBase64 } from "../text/base64.ts";
import { escapeSaslname, gs2Header } from "../text/gs2.ts";
import { checkOptional, type PrepareOption, prepareOwn } from "../text/text.ts";
import { randomOctets } from "../web.ts";
import { checkScram, type ScramHash } from "./hash.ts";
import { checkCount, checkNonce, countAbove, MAX_ITERATIONS, MIN_ITERATIONS, ownKeys, ownPassword } from "./options.ts";

/**
 * Keys of a user for one salt and count, which spare the derivation (RFC 5802 §5.1). They are as good as the password
 * that they were made of, and belong to it: with another one they log in no more, though salt and count can be the
 * same. Copy them field by field: a spread, JSON and `structuredClone` leave out what is not enumerable.
 */
export interface ScramDerivedKeys {
  /** The mechanism's name without `-PLUS`. */
  readonly mechanism: string;
  readonly iterations: number;
  readonly salt: Uint8Array;
  /** Not enumerable where this package makes it, nor is `serverKey`. */
  readonly clientKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** Options of {@link scramClient}. */
export interface ScramClientOptions extends ExchangeOptions, PrepareOption {
  readonly authenticationIdentity: string;
  /** Whom to act as. Default, and if empty: as oneself. */
  readonly authorizationIdentity?: string;
  /** Octets are taken as they are, without `prepare`. Null: only `derivedKeys` are at hand. */
  readonly password: string | Uint8Array | null;
  /**
   * Used instead of the password where the server names the salt and count that they hold for, whatever the password
   * is. Where it has changed they fail the exchange: drop them then, and try a login that failed with them once more
   * without. Default null.
   */
  readonly derivedKeys?: ScramDerivedKeys | null;
  /**
   * A binding: the name gets `-PLUS`, and the exchange is bound to it (RFC 5802 §6). `"not-offered"`: the client could
   * bind the channel, and the server has not offered `-PLUS`; a server that has finds out. Default null: it cannot
   * bind.
   */
  readonly channelBinding?: ChannelBinding | "not-offered" | null;
  /** What `negotiate` takes, which picks one: here a list would be a binding dropped in silence. */
  readonly channelBindings?: never;
  /** Fewer iterations are refused. Default 4096 (RFC 5802 §5.1). */
  readonly minIterations?: number;
  /** More iterations are refused before any work is done. Default 100 000, or `minIterations` if that is more. */
  readonly maxIterations?: number;
  /** Octets 0x21–0x7E without the comma, never used before. Default: 144 random bits. */
  readonly nonce?: string;
  /** Who computes PBKDF2: the mechanism itself, or the caller, asked by a "derive" step. Default `"in-place"`. */
  readonly deriveKeys?: "in-place" | "external";
  /** Whether the client has `derivedKeys` when the server has proved itself, and keeps them. Default false. */
  readonly keepKeys?: boolean;
}

/** What an exchange needs of the options, checked and prepared. Octets are its own, to overwrite. */
export interface ScramClientSettings {
  readonly isBound: boolean;
  readonly header: string;
  /** What follows the header in `c=`. */
  readonly binding: Uint8Array;
  readonly nonce: string;
  readonly firstBare: string;
  readonly password: Uint8Array<ArrayBuffer> | null;
  readonly derivedKeys: ScramDerivedKeys | null;
  readonly minIterations: number;
  readonly maxIterations: number;
  readonly isExternal: boolean;
  readonly keepKeys: boolean;
}

const DERIVATIONS: readonly string[] = ["in-place", "external"];

/** @throws TypeError, RangeError if an option is not acceptable */
export function clientSettings(hash: ScramHash, options: ScramClientOptions): ScramClientSettings {
  const {
    channelBinding = null,
    deriveKeys = "in-place",
    derivedKeys = null,
    keepKeys = false,
    minIterations = MIN_ITERATIONS,
    password,
  } = checkScram(hash, options, [
    "authenticationIdentity",
    "password",
    "authorizationIdentity",
    "derivedKeys",
    "channelBinding",
    "minIterations",
    "maxIterations",
    "nonce",
    "deriveKeys",
    "keepKeys",
    "prepare",
    "maxMessageLength",
  ]);
  demandOneOf("deriveKeys", deriveKeys, DERIVATIONS);
  const authorizationIdentity = checkOptional("authorizationIdentity", options.authorizationIdentity);
  const username = prepareOwn("authenticationIdentity", options.authenticationIdentity, options.prepare);
  if (derivedKeys !== null) demandType("derivedKeys", derivedKeys, "object");
  const isBound = channelBinding !== null && channelBinding !== "not-offered";
  const binding = isBound ? checkChannelBinding(channelBinding) : null;
  const flag = binding === null ? (channelBinding === null ? "n" : "y") : `p=${binding.type}`;
  const nonce = checkNonce(options.nonce ?? encodeBase64(randomOctets(18)));
  return {
    isBound,
    header: gs2Header(flag, authorizationIdentity),
    binding: binding?.data ?? new Uint8Array(0),
    nonce,
    firstBare: `n=${escapeSaslname(username)},r=${nonce}`,
    minIterations: checkCount("minIterations", minIterations),
    maxIterations: countAbove("maxIterations", minIterations, MAX_ITERATIONS, options.maxIterations),
    isExternal: deriveKeys === "external",
    keepKeys,
    derivedKeys:
      derivedKeys === null ? null : ownKeys(hash, derivedKeys, ["clientKey", "serverKey"], 1, "derivedKeys."),
    password: password === null && derivedKeys !== null ? null : ownPassword(password!, options),
  };
}
