import { type LineEndings, LineReader, Unstuffer, type UnstufferOptions } from "dot-stuffing";
import fc from "fast-check";
import { chunkings, framing, runs, text } from "tools/testing";
import { expect, it } from "vitest";
import { lines, unstuffed } from "./reference.ts";

const cut = framing().chain((wire) => fc.tuple(fc.constant(wire), chunkings(wire)));
const lineEndings = fc.constantFrom<LineEndings>("reject", "normalize", "preserve");
const limit = (max: number) => fc.oneof(fc.nat(max), fc.constant(Number.POSITIVE_INFINITY));

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
