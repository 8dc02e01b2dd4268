import { type TranscriptLine, TranscriptSide } from "dot-stuffing/session";
import { decodeUtf8 } from "./web.ts";

export type { TranscriptLine } from "dot-stuffing/session";

/** What a command is answered with, if it is not refused. */
type Answer = "status" | "listing" | "content";

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
  readonly #client = new TranscriptSide("client", decodeUtf8);
  readonly #server = new TranscriptSide("server", decodeUtf8);
  #listing = false; // whether the server is in one
  #responseDue = false;
  #greeted = false;
  #commands: Answer[] = []; // those not answered yet

  /** What the client sent. */
  client(bytes: Uint8Array): TranscriptLine[] {
    return this.#client.take(bytes, (text) => (this.#responseDue ? response(text) : this.#command(text)));
  }

  /** What the server sent: its responses say how to read the client. */
  server(bytes: Uint8Array): TranscriptLine[] {
    return this.#server.take(bytes, (text) => {
      this.#answer(text);
      return text;
    });
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

  #answer(text: string): void {
    if (this.#listing) {
      this.#listing = text !== ".";
      return;
    }
    this.#responseDue = /^\+(?: |$)/.test(text);
    if (this.#responseDue) return;
    const answer = this.#greeted ? this.#commands.shift() : "status";
    this.#greeted = true;
    if (!text.startsWith("+OK")) return;
    this.#listing = answer === "listing";
    if (answer === "content") this.#server.beginContent();
  }
}

/** A line of a SASL exchange: a cancellation may be shown. */
function response(text: string): string {
  return text === "*" ? text : "[redacted]";
}
