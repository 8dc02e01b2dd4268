import { Stuffer } from "dot-stuffing";
import {
  concat,
  encodeUtf8,
  inOneWrite,
  type Peer,
  type Play,
  type Run,
  same,
  type TestedDriver,
} from "dot-stuffing/driver-test";
import type { SaslServer } from "dot-stuffing/session";
import type { SmtpServerEvent } from "../server/events.ts";
import type { SmtpServerOptions } from "../server/options.ts";
import { SmtpServerSession } from "../server/session.ts";
import { largeMessage, message, OTHER_RECIPIENT, otherMessage, RECIPIENT, SENDER } from "./messages.ts";

/** What a driver of a server's session gets besides its transport. */
export interface SmtpServerWorld {
  /**
   * The session to drive, one for each call of the driver. The kit looks at all that is done with it.
   *
   * @param options of your own. STARTTLS is offered in any case, idle commands are not counted, and mail from
   *   `sender@example.com` to `recipient@example.org` and `other@example.org` has to be taken without AUTH; where a
   *   message is to be refused or given up, the kit says what is refused, and offers CHUNKING
   */
  createSession<Mechanism extends SaslServer = SaslServer>(
    options?: Partial<SmtpServerOptions>,
  ): SmtpServerSession<Mechanism>;
  /**
   * The kit's application: takes each event, and answers it before it resolves. Await it before the next event is
   * pulled.
   */
  on(event: SmtpServerEvent): Promise<void>;
  /**
   * For drivers with an application of their own: stores a message that is whole. Await it before the message is
   * accepted.
   *
   * @param envelope whom it is from and for. Default: the kit does not look at it
   */
  store(content: Uint8Array, envelope?: Envelope): Promise<void>;
}

/** Whom a message is from, and for whom it is: addresses without brackets. */
export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

/** A driver of server sessions: resolves when its connection is over, and closed. */
export type ServerDriver = TestedDriver<SmtpServerWorld>;

/** That of the messages that are to be stored; some are for their recipient more than once. */
const ENVELOPE: Envelope = { from: SENDER, to: [RECIPIENT] };

/** What the kit's clients do needs these. */
const NEEDED = { starttls: true, maxIdleCommands: Number.POSITIVE_INFINITY };

class World implements SmtpServerWorld {
  /** The messages that are to be stored, in the order in which they come. */
  readonly sent: readonly Uint8Array[];
  /** How many of them were stored. */
  stored = 0;
  /** How many of them the peer has sent. */
  delivered = 0;
  /** How many events of a transaction's envelope were answered. */
  answered = 0;
  readonly #run: Run;
  readonly #forced: Partial<SmtpServerOptions>;
  #session: SmtpServerSession | null = null;
  #pieces: Uint8Array[] = [];
  #begun = 0;

  constructor(run: Run, sent: readonly Uint8Array[], forced: Partial<SmtpServerOptions>) {
    this.#run = run;
    this.sent = sent;
    this.#forced = forced;
  }

  readonly createSession: SmtpServerWorld["createSession"] = <Mechanism extends SaslServer>(
    options?: Partial<SmtpServerOptions>,
  ) => {
    const settings = { host: "mx.example.com", ...options, ...NEEDED, ...this.#forced };
    const session = new SmtpServerSession<Mechanism>(settings);
    const watched = this.#run.watch.watch(session);
    this.#session = watched as unknown as SmtpServerSession;
    return watched;
  };

  readonly on = (event: SmtpServerEvent): Promise<void> => this.#run.watch.hand(event, () => this.#answer(event));

  readonly store = async (content: Uint8Array, envelope: Envelope = ENVELOPE): Promise<void> => {
    const isDue = this.#begun < (this.#run.watch.pulled.get("message") ?? 0);
    const wrong = this.#wrongIn(content, envelope, isDue);
    if (wrong !== null) this.#run.broken("messages", wrong);
    if (isDue) this.#begun++;
    await this.#run.late();
    if (isDue) this.stored++;
  };

  /** @param isDue whether a message has come to its end that is not stored yet */
  #wrongIn(content: Uint8Array, { from, to }: Envelope, isDue: boolean): string | null {
    const last = this.sent[this.#begun - 1];
    if (!isDue && last !== undefined && same(content, last)) return "it stored a message twice";
    if (!isDue) return "it stored a message whose end had not come";
    if (!same(content, this.sent[this.#begun]!)) return "it stored another message than was sent";
    const asSent = from === SENDER && to.length > 0 && to.every((each) => each === RECIPIENT);
    return asSent ? null : "it stored a message with another envelope than was sent";
  }

  async #answer(event: SmtpServerEvent): Promise<void> {
    const session = this.#session!;
    switch (event.type) {
      case "content":
        await this.#run.late();
        this.#pieces.push(event.bytes.slice()); // late: whoever reads on has changed it by now
        return;
      case "message":
        await this.store(concat(this.#pieces.splice(0)), envelopeOf(event));
        break;
      case "refused":
      case "aborted":
        this.#pieces = [];
        return;
    }
    if (event.answer !== "needed") return;
    if (event.type !== "message") await this.#run.late();
    if (event.type === "mail" || event.type === "rcpt") this.answered++;
    session.accept();
  }
}

function envelopeOf({ from, recipients }: SmtpServerEvent & { readonly type: "message" }): Envelope {
  return { from: from.address, to: recipients.map(({ to }) => to.address) };
}

/** The next reply. @throws Error unless it has this code */
async function reply(peer: Peer, code: number): Promise<void> {
  for (;;) {
    const line = await peer.line();
    if (!line.startsWith(String(code))) throw new Error(`the peer got "${line}" in the place of a reply ${code}`);
    if (line[3] !== "-") return;
  }
}

async function command(peer: Peer, line: string, code: number): Promise<void> {
  peer.send(`${line}\r\n`);
  await reply(peer, code);
}

const MAIL = `MAIL FROM:<${SENDER}>`;
const RCPT = `RCPT TO:<${RECIPIENT}>`;
const EHLO = "EHLO client.example.com";

/** Sends the next message after DATA, and looks whether it was stored when its reply comes. */
async function deliver(peer: Peer, run: Run, world: World): Promise<void> {
  const stuffer = new Stuffer();
  const content = world.sent[world.delivered++]!;
  for (const piece of [...stuffer.push(content), ...stuffer.end()]) peer.send(piece);
  await reply(peer, 250);
  if (world.stored < world.delivered) run.broken("messages", "it acknowledged a message that was not stored");
}

async function greet(peer: Peer): Promise<void> {
  await reply(peer, 220);
  await command(peer, EHLO, 250);
}

/** Whole transactions, line by line. */
async function transact(peer: Peer, run: Run, world: World): Promise<void> {
  while (world.delivered < world.sent.length) {
    await command(peer, MAIL, 250);
    await command(peer, RCPT, 250);
    await command(peer, "DATA", 354);
    await deliver(peer, run, world);
  }
  await command(peer, "QUIT", 221);
}

/** A transaction that comes to nothing, of which nothing must be in the message that comes after it. */
const afterOneInVain =
  (inVain: (peer: Peer) => Promise<void>): Play<World>["peer"] =>
  async (peer, run, world) => {
    await greet(peer);
    await command(peer, MAIL, 250);
    await command(peer, `RCPT TO:<${OTHER_RECIPIENT}>`, 250);
    await inVain(peer);
    await transact(peer, run, world);
  };

async function givenUp(peer: Peer): Promise<void> {
  peer.send(`BDAT ${otherMessage.length}\r\n`);
  peer.send(otherMessage);
  await reply(peer, 250);
  await command(peer, "RSET", 250);
}

const bareLf = encodeUtf8("Subject: a bare LF\r\n\r\nto be refused\n\r\n");

/** @param wire as it is sent, without the line that ends it */
const refused = (wire: Uint8Array, code: number) => async (peer: Peer) => {
  await command(peer, "DATA", 354);
  peer.send(wire);
  await command(peer, ".", code);
};

async function wholeDialogue(peer: Peer, run: Run, world: World): Promise<void> {
  await greet(peer);
  await transact(peer, run, world);
}

async function afterStarttls(peer: Peer, run: Run, world: World): Promise<void> {
  await reply(peer, 220);
  await peer.handshake();
  await command(peer, EHLO, 250);
  await transact(peer, run, world);
}

/** How much is sent while an answer is owed: more than anybody may read. In octets. */
const FLOOD = 1_048_576;
const NOOPS = 16;
const noops = encodeUtf8(`NOOP ${"x".repeat(480)}\r\n`.repeat(NOOPS));
const hellos = encodeUtf8(`${EHLO}\r\n`.repeat(100));

/** Commands come on and on while an answer is owed. */
async function impatient(peer: Peer, run: Run, world: World): Promise<void> {
  let sent = 0;
  await greet(peer);
  peer.flood(() => {
    if (run.watch.open === null || sent * noops.length > FLOOD) return null;
    sent++;
    return noops;
  });
  let answered = 0;
  const answers = async () => {
    for (; answered < sent * NOOPS; answered++) await reply(peer, 250);
  };
  for (const line of [MAIL, RCPT]) {
    await command(peer, line, 250);
    await answers();
  }
  await command(peer, "DATA", 354);
  await deliver(peer, run, world);
  await answers();
  await command(peer, "QUIT", 221);
}

async function batch(peer: Peer, run: Run, world: World): Promise<void> {
  await greet(peer);
  const together = await inOneWrite(peer, async () => {
    peer.send(`${[MAIL, RCPT, RCPT, RCPT, "DATA"].join("\r\n")}\r\n`);
    for (const code of [250, 250, 250, 250, 354]) await reply(peer, code);
  });
  if (!together) run.broken("one-write", "it answered a pipelined batch in more than one write");
  await deliver(peer, run, world);
  await command(peer, "QUIT", 221);
}

async function slowDecisions(peer: Peer, run: Run, world: World): Promise<void> {
  await greet(peer);
  peer.send(`${[MAIL, RCPT, RCPT, "DATA"].join("\r\n")}\r\n`);
  for (let given = 1; given <= 3; given++) {
    await reply(peer, 250);
    if (world.answered > given) run.broken("held-back", "it kept a reply back for as long as a further decision took");
  }
  await reply(peer, 354);
  await deliver(peer, run, world);
  await command(peer, "QUIT", 221);
}

async function neverReads(peer: Peer): Promise<void> {
  await greet(peer);
  let sent = 0;
  peer.flood(() => {
    sent += hellos.length;
    return sent > FLOOD ? null : hellos;
  });
  await peer.rest();
  peer.reset();
}

const play = (
  name: string,
  peer: Play<World>["peer"],
  more: Partial<Play<World>> = {},
  sent: readonly Uint8Array[] = [message],
  forced: Partial<SmtpServerOptions> = {},
): Play<World> => ({
  name,
  world: (run) => new World(run, sent, forced),
  peer,
  ...more,
});

/** What a driver is put through besides, of whom it is asked that it keeps nothing back. */
export const promptPlay: Play<World> = play("decisions that take their time", slowDecisions, { late: true });

/** Everything that a driver of server sessions is put through. */
export const serverPlays: readonly Play<World>[] = [
  play("a message", wholeDialogue, { cuts: true }),
  play("one-byte reads", wholeDialogue, { behaviour: { reads: [1] } }),
  play("reads cut anywhere", wholeDialogue, { behaviour: { reads: [3, 1, 7, 2, 31, 5, 19] } }),
  play("slow and partial writes", wholeDialogue, { behaviour: { takes: "late", portion: 7 } }),
  play("partial writes", wholeDialogue, { behaviour: { portion: 5 } }),
  play("late answers", impatient, { late: true }),
  play("a pipelined batch", batch),
  play("a large message", wholeDialogue, { late: true }, [largeMessage]),
  play("two messages", wholeDialogue, {}, [message, otherMessage]),
  play("a message after one that was given up", afterOneInVain(givenUp), {}, [message], { chunking: true }),
  play("a message after one with a bare LF", afterOneInVain(refused(bareLf, 554)), {}, [message], {
    lineEndings: "reject",
  }),
  play("a message after one that was too big", afterOneInVain(refused(largeMessage, 552)), {}, [message], {
    maxMessageSize: 65_536,
  }),
  play("a peer that never reads", neverReads, { behaviour: { takes: "never", portion: 2000 } }),
  play(
    "STARTTLS",
    async (peer, run, world) => {
      await greet(peer);
      peer.send("STARTTLS\r\n");
      await afterStarttls(peer, run, world);
    },
    { cuts: true },
  ),
  play("octets after STARTTLS, in one read", async (peer, run, world) => {
    await greet(peer);
    peer.send("STARTTLS\r\nNOOP in the clear\r\n");
    await afterStarttls(peer, run, world);
  }),
  play("octets after STARTTLS, in the next read", async (peer, run, world) => {
    await greet(peer);
    peer.send("STARTTLS\r\n");
    peer.send("RSET\r\nNOOP in the clear\r\n");
    await afterStarttls(peer, run, world);
  }),
  play(
    "a handshake that fails",
    async (peer) => {
      await greet(peer);
      await command(peer, "STARTTLS", 220);
      await peer.handshake();
    },
    { handshakeWorks: false },
  ),
];
