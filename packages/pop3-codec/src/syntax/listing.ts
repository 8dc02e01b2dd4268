import { decodeUtf8 } from "../web.ts";
import { isUniqueId } from "./fields.ts";
import { checkField, formatNumber, parseNumber, toText } from "./text.ts";

/** An entry of LIST's answer (RFC 1939 §5). */
export interface ScanListing {
  /** The message's number, from 1. */
  readonly number: number;
  /** In octets. */
  readonly size: number;
  /** What a server adds behind the size and a blank: RFC 1939 leaves it open, and it means nothing. Usually empty. */
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
  /** Blanks in front of the number and behind the entry, and runs of SP or TAB between. Default true. */
  readonly spacesInListings?: boolean;
  /** A one-word answer to UIDL n is the unique-id of n, as Twisted sends it. Default true. */
  readonly uidlWithoutNumber?: boolean;
  /** Unique-ids of more than 70 octets. Default true. */
  readonly longUniqueIds?: boolean;
}

const TAB = 0x09;
const SPACE = 0x20;
const ZERO = 0x30;

/**
 * Reads a line of a scan listing where it stands; null: it is none.
 *
 * `scan-listing = number SP size` (RFC 1939 §5)
 */
export function readScanListing(
  octets: Uint8Array,
  from: number,
  to: number,
  { spacesInListings = true }: ListingLeniencies,
): ScanListing | null {
  const start = spacesInListings ? blanksEnd(octets, from, to) : from;
  const numberEnd = digitsEnd(octets, start, to);
  const sizeStart = gapEnd(octets, numberEnd, to, spacesInListings);
  const sizeEnd = digitsEnd(octets, sizeStart, to);
  const number = numberOf(octets, start, numberEnd);
  const size = numberOf(octets, sizeStart, sizeEnd);
  if (!(number > 0 && size >= 0) || sizeStart === numberEnd) return null;
  if (sizeEnd === to) return { number, size, text: "" };
  const textStart = gapEnd(octets, sizeEnd, to, spacesInListings);
  for (let at = textStart; at < to; at++) if (octets[at]! < SPACE && octets[at] !== TAB) return null;
  return textStart === sizeEnd ? null : { number, size, text: decodeUtf8(octets.subarray(textStart, to)) };
}

/**
 * Reads a line of a unique-id listing where it stands; null: it is none.
 *
 * `unique-id-listing = number SP unique-id`, the unique-id of 1 to 70 octets 0x21 to 0x7E (RFC 1939 §7)
 */
export function readUniqueIdListing(
  octets: Uint8Array,
  from: number,
  to: number,
  { spacesInListings = true, longUniqueIds = true }: ListingLeniencies,
): UniqueIdListing | null {
  const start = spacesInListings ? blanksEnd(octets, from, to) : from;
  const numberEnd = digitsEnd(octets, start, to);
  const idStart = gapEnd(octets, numberEnd, to, spacesInListings);
  const idEnd = visibleEnd(octets, idStart, to);
  const number = numberOf(octets, start, numberEnd);
  const long = idEnd - idStart > 70;
  if (!(number > 0) || idStart === numberEnd || idEnd === idStart || (long && !longUniqueIds)) return null;
  if ((spacesInListings ? blanksEnd(octets, idEnd, to) : idEnd) !== to) return null;
  return { number, uniqueId: toText(octets.subarray(idStart, idEnd)), long };
}

function blanksEnd(octets: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (octets[at] === SPACE || octets[at] === TAB)) at++;
  return at;
}

/** Behind what separates two fields: one SP, or a run of blanks; `from` if nothing does. */
function gapEnd(octets: Uint8Array, from: number, to: number, spacesInListings: boolean): number {
  if (spacesInListings) return blanksEnd(octets, from, to);
  return from < to && octets[from] === SPACE ? from + 1 : from;
}

function visibleEnd(octets: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && octets[at]! > SPACE && octets[at]! < 0x7f) at++;
  return at;
}

function digitsEnd(octets: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && octets[at]! >= ZERO && octets[at]! <= 0x39) at++;
  return at;
}

/** The value of digits; NaN if there are none, or it is above 2^53−1 (RFC 1939 §4). */
function numberOf(octets: Uint8Array, from: number, to: number): number {
  let value = from === to ? Number.NaN : 0;
  for (let at = from; at < to; at++) value = 10 * value + (octets[at]! - ZERO);
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}

/** Text to octets; what is no ASCII becomes an octet that no listing has. */
function toOctets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => Math.min(character.charCodeAt(0), 0x80));
}

/** Parses a line of a scan listing, or the text of the answer to LIST n. Null: it is none. */
export function parseScanListing(text: string, leniencies: ListingLeniencies = {}): ScanListing | null {
  return readScanListing(toOctets(text), 0, text.length, leniencies);
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
  const found = readUniqueIdListing(toOctets(text), 0, text.length, leniencies);
  if (found !== null || asked === null || !(leniencies.uidlWithoutNumber ?? true)) return found;
  return readUniqueIdListing(toOctets(`${asked} ${text}`), 0, `${asked} ${text}`.length, leniencies);
}

/** Writes a line of a scan listing with its CRLF. @throws RangeError for a number or size that is none */
export function formatScanListing({ number, size }: Pick<ScanListing, "number" | "size">): string {
  return `${formatNumber("number", number, 1)} ${formatNumber("size", size)}\r\n`;
}

/** Writes a line of a unique-id listing with its CRLF. @throws RangeError for a number, or a unique-id outside RFC 1939 §7 */
export function formatUniqueIdListing({ number, uniqueId }: Pick<UniqueIdListing, "number" | "uniqueId">): string {
  checkField("uniqueId", uniqueId, isUniqueId, "1 to 70 octets of visible ASCII");
  return `${formatNumber("number", number, 1)} ${uniqueId}\r\n`;
}

/** The answer to STAT: how many messages there are, and how many octets they have together (RFC 1939 §5). */
export interface DropListing {
  readonly count: number;
  readonly size: number;
}

/** Parses the text of the answer to STAT: `count SP size`, and whatever follows behind a space. Null: it is none. */
export function parseDropListing(text: string): DropListing | null {
  const [first = "", second = ""] = text.split(" ", 2);
  const count = parseNumber(first);
  const size = parseNumber(second);
  return count === null || size === null ? null : { count, size };
}

/** Writes the text of the answer to STAT. @throws RangeError for a figure that is none */
export function formatDropListing({ count, size }: DropListing): string {
  return `${formatNumber("count", count)} ${formatNumber("size", size)}`;
}
