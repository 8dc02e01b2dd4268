import { type LineEndings, Stuffer, Unstuffer } from "dot-stuffing";
import { LineReader } from "dot-stuffing/session";
import fc from "fast-check";
import { chunkings, framing, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

const cut = framing().chain((wire) => fc.tuple(chunkings(wire), fc.infiniteStream(fc.boolean())));
const lineEndings = fc.constantFrom<LineEndings>("reject", "normalize", "preserve");

/**
 * Pushes chunks; in front of some of them the object is left for another one made from its snapshot, as it came over a
 * wire.
 */
function run<Reader extends { snapshot(): unknown }>(
  first: Reader,
  chunks: readonly Uint8Array<ArrayBuffer>[],
  moves: Iterator<boolean>,
  restore: (snapshot: ReturnType<Reader["snapshot"]>) => Reader,
  push: (reader: Reader, chunk: Uint8Array<ArrayBuffer>) => void,
): Reader {
  let reader = first;
  for (const chunk of chunks) {
    if (moves.next().value === true) {
      const left = reader;
      const snapshot = left.snapshot() as ReturnType<Reader["snapshot"]>;
      reader = restore(structuredClone(snapshot));
      try {
        push(left, octets("what goes on with the old one changes nothing\r").slice());
      } catch {
        // It had ended.
      }
    }
    push(reader, chunk);
  }
  return reader;
}

const never = [][Symbol.iterator]();

describe("a snapshot, taken between any two chunks and cloned, changes nothing observable", () => {
  it("of an Unstuffer", () => {
    const options = fc.record({ lineEndings, maxSize: fc.nat(12), maxLineLength: fc.nat(5) });
    fc.assert(
      fc.property(cut, options, ([chunks, moves], chosen) => {
        const all = (moved: Iterator<boolean>) => {
          const found: unknown[] = [];
          const last = run(
            new Unstuffer(chosen),
            chunks,
            moved,
            (snapshot) => new Unstuffer(chosen, snapshot),
            (unstuffer, chunk) => {
              if (unstuffer.done) return;
              const { content, ...step } = unstuffer.push(chunk);
              if (chunks.includes(chunk)) found.push(text(content), step);
            },
          );
          const { size, longestLine, violation, done } = last;
          return [found, size, longestLine, violation, done, last.end()];
        };
        expect(all(moves)).toEqual(all(never));
      }),
      { numRuns: runs(5) },
    );
  });

  it("of a Stuffer", () => {
    fc.assert(
      fc.property(cut, ([chunks, moves]) => {
        const all = (moved: Iterator<boolean>) => {
          let wire = "";
          const last = run(
            new Stuffer(),
            chunks,
            moved,
            (snapshot) => new Stuffer({}, snapshot),
            (stuffer, chunk) => {
              const pieces = stuffer.push(chunk);
              if (chunks.includes(chunk)) wire += text(pieces);
            },
          );
          return [wire + text(last.end()), last.size, last.wireSize, last.stuffedLines];
        };
        expect(all(moves)).toEqual(all(never));
      }),
      { numRuns: runs(5) },
    );
  });

  it("of a LineReader", () => {
    fc.assert(
      fc.property(cut, lineEndings, fc.integer({ min: 2, max: 9 }), ([chunks, moves], policy, maxLineLength) => {
        const options = { lineEndings: policy, maxLineLength };
        const all = (moved: Iterator<boolean>) => {
          const found: unknown[] = [];
          const last = run(
            new LineReader(options),
            chunks,
            moved,
            (snapshot) => new LineReader(options, snapshot),
            (reader, chunk) => {
              for (let at = 0; at < chunk.length; ) {
                const step = reader.push(chunk, at);
                at += step.consumed;
                if (chunks.includes(chunk)) found.push(step.line === null ? step.violation : text(step.line));
              }
            },
          );
          return [found, last.midLine, last.end()];
        };
        expect(all(moves)).toEqual(all(never));
      }),
      { numRuns: runs(5) },
    );
  });
});

it("of a Stuffer that ended is of one that ended", () => {
  const stuffer = new Stuffer();
  stuffer.end();
  expect(() => new Stuffer({}, structuredClone(stuffer.snapshot())).end()).toThrow("after end()");
});
