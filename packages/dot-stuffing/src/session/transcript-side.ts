import { Unstuffer } from "../unstuffer.ts";
import { Input } from "./input.ts";

/** A line of a transcript. */
export interface TranscriptLine {
  readonly from: "client" | "server";
  /** Without its CRLF; secrets as `[redacted]`, a whole message as `[content: N octets, M lines stuffed]`. */
  readonly text: string;
}

/** The longest line shown; a longer one is named as such. In octets. */
const MAX_LINE = 65_536;

/** What one side of a connection sends, as lines that may be shown, for a transcript that looks on. */
export class TranscriptSide {
  readonly #from: TranscriptLine["from"];
  readonly #decode: (line: Uint8Array) => string;
  readonly #input = new Input({ lineEndings: "preserve", maxLineLength: MAX_LINE });
  #content: Unstuffer | null = null;
  #received = 0;

  /** @param decode gives the text of a line */
  constructor(from: TranscriptLine["from"], decode: (line: Uint8Array) => string) {
    this.#from = from;
    this.#decode = decode;
  }

  /** Takes what was sent. @param show gives what is shown of a line's text, and may begin content */
  take(bytes: Uint8Array, show: (text: string) => string): TranscriptLine[] {
    this.#input.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let text = this.#next(show); text !== null; text = this.#next(show)) lines.push({ from: this.#from, text });
    this.#input.release();
    return lines;
  }

  /** What comes next is content up to its end, and is summed up in one line. */
  beginContent(): void {
    this.#content = new Unstuffer({ lineEndings: "preserve" });
    this.#received = 0;
  }

  /** Forgets what has come and was not shown. */
  discard(): void {
    this.#input.discard();
  }

  #next(show: (text: string) => string): string | null {
    if (this.#content !== null) return this.#sumUp(this.#content);
    const line = this.#input.next();
    return line === null ? null : show(line instanceof Uint8Array ? this.#decode(line) : `[${line.text}]`);
  }

  #sumUp(content: Unstuffer): string | null {
    for (let chunk = this.#input.peek(); chunk !== null; chunk = this.#input.peek()) {
      const { consumed, done } = content.push(chunk);
      this.#input.skip(consumed);
      this.#received += consumed;
      if (!done) continue;
      this.#content = null;
      // On the wire there are, besides the content, one dot a stuffed line, and the final dot with its CRLF.
      const stuffed = this.#received - content.size - 3;
      return `[content: ${content.size} octets, ${stuffed} lines stuffed]`;
    }
    return null;
  }
}
