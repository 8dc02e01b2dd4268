import {
  ContentReader,
  type EndedExchange,
  type OtherStep,
  type SaslOtherStep,
  type SaslServer,
  type ServerMemory,
  ServerSession,
  StateError,
  sessionMemory,
} from "dot-stuffing/session";
import type { ForwardPath } from "../syntax/path/path.ts";
import type { Reply } from "../syntax/reply/reply.ts";
import type { AbortCause, CloseCause, ServerViolationCode, SmtpServerEvent } from "./events.ts";
import { judge, longestCommand, type Situation } from "./judge.ts";
import { makeOffer, type Offer } from "./offer.ts";
import { type ServerSettings, type SmtpServerOptions, serverSettings } from "./options.ts";
import {
  type Answerable,
  answers,
  classOf,
  completeReply,
  faults,
  isAnswerable,
  legalAnswers,
  type ReplyInput,
  type ReplyTemplate,
  refusalOf,
  writeReply,
} from "./replies.ts";
import { afterMode, type ServerState } from "./table.ts";
import { unanswered, violation } from "./violations.ts";

/** Why a server session goes no further. */
export type SmtpServerWaiting = "bytes" | "decision" | "output" | "tls" | "closed";

type MailEvent = SmtpServerEvent & { readonly type: "mail" };

interface SmtpServerMemory<Mechanism extends SaslServer> extends ServerMemory<SmtpServerEvent<Mechanism>> {
  mode: "connect" | "commands" | "content" | "sasl" | "tls" | "closed";
  state: ServerState;
  /** Of the last command, in upper case; "": it had none, or its reply was sent. */
  verb: string;
  hello: "HELO" | "EHLO" | null;
  authenticated: boolean;
  /** The open transaction, with its accepted recipients. */
  mail: MailEvent | null;
  recipients: ForwardPath[];
  /** What the message in work will be refused with. */
  refusal: Reply | null;
  /** Faulty commands since the last accepted MAIL. */
  errors: number;
}

/** What a failed exchange is answered with (RFC 4954 §4, §6). */
const FAILED_EXCHANGE = {
  refused: faults.saslRefused,
  cancelled: faults.saslCancelled,
  malformed: faults.saslMalformed,
  "too-long": faults.saslLineTooLong,
} as const;

/**
 * The server's side of an SMTP connection (RFC 5321), without I/O: octets in by `receive`, events out by iterating, answers
 * in by `accept`, `reject` and `reply`, octets out by `takeOutput`.
 *
 * @typeParam Mechanism the type of the mechanism objects handed to `authenticate`, which `"sasl"` events carry
 * @example
 * ```ts
 * const session = new SmtpServerSession({ host: "mx.example.com" });
 * for (const event of session.receive(chunk)) {
 *   if (event.type === "rcpt") users.has(event.to.address) ? session.accept() : session.reject({ code: 550, enhanced: "5.1.1" });
 *   else if (event.answer === "needed") session.accept();
 * }
 * for (let bytes; (bytes = session.takeOutput()); ) socket.write(bytes);
 * ```
 */
export class SmtpServerSession<Mechanism extends SaslServer = SaslServer> extends ServerSession<
  SmtpServerEvent<Mechanism>,
  SmtpServerWaiting,
  SmtpServerMemory<Mechanism>,
  Mechanism
> {
  protected override readonly role = "smtp-server";
  readonly #settings: ServerSettings;
  #offer: Offer;
  #content: ContentReader | null = null;

  /** @throws TypeError or RangeError naming the option that is missing or outside its range. */
  constructor(options: SmtpServerOptions) {
    const settings = serverSettings(options);
    const memory: SmtpServerMemory<Mechanism> = {
      ...sessionMemory(settings.tls),
      plaintextSeen: false,
      mode: "connect",
      state: "greeted",
      verb: "",
      hello: null,
      authenticated: false,
      mail: null,
      recipients: [],
      refusal: null,
      errors: 0,
    };
    super(options, { lineEndings: "reject" }, memory, "334 ");
    this.#settings = settings;
    this.#offer = makeOffer(settings, settings.tls, null);
  }

  /** Where the session stands in `serverTable`. */
  get state(): ServerState {
    return this.memory.state;
  }

  /** Whether an AUTH exchange succeeded since the connection, or TLS, began. */
  get authenticated(): boolean {
    return this.memory.authenticated;
  }

  /** How long to wait for the client, as RFC 5321 §4.5.3.2.7 has it. In seconds. */
  get timeout(): { readonly seconds: number } {
    return { seconds: 300 };
  }

  /**
   * Accepts what the last event asks for.
   *
   * @param input the reply's text, or parts of the reply, where the default does not suit
   * @throws StateError if the last event is not one that can be accepted.
   * @throws RangeError for a reply of another class than the default's (354 to MAIL), or that cannot be written.
   */
  accept(input?: ReplyInput): void {
    const event = this.#answerable("accept()");
    const template = answers[event.type].accept;
    if (template === null) throw this.wrongAnswer("accept()");
    const reply = completeReply(input ?? (event.type === "connect" ? this.#settings.greeting : undefined), template);
    if (classOf(reply.code) !== classOf(template.code)) {
      throw new RangeError(`"code" expected ${classOf(template.code)}yz to accept ${event.type}, got ${reply.code}`);
    }
    this.#send(reply, event.type);
    this.memory.pending = null;
    this.#accepted(event);
  }

  /**
   * Refuses what the last event asks for; after a `"content"` event: the message, once its end has come.
   *
   * @param input the reply's text, or parts of the reply, where the default does not suit; 421 closes the connection
   * @throws StateError if the last event is not one that can be refused.
   * @throws RangeError for a reply that is not 4yz or 5yz, or that cannot be written.
   */
  reject(input?: ReplyInput): void {
    if (this.memory.mode === "content" && this.memory.pending === null && this.memory.refusal === null) {
      const reply = refusalOf(completeReply(input, answers.message.reject!));
      this.#write(reply, "message"); // throws now rather than at the message's end
      this.memory.refusal = reply;
      this.#content!.refuse();
      return;
    }
    const event = this.#answerable("reject()");
    const template = answers[event.type].reject;
    if (template === null) throw this.wrongAnswer("reject()");
    const reply = refusalOf(completeReply(input, template));
    this.#send(reply, event.type);
    this.memory.pending = null;
    this.#rejected(event);
    this.#closeAfter(reply);
  }

  /**
   * Answers the last event with this reply: accepts with a 2yz or 3yz one, refuses with 4yz or 5yz. The only answer to
   * `"violation"`, `"unknown"`, `"refused"` and `"authentication-failed"`, whose defaults it replaces.
   *
   * @throws StateError if no answer is owed.
   * @throws RangeError for a reply that the event does not allow, or that cannot be written.
   */
  reply(input: ReplyInput & { readonly code: number }): void {
    const event = this.#owed("reply()");
    if (event.type in answers) {
      if (input.code < 400) this.accept(input);
      else this.reject(input);
      return;
    }
    const reply = completeReply(input, faults.unknown);
    this.#send(event.type === "unknown" ? reply : refusalOf(reply), event.type);
    this.memory.pending = null;
    this.#answered(event);
    this.#closeAfter(reply);
  }

  /** The client was silent for longer than `timeout`: sends 421 and closes (RFC 5321 §3.8). */
  timedOut(): void {
    this.#shutDown(faults.timedOut, "timeout");
  }

  /** Sends 421 behind the replies already due, and closes (RFC 5321 §3.8). */
  shutdown(text: string = faults.shutdown.text): void {
    this.#shutDown({ ...faults.shutdown, text }, "shutdown");
  }

  protected override release(): void {
    super.release();
    this.#content?.release();
  }

  protected override settle(): void {
    const event = this.memory.pending;
    if (event === null || event.answer !== "default") return;
    if (isAnswerable(event)) {
      this.accept();
      return;
    }
    this.memory.pending = null;
    if (event.type === "unknown") this.#send(completeReply(undefined, faults.unknown), event.type);
    else this.#send((event as { readonly reply: Reply }).reply, event.type);
    this.#answered(event);
  }

  protected override read(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    switch (this.memory.mode) {
      case "connect":
        return { type: "connect", answer: "default" };
      case "content":
        return this.#readContent();
      case "sasl":
        return this.readResponse(this.#settings.maxSaslLineLength);
      default:
        return this.#readCommand();
    }
  }

  protected override underTls(): void {
    this.memory.mode = "commands";
    this.memory.state = afterMode.tls;
    this.memory.authenticated = false;
    this.#greet(null);
  }

  protected override plaintextFound(): void {
    const text = "octets behind STARTTLS, before the TLS handshake; discarded";
    this.#report("plaintext-behind-starttls", null, text);
  }

  protected override saslEvent(mechanism: Mechanism, step: SaslOtherStep): SmtpServerEvent<Mechanism> {
    return { type: "sasl", mechanism, step: step as OtherStep<Mechanism>, secret: true, answer: "needed" };
  }

  protected override exchangeEnded(end: EndedExchange): SmtpServerEvent<Mechanism> {
    this.memory.mode = "commands";
    this.memory.state = afterMode.sasl;
    if (end.type === "success") return { ...end, type: "authenticated", answer: "default" };
    const { cause, text } = end;
    const reply = completeReply(undefined, FAILED_EXCHANGE[cause]);
    return {
      type: "authentication-failed",
      cause: cause === "too-long" ? "malformed" : cause,
      text,
      reply,
      answer: "default",
    };
  }

  protected override close(cause: CloseCause): void {
    this.#abort(cause === "quit" ? "quit" : "closed");
    this.drop();
    this.#content = null;
    this.memory.events.push({ type: "closed", cause, answer: "none" });
  }

  protected override wrongAnswer(call: string): StateError {
    const { pending } = this.memory;
    if (pending === null) return new StateError(call, "while no answer is owed", "nextEvent() and takeOutput()");
    return new StateError(call, `after a "${pending.type}" event`, legalAnswers(pending.type));
  }

  #readCommand(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    const situation = this.#situation();
    // Which limit holds is known only with the verb: here the longest one bounds the memory.
    const line = this.input.next(longestCommand(situation));
    if (line === null) return this.atEndOfInput();
    if (line instanceof Uint8Array) {
      const { verb, event } = judge<Mechanism>(line, situation);
      this.memory.verb = verb;
      return event;
    }
    this.memory.verb = "";
    return violation(
      line.code,
      line.offset,
      line.text,
      line.code === "line-too-long" ? faults.lineTooLong : faults.line,
    );
  }

  #situation(): Situation {
    return {
      settings: this.#settings,
      offer: this.#offer,
      state: this.memory.state,
      hello: this.memory.hello,
      tls: this.tls,
      authenticated: this.memory.authenticated,
      recipients: this.memory.recipients.length,
    };
  }

  #readContent(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    const content = this.#content!;
    const step = content.next(this.input);
    if (step === null) {
      if (!this.inputEnded) return "bytes";
      const { code, offset, text } = content.end()!;
      this.#report(code, offset, text);
      this.close("end-of-input");
      return null;
    }
    if (step.type === "piece") return { type: "content", bytes: step.bytes, answer: "none" };
    if (step.type === "violation") {
      const { code, offset, text } = step.violation;
      this.memory.refusal = completeReply(
        undefined,
        code === "message-too-big" ? faults.tooBig : faults.malformedContent,
      );
      this.#report(code, offset, text);
      return null;
    }
    return this.#endContent(content.size);
  }

  #endContent(size: number): SmtpServerEvent<Mechanism> {
    const { from, parameters } = this.memory.mail!;
    const recipients = this.memory.recipients;
    const reply = this.memory.refusal;
    this.#content = null;
    this.memory.refusal = null;
    this.memory.verb = "";
    this.memory.mode = "commands";
    this.#endTransaction(afterMode.content);
    if (reply !== null) return { type: "refused", reply, answer: "default" };
    return { type: "message", from, recipients, parameters, size, answer: "needed" };
  }

  /** What an accepted event leads to. */
  #accepted(event: SmtpServerEvent<Mechanism>): void {
    switch (event.type) {
      case "connect":
        this.memory.mode = "commands";
        return;
      case "helo":
      case "ehlo":
        this.#abort("hello");
        this.#greet(event.type === "ehlo" ? "EHLO" : "HELO");
        this.memory.state = "ready";
        return;
      case "mail":
        this.memory.errors = 0;
        this.memory.mail = event;
        this.memory.state = "mail";
        return;
      case "rcpt":
        this.memory.recipients.push(event.to);
        this.memory.state = "rcpt";
        return;
      case "data":
        this.memory.mode = "content";
        this.#content = new ContentReader({
          lineEndings: this.#settings.lineEndings,
          maxSize: this.#settings.maxMessageSize,
        });
        return;
      case "rset":
        this.#abort("rset");
        return;
      case "quit":
        this.close("quit");
        return;
      case "starttls":
        this.memory.mode = "tls";
        this.memory.plaintextSeen = false;
        return;
      case "authenticated":
        this.memory.authenticated = true;
    }
  }

  #rejected(event: SmtpServerEvent<Mechanism>): void {
    if (event.type === "connect") {
      this.memory.mode = "commands";
      this.memory.state = "refused";
    }
  }

  /** A fault was answered: too many of them end the session. */
  #answered(event: SmtpServerEvent<Mechanism>): void {
    if (event.type === "violation" && event.fatal) {
      this.close("violation");
      return;
    }
    if (event.type !== "violation" && event.type !== "unknown") return;
    this.memory.errors++;
    if (this.memory.errors < this.#settings.maxErrors || this.memory.mode !== "commands") return;
    const text = `${this.memory.errors} faulty commands without an accepted MAIL between them`;
    this.memory.events.push(violation("too-many-errors", null, text, faults.tooManyErrors, true));
  }

  #closeAfter(reply: Reply): void {
    if (reply.code === 421 && this.memory.mode !== "closed") this.close("reply-421");
  }

  #shutDown(template: ReplyTemplate, cause: CloseCause): void {
    const { memory } = this;
    if (memory.mode === "closed") return;
    memory.verb = ""; // it answers no command
    this.#send(completeReply(undefined, template), "shutdown");
    memory.events = [];
    memory.pulled = 0;
    this.close(cause);
  }

  #abort(cause: AbortCause): void {
    if (this.memory.mail === null) return;
    this.#endTransaction("ready");
    this.memory.events.push({ type: "aborted", cause, answer: "none" });
  }

  #endTransaction(state: ServerState): void {
    this.memory.mail = null;
    this.memory.recipients = [];
    this.memory.state = state;
  }

  #greet(hello: "HELO" | "EHLO" | null): void {
    this.memory.hello = hello;
    this.#offer = makeOffer(this.#settings, this.tls, hello);
  }

  #report(code: ServerViolationCode, offset: number | null, text: string): void {
    this.memory.events.push(unanswered(code, offset, text));
  }

  #send(reply: Reply, to: string): void {
    this.output.text(this.#write(reply, to));
  }

  #write(reply: Reply, to: string): string {
    const { host, enhancedStatusCodes } = this.#settings;
    const enhanced = enhancedStatusCodes && this.memory.verb !== "HELO" && this.memory.verb !== "EHLO";
    // The offer that an accepted EHLO announces is the one behind it, whatever hello came before.
    const { keywordLines } = to === "ehlo" ? makeOffer(this.#settings, this.tls, "EHLO") : this.#offer;
    return writeReply(reply, { to, host, enhanced, keywordLines });
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
