import { Stuffer } from "dot-stuffing";
import { ChunkWriter, ClientSession, type SaslClient } from "dot-stuffing/session";
import type { Reply } from "../syntax/reply/reply.ts";
import { type ChunkCommand, type ClientCommand, isChunk, isEnd, type MessageCommand } from "./commands.ts";
import type { MessageEvent, SmtpClientEvent } from "./events.ts";
import { Gathered } from "./gathered.ts";
import { clientMemory, type SmtpClientMemory } from "./memory.ts";
import type { ClientSettings } from "./options.ts";
import { deliveryEvent, messageEvent, replied } from "./reports.ts";
import { type ClientState, clientTable, isVain, mayBeFollowed } from "./table.ts";

/** Why a client session goes no further. `"decision"`: nothing is under way; the next command is the application's. */
export type SmtpClientWaiting = "bytes" | "decision" | "content" | "output" | "tls" | "closed";

/** What content is written through. */
export type ContentWriter = Stuffer | ChunkWriter;

/** What it holds. */
export type ContentWriterSnapshot = ReturnType<ContentWriter["snapshot"]>;

/**
 * So many chunks may be unanswered: if neither side read what the other sends, both would wait for ever (RFC 2920
 * §3.1), and so many replies find room in any connection.
 */
const MAX_UNANSWERED_CHUNKS = 16;

/** What a client session knows of messages on their way: when their parts may be sent, and what becomes of each. */
export abstract class ClientMessages<Mechanism extends SaslClient> extends ClientSession<
  SmtpClientEvent<Mechanism>,
  SmtpClientWaiting,
  ClientState,
  ClientCommand,
  SmtpClientMemory<Mechanism>,
  Reply,
  Mechanism
> {
  protected readonly settings: ClientSettings;
  /** What content under way is written through. */
  protected writer: ContentWriter | null = null;
  /** Pieces of it that are to be one chunk. */
  protected gathered: Gathered = new Gathered();

  constructor(settings: ClientSettings) {
    const lfEndsLine = settings.leniencies.bareLfEndsReply;
    super(settings, { lineEndings: "reject", lfEndsLine }, clientMemory(settings.tls), clientTable);
    this.settings = settings;
    this.makeWriter("data"); // a wrong option is refused here rather than in the middle of a transaction
  }

  override get mayTurn(): boolean {
    const last = this.memory.sent.at(-1)?.verb;
    return last === "STARTTLS" || last === "ATRN";
  }

  /** Whether content may be written now: what `waiting` says once events are pulled, of this moment. */
  get takesContent(): boolean {
    return this.memory.mode === "content" || (this.writer !== null && this.queue.first === undefined && this.#mayWrite);
  }

  protected get lmtp(): boolean {
    return this.settings.protocol === "lmtp";
  }

  protected makeWriter(form: "data" | "chunks", snapshot?: ContentWriterSnapshot): ContentWriter {
    const { lineEndings } = this.settings;
    if (form === "data") return new Stuffer({ lineEndings }, snapshot);
    return new ChunkWriter(this.memory.declared.content === "binary" ? "preserve" : lineEndings, snapshot);
  }

  /** Content that is being written in chunks goes on, though none of it was sent yet. */
  protected override get idleState(): ClientState {
    return this.writer === null ? super.idleState : "content";
  }

  protected override transmit(command: ClientCommand): void {
    super.transmit(command);
    if (!isChunk(command)) return;
    for (const piece of command.pieces.splice(0)) this.output.bytes(piece);
  }

  protected override maySend(last: ClientCommand | null, next: ClientCommand): boolean {
    const { mode, capabilities, sent } = this.memory;
    if (mode !== "commands") return false;
    if (last === null) return true;
    const grouped = this.settings.pipelining && capabilities?.keywords.has("PIPELINING");
    if (!grouped || !mayBeFollowed.has(last.verb)) return false;
    // DATA may hang on replies that are to come yet.
    if (next.verb === "RCPT" && isVain(next.verb, this.memory.state) && !sent.some(({ verb }) => verb === "MAIL"))
      return false;
    if (!isChunk(next)) return !isChunk(last);
    // How many replies there are to a last chunk after one that was refused, servers of LMTP do not agree on.
    if (this.lmtp && sent.some(isChunk)) return false;
    // Chunks wait until every recipient is decided (RFC 3030 §2), unless the application would not have it so.
    if (isChunk(sent[0]!)) return sent.length < MAX_UNANSWERED_CHUNKS;
    // RSET that is refused would leave them to the recipients before it.
    return next.ahead && this.memory.state !== "failed" && !sent.some(({ verb }) => verb === "RSET");
  }

  /** The message that is the next to have its fate has failed: tells so, and sends no more of it. */
  protected failNext(fate: MessageEvent["outcome"], reply: Reply | null): void {
    const end = this.#given.find(isEnd);
    if (end !== undefined) this.#sendNoMore(end);
    this.memory.events.push(end === undefined ? this.failWriting(fate, reply) : messageEvent(fate, end, reply));
  }

  /** The message that is being written has failed: sends no more of it, and gives the event that is to tell so. */
  protected failWriting(fate: MessageEvent["outcome"], reply: Reply | null): MessageEvent {
    const event = messageEvent(fate, this.writer!, reply);
    this.#sendNoMore(null);
    this.writer = null;
    this.gathered.take();
    this.memory.expected = "failed"; // until all is answered that was given before
    return event;
  }

  /**
   * Gives up the message that is being written. Its fate is certain at once, and told after those of the messages
   * before it.
   */
  protected breakOff(): void {
    const given = this.#given;
    const event = this.failWriting("not-accepted", null);
    // Between two messages there are commands.
    if (given.some(isEnd)) given.filter((command) => !isChunk(command)).at(-1)!.fate = event;
    else this.memory.events.push(event);
  }

  /** Tells the event of a command, and what was to be told after it. */
  protected tell(command: ClientCommand, event: SmtpClientEvent<Mechanism>): void {
    this.memory.events.push(event);
    if (command.fate !== undefined) this.memory.events.push(command.fate);
  }

  /** Commands that have no reply yet, sent or not. */
  get #given(): ClientCommand[] {
    return [...this.memory.sent, ...this.queue.toArray()];
  }

  /** @param end what ends the message; null: it is being written */
  #sendNoMore(end: MessageCommand | null): void {
    const { memory, queue } = this;
    const given = this.#given;
    const isNext = end === (given.find(isEnd) ?? null);
    const parts = partsOf(end, given);
    const begun = (isNext && memory.state === "content") || parts.some((part) => memory.sent.includes(part));
    for (const part of parts) part.void = true;
    for (const command of queue.takeAll()) if (!isChunk(command) || !command.void) queue.push(command);
    if (begun) memory.state = "failed";
  }

  /** Whether chunks are next, and after the replies to all commands before them. */
  protected get recipientsDecided(): boolean {
    const { mode, sent } = this.memory;
    const next = this.queue.first;
    const chunksNext = next === undefined ? this.writer !== null : isChunk(next);
    const open = sent.find((command) => !isChunk(command) || !command.void);
    return mode === "commands" && (open === undefined ? chunksNext : isChunk(open));
  }

  /** Whether a chunk would be sent at once. */
  get #mayWrite(): boolean {
    const { sent, eager } = this.memory;
    const empty: ChunkCommand = {
      verb: "BDAT",
      line: "",
      pieces: [],
      size: 0,
      ahead: eager >= this.gathered.size,
      void: false,
    };
    return this.maySend(sent.at(-1) ?? null, empty);
  }
}

/** A message has its reply. */
export function endMessage<Mechanism extends SaslClient>(
  memory: SmtpClientMemory<Mechanism>,
  command: MessageCommand,
  fate: MessageEvent["outcome"],
  reply: Reply,
): void {
  memory.state = command.line === "" || fate === "accepted" ? clientTable.message.content! : "failed";
  memory.delivered = 0;
  memory.anyDelivered = false;
  memory.events.push(messageEvent(fate, command, reply));
}

/** A message has the reply of one recipient; 421 is the last of all (RFC 5321 §3.8). */
export function endDelivery<Mechanism extends SaslClient>(
  memory: SmtpClientMemory<Mechanism>,
  command: MessageCommand,
  reply: Reply,
): void {
  const said = replied("message", reply);
  const { recipients, delivered } = memory;
  for (const to of reply.code === 421 ? recipients.slice(delivered) : [recipients[delivered]!]) {
    memory.delivered++;
    memory.events.push(deliveryEvent(to, said.outcome, reply));
  }
  memory.anyDelivered ||= said.ok;
  if (memory.delivered < recipients.length) return;
  memory.sent.shift();
  endMessage(memory, command, memory.anyDelivered ? "accepted" : said.outcome, reply);
}

/** The chunks, sent or not, of the message that ends so; null: of the one after the last end. */
function partsOf(end: MessageCommand | null, commands: readonly ClientCommand[]): (ChunkCommand | MessageCommand)[] {
  let parts: (ChunkCommand | MessageCommand)[] = [];
  for (const command of commands) {
    if (isChunk(command) && !command.void) parts.push(command);
    if (command === end) break;
    if (isEnd(command)) parts = [];
  }
  return parts;
}
