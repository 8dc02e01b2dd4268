/** Character classes of RFC 5321 §4.1.2 and RFC 5234 App. B.1, over character codes. */

/** One character an octet: the text of octets that are expected to be ASCII. */
export function toText(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += 4096) text += String.fromCharCode(...octets.subarray(at, at + 4096));
  return text;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isAlpha(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** `Let-dig = ALPHA / DIGIT` */
export function isLetDig(code: number): boolean {
  return isAlpha(code) || isDigit(code);
}

const ATEXT: Uint8Array = new Uint8Array(128).map((_, code) =>
  isLetDig(code) || "!#$%&'*+-/=?^_`{|}~".includes(String.fromCharCode(code)) ? 1 : 0,
);

/** `atext` of RFC 5322 §3.2.3: what an Atom of a local-part holds. */
export function isAtext(code: number): boolean {
  return ATEXT[code] === 1;
}

/** HT, SP and visible ASCII: what `textstring` and command arguments hold. */
export function isPrintable(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code > 0x7e) return false;
  }
  return true;
}

/** Whether every character is visible ASCII, 33 to 126. */
export function isVisible(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code > 0x7e) return false;
  }
  return true;
}
