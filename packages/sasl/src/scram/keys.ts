import { hmac } from "@noble/hashes/hmac.js";
import { hi } from "../crypto/hi.ts";
import { encodeUtf8 } from "../web.ts";
import type { ScramHash } from "./hash.ts";

/** What both sides compute of the salted password; either is secret, and all that an exchange needs (RFC 5802 §3). */
export interface SharedKeys {
  readonly clientKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** `SaltedPassword := Hi(Normalize(password), salt, i)` (RFC 5802 §3). */
export function saltedPassword(
  { compute }: ScramHash,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Uint8Array {
  return hi(compute, password, salt, iterations);
}

/** `ClientKey` and `ServerKey` (RFC 5802 §3). */
export function sharedKeys({ compute }: ScramHash, saltedPassword: Uint8Array): SharedKeys {
  return {
    clientKey: hmac(compute, saltedPassword, encodeUtf8("Client Key")),
    serverKey: hmac(compute, saltedPassword, encodeUtf8("Server Key")),
  };
}

/** `StoredKey := H(ClientKey)` (RFC 5802 §3). */
export function storedKey({ compute }: ScramHash, clientKey: Uint8Array): Uint8Array {
  return compute(clientKey);
}

/** `ClientSignature` by the StoredKey, `ServerSignature` by the ServerKey (RFC 5802 §3). */
export function signature({ compute }: ScramHash, key: Uint8Array, authMessage: Uint8Array): Uint8Array {
  return hmac(compute, key, authMessage);
}

export function wipeKeys(keys: SharedKeys): void {
  keys.clientKey.fill(0);
  keys.serverKey.fill(0);
}

/** `ClientProof := ClientKey XOR ClientSignature`, and back (RFC 5802 §3). */
export function xor(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((octet, at) => octet ^ other[at]!);
}

/**
 * The salt that a name gets which has none: the same every time, and without the secret like a random one (RFC 5802
 * §9). What is longer than one HMAC goes on with the HMAC of the last one.
 */
export function inventedSalt(hash: ScramHash, secret: Uint8Array, name: string, length: number): Uint8Array {
  const salt = new Uint8Array(length);
  let block: Uint8Array = encodeUtf8(`${hash.mechanism} ${name}`);
  for (let at = 0; at < length; at += block.length) {
    block = hmac(hash.compute, secret, block);
    salt.set(block.subarray(0, length - at), at);
  }
  return salt;
}
