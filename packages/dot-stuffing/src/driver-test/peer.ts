import { encodeUtf8 } from "../web.ts";
import type { Wire } from "./wire.ts";

/** The driver has closed the connection, or it was cut: the peer has nothing more to do. */
export class Gone extends Error {}

/** The other side of the connection, as a script plays it. */
export class Peer {
  /** What `startTls` of the driver's transport comes to. */
  handshakeWorks = true;
  readonly #wire: Wire;
  readonly #wait: () => Promise<void>;
  #heard = "";
  #wake: () => void = () => {};
  #handshakes = 0;

  /** @param wait resolves at rest */
  constructor(wire: (peer: Peer) => Wire, wait: () => Promise<void>) {
    this.#wait = wait;
    this.#wire = wire(this);
  }

  get wire(): Wire {
    return this.#wire;
  }

  /** How many calls of the driver have written something. */
  get writes(): number {
    return this.#wire.outbound.calls;
  }

  /** How many reads have given something. */
  get reads(): number {
    return this.#wire.inbound.reads;
  }

  /** Sends octets: what is sent in one call, one read can give. */
  send(data: string | Uint8Array): void {
    this.#wire.inbound.push(typeof data === "string" ? encodeUtf8(data) : data);
  }

  /** Sends what the source gives, whenever the driver reads and nothing else is there, until it gives null. */
  flood(source: () => Uint8Array | null): void {
    this.#wire.inbound.source = source;
    this.#wire.inbound.wake();
  }

  /** Resolves when nothing moves any more. */
  rest(): Promise<void> {
    return this.#wait();
  }

  /** Cuts the connection. */
  reset(): void {
    this.#wire.reset();
  }

  /** Resolves when the driver has begun, and ended, a TLS handshake. */
  async handshake(): Promise<void> {
    const before = this.#handshakes;
    while (this.#handshakes === before) await this.#something();
  }

  /** The next octets that the driver wrote. @throws Gone when there will be no more */
  async next(): Promise<Uint8Array> {
    while (this.#heard === "") await this.#something();
    const heard = Uint8Array.from(this.#heard, (character) => character.charCodeAt(0));
    this.#heard = "";
    return heard;
  }

  /** The next line without its CRLF, one character an octet. @throws Gone */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#heard.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end + 2);
        return line;
      }
      await this.#something();
    }
  }

  /** The peer takes octets. */
  hear(bytes: Uint8Array): void {
    for (const octet of bytes) this.#heard += String.fromCharCode(octet);
    this.#wake();
  }

  /** The driver does a handshake, which takes its time. @returns whether it works */
  async shakeHands(): Promise<boolean> {
    await this.#wait();
    this.#handshakes++;
    this.#wake();
    return this.handshakeWorks;
  }

  /** Whatever the script waits for, it will not come. */
  dismiss(): void {
    this.#wake();
  }

  async #something(): Promise<void> {
    if (this.#wire.closed || this.#wire.failed) throw new Gone();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Whether what the peer sends meanwhile is answered in one write, where it was read at once. */
export async function inOneWrite(peer: Peer, exchange: () => Promise<void>): Promise<boolean> {
  const { reads, writes } = peer;
  await exchange();
  return peer.reads > reads + 1 || peer.writes <= writes + 1;
}
