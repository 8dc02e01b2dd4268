import {
  checkContent,
  checkObject,
  EventIterator,
  Queue,
  type SaslClient,
  StateError,
  withDefaults,
} from "dot-stuffing/session";
import { isLarge } from "../client/content.ts";
import type { ClientCloseCause, SmtpClientEvent } from "../client/events.ts";
import type { SmtpClientWaiting } from "../client/messages.ts";
import {
  expectTlsForMail,
  giveEnvelope,
  isTaken,
  putBack,
  type SmtpClientSession,
  writeDrawn,
} from "../client/session.ts";
import { outcome, type Reply } from "../syntax/reply/reply.ts";
import { type Batches, splitRecipients } from "./batches.ts";
import { type Envelope, prepareEnvelope, usesChunks } from "./envelope.ts";
import type { TransactionEvent, TransactionReport } from "./events.ts";
import { Fates, type Result } from "./fates.ts";
import { commandsOf, type EnvelopeCommands, NOT_7BIT } from "./problems.ts";
import { ContentSource } from "./source.ts";

/** So much content is drawn on before the session looks at its input and its output again. In octets. */
const BURST = 65_536;

/** Why recipients that LIMITS splits off are not sent to. */
const ONCE = "the content can be read once only, and LIMITS splits the recipients";
const NOT_TO_ITS_END = "the message was not sent to its end";

/** How a transaction goes. */
export interface TransactionOptions {
  /**
   * The content, or its pieces, drawn on as the connection takes them. Small ones are copied and joined, unless they
   * are an array's; one of 16,384 octets or more is sent as it is, and the next drawn on once it was taken as output:
   * so an iterable may make each in the buffer of the one before, if output that was taken is written before events are
   * pulled again. Of a Uint8Array the size is declared, and it is looked at beforehand: ASCII of which the envelope
   * says nothing is sent as that, and ASCII that it calls `"8bit"` needs no 8BITMIME. Of pieces the envelope's word
   * counts. What can be iterated once alone is sent once: recipients that LIMITS splits off are then not sent to.
   * Without it the content is written: see `"content"` events.
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
 * Sends one message over a client session that is ready: checks first whether the server can take it, pipelines the
 * envelope, goes on with the recipients that were accepted, and tells what became of each. It stands in front of the
 * session: its events are pulled from it in place of the session's, octets go in and out by the session. BURL (RFC
 * 4468) is the session's own.
 *
 * @example
 * ```ts
 * const envelope = { from: "a@example.com", to: ["b@example.org"] };
 * const transaction = new SmtpTransaction(session, envelope, { content: message });
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
  readonly #commands: EnvelopeCommands;
  readonly #parts: Batches["batches"];
  readonly #fates: Fates;
  readonly #events: Queue<TransactionEvent<Mechanism>> = new Queue();
  #part = 0;
  /** Null: the content is written. */
  readonly #source: ContentSource | null;
  /** Octets of the content, as they were given, of the part in work. */
  #given = 0;
  /** The same of the first part that came to its end. */
  #whole: number | null = null;
  /** Whether the content of the part in work was written to its end, and that part has no fate. */
  #isEnded = false;
  /** Whether the last piece may be in the output as it is: the next one may be made in its buffer. */
  #isLent = false;
  /** Whether the last `nextEvent()` gave null as the output has to be taken before the next piece is made. */
  #waitsForOutput = false;
  /** Whether there was a `"content"` event for the part in work. */
  #asked = false;
  /** The session, asked last, waits for something other than content. */
  #wantsOther = false;
  /** Nobody is to receive the content that DATA has asked for; there is still a reply to come. */
  #settling = false;
  #aborted = false;
  /** What recipients are told who are not sent to, as it was given up. */
  #why: string | null = null;
  #size = 0;
  #stuffedLines = 0;
  #report: TransactionReport | null = null;
  /** Whether the session's last event is to be pulled after `done`, from wherever that is done. */
  #owesClosed = false;

  /**
   * Begins at once: what it sends is the session's output.
   *
   * @throws TypeError for content that cannot be iterated, and for recipients that are no list
   * @throws RangeError for a text that is no path, and for parameters outside their range. What a server session has
   *   accepted of another client is never thrown at: see the report's `problems`
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
    expectTlsForMail(session);
    const capabilities = session.capabilities!;
    if (content !== undefined) checkContent(content);
    const whole = content instanceof Uint8Array ? content : null;
    const prepared = prepareEnvelope(envelope, capabilities, whole);
    const { recipients } = prepared;
    this.#session = session;
    this.#options = settings;
    this.#source = content === undefined ? null : new ContentSource(content);
    this.#fates = new Fates(recipients, (report) =>
      this.#events.push({ type: "recipient", ...report, answer: "none" }),
    );
    this.#commands = commandsOf(prepared, { capabilities, tls, messages: remaining.mails }, whole);
    const { problems } = this.#commands;
    if (problems.length > 0) {
      this.#parts = [];
      this.#finish([...new Set(problems.map(({ text }) => text))].join("; "));
      return;
    }
    const { batches, beyond } = splitRecipients(recipients, capabilities.limits?.rcptMax ?? null, remaining);
    this.#parts = batches;
    this.#fates.leaveOut(beyond, "beyond what LIMITS allows on this connection");
    this.#next();
  }

  /**
   * Why there are no more events: `"decision"` once it is done, else what the session waits for. As long as events wait
   * to be pulled it is `"output"`: take that, and go round the loop once more. The session's own `waiting` does not
   * know of the transaction.
   */
  get waiting(): SmtpClientWaiting {
    const { waiting, state } = this.#session;
    if (this.#events.first !== undefined || this.#owesClosed) return "output";
    if (this.#report === null) return this.#waitsForOutput ? "output" : waiting;
    return state === "closed" ? waiting : "decision";
  }

  /**
   * What became of it: `done` has the same. Before that, as where an error has ended the loop, what is known: a
   * recipient without a fate is `"unknown"` where the message was written to its end, else `"not-accepted"`. To be sure
   * of more, pull on: content that failed is given up, and the rest is told.
   */
  get report(): TransactionReport {
    return this.#report ?? this.#reportOf(this.#fates.soFar(this.#isEnded));
  }

  /** Whether it is done: what the session has to say from then on is no longer of the transaction. */
  get isOver(): boolean {
    return this.#report !== null;
  }

  /** As the session's: another number for each part that the recipients are split into. */
  get contentNumber(): number | null {
    return this.#session.contentNumber;
  }

  /**
   * The next thing that happened. Null: nothing more can be said now, and `waiting` says why. After `done` only the
   * session's `closed` comes, if it has ended and that was not pulled from it.
   */
  nextEvent(): TransactionEvent<Mechanism> | null {
    for (;;) {
      if (this.#events.first !== undefined) return this.#events.shift()!;
      if (this.#report !== null) return this.#nextBehindDone();
      // Content goes before more replies are read, as if these had not come yet; but they are looked at between two
      // bursts of it.
      let fed = 0;
      while (!this.#wantsOther && fed < BURST && this.#session.takesContent && this.#isPulled && !this.#isHeld) {
        const length = this.#feed();
        if (length === null) break;
        fed += length + 1;
      }
      if (fed >= BURST && this.contentNumber !== null) this.#session.flush();
      if (!this.#isPulled) continue;
      const event = this.#session.nextEvent();
      const { waiting } = this.#session;
      this.#wantsOther = event === null && waiting !== "content";
      if (event !== null) this.#take(event);
      else if (this.#settling && waiting === "decision") this.#next();
      else if (waiting !== "content" || this.#source === null || this.#isHeld) {
        this.#waitsForOutput = waiting === "content" && this.#isHeld;
        return null;
      }
    }
  }

  /** Pulls events until `nextEvent()` returns null. Leaving the loop early loses nothing: loop again and go on. */
  [Symbol.iterator](): IterableIterator<TransactionEvent<Mechanism>, undefined> {
    return new EventIterator(this, () => this.#release());
  }

  /**
   * Sends a piece of content, as the session's `write` does: it is borrowed until it was taken as output.
   *
   * @throws StateError unless `waiting` is `"content"`
   */
  write(bytes: Uint8Array): this {
    this.#session.write(bytes);
    this.#given += bytes.length;
    return this;
  }

  /**
   * Sends what was written and waits for more, as the session's `flush` does.
   *
   * @throws StateError unless `waiting` is `"content"`
   */
  flush(): this {
    this.#session.flush();
    return this;
  }

  /**
   * Ends the content. One of another size than a part before it had is given up: it is not the same message.
   *
   * @param bytes the last piece
   * @throws StateError unless `waiting` is `"content"`
   */
  end(bytes?: Uint8Array): this {
    const given = this.#given + (bytes?.length ?? 0);
    if (this.contentNumber !== null && this.#whole !== null && given !== this.#whole) {
      this.abort("the content is of another size than it was for the recipients before");
      this.#session.abort();
      return this;
    }
    this.#session.end(bytes);
    this.#isEnded = true;
    this.#whole = given;
    return this;
  }

  /**
   * Gives up as soon as events are pulled: the message is accepted for no more recipients. Commands that were given to
   * the session still go out, one by one where the server has no PIPELINING. After DATA this closes the connection.
   * Content that was sent to its end is the server's already.
   *
   * @param why the text for recipients who are not sent to for it. Default: in our words
   */
  abort(why?: string): void {
    this.#aborted = true;
    this.#why ??= why ?? null;
  }

  get #isPulled(): boolean {
    return this.#events.first === undefined;
  }

  /** Whether the next piece of content waits until the one before was taken. */
  get #isHeld(): boolean {
    return this.#isLent && !this.#aborted && !isTaken(this.#session);
  }

  /** Lets the caller have its chunk back. */
  #release(): void {
    this.#session[Symbol.iterator]().return!();
  }

  #nextBehindDone(): TransactionEvent<Mechanism> | null {
    const event = this.#owesClosed ? this.#session.nextEvent() : null;
    if (event?.type === "closed") return event;
    if (this.#session.waiting === "closed") this.#owesClosed = false;
    this.#release();
    return null;
  }

  /** Sends the envelope of one part. */
  #begin(): void {
    const { chunking, eagerBdat } = this.#options;
    const { mail, recipients } = this.#commands;
    const session = this.#session;
    if (!this.#open()) {
      this.#finish(ONCE);
      return;
    }
    this.#given = 0;
    const places = this.#parts[this.#part++]!;
    const rcpts = places.map((place) => recipients[place]!);
    giveEnvelope(session, mail!, rcpts);
    this.#fates.begin(places);
    this.#asked = this.#settling = false;
    if (usesChunks(session.capabilities!, chunking, mail!.declared.content)) session.bdat({ eager: eagerBdat });
    else session.data();
  }

  /** Begins to draw on the content. False: it can be read once only, and was. */
  #open(): boolean {
    try {
      return this.#source?.open() ?? true;
    } catch (error) {
      this.#finish("the content cannot be read");
      throw error;
    }
  }

  /** Content is wanted: gives how many octets of it were sent; null: it has to be written. */
  #feed(): number | null {
    if (this.#aborted) this.#session.abort();
    else if (this.#source !== null) return this.#draw(this.#source);
    else {
      if (this.#asked) return null;
      this.#asked = true;
      this.#events.push({ type: "content", part: this.#part, parts: this.#parts.length, answer: "none" });
    }
    return 0;
  }

  /** Sends the next piece, or the content's end, and gives the piece's length. */
  #draw(source: ContentSource): number {
    try {
      const { done, value } = source.next();
      // Whoever reads it may have ended the session.
      if (this.contentNumber === null) return 0;
      if (done) {
        this.end(value);
        return 0;
      }
      if (source.isList) this.#session.write(value);
      else writeDrawn(this.#session, value);
      this.#isLent = !source.isList && isLarge(value);
      this.#given += value.length;
      return value.length;
    } catch (error) {
      // Content that cannot be read, or be sent, ends the transaction: no part of it may pass for the whole.
      this.#aborted = true;
      // The same there, which is no reason to hide what failed.
      if (this.contentNumber !== null) this.#session.abort();
      throw error;
    }
  }

  #take(event: SmtpClientEvent<Mechanism>): void {
    switch (event.type) {
      case "mail":
      case "rcpt":
        this.#fates[event.type](event);
        return;
      case "delivery":
        if (this.#isFate(event)) this.#fates.delivery(event);
        return;
      case "data":
        this.#settling = !event.ok && event.reply !== null && outcome(event.reply) === "intermediate";
        if (!event.ok && !this.#settling) this.#endPart(event);
        return;
      case "bdat":
        return;
      case "message":
        // A part that came to nothing on its way does not change what was sent whole before.
        if (this.#isEnded || this.#whole === null) {
          this.#size = event.size;
          this.#stuffedLines = event.stuffedLines;
        }
        this.#endPart(event);
        return;
      case "rset":
        if (event.ok) this.#next();
        else if (this.#session.state !== "closed") this.#finish("the server refused RSET");
        return;
      case "closed":
        this.#owesClosed = true;
        putBack(this.#session, event);
        this.#letGo(() => this.#finish(this.#why ?? `${NOT_TO_ITS_END}: ${whyClosed(event.cause)}`, replyOf(event)));
        return;
      default:
        this.#events.push(event);
    }
  }

  /** A part is over, and whoever it was still to reach shares its fate. */
  #endPart(fate: Result): void {
    const { state } = this.#session;
    this.#isEnded = false;
    if (this.#isFate(fate)) this.#fates.message(fate, this.#why ?? NOT_TO_ITS_END);
    if (state === "ready") this.#next();
    else if (state !== "closed") this.#session.rset();
  }

  /** That there is no reply is no fate yet: why the connection ends is the last thing that the session says. */
  #isFate({ reply, outcome: said }: Result): boolean {
    return this.#session.state !== "closed" || reply !== null || said === "unknown";
  }

  /** The next part, if there is one that can be sent. */
  #next(): void {
    this.#letGo(() => {
      if (this.#part === this.#parts.length) this.#finish("");
      else if (this.#aborted) this.#finish(this.#why ?? "given up");
      else this.#begin();
    });
  }

  /**
   * Goes on, and lets go of the content that was drawn on until now: whatever that throws, it comes when all is in
   * order.
   */
  #letGo(goOn: () => void): void {
    const pieces = this.#source?.take();
    goOn();
    pieces?.return?.();
  }

  /** It is over: those who have no fate yet were not sent to. @param reply the 421 that says so */
  #finish(text: string, reply: Reply | null = null): void {
    const report = this.#reportOf(this.#fates.end(text, reply));
    this.#report = report;
    this.#events.push({ type: "done", report, answer: "none" });
  }

  #reportOf(recipients: TransactionReport["recipients"]): TransactionReport {
    return { problems: this.#commands.problems, recipients, size: this.#size, stuffedLines: this.#stuffedLines };
  }
}

function replyOf(event: SmtpClientEvent & { readonly type: "closed" }): Reply | null {
  return event.cause === "reply-421" ? event.reply : null;
}

function whyClosed(cause: ClientCloseCause): string {
  return cause === "content-not-7bit" ? NOT_7BIT : `the connection ended: ${cause}`;
}
