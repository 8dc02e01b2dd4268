import { type Fields, fieldsOf } from "./fields.ts";
import { isUniqueId, UNIQUE_ID } from "./forms.ts";
import { checkField, formatNumber, parseNumber } from "./text.ts";

/** An entry of LIST's answer (RFC 1939 §5). */
export interface ScanListing {
  /** The message's number, from 1. */
  readonly number: number;
  /** In octets. */
  readonly size: number;
  /** What a server adds after the size and a blank: RFC 1939 leaves it open, and it means nothing. Usually empty. */
  readonly text: string;
}

/** An entry of UIDL's answer (RFC 1939 §7). */
export interface UniqueIdListing {
  /** The message's number, from 1. */
  readonly number: number;
  /** To be compared octet for octet. Two messages may share one. */
  readonly uniqueId: string;
  /** Whether it is longer than the 70 octets that RFC 1939 §7 allows. */
  readonly long: boolean;
}

/** Named leniencies of the listing parsers. */
export interface ListingLeniencies {
  /** Blanks in front of the number and after the entry, and runs of SP or TAB between. Default true. */
  readonly spacesInListings?: boolean;
  /** A one-word answer to UIDL n is the unique-id of n, as Twisted sends it. Default true. */
  readonly uidlWithoutNumber?: boolean;
  /** Unique-ids of more than 70 octets. Default true. */
  readonly longUniqueIds?: boolean;
}

/**
 * Reads a line of a scan listing; null: it is none.
 *
 * `scan-listing = number SP size` (RFC 1939 §5)
 */
export function readScanListing(fields: Fields, { spacesInListings = true }: ListingLeniencies): ScanListing | null {
  if (spacesInListings) fields.blanks();
  const number = fields.number();
  if (!(number > 0 && fields.gap(spacesInListings))) return null;
  const size = fields.number();
  if (!(size >= 0)) return null;
  if (fields.ended) return { number, size, text: "" };
  const text = fields.gap(spacesInListings) ? fields.rest() : null;
  return text === null ? null : { number, size, text };
}

/**
 * Reads a line of a unique-id listing; null: it is none.
 *
 * `unique-id-listing = number SP unique-id`, the unique-id of 1 to 70 octets 0x21 to 0x7E (RFC 1939 §7)
 */
export function readUniqueIdListing(
  fields: Fields,
  { spacesInListings = true, longUniqueIds = true }: ListingLeniencies,
): UniqueIdListing | null {
  if (spacesInListings) fields.blanks();
  const number = fields.number();
  if (!(number > 0 && fields.gap(spacesInListings))) return null;
  const uniqueId = fields.word();
  const long = uniqueId.length > 70;
  if (spacesInListings) fields.blanks();
  return uniqueId === "" || !fields.ended || (long && !longUniqueIds) ? null : { number, uniqueId, long };
}

/** Parses a line of a scan listing, or the text of the answer to LIST n. Null: it is none. */
export function parseScanListing(text: string, leniencies: ListingLeniencies = {}): ScanListing | null {
  return readScanListing(fieldsOf(text), leniencies);
}

/**
 * Parses a line of a unique-id listing, or the text of the answer to UIDL n. Null: it is none.
 *
 * @param asked the number that UIDL asked for, or null
 */
export function parseUniqueIdListing(
  text: string,
  asked: number | null = null,
  leniencies: ListingLeniencies = {},
): UniqueIdListing | null {
  const found = readUniqueIdListing(fieldsOf(text), leniencies);
  if (found !== null || asked === null || !(leniencies.uidlWithoutNumber ?? true)) return found;
  return readUniqueIdListing(fieldsOf(`${asked} ${text}`), leniencies);
}

/** Writes a line of a scan listing with its CRLF. @throws TypeError or RangeError for a number or size that is none */
export function formatScanListing({ number, size }: Pick<ScanListing, "number" | "size">): string {
  return `${formatNumber("number", number, 1)} ${formatNumber("size", size)}\r\n`;
}

/**
 * Writes a line of a unique-id listing with its CRLF.
 *
 * @throws TypeError or RangeError for a number, or a unique-id outside RFC 1939 §7
 */
export function formatUniqueIdListing({ number, uniqueId }: Pick<UniqueIdListing, "number" | "uniqueId">): string {
  checkField("uniqueId", uniqueId, isUniqueId, UNIQUE_ID);
  return `${formatNumber("number", number, 1)} ${uniqueId}\r\n`;
}

/** The answer to STAT: how many messages there are, and how many octets they have together (RFC 1939 §5). */
export interface DropListing {
  readonly count: number;
  readonly size: number;
}

/** Parses the text of the answer to STAT: `count SP size`, and whatever follows after a space. Null: it is none. */
export function parseDropListing(text: string): DropListing | null {
  const [first = "", second = ""] = text.split(" ", 2);
  const count = parseNumber(first);
  const size = parseNumber(second);
  return count === null || size === null ? null : { count, size };
}

/** Writes the text of the answer to STAT. @throws TypeError or RangeError for a figure that is none */
export function formatDropListing({ count, size }: DropListing): string {
  return `${formatNumber("count", count)} ${formatNumber("size", size)}`;
}
