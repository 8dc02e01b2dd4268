import {
  ContentReader,
  encodeBase64,
  type SaslOtherStep,
  type SaslServer,
  type SaslServerStep,
  ServerExchange,
  type ServerExchangeStep,
  Session,
  StateError,
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

/** What input is read as. */
type Mode = "connect" | "commands" | "content" | "sasl" | "tls" | "closed";

type MailEvent = SmtpServerEvent & { readonly type: "mail" };

/** What a failed exchange is answered with (RFC 4954 §4, §6). */
const FAILED_EXCHANGE = {
  refused: faults.saslRefused,
  cancelled: faults.saslCancelled,
  malformed: faults.saslMalformed,
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
export class SmtpServerSession<Mechanism extends SaslServer = SaslServer> extends Session<
  SmtpServerEvent<Mechanism>,
  SmtpServerWaiting
> {
  readonly #settings: ServerSettings;
  #mode: Mode = "connect";
  #state: ServerState = "greeted";
  #verb = "";
  #hello: "HELO" | "EHLO" | null = null;
  #tls: boolean;
  #offer: Offer;
  #authenticated = false;
  #mail: MailEvent | null = null;
  #recipients: ForwardPath[] = [];
  #content: ContentReader | null = null;
  #refusal: Reply | null = null;
  #exchange: ServerExchange<Mechanism> | null = null;
  #plaintextSeen = false;
  #errors = 0;
  #events: SmtpServerEvent<Mechanism>[] = [];
  #pending: SmtpServerEvent<Mechanism> | null = null;

  /** @throws TypeError or RangeError naming the option that is missing or outside its range. */
  constructor(options: SmtpServerOptions) {
    super(options, { lineEndings: "reject" });
    this.#settings = serverSettings(options);
    this.#tls = this.#settings.tls;
    this.#offer = makeOffer(this.#settings, this.#tls, null);
  }

  /** Where the session stands in `serverTable`. */
  get state(): ServerState {
    return this.#state;
  }

  /** Whether TLS is active. */
  get tls(): boolean {
    return this.#tls;
  }

  /** Whether an AUTH exchange succeeded since the connection, or TLS, began. */
  get authenticated(): boolean {
    return this.#authenticated;
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
    if (template === null) throw this.#wrongAnswer("accept()");
    const reply = completeReply(input ?? (event.type === "connect" ? this.#settings.greeting : undefined), template);
    if (classOf(reply.code) !== classOf(template.code)) {
      throw new RangeError(`"code" expected ${classOf(template.code)}yz to accept ${event.type}, got ${reply.code}`);
    }
    this.#send(reply, event.type);
    this.#pending = null;
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
    if (this.#mode === "content" && this.#pending === null && this.#refusal === null) {
      const reply = refusalOf(completeReply(input, answers.message.reject!));
      this.#write(reply, "message"); // throws now rather than at the message's end
      this.#refusal = reply;
      this.#content!.refuse();
      return;
    }
    const event = this.#answerable("reject()");
    const template = answers[event.type].reject;
    if (template === null) throw this.#wrongAnswer("reject()");
    const reply = refusalOf(completeReply(input, template));
    this.#send(reply, event.type);
    this.#pending = null;
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
    this.#pending = null;
    this.#answered(event);
    this.#closeAfter(reply);
  }

  /**
   * Answers an `"auth"` event: the mechanism's exchange begins. It ends with an `"authenticated"` or
   * `"authentication-failed"` event.
   *
   * @throws StateError unless the last event is `"auth"`.
   */
  authenticate(mechanism: Mechanism): void {
    if (this.#pending?.type !== "auth") throw this.#wrongAnswer("authenticate()");
    const exchange = new ServerExchange(mechanism);
    const step = exchange.start(this.#pending.initialResponse);
    this.#pending = null;
    this.#mode = "sasl";
    this.#exchange = exchange;
    this.#step(step);
  }

  /**
   * Answers a `"sasl"` event with the step that the mechanism gave next, e.g. `session.proceed(event.mechanism.accept())`.
   *
   * @throws StateError unless the last event is `"sasl"`.
   */
  proceed(step: SaslServerStep | SaslOtherStep): void {
    if (this.#pending?.type !== "sasl") throw this.#wrongAnswer("proceed()");
    this.#pending = null;
    this.#step(this.#exchange!.take(step));
  }

  /** The TLS handshake is done: the session begins anew, without a greeting (RFC 3207 §4.2). @throws StateError unless waiting for TLS. */
  tlsEstablished(): void {
    this.#expectTls("tlsEstablished()");
    this.#mode = "commands";
    this.#state = afterMode.tls;
    this.#tls = true;
    this.#authenticated = false;
    this.#greet(null);
    if (this.input.discard()) this.#plaintextBehindStarttls();
  }

  /** The TLS handshake failed: the session ends. @throws StateError unless waiting for TLS. */
  tlsFailed(): void {
    this.#expectTls("tlsFailed()");
    this.#close("tls-failed");
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

  protected override describe(): string {
    if (this.#pending !== null) return `the answer to "${this.#pending.type}" is owed`;
    return this.#mode === "tls" ? "the TLS handshake is awaited" : "the output has not been taken";
  }

  protected override settle(): void {
    const event = this.#pending;
    if (event === null || event.answer !== "default") return;
    if (isAnswerable(event)) {
      this.accept();
      return;
    }
    this.#pending = null;
    if (event.type === "unknown") this.#send(completeReply(undefined, faults.unknown), event.type);
    else this.#send((event as { readonly reply: Reply }).reply, event.type);
    this.#answered(event);
  }

  protected override advance(): SmtpServerEvent<Mechanism> | SmtpServerWaiting {
    for (;;) {
      const event = this.#events.shift() ?? (this.#pending === null ? this.#read() : "decision");
      if (event === null) continue;
      if (typeof event !== "string" && event.answer !== "none") this.#pending = event;
      return event;
    }
  }

  /** Reads one thing in the mode in force; null: nothing worth an event. */
  #read(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    switch (this.#mode) {
      case "connect":
        return { type: "connect", answer: "default" };
      case "commands":
        return this.#readCommand();
      case "content":
        return this.#readContent();
      case "sasl":
        return this.#readResponse();
      case "tls":
        if (!this.input.discard() || this.#plaintextSeen) return "tls";
        this.#plaintextBehindStarttls();
        return null;
      case "closed":
        return "closed";
    }
  }

  #readCommand(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    const situation = this.#situation();
    // Which limit holds is known only with the verb: here the longest one bounds the memory.
    const line = this.input.next(longestCommand(situation));
    if (line === null) return this.#atEndOfInput();
    if (line instanceof Uint8Array) {
      const { verb, event } = judge<Mechanism>(line, situation);
      this.#verb = verb;
      return event;
    }
    this.#verb = "";
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
      state: this.#state,
      hello: this.#hello,
      tls: this.#tls,
      authenticated: this.#authenticated,
      recipients: this.#recipients.length,
    };
  }

  #readContent(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    const content = this.#content!;
    const step = content.next(this.input);
    if (step === null) {
      if (!this.inputEnded) return "bytes";
      const { code, offset, text } = content.end()!;
      this.#report(code, offset, text);
      this.#close("end-of-input");
      return null;
    }
    if (step.type === "piece") return { type: "content", bytes: step.bytes, answer: "none" };
    if (step.type === "violation") {
      const { code, offset, text } = step.violation;
      this.#refusal = completeReply(undefined, code === "message-too-big" ? faults.tooBig : faults.malformedContent);
      this.#report(code, offset, text);
      return null;
    }
    return this.#endContent(content.size);
  }

  #endContent(size: number): SmtpServerEvent<Mechanism> {
    const { from, parameters } = this.#mail!;
    const recipients = this.#recipients;
    const reply = this.#refusal;
    this.#content = null;
    this.#refusal = null;
    this.#verb = "";
    this.#mode = "commands";
    this.#endTransaction(afterMode.content);
    if (reply !== null) return { type: "refused", reply, answer: "default" };
    return { type: "message", from, recipients, parameters, size, answer: "needed" };
  }

  #readResponse(): SmtpServerWaiting | null {
    const line = this.input.next(this.#settings.maxSaslLineLength);
    if (line === null) {
      if (!this.inputEnded) return "bytes";
      this.#exchange!.mechanism.abort();
      this.#close("end-of-input");
    } else if (line instanceof Uint8Array) this.#step(this.#exchange!.respond(line));
    else {
      this.#exchange!.mechanism.abort();
      const tooLong = line.code === "line-too-long";
      this.#failExchange("malformed", line.text, tooLong ? faults.saslLineTooLong : faults.saslMalformed);
    }
    return null;
  }

  #step(step: ServerExchangeStep<Mechanism>): void {
    const { mechanism } = this.#exchange!;
    switch (step.type) {
      case "challenge":
        this.output.text(`334 ${encodeBase64(step.bytes)}\r\n`);
        return;
      case "other":
        this.#events.push({ type: "sasl", mechanism, step: step.step, secret: true, answer: "needed" });
        return;
      case "success":
        this.#endExchange();
        this.#events.push({ ...step, type: "authenticated", answer: "default" });
        return;
      case "failure":
        this.#failExchange(step.cause, step.text, FAILED_EXCHANGE[step.cause]);
    }
  }

  #failExchange(cause: "refused" | "cancelled" | "malformed", text: string, template: ReplyTemplate): void {
    this.#endExchange();
    const reply = completeReply(undefined, template);
    this.#events.push({ type: "authentication-failed", cause, text, reply, answer: "default" });
  }

  #endExchange(): void {
    this.#exchange = null;
    this.#mode = "commands";
    this.#state = afterMode.sasl;
  }

  /** What an accepted event leads to. */
  #accepted(event: SmtpServerEvent<Mechanism>): void {
    switch (event.type) {
      case "connect":
        this.#mode = "commands";
        return;
      case "helo":
      case "ehlo":
        this.#abort("hello");
        this.#greet(event.type === "ehlo" ? "EHLO" : "HELO");
        this.#state = "ready";
        return;
      case "mail":
        this.#errors = 0;
        this.#mail = event;
        this.#state = "mail";
        return;
      case "rcpt":
        this.#recipients.push(event.to);
        this.#state = "rcpt";
        return;
      case "data":
        this.#mode = "content";
        this.#content = new ContentReader({
          lineEndings: this.#settings.lineEndings,
          maxSize: this.#settings.maxMessageSize,
        });
        return;
      case "rset":
        this.#abort("rset");
        return;
      case "quit":
        this.#close("quit");
        return;
      case "starttls":
        this.#mode = "tls";
        this.#plaintextSeen = false;
        return;
      case "authenticated":
        this.#authenticated = true;
    }
  }

  #rejected(event: SmtpServerEvent<Mechanism>): void {
    if (event.type === "connect") {
      this.#mode = "commands";
      this.#state = "refused";
    }
  }

  /** A fault was answered: too many of them end the session. */
  #answered(event: SmtpServerEvent<Mechanism>): void {
    if (event.type === "violation" && event.fatal) {
      this.#close("violation");
      return;
    }
    if (event.type !== "violation" && event.type !== "unknown") return;
    this.#errors++;
    if (this.#errors < this.#settings.maxErrors || this.#mode !== "commands") return;
    const text = `${this.#errors} faulty commands without an accepted MAIL between them`;
    this.#events.push(violation("too-many-errors", null, text, faults.tooManyErrors, true));
  }

  #closeAfter(reply: Reply): void {
    if (reply.code === 421 && this.#mode !== "closed") this.#close("reply-421");
  }

  #shutDown(template: ReplyTemplate, cause: CloseCause): void {
    if (this.#mode === "closed") return;
    this.#verb = ""; // it answers no command
    this.#send(completeReply(undefined, template), "shutdown");
    this.#exchange?.mechanism.abort();
    this.#events = [];
    this.#pending = null;
    this.#close(cause);
  }

  #atEndOfInput(): SmtpServerWaiting | null {
    if (!this.inputEnded) return "bytes";
    this.#close("end-of-input");
    return null;
  }

  #close(cause: CloseCause): void {
    this.#abort(cause === "quit" ? "quit" : "closed");
    this.#mode = "closed";
    this.#exchange = null;
    this.#content = null;
    this.input.discard();
    this.#events.push({ type: "closed", cause, answer: "none" });
  }

  #abort(cause: AbortCause): void {
    if (this.#mail === null) return;
    this.#endTransaction("ready");
    this.#events.push({ type: "aborted", cause, answer: "none" });
  }

  #endTransaction(state: ServerState): void {
    this.#mail = null;
    this.#recipients = [];
    this.#state = state;
  }

  #plaintextBehindStarttls(): void {
    if (this.#plaintextSeen) return;
    this.#plaintextSeen = true;
    const text = "octets behind STARTTLS, before the TLS handshake; discarded";
    this.#report("plaintext-behind-starttls", null, text);
  }

  #expectTls(call: string): void {
    if (this.#mode === "tls") return;
    throw new StateError(call, "without an accepted STARTTLS", 'it once waiting is "tls"');
  }

  #greet(hello: "HELO" | "EHLO" | null): void {
    this.#hello = hello;
    this.#offer = makeOffer(this.#settings, this.#tls, hello);
  }

  #report(code: ServerViolationCode, offset: number | null, text: string): void {
    this.#events.push(unanswered(code, offset, text));
  }

  #send(reply: Reply, to: string): void {
    this.output.text(this.#write(reply, to));
  }

  #write(reply: Reply, to: string): string {
    const { host, enhancedStatusCodes } = this.#settings;
    const enhanced = enhancedStatusCodes && this.#verb !== "HELO" && this.#verb !== "EHLO";
    // The offer that an accepted EHLO announces is the one behind it, whatever hello came before.
    const { keywordLines } = to === "ehlo" ? makeOffer(this.#settings, this.#tls, "EHLO") : this.#offer;
    return writeReply(reply, { to, host, enhanced, keywordLines });
  }

  /** The event that `accept` or `reject` answers. */
  #answerable(call: string): Extract<SmtpServerEvent<Mechanism>, { readonly type: Answerable }> {
    const event = this.#owed(call);
    if (!isAnswerable(event)) throw this.#wrongAnswer(call);
    return event;
  }

  #owed(call: string): SmtpServerEvent<Mechanism> {
    if (this.#pending === null) throw this.#wrongAnswer(call);
    return this.#pending;
  }

  #wrongAnswer(call: string): StateError {
    if (this.#pending === null) return new StateError(call, "while no answer is owed", "nextEvent() and takeOutput()");
    const { type } = this.#pending;
    return new StateError(call, `after a "${type}" event`, legalAnswers(type));
  }
}
