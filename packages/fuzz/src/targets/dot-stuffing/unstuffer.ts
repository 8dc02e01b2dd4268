import { Unstuffer, type UnstufferOptions, unstuff } from "dot-stuffing";
import { framing, hostileWireForm, wireForm } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import type { Said } from "tools/testing";
import { unstuffed } from "../../../../dot-stuffing/test/reference.ts";
import { latin1, same, weight } from "../../finding.ts";
import { decoderTarget, type RestorableDecoder } from "../decoder.ts";
import { contentLines } from "./wire-lines.ts";

/** Content as a receiver reads it, beside a reference that reads it whole. */
export const unstuffer = decoderTarget({
  name: "unstuffer",
  files: ["dot-stuffing/src/unstuffer.ts", "dot-stuffing/src/transparency.ts"],
  lines: contentLines,
  octets: fc.oneof(
    framing(),
    wireForm().map(({ wire }) => wire),
    hostileWireForm().map(({ wire }) => wire),
  ),
  setting(choices) {
    const options: Required<UnstufferOptions> = {
      lineEndings: choices.pick("reject", "normalize", "preserve"),
      maxSize: choices.pick(Number.POSITIVE_INFINITY, 0, 1, 10, 300),
      maxLineLength: choices.pick(Number.POSITIVE_INFINITY, 0, 1, 10, 255),
    };
    return {
      make: () => decoder(new Unstuffer(options), options),
      keeps: 400,
      check(bytes, said, { consumed, done }) {
        const expected = unstuffed(latin1(bytes), options);
        const content = said.map((word) => (word instanceof Uint8Array ? latin1(word) : "")).join("");
        const [violation] = said.flatMap((word) => ("violation" in word ? [word["violation"]] : []));
        same(
          { content, violation: violation ?? null, consumed, done },
          {
            content: expected.content,
            violation: expected.violation,
            consumed: expected.consumed,
            done: expected.done,
          },
          "the reference",
        );
        if (expected.violation === null && done)
          same(latin1(unstuff(bytes, options).content), expected.content, "unstuff");
      },
    };
  },
});

function decoder(from: Unstuffer, options: UnstufferOptions): RestorableDecoder {
  return {
    push(chunk) {
      const { content, consumed, violation, done } = from.push(chunk);
      const said: Said[] = [...content];
      if (violation !== null) said.push({ violation: `${violation.code}@${violation.offset}` });
      return { consumed, said, done };
    },
    end: () => [{ end: from.end()?.code ?? null, size: from.size, longestLine: from.longestLine }],
    restored: () => decoder(new Unstuffer(options, structuredClone(from.snapshot())), options),
    kept: () => weight(from.snapshot()),
  };
}
