import type { Source } from "dot-stuffing/session";
import { formatScanListing, formatUniqueIdListing } from "../syntax/listing.ts";
import type { OpenMaildrop } from "./maildrop.ts";

/** A listing under way, as plain data. */
export interface Listing {
  readonly type: "list" | "uidl";
  /** The message that comes next. */
  readonly next: number;
}

/** How many messages are looked at for a piece. */
const AT_ONCE = 512;

/**
 * The answer to LIST or UIDL without a number, after its status line, made as it is taken: a million messages cost no
 * memory.
 *
 * @param memory where the place is kept, so that the listing can go on elsewhere; null: it has ended
 */
export function listing(maildrop: OpenMaildrop, memory: { listing: Listing | null }): Source {
  return () => {
    if (memory.listing === null) return null;
    const { type, next } = memory.listing;
    const end = Math.min(next + AT_ONCE, maildrop.count + 1);
    let piece = "";
    for (let number = next; number < end; number++) {
      if (!maildrop.has(number)) continue;
      piece +=
        type === "list"
          ? formatScanListing({ number, size: maildrop.size(number) })
          : formatUniqueIdListing({ number, uniqueId: maildrop.uniqueId(number) });
    }
    memory.listing = end > maildrop.count ? null : { type, next: end };
    return end > maildrop.count ? `${piece}.\r\n` : piece;
  };
}
