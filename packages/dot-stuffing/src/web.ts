/** The web-platform globals this package uses, declared here because it compiles without the DOM library. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };
declare const atob: (base64: string) => string;
declare const btoa: (binary: string) => string;

const utf8: { encode(text: string): Uint8Array<ArrayBuffer> } = new TextEncoder();

/** Text to UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(text);
}

/** base64 to octets, one a character. White space and missing padding are forgiven; the rest is the caller's to check. */
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
