import { md5 } from "@noble/hashes/legacy.js";
import { fromBinary, toHex } from "../octets.ts";
import { encodeUtf8 } from "../web.ts";
import type { DigestResponse } from "./messages.ts";

/** How long `H(username:realm:password)` is, in octets. */
export const USER_HASH_LENGTH = 16;

/**
 * A name or password as it is hashed: in ISO 8859-1 if all its characters are in it, else in UTF-8 (RFC 2831 §2.1.2.1).
 */
export function hashedForm(text: string): Uint8Array<ArrayBuffer> {
  return isLatin1(text) ? fromBinary(text) : encodeUtf8(text);
}

export function isLatin1(text: string): boolean {
  return !/[^\0-\xff]/.test(text);
}

/** `H( { username-value, ":", realm-value, ":", passwd } )`, which a server can store (RFC 2831 §3.9). */
export function userHash(username: Uint8Array, realm: Uint8Array, password: Uint8Array): Uint8Array<ArrayBuffer> {
  const colon = fromBinary(":");
  const hash = md5.create().update(username).update(colon).update(realm).update(colon).update(password);
  const digest = new Uint8Array(USER_HASH_LENGTH);
  hash.digestInto(digest);
  hash.destroy();
  return digest;
}

/**
 * ```text
 * HEX( KD( HEX(H(A1)), nonce ":" nc ":" cnonce ":" qop ":" HEX(H(A2)) ) )
 * A1 = { hash, ":", nonce, ":", cnonce [, ":", authzid] }
 * A2 = { method, ":", digest-uri }
 * ```
 *
 * @param answer what the client sends, of which everything that is hashed is there but for `authzid`, which can be
 *   missing
 * @param method `"AUTHENTICATE"` for the client's response, empty for the server's rspauth (RFC 2831 §2.1.3)
 * @returns 32 lower-case hexadecimal digits
 */
export function digestResponse(hash: Uint8Array, answer: DigestResponse, method: "AUTHENTICATE" | ""): string {
  const [nonce, nc, cnonce, qop, uri, authzid] = HASHED.map((name) => answer.get(name));
  const hex = (text: string) => toHex(md5(fromBinary(text)));
  const a1 = md5
    .create()
    .update(hash)
    .update(fromBinary(`:${nonce}:${cnonce}${authzid === undefined ? "" : `:${authzid}`}`));
  const key = toHex(a1.digest());
  return hex(`${key}:${nonce}:${nc}:${cnonce}:${qop}:${hex(`${method}:${uri}`)}`);
}

const HASHED = ["nonce", "nc", "cnonce", "qop", "digest-uri", "authzid"] as const;
