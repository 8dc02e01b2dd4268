import { concat, encodeUtf8, type Peer, type Play, type Run, same, type TestedDriver } from "dot-stuffing/driver-test";
import type { SaslClient } from "dot-stuffing/session";
import type { Pop3ClientEvent } from "../client/events.ts";
import type { Pop3ClientOptions } from "../client/options.ts";
import { Pop3ClientSession } from "../client/session.ts";
import { Pop3ServerSession } from "../server/session.ts";
import { largeMessage, messages, PASSWORD, USER } from "./messages.ts";
import { maildropOf } from "./server.ts";

/** What a driver of a client's session gets besides its transport. */
export interface Pop3ClientWorld {
  /**
   * The session to drive, one for each call of the driver. The kit looks at all that is done with it.
   *
   * @param options of your own. USER is taken without TLS in any case
   */
  createSession<Mechanism extends SaslClient = SaslClient>(options?: Pop3ClientOptions): Pop3ClientSession<Mechanism>;
  /** For drivers with an application of their own: how to log in. */
  readonly user: string;
  readonly password: string;
  /** Whether STLS has to be given first. */
  readonly tls: boolean;
  /**
   * For drivers with an application of their own: keeps a message that is whole. Await it before the message is marked
   * as deleted.
   */
  keep(content: Uint8Array): Promise<void>;
  /** The kit's application: takes each event. Await it before the next one is pulled. */
  on(event: Pop3ClientEvent): Promise<void>;
  /** The kit's application gives the next command: to be called when `waiting` is `"decision"`. */
  decide(): Promise<void>;
}

/**
 * A driver of client sessions: fetches and deletes all messages, and resolves when its connection is over, and closed.
 */
export type ClientDriver = TestedDriver<Pop3ClientWorld>;

class World implements Pop3ClientWorld {
  readonly user: string = USER;
  readonly password: string = PASSWORD;
  readonly tls: boolean;
  readonly kept: Uint8Array[] = [];
  readonly served: readonly Uint8Array[];
  readonly #run: Run;
  readonly #keeping: Uint8Array[] = [];
  #session: Pop3ClientSession | null = null;
  #pieces: Uint8Array[] = [];
  #listed = false;
  #numbers: number[] = [];
  #taken: number | null = null;

  constructor(run: Run, { tls = false, served = messages }: Settings) {
    this.#run = run;
    this.tls = tls;
    this.served = served;
  }

  readonly createSession: Pop3ClientWorld["createSession"] = <Mechanism extends SaslClient>(
    options?: Pop3ClientOptions,
  ) => {
    const session = new Pop3ClientSession<Mechanism>({ ...options, plaintextWithoutTls: true });
    const watched = this.#run.watch.watch(session);
    this.#session = watched as unknown as Pop3ClientSession;
    return watched;
  };

  readonly keep = async (content: Uint8Array): Promise<void> => {
    const copy = content.slice();
    if (!this.served.some((each) => same(each, copy)))
      this.#run.broken("messages", "it kept a message that was not served: one cut off, or changed");
    else if (this.#keeping.some((each) => same(each, copy))) this.#run.broken("messages", "it kept a message twice");
    this.#keeping.push(copy);
    await this.#run.late();
    this.kept.push(copy);
  };

  readonly on = (event: Pop3ClientEvent): Promise<void> => this.#run.watch.hand(event, () => this.#take(event));

  readonly decide = async (): Promise<void> => {
    await this.#run.late();
    const session = this.#session!;
    if (this.tls && !session.tls) session.stls();
    else if (session.state === "authorization") session.user(USER).pass(PASSWORD);
    else if (!this.#listed) {
      this.#listed = true;
      session.list();
    } else {
      if (this.#taken !== null) session.dele(this.#taken);
      this.#taken = null;
      const number = this.#numbers.shift();
      if (number === undefined) session.quit();
      else session.retr(number);
    }
  };

  async #take(event: Pop3ClientEvent): Promise<void> {
    if (event.type === "scan-listing") this.#numbers.push(event.number);
    else if (event.type === "content") {
      await this.#run.late();
      this.#pieces.push(event.bytes.slice()); // late: whoever reads on has changed it by now
    } else if (event.type === "retr") {
      const content = concat(this.#pieces.splice(0));
      if (!event.ok) return; // cut off
      await this.keep(content);
      this.#taken = event.number;
    }
  }
}

/** What comes in the clear after the response to STLS, together with it or in a read of its own. */
type Behind = "nothing" | "together" | "apart";
const CLEAR = encodeUtf8("+OK in the clear\r\n");

/** The kit's server. */
async function serve(peer: Peer, run: Run, world: World, settings: Settings): Promise<void> {
  const { served } = world;
  const { behind = "nothing", refuses = 0 } = settings;
  const session = new Pop3ServerSession({ stls: true, plaintextWithoutTls: true });
  for (;;) {
    for (const event of session) {
      if (event.type === "pass") session.accept(maildropOf(served));
      else if (event.type === "retr" && event.number === refuses) session.reject();
      else if (event.type === "retr") session.accept().content(served[event.number - 1]!);
      else if (event.type === "quit") {
        const lost = event.deleted.some((number) => !world.kept.some((each) => same(each, served[number - 1]!)));
        if (lost) run.broken("messages", "it has deleted a message that was not kept as it came");
        session.accept();
      }
    }
    const { waiting } = session;
    for (let output = session.takeOutput(); output !== null; output = session.takeOutput()) {
      peer.send(waiting === "tls" && behind === "together" ? concat([output, CLEAR]) : output);
    }
    if (waiting === "tls" && behind === "apart") peer.send(CLEAR);
    if (waiting === "closed") return;
    if (waiting === "tls") {
      await peer.handshake();
      if (!peer.handshakeWorks) return;
      session.tlsEstablished();
    } else if (waiting === "bytes") session.receive(await peer.next());
  }
}

interface Settings {
  readonly tls?: boolean;
  readonly served?: readonly Uint8Array[];
  readonly behind?: Behind;
  /** The number of a message that is not given out. */
  readonly refuses?: number;
}

const play = (name: string, settings: Settings, more: Partial<Play<World>> = {}): Play<World> => ({
  name,
  world: (run) => new World(run, settings),
  peer: (peer, run, world) => serve(peer, run, world, settings),
  ...more,
});

/** Everything that a driver of client sessions is put through. */
export const clientPlays: readonly Play<World>[] = [
  play("two messages", {}, { cuts: true }),
  play("one-byte reads", {}, { behaviour: { reads: [1] } }),
  play("reads cut anywhere", {}, { behaviour: { reads: [3, 1, 7, 2, 31, 5, 19] } }),
  play("slow and partial writes", {}, { behaviour: { takes: "late", portion: 3 } }),
  play("partial writes", {}, { behaviour: { portion: 5 } }),
  play("a large message, and a late application", { served: [largeMessage] }, { late: true }),
  play("a message that is not given out", { refuses: 1 }),
  play("STLS", { tls: true }, { cuts: true }),
  play("octets after the response to STLS, in one read", { tls: true, behind: "together" }, { endsEarly: true }),
  play("octets after the response to STLS, in the next read", { tls: true, behind: "apart" }, { endsEarly: true }),
  play("a handshake that fails", { tls: true }, { handshakeWorks: false }),
];
