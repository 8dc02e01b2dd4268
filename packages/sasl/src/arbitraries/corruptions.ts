import fc from "fast-check";
import { type Exchange, type ExchangesOptions, exchanges } from "./exchanges.ts";

/** What happens to one message: exactly one octet is changed, put in, or taken out, or the end is cut off. */
export interface Corruption {
  readonly kind: "change" | "insert" | "remove" | "cut";
  /** Where, modulo the message's length. */
  readonly at: number;
  /** 1–255: what is added to the octet that was there, or the octet that is put in. */
  readonly by: number;
}

/** Any corruption, at any of the first 1,000 octets, and modulo the message's length where it has fewer. */
export function corruptions(): fc.Arbitrary<Corruption> {
  return fc.record({
    kind: fc.constantFrom("change", "insert", "remove", "cut"),
    at: fc.nat({ max: 1000 }),
    by: fc.integer({ min: 1, max: 255 }),
  });
}

/** A copy of the message, which differs from it. An empty message has nothing to lose: an octet is put in. */
export function corrupt(bytes: Uint8Array, { kind, at, by }: Corruption): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0) return Uint8Array.of(by);
  const index = at % bytes.length;
  if (kind === "cut") return bytes.slice(0, index);
  const octets = [...bytes];
  if (kind === "change") octets[index] = (bytes[index]! + by) % 256;
  else if (kind === "insert") octets.splice(index, 0, by);
  else octets.splice(index, 1);
  return Uint8Array.from(octets);
}

/** An exchange one message of which arrives corrupted. */
export interface CorruptedExchange {
  readonly exchange: Exchange;
  /** To be given to `runExchange`. */
  readonly tamper: (bytes: Uint8Array, index: number) => Uint8Array;
  /** Which message it is, from 0, and what happens to it. */
  readonly index: number;
  readonly corruption: Corruption;
}

/**
 * Exchanges one message of which arrives corrupted. None lets in somebody else, and few succeed: LOGIN's, where clients
 * ignore what the server asks with, and those where the octet says nothing, as in the case of a directive's name in
 * DIGEST-MD5, or of the scheme before a token.
 */
export function corruptedExchanges(options: ExchangesOptions = {}): fc.Arbitrary<CorruptedExchange> {
  return fc.tuple(exchanges(options), corruptions(), fc.nat()).map(([exchange, corruption, which]) => {
    const index = which % exchange.messages;
    const tamper = (bytes: Uint8Array, at: number) => (at === index ? corrupt(bytes, corruption) : bytes);
    return { exchange, tamper, index, corruption };
  });
}
