import { Stuffer, type StufferOptions, stuff, unstuff } from "dot-stuffing";
import { content, framing } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { stuffed } from "../../../../dot-stuffing/test/reference.ts";
import { holds, latin1, same, weight } from "../../finding.ts";
import { decoderTarget, type RestorableDecoder } from "../decoder.ts";
import { contentLines } from "./wire-lines.ts";

/** Content as a sender writes it: an encoder, but what holds for a decoder holds for it too. */
export const stuffer = decoderTarget({
  name: "stuffer",
  files: ["dot-stuffing/src/stuffer.ts", "dot-stuffing/src/transparency.ts"],
  lines: contentLines,
  octets: fc.oneof(framing(), content()),
  setting: () => ({
    make: () => encoder(new Stuffer()),
    keeps: 400,
    check(bytes) {
      const { wire, size, stuffedLines } = stuff(bytes);
      same({ wire: latin1(wire), stuffedLines }, stuffed(latin1(bytes)), "the reference");
      const back = unstuff(wire);
      same([back.violation, back.rest.length, back.content.length], [null, 0, size], "what was stuffed is clean");
      same(stuff(back.content).wire, wire, "what was unstuffed is stuffed to the same");
      holds(wire.length === size + stuffedLines + 3, "the sizes on the wire");
      checkReject(bytes);
    },
  }),
});

/** Where bare line ends are rejected, exactly those contents are that have one, and a refused piece changes nothing. */
function checkReject(bytes: Uint8Array): void {
  const options: StufferOptions = { lineEndings: "reject", finalLineEnd: "reject" };
  const strict = new Stuffer(options);
  const text = latin1(bytes);
  const middle = bytes.length >> 1;
  let refused = false;
  let wire = "";
  for (const piece of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
    const before = weight(strict.snapshot());
    try {
      for (const part of strict.push(piece)) wire += latin1(part);
    } catch (error) {
      holds(error instanceof RangeError, "a bare line end throws a RangeError");
      refused = true;
      same(weight(strict.snapshot()), before, "a refused piece changes nothing");
      break;
    }
  }
  if (!refused) {
    try {
      for (const part of strict.end()) wire += latin1(part);
    } catch {
      refused = true;
    }
  }
  const clean = !/\r(?!\n)|(?<!\r)\n/.test(text) && (text === "" || text.endsWith("\r\n"));
  same(refused, !clean, "what is rejected");
  if (!refused) same(wire, stuffed(text).wire, "what is taken is stuffed");
}

function encoder(from: Stuffer): RestorableDecoder {
  return {
    push: (chunk) => ({ consumed: chunk.length, said: from.push(chunk) }),
    end: () => [...from.end(), { size: from.size, wireSize: from.wireSize, stuffedLines: from.stuffedLines }],
    restored: () => encoder(new Stuffer({}, structuredClone(from.snapshot()))),
    kept: () => weight(from.snapshot()),
  };
}
