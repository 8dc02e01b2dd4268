import {
  type ChunkWriter,
  checkContent,
  checkType,
  plainChunk,
  type SaslClient,
  StateError,
  withDefaults,
} from "dot-stuffing/session";
import { offers } from "../syntax/capabilities/capabilities.ts";
import { formatCommand } from "../syntax/command/format.ts";
import { endOfContent } from "./commands.ts";
import { ClientEngine } from "./engine.ts";
import { MOST_GATHERED } from "./gathered.ts";
import type { ContentWriter } from "./messages.ts";
import { lineOf, notOffered } from "./sendable.ts";
import { isSevenBit } from "./seven-bit.ts";

/** How content is sent in chunks. */
export interface BdatOptions {
  /**
   * Sends up to 65,536 octets before the replies to MAIL and RCPT have come, where the server offers PIPELINING: a
   * round trip less, against RFC 3030 §2. Never in LMTP. Default false.
   */
  readonly eager?: boolean;
}

/** How content is sent by URL. */
export interface BurlOptions {
  /** Whether the content ends with it. Default true. */
  readonly last?: boolean;
}

/** How much goes ahead of the recipients' replies where it may. In octets. */
const EAGER = 65_536;

/**
 * What comes in pieces of so many octets is sent without a copy, each piece with those before it that were gathered.
 */
const LARGE = 16_384;

/** The longest BURL command in octets with its CRLF: RFC 4468 has no figure. */
const MAX_BURL_LINE = 4096;

/** How an application hands a message's content over: by DATA, in chunks, or by URL. */
export abstract class ClientContent<Mechanism extends SaslClient> extends ClientEngine<Mechanism> {
  /**
   * Which content is under way, by the MAIL commands of the connection; null: none is. What is written of one content
   * is not to be gone on with when the number is another.
   */
  get contentNumber(): number | null {
    return this.writer === null ? null : this.memory.mails;
  }

  /** Asks to send content. Once its event is `ok`, `waiting` is `"content"`. @throws StateError for binary content */
  data(): this {
    this.expect("DATA");
    if (this.memory.declared.content === "binary") throw new StateError("data()", "for binary content", "bdat()");
    return this.give({ verb: "DATA", line: lineOf({ verb: "DATA" }) });
  }

  /**
   * Sends content in chunks (RFC 3030 §2), which need no dot-stuffing. It may be written at once; what is written goes
   * when every recipient is decided, and one is accepted: then `waiting` is `"content"`. `message` tells how it ended,
   * also if no recipient was accepted or a chunk was refused before the content's end.
   *
   * Small pieces are joined: a chunk goes when there are more than 65,536 octets, at the end, or by `flush`; a piece of
   * 16,384 octets or more goes at once, with those before it, or by itself where all of it would be more than 65,536.
   *
   * @throws StateError where CHUNKING is not offered
   */
  bdat(options: BdatOptions = {}): this {
    const { eager } = withDefaults("options", options, { eager: false });
    const next = this.expect("BDAT");
    const { memory } = this;
    if (!offers(memory.capabilities!, "CHUNKING")) throw notOffered("bdat()", "CHUNKING", "data()");
    memory.expected = next;
    memory.form = "chunks";
    memory.eager = eager && !this.lmtp ? EAGER : -1;
    this.writer = this.makeWriter("chunks");
    return this;
  }

  /**
   * Has the server fetch content (RFC 4468): all of the message, or, where CHUNKING is offered too, parts of it between
   * those that are written after `bdat()`. Whoever has the URL can read what it names.
   *
   * @throws RangeError for a URL that is not absolute, or not of visible ASCII; its text does not show the URL
   * @throws StateError where BURL is not offered, or for a part where CHUNKING is not
   */
  burl(url: string, options: BurlOptions = {}): this {
    const { last } = withDefaults("options", options, { last: true });
    checkType("url", "string", url);
    const { memory } = this;
    const under = this.writer !== null && memory.form === "chunks";
    const next = under ? memory.expected : this.expect("BURL");
    this.expectOffered("burl()", "BURL");
    const whole = last && !under;
    if (!whole && !offers(memory.capabilities!, "CHUNKING")) {
      throw notOffered("burl() of a part", "CHUNKING", "one burl() of all of it");
    }
    const line = lineOf({ verb: "BURL", url, last }, () => MAX_BURL_LINE);
    const chunker = (under ? this.writer : this.makeWriter("chunks")) as ChunkWriter;
    const rest = chunker.flush();
    this.#chunk([...this.gathered.take(), ...rest]);
    if (!under) {
      memory.form = "chunks";
      memory.eager = -1;
    }
    // A URL brings no octets that could be in vain (RFC 4468 §3.2). In LMTP the replies are those of recipients, who
    // have to be known.
    const ahead = !this.lmtp;
    if (last) {
      this.queue.push(endOfContent(line, [], chunker, ahead));
      this.writer = null;
      memory.expected = "failed";
    } else {
      this.queue.push({ verb: "BURL", line, pieces: [], size: 0, ahead, void: false });
      this.writer = chunker;
      memory.expected = next;
    }
    this.pump();
    return this;
  }

  /**
   * Sends a piece of content, its line ends made CRLF, after DATA stuffed. They may be any pieces of the content: after
   * `bdat()` small ones are copied, and wait until there are enough of them for a chunk. The bytes are borrowed until
   * they were taken as output.
   *
   * @throws StateError before `bdat()`, or the reply to `data()`.
   * @throws RangeError with `lineEndings: "reject"` for a bare CR or LF, which counts as not written.
   */
  write(bytes: Uint8Array): this {
    return this.#write(bytes, this.memory.form === "chunks");
  }

  /**
   * Sends what was written and waits for more, where the rest of the content is long in coming: a server may not wait
   * for it as long. Only a CR at the end, whose LF may follow, is held back still. After DATA nothing that `write` was
   * given ever waits.
   *
   * @throws StateError as `write` does
   */
  flush(): this {
    this.#expectContent("flush()");
    this.#send(this.gathered.take());
    return this;
  }

  /**
   * Ends the content: a last CRLF if it lacks one, then the final dot, or a last chunk.
   *
   * @param bytes the last piece, with which the last chunk is not empty
   * @throws as `write` does
   */
  end(bytes?: Uint8Array): this {
    // A copy: what throws must have changed nothing.
    const writer = this.makeWriter(this.memory.form, this.#expectContent("end()").snapshot());
    if (bytes !== undefined && !this.#isDeclared(bytes)) return this;
    const last = bytes === undefined ? [] : writer.push(bytes);
    last.push(...writer.end());
    const { memory } = this;
    if (this.gathered.size + lengthOf(last) > MOST_GATHERED) this.#send(this.gathered.take());
    const pieces = [...this.gathered.take(), ...last];
    this.writer = null;
    if (memory.form === "data") {
      for (const piece of pieces) this.output.bytes(piece);
      const sent = endOfContent("", [], writer);
      sent.end = this.output.end;
      memory.sent.push(sent);
      memory.mode = "commands";
      memory.expected = this.expect("message");
    } else {
      const length = lengthOf(pieces);
      const line = formatCommand({ verb: "BDAT", size: length, last: true });
      this.queue.push(endOfContent(line, pieces, writer, this.#goesAhead(length)));
      memory.expected = "failed";
      this.pump();
    }
    return this;
  }

  /**
   * Writes whole content, or all of its pieces, and ends it. An iterable other than an array may make each piece in the
   * buffer of the one before: those are copied.
   *
   * @throws TypeError for what is no content. What a piece throws leaves open what was written before it: `abort()`
   *   gives that up
   */
  content(content: Uint8Array | Iterable<Uint8Array>): this {
    checkContent(content);
    if (content instanceof Uint8Array) return this.end(content);
    for (const bytes of content) {
      if (Array.isArray(content)) this.write(bytes);
      else this.writeDrawn(isLarge(bytes) ? new Uint8Array(bytes) : bytes);
      if (this.writer === null) break; // the session has ended
    }
    return this.writer === null ? this : this.end();
  }

  /**
   * Breaks content off, so that the message is certainly not accepted. After DATA no final dot is sent, and the
   * connection closes; chunks just end, and `rset` comes next.
   */
  abort(): void {
    this.#expectContent("abort()");
    if (this.memory.form === "data") this.close("aborted");
    else {
      this.breakOff();
      this.pump();
    }
  }

  /** As `write`, of bytes of which small ones may change as soon as it is done: they are gathered after DATA too. */
  protected writeDrawn(bytes: Uint8Array): void {
    this.#write(bytes, true);
  }

  /** What the state allows, for a StateError. */
  protected override legal(): string {
    return this.writer === null ? super.legal() : "write(), flush(), end() and abort()";
  }

  #write(bytes: Uint8Array, gathers: boolean): this {
    const writer = this.#expectContent("write()");
    if (!this.#isDeclared(bytes)) return this;
    const pieces = writer.push(bytes);
    if (this.gathered.size + lengthOf(pieces) > MOST_GATHERED) this.#send(this.gathered.take());
    if (gathers && !isLarge(bytes)) this.gathered.add(pieces);
    else this.#send([...this.gathered.take(), ...pieces]);
    return this;
  }

  /** Sends pieces of content, in chunks as one. */
  #send(pieces: Uint8Array[]): void {
    if (this.memory.form === "data") for (const piece of pieces) this.output.bytes(piece);
    else {
      this.#chunk(pieces);
      this.pump();
    }
  }

  /** Queues a chunk that is not the last, if there is anything in it. */
  #chunk(pieces: Uint8Array[]): void {
    const size = lengthOf(pieces);
    if (size === 0) return;
    const line = formatCommand({ verb: "BDAT", size, last: false });
    this.queue.push({ verb: "BDAT", line, pieces, size, ahead: this.#goesAhead(size), void: false });
  }

  /** Whether so many octets more of the message may be sent before every recipient is decided. */
  #goesAhead(octets: number): boolean {
    this.memory.eager -= octets;
    return this.memory.eager >= 0;
  }

  #expectContent(call: string): ContentWriter {
    if (this.writer === null) throw new StateError(call, "while no content is asked for", this.legal());
    return this.writer;
  }

  /** Whether content is what it was declared to be: if not, the session ends here. */
  #isDeclared(bytes: Uint8Array): boolean {
    plainChunk("bytes", bytes);
    if (this.memory.declared.content !== "7bit" || isSevenBit(bytes)) return true;
    this.close("content-not-7bit");
    return false;
  }
}

/** Whether a piece of content is sent as it is, and small ones are copied. */
export function isLarge({ length }: Uint8Array): boolean {
  return length >= LARGE;
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
