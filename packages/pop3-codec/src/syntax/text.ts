/** One character an octet. */
export function toText(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += 4096) text += String.fromCharCode(...octets.subarray(at, at + 4096));
  return text;
}

/** Whether every character is printable ASCII, SP included. */
export function isPrintable(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** Whether every character is visible ASCII, 0x21 to 0x7E, and there is one at least. */
export function isVisible(text: string): boolean {
  return text.length > 0 && isPrintable(text) && !text.includes(" ");
}

/** `1*DIGIT` of at most 2^53−1, or null (RFC 1939 §4: numbers are decimal). */
export function parseNumber(text: string): number | null {
  if (!/^[0-9]{1,20}$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}
