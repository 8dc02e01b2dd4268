import { Stuffer, Unstuffer } from "dot-stuffing";
import { memoryInUse } from "../memory.ts";
import { expectSize, making, type Row, type Suite, type Work } from "../suite.ts";
import { type Corpus, corpora } from "./corpora.ts";
import { receive, receiveNormalizing, send } from "./loops.ts";
import { haraka, nodemailer, smtpServer } from "./peers.ts";

type Sink = (piece: Uint8Array) => void;

function unstuff({ wire, bareLf }: Corpus, sink: Sink): void {
  const unstuffer = new Unstuffer(bareLf ? { lineEndings: "normalize" } : {});
  for (const chunk of wire) for (const piece of unstuffer.push(chunk).content) sink(piece);
  if (!unstuffer.done || unstuffer.violation !== null) throw new Error("the end was not found, or a violation");
}

function stuff(content: readonly Uint8Array[], sink: Sink): void {
  const stuffer = new Stuffer();
  for (const chunk of content) for (const piece of stuffer.push(chunk)) sink(piece);
  for (const piece of stuffer.end()) sink(piece);
}

function receiving(corpus: Corpus): Row {
  const { name, wire, unstuffed, bareLf } = corpus;
  const count = () => expectSize(name, receive(wire), unstuffed.length);
  const loop: Work = bareLf
    ? making(name, unstuffed, (sink) => receiveNormalizing(wire, sink))
    : { run: count, check: count };
  return {
    name,
    amount: amountOf(wire),
    works: {
      "dot-stuffing": making(name, unstuffed, (sink) => unstuff(corpus, sink)),
      "octet loop": loop,
      "smtp-server": making(name, unstuffed, (sink) => smtpServer(wire, sink)),
      Haraka: making(name, unstuffed, (sink) => haraka(wire, sink)),
    },
  };
}

function sending({ name, content, stuffed }: Corpus): Row {
  return {
    name,
    amount: amountOf(content),
    works: {
      "dot-stuffing": making(name, stuffed, (sink) => stuff(content, sink)),
      "octet loop": making(name, stuffed, (sink) => send(content, sink)),
      nodemailer: making(name, stuffed, (sink) => nodemailer(content, sink)),
    },
  };
}

/** In millions of octets. */
function amountOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0) / 1e6;
}

const KIBI = 1024;

/**
 * What both directions hold over 1 GB in chunks of 64 KiB. The first tenth is left out: it is when code is made fast.
 */
function streaming({ content }: Corpus): string {
  const stuffer = new Stuffer();
  const unstuffer = new Unstuffer();
  let size = 0;
  const streamTo = (total: number) => {
    while (size < total)
      for (const chunk of content)
        for (const wire of stuffer.push(chunk)) for (const piece of unstuffer.push(wire).content) size += piece.length;
    return memoryInUse();
  };
  const [before, half, whole] = [streamTo(0.1e9), streamTo(0.55e9), streamTo(1.1e9)];
  if (stuffer.size !== size || unstuffer.size !== size) throw new Error("not all of it came through");
  const grew = (after: number) => Math.round((after - before) / KIBI);
  return `1 GB stuffed and unstuffed in chunks of 64 KiB: memory in use grew by ${grew(half)} KiB at half of it, ${grew(whole)} KiB at its end.`;
}

/** What one decoder holds that waits for its next chunk. */
function idle(): string {
  const count = 100_000;
  const chunk = new TextEncoder().encode("Subject: half a line");
  const make = { Unstuffer: () => new Unstuffer(), Stuffer: () => new Stuffer() };
  const each = Object.entries(make).map(([name, construct]) => {
    const before = memoryInUse();
    const all = Array.from({ length: count }, () => {
      const decoder = construct();
      decoder.push(chunk);
      return decoder;
    });
    const held = memoryInUse() - before;
    if (all.some(({ size }) => size !== chunk.length)) throw new Error("what is measured must be there still");
    return `${name} ${Math.round(held / count)}`;
  });
  return `Octets that one holds between two chunks, by 100,000 of them: ${each.join(", ")}.`;
}

export function dotStuffing(): Suite {
  const all = corpora();
  return {
    tables: [
      {
        title: "receiving",
        unit: "MB/s",
        columns: ["dot-stuffing", "octet loop", "smtp-server", "Haraka"],
        rows: all.map(receiving),
      },
      { title: "sending", unit: "MB/s", columns: ["dot-stuffing", "octet loop", "nodemailer"], rows: all.map(sending) },
    ],
    notes: () => [streaming(all[1]!), idle()],
  };
}
