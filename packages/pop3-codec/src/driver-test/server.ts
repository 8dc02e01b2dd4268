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
import type { Pop3ServerEvent } from "../server/events.ts";
import type { MaildropArrays } from "../server/maildrop.ts";
import type { Pop3ServerOptions } from "../server/options.ts";
import { Pop3ServerSession } from "../server/session.ts";
import { largeMessage, messages, PASSWORD, USER } from "./messages.ts";

/** What a driver of a server's session gets besides its transport. */
export interface Pop3ServerWorld {
  /**
   * The session to drive, one for each call of the driver. The kit looks at all that is done with it.
   *
   * @param options of your own. STLS is offered, and USER taken without TLS, in any case
   */
  createSession<Mechanism extends SaslServer = SaslServer>(options?: Pop3ServerOptions): Pop3ServerSession<Mechanism>;
  /**
   * The kit's application: takes each event, and answers it before it resolves. Await it before the next event is
   * pulled.
   */
  on(event: Pop3ServerEvent): Promise<void>;
  /** For drivers with an application of their own: who logs in, and what is in the maildrop. */
  readonly user: string;
  readonly password: string;
  readonly messages: readonly Uint8Array[];
  /** For drivers with an application of their own: removes messages. Await it before QUIT is accepted. */
  remove(numbers: readonly number[]): Promise<void>;
}

/** A driver of server sessions: resolves when its connection is over, and closed. */
export type ServerDriver = TestedDriver<Pop3ServerWorld>;

/** What the kit's application writes at once, in octets. */
const PIECE = 16_384;

class World implements Pop3ServerWorld {
  readonly user: string = USER;
  readonly password: string = PASSWORD;
  readonly messages: readonly Uint8Array[];
  readonly removed: Set<number> = new Set();
  /** What the peer wants removed: nothing until it sends QUIT. */
  unwanted: readonly number[] = [];
  readonly #run: Run;
  readonly #removing: Set<number> = new Set();
  #session: Pop3ServerSession | null = null;

  constructor(run: Run, served: readonly Uint8Array[]) {
    this.#run = run;
    this.messages = served;
  }

  readonly createSession: Pop3ServerWorld["createSession"] = <Mechanism extends SaslServer>(
    options?: Pop3ServerOptions,
  ) => {
    const settings = { ...options, stls: true, user: true, plaintextWithoutTls: true };
    const watched = this.#run.watch.watch(new Pop3ServerSession<Mechanism>(settings));
    this.#session = watched as unknown as Pop3ServerSession;
    return watched;
  };

  readonly on = (event: Pop3ServerEvent): Promise<void> => this.#run.watch.hand(event, () => this.#answer(event));

  readonly remove = async (numbers: readonly number[]): Promise<void> => {
    if (numbers.some((each) => !this.unwanted.includes(each)))
      this.#run.broken("messages", "it removed messages that its client had not asked it to");
    if (numbers.some((each) => this.#removing.has(each))) this.#run.broken("messages", "it removed a message twice");
    for (const each of numbers) this.#removing.add(each);
    await this.#run.late();
    for (const each of numbers) this.removed.add(each);
  };

  async #answer(event: Pop3ServerEvent): Promise<void> {
    if (event.answer !== "needed") return;
    const session = this.#session!;
    if (event.type === "quit") await this.remove(event.deleted);
    else await this.#run.late();
    if (event.type === "pass") session.accept(maildropOf(this.messages));
    else if (event.type === "retr") session.accept().content(piecesOf(this.messages[event.number - 1]!));
    else session.accept();
  }
}

/** A maildrop of these messages. */
export function maildropOf(served: readonly Uint8Array[]): MaildropArrays {
  return { sizes: served.map(({ length }) => length), uniqueIds: served.map((_, index) => `id-${index + 1}`) };
}

function* piecesOf(message: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < message.length; at += PIECE) yield message.subarray(at, at + PIECE);
}

async function ok(peer: Peer): Promise<void> {
  const line = await peer.line();
  if (!line.startsWith("+OK")) throw new Error(`the peer got "${line}" in the place of +OK`);
}

async function command(peer: Peer, line: string): Promise<void> {
  peer.send(`${line}\r\n`);
  await ok(peer);
}

/** The lines of a multi-line response, stuffing removed. */
async function lines(peer: Peer): Promise<string[]> {
  await ok(peer);
  const found: string[] = [];
  for (let line = await peer.line(); line !== "."; line = await peer.line())
    found.push(line.startsWith(".") ? line.slice(1) : line);
  return found;
}

async function retrieve(peer: Peer, run: Run, world: World, number: number): Promise<void> {
  const found = await lines(peer);
  const octets = encodeUtf8(found.map((line) => `${line}\r\n`).join(""));
  if (!same(octets, world.messages[number - 1]!))
    run.broken("messages", "the client got another message than is stored");
}

async function leave(peer: Peer, run: Run, world: World): Promise<void> {
  await command(peer, "DELE 1");
  world.unwanted = [1];
  await command(peer, "QUIT");
  if (!world.removed.has(1)) run.broken("messages", "it acknowledged deletions that were not done");
}

async function login(peer: Peer): Promise<void> {
  await command(peer, `USER ${USER}`);
  await command(peer, `PASS ${PASSWORD}`);
}

/** A login, every message, a deletion. */
async function transact(peer: Peer, run: Run, world: World): Promise<void> {
  await login(peer);
  await command(peer, "STAT");
  peer.send("UIDL\r\n");
  await lines(peer);
  for (const index of world.messages.keys()) {
    peer.send(`RETR ${index + 1}\r\n`);
    await retrieve(peer, run, world, index + 1);
  }
  await leave(peer, run, world);
}

async function wholeDialogue(peer: Peer, run: Run, world: World): Promise<void> {
  await ok(peer);
  await transact(peer, run, world);
}

async function afterStls(peer: Peer, run: Run, world: World): Promise<void> {
  await ok(peer);
  await peer.handshake();
  await transact(peer, run, world);
}

/** How much is sent while an answer is owed: more than anybody may read. In octets. */
const FLOOD = 524_288;
const NOOPS = 512;
const noops = encodeUtf8("NOOP\r\n".repeat(NOOPS));
const lists = encodeUtf8("LIST\r\n".repeat(512));

/** Commands come on and on while an answer is owed. */
async function impatient(peer: Peer, run: Run, world: World): Promise<void> {
  await ok(peer);
  await command(peer, `USER ${USER}`);
  let sent = 0;
  peer.flood(() => {
    if (run.watch.open === null || sent * noops.length > FLOOD) return null;
    sent++;
    return noops;
  });
  let answered = 0;
  const answers = async () => {
    for (; answered < sent * NOOPS; answered++) await ok(peer);
  };
  await command(peer, `PASS ${PASSWORD}`);
  await answers();
  peer.send("RETR 1\r\n");
  await retrieve(peer, run, world, 1);
  await answers();
  await leave(peer, run, world);
}

async function batch(peer: Peer, run: Run, world: World): Promise<void> {
  await ok(peer);
  await login(peer);
  const together = await inOneWrite(peer, async () => {
    const commands = ["STAT", "NOOP", "LIST 1", "UIDL 2", "DELE 2", "RSET"];
    peer.send(`${commands.join("\r\n")}\r\n`);
    for (const _ of commands) await ok(peer);
  });
  if (!together) run.broken("one-write", "it answered a pipelined batch in more than one write");
  await leave(peer, run, world);
}

/** What was marked before RSET stays. */
async function changesItsMind(peer: Peer, run: Run, world: World): Promise<void> {
  await ok(peer);
  await login(peer);
  for (const line of ["DELE 1", "DELE 2", "RSET"]) await command(peer, line);
  await leave(peer, run, world);
}

async function neverReads(peer: Peer): Promise<void> {
  await ok(peer);
  await login(peer);
  let sent = 0;
  peer.flood(() => {
    sent += lists.length;
    return sent > FLOOD ? null : lists;
  });
  await peer.rest();
  peer.reset();
}

const play = (
  name: string,
  peer: Play<World>["peer"],
  more: Partial<Play<World>> = {},
  served: readonly Uint8Array[] = messages,
): Play<World> => ({ name, world: (run) => new World(run, served), peer, ...more });

const stls = encodeUtf8("STLS\r\n");
const clear = encodeUtf8("NOOP\r\nCAPA in the clear\r\n");

/** Everything that a driver of server sessions is put through. */
export const serverPlays: readonly Play<World>[] = [
  play("two messages", wholeDialogue, { cuts: true }),
  play("one-byte reads", wholeDialogue, { behaviour: { reads: [1] } }),
  play("reads cut anywhere", wholeDialogue, { behaviour: { reads: [3, 1, 7, 2, 31, 5, 19] } }),
  play("slow and partial writes", wholeDialogue, { behaviour: { takes: "late", portion: 7 } }),
  play("partial writes", wholeDialogue, { behaviour: { portion: 5 } }),
  play("late answers", impatient, { late: true }),
  play("a pipelined batch", batch),
  play("deletions that are taken back", changesItsMind),
  play("a large message", wholeDialogue, { behaviour: { takes: "late", portion: 3000 } }, [largeMessage]),
  play("a peer that never reads", neverReads, { behaviour: { takes: "never", portion: 2000 } }),
  play(
    "STLS",
    async (peer, run, world) => {
      await ok(peer);
      peer.send(stls);
      await afterStls(peer, run, world);
    },
    { cuts: true },
  ),
  play("octets after STLS, in one read", async (peer, run, world) => {
    await ok(peer);
    peer.send(concat([stls, clear]));
    await afterStls(peer, run, world);
  }),
  play("octets after STLS, in the next read", async (peer, run, world) => {
    await ok(peer);
    peer.send(stls);
    peer.send(clear);
    await afterStls(peer, run, world);
  }),
  play(
    "a handshake that fails",
    async (peer) => {
      await ok(peer);
      await command(peer, "STLS");
      await peer.handshake();
    },
    { handshakeWorks: false },
  ),
];
