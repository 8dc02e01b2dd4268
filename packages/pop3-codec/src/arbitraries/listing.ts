import fc from "fast-check";
import { CROSS, octets, word } from "./text.ts";

/** How long listings may be. */
export interface ListingConstraints {
  /** How many entries there are at most, every number equally often. Default 10. */
  readonly maxEntries?: number;
}

/** An entry of LIST's answer (RFC 1939 §5): a number from 1, a size from 0, both up to 2^53−1. */
export function scanListing(): fc.Arbitrary<{ readonly number: number; readonly size: number }> {
  return fc.record({
    number: fc.oneof(CROSS, fc.integer({ min: 1 }), fc.integer({ min: 2 ** 52, max: Number.MAX_SAFE_INTEGER })),
    size: fc.maxSafeNat(),
  });
}

/**
 * An entry of UIDL's answer (RFC 1939 §7): a number from 1 to 2^31−1. Unique-ids are of at most 12 octets mostly; one
 * in twenty is longer, and half of these have 70 octets, the limit.
 */
export function uniqueIdListing(): fc.Arbitrary<{ readonly number: number; readonly uniqueId: string }> {
  return fc.record({ number: fc.integer({ min: 1 }), uniqueId: word(70) });
}

/** A listing, as it comes after its status line, and what it stands for. */
export interface ListingWire<Entry> {
  /** Ends with the line of a single dot. */
  readonly wire: Uint8Array<ArrayBuffer>;
  readonly entries: readonly Entry[];
}

const blanks = (minLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(" ", "\t"), minLength, maxLength: 3 });

function listingWire<Entry>(
  entry: fc.Arbitrary<Entry>,
  write: (entry: Entry, before: string, between: string, behind: string) => string,
  { maxEntries = 10 }: ListingConstraints,
): fc.Arbitrary<ListingWire<Entry>> {
  // Half of the lines as RFC 1939 has them, the others with blanks as servers put them in.
  const blank = fc.oneof(CROSS, fc.constant(["", " ", ""]), fc.tuple(blanks(0), blanks(1), blanks(0)));
  const line = fc.tuple(entry, blank, fc.nat({ max: 2 }));
  return fc.array(line, { maxLength: maxEntries, size: "max" }).map((lines) => ({
    entries: lines.map(([found]) => found),
    wire: octets(
      `${lines
        // A dot in front of a line is removed, whatever follows (RFC 1939 §3).
        .map(([found, [before = "", between = " ", behind = ""], dot]) => {
          return `${dot === 0 ? "." : ""}${write(found, before, between, behind)}\r\n`;
        })
        .join("")}.\r\n`,
    ),
  }));
}

/**
 * Answers to LIST, with every spacing that deployed servers have, and text after sizes: of at most 10 entries, if
 * nothing else is asked for.
 */
export function scanListingWire(
  constraints: ListingConstraints = {},
): fc.Arbitrary<ListingWire<{ readonly number: number; readonly size: number }>> {
  const write = ({ number, size }: { number: number; size: number }, before: string, between: string, behind: string) =>
    `${before}${number}${between}${size}${behind}${behind === "" ? "" : "octets"}`;
  return listingWire(scanListing(), write, constraints);
}

/**
 * Answers to UIDL, with every spacing that deployed servers have: of at most 10 entries, if nothing else is asked for,
 * unique-ids as in {@link uniqueIdListing}.
 */
export function uniqueIdListingWire(
  constraints: ListingConstraints = {},
): fc.Arbitrary<ListingWire<{ readonly number: number; readonly uniqueId: string }>> {
  const write = (
    { number, uniqueId }: { number: number; uniqueId: string },
    before: string,
    between: string,
    behind: string,
  ) => `${before}${number}${between}${uniqueId}${behind}`;
  return listingWire(uniqueIdListing(), write, constraints);
}

/** A multi-line response whose lines are anything, and where it ends. */
export interface HostileListing {
  /** What follows after the listing's end is in it too. */
  readonly wire: Uint8Array<ArrayBuffer>;
  /**
   * How many octets belong to the listing, the line of a single dot with them: where every reader must stop (RFC 1939
   * §3).
   */
  readonly end: number;
}

/**
 * Listings of hostile servers: numbers out of range, signs, bare CR and LF, NUL, 8-bit octets, lines without end, dots
 * that end nothing. At most 10 lines, if nothing else is asked for, of up to 600 digits a part and six parts a line.
 */
export function hostileListing({ maxEntries = 10 }: ListingConstraints = {}): fc.Arbitrary<HostileListing> {
  const part = fc.oneof(
    fc.constantFrom("\r", "\n", "\0", "\xff", ".", "..", " ", "\t", "-", "+", "0x", "e", "1", "007", "\n.\r", "\n.\n"),
    fc.constantFrom("9007199254740991", "9007199254740992", "18446744073709551617", "1 120", "2 uid"),
    fc.nat({ max: 600 }).map((length) => "7".repeat(length)),
  );
  const line = fc
    .array(part, { maxLength: 6 })
    .map((parts) => parts.join("").replaceAll("\r\n", "\r"))
    .map((text) => text.replace(/^\.$/, ".."));
  return fc
    .tuple(fc.array(line, { maxLength: maxEntries, size: "max" }), fc.constantFrom("", "+OK\r\n", ".\r\n", "\n"))
    .map(([lines, rest]) => {
      const listing = `${lines.map((text) => `${text}\r\n`).join("")}.\r\n`;
      return { wire: octets(listing + rest), end: listing.length };
    });
}
