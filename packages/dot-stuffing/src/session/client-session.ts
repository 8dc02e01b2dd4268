import { checkChoice, checkType } from "../check.ts";
import type { LineReaderOptions } from "../line-reader.ts";
import { StateError } from "../state-error.ts";
import {
  ClientExchange,
  type ClientExchangeOptions,
  type ClientExchangeStep,
  type ClientProgress,
} from "./client-exchange.ts";
import { checkForm, type Form, orNull } from "./form.ts";
import { isMechanismName, showsSecret } from "./mechanism.ts";
import { type SessionOptions, withDefaults } from "./options.ts";
import { outOfRange } from "./out-of-range.ts";
import { Queue } from "./queue.ts";
import type { SaslClient, SaslClientStep, SaslOtherStep } from "./sasl.ts";
import { type Saved, Session, type SessionEvent, type SessionMemory, type Waiting } from "./session.ts";
import { expectMechanism } from "./snapshot.ts";

/**
 * How many commands are under way at most. They are sent by halves of it, since taking from the front of a long list
 * moves all of it.
 */
const MOST_SENT = 1024;
/**
 * How long the commands under way are at most, content not counted: while a client writes more than a connection holds,
 * and the server writes as much, neither would read (RFC 2920 §3.1). In UTF-16 units: as UTF-8 they are 48 KiB at most,
 * which is still less than connections hold.
 */
const MOST_WRITTEN = 16_384;

/** How AUTH goes. */
export interface AuthOptions {
  /** `"when it fits"` (default) in the AUTH line; `"never"`: after an empty challenge, as Exchange Online needs. */
  readonly initialResponse?: "when it fits" | "never";
  /** Uses a mechanism that the server does not list, or that is not known to be listed. Default false. */
  readonly force?: boolean;
}

const AUTH_OPTIONS: Required<AuthOptions> = { initialResponse: "when it fits", force: false };

/** What a protocol and the server say of AUTH. */
export interface AuthTerms extends ClientExchangeOptions {
  /** The mechanisms that the server lists, in upper case. */
  readonly offered: readonly string[];
  /** Whether a password or token may be shown without TLS. */
  readonly plaintextWithoutTls: boolean;
  /** What is possible before TLS, for a StateError. */
  readonly beforeTls: string;
}

const COMMAND: Form = { verb: "", line: "" };
const BYTES: Form = new Uint8Array(0);
const EXCHANGE: Form = [
  { maxCommandLine: 0, twoStep: false, challengeNotBase64: false, textBehindChallenge: false },
  { begun: false, held: orNull(BYTES), failure: orNull(""), aborted: false },
];

/** A command on its way. */
export interface QueuedCommand {
  readonly verb: string;
  /** As it is sent, its CRLF included. */
  readonly line: string;
  /**
   * Where its line ends in the output, and where all of it does, with content, or the last response of AUTH, after the
   * line. Once it is there.
   */
  lineEnd?: number;
  end?: number;
}

/**
 * The legal order of commands: the state that a command leads to if it succeeds; a state without an entry does not
 * allow it.
 */
export type CommandTable<State extends string> = {
  readonly [verb: string]: { readonly [In in State]?: State };
};

/** What a client session remembers. */
export interface ClientMemory<Event extends SessionEvent, State extends string, Command extends QueuedCommand>
  extends SessionMemory<Event> {
  /** Where the session stands in its table by what has been answered. */
  state: State;
  /** Where it will stand once every command given so far has succeeded. */
  expected: State;
  /** Commands that were sent and whose answer has not come. */
  sent: Command[];
  /**
   * How much output had been taken when input was received, up to where in the input: oldest first, of what has not
   * been read.
   */
  heard: { readonly taken: number; end: number }[];
}

/** How an exchange of AUTH ended. */
export interface ConcludedExchange<Answer> {
  readonly ok: boolean;
  readonly mechanism: string;
  readonly serverProved: boolean;
  /** The answer that ended it; null: it was broken off before one came. */
  readonly reply: Answer | null;
  /** Why this side broke it off, or null. */
  readonly text: string | null;
}

/**
 * What is the same in the client's side of every protocol here: commands that are checked against a table when they are
 * given, and sent when the protocol allows; answers matched to them by their order; the exchange of AUTH; the beginning
 * of TLS.
 *
 * @typeParam Answer what the server's answer to a command is
 */
export abstract class ClientSession<
  Event extends SessionEvent,
  Wait extends Waiting,
  State extends string,
  Command extends QueuedCommand,
  Memory extends ClientMemory<Event, State, Command>,
  Answer,
  Mechanism extends SaslClient,
> extends Session<Event, Wait, Memory> {
  readonly #table: CommandTable<State>;
  readonly #requireTls: boolean;
  /** Commands that wait to be sent. */
  protected readonly queue: Queue<Command> = new Queue();
  #exchange: ClientExchange<Mechanism> | null = null;

  constructor(
    options: SessionOptions & { readonly requireTls?: boolean },
    lines: LineReaderOptions,
    memory: Memory,
    table: CommandTable<State>,
  ) {
    super(options, lines, memory);
    this.#table = table;
    this.#requireTls = options.requireTls ?? false;
  }

  /** Where the session stands in its table, once every command given so far has succeeded. */
  get state(): State {
    return this.memory.expected;
  }

  override receive(chunk: Uint8Array): this {
    super.receive(chunk);
    if (chunk.length === 0) return this;
    const heard = this.#heard();
    const { taken } = this.output;
    const end = this.input.offset + this.input.pending;
    const last = heard.at(-1);
    if (last?.taken === taken) last.end = end;
    else heard.push({ taken, end });
    return this;
  }

  /**
   * Answers a `"sasl"` event with the step that the mechanism gave next.
   *
   * @throws StateError unless the last event is `"sasl"`.
   * @throws TypeError for what is no step, as the promise of one is none.
   */
  proceed(step: SaslClientStep | SaslOtherStep): this {
    if (this.memory.pending === null) throw new StateError("proceed()", 'without a "sasl" event', this.legal());
    const next = this.#exchange!.take(step);
    this.memory.pending = null;
    this.#step(next);
    return this;
  }

  /** The server was silent for longer than `timeout`: the session ends. */
  timedOut(): void {
    if (this.memory.mode !== "closed") this.close("timeout");
  }

  /** Of the exchange of AUTH that is under way. */
  protected override get mechanism(): Mechanism | null {
    return this.#exchange?.mechanism ?? null;
  }

  protected override save(): Saved {
    return { ...super.save(), queue: this.queue.toArray(), exchange: this.#exchange?.snapshot() ?? null };
  }

  protected override load(saved: Saved, mechanism: Mechanism | null): void {
    super.load(saved, mechanism);
    const { memory } = this;
    const queue = saved["queue"] as Command[];
    const commands = [...memory.sent, ...queue];
    for (const [index, command] of commands.entries()) {
      const place = `snapshot.data: command[${index}]`;
      checkForm(place, command, COMMAND);
      if (!Object.hasOwn(this.#table, command.verb))
        throw new TypeError(`"snapshot" expected a verb of the table at ${place}.verb, got ${command.verb}`);
      checkForm(place, command, this.commandForms[command.verb] ?? {});
    }
    for (const command of queue) this.queue.push(command);
    const isAsked = [memory.pending, ...memory.events.slice(memory.pulled)].some((event) => event?.type === "sasl");
    const isUnderWay = isAsked || commands.some(({ verb }) => verb === "AUTH");
    checkForm("snapshot.data.exchange", saved["exchange"], isUnderWay ? EXCHANGE : orNull(EXCHANGE));
    const exchange = saved["exchange"] as readonly [ClientExchangeOptions, ClientProgress] | null;
    if (exchange !== null) this.#exchange = new ClientExchange(expectMechanism(mechanism), ...exchange);
  }

  protected override get forms(): { readonly [Field in keyof Memory]?: Form } {
    return { heard: [{ taken: 0, end: 0 }] } as { readonly [Field in keyof Memory]?: Form };
  }

  /** A client is asked for steps of mechanisms alone. */
  protected override get eventForms(): { readonly [type: string]: object } {
    return { sasl: { step: { type: "" } } };
  }

  /** The forms of what commands in a snapshot have besides, by verb. */
  protected get commandForms(): { readonly [verb: string]: Form } {
    return {};
  }

  /** Whether a command was given whose answer has not come. */
  protected get underWay(): boolean {
    return (this.memory.sent[0] ?? this.queue.first) !== undefined;
  }

  /** The state that a command leads to. @throws StateError if the state does not allow it. */
  protected expect(verb: string, call: string = verb): State {
    const { expected } = this.memory;
    const next = this.#table[verb]![expected];
    if (next === undefined) throw new StateError(`${call.toLowerCase()}()`, `in state "${expected}"`, this.legal());
    return next;
  }

  /** @param legal what is possible instead @throws StateError before TLS, where that is required */
  protected expectTls(call: string, legal: string): void {
    if (this.#requireTls && !this.tls) throw new StateError(call, "before TLS, which requireTls demands", legal);
  }

  /** @param shows whether it shows a secret, as is not wanted without TLS @throws StateError as `expectTls` does */
  protected expectSafe(call: string, shows: boolean, legal: string): void {
    this.expectTls(call, legal);
    if (shows && !this.tls) throw new StateError(call, "without TLS, where it would show a secret", legal);
  }

  /** What the state allows, for a StateError. */
  protected legal(): string {
    const { expected } = this.memory;
    const calls = Object.keys(this.#table)
      // What is no command of its own, but content, has no capitals.
      .filter((verb) => this.#table[verb]![expected] !== undefined && verb === verb.toUpperCase())
      .map((verb) => `${verb.toLowerCase()}()`);
    return calls.length === 0 ? "nextEvent() and takeOutput()" : calls.join(", ");
  }

  /** Queues a command, if the state that those before it lead to allows it. */
  protected give(command: Command): this {
    this.memory.expected = this.expect(command.verb);
    this.queue.push(command);
    this.pump();
    return this;
  }

  /** Sends what may be sent now. */
  protected pump(): void {
    const { memory, queue } = this;
    const { sent } = memory;
    if (queue.first !== undefined && sent.length <= MOST_SENT / 2) {
      let written = sent.reduce((sum, { line }) => sum + line.length, 0);
      for (let next = queue.first; next !== undefined; next = queue.first) {
        written += next.line.length;
        if (sent.length === MOST_SENT || (sent.length > 0 && written > MOST_WRITTEN)) break;
        if (!this.maySend(sent.at(-1) ?? null, next)) break;
        queue.shift();
        this.transmit(next);
        next.end = this.output.end;
        sent.push(next);
      }
    }
    if (!this.underWay && this.#exchange === null && memory.mode === "commands") {
      memory.expected = this.idleState;
    }
  }

  /**
   * Begins an exchange of AUTH by what the caller, the protocol and the server have said of it; it is the next command.
   *
   * @param busy the state until it has ended
   * @throws StateError for a mechanism that the server is not known to list, unless forced; before TLS, where that is
   *   required, or the mechanism shows a password or token and may not
   * @throws TypeError or RangeError for what is no mechanism, or no option
   */
  protected beginAuth(mechanism: Mechanism, busy: State, options: AuthOptions, terms: AuthTerms): void {
    const { offered, plaintextWithoutTls, beforeTls, ...how } = terms;
    const { initialResponse, force } = withDefaults<Required<AuthOptions>>("options", options, AUTH_OPTIONS);
    checkChoice("initialResponse", initialResponse, ["when it fits", "never"]);
    const name = checkType("mechanism.name", "string", mechanism?.name).toUpperCase();
    if (!isMechanismName(name)) throw outOfRange("mechanism", "1 to 20 of A-Z, 0-9, - and _");
    const call = `auth() with ${name}`;
    this.expectSafe(call, showsSecret(mechanism) && !plaintextWithoutTls, beforeTls);
    if (!force && !offered.includes(name))
      throw new StateError(call, "on a server not known to list it", "a mechanism it lists, or force: true");
    const twoStep = how.twoStep || initialResponse === "never";
    const exchange = new ClientExchange(mechanism, { ...how, twoStep });
    const step = exchange.start();
    this.#exchange = exchange;
    this.memory.expected = busy;
    this.#step(step);
  }

  /** The server sent a challenge. False: the exchange was over for the mechanism. */
  protected challenged(text: string): boolean {
    const exchange = this.#exchange!;
    if (exchange.failure !== null) return false;
    this.#step(exchange.challenge(text));
    return true;
  }

  /** What the server sent is no challenge: the exchange is broken off. False: it was over for the mechanism. */
  protected cancel(text: string): boolean {
    const exchange = this.#exchange!;
    if (exchange.failure !== null) return false;
    this.#step(exchange.cancel(text));
    return true;
  }

  /** The server ended the exchange. False: it claims a success, and the mechanism is not complete. */
  protected conclude(ok: boolean, reply: Answer): boolean {
    const exchange = this.#exchange!;
    const mechanism = exchange.mechanism.name;
    this.#exchange = null;
    if (!ok) {
      // A response that has not left is for a server that waits for commands by now.
      this.output.discard();
      this.throwLater(exchange.abort());
      this.#report({ ok, mechanism, serverProved: false, reply, text: exchange.failure });
      return true;
    }
    const result = exchange.finish();
    if (result.type === "success") {
      this.exchangeSucceeded();
      this.#report({ ok, mechanism, serverProved: result.serverProved, reply, text: null });
      return true;
    }
    this.throwLater(result.thrown);
    this.#report({ ok: false, mechanism, serverProved: false, reply, text: result.text });
    return false;
  }

  /** Forgets all that is under way: commands without an answer get their events without one. */
  protected drop(): void {
    const { memory } = this;
    memory.mode = "closed";
    // A step that nobody has been asked for yet is not to be asked for any more.
    memory.events = memory.events.slice(memory.pulled).filter(({ answer }) => answer === "none");
    memory.pulled = 0;
    const sent = memory.sent.length;
    for (const [index, command] of memory.sent.splice(0).concat(this.queue.takeAll()).entries()) {
      if (command.verb !== "AUTH") this.lost(command as Exclude<Command, { readonly verb: "AUTH" }>, index < sent);
    }
    // No command is given after AUTH before its exchange has ended: its event is the last one.
    if (this.#exchange !== null) this.#breakOff();
    memory.pending = null;
    this.input.discard();
  }

  /** Once the server has ended its side, there is nothing that output could lead to. */
  protected override get blocked(): boolean {
    return super.blocked && !this.inputEnded;
  }

  /** A client has no default answers. */
  protected override settle(): void {}

  /** Where the session stands once every command is answered. */
  protected get idleState(): State {
    return this.memory.state;
  }

  /** Puts a command into the output. */
  protected transmit(command: Command): void {
    this.output.text(command.line);
    command.lineEnd = this.output.end;
  }

  /**
   * Whether the output had been taken so far when the end of what was read last was received. If not, it is no answer
   * to what stands in front of there.
   */
  protected heardAfter(end: number): boolean {
    return (this.#heard()[0]?.taken ?? 0) >= end;
  }

  /** When what was read last, and what was not yet, was received. */
  #heard(): ClientMemory<Event, State, Command>["heard"] {
    const { heard } = this.memory;
    while (heard.length > 0 && heard[0]!.end < this.input.offset) heard.shift();
    return heard;
  }

  /** Whether the next command may be sent after the last one whose answer has not come; null: every answer has come. */
  protected abstract maySend(last: Command | null, next: Command): boolean;

  /** The AUTH command of an exchange. */
  protected abstract authCommand(line: string): Command;

  /** The event of an exchange that has ended. */
  protected abstract authEvent(end: ConcludedExchange<Answer>): Event;

  /** A command will never have its answer, whether it was sent or not: pushes its event. */
  protected abstract lost(command: Exclude<Command, { readonly verb: "AUTH" }>, sent: boolean): void;

  #step(step: ClientExchangeStep<Mechanism>): void {
    const { memory } = this;
    const exchange = this.#exchange!;
    if (step.type === "line") this.throwLater(step.thrown);
    if (step.type === "other") this.ask(exchange.mechanism, step.step);
    else if (step.type === "failure") {
      this.#breakOff(step.text);
      this.pump();
    } else if (memory.sent[0]?.verb === "AUTH") {
      this.output.text(step.text);
      memory.sent[0].end = this.output.end; // a refusal answers the command: it may come before this is sent
    } else {
      this.queue.push(this.authCommand(step.text));
      this.pump();
    }
  }

  #breakOff(text: string | null = null): void {
    const exchange = this.#exchange!;
    const { mechanism } = exchange;
    this.throwLater(exchange.abort());
    this.#exchange = null;
    this.#report({ ok: false, mechanism: mechanism.name, serverProved: false, reply: null, text });
  }

  #report(end: ConcludedExchange<Answer>): void {
    this.memory.events.push(this.authEvent(end));
  }
}
