/** The web-platform globals this package uses, declared here because it compiles without the DOM library. */
declare const TextDecoder: new (label: "utf-8") => { decode(bytes: Uint8Array): string };

const utf8: { decode(bytes: Uint8Array): string } = new TextDecoder("utf-8");

/** UTF-8 to text; malformed octets become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
