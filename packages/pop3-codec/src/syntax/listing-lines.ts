import { formatScanListing, formatUniqueIdListing, type ScanListing, type UniqueIdListing } from "./listing.ts";

/** How many lines are made at a time. */
const LINES = 512;

/**
 * Writes the answer to LIST, from after its status line to the line of a single dot, in pieces: entries are asked for
 * as the pieces are taken, so that a million messages cost no memory (RFC 1939 §5).
 *
 * @throws RangeError, once it is come to, for a number or size that is none.
 */
export function formatScanListings(
  entries: Iterable<Pick<ScanListing, "number" | "size">>,
): Generator<string, void, undefined> {
  return inPieces(entries, formatScanListing);
}

/**
 * Writes the answer to UIDL, as {@link formatScanListings} does that to LIST (RFC 1939 §7).
 *
 * @throws RangeError, once it is come to, for a number that is none, or a unique-id outside the grammar.
 */
export function formatUniqueIdListings(
  entries: Iterable<Pick<UniqueIdListing, "number" | "uniqueId">>,
): Generator<string, void, undefined> {
  return inPieces(entries, formatUniqueIdListing);
}

function* inPieces<Entry>(
  entries: Iterable<Entry>,
  format: (entry: Entry) => string,
): Generator<string, void, undefined> {
  let piece = "";
  let lines = 0;
  for (const entry of entries) {
    piece += format(entry);
    if (++lines < LINES) continue;
    yield piece;
    piece = "";
    lines = 0;
  }
  yield `${piece}.\r\n`;
}
