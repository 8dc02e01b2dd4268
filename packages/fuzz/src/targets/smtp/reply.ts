import { LineReader } from "dot-stuffing/session";
import fc from "fast-check";
import { replies } from "smtp-codec/arbitraries";
import { formatReply, ReplyAssembler } from "smtp-codec/syntax";
import { latin1, same, shown, weight } from "../../finding.ts";
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
    const maxLength = choices.pick(65_536, 20, 100);
    return {
      make: () => decoder(new LineReader(LINES), new ReplyAssembler(maxLength), maxLength),
      keeps: 2 * maxLength + 70 * maxLength + 2000,
      check(bytes, said) {
        const found = said.flatMap((word) => ("reply" in word ? [word["reply"]] : []));
        same(found, reference(latin1(bytes), maxLength), "the reference");
      },
    };
  },
});

function decoder(reader: LineReader, assembler: ReplyAssembler, maxLength: number): RestorableDecoder {
  return {
    push(chunk) {
      const { line, violation, consumed } = reader.push(chunk);
      if (violation !== null) return { consumed, said: [{ violation: violation.code }] };
      const reply = line === null ? null : assembler.add(line, false);
      if (reply === null) return { consumed, said: [] };
      if ("fault" in reply) return { consumed, said: [{ reply: reply.fault }] };
      comesBack(reply);
      return { consumed, said: [{ reply: `${reply.code} ${reply.lines.length}`, whole: shown(reply) }] };
    },
    end: () => [{ midReply: assembler.midReply }],
    restored: () =>
      decoder(
        new LineReader(LINES, structuredClone(reader.snapshot())),
        new ReplyAssembler(maxLength, structuredClone(assembler.snapshot())),
        maxLength,
      ),
    kept: () => weight([reader.snapshot(), assembler.snapshot()]),
  };
}

/** What RFC 5321 lets be written is read back the same. */
function comesBack(reply: Parameters<typeof formatReply>[0]): void {
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
    .map((line) => assembler.add(new TextEncoder().encode(line), false));
  const { octets: _, ...plain } = reply;
  const { octets: __, ...back } = again.at(-1) as typeof reply;
  same(back, plain, "a reply that was written is read back");
}

/** RFC 5321 §4.2.1 for a whole input: each reply as its code and how many lines it has, or its fault. */
function reference(input: string, maxLength: number): string[] {
  const found: string[] = [];
  let code = "";
  let count = 0;
  let length = 0;
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
    if (fault === "" && mark === "-") continue;
    found.push(fault || `${code} ${count}`);
    count = length = 0;
  }
  return found;
}
