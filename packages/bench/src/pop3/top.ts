import { Stuffer } from "dot-stuffing";
import { TopCutter } from "pop3-codec/syntax";
import { making, type Row, type Table } from "../suite.ts";
import { wildduckContent } from "./peers.ts";

const OURS = "pop3-codec";
const MEBI = 1024 * 1024;

/** A header field of 76 octets, its line end with them. */
const FIELD = `X-Field: ${"x".repeat(65)}\r\n`;

interface Message {
  readonly name: string;
  readonly lines: number;
  readonly header: number;
  /** What stands after the header. */
  readonly body: string;
  /** What of the body is wanted. */
  readonly wanted: string;
  readonly chunk: number;
}

const MESSAGES: readonly Message[] = [
  {
    name: "10 MiB without an empty line, 64 KiB a piece",
    lines: 0,
    header: 10 * MEBI,
    body: "",
    wanted: "",
    chunk: 65_536,
  },
  { name: "1 MiB without an empty line, 1 KiB a piece", lines: 0, header: MEBI, body: "", wanted: "", chunk: 1024 },
  {
    name: "1 MiB of header, then the body, 1 KiB a piece",
    lines: 1,
    header: MEBI,
    body: "\r\n.a\r\nb\r\n",
    wanted: "\r\n..a\r\n",
    chunk: 1024,
  },
  {
    name: "8 KiB of header, 16 KiB a piece",
    lines: 1,
    header: 8192,
    body: "\r\n.a\r\nb\r\n",
    wanted: "\r\n..a\r\n",
    chunk: 16_384,
  },
];

async function cut(content: readonly Uint8Array[], lines: number, sink: (piece: Uint8Array) => void): Promise<void> {
  const cutter = new TopCutter(lines);
  const stuffer = new Stuffer();
  for (const chunk of content) {
    for (const piece of stuffer.push(cutter.push(chunk))) sink(piece);
    if (cutter.done) break;
  }
  for (const piece of stuffer.end()) sink(piece);
}

function row({ name, lines, header, body, wanted, chunk }: Message): Row {
  const encode = (text: string) => new TextEncoder().encode(text);
  const fields = FIELD.repeat(Math.floor(header / FIELD.length));
  const content = encode(fields + body);
  const pieces = Array.from({ length: Math.ceil(content.length / chunk) }, (_, n) =>
    content.subarray(n * chunk, (n + 1) * chunk),
  );
  const expected = encode(`${fields}${wanted}.\r\n`);
  return {
    name,
    amount: content.length / 1e6,
    works: {
      [OURS]: making(name, expected, (sink) => cut(pieces, lines, sink)),
      wildduck: making(name, expected, (sink) => wildduckContent(pieces, `TOP 1 ${lines}`, sink)),
    },
  };
}

/** TOP cut and stuffed: time must grow with the message, not with its square. */
export function tops(): Table {
  return { title: "TOP", unit: "MB/s", columns: [OURS, "wildduck"], rows: MESSAGES.map(row) };
}
