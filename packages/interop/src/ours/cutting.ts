/** A connection that is lost at a chosen place, as the client sees it. */
import { type Connection, Silence } from "examples/src/transport/drive.ts";

/** The last line of the content. */
const END = "the end of it\r\n";
const LAST_CHUNK = /BDAT \d+ LAST\r\n/;

/**
 * - `"in the content"`: half of a message has been sent.
 * - `"before the reply"`: a whole message has been sent, and the server has answered; the client gets no octet of that.
 * - `"behind the reply"`: the client has the reply, and cannot say good-bye any more.
 * - a number: so many octets have come from the server.
 */
export type Cut = "in the content" | "before the reply" | "behind the reply" | number;

export class CutConnection implements Connection {
  readonly #connection: Connection;
  readonly #cut: Cut;
  /** The last octets written. */
  #tail = "";
  #inLastChunk = false;
  /** Whether the content has been written to its end. */
  #sent = false;
  #received = 0;
  #lost = false;

  constructor(connection: Connection, cut: Cut) {
    this.#connection = connection;
    this.#cut = cut;
  }

  async read(seconds: number, signal?: AbortSignal): Promise<Uint8Array | null> {
    if (this.#lost) return null;
    if (this.#sent && this.#cut === "before the reply") {
      await this.#miss(seconds);
      return this.#lose();
    }
    const chunk = await this.#connection.read(seconds, signal);
    return chunk === null ? null : this.#before(chunk);
  }

  readNow(): Uint8Array | null {
    const chunk = this.#connection.readNow();
    return chunk === null ? null : this.#before(chunk);
  }

  async write(bytes: Uint8Array, seconds: number): Promise<boolean> {
    if (this.#lost) return false;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    if (this.#cut === "behind the reply" && text === "QUIT\r\n") {
      await this.#lose();
      return false;
    }
    // It may have begun in what was written before.
    const middle = `${this.#tail}${text}`.indexOf(HALF);
    if (this.#cut === "in the content" && middle >= 0) {
      await this.#connection.write(bytes.subarray(0, Math.max(0, middle - this.#tail.length)), seconds);
      await this.#lose();
      return false;
    }
    const isThere = await this.#connection.write(bytes, seconds);
    this.#inLastChunk ||= LAST_CHUNK.test(`${this.#tail}${text}`);
    this.#tail = `${this.#tail}${text}`.slice(-20);
    // Content whose end was not known with its last line ends in a chunk of nothing.
    const ends = this.#inLastChunk ? [END, "BDAT 0 LAST\r\n"] : [`${END}.\r\n`];
    if (ends.some((end) => this.#tail.endsWith(end))) this.#sent = true;
    return isThere;
  }

  startTls(seconds: number): Promise<boolean> {
    return this.#connection.startTls(seconds);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Of what has come, what the client still gets. */
  #before(chunk: Uint8Array): Uint8Array | null {
    if (typeof this.#cut !== "number") return chunk;
    const rest = chunk.subarray(0, Math.max(0, this.#cut - this.#received));
    this.#received += chunk.length;
    this.#lost = this.#received >= this.#cut;
    return rest.length > 0 ? rest : null;
  }

  /** Reads what the server says, to chunks and to the whole, until it says no more. */
  async #miss(seconds: number): Promise<void> {
    try {
      for (let wait = seconds; (await this.#connection.read(wait)) !== null; ) wait = 0.2;
    } catch (error) {
      if (!(error instanceof Silence)) throw error;
    }
  }

  async #lose(): Promise<null> {
    this.#lost = true;
    await this.#connection.close();
    return null;
  }
}

/** The line at which the content is cut. */
const HALF = "the middle of it";

/** A message with both lines, and enough before and after the cut that it is more than one write. */
export function cuttable(): Uint8Array {
  const lines = (count: number) => ".and so on, and so on\r\n".repeat(count);
  const header = "From: Alice <alice@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: cut\r\n\r\n";
  return Buffer.from(`${header}${lines(5000)}${HALF}\r\n${lines(5000)}${END}`);
}
