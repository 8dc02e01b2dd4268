import { COMMAND_BEGINS, Input, redactAuth, SkippedContent } from "dot-stuffing/session";
import { Onlooker } from "./onlooker.ts";
import { decodeUtf8 } from "./web.ts";

/** A line of a transcript. */
export interface TranscriptLine {
  readonly from: "client" | "server";
  /**
   * Without its CRLF; secrets as `[redacted]`, a whole message after DATA as `[content: N octets, M lines stuffed]`,
   * the octets after BDAT as `[chunk: N octets]`, and what came in one breath with a DATA that was refused as
   * `[no content: N octets]`.
   */
  readonly text: string;
}

const URL = new RegExp(`(${COMMAND_BEGINS}burl[\\s\\0]+)[^\\s\\0]*`, "gi");

/** The longest line shown; a longer one is named as such. In octets. */
const MAX_LINE = 65_536;

/**
 * Turns the octets of a connection into lines that may be shown: initial responses, SASL responses and BURL's URLs are
 * redacted, messages summarised. It looks on, and needs no session: feed it what each side sends, in the order in which
 * it was sent, and call `tls()` when a handshake was done.
 *
 * @example
 * ```ts
 * const transcript = new SmtpTranscript();
 * for (const { from, text } of transcript.server(chunk)) console.log(from === "client" ? "C:" : "S:", text);
 * ```
 */
export class SmtpTranscript {
  readonly #client = new Input({ lineEndings: "preserve", maxLineLength: MAX_LINE });
  // There are clients that take an LF alone for the end of a reply: what one of them sends then is no less secret.
  readonly #server = new Input({ lineEndings: "preserve", lfEndsLine: true, maxLineLength: MAX_LINE });
  #content: SkippedContent | null = null;
  /** Whether the client's next line is the rest of one that was taken for content. */
  #midLine = false;
  /** Of the chunk after BDAT (RFC 3030 §2): its octets, and those of them that have not come. */
  #chunk = 0;
  #left = 0;
  readonly #onlooker: Onlooker = new Onlooker();

  /** What the client sent. */
  client(bytes: Uint8Array): TranscriptLine[] {
    this.#client.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let line = this.#next(); line !== null; line = this.#next()) lines.push({ from: "client", text: line });
    this.#onlooker.underWay = this.#client.midLine;
    this.#client.release();
    return lines;
  }

  /** What the server sent: its replies say how to read the client. */
  server(bytes: Uint8Array): TranscriptLine[] {
    this.#server.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let line = this.#server.next(); line !== null; line = this.#server.next()) {
      const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
      this.#onlooker.replied(text);
      if (this.#content !== null && this.#content.received > 0 && !this.#onlooker.content) {
        // What has come after DATA was none: a line of it that has not ended yet is the next command.
        lines.push({ from: "client", text: `[no content: ${this.#content.received} octets]` });
        this.#midLine = this.#content.midLine;
        this.#content = null;
      }
      lines.push({ from: "server", text });
    }
    this.#server.release();
    return lines;
  }

  /** A TLS handshake was done: what was begun before it is forgotten. */
  tls(): void {
    this.#client.discard();
    this.#server.discard();
    this.#left = 0;
    this.#content = null;
    this.#midLine = false;
    this.#onlooker.tls();
  }

  #next(): string | null {
    if (this.#onlooker.content) return this.#skipContent();
    if (this.#left > 0) return this.#skipChunk();
    const line = this.#client.next();
    if (line === null) return null;
    const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
    const hidden = this.#midLine || (this.#onlooker.maybeResponse(text) && text !== "*");
    this.#midLine = false;
    const size = this.#onlooker.sent(text);
    if (hidden) return "[redacted]";
    this.#chunk = this.#left = size ?? 0;
    return redactAuth(text).replace(URL, "$1[redacted]");
  }

  #skipChunk(): string | null {
    for (let octets = this.#client.peek(); octets !== null && this.#left > 0; octets = this.#client.peek()) {
      const count = Math.min(octets.length, this.#left);
      this.#client.skip(count);
      this.#left -= count;
    }
    return this.#left > 0 ? null : `[chunk: ${this.#chunk} octets]`;
  }

  #skipContent(): string | null {
    this.#content ??= new SkippedContent();
    const text = this.#content.next(this.#client);
    if (text === null) return null;
    this.#content = null;
    this.#midLine = false;
    this.#onlooker.passed(".");
    return text;
  }
}
