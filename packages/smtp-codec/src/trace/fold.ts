import { octetLength } from "../syntax/characters.ts";

/** Where a line is folded if it can be, and what it must never exceed, in octets without CRLF (RFC 5322 §2.1.1). */
const FOLD_AT = 78;
const MAX_LINE = 998;

/**
 * Writes a header field with its CRLF, folded between words (RFC 5322 §2.2.3): words are given whole, and no line is
 * white space alone, where the first word is a short one.
 *
 * @throws RangeError for a word that no line can hold.
 */
export function foldField(name: string, words: readonly string[]): string {
  const longest = MAX_LINE - name.length - ": ".length;
  let text = `${name}:`;
  let length = text.length;
  for (const word of words) {
    const added = octetLength(word) + 1;
    if (added > longest) throw new RangeError(`"${name}" has a part of more than ${longest - 1} octets`);
    if (length + added > FOLD_AT) {
      text += "\r\n";
      length = 0;
    }
    text += ` ${word}`;
    length += added;
  }
  return `${text}\r\n`;
}
