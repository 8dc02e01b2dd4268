import {
  checkForm,
  type EndedExchange,
  orNull,
  type SaslServer,
  type Saved,
  ServerSession,
  type Words,
} from "dot-stuffing/session";
import { longestCommand } from "../syntax/parse-command.ts";
import type { Context } from "./context.ts";
import type { CloseCause, Pop3ServerEvent } from "./events.ts";
import { judge } from "./judge.ts";
import { listing } from "./listing.ts";
import { type Maildrop, type MaildropSnapshot, OpenMaildrop } from "./maildrop.ts";
import { eventForms, forms, maildropForm, messageForm, type Pop3ServerMemory, serverMemory, words } from "./memory.ts";
import { type MessageSnapshot, MessageWriter } from "./message.ts";
import type { Pop3ServerOptions, ServerSettings } from "./options.ts";
import { INTERNAL_ERROR, NO_PARTS, type Parts, type ResponseTemplate, writeResponse } from "./responses.ts";
import { failedLogin, notice, violation } from "./violations.ts";

/** Why a server session goes no further. */
export type Pop3ServerWaiting = "bytes" | "decision" | "content" | "output" | "tls" | "closed";

/** Events whose default responses have the client go on. */
const GO_AHEADS: ReadonlySet<string> = new Set(["connect", "stls"]);

/**
 * What a server session does with octets: commands and responses are read in their modes, judged, and turned into
 * events.
 */
export abstract class ServerEngine<Mechanism extends SaslServer> extends ServerSession<
  Pop3ServerEvent<Mechanism>,
  Pop3ServerWaiting,
  Pop3ServerMemory<Mechanism>,
  Mechanism
> {
  protected override readonly role = "pop3-server";
  protected override readonly words: Words<Pop3ServerMemory<Mechanism>> = words;
  protected override readonly goAheads: ReadonlySet<string> = GO_AHEADS;
  protected readonly settings: ServerSettings;
  protected maildrop: OpenMaildrop | null = null;
  protected message: MessageWriter | null = null;
  /** To `restore`, until it is open. */
  protected handed: Maildrop | null = null;

  constructor(options: Pop3ServerOptions, settings: ServerSettings) {
    const lineEndings = settings.leniencies.bareLineFeed ? "normalize" : "reject";
    super(options, { lineEndings }, serverMemory<Mechanism>(settings.tls), "+ ");
    this.settings = settings;
  }

  protected override save(): Saved {
    return {
      ...super.save(),
      maildrop: this.maildrop?.snapshot() ?? null,
      message: this.message?.snapshot() ?? null,
    };
  }

  protected override load(saved: Saved, mechanism: Mechanism | null): void {
    super.load(saved, mechanism);
    const { memory, settings } = this;
    const isOpen = (memory.mode !== "closed" && memory.state === "transaction") || memory.listing !== null;
    checkForm("snapshot.data.maildrop", saved["maildrop"], isOpen ? maildropForm : orNull(maildropForm));
    checkForm("snapshot.data.message", saved["message"], memory.mode === "content" ? messageForm : orNull(messageForm));
    const maildrop = saved["maildrop"] as MaildropSnapshot | null;
    const message = saved["message"] as MessageSnapshot | null;
    if (maildrop !== null) this.maildrop = OpenMaildrop.resume(maildrop, this.handed, settings);
    this.handed = null;
    if (message !== null) this.message = new MessageWriter(message.order, settings, message);
    if (memory.listing !== null) this.output.from(listing(this.maildrop!, memory));
  }

  protected override get forms(): typeof forms {
    return forms;
  }

  protected override get eventForms(): typeof eventForms {
    return eventForms;
  }

  protected override get answering(): boolean {
    return this.memory.mode === "content";
  }

  protected override get audible(): boolean {
    return super.audible && this.memory.listing === null;
  }

  protected override get idle(): boolean {
    return this.memory.mode === "content";
  }

  protected override read(): Pop3ServerEvent<Mechanism> | Pop3ServerWaiting | null {
    switch (this.memory.mode) {
      case "connect":
        return { type: "connect", answer: "default" };
      case "content":
        return "content";
      case "sasl":
        return this.readResponse(this.settings.maxSaslLineLength);
      default:
        return this.#readCommand();
    }
  }

  protected override underTls(): void {
    this.memory.mode = "commands";
    this.memory.state = "authorization";
    this.memory.language = null;
  }

  protected override plaintextFound(): void {
    this.memory.events.push(
      notice("plaintext-behind-stls", "octets after STLS, before the TLS handshake; discarded", false),
    );
  }

  protected override exchangeEnded(end: EndedExchange): Pop3ServerEvent<Mechanism> {
    this.memory.mode = "commands";
    this.memory.state = "authorization";
    if (end.type === "success") return { ...end, type: "authenticated", answer: "needed" };
    const { cause, text } = end;
    return failedLogin(cause === "too-long" ? "malformed" : cause, text);
  }

  protected override close(cause: CloseCause): void {
    this.drop();
    this.message = null;
    // A listing that is under way goes out to its end.
    if (this.memory.listing === null) this.maildrop = null;
    this.memory.events.push({ type: "closed", cause, answer: "none" });
  }

  /** As things are now. */
  protected get context(): Context {
    const { settings, memory: standing, maildrop } = this;
    return { settings, standing, maildrop, failed: (thrown) => this.throwLater(thrown) };
  }

  /** A -ERR as a line: what the application gave, completed by the default. */
  protected negativeResponse(type: string, given: Parts, fallback: ResponseTemplate): string {
    return writeResponse(false, type, given, fallback, this.context);
  }

  /** Answers that something of the application's threw. */
  protected respondError(type: string): void {
    this.output.text(this.negativeResponse(type, NO_PARTS, INTERNAL_ERROR));
  }

  #readCommand(): Pop3ServerEvent<Mechanism> | Pop3ServerWaiting | null {
    // Which limit holds is known only with the verb: here the longest one bounds the memory.
    const line = this.input.next(longestCommand(this.settings));
    if (line === null) return this.atEndOfInput();
    const event = line instanceof Uint8Array ? this.#judge(line) : violation(line.code, line.offset, line.text);
    if (event.type !== "pass") this.#forgetName();
    return event;
  }

  /** Only PASS makes use of the name; every other command forgets it (RFC 1939 §7). */
  #forgetName(): void {
    const { memory } = this;
    if (memory.state === "name" && !this.settings.leniencies.keepName) memory.state = "authorization";
  }

  /** What the application's own functions throw is the application's; the client is not left without an answer. */
  #judge(line: Uint8Array): Pop3ServerEvent<Mechanism> {
    try {
      return judge<Mechanism>(line, this.context);
    } catch (error) {
      this.respondError("violation");
      throw error;
    }
  }
}
