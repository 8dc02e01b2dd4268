/** An APOP digest: 32 lower-case hexadecimal digits (RFC 1939 §7). */
export function isDigest(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** `language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*"` (RFC 4647 §2.1, for RFC 6856 §3.2) */
export function isLanguageRange(text: string): boolean {
  return text === "*" || isLanguageTag(text);
}

/**
 * A language tag, as far as its characters say: letters, then letters and digits, in parts of 1 to 8 (RFC 5646 §2.1).
 */
export function isLanguageTag(text: string): boolean {
  return /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(text);
}

/** What an error says of a unique-id. */
export const UNIQUE_ID = "1 to 70 octets from 0x21 to 0x7E (RFC 1939 §7)";

/** A unique-id: 1 to 70 octets 0x21 to 0x7E (RFC 1939 §7). */
export function isUniqueId(text: string): boolean {
  return /^[!-~]{1,70}$/.test(text);
}
