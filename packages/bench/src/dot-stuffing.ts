import { Stuffer, Unstuffer } from "dot-stuffing";
import { expectSame, expectSize, joined, type Row, type Suite } from "./suite.ts";

const CORPUS = 10 * 1024 * 1024;
const CHUNK = 64 * 1024;

type Sink = (piece: Uint8Array) => void;

/** Content of about 10 MiB: lines of 76 octets, one in so many with a dot in front; and what it is on the wire. */
function corpus(oneIn: number): { readonly content: Uint8Array; readonly wire: Uint8Array } {
  const plain = `${"Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam nonumy ".padEnd(76, "x")}\r\n`;
  const dotted = `.${plain.slice(1)}`;
  const isDotted = (n: number) => n % oneIn === oneIn - 1;
  const lines = Array.from({ length: Math.floor(CORPUS / plain.length) }, (_, n) => (isDotted(n) ? dotted : plain));
  const encode = (text: string) => new TextEncoder().encode(text);
  return {
    content: encode(lines.join("")),
    wire: encode(`${lines.map((line) => (line === dotted ? `.${line}` : line)).join("")}.\r\n`),
  };
}

function chunksOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, n) => bytes.subarray(n * CHUNK, (n + 1) * CHUNK));
}

function unstuff(wire: readonly Uint8Array[], sink: Sink): void {
  const unstuffer = new Unstuffer();
  for (const chunk of wire) for (const piece of unstuffer.push(chunk).content) sink(piece);
  if (!unstuffer.done) throw new Error("the end was not found");
}

function stuff(content: readonly Uint8Array[], sink: Sink): void {
  const stuffer = new Stuffer();
  for (const chunk of content) for (const piece of stuffer.push(chunk)) sink(piece);
  for (const piece of stuffer.end()) sink(piece);
}

/**
 * A byte loop that makes the checks of an unstuffer: every CR and LF, every line's first dot, the end. It hands nothing over, and
 * gives the content's length.
 */
function loop(wire: readonly Uint8Array[]): number {
  let size = 0;
  let lineStart = true;
  let dot = false;
  let cr = false;
  for (const chunk of wire) {
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (cr !== (octet === 0x0a)) throw new Error("a bare CR or LF");
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
  throw new Error("the end was not found");
}

function rowsOf(corpusName: string, oneIn: number): Row[] {
  const { content, wire } = corpus(oneIn);
  const input = { content: chunksOf(content), wire: chunksOf(wire) };
  const amount = wire.length / 1e6;
  const reference = `byte loop, ${corpusName}`;
  const runLoop = () => expectSize(reference, loop(input.wire), content.length);
  const row = (kind: string, work: (sink: Sink) => void, output: Uint8Array): Row => ({
    name: `${kind}, ${corpusName}`,
    amount,
    reference,
    run() {
      let size = 0;
      work((piece) => {
        size += piece.length;
      });
      expectSize(kind, size, output.length);
    },
    check() {
      const pieces: Uint8Array[] = [];
      work((piece) => pieces.push(piece));
      expectSame(kind, joined(pieces), output);
    },
  });
  return [
    { name: reference, amount, run: runLoop, check: runLoop },
    row("unstuffing", (sink) => unstuff(input.wire, sink), content),
    row("stuffing", (sink) => stuff(input.content, sink), wire),
  ];
}

export function dotStuffing(): Suite {
  return {
    name: "dot-stuffing",
    unit: "MB/s",
    rows: [
      ...rowsOf("no dots", Number.POSITIVE_INFINITY),
      ...rowsOf("one line in 1000 dotted", 1000),
      ...rowsOf("every line dotted", 1),
    ],
  };
}
