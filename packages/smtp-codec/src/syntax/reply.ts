import { decodeUtf8 } from "../web.ts";
import { isDigit, isPrintable } from "./characters.ts";
import { type EnhancedCode, isEnhancedCode, leadingEnhancedCode } from "./enhanced-code.ts";

/** A whole reply (RFC 5321 §4.2): one code for all its lines. */
export interface Reply {
  /** 200 to 599 */
  readonly code: number;
  /** Split from the text where its class agrees with the code (RFC 2034 §4); else null. */
  readonly enhanced: EnhancedCode | null;
  /** The text of each line, without code and enhanced code; malformed UTF-8 as U+FFFD. At least one. */
  readonly lines: readonly string[];
}

/** What a reply says about the command (RFC 5321 §4.2.1). */
export type Outcome = "positive" | "intermediate" | "transient" | "permanent";

/** The outcome of a reply, by the first digit of its code alone: an unknown 299 is like 250 (RFC 5321 §4.2). */
export function outcome(reply: Reply): Outcome {
  if (reply.code < 300) return "positive";
  if (reply.code < 400) return "intermediate";
  return reply.code < 500 ? "transient" : "permanent";
}

/** Why reply lines from a server cannot be one reply. */
export interface ReplyFault {
  readonly fault: "invalid-reply" | "codes-differ" | "reply-too-long";
  readonly text: string;
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
 * Codes 200 to 599 are taken, also with a second digit above 5, which servers send. Behind a fault the assembler is
 * as new.
 */
export class ReplyAssembler {
  #code = 0;
  #lines: Uint8Array[] = [];
  #length = 0;

  /** Whether lines of an unfinished reply are held. */
  get midReply(): boolean {
    return this.#lines.length > 0;
  }

  /**
   * Takes one line without its CRLF; null: the reply goes on.
   *
   * @param enhanced whether an enhanced code is looked for: not in the greeting nor in replies to HELO, EHLO and LHLO
   */
  add(line: Uint8Array, enhanced: boolean): Reply | ReplyFault | null {
    const code = replyCode(line);
    if (code === null)
      return this.#fault("invalid-reply", "expected a code of 200 to 599, then a space, a hyphen or the line's end");
    if (this.midReply && code !== this.#code)
      return this.#fault("codes-differ", "the lines of one reply have different codes");
    this.#code = code;
    this.#length += line.length + 2;
    if (this.#length > MAX_REPLY) return this.#fault("reply-too-long", `a reply of more than ${MAX_REPLY} octets`);
    // A copy: the line may be a view of a chunk that is gone before the reply's last line comes.
    this.#lines.push(line.slice(4));
    if (line[3] === HYPHEN) return null;
    const lines = this.#lines.map(decodeUtf8);
    this.#reset();
    return enhanced ? splitEnhanced(code, lines) : { code, enhanced: null, lines };
  }

  #fault(fault: ReplyFault["fault"], text: string): ReplyFault {
    this.#reset();
    return { fault, text };
  }

  #reset(): void {
    this.#lines = [];
    this.#length = 0;
  }
}

const HYPHEN = 0x2d;
const SPACE = 0x20;

function replyCode(line: Uint8Array): number | null {
  if (line.length < 3 || (line.length > 3 && line[3] !== SPACE && line[3] !== HYPHEN)) return null;
  let code = 0;
  for (let at = 0; at < 3; at++) {
    if (!isDigit(line[at]!)) return null;
    code = code * 10 + line[at]! - 0x30;
  }
  return code >= 200 && code <= 599 ? code : null;
}

/** Splits off the enhanced code; of codes that differ between lines the first counts (RFC 2034 §4). */
function splitEnhanced(code: number, lines: string[]): Reply {
  const enhanced = leadingEnhancedCode(lines[0]!);
  if (enhanced === null || enhanced[0] !== String(code)[0]) return { code, enhanced: null, lines };
  const texts = lines.map((line) => line.slice(leadingEnhancedCode(line) === null ? 0 : enhancedLength(line)));
  return { code, enhanced, lines: texts };
}

function enhancedLength(line: string): number {
  const space = line.indexOf(" ");
  return space < 0 ? line.length : space + 1;
}

/** The longest reply line in octets, code and CRLF included (RFC 5321 §4.5.3.1.5). */
const MAX_REPLY_LINE = 512;

/**
 * Writes a reply, each line with its CRLF (RFC 5321 §4.2). An enhanced code is written on every line (RFC 2034 §4).
 *
 * @throws RangeError for a code that RFC 5321's grammar excludes, an enhanced code of another class or on a 3yz reply,
 *   a text with other characters than HT and 32 to 126, or a line over 512 octets.
 */
export function formatReply(reply: Reply): string {
  const { code, enhanced, lines } = reply;
  if (!/^[2-5][0-5][0-9]$/.test(String(code))) throw new RangeError(`"code" expected 200 to 559, got ${code}`);
  if (enhanced !== null && (!isEnhancedCode(enhanced) || enhanced[0] !== String(code)[0])) {
    throw new RangeError(`"enhanced" expected a code of the class of ${code}, such as ${String(code)[0]}.0.0`);
  }
  if (lines.length === 0) throw new RangeError('"lines" expected at least one line');
  const prefix = enhanced === null ? "" : `${enhanced} `;
  let text = "";
  for (const [index, line] of lines.entries()) {
    if (!isPrintable(line))
      throw new RangeError('"lines" expected printable ASCII without line ends (RFC 5321 section 4.2)');
    const whole = `${code}${index === lines.length - 1 ? " " : "-"}${prefix}${line}\r\n`;
    if (whole.length > MAX_REPLY_LINE)
      throw new RangeError(`"lines" expected lines of at most ${MAX_REPLY_LINE} octets`);
    text += whole;
  }
  return text;
}
