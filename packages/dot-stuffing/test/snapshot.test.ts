import { type ContentState, type LineEndings, Stuffer, Unstuffer } from "dot-stuffing";
import { ChunkReader, ChunkWriter, ContentReader, LineReader } from "dot-stuffing/session";
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

const STATE = new Unstuffer().snapshot();
const LINE = new LineReader().snapshot();
const STEPS = { steps: [], refused: false };
const CHUNK = { ...STEPS, left: 0, last: false, state: STATE };
const VIOLATION = { code: "bare-lf", offset: 1, text: "x" };

describe("what is no snapshot", () => {
  const without = (from: object, name: string) =>
    Object.fromEntries(Object.entries(from).filter(([key]) => key !== name));
  const content = (state: unknown) => [
    () => new Unstuffer({}, state as ContentState),
    () => new Stuffer({}, state as ContentState),
    () => new ChunkWriter("normalize", state as ContentState),
    () => new ContentReader({}, { ...STEPS, unstuffer: state as ContentState }),
    () => new ChunkReader({}, { ...CHUNK, state: state as ContentState }),
  ];

  it.each([
    ["null", null, '"snapshot" expected a valid after, got undefined'],
    ["nothing in it", {}, '"snapshot" expected a valid after, got undefined'],
    ["a field too few", without(STATE, "size"), '"snapshot" expected a valid size, got undefined'],
    ["a count below 0", { ...STATE, offset: -1 }, '"snapshot" expected a valid offset, got -1'],
    ["a part of an octet", { ...STATE, dots: 0.5 }, '"snapshot" expected a valid dots, got'],
    ["no number", { ...STATE, lineLength: Number.NaN }, '"snapshot" expected a valid lineLength, got'],
    ["what cannot be counted", { ...STATE, longestLine: 2 ** 53 }, '"snapshot" expected a valid longestLine, got'],
    ["a text for a count", { ...STATE, size: "1" }, '"snapshot" expected a valid size, got'],
    ["no violation", without(STATE, "violation"), '"snapshot" expected a valid violation, got'],
  ])("is refused by all that read and write content: %s", (_, state, message) => {
    for (const make of content(state)) {
      expect(make).toThrow(TypeError);
      expect(make).toThrow(message);
    }
  });

  it.each<[string, object, string]>([
    ["held", { held: null }, '"snapshot" expected Uint8Array at snapshot.held'],
    ["a length below 0", { length: -1 }, '"snapshot.length" expected'],
    ["a length above what is held", { length: 1 }, '"snapshot.length" expected a whole number from 0 to 0, got 1'],
    ["dropping", { dropping: 0 }, "at snapshot.dropping"],
    ["offset", { offset: undefined }, "at snapshot.offset"],
  ])("is refused by a LineReader: %s", (_, change, message) => {
    const make = () => new LineReader({}, { ...LINE, ...change });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it.each<[string, object, string]>([
    ["refused", { refused: 1 }, "at snapshot.refused"],
    ["steps", { steps: {} }, "expected Array at snapshot.steps"],
    ["a step", { steps: [null] }, "expected an object at snapshot.steps[0], got null"],
    [
      "a type",
      { steps: [{ type: "end" }, { type: "x" }] },
      "expected one of piece, violation, end at snapshot.steps[1].type",
    ],
    ["a piece", { steps: [{ type: "piece", bytes: "x" }] }, "expected Uint8Array at snapshot.steps[0].bytes"],
    ["a violation", { steps: [{ type: "violation", violation: null }] }, "at snapshot.steps[0].violation, got null"],
    [
      "an offset",
      { steps: [{ type: "violation", violation: { ...VIOLATION, offset: -1 } }] },
      '"snapshot.steps[0].violation.offset" expected',
    ],
    ["left", { left: -1 }, '"snapshot.left" expected a whole number'],
    ["last", { last: null }, "expected a boolean at snapshot.last"],
  ])("is refused by a reader of content: %s", (name, change, message) => {
    const both = [
      () => new ChunkReader({}, { ...CHUNK, ...change }),
      () => new ContentReader({}, { ...STEPS, unstuffer: STATE, ...change }),
    ];
    for (const make of name === "left" || name === "last" ? both.slice(0, 1) : both) {
      expect(make).toThrow(TypeError);
      expect(make).toThrow(message);
    }
  });
});
