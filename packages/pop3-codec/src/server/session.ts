import { Stuffer } from "dot-stuffing";
import {
  type EndedExchange,
  type OtherStep,
  type SaslOtherStep,
  type SaslServer,
  type ServerMemory,
  ServerSession,
  StateError,
  sessionMemory,
} from "dot-stuffing/session";
import { formatCapabilities } from "../syntax/capabilities.ts";
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

interface Pop3ServerMemory<Mechanism extends SaslServer> extends ServerMemory<Pop3ServerEvent<Mechanism>> {
  mode: "connect" | "commands" | "content" | "sasl" | "tls" | "closed";
  state: ServerState;
  /** What USER gave. */
  name: string;
  /** Faulty commands and failed logins so far. */
  errors: number;
  failedLogins: number;
}

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
export class Pop3ServerSession<Mechanism extends SaslServer = SaslServer> extends ServerSession<
  Pop3ServerEvent<Mechanism>,
  Pop3ServerWaiting,
  Pop3ServerMemory<Mechanism>,
  Mechanism
> {
  protected override readonly role = "pop3-server";
  readonly #settings: ServerSettings;
  #offer: Offer;
  #maildrop: OpenMaildrop | null = null;
  #stuffer: Stuffer | null = null;
  #cutter: TopCutter | null = null;

  /** @throws TypeError or RangeError naming the option that is outside its range. */
  constructor(options: Pop3ServerOptions = {}) {
    const settings = serverSettings(options);
    const memory: Pop3ServerMemory<Mechanism> = {
      ...sessionMemory(settings.tls),
      plaintextSeen: false,
      mode: "connect",
      state: "authorization",
      name: "",
      errors: 0,
      failedLogins: 0,
    };
    super(options, { lineEndings: "reject" }, memory, "+ ");
    this.#settings = settings;
    this.#offer = makeOffer(settings, settings.tls);
  }

  /** Where the session stands in `serverTable`. */
  get state(): ServerState {
    return this.memory.state;
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
    const event = this.memory.pending;
    if (event === null || !isAcceptable(event)) throw this.wrongAnswer("accept()");
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
    const event = this.memory.pending;
    if (event === null || event.type === "sasl") throw this.wrongAnswer("reject()");
    this.#respond(false, input, refusals[event.type as keyof typeof refusals] ?? refusals.other);
    this.memory.pending = null;
    this.#rejected(event);
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
    this.memory.mode = "commands";
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
    this.close("aborted");
  }

  /** The client was silent for longer than `timeout`: closes without a response and without deletions (RFC 1939 §3). */
  timedOut(): void {
    if (this.memory.mode !== "closed") this.close("timeout");
  }

  /** Closes with `-ERR [SYS/TEMP]` where a response may be sent, and without deletions (RFC 3206 §4). */
  shutdown(text = "shutting down"): void {
    if (this.memory.mode === "closed") return;
    if (this.memory.mode !== "content" && this.memory.mode !== "tls")
      this.#respond(false, { code: "SYS/TEMP", text }, refusals.other);
    this.close("shutdown");
  }

  protected override settle(): void {
    const event = this.memory.pending;
    if (event === null || event.answer !== "default") return;
    if (isRefusedByDefault(event)) this.reject();
    else this.#accept(event, null, undefined);
  }

  protected override read(): Pop3ServerEvent<Mechanism> | Pop3ServerWaiting | null {
    switch (this.memory.mode) {
      case "connect":
        return { type: "connect", answer: "default" };
      case "content":
        return "content";
      case "sasl":
        return this.readResponse(this.#settings.maxSaslLineLength);
      default:
        return this.#readCommand();
    }
  }

  protected override underTls(): void {
    this.memory.mode = "commands";
    this.#offer = makeOffer(this.#settings, true);
  }

  protected override plaintextFound(): void {
    this.#report("plaintext-behind-stls", "octets behind STLS, before the TLS handshake; discarded", false);
  }

  protected override saslEvent(mechanism: Mechanism, step: SaslOtherStep): Pop3ServerEvent<Mechanism> {
    return { type: "sasl", mechanism, step: step as OtherStep<Mechanism>, secret: true, answer: "needed" };
  }

  protected override exchangeEnded(end: EndedExchange): Pop3ServerEvent<Mechanism> {
    this.memory.mode = "commands";
    this.memory.state = "authorization";
    if (end.type === "success") return { ...end, type: "authenticated", answer: "needed" };
    const { cause, text } = end;
    return {
      type: "authentication-failed",
      cause: cause === "too-long" ? "malformed" : cause,
      text,
      answer: "default",
    };
  }

  protected override close(cause: CloseCause): void {
    this.drop();
    this.#stuffer = null;
    this.#maildrop = null;
    this.memory.events.push({ type: "closed", cause, answer: "none" });
  }

  protected override wrongAnswer(call: string): StateError {
    const { pending } = this.memory;
    if (pending === null) {
      const legal = this.#stuffer === null ? "nextEvent() and takeOutput()" : "write(), end() and abort()";
      return new StateError(call, "while no answer is owed", legal);
    }
    return new StateError(call, `after a "${pending.type}" event`, legalAnswers(pending));
  }

  #readCommand(): Pop3ServerEvent<Mechanism> | Pop3ServerWaiting | null {
    const situation = this.#situation();
    // Which limit holds is known only with the verb: here the longest one bounds the memory.
    const line = this.input.next(longestCommand(this.#settings));
    if (line === null) return this.atEndOfInput();
    const event =
      line instanceof Uint8Array ? judge<Mechanism>(line, situation) : violation(line.code, line.offset, line.text);
    // Only PASS makes use of the name; every other command forgets it (RFC 1939 §7).
    if (this.memory.state === "name" && event.type !== "pass") this.memory.state = "authorization";
    return event;
  }

  #situation(): Situation {
    return {
      settings: this.#settings,
      offer: this.#offer,
      state: this.memory.state,
      tls: this.tls,
      name: this.memory.name,
      maildrop: this.#maildrop,
    };
  }

  /** Answers an accepted event, and goes where it leads. */
  #accept(event: Pop3ServerEvent<Mechanism>, maildrop: OpenMaildrop | null, input: ResponseInput | undefined): void {
    this.#answer(event, input);
    this.memory.pending = null;
    switch (event.type) {
      case "connect":
        this.memory.mode = "commands";
        return;
      case "user":
        this.memory.name = event.name;
        this.memory.state = "name";
        return;
      case "pass":
      case "apop":
      case "authenticated":
        this.#maildrop = maildrop;
        this.memory.state = "transaction";
        return;
      case "stls":
        this.memory.mode = "tls";
        this.memory.plaintextSeen = false;
        return;
      case "dele":
        this.#maildrop!.delete(event.number);
        return;
      case "rset":
        this.#maildrop!.reset();
        return;
      case "retr":
      case "top":
        this.memory.mode = "content";
        this.#stuffer = new Stuffer();
        this.#cutter = event.type === "top" ? new TopCutter(event.lines) : null;
        return;
      case "quit":
        this.close("quit");
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
        this.#lines(formatCapabilities(this.#offer.capabilities(this.memory.state)), input);
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
        this.close("refused");
        return;
      case "quit":
        this.close("quit");
        return;
      case "pass":
      case "apop":
      case "auth":
      case "authenticated":
      case "authentication-failed":
        this.memory.state = "authorization";
        this.memory.failedLogins++;
        if (this.memory.failedLogins >= this.#settings.maxFailedLogins)
          this.#giveUp("too-many-logins", "too many failed logins");
        return;
      case "violation":
      case "unknown":
        this.memory.errors++;
        if (this.memory.errors >= this.#settings.maxErrors) this.#giveUp("too-many-errors", "too many faulty commands");
    }
  }

  /** Closes behind the response that was just given. */
  #giveUp(code: ServerViolation["code"], text: string): void {
    this.#report(code, text, true);
    this.close("violation");
  }

  #report(code: ServerViolation["code"], text: string, fatal: boolean): void {
    this.memory.events.push({ type: "violation", code, field: null, text, fatal, answer: "none" });
  }

  #respond(ok: boolean, input: ResponseInput | undefined, template: ResponseTemplate): void {
    this.output.text(formatResponse({ ok, ...completeResponse(input, template) }));
  }

  #expectContent(call: string): Stuffer {
    if (this.#stuffer === null) throw this.wrongAnswer(call);
    return this.#stuffer;
  }
}

const NO_TEXT: ResponseTemplate = { code: null, text: "" };

function isLogin(event: { readonly type: string }): boolean {
  return event.type === "pass" || event.type === "apop" || event.type === "authenticated";
}

/** The calls that answer an event, for a StateError. */
function legalAnswers(event: { readonly type: string }): string {
  if (event.type === "auth") return "authenticate() and reject()";
  if (event.type === "sasl") return "proceed()";
  return isRefusedByDefault(event) ? "reject()" : "accept() and reject()";
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
