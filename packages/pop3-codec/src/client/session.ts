import {
  type ClientMemory,
  ClientSession,
  type ConcludedExchange,
  ContentReader,
  conceal,
  type OtherStep,
  type SaslClient,
  type SaslOtherStep,
  StateError,
  sessionMemory,
} from "dot-stuffing/session";
import { type Capabilities, parseCapabilities } from "../syntax/capabilities.ts";
import { parseChallenge } from "../syntax/challenge.ts";
import { formatCommand } from "../syntax/format-command.ts";
import { parseDropListing, parseScanListing, parseUniqueIdListing } from "../syntax/listing.ts";
import { parseResponse, type Response } from "../syntax/response.ts";
import { findTimestamp } from "../syntax/timestamp.ts";
import { decodeUtf8 } from "../web.ts";
import type { ClientCloseCause, ClientViolationCode, Pop3ClientEvent } from "./events.ts";
import type { Pop3ClientOptions } from "./options.ts";
import { type ClientCommand, commandEvent, type RespondedCommand } from "./reports.ts";
import { type ClientState, type ClientVerb, clientTable, mayBeFollowed } from "./table.ts";

/** Why a client session goes no further. `"decision"`: nothing is under way; the next command is the application's. */
export type Pop3ClientWaiting = "bytes" | "decision" | "output" | "tls" | "closed";

/** How AUTH goes. */
export interface AuthOptions {
  /** `"when it fits"` (default) in the AUTH line; `"never"`: behind an empty challenge, as Exchange Online needs. */
  readonly initialResponse?: "when it fits" | "never";
  /** Uses a mechanism that the server does not list, or that is not known to be listed. Default false. */
  readonly force?: boolean;
}

interface Pop3ClientMemory<Mechanism extends SaslClient>
  extends ClientMemory<Pop3ClientEvent<Mechanism>, ClientState, ClientCommand> {
  /** `"lines"` and `"content"`: of a multi-line response, behind its status line. */
  mode: "greeting" | "commands" | "lines" | "content" | "tls" | "closed";
  /** What the last CAPA said; null: unknown. */
  capabilities: Capabilities | null;
  /** The greeting's. */
  timestamp: string | null;
  /** The status of the response whose lines or content are read. */
  response: Response | null;
  /** Of CAPA's response. */
  lines: string[];
  /** Whether an entry of the listing in work was reported as malformed. */
  linesFaulty: boolean;
}

/** The longest AUTH command with an initial response, in octets with CRLF (RFC 5034 §4). */
const MAX_COMMAND_LINE = 255;
/** How long to wait for a response: RFC 1939 names no figure; RFC 5321 §4.5.3.2 has this one for SMTP. In seconds. */
const TIMEOUT = 300;

/**
 * The client's side of a POP3 connection (RFC 1939), without I/O. Commands are methods; each is checked against the state that
 * those before it lead to, and sent when the protocol allows. Each has one event with the server's response, behind the
 * entries or the content that belong to it.
 *
 * @typeParam Mechanism the type of the mechanism objects handed to `auth`, which `"sasl"` events carry
 * @example
 * ```ts
 * const session = new Pop3ClientSession({ tls: true });
 * for (const event of session.receive(chunk)) {
 *   if (event.type === "greeting" && event.ok) session.user("tim").pass("tanstaaf");
 *   if (event.type === "pass" && event.ok) session.retr(1).quit();
 *   if (event.type === "content") file.write(event.bytes);
 * }
 * ```
 */
export class Pop3ClientSession<Mechanism extends SaslClient = SaslClient> extends ClientSession<
  Pop3ClientEvent<Mechanism>,
  Pop3ClientWaiting,
  ClientState,
  ClientCommand,
  Pop3ClientMemory<Mechanism>,
  Response,
  Mechanism
> {
  protected override readonly role = "pop3-client";
  readonly #options: Pop3ClientOptions;
  #content: ContentReader | null = null;

  constructor(options: Pop3ClientOptions = {}) {
    const memory: Pop3ClientMemory<Mechanism> = {
      ...sessionMemory(options.tls ?? false),
      mode: "greeting",
      state: "authorization",
      expected: "authorization",
      queue: [],
      sent: [],
      capabilities: null,
      timestamp: null,
      response: null,
      lines: [],
      linesFaulty: false,
    };
    super(options, { lineEndings: "reject" }, memory, clientTable);
    this.#options = options;
    new ContentReader(this.#contentOptions); // a wrong option is refused here rather than in the middle of a message
  }

  /** What the last CAPA said; null: unknown. */
  get capabilities(): Capabilities | null {
    return this.memory.capabilities;
  }

  /** The greeting's timestamp, for APOP; null: none, or TLS has begun since (RFC 2595 §4). */
  get timestamp(): string | null {
    return this.memory.timestamp;
  }

  /** How long to wait for what is awaited, in seconds; null while nothing is. */
  get timeout(): { readonly seconds: number; readonly for: ClientVerb | "greeting" } | null {
    if (this.memory.mode === "greeting") return { seconds: TIMEOUT, for: "greeting" };
    const awaited = this.memory.sent[0]?.verb;
    return awaited === undefined ? null : { seconds: TIMEOUT, for: awaited };
  }

  /** @throws RangeError for a name with spaces, other than visible ASCII, or empty */
  user(name: string): this {
    this.expectTls("user()", BEFORE_TLS);
    return this.give({ verb: "USER", line: formatCommand({ verb: "USER", name }) });
  }

  /** Follows `user`; it is not sent if the server refuses the name. @throws RangeError for other than printable ASCII, or empty */
  pass(password: string): this {
    const command = conceal({ verb: "PASS", secret: true }, { password });
    return this.give({ verb: "PASS", line: formatCommand(command) });
  }

  /**
   * @param digest of timestamp and password, 32 lower-case hexadecimal digits: `apopDigest` of `sasl` makes it
   * @throws StateError without a timestamp
   */
  apop(name: string, digest: string): this {
    this.expectTls("apop()", BEFORE_TLS);
    if (this.memory.timestamp === null)
      throw new StateError("apop()", "without a timestamp in the greeting", this.legal());
    const command = conceal({ verb: "APOP", name, secret: true }, { digest });
    return this.give({ verb: "APOP", line: formatCommand(command) });
  }

  /**
   * Authenticates through a mechanism object, one for each exchange (RFC 5034).
   *
   * @throws StateError for a mechanism that the server is not known to list, unless forced; under `requireTls` before TLS.
   */
  auth(mechanism: Mechanism, options: AuthOptions = {}): this {
    this.expect("AUTH");
    this.expectTls("auth()", BEFORE_TLS);
    const name = mechanism.name.toUpperCase();
    formatCommand(conceal({ verb: "AUTH", mechanism: name, secret: true }, { initialResponse: null })); // checks the name
    if (!options.force && !this.memory.capabilities?.sasl.includes(name)) {
      throw new StateError(
        `auth() with ${name}`,
        "on a server not known to list it",
        "a mechanism it lists, or force: true",
      );
    }
    // Without a SASL capability no initial response is known to be taken (RFC 5034 §3).
    const twoStep = options.initialResponse === "never" || !this.memory.capabilities?.tags.has("SASL");
    this.begin(mechanism, "busy", {
      maxCommandLine: MAX_COMMAND_LINE,
      twoStep,
      challengeNotBase64: this.#options.leniencies?.textAsEmptyChallenge ?? true,
      textBehindChallenge: false,
    });
    return this;
  }

  capa(): this {
    return this.#simple("CAPA");
  }

  /** Asks for TLS. Once its event is `ok`, `waiting` is `"tls"`. It may be asked for though it is not offered. */
  stls(): this {
    if (this.tls) throw new StateError("stls()", "while TLS is active", this.legal());
    return this.#simple("STLS");
  }

  stat(): this {
    return this.#simple("STAT");
  }

  /** Asks for the size of message n, or of all. */
  list(n: number | null = null): this {
    return this.give({ verb: "LIST", line: formatCommand({ verb: "LIST", number: n }), number: n });
  }

  /** Asks for the unique-id of message n, or of all. */
  uidl(n: number | null = null): this {
    return this.give({ verb: "UIDL", line: formatCommand({ verb: "UIDL", number: n }), number: n });
  }

  /** Asks for message n: `content` events, then `retr`. */
  retr(n: number): this {
    return this.give({ verb: "RETR", line: formatCommand({ verb: "RETR", number: n }), number: n });
  }

  /** Asks for the header of message n and the first lines of its body: `content` events, then `top`. */
  top(n: number, lines: number): this {
    return this.give({ verb: "TOP", line: formatCommand({ verb: "TOP", number: n, lines }), number: n });
  }

  /** Marks message n as deleted; it is removed by `quit`. */
  dele(n: number): this {
    return this.give({ verb: "DELE", line: formatCommand({ verb: "DELE", number: n }), number: n });
  }

  noop(): this {
    return this.#simple("NOOP");
  }

  rset(): this {
    return this.#simple("RSET");
  }

  quit(): this {
    return this.#simple("QUIT");
  }

  protected override release(): void {
    super.release();
    this.#content?.release();
  }

  protected override read(): Pop3ClientWaiting | null {
    if (this.#advance()) return null;
    if (!this.inputEnded) return this.memory.mode === "greeting" || this.memory.sent.length > 0 ? "bytes" : "decision";
    this.#atEndOfInput();
    return null;
  }

  protected override underTls(): void {
    const { memory } = this;
    memory.mode = "commands";
    memory.state = memory.expected = "authorization";
    memory.capabilities = null;
    memory.timestamp = null;
  }

  protected override plaintextBehindTls(): void {
    this.#violate("plaintext-behind-stls", "octets behind the response to STLS, before the TLS handshake");
  }

  protected override maySend(last: ClientCommand | null): boolean {
    const { mode, capabilities } = this.memory;
    if (mode === "greeting" || mode === "tls" || mode === "closed") return false;
    if (last === null) return true;
    const grouped = (this.#options.pipelining ?? true) && capabilities?.tags.has("PIPELINING");
    return grouped === true && mayBeFollowed.has(last.verb);
  }

  protected override authCommand(line: string): ClientCommand {
    return { verb: "AUTH", line };
  }

  protected override saslEvent(mechanism: Mechanism, step: SaslOtherStep): Pop3ClientEvent<Mechanism> {
    return { type: "sasl", mechanism, step: step as OtherStep<Mechanism>, secret: true, answer: "needed" };
  }

  protected override authEvent({ reply, ...end }: ConcludedExchange<Response>): Pop3ClientEvent<Mechanism> {
    if (end.ok) this.memory.state = "transaction";
    return { type: "auth", ...end, response: reply, answer: "none" };
  }

  protected override lost(command: RespondedCommand): void {
    const figures = { count: 0, size: this.#content?.size ?? 0 };
    this.memory.events.push(commandEvent<Mechanism>(command, false, null, null, figures));
  }

  /** Ends the session: every command still unanswered gets its event. */
  protected override close(cause: ClientCloseCause): void {
    if (this.memory.mode === "greeting") {
      this.memory.events.push({ type: "greeting", ok: false, response: null, timestamp: null, answer: "none" });
    }
    this.drop();
    this.memory.expected = "closed";
    this.#content = null;
    this.memory.events.push({ type: "closed", cause, answer: "none" });
  }

  /** Reads one thing; false: more input is needed. */
  #advance(): boolean {
    if (this.memory.mode === "content") return this.#readContent(this.#content!);
    if (this.memory.mode !== "lines") this.#skipLineEnds();
    const { maxResponseLength = 512, maxSaslLineLength = 12_288 } = this.#options;
    const line = this.input.next(this.mechanism !== null ? maxSaslLineLength : maxResponseLength);
    if (line === null) return false;
    if (!(line instanceof Uint8Array)) this.#violate(line.code, line.text);
    else if (this.memory.mode === "lines") this.#takeLine(line);
    else if (line.length > 0 || !this.#skipsLineEnds) this.#takeStatus(line);
    return true;
  }

  get #skipsLineEnds(): boolean {
    return this.#options.leniencies?.leadingLineEnds ?? true;
  }

  /** A line feed in front of a status line, as some servers leave it behind. */
  #skipLineEnds(): void {
    if (!this.#skipsLineEnds) return;
    while (!this.input.midLine && this.input.peek()?.[0] === LF) this.input.skip(1);
  }

  #takeStatus(line: Uint8Array): void {
    const command = this.memory.sent[0];
    const challenge = command?.verb === "AUTH" ? parseChallenge(line, this.#options.leniencies) : null;
    if (challenge !== null) {
      if (!this.challenged(challenge))
        this.#violate("unexpected-response", "a challenge behind the end of the exchange");
      return;
    }
    const response = parseResponse(line, this.#options);
    if (response === null) this.#violate("invalid-response", "expected a line that begins with +OK or -ERR");
    else if (this.memory.mode === "greeting") this.#greeted(response);
    else if (command === undefined) this.#violate("unexpected-response", "a response to no command");
    else this.#answered(command, response);
  }

  #greeted(response: Response): void {
    this.memory.mode = "commands";
    this.memory.timestamp = response.ok ? findTimestamp(response.text) : null;
    this.memory.events.push({
      type: "greeting",
      ok: response.ok,
      response,
      timestamp: this.memory.timestamp,
      answer: "none",
    });
    if (response.ok) this.pump();
    else this.close("refused");
  }

  #answered(command: ClientCommand, response: Response): void {
    if (response.ok && this.#hasLines(command)) {
      this.memory.mode = "lines";
      this.memory.response = response;
      this.memory.lines = [];
      this.memory.linesFaulty = false;
    } else if (response.ok && (command.verb === "RETR" || command.verb === "TOP")) {
      this.memory.mode = "content";
      this.memory.response = response;
      this.#content = new ContentReader(this.#contentOptions);
    } else this.#finish(command, response);
  }

  #hasLines(command: ClientCommand): boolean {
    return command.verb === "CAPA" || ((command.verb === "LIST" || command.verb === "UIDL") && command.number === null);
  }

  /** A line of a multi-line response: an entry, or the end (RFC 1939 §3). */
  #takeLine(line: Uint8Array): void {
    const command = this.memory.sent[0]!;
    const stuffed = line[0] === DOT;
    if (stuffed && line.length === 1) {
      this.memory.mode = "commands";
      this.#finish(command, this.memory.response!);
      return;
    }
    const text = decodeUtf8(stuffed ? line.subarray(1) : line);
    if (command.verb === "CAPA") this.memory.lines.push(text);
    else if (!this.#takeEntry(command, text) && !this.memory.linesFaulty) {
      this.memory.linesFaulty = true;
      this.#warn("invalid-listing", `an entry of ${command.verb} that is not of its form`);
    }
  }

  #takeEntry(command: ClientCommand, text: string): boolean {
    const asked = "number" in command ? command.number : null;
    if (command.verb === "LIST") {
      const entry = parseScanListing(text, this.#options.leniencies);
      if (entry === null || (asked !== null && entry.number !== asked)) return false;
      const { number, size } = entry;
      this.memory.events.push({ type: "scan-listing", number, size, answer: "none" });
    } else {
      const entry = parseUniqueIdListing(text, asked, this.#options.leniencies);
      if (entry === null || (asked !== null && entry.number !== asked)) return false;
      const { number, uniqueId } = entry;
      this.memory.events.push({ type: "unique-id-listing", number, uniqueId, answer: "none" });
    }
    return true;
  }

  #readContent(content: ContentReader): boolean {
    const step = content.next(this.input);
    if (step === null) return false;
    const command = this.memory.sent[0] as ClientCommand & { readonly number: number };
    if (step.type === "piece")
      this.memory.events.push({ type: "content", number: command.number, bytes: step.bytes, answer: "none" });
    else {
      this.memory.mode = "commands";
      this.#finish(command, this.memory.response!);
    }
    return true;
  }

  /** A command has its whole answer. */
  #finish(command: ClientCommand, response: Response): void {
    if (command.verb === "AUTH") {
      this.memory.sent.shift();
      if (!this.conclude(response.ok, response))
        this.#violate("sasl-incomplete", "success before the mechanism was complete");
      this.pump();
      return;
    }
    const { ok } = response;
    let counted = { count: 0, size: this.#content?.size ?? 0 };
    if (command.verb === "CAPA")
      this.memory.capabilities = ok ? parseCapabilities(this.memory.lines, this.#options.leniencies) : null;
    else if (command.verb === "STAT" && ok) {
      const figures = parseDropListing(response.text);
      if (figures === null) this.#warn("invalid-response", "expected two numbers in answer to STAT");
      counted = figures ?? counted;
    } else if ((command.verb === "LIST" || command.verb === "UIDL") && command.number !== null && ok) {
      if (!this.#takeEntry(command, response.text))
        this.#warn("invalid-listing", `not an answer to ${command.verb} ${command.number}`);
    }
    this.memory.sent.shift();
    this.#content = null;
    if (ok) this.#succeeded(command);
    this.memory.events.push(commandEvent<Mechanism>(command, ok, response, this.memory.capabilities, counted));
    if (command.verb === "PASS" && !ok) this.memory.state = "authorization";
    if (command.verb === "USER" && !ok) this.#dropPass();
    if (command.verb === "QUIT") this.close("quit");
    this.pump();
  }

  #succeeded(command: ClientCommand): void {
    if (command.verb === "STLS") this.memory.mode = "tls";
    else if (command.verb === "USER") this.memory.state = "name";
    else if (command.verb === "PASS" || command.verb === "APOP") this.memory.state = "transaction";
  }

  /** After -ERR to USER no password is sent (RFC 1939 §7). */
  #dropPass(): void {
    if (this.memory.queue[0]?.verb !== "PASS") return;
    const dropped = this.memory.queue;
    this.memory.queue = [];
    for (const command of dropped) if (command.verb !== "AUTH") this.lost(command);
  }

  #atEndOfInput(): void {
    const cutOff = this.#content?.end() ?? null;
    if (cutOff !== null) this.#warn("cut-off", cutOff.text);
    this.close(this.memory.sent[0]?.verb === "QUIT" ? "quit" : "end-of-input");
  }

  #simple(verb: "CAPA" | "STLS" | "STAT" | "NOOP" | "RSET" | "QUIT"): this {
    return this.give({ verb, line: formatCommand({ verb }) });
  }

  #warn(code: ClientViolationCode, text: string): void {
    this.memory.events.push({ type: "violation", code, text, fatal: false, answer: "none" });
  }

  #violate(code: ClientViolationCode, text: string): void {
    this.memory.events.push({ type: "violation", code, text, fatal: true, answer: "none" });
    this.close("violation");
  }

  get #contentOptions(): { readonly lineEndings: "preserve" | "normalize" } {
    return { lineEndings: this.#options.lineEndings ?? "preserve" };
  }
}

const BEFORE_TLS = "stls() and quit()";
const LF = 0x0a;
const DOT = 0x2e;
