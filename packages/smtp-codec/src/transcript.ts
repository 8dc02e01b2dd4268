import { Unstuffer } from "dot-stuffing";
import { Input } from "dot-stuffing/session";
import { decodeUtf8 } from "./web.ts";

/** A line of a transcript. */
export interface TranscriptLine {
  readonly from: "client" | "server";
  /**
   * Without its CRLF; secrets as `[redacted]`, a whole message behind DATA as `[content: N octets, M lines stuffed]`, the octets behind BDAT
   * as `[chunk: N octets]`.
   */
  readonly text: string;
}

/** What no response of SASL begins with. */
export const VERB: RegExp =
  /^(?:EHLO|LHLO|HELO|MAIL|RCPT|DATA|BDAT|RSET|NOOP|QUIT|VRFY|EXPN|HELP|STARTTLS|AUTH|ETRN|ATRN|BURL|XCLIENT|XFORWARD)(?: |$)/i;

/**
 * Where a command begins, or what is not quite one and no less secret: with blanks in front, or behind a CR or LF alone, where a lenient
 * server finds another command. The blanks are no line ends: a text of these would be looked at from each of them to its end.
 */
const BEGIN = "(?:^|[\\r\\n])(?:(?![\\r\\n])[\\s\\0])*";

const AUTH = new RegExp(`${BEGIN}auth(?:\\s|$)`, "i");
/** An initial response, and all behind it. */
const RESPONSE = new RegExp(`(${BEGIN}auth\\s+\\S+\\s+)(?!=$).*$`, "is");
const URL = new RegExp(`(${BEGIN}burl\\s+)\\S*`, "gi");
/** A chunk's size, whose digits may be any number (RFC 3030 §2): where it is no number, nothing behind it is shown. */
const CHUNK_SIZE = /^[\s\0]*bdat\s+(\d+)(?:\s|$)/i;

/** The longest line shown; a longer one is named as such. In octets. */
const MAX_LINE = 65_536;

/**
 * Turns the octets of a connection into lines that may be shown: initial responses, SASL responses and BURL's URLs are redacted,
 * messages summarised. It looks on, and needs no session: feed it what each side sends, in the order in which it was sent, and call
 * `tls()` when a handshake was done.
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
  #content: Unstuffer | null = null;
  #received = 0;
  /** Of the chunk behind BDAT (RFC 3030 §2): its octets, and those of them that have not come. */
  #chunk = 0;
  #left = 0;
  #responseDue = false;
  /** Whether the last command is AUTH: what is no command behind it may answer a challenge that is on its way. */
  #authDue = false;

  /** What the client sent. */
  client(bytes: Uint8Array): TranscriptLine[] {
    this.#client.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let line = this.#next(); line !== null; line = this.#next()) lines.push({ from: "client", text: line });
    this.#client.release();
    return lines;
  }

  /** What the server sent: its replies say how to read the client. */
  server(bytes: Uint8Array): TranscriptLine[] {
    this.#server.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let line = this.#server.next(); line !== null; line = this.#server.next()) {
      const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
      if (/^\d{3}(?: |$)/.test(text)) this.#replied(text.slice(0, 3));
      lines.push({ from: "server", text });
    }
    this.#server.release();
    return lines;
  }

  /** A TLS handshake was done: what was begun before it is forgotten. */
  tls(): void {
    this.#client.discard();
    this.#server.discard();
    this.#content = null;
    this.#left = 0;
    this.#responseDue = this.#authDue = false;
  }

  #replied(code: string): void {
    this.#responseDue = code === "334";
    if (code === "354") {
      this.#content = new Unstuffer({ lineEndings: "preserve" });
      this.#received = 0;
    }
  }

  #next(): string | null {
    if (this.#content !== null) return this.#skipContent(this.#content);
    if (this.#left > 0) return this.#skipChunk();
    const line = this.#client.next();
    if (line === null) return null;
    const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
    const isResponse = this.#responseDue || (this.#authDue && !VERB.test(text));
    this.#responseDue = false; // a challenge has one response
    if (isResponse) return text === "*" ? text : "[redacted]";
    const begins = AUTH.test(text);
    if (begins || VERB.test(text)) this.#authDue = begins;
    this.#chunk = this.#left = Number(CHUNK_SIZE.exec(text)?.[1] ?? 0);
    return text.replace(RESPONSE, "$1[redacted]").replace(URL, "$1[redacted]");
  }

  #skipChunk(): string | null {
    for (let octets = this.#client.peek(); octets !== null && this.#left > 0; octets = this.#client.peek()) {
      const count = Math.min(octets.length, this.#left);
      this.#client.skip(count);
      this.#left -= count;
    }
    return this.#left > 0 ? null : `[chunk: ${this.#chunk} octets]`;
  }

  #skipContent(content: Unstuffer): string | null {
    for (let chunk = this.#client.peek(); chunk !== null; chunk = this.#client.peek()) {
      const { consumed, done } = content.push(chunk);
      this.#client.skip(consumed);
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
