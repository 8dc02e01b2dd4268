import { DOT, isDigit, SPACE } from "../characters.ts";

/** An enhanced status code, e.g. `"5.7.8"` (RFC 3463 §2). */
export type EnhancedCode = `${2 | 4 | 5}.${number}.${number}`;

/**
 * The end of the enhanced status code that a text begins with, before a space or at the text's end; 0 if there is none.
 *
 * ```abnf
 * status-code = class "." subject "." detail
 * class       = "2" / "4" / "5"
 * subject     = 1*3digit
 * detail      = 1*3digit                      ; no leading zeros (RFC 3463 §2)
 * ```
 */
function endOfCode(text: string): number {
  const first = text.charCodeAt(0);
  if ((first !== 0x32 && first !== 0x34 && first !== 0x35) || text.charCodeAt(1) !== DOT) return 0;
  const dot = endOfNumber(text, 2);
  if (dot === 0 || text.charCodeAt(dot) !== DOT) return 0;
  const end = endOfNumber(text, dot + 1);
  return end === text.length || text.charCodeAt(end) === SPACE ? end : 0;
}

function endOfNumber(text: string, from: number): number {
  let at = from;
  while (at < from + 3 && isDigit(text.charCodeAt(at))) at++;
  return at === from || (text.charCodeAt(from) === 0x30 && at > from + 1) ? 0 : at;
}

/** The enhanced status code that the text begins with, or null (RFC 2034 §4). */
export function leadingEnhancedCode(text: string): EnhancedCode | null {
  const end = endOfCode(text);
  return end === 0 ? null : (text.slice(0, end) as EnhancedCode);
}

/** Whether the whole text is an enhanced status code. */
export function isEnhancedCode(text: string): text is EnhancedCode {
  return text !== "" && endOfCode(text) === text.length;
}

/** Class, subject and detail of a code as numbers (RFC 3463 §3). */
export function splitEnhancedCode(code: EnhancedCode): { class: number; subject: number; detail: number } {
  const [klass, subject, detail] = code.split(".").map(Number);
  return { class: klass!, subject: subject!, detail: detail! };
}
