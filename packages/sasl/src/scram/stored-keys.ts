import { demandType } from "../check.ts";
import { withSecrets } from "../exchange/steps.ts";
import type { ScramKeys } from "../mechanism.ts";
import { equalOctets, ownOctets } from "../octets.ts";
import type { PrepareOption } from "../text/text.ts";
import { randomOctets } from "../web.ts";
import { checkScram, type ScramHash } from "./hash.ts";
import { saltedPassword, sharedKeys, storedKey } from "./keys.ts";
import { checkCount, countAbove, MIN_ITERATIONS, ownKeys, ownPassword, peersPassword } from "./options.ts";

/** A password, or what PBKDF2 makes of it for a salt and count, computed elsewhere: see `sasl/webcrypto`. */
export type PasswordOrSalted =
  | {
      /** Octets are taken as they are, without `prepare`. */
      readonly password: string | Uint8Array;
      readonly saltedPassword?: undefined;
    }
  | { readonly saltedPassword: Uint8Array; readonly password?: undefined };

/** Options of {@link makeScramKeys}. */
export type ScramKeysOptions = PrepareOption &
  PasswordOrSalted & {
    /** Default: 16 random octets. To be given with a salted password. */
    readonly salt?: Uint8Array;
    /** Default 4096, or `minIterations` if that is more. */
    readonly iterations?: number;
    /** Fewer iterations are refused. Default 4096 (RFC 5802 §5.1, RFC 7677 §4). */
    readonly minIterations?: number;
  };

/**
 * What a server stores for a user instead of the password (RFC 5802 §3): the salt, the count, `StoredKey` and
 * `ServerKey`.
 *
 * ```ts
 * const keys = makeScramKeys(scramSha256, { password: "pencil", iterations: 10_000 });
 * const line = formatScramKeys(keys); // SCRAM-SHA-256$10000:…
 * ```
 *
 * @throws TypeError, RangeError if an option is not acceptable
 */
export function makeScramKeys(hash: ScramHash, options: ScramKeysOptions): ScramKeys {
  const { minIterations = MIN_ITERATIONS } = checkScram(hash, options, [
    "password",
    "saltedPassword",
    "salt",
    "iterations",
    "minIterations",
    "prepare",
  ]);
  checkCount("minIterations", minIterations);
  const iterations = countAbove("iterations", minIterations, MIN_ITERATIONS, options.iterations);
  // A salted password has a salt already: a fresh one would be another.
  const salt = ownOctets("salt", options.salt ?? (options.saltedPassword === undefined ? randomOctets(16) : undefined));
  const salted =
    options.saltedPassword === undefined
      ? derive(hash, ownPassword(options.password, options), salt, iterations)
      : ownOctets("saltedPassword", options.saltedPassword, hash.compute.outputLen);
  const keys = keysOf(hash, salted);
  return hideKeys({ mechanism: hash.mechanism, iterations, salt, ...keys });
}

/** Options of {@link verifyScramPassword}. */
export type VerifyScramOptions = PrepareOption &
  PasswordOrSalted & {
    /** What an unknown user costs: the count that known users have. Default 4096. */
    readonly iterations?: number;
  };

/**
 * Whether a plain password is the one that the keys were made of, e.g. for PLAIN, in a time that does not depend on it.
 *
 * @param keys null or undefined: there is no such user, which takes the same computation and is false
 * @throws TypeError, RangeError if the keys are not of this hash, or what is compared is neither password nor octets of
 *   the hash's length; a password that cannot be prepared is false
 */
export function verifyScramPassword(
  hash: ScramHash,
  keys: ScramKeys | null | undefined,
  options: VerifyScramOptions,
): boolean {
  checkScram(hash, options, ["password", "saltedPassword", "iterations", "prepare"]);
  const stored = keys ?? standInKeys(hash, new Uint8Array(16), options.iterations ?? MIN_ITERATIONS);
  demandType("keys", stored, "object");
  const { iterations, salt, storedKey: expected } = ownScramKeys(hash, stored);
  let salted: Uint8Array;
  if (options.saltedPassword === undefined) {
    const password = peersPassword(options.password, options);
    if (password === null) return false;
    salted = derive(hash, password, salt, iterations);
  } else salted = ownOctets("saltedPassword", options.saltedPassword, hash.compute.outputLen);
  const isRight = equalOctets(keysOf(hash, salted).storedKey, expected);
  return isRight && stored === keys;
}

/** The salted password. The password is overwritten. */
function derive(hash: ScramHash, password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array {
  const salted = saltedPassword(hash, password, salt, iterations);
  password.fill(0);
  return salted;
}

/** What is stored of a salted password, which is overwritten. */
function keysOf(hash: ScramHash, salted: Uint8Array): Pick<ScramKeys, "storedKey" | "serverKey"> {
  const { clientKey, serverKey } = sharedKeys(hash, salted);
  salted.fill(0);
  const stored = storedKey(hash, clientKey);
  clientKey.fill(0);
  return { storedKey: stored, serverKey };
}

/** @throws TypeError, RangeError as {@link ownKeys} */
export function ownScramKeys(hash: ScramHash, keys: ScramKeys, minIterations?: number): ScramKeys {
  return ownKeys(hash, keys, ["storedKey", "serverKey"], minIterations);
}

/** Keys that nobody has, for a user that there is not. */
export function standInKeys({ mechanism, compute }: ScramHash, salt: Uint8Array, iterations: number): ScramKeys {
  const key = () => new Uint8Array(compute.outputLen);
  return { mechanism, iterations, salt, storedKey: key(), serverKey: key() };
}

/** Keeps the keys out of JSON and consoles. */
export function hideKeys({ mechanism, iterations, salt, storedKey, serverKey }: ScramKeys): ScramKeys {
  return withSecrets({ mechanism, iterations, salt }, { storedKey, serverKey });
}
