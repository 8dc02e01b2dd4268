import { checkObject, EventIterator, type SaslClient, StateError, withDefaults } from "dot-stuffing/session";
import { toReversePath } from "../client/commands.ts";
import { checkContent } from "../client/content.ts";
import { type PreparedMail, type PreparedRcpt, prepareMail, prepareRcpt } from "../client/envelope.ts";
import type { MessageEvent, SmtpClientEvent } from "../client/events.ts";
import type { SmtpClientWaiting } from "../client/messages.ts";
import type { SmtpClientSession } from "../client/session.ts";
import { outcome, type Reply } from "../syntax/reply/reply.ts";
import {
  type Batches,
  type Envelope,
  type EnvelopeProblem,
  mailOptions,
  messageSize,
  type PreparedRecipient,
  prepareRecipients,
  problemsOf,
  splitRecipients,
  usesChunks,
} from "./envelope.ts";
import type { RecipientReport, TransactionEvent, TransactionReport } from "./events.ts";

/** So much content is drawn on before the session looks at its input and its output again. In octets. */
const BURST = 65_536;

/** How a transaction goes. */
export interface TransactionOptions {
  /**
   * The content, or its pieces, drawn on as the connection takes them. What can be iterated once alone is sent once: recipients that
   * LIMITS splits off are then not sent to. Without it the content is written: see `"content"` events.
   */
  readonly content?: Uint8Array | Iterable<Uint8Array>;
  /** Sends content by BDAT where CHUNKING is offered. Default true. */
  readonly chunking?: boolean;
  /** Sends up to 65,536 octets by BDAT with the envelope, in one flight, against RFC 3030 §2. Default false. */
  readonly eagerBdat?: boolean;
}

interface Settings extends Required<Omit<TransactionOptions, "content">> {
  readonly content: TransactionOptions["content"] | undefined;
}
const DEFAULTS: Settings = { content: undefined, chunking: true, eagerBdat: false };

/**
 * Sends one message over a client session that is ready: checks first whether the server can take it, pipelines the envelope, goes
 * on with the recipients that were accepted, and tells what became of each. It stands in front of the session: its events are pulled
 * from it in place of the session's, octets go in and out by the session. BURL (RFC 4468) is the session's own.
 *
 * @example
 * ```ts
 * const transaction = new SmtpTransaction(session, { from: "a@example.com", to: ["b@example.org"] }, { content: message });
 * for (;;) {
 *   for (const event of transaction) if (event.type === "done") return event.report;
 *   for (let bytes; (bytes = session.takeOutput()); ) await write(bytes);
 *   if (transaction.waiting === "bytes") session.receive(await read());
 * }
 * ```
 */
export class SmtpTransaction<Mechanism extends SaslClient = SaslClient>
  implements Iterable<TransactionEvent<Mechanism>>
{
  readonly #session: SmtpClientSession<Mechanism>;
  readonly #options: Settings;
  readonly #recipients: readonly PreparedRecipient[];
  /** The commands of the envelope; none where it has problems. */
  readonly #mail: PreparedMail | null = null;
  readonly #rcpts: readonly PreparedRcpt[] = [];
  readonly #parts: Batches["batches"];
  readonly #problems: readonly EnvelopeProblem[];
  readonly #fates: (RecipientReport | null)[];
  readonly #events: TransactionEvent<Mechanism>[] = [];
  #part = 0;
  /** Places of recipients whose reply to RCPT has not come, and of those accepted whose fate is open. */
  #awaited: number[] = [];
  #open: number[] = [];
  /** What refused MAIL: the replies to RCPT follow from it. */
  #refusal: Refusal | null = null;
  /** The pieces of the content in work, and whether they can be drawn on once only. */
  #pieces: Iterator<Uint8Array> | null = null;
  #once = false;
  #asked = false;
  /** Whether the session has not looked at its input since content was sent. */
  #fed = false;
  /** Nobody is to receive the content that DATA has asked for; there is still a reply to come. */
  #settling = false;
  #aborted = false;
  #size = 0;
  #stuffedLines = 0;
  #report: TransactionReport | null = null;

  /**
   * Begins at once: what it sends is the session's output.
   *
   * @throws TypeError for content that cannot be iterated, and for recipients that are no list
   * @throws RangeError for what is no path, and for parameters outside their range
   * @throws StateError unless the session is ready for MAIL with nothing under way, and where TLS is wanted before it
   */
  constructor(session: SmtpClientSession<Mechanism>, envelope: Envelope, options: TransactionOptions = {}) {
    checkObject("session", session);
    checkObject("envelope", envelope);
    const settings = withDefaults("options", options, DEFAULTS);
    const { content } = settings;
    const { state, remaining, tls } = session;
    if (state !== "ready" || session.timeout !== null) {
      throw new StateError("SmtpTransaction", `in state "${state}"`, 'it in state "ready", with nothing under way');
    }
    const capabilities = session.capabilities!;
    if (content !== undefined) checkContent(content);
    const size = envelope.size ?? (content instanceof Uint8Array ? sizeOf(content, envelope) : undefined);
    const from = toReversePath(envelope.from);
    const recipients = prepareRecipients(envelope);
    const mail = mailOptions(size === undefined ? envelope : { ...envelope, size }, from, recipients);
    this.#session = session;
    this.#options = settings;
    this.#recipients = recipients;
    this.#fates = recipients.map(() => null);
    this.#problems = problemsOf(mail, recipients, capabilities, tls, remaining.mails);
    if (this.#problems.length > 0) {
      this.#parts = [];
      this.#finish(this.#problems.map(({ text }) => text).join("; "));
      return;
    }
    this.#mail = prepareMail(from, mail, capabilities, tls);
    const { smtputf8 } = this.#mail.declared;
    this.#rcpts = recipients.map(({ path, options: each }) => prepareRcpt(path, each, capabilities, smtputf8));
    const { batches, beyond } = splitRecipients(recipients, capabilities.limits?.rcptMax ?? null, remaining);
    this.#parts = batches;
    for (const place of beyond)
      this.#decide(place, "not-accepted", null, "beyond what LIMITS allows on this connection");
    this.#next();
  }

  /** Why there are no more events: `"decision"` once it is done, else what the session waits for. */
  get waiting(): SmtpClientWaiting {
    const { waiting, state } = this.#session;
    if (this.#report === null) return waiting;
    return state === "closed" ? "closed" : "decision";
  }

  /** What became of it; null as long as it is under way. */
  get report(): TransactionReport | null {
    return this.#report;
  }

  /** The next thing that happened. Null: nothing more can be said now, and `waiting` says why. */
  nextEvent(): TransactionEvent<Mechanism> | null {
    for (;;) {
      const known = this.#events.shift();
      if (known !== undefined) return known;
      if (this.#report !== null) return null;
      // Content goes before more replies are read, as if these had not come yet; but they are looked at between two bursts of it.
      for (let fed = 0; !this.#fed && fed < BURST && this.#session.takesContent && this.#events.length === 0; ) {
        const length = this.#feed();
        if (length === null) break;
        fed += length + 1;
      }
      if (this.#events.length > 0) continue;
      const event = this.#session.nextEvent();
      const { waiting } = this.#session;
      this.#fed = event === null && waiting !== "content";
      if (event !== null) this.#take(event);
      else if (this.#settling && waiting === "decision") this.#next();
      else if (waiting !== "content" || this.#options.content === undefined) return null;
    }
  }

  /** Pulls events until `nextEvent()` returns null. Leaving the loop early loses nothing: loop again and go on. */
  [Symbol.iterator](): IterableIterator<TransactionEvent<Mechanism>, undefined> {
    return new EventIterator(this, () => this.#session[Symbol.iterator]().return!());
  }

  /** Sends a piece of content, as the session's `write` does. @throws StateError unless `waiting` is `"content"` */
  write(bytes: Uint8Array): this {
    this.#session.write(bytes);
    return this;
  }

  /** Ends the content. @param bytes the last piece @throws StateError unless `waiting` is `"content"` */
  end(bytes?: Uint8Array): this {
    this.#session.end(bytes);
    return this;
  }

  /**
   * Gives up as soon as events are pulled: the message is accepted for no more recipients. Behind DATA this closes the connection.
   * Content that was sent to its end is the server's already.
   */
  abort(): void {
    this.#aborted = true;
  }

  /** Sends the envelope of one part. */
  #begin(): void {
    const { content, chunking, eagerBdat } = this.#options;
    const places = this.#parts[this.#part++]!;
    const session = this.#session;
    const mail = this.#mail!;
    session.giveEnvelope(
      mail,
      places.map((place) => this.#rcpts[place]!),
    );
    this.#awaited = [...places];
    this.#open = [];
    this.#refusal = null;
    this.#asked = this.#settling = false;
    if (content !== undefined && !(content instanceof Uint8Array)) {
      this.#pieces = content[Symbol.iterator]();
      this.#once = (this.#pieces as unknown) === content;
    }
    if (usesChunks(session.capabilities!, chunking, mail.declared.content)) session.bdat({ eager: eagerBdat });
    else session.data();
  }

  /** Content is wanted: gives how many octets of it were sent; null: it has to be written. */
  #feed(): number | null {
    const session = this.#session;
    const { content } = this.#options;
    if (this.#aborted) session.abort();
    else if (content instanceof Uint8Array) this.#guarded(() => session.end(content));
    else if (content !== undefined) return this.#draw();
    else {
      if (this.#asked) return null;
      this.#asked = true;
      this.#events.push({ type: "content", part: this.#part, parts: this.#parts.length, answer: "none" });
    }
    return 0;
  }

  /** Sends the next piece, or the content's end. */
  #draw(): number {
    let length = 0;
    this.#guarded(() => {
      const { done, value } = this.#pieces!.next();
      if (done) this.#session.end();
      else {
        this.#session.write(value);
        length = value.length;
      }
    });
    return length;
  }

  /** Content that cannot be read, or be sent, ends the transaction: no part of it may pass for the whole. */
  #guarded(send: () => void): void {
    try {
      send();
    } catch (error) {
      this.#aborted = true;
      this.#session.abort();
      throw error;
    }
  }

  #take(event: SmtpClientEvent<Mechanism>): void {
    switch (event.type) {
      case "mail":
        if (!event.ok) this.#refusal = event;
        return;
      case "rcpt": {
        const place = this.#awaited.shift()!;
        if (event.ok && this.#refusal === null) this.#open.push(place);
        else this.#decideBy(place, this.#refusal ?? event);
        return;
      }
      case "data":
        this.#settling = !event.ok && event.reply !== null && outcome(event.reply) === "intermediate";
        if (!event.ok && !this.#settling) this.#endPart(event);
        return;
      case "bdat":
        return;
      case "delivery":
        this.#decideBy(this.#open.shift()!, event);
        return;
      case "message":
        this.#size = event.size;
        this.#stuffedLines = event.stuffedLines;
        this.#endPart(event);
        return;
      case "rset":
        if (event.ok) this.#next();
        else if (this.#session.state !== "closed") this.#finish("the server refused RSET");
        return;
      case "closed":
        this.#pieces?.return?.();
        this.#finish(`the connection ended: ${event.cause}`);
        this.#events.push(event);
        return;
      default:
        this.#events.push(event);
    }
  }

  /** A part is over, and whoever it was still to reach shares its fate. */
  #endPart(fate: Refusal): void {
    for (const place of this.#open.splice(0)) this.#decideBy(place, fate);
    const { state } = this.#session;
    if (state === "ready") this.#next();
    else if (state !== "closed") this.#session.rset();
  }

  /** The next part, if there is one that can be sent. */
  #next(): void {
    this.#pieces?.return?.();
    if (this.#part === this.#parts.length) this.#finish("");
    else if (this.#aborted) this.#finish("given up");
    else if (this.#once) this.#finish("the content can be read once only, and LIMITS splits the recipients");
    else this.#begin();
  }

  #decideBy(place: number, { outcome, reply }: Refusal): void {
    if (reply !== null) this.#decide(place, outcome, reply, reply.lines.join(" "));
    else if (outcome === "unknown") this.#decide(place, outcome, null, "the connection ended before the reply came");
    else this.#decide(place, "not-accepted", null, "the message was not sent to its end");
  }

  #decide(place: number, outcome: MessageEvent["outcome"], reply: Reply | null, text: string): void {
    const to = this.#recipients[place]!.path;
    const report = { to, outcome, code: reply?.code ?? null, enhanced: reply?.enhanced ?? null, text };
    this.#fates[place] = report;
    this.#events.push({ type: "recipient", ...report, answer: "none" });
  }

  /** It is over: those who have no fate yet were not sent to. */
  #finish(text: string): void {
    for (const [place, fate] of this.#fates.entries()) {
      if (fate === null) this.#decide(place, "not-accepted", null, text);
    }
    const recipients = this.#fates as RecipientReport[];
    this.#report = {
      problems: this.#problems,
      recipients,
      size: this.#size,
      stuffedLines: this.#stuffedLines,
    };
    this.#events.push({ type: "done", report: this.#report, answer: "none" });
  }
}

/** What decides a fate. */
interface Refusal {
  readonly outcome: MessageEvent["outcome"];
  readonly reply: Reply | null;
}

function sizeOf(content: Uint8Array, envelope: Envelope): number {
  return envelope.content === "binary" ? content.length : messageSize(content);
}
