import type { LineEndings } from "dot-stuffing";
import { ChunkReader, Input } from "dot-stuffing/session";
import fc from "fast-check";
import { byteByByte, chunkings, join, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

interface Read {
  readonly content: string;
  readonly violation: string | null;
  readonly size: number;
  readonly endsInCrlf: boolean;
}

const OPTIONS = { maxSize: Number.POSITIVE_INFINITY, lineEndings: "reject" as LineEndings };

/**
 * Reads BDAT chunks, their octets cut into other chunks; after each piece of input the reader is replaced by its
 * snapshot's.
 */
function read(parts: readonly string[], cuts: readonly Uint8Array[], options = OPTIONS, restoring = false): Read {
  const input = new Input();
  const pieces: Uint8Array[] = [];
  const violations: string[] = [];
  let reader = new ChunkReader(options);
  const waiting = cuts.map((cut) => cut.slice());
  for (const [index, part] of parts.entries()) {
    reader.begin(part.length, index === parts.length - 1);
    for (;;) {
      const step = reader.next(input);
      if (step === null) {
        const chunk = waiting.shift()!;
        input.push(chunk);
        input.release();
        continue;
      }
      if (step.type === "piece") {
        expect(step.bytes.length).toBeGreaterThan(0);
        pieces.push(step.bytes.slice());
      }
      if (step.type === "violation") violations.push(`${step.violation.code} at ${step.violation.offset}`);
      if (step.type === "end") break;
      reader.release();
      if (restoring) reader = new ChunkReader(options, structuredClone(reader.snapshot()));
    }
  }
  expect(violations.length).toBeLessThan(2);
  const [violation = null] = violations;
  return { content: text(join(pieces)), violation, size: reader.size, endsInCrlf: reader.endsInCrlf };
}

describe("ChunkReader", () => {
  it.each<[string, LineEndings, string, boolean]>([
    ["a CR at its end", "reject", "a\r", true],
    ["a CR at its end", "normalize", "a\r", true],
    ["a CR that is handed out", "preserve", "a\r", false],
    ["a CR behind a violation", "reject", "a\nb\r", false],
    ["a line end", "reject", "a\r\n", false],
  ])("says whether it holds back %s, under %j", (_, lineEndings, chunk, holds) => {
    const input = new Input();
    input.push(octets(chunk));
    const reader = new ChunkReader({ lineEndings });
    reader.begin(chunk.length, false);
    while (reader.next(input)?.type !== "end");
    expect(reader.holdsCr).toBe(holds);
  });

  it.each<[string, LineEndings, readonly string[], Partial<Read>, number?]>([
    ["takes any octets where nothing is judged", "preserve", ["a\r", "\n.\r\n\0\n"], { content: "a\r\n.\r\n\0\n" }],
    ["takes a last CR as it is", "preserve", ["a\r"], { content: "a\r", size: 2, endsInCrlf: false }],
    ["sees a CRLF at the end", "preserve", ["ab\r\n"], { content: "ab\r\n", endsInCrlf: true }],
    ["sees one cut by the border", "preserve", ["a\r", "\n"], { content: "a\r\n", endsInCrlf: true }],
    ["sees none in an LF", "preserve", ["a\n"], { content: "a\n", endsInCrlf: false }],
    ["sees none in an LF alone", "preserve", ["a", "\n"], { content: "a\n", endsInCrlf: false }],
    ["sees none before the end", "preserve", ["a\r\nb"], { content: "a\r\nb", endsInCrlf: false }],
    ["sees none in other octets behind a CR", "preserve", ["a\r", "b"], { content: "a\rb", endsInCrlf: false }],
    ["leaves dots alone", "reject", ["..\r\n.\r\n", ".x\r\n"], { content: "..\r\n.\r\n.x\r\n", endsInCrlf: true }],
    ["joins a CRLF cut by the border of chunks", "reject", ["a\r", "\nb"], { content: "a\r\nb", endsInCrlf: false }],
    ["takes chunks of nothing", "reject", ["", "a\r\n", ""], { content: "a\r\n", endsInCrlf: true }],
    ["takes nothing at all", "reject", [""], { content: "", endsInCrlf: true, size: 0 }],
    ["refuses a bare LF", "reject", ["ab", "c\nd", "\r\n"], { content: "abc", violation: "bare-lf at 3", size: 3 }],
    ["refuses a bare CR", "reject", ["ab\r", "c"], { content: "ab", violation: "bare-cr at 2" }],
    ["refuses a CR at the very end", "reject", ["ab\r", ""], { content: "ab", violation: "bare-cr at 2" }],
    ["tells the first violation alone", "reject", ["a\n", "b\r\rc\n"], { content: "a", violation: "bare-lf at 1" }],
    [
      "normalises each bare octet",
      "normalize",
      ["a\r", "b\n\n", "\r"],
      { content: "a\r\nb\r\n\r\n\r\n", size: 10, violation: null, endsInCrlf: true },
    ],
    ["takes a last CR that fits", "normalize", ["abc\r"], { content: "abc\r\n", size: 5, violation: null }, 5],
    ["normalises none of a CRLF", "normalize", ["a\r", "\nb\r\n"], { content: "a\r\nb\r\n", violation: null }],
    ["says that what is normalised ends in CRLF", "normalize", ["a\n"], { content: "a\r\n", endsInCrlf: true }],
    ["takes as many octets as allowed", "preserve", ["abc", "de"], { content: "abcde", violation: null }, 5],
    ["takes no more", "preserve", ["abc", "def"], { content: "abcde", violation: "message-too-big at 5", size: 5 }, 5],
    ["counts lines", "reject", ["a\r", "\nbc\r\n"], { content: "a\r\nbc", violation: "message-too-big at 5" }, 5],
    [
      "counts a CR once its LF comes",
      "reject",
      ["ab\r", "\n"],
      { content: "ab", violation: "message-too-big at 2" },
      2,
    ],
    ["counts what comes out", "normalize", ["a\nb\nc"], { content: "a\r\nb\r", violation: "message-too-big at 3" }, 5],
    ["counts text in front", "normalize", ["abcdefg\n"], { content: "abcde", violation: "message-too-big at 5" }, 5],
    ["counts a last CR", "normalize", ["abcd\r"], { content: "abcd\r", violation: "message-too-big at 4" }, 5],
    ["counts before it judges", "reject", ["abcdef\nx"], { content: "abcde", violation: "message-too-big at 5" }, 5],
  ])("%s, under %s", (_, lineEndings, parts, expected, maxSize = Number.POSITIVE_INFINITY) => {
    const whole = octets(parts.join(""));
    const options = { lineEndings, maxSize };
    const found = read(parts, [whole], options);
    expect(found).toMatchObject(expected);
    expect(read(parts, byteByByte(whole), options, true)).toEqual(found);
    expect(read(parts, parts.map(octets), options)).toEqual(found);
  });

  it("gives the same however the input is cut, and wherever the reader is restored", () => {
    const part = fc.array(fc.constantFrom("\r", "\n", "\r\n", ".", "ab", "x".repeat(300)), { maxLength: 8 });
    const parts = fc.array(
      part.map((all) => all.join("")),
      { minLength: 1, maxLength: 4 },
    );
    const cut = parts.chain((all) => fc.tuple(fc.constant(all), chunkings(octets(all.join("")))));
    const options = fc.record({
      lineEndings: fc.constantFrom<LineEndings>("reject", "normalize", "preserve"),
      maxSize: fc.constantFrom(Number.POSITIVE_INFINITY, 0, 1, 5, 600),
    });
    fc.assert(
      fc.property(cut, options, ([all, chunks], chosen) => {
        const whole = octets(all.join(""));
        const found = read(all, [whole], chosen);
        expect(read(all, chunks, chosen, true)).toEqual(found);
        expect(read(all, byteByByte(whole), chosen)).toEqual(found);
        // Where the borders of chunks are changes nothing either.
        expect(read([all.join("")], [whole], chosen)).toEqual(found);
      }),
      { numRuns: runs() },
    );
  });

  it("leaves the octets after a chunk, and says what was cut off", () => {
    const input = new Input();
    const reader = new ChunkReader({});
    reader.begin(3, false);
    input.push(octets("abNOOP"));
    expect(text((reader.next(input) as { readonly bytes: Uint8Array }).bytes)).toBe("abN");
    expect(reader.next(input)).toEqual({ type: "end" });
    expect(text(input.peek()!)).toBe("OOP");
    reader.begin(9, true);
    reader.refuse();
    expect(reader.next(input)).toBeNull();
    expect(reader.end()).toEqual({ code: "cut-off", offset: 6, text: "message cut off after 6 octets" });
  });

  it("hands nothing over after a violation, where it goes on under another option too", () => {
    const input = new Input();
    const reader = new ChunkReader({ lineEndings: "reject" });
    reader.begin(5, true);
    input.push(octets("a\nb"));
    expect(reader.next(input)).toMatchObject({ type: "piece", bytes: octets("a") });
    expect(reader.next(input)).toMatchObject({ type: "violation" });
    const other = new ChunkReader({ lineEndings: "preserve" }, structuredClone(reader.snapshot()));
    input.push(octets("cd"));
    expect([other.next(input), other.size, other.endsInCrlf]).toEqual([{ type: "end" }, 1, false]);
  });

  it("refuses limits that are none", () => {
    expect(() => new ChunkReader({ maxSize: -1 })).toThrow('"maxSize" expected');
    expect(() => new ChunkReader({ lineEndings: "keep" as LineEndings })).toThrow('"lineEndings" expected');
  });
});
