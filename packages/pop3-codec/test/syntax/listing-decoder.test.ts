import fc from "fast-check";
import { hostileListing, scanListingWire, uniqueIdListingWire } from "pop3-codec/arbitraries";
import { type ListingDecoderOptions, ScanListingDecoder, UniqueIdListingDecoder } from "pop3-codec/syntax";
import { byteByByte, chunkings, octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { cuttings, decode } from "./support.ts";

/** What LIST's answer is read as, cut in every way: the same each time. */
function scan(wire: string, options?: ListingDecoderOptions): readonly [string[], string | null, boolean, number] {
  const [first, ...others] = cuttings(octets(wire)).map((chunks) => decode(new ScanListingDecoder(options), chunks));
  for (const other of others) expect(other).toEqual(first);
  const { entries, violation, done, consumed } = first!;
  return [entries.map(({ number, size }) => `${number} ${size}`), violation, done, consumed];
}

function unique(wire: string, options?: ListingDecoderOptions): readonly [string[], string | null, boolean, number] {
  const [first, ...others] = cuttings(octets(wire)).map((chunks) =>
    decode(new UniqueIdListingDecoder(options), chunks),
  );
  for (const other of others) expect(other).toEqual(first);
  const { entries, violation, done, consumed } = first!;
  return [entries.map(({ number, uniqueId }) => `${number} ${uniqueId}`), violation, done, consumed];
}

describe("scan listing decoder", () => {
  it.each<readonly [string, string[]]>([
    ["1 120\r\n2 200\r\n.\r\n", ["1 120", "2 200"]],
    [".1 120\r\n.\r\n", ["1 120"]],
    ["  2\t \t200  \r\n.\r\n", ["2 200"]],
    ["1 120 <more> text\r\n3 5\r\n.\r\n", ["1 120", "3 5"]],
    ["1 1\r\n1 1\r\n.\r\n", ["1 1", "1 1"]],
  ])("[POP3-5-18] %j", (wire, entries) => {
    expect(scan(wire)).toEqual([entries, null, true, wire.length]);
  });

  it("[POP3-3-13] an empty listing", () => {
    expect(scan(".\r\n")).toEqual([[], null, true, 3]);
    expect(scan(".\r\n+OK\r\n")).toEqual([[], null, true, 3]);
  });

  it.each<readonly [string, string[], string | null, boolean, number]>([
    ["1 2\r\n.\n\r\n.\r\n", ["1 2"], "invalid-listing at 5", true, 12],
    ["1 2\r\n\n.\r\n.\r\n", ["1 2"], "invalid-listing at 5", true, 12],
    ["1 2\n.\r\n3 4\r\n.\r\n", ["3 4"], "invalid-listing at 0", true, 15],
    ["1 2 end.\r\n.\r\nx", ["1 2"], null, true, 13],
    ["1 2\r\n.", ["1 2"], null, false, 6],
    ["1 2\r\n.\r", ["1 2"], null, false, 7],
    ["1 2\r\n.\r\r\n.\r\n", ["1 2"], "invalid-listing at 5", true, 12],
    ["1 2\r\n..\r\n.\r\n", ["1 2"], "invalid-listing at 5", true, 12],
    [". \r\n.\r\n", [], "invalid-listing at 0", true, 7],
    ["\n1 2\r\n3 4\r\n.\r\n", ["3 4"], "invalid-listing at 0", true, 14],
  ])("[POP3-3-12] %j: the end is the line of a single dot alone", (wire, ...expected) => {
    expect(scan(wire)).toEqual(expected);
  });

  it.each<readonly [string, string[], string]>([
    ["1 2\r\nx\r\n3 4\r\n.\r\n", ["1 2", "3 4"], "invalid-listing at 5"],
    ["\r\n1 2\r\n\r\n.\r\n", ["1 2"], "invalid-listing at 0"],
    ["1 2\r\n0 4\r\n-1 2\r\n3 9007199254740992\r\n.\r\n", ["1 2"], "invalid-listing at 5"],
    ["1 2\r\n+OK\r\n-ERR\r\n.\r\n", ["1 2"], "invalid-listing at 5"],
    ["1 2\0\r\n.\r\n", [], "invalid-listing at 0"],
  ])("[POP3-5-9] %j is one violation, and is read to its end", (wire, entries, violation) => {
    expect(scan(wire)).toEqual([entries, violation, true, wire.length]);
  });

  it("[POP3-3-9] a line over 512 octets is a violation and dropped to its CRLF; the limit is an option", () => {
    const wire = (length: number) => `1 2 ${"x".repeat(length - 6)}\r\n3 4\r\n.\r\n`;
    expect(scan(wire(20), { maxLineLength: 20 })).toEqual([["1 2", "3 4"], null, true, 28]);
    expect(scan(wire(21), { maxLineLength: 20 })).toEqual([["3 4"], "line-too-long at 0", true, 29]);
    expect(scan(wire(90), { maxLineLength: 20 })).toEqual([["3 4"], "line-too-long at 0", true, 98]);
    const long = decode(new ScanListingDecoder(), byteByByte(octets(wire(512))));
    expect([long.entries.length, long.violation]).toEqual([2, null]);
    const longer = decode(new ScanListingDecoder(), byteByByte(octets(wire(513))));
    expect([longer.entries.length, longer.violation]).toEqual([1, "line-too-long at 0"]);
    expect(() => new ScanListingDecoder({ maxLineLength: 2 })).toThrow('"maxLineLength" expected');
    expect(() => new ScanListingDecoder(null as never)).toThrow('"options" expected an object, got null');
  });

  it("[POP3-3-9] that a line is too long is known before its end has come", () => {
    const decoder = new ScanListingDecoder({ maxLineLength: 20 });
    expect([...decoder.push(octets("1 2\r\n3"))]).toHaveLength(1);
    expect([...decoder.push(octets(` 4\r\n${"9".repeat(12)}`)), decoder.violation]).toHaveLength(2);
    expect([decoder.push(octets("9".repeat(7))).next(), decoder.violation]).toEqual([null, null]);
    expect(decoder.push(octets("9")).next()).toBe(null);
    expect(decoder.violation).toMatchObject({ code: "line-too-long", offset: 10 });
    const other = new ScanListingDecoder({ maxLineLength: 20 });
    expect([...other.push(octets("1 2\r\n3")), ...other.push(octets(` 4\r\n${"9".repeat(20)}`))]).toHaveLength(2);
    expect(other.violation).toMatchObject({ code: "line-too-long", offset: 10 });
  });

  it("a dropped line holds CRs, LFs and dots without being cut there", () => {
    const line = `${"9".repeat(30)}\r\r.\n.\r${"9".repeat(5)}`;
    expect(scan(`${line}\r\n1 2\r\n.\r\n`, { maxLineLength: 20 })).toEqual([["1 2"], "line-too-long at 0", true, 51]);
  });

  it("[POP3-5-18] memory is bounded by one line: a line of 200,000 octets one by one, and a hundred thousand entries", () => {
    const decoder = new ScanListingDecoder();
    const nine = octets("9");
    for (let count = 0; count < 200_000; count++) if (decoder.push(nine).next() !== null) expect.unreachable();
    expect(decoder.violation).toMatchObject({ code: "line-too-long", offset: 0 });
    expect([...decoder.push(octets("\r\n5 6\r\n"))]).toEqual([{ number: 5, size: 6, text: "" }]);
    let entries = 0;
    const chunk = octets("1 2\r\n".repeat(100));
    for (let count = 0; count < 1000; count++) for (const { size } of decoder.push(chunk)) entries += size;
    expect(entries).toBe(200_000);
    expect(decoder.done).toBe(false);
  });

  it("a loop that is left loses nothing; a chunk that is not read to its end is read from where it was left", () => {
    const decoder = new ScanListingDecoder();
    const wire = octets("1 1\r\n2 2\r\n3 3\r\n.\r\n+OK\r\n");
    for (const { number } of decoder.push(wire)) if (number === 2) break;
    expect(decoder.consumed).toBe(10);
    expect(decoder.next()).toEqual({ number: 3, size: 3, text: "" });
    expect(decoder.consumed).toBe(15);
    const rest = wire.slice(decoder.consumed);
    expect([decoder.push(rest).next(), decoder.done, decoder.consumed]).toEqual([null, true, 3]);
    expect([decoder.push(rest.subarray(3)).next(), decoder.consumed]).toEqual([null, 0]);
  });

  it("goes on from a snapshot, any number of times, wherever it is taken", () => {
    const wire = octets("1 120\r\n2 200 and text\r\nx\r\n31 5\r\n.\r\n");
    const whole = decode(new ScanListingDecoder(), [wire]);
    for (let place = 0; place <= wire.length; place++) {
      const first = new ScanListingDecoder();
      const before = [...first.push(wire.subarray(0, place))];
      const snapshot = first.snapshot();
      for (let times = 0; times < 2; times++) {
        const { entries, done, violation } = decode(
          new ScanListingDecoder({}, snapshot),
          byteByByte(wire.subarray(place)),
        );
        expect([[...before, ...entries], done, violation]).toEqual([whole.entries, true, whole.violation]);
      }
    }
  });

  it("takes a Uint8Array of memory of its own alone", () => {
    expect(() => new ScanListingDecoder().push("1 2\r\n" as never)).toThrow('"chunk" expected a Uint8Array');
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    expect(() => new ScanListingDecoder().push(shared)).toThrow("got shared memory");
  });
});

describe("unique-id listing decoder", () => {
  it.each([
    [".1 a\r\n..\r\n.2 .b\r\n.\r\n", ["1 a", "2 .b"]],
    ["..1 a\r\n.3 c\r\n.\r\n", ["3 c"]],
  ])("[POP3-3-11] %j: one leading dot is removed, whatever follows", (wire, entries) => {
    expect(unique(wire)[0]).toEqual(entries);
  });

  it.each<readonly [string, string[], string | null]>([
    [
      "1 whqtswO00WBw418f9t5JxYwZ\r\n2 QhdPYR:00WBw1Ph7x7\r\n.\r\n",
      ["1 whqtswO00WBw418f9t5JxYwZ", "2 QhdPYR:00WBw1Ph7x7"],
      null,
    ],
    ["1      abc\r\n  2\tdef \r\n.\r\n", ["1 abc", "2 def"], null],
    ["1 same\r\n2 same\r\n.\r\n", ["1 same", "2 same"], null],
    ["1 .\r\n2 ..\r\n.\r\n", ["1 .", "2 .."], null],
    ["1 a b\r\n2 c\r\n.\r\n", ["2 c"], "invalid-listing at 0"],
    ["a\r\n.\r\n", [], "invalid-listing at 0"],
  ])("[POP3-7-5] %j", (wire, entries, violation) => {
    expect(unique(wire)).toEqual([entries, violation, true, wire.length]);
  });

  it("[POP3-Q-8] unique-ids up to the line limit, unless longUniqueIds is off", () => {
    const wire = `1 ${"x".repeat(71)}\r\n2 y\r\n.\r\n`;
    expect(unique(wire)[0]).toEqual([`1 ${"x".repeat(71)}`, "2 y"]);
    expect(unique(wire, { leniencies: { longUniqueIds: false } }).slice(0, 2)).toEqual([
      ["2 y"],
      "invalid-listing at 0",
    ]);
  });
});

describe("listings under any cutting", () => {
  it("give their entries", () => {
    const cut = <Entry>(form: { wire: Uint8Array; entries: readonly Entry[] }) =>
      chunkings(form.wire).map((chunks) => ({ ...form, chunks }));
    fc.assert(
      fc.property(scanListingWire().chain(cut), ({ chunks, entries, wire }) => {
        const found = decode(new ScanListingDecoder(), chunks);
        expect(found).toMatchObject({ done: true, consumed: wire.length, violation: null });
        expect(found.entries.map(({ number, size }) => ({ number, size }))).toEqual(entries);
      }),
      { numRuns: runs(3) },
    );
    fc.assert(
      fc.property(uniqueIdListingWire().chain(cut), ({ chunks, entries, wire }) => {
        const found = decode(new UniqueIdListingDecoder(), chunks);
        expect(found).toMatchObject({ done: true, consumed: wire.length, violation: null });
        expect(found.entries.map(({ number, uniqueId }) => ({ number, uniqueId }))).toEqual(entries);
      }),
      { numRuns: runs(3) },
    );
  });

  it("[POP3-3-12] end where they end, whatever they hold, and the same in any cutting", () => {
    const cut = hostileListing({ maxEntries: 8 }).chain((listing) =>
      chunkings(listing.wire).map((chunks) => ({ ...listing, chunks })),
    );
    fc.assert(
      fc.property(cut, fc.constantFrom(16, 64, 512), ({ wire, end, chunks }, maxLineLength) => {
        for (const make of [ScanListingDecoder, UniqueIdListingDecoder]) {
          const whole = decode<object>(new make({ maxLineLength }), [wire]);
          expect(whole).toMatchObject({ done: true, consumed: end });
          expect(decode<object>(new make({ maxLineLength }), chunks)).toEqual(whole);
          expect(decode<object>(new make({ maxLineLength }), byteByByte(wire))).toEqual(whole);
        }
      }),
      { numRuns: runs() },
    );
  });
});
