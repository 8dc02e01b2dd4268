import { Unstuffer } from "dot-stuffing";
import { Input } from "dot-stuffing/session";
import { decodeUtf8 } from "./web.ts";

/** A line of a transcript. */
export interface TranscriptLine {
  readonly from: "client" | "server";
  /** Without its CRLF; secrets as `[redacted]`, a whole message as `[content: N octets, M lines stuffed]`. */
  readonly text: string;
}

/** The longest line shown; a longer one is named as such. In octets. */
const MAX_LINE = 65_536;

/** What the server sends at this moment. */
type Mode = "status" | "listing" | "content";

/**
 * Turns the octets of a connection into lines that may be shown: passwords, digests, initial responses and SASL responses are
 * redacted, messages summarised. It looks on, and needs no session: feed it what each side sends, in the order in which it
 * was sent, and call `tls()` when a handshake was done.
 *
 * @example
 * ```ts
 * const transcript = new Pop3Transcript();
 * for (const { from, text } of transcript.client(chunk)) console.log(from === "client" ? "C:" : "S:", text);
 * ```
 */
export class Pop3Transcript {
  readonly #client = new Input({ lineEndings: "preserve", maxLineLength: MAX_LINE });
  readonly #server = new Input({ lineEndings: "preserve", maxLineLength: MAX_LINE });
  #mode: Mode = "status";
  #content: Unstuffer = new Unstuffer({ lineEndings: "preserve" });
  #received = 0;
  #responseDue = false;
  #greeted = false;
  #commands: Mode[] = []; // those not answered yet

  /** What the client sent. */
  client(bytes: Uint8Array): TranscriptLine[] {
    this.#client.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let line = this.#client.next(); line !== null; line = this.#client.next()) {
      const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
      lines.push({ from: "client", text: this.#responseDue ? response(text) : this.#command(text) });
    }
    this.#client.release();
    return lines;
  }

  /** What the server sent: its responses say how to read the client. */
  server(bytes: Uint8Array): TranscriptLine[] {
    this.#server.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let text = this.#next(); text !== null; text = this.#next()) lines.push({ from: "server", text });
    this.#server.release();
    return lines;
  }

  /** A TLS handshake was done: what was begun before it is forgotten. */
  tls(): void {
    this.#client.discard();
    this.#server.discard();
    this.#commands = [];
    this.#responseDue = false;
  }

  #command(text: string): string {
    const [verb = "", argument] = text.toUpperCase().split(" ", 2);
    const listing = verb === "CAPA" || (argument === undefined && ["LIST", "UIDL", "AUTH", "LANG"].includes(verb));
    this.#commands.push(listing ? "listing" : verb === "RETR" || verb === "TOP" ? "content" : "status");
    return text
      .replace(/^(pass ).*$/i, "$1[redacted]")
      .replace(/^(apop .*) [^ ]*$/i, "$1 [redacted]")
      .replace(/^(auth +[^ ]+ +)(?!=$).*$/i, "$1[redacted]");
  }

  #next(): string | null {
    if (this.#mode === "content") return this.#skipContent();
    const line = this.#server.next();
    if (line === null) return null;
    const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
    if (this.#mode === "listing") {
      if (text === ".") this.#mode = "status";
      return text;
    }
    this.#responseDue = /^\+(?: |$)/.test(text);
    if (this.#responseDue) return text;
    const answered = this.#greeted ? this.#commands.shift() : "status";
    this.#greeted = true;
    if (text.startsWith("+OK") && answered !== undefined) this.#begin(answered);
    return text;
  }

  #begin(mode: Mode): void {
    this.#mode = mode;
    this.#content = new Unstuffer({ lineEndings: "preserve" });
    this.#received = 0;
  }

  #skipContent(): string | null {
    for (let chunk = this.#server.peek(); chunk !== null; chunk = this.#server.peek()) {
      const { consumed, done } = this.#content.push(chunk);
      this.#server.skip(consumed);
      this.#received += consumed;
      if (!done) continue;
      this.#mode = "status";
      // On the wire there are, besides the content, one dot a stuffed line, and the final dot with its CRLF.
      const stuffed = this.#received - this.#content.size - 3;
      return `[content: ${this.#content.size} octets, ${stuffed} lines stuffed]`;
    }
    return null;
  }
}

/** A line of a SASL exchange: a cancellation may be shown. */
function response(text: string): string {
  return text === "*" ? text : "[redacted]";
}
