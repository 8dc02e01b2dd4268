import { Stuffer, stuff, Unstuffer } from "dot-stuffing";
import { expectEqual, type Row, type Suite } from "./suite.ts";

const MiB = 1024 * 1024;
const CHUNK = 64 * 1024;

/** Content of about 10 MiB: lines of 76 octets, one in so many with a dot in front. */
function corpus(oneIn: number): Uint8Array {
  const line = `${"Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam nonumy ".padEnd(76, "x")}\r\n`;
  const count = Math.floor((10 * MiB) / line.length);
  return new TextEncoder().encode(
    Array.from({ length: count }, (_, n) => (n % oneIn === 0 ? `.${line.slice(1)}` : line)).join(""),
  );
}

function chunksOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, n) => bytes.subarray(n * CHUNK, (n + 1) * CHUNK));
}

function unstuffAll(wire: readonly Uint8Array[]): number {
  const unstuffer = new Unstuffer();
  let size = 0;
  for (const chunk of wire) for (const piece of unstuffer.push(chunk).content) size += piece.length;
  return unstuffer.done ? size : -1;
}

/** A byte loop that makes the same checks: every CR and LF, every line's first dot, the end. It hands nothing out. */
function loopAll(wire: readonly Uint8Array[]): number {
  let size = 0;
  let lineStart = true;
  let dot = false;
  let cr = false;
  for (const chunk of wire) {
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (cr !== (octet === 0x0a)) return -1;
      if (octet === 0x0a && dot) return size - 1;
      if (lineStart && octet === 0x2e) {
        lineStart = false;
        dot = true;
        continue;
      }
      cr = octet === 0x0d;
      if (!cr) dot = false;
      lineStart = octet === 0x0a;
      size++;
    }
  }
  return -1;
}

function stuffAll(content: readonly Uint8Array[]): number {
  const stuffer = new Stuffer();
  for (const chunk of content) stuffer.push(chunk);
  stuffer.end();
  return stuffer.wireSize;
}

function rows(): Row[] {
  const found: Row[] = [];
  for (const [name, oneIn] of [
    ["no dots", Number.POSITIVE_INFINITY],
    ["one line in 1000 dotted", 1000],
    ["every line dotted", 1],
  ] as const) {
    const content = corpus(oneIn);
    const { wire } = stuff(content);
    const pieces = chunksOf(content);
    const chunks = chunksOf(wire);
    const amount = wire.length / 1e6;
    const row = (kind: string, reference: string | null, expected: number, work: () => number): Row => ({
      name: `${kind}, ${name}`,
      amount,
      reference,
      run: work,
      check: () => expectEqual(`${kind}, ${name}`, work(), expected),
    });
    const loop = `byte loop, ${name}`;
    found.push(row("byte loop", null, content.length, () => loopAll(chunks)));
    found.push(row("unstuffing", loop, content.length, () => unstuffAll(chunks)));
    found.push(row("stuffing", loop, wire.length, () => stuffAll(pieces)));
  }
  return found;
}

export const dotStuffing: () => Suite = () => ({ name: "dot-stuffing", unit: "MB/s", rows: rows() });
