/** The web-platform globals this package uses, declared here because it compiles without the DOM library. */
declare const TextDecoder: new (label: "utf-8") => { decode(bytes: Uint8Array): string };
declare const crypto: { getRandomValues(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> };

const utf8: { decode(bytes: Uint8Array): string } = new TextDecoder("utf-8");

/** UTF-8 to text; malformed octets become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** Random octets from the platform's cryptographic source, asked only when called. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}
