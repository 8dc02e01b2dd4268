import { linesOf, octets } from "tools/testing";
import { latin1 } from "../finding.ts";
import { bounded, type Input, type Op } from "../input/input.ts";
import type { Random } from "../input/random.ts";
import type { Engine, Ground } from "./engine.ts";
import { chosen, mutatedChoices } from "./guided.ts";

type Octets = Op & { readonly kind: "octets" };

/**
 * Transcripts changed as transcripts: lines are dropped, repeated, swapped, taken from others and cut anew, and the
 * fields of a line changed, its verb, its parameters, the end of content, the size of a chunk, base64.
 */
export function transcriptEngine(ground: Ground): Engine {
  const { corpus, random } = ground;
  return {
    name: "transcript",
    next() {
      let input = chosen(corpus, random);
      for (let times = 1 + random.below(4); times > 0; times--) input = bounded(mutatedTranscript(input, ground));
      return input;
    },
  };
}

/** One change of a transcript. */
export function mutatedTranscript(input: Input, { target, corpus, random }: Ground): Input {
  const ops = [...input.ops];
  const at = random.below(ops.length + 1);
  const op = ops[at];
  switch (random.below(12)) {
    case 0: // drop
      ops.splice(at, 1 + random.below(2));
      break;
    case 1: // repeat, now and then very often
      if (op !== undefined) ops.splice(at, 0, ...Array<Op>(random.once(20) ? 300 : 1 + random.below(3)).fill(op));
      break;
    case 2: {
      // swap
      const other = random.below(ops.length + 1);
      const swapped = ops[other];
      if (op !== undefined && swapped !== undefined) [ops[at], ops[other]] = [swapped, op];
      break;
    }
    case 3: {
      // splice: the beginning of one, the end of another
      const other = chosen(corpus, random).ops;
      return { ...input, ops: [...ops.slice(0, at), ...other.slice(random.below(other.length + 1))].slice(0, 400) };
    }
    case 4: // some lines of another
      ops.splice(at, 0, ...someOf(chosen(corpus, random).ops, random));
      break;
    case 5: // cut anew: lines that become one, or one that becomes two
      return { ...input, ops: recut(ops, random) };
    case 6:
      return { ...input, choices: mutatedChoices(input.choices, random) };
    case 7:
      ops.splice(at, 0, { kind: "tls" });
      break;
    case 8:
    case 9:
      ops.splice(at, 0, newOp(target, random));
      break;
    default:
      if (op?.kind === "octets") ops[at] = { kind: "octets", bytes: octets(corrupted(latin1(op.bytes), random)) };
      else if (op?.kind === "call")
        ops[at] = { ...op, text: random.once(3) ? newText(target, op, random) : corrupted(op.text, random) };
  }
  return { ...input, ops };
}

function newOp({ lines, calls }: Ground["target"], random: Random): Op {
  const names = Object.keys(calls ?? {});
  if (names.length === 0 || random.once(2)) return { kind: "octets", bytes: octets(random.pick(lines)) };
  const name = random.pick(names);
  return { kind: "call", name, text: random.pick(calls![name]!) };
}

function newText({ calls }: Ground["target"], op: Op & { readonly kind: "call" }, random: Random): string {
  return random.pick(calls?.[op.name] ?? [""]);
}

function someOf(ops: readonly Op[], random: Random): readonly Op[] {
  const from = random.below(ops.length + 1);
  return ops.slice(from, from + 1 + random.below(6));
}

function recut(ops: readonly Op[], random: Random): Op[] {
  const cut: Op[] = [];
  for (const op of ops) {
    const last = cut.at(-1);
    if (op.kind === "octets" && last?.kind === "octets" && random.once(3)) {
      cut[cut.length - 1] = { kind: "octets", bytes: new Uint8Array([...last.bytes, ...op.bytes]) };
    } else if (op.kind === "octets" && random.once(4)) {
      const at = random.below(op.bytes.length + 1);
      const pieces = random.once(2) ? linesOf(op.bytes) : [op.bytes.slice(0, at), op.bytes.slice(at)];
      cut.push(...pieces.map((bytes): Octets => ({ kind: "octets", bytes })));
    } else cut.push(op);
  }
  return cut;
}

/** Figures beside limits, and such as no parser may take. */
const FIGURES = [
  "0",
  "1",
  "2",
  "3",
  "5",
  "10",
  "00",
  "-1",
  "+1",
  "255",
  "512",
  "1000",
  "65536",
  "65537",
  "4294967296",
  "18446744073709551616",
  "9007199254740992",
  "1e3",
  "0x10",
];

/** Corrupts a field of a line: which one, and how, depends on what the line looks like. */
export function corrupted(line: string, random: Random): string {
  const changes: (() => string)[] = [
    // a figure: a size, a number, a code, a version
    () => replaced(line, /\d+/g, (figure) => (random.once(3) ? `0${figure}` : random.pick(FIGURES)), random),
    // a field: doubled, emptied, swapped with the one after it
    () => replaced(line, /[^ \r\n]+/g, (field) => `${field} ${field}`, random),
    () => replaced(line, /[^ \r\n]+/g, () => "", random),
    () => replaced(line, /([^ \r\n]+) ([^ \r\n]+)/g, (fields) => fields.split(" ").reverse().join(" "), random),
    // what separates fields, and letters' case
    () => replaced(line, / /g, () => random.pick(["  ", "\t", "", " \r "]), random),
    () =>
      replaced(
        line,
        /[A-Za-z]+/g,
        (word) => (word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase()),
        random,
      ),
    // parameters: without a value, with another, with xtext
    () =>
      replaced(line, /=[^ \r\n]*/g, () => random.pick(["", "=", "=+", "=+41", "=x=y", "=<>", "=9999999999"]), random),
    // brackets, quotes, routes
    () =>
      replaced(
        line,
        /[<>@"\\[\]:;,]/g,
        (mark) => random.pick(["", mark + mark, "<", ">", "@", '"', "\\", "[", "]", ":", ","]),
        random,
      ),
    // the line's end
    () =>
      replaced(
        line,
        /\r\n/g,
        () => random.pick(["\n", "\r", "\r\r\n", "", " \r\n", "\r\n.\r\n", "\r\n.", "\0\r\n"]),
        random,
      ),
    // a dot at its beginning
    () => (line.startsWith(".") ? random.pick([line.slice(1), `.${line}`]) : `.${line}`),
    // a multi-line reply's hyphen
    () => replaced(line, /^\d{3}[ -]/gm, (code) => code.slice(0, 3) + (code[3] === " " ? "-" : " "), random),
    // base64: shorter, longer, of wrong padding
    () =>
      replaced(
        line,
        /[A-Za-z0-9+/]{3,}=*/g,
        (text) => random.pick([text.slice(1), `${text}=`, `${text}AA`, `${text.slice(0, -1)}!`]),
        random,
      ),
    // its length: up to where limits lie
    () =>
      replaced(
        line,
        /[^\r\n]/g,
        (character) => character.repeat(random.pick([2, 60, 64, 250, 505, 506, 507, 600, 1000, 5000])),
        random,
      ),
    // an octet that no grammar has
    () =>
      replaced(
        line,
        /[^\r\n]/g,
        () => random.pick(["\0", "\x7f", "\x80", "\xff", "\xc3\xa9", "\xc0\x80", "\r", "\n"]),
        random,
      ),
  ];
  return random.pick(changes)();
}

/** Replaces one of the places that a pattern finds. */
function replaced(line: string, pattern: RegExp, by: (found: string) => string, random: Random): string {
  const found = [...line.matchAll(pattern)];
  if (found.length === 0) return line;
  const { 0: text, index } = random.pick(found);
  return line.slice(0, index) + by(text) + line.slice(index + text.length);
}
