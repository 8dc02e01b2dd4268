import { isVisible, parseNumber } from "./text.ts";

/** Named leniencies of the listing parsers. */
export interface ListingLeniencies {
  /** Blanks in front of the number, and runs of SP or TAB behind it. Default true. */
  readonly spacesInListings?: boolean;
  /** A one-word answer to UIDL n is the unique-id of n. Default true. */
  readonly uidlWithoutNumber?: boolean;
}

/** The two fields of a listing's line, or null: the rest of the line behind them is left out. */
function fields(text: string, { spacesInListings = true }: ListingLeniencies): readonly [number, string] | null {
  const words = text.split(spacesInListings ? /[ \t]+/ : " ", 4);
  if (spacesInListings && words[0] === "") words.shift();
  const number = parseNumber(words[0] ?? "");
  return number === null || number === 0 || words[1] === undefined ? null : [number, words[1]];
}

/**
 * Parses a line of a scan listing; text behind the size is left out. Null: it is none.
 *
 * `scan-listing = number SP size` (RFC 1939 §5)
 */
export function parseScanListing(
  text: string,
  leniencies: ListingLeniencies = {},
): { number: number; size: number } | null {
  const found = fields(text, leniencies);
  const size = found === null ? null : parseNumber(found[1]);
  return found === null || size === null ? null : { number: found[0], size };
}

/**
 * Parses a line of a unique-id listing. Null: it is none.
 *
 * `unique-id-listing = number SP unique-id`, the unique-id of 1 to 70 octets 0x21 to 0x7E (RFC 1939 §7). Longer ones are taken.
 *
 * @param asked the number that UIDL asked for, or null
 */
export function parseUniqueIdListing(
  text: string,
  asked: number | null = null,
  leniencies: ListingLeniencies = {},
): { number: number; uniqueId: string } | null {
  const found = fields(text, leniencies);
  if (found !== null && isVisible(found[1])) return { number: found[0], uniqueId: found[1] };
  const alone = asked !== null && (leniencies.uidlWithoutNumber ?? true) && isVisible(text);
  return alone ? { number: asked, uniqueId: text } : null;
}

/** Whether a text can be a unique-id: 1 to 70 octets 0x21 to 0x7E (RFC 1939 §7). */
export function isUniqueId(text: string): boolean {
  return text.length <= 70 && isVisible(text);
}
