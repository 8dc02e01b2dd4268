/**
 * The derivation of a "derive" step by the platform (Web Crypto), which is faster than the one in place, and leaves the
 * thread to others meanwhile.
 *
 * @module
 */
import { demandType } from "../check.ts";
import type { Derivation } from "../mechanism.ts";
import { plainOctets } from "../octets.ts";

interface Pbkdf2 {
  readonly name: "PBKDF2";
  readonly hash: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

declare const crypto: {
  readonly subtle: {
    importKey(
      format: "raw",
      key: Uint8Array,
      algorithm: "PBKDF2",
      extractable: false,
      usages: readonly ["deriveBits"],
    ): Promise<object>;
    deriveBits(algorithm: Pbkdf2, key: object, bits: number): Promise<ArrayBuffer>;
  };
};

/**
 * PBKDF2-HMAC by Web Crypto. The password is overwritten once that is done; where it fails it stays, for another try.
 *
 * ```ts
 * if (step.type === "derive") step = client.provide(await derive(step));
 * ```
 *
 * @param derivation a "derive" step, or an object of that shape; its hash is one that Web Crypto has
 * @throws TypeError (the promise is rejected) unless it is an object with a password and a salt in octets; else what
 *   Web Crypto throws
 */
export async function derive(derivation: Derivation): Promise<Uint8Array<ArrayBuffer>> {
  demandType("derivation", derivation, "object");
  const { hash, length, iterations } = derivation;
  const password = plainOctets("password", derivation.password);
  const salt = plainOctets("salt", derivation.salt);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash, salt, iterations }, key, 8 * length);
  password.fill(0);
  return new Uint8Array(bits);
}
