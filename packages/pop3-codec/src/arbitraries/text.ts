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

/**
 * Texts as they are, and one in twenty of them repeated up to a length: any length, and in half of these cases the
 * limit. They are within the limit themselves.
 */
export function upTo(limit: number, texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const long = fc.tuple(texts, fc.nat({ max: 2 * limit })).map(([text, length]) => {
    return text.padEnd(Math.min(length, limit), text);
  });
  return fc.oneof(CROSS, { weight: 19, arbitrary: texts }, { weight: 1, arbitrary: long });
}

const LETTER = fc.constantFrom(..."aZ09@.<>[]/=+-*~!");

/** Visible ASCII, what looks like syntax among it: short mostly, and up to a limit of at least 12. */
export function word(limit: number): fc.Arbitrary<string> {
  return upTo(limit, fc.string({ unit: LETTER, minLength: 1, maxLength: 12 }));
}

/** Printable ASCII, spaces at its ends among it: short mostly, and up to a limit of at least 12. */
export function printable(minLength: number, limit: number): fc.Arbitrary<string> {
  return upTo(limit, fc.string({ unit: fc.oneof(LETTER, fc.constant(" ")), minLength, maxLength: 12 }));
}

export function mechanismName(): fc.Arbitrary<string> {
  return fc.constantFrom("PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-512-PLUS", "XOAUTH2", "X_1");
}
