import {
  type Closing,
  checkObject,
  checkType,
  outOfRange,
  type SaslServer,
  type SessionSnapshot,
  StateError,
} from "dot-stuffing/session";
import type { Reply } from "../syntax/reply/reply.ts";
import { type Answered, acceptance, NO_EVENT, wireForm } from "./answering.ts";
import { ServerEngine } from "./engine.ts";
import type { SmtpServerEvent } from "./events.ts";
import { breakGroup, countAuthFailure, countError, countIdle, countRefusal } from "./limits.ts";
import { addRecipient, beginTransaction, type Chunk, changeClient, forgive } from "./memory.ts";
import type { ServerAwaited, SmtpServerOptions } from "./options.ts";
import {
  type Answerable,
  answers,
  checkRefusal,
  completeReply,
  faults,
  isAnswerable,
  legalAnswers,
  type ReplyInput,
  type ReplyParts,
  type ReplyTemplate,
} from "./replies.ts";
import { sharedBy } from "./settings.ts";
import { afterRefusal, cellOf, isServerVerb, type ServerState, type ServerVerb } from "./table.ts";

/**
 * The server's side of an SMTP connection (RFC 5321), without I/O: octets in by `receive`, events out by iterating,
 * answers in by `accept`, `reject` and `reply`, octets out by `takeOutput`.
 *
 * @typeParam Mechanism the type of the mechanism objects handed to `authenticate`, which `"sasl"` events carry
 * @example
 * ```ts
 * const session = new SmtpServerSession({ host: "mx.example.com" });
 * while (session.waiting !== "closed") {
 *   for (const event of session) {
 *     if (event.type === "rcpt" && !users.has(event.to.address)) session.reject({ code: 550, enhanced: "5.1.1" });
 *     else if (event.answer === "needed") session.accept();
 *   }
 *   for (let bytes; (bytes = session.takeOutput()); ) await write(bytes); // first of all the greeting
 *   if (session.waiting === "bytes") session.receive(await read());
 * }
 * ```
 */
export class SmtpServerSession<Mechanism extends SaslServer = SaslServer> extends ServerEngine<Mechanism> {
  /** @throws TypeError or RangeError naming the option that is missing or outside its range. */
  constructor(options: SmtpServerOptions) {
    super(sharedBy(checkObject("options", options)));
  }

  /**
   * The session that a snapshot was taken of.
   *
   * @param options those of that session
   * @param mechanism that of the exchange under way, if there is one
   * @throws TypeError for anything but a snapshot of a server session, or where the mechanism is missing.
   */
  static restore<Mechanism extends SaslServer = SaslServer>(
    snapshot: SessionSnapshot,
    options: SmtpServerOptions,
    mechanism: Mechanism | null = null,
  ): SmtpServerSession<Mechanism> {
    return new this<Mechanism>(options).takeOver(snapshot, mechanism); // a class that names itself is renamed by the build
  }

  /** Where the session stands in `serverTable`. */
  get state(): ServerState {
    return this.memory.state;
  }

  /** Whether an AUTH exchange succeeded since the connection, or TLS, began. */
  get authenticated(): boolean {
    return this.memory.authenticated;
  }

  /**
   * How long to wait for the client's next command, or for more of its content: what the option `timeouts` says, by
   * default as RFC 5321 §4.5.3.2.7 has it. In seconds. For a command it begins with the wait, and anew with an event or
   * output: not with every octet. For content every octet does.
   */
  get timeout(): { readonly seconds: number; readonly for: ServerAwaited } {
    const { mode } = this.memory;
    const awaited = mode === "content" || mode === "skip" ? "content" : "command";
    return { seconds: this.shared.settings.timeouts[awaited], for: awaited };
  }

  /**
   * Within how many seconds every command should be answered: for submission 120 (RFC 6409 §5.3); null: no document has
   * a figure.
   */
  get answerWithin(): number | null {
    return this.shared.settings.protocol === "submission" ? 120 : null;
  }

  /**
   * Accepts what the last event asks for.
   *
   * @param input the reply's text, or parts of the reply, where the default does not suit
   * @throws StateError if the last event is not one that can be accepted.
   * @throws RangeError for a reply of another class than the default's (354 to MAIL), or that cannot be written; for
   *   any reply to `"bdat"`, which is answered after its chunk, and to the last `"burl"`, which is answered by the
   *   message.
   */
  accept(input?: ReplyInput): this {
    return this.#accept("accept()", input);
  }

  #accept(call: string, input?: ReplyInput): this {
    const event = this.#answerable(call);
    const endsMessage = event.type === "burl" && event.last;
    const template = endsMessage ? null : answers[event.type].accept;
    if (template !== null) this.output.text(acceptance(input, template, event, this.shared, this.memory));
    else if (event.type !== "bdat" && event.type !== "burl") throw this.wrongAnswer(call);
    else if (input !== undefined) throw outOfRange("input", "nothing: content is answered at its end");
    this.memory.pending = null;
    this.#accepted(event);
    return this;
  }

  /**
   * Refuses what the last event asks for; after a `"content"` event: the message, once its end, or its chunk's, has
   * come. It changes nothing where the message is refused already, for what the client sent, or is lost, since the
   * session was shut down.
   *
   * @param input the reply's text, or parts of the reply, where the default does not suit; 421 closes the connection
   * @throws StateError if the last event is not one that can be refused; NOOP, RSET and QUIT can by 421 alone.
   * @throws RangeError for a reply that is not 4yz or 5yz, or that cannot be written.
   */
  reject(input?: ReplyInput): this {
    return this.#reject("reject()", input);
  }

  #reject(call: string, input?: ReplyInput): this {
    const { memory } = this;
    if (memory.mode === "content") {
      // What was refused for the client's own fault stays refused for it.
      if (memory.refusal === null) this.#refuseContent(input);
      return this;
    }
    if (this.#untold) return this;
    const event = this.#answerable(call);
    const template = answers[event.type].reject ?? this.#farewell(call, input);
    if (event.type === "bdat") {
      this.#refuseContent(input, event);
      return this;
    }
    const reply = checkRefusal(completeReply(input, template), event.type);
    if (reply.code === 521 && this.shared.settings.protocol === "submission") {
      throw outOfRange("code", "another than 521 on a submission server (RFC 6409 section 7)");
    }
    this.#send(reply, event);
    memory.pending = null;
    if (reply.code === 421) this.close("reply-421");
    else this.#rejected(event, reply);
    return this;
  }

  /**
   * Answers the last event with this reply: accepts with a 2yz or 3yz one, refuses with 4yz or 5yz. The only answer to
   * `"violation"`, `"unknown"`, `"refused"` and `"authentication-failed"`, whose defaults it replaces.
   *
   * @throws StateError if no answer is owed.
   * @throws RangeError for a reply that the event does not allow, or that cannot be written.
   */
  reply(input: ReplyInput & { readonly code: number }): this {
    const event = this.#owed("reply()");
    if (event.type === "sasl") throw this.wrongAnswer("reply()");
    checkType("code", "number", checkObject("input", input).code);
    if (event.type in answers)
      return input.code < 400 ? this.#accept("reply()", input) : this.#reject("reply()", input);
    const reply = completeReply(input, defaultOf(event));
    this.#finish(event, event.type === "unknown" ? reply : checkRefusal(reply, event.type));
    return this;
  }

  /**
   * TLS is active, and not as secure as it should be: from now on QUIT alone does anything, and all else gets 554 (RFC
   * 3207 §4.1).
   *
   * @throws StateError unless TLS is active and no hello was accepted since it began.
   */
  refuseTls(): void {
    const { memory } = this;
    if (memory.pending !== null || memory.events.length > 0) {
      throw new StateError("refuseTls()", "while an event is to be answered", "its answer, which may refuse it");
    }
    if (!memory.tls || memory.state !== "greeted" || memory.mode !== "commands") {
      throw new StateError("refuseTls()", `in state "${memory.state}"`, "it once TLS has begun, before a hello");
    }
    memory.state = "refused";
    memory.refusedWith = "weakTls";
  }

  /**
   * A SASL mechanism has negotiated a security layer, and its `"authenticated"` event was accepted: what was learnt
   * before is forgotten but who the client is (RFC 4954 §4), what XCLIENT and XFORWARD said among it. What is output
   * now goes unprotected, what is output from here on is the caller's to protect, and `receive()` is given what was
   * unprotected.
   *
   * @returns protected octets that were received already, in pieces: those after the client's last response
   * @throws StateError unless AUTH has just succeeded, its event was accepted, and nothing after the response has been
   *   read
   */
  beginSecurityLayer(): Uint8Array<ArrayBuffer>[] {
    const unread = this.takeProtected(this.memory.authenticated);
    this.startOver();
    return unread;
  }

  /**
   * The client was silent for longer than `timeout`: sends 421 and closes (RFC 5321 §3.8). With an answer owed it is
   * the server that is late, and the client is told once it has its reply, as in `shutdown`.
   */
  timedOut(): void {
    this.#shutDown(faults.timedOut, "timeout");
  }

  /**
   * Sends 421 after the replies already due, and closes (RFC 5321 §3.8). An answer that is owed is still yours to give,
   * and waited for, to a message for each of its recipients in LMTP: what was stored is not sent again. No further
   * command is read. The 421 takes the place of a default reply that would have the client go on: 220, 354; and none is
   * sent where the client awaits a TLS handshake. To answer an event itself with 421, `reject({ code: 421 })`.
   *
   * @throws TypeError unless the text is one, RangeError for one that cannot be written.
   */
  shutdown(text: string = faults.shutdown.text): void {
    this.#shutDown({ ...faults.shutdown, text: checkType("text", "string", text) }, "shutdown");
  }

  protected override answerByDefault(event: SmtpServerEvent<Mechanism>): void {
    if (isAnswerable(event)) this.accept();
    else if (event.type === "unknown") this.#finish(event, completeReply(undefined, faults.unknown));
    else this.#finish(event, (event as { readonly reply: Reply }).reply);
  }

  protected override wrongAnswer(call: string): StateError {
    const { pending } = this.memory;
    if (pending === null) return new StateError(call, "while no answer is owed", "nextEvent() and takeOutput()");
    return new StateError(call, `after a "${pending.type}" event`, legalAnswers(pending.type));
  }

  /** What completes 421, the one refusal that every command may get (RFC 5321 §4.2.2). */
  #farewell(call: string, input: ReplyInput | undefined): ReplyTemplate {
    if ((input as ReplyParts | undefined)?.code === faults.shutdown.code) return faults.shutdown;
    throw this.wrongAnswer(call);
  }

  /** Refuses the message in work, or the chunk that was to come. */
  #refuseContent(input: ReplyInput | undefined, chunk: Chunk | null = null): void {
    const reply = checkRefusal(completeReply(input, answers.message.reject!), "message");
    wireForm(reply, NO_EVENT, this.shared, this.memory); // throws now rather than at the message's end
    if (chunk !== null) {
      this.memory.pending = null;
      this.intake.beginChunk(chunk);
    }
    this.intake.refuse(reply);
  }

  /** What an accepted event leads to. */
  #accepted(event: SmtpServerEvent<Mechanism>): void {
    const { memory } = this;
    switch (event.type) {
      case "connect":
        memory.mode = "commands";
        return;
      case "mail":
        beginTransaction(memory, event);
        return;
      case "rcpt":
        addRecipient(memory, event, this.shared.settings);
        return;
      case "bdat":
        this.intake.beginChunk(event); // it leads on once its chunk has come
        return;
      case "burl": {
        const ended = this.intake.endUrl(event.last);
        if (ended !== null) memory.events.push(ended);
        return;
      }
      case "message":
      case "delivery":
        forgive(memory);
        return;
      case "authenticated":
        memory.authenticated = true;
        return;
    }
    if (isServerVerb(memory.verb)) this.#follow(memory.verb);
    switch (event.type) {
      case "helo":
      case "ehlo":
      case "lhlo":
        this.intake.abort("hello", memory.state);
        this.greet(event.type.toUpperCase() as Uppercase<typeof event.type>);
        break;
      case "data":
        this.intake.beginData();
        return;
      case "rset":
        this.intake.abort("rset", memory.state);
        break;
      case "xclient":
        changeClient(memory, event.attributes);
        this.greet(null);
        return;
      case "xforward":
        memory.forwarded = event.attributes;
        return;
      case "starttls":
        return;
    }
    countIdle(event, memory, this.shared.settings);
  }

  /** Goes where the table says that an accepted command leads; `authenticate()` does after AUTH. */
  #follow(verb: ServerVerb): void {
    const { memory } = this;
    const next = cellOf(verb, memory.state, this.shared.settings);
    if (next === "closed") this.close("quit");
    else if (next === "reversed") this.#reverse();
    else if (next === "content" || next === "tls") memory.mode = next;
    else memory.state = next as ServerState; // it was accepted
  }

  #rejected(event: SmtpServerEvent<Mechanism>, reply: Reply): void {
    const { memory } = this;
    breakGroup(event, memory);
    switch (event.type) {
      case "connect":
        memory.mode = "commands";
        memory.state = "refused";
        if (reply.code === 521) memory.refusedWith = "noService";
        return;
      case "chunk":
        this.intake.end(afterRefusal.chunk);
        return;
      case "burl":
        this.intake.end(event.last ? afterRefusal.lastChunk : afterRefusal.chunk);
        return;
      case "auth":
      case "authenticated":
        countAuthFailure(memory, this.shared.settings);
        return;
      default:
        countRefusal(event, reply, memory, this.shared.settings);
    }
  }

  /** Sends what is the whole answer to an event that cannot be accepted or rejected. */
  #finish(event: SmtpServerEvent<Mechanism>, reply: Reply): void {
    const { memory } = this;
    // In LMTP content is refused for each of its recipients (RFC 2033 §4.2, §4.3); 421 is of the whole connection.
    const each = (event.type === "refused" || event.type === "violation") && reply.code !== 421;
    const times = each ? Math.max(memory.deliveries.length, 1) : 1;
    for (let count = 0; count < times; count++) this.#send(reply, event);
    memory.deliveries = [];
    memory.pending = null;
    breakGroup(event, memory);
    if (event.type === "violation" && event.fatal) this.close("violation");
    else if (reply.code === 421) this.close("reply-421");
    else if (event.type === "authentication-failed") countAuthFailure(memory, this.shared.settings);
    else if ((event.type === "violation" || event.type === "unknown") && reply.code >= 400) {
      countError(event, memory, this.shared.settings); // a verb of the application's own is none where it succeeds
    }
  }

  /** The client becomes the server (RFC 2645 §5.3). */
  #reverse(): void {
    const unread = this.input.takeRest();
    this.drop();
    this.memory.events.push({ type: "closed", cause: "reversed", unread, answer: "none" });
  }

  #shutDown(template: ReplyTemplate, cause: Closing["cause"]): void {
    const { mode, tls, transaction } = this.memory;
    const situation = { mode, verb: "", tls, transaction }; // it answers no command
    const farewell = wireForm(completeReply(undefined, template), NO_EVENT, this.shared, situation);
    this.endWith({ cause, farewell });
  }

  #send(reply: Reply, event: Answered): void {
    this.output.text(wireForm(reply, event, this.shared, this.memory));
  }

  /**
   * Whether the session has ended, and the message with it, and the application cannot know yet: it had a `"content"`
   * event last.
   */
  get #untold(): boolean {
    const { mode, events } = this.memory;
    return mode === "closed" && events.length > 0;
  }

  /** The event that `accept` or `reject` answers. */
  #answerable(call: string): Extract<SmtpServerEvent<Mechanism>, { readonly type: Answerable }> {
    const event = this.#owed(call);
    if (!isAnswerable(event)) throw this.wrongAnswer(call);
    return event;
  }

  #owed(call: string): SmtpServerEvent<Mechanism> {
    if (this.memory.pending === null) throw this.wrongAnswer(call);
    return this.memory.pending;
  }
}

/** What `reply` completes what it is given by. */
function defaultOf(event: object): ReplyTemplate {
  const reply = "reply" in event ? (event.reply as Reply) : null;
  return reply === null ? faults.unknown : { ...reply, text: reply.lines[0]! };
}
