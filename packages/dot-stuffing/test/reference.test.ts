import { type LineEndings, LineReader, type LineReaderOptions, Unstuffer, type UnstufferOptions } from "dot-stuffing";
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

/** Chunks are let go at once, read or not, and overwritten; `eager` says which are read before the next is pushed. */
function linesInChunks(chunks: readonly Uint8Array[], options: LineReaderOptions, eager: readonly boolean[]): string[] {
  const reader = new LineReader(options);
  const found: string[] = [];
  const read = () => {
    for (let line = reader.next(); line !== null; line = reader.next()) {
      found.push(line instanceof Uint8Array ? text(line) : `${line.code}@${line.offset}`);
    }
  };
  for (const [index, chunk] of chunks.entries()) {
    const buffer = chunk.slice();
    reader.push(buffer);
    if (eager[index % eager.length]) read();
    reader.release();
    buffer.fill(0x58);
  }
  read();
  expect(reader.pending).toBe(0);
  return found;
}

it("[DOT-2.3.8-5] a LineReader says what a plain reading of the whole input says, offsets and limits included", () => {
  const options = fc.record({ lineEndings, maxLineLength: limit(7) });
  const eager = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(cut, options, eager, ([input, chunks], chosen, read) => {
      expect(linesInChunks(chunks, chosen, read)).toEqual(lines(text(input), chosen));
    }),
    { numRuns: runs(20) },
  );
});
