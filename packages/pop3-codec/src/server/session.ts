import { Stuffer } from "dot-stuffing";
import {
  type SaslOtherStep,
  type SaslServer,
  type SaslServerStep,
  ServerExchange,
  type ServerExchangeStep,
  Session,
  StateError,
} from "dot-stuffing/session";
import { formatCapabilities } from "../syntax/capabilities.ts";
import { formatChallenge } from "../syntax/challenge.ts";
import { formatDropListing } from "../syntax/listing.ts";
import { longestCommand } from "../syntax/parse-command.ts";
import { formatResponse } from "../syntax/response.ts";
import { TopCutter } from "../syntax/top.ts";
import type { CloseCause, Pop3ServerEvent, ResponseInput, ServerViolation } from "./events.ts";
import { judge, type Situation } from "./judge.ts";
import { listing } from "./listing.ts";
import { type Maildrop, OpenMaildrop } from "./maildrop.ts";
import { makeOffer, type Offer } from "./offer.ts";
import { type Pop3ServerOptions, type ServerSettings, serverSettings } from "./options.ts";
import { completeResponse, type ResponseTemplate, refusals } from "./responses.ts";
import type { ServerState } from "./table.ts";
import { violation } from "./violations.ts";

/** Why a server session goes no further. */
export type Pop3ServerWaiting = "bytes" | "decision" | "content" | "output" | "tls" | "closed";

/** What input is read as. */
type Mode = "connect" | "commands" | "content" | "sasl" | "tls" | "closed";

/** The idle limit, at least (RFC 1939 §3). In seconds. */
const IDLE_LIMIT = 600;

/**
 * The server's side of a POP3 connection (RFC 1939), without I/O: octets in by `receive`, events out by iterating, answers in
 * by `accept` and `reject`, octets out by `takeOutput`. It keeps numbers and marks itself: the application opens a maildrop,
 * writes messages, and removes what `quit` names.
 *
 * @typeParam Mechanism the type of the mechanism objects handed to `authenticate`, which `"sasl"` events carry
 * @example
 * ```ts
 * const session = new Pop3ServerSession({ tls: true });
 * for (const event of session.receive(chunk)) {
 *   if (event.type === "pass") event.password === "secret" ? session.accept({ sizes, uniqueIds }) : session.reject();
 *   else if (event.type === "retr" || event.type === "top") session.accept().content(messages[event.number - 1]);
 *   else if (event.answer === "needed") session.accept();
 * }
 * for (let bytes; (bytes = session.takeOutput()); ) socket.write(bytes);
 * ```
 */
export class Pop3ServerSession<Mechanism extends SaslServer = SaslServer> extends Session<
  Pop3ServerEvent<Mechanism>,
  Pop3ServerWaiting
> {
  readonly #settings: ServerSettings;
  #mode: Mode = "connect";
  #state: ServerState = "authorization";
  #tls: boolean;
  #offer: Offer;
  #name = "";
  #maildrop: OpenMaildrop | null = null;
  #stuffer: Stuffer | null = null;
  #cutter: TopCutter | null = null;
  #exchange: ServerExchange<Mechanism> | null = null;
  #plaintextSeen = false;
  #errors = 0;
  #failedLogins = 0;
  #events: Pop3ServerEvent<Mechanism>[] = [];
  #pending: Pop3ServerEvent<Mechanism> | null = null;

  /** @throws TypeError or RangeError naming the option that is outside its range. */
  constructor(options: Pop3ServerOptions = {}) {
    super(options, { lineEndings: "reject" });
    this.#settings = serverSettings(options);
    this.#tls = this.#settings.tls;
    this.#offer = makeOffer(this.#settings, this.#tls);
  }

  /** Where the session stands in `serverTable`. */
  get state(): ServerState {
    return this.#state;
  }

  /** Whether TLS is active. */
  get tls(): boolean {
    return this.#tls;
  }

  /** How long to wait for the client (RFC 1939 §3). In seconds. */
  get timeout(): { readonly seconds: number } {
    return { seconds: IDLE_LIMIT };
  }

  /**
   * Accepts what the last event asks for. A login (`pass`, `apop`, `authenticated`) is accepted with the maildrop that it opens.
   *
   * @param input the response's text, where the default does not suit
   * @throws StateError if the last event is not one that can be accepted.
   * @throws TypeError or RangeError for a maildrop that cannot be served, or a text that cannot be written.
   */
  accept(maildrop: Maildrop, input?: ResponseInput): this;
  accept(input?: ResponseInput): this;
  accept(first?: Maildrop | ResponseInput, second?: ResponseInput): this {
    const event = this.#pending;
    if (event === null || !isAcceptable(event)) throw this.#wrongAnswer("accept()");
    const login = isLogin(event);
    const maildrop = login ? new OpenMaildrop(asMaildrop(first), this.#settings.uidl) : null;
    this.#accept(event, maildrop, (login ? second : first) as ResponseInput | undefined);
    return this;
  }

  /**
   * Refuses what the last event asks for.
   *
   * @param input the response's text, or its response code and text, where the default does not suit
   * @throws StateError if the last event is not one that can be refused.
   * @throws RangeError for a code or text that cannot be written.
   */
  reject(input?: ResponseInput): void {
    const event = this.#pending;
    if (event === null || event.type === "sasl") throw this.#wrongAnswer("reject()");
    this.#respond(false, input, refusals[event.type as keyof typeof refusals] ?? refusals.other);
    this.#pending = null;
    this.#rejected(event);
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

  /**
   * Sends a piece of the message: stuffed, its line ends made CRLF, and for TOP only as far as asked for. The bytes are borrowed
   * until they were taken as output.
   *
   * @throws StateError unless `retr` or `top` was accepted.
   */
  write(bytes: Uint8Array): this {
    const stuffer = this.#expectContent("write()");
    const wanted = this.#cutter === null ? bytes : this.#cutter.push(bytes);
    for (const piece of stuffer.push(wanted)) this.output.bytes(piece);
    return this;
  }

  /** Ends the message. @throws StateError unless `retr` or `top` was accepted */
  end(): this {
    const stuffer = this.#expectContent("end()");
    for (const piece of stuffer.end()) this.output.bytes(piece);
    this.#stuffer = null;
    this.#cutter = null;
    this.#mode = "commands";
    return this;
  }

  /** Writes a whole message, or all of its pieces, and ends it. */
  content(content: Uint8Array | Iterable<Uint8Array>): this {
    for (const bytes of content instanceof Uint8Array ? [content] : content) this.write(bytes);
    return this.end();
  }

  /** The message cannot be sent to its end: the connection closes, so that the client sees it cut off. @throws StateError as `end` */
  abort(): void {
    this.#expectContent("abort()");
    this.#close("aborted");
  }

  /** The TLS handshake is done (RFC 2595 §4): no greeting is sent. @throws StateError unless waiting for TLS */
  tlsEstablished(): void {
    this.#expectTls("tlsEstablished()");
    this.#mode = "commands";
    this.#tls = true;
    this.#offer = makeOffer(this.#settings, true);
    if (this.input.discard()) this.#plaintextBehindStls();
  }

  /** The TLS handshake failed: the session ends. @throws StateError unless waiting for TLS */
  tlsFailed(): void {
    this.#expectTls("tlsFailed()");
    this.#close("tls-failed");
  }

  /** The client was silent for longer than `timeout`: closes without a response and without deletions (RFC 1939 §3). */
  timedOut(): void {
    if (this.#mode !== "closed") this.#close("timeout");
  }

  /** Closes with `-ERR [SYS/TEMP]` where a response may be sent, and without deletions (RFC 3206 §4). */
  shutdown(text = "shutting down"): void {
    if (this.#mode === "closed") return;
    if (this.#mode !== "content" && this.#mode !== "tls")
      this.#respond(false, { code: "SYS/TEMP", text }, refusals.other);
    this.#close("shutdown");
  }

  protected override describe(): string {
    if (this.#pending !== null) return `the answer to "${this.#pending.type}" is owed`;
    return this.#mode === "tls" ? "the TLS handshake is awaited" : "the output has not been taken";
  }

  protected override settle(): void {
    const event = this.#pending;
    if (event === null || event.answer !== "default") return;
    if (isRefusedByDefault(event)) this.reject();
    else this.#accept(event, null, undefined);
  }

  protected override advance(): Pop3ServerEvent<Mechanism> | Pop3ServerWaiting {
    for (;;) {
      const event = this.#events.shift() ?? (this.#pending === null ? this.#read() : "decision");
      if (event === null) continue;
      if (typeof event !== "string" && event.answer !== "none") this.#pending = event;
      return event;
    }
  }

  /** Reads one thing in the mode in force; null: nothing worth an event. */
  #read(): Pop3ServerEvent<Mechanism> | Pop3ServerWaiting | null {
    switch (this.#mode) {
      case "connect":
        return { type: "connect", answer: "default" };
      case "commands":
        return this.#readCommand();
      case "sasl":
        return this.#readResponse();
      case "tls":
        if (!this.input.discard() || this.#plaintextSeen) return "tls";
        this.#plaintextBehindStls();
        return null;
      default:
        return this.#mode;
    }
  }

  #readCommand(): Pop3ServerEvent<Mechanism> | Pop3ServerWaiting | null {
    const situation = this.#situation();
    // Which limit holds is known only with the verb: here the longest one bounds the memory.
    const line = this.input.next(longestCommand(this.#settings));
    if (line === null) return this.#atEndOfInput();
    const event =
      line instanceof Uint8Array ? judge<Mechanism>(line, situation) : violation(line.code, line.offset, line.text);
    // Only PASS makes use of the name; every other command forgets it (RFC 1939 §7).
    if (this.#state === "name" && event.type !== "pass") this.#state = "authorization";
    return event;
  }

  #situation(): Situation {
    return {
      settings: this.#settings,
      offer: this.#offer,
      state: this.#state,
      tls: this.#tls,
      name: this.#name,
      maildrop: this.#maildrop,
    };
  }

  #readResponse(): Pop3ServerWaiting | null {
    const line = this.input.next(this.#settings.maxSaslLineLength);
    if (line === null) {
      if (!this.inputEnded) return "bytes";
      this.#close("end-of-input");
    } else if (line instanceof Uint8Array) this.#step(this.#exchange!.respond(line));
    else {
      this.#exchange!.mechanism.abort();
      this.#failExchange("malformed", line.text);
    }
    return null;
  }

  #step(step: ServerExchangeStep<Mechanism>): void {
    const { mechanism } = this.#exchange!;
    switch (step.type) {
      case "challenge":
        this.output.text(formatChallenge(step.bytes));
        return;
      case "other":
        this.#events.push({ type: "sasl", mechanism, step: step.step, secret: true, answer: "needed" });
        return;
      case "success":
        this.#endExchange();
        this.#events.push({ ...step, type: "authenticated", answer: "needed" });
        return;
      case "failure":
        this.#failExchange(step.cause, step.text);
    }
  }

  #failExchange(cause: "refused" | "cancelled" | "malformed", text: string): void {
    this.#endExchange();
    this.#events.push({ type: "authentication-failed", cause, text, answer: "default" });
  }

  #endExchange(): void {
    this.#exchange = null;
    this.#mode = "commands";
    this.#state = "authorization";
  }

  /** Answers an accepted event, and goes where it leads. */
  #accept(event: Pop3ServerEvent<Mechanism>, maildrop: OpenMaildrop | null, input: ResponseInput | undefined): void {
    this.#answer(event, input);
    this.#pending = null;
    switch (event.type) {
      case "connect":
        this.#mode = "commands";
        return;
      case "user":
        this.#name = event.name;
        this.#state = "name";
        return;
      case "pass":
      case "apop":
      case "authenticated":
        this.#maildrop = maildrop;
        this.#state = "transaction";
        return;
      case "stls":
        this.#mode = "tls";
        this.#plaintextSeen = false;
        return;
      case "dele":
        this.#maildrop!.delete(event.number);
        return;
      case "rset":
        this.#maildrop!.reset();
        return;
      case "retr":
      case "top":
        this.#mode = "content";
        this.#stuffer = new Stuffer();
        this.#cutter = event.type === "top" ? new TopCutter(event.lines) : null;
        return;
      case "quit":
        this.#close("quit");
    }
  }

  /** Queues the positive answer to an event: the session knows it all from the maildrop. */
  #answer(event: Pop3ServerEvent<Mechanism>, input: ResponseInput | undefined): void {
    switch (event.type) {
      case "connect": {
        const { greeting, timestamp } = this.#settings;
        const { text } = completeResponse(input, { code: null, text: greeting });
        const whole = [text, timestamp ?? ""].filter(Boolean).join(" ");
        this.output.text(formatResponse({ ok: true, code: null, text: whole }));
        return;
      }
      case "stat":
        this.#respond(true, formatDropListing(this.#maildrop!.totals()), NO_TEXT);
        return;
      case "list":
      case "uidl":
        this.#list(event.type, event.number, input);
        return;
      case "capa":
        this.#lines(formatCapabilities(this.#offer.capabilities(this.#state)), input);
        return;
      case "auth-list":
        this.#lines(this.#offer.mechanisms, input);
        return;
      default:
        this.#respond(true, input, NO_TEXT);
    }
  }

  #list(type: "list" | "uidl", number: number | null, input: ResponseInput | undefined): void {
    const maildrop = this.#maildrop!;
    if (number === null) {
      this.#respond(true, input, NO_TEXT);
      this.output.from(listing(maildrop, type));
    } else {
      const value = type === "list" ? maildrop.size(number) : maildrop.uniqueId(number);
      this.#respond(true, `${number} ${value}`, NO_TEXT);
    }
  }

  #lines(lines: readonly string[], input: ResponseInput | undefined): void {
    this.#respond(true, input, NO_TEXT);
    this.output.text([...lines, ".", ""].join("\r\n"));
  }

  #rejected(event: Pop3ServerEvent<Mechanism>): void {
    switch (event.type) {
      case "connect":
        this.#close("refused");
        return;
      case "quit":
        this.#close("quit");
        return;
      case "pass":
      case "apop":
      case "auth":
      case "authenticated":
      case "authentication-failed":
        this.#state = "authorization";
        this.#failedLogins++;
        if (this.#failedLogins >= this.#settings.maxFailedLogins)
          this.#giveUp("too-many-logins", "too many failed logins");
        return;
      case "violation":
      case "unknown":
        this.#errors++;
        if (this.#errors >= this.#settings.maxErrors) this.#giveUp("too-many-errors", "too many faulty commands");
    }
  }

  /** Closes behind the response that was just given. */
  #giveUp(code: ServerViolation["code"], text: string): void {
    this.#events.push({ type: "violation", code, field: null, text, fatal: true, answer: "none" });
    this.#close("violation");
  }

  #atEndOfInput(): Pop3ServerWaiting | null {
    if (!this.inputEnded) return "bytes";
    this.#close("end-of-input");
    return null;
  }

  #close(cause: CloseCause): void {
    this.#mode = "closed";
    this.#pending = null;
    this.#exchange?.mechanism.abort();
    this.#exchange = null;
    this.#stuffer = null;
    this.#maildrop = null;
    this.input.discard();
    this.#events.push({ type: "closed", cause, answer: "none" });
  }

  #plaintextBehindStls(): void {
    if (this.#plaintextSeen) return;
    this.#plaintextSeen = true;
    const text = "octets behind STLS, before the TLS handshake; discarded";
    this.#events.push({
      type: "violation",
      code: "plaintext-behind-stls",
      field: null,
      text,
      fatal: false,
      answer: "none",
    });
  }

  #respond(ok: boolean, input: ResponseInput | undefined, template: ResponseTemplate): void {
    this.output.text(formatResponse({ ok, ...completeResponse(input, template) }));
  }

  #expectContent(call: string): Stuffer {
    if (this.#stuffer === null) throw this.#wrongAnswer(call);
    return this.#stuffer;
  }

  #expectTls(call: string): void {
    if (this.#mode !== "tls") throw new StateError(call, "without an accepted STLS", 'it once waiting is "tls"');
  }

  #wrongAnswer(call: string): StateError {
    if (this.#pending === null) {
      const legal = this.#stuffer === null ? "nextEvent() and takeOutput()" : "write(), end() and abort()";
      return new StateError(call, "while no answer is owed", legal);
    }
    const { type } = this.#pending;
    const legal =
      type === "auth" ? "authenticate() and reject()" : type === "sasl" ? "proceed()" : "accept() and reject()";
    return new StateError(call, `after a "${type}" event`, isRefusedByDefault(this.#pending) ? "reject()" : legal);
  }
}

const NO_TEXT: ResponseTemplate = { code: null, text: "" };

function isLogin(event: { readonly type: string }): boolean {
  return event.type === "pass" || event.type === "apop" || event.type === "authenticated";
}

/** Events whose default is -ERR. */
function isRefusedByDefault(event: { readonly type: string }): boolean {
  return event.type === "violation" || event.type === "unknown" || event.type === "authentication-failed";
}

function isAcceptable(event: { readonly type: string }): boolean {
  if (event.type === "unknown") return true;
  return !isRefusedByDefault(event) && event.type !== "auth" && event.type !== "sasl";
}

function asMaildrop(given: unknown): Maildrop {
  if (typeof given === "object" && given !== null && ("sizes" in given || "count" in given)) return given as Maildrop;
  throw new TypeError('"maildrop" expected { sizes, uniqueIds } or { count, size, uniqueId }');
}
