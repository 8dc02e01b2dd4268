/** The web-platform globals this package uses, declared here because it compiles without the DOM library. */
interface Utf8Decoder {
  decode(bytes: Uint8Array): string;
}
declare const TextDecoder: new (
  label: "utf-8",
  options: { readonly fatal?: boolean; readonly ignoreBOM: boolean },
) => Utf8Decoder;

// A BOM is an octet sequence like any other here: without the option it would vanish.
const lenient: Utf8Decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strict: Utf8Decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** UTF-8 to text; malformed octets become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** UTF-8 to text; null where an octet is malformed: overlong, a surrogate, above U+10FFFF, cut off. */
export function decodeStrictUtf8(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
