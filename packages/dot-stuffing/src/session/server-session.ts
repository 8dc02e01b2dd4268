import type { LineReaderOptions } from "../line-reader.ts";
import type { StateError } from "../state-error.ts";
import { encodeBase64 } from "./base64.ts";
import type { AuthEvent } from "./events.ts";
import { checkForm, type Form, orNull } from "./form.ts";
import type { SessionOptions } from "./options.ts";
import type { Prepare } from "./prepare.ts";
import { abortMechanism, type SaslOtherStep, type SaslServer, type SaslServerStep, type SuccessStep } from "./sasl.ts";
import { ServerExchange, type ServerExchangeFailure, type ServerExchangeStep } from "./server-exchange.ts";
import { type Saved, Session, type SessionEvent, type SessionMemory, type Waiting } from "./session.ts";
import { expectMechanism, type Words } from "./snapshot.ts";

/** What a server session remembers. */
export interface ServerMemory<Event extends SessionEvent> extends SessionMemory<Event> {
  /** Whether octets after STARTTLS were reported: it is done once, however they were cut. */
  plaintextSeen: boolean;
  /** The session is to end once nothing is owed. */
  closing: Closing | null;
}

const EXCHANGE: Form = {
  success: orNull({ authenticationIdentity: "", authorizationIdentity: "", data: new Uint8Array(0) }),
};

/** An end that the application asked for, and that waits for the answers owed. */
export interface Closing {
  readonly cause: "timeout" | "shutdown";
  /** What is said then, as it is written; "": nothing. */
  readonly farewell: string;
}

/** What may stand in a snapshot of that. */
export const closingWords: Words<Closing> = { cause: { timeout: true, shutdown: true } };

/** Why an exchange failed. `"too-long"`: a response line above its limit. */
export type FailureCause = ServerExchangeFailure | "too-long";

/** How an exchange of AUTH ended. */
export type EndedExchange =
  | { readonly type: "success"; readonly authenticationIdentity: string; readonly authorizationIdentity: string }
  | {
      readonly type: "failure";
      readonly cause: FailureCause;
      readonly text: string;
    };

/** What is the same in the server's side of every protocol here: the exchange of AUTH, and the beginning of TLS. */
export abstract class ServerSession<
  Event extends SessionEvent,
  Wait extends Waiting,
  Memory extends ServerMemory<Event>,
  Mechanism extends SaslServer,
> extends Session<Event, Wait, Memory> {
  readonly #challenge: string;
  readonly #prepare: Prepare | undefined;
  #exchange: ServerExchange<Mechanism> | null = null;

  /**
   * @param options `prepare` is applied to authorization identities: one that cannot be prepared, or is empty then,
   *   fails the exchange
   * @param challenge what stands in front of a challenge, e.g. `"334 "`
   */
  constructor(
    options: SessionOptions & { readonly prepare?: Prepare | undefined },
    lines: LineReaderOptions,
    memory: Memory,
    challenge: string,
  ) {
    super(options, lines, memory);
    this.#challenge = challenge;
    this.#prepare = options.prepare;
  }

  /**
   * Answers an `"auth"` event: the mechanism's exchange begins. It ends with an `"authenticated"` or
   * `"authentication-failed"` event. What the mechanism throws here comes out, and the event is still to be answered.
   * What it throws later, at a line of the client's, ends the exchange, and comes out of `nextEvent()` after the event
   * that says so.
   *
   * @returns the session, as every answer does
   * @throws StateError unless the last event is `"auth"`.
   * @throws TypeError for what is no mechanism.
   */
  authenticate(mechanism: Mechanism): this {
    const event = this.#pending("auth", "authenticate()") as Event & AuthEvent;
    const exchange = new ServerExchange(mechanism, this.#prepare);
    const step = exchange.start(event.initialResponse);
    this.memory.pending = null;
    this.memory.mode = "sasl";
    this.#exchange = exchange;
    this.#step(step);
    return this;
  }

  /**
   * Answers a `"sasl"` event with the step that the mechanism gave next, e.g.
   * `session.proceed(event.mechanism.accept())`.
   *
   * @throws StateError unless the last event is `"sasl"`.
   * @throws TypeError for what is no step, as the promise of one is none.
   */
  proceed(step: SaslServerStep | SaslOtherStep): this {
    this.#pending("sasl", "proceed()");
    const next = this.#exchange!.take(step);
    this.memory.pending = null;
    this.#step(next);
    return this;
  }

  protected override get mechanism(): Mechanism | null {
    return this.#exchange?.mechanism ?? null;
  }

  protected override save(): Saved {
    return { ...super.save(), exchange: this.#exchange === null ? null : { success: this.#exchange.snapshot() } };
  }

  protected override load(saved: Saved, mechanism: Mechanism | null): void {
    super.load(saved, mechanism);
    const isUnderWay = this.memory.mode === "sasl" || this.memory.pending?.type === "sasl";
    checkForm("snapshot.data.exchange", saved["exchange"], isUnderWay ? EXCHANGE : orNull(EXCHANGE));
    const exchange = saved["exchange"] as { readonly success: SuccessStep | null } | null;
    if (exchange !== null)
      this.#exchange = new ServerExchange(expectMechanism(mechanism), this.#prepare, exchange.success);
  }

  /** Reads a line of the exchange. */
  protected readResponse(maxLineLength: number): "bytes" | null {
    const exchange = this.#exchange!;
    const line = this.input.next(maxLineLength);
    if (line === null) return this.atEndOfInput();
    if (line instanceof Uint8Array) this.#step(exchange.respond(line));
    else {
      this.throwLater(abortMechanism(exchange.mechanism));
      this.#end(line.code === "line-too-long" ? "too-long" : "malformed", line.text);
    }
    return null;
  }

  /** There is no whole line: more input is needed, or the session ends with it. */
  protected atEndOfInput(): "bytes" | null {
    if (!this.inputEnded) return "bytes";
    this.close("end-of-input");
    return null;
  }

  protected override settle(): void {
    const { memory } = this;
    const { pending, closing } = memory;
    if (pending?.answer === "default") {
      if (closing !== null && this.goAheads.has(pending.type)) memory.pending = null;
      else this.answerByDefault(pending);
    }
    if (closing !== null) this.#endOnceAnswered(closing);
  }

  /** The session is to end, once what is owed was given. The first call counts. */
  protected endWith(closing: Closing): void {
    if (this.memory.mode === "closed" || this.memory.closing !== null) return;
    this.memory.closing = closing;
    this.#endOnceAnswered(closing);
  }

  /** Breaks an exchange off that is under way, and forgets what is owed: the session closes. */
  protected drop(): void {
    this.memory.mode = "closed";
    this.memory.pending = null;
    if (this.#exchange !== null) this.throwLater(abortMechanism(this.#exchange.mechanism));
    this.#exchange = null;
    this.input.discard();
  }

  protected override plaintextBehindTls(): void {
    if (this.memory.plaintextSeen) return;
    this.memory.plaintextSeen = true;
    this.plaintextFound();
  }

  /** Events whose default answers have the client go on with what a session that is to end will not take. */
  protected abstract readonly goAheads: ReadonlySet<string>;

  /** Whether the application is in the midst of an answer. */
  protected abstract get answering(): boolean;

  /** Whether the client can be told of the end: it awaits words, and not a handshake. */
  protected get audible(): boolean {
    return this.memory.mode !== "tls";
  }

  /** Commits the default answer to this event. */
  protected abstract answerByDefault(event: Event): void;

  /** Reports plaintext between the command that begins TLS and the handshake. */
  protected abstract plaintextFound(): void;

  /** The exchange has ended, and commands are read again: the event that says how. */
  protected abstract exchangeEnded(end: EndedExchange): Event;

  /** That a call answers nothing that is owed. */
  protected abstract wrongAnswer(call: string): StateError;

  #step(step: ServerExchangeStep<Mechanism>): void {
    switch (step.type) {
      case "challenge":
        this.output.text(`${this.#challenge}${encodeBase64(step.bytes)}\r\n`);
        return;
      case "other":
        this.ask(this.#exchange!.mechanism, step.step);
        return;
      case "success":
        this.#exchange = null;
        this.exchangeSucceeded();
        this.memory.events.push(this.exchangeEnded(step));
        return;
      case "failure":
        this.throwLater(step.thrown);
        this.#end(step.cause, step.text);
    }
  }

  #end(cause: FailureCause, text: string): void {
    this.#exchange = null;
    this.memory.events.push(this.exchangeEnded({ type: "failure", cause, text }));
  }

  /** Ends the session that is to end, unless there is, or will be, something to answer before. */
  #endOnceAnswered({ cause, farewell }: Closing): void {
    const { mode, pending, events, pulled } = this.memory;
    if (mode === "closed" || pending !== null || this.answering) return;
    if (events.some(({ answer }, index) => index >= pulled && answer !== "none")) return;
    if (this.audible) this.output.text(farewell);
    this.close(cause);
  }

  #pending(type: string, call: string): Event {
    const { pending } = this.memory;
    if (pending?.type !== type) throw this.wrongAnswer(call);
    return pending;
  }
}
