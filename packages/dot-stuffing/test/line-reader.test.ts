import { type LineEndings, LineReader, type LineReaderOptions } from "dot-stuffing";
import fc from "fast-check";
import { byteByByte, chunkings, everySplit, framing, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

/** Lines as text, violations as `code@offset`; each chunk is overwritten once it was released. */
function take(chunks: readonly Uint8Array[], options?: LineReaderOptions, limit?: number) {
  const reader = new LineReader(options);
  const found: string[] = [];
  const views: [Uint8Array, string][] = [];
  for (const chunk of chunks) {
    const buffer = chunk.slice();
    reader.push(buffer);
    for (let line = reader.next(limit); line !== null; line = reader.next(limit)) {
      if (line instanceof Uint8Array) {
        found.push(text(line));
        // A line that began in an earlier chunk is the reader's own memory, which it never writes again.
        if (line.buffer !== buffer.buffer) views.push([line, text(line)]);
      } else found.push(`${line.code}@${line.offset}`);
    }
    reader.release();
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
    // [DOT-2.3.8-5]: exactly the limit is a line; one octet more is reported once and dropped to its CRLF.
    { input: "abc\r\nd\r\n", options: { maxLineLength: 5 }, found: ["abc", "d"] },
    { input: "abcd\r\ne\r\n", options: { maxLineLength: 5 }, found: ["line-too-long@5", "e"] },
    { input: "abcdefg\nh\rQUIT\r\ne\r\n", options: { maxLineLength: 5 }, found: ["line-too-long@5", "e"] },
    { input: "abcde\r\r\n\r\n", options: { maxLineLength: 5 }, found: ["line-too-long@5", ""] },
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
    { input: "a\r\n", options: { maxLineLength: 0 }, found: ["line-too-long@0"] },
  ])("$input $options", ({ input, options, found, end }) => {
    for (const chunks of [...everySplit(octets(input)), byteByByte(octets(input))]) {
      expect(take(chunks, options)).toEqual({ found, end: end ?? null });
    }
  });
});

it("chunking never matters, whatever the policy and the limit", () => {
  const cut = framing().chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
  const policies = fc.constantFrom<LineEndings>("reject", "normalize", "preserve");
  fc.assert(
    fc.property(cut, policies, fc.integer({ min: 2, max: 12 }), ([input, chunks], lineEndings, limit) => {
      const whole = take([input], { lineEndings }, limit);
      expect(take(chunks, { lineEndings }, limit)).toEqual(whole);
      expect(take(byteByByte(input), { lineEndings }, limit)).toEqual(whole);
    }),
    { numRuns: runs(10) },
  );
});

describe("a reader in other modes", () => {
  it("hands out and skips octets that are not lines", () => {
    const reader = new LineReader();
    expect([reader.peek(), reader.pending]).toEqual([null, 0]);
    reader.push(octets("a\r\nraw"));
    reader.push(octets("more\r\n"));
    reader.push(octets(""));
    expect(text(reader.next() as Uint8Array)).toBe("a");
    expect([text(reader.peek()!), reader.pending]).toEqual(["raw", 9]);
    reader.skip(2);
    reader.release();
    expect([text(reader.peek()!), reader.pending]).toEqual(["wmore\r\n", 7]);
    reader.skip(1);
    expect(text(reader.next() as Uint8Array)).toBe("more");
    expect(reader.peek()).toBe(null);
  });

  it("forgets what it holds, and says whether there was anything", () => {
    const reader = new LineReader();
    expect(reader.discard()).toBe(false);
    reader.push(octets("half"));
    expect(reader.discard()).toBe(true);
    reader.push(octets("half"));
    expect([reader.next(), reader.midLine]).toEqual([null, true]);
    expect([reader.discard(), reader.midLine, reader.end()]).toEqual([true, false, null]);
    reader.push(octets("b\nc"));
    expect(reader.next()).toMatchObject({ code: "bare-lf", offset: 9 });
    expect([reader.discard(), reader.midLine]).toEqual([true, false]);
    reader.push(octets("d\r\n"));
    expect(text(reader.next() as Uint8Array)).toBe("d");
  });

  it("copies the unread rest once: the caller may reuse its buffers", () => {
    const reader = new LineReader();
    const chunks = [octets("a\r\nb\r\n"), octets("c\r\nd\r\n")];
    for (const chunk of chunks) reader.push(chunk);
    expect(text(reader.next() as Uint8Array)).toBe("a");
    reader.release();
    for (const chunk of chunks) chunk.fill(0x58);
    const rest = [];
    for (let line = reader.next(); line !== null; line = reader.next()) {
      rest.push(text(line as Uint8Array));
      reader.release();
    }
    expect(rest).toEqual(["b", "c", "d"]);
  });

  it("keeps tiny chunks that wait in memory of their own size", () => {
    const reader = new LineReader({ maxLineLength: 20_002 });
    for (let count = 0; count < 20_000; count++) {
      reader.push(Uint8Array.of(0x61 + (count % 26)));
      reader.release();
    }
    reader.push(octets("\r\n"));
    let memory = 0;
    const held: Uint8Array[] = [];
    const taken = (reader.pending - 2) / 2;
    while (held.reduce((length, piece) => length + piece.length, 0) < taken) {
      const piece = reader.peek()!;
      held.push(piece);
      memory += piece.buffer.byteLength;
      reader.skip(piece.length);
      reader.release();
    }
    expect(memory).toBeLessThan(4 * 20_000);
    const line = `${text(held)}${text(reader.next() as Uint8Array)}`;
    expect(line).toBe(Array.from({ length: 20_000 }, (_, at) => String.fromCharCode(0x61 + (at % 26))).join(""));
  });

  it("lets go of chunks that were read while others wait", () => {
    const reader = new LineReader();
    const chunks = [octets("a\r\n"), octets("b\r\nc\r\n"), octets("d\r\n")];
    for (const chunk of chunks) reader.push(chunk);
    expect(text(reader.next() as Uint8Array)).toBe("a");
    reader.release();
    chunks[1]!.fill(0x58);
    chunks[2]!.fill(0x58);
    const rest = [reader.next(), reader.next(), reader.next()];
    expect(rest.map((line) => text(line as Uint8Array))).toEqual(["b", "c", "d"]);
  });

  it("refuses a limit that shrinks below what it holds, like any line over its limit", () => {
    const reader = new LineReader();
    reader.push(octets("abcdef"));
    expect(reader.next()).toBe(null);
    reader.push(octets("gh\r\nb\r\n"));
    expect(reader.next(4)).toMatchObject({ code: "line-too-long", offset: 4, limit: 4 });
    expect(text(reader.next(4) as Uint8Array)).toBe("b");
  });

  it.each([-1, 2, 0.5, Number.NaN])("refuses to skip %d octets where one is left", (count) => {
    const reader = new LineReader();
    expect(() => reader.skip(1)).toThrow('"count" expected a whole number from 0 to 0, got 1');
    reader.push(octets("a"));
    expect(() => reader.skip(count)).toThrow(RangeError);
    reader.skip(0);
    expect([reader.pending, text(reader.peek()!)]).toEqual([1, "a"]);
  });

  it("refuses a limit that is none", () => {
    const reader = new LineReader();
    reader.push(octets("a\r\n"));
    expect(() => reader.next(Number.NaN)).toThrow('"maxLineLength" expected a whole number');
    expect(text(reader.next() as Uint8Array)).toBe("a");
  });

  it("reads one long line in one-octet chunks in bounded memory and linear time", () => {
    const reader = new LineReader({ maxLineLength: 200_002 });
    let lines = 0;
    for (let count = 0; count < 200_000; count++) {
      reader.push(Uint8Array.of(0x61));
      if (reader.next() !== null) lines++;
    }
    expect(lines).toBe(0);
    reader.push(octets("\r\n"));
    expect((reader.next() as Uint8Array).length).toBe(200_000);
  });

  it.each([
    [{ maxLineLength: -1 }, RangeError],
    [{ lineEndings: "keep" as LineEndings }, RangeError],
  ])("refuses the options %j", (options, error) => {
    expect(() => new LineReader(options)).toThrow(error);
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

it("[DOT-2.3.8-2] CR and LF in two chunks are one line end, CR CR LF a bare CR and a line end", () => {
  expect(take([octets("a\r"), octets("\nb\r\n")]).found).toEqual(["a", "b"]);
  for (const chunks of everySplit(octets("a\r\r\nb\r\n"))) {
    expect(take(chunks, { lineEndings: "preserve" }).found).toEqual(["a\r", "b"]);
    expect(take(chunks).found).toEqual(["bare-cr@1", "b"]);
  }
});

it("[DOT-2.3.8-6] what stands behind the last CRLF is no line, and is reported at the end of the input", () => {
  expect(take([octets("a\r\nQUIT")])).toEqual({ found: ["a"], end: 7 });
  expect(take([octets("a\r\n")])).toEqual({ found: ["a"], end: null });
});
