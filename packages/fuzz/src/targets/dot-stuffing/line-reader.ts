import { framing } from "dot-stuffing/arbitraries";
import { LineReader, type LineReaderOptions } from "dot-stuffing/session";
import { lines } from "../../../../dot-stuffing/test/reference.ts";
import { latin1, same, weight } from "../../finding.ts";
import { decoderTarget, type RestorableDecoder } from "../decoder.ts";
import { contentLines } from "./wire-lines.ts";

/** Lines of commands and replies, beside a reference that reads them whole. */
export const lineReader = decoderTarget({
  name: "line-reader",
  files: ["dot-stuffing/src/line-reader.ts"],
  lines: [...contentLines, "MAIL FROM:<a@b>\r\n", "x".repeat(511), "\r\r\n"],
  octets: framing(),
  setting(choices) {
    const options: Required<LineReaderOptions> = {
      lineEndings: choices.pick("reject", "normalize", "preserve"),
      maxLineLength: choices.pick(512, 2, 3, 4, 10, 1000),
      lfEndsLine: choices.rarely(),
    };
    return {
      make: () => decoder(new LineReader(options), options),
      keeps: options.maxLineLength + 400,
      check(bytes, said) {
        const found = said.flatMap((word) => ("line" in word ? [word["line"]] : []));
        same(found, lines(latin1(bytes), options), "the reference");
      },
    };
  },
});

function decoder(from: LineReader, options: LineReaderOptions): RestorableDecoder {
  return {
    push(chunk) {
      const { line, violation, consumed } = from.push(chunk);
      const found = line === null ? violation && `${violation.code}@${violation.offset}` : latin1(line);
      return { consumed, said: found === null ? [] : [{ line: found }] };
    },
    end: () => [{ end: from.end()?.offset ?? null }],
    restored: () => decoder(new LineReader(options, structuredClone(from.snapshot())), options),
    kept: () => weight(from.snapshot()),
  };
}
