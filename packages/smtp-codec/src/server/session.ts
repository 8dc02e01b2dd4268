import {
  ContentReader,
  encodeBase64,
  type SaslOtherStep,
  type SaslServer,
  type SaslServerStep,
  Session,
  StateError,
} from "dot-stuffing/session";
import { type CommandLine, isKnownVerb, parseArgument, splitCommand } from "../syntax/command.ts";
import { type Fault, isFault } from "../syntax/fault.ts";
import { refuseRcptParameters, typeMailParameters } from "../syntax/parameters.ts";
import type { ForwardPath } from "../syntax/path.ts";
import type { Reply } from "../syntax/reply.ts";
import type { AbortCause, CloseCause, ServerViolation, ServerViolationCode, SmtpServerEvent } from "./events.ts";
import { type ExchangeStep, ServerExchange } from "./exchange.ts";
import { makeOffer, type Offer } from "./offer.ts";
import { type ServerSettings, type SmtpServerOptions, serverSettings } from "./options.ts";
import {
  type Answerable,
  answers,
  completeReply,
  faults,
  type ReplyInput,
  type ReplyTemplate,
  writeReply,
} from "./replies.ts";
import { afterMode, isServerVerb, type ServerState, type ServerVerb, serverTable } from "./table.ts";

/** Why a server session goes no further. */
export type SmtpServerWaiting = "bytes" | "decision" | "output" | "tls" | "closed";

/** What input is read as. */
type Mode = "connect" | "commands" | "content" | "sasl" | "tls" | "closed";

type MailEvent = SmtpServerEvent & { readonly type: "mail" };

/** The longest command line in octets with CRLF (RFC 5321 §4.5.3.1.4), before extensions add to MAIL's. */
const MAX_COMMAND_LINE = 512;
/** What a failed exchange is answered with (RFC 4954 §4, §6). */
const FAILED_EXCHANGE = {
  refused: faults.saslRefused,
  cancelled: faults.saslCancelled,
  malformed: faults.saslMalformed,
} as const;
/** What requireTls and requireAuth let through (RFC 3207 §4, RFC 4954 §6). */
const WITHOUT_TLS: ReadonlySet<string> = new Set(["NOOP", "EHLO", "STARTTLS", "QUIT"]);
const WITHOUT_AUTH: ReadonlySet<string> = new Set(["AUTH", "EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "QUIT"]);

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
  #initialResponse: Uint8Array | null = null;
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
    this.#pending = null;
    this.#mode = "sasl";
    this.#exchange = new ServerExchange(mechanism);
    const initialResponse = this.#initialResponse;
    this.#initialResponse = null;
    this.#step(this.#exchange.start(initialResponse));
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
    // Which limit holds is known only when the verb is: the longest of them bounds the memory.
    const line = this.input.next(Math.max(this.#maxLine("AUTH"), this.#maxLine("MAIL")));
    if (line === null) return this.#atEndOfInput();
    this.#verb = "";
    if (!(line instanceof Uint8Array)) {
      return this.#violation(
        line.code,
        line.offset,
        line.text,
        line.code === "line-too-long" ? faults.lineTooLong : faults.line,
      );
    }
    const command = splitCommand(line);
    const verb = isFault(command) ? "" : command.verb;
    const limit = this.#maxLine(verb);
    if (line.length + 2 > limit) {
      const text = `a command line of more than ${limit} octets`;
      return this.#violation("line-too-long", null, text, faults.lineTooLong);
    }
    this.#verb = verb;
    if (this.#state === "refused" && verb !== "QUIT") return this.#outOfPlace(503);
    return isFault(command) ? this.#faulty(command) : this.#judge(command);
  }

  /** Judges a command in the order that the documents want: verb, offer, protection, state, argument (RFC 5321 §4.3.2). */
  #judge(command: CommandLine): SmtpServerEvent<Mechanism> {
    const { verb } = command;
    if (!isServerVerb(verb)) {
      if (isKnownVerb(verb))
        return this.#violation("not-offered", "verb", "a command that is not offered", faults.notOffered);
      return { type: "unknown", verb, argument: command.argument, answer: "default" };
    }
    if (!this.#isOffered(verb))
      return this.#violation("not-offered", "verb", "a command that is not offered", faults.notOffered);
    if (this.#settings.requireTls && !this.#tls && !WITHOUT_TLS.has(verb)) {
      return this.#violation("tls-required", null, "a command before TLS", faults.tlsRequired);
    }
    if (this.#settings.requireAuth && !this.#authenticated && !WITHOUT_AUTH.has(verb)) {
      return this.#violation("authentication-required", null, "a command before AUTH", faults.authenticationRequired);
    }
    const next = serverTable[verb][this.#state];
    if (typeof next === "number") return this.#outOfPlace(next);
    if ((verb === "AUTH" && this.#authenticated) || (verb === "STARTTLS" && this.#tls)) return this.#outOfPlace(503);
    return this.#eventFor(command);
  }

  #eventFor(line: CommandLine): SmtpServerEvent<Mechanism> {
    const command = parseArgument(line, this.#settings.leniencies);
    if (isFault(command)) return this.#faulty(command);
    switch (command.verb) {
      case "HELO":
      case "EHLO": {
        const { name, nameKind } = command;
        return { type: command.verb === "HELO" ? "helo" : "ehlo", name, nameKind, answer: "default" };
      }
      case "MAIL": {
        const parameters = typeMailParameters(
          command.parameters,
          (extension) => this.#hello === "EHLO" && this.#offer.has(extension),
        );
        if (isFault(parameters)) return this.#faulty(parameters);
        if ((parameters.size ?? 0) > this.#settings.maxMessageSize) {
          const text = `a declared size above ${this.#settings.maxMessageSize}`;
          return this.#violation("message-too-big", "SIZE", text, faults.tooBig);
        }
        return { type: "mail", from: command.from, parameters, rawParameters: command.parameters, answer: "needed" };
      }
      case "RCPT": {
        const refused = refuseRcptParameters(command.parameters);
        if (refused !== null) return this.#faulty(refused);
        if (this.#recipients.length >= this.#settings.maxRecipients) {
          const text = `more than ${this.#settings.maxRecipients} recipients`;
          return this.#violation("too-many-recipients", null, text, faults.tooManyRecipients);
        }
        return { type: "rcpt", to: command.to, answer: "needed" };
      }
      case "AUTH":
        if (!this.#offer.mechanisms.includes(command.mechanism)) {
          return this.#violation("unknown-mechanism", "mechanism", "a mechanism not offered", faults.unknownMechanism);
        }
        this.#initialResponse = command.initialResponse;
        return { type: "auth", mechanism: command.mechanism, answer: "needed" };
      case "VRFY":
        return { type: "vrfy", argument: command.argument, answer: "default" };
      case "NOOP":
      case "HELP":
        return { type: command.verb === "NOOP" ? "noop" : "help", argument: command.argument, answer: "default" };
      case "DATA":
        return { type: "data", answer: "default" };
      case "RSET":
        return { type: "rset", answer: "default" };
      case "STARTTLS":
        return { type: "starttls", answer: "default" };
      default:
        return { type: "quit", answer: "default" };
    }
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

  #step(step: ExchangeStep<Mechanism>): void {
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
    } else if (event.type === "auth") this.#initialResponse = null;
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
    this.#events.push(this.#violation("too-many-errors", null, text, faults.tooManyErrors, true));
  }

  #closeAfter(reply: Reply): void {
    if (reply.code === 421 && this.#mode !== "closed") this.#close("reply-421");
  }

  #shutDown(template: ReplyTemplate, cause: CloseCause): void {
    if (this.#mode === "closed") return;
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

  #isOffered(verb: ServerVerb): boolean {
    switch (verb) {
      case "AUTH":
        return this.#offer.has("AUTH");
      case "STARTTLS":
        return this.#offer.has("STARTTLS") || (this.#tls && this.#hello !== "HELO");
      case "HELP":
        return this.#settings.help;
      default:
        return true;
    }
  }

  #maxLine(verb: string): number {
    if (verb === "MAIL") return this.#offer.maxMailLine;
    return verb === "AUTH" && this.#longAuth ? this.#settings.maxSaslLineLength : MAX_COMMAND_LINE;
  }

  get #longAuth(): boolean {
    return this.#settings.leniencies.longAuthCommand ?? true;
  }

  #greet(hello: "HELO" | "EHLO" | null): void {
    this.#hello = hello;
    this.#offer = makeOffer(this.#settings, this.#tls, hello);
  }

  #faulty({ fault, field, text, reply }: Fault): ServerViolation {
    return this.#violation(fault, field, text, { ...reply, text });
  }

  #outOfPlace(code: number): ServerViolation {
    const template = code === 554 ? faults.noRecipients : faults.outOfPlace;
    return this.#violation("bad-sequence", null, `not in its place: ${this.#state}`, template);
  }

  #violation(
    code: ServerViolationCode,
    field: string | number | null,
    text: string,
    template: ReplyTemplate,
    fatal = false,
  ): ServerViolation {
    return {
      type: "violation",
      code,
      field,
      text,
      reply: completeReply(undefined, template),
      fatal,
      answer: "default",
    };
  }

  /** A violation that is not answered where it happens. */
  #report(code: ServerViolationCode, offset: number | null, text: string): void {
    this.#events.push({ type: "violation", code, field: offset, text, reply: null, fatal: false, answer: "none" });
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

function isAnswerable<Event extends { readonly type: string }>(
  event: Event,
): event is Extract<Event, { readonly type: Answerable }> {
  return Object.hasOwn(answers, event.type);
}

function legalAnswers(type: string): string {
  if (type === "auth") return "authenticate() and reject()";
  if (type === "sasl") return "proceed()";
  if (!isAnswerable({ type })) return "reply()";
  return answers[type as Answerable].reject === null ? "accept()" : "accept(), reject() and reply()";
}

function classOf(code: number): number {
  return Math.floor(code / 100);
}

/** @throws RangeError unless the reply refuses. */
function refusalOf(reply: Reply): Reply {
  if (reply.code >= 400 && reply.code < 600) return reply;
  throw new RangeError(`"code" expected 4yz or 5yz to refuse, got ${reply.code}`);
}
