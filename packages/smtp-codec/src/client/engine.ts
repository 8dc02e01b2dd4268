import type { ConcludedExchange, Form, Line, SaslClient, Saved, Words } from "dot-stuffing/session";
import { offers } from "../syntax/capabilities/capabilities.ts";
import { parseCapabilities } from "../syntax/capabilities/parse.ts";
import { ReplyAssembler, type ReplyAssemblerSnapshot } from "../syntax/reply/assembler.ts";
import { outcome, type Reply } from "../syntax/reply/reply.ts";
import {
  type ClientCommand,
  endOfContent,
  isChunk,
  isEnd,
  type MessageCommand,
  type RepliedCommand,
} from "./commands.ts";
import type { ClientCloseCause, ClientViolationCode, SmtpClientEvent } from "./events.ts";
import { Gathered } from "./gathered.ts";
import { commandForms, forms, type SmtpClientMemory, words } from "./memory.ts";
import {
  ClientMessages,
  type ContentWriterSnapshot,
  endDelivery,
  endMessage,
  type SmtpClientWaiting,
} from "./messages.ts";
import { type Awaited, maxServerLine, timeoutFor } from "./options.ts";
import { authFailure, commandEvent, deliveryEvent, isPossible, messageEvent, replied } from "./reports.ts";
import { notOffered } from "./sendable.ts";
import { afterBusy, clientTable, isVain } from "./table.ts";

/** What a snapshot has besides. */
interface SavedParts {
  readonly replies: ReplyAssemblerSnapshot;
  readonly writer: ContentWriterSnapshot | null;
  readonly gathered: Uint8Array;
}

/** What counts as the EHLO reply of a server that knows only HELO (RFC 5321 §3.2). */
const NO_EXTENSIONS: Reply = { code: 250, enhanced: null, lines: [""] };

/** Commands whose output content follows. */
const CONTENT_ENDS: ReadonlySet<string | undefined> = new Set(["BDAT", "message"]);

/** What a client session does with replies: they are matched to commands, judged, and turned into events. */
export abstract class ClientEngine<Mechanism extends SaslClient> extends ClientMessages<Mechanism> {
  protected override readonly role = "smtp-client";
  protected override readonly words: Words<SmtpClientMemory<Mechanism>> = words;
  #replies: ReplyAssembler = new ReplyAssembler();

  /**
   * How long to wait for what is awaited (RFC 5321 §4.5.3.2), in seconds; null while nothing is. Until content was
   * taken as output to its end, or to that of a chunk, that is that the connection takes a piece of it.
   */
  get timeout(): { readonly seconds: number; readonly for: Awaited } | null {
    const { mode, sent } = this.memory;
    const isQueued = !this.output.empty && CONTENT_ENDS.has(sent.at(-1)?.verb);
    const awaited = mode === "greeting" ? mode : mode === "content" || isQueued ? "content" : (sent[0]?.verb ?? null);
    return awaited === null ? null : { seconds: timeoutFor(awaited, this.settings), for: awaited };
  }

  protected override save(): Saved {
    const [replies, gathered] = [this.#replies.snapshot(), this.gathered.snapshot()];
    return { ...super.save(), replies, writer: this.writer?.snapshot() ?? null, gathered };
  }

  protected override load(saved: Saved, mechanism: Mechanism | null): void {
    super.load(saved, mechanism);
    const { replies, writer, gathered } = saved as Saved & SavedParts;
    this.#replies = new ReplyAssembler(undefined, replies);
    this.writer = writer === null ? null : this.makeWriter(this.memory.form, writer);
    this.gathered = new Gathered(gathered);
  }

  protected override read(): SmtpClientWaiting | null {
    const line = this.input.nextLine(maxServerLine(this.settings, this.mechanism !== null));
    if (line === null) {
      if (!this.inputEnded) return this.#waitingFor();
      this.close(this.memory.sent[0]?.verb === "QUIT" ? "quit" : "end-of-input");
    } else if ("octets" in line) return this.#takeLine(line);
    else this.#violate(line.code, line.text);
    return null;
  }

  protected override underTls(): void {
    this.startOver("STARTTLS");
    this.memory.mode = "commands";
    this.memory.authenticated = false;
  }

  protected override plaintextBehindTls(): void {
    this.#violate("plaintext-behind-starttls", "octets after the reply to STARTTLS, before the TLS handshake");
  }

  protected override authCommand(line: string): ClientCommand {
    return { verb: "AUTH", line };
  }

  protected override authEvent(end: ConcludedExchange<Reply>): SmtpClientEvent<Mechanism> {
    if (end.ok) this.memory.authenticated = true;
    const { ok, reply } = end;
    // A success that the mechanism does not take for one refuses nothing: it counts as transient, like no reply.
    const failure = ok || reply === null || reply.code < 400 ? null : authFailure(reply);
    return {
      type: "auth",
      ...end,
      outcome: ok ? "accepted" : replied("AUTH", failure && reply).outcome,
      failure,
      answer: "none",
    };
  }

  protected override lost(command: RepliedCommand): void {
    const { memory } = this;
    if (command.verb !== "message") {
      this.tell(command, commandEvent<Mechanism>(command, replied(command.verb, null), null));
    } else if (!command.void) {
      const fate = this.#settleEnd(command) ? "unknown" : "not-accepted";
      if (this.lmtp)
        for (const to of memory.recipients.slice(memory.delivered)) memory.events.push(deliveryEvent(to, fate, null));
      memory.events.push(messageEvent(memory.anyDelivered ? "accepted" : fate, command, null));
    }
  }

  /** Ends the session: every command still unanswered gets its event. */
  protected override close(cause: Exclude<ClientCloseCause, "reply-421" | "reversed">): void {
    this.#end(null);
    this.memory.events.push({ type: "closed", cause, answer: "none" });
  }

  protected override get forms(): { readonly [Field in keyof SmtpClientMemory<Mechanism>]?: Form } {
    return { ...super.forms, ...forms };
  }

  protected override get commandForms(): { readonly [verb: string]: Form } {
    return commandForms;
  }

  protected override get idle(): boolean {
    return this.#waitingFor() !== "bytes";
  }

  #takeLine({ octets, from, to }: Line): SmtpClientWaiting | null {
    const { memory } = this;
    const awaited = memory.sent[0]?.verb;
    const hello = memory.mode === "greeting" || awaited === "EHLO" || awaited === "HELO";
    const reply = this.#replies.add(octets, !hello, from, to);
    if (reply === null) return null;
    if ("fault" in reply) this.#violate(reply.fault, reply.text);
    else this.#take(reply);
    // The answer to void content makes no event. If it was the last, what comes next is the application's to say,
    // whatever else is here already.
    return memory.events.length === 0 && this.#waitingFor() === "decision" ? "decision" : null;
  }

  #waitingFor(): SmtpClientWaiting {
    const { mode, sent } = this.memory;
    if (this.takesContent) return "content";
    return mode === "greeting" || sent.length > 0 ? "bytes" : "decision";
  }

  /** Takes a whole reply: the greeting, or the answer to the oldest command sent (RFC 2920 §3.1: by count alone). */
  #take(reply: Reply): void {
    const { any3yzStartsContent } = this.settings.leniencies;
    const command = this.memory.sent[0];
    if (this.memory.mode === "greeting") {
      if (outcome(reply) === "intermediate") this.#violate("unexpected-code", `a greeting of ${reply.code}`, reply);
      else this.#greeted(reply);
    } else if (command === undefined || !this.#mayAnswer(command, reply)) {
      if (reply.code !== 421) this.#violate("unexpected-reply", `a reply of ${reply.code} to no command`, reply);
    } else if (command.verb === "AUTH" && outcome(reply) === "intermediate") {
      if (!this.challenged(reply.lines[0]!))
        this.#violate("unexpected-code", "a challenge after the end of the exchange", reply);
    } else if (!isPossible(command.verb, reply, any3yzStartsContent) || this.#isEmptyLmtp(command, reply)) {
      this.#violate("unexpected-code", `a reply of ${reply.code} to ${command.verb}`, reply);
    } else {
      if (reply.code === 421 && command.verb === "message") this.#settleEnd(command);
      this.#answered(command, reply);
    }
    this.#dropVain();
    const { mode, recipients } = this.memory;
    if (reply.code === 421 && mode !== "closed") this.#closedBy(reply);
    else if (recipients.length === 0 && this.recipientsDecided) this.failNext("not-accepted", null);
    this.pump();
  }

  /** What is left of a transaction that has come to nothing is not sent. */
  #dropVain(): void {
    const { memory, queue } = this;
    if (memory.sent.length > 0) return;
    for (let next = queue.first; next !== undefined && isVain(next.verb, memory.state); next = queue.first)
      this.lost(queue.shift() as RepliedCommand);
  }

  /**
   * Whether a reply can answer a command: it came after all of that was taken. Content may be refused in the midst of
   * it, AUTH before it has its response, as by a server that waits no longer, and 421 comes at any time (RFC 5321
   * §3.8).
   */
  #mayAnswer({ lineEnd, end }: ClientCommand, { code }: Reply): boolean {
    return code === 421 || this.heardAfter((code >= 400 ? lineEnd : end)!);
  }

  /** Content is asked for that has no recipient: no reply could follow (RFC 2033 §4.2). */
  #isEmptyLmtp({ verb }: ClientCommand, reply: Reply): boolean {
    return this.lmtp && verb === "DATA" && outcome(reply) === "intermediate" && this.memory.recipients.length === 0;
  }

  #greeted(reply: Reply): void {
    const { memory } = this;
    const said = replied("greeting", reply);
    memory.mode = "commands";
    memory.events.push({ type: "greeting", name: reply.lines[0]!.split(" ", 1)[0]!, ...said });
    if (said.ok) return;
    memory.state = memory.expected = "refused";
    // AUTH is none of them: it needs a hello that succeeded.
    for (const command of this.queue.takeAll()) this.lost(command as RepliedCommand);
  }

  #answered(command: ClientCommand, reply: Reply): void {
    const { memory } = this;
    if (command.verb === "message" && this.lmtp && !command.void) {
      endDelivery(memory, command, reply);
      return;
    }
    memory.sent.shift();
    if (command.verb === "MAIL") memory.recipients = [];
    const said = replied(command.verb, reply, memory.recipients.length);
    if (command.verb === "AUTH") {
      if (!this.conclude(said.ok, reply)) this.#violate("sasl-incomplete", "success before the mechanism was complete");
    } else if (command.verb === "message") {
      if (!command.void) endMessage(memory, command, said.outcome, reply);
      else if (command.line === "") memory.state = "ready";
    } else if (command.verb === "DATA" && said.ok && memory.recipients.length === 0) {
      memory.events.push(commandEvent<Mechanism>(command, { ...said, ok: false, outcome: "permanent" }, null));
      // The server may have recipients that are not ours: even an empty message would reach them.
      if (memory.state === "failed") {
        this.close("aborted");
        return;
      }
      // Nobody is to receive the content: it is ended at once, and fails whatever the server says (RFC 2920 §3.1).
      this.output.text(".\r\n");
      memory.expected = this.expect("message");
      const nothing = endOfContent("", [], { size: 0, stuffedLines: 0 });
      nothing.void = true;
      nothing.end = this.output.end;
      memory.sent.push(nothing);
    } else {
      if (said.ok) this.#succeeded(command, reply);
      else if (command.verb === "EHLO") memory.refusedHello = reply.code;
      else if (command.verb === "RSET" && clientTable.RCPT[memory.state] !== undefined) {
        // The server's transaction stands, and what was given after RSET is not of it.
        memory.state = "failed";
        memory.recipients = [];
      }
      this.tell(command, commandEvent<Mechanism>(command, said, memory.capabilities));
      if (isChunk(command)) {
        // The server has taken the first chunk for the content's beginning; of a message that was given up since, RSET
        // comes next.
        if (command.void) memory.state = "failed";
        else if (!said.ok) {
          memory.state = "content";
          this.failNext(said.outcome, reply);
        }
      } else if (command.verb === "QUIT") this.close("quit");
      else if (command.verb === "ATRN" && said.ok) this.#reversed();
    }
  }

  #succeeded(command: Exclude<RepliedCommand, MessageCommand>, reply: Reply): void {
    const { memory } = this;
    switch (command.verb) {
      case "EHLO":
      case "HELO":
        memory.state = afterBusy[command.verb];
        memory.refusedHello = 0;
        memory.capabilities = parseCapabilities(
          command.verb === "EHLO" ? reply : NO_EXTENSIONS,
          this.settings.leniencies,
        );
        return;
      case "STARTTLS":
        memory.mode = "tls";
        return;
      case "XCLIENT":
        this.startOver("XCLIENT");
        memory.authenticated = false;
        return;
      case "RCPT":
        // After a refused MAIL or RSET the recipient is not of our transaction, but of one that the server has made up,
        // or kept: RSET comes next.
        if (clientTable.RCPT[memory.state] === undefined) memory.state = "failed";
        else memory.recipients.push(command.to);
        break;
      case "DATA":
        memory.mode = "content";
        memory.form = "data";
        this.writer = this.makeWriter("data");
        break;
    }
    memory.state = clientTable[command.verb][memory.state] ?? memory.state;
  }

  /** @throws StateError for what the server does not offer */
  protected expectOffered(call: string, extension: string): void {
    const { capabilities } = this.memory;
    if (capabilities === null || !offers(capabilities, extension)) throw notOffered(call, extension, this.legal());
  }

  /** Forgets what hello and before it said (RFC 3207 §4.2). */
  protected startOver(because: "STARTTLS" | "XCLIENT"): void {
    const { memory } = this;
    memory.state = memory.expected = afterBusy[because];
    memory.capabilities = null;
    memory.refusedHello = 0;
  }

  /** Whether the end of a message that has its fate was taken. If not, it never is, so that what is told stays true. */
  #settleEnd({ end }: MessageCommand): boolean {
    const isTaken = end <= this.output.taken;
    if (!isTaken) this.output.discard();
    return isTaken;
  }

  #closedBy(reply: Reply): void {
    this.#end(reply);
    this.memory.events.push({ type: "closed", cause: "reply-421", reply, answer: "none" });
  }

  #reversed(): void {
    const unread = this.input.takeRest();
    this.#end(null);
    this.memory.events.push({ type: "closed", cause: "reversed", unread, answer: "none" });
  }

  /** @param reply what the server said last, of content that was being sent then; null: it did not say why */
  #end(reply: Reply | null): void {
    const { memory } = this;
    if (memory.mode === "greeting") memory.events.push({ type: "greeting", name: "", ...replied("greeting", null) });
    // What was sent to its end is the server's: its fate is told when it is dropped, and those of later messages after
    // it.
    const sentWhole = memory.sent.some(isEnd);
    const told = memory.events.length;
    // In one pass: failNext() looks at everything queued, for each message.
    for (const command of this.queue.takeAll()) {
      if (isEnd(command)) memory.events.push(messageEvent("not-accepted", command, null));
      if (!isChunk(command)) this.queue.push(command);
    }
    if (this.writer !== null) {
      const refusal = reply !== null && reply.code >= 400 ? reply : null;
      const fate = refusal === null ? "not-accepted" : replied("message", refusal).outcome;
      memory.events.push(this.failWriting(fate, refusal));
    }
    const later = sentWhole ? memory.events.splice(told) : [];
    this.drop();
    memory.events.push(...later);
    memory.expected = "closed";
  }

  /** @param reply what the server said, where that is what it did wrong */
  #violate(code: ClientViolationCode, text: string, reply?: Reply): void {
    const said = reply === undefined ? {} : { reply };
    this.memory.events.push({ type: "violation", code, text, ...said, fatal: true, answer: "none" });
    this.#end(code === "unexpected-reply" ? reply! : null);
    this.memory.events.push({ type: "closed", cause: "violation", answer: "none" });
  }
}
