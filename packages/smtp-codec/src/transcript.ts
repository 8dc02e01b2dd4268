import { type TranscriptLine, TranscriptSide } from "dot-stuffing/session";
import { decodeUtf8 } from "./web.ts";

export type { TranscriptLine } from "dot-stuffing/session";

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
  readonly #client = new TranscriptSide("client", decodeUtf8);
  readonly #server = new TranscriptSide("server", decodeUtf8);
  #responseDue = false;

  /** What the client sent. */
  client(bytes: Uint8Array): TranscriptLine[] {
    return this.#client.take(bytes, (text) => {
      if (this.#responseDue && text !== "*") return "[redacted]";
      return text.replace(/^(auth +[^ ]+ +)(?!=$).*$/i, "$1[redacted]").replace(/^(burl +)[^ ]*/i, "$1[redacted]");
    });
  }

  /** What the server sent: its replies say how to read the client. */
  server(bytes: Uint8Array): TranscriptLine[] {
    return this.#server.take(bytes, (text) => {
      if (/^\d{3}(?: |$)/.test(text)) this.#replied(text.slice(0, 3));
      return text;
    });
  }

  /** A TLS handshake was done: what was begun before it is forgotten. */
  tls(): void {
    this.#client.discard();
    this.#server.discard();
    this.#responseDue = false;
  }

  #replied(code: string): void {
    this.#responseDue = code === "334";
    if (code === "354") this.#client.beginContent();
  }
}
