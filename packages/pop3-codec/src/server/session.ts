import { checkType, piecesOf, type SaslServer, type SessionSnapshot, StateError } from "dot-stuffing/session";
import { answerTo, isRefusedByDefault, languageOf, legalAnswers, takesAccept } from "./answers.ts";
import { ServerEngine } from "./engine.ts";
import type { Pop3ServerEvent, ResponseInput } from "./events.ts";
import { listing } from "./listing.ts";
import { asMaildrop, type Maildrop, OpenMaildrop } from "./maildrop.ts";
import { MessageWriter } from "./message.ts";
import type { Pop3ServerOptions } from "./options.ts";
import { penalise } from "./penalties.ts";
import { codeOf, defaultRefusal, INTERNAL_ERROR, NO_PARTS, noLanguage, type Parts, partsOf } from "./responses.ts";
import { settingsOf } from "./settings.ts";
import { cellOf, type ServerState, serverVerb } from "./table.ts";
import { makeTimestamp } from "./timestamp.ts";

/**
 * The server's side of a POP3 connection (RFC 1939), without I/O: octets in by `receive`, events out by iterating,
 * answers in by `accept` and `reject`, octets out by `takeOutput`. It keeps numbers and marks itself: the application
 * opens a maildrop, writes messages, and removes what `quit` names.
 *
 * @typeParam Mechanism the type of the mechanism objects handed to `authenticate`, which `"sasl"` events carry
 * @example
 * ```ts
 * const session = new Pop3ServerSession({ tls: true });
 * while (session.waiting !== "closed") {
 *   for (const event of session) {
 *     if (event.type === "pass" && !isRight(event.name, event.password)) session.reject();
 *     else if (event.type === "pass") session.accept({ sizes, uniqueIds });
 *     else if (event.type === "retr" || event.type === "top") session.accept().content(messages[event.number - 1]);
 *     else if (event.answer === "needed") session.accept();
 *   }
 *   for (let bytes; (bytes = session.takeOutput()); ) await write(bytes); // first of all the greeting
 *   if (session.waiting === "bytes") session.receive(await read());
 * }
 * ```
 */
export class Pop3ServerSession<Mechanism extends SaslServer = SaslServer> extends ServerEngine<Mechanism> {
  /**
   * @throws TypeError or RangeError naming the option that is outside its range; RangeError where there is no way to
   *   log in.
   */
  constructor(options: Pop3ServerOptions) {
    super(options, settingsOf(options));
  }

  /**
   * Goes on where a session was when its `snapshot()` was taken.
   *
   * @param options those of that session
   * @param mechanism of the exchange of AUTH that was under way
   * @param maildrop the one that was open, if it is one that is asked: arrays are in the snapshot
   * @throws TypeError or RangeError for anything but a snapshot of a POP3 server, or if one of these is missing.
   */
  static restore<Mechanism extends SaslServer = SaslServer>(
    snapshot: SessionSnapshot,
    options: Pop3ServerOptions,
    mechanism: Mechanism | null = null,
    maildrop: Maildrop | null = null,
  ): Pop3ServerSession<Mechanism> {
    const session = new this<Mechanism>(options); // a class that names itself is renamed by the build
    session.handed = maildrop;
    return session.takeOver(snapshot, mechanism);
  }

  /** Where the session stands in `serverTable`. */
  get state(): ServerState {
    return this.memory.state;
  }

  /** Whether UTF8 was given: messages may have UTF-8 in their headers (RFC 6856 §2.1). */
  get utf8(): boolean {
    return this.memory.utf8;
  }

  /**
   * Whether a message is to be written, and what follows is wanted: TOP may have enough, and then `end` can be called
   * at once.
   */
  get contentWanted(): boolean {
    return this.message?.wanted ?? false;
  }

  /**
   * How long to wait for the client's next command (RFC 1939 §3). In seconds; null: for as long as it takes. It begins
   * with the wait, and anew with an event or output: a client that sends an octet now and then must not keep its
   * maildrop locked.
   */
  get timeout(): { readonly seconds: number; readonly for: "command" } | null {
    const seconds = this.settings.idleLimit;
    return seconds === Number.POSITIVE_INFINITY ? null : { seconds, for: "command" };
  }

  /**
   * Accepts what the last event asks for. A login (`pass`, `apop`, `authenticated`) is accepted with the maildrop that
   * it opens.
   *
   * @param input the response's text, where the default does not suit; `stat`, `list` and `uidl` of one message have
   *   figures alone, `lang` no code
   * @throws StateError if the last event is not one that can be accepted.
   * @throws TypeError or RangeError for a maildrop that cannot be served, or a code or text that cannot be written or
   *   may not stand there.
   */
  accept(maildrop: Maildrop, input?: ResponseInput): this;
  accept(input?: ResponseInput): this;
  accept(first?: Maildrop | ResponseInput, second?: ResponseInput): this {
    const event = this.memory.pending;
    if (event === null || !takesAccept(event)) throw this.wrongAnswer("accept()");
    if (event.type === "pass" || event.type === "apop" || event.type === "authenticated") {
      const maildrop = new OpenMaildrop(asMaildrop(first), this.settings);
      this.#accept(event, partsOf(second));
      this.maildrop = maildrop;
      this.memory.user = event.type === "authenticated" ? event.authorizationIdentity : event.name;
    } else this.#accept(event, partsOf(first as ResponseInput | undefined));
    return this;
  }

  /**
   * Refuses what the last event asks for. A login that is refused with IN-USE, LOGIN-DELAY or a code of SYS is no
   * failed one: those say that the credentials are not at fault.
   *
   * @param input the response's text, or its response code and text, where the default does not suit
   * @throws StateError if the last event is not one that can be refused.
   * @throws RangeError for a code that may not stand there, or a code or text that cannot be written.
   */
  reject(input?: ResponseInput): this {
    const event = this.memory.pending;
    if (event === null || event.type === "sasl") throw this.wrongAnswer("reject()");
    const given = partsOf(input);
    if (given.language !== undefined) throw noLanguage();
    const fallback = defaultRefusal(event, this.settings);
    this.output.text(this.negativeResponse(event.type, given, fallback));
    this.memory.pending = null;
    this.#rejected(event, codeOf(given, fallback));
    return this;
  }

  /**
   * Sends a piece of the message: stuffed, its line ends made CRLF, and for TOP only as far as asked for. The bytes are
   * borrowed until they were taken as output.
   *
   * @throws StateError unless `retr`, `top` or `surrogate` was accepted.
   * @throws TypeError for anything but a Uint8Array that is not backed by shared memory.
   * @throws RangeError for a CR or LF alone, where `lineEndings` rejects it; the bytes then count as not written.
   */
  write(bytes: Uint8Array): this {
    for (const piece of this.#expectMessage("write()").write(bytes)) this.output.bytes(piece);
    return this;
  }

  /** Ends the message. @throws StateError as `write` */
  end(): this {
    const message = this.#expectMessage("end()");
    for (const piece of message.end()) this.output.bytes(piece);
    this.message = null;
    this.memory.mode = "commands";
    const { number, size: announced, lines } = message.order;
    if (lines === null) {
      const { sent } = message;
      if (sent !== announced)
        this.memory.events.push({ type: "size-differs", number, announced, sent, answer: "none" });
      const maildrop = this.maildrop!;
      if ((maildrop.policies.expire ?? this.settings.expire?.value) === 0) maildrop.retrieve(number);
    }
    return this;
  }

  /**
   * Writes a whole message, or its pieces as far as they are wanted, and ends it.
   *
   * @throws StateError, TypeError and RangeError as `write`; the pieces in front of the one at fault are written then,
   *   and the message goes on: `abort()` it, or write the rest
   */
  content(content: Uint8Array | Iterable<Uint8Array>): this {
    for (const bytes of piecesOf(content)) {
      this.write(bytes);
      if (!this.contentWanted) break;
    }
    return this.end();
  }

  /**
   * The message, or the listing of a maildrop that is asked for it, cannot be sent to its end: the connection closes,
   * so that the client sees it cut off.
   *
   * @throws StateError unless one of them is under way
   */
  abort(): void {
    if (this.memory.listing === null) this.#expectMessage("abort()");
    this.memory.listing = null;
    if (this.memory.mode !== "closed") this.close("aborted"); // a listing may go out after the end
  }

  /**
   * A SASL mechanism has negotiated a security layer, and its `"authenticated"` event was accepted: what was learnt
   * before is forgotten but who the client is (RFC 5034 §4), UTF8 and LANG among it. What is output now goes
   * unprotected, what is output from here on is the caller's to protect, and `receive()` is given what was unprotected.
   *
   * @returns protected octets that were received already, in pieces: those after the client's last response
   * @throws StateError unless AUTH has just succeeded, its event was accepted, and nothing after the response has been
   *   read
   */
  beginSecurityLayer(): Uint8Array<ArrayBuffer>[] {
    const { memory } = this;
    const unread = this.takeProtected(memory.state === "transaction");
    memory.utf8 = false;
    memory.language = null;
    return unread;
  }

  /**
   * The client was silent for longer than `timeout`, or does not take the message under way: closes without a response
   * and without deletions (RFC 1939 §3). With an answer owed it is the server that is late, and the session closes once
   * it was given, as in `shutdown`.
   */
  timedOut(): void {
    if (this.memory.mode === "content") this.close("timeout");
    else this.endWith({ cause: "timeout", farewell: "" });
  }

  /**
   * Closes after the responses already due, with `-ERR [SYS/TEMP]` where a response may be sent, and without deletions
   * (RFC 3206 §4). An answer that is owed is still yours to give, and waited for: what QUIT has deleted is confirmed.
   * So is the rest of a message under way: end it, or `abort()`. No further command is read. The `-ERR` takes the place
   * of a default response that would have the client go on: the greeting, that to STLS.
   *
   * @param text of it
   * @throws TypeError or RangeError for a text that cannot be written
   */
  shutdown(text?: string): void {
    if (text !== undefined) checkType("text", "string", text);
    const template = { code: "SYS/TEMP", text: "shutting down" };
    this.endWith({ cause: "shutdown", farewell: this.negativeResponse("shutdown", partsOf(text), template) });
  }

  /**
   * What the application's own functions throw comes out of `nextEvent()`; the client is not left without an answer.
   */
  protected override answerByDefault(event: Pop3ServerEvent<Mechanism>): void {
    try {
      if (isRefusedByDefault(event)) this.reject();
      else this.#accept(event, NO_PARTS);
    } catch (error) {
      this.throwLater({ error });
      this.respondError(event.type);
      this.memory.pending = null;
      this.#rejected(event, INTERNAL_ERROR.code);
    }
  }

  protected override wrongAnswer(call: string): StateError {
    const { pending } = this.memory;
    if (pending !== null) return new StateError(call, `after a "${pending.type}" event`, legalAnswers(pending));
    const legal = this.message === null ? "nextEvent() and takeOutput()" : "write(), end() and abort()";
    return new StateError(call, "while no answer is owed", legal);
  }

  /** Answers an accepted event, and goes where it leads. */
  #accept(event: Pop3ServerEvent<Mechanism>, given: Parts): void {
    const { memory } = this;
    const settings = this.settings;
    if (event.type === "connect") memory.timestamp ??= makeTimestamp(settings.apop);
    const answer = answerTo(event, given, this.context);
    if (event.type === "dele") this.maildrop!.delete(event.number); // asks for a size, which may throw
    this.output.text(answer);
    memory.pending = null;
    switch (event.type) {
      case "connect":
        memory.mode = "commands";
        return;
      case "user":
        memory.name = event.name;
        break;
      case "authenticated":
        memory.state = "transaction";
        return;
      case "utf8":
        memory.utf8 = true;
        break;
      case "lang":
        memory.language = languageOf(event, given) ?? memory.language;
        break;
      case "list":
      case "uidl":
        if (event.number === null) this.#list(event.type);
        break;
      case "rset":
        this.maildrop!.reset();
        break;
      case "retr":
      case "top":
      case "surrogate": {
        const { number, size } = event;
        memory.mode = "content";
        this.message = new MessageWriter({ number, size, lines: "lines" in event ? event.lines : null }, settings);
      }
    }
    this.#follow(event.type.toUpperCase());
  }

  /** Goes where the table says that an accepted command leads; `authenticate()` does after AUTH. */
  #follow(verb: string): void {
    const { memory } = this;
    const known = serverVerb(verb);
    if (known === undefined) return;
    const cell = cellOf(known, memory.state, this.settings.leniencies.keepName);
    if (cell === "closed") this.close("quit");
    else if (cell === "tls") memory.mode = cell;
    else memory.state = cell as ServerState; // it was accepted
  }

  #list(type: "list" | "uidl"): void {
    this.memory.listing = { type, next: 1 };
    this.output.from(listing(this.maildrop!, this.memory));
  }

  #rejected(event: Pop3ServerEvent<Mechanism>, code: string | null): void {
    if (event.type === "connect") this.close("refused");
    else if (event.type === "quit") this.close("quit");
    else if (penalise(event, code, this.memory, this.settings)) this.close("violation");
  }

  #expectMessage(call: string): MessageWriter {
    if (this.message === null) throw this.wrongAnswer(call);
    return this.message;
  }
}
