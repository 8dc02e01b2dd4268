/** The web-platform globals this package uses, declared here because it compiles without the DOM library. */
interface Utf8Encoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { readonly written: number };
}
declare const TextEncoder: new () => Utf8Encoder;
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };
declare const atob: (base64: string) => string;
declare const btoa: (binary: string) => string;

const utf8: Utf8Encoder = new TextEncoder();

/**
 * Text of up to so many characters is encoded here and copied: memory of its own, for each text, costs the platform
 * more than that.
 */
const SHORT = 1024;
const scratch: Uint8Array<ArrayBuffer> = new Uint8Array(3 * SHORT);

/** Text to UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return text.length > SHORT ? utf8.encode(text) : scratch.slice(0, utf8.encodeInto(text, scratch).written);
}

/**
 * base64 to octets, one a character. White space and missing padding are forgiven; the rest is the caller's to check.
 */
export function base64ToBinary(base64: string): string {
  return atob(base64);
}

/** Octets, one a character, to base64. */
export function binaryToBase64(binary: string): string {
  return btoa(binary);
}

/** UTF-8 to text. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
