/** Whether every character is SP or visible ASCII. */
export function isPrintable(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** Whether every character is HT, SP or visible ASCII: the `textstring` of replies (RFC 5321 §4.2). */
export function isText(text: string): boolean {
  return /^[\t -~]*$/.test(text);
}

/** Whether every character is visible ASCII, 0x21 to 0x7E, and there is one at least. */
export function isVisible(text: string): boolean {
  return /^[!-~]+$/.test(text);
}
