import { concat, encodeUtf8, type Peer, type Play, type Run, same, type TestedDriver } from "dot-stuffing/driver-test";
import type { SaslClient } from "dot-stuffing/session";
import type { SmtpClientEvent } from "../client/events.ts";
import type { SmtpClientOptions } from "../client/options.ts";
import { SmtpClientSession } from "../client/session.ts";
import type { SmtpServerEvent } from "../server/events.ts";
import { SmtpServerSession } from "../server/session.ts";
import { largeMessage, message, RECIPIENT, SENDER } from "./messages.ts";

/** What a driver of a client's session gets besides its transport. */
export interface SmtpClientWorld {
  /** The session to drive, one for each call of the driver. The kit looks at all that is done with it. */
  createSession<Mechanism extends SaslClient = SaslClient>(options?: SmtpClientOptions): SmtpClientSession<Mechanism>;
  /** The message to be sent, by drivers with an application of their own. */
  readonly message: { readonly from: string; readonly to: string; readonly content: Uint8Array };
  /** Whether STARTTLS has to be given first. */
  readonly tls: boolean;
  /** The kit's application: takes each event. Await it before the next one is pulled. */
  on(event: SmtpClientEvent): Promise<void>;
  /** The kit's application gives the next command: to be called when `waiting` is `"decision"`. */
  decide(): Promise<void>;
  /** The kit's application writes a piece of the message, or ends it: to be called when `waiting` is `"content"`. */
  content(): Promise<void>;
}

/** A driver of client sessions: sends the message, and resolves when its connection is over, and closed. */
export type ClientDriver = TestedDriver<SmtpClientWorld>;

/** What the kit's application writes at once, in octets. */
const PIECE = 16_384;
/** What it writes in all, where content goes on and on: more than anybody may queue. In octets. */
const ENDLESS = 2_097_152;

class World implements SmtpClientWorld {
  readonly message: { readonly from: string; readonly to: string; readonly content: Uint8Array };
  readonly tls: boolean;
  readonly #run: Run;
  readonly #endless: boolean;
  #session: SmtpClientSession | null = null;
  #begun = false;
  #written = 0;

  constructor(run: Run, { content = message, tls = false, endless = false }: Settings = {}) {
    this.#run = run;
    this.#endless = endless;
    this.message = { from: SENDER, to: RECIPIENT, content };
    this.tls = tls;
  }

  readonly createSession: SmtpClientWorld["createSession"] = <Mechanism extends SaslClient>(
    options?: SmtpClientOptions,
  ) => {
    const watched = this.#run.watch.watch(new SmtpClientSession<Mechanism>(options));
    this.#session = watched as unknown as SmtpClientSession;
    return watched;
  };

  readonly on = (event: SmtpClientEvent): Promise<void> => this.#run.watch.hand(event, () => this.#run.late());

  readonly decide = async (): Promise<void> => {
    await this.#run.late();
    const session = this.#session!;
    if (this.#begun) session.quit();
    else if (session.capabilities === null) session.ehlo("client.example.com");
    else if (this.tls && !session.tls) session.starttls();
    else {
      const { from, to } = this.message;
      this.#begun = true;
      session.mail(from).rcpt(to).data();
    }
  };

  readonly content = async (): Promise<void> => {
    await this.#run.late();
    const { content } = this.message;
    const at = this.#endless && this.#written < ENDLESS ? 0 : this.#written;
    const piece = content.subarray(at, at + PIECE);
    this.#written += piece.length;
    if (piece.length > 0) this.#session!.write(piece);
    else this.#session!.end();
  };
}

interface Settings {
  readonly content?: Uint8Array;
  readonly tls?: boolean;
  readonly endless?: boolean;
  readonly behind?: Behind;
  /** Whether the message is refused for the time being, once it has come. Who sends it again sends it whole. */
  readonly refuses?: boolean;
}

/** What comes in the clear after the reply to STARTTLS, together with it or in a read of its own. */
type Behind = "nothing" | "together" | "apart";
const CLEAR = encodeUtf8("250 in the clear\r\n");

/** The kit's server, which takes every message, or every one but the first. */
async function serve(peer: Peer, run: Run, content: Uint8Array, settings: Settings = {}): Promise<void> {
  const { behind = "nothing", refuses = false } = settings;
  const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
  let pieces: number[] = [];
  let isRefused = refuses;
  let isTaken = false;
  for (;;) {
    for (const event of session) {
      if (event.type === "mail") pieces = [];
      else if (event.type === "content") for (const octet of event.bytes) pieces.push(octet);
      else if (event.type === "message") {
        const wrong = isTaken ? "the server got the message twice" : wrongIn(event, Uint8Array.from(pieces), content);
        if (wrong !== null) run.broken("messages", wrong);
        isTaken = !isRefused;
      }
      if (event.type === "message" && isRefused) {
        isRefused = false;
        session.reject({ code: 451 });
      } else if (event.answer === "needed") session.accept();
    }
    const { waiting } = session;
    const output = session.takeOutput();
    const clear = waiting === "tls" ? behind : "nothing";
    if (output !== null) peer.send(clear === "together" ? concat([output, CLEAR]) : output);
    if (clear === "apart") peer.send(CLEAR);
    if (waiting === "closed") return;
    if (waiting === "tls") {
      await peer.handshake();
      if (!peer.handshakeWorks) return;
      session.tlsEstablished();
    } else session.receive(await peer.next());
  }
}

function wrongIn(
  { from, recipients }: SmtpServerEvent & { readonly type: "message" },
  got: Uint8Array,
  content: Uint8Array,
): string | null {
  if (!same(got, content)) return "the server got another message than the one that was to be sent";
  const asGiven = from.address === SENDER && recipients.map(({ to }) => to.address).join() === RECIPIENT;
  return asGiven ? null : "the server got another envelope than the one that was to be sent";
}

const play = (name: string, settings: Settings, more: Partial<Play<World>> = {}): Play<World> => ({
  name,
  world: (run) => new World(run, settings),
  peer: (peer, run, world) => serve(peer, run, world.message.content, settings),
  ...more,
});

/** Everything that a driver of client sessions is put through. */
export const clientPlays: readonly Play<World>[] = [
  play("a message", {}, { cuts: true }),
  play("one-byte reads", {}, { behaviour: { reads: [1] } }),
  play("reads cut anywhere", {}, { behaviour: { reads: [3, 1, 7, 2, 31, 5, 19] } }),
  play("slow and partial writes", {}, { behaviour: { takes: "late", portion: 7 } }),
  play("partial writes", {}, { behaviour: { portion: 5 } }),
  play("a late application", {}, { late: true }),
  play("a large message", { content: largeMessage }),
  play("a message that is refused at first", { refuses: true }),
  play(
    "a peer that never reads",
    { content: largeMessage, endless: true },
    {
      behaviour: { takes: "never", portion: 2000 },
      peer: async (peer, run, world) => {
        void peer.rest().then(() => peer.reset());
        await serve(peer, run, world.message.content);
      },
    },
  ),
  play("STARTTLS", { tls: true }, { cuts: true }),
  play("octets after the reply to STARTTLS, in one read", { tls: true, behind: "together" }, { endsEarly: true }),
  play("octets after the reply to STARTTLS, in the next read", { tls: true, behind: "apart" }, { endsEarly: true }),
  play("a handshake that fails", { tls: true }, { handshakeWorks: false }),
];
