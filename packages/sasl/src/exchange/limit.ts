import { demand } from "../check.ts";

/** What the options of all mechanisms have in common. */
export interface ExchangeOptions {
  /**
   * The longest message taken from the peer, in octets; a longer one fails unread. Default 9216, the content of a
   * 12 288-octet line of base64 (RFC 4954 §4). Infinity must be written out.
   */
  readonly maxMessageLength?: number;
}

const DEFAULT = 9216;

/** @throws RangeError if the limit is no whole number of at least 0, nor Infinity */
export function messageLimit({ maxMessageLength = DEFAULT }: ExchangeOptions): number {
  const isLimit = maxMessageLength === Infinity || Number.isSafeInteger(maxMessageLength);
  demand(isLimit && maxMessageLength >= 0, "maxMessageLength", "a whole number of at least 0, or Infinity");
  return maxMessageLength;
}
