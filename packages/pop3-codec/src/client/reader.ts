import {
  ClientSession,
  type ConcludedExchange,
  checkForm,
  type Form,
  type SaslClient,
  type Saved,
  type Words,
} from "dot-stuffing/session";
import { parseCapabilities } from "../syntax/capabilities.ts";
import { parseChallenge } from "../syntax/challenge.ts";
import { parseDropListing } from "../syntax/listing.ts";
import { type Response, readResponse } from "../syntax/response.ts";
import { findTimestamp } from "../syntax/timestamp.ts";
import type { ClientCommand } from "./command.ts";
import {
  type ClientCloseCause,
  type ClientViolationCode,
  type Pop3ClientEvent,
  type Responded,
  warning,
} from "./events.ts";
import { loginAnswered, loginSecured } from "./login.ts";
import { type LoginFailure, loginFailure } from "./login-failure.ts";
import { clientMemory, commandForms, forms, type Pop3ClientMemory, words } from "./memory.ts";
import { type ListingLines, type MultiLine, multiLineOf } from "./multi-line.ts";
import type { ClientSettings } from "./options.ts";
import { outcomeOf } from "./outcome.ts";
import { type ClientState, type ClientVerb, clientTable, mayBeFollowed, stateAfter } from "./table.ts";

/** Why a client session goes no further. `"decision"`: nothing is under way; the next command is the application's. */
export type Pop3ClientWaiting = "bytes" | "decision" | "output" | "tls" | "closed";

const LF = 0x0a;

/** The half of a client session that reads: responses, matched to the commands that were sent. */
export abstract class Pop3ClientReader<Mechanism extends SaslClient> extends ClientSession<
  Pop3ClientEvent<Mechanism>,
  Pop3ClientWaiting,
  ClientState,
  ClientCommand,
  Pop3ClientMemory<Mechanism>,
  Response,
  Mechanism
> {
  protected override readonly role = "pop3-client";
  protected override readonly words: Words<Pop3ClientMemory<Mechanism>> = words;
  protected readonly settings: ClientSettings;
  #lines: MultiLine | null = null;

  constructor(settings: ClientSettings) {
    const lineEndings = settings.leniencies.bareLineFeed ? "normalize" : "reject";
    super(settings, { lineEndings }, clientMemory(settings.tls), clientTable);
    this.settings = settings;
  }

  /** Nothing is under way: goes on with what the session does by itself. False: there is nothing. */
  protected abstract proceedAlone(): boolean;

  protected override save(): Saved {
    this.#lines?.release(this.input);
    return { ...super.save(), lines: this.#lines === null ? null : { state: this.#lines.snapshot() } };
  }

  protected override load(saved: Saved, mechanism: Mechanism | null): void {
    super.load(saved, mechanism);
    const lines = saved["lines"] as { readonly state: unknown } | null;
    if (lines === null) return;
    const command = this.memory.sent[0];
    // Whatever has lines has a reader of them.
    checkForm("snapshot.data.memory.sent[0]", command, commandForms["LIST"]);
    if (command!.multiLine) this.#lines = multiLineOf(this.memory.sent[0]!, this.settings, lines.state);
  }

  protected override get forms(): { readonly [Field in keyof Pop3ClientMemory<Mechanism>]?: Form } {
    return { ...super.forms, ...forms };
  }

  protected override get commandForms(): { readonly [verb: string]: Form } {
    return commandForms;
  }

  protected override release(): void {
    this.#lines?.release(this.input);
    super.release();
  }

  protected override read(): Pop3ClientEvent<Mechanism> | Pop3ClientWaiting | null {
    const { memory } = this;
    if (this.#lines !== null) {
      const step = this.#lines.next(this.input);
      if (step === "end") {
        memory.mode = "commands";
        this.#finish(memory.response, this.#lines);
        return null;
      }
      if (step !== null) return step as Pop3ClientEvent<Mechanism>;
    } else if ((this.idle && this.proceedAlone()) || this.#readLine()) return null;
    if (!this.inputEnded) return this.idle ? "decision" : "bytes";
    if (this.#lines !== null || this.input.midLine) this.#warn("cut-off", "the connection ended inside a response");
    this.close(memory.sent[0]?.verb === "QUIT" ? "quit" : "end-of-input");
    return null;
  }

  protected override underTls(): void {
    const { memory } = this;
    memory.mode = "commands";
    memory.expected = this.idleState;
    memory.capabilities = null;
    if (memory.login !== null) loginSecured(memory.login);
    if (!this.settings.keepTimestampAfterTls) memory.timestamp = null;
  }

  protected override plaintextBehindTls(): void {
    this.#violate("plaintext-behind-stls", "octets after the response to STLS, before the TLS handshake");
  }

  override get mayTurn(): boolean {
    return this.memory.sent.at(-1)?.verb === "STLS";
  }

  protected override maySend(last: ClientCommand | null, next: ClientCommand): boolean {
    const { mode, capabilities } = this.memory;
    if (mode === "greeting") return false;
    if (last === null) return true;
    if (!this.settings.pipelining || !capabilities?.tags.has("PIPELINING")) return false;
    return mayBeFollowed(last.verb) || (this.settings.eagerPass && next.verb === "PASS");
  }

  /** A login has the session to itself until it is over. */
  protected override get idleState(): ClientState {
    return this.memory.login === null ? this.memory.state : "busy";
  }

  protected override authCommand(line: string): ClientCommand {
    return { verb: "AUTH", line, multiLine: false, about: {}, announced: null };
  }

  protected override authEvent({ reply, ...end }: ConcludedExchange<Response>): Pop3ClientEvent<Mechanism> {
    const { memory } = this;
    memory.state = stateAfter("AUTH", end.ok, memory.state);
    const failed = end.text === null ? loginFailure("AUTH", reply, memory.capabilities) : "broken-off";
    const failure = end.ok ? null : failed;
    this.#tellLogin("AUTH", failure);
    return { type: "auth", ...this.#responded(reply), ...end, failure };
  }

  protected override lost(command: ClientCommand, sent: boolean): void {
    const lines = this.#lines;
    this.#lines = null;
    // QUIT alone asks whether it was taken: nothing is queued after it, so that output not taken yet ends with its
    // line.
    this.#report(command, null, lines, sent && this.output.empty);
    // What is told must stay true.
    if (command.verb === "QUIT") this.output.discard();
  }

  /** Ends the session: every command still unanswered gets its event. */
  protected override close(cause: ClientCloseCause): void {
    const { memory } = this;
    if (memory.mode === "greeting") this.#push({ type: "greeting", ...this.#responded(null), timestamp: null });
    this.drop();
    memory.expected = "closed";
    if (memory.login !== null) this.endLogin();
    this.#push({ type: "closed", cause, answer: "none" });
  }

  /** The login is over; without an end of its own the connection was. */
  protected endLogin(): void {
    const { memory } = this;
    const { method, end } = memory.login!;
    memory.login = null;
    if (memory.mode !== "closed") memory.expected = this.idleState;
    this.#push({ type: "login", method, ...(end ?? { ok: false, failure: "unknown" }), answer: "none" });
  }

  /** Whether every command has its answer, and the next one is to be given. */
  protected override get idle(): boolean {
    return this.memory.mode === "commands" && !this.underWay;
  }

  /** Reads a status line, or a challenge; false: more input is needed. */
  #readLine(): boolean {
    const { maxResponseLength, maxSaslLineLength, leniencies } = this.settings;
    const skipping = leniencies.leadingLineEnds;
    if (!this.input.passDropped()) return false;
    // A line feed in front of a status line, as some servers leave it behind.
    while (skipping && !this.input.midLine && this.input.peek()?.[0] === LF) this.input.skip(1);
    const challenged = this.memory.sent[0]?.verb === "AUTH";
    const line = this.input.next(challenged ? maxSaslLineLength : maxResponseLength);
    if (line === null) return false;
    if (!(line instanceof Uint8Array)) this.#unreadable(line.code, line.text);
    else if (line.length > 0 || !skipping) this.#takeLine(line);
    return true;
  }

  /** A line was dropped: it counts as the response that was due, where it can be told what comes after it. */
  #unreadable(code: ClientViolationCode, text: string): void {
    const command = this.#asked();
    const framed = command !== undefined && !command.multiLine && command.verb !== "STLS"; // one line was due
    if (!framed) this.#violate(code, text);
    else if (command.verb !== "AUTH") {
      this.#warn(code, text);
      this.#finish(null, null);
    } else if (this.cancel(text)) this.#warn(code, text);
    else this.#violate(code, text);
  }

  /**
   * The oldest command without an answer, if what was read last came after it was taken: of AUTH, which may be refused
   * before it has its response, as by a server that waits no longer, the line.
   */
  #asked(isRefusal: boolean = false): ClientCommand | undefined {
    const command = this.memory.sent[0];
    return command !== undefined && this.heardAfter((isRefusal ? command.lineEnd : command.end)!) ? command : undefined;
  }

  #takeLine(line: Uint8Array): void {
    const { memory } = this;
    const challenge = this.#asked()?.verb === "AUTH" ? parseChallenge(line, this.settings.leniencies) : null;
    if (challenge !== null) {
      if (!this.challenged(challenge))
        this.#violate("unexpected-response", "a challenge after the end of the exchange");
      return;
    }
    const response = readResponse(line, this.settings);
    const command = this.#asked(response?.ok === false);
    if (response === null) this.#violate("invalid-response", "expected a line that begins with +OK or -ERR");
    else if (memory.mode === "greeting") this.#greeted(response);
    else if (command === undefined) this.#violate("unexpected-response", "a response to no command");
    else if (response.ok && command.multiLine) {
      memory.mode = "lines";
      memory.response = response;
      this.#lines = multiLineOf(command, this.settings);
    } else this.#finish(response, null);
  }

  #greeted(response: Response): void {
    const { memory } = this;
    memory.mode = "commands";
    memory.timestamp = response.ok ? findTimestamp(response.text) : null;
    this.#push({ type: "greeting", ...this.#responded(response), timestamp: memory.timestamp });
    if (response.ok) {
      this.pump();
      return;
    }
    this.#tellLogin("greeting", loginFailure("greeting", response, null));
    this.close("refused");
  }

  /** The oldest command has its whole answer; null: none that could be read. */
  #finish(response: Response | null, lines: MultiLine | null): void {
    const { memory } = this;
    const command = memory.sent.shift()!;
    const ok = response?.ok ?? false;
    this.#lines = memory.response = null;
    if (command.verb === "AUTH") {
      if (!this.conclude(ok, response!)) this.#violate("sasl-incomplete", "success before the mechanism was complete");
    } else {
      this.#learn(command, ok ? response : null, lines);
      this.#report(command, response, lines, true);
      this.#follow(command, ok);
    }
    this.pump();
  }

  /** What a response says about the server and the maildrop; null: it was negative. */
  #learn({ verb }: ClientCommand, response: Response | null, lines: MultiLine | null): void {
    const { memory } = this;
    if (verb === "CAPA") {
      memory.capabilities = response && parseCapabilities((lines as ListingLines).lines, this.settings.leniencies);
      memory.askedBeforeLogin = memory.state !== "transaction";
    } else if (verb === "STAT") memory.stat = response && parseDropListing(response.text);
    else if (verb === "DELE" || verb === "RSET") memory.stat = null;
  }

  /** Pushes the event of a command, and what comes in front of it. */
  #report(command: ClientCommand, response: Response | null, lines: MultiLine | null, sent: boolean): void {
    const { memory } = this;
    const { capabilities, stat } = memory;
    const facts = {
      capabilities,
      stat,
      leniencies: this.settings.leniencies,
      open: sent && memory.state === "transaction",
    };
    const { about, before, failure } = outcomeOf(command, response, lines, facts);
    const type = command.verb.toLowerCase();
    for (const event of before) this.#push(event);
    this.#push({ type, ...command.about, ...this.#responded(response), ...about } as Pop3ClientEvent);
    if (failure !== undefined) this.#tellLogin(command.verb, failure);
  }

  /** A command that a login may have given has its answer, or the greeting has come. */
  #tellLogin(verb: ClientVerb | "greeting", failure: LoginFailure | null): void {
    const { login } = this.memory;
    if (login !== null) loginAnswered(login, verb, failure);
  }

  /** Goes where the table says that a command leads. */
  #follow({ verb }: ClientCommand, ok: boolean): void {
    const { memory } = this;
    memory.state = stateAfter(verb, ok, memory.state);
    if (verb === "QUIT") this.close("quit");
    else if (verb === "USER" && !ok) this.#dropPass();
    else if (verb === "STLS" && ok) memory.mode = "tls";
  }

  /** After -ERR to USER no password is sent (RFC 1939 §7). */
  #dropPass(): void {
    if (this.queue.first?.verb === "PASS") this.lost(this.queue.shift()!, false);
  }

  #responded(response: Response | null): Responded {
    const announced = this.memory.capabilities?.tags.has("RESP-CODES") ?? false;
    const codeUnannounced = response !== null && response.code !== null && !announced;
    return { ok: response?.ok ?? false, response, codeUnannounced, answer: "none" };
  }

  #warn(code: ClientViolationCode, text: string): void {
    this.#push(warning(code, text));
  }

  #violate(code: ClientViolationCode, text: string): void {
    this.#push({ ...warning(code, text), fatal: true });
    this.close("violation");
  }

  #push(event: Pop3ClientEvent): void {
    this.memory.events.push(event as Pop3ClientEvent<Mechanism>);
  }
}
