import { binaryText, encodeBase64 } from "dot-stuffing/session";

/** What POP3 is called among SASL's services (RFC 5034 §4): some mechanisms want to know. */
export const SASL_SERVICE = "pop";

/** Named leniencies of {@link parseChallenge}. */
export interface ChallengeLeniencies {
  /** `+` without a space is an empty challenge, as Exchange sends it. Default true. */
  readonly plusWithoutSpace?: boolean;
}

/**
 * The base64 of a challenge line, without its CRLF, not decoded; null: the line is no challenge.
 *
 * `continue-req = "+" SP [base64] CRLF` (RFC 5034 §4)
 */
export function parseChallenge(line: Uint8Array, leniencies: ChallengeLeniencies = {}): string | null {
  const text = binaryText(line);
  if (text.startsWith("+ ")) return text.slice(2);
  return text === "+" && (leniencies.plusWithoutSpace ?? true) ? "" : null;
}

/** Writes a challenge line with its CRLF, never folded: the inverse of {@link parseChallenge} and of base64. */
export function formatChallenge(challenge: Uint8Array): string {
  return `+ ${encodeBase64(challenge)}\r\n`;
}
