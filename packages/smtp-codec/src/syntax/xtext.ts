/**
 * xtext (RFC 3461 §4): the form in which parameter values carry characters that a parameter may not hold.
 *
 * ```abnf
 * xtext   = *( xchar / hexchar )
 * xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
 * hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
 * ```
 */

/** Decodes xtext to text of octets; lower-case digits are accepted, as RFC 4954's grammar has them. Null if malformed. */
export function decodeXtext(xtext: string): string | null {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})*$/.test(xtext)) return null;
  return xtext.replace(/\+(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** Encodes text as xtext. @throws RangeError for a character above U+007F */
export function encodeXtext(text: string): string {
  let xtext = "";
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) throw new RangeError('"text" expected ASCII alone');
    const plain = code > 0x20 && code < 0x7f && code !== 0x2b && code !== 0x3d;
    xtext += plain ? text[at] : `+${code.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return xtext;
}
