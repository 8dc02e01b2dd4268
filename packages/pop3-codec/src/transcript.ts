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

/** What no response of SASL begins with. */
export const VERB: RegExp =
  /^(?:USER|PASS|APOP|AUTH|STLS|UTF8|CAPA|LANG|QUIT|STAT|LIST|UIDL|RETR|TOP|DELE|NOOP|RSET)(?: |$)/i;

/** What the server sends behind a status line; null: nothing, the next line is one too. */
type Mode = "listing" | "content" | null;

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
  #mode: Mode = null;
  #content: Unstuffer = new Unstuffer({ lineEndings: "preserve" });
  #received = 0;
  #responseDue = false;
  #greeted = false;
  #commands: (Mode | "auth")[] = []; // those not answered yet
  #authsDue = 0; // so many of them are AUTH

  /** What the client sent. */
  client(bytes: Uint8Array): TranscriptLine[] {
    this.#client.push(bytes);
    const lines: TranscriptLine[] = [];
    for (let line = this.#client.next(); line !== null; line = this.#client.next()) {
      const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
      // What comes behind AUTH before its response may answer a challenge that is on its way.
      const isResponse = this.#responseDue || (this.#authsDue > 0 && !VERB.test(text));
      lines.push({ from: "client", text: isResponse ? response(text) : this.#command(text) });
    }
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
    this.#commands = [];
    this.#authsDue = 0;
    this.#responseDue = false;
  }

  #command(text: string): string {
    const [verb = "", argument] = text.toUpperCase().split(" ", 2);
    const listing = verb === "CAPA" || (argument === undefined && ["LIST", "UIDL", "AUTH", "LANG"].includes(verb));
    if (verb === "AUTH" && !listing) {
      this.#authsDue++;
      this.#commands.push("auth");
    } else this.#commands.push(listing ? "listing" : verb === "RETR" || verb === "TOP" ? "content" : null);
    return redacted(text);
  }

  #next(): string | null {
    if (this.#mode === "content") return this.#skipContent();
    const line = this.#server.next();
    if (line === null) return null;
    const text = line instanceof Uint8Array ? decodeUtf8(line) : `[${line.text}]`;
    if (this.#mode === "listing") {
      if (text === ".") this.#mode = null;
      return text;
    }
    this.#responseDue = /^\+(?: |$)/.test(text);
    if (this.#responseDue) return text;
    const answered = this.#greeted ? (this.#commands.shift() ?? null) : null;
    this.#greeted = true;
    if (answered === "auth") this.#authsDue--;
    else if (text.startsWith("+OK")) this.#begin(answered);
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
      this.#mode = null;
      // On the wire there are, besides the content, one dot a stuffed line, and the final dot with its CRLF.
      const stuffed = this.#received - this.#content.size - 3;
      return `[content: ${this.#content.size} octets, ${stuffed} lines stuffed]`;
    }
    return null;
  }
}

/**
 * A command without its secret. What is not quite a command is no less secret: blanks in front, a tab for a space, or a CR or LF
 * alone, behind which a lenient server finds another command. From where a secret begins nothing is shown any more.
 */
function redacted(text: string): string {
  return text
    .replace(PASS, "$1[redacted]")
    .replace(/[\r\n]/.test(text) ? APOP : DIGEST, "$1[redacted]")
    .replace(AUTH, "$1[redacted]");
}

// Blanks are no line ends here: a text of line ends alone would be looked at from each of them to its end.
const BEGINNING = String.raw`(?:^|[\r\n])(?:(?![\r\n])[\s\0])*`;
const PASS = new RegExp(String.raw`(${BEGINNING}pass\s).*$`, "is");
const APOP = new RegExp(String.raw`(${BEGINNING}apop\s).*$`, "is");
const DIGEST = new RegExp(String.raw`(${BEGINNING}apop\s(?:.*\s)?)\S+\s*$`, "is");
const AUTH = new RegExp(String.raw`(${BEGINNING}auth\s+\S+\s+)(?!=$).*$`, "is");

/** A line of a SASL exchange: a cancellation may be shown. */
function response(text: string): string {
  return text === "*" ? text : "[redacted]";
}
