import { LineReader } from "dot-stuffing/session";
import fc from "fast-check";
import { replies } from "smtp-codec/arbitraries";
import {
  formatReply,
  isEnhancedCode,
  outcome,
  type Reply,
  ReplyAssembler,
  replyCategory,
  replyClass,
  splitEnhancedCode,
} from "smtp-codec/syntax";
import { holds, latin1, same, shown, weight } from "../../finding.ts";
import { decoderTarget, type RestorableDecoder } from "../decoder.ts";
import { noise } from "../lines.ts";
import { serverLines } from "./lines.ts";

const LINES = { maxLineLength: 600 };

/** Replies put together of lines, beside a reference that reads them whole; those that can be written come back. */
export const smtpReply = decoderTarget({
  name: "smtp-reply",
  files: ["smtp-codec/src/syntax/reply/"],
  lines: serverLines,
  octets: fc.oneof(
    noise(serverLines),
    fc
      .array(
        replies().map((reply) => formatReply(reply)),
        { maxLength: 3 },
      )
      .map((all) => new TextEncoder().encode(all.join(""))),
  ),
  setting(choices) {
    const limits = { maxLength: choices.pick(65_536, 20, 100), enhanced: choices.pick(false, true) };
    const { maxLength } = limits;
    return {
      make: () => decoder(new LineReader(LINES), new ReplyAssembler(maxLength), limits),
      keeps: 2 * maxLength + 70 * maxLength + 2000,
      check(bytes, said) {
        const found = said.flatMap((word) => ("reply" in word ? [word["reply"]] : []));
        same(found, reference(latin1(bytes), limits), "the reference");
      },
    };
  },
});

interface Reading {
  readonly maxLength: number;
  /** Whether enhanced codes are split off. */
  readonly enhanced: boolean;
}

function decoder(reader: LineReader, assembler: ReplyAssembler, reading: Reading): RestorableDecoder {
  return {
    push(chunk) {
      const { line, violation, consumed } = reader.push(chunk);
      if (violation !== null) return { consumed, said: [{ violation: violation.code }] };
      const reply = line === null ? null : assembler.add(line, reading.enhanced);
      if (reply === null) return { consumed, said: [] };
      if ("fault" in reply) return { consumed, said: [{ reply: reply.fault }] };
      comesBack(reply, reading.enhanced);
      return { consumed, said: [{ reply: described(reply), whole: shown(reply) }] };
    },
    end: () => [{ midReply: assembler.midReply }],
    restored: () =>
      decoder(
        new LineReader(LINES, structuredClone(reader.snapshot())),
        new ReplyAssembler(reading.maxLength, structuredClone(assembler.snapshot())),
        reading,
      ),
    kept: () => weight([reader.snapshot(), assembler.snapshot()]),
  };
}

/** What a reply is, as the reference says it. */
function described(reply: Reply): string {
  const { code, enhanced, lines } = reply;
  if (enhanced !== null) {
    const { class: first, subject, detail } = splitEnhancedCode(enhanced);
    same(`${first}.${subject}.${detail}`, enhanced, "the parts of an enhanced code");
    holds(isEnhancedCode(enhanced), "an enhanced code is one");
  }
  return `${code} ${lines.length} ${enhanced} ${outcome(reply)} ${replyCategory(reply)} ${replyClass(reply)}`;
}

/** What RFC 5321 lets be written is read back the same. */
function comesBack(reply: Reply, enhanced: boolean): void {
  let wire = "";
  try {
    wire = formatReply(reply);
  } catch (error) {
    if (error instanceof RangeError) return;
    throw error;
  }
  const assembler = new ReplyAssembler(10_000_000);
  const again = wire
    .split("\r\n")
    .slice(0, -1)
    .map((line) => assembler.add(new TextEncoder().encode(line), enhanced));
  const { octets: _, ...plain } = reply;
  const { octets: __, ...back } = again.at(-1) as Reply;
  same(back, plain, "a reply that was written is read back");
}

const OUTCOMES: Readonly<Record<string, string>> = { 2: "positive", 3: "intermediate", 4: "transient", 5: "permanent" };
const CATEGORIES: Readonly<Record<string, string>> = {
  0: "syntax",
  1: "information",
  2: "connections",
  5: "mail-system",
};
const ENHANCED = /^[2-5]\d\d[ -]([245]\.(?:0|[1-9]\d{0,2})\.(?:0|[1-9]\d{0,2}))(?: |$)/;

/**
 * RFC 5321 §4.2.1, RFC 2034 §4 and RFC 3463 §2 for a whole input: each reply as its code, how many lines it has, its
 * enhanced code and what its code means, or its fault.
 */
function reference(input: string, { maxLength, enhanced }: Reading): string[] {
  const found: string[] = [];
  let code = "";
  let count = 0;
  let length = 0;
  let first = "";
  for (const line of input.split("\r\n").slice(0, -1)) {
    // What is no line is a violation, of which the assembler hears nothing.
    if (line.length + 2 > LINES.maxLineLength || /[\r\n\0]/.test(line)) continue;
    const [, digits = "", mark = ""] = /^([2-5]\d\d)([ -]|$)/.exec(line) ?? [];
    length += line.length + 2;
    let fault = "";
    if (digits === "") fault = "invalid-reply";
    else if (count > 0 && digits !== code) fault = "codes-differ";
    else if (length > maxLength) fault = "reply-too-long";
    code = digits;
    count++;
    if (count === 1) first = line;
    if (fault === "" && mark === "-") continue;
    const split = enhanced ? (ENHANCED.exec(first)?.[1] ?? null) : null;
    const own = split?.[0] === code[0] ? split : null;
    const category = CATEGORIES[code[1] ?? ""] ?? "unspecified";
    found.push(fault || `${code} ${count} ${own} ${OUTCOMES[code[0] ?? ""]} ${category} ${code[0]}`);
    count = length = 0;
  }
  return found;
}
