import { isLanguageTag } from "./forms.ts";
import { checkField, hasFraming, isLine } from "./text.ts";

/** A language that a server has, or has gone over to (RFC 6856 §3.2). */
export interface LanguageListing {
  /** As it came, e.g. `"en"` or `"de-CH"`. */
  readonly language: string;
  /** The language's name in itself, or the text of the answer to LANG; perhaps empty. */
  readonly text: string;
}

/**
 * Parses a line of a language listing, or the text of the answer to LANG with an argument. Null: it is none.
 *
 * A language listing is a language tag, and perhaps a space and a description (RFC 6856 §3.2).
 */
export function parseLanguageListing(line: string): LanguageListing | null {
  const language = line.split(" ", 1)[0]!;
  return isLanguageTag(language) && !hasFraming(line) ? { language, text: line.slice(language.length + 1) } : null;
}

/**
 * Writes a line of a language listing without its CRLF, or the text of the answer to LANG: the inverse of
 * {@link parseLanguageListing}.
 *
 * @throws RangeError for a language that is no tag, or text with controls.
 */
export function formatLanguageListing({ language, text }: LanguageListing): string {
  checkField("language", language, isLanguageTag, "a language tag");
  checkField("text", text, isLine, "text without line ends");
  return text === "" ? language : `${language} ${text}`;
}
