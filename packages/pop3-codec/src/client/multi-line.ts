import { ContentReader, type ContentSnapshot, type Input } from "dot-stuffing/session";
import { parseLanguageListing } from "../syntax/language-listing.ts";
import { type ListingSnapshot, ScanListingDecoder, UniqueIdListingDecoder } from "../syntax/listing-decoder.ts";
import { decodeUtf8 } from "../web.ts";
import type { ClientCommand } from "./command.ts";
import { type ClientViolationCode, type Pop3ClientEvent, warning } from "./events.ts";
import type { Pop3ClientOptions } from "./options.ts";

/** What reading on gives: an event, the end, or null: more input is needed. */
type Step = Pop3ClientEvent | "end" | null;

/** The lines of a multi-line response, from behind its status line to the line of a single dot (RFC 1939 §3). */
export interface MultiLine {
  /** Octets of content, or of all sizes that a scan listing has. */
  readonly size: number;
  /** How many entries a listing has. */
  readonly count: number;
  /** Of a list of capabilities. */
  readonly lines: readonly string[];
  next(input: Input): Step;
  /** Keeps nothing of the input's chunks. */
  release(input: Input): void;
  /** What the constructor takes besides. */
  snapshot(): unknown;
}

/** The reader of what follows behind the status line of a command's response. */
export function multiLineOf(command: ClientCommand, options: Pop3ClientOptions, saved?: unknown): MultiLine {
  switch (command.verb) {
    case "RETR":
    case "TOP":
      return new ContentLines(command, options, saved as ContentSnapshot | undefined);
    case "LIST":
    case "UIDL":
      return new ListingLines(command, options, saved as ListingState | undefined);
    default:
      return new TextLines(command, options, saved as TextState | undefined);
  }
}

/** What a message's lines are handed over as: unstuffed octets, in the chunks in which they come. */
class ContentLines implements MultiLine {
  readonly count = 0;
  readonly lines = [];
  readonly #number: number;
  readonly #reader: ContentReader;

  constructor({ about }: ClientCommand, { lineEndings = "preserve" }: Pop3ClientOptions, saved?: ContentSnapshot) {
    this.#number = about.number!;
    this.#reader = new ContentReader({ lineEndings }, saved);
  }

  get size(): number {
    return this.#reader.size;
  }

  next(input: Input): Step {
    const step = this.#reader.next(input);
    return step?.type === "piece"
      ? { type: "content", number: this.#number, bytes: step.bytes, answer: "none" }
      : step && "end"; // the options leave nothing that is a violation
  }

  release(): void {
    this.#reader.release();
  }

  snapshot(): ContentSnapshot {
    return this.#reader.snapshot();
  }
}

interface ListingState {
  readonly decoder: ListingSnapshot;
  readonly size: number;
  readonly count: number;
  readonly held: Pop3ClientEvent | null;
}

/** The entries of LIST's and UIDL's answers; one line is kept at most. */
class ListingLines implements MultiLine {
  readonly lines = [];
  readonly #decoder: ScanListingDecoder | UniqueIdListingDecoder;
  #reading = false; // whether the decoder is in the input's chunk
  #faulty: boolean;
  #held: Pop3ClientEvent | null; // the entry behind the violation
  size: number;
  count: number;

  constructor({ verb }: ClientCommand, options: Pop3ClientOptions, saved?: ListingState) {
    const { maxResponseLength: maxLineLength = MAX_RESPONSE_LENGTH, leniencies = {} } = options;
    const Decoder = verb === "LIST" ? ScanListingDecoder : UniqueIdListingDecoder;
    this.#decoder = new Decoder({ maxLineLength, leniencies }, saved?.decoder);
    this.#faulty = this.#decoder.violation !== null;
    this.#held = saved?.held ?? null;
    this.size = saved?.size ?? 0;
    this.count = saved?.count ?? 0;
  }

  next(input: Input): Step {
    const held = this.#held;
    if (held !== null) {
      this.#held = null;
      return held;
    }
    for (;;) {
      if (!this.#reading) {
        const chunk = input.peek();
        if (chunk === null) return null;
        this.#decoder.push(chunk);
        this.#reading = true;
      }
      const event = this.#entry();
      const { violation, done } = this.#decoder;
      if (violation !== null && !this.#faulty) {
        this.#faulty = true;
        this.#held = event;
        return warning(violation.code, violation.text);
      }
      if (event !== null) return event;
      this.release(input);
      if (done) return "end";
    }
  }

  release(input: Input): void {
    if (!this.#reading) return;
    this.#reading = false;
    input.skip(this.#decoder.consumed);
  }

  snapshot(): ListingState {
    const { size, count } = this;
    return { decoder: this.#decoder.snapshot(), size, count, held: this.#held };
  }

  #entry(): Pop3ClientEvent | null {
    const entry = this.#decoder.next();
    if (entry === null) return null;
    this.count++;
    if ("uniqueId" in entry) {
      const { number, uniqueId, long } = entry;
      return { type: "unique-id-listing", number, uniqueId, long, answer: "none" };
    }
    const { number, size, text } = entry;
    this.size += size;
    return { type: "scan-listing", number, size, text, answer: "none" };
  }
}

interface TextState {
  readonly lines: readonly string[];
  readonly faulty: boolean;
}

/** The lines of CAPA's answer, which are kept, and of LANG's, which are handed over. */
class TextLines implements MultiLine {
  readonly count = 0;
  readonly size = 0;
  readonly lines: string[];
  readonly #kept: boolean;
  readonly #options: Pop3ClientOptions;
  #faulty: boolean;

  constructor({ verb }: ClientCommand, options: Pop3ClientOptions, saved?: TextState) {
    this.#kept = verb === "CAPA";
    this.#options = options;
    this.lines = [...(saved?.lines ?? [])];
    this.#faulty = saved?.faulty ?? false;
  }

  next(input: Input): Step {
    const { maxResponseLength = MAX_RESPONSE_LENGTH, maxCapabilityLines = 256 } = this.#options;
    for (;;) {
      const line = input.next(maxResponseLength);
      if (line === null) return null;
      let fault: readonly [ClientViolationCode, string] | null = null;
      if (!(line instanceof Uint8Array)) fault = [line.code, line.text];
      else {
        const dotted = line[0] === DOT;
        if (dotted && line.length === 1) return "end";
        const text = decodeUtf8(dotted ? line.subarray(1) : line);
        const language = this.#kept ? null : parseLanguageListing(text);
        if (language !== null) return { type: "language-listing", ...language, answer: "none" };
        if (!this.#kept) fault = ["invalid-listing", "a line that is no language"];
        else if (this.lines.length < maxCapabilityLines) this.lines.push(text);
        else fault = ["too-many-lines", `more than ${maxCapabilityLines} capabilities`];
      }
      if (fault === null || this.#faulty) continue;
      this.#faulty = true;
      return warning(...fault);
    }
  }

  release(): void {}

  snapshot(): TextState {
    return { lines: this.lines, faulty: this.#faulty };
  }
}

/** The longest status line, and line of a listing, in octets with CRLF (RFC 2449 §4). */
export const MAX_RESPONSE_LENGTH = 512;
const DOT = 0x2e;
