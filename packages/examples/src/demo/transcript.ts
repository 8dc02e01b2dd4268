import type { Watcher } from "../transport/drive.ts";
import { describe } from "./describe.ts";
import type { Print } from "./printer.ts";

/** `SmtpTranscript` or `Pop3Transcript`: octets in, lines without secrets out. */
interface Redactor {
  client(bytes: Uint8Array): readonly TranscriptLine[];
  server(bytes: Uint8Array): readonly TranscriptLine[];
  tls(): void;
}

interface TranscriptLine {
  readonly from: "client" | "server";
  readonly text: string;
}

type AnyEvent = { readonly type: string };

/** Events that belong to no line, and that there are too many of. */
const UNSEEN: ReadonlySet<string> = new Set(["connect", "content"]);

const LF = 0x0a;
const END_OF_CONTENT = Buffer.from("\r\n.\r\n");

/**
 * Prints a conversation: every line beside the events that the receiving session made of it. Client and server run in
 * one process here, so each side shows what the other one sent.
 */
export function watchers(
  redactor: Redactor,
  print: Print,
): { readonly server: Watcher<AnyEvent>; readonly client: Watcher<AnyEvent> } {
  const tls = () => {
    redactor.tls();
    print({ from: "note", text: "TLS begins", events: "" });
  };
  return {
    server: new Side(
      (bytes) => redactor.client(bytes),
      print,
      () => {},
    ),
    client: new Side((bytes) => redactor.server(bytes), print, tls),
  };
}

/** One side: looks at what it received. */
class Side implements Watcher<AnyEvent> {
  readonly #read: (bytes: Uint8Array) => readonly TranscriptLine[];
  readonly #print: Print;
  readonly tls: () => void;
  #lines: TranscriptLine[] = [];
  #events: string[] = [];
  /** While content comes in: its last octets, in which its end may have begun. Else null. */
  #content: Buffer | null = null;
  /** Octets of a chunk that have not come. */
  #chunk = 0;

  constructor(read: (bytes: Uint8Array) => readonly TranscriptLine[], print: Print, tls: () => void) {
    this.#read = read;
    this.#print = print;
    this.tls = tls;
  }

  received(chunk: Uint8Array): number {
    if (this.#chunk > 0) return this.#receivedOfChunk(chunk);
    const count = this.#content === null ? endOfLine(chunk) : endOfContent(this.#content, chunk);
    const piece = chunk.subarray(0, count);
    const lines = this.#read(piece);
    this.#lines.push(...lines);
    this.#chunk = Number(/^BDAT (\d+)/.exec(lines.at(-1)?.text ?? "")?.[1] ?? 0);
    // A whole line of which the transcript makes nothing is the first line of content.
    const isWhole = piece.at(-1) === LF;
    if (lines.length > 0) this.#content = null;
    else if (this.#content !== null || isWhole) this.#content = tail(this.#content, piece);
    return count;
  }

  #receivedOfChunk(octets: Uint8Array): number {
    const count = Math.min(octets.length, this.#chunk);
    this.#chunk -= count;
    this.#lines.push(...this.#read(octets.subarray(0, count)));
    return count;
  }

  event(event: AnyEvent): void {
    if (!UNSEEN.has(event.type)) this.#events.push(describe(event));
  }

  settled(): void {
    const lines = this.#lines;
    const events = this.#events.join(", ");
    if (lines.length === 0 && events !== "") this.#print({ from: "note", text: "", events });
    for (const [at, { from, text }] of lines.entries()) {
      this.#print({ from, text: readable(text), events: at === lines.length - 1 ? events : "" });
    }
    this.#lines = [];
    this.#events = [];
  }
}

/** The summary of content, or of a chunk, its figures in groups of three digits. */
function readable(text: string): string {
  return /^\[(?:content|chunk): /.test(text)
    ? text.replace(/\d+/g, (figure) => Number(figure).toLocaleString("en"))
    : text;
}

function endOfLine(chunk: Uint8Array): number {
  const at = chunk.indexOf(LF);
  return at < 0 ? chunk.length : at + 1;
}

function endOfContent(before: Buffer, chunk: Uint8Array): number {
  const at = Buffer.concat([before, chunk]).indexOf(END_OF_CONTENT);
  return at < 0 ? chunk.length : at + END_OF_CONTENT.length - before.length;
}

/** The octets in which an end of content may have begun. */
function tail(before: Buffer | null, piece: Uint8Array): Buffer {
  const all = Buffer.concat([before ?? new Uint8Array(0), piece.subarray(-END_OF_CONTENT.length)]);
  return all.subarray(-(END_OF_CONTENT.length - 1));
}
