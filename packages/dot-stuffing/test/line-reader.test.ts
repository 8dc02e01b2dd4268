import type { LineEndings } from "dot-stuffing";
import { LineReader, type LineReaderOptions } from "dot-stuffing/session";
import { byteByByte, everySplit, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

/** Lines as text, violations as `code@offset`; each chunk is overwritten once it was read. */
function take(chunks: readonly Uint8Array[], options?: LineReaderOptions, limit?: number) {
  const reader = new LineReader(options);
  const found: string[] = [];
  const views: [Uint8Array, string][] = [];
  for (const chunk of chunks) {
    const buffer = chunk.slice();
    for (let at = 0; at < buffer.length; ) {
      const { line, violation, consumed } = reader.push(buffer, at, limit);
      if (line === null && violation === null) expect(consumed).toBeGreaterThan(0);
      at += consumed;
      if (line !== null) {
        found.push(text(line));
        // A line that began in an earlier chunk is the reader's own memory, which it never writes again.
        if (line.buffer !== buffer.buffer) views.push([line, text(line)]);
      }
      if (violation !== null) found.push(`${violation.code}@${violation.offset}`);
    }
    buffer.fill(0x58);
  }
  for (const [line, then] of views) expect(text(line)).toBe(then);
  return { found, end: reader.end()?.offset ?? null };
}

interface Row {
  readonly input: string;
  readonly options?: LineReaderOptions;
  readonly found: readonly string[];
  readonly end?: number;
}

describe("cuts input into lines", () => {
  it.each<Row>([
    { input: "a\r\nbc\r\n\r\n", found: ["a", "bc", ""] },
    // [DOT-2.3.8-1]: nothing but CRLF ends a line.
    { input: "a\x0bb\xc2\x85\r\n", found: ["a\x0bb\xc2\x85"] },
    { input: "a\nb\r\nc\r\n", found: ["bare-lf@1", "c"] },
    { input: "a\rb\r\nc\r\n", found: ["bare-cr@1", "c"] },
    { input: "a\r\rb\r\nc\r\n", found: ["bare-cr@1", "c"] },
    // [DOT-2.3.8-2]: a bare CR, then a line end.
    { input: "a\r\r\nc\r\n", found: ["bare-cr@1", "c"] },
    { input: "a\0b\r\nc\r\n", found: ["nul@1", "c"] },
    { input: "QU\rIT\r\nNOOP\nQUIT\r\nb\r\n", found: ["bare-cr@2", "bare-lf@11", "b"] },
    { input: "a\nb\r\n", options: { lineEndings: "normalize" }, found: ["a", "b"] },
    { input: "a\rb\r\n\r\r\n\0\n", options: { lineEndings: "normalize" }, found: ["a", "b", "", "", "\0"] },
    { input: "a\rb\nc\0\r\r\n\n\r\n", options: { lineEndings: "preserve" }, found: ["a\rb\nc\0\r", "\n"] },
    // An LF that ends lines changes nothing for a bare CR.
    { input: "a\nb\r\n\nc", options: { lfEndsLine: true }, found: ["a", "b", ""], end: 7 },
    { input: "a\rb\n\0\nc\n", options: { lfEndsLine: true }, found: ["bare-cr@1", "nul@4", "c"] },
    { input: "abcd\nef\n", options: { lfEndsLine: true, maxLineLength: 4 }, found: ["line-too-long@4", "ef"] },
    // [DOT-2.3.8-6]: what has no CRLF is no line.
    { input: "a\r\nbc", found: ["a"], end: 5 },
    { input: "a\r\nbc\r", found: ["a"], end: 6 },
    { input: "abcdefgh", options: { maxLineLength: 5 }, found: ["line-too-long@5"], end: 8 },
    // A refused line ends where the policy ends lines.
    {
      input: "abcde\nf\nabcd\rg\n",
      options: { lineEndings: "normalize", maxLineLength: 5 },
      found: ["line-too-long@5", "f", "line-too-long@13", "g"],
    },
    {
      input: "abcdefgh\r\nf\r\n",
      options: { lineEndings: "normalize", maxLineLength: 5 },
      found: ["line-too-long@5", "f"],
    },
    { input: "a\r\n\r\n", options: { maxLineLength: 2 }, found: ["line-too-long@2", ""] },
  ])("$input $options", ({ input, options, found, end }) => {
    for (const chunks of [...everySplit(octets(input)), byteByByte(octets(input))]) {
      expect(take(chunks, options)).toEqual({ found, end: end ?? null });
    }
  });
});

describe("a reader", () => {
  it("reads at most one line at a call, from where it is told", () => {
    const reader = new LineReader();
    const chunk = octets("skip a\r\nb\r\n");
    expect(reader.push(chunk, 5)).toEqual({ line: octets("a"), violation: null, consumed: 3 });
    expect(reader.push(chunk, 8)).toEqual({ line: octets("b"), violation: null, consumed: 3 });
    expect(reader.push(chunk, 11)).toEqual({ line: null, violation: null, consumed: 0 });
  });

  it("counts what was read otherwise into its offsets, and forgets the line in work when told", () => {
    const reader = new LineReader();
    reader.push(octets("half\r"));
    expect(reader.midLine).toBe(true);
    reader.reset();
    expect([reader.midLine, reader.end()]).toEqual([false, null]);
    reader.skip(10);
    expect(reader.push(octets("b\nc")).violation).toMatchObject({ code: "bare-lf", offset: 16 });
    expect(reader.midLine).toBe(true);
    reader.reset();
    expect(reader.push(octets("d\r\n")).line).toEqual(octets("d"));
  });

  it("refuses a limit that shrinks below what it holds, like any line over its limit", () => {
    const reader = new LineReader();
    expect(reader.push(octets("abcdef")).line).toBe(null);
    const chunk = octets("gh\r\nb\r\n");
    const { violation, consumed } = reader.push(chunk, 0, 4);
    expect(violation).toMatchObject({ code: "line-too-long", offset: 4, limit: 4 });
    expect(reader.push(chunk, consumed, 4).line).toEqual(octets("b"));
  });

  it.each([-1, 4, 0.5, Number.NaN])("refuses to begin at %d in a chunk of three octets", (from) => {
    const reader = new LineReader();
    expect(() => reader.push(octets("a\r\n"), from)).toThrow(`"from" expected a whole number from 0 to 3, got ${from}`);
    expect(reader.push(octets("b\r\n")).line).toEqual(octets("b"));
  });

  it("refuses a limit that is none", () => {
    const reader = new LineReader();
    expect(() => reader.push(octets("a\r\n"), 0, Number.NaN)).toThrow('"maxLineLength" expected a whole number');
    expect(reader.push(octets("b\r\n")).line).toEqual(octets("b"));
  });

  it("reads one long line in one-octet chunks in bounded memory and linear time", () => {
    const reader = new LineReader({ maxLineLength: 200_002 });
    const octet = Uint8Array.of(0x61);
    for (let count = 0; count < 200_000; count++) reader.push(octet);
    expect(reader.push(octets("\r\n")).line).toHaveLength(200_000);
  });

  it.each([
    [{ maxLineLength: 1 }, '"maxLineLength" expected a whole number of at least 2, or Infinity, got 1'],
    [{ lineEndings: "keep" as LineEndings }, '"lineEndings" expected one of reject, normalize, preserve, got keep'],
  ])("refuses the options %j", (options, text) => {
    expect(() => new LineReader(options)).toThrow(new RangeError(text));
  });

  it("refuses what is no chunk, and goes on", () => {
    const reader = new LineReader();
    expect(() => reader.push("a\r\n" as never)).toThrow(new TypeError('"chunk" expected a Uint8Array, got string'));
    expect(() => reader.push(new Uint8Array(new SharedArrayBuffer(1)))).toThrow(
      new TypeError('"chunk" expected a Uint8Array, got shared memory'),
    );
    expect(reader.push(octets("b\r\n")).line).toEqual(octets("b"));
  });

  it("gives a view of the chunk that the whole line is in", () => {
    const chunk = octets("a\r\nbc\r\n");
    const { line } = new LineReader().push(chunk, 3);
    expect([line!.buffer === chunk.buffer, line!.byteOffset, line!.length]).toEqual([true, 3, 2]);
  });

  it("says at the first octet that leaves no room for a line end that the line is too long", () => {
    const reader = new LineReader({ maxLineLength: 4 });
    expect(reader.push(octets("abc")).violation).toBe(null);
    expect(reader.push(octets("d")).violation).toEqual({
      code: "line-too-long",
      offset: 4,
      limit: 4,
      text: "a line of more than 4 octets at offset 4",
    });
  });

  it("says how much there was of a line that was cut off", () => {
    const reader = new LineReader();
    reader.push(octets("QUI"));
    expect(reader.end()).toEqual({ code: "cut-off", offset: 3, text: "line cut off after 3 octets" });
  });

  it("shares no memory with another that went on from the same snapshot", () => {
    const first = new LineReader();
    first.push(octets("abc"));
    first.push(octets("d"));
    const snapshot = first.snapshot();
    const others = [new LineReader({}, snapshot), new LineReader({}, snapshot)] as const;
    others[0].push(octets("x"));
    others[1].push(octets("y"));
    first.push(octets("z"));
    const ends = [first, ...others].map((reader) => text(reader.push(octets("\r\n")).line!));
    expect(ends).toEqual(["abcdz", "abcdx", "abcdy"]);
  });
});

it.each(["\r", "\n", "\n\r", "\x0b", "\x0c", "\xc2\x85", "\xe2\x80\xa8"])(
  "[DOT-2.3.8-1] %j does not end a line",
  (octet) => {
    for (const chunks of everySplit(octets(`a${octet}b\r\nc\r\n`))) {
      expect(take(chunks, { lineEndings: "preserve" }).found).toEqual([`a${octet}b`, "c"]);
    }
  },
);

describe("[DOT-2.3.8-5] a line of exactly its limit is one; an octet more is one violation, dropped through its CRLF", () => {
  it.each([
    { input: "abc\r\nd\r\n", found: ["abc", "d"] },
    { input: "abcd\r\ne\r\n", found: ["line-too-long@5", "e"] },
    { input: "abcdefg\nh\rQUIT\r\ne\r\n", found: ["line-too-long@5", "e"] },
    { input: "abcde\r\r\n\r\n", found: ["line-too-long@5", ""] },
    { input: "abcd\r\nabcdef\r\nf\r\n", found: ["line-too-long@5", "line-too-long@11", "f"] },
  ])("$input", ({ input, found }) => {
    for (const chunks of [...everySplit(octets(input)), byteByByte(octets(input))]) {
      expect(take(chunks, { maxLineLength: 5 })).toEqual({ found, end: null });
    }
  });
});

it("[DOT-2.3.8-2] CR and LF in two chunks are one line end, CR CR LF a bare CR and a line end", () => {
  expect(take([octets("a\r"), octets("\nb\r\n")]).found).toEqual(["a", "b"]);
  for (const chunks of everySplit(octets("a\r\r\nb\r\n"))) {
    expect(take(chunks, { lineEndings: "preserve" }).found).toEqual(["a\r", "b"]);
    expect(take(chunks).found).toEqual(["bare-cr@1", "b"]);
  }
});

it("[DOT-2.3.8-6] what stands after the last CRLF is no line, and is reported at the end of the input", () => {
  expect(take([octets("a\r\nQUIT")])).toEqual({ found: ["a"], end: 7 });
  expect(take([octets("a\r\n")])).toEqual({ found: ["a"], end: null });
});

describe("how a dropped line began", () => {
  it.each<[string, string, string]>([
    ["up to a NUL", "BDAT 6\0 and more\r\n", "BDAT 6"],
    ["up to a bare LF", "BDAT\n\r\n", "BDAT"],
    ["up to a bare CR", "BDAT\r6\r\n", "BDAT"],
    ["nothing", "\nBDAT\r\n", ""],
    ["eight octets", "BDAT 123456\0\r\n", "BDAT 123"],
    ["of an over-long line", `${"abcdefgh".repeat(8)}\r\n`, "abcdefgh"],
  ])("%s", (_, line, dropped) => {
    const input = octets(`first\r\n${line}`);
    for (const chunks of [...everySplit(input), byteByByte(input)]) {
      const reader = new LineReader({ maxLineLength: 32 });
      expect(text(reader.dropped)).toBe("");
      const found: string[] = [];
      for (const chunk of chunks) {
        for (let at = 0; at < chunk.length; ) {
          const { violation, consumed } = reader.push(chunk, at);
          at += consumed;
          if (violation !== null) found.push(text(reader.dropped));
        }
        chunk.fill(0);
      }
      expect(found).toEqual([dropped]);
    }
  });

  it("no more than a short limit lets through", () => {
    for (const chunks of [[octets("abcdef\r\n")], byteByByte(octets("abcdef\r\n"))]) {
      const reader = new LineReader({ maxLineLength: 4 });
      for (const chunk of chunks) reader.push(chunk);
      expect(text(reader.dropped)).toBe("ab");
    }
  });
});
