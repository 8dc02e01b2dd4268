import { ContentReader, type ContentSnapshot, checkForm, type Form, type Input } from "dot-stuffing/session";
import { parseLanguageListing } from "../syntax/language-listing.ts";
import type { ScanListing, UniqueIdListing } from "../syntax/listing.ts";
import {
  type ListingDecoder,
  type ListingSnapshot,
  ScanListingDecoder,
  TextLineDecoder,
  UniqueIdListingDecoder,
} from "../syntax/listing-decoder.ts";
import type { ClientCommand } from "./command.ts";
import { type ClientViolationCode, type Pop3ClientEvent, warning } from "./events.ts";
import type { ClientSettings } from "./options.ts";

/** What reading on gives: an event, the end, or null: more input is needed. */
type Step = Pop3ClientEvent | "end" | null;

/** The lines of a multi-line response, from after its status line to the line of a single dot (RFC 1939 §3). */
export interface MultiLine {
  /** Octets of content, or of all sizes that a scan listing has. */
  readonly size: number;
  next(input: Input): Step;
  /** Keeps nothing of the input's chunks. */
  release(input: Input): void;
  /** What the constructor takes besides. */
  snapshot(): unknown;
}

/** The reader of what follows after the status line of a command's response. */
export function multiLineOf(command: ClientCommand, settings: ClientSettings, saved?: unknown): MultiLine {
  return command.verb === "RETR" || command.verb === "TOP"
    ? new ContentLines(command, settings, saved as ContentSnapshot | undefined)
    : new ListingLines(command, settings, saved as ListingState | undefined);
}

/** What a message's lines are handed over as: unstuffed octets, in the chunks in which they come. */
class ContentLines implements MultiLine {
  readonly #number: number;
  readonly #reader: ContentReader;

  constructor({ about }: ClientCommand, { lineEndings }: ClientSettings, saved?: ContentSnapshot) {
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
  readonly lines: readonly string[];
  readonly faulty: boolean;
  readonly last: number;
  readonly unordered: boolean;
  readonly held: readonly Pop3ClientEvent[];
}

const STATE: Form = {
  ...{ decoder: {}, size: 0, count: 0, lines: [""], faulty: false, last: 0, unordered: false },
  held: [{ type: "", answer: "" }],
};

type Entry = ScanListing | UniqueIdListing | string;
const DECODERS = {
  LIST: ScanListingDecoder,
  UIDL: UniqueIdListingDecoder,
  CAPA: TextLineDecoder,
  LANG: TextLineDecoder,
};

/** The lines of listings: entries are handed over, capabilities kept; of all others one line at most is held. */
export class ListingLines implements MultiLine {
  readonly #decoder: ListingDecoder<Entry>;
  readonly #command: ClientCommand;
  readonly #maxLines: number;
  #reading = false; // whether the decoder is in the input's chunk
  #faulty: boolean; // whether a violation was told
  #last: number; // the number of the entry before
  #unordered: boolean; // whether it was told that numbers do not rise
  readonly #held: Pop3ClientEvent[]; // what stands after a violation
  /** Of a list of capabilities. */
  readonly lines: string[];
  size: number;
  /** How many entries there were. */
  count: number;

  constructor(command: ClientCommand, settings: ClientSettings, saved?: ListingState) {
    const { maxResponseLength: maxLineLength, maxCapabilityLines, leniencies } = settings;
    if (saved !== undefined) checkForm("snapshot.data.lines.state", saved, STATE);
    const Decoder = DECODERS[command.verb as keyof typeof DECODERS];
    this.#command = command;
    this.#decoder = new Decoder({ maxLineLength, leniencies }, saved?.decoder);
    this.#maxLines = maxCapabilityLines;
    this.#faulty = saved?.faulty ?? false;
    this.#last = saved?.last ?? 0;
    this.#unordered = saved?.unordered ?? false;
    this.#held = [...(saved?.held ?? [])];
    this.lines = [...(saved?.lines ?? [])];
    this.size = saved?.size ?? 0;
    this.count = saved?.count ?? 0;
  }

  next(input: Input): Step {
    if (this.#held.length > 0) return this.#held.shift()!;
    const decoder = this.#decoder;
    for (;;) {
      if (!this.#reading) {
        if (decoder.done) return "end";
        const chunk = input.peek();
        if (chunk === null) return null;
        decoder.push(chunk);
        this.#reading = true;
      }
      const entry = decoder.next();
      // The line that it is about stands in front of the entry, and what is wrong with that is not the first then.
      const { violation } = decoder;
      const warned = violation === null ? null : this.#fault(violation.code, violation.text);
      const disorder = entry === null ? null : this.#disorder(entry);
      const event = entry === null ? null : this.#take(entry);
      if (warned !== null || disorder !== null) {
        for (const behind of [warned, disorder, event]) if (behind !== null) this.#held.push(behind);
        return this.#held.shift()!;
      }
      if (event !== null) return event;
      if (entry !== null) continue;
      this.release(input);
    }
  }

  release(input: Input): void {
    if (!this.#reading) return;
    this.#reading = false;
    input.skip(this.#decoder.consumed);
  }

  snapshot(): ListingState {
    const { lines, size, count } = this;
    const told = { faulty: this.#faulty, last: this.#last, unordered: this.#unordered, held: this.#held };
    return { decoder: this.#decoder.snapshot(), lines, size, count, ...told };
  }

  /**
   * What is wrong with an entry's number, once: the numbers that there were are not kept, and rise if none is repeated.
   */
  #disorder(entry: Entry): Pop3ClientEvent | null {
    if (typeof entry === "string") return null;
    const rises = entry.number > this.#last;
    this.#last = entry.number;
    if (rises || this.#unordered) return null;
    this.#unordered = true;
    return warning("unordered-listing", "a number that is not above the one before");
  }

  /** The event of an entry; null: it is kept, or was told before. */
  #take(entry: Entry): Pop3ClientEvent | null {
    this.count++;
    if (typeof entry === "string") return this.#command.verb === "CAPA" ? this.#keep(entry) : this.#language(entry);
    // Field by field: a spread takes several times as long.
    const { number } = entry;
    if ("uniqueId" in entry)
      return { type: "unique-id-listing", number, uniqueId: entry.uniqueId, long: entry.long, answer: "none" };
    this.size += entry.size;
    return { type: "scan-listing", number, size: entry.size, text: entry.text, answer: "none" };
  }

  #keep(line: string): Pop3ClientEvent | null {
    if (this.lines.push(line) <= this.#maxLines) return null;
    this.lines.pop();
    return this.#fault("too-many-lines", `more than ${this.#maxLines} capabilities`);
  }

  #language(line: string): Pop3ClientEvent | null {
    const language = parseLanguageListing(line);
    return language === null
      ? this.#fault("invalid-listing", "a line that is no language")
      : { type: "language-listing", ...language, answer: "none" };
  }

  #fault(code: ClientViolationCode, text: string): Pop3ClientEvent | null {
    if (this.#faulty) return null;
    this.#faulty = true;
    return warning(code, text);
  }
}
