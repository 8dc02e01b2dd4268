/**
 * The text of octets, one character each: what ASCII is, and base64. Eight or four at a time: a spread of octets, or a
 * decoder, has a price for each call. Long text that is kept should come from a decoder: this one is put together of
 * parts.
 */
export function binaryText(octets: Uint8Array, from = 0, to: number = octets.length): string {
  const { fromCharCode } = String;
  let text = "";
  let at = from;
  for (; at + 8 <= to; at += 8) {
    text += fromCharCode(
      octets[at]!,
      octets[at + 1]!,
      octets[at + 2]!,
      octets[at + 3]!,
      octets[at + 4]!,
      octets[at + 5]!,
      octets[at + 6]!,
      octets[at + 7]!,
    );
  }
  if (at + 4 <= to) {
    text += fromCharCode(octets[at]!, octets[at + 1]!, octets[at + 2]!, octets[at + 3]!);
    at += 4;
  }
  for (; at < to; at++) text += fromCharCode(octets[at]!);
  return text;
}
