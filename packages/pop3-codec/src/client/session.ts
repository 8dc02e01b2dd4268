import {
  ClientExchange,
  type ClientExchangeStep,
  ContentReader,
  conceal,
  type SaslClient,
  type SaslClientStep,
  type SaslOtherStep,
  Session,
  StateError,
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
import { type ClientCommand, commandEvent } from "./reports.ts";
import { type ClientState, type ClientVerb, clientTable, mayBeFollowed, verbsIn } from "./table.ts";

/** Why a client session goes no further. `"decision"`: nothing is under way; the next command is the application's. */
export type Pop3ClientWaiting = "bytes" | "decision" | "output" | "tls" | "closed";

/** How AUTH goes. */
export interface AuthOptions {
  /** `"when it fits"` (default) in the AUTH line; `"never"`: behind an empty challenge, as Exchange Online needs. */
  readonly initialResponse?: "when it fits" | "never";
  /** Uses a mechanism that the server does not list, or that is not known to be listed. Default false. */
  readonly force?: boolean;
}

/** What input is read as. */
type Mode = "greeting" | "status" | "lines" | "content" | "tls" | "closed";

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
export class Pop3ClientSession<Mechanism extends SaslClient = SaslClient> extends Session<
  Pop3ClientEvent<Mechanism>,
  Pop3ClientWaiting
> {
  readonly #options: Pop3ClientOptions;
  #mode: Mode = "greeting";
  #state: ClientState = "authorization";
  #expected: ClientState = "authorization"; // once every command given so far has succeeded
  #queue: ClientCommand[] = [];
  #sent: ClientCommand[] = [];
  #tls: boolean;
  #capabilities: Capabilities | null = null;
  #timestamp: string | null = null;
  #response: Response | null = null; // the status of the answer whose lines or content are read
  #lines: string[] = [];
  #linesFaulty = false;
  #content: ContentReader | null = null;
  #exchange: ClientExchange<Mechanism> | null = null;
  #events: Pop3ClientEvent<Mechanism>[] = [];
  #pending: Pop3ClientEvent<Mechanism> | null = null;

  constructor(options: Pop3ClientOptions = {}) {
    super(options, { lineEndings: "reject" });
    this.#options = options;
    this.#tls = options.tls ?? false;
    new ContentReader(this.#contentOptions); // a wrong option is refused here rather than in the middle of a message
  }

  /** Where the session stands in `clientTable`, once every command given so far has succeeded. */
  get state(): ClientState {
    return this.#expected;
  }

  /** Whether TLS is active. */
  get tls(): boolean {
    return this.#tls;
  }

  /** What the last CAPA said; null: unknown. */
  get capabilities(): Capabilities | null {
    return this.#capabilities;
  }

  /** The greeting's timestamp, for APOP; null: none, or TLS has begun since (RFC 2595 §4). */
  get timestamp(): string | null {
    return this.#timestamp;
  }

  /** How long to wait for what is awaited, in seconds; null while nothing is. */
  get timeout(): { readonly seconds: number; readonly for: ClientVerb | "greeting" } | null {
    if (this.#mode === "greeting") return { seconds: TIMEOUT, for: "greeting" };
    const awaited = this.#sent[0]?.verb;
    return awaited === undefined ? null : { seconds: TIMEOUT, for: awaited };
  }

  /** @throws RangeError for a name with spaces, other than visible ASCII, or empty */
  user(name: string): this {
    this.#expectTls("user()");
    return this.#give({ verb: "USER", line: formatCommand({ verb: "USER", name }) });
  }

  /** Follows `user`; it is not sent if the server refuses the name. @throws RangeError for other than printable ASCII, or empty */
  pass(password: string): this {
    const command = conceal({ verb: "PASS", secret: true }, { password });
    return this.#give({ verb: "PASS", line: formatCommand(command) });
  }

  /**
   * @param digest of timestamp and password, 32 lower-case hexadecimal digits: `apopDigest` of `sasl` makes it
   * @throws StateError without a timestamp
   */
  apop(name: string, digest: string): this {
    this.#expectTls("apop()");
    if (this.#timestamp === null) throw new StateError("apop()", "without a timestamp in the greeting", this.#legal());
    const command = conceal({ verb: "APOP", name, secret: true }, { digest });
    return this.#give({ verb: "APOP", line: formatCommand(command) });
  }

  /**
   * Authenticates through a mechanism object, one for each exchange (RFC 5034).
   *
   * @throws StateError for a mechanism that the server is not known to list, unless forced; under `requireTls` before TLS.
   */
  auth(mechanism: Mechanism, options: AuthOptions = {}): this {
    this.#expect("AUTH");
    this.#expectTls("auth()");
    const name = mechanism.name.toUpperCase();
    formatCommand(conceal({ verb: "AUTH", mechanism: name, secret: true }, { initialResponse: null })); // checks the name
    if (!options.force && !this.#capabilities?.sasl.includes(name)) {
      throw new StateError(
        `auth() with ${name}`,
        "on a server not known to list it",
        "a mechanism it lists, or force: true",
      );
    }
    // Without a SASL capability no initial response is known to be taken (RFC 5034 §3).
    const twoStep = options.initialResponse === "never" || !this.#capabilities?.tags.has("SASL");
    const exchange = new ClientExchange(mechanism, {
      maxCommandLine: MAX_COMMAND_LINE,
      twoStep,
      challengeNotBase64: this.#options.leniencies?.textAsEmptyChallenge ?? true,
      textBehindChallenge: false,
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

  capa(): this {
    return this.#simple("CAPA");
  }

  /** Asks for TLS. Once its event is `ok`, `waiting` is `"tls"`. It may be asked for though it is not offered. */
  stls(): this {
    if (this.#tls) throw new StateError("stls()", "while TLS is active", this.#legal());
    return this.#simple("STLS");
  }

  stat(): this {
    return this.#simple("STAT");
  }

  /** Asks for the size of message n, or of all. */
  list(n: number | null = null): this {
    return this.#give({ verb: "LIST", line: formatCommand({ verb: "LIST", number: n }), number: n });
  }

  /** Asks for the unique-id of message n, or of all. */
  uidl(n: number | null = null): this {
    return this.#give({ verb: "UIDL", line: formatCommand({ verb: "UIDL", number: n }), number: n });
  }

  /** Asks for message n: `content` events, then `retr`. */
  retr(n: number): this {
    return this.#give({ verb: "RETR", line: formatCommand({ verb: "RETR", number: n }), number: n });
  }

  /** Asks for the header of message n and the first lines of its body: `content` events, then `top`. */
  top(n: number, lines: number): this {
    return this.#give({ verb: "TOP", line: formatCommand({ verb: "TOP", number: n, lines }), number: n });
  }

  /** Marks message n as deleted; it is removed by `quit`. */
  dele(n: number): this {
    return this.#give({ verb: "DELE", line: formatCommand({ verb: "DELE", number: n }), number: n });
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

  /** The TLS handshake is done: capabilities and timestamp are forgotten (RFC 2595 §4). @throws StateError unless `waiting` is `"tls"` */
  tlsEstablished(): void {
    this.#expectHandshake("tlsEstablished()");
    this.#mode = "status";
    this.#state = this.#expected = "authorization";
    this.#tls = true;
    this.#capabilities = null;
    this.#timestamp = null;
    if (this.input.discard()) this.#violate("plaintext-behind-stls", PLAINTEXT);
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

  protected override release(): void {
    super.release();
    this.#content?.release();
  }

  protected override describe(): string {
    if (this.#pending !== null) return 'the answer to "sasl" is owed';
    return this.#mode === "tls" ? "the TLS handshake is awaited" : "the application is to act";
  }

  /** A client has no default answers. */
  protected override settle(): void {}

  protected override advance(): Pop3ClientEvent<Mechanism> | Pop3ClientWaiting {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) {
        if (event.answer === "needed") this.#pending = event;
        return event;
      }
      if (this.#pending !== null) return "decision";
      if (this.#mode === "closed") return "closed";
      if (this.#mode === "tls") {
        if (this.input.discard()) this.#violate("plaintext-behind-stls", PLAINTEXT);
        else return "tls";
      } else if (!this.#read()) {
        if (!this.inputEnded) return this.#mode === "greeting" || this.#sent.length > 0 ? "bytes" : "decision";
        this.#atEndOfInput();
      }
    }
  }

  /** Reads one thing; false: more input is needed. */
  #read(): boolean {
    if (this.#mode === "content") return this.#readContent(this.#content!);
    if (this.#mode !== "lines") this.#skipLineEnds();
    const { maxResponseLength = 512, maxSaslLineLength = 12_288 } = this.#options;
    const line = this.input.next(this.#exchange === null ? maxResponseLength : maxSaslLineLength);
    if (line === null) return false;
    if (!(line instanceof Uint8Array)) this.#violate(line.code, line.text);
    else if (this.#mode === "lines") this.#takeLine(line);
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
    const command = this.#sent[0];
    const challenge = command?.verb === "AUTH" ? parseChallenge(line, this.#options.leniencies) : null;
    if (challenge !== null) {
      if (this.#exchange!.failure === null) this.#step(this.#exchange!.challenge(challenge));
      else this.#violate("unexpected-response", "a challenge behind the end of the exchange");
      return;
    }
    const response = parseResponse(line, this.#options);
    if (response === null) this.#violate("invalid-response", "expected a line that begins with +OK or -ERR");
    else if (this.#mode === "greeting") this.#greeted(response);
    else if (command === undefined) this.#violate("unexpected-response", "a response to no command");
    else this.#answered(command, response);
  }

  #greeted(response: Response): void {
    this.#mode = "status";
    this.#timestamp = response.ok ? findTimestamp(response.text) : null;
    this.#events.push({ type: "greeting", ok: response.ok, response, timestamp: this.#timestamp, answer: "none" });
    if (response.ok) this.#pump();
    else this.#close("refused");
  }

  #answered(command: ClientCommand, response: Response): void {
    if (response.ok && this.#hasLines(command)) {
      this.#mode = "lines";
      this.#response = response;
      this.#lines = [];
      this.#linesFaulty = false;
    } else if (response.ok && (command.verb === "RETR" || command.verb === "TOP")) {
      this.#mode = "content";
      this.#response = response;
      this.#content = new ContentReader(this.#contentOptions);
    } else this.#finish(command, response);
  }

  #hasLines(command: ClientCommand): boolean {
    return command.verb === "CAPA" || ((command.verb === "LIST" || command.verb === "UIDL") && command.number === null);
  }

  /** A line of a multi-line response: an entry, or the end (RFC 1939 §3). */
  #takeLine(line: Uint8Array): void {
    const command = this.#sent[0]!;
    const stuffed = line[0] === DOT;
    if (stuffed && line.length === 1) {
      this.#mode = "status";
      this.#finish(command, this.#response!);
      return;
    }
    const text = decodeUtf8(stuffed ? line.subarray(1) : line);
    if (command.verb === "CAPA") this.#lines.push(text);
    else if (!this.#takeEntry(command, text) && !this.#linesFaulty) {
      this.#linesFaulty = true;
      this.#warn("invalid-listing", `an entry of ${command.verb} that is not of its form`);
    }
  }

  #takeEntry(command: ClientCommand, text: string): boolean {
    const asked = "number" in command ? command.number : null;
    if (command.verb === "LIST") {
      const entry = parseScanListing(text, this.#options.leniencies);
      if (entry === null || (asked !== null && entry.number !== asked)) return false;
      const { number, size } = entry;
      this.#events.push({ type: "scan-listing", number, size, answer: "none" });
    } else {
      const entry = parseUniqueIdListing(text, asked, this.#options.leniencies);
      if (entry === null || (asked !== null && entry.number !== asked)) return false;
      const { number, uniqueId } = entry;
      this.#events.push({ type: "unique-id-listing", number, uniqueId, answer: "none" });
    }
    return true;
  }

  #readContent(content: ContentReader): boolean {
    const step = content.next(this.input);
    if (step === null) return false;
    const command = this.#sent[0] as ClientCommand & { readonly number: number };
    if (step.type === "piece")
      this.#events.push({ type: "content", number: command.number, bytes: step.bytes, answer: "none" });
    else {
      this.#mode = "status";
      this.#finish(command, this.#response!);
    }
    return true;
  }

  /** A command has its whole answer. */
  #finish(command: ClientCommand, response: Response): void {
    if (command.verb === "AUTH") {
      this.#sent.shift();
      this.#authenticatedBy(response);
      this.#pump();
      return;
    }
    const { ok } = response;
    let counted = { count: 0, size: this.#content?.size ?? 0 };
    if (command.verb === "CAPA")
      this.#capabilities = ok ? parseCapabilities(this.#lines, this.#options.leniencies) : null;
    else if (command.verb === "STAT" && ok) {
      const figures = parseDropListing(response.text);
      if (figures === null) this.#warn("invalid-response", "expected two numbers in answer to STAT");
      counted = figures ?? counted;
    } else if ((command.verb === "LIST" || command.verb === "UIDL") && command.number !== null && ok) {
      if (!this.#takeEntry(command, response.text))
        this.#warn("invalid-listing", `not an answer to ${command.verb} ${command.number}`);
    }
    this.#sent.shift();
    this.#content = null;
    if (ok) this.#succeeded(command);
    this.#events.push(commandEvent<Mechanism>(command, ok, response, this.#capabilities, counted));
    if (command.verb === "PASS" && !ok) this.#state = "authorization";
    if (command.verb === "USER" && !ok) this.#dropPass();
    if (command.verb === "QUIT") this.#close("quit");
    this.#pump();
  }

  #succeeded(command: ClientCommand): void {
    if (command.verb === "STLS") this.#mode = "tls";
    else if (command.verb === "USER") this.#state = "name";
    else if (command.verb === "PASS" || command.verb === "APOP") this.#state = "transaction";
  }

  /** After -ERR to USER no password is sent (RFC 1939 §7). */
  #dropPass(): void {
    if (this.#queue[0]?.verb !== "PASS") return;
    const dropped = this.#queue;
    this.#queue = [];
    for (const command of dropped) this.#lose(command);
  }

  #authenticatedBy(response: Response): void {
    const exchange = this.#exchange!;
    this.#exchange = null;
    if (!response.ok) {
      exchange.mechanism.abort();
      this.#reportAuth(exchange, response, exchange.failure);
      return;
    }
    const result = exchange.finish();
    if (result.type === "success") {
      this.#state = "transaction";
      const { serverProved } = result;
      const mechanism = exchange.mechanism.name;
      this.#events.push({ type: "auth", ok: true, mechanism, serverProved, response, text: null, answer: "none" });
    } else {
      this.#reportAuth(exchange, response, result.text);
      this.#violate("sasl-incomplete", "success before the mechanism was complete");
    }
  }

  /** Reports an exchange that failed. */
  #reportAuth(exchange: ClientExchange<Mechanism>, response: Response | null, text: string | null): void {
    const mechanism = exchange.mechanism.name;
    this.#events.push({ type: "auth", ok: false, mechanism, serverProved: false, response, text, answer: "none" });
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

  #atEndOfInput(): void {
    const cutOff = this.#content?.end() ?? null;
    if (cutOff !== null) this.#warn("cut-off", cutOff.text);
    this.#close(this.#sent[0]?.verb === "QUIT" ? "quit" : "end-of-input");
  }

  #simple(verb: "CAPA" | "STLS" | "STAT" | "NOOP" | "RSET" | "QUIT"): this {
    return this.#give({ verb, line: formatCommand({ verb }) });
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
    if (this.#mode === "greeting" || this.#mode === "tls" || this.#mode === "closed") return;
    const grouped = (this.#options.pipelining ?? true) && this.#capabilities?.tags.has("PIPELINING");
    for (let command = this.#queue[0]; command !== undefined; command = this.#queue[0]) {
      const last = this.#sent.at(-1);
      if (last !== undefined && !(grouped && mayBeFollowed.has(last.verb))) return;
      this.#queue.shift();
      this.output.text(command.line);
      this.#sent.push(command);
    }
    if (this.#sent.length === 0 && this.#exchange === null) this.#expected = this.#state;
  }

  #expect(verb: ClientVerb): ClientState {
    const next = clientTable[verb][this.#expected];
    if (next === undefined)
      throw new StateError(`${verb.toLowerCase()}()`, `in state "${this.#expected}"`, this.#legal());
    return next;
  }

  #expectTls(call: string): void {
    if (this.#options.requireTls && !this.#tls)
      throw new StateError(call, "before TLS, which requireTls demands", "stls() and quit()");
  }

  #expectHandshake(call: string): void {
    if (this.#mode !== "tls") throw new StateError(call, "without a positive response to STLS", this.#legal());
  }

  /** What the state allows, for a StateError. */
  #legal(): string {
    const verbs = verbsIn(this.#expected).map((verb) => `${verb.toLowerCase()}()`);
    return verbs.length === 0 ? "nextEvent() and takeOutput()" : verbs.join(", ");
  }

  #warn(code: ClientViolationCode, text: string): void {
    this.#events.push({ type: "violation", code, text, fatal: false, answer: "none" });
  }

  #violate(code: ClientViolationCode, text: string): void {
    this.#events.push({ type: "violation", code, text, fatal: true, answer: "none" });
    this.#close("violation");
  }

  /** The event of a command that will never have its whole response. */
  #lose(command: ClientCommand): void {
    if (command.verb === "AUTH") this.#reportAuth(this.#exchange!, null, null);
    else
      this.#events.push(
        commandEvent<Mechanism>(command, false, null, null, { count: 0, size: this.#content?.size ?? 0 }),
      );
  }

  /** Ends the session: every command still unanswered gets its event. */
  #close(cause: ClientCloseCause): void {
    if (this.#mode === "greeting") {
      this.#events.push({ type: "greeting", ok: false, response: null, timestamp: null, answer: "none" });
    }
    this.#mode = "closed";
    this.#expected = "closed";
    for (const command of [...this.#sent, ...this.#queue]) this.#lose(command);
    this.#sent = [];
    this.#queue = [];
    this.#content = null;
    this.#exchange?.mechanism.abort();
    this.#exchange = null;
    this.#pending = null;
    this.input.discard();
    this.#events.push({ type: "closed", cause, answer: "none" });
  }

  get #contentOptions(): { readonly lineEndings: "preserve" | "normalize" } {
    return { lineEndings: this.#options.lineEndings ?? "preserve" };
  }
}

const PLAINTEXT = "octets behind the response to STLS, before the TLS handshake";
const LF = 0x0a;
const DOT = 0x2e;
