import { Stuffer } from "dot-stuffing";
import {
  ClientExchange,
  type ClientExchangeStep,
  type SaslClient,
  type SaslClientStep,
  type SaslOtherStep,
  Session,
  StateError,
} from "dot-stuffing/session";
import { type Capabilities, offeredParameters, offers } from "../syntax/capabilities/capabilities.ts";
import { parseCapabilities } from "../syntax/capabilities/parse.ts";
import type { Command } from "../syntax/command/command.ts";
import { formatCommand } from "../syntax/command/format.ts";
import { isFault } from "../syntax/fault.ts";
import type { EsmtpParameter } from "../syntax/parameters/esmtp-parameter.ts";
import type { MailParameters } from "../syntax/parameters/sets.ts";
import { mailParameters, typeMailParameters } from "../syntax/parameters/typed.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import { ReplyAssembler } from "../syntax/reply/assembler.ts";
import { outcome, type Reply } from "../syntax/reply/reply.ts";
import { type ClientCommand, toAuthPath, toForwardPath, toReversePath } from "./commands.ts";
import type { ClientCloseCause, ClientViolationCode, SmtpClientEvent } from "./events.ts";
import type { SmtpClientOptions } from "./options.ts";
import { commandEvent, isPossible, messageEvent } from "./reports.ts";
import { afterBusy, type ClientState, type ClientVerb, clientTable, mayBeFollowed, verbsIn } from "./table.ts";

/** Why a client session goes no further. `"decision"`: nothing is under way; the next command is the application's. */
export type SmtpClientWaiting = "bytes" | "decision" | "content" | "output" | "tls" | "closed";

/** What goes with MAIL. */
export interface MailOptions {
  /**
   * What the content will be. `"8bit"` (default) needs 8BITMIME, and declares it; `"7bit"` is checked as it is written: an octet
   * above 127 ends the connection without the final dot.
   */
  readonly content?: "7bit" | "8bit";
  /** The message's size in octets, declared where SIZE is offered and left out elsewhere. */
  readonly size?: number;
  /** Who submitted the message (RFC 4954 §5); `""` for "unknown". Needs AUTH. */
  readonly auth?: string;
  /** Parameters of other extensions, as they are written; whether they are offered is the caller's to know. */
  readonly parameters?: readonly EsmtpParameter[];
}

/** How AUTH goes. */
export interface AuthOptions {
  /** `"when it fits"` (default) in the AUTH line; `"never"`: behind an empty challenge, as some servers need. */
  readonly initialResponse?: "when it fits" | "never";
  /** Uses a mechanism that the server does not list. Default false. */
  readonly force?: boolean;
}

type Mode = "greeting" | "commands" | "content" | "tls" | "closed";

/** Seconds to wait for each reply (RFC 5321 §4.5.3.2); others: as for MAIL. */
const TIMEOUTS: { readonly [Verb in ClientVerb]?: number } = { DATA: 120, message: 600 };
const TIMEOUT = 300;
const CONTENT_TIMEOUT = 180;

/** The longest AUTH command with an initial response, in octets with CRLF (RFC 4954 §4). */
const MAX_COMMAND_LINE = 512;

/**
 * The client's side of an SMTP connection (RFC 5321), without I/O. Commands are methods; each is checked against the state
 * that those before it lead to, and sent when the protocol allows. Each has one event with the server's reply.
 *
 * @typeParam Mechanism the type of the mechanism objects handed to `auth`, which `"sasl"` events carry
 * @example
 * ```ts
 * const session = new SmtpClientSession();
 * for (const event of session.receive(chunk)) {
 *   if (event.type === "greeting") session.ehlo("client.example.com");
 *   if (event.type === "ehlo") session.mail("a@example.com").rcpt("b@example.org").data();
 *   if (event.type === "data" && event.ok) session.content(message);
 *   if (event.type === "message") session.quit();
 * }
 * ```
 */
export class SmtpClientSession<Mechanism extends SaslClient = SaslClient> extends Session<
  SmtpClientEvent<Mechanism>,
  SmtpClientWaiting
> {
  readonly #options: SmtpClientOptions;
  readonly #replies: ReplyAssembler = new ReplyAssembler();
  #mode: Mode = "greeting";
  #state: ClientState = "greeted";
  #expected: ClientState = "greeted"; // once every command given so far has succeeded
  #queue: ClientCommand[] = [];
  #sent: ClientCommand[] = [];
  #tls: boolean;
  #capabilities: Capabilities | null = null;
  #authenticated = false;
  #accepted = 0;
  #sevenBit = false;
  #stuffer: Stuffer | null = null;
  #exchange: ClientExchange<Mechanism> | null = null;
  #events: SmtpClientEvent<Mechanism>[] = [];
  #pending: SmtpClientEvent<Mechanism> | null = null;

  constructor(options: SmtpClientOptions = {}) {
    super(options, { lineEndings: "reject" });
    this.#options = options;
    this.#tls = options.tls ?? false;
    new Stuffer(this.#stufferOptions); // a wrong option is refused here rather than in the middle of a transaction
  }

  /** Where the session stands in `clientTable`, once every command given so far has succeeded. */
  get state(): ClientState {
    return this.#expected;
  }

  /** Whether TLS is active. */
  get tls(): boolean {
    return this.#tls;
  }

  /** Whether AUTH succeeded since the connection, or TLS, began. */
  get authenticated(): boolean {
    return this.#authenticated;
  }

  /** What the last hello said; null before one, and after TLS has begun. Empty behind HELO. */
  get capabilities(): Capabilities | null {
    return this.#capabilities;
  }

  /** How long to wait for what is awaited (RFC 5321 §4.5.3.2), in seconds; null while nothing is. */
  get timeout(): { readonly seconds: number; readonly for: ClientVerb | "greeting" | "content" } | null {
    if (this.#mode === "greeting") return { seconds: TIMEOUT, for: "greeting" };
    if (this.#mode === "content") return { seconds: CONTENT_TIMEOUT, for: "content" };
    const awaited = this.#sent[0]?.verb;
    return awaited === undefined ? null : { seconds: TIMEOUTS[awaited] ?? TIMEOUT, for: awaited };
  }

  /** @param name the client's domain or address literal @throws RangeError for another text */
  ehlo(name: string): this {
    return this.#give({ verb: "EHLO", line: formatCommand({ verb: "EHLO", name, nameKind: "other" }) });
  }

  /** For servers that refuse EHLO: behind it no extension is offered. @throws RangeError as `ehlo` does */
  helo(name: string): this {
    return this.#give({ verb: "HELO", line: formatCommand({ verb: "HELO", name, nameKind: "other" }) });
  }

  /**
   * Begins a mail transaction.
   *
   * @param from the reverse-path; `""` is the null path
   * @throws RangeError naming the argument that is no mailbox or outside its range.
   * @throws StateError for what the server does not offer, and under `requireTls` before TLS.
   */
  mail(from: ReversePath | string, options: MailOptions = {}): this {
    this.#expect("MAIL");
    this.#expectTls("mail()");
    const path = toReversePath(from);
    const capabilities = this.#capabilities!;
    const sevenBit = options.content === "7bit";
    if (!sevenBit && !offers(capabilities, "8BITMIME")) {
      throw new StateError("mail() with 8-bit content", "on a server that does not offer 8BITMIME", 'content: "7bit"');
    }
    const typed: MailParameters = {
      ...(options.size !== undefined && offers(capabilities, "SIZE") && { size: options.size }),
      ...(!sevenBit && { body: "8BITMIME" as const }),
      ...(options.auth !== undefined && { auth: toAuthPath(options.auth) }),
    };
    const written = mailParameters(typed);
    const refused = typeMailParameters(written, (extension) => offeredParameters(capabilities, extension));
    if (isFault(refused)) {
      throw new StateError(
        `mail() with ${refused.field}`,
        `on a server that does not offer ${refused.extension}`,
        "mail() without it",
      );
    }
    const parameters = [...written, ...(options.parameters ?? [])];
    const line = formatCommand({ verb: "MAIL", from: path, parameters });
    return this.#give({ verb: "MAIL", line, from: path, sevenBit });
  }

  /** @param to the forward-path @throws RangeError unless it is a mailbox, or Postmaster */
  rcpt(to: ForwardPath | string, parameters: readonly EsmtpParameter[] = []): this {
    const path = toForwardPath(to);
    return this.#give({ verb: "RCPT", line: formatCommand({ verb: "RCPT", to: path, parameters }), to: path });
  }

  /** Asks to send content. Once its event is `ok`, `waiting` is `"content"`. */
  data(): this {
    return this.#simple({ verb: "DATA" });
  }

  /**
   * Sends a piece of content: stuffed, its line ends made CRLF. The bytes are borrowed until they were taken as output. They
   * may be any pieces of the content.
   *
   * @throws StateError unless `waiting` is `"content"`.
   * @throws RangeError with `lineEndings: "reject"` for a bare CR or LF, which counts as not written.
   */
  write(bytes: Uint8Array): this {
    const stuffer = this.#expectContent("write()");
    if (this.#sevenBit && bytes.some((octet) => octet > 0x7f)) this.#close("content-not-7bit");
    else for (const piece of stuffer.push(bytes)) this.output.bytes(piece);
    return this;
  }

  /** Ends the content: a last CRLF if it lacks one, and the final dot. @throws StateError unless `waiting` is `"content"` */
  end(): this {
    const stuffer = this.#expectContent("end()");
    for (const piece of stuffer.end()) this.output.bytes(piece);
    const { size, stuffedLines } = stuffer;
    this.#sent.push({ verb: "message", line: "", size, stuffedLines, void: false });
    this.#leaveContent();
    return this;
  }

  /** Writes whole content, or all of its pieces, and ends it. */
  content(content: Uint8Array | Iterable<Uint8Array>): this {
    for (const bytes of content instanceof Uint8Array ? [content] : content) {
      if (this.#mode === "content") this.write(bytes);
    }
    return this.#mode === "content" ? this.end() : this;
  }

  /** Breaks content off: no final dot is sent, and the connection closes, so that the message is certainly not accepted. */
  abort(): void {
    this.#expectContent("abort()");
    this.#close("aborted");
  }

  rset(): this {
    return this.#simple({ verb: "RSET" });
  }

  noop(): this {
    return this.#simple({ verb: "NOOP", argument: null });
  }

  /** @throws RangeError for a topic that is not printable ASCII */
  help(topic: string | null = null): this {
    return this.#simple({ verb: "HELP", argument: topic });
  }

  /** @throws RangeError for an argument that is empty or not printable ASCII */
  vrfy(argument: string): this {
    this.#expectTls("vrfy()");
    return this.#give({ verb: "VRFY", line: formatCommand({ verb: "VRFY", argument, smtputf8: false }), argument });
  }

  quit(): this {
    return this.#simple({ verb: "QUIT" });
  }

  /** Asks for TLS. Once its event is `ok`, `waiting` is `"tls"`. It may be asked for though it is not offered. */
  starttls(): this {
    if (this.#tls) throw new StateError("starttls()", "while TLS is active", this.#legal());
    return this.#simple({ verb: "STARTTLS" });
  }

  /**
   * Authenticates through a mechanism object, one for each exchange.
   *
   * @throws StateError for a mechanism that the server does not list, unless forced; once authenticated; under `requireTls` before TLS.
   */
  auth(mechanism: Mechanism, options: AuthOptions = {}): this {
    this.#expect("AUTH");
    this.#expectTls("auth()");
    if (this.#authenticated) throw new StateError("auth()", "once authenticated", this.#legal());
    const name = mechanism.name.toUpperCase();
    formatCommand({ verb: "AUTH", mechanism: name, initialResponse: null }); // checks the name
    if (!options.force && !this.#capabilities!.auth.includes(name)) {
      throw new StateError(
        `auth() with ${name}`,
        "on a server that does not list it",
        "a mechanism it lists, or force: true",
      );
    }
    const { challengeNotBase64 = true, textBehindChallenge = true } = this.#options.leniencies ?? {};
    const twoStep = options.initialResponse === "never";
    const exchange = new ClientExchange(mechanism, {
      maxCommandLine: MAX_COMMAND_LINE,
      twoStep,
      challengeNotBase64,
      textBehindChallenge,
    });
    const step = exchange.start();
    this.#exchange = exchange;
    this.#expected = "busy";
    this.#step(step);
    return this;
  }

  /**
   * Answers a `"sasl"` event with the step that the mechanism gave next.
   *
   * @throws StateError unless the last event is `"sasl"`.
   */
  proceed(step: SaslClientStep | SaslOtherStep): void {
    if (this.#pending === null) throw new StateError("proceed()", 'without a "sasl" event', this.#legal());
    this.#pending = null;
    this.#step(this.#exchange!.take(step));
  }

  /** The TLS handshake is done: all is asked anew (RFC 3207 §4.2). @throws StateError unless `waiting` is `"tls"` */
  tlsEstablished(): void {
    this.#expectHandshake("tlsEstablished()");
    this.#mode = "commands";
    this.#state = this.#expected = afterBusy.STARTTLS;
    this.#tls = true;
    this.#capabilities = null;
    this.#authenticated = false;
    if (this.input.discard()) this.#violate("plaintext-behind-starttls", PLAINTEXT);
  }

  /** The TLS handshake failed: the session ends. @throws StateError unless `waiting` is `"tls"` */
  tlsFailed(): void {
    this.#expectHandshake("tlsFailed()");
    this.#close("tls-failed");
  }

  /** The server was silent for longer than `timeout`: the session ends. */
  timedOut(): void {
    if (this.#mode !== "closed") this.#close("timeout");
  }

  protected override describe(): string {
    if (this.#pending !== null) return 'the answer to "sasl" is owed';
    return this.#mode === "tls" ? "the TLS handshake is awaited" : "the application is to act";
  }

  /** A client has no default answers. */
  protected override settle(): void {}

  protected override advance(): SmtpClientEvent<Mechanism> | SmtpClientWaiting {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) {
        if (event.answer === "needed") this.#pending = event;
        return event;
      }
      if (this.#pending !== null) return "decision";
      if (this.#mode === "closed") return "closed";
      if (this.#mode === "tls") {
        if (this.input.discard()) this.#violate("plaintext-behind-starttls", PLAINTEXT);
        else return "tls";
      } else if (!this.#readLine()) {
        if (!this.inputEnded) return this.#waitingFor();
        this.#close(this.#sent[0]?.verb === "QUIT" ? "quit" : "end-of-input");
      }
    }
  }

  /** Reads one reply line; false: more input is needed. */
  #readLine(): boolean {
    const { maxReplyLineLength = 4096, maxSaslLineLength = 12_288 } = this.#options;
    const line = this.input.next(
      this.#exchange === null ? maxReplyLineLength : Math.max(maxReplyLineLength, maxSaslLineLength),
    );
    if (line === null) return false;
    if (!(line instanceof Uint8Array)) {
      this.#violate(line.code, line.text);
      return true;
    }
    const awaited = this.#sent[0]?.verb;
    const hello = this.#mode === "greeting" || awaited === "EHLO" || awaited === "HELO";
    const reply = this.#replies.add(line, !hello);
    if (reply === null) return true;
    if ("fault" in reply) this.#violate(reply.fault, reply.text);
    else this.#take(reply);
    return true;
  }

  #waitingFor(): SmtpClientWaiting {
    if (this.#mode === "content") return "content";
    return this.#mode === "greeting" || this.#sent.length > 0 ? "bytes" : "decision";
  }

  /** Takes a whole reply: the greeting, or the answer to the oldest command sent (RFC 2920 §3.1: by count alone). */
  #take(reply: Reply): void {
    const command = this.#sent[0];
    if (this.#mode === "greeting") this.#greeted(reply);
    else if (command === undefined) {
      if (reply.code !== 421) this.#violate("unexpected-reply", `a reply of ${reply.code} to no command`);
    } else if (command.verb === "AUTH" && outcome(reply) === "intermediate") this.#challenged(reply);
    else if (!isPossible(command.verb, reply)) {
      this.#violate("unexpected-code", `a reply of ${reply.code} to ${command.verb}`);
    } else {
      this.#sent.shift();
      this.#answered(command, reply);
    }
    if (reply.code === 421 && this.#mode !== "closed") this.#close("reply-421");
    this.#pump();
  }

  #greeted(reply: Reply): void {
    const ok = outcome(reply) === "positive";
    this.#mode = "commands";
    const name = reply.lines[0]!.split(" ", 1)[0]!;
    this.#events.push({ type: "greeting", ok, reply, name, answer: "none" });
    if (ok) return;
    this.#state = this.#expected = "refused";
    const dropped = this.#queue;
    this.#queue = [];
    for (const command of dropped) this.#report(command, false, null);
  }

  #answered(command: ClientCommand, reply: Reply): void {
    const { verb } = command;
    const ok = outcome(reply) === "positive" || reply.code === 354;
    if (verb === "AUTH") {
      this.#authenticatedBy(ok, reply);
      return;
    }
    if (verb === "DATA" && ok && this.#accepted === 0) {
      // Nobody is to receive the content: it is ended at once, and fails whatever the server says (RFC 2920 §3.1).
      this.output.text(".\r\n");
      this.#expected = "ready";
      this.#sent.push({ verb: "message", line: "", size: 0, stuffedLines: 0, void: true });
      this.#report(command, false, reply);
      return;
    }
    if (ok || verb === "message") this.#succeeded(command, reply);
    this.#report(command, ok, reply);
    if (verb === "QUIT") this.#close("quit");
  }

  #succeeded(command: ClientCommand, reply: Reply): void {
    switch (command.verb) {
      case "EHLO":
      case "HELO":
        this.#state = afterBusy[command.verb];
        this.#capabilities = parseCapabilities(
          command.verb === "EHLO" ? reply : NO_EXTENSIONS,
          this.#options.leniencies,
        );
        return;
      case "STARTTLS":
        this.#mode = "tls";
        return;
      case "MAIL":
        this.#accepted = 0;
        this.#sevenBit = command.sevenBit;
        break;
      case "RCPT":
        this.#accepted++;
        break;
      case "DATA":
        this.#mode = "content";
        this.#stuffer = new Stuffer(this.#stufferOptions);
        break;
      case "message":
        this.#state = "ready";
        return;
    }
    this.#state = clientTable[command.verb][this.#state] ?? this.#state;
  }

  #challenged(reply: Reply): void {
    if (this.#exchange!.failure === null) this.#step(this.#exchange!.challenge(reply.lines[0]!));
    else this.#violate("unexpected-code", "a challenge behind the end of the exchange");
  }

  #authenticatedBy(ok: boolean, reply: Reply): void {
    const exchange = this.#exchange!;
    this.#exchange = null;
    if (!ok) {
      exchange.mechanism.abort();
      this.#reportAuth(exchange, reply, exchange.failure);
      return;
    }
    const result = exchange.finish();
    if (result.type === "success") {
      this.#authenticated = true;
      const mechanism = exchange.mechanism.name;
      this.#events.push({
        type: "auth",
        ok,
        mechanism,
        serverProved: result.serverProved,
        reply,
        text: null,
        answer: "none",
      });
    } else {
      this.#reportAuth(exchange, reply, result.text);
      this.#violate("sasl-incomplete", "success before the mechanism was complete");
    }
  }

  /** Reports an exchange that failed. */
  #reportAuth(exchange: ClientExchange<Mechanism>, reply: Reply | null, text: string | null): void {
    const mechanism = exchange.mechanism.name;
    this.#events.push({ type: "auth", ok: false, mechanism, serverProved: false, reply, text, answer: "none" });
  }

  #step(step: ClientExchangeStep<Mechanism>): void {
    const exchange = this.#exchange!;
    if (step.type === "other") {
      const { mechanism } = exchange;
      this.#events.push({ type: "sasl", mechanism, step: step.step, secret: true, answer: "needed" });
    } else if (step.type === "failure") {
      this.#exchange = null;
      this.#reportAuth(exchange, null, step.text);
      this.#pump();
    } else if (this.#sent[0]?.verb === "AUTH") this.output.text(step.text);
    else {
      this.#queue.push({ verb: "AUTH", line: step.text });
      this.#pump();
    }
  }

  #simple(command: Command & { readonly verb: "DATA" | "RSET" | "NOOP" | "HELP" | "QUIT" | "STARTTLS" }): this {
    return this.#give({ verb: command.verb, line: formatCommand(command) });
  }

  /** Queues a command, if the state that those before it lead to allows it. */
  #give(command: ClientCommand): this {
    this.#expected = this.#expect(command.verb);
    this.#queue.push(command);
    this.#pump();
    return this;
  }

  /** Sends what may be sent now. */
  #pump(): void {
    const grouped = (this.#options.pipelining ?? true) && this.#capabilities?.keywords.has("PIPELINING");
    while (this.#mode === "commands" && this.#queue.length > 0) {
      const last = this.#sent.at(-1);
      if (last !== undefined && !(grouped && mayBeFollowed.has(last.verb))) return;
      const command = this.#queue.shift()!;
      this.output.text(command.line);
      this.#sent.push(command);
    }
    const idle = this.#mode === "commands" && this.#queue.length + this.#sent.length === 0 && this.#exchange === null;
    if (idle) this.#expected = this.#state;
  }

  #expect(verb: ClientVerb): ClientState {
    const next = clientTable[verb][this.#expected];
    if (next === undefined)
      throw new StateError(`${verb.toLowerCase()}()`, `in state "${this.#expected}"`, this.#legal());
    return next;
  }

  #expectTls(call: string): void {
    if (this.#options.requireTls && !this.#tls)
      throw new StateError(call, "before TLS, which requireTls demands", "starttls() and quit()");
  }

  #expectContent(call: string): Stuffer {
    if (this.#stuffer === null) throw new StateError(call, "before the server has asked for content", this.#legal());
    return this.#stuffer;
  }

  #expectHandshake(call: string): void {
    if (this.#mode !== "tls") throw new StateError(call, "without a positive reply to STARTTLS", this.#legal());
  }

  /** What the state allows, for a StateError. */
  #legal(): string {
    if (this.#mode === "content") return "write(), end() and abort()";
    const verbs = verbsIn(this.#expected).flatMap((verb) => (verb === "message" ? [] : [`${verb.toLowerCase()}()`]));
    return verbs.length === 0 ? "nextEvent() and takeOutput()" : verbs.join(", ");
  }

  #leaveContent(): void {
    this.#stuffer = null;
    this.#mode = "commands";
    this.#expected = "ready";
  }

  #violate(code: ClientViolationCode, text: string): void {
    this.#events.push({ type: "violation", code, text, fatal: true, answer: "none" });
    this.#close("violation");
  }

  /** Ends the session: every command still unanswered gets its event. */
  #close(cause: ClientCloseCause): void {
    if (this.#mode === "greeting")
      this.#events.push({ type: "greeting", ok: false, reply: null, name: "", answer: "none" });
    if (this.#stuffer !== null) this.#events.push(messageEvent("not-accepted", this.#stuffer, null));
    this.#stuffer = null;
    this.#mode = "closed";
    this.#expected = "closed";
    for (const command of [...this.#sent, ...this.#queue]) this.#report(command, false, null);
    this.#sent = [];
    this.#queue = [];
    if (this.#exchange !== null) this.#exchange.mechanism.abort();
    this.#exchange = null;
    this.#pending = null;
    this.input.discard();
    this.#events.push({ type: "closed", cause, answer: "none" });
  }

  /** Reports a command that has its reply, or will never have one. */
  #report(command: ClientCommand, ok: boolean, reply: Reply | null): void {
    if (command.verb === "AUTH") {
      this.#reportAuth(this.#exchange!, reply, null);
      return;
    }
    const event = commandEvent<Mechanism>(command, ok, reply, this.#capabilities);
    if (event !== null) this.#events.push(event);
  }

  get #stufferOptions(): { readonly lineEndings: "normalize" | "reject" } {
    return { lineEndings: this.#options.lineEndings ?? "normalize" };
  }
}

const PLAINTEXT = "octets behind the reply to STARTTLS, before the TLS handshake";
/** What counts as the EHLO reply of a server that knows only HELO (RFC 5321 §3.2). */
const NO_EXTENSIONS: Reply = { code: 250, enhanced: null, lines: [""] };
