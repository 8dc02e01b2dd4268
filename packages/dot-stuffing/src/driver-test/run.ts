import { Clock } from "./clock.ts";
import type { Contract, Findings } from "./contracts.ts";
import { Gone, Peer } from "./peer.ts";
import type { Behaviour, TestTransport } from "./transport.ts";
import { type Allowances, Watch, wordsOf } from "./watch.ts";
import { Wire } from "./wire.ts";

/** One way in which a driver is tried. */
export interface Scenario {
  readonly name: string;
  readonly behaviour?: Behaviour;
  /** Whether the application takes its time: it goes on at rest. Default false. */
  readonly late?: boolean;
  /** Whether the handshake works. Default true. */
  readonly handshakeWorks?: boolean;
  /** Whether the session may come to its end before the script does. Default false. */
  readonly endsEarly?: boolean;
  /** Whether it is played again with the connection cut at every place. Default false. */
  readonly cuts?: boolean;
}

/** Settings of a test. */
export interface DriverTestOptions {
  /**
   * Lets everything run that is ready. Default: some hundred microtasks, which do for drivers made of promises alone.
   * Over Node's streams, timers or files more is needed: `() => new Promise((resolve) => setImmediate(resolve))`.
   */
  readonly turn?: () => Promise<unknown>;
  /**
   * How many turns in which a driver gives no sign of life are a rest. Default 2; more for one that waits for files.
   */
  readonly patience?: number;
  /** How much a driver may read ahead while an answer is owed. In octets; default 131,072. */
  readonly readAhead?: number;
  /** How much a driver may have queued for a peer that does not read. In octets; default 262,144. */
  readonly queued?: number;
  /** The connection is cut after every so many octets of a dialogue. Default 1. */
  readonly cutEvery?: number;
}

/** One scenario, played by one driver on one connection. */
export class Run {
  readonly findings: Findings;
  readonly watch: Watch;
  readonly peer: Peer;
  readonly #clock: Clock;
  readonly #scenario: Scenario;
  #held: (() => void)[] = [];

  constructor(scenario: Scenario, options: DriverTestOptions, findings: Findings) {
    const { readAhead = 131_072, queued = 262_144 } = options;
    const allowances: Allowances = { readAhead, queued };
    const clock = new Clock(options.turn, options.patience);
    const watch = new Watch(findings, allowances);
    const { behaviour = {}, handshakeWorks = true } = scenario;
    this.findings = findings;
    this.watch = watch;
    this.#clock = clock;
    this.#scenario = scenario;
    const hold = () => this.#hold();
    this.peer = new Peer(
      (peer) =>
        new Wire(
          behaviour,
          { findings, clock, watch },
          (bytes) => peer.hear(bytes),
          () => peer.shakeHands(),
        ),
      hold,
    );
    this.peer.handshakeWorks = handshakeWorks;
  }

  get transport(): TestTransport {
    return this.peer.wire;
  }

  /** Where the application takes its time: resolves at rest. */
  async late(): Promise<void> {
    if (this.#scenario.late) await this.#hold();
  }

  broken(contract: Contract, what: string): void {
    this.findings.add(contract, what);
  }

  /** Plays driver and script against each other until the driver is done, or goes no further. */
  async play(driver: () => Promise<void>, script: (peer: Peer) => Promise<void>): Promise<void> {
    const { peer, watch } = this;
    const end: { settled: boolean; rejected: boolean; error: unknown } = {
      settled: false,
      rejected: false,
      error: null,
    };
    let played = false;
    void (async () => {
      try {
        await driver();
      } catch (error) {
        end.rejected = true;
        end.error = error;
      }
      end.settled = true;
      this.#clock.stir();
      peer.dismiss();
    })();
    void (async () => {
      try {
        await script(peer);
        played = true;
      } catch (error) {
        if (!(error instanceof Gone)) this.broken("progress", wordsOf(error));
        played = !(error instanceof Gone);
      }
      this.#clock.stir();
    })();
    for (;;) {
      await this.#clock.rest();
      if (end.settled) break;
      if (peer.wire.outbound.step() || peer.wire.inbound.offer()) continue;
      const held = this.#held.shift();
      if (held !== undefined) {
        held();
        continue;
      }
      this.#standstill();
      watch.over = true;
      peer.reset();
      await this.#clock.rest();
      return;
    }
    this.#judge(end.rejected, end.error, played);
    watch.over = true;
  }

  #hold(): Promise<void> {
    return new Promise((resolve) => this.#held.push(resolve));
  }

  #judge(rejected: boolean, error: unknown, played: boolean): void {
    const { watch, peer } = this;
    const { wire } = peer;
    if (!wire.closed) this.broken("closing", "it never closed the transport");
    if (rejected) {
      if (!wire.failed) this.broken("errors", `it rejected: ${wordsOf(error)}`);
      return;
    }
    if (wire.cut && !watch.told && !watch.closed) {
      this.broken("end-of-input", "it did not call receiveEnd(), nor reject, when the connection had ended");
      return;
    }
    if (watch.handshake === "failed" && !watch.told) {
      this.broken("tls", "it did not call tlsFailed(), nor reject, when the handshake had failed");
      return;
    }
    watch.judgeEnd(wire.failed);
    if (!played && !wire.cut && !wire.failed && !this.#scenario.endsEarly) {
      const state = watch.closed ? "closed by an error" : `waiting for "${watch.session?.waiting}"`;
      this.broken("progress", `it ended before the dialogue did, its session ${state}`);
    }
  }

  /** Nothing moves any more, and the driver is not done: why? */
  #standstill(): void {
    const { watch, peer } = this;
    const { session } = watch;
    const { wire } = peer;
    const does = wire.awaited ? "waits for input" : "does nothing";
    if (session === null) {
      this.broken("progress", `it has no session, and ${does}`);
      return;
    }
    if (wire.cut && !watch.told && !wire.awaited && !watch.closed) {
      this.broken("end-of-input", "it did not call receiveEnd() when the connection had ended, and goes no further");
      return;
    }
    if (watch.open !== null) {
      this.broken("events", `it ${does}, and nobody answers the event "${watch.open.type}"`);
      return;
    }
    const event = watch.closed ? null : session.nextEvent();
    if (event !== null) {
      this.broken("events", `it ${does}, and has not pulled the event "${event.type}"`);
    } else if (watch.output.length > 0 || session.takeOutput() !== null) {
      const lost = wire.outbound.left > 0 ? ": what a partial write did not take is lost" : "";
      this.broken("output", `it ${does}, and output has not been written${lost}`);
    } else if (session.waiting === "tls") {
      const { handshake } = watch;
      if (handshake === "none") this.broken("tls", `it ${does} while waiting is "tls": it begins no handshake`);
      else this.broken("tls", `it did not call tls${handshake === "done" ? "Established" : "Failed"}()`);
    } else if (session.waiting === "closed") {
      this.broken("closing", `it ${does} though waiting is "closed": it does not end`);
    } else this.broken("progress", `it ${does} while waiting is "${session.waiting}"`);
  }
}
