import fc from "fast-check";
import { byteByByte, cutAt, type Decoder, decode, type Said } from "tools/testing";
import { holds, latin1, same, shown } from "../finding.ts";
import { Choices } from "../input/choices.ts";
import { joinedOctets, octetsInput } from "../input/input.ts";
import { Random, seedOf } from "../input/random.ts";
import type { Target } from "../target.ts";
import { linear } from "./work.ts";

/** A decoder that can be taken apart and put together again. */
export interface RestorableDecoder extends Decoder {
  /** The same decoder, made of a clone of its snapshot. */
  restored(): RestorableDecoder;
  /** What it keeps, in octets. */
  kept(): number;
}

/** A decoder with its options chosen. */
export interface DecoderSetting {
  make(): RestorableDecoder;
  /** The most that it keeps between two chunks, in octets. */
  readonly keeps: number;
  /** What must hold of what it made of the whole input, by a reference for instance. */
  check?(
    bytes: Uint8Array,
    said: readonly Said[],
    outcome: { readonly consumed: number; readonly done: boolean },
  ): void;
}

/** What a target of a decoder is made of. */
export interface DecoderTarget extends Omit<Target, "run" | "inputs"> {
  readonly octets: fc.Arbitrary<Uint8Array>;
  setting(choices: Choices): DecoderSetting;
}

/**
 * Choices as an arbitrary makes them: for the options that a target has, and for what its application answers after
 * them.
 */
export const choices: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 40, size: "max" });

/** A target that is fed octets, cut in every way that a decoder must not see. */
export function decoderTarget({ octets, setting, ...target }: DecoderTarget): Target {
  return {
    ...target,
    inputs: fc.tuple(octets, choices).map(([bytes, chosen]) => octetsInput(bytes, chosen)),
    run: (input) => {
      const bytes = joinedOctets(input);
      checkDecoder(setting(new Choices(input.choices)), bytes, new Random(seedOf(latin1(bytes), input.choices.length)));
    },
  };
}

function checkDecoder({ make, keeps, check }: DecoderSetting, bytes: Uint8Array, random: Random): void {
  const whole = linear(bytes.length, 60, () => decode(make(), [bytes]));
  const cuts = Array.from({ length: 1 + random.below(8) }, () => random.below(bytes.length + 1));
  same(decode(make(), cutAt(bytes, cuts)), whole, "chunking never matters");
  const beside = [...bytes.keys()].filter((at) => bytes[at] === 0x0d || bytes[at] === 0x2e);
  if (beside.length < 40)
    same(
      decode(
        make(),
        cutAt(
          bytes,
          beside.map((at) => at + 1),
        ),
      ),
      whole,
      "cuts behind CR and dot never matter",
    );
  const octetByOctet =
    bytes.length > 1000
      ? cutAt(
          bytes,
          [...bytes.keys()].filter((at) => at % 61 < 2),
        )
      : byteByByte(bytes);
  same(
    linear(bytes.length, 400, () => decode(restoring(make(), random, keeps), octetByOctet)),
    whole,
    "octet by octet, restored from snapshots",
  );
  if (!whole.done) same(whole.consumed, bytes.length, "octets in are octets consumed");
  same(decode(make(), [bytes.subarray(0, whole.consumed)]), whole, "what was not consumed changed nothing");
  checkViews(make(), bytes, random);
  check?.(bytes, whole.said, whole);
}

/** A decoder that is now and then another one, restored from a snapshot. */
function restoring(decoder: RestorableDecoder, random: Random, keeps: number): Decoder {
  let now = decoder;
  return {
    push(chunk) {
      const step = now.push(chunk);
      if (random.once(step.said.length > 0 ? 3 : 30)) now = now.restored();
      if (random.once(50)) holds(now.kept() <= keeps, () => `keeps ${now.kept()} octets, more than ${keeps}`);
      return step;
    },
    end: () => now.end(),
  };
}

/** What was handed out stays as it is, and no chunk is written to, as long as nobody else writes. */
function checkViews(decoder: Decoder, bytes: Uint8Array, random: Random): void {
  const chunks = cutAt(bytes, [random.below(bytes.length + 1), random.below(bytes.length + 1)]);
  const handed: Said[] = [];
  const then: string[] = [];
  const keep = (said: readonly Said[]) => {
    handed.push(...said);
    then.push(...said.map(shown));
  };
  let done = false;
  for (const chunk of chunks) {
    for (let at = 0; !done && at < chunk.length; ) {
      const step = decoder.push(chunk.subarray(at));
      keep(step.said);
      at += step.consumed;
      done = step.done ?? false;
    }
  }
  if (!done) keep(decoder.end());
  same(handed.map(shown), then, "what was handed out stays as it is");
  same(cutAt(bytes, []).map(latin1), [chunks.map(latin1).join("")], "no chunk is written to");
}
