import { linesOf } from "tools/testing";

/**
 * What a target is run with: choices, which decide options and answers, and operations in order. It is text, so that it
 * can be read, kept in the corpus, and made smaller piece by piece.
 */
export interface Input {
  /** Read one after the other by whoever has to choose; where they end, zeros follow: the usual choice. */
  readonly choices: Uint8Array;
  readonly ops: readonly Op[];
}

/** What happens to a decoder or session. */
export type Op =
  /** The peer's octets. */
  | { readonly kind: "octets"; readonly bytes: Uint8Array }
  /** The application calls a method: its name, and what it is called with as text. */
  | { readonly kind: "call"; readonly name: string; readonly text: string }
  /** The TLS handshake, where it is awaited. */
  | { readonly kind: "tls" };

/** The octets of all operations, joined. */
export function joinedOctets(input: Input): Uint8Array {
  const all = input.ops.flatMap((op) => (op.kind === "octets" ? [op.bytes] : []));
  const joined = new Uint8Array(all.reduce((length, bytes) => length + bytes.length, 0));
  let at = 0;
  for (const bytes of all) {
    joined.set(bytes, at);
    at += bytes.length;
  }
  return joined;
}

/** An input that is octets alone, a line an operation. */
export function octetsInput(bytes: Uint8Array, choices: Uint8Array = new Uint8Array(0)): Input {
  return { choices, ops: linesOf(bytes).map((line) => ({ kind: "octets", bytes: line })) };
}

/**
 * So many operations, and so many octets and characters in them, an input has at most: what grows from others would
 * grow for ever.
 */
const MOST_OPS = 2000;
const MOST_OCTETS = 100_000;

/** The operations of an input as far as it may reach: those after the first that is too much are left out. */
export function bounded(input: Input): Input {
  let left = MOST_OCTETS;
  const end = input.ops.findIndex((op, at) => {
    left -= sizeOfOp(op);
    return at >= MOST_OPS || left < 0;
  });
  return end < 0 ? input : { ...input, ops: input.ops.slice(0, end) };
}

/** How much there is to an input: what reduction makes smaller. */
export function sizeOf({ choices, ops }: Input): number {
  return choices.length + ops.reduce((size, op) => size + sizeOfOp(op), 0);
}

function sizeOfOp(op: Op): number {
  return 1 + (op.kind === "octets" ? op.bytes.length : op.kind === "call" ? op.text.length : 0);
}
