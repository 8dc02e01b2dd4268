import { octets } from "tools/testing";
import { bounded, type Input, type Op } from "../input/input.ts";
import type { Random } from "../input/random.ts";
import type { Engine, Ground } from "./engine.ts";

/** Octets at which parsers change their ways. */
const SHARP = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x3c, 0x3d, 0x3e, 0x40, 0x5c, 0x7f, 0x80, 0xff,
];

/** Octets of inputs that reached something new, changed here and there, whatever they mean. */
export function guidedEngine({ target, corpus, random }: Ground): Engine {
  return {
    name: "guided",
    next() {
      let input = chosen(corpus, random);
      for (let times = 1 + random.below(4); times > 0; times--)
        input = bounded(mutated(input, corpus, target.lines, random));
      return input;
    },
  };
}

/** One of the corpus, the newest more often. */
export function chosen(corpus: readonly Input[], random: Random): Input {
  if (corpus.length === 0) return { choices: new Uint8Array(0), ops: [] };
  const newest = random.once(3) ? Math.max(0, corpus.length - 20) : 0;
  return corpus[newest + random.below(corpus.length - newest)]!;
}

function mutated(input: Input, corpus: readonly Input[], lines: readonly string[], random: Random): Input {
  if (random.once(5)) return { ...input, choices: mutatedChoices(input.choices, random) };
  const places = input.ops.flatMap((op, at) => (op.kind === "octets" ? [at] : []));
  if (places.length === 0) return { ...input, ops: [...input.ops, octetsOp(random.pick(lines))] };
  const at = random.pick(places);
  const { bytes } = input.ops[at] as Op & { readonly kind: "octets" };
  const other = chosen(corpus, random).ops.find((op) => op.kind === "octets");
  const changed = mutatedOctets(bytes, other?.bytes ?? new Uint8Array(0), random);
  return { ...input, ops: input.ops.toSpliced(at, 1, { kind: "octets", bytes: changed }) };
}

/** Changes a choice, or adds one. */
export function mutatedChoices(choices: Uint8Array, random: Random): Uint8Array {
  const at = random.below(Math.min(choices.length + 4, 40));
  const changed = new Uint8Array(Math.max(choices.length, at + 1));
  changed.set(choices);
  changed[at] = random.below(256);
  return changed;
}

function mutatedOctets(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const length = random.below(Math.min(bytes.length - at, 16) + 1);
  const put = (put: ArrayLike<number>, instead = 0) =>
    Uint8Array.from([...bytes.subarray(0, at), ...Array.from(put), ...bytes.subarray(at + instead)]);
  switch (random.below(9)) {
    case 0:
      return put([random.pick(SHARP)], 1);
    case 1:
      return put([random.pick(SHARP)]);
    case 2:
      return put([], Math.max(1, length));
    case 3:
      return put(bytes.subarray(at, at + length));
    case 4:
      return put([(bytes[at] ?? 0) ^ (1 << random.below(8))], 1);
    case 5:
      return put([(bytes[at] ?? 0) + random.pick([1, 255])], 1);
    case 6:
      return put(other.subarray(random.below(other.length + 1)), length);
    case 7: {
      // Lengths at which limits lie.
      const octet = bytes[at] ?? 0x61;
      return put(new Uint8Array(random.pick([2, 8, 64, 256, 500, 1000, 4000])).fill(octet));
    }
    default:
      return put(random.octets(1 + random.below(4)));
  }
}

function octetsOp(text: string): Op {
  return { kind: "octets", bytes: octets(text) };
}
