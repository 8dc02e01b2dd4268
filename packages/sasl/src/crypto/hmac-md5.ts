import { _MD5, md5 } from "@noble/hashes/legacy.js";

const BLOCK = 64;
const CONTEXT = 16;

/** How long the two contexts of a key are, in octets. */
export const CONTEXTS_LENGTH: number = 2 * CONTEXT;

/** MD5 whose state behind one block can be taken out and put back: the four words of RFC 1321 §3.3, low octet first. */
class ResumableMd5 extends _MD5 {
  contextInto(out: Uint8Array<ArrayBuffer>): void {
    const view = new DataView(out.buffer, out.byteOffset, CONTEXT);
    for (const [at, word] of this.get().entries()) view.setInt32(4 * at, word, true);
  }

  resume(context: Uint8Array<ArrayBuffer>): this {
    const view = new DataView(context.buffer, context.byteOffset, CONTEXT);
    this.set(view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true));
    this.length = BLOCK;
    return this;
  }
}

/**
 * The part of HMAC-MD5 that depends on the key alone (RFC 2104 §4): the states of MD5 behind the padded keys, the outer
 * one first, as Dovecot stores them. They are worth as much to an attacker as the key.
 *
 * @param key octets of any number: above 64 its MD5 is the key (RFC 2104 §2)
 */
export function hmacMd5Contexts(key: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(BLOCK);
  padded.set(key.length > BLOCK ? md5(key) : key);
  const contexts = new Uint8Array(CONTEXTS_LENGTH);
  for (const [at, pad] of [0x5c, 0x36].entries()) {
    const block = padded.map((octet) => octet ^ pad);
    const hash = new ResumableMd5().update(block);
    hash.contextInto(contexts.subarray(at * CONTEXT, (at + 1) * CONTEXT));
    hash.destroy();
    block.fill(0);
  }
  padded.fill(0);
  return contexts;
}

/** `MD5(K XOR opad, MD5(K XOR ipad, text))` (RFC 2104 §2). */
export function hmacMd5(contexts: Uint8Array<ArrayBuffer>, text: Uint8Array): Uint8Array {
  const inner = new ResumableMd5().resume(contexts.subarray(CONTEXT)).update(text).digest();
  return new ResumableMd5().resume(contexts).update(inner).digest();
}
