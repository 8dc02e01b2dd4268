import { checkAtLeast, checkLike, checkObject, plainChunk } from "dot-stuffing/session";
import { Fields } from "./fields.ts";
import {
  type ListingLeniencies,
  readScanListing,
  readUniqueIdListing,
  type ScanListing,
  type UniqueIdListing,
} from "./listing.ts";

/** Options of the listing decoders. */
export interface ListingDecoderOptions {
  /** The longest line in octets with CRLF, which bounds the memory. Default 512 (RFC 2449 §4). */
  readonly maxLineLength?: number;
  readonly leniencies?: ListingLeniencies;
}

/** What is wrong with a listing. */
export interface ListingViolation {
  readonly code: "invalid-listing" | "line-too-long";
  /** Where the line begins, in octets from the listing's start. */
  readonly offset: number;
  readonly text: string;
}

/** What a decoder holds between two chunks. */
export interface ListingSnapshot {
  readonly held: Uint8Array;
  readonly dropping: boolean;
  readonly afterCr: boolean;
  readonly offset: number;
  readonly done: boolean;
  readonly violation: ListingViolation | null;
}

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const VIOLATION: ListingViolation = { code: "invalid-listing", offset: 0, text: "" };
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Reads the lines of a multi-line response, from after its status line to the line of a single dot (RFC 1939 §3), entry
 * by entry, over any cutting of the input. What it keeps between chunks is one line at most, however long the listing.
 */
export abstract class ListingDecoder<Entry> implements Iterable<Entry> {
  protected readonly leniencies: ListingLeniencies;
  readonly #maxLineLength: number;
  readonly #fields = new Fields();
  #chunk = NOTHING;
  #at = 0;
  #base = 0; // octets in front of the chunk
  #held = NOTHING; // the beginning of the line in work, from earlier chunks
  #heldLength = 0;
  #dropping = false; // the line in work is too long
  #afterCr = false; // the last octet of the chunks before was a CR of the line in work
  #done = false;
  #violation: ListingViolation | null = null;

  /**
   * @param snapshot of a listing that goes on here
   * @throws RangeError for a limit outside its range, TypeError for what is no snapshot
   */
  constructor(options: ListingDecoderOptions = {}, snapshot?: ListingSnapshot) {
    this.leniencies = checkObject("options", options).leniencies ?? {};
    this.#maxLineLength = checkAtLeast("maxLineLength", options.maxLineLength ?? 512, 3);
    if (snapshot === undefined) return;
    checkLike("snapshot", snapshot, this.snapshot());
    if (snapshot.violation !== null) checkLike("snapshot.violation", snapshot.violation, VIOLATION);
    this.#held = snapshot.held.slice();
    this.#heldLength = snapshot.held.length;
    this.#dropping = snapshot.dropping;
    this.#afterCr = snapshot.afterCr;
    this.#base = snapshot.offset;
    this.#done = snapshot.done;
    this.#violation = snapshot.violation;
  }

  /** All that is held, as plain data; octets of the chunk that were not read are not among it. */
  snapshot(): ListingSnapshot {
    return {
      held: this.#held.slice(0, this.#heldLength),
      dropping: this.#dropping,
      afterCr: this.#afterCr,
      offset: this.#base + this.#at,
      done: this.#done,
      violation: this.#violation,
    };
  }

  /** Whether the line of a single dot has been read: if not, a listing that ends is cut off. */
  get done(): boolean {
    return this.#done;
  }

  /** How many octets of the chunk have been read: once `done`, those after them are the caller's. */
  get consumed(): number {
    return this.#at;
  }

  /** The first line that is no entry; null: none so far. Such lines are left out. */
  get violation(): ListingViolation | null {
    return this.#violation;
  }

  /**
   * Goes on in this chunk, which is borrowed until `next` has given null or another one is pushed. Octets of the chunk
   * before that were not read are forgotten: `consumed` says which.
   *
   * @throws TypeError for anything but a Uint8Array, and for one in shared memory.
   */
  push(chunk: Uint8Array): this {
    const plain = plainChunk("chunk", chunk);
    this.#base += this.#at;
    this.#at = 0;
    this.#chunk = plain;
    return this;
  }

  /** The next entry, or null: the chunk has been read, or the listing is `done`. */
  next(): Entry | null {
    const chunk = this.#chunk;
    while (this.#at < chunk.length && !this.#done) {
      const start = this.#at;
      const end = lineEnd(chunk, start, this.#afterCr);
      this.#at = end < 0 ? chunk.length : end;
      if (end < 0) this.#hold(chunk, start);
      else {
        const entry = this.#take(chunk, start, end);
        if (entry !== null) return entry;
      }
    }
    this.#chunk = NOTHING;
    return null;
  }

  /** The entries of the chunk. Leaving the loop early loses none: loop again and go on. */
  [Symbol.iterator](): Iterator<Entry, undefined> {
    return {
      next: () => {
        const value = this.next();
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
    };
  }

  /** Reads a line; null: it is no entry. */
  protected abstract read(fields: Fields): Entry | null;

  #take(chunk: Uint8Array, start: number, end: number): Entry | null {
    const length = this.#heldLength + end - start;
    const offset = this.#base + start - this.#heldLength;
    this.#afterCr = false;
    if (this.#dropping) {
      this.#dropping = false;
      return null;
    }
    if (length > this.#maxLineLength) {
      this.#heldLength = 0;
      return this.#refuse("line-too-long", offset);
    }
    let octets = chunk;
    let from = start;
    if (this.#heldLength > 0) {
      this.#append(chunk, start, end);
      octets = this.#held;
      from = this.#heldLength = 0;
    }
    const to = from + length - 2;
    if (octets[from] === DOT) {
      if (length === 3) {
        this.#done = true;
        return null;
      }
      from++;
    }
    return this.read(this.#fields.begin(octets, from, to)) ?? this.#refuse("invalid-listing", offset);
  }

  /** Keeps the beginning of a line whose end is not in the chunk. */
  #hold(chunk: Uint8Array, start: number): void {
    const length = this.#heldLength + chunk.length - start;
    this.#afterCr = chunk[chunk.length - 1] === CR;
    if (this.#dropping) return;
    if (length < this.#maxLineLength) {
      this.#append(chunk, start, chunk.length);
      return;
    }
    this.#refuse("line-too-long", this.#base + start - this.#heldLength);
    this.#heldLength = 0;
    this.#dropping = true;
  }

  #append(chunk: Uint8Array, from: number, to: number): void {
    const length = this.#heldLength + to - from;
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#held.length, 64));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(chunk.subarray(from, to), this.#heldLength);
    this.#heldLength = length;
  }

  #refuse(code: ListingViolation["code"], offset: number): null {
    const what =
      code === "line-too-long" ? `a line of more than ${this.#maxLineLength} octets` : "a line that is no entry";
    this.#violation ??= { code, offset, text: `${what} at offset ${offset}` };
    return null;
  }
}

/** After the CRLF that ends the line in work, or -1: it is not in the chunk. A bare LF ends no line. */
function lineEnd(chunk: Uint8Array, from: number, afterCr: boolean): number {
  const { length } = chunk;
  for (let at = from; at < length; at++) {
    if (chunk[at] === LF && (at > from ? chunk[at - 1] === CR : afterCr)) return at + 1;
  }
  return -1;
}

/**
 * Decodes the answer to LIST, a million messages in a fraction of a second (RFC 1939 §5).
 *
 * @example
 * ```ts
 * const decoder = new ScanListingDecoder();
 * for (const { number, size } of decoder.push(chunk)) sizes[number] = size;
 * if (decoder.done) rest = chunk.subarray(decoder.consumed);
 * ```
 */
export class ScanListingDecoder extends ListingDecoder<ScanListing> {
  protected override read(fields: Fields): ScanListing | null {
    return readScanListing(fields, this.leniencies);
  }
}

/** Decodes the answer to UIDL (RFC 1939 §7), as {@link ScanListingDecoder} does that to LIST. */
export class UniqueIdListingDecoder extends ListingDecoder<UniqueIdListing> {
  protected override read(fields: Fields): UniqueIdListing | null {
    return readUniqueIdListing(fields, this.leniencies);
  }
}

/**
 * Decodes lines of text, e.g. capabilities, as {@link ScanListingDecoder} does entries; one with a control in it is
 * none.
 */
export class TextLineDecoder extends ListingDecoder<string> {
  protected override read(fields: Fields): string | null {
    return fields.rest();
  }
}
