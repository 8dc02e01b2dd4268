import {
  ChunkReader,
  type ChunkSnapshot,
  ContentReader,
  type ContentSnapshot,
  checkLike,
  checkWords,
  type Input,
  type SaslServer,
  type Words,
} from "dot-stuffing/session";
import type { Reply } from "../syntax/reply/reply.ts";
import type { AbortCause, ServerViolation, SmtpServerEvent } from "./events.ts";
import { countError } from "./limits.ts";
import { abortTransaction, type Chunk, endTransaction, type SmtpServerMemory } from "./memory.ts";
import type { ServerSettings } from "./options.ts";
import { completeReply, faults } from "./replies.ts";
import { afterMode, afterRefusal, cellOf, type ServerState } from "./table.ts";
import { unanswered } from "./violations.ts";

/** What the reader of a message holds, by kind. */
export type IntakeSnapshot =
  | { readonly by: "data"; readonly held: ContentSnapshot }
  | { readonly by: "bdat"; readonly held: ChunkSnapshot };

const BY: Words<IntakeSnapshot> = { by: { data: true, bdat: true } };

/**
 * How messages come in: by DATA up to the line of a single dot, by BDAT chunk by chunk (RFC 3030), and with LMTP one
 * answer for each recipient at the end (RFC 2033 §4.2).
 */
export class Intake<Mechanism extends SaslServer> {
  readonly #memory: SmtpServerMemory<Mechanism>;
  readonly #settings: ServerSettings;
  #reader: ContentReader | ChunkReader | null = null;

  constructor(memory: SmtpServerMemory<Mechanism>, settings: ServerSettings) {
    this.#memory = memory;
    this.#settings = settings;
  }

  /** What the reader of the message in work holds, as plain data. */
  snapshot(): IntakeSnapshot | null {
    const reader = this.#reader;
    if (reader === null) return null;
    return reader instanceof ChunkReader
      ? { by: "bdat", held: reader.snapshot() }
      : { by: "data", held: reader.snapshot() };
  }

  /** Goes on with a message, once the memory is restored. */
  restore(snapshot: IntakeSnapshot | null): void {
    if (snapshot === null) return;
    checkWords("snapshot.data.intake", snapshot, BY);
    checkLike("snapshot.data.intake.held", snapshot.held, {});
    checkLike("snapshot.data.memory.transaction", this.#memory.transaction, {});
    this.#reader = snapshot.by === "data" ? this.#dataReader(snapshot.held) : this.#chunkReader(snapshot.held);
  }

  /** Ends the borrowing of received chunks. */
  release(): void {
    this.#reader?.release();
  }

  /** DATA was accepted. */
  beginData(): void {
    this.#reader = this.#dataReader();
  }

  /** BDAT was accepted, or its chunk is to be read like content and refused. */
  beginChunk({ size, last }: Chunk): void {
    const reader = this.#reader instanceof ChunkReader ? this.#reader : this.#chunkReader();
    reader.begin(size, last);
    this.#reader = reader;
    this.#memory.lastChunk = last;
    this.#memory.mode = "content";
  }

  /** Whether a URL's content may stand after the chunks so far: not inside of a line end. */
  get takesUrl(): boolean {
    return !(this.#reader instanceof ChunkReader && this.#reader.holdsCr);
  }

  /** BURL was accepted, with LAST or without: what is to be said of it, if anything is. */
  endUrl(last: boolean): SmtpServerEvent<Mechanism> | null {
    if (last) {
      const reader = (this.#reader as ChunkReader | null) ?? this.#chunkReader();
      this.#reader = reader;
      return this.#endMessage(reader.size, reader.endsInCrlf);
    }
    this.#goOn("BURL");
    return null;
  }

  /** Refuses the message in work: the rest of it, or of the chunk, is read over. */
  refuse(reply: Reply): void {
    this.#memory.refusal = reply;
    this.#reader!.refuse();
  }

  /** Drops what came of a message, and the transaction. */
  abort(cause: AbortCause, state: ServerState): void {
    this.#reader = null;
    abortTransaction(this.#memory, cause, state);
  }

  /** The transaction is over, one way or the other. */
  end(state: ServerState): void {
    this.#reader = null;
    endTransaction(this.#memory, state);
  }

  /** Reads content one step on. Null: nothing to say of it. `"bytes"`: more input is needed. */
  read(input: Input): SmtpServerEvent<Mechanism> | "bytes" | null {
    const memory = this.#memory;
    const reader = this.#reader!;
    const step = reader.next(input);
    if (step === null) return "bytes";
    switch (step.type) {
      case "piece":
        return { type: "content", bytes: step.bytes, with: memory.transaction!.with, answer: "none" };
      case "violation": {
        const { code, offset, text } = step.violation;
        memory.refusal = completeReply(undefined, code === "message-too-big" ? faults.tooBig : faults.malformedContent);
        return unanswered(code, offset, text);
      }
      default:
        return reader instanceof ChunkReader ? this.#endChunk(reader) : this.#endMessage(reader.size, true);
    }
  }

  /** The input ended inside of content. */
  cutOff(): ServerViolation {
    const { code, offset, text } = this.#reader!.end()!;
    return unanswered(code, offset, text);
  }

  /** Reads over a refused chunk. At its end comes what was wrong. */
  readOver(input: Input): ServerViolation | "bytes" {
    const memory = this.#memory;
    while (memory.skipping > 0) {
      const unread = input.peek();
      if (unread === null) return "bytes";
      const count = Math.min(unread.length, memory.skipping);
      input.skip(count);
      memory.skipping -= count;
    }
    const event = memory.skippedFor!;
    memory.skippedFor = null;
    memory.mode = "commands";
    const { state, lastChunk } = memory;
    if (event.code !== "bad-sequence") return event;
    // What comes after must not be taken for the whole message.
    if (state === "mail") this.abort("refused", lastChunk ? afterRefusal.lastChunk : afterRefusal.chunk);
    if (this.#settings.protocol !== "lmtp" || !lastChunk) return event;
    memory.deliveries = memory.lostRecipients;
    if (memory.deliveries.length > 0) return event;
    // With no recipient there is nobody to answer for (RFC 2033 §4.3), and it counts all the same.
    countError(event, memory, this.#settings);
    return { ...event, reply: null, answer: "none" };
  }

  /** LMTP: asks for the next recipient's answer. */
  nextDelivery(): SmtpServerEvent<Mechanism> {
    const memory = this.#memory;
    const index = memory.delivered++;
    const to = memory.deliveries[index]!;
    if (memory.delivered >= memory.deliveries.length) {
      memory.mode = "commands";
      memory.deliveries = [];
    }
    return { type: "delivery", to, index, answer: "needed" };
  }

  #endChunk({ size, endsInCrlf }: ChunkReader): SmtpServerEvent<Mechanism> {
    const memory = this.#memory;
    if (memory.lastChunk) return this.#endMessage(size, endsInCrlf);
    memory.mode = "commands";
    memory.verb = "";
    if (memory.refusal !== null) return this.#endRefused(memory.refusal, afterRefusal.chunk);
    this.#goOn("BDAT");
    return { type: "chunk", size, answer: "default" };
  }

  /** What came by BDAT or BURL was not the last of the message. */
  #goOn(verb: "BDAT" | "BURL"): void {
    const memory = this.#memory;
    memory.state = cellOf(verb, memory.state, this.#settings) as ServerState; // it was accepted
  }

  #endMessage(size: number, endsInCrlf: boolean): SmtpServerEvent<Mechanism> {
    const memory = this.#memory;
    const { from, parameters, recipients, with: value } = memory.transaction!;
    const lmtp = this.#settings.protocol === "lmtp";
    const state = this.#reader instanceof ChunkReader ? afterMode.lastChunk : afterMode.content;
    memory.deliveries = lmtp ? recipients.map(({ to }) => to) : [];
    memory.delivered = 0;
    memory.mode = "commands";
    memory.verb = "";
    if (memory.refusal !== null) return this.#endRefused(memory.refusal, state);
    this.end(state);
    if (lmtp) memory.mode = "deliveries";
    const answer = lmtp ? "none" : "needed";
    return { type: "message", from, recipients, parameters, size, endsInCrlf, with: value, answer };
  }

  #endRefused(reply: Reply, state: ServerState): SmtpServerEvent<Mechanism> {
    this.#memory.refusal = null;
    this.end(state);
    return { type: "refused", reply, answer: "default" };
  }

  #dataReader(held?: ContentSnapshot): ContentReader {
    const { lineEndings, maxMessageSize } = this.#settings;
    return new ContentReader({ lineEndings, maxSize: maxMessageSize }, held);
  }

  /** What is declared BINARYMIME has no lines (RFC 3030 §3). */
  #chunkReader(held?: ChunkSnapshot): ChunkReader {
    const { lineEndings, maxMessageSize } = this.#settings;
    const binary = this.#memory.transaction!.parameters.body === "BINARYMIME";
    return new ChunkReader({ lineEndings: binary ? "preserve" : lineEndings, maxSize: maxMessageSize }, held);
  }
}
