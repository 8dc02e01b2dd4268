import assert from "node:assert/strict";
import { type LineEndings, Stuffer, Unstuffer, type UnstufferOptions } from "dot-stuffing";
import { LineReader } from "dot-stuffing/session";
import fc from "fast-check";
import { chunkings, framing, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { lines, stuffed, unstuffed } from "./reference.ts";

const LINES = [1, 3, 60, 76, 76, 76, 300, 700]
  .map((length) => "x".repeat(length))
  .flatMap((line) => [line, `${line}\r\n`]);

const cut = framing().chain((wire) => fc.tuple(fc.constant(wire), chunkings(wire)));
const lineEndings = fc.constantFrom<LineEndings>("reject", "normalize", "preserve");
const limit = (max: number) => fc.oneof(fc.nat(max), fc.constant(Number.POSITIVE_INFINITY));

function inChunksOf(size: number, bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.slice(index * size, (index + 1) * size));
}

function unstuffedInChunks(chunks: readonly Uint8Array[], options: UnstufferOptions) {
  const unstuffer = new Unstuffer(options);
  const violations: string[] = [];
  let content = "";
  let consumed = 0;
  for (const chunk of chunks) {
    if (unstuffer.done) break;
    const step = unstuffer.push(chunk);
    content += text(step.content);
    consumed += step.consumed;
    if (step.violation !== null) violations.push(`${step.violation.code}@${step.violation.offset}`);
  }
  const { done, longestLine, size } = unstuffer;
  return { content, violations, consumed, done, longestLine, size };
}

/** Long enough for what is done for speed: text read in words, lines leapt over, views. */
const long = fc
  .array(fc.constantFrom("\r\n", "\r\n", "\r\n.", ".", "\n", "\r", "\t", "\0", "\xff", ...LINES), { maxLength: 40 })
  .map((parts) => octets(parts.join("")))
  .chain((wire) => fc.tuple(fc.constant(wire), chunkings(wire)));

it("[DOT-4.1.1.4-6] long content is read as a plain reading of the whole wire form does it, too", () => {
  const options = fc.record({ lineEndings, maxSize: limit(4000), maxLineLength: limit(400) });
  fc.assert(
    fc.property(long, options, ([wire, chunks], chosen) => {
      const { violation, ...expected } = unstuffed(text(wire), chosen);
      expect(unstuffedInChunks(chunks, chosen)).toEqual({
        ...expected,
        violations: violation === null ? [] : [violation],
        size: expected.content.length,
      });
    }),
    { numRuns: runs(3) },
  );
});

it("[DOT-4.5.2-1] long content is stuffed as a string replacement does it", () => {
  fc.assert(
    fc.property(long, ([content, chunks]) => {
      const lines = text(content).split(/\r\n|\r|\n/);
      if (lines.at(-1) === "") lines.pop();
      const size = lines.reduce((sum, line) => sum + line.length + 2, 0);
      const stuffer = new Stuffer();
      const wire = text([...chunks.flatMap((chunk) => stuffer.push(chunk)), ...stuffer.end()]);
      expect(wire).toBe(`${lines.map((line) => `${line.replace(/^\./, "..")}\r\n`).join("")}.\r\n`);
      expect([stuffer.size, stuffer.wireSize]).toEqual([size, wire.length]);
    }),
    { numRuns: runs(3) },
  );
});

it("[DOT-4.1.1.4-6] an Unstuffer says what a plain reading of the whole wire form says, offsets and limits included", () => {
  const options = fc.record({ lineEndings, maxSize: limit(12), maxLineLength: limit(5) });
  fc.assert(
    fc.property(cut, options, ([wire, chunks], chosen) => {
      const { violation, ...expected } = unstuffed(text(wire), chosen);
      expect(unstuffedInChunks(chunks, chosen)).toEqual({
        ...expected,
        violations: violation === null ? [] : [violation],
        size: expected.content.length,
      });
    }),
    { numRuns: runs(20) },
  );
});

it("[DOT-2.3.8-5] a LineReader says what a plain reading of the whole input says, offsets and limits included", () => {
  const options = fc.record({
    lfEndsLine: fc.boolean(),
    lineEndings,
    maxLineLength: fc.oneof(fc.integer({ min: 2, max: 8 }), fc.constant(Number.POSITIVE_INFINITY)),
  });
  fc.assert(
    fc.property(cut, options, ([input, chunks], chosen) => {
      const reader = new LineReader(chosen);
      const found: string[] = [];
      for (const chunk of chunks) {
        for (let at = 0; at < chunk.length; ) {
          const { line, violation, consumed } = reader.push(chunk, at);
          if (line !== null) found.push(text(line));
          if (violation !== null) found.push(`${violation.code}@${violation.offset}`);
          at += consumed;
        }
      }
      expect(found).toEqual(lines(text(input), chosen));
    }),
    { numRuns: runs(20) },
  );
});

describe("in chunks of any size, dots rare or dense", () => {
  const motif = fc.constantFrom(
    "a",
    "\r\n.",
    "\r\n.a",
    ".a\r\n",
    "\r\n..bcd",
    `\r\n.${"e".repeat(40)}`,
    "\r\na",
    "a\n.",
    "\r",
  );
  const run = fc.tuple(motif, fc.integer({ min: 1, max: 4000 })).map(([of, times]) => of.repeat(times));
  const large = fc.array(run, { minLength: 1, maxLength: 4 }).map((runs) => octets(runs.join("").slice(0, 40_000)));
  const cutLarge = large.chain((bytes) => fc.tuple(fc.constant(bytes), chunkings(bytes)));

  it("an Unstuffer says what a plain reading says", () => {
    const options = fc.record({ lineEndings, maxSize: limit(40_000), maxLineLength: limit(4000) });
    fc.assert(
      fc.property(cutLarge, options, ([wire, chunks], chosen) => {
        const { violation, ...expected } = unstuffed(text(wire), chosen);
        const { violations, ...found } = unstuffedInChunks(chunks, chosen);
        assert.deepEqual(found, { ...expected, size: expected.content.length });
        assert.deepEqual(violations, violation === null ? [] : [violation]);
      }),
      { numRuns: runs(0.1) },
    );
  });

  it("a Stuffer sends what a plain reading sends", () => {
    fc.assert(
      fc.property(cutLarge, ([content, chunks]) => {
        const stuffer = new Stuffer();
        const wire = text([...chunks.flatMap((chunk) => stuffer.push(chunk)), ...stuffer.end()]);
        const expected = stuffed(text(content));
        assert.equal(wire, expected.wire);
        assert.equal(stuffer.stuffedLines, expected.stuffedLines);
        assert.equal(stuffer.size, wire.length - 3 - expected.stuffedLines);
      }),
      { numRuns: runs(0.1) },
    );
  });

  const dense = ["\r\n.", "\r\n..", "\r\n.a", "..\r\n", ".abc\r\n", `\r\n.${"e".repeat(29)}`, "\r\n.a\n", "\n.\r"];
  it.each(dense)("%j over and over", (line) => {
    for (const before of ["", "a", "ab", "abc"]) {
      const input = before + line.repeat(60_000 / line.length);
      const options = { lineEndings: "normalize", maxSize: 59_000, maxLineLength: 500 } as const;
      const { violation, ...expected } = unstuffed(input, options);
      for (const size of [60_010, 20_000, 16_385]) {
        const chunks = inChunksOf(size, octets(input));
        const { violations, ...found } = unstuffedInChunks(chunks, options);
        assert.deepEqual(found, { ...expected, size: expected.content.length });
        assert.deepEqual(violations, violation === null ? [] : [violation]);
        const stuffer = new Stuffer();
        const wire = text([...chunks.flatMap((chunk) => stuffer.push(chunk)), ...stuffer.end()]);
        assert.equal(wire, stuffed(input).wire);
      }
    }
  });
});
