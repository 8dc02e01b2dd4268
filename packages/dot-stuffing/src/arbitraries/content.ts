import fc from "fast-check";
import { octets } from "./text.ts";

/** What decides framing, and what parsers have taken for it. */
const PARTS = ["\r\n", "\r", "\n", ".", "..", "a", "\0", "\xff", "\r\n.\r\n", "\n.\n", " "] as const;

/** What a line may hold: no CR, no LF. */
const LINE_PARTS = [".", "..", "a", "a.", " ", "\t", "\0", "\x0b", "\x7f", "\x85", "\xff", "From "] as const;

/**
 * Lengths at which a parser may change its ways: limits of RFC 5321 §4.5.3.1, and sizes of words and of usual buffers.
 */
const LENGTHS = [3, 4, 5, 255, 256, 257, 510, 512, 998, 999, 1000] as const;

/** Constraints of {@link framing}. */
export interface FramingConstraints {
  /**
   * How many parts there are at most, every number equally often: a part is one to five octets, rarely a run of up to
   * 4,000. Default 16.
   */
  readonly maxParts?: number;
}

/**
 * Any octets, dense in CR, LF, NUL and dots: a content as it may stand in a file, or a wire form that ends early, late
 * or never. Of at most 16 parts, if nothing else is asked for.
 */
export function framing({ maxParts = 16 }: FramingConstraints = {}): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const part = fc.constantFrom(...PARTS);
  const run = fc.tuple(fc.constantFrom("a", ".", "\r\n.", "\r\n.a", "a\r\n", "\n", "\r"), fc.constantFrom(...LENGTHS));
  const parts = fc.oneof(
    { weight: 150, arbitrary: part },
    { weight: 1, arbitrary: run.map(([of, times]) => of.repeat(times)) },
  );
  return fc.array(parts, { maxLength: maxParts, size: "max" }).map((found) => octets(found.join("")));
}

/** Constraints of generators that make lines. */
export interface LineConstraints {
  /** How many lines there are at most, every number equally often. Default 8. */
  readonly maxLines?: number;
}

/**
 * Whole content: empty, or lines that end in CRLF, without a bare CR or LF. Stuffing and unstuffing must give it back
 * (RFC 5321 §4.5.2). Dense in leading dots, empty lines and control characters. At most 8 lines, if nothing else is
 * asked for; they are short, but one in sixty is 3 to 1,000 octets long, mostly at a limit or a buffer's size.
 */
export function content({ maxLines = 8 }: LineConstraints = {}): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc
    .array(line(), { maxLength: maxLines, size: "max" })
    .map((lines) => octets(lines.map((text) => `${text}\r\n`).join("")));
}

/** A line of content without its end, as text, one character an octet. */
export function line(): fc.Arbitrary<string> {
  const short = fc.array(fc.constantFrom(...LINE_PARTS), { maxLength: 4 }).map((parts) => parts.join(""));
  const long = fc
    .tuple(fc.constantFrom("a", "."), fc.constantFrom(...LENGTHS))
    .map(([first, length]) => first.padEnd(length, "a"));
  return fc.oneof({ weight: 60, arbitrary: short }, { weight: 1, arbitrary: long });
}
