import fc from "fast-check";

/**
 * Of alternatives of one thing: a finding that is not about one of them is shown with the first, which is the simplest.
 */
export const CROSS = { withCrossShrink: true } as const;

/** Text to octets, one a character: U+00FF is the highest. */
export function octets(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Visible ASCII, what looks like syntax among it. */
export function word(maxLength: number): fc.Arbitrary<string> {
  const letter = fc.constantFrom(..."aZ09@.<>[]/=+-*~!");
  return fc.string({ unit: letter, minLength: 1, maxLength });
}

/** Printable ASCII, spaces at its ends among it. */
export function printable(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.oneof(word(1), fc.constant(" ")), minLength, maxLength });
}

export function mechanismName(): fc.Arbitrary<string> {
  return fc.constantFrom("PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-512-PLUS", "XOAUTH2", "X_1");
}
