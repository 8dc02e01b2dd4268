import fc from "fast-check";
import { scanListing, uniqueIdListing } from "pop3-codec/arbitraries";
import {
  formatDropListing,
  formatScanListing,
  formatScanListings,
  formatUniqueIdListing,
  formatUniqueIdListings,
  isUniqueId,
  type ListingLeniencies,
  parseDropListing,
  parseScanListing,
  parseUniqueIdListing,
} from "pop3-codec/syntax";
import { runs } from "tools/testing";
import { describe, expect, it } from "vitest";

describe("scan listings", () => {
  it.each([
    ["1 120", { number: 1, size: 120, text: "" }],
    ["2 0", { number: 2, size: 0, text: "" }],
    ["007 0120", { number: 7, size: 120, text: "" }],
    ["1 120 octets, <x>", { number: 1, size: 120, text: "octets, <x>" }],
    ["1 120 a\tb", { number: 1, size: 120, text: "a\tb" }],
    ["9007199254740991 9007199254740991", { number: Number.MAX_SAFE_INTEGER, size: Number.MAX_SAFE_INTEGER, text: "" }],
  ])("[POP3-5-8] %j", (shown, expected) => {
    expect(parseScanListing(shown)).toEqual(expected);
  });

  it.each([
    "",
    "1",
    "1 ",
    "1 x",
    "x 1",
    "1120",
    "0 120",
    "1 120x",
    "1 1.5",
    "+1 120",
    "1 -120",
    "0x1 2",
    "1 1e3",
    "9007199254740992 1",
    "1 9007199254740993",
    `1 ${"9".repeat(400)}`,
    "1 2\r",
    "1 2 \n3 4",
    "1 2 a\0",
    "1\u00a02",
  ])("[POP3-4-8] %j is none", (shown) => {
    expect(parseScanListing(shown)).toBe(null);
  });

  it.each(["  1 120", "1   120", "1\t120", " \t1 \t 120", "1 120  "])("[POP3-Q-6] %j: blanks", (shown) => {
    expect(parseScanListing(shown)).toEqual({ number: 1, size: 120, text: "" });
    const strict = parseScanListing(shown, { spacesInListings: false });
    expect(strict).toEqual(shown === "1 120  " ? { number: 1, size: 120, text: " " } : null);
  });
});

describe("unique-id listings", () => {
  it.each([
    ["1 whqtswO00WBw418f9t5JxYwZ", { number: 1, uniqueId: "whqtswO00WBw418f9t5JxYwZ", long: false }],
    ["2 .", { number: 2, uniqueId: ".", long: false }],
    ["3 !~", { number: 3, uniqueId: "!~", long: false }],
    [`4 ${"x".repeat(70)}`, { number: 4, uniqueId: "x".repeat(70), long: false }],
  ])("[POP3-7-5] %j", (shown, expected) => {
    expect(parseUniqueIdListing(shown)).toEqual(expected);
  });

  it.each(["", "1", "1 ", "x y", "0 a", "-1 a", "1 a b", "1 a\x7f", "1 \xe9", "1 a\0", "9007199254740992 a"])(
    "[POP3-5-8] %j is none",
    (shown) => {
      expect(parseUniqueIdListing(shown)).toBe(null);
    },
  );

  it.each(["   1      abc", "1\tabc", "1  abc \t", " 1 abc", "1 abc "])("[POP3-Q-6] %j: blanks", (shown) => {
    expect(parseUniqueIdListing(shown)).toEqual({ number: 1, uniqueId: "abc", long: false });
    expect(parseUniqueIdListing(shown, null, { spacesInListings: false })).toBe(null);
  });

  it.each<readonly [string, number | null, ListingLeniencies, number | undefined]>([
    ["abc", 3, {}, 3],
    ["12345", 3, {}, 3],
    ["5 abc", 3, {}, 5],
    ["abc", null, {}, undefined],
    ["abc", 3, { uidlWithoutNumber: false }, undefined],
    ["", 3, {}, undefined],
    ["a b", 3, {}, undefined],
  ])("[POP3-Q-7] %j in answer to UIDL %j, %j", (shown, asked, leniencies, number) => {
    expect(parseUniqueIdListing(shown, asked, leniencies)?.number).toBe(number);
  });

  it("[POP3-Q-8] more than 70 octets are taken and marked, and not written", () => {
    const uniqueId = "x".repeat(71);
    expect(parseUniqueIdListing(`1 ${uniqueId}`)).toEqual({ number: 1, uniqueId, long: true });
    expect(parseUniqueIdListing(`1 ${uniqueId}`, null, { longUniqueIds: false })).toBe(null);
    expect(() => formatUniqueIdListing({ number: 1, uniqueId })).toThrow('"uniqueId" expected 1 to 70 octets');
  });

  it.each(["", "x".repeat(71), "a b", "\xe9", "a\r\n"])(
    "[POP3-7-4] %j is no unique-id, and is not written",
    (uniqueId) => {
      expect(isUniqueId(uniqueId)).toBe(false);
      expect(() => formatUniqueIdListing({ number: 1, uniqueId })).toThrow(RangeError);
    },
  );
});

describe("drop listings", () => {
  it.each([
    ["2 320", { count: 2, size: 320 }],
    ["0 0", { count: 0, size: 0 }],
    ["2 320 octets", { count: 2, size: 320 }],
  ])("[POP3-5-2] %j", (shown, expected) => {
    expect(parseDropListing(shown)).toEqual(expected);
  });

  it.each(["", "5", "5 ", "5  6", "-1 2", "a b", "1 9007199254740992"])("[POP3-5-2] %j is none", (shown) => {
    expect(parseDropListing(shown)).toBe(null);
  });

  it("[POP3-5-1] nothing is written after the size", () => {
    expect(formatDropListing({ count: 2, size: 320 })).toBe("2 320");
    expect(() => formatDropListing({ count: 2, size: Number.NaN })).toThrow('"size" expected');
    expect(() => formatDropListing({ count: -1, size: 0 })).toThrow('"count" expected');
  });
});

describe("formatting listings", () => {
  it("parsing what was formatted gives it back", () => {
    fc.assert(
      fc.property(scanListing(), uniqueIdListing(), (scan, unique) => {
        expect(parseScanListing(formatScanListing(scan).slice(0, -2))).toMatchObject(scan);
        expect(parseUniqueIdListing(formatUniqueIdListing(unique).slice(0, -2))).toMatchObject(unique);
      }),
      { numRuns: runs(5) },
    );
  });

  it.each([
    [{ number: 0, size: 1 }, '"number" expected a whole number of at least 1'],
    [{ number: 1, size: -1 }, '"size" expected a whole number of at least 0'],
    [{ number: 1.5, size: 1 }, '"number" expected'],
  ])("[POP3-5-3] %j is refused", (given, message) => {
    expect(() => formatScanListing(given)).toThrow(message);
  });

  it("[POP3-7-4] a number that is none is refused with a unique-id too", () => {
    const format = () => formatUniqueIdListing({ number: 0, uniqueId: "a" });
    expect(format).toThrow(new RangeError('"number" expected a whole number of at least 1, got 0'));
  });

  it("go in pieces of many lines", () => {
    const entries = Array.from({ length: 1100 }, (_, index) => ({ number: index + 1, size: 1 }));
    const lines = [...formatScanListings(entries)].map((piece) => piece.split("\r\n").length - 1);
    expect(lines).toEqual([512, 512, 77]);
  });

  it("[POP3-5-4] an empty list is the line of a single dot", () => {
    expect([...formatScanListings([])]).toEqual([".\r\n"]);
    expect([...formatUniqueIdListings([])]).toEqual([".\r\n"]);
  });

  it.each([1, 511, 512, 513, 1024, 5000])("[POP3-5-3] %i messages, and the end", (count) => {
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const scan = [...formatScanListings(numbers.map((number) => ({ number, size: 3 * number })))].join("");
    expect(scan).toBe(`${numbers.map((number) => `${number} ${3 * number}\r\n`).join("")}.\r\n`);
    const unique = [...formatUniqueIdListings(numbers.map((number) => ({ number, uniqueId: `u${number}` })))].join("");
    expect(unique).toBe(`${numbers.map((number) => `${number} u${number}\r\n`).join("")}.\r\n`);
  });

  it("entries are asked for as pieces are taken", () => {
    let asked = 0;
    const pieces = formatScanListings(
      (function* () {
        for (let number = 1; number <= 1_000_000; number++) {
          asked++;
          yield { number, size: 1 };
        }
      })(),
    );
    pieces.next();
    expect(asked).toBeLessThan(1000);
    let octets = 0;
    let longest = 0;
    for (const piece of pieces) {
      octets += piece.length;
      longest = Math.max(longest, piece.length);
    }
    expect([asked, longest < 16_384, octets > 9_000_000]).toEqual([1_000_000, true, true]);
  });
});
