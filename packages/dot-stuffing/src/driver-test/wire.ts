import { concat } from "../concat.ts";
import type { Clock } from "./clock.ts";
import type { Findings } from "./contracts.ts";
import { Inbound } from "./inbound.ts";
import { Outbound } from "./outbound.ts";
import { type Behaviour, ConnectionLost, lookedAfter, type TestTransport } from "./transport.ts";
import type { Watch } from "./watch.ts";

/** How often the end can be read, and a handshake be done, before a driver is stopped. */
const ENDS = 100;
const HANDSHAKES = 100;

/** What a driver is given that would never end otherwise. */
const never = (): Promise<never> => new Promise(() => {});

/** The connection in memory between a driver and the kit's peer. */
export class Wire implements TestTransport {
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  /** Whether the driver has closed it. */
  closed = false;
  /** Whether a call was, or would have been, rejected: then the driver may reject too. */
  failed = false;
  /** Whether the connection ended before the dialogue did, as the scenario has it. */
  cut = false;
  readonly #findings: Findings;
  readonly #clock: Clock;
  readonly #watch: Watch;
  readonly #behaviour: Behaviour;
  readonly #heard: (bytes: Uint8Array) => void;
  readonly #handshake: () => Promise<boolean>;
  #reading = false;
  #ends = 0;
  #handshakes = 0;

  /**
   * @param heard is given what the peer takes
   * @param handshake the peer's part of the handshake: whether it works
   */
  constructor(
    behaviour: Behaviour,
    { findings, clock, watch }: { readonly findings: Findings; readonly clock: Clock; readonly watch: Watch },
    heard: (bytes: Uint8Array) => void,
    handshake: () => Promise<boolean>,
  ) {
    this.#behaviour = behaviour;
    this.#findings = findings;
    this.#clock = clock;
    this.#watch = watch;
    this.#heard = heard;
    this.#handshake = handshake;
    this.inbound = new Inbound(behaviour.reads);
    this.outbound = new Outbound(behaviour, (bytes) => this.#taken(bytes));
    const { cut } = behaviour;
    if (cut?.side === "input") this.inbound.room = cut.after;
    if (cut?.side === "output") this.outbound.room = cut.after;
    this.#look();
  }

  /** Whether the driver waits for octets. */
  get awaited(): boolean {
    return this.inbound.awaited;
  }

  get ended(): boolean {
    return this.inbound.ended;
  }

  read(): Promise<Uint8Array | null> {
    return lookedAfter(this.#read(Number.POSITIVE_INFINITY));
  }

  readInto(buffer: Uint8Array): Promise<number | null> {
    return lookedAfter(
      this.#read(buffer.length).then((bytes) => {
        if (bytes !== null) buffer.set(bytes);
        return bytes?.length ?? null;
      }),
    );
  }

  readNow(): Uint8Array | null {
    if (this.#readsOn()) throw new Error("the test of this driver is over");
    return this.#take(Number.POSITIVE_INFINITY) ?? null;
  }

  readable(): Promise<void> {
    this.#stir();
    return this.#readsOn() ? never() : lookedAfter(this.inbound.readable());
  }

  write(bytes: Uint8Array): Promise<void> {
    return lookedAfter(this.#write(bytes, true).then(() => {}));
  }

  writeSome(bytes: Uint8Array): Promise<number> {
    return lookedAfter(this.#write(bytes, false));
  }

  writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    return this.write(concat(pieces));
  }

  startTls(): Promise<void> {
    this.#stir();
    return lookedAfter(this.#startTls());
  }

  close(): void {
    this.#clock.stir();
    this.closed = true;
    this.inbound.discard();
    this.inbound.end();
  }

  /** The connection is reset. */
  reset(): void {
    this.cut = this.failed = true;
    this.inbound.fail();
    this.outbound.fail();
  }

  /** The peer ends its side. */
  end(): void {
    this.cut = true;
    this.inbound.discard();
    this.inbound.end();
  }

  async #read(most: number): Promise<Uint8Array | null> {
    this.#stir();
    if (this.#readsOn()) await never();
    if (this.#reading) {
      this.#findings.add("calls", "it read while a read was pending");
      throw new Error("a read is pending");
    }
    this.#reading = true;
    try {
      for (;;) {
        const found = this.#take(most);
        if (found !== undefined) return found;
        await this.inbound.readable();
      }
    } finally {
      this.#reading = false;
    }
  }

  /** Whether the end was read too often. Whatever a driver is given then, it would read again: it is given nothing. */
  #readsOn(): boolean {
    if (!(this.cut || this.closed) || ++this.#ends <= ENDS) return false;
    this.#findings.add("end-of-input", "it read on and on after the end of input");
    return true;
  }

  #take(most: number): Uint8Array | null | undefined {
    const found = this.inbound.take(most);
    if (found == null) return found;
    this.#watch.read(found);
    this.#look();
    return found;
  }

  #write(bytes: Uint8Array, whole: boolean): Promise<number> {
    this.#stir();
    if (this.closed) {
      this.#findings.add("closing", "it wrote to the transport after it had closed it");
      return Promise.reject(new Error("the transport is closed"));
    }
    const written = this.outbound.write(bytes, whole);
    written.catch(() => {
      this.#watch.writeFailed = true;
    });
    this.#watch.queued(this.outbound.queued);
    return written;
  }

  async #startTls(): Promise<void> {
    this.#watch.handshakeBegins(this.#reading, this.failed);
    if (++this.#handshakes > HANDSHAKES) {
      this.#findings.add("tls", "it began one handshake after another, and told the session of none");
      await never();
    }
    // What is on its way in plaintext is lost to the handshake.
    this.inbound.discard();
    if (!(await this.#handshake()) || this.cut) {
      this.failed = true;
      this.#watch.handshakeEnds("failed");
      throw new ConnectionLost("the TLS handshake failed");
    }
    this.#watch.handshakeEnds("done");
  }

  #taken(bytes: Uint8Array): void {
    this.#clock.stir();
    this.#watch.taken(bytes);
    this.#heard(bytes);
    this.#look();
  }

  /** Ends the connection where the scenario has it. */
  #look(): void {
    const { cut } = this.#behaviour;
    if (cut === undefined || this.cut || this[cut.side === "input" ? "inbound" : "outbound"].room > 0) return;
    if (cut.by === "fin") this.end();
    else this.reset();
  }

  #stir(): void {
    if (this.#watch.over) throw new Error("the test of this driver is over");
    this.#clock.stir();
  }
}
