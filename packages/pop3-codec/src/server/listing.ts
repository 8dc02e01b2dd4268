import type { Source } from "dot-stuffing/session";
import { formatScanListings, formatUniqueIdListings } from "../syntax/listing-lines.ts";
import type { OpenMaildrop } from "./maildrop.ts";

/** The answer to LIST or UIDL without a number, made as it is taken: a million messages cost no memory. */
export function listing(maildrop: OpenMaildrop, type: "list" | "uidl"): Source {
  const pieces = type === "list" ? formatScanListings(sizes(maildrop)) : formatUniqueIdListings(uniqueIds(maildrop));
  return () => pieces.next().value ?? null;
}

function* sizes(maildrop: OpenMaildrop): Generator<{ number: number; size: number }> {
  for (let n = 1; n <= maildrop.count; n++) if (maildrop.has(n)) yield { number: n, size: maildrop.size(n) };
}

function* uniqueIds(maildrop: OpenMaildrop): Generator<{ number: number; uniqueId: string }> {
  for (let n = 1; n <= maildrop.count; n++) if (maildrop.has(n)) yield { number: n, uniqueId: maildrop.uniqueId(n) };
}
