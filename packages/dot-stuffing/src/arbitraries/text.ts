/** Text to octets, one a character: U+00FF is the highest. Cases are written as text because that can be read. */
export function octets(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
