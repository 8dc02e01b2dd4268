import { utf8Length } from "../web.ts";
import { isLanguageTag } from "./forms.ts";
import { MAX_RESPONSE_LENGTH } from "./response.ts";
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
 * @throws TypeError or RangeError for a language that is no tag, text with controls, or a line of more than 512 octets.
 */
export function formatLanguageListing({ language, text }: LanguageListing): string {
  checkField("language", language, isLanguageTag, "a language tag");
  checkField("text", text, isLine, "text without line ends");
  const line = text === "" ? language : `${language} ${text}`;
  const fits = () => utf8Length(line) + 2 <= MAX_RESPONSE_LENGTH;
  return checkField("text", line, fits, `a line of at most ${MAX_RESPONSE_LENGTH} octets`);
}
