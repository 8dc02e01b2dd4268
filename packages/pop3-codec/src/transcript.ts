import { COMMAND_BEGINS, Input, LineReader, redactAuth, SkippedContent, withDefaults } from "dot-stuffing/session";
import { Onlooker } from "./onlooker.ts";
import { decodeUtf8 } from "./web.ts";

/** A line of a transcript. */
export interface TranscriptLine {
  readonly from: "client" | "server";
  /**
   * Without its line end; secrets as `[redacted]`, a whole message as `[content: N octets, M lines stuffed]`, and what
   * is no response where one should stand, after the greeting, as `[no response: N octets]`, since it may be of a
   * message.
   */
  readonly text: string;
}

/** Options of a {@link Pop3Transcript}. */
export interface TranscriptOptions {
  /**
   * LF or CR alone ends commands and status lines too, as the leniency of that name has it in a session. Default false.
   */
  readonly bareLineFeed?: boolean;
}

const DEFAULTS: Required<TranscriptOptions> = { bareLineFeed: false };

/** The longest line shown; a longer one is named as such. In octets. */
const MAX_LINE = 65_536;

/**
 * Turns the octets of a connection into lines that may be shown: passwords, digests, initial responses and SASL
 * responses are redacted, messages summarised. It looks on, and needs no session: feed it what each side sends, in the
 * order in which it was sent, and call `tls()` when a handshake was done. Every leniency of the sessions is its own,
 * but for `bareLineFeed`, which it has to be told of.
 *
 * @example
 * ```ts
 * const transcript = new Pop3Transcript();
 * for (const { from, text } of transcript.client(chunk)) console.log(from === "client" ? "C:" : "S:", text);
 * ```
 */
export class Pop3Transcript {
  readonly #client: Input;
  readonly #server: Input;
  readonly #onlooker: Onlooker = new Onlooker();
  /** Lines of listings end in CRLF alone, for every session. */
  readonly #listing: LineReader = new LineReader({ lineEndings: "preserve", maxLineLength: MAX_LINE });
  #content: SkippedContent | null = null;

  /** @throws TypeError for an option that there is not, or of another type */
  constructor(options: TranscriptOptions = {}) {
    const { bareLineFeed } = withDefaults("options", options, DEFAULTS);
    const lines = { lineEndings: bareLineFeed ? "normalize" : "preserve", maxLineLength: MAX_LINE } as const;
    this.#client = new Input(lines);
    this.#server = new Input(lines);
  }

  /** What the client sent. */
  client(bytes: Uint8Array): TranscriptLine[] {
    this.#client.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let line = this.#client.next(); line !== null; line = this.#client.next()) {
      const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
      lines.push({ from: "client", text: this.#onlooker.maybeResponse(text) ? response(text) : redacted(text) });
      this.#onlooker.ended(text);
    }
    this.#onlooker.underWay = this.#client.midLine;
    return lines;
  }

  /** What the server sent: its responses say how to read the client. */
  server(bytes: Uint8Array): TranscriptLine[] {
    this.#server.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let text = this.#next(); text !== null; text = this.#next()) lines.push({ from: "server", text });
    return lines;
  }

  /** A TLS handshake was done: what was begun before it is forgotten. */
  tls(): void {
    this.#client.discard();
    this.#server.discard();
    this.#listing.reset();
    this.#content = null;
    this.#onlooker.tls();
  }

  #next(): string | null {
    switch (this.#onlooker.mode) {
      case "content":
        return this.#skipContent();
      case "listing":
        return this.#nextListed();
      default:
        return this.#nextStatus();
    }
  }

  #nextStatus(): string | null {
    const line = this.#server.next();
    if (line === null) return null;
    const onlooker = this.#onlooker;
    if (!(line instanceof Uint8Array)) {
      onlooker.replied(null);
      return `[${line.text}]`;
    }
    const text = decodeUtf8(line);
    if (onlooker.isStray(text)) return `[no response: ${line.length} octets]`;
    onlooker.replied(text);
    // After a line end alone the message has begun for somebody.
    return onlooker.mode === "content" ? text.replace(/(?<=[^\r\n])[\r\n].*/s, "[redacted]") : text;
  }

  #nextListed(): string | null {
    for (let chunk = this.#server.peek(); chunk !== null; chunk = this.#server.peek()) {
      const { line, violation, consumed } = this.#listing.push(chunk);
      this.#server.skip(consumed);
      if (violation !== null) return `[${violation.text}]`;
      if (line === null) continue;
      const text = decodeUtf8(line);
      this.#onlooker.passed(text);
      return text;
    }
    return null;
  }

  #skipContent(): string | null {
    this.#content ??= new SkippedContent();
    const text = this.#content.next(this.#server);
    if (text === null) return null;
    this.#content = null;
    this.#onlooker.passed(".");
    return text;
  }
}

/**
 * A command without its secret. What is not quite a command is no less secret: blanks in front, a tab or NUL for a
 * space, or a CR or LF alone, after which a lenient server finds another command. From where a secret begins nothing is
 * shown any more.
 */
function redacted(text: string): string {
  return redactAuth(text.replace(PASS, "$1[redacted]").replace(/[\r\n]/.test(text) ? APOP : DIGEST, "$1[redacted]"));
}

const PASS = new RegExp(String.raw`(${COMMAND_BEGINS}pass[\s\0]).*$`, "is");
const APOP = new RegExp(String.raw`(${COMMAND_BEGINS}apop[\s\0]).*$`, "is");
const DIGEST = new RegExp(String.raw`(${COMMAND_BEGINS}apop[\s\0](?:.*[\s\0])?)[^\s\0]+[\s\0]*$`, "is");

/** A line of a SASL exchange: a cancellation may be shown. */
function response(text: string): string {
  return text === "*" ? text : "[redacted]";
}
