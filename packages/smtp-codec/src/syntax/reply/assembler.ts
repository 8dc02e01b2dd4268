import { checkLike, checkTexts, plainChunk } from "dot-stuffing/session";
import { decodeUtf8 } from "../../web.ts";
import { HYPHEN, isDigit, SPACE } from "../characters.ts";
import { asciiText, isAscii } from "../text.ts";
import { type EnhancedCode, leadingEnhancedCode } from "./enhanced-code.ts";
import type { Reply } from "./reply.ts";

/** Why reply lines from a server cannot be one reply. */
export interface ReplyFault {
  readonly fault: "invalid-reply" | "codes-differ" | "reply-too-long";
  readonly text: string;
}

/** The lines of an unfinished reply, as plain data. */
export interface ReplyAssemblerSnapshot {
  readonly code: number;
  readonly lines: readonly string[];
  /** Of lines that are not ASCII, at their places. */
  readonly octets: readonly Uint8Array[];
  readonly length: number;
}

/** The longest reply in octets, over all lines. Servers exceed RFC 5321's 512 a line, none this. */
const MAX_REPLY = 65_536;

/**
 * Puts reply lines together (RFC 5321 §4.2.1). A reply is given as soon as its last line is there.
 *
 * ```abnf
 * Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
 * Reply-code = %x32-35 %x30-35 %x30-39
 * ```
 *
 * Codes 200 to 599 are taken, also with a second digit above 5, which servers send: `formatReply` writes these with
 * `anySecondDigit`. After a fault the assembler is as new.
 *
 * @example
 * ```ts
 * const reader = new LineReader({ maxLineLength: 4096 });          // of dot-stuffing/session
 * const assembler = new ReplyAssembler();
 * for (let at = 0; at < chunk.length; ) {
 *   const { line, consumed } = reader.push(chunk, at);
 *   at += consumed;
 *   const reply = line && assembler.add(line, true);
 *   if (reply) console.log("fault" in reply ? reply.text : reply.code);
 * }
 * ```
 */
export class ReplyAssembler {
  readonly #maxLength: number;
  #code = 0;
  #lines: string[] = [];
  #octets: Uint8Array[] = []; // of lines that are not ASCII, at their places
  #length = 0;

  /**
   * @param maxLength the longest reply in octets, over all its lines with their CRLFs; default 65,536
   * @param snapshot of a reply that goes on here
   * @throws TypeError for what is no snapshot
   */
  constructor(maxLength: number = MAX_REPLY, snapshot?: ReplyAssemblerSnapshot) {
    this.#maxLength = maxLength;
    if (snapshot === undefined) return;
    checkLike("snapshot", snapshot, this.snapshot());
    checkTexts("snapshot.lines", snapshot.lines);
    for (const [index, octets] of snapshot.octets.entries())
      if (octets !== undefined) plainChunk(`snapshot.octets[${index}]`, octets);
    this.#code = snapshot.code;
    this.#lines = [...snapshot.lines];
    this.#octets = [...snapshot.octets];
    this.#length = snapshot.length;
  }

  /** All that is held, as plain data. */
  snapshot(): ReplyAssemblerSnapshot {
    return { code: this.#code, lines: this.#lines, octets: this.#octets, length: this.#length };
  }

  /** Whether lines of an unfinished reply are held. */
  get midReply(): boolean {
    return this.#lines.length > 0;
  }

  /**
   * Takes one line without its CRLF; null: the reply goes on.
   *
   * @param enhanced whether an enhanced code is looked for: not in the greeting nor in replies to HELO, EHLO and LHLO
   * @param from where in the octets the line begins; default: with them
   * @param to where in the octets it ends; default: with them
   */
  add(octets: Uint8Array, enhanced: boolean, from = 0, to: number = octets.length): Reply | ReplyFault | null {
    const code = replyCode(octets, from, to);
    if (code === 0)
      return this.#fault("invalid-reply", "expected a code of 200 to 599, then a space, a hyphen or the line's end");
    if (this.midReply && code !== this.#code)
      return this.#fault("codes-differ", "the lines of one reply have different codes");
    this.#length += to - from + 2;
    if (this.#length > this.#maxLength)
      return this.#fault("reply-too-long", `a reply of more than ${this.#maxLength} octets`);
    this.#code = code;
    this.#take(octets, from + 4, to);
    if (to > from + 3 && octets[from + 3] === HYPHEN) return null;
    const lines = this.#lines;
    const kept = this.#octets;
    this.#reset();
    const reply: Reply = enhanced ? splitEnhanced(code, lines) : { code, enhanced: null, lines };
    return kept.length === 0 ? reply : { ...reply, octets: lines.map((_, index) => kept[index] ?? null) };
  }

  #take(octets: Uint8Array, from: number, to: number): void {
    if (isAscii(octets, from, to)) this.#lines.push(asciiText(octets, from, to));
    else {
      // A copy: the chunk is gone before the reply's last line comes.
      this.#octets[this.#lines.length] = octets.slice(from, to);
      this.#lines.push(decodeUtf8(octets.subarray(from, to)));
    }
  }

  #fault(fault: ReplyFault["fault"], text: string): ReplyFault {
    this.#reset();
    return { fault, text };
  }

  #reset(): void {
    this.#lines = [];
    this.#length = 0;
    if (this.#octets.length > 0) this.#octets = [];
  }
}

/** The code that a line begins with, or 0 where it is no line of a reply. */
function replyCode(octets: Uint8Array, from: number, to: number): number {
  const end = from + 3;
  if (to < end || (to > end && octets[end] !== SPACE && octets[end] !== HYPHEN)) return 0;
  const [first, second, third] = [octets[from]!, octets[from + 1]!, octets[from + 2]!];
  if (first < 0x32 || first > 0x35 || !isDigit(second) || !isDigit(third)) return 0;
  return (first - 0x30) * 100 + (second - 0x30) * 10 + third - 0x30;
}

/** Splits off the enhanced code; of codes that differ between lines the first counts (RFC 2034 §4). */
function splitEnhanced(code: number, lines: string[]): Reply {
  const enhanced = leadingEnhancedCode(lines[0]!);
  if (enhanced === null || enhanced.charCodeAt(0) - 0x30 !== Math.floor(code / 100))
    return { code, enhanced: null, lines };
  for (let at = 0; at < lines.length; at++) lines[at] = withoutCode(lines[at]!, enhanced);
  return { code, enhanced, lines };
}

function withoutCode(line: string, first: EnhancedCode): string {
  if (line.startsWith(first)) {
    // Mostly all lines have the same code.
    if (line.length === first.length) return "";
    if (line.charCodeAt(first.length) === SPACE) return line.slice(first.length + 1);
  }
  const own = leadingEnhancedCode(line);
  return own === null ? line : line.slice(own.length + 1);
}
