/** The web-platform globals this package uses, declared here because it compiles without the DOM library. */
declare const TextDecoder: new (
  label: "utf-8",
  options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
declare const crypto: { getRandomValues(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> };

const utf8: { decode(bytes: Uint8Array): string } = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8: { decode(bytes: Uint8Array): string } = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder: { encode(text: string): Uint8Array<ArrayBuffer> } = new TextEncoder();

/** UTF-8 to text; malformed octets become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** UTF-8 to text, or null where it is not well-formed: overlong, a surrogate, above U+10FFFF, cut off (RFC 3629 §3). */
export function decodeStrictUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** How many octets text has as UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** Random octets from the platform's cryptographic source, asked only when called. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}
