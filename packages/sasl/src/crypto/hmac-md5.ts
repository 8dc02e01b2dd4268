import { hmac } from "@noble/hashes/hmac.js";
import { _MD5, md5 } from "@noble/hashes/legacy.js";

const CONTEXT = 16;

/** How long the two contexts of a key are, in octets. */
export const CONTEXTS_LENGTH: number = 2 * CONTEXT;

/** MD5 whose state after one block can be put back: the four words of RFC 1321 §3.3, low octet first. */
class ResumedMd5 extends _MD5 {
  constructor(context: Uint8Array<ArrayBuffer>) {
    super();
    const view = new DataView(context.buffer, context.byteOffset, CONTEXT);
    this.set(view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true));
    this.length = this.blockLen;
  }
}

/**
 * The part of HMAC-MD5 that depends on the key alone (RFC 2104 §4): the states of MD5 after the padded keys, the outer
 * one first, as Dovecot stores them. They are worth as much to an attacker as the key.
 */
export function hmacMd5Contexts(key: Uint8Array): Uint8Array<ArrayBuffer> {
  // When it is made, each of its two hashes has taken in its padded key, and nothing else.
  const keyed = hmac.create(md5, key);
  const contexts = new Uint8Array(CONTEXTS_LENGTH);
  const view = new DataView(contexts.buffer);
  const words: readonly number[] = [...keyed.oHash.get(), ...keyed.iHash.get()];
  for (const [at, word] of words.entries()) view.setInt32(4 * at, word, true);
  keyed.destroy();
  return contexts;
}

/** `MD5(K XOR opad, MD5(K XOR ipad, text))` (RFC 2104 §2). */
export function hmacMd5(contexts: Uint8Array<ArrayBuffer>, text: Uint8Array): Uint8Array {
  const inner = new ResumedMd5(contexts.subarray(CONTEXT)).update(text).digest();
  return new ResumedMd5(contexts).update(inner).digest();
}
