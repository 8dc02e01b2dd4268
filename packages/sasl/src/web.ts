/** The web platform's globals that this package uses, declared here and nowhere as ambient globals. */

interface Encoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

interface Decoder {
  decode(bytes: Uint8Array): string;
}

declare const TextEncoder: new () => Encoder;
declare const TextDecoder: new (label: "utf-8", options: { readonly fatal: true; readonly ignoreBOM: true }) => Decoder;
declare const crypto: { getRandomValues(octets: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> };
declare function atob(base64: string): string;
declare function btoa(binary: string): string;

let encoder: Encoder | undefined;
let decoder: Decoder | undefined;

/**
 * A string as UTF-8. Unpaired surrogates come out as U+FFFD: they are refused before. ASCII is copied here, since for
 * texts as short as these the platform's call costs several times as much.
 */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) {
      encoder ??= new TextEncoder();
      return encoder.encode(text);
    }
    octets[at] = unit;
  }
  return octets;
}

/**
 * Strict UTF-8 (RFC 3629): an overlong form, a surrogate or a value above U+10FFFF gives null. A BOM is a character.
 */
export function decodeUtf8(bytes: Uint8Array): string | null {
  decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** One octet a character to base64 with padding. */
export function binaryToBase64(binary: string): string {
  return btoa(binary);
}

/**
 * base64 to one octet a character, in the forgiving way of the platform. The text has nothing else than the alphabet
 * and `=`.
 */
export function base64ToBinary(base64: string): string {
  return atob(base64);
}

/** Octets from the platform's secure generator, drawn now. */
export function randomOctets(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
