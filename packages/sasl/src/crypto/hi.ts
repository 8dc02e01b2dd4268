import { hmac } from "@noble/hashes/hmac.js";
import type { CHash } from "@noble/hashes/utils.js";

/**
 * PBKDF2 of a single block (RFC 8018 §5.2), which is all that SCRAM needs of it: `Hi()` of RFC 5802 §2.2.
 *
 * ```text
 * U1 := HMAC(str, salt + INT(1))     Un := HMAC(str, Un-1)     Hi := U1 XOR U2 XOR ... XOR Ui
 * ```
 */
export function hi(compute: CHash, str: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array {
  // The two hashes of an HMAC after its padded keys, which every round goes on from.
  const { iHash, oHash } = hmac.create(compute, str);
  const inner = iHash.clone();
  const outer = oHash.clone();
  const last = new Uint8Array(compute.outputLen);
  inner
    .update(salt)
    .update(Uint8Array.of(0, 0, 0, 1))
    .digestInto(last);
  outer.update(last).digestInto(last);
  const result = last.slice();
  for (let count = 1; count < iterations; count++) {
    iHash._cloneInto(inner).update(last).digestInto(last);
    oHash._cloneInto(outer).update(last).digestInto(last);
    for (let at = 0; at < last.length; at++) result[at]! ^= last[at]!;
  }
  for (const keyed of [iHash, oHash, inner, outer]) keyed.destroy();
  last.fill(0);
  return result;
}
