import { Stuffer } from "dot-stuffing";
import {
  type ClientMemory,
  ClientSession,
  type ConcludedExchange,
  type OtherStep,
  type SaslClient,
  type SaslOtherStep,
  type Saved,
  type SessionSnapshot,
  StateError,
  sessionMemory,
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
import { ReplyAssembler, type ReplyAssemblerSnapshot } from "../syntax/reply/assembler.ts";
import { outcome, type Reply } from "../syntax/reply/reply.ts";
import { type ClientCommand, type RepliedCommand, toAuthPath, toForwardPath, toReversePath } from "./commands.ts";
import type { ClientCloseCause, ClientViolationCode, SmtpClientEvent } from "./events.ts";
import type { SmtpClientOptions } from "./options.ts";
import { commandEvent, isPossible, messageEvent } from "./reports.ts";
import { afterBusy, type ClientState, type ClientVerb, clientTable, mayBeFollowed } from "./table.ts";

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

interface SmtpClientMemory<Mechanism extends SaslClient>
  extends ClientMemory<SmtpClientEvent<Mechanism>, ClientState, ClientCommand> {
  mode: "greeting" | "commands" | "content" | "tls" | "closed";
  /** What the last hello said. */
  capabilities: Capabilities | null;
  authenticated: boolean;
  /** How many recipients of the transaction the server has accepted. */
  accepted: number;
  /** Whether its content was declared to be 7-bit. */
  sevenBit: boolean;
}

/** What a snapshot has besides. */
interface SavedParts {
  readonly replies: ReplyAssemblerSnapshot;
  readonly stuffer: ReturnType<Stuffer["snapshot"]> | null;
}

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
export class SmtpClientSession<Mechanism extends SaslClient = SaslClient> extends ClientSession<
  SmtpClientEvent<Mechanism>,
  SmtpClientWaiting,
  ClientState,
  ClientCommand,
  SmtpClientMemory<Mechanism>,
  Reply,
  Mechanism
> {
  protected override readonly role = "smtp-client";
  readonly #options: SmtpClientOptions;
  #replies: ReplyAssembler = new ReplyAssembler();
  #stuffer: Stuffer | null = null;

  constructor(options: SmtpClientOptions = {}) {
    const memory: SmtpClientMemory<Mechanism> = {
      ...sessionMemory(options.tls ?? false),
      mode: "greeting",
      state: "greeted",
      expected: "greeted",
      queue: [],
      sent: [],
      capabilities: null,
      authenticated: false,
      accepted: 0,
      sevenBit: false,
    };
    super(options, { lineEndings: "reject" }, memory, clientTable);
    this.#options = options;
    new Stuffer(this.#stufferOptions); // a wrong option is refused here rather than in the middle of a transaction
  }

  /**
   * A session that goes on where the one was that made the snapshot.
   *
   * @param options those of the other session
   * @param mechanism of the exchange of AUTH, if the snapshot was taken in one: an object in the same state
   * @throws TypeError for anything but a snapshot of a client session of this version
   */
  static restore<Mechanism extends SaslClient = SaslClient>(
    snapshot: SessionSnapshot,
    options: SmtpClientOptions = {},
    mechanism: Mechanism | null = null,
  ): SmtpClientSession<Mechanism> {
    return new SmtpClientSession<Mechanism>(options).takeOver(snapshot, mechanism);
  }

  /** Whether AUTH succeeded since the connection, or TLS, began. */
  get authenticated(): boolean {
    return this.memory.authenticated;
  }

  /** What the last hello said; null before one, and after TLS has begun. Empty behind HELO. */
  get capabilities(): Capabilities | null {
    return this.memory.capabilities;
  }

  /** How long to wait for what is awaited (RFC 5321 §4.5.3.2), in seconds; null while nothing is. */
  get timeout(): { readonly seconds: number; readonly for: ClientVerb | "greeting" | "content" } | null {
    if (this.memory.mode === "greeting") return { seconds: TIMEOUT, for: "greeting" };
    if (this.memory.mode === "content") return { seconds: CONTENT_TIMEOUT, for: "content" };
    const awaited = this.memory.sent[0]?.verb;
    return awaited === undefined ? null : { seconds: TIMEOUTS[awaited] ?? TIMEOUT, for: awaited };
  }

  /** @param name the client's domain or address literal @throws RangeError for another text */
  ehlo(name: string): this {
    return this.give({ verb: "EHLO", line: formatCommand({ verb: "EHLO", name, nameKind: "other" }) });
  }

  /** For servers that refuse EHLO: behind it no extension is offered. @throws RangeError as `ehlo` does */
  helo(name: string): this {
    return this.give({ verb: "HELO", line: formatCommand({ verb: "HELO", name, nameKind: "other" }) });
  }

  /**
   * Begins a mail transaction.
   *
   * @param from the reverse-path; `""` is the null path
   * @throws RangeError naming the argument that is no mailbox or outside its range.
   * @throws StateError for what the server does not offer, and under `requireTls` before TLS.
   */
  mail(from: ReversePath | string, options: MailOptions = {}): this {
    this.expect("MAIL");
    this.expectTls("mail()", BEFORE_TLS);
    const path = toReversePath(from);
    const capabilities = this.memory.capabilities!;
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
    return this.give({ verb: "MAIL", line, from: path, sevenBit });
  }

  /** @param to the forward-path @throws RangeError unless it is a mailbox, or Postmaster */
  rcpt(to: ForwardPath | string, parameters: readonly EsmtpParameter[] = []): this {
    const path = toForwardPath(to);
    return this.give({ verb: "RCPT", line: formatCommand({ verb: "RCPT", to: path, parameters }), to: path });
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
    if (this.memory.sevenBit && bytes.some((octet) => octet > 0x7f)) this.close("content-not-7bit");
    else for (const piece of stuffer.push(bytes)) this.output.bytes(piece);
    return this;
  }

  /** Ends the content: a last CRLF if it lacks one, and the final dot. @throws StateError unless `waiting` is `"content"` */
  end(): this {
    const stuffer = this.#expectContent("end()");
    for (const piece of stuffer.end()) this.output.bytes(piece);
    const { size, stuffedLines } = stuffer;
    this.memory.sent.push({ verb: "message", line: "", size, stuffedLines, void: false });
    this.#leaveContent();
    return this;
  }

  /** Writes whole content, or all of its pieces, and ends it. */
  content(content: Uint8Array | Iterable<Uint8Array>): this {
    for (const bytes of content instanceof Uint8Array ? [content] : content) {
      if (this.memory.mode === "content") this.write(bytes);
    }
    return this.memory.mode === "content" ? this.end() : this;
  }

  /** Breaks content off: no final dot is sent, and the connection closes, so that the message is certainly not accepted. */
  abort(): void {
    this.#expectContent("abort()");
    this.close("aborted");
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
    this.expectTls("vrfy()", BEFORE_TLS);
    return this.give({ verb: "VRFY", line: formatCommand({ verb: "VRFY", argument, smtputf8: false }), argument });
  }

  quit(): this {
    return this.#simple({ verb: "QUIT" });
  }

  /** Asks for TLS. Once its event is `ok`, `waiting` is `"tls"`. It may be asked for though it is not offered. */
  starttls(): this {
    if (this.tls) throw new StateError("starttls()", "while TLS is active", this.legal());
    return this.#simple({ verb: "STARTTLS" });
  }

  /**
   * Authenticates through a mechanism object, one for each exchange.
   *
   * @throws StateError for a mechanism that the server does not list, unless forced; once authenticated; under `requireTls` before TLS.
   */
  auth(mechanism: Mechanism, options: AuthOptions = {}): this {
    this.expect("AUTH");
    this.expectTls("auth()", BEFORE_TLS);
    if (this.memory.authenticated) throw new StateError("auth()", "once authenticated", this.legal());
    const name = mechanism.name.toUpperCase();
    formatCommand({ verb: "AUTH", mechanism: name, initialResponse: null }); // checks the name
    if (!options.force && !this.memory.capabilities!.auth.includes(name)) {
      throw new StateError(
        `auth() with ${name}`,
        "on a server that does not list it",
        "a mechanism it lists, or force: true",
      );
    }
    const { challengeNotBase64 = true, textBehindChallenge = true } = this.#options.leniencies ?? {};
    this.begin(mechanism, "busy", {
      maxCommandLine: MAX_COMMAND_LINE,
      twoStep: options.initialResponse === "never",
      challengeNotBase64,
      textBehindChallenge,
    });
    return this;
  }

  protected override read(): SmtpClientWaiting | null {
    const { maxReplyLineLength = 4096, maxSaslLineLength = 12_288 } = this.#options;
    const line = this.input.next(
      this.mechanism !== null ? Math.max(maxReplyLineLength, maxSaslLineLength) : maxReplyLineLength,
    );
    if (line === null) {
      if (!this.inputEnded) return this.#waitingFor();
      this.close(this.memory.sent[0]?.verb === "QUIT" ? "quit" : "end-of-input");
    } else if (line instanceof Uint8Array) this.#takeLine(line);
    else this.#violate(line.code, line.text);
    return null;
  }

  protected override save(): Saved {
    return { ...super.save(), replies: this.#replies.snapshot(), stuffer: this.#stuffer?.snapshot() ?? null };
  }

  protected override load(saved: Saved, mechanism: Mechanism | null): void {
    super.load(saved, mechanism);
    const { replies, stuffer } = saved as Saved & SavedParts;
    this.#replies = new ReplyAssembler(undefined, replies);
    this.#stuffer = stuffer === null ? null : new Stuffer(this.#stufferOptions, stuffer);
  }

  protected override underTls(): void {
    const { memory } = this;
    memory.mode = "commands";
    memory.state = memory.expected = afterBusy.STARTTLS;
    memory.capabilities = null;
    memory.authenticated = false;
  }

  protected override plaintextBehindTls(): void {
    this.#violate("plaintext-behind-starttls", "octets behind the reply to STARTTLS, before the TLS handshake");
  }

  protected override maySend(last: ClientCommand | null): boolean {
    if (this.memory.mode !== "commands") return false;
    if (last === null) return true;
    const grouped = (this.#options.pipelining ?? true) && this.memory.capabilities?.keywords.has("PIPELINING");
    return grouped === true && mayBeFollowed.has(last.verb);
  }

  protected override authCommand(line: string): ClientCommand {
    return { verb: "AUTH", line };
  }

  protected override saslEvent(mechanism: Mechanism, step: SaslOtherStep): SmtpClientEvent<Mechanism> {
    return { type: "sasl", mechanism, step: step as OtherStep<Mechanism>, secret: true, answer: "needed" };
  }

  protected override authEvent(end: ConcludedExchange<Reply>): SmtpClientEvent<Mechanism> {
    if (end.ok) this.memory.authenticated = true;
    return { type: "auth", ...end, answer: "none" };
  }

  protected override lost(command: RepliedCommand): void {
    this.#report(command, false, null);
  }

  /** Ends the session: every command still unanswered gets its event. */
  protected override close(cause: ClientCloseCause): void {
    const { memory } = this;
    if (memory.mode === "greeting") {
      memory.events.push({ type: "greeting", ok: false, reply: null, name: "", answer: "none" });
    }
    if (this.#stuffer !== null) memory.events.push(messageEvent("not-accepted", this.#stuffer, null));
    this.#stuffer = null;
    this.drop();
    memory.expected = "closed";
    memory.events.push({ type: "closed", cause, answer: "none" });
  }

  /** What the state allows, for a StateError. */
  protected override legal(): string {
    return this.memory.mode === "content" ? "write(), end() and abort()" : super.legal();
  }

  #takeLine(line: Uint8Array): void {
    const awaited = this.memory.sent[0]?.verb;
    const hello = this.memory.mode === "greeting" || awaited === "EHLO" || awaited === "HELO";
    const reply = this.#replies.add(line, !hello);
    if (reply === null) return;
    if ("fault" in reply) this.#violate(reply.fault, reply.text);
    else this.#take(reply);
  }

  #waitingFor(): SmtpClientWaiting {
    const { mode, sent } = this.memory;
    if (mode === "content") return "content";
    return mode === "greeting" || sent.length > 0 ? "bytes" : "decision";
  }

  /** Takes a whole reply: the greeting, or the answer to the oldest command sent (RFC 2920 §3.1: by count alone). */
  #take(reply: Reply): void {
    const command = this.memory.sent[0];
    if (this.memory.mode === "greeting") this.#greeted(reply);
    else if (command === undefined) {
      if (reply.code !== 421) this.#violate("unexpected-reply", `a reply of ${reply.code} to no command`);
    } else if (command.verb === "AUTH" && outcome(reply) === "intermediate") {
      if (!this.challenged(reply.lines[0]!))
        this.#violate("unexpected-code", "a challenge behind the end of the exchange");
    } else if (!isPossible(command.verb, reply)) {
      this.#violate("unexpected-code", `a reply of ${reply.code} to ${command.verb}`);
    } else {
      this.memory.sent.shift();
      this.#answered(command, reply);
    }
    if (reply.code === 421 && this.memory.mode !== "closed") this.close("reply-421");
    this.pump();
  }

  #greeted(reply: Reply): void {
    const { memory } = this;
    const ok = outcome(reply) === "positive";
    memory.mode = "commands";
    const name = reply.lines[0]!.split(" ", 1)[0]!;
    memory.events.push({ type: "greeting", ok, reply, name, answer: "none" });
    if (ok) return;
    memory.state = memory.expected = "refused";
    for (const command of memory.queue.splice(0)) if (command.verb !== "AUTH") this.lost(command);
  }

  #answered(command: ClientCommand, reply: Reply): void {
    const ok = outcome(reply) === "positive" || reply.code === 354;
    if (command.verb === "AUTH") {
      if (!this.conclude(ok, reply)) this.#violate("sasl-incomplete", "success before the mechanism was complete");
      return;
    }
    if (command.verb === "DATA" && ok && this.memory.accepted === 0) {
      // Nobody is to receive the content: it is ended at once, and fails whatever the server says (RFC 2920 §3.1).
      this.output.text(".\r\n");
      this.memory.expected = "ready";
      this.memory.sent.push({ verb: "message", line: "", size: 0, stuffedLines: 0, void: true });
      this.#report(command, false, reply);
      return;
    }
    if (ok || command.verb === "message") this.#succeeded(command, reply);
    this.#report(command, ok, reply);
    if (command.verb === "QUIT") this.close("quit");
  }

  #succeeded(command: RepliedCommand, reply: Reply): void {
    const { memory } = this;
    switch (command.verb) {
      case "EHLO":
      case "HELO":
        memory.state = afterBusy[command.verb];
        memory.capabilities = parseCapabilities(
          command.verb === "EHLO" ? reply : NO_EXTENSIONS,
          this.#options.leniencies,
        );
        return;
      case "STARTTLS":
        memory.mode = "tls";
        return;
      case "MAIL":
        memory.accepted = 0;
        memory.sevenBit = command.sevenBit;
        break;
      case "RCPT":
        memory.accepted++;
        break;
      case "DATA":
        memory.mode = "content";
        this.#stuffer = new Stuffer(this.#stufferOptions);
        break;
      case "message":
        memory.state = "ready";
        return;
    }
    memory.state = clientTable[command.verb][memory.state] ?? memory.state;
  }

  #simple(command: Command & { readonly verb: "DATA" | "RSET" | "NOOP" | "HELP" | "QUIT" | "STARTTLS" }): this {
    return this.give({ verb: command.verb, line: formatCommand(command) });
  }

  #expectContent(call: string): Stuffer {
    if (this.#stuffer === null) throw new StateError(call, "before the server has asked for content", this.legal());
    return this.#stuffer;
  }

  #leaveContent(): void {
    this.#stuffer = null;
    this.memory.mode = "commands";
    this.memory.expected = "ready";
  }

  #violate(code: ClientViolationCode, text: string): void {
    this.memory.events.push({ type: "violation", code, text, fatal: true, answer: "none" });
    this.close("violation");
  }

  /** Reports a command that has its reply, or will never have one. */
  #report(command: RepliedCommand, ok: boolean, reply: Reply | null): void {
    const event = commandEvent<Mechanism>(command, ok, reply, this.memory.capabilities);
    if (event !== null) this.memory.events.push(event);
  }

  get #stufferOptions(): { readonly lineEndings: "normalize" | "reject" } {
    return { lineEndings: this.#options.lineEndings ?? "normalize" };
  }
}

const BEFORE_TLS = "starttls() and quit()";
/** What counts as the EHLO reply of a server that knows only HELO (RFC 5321 §3.2). */
const NO_EXTENSIONS: Reply = { code: 250, enhanced: null, lines: [""] };
