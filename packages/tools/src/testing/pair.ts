import { join, text } from "./bytes.ts";
import { type DrivenSession, pull, record } from "./drive.ts";

/** One end of a {@link SessionPair}. */
export interface PairEnd<Event> {
  readonly session: DrivenSession<Event> & { tlsEstablished(): unknown };
  readonly answer: (event: Event) => void;
  /**
   * Asked when the session waits for a decision or for content, and the other end has nothing more to say: whether it
   * acted.
   */
  readonly act?: (waiting: string) => boolean;
}

/** What went one way before something went the other way, or the TLS handshake between. */
export interface Passed {
  readonly from: "client" | "server" | "tls";
  readonly text: string;
}

class End<Event extends { readonly type: string }> {
  readonly events: Event[] = [];
  readonly #end: PairEnd<Event>;
  #output: Uint8Array[] = [];
  #inputEnded = false;

  constructor(end: PairEnd<Event>) {
    this.#end = end;
  }

  get waiting(): string {
    return this.#end.session.waiting;
  }

  pull(): void {
    const pieces = pull(this.#end.session, (event) => {
      record(this.events, event);
      this.#end.answer(event);
    });
    for (const piece of pieces) this.#output.push(piece.slice());
  }

  /** Lets the application act, and says whether it did. */
  act(): boolean {
    if (!["decision", "content"].includes(this.waiting) || !this.#end.act?.(this.waiting)) return false;
    this.pull();
    return true;
  }

  tlsEstablished(): void {
    this.#end.session.tlsEstablished();
    this.pull();
  }

  take(): Uint8Array {
    const taken = join(this.#output);
    this.#output = [];
    return taken;
  }

  /** Gives the session its input, each chunk from a buffer that is overwritten once the session has let go of it. */
  receive(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      const buffer = chunk.slice();
      this.#end.session.receive(buffer);
      this.pull();
      buffer.fill(0xaa);
    }
  }

  /** The other end has closed; says whether that was news. */
  receiveEnd(): boolean {
    if (this.#inputEnded) return false;
    this.#inputEnded = true;
    this.#end.session.receiveEnd();
    this.pull();
    return true;
  }
}

/** A client's and a server's session, connected in memory. */
export class SessionPair<ClientEvent extends { readonly type: string }, ServerEvent extends { readonly type: string }> {
  readonly #client: End<ClientEvent>;
  readonly #server: End<ServerEvent>;
  readonly #cut: (bytes: Uint8Array) => readonly Uint8Array[];
  readonly #transcript: Passed[] = [];

  /** @param cut how output is cut on its way; whole by default */
  constructor(
    client: PairEnd<ClientEvent>,
    server: PairEnd<ServerEvent>,
    cut: (bytes: Uint8Array) => readonly Uint8Array[] = (bytes) => [bytes],
  ) {
    this.#client = new End(client);
    this.#server = new End(server);
    this.#cut = cut;
  }

  /** The client's events, adjacent content joined. */
  get clientEvents(): readonly ClientEvent[] {
    return this.#client.events;
  }

  /** The server's events, adjacent content joined. */
  get serverEvents(): readonly ServerEvent[] {
    return this.#server.events;
  }

  get transcript(): readonly Passed[] {
    return this.#transcript;
  }

  /**
   * Moves bytes both ways, TLS handshakes and ends of connection included, until both ends wait for what only the test
   * can do.
   */
  run(): this {
    this.#server.pull();
    this.#client.pull();
    while (
      this.#pass("server", this.#server, this.#client) ||
      this.#pass("client", this.#client, this.#server) ||
      this.#handshake() ||
      this.#server.act() ||
      this.#client.act()
    );
    return this;
  }

  #pass<From extends { readonly type: string }, To extends { readonly type: string }>(
    from: "client" | "server",
    sender: End<From>,
    receiver: End<To>,
  ): boolean {
    const bytes = sender.take();
    if (bytes.length === 0) return sender.waiting === "closed" && receiver.receiveEnd();
    this.#transcript.push({ from, text: text(bytes) });
    receiver.receive(this.#cut(bytes));
    return true;
  }

  #handshake(): boolean {
    if (this.#client.waiting !== "tls" || this.#server.waiting !== "tls") return false;
    this.#transcript.push({ from: "tls", text: "" });
    this.#server.tlsEstablished();
    this.#client.tlsEstablished();
    return true;
  }
}
