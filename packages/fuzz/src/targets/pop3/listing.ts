import { framing } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { hostileListing, scanListingWire, uniqueIdListingWire } from "pop3-codec/arbitraries";
import { type ListingDecoderOptions, ScanListingDecoder, TopCutter, UniqueIdListingDecoder } from "pop3-codec/syntax";
import type { Said } from "tools/testing";
import { latin1, same, weight } from "../../finding.ts";
import { decoderTarget, type RestorableDecoder } from "../decoder.ts";
import { contentLines } from "../dot-stuffing/wire-lines.ts";
import { noise } from "../lines.ts";
import { serverLines } from "./lines.ts";

type Kind = typeof ScanListingDecoder | typeof UniqueIdListingDecoder;

/** Listings of LIST and UIDL, beside a reference that reads them whole. */
export const pop3Listing = decoderTarget({
  name: "pop3-listing",
  files: [
    "pop3-codec/src/syntax/listing-decoder.ts",
    "pop3-codec/src/syntax/listing.ts",
    "pop3-codec/src/syntax/fields.ts",
  ],
  lines: serverLines,
  octets: fc.oneof(
    noise(serverLines),
    scanListingWire().map(({ wire }) => wire),
    uniqueIdListingWire().map(({ wire }) => wire),
    hostileListing().map(({ wire }) => wire),
  ),
  setting(choices) {
    const Kind: Kind = choices.pick<Kind>(ScanListingDecoder, UniqueIdListingDecoder);
    const leniencies = { spacesInListings: choices.pick(true, false), longUniqueIds: choices.pick(true, false) };
    const options: ListingDecoderOptions = { maxLineLength: choices.pick(512, 3, 8, 80), leniencies };
    return {
      make: () => decoder(Kind, new Kind(options), options),
      keeps: options.maxLineLength! + 400,
      check(bytes, said, { done }) {
        const text = latin1(bytes);
        const end = text.startsWith(".\r\n") ? 3 : text.indexOf("\r\n.\r\n") + 5;
        same(done, end !== 4, "a listing ends at the line of a single dot");
        if (options.maxLineLength !== 512 || Kind !== ScanListingDecoder) return;
        const plain = /^(?:[1-9]\d{0,14} \d{1,15}\r\n)*\.\r\n/.exec(text);
        if (plain === null) return;
        const entries = said.filter((word) => "number" in word) as unknown as { number: number; size: number }[];
        same(
          entries.map(({ number, size }) => `${number} ${size}\r\n`).join(""),
          plain[0].slice(0, -3).replace(/ 0+(?=\d)/g, " "),
          "the entries of a plain listing",
        );
      },
    };
  },
});

function decoder(Kind: Kind, from: InstanceType<Kind>, options: ListingDecoderOptions): RestorableDecoder {
  return {
    push(chunk) {
      const said: Said[] = [];
      for (const entry of from.push(chunk)) said.push({ ...entry });
      return { consumed: from.consumed, said, done: from.done };
    },
    end: () => [{ done: from.done, violation: from.violation?.code ?? null, at: from.violation?.offset ?? null }],
    restored: () => decoder(Kind, new Kind(options, structuredClone(from.snapshot())), options),
    kept: () => weight(from.snapshot()),
  };
}

/** What TOP leaves of a message, beside a reference that cuts it whole. */
export const pop3Top = decoderTarget({
  name: "pop3-top",
  files: ["pop3-codec/src/syntax/top.ts"],
  lines: [...contentLines, "Subject: x\r\n", "\r\n\r\n"],
  octets: framing(),
  setting(choices) {
    const lines = choices.pick(0, 1, 2, 3, 10);
    return {
      make: () => cutter(new TopCutter(lines), lines),
      keeps: 200,
      check(bytes, said) {
        const content = said.map((word) => (word instanceof Uint8Array ? latin1(word) : "")).join("");
        const sent = (text: string) => text.replace(/\r\n?|\n/g, "\r\n");
        same(sent(content), topOf(latin1(bytes), lines), "the reference");
      },
    };
  },
});

function cutter(from: TopCutter, lines: number): RestorableDecoder {
  return {
    push: (chunk) => {
      const given = from.push(chunk);
      // After what was asked for nothing comes out, however much goes in.
      return { consumed: chunk.length, said: given.length === 0 ? [] : [given] };
    },
    end: () => [{ cut: from.done }],
    restored: () => cutter(new TopCutter(lines, structuredClone(from.snapshot())), lines),
    kept: () => weight(from.snapshot()),
  };
}

/** RFC 1939 §7 for a whole message, its line ends as they are sent. */
export function topOf(text: string, lines: number): string {
  const all = text.split(/\r\n|\r|\n/);
  const empty = all.slice(0, -1).indexOf("");
  if (empty < 0) return all.join("\r\n");
  const kept = all.slice(0, empty + 1 + lines);
  return kept.length < all.length ? `${kept.join("\r\n")}\r\n` : all.join("\r\n");
}
