import { CR, LF } from "../octets.ts";
import { Mask, type MaskKind } from "./mask.ts";

/** Who sends: the client or the server. */
export type Side = "C" | "S";

/** What ends a line. */
export type LineEnd = "CRLF" | "CRLF or LF" | "CRLF, CR or LF";

/** What a protocol's lines show of secrets and content. It sees both sides, in the order in which they are recorded. */
export interface WireRules {
  /** What ends the line that is under way. Content's lines end with CRLF alone. */
  lineEnd(side: Side): LineEnd;
  /**
   * What the line that begins is.
   *
   * @param whole the line, if all of it has come at once, or null
   * @param first its first octet
   */
  begins(side: Side, whole: () => string | null, first: number): MaskKind;
  /**
   * What the rest of a line is after a blank, or after the first of several: whatever separates words for anybody, NUL
   * among them. Asked in the first 64 octets of a line about any other octet too: what the line is from that one on.
   *
   * @param text the line up to it, its end perhaps, without blanks in front; from the last CR or LF alone, after which
   *   a lenient peer finds another command
   * @param ahead what follows in the line, if all of it has come at once; else nothing
   */
  goesOn(side: Side, text: string, ahead: () => string): MaskKind;
  /** A line has ended. @returns how many octets of content follow it, whatever lines they have */
  ended(side: Side, text: string, kind: MaskKind): number;
  /** TLS has begun: what was under way is forgotten. */
  tls(): void;
}

/** How much of a line the rules see. In octets. */
const MOST_SEEN = 16_384;
/** How far into a line the rules are asked about each octet: a verb, and a mechanism's name. In octets. */
const MOST_WORDS = 64;
/** How many times the rules are asked in a line, or after each CR and LF in it. */
const MOST_ASKED = 8;

const BLANK = /[\s\0]/;

/** One side's line that is under way. */
class Line {
  readonly mask: Mask = new Mask();
  text = "";
  /** It, as the rules are asked of it. */
  words = "";
  asked = 0;
  previous = -1;
  /** Where in the text the secret begins. */
  secretAt = 0;
  /** Whether it has begun. */
  begun = false;
  /** Octets of content still to come, whatever lines they have. */
  counted = 0;
}

/** Masks what both sides send, octet by octet, so that it frames and reads the same. */
export class Wire {
  readonly #rules: WireRules;
  readonly #shown: (kind: MaskKind) => boolean;
  readonly #hidden: (side: Side, kind: MaskKind, text: string, shown: string) => void;
  readonly #lines: Record<Side, Line> = { C: new Line(), S: new Line() };

  /**
   * @param shown whether what is of a kind is shown all the same
   * @param hidden is told of every line, or rest of one, that was masked as a secret, and what was shown of the word
   *   that it begins in
   */
  constructor(
    rules: WireRules,
    shown: (kind: MaskKind) => boolean,
    hidden: (side: Side, kind: MaskKind, text: string, shown: string) => void,
  ) {
    this.#rules = rules;
    this.#shown = shown;
    this.#hidden = hidden;
  }

  mask(side: Side, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const masked = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at++) masked[at] = this.#octet(side, bytes, at);
    return masked;
  }

  tls(): void {
    this.#lines.C = new Line();
    this.#lines.S = new Line();
    this.#rules.tls();
  }

  #octet(side: Side, bytes: Uint8Array, at: number): number {
    const octet = bytes[at]!;
    // That a CR stands alone is known by the octet after it.
    if (this.#lines[side].previous === CR && octet !== LF && this.#endsAlone(side, "CRLF, CR or LF")) this.#end(side);
    const line = this.#lines[side];
    if (line.counted > 0) {
      line.counted--;
      return this.#take(line, octet);
    }
    if (!line.begun) {
      line.begun = true;
      line.mask.begin(this.#rules.begins(side, () => restOfLine(bytes, at), octet));
    }
    const character = String.fromCharCode(octet);
    const ahead = () => restOfLine(bytes, at + 1) ?? "";
    if (line.mask.kind === "shown") this.#lookAt(side, line, character, ahead);
    const masked = this.#take(line, octet);
    if (line.text.length < MOST_SEEN) line.text += character;
    if (octet === LF && (line.previous === CR || this.#endsAlone(side, "CRLF or LF", "CRLF, CR or LF")))
      this.#end(side);
    else if (line.mask.kind === "shown") this.#look(side, line, character, ahead);
    line.previous = octet;
    return masked;
  }

  /** Whether a secret begins with this character. */
  #lookAt(side: Side, line: Line, character: string, ahead: () => string): void {
    if (BLANK.test(character) || line.words.length >= MOST_WORDS) return;
    const kind = this.#rules.goesOn(side, line.words + character, ahead);
    if (kind === "shown") return;
    line.mask.begin(kind);
    line.secretAt = line.text.length;
  }

  /** Whether a secret begins after this character. */
  #look(side: Side, line: Line, character: string, ahead: () => string): void {
    const blank = BLANK.test(character);
    const first = blank && line.words !== "" && !BLANK.test(line.words.at(-1)!);
    if (line.words.length < MOST_SEEN && !(blank && line.words === "")) line.words += character;
    if (first && line.asked++ < MOST_ASKED) {
      line.mask.begin(this.#rules.goesOn(side, line.words, ahead));
      line.secretAt = line.text.length;
    }
    if (character === "\r" || character === "\n") {
      line.words = "";
      line.asked = 0;
    }
  }

  #endsAlone(side: Side, ...ends: readonly LineEnd[]): boolean {
    return this.#lines[side].mask.kind !== "content" && ends.includes(this.#rules.lineEnd(side));
  }

  #take(line: Line, octet: number): number {
    const masked = line.mask.take(octet);
    return this.#shown(line.mask.kind) ? octet : masked;
  }

  #end(side: Side): void {
    const { text, mask, secretAt } = this.#lines[side];
    const ended = new Line();
    const whole = text.replace(/(?:\r?\n|\r)$/, "");
    if (mask.kind !== "shown" && mask.kind !== "content")
      this.#hidden(side, mask.kind, whole.slice(secretAt), whole.slice(lastWordAt(whole, secretAt), secretAt));
    ended.counted = this.#rules.ended(side, whole, mask.kind);
    if (ended.counted > 0) ended.mask.begin("content");
    this.#lines[side] = ended;
  }
}

/** Where the word begins that a place is in, or after. */
function lastWordAt(text: string, place: number): number {
  let at = place;
  while (at > 0 && !BLANK.test(text[at - 1]!)) at--;
  return at;
}

function restOfLine(bytes: Uint8Array, at: number): string | null {
  for (let end = at; end < bytes.length && end - at < MOST_SEEN; end++) {
    if (bytes[end] === LF && bytes[end - 1] === CR) return String.fromCharCode(...bytes.subarray(at, end - 1));
  }
  return null;
}
