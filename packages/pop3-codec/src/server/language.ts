import type { LanguageListing } from "../syntax/language-listing.ts";

/**
 * The first language that a range matches, or null: the range is the whole tag, or its beginning up to a hyphen, in
 * whatever case (RFC 4647 §3.3.1, basic filtering, as RFC 6856 §3.2 has it). `*` matches the first.
 */
export function matchLanguage(range: string, languages: readonly LanguageListing[]): string | null {
  const start = `${range.toLowerCase()}-`;
  const found = languages.find(({ language }) => range === "*" || `${language.toLowerCase()}-`.startsWith(start));
  return found?.language ?? null;
}
