/**
 * The properties that every decoder has, however it is built. A test describes its decoder with a {@link Decoder}, and
 * asserts each property of {@link standardProperties}, and those of {@link inverses} if there is an encoder too.
 */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { byteByByte, chunkings, join } from "./bytes.ts";

/** A decoder as its properties see it. */
export interface Decoder {
  /** Takes octets from the chunk's first on, as many as it likes. */
  push(chunk: Uint8Array): Step;
  /** The input has ended: what it says to that. */
  end(): readonly Said[];
}

/** What a decoder made of a chunk. */
export interface Step {
  readonly consumed: number;
  readonly said: readonly Said[];
  /** Whether it takes no more: what it did not consume is somebody else's. */
  readonly done?: boolean;
}

/** Octets alone are a stream, whose cuts mean nothing; octets inside of an event are one value. */
export type Said = Uint8Array | { readonly [name: string]: unknown };

/**
 * What holds, in words, and a function that tries so many values and throws an error with the smallest one for which it
 * does not.
 */
export type Property = readonly [title: string, check: (numRuns: number) => void];

/** What a decoder made of a whole input. */
export interface Outcome {
  readonly said: readonly Said[];
  readonly consumed: number;
  readonly done: boolean;
}

/** Feeds chunks to a decoder, each from a buffer that is overwritten once the decoder has let go of it. */
export function decode(decoder: Decoder, chunks: readonly Uint8Array[]): Outcome {
  const said: Said[] = [];
  const outcome = feed(
    decoder,
    chunks.map((chunk) => chunk.slice()),
    (words, buffer) => {
      for (const word of words) said.push(copyOf(word));
      buffer?.fill(0xaa);
    },
  );
  return { said: joined(said), ...outcome };
}

/**
 * The properties of a decoder by title. None of them lets the decoder throw, stand still, or consume what there is not.
 *
 * @param decoders make fresh decoders, alike each time one is called; several options, for instance
 * @param input what they are fed
 */
export function standardProperties(decoders: fc.Arbitrary<() => Decoder>, input: fc.Arbitrary<Uint8Array>): Property[] {
  const cut = input.chain((bytes) => fc.tuple(fc.constant(bytes), chunkings(bytes)));
  const property = (
    title: string,
    holds: (make: () => Decoder, bytes: Uint8Array, chunks: Uint8Array[]) => void,
  ): Property => [
    title,
    (numRuns) =>
      fc.assert(
        fc.property(decoders, cut, (make, [bytes, chunks]) => holds(make, bytes, chunks)),
        { numRuns },
      ),
  ];
  return [
    property("chunking never matters: the same is said, of the same octets", (make, bytes, chunks) => {
      const whole = decode(make(), [bytes]);
      assert.deepEqual(decode(make(), chunks), whole);
      assert.deepEqual(decode(make(), byteByByte(bytes)), whole);
    }),
    property("octets in are octets consumed and octets left, and those left changed nothing", (make, bytes, chunks) => {
      const outcome = decode(make(), chunks);
      if (!outcome.done) assert.equal(outcome.consumed, bytes.length);
      assert.deepEqual(decode(make(), [bytes.subarray(0, outcome.consumed)]), outcome);
    }),
    property("what was handed out stays as it is, and no chunk is written to", (make, _, chunks) => {
      const copies = chunks.map(copyOf);
      const handed: Said[] = [];
      const then: Said[] = [];
      feed(make(), chunks, (said) => {
        handed.push(...said);
        then.push(...said.map(copyOf));
      });
      assert.deepEqual(handed, then);
      assert.deepEqual(chunks, copies);
    }),
  ];
}

/** An encoder and its decoder. `decode` gives null for what stands for no value. */
export interface Codec<Value> {
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value | null;
}

/** The properties of an encoder and a decoder that are each other's inverses. */
export function inverses<Value>(
  { encode, decode }: Codec<Value>,
  values: fc.Arbitrary<Value>,
  wireForms: fc.Arbitrary<Uint8Array>,
): Property[] {
  const comesBack = (value: Value) => assert.deepEqual(decode(encode(value)), value);
  return [
    ["what was encoded decodes to itself", (numRuns) => fc.assert(fc.property(values, comesBack), { numRuns })],
    [
      "what was decoded comes back, however it had been written",
      (numRuns) => {
        const decoded = wireForms.map(decode);
        fc.assert(
          fc.property(decoded, (value) => value === null || comesBack(value)),
          { numRuns },
        );
      },
    ],
  ];
}

/**
 * How many octets a decoder holds after so many copies of a chunk, in an input that does not end. What it says is let
 * go of.
 */
export function heldAfter(decoder: Decoder, chunk: Uint8Array, times: number): number {
  const before = inUse();
  for (let time = 0; time < times; time++) push(decoder, chunk.slice(), () => {});
  const held = inUse() - before;
  decoder.end(); // so that the decoder outlives the measurement
  return held;
}

/** Takes what was said; of which chunk, if the decoder has let go of it now. */
type Tell = (said: readonly Said[], finished: Uint8Array | null) => void;

/** Hands chunks over until the decoder is done, and ends the input if it never is. */
function feed(decoder: Decoder, chunks: readonly Uint8Array[], tell: Tell): Omit<Outcome, "said"> {
  let total = 0;
  for (const chunk of chunks) {
    const { consumed, done } = push(decoder, chunk, tell);
    total += consumed;
    if (done) return { consumed: total, done };
  }
  tell(decoder.end(), null);
  return { consumed: total, done: false };
}

/** Hands a chunk over until it is consumed, or the decoder done. */
function push(decoder: Decoder, chunk: Uint8Array, tell: Tell): Omit<Outcome, "said"> {
  for (let at = 0; ; ) {
    const left = chunk.length - at;
    const { consumed, said, done = false } = decoder.push(at === 0 ? chunk : chunk.subarray(at));
    assert.ok(consumed >= 0 && consumed <= left, `consumed ${consumed} of ${left} octets`);
    assert.ok(done || consumed > 0 || said.length > 0 || left === 0, "stands still");
    at += consumed;
    const finished = done || at === chunk.length;
    tell(said, finished ? chunk : null);
    if (finished) return { consumed: at, done };
  }
}

/** Octets in memory of their own: what was said can change with the memory that it is a view of. */
function copyOf<Word extends Said>(word: Word): Word;
function copyOf(word: Said): Said {
  if (word instanceof Uint8Array) return word.slice();
  const own = ([name, value]: [string, unknown]) => [
    name,
    value instanceof Uint8Array ? value.slice() : structuredClone(value),
  ];
  return Object.fromEntries(Object.entries(word).map(own));
}

/** Octets that follow one another become one piece. */
function joined(said: readonly Said[]): Said[] {
  const found: Said[] = [];
  let pieces: Uint8Array[] = [];
  const close = () => {
    const bytes = join(pieces);
    if (bytes.length > 0) found.push(bytes);
    pieces = [];
  };
  for (const word of said) {
    if (word instanceof Uint8Array) pieces.push(word);
    else {
      close();
      found.push(word);
    }
  }
  close();
  return found;
}

/** Memory in use once everything that nobody refers to is gone. In octets. */
function inUse(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
