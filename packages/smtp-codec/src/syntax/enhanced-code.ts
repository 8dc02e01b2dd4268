/** An enhanced status code, e.g. `"5.7.8"` (RFC 3463 §2). */
export type EnhancedCode = `${2 | 4 | 5}.${number}.${number}`;

/**
 * ```abnf
 * status-code = class "." subject "." detail
 * class       = "2" / "4" / "5"
 * subject     = 1*3digit
 * detail      = 1*3digit                      ; no leading zeros (RFC 3463 §2)
 * ```
 */
const ENHANCED = /^([245])\.(?:0|[1-9][0-9]{0,2})\.(?:0|[1-9][0-9]{0,2})(?= |$)/;

/** The enhanced status code that the text begins with, or null (RFC 2034 §4). */
export function leadingEnhancedCode(text: string): EnhancedCode | null {
  return (ENHANCED.exec(text)?.[0] as EnhancedCode | undefined) ?? null;
}

/** Whether the whole text is an enhanced status code. */
export function isEnhancedCode(text: string): text is EnhancedCode {
  return leadingEnhancedCode(text) === text;
}

/** Class, subject and detail of a code as numbers (RFC 3463 §3). */
export function splitEnhancedCode(code: EnhancedCode): { class: number; subject: number; detail: number } {
  const [klass, subject, detail] = code.split(".").map(Number);
  return { class: klass!, subject: subject!, detail: detail! };
}
