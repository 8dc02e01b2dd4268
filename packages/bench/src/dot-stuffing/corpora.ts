const MEBI = 1024 * 1024;

/** The same message before and after stuffing, and how it is cut. */
export interface Corpus {
  readonly name: string;
  /** As a sender has it; with bare LF where that is what the corpus is about. */
  readonly content: readonly Uint8Array[];
  /** As it comes over the wire; with bare LF there too. */
  readonly wire: readonly Uint8Array[];
  readonly chunk: number;
  /** What unstuffing must give, and what stuffing must give. */
  readonly unstuffed: Uint8Array;
  readonly stuffed: Uint8Array;
  /** Whether line ends are bare LFs, which a receiver has to normalise. */
  readonly bareLf: boolean;
}

const encode = (text: string) => new TextEncoder().encode(text);
const TEXT = "Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam nonumy ".padEnd(76, "x");

interface Shape {
  readonly size: number;
  /** The lines, without their ends, by number. */
  readonly line: (n: number) => string;
  readonly lineEnd?: string;
}

const SHAPES = {
  "no dots": { size: 10 * MEBI, line: () => TEXT },
  "one line in 1000 dotted": { size: 10 * MEBI, line: (n) => (n % 1000 === 999 ? `.${TEXT.slice(1)}` : TEXT) },
  "every line dotted": { size: 10 * MEBI, line: () => `.${TEXT.slice(1)}` },
  "1 MiB of lone dots": { size: MEBI, line: () => "." },
  "lines of 998 octets": { size: 10 * MEBI, line: () => TEXT.repeat(14).slice(0, 998) },
  "bare LF, normalised": { size: 10 * MEBI, line: () => TEXT, lineEnd: "\n" },
} satisfies Record<string, Shape>;

function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}

/** Expected results are made by joining strings: nothing of the library is in them. */
function corpus(name: string, { size, line, lineEnd = "\r\n" }: Shape, chunk = 64 * 1024): Corpus {
  const lines: string[] = [];
  for (let n = 0, length = 0; length < size; n++) {
    lines.push(line(n));
    length += line(n).length + lineEnd.length;
  }
  const stuffed = lines.map((text) => (text.startsWith(".") ? `.${text}` : text));
  const join = (all: readonly string[], end: string) => encode(all.map((text) => text + end).join(""));
  const wire = encode(`${stuffed.map((text) => text + lineEnd).join("")}${lineEnd === "\n" ? "\r\n" : ""}.\r\n`);
  // Content with bare LF has no CRLF to end it: one more line end stands in front of the final dot.
  const unstuffed = join(lineEnd === "\n" ? [...lines, ""] : lines, "\r\n");
  return {
    name,
    content: chunksOf(join(lines, lineEnd), chunk),
    wire: chunksOf(wire, chunk),
    chunk,
    unstuffed,
    stuffed: encode(`${stuffed.map((text) => `${text}\r\n`).join("")}.\r\n`),
    bareLf: lineEnd === "\n",
  };
}

export function corpora(): Corpus[] {
  const small = { ...SHAPES["no dots"], size: MEBI / 2 };
  return [
    ...Object.entries<Shape>(SHAPES).map(([name, shape]) => corpus(name, shape)),
    corpus("no dots, chunks of 1460 octets", SHAPES["no dots"], 1460),
    corpus("every line dotted, chunks of 1460 octets", SHAPES["every line dotted"], 1460),
    corpus("½ MiB, chunks of one octet", small, 1),
    corpus("1 MiB, chunks of one octet", { ...small, size: MEBI }, 1),
  ];
}
