import {
  checkForm,
  checkType,
  type EndedExchange,
  type Line,
  octetsOf,
  type SaslServer,
  type Saved,
  ServerSession,
  type Words,
} from "dot-stuffing/session";
import { NO_EVENT, wireForm } from "./answering.ts";
import type { CloseCause, ServerViolation, SmtpServerEvent } from "./events.ts";
import { Intake, type IntakeSnapshot } from "./intake.ts";
import { afterLoss, intendedVerb, judge, type Situation } from "./judge.ts";
import { early, endsGroup } from "./limits.ts";
import { eventForms, forms, newMemory, type SmtpServerMemory, words } from "./memory.ts";
import { completeReply, faults } from "./replies.ts";
import { offerOf, type Shared } from "./settings.ts";
import { afterMode } from "./table.ts";
import { failedExchange, unanswered, violation } from "./violations.ts";

/** Why a server session goes no further. */
export type SmtpServerWaiting = "bytes" | "decision" | "output" | "tls" | "closed";

/** Events whose default replies have the client go on. */
const GO_AHEADS: ReadonlySet<string> = new Set(["connect", "data", "bdat", "starttls"]);

/** How commands are read. */
const LINES = { lineEndings: "reject" } as const;

/** States within a transaction. */
const WITHIN: ReadonlySet<string> = new Set(["mail", "rcpt", "chunks"]);

/**
 * What a server session does with octets: commands, content and responses are read in their modes, judged, and turned
 * into events.
 */
export abstract class ServerEngine<Mechanism extends SaslServer> extends ServerSession<
  SmtpServerEvent<Mechanism>,
  SmtpServerWaiting,
  SmtpServerMemory<Mechanism>,
  Mechanism
> {
  protected override readonly role = "smtp-server";
  protected override readonly words: Words<SmtpServerMemory<Mechanism>> = words;
  protected override readonly goAheads: ReadonlySet<string> = GO_AHEADS;
  protected readonly shared: Shared;
  #situation: Situation<Mechanism>;
  protected readonly intake: Intake<Mechanism>;

  constructor(shared: Shared) {
    super(shared.settings, LINES, newMemory(shared.settings.tls), "334 ");
    this.shared = shared;
    this.#situation = this.#judging(null);
    this.intake = new Intake(this.memory, shared.settings);
  }

  protected override save(): Saved {
    return { ...super.save(), intake: this.intake.snapshot() };
  }

  protected override load(saved: Saved, mechanism: Mechanism | null): void {
    super.load(saved, mechanism);
    this.#situation = this.#judging(this.memory.hello);
    const { mode, state, transaction, skippedFor } = this.memory;
    if (mode !== "closed" && WITHIN.has(state))
      checkForm("snapshot.data.memory.transaction", transaction, forms.transaction);
    if (mode === "skip") checkForm("snapshot.data.memory.skippedFor", skippedFor, forms.skippedFor);
    if (mode === "content") checkType("snapshot.data.intake", "object", saved["intake"]);
    this.intake.restore(saved["intake"] as IntakeSnapshot | null);
  }

  protected override get eventForms(): typeof eventForms {
    return eventForms;
  }

  protected override get forms(): typeof forms {
    return forms;
  }

  protected override get answering(): boolean {
    return this.memory.mode === "deliveries";
  }

  protected override release(): void {
    super.release();
    this.intake.release();
  }

  protected override read(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    switch (this.memory.mode) {
      case "connect":
        return this.#unlessEarly({ type: "connect", answer: "default" });
      case "content":
        return this.#readContent();
      case "skip":
        return this.#unlessEnded(this.intake.readOver(this.input));
      case "deliveries":
        return this.intake.nextDelivery();
      case "sasl":
        return this.readResponse(this.shared.settings.maxSaslLineLength);
      default:
        return this.#readCommand();
    }
  }

  protected override underTls(): void {
    this.memory.mode = "commands";
    this.memory.authenticated = false;
    this.startOver();
  }

  protected override plaintextFound(): void {
    const text = "octets after STARTTLS, before the TLS handshake; discarded";
    this.memory.events.push(unanswered("plaintext-behind-starttls", null, text));
  }

  protected override exchangeEnded(end: EndedExchange): SmtpServerEvent<Mechanism> {
    this.memory.mode = "commands";
    this.memory.state = afterMode.sasl;
    if (end.type === "success") return { ...end, type: "authenticated", answer: "default" };
    return failedExchange(end.cause, end.text);
  }

  protected override close(cause: Exclude<CloseCause, "reversed">): void {
    const { memory } = this;
    this.intake.abort(cause === "quit" ? "quit" : "closed", memory.state);
    this.drop();
    memory.events.push({ type: "closed", cause, answer: "none" });
  }

  /** Forgets what the client has said before what protects the connection now. */
  protected startOver(): void {
    const { memory } = this;
    memory.state = afterMode.tls;
    memory.xclient = [];
    memory.forwarded = [];
    this.greet(null);
  }

  /** This hello was accepted, or none counts any more: it decides what is offered. */
  protected greet(hello: SmtpServerMemory<Mechanism>["hello"]): void {
    this.memory.hello = hello;
    this.#situation = this.#judging(hello);
  }

  #readCommand(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    const { memory } = this;
    // Which limit holds is known only with the verb: here the longest one bounds the memory.
    const line = this.input.nextLine(this.#situation.offer.maxLine);
    if (line === null) return this.atEndOfInput();
    if (!("octets" in line)) {
      const { code, offset, text } = line;
      const { dropped } = this.input;
      memory.verb = intendedVerb(dropped);
      const template = code === "line-too-long" ? faults.lineTooLong : faults.line;
      return this.#refused(dropped, violation(code, offset, text, template, memory.verb === "BDAT"));
    }
    const event = this.#judge(line);
    if (event === null) return null;
    if (event.type === "violation") return this.#refused(octetsOf(line), event);
    if (event.type === "burl" && !this.intake.takesUrl) {
      const text = "a CR at the end of a chunk, in front of BURL";
      return this.#refused(octetsOf(line), violation("bare-cr", null, text, faults.malformedContent));
    }
    return this.#unlessEarly(event);
  }

  /**
   * What the application's own functions throw, such as those of its parameters, is the application's; the client has
   * its reply.
   */
  #judge(line: Line): SmtpServerEvent<Mechanism> | null {
    try {
      return judge(line, this.#situation);
    } catch (error) {
      this.output.text(wireForm(completeReply(undefined, faults.internalError), NO_EVENT, this.shared, this.memory));
      throw error;
    }
  }

  /** A command is refused, and with it perhaps the transaction. */
  #refused(line: Uint8Array, event: ServerViolation): ServerViolation {
    const state = afterLoss(line, event, this.#situation);
    if (state !== null) this.intake.abort("refused", state);
    return event;
  }

  #readContent(): SmtpServerEvent<Mechanism> | SmtpServerWaiting | null {
    const found = this.intake.read(this.input);
    if (found === "bytes" && this.inputEnded) this.memory.events.push(this.intake.cutOff());
    return this.#unlessEnded(found);
  }

  /** Where more input is needed, the session ends if there will be none. */
  #unlessEnded<Found>(found: Found | "bytes"): Found | "bytes" | null {
    return found === "bytes" ? this.atEndOfInput() : found;
  }

  #unlessEarly(event: SmtpServerEvent<Mechanism>): SmtpServerEvent<Mechanism> {
    const { settings } = this.shared;
    if (settings.earlyTalker === "ignore" || this.input.pending === 0 || !endsGroup(event)) return event;
    return early(event, this.memory, settings);
  }

  #judging(hello: SmtpServerMemory<Mechanism>["hello"]): Situation<Mechanism> {
    const { memory } = this;
    return { settings: this.shared.settings, offer: offerOf(this.shared, memory.tls, hello), memory };
  }
}
