import { type TranscriptLine, TranscriptSide } from "dot-stuffing/session";
import { byteByByte, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

/** Shows lines in capitals; behind "data" content begins. */
function shown(input: string, cut: (bytes: Uint8Array) => readonly Uint8Array[]): TranscriptLine[] {
  const side = new TranscriptSide("client", text);
  return cut(octets(input)).flatMap((bytes) =>
    side.take(bytes, (line) => {
      if (line === "data") side.beginContent();
      return line.toUpperCase();
    }),
  );
}

describe.each([
  ["whole", (bytes: Uint8Array) => [bytes]],
  ["byte by byte", byteByByte],
])("one side of a transcript, %s", (_, cut) => {
  it.each([
    ["lines", "one\r\ntwo\r\nthr", ["ONE", "TWO"]],
    ["a line of octets above 0x7F", "\xe4\r\n", ["\xc4"]],
    ["content", "data\r\na\r\n..b\r\n.\r\nend\r\n", ["DATA", "[content: 7 octets, 1 lines stuffed]", "END"]],
    [
      "content without a line, twice",
      "data\r\n.\r\ndata\r\n..\r\n.\r\n",
      ["DATA", "[content: 0 octets, 0 lines stuffed]", "DATA", "[content: 3 octets, 1 lines stuffed]"],
    ],
    ["content without an end", "data\r\na\r\n", ["DATA"]],
    [
      "a line that is too long",
      `${"x".repeat(65_537)}\r\nend\r\n`,
      ["[A LINE OF MORE THAN 65536 OCTETS AT OFFSET 65536]", "END"],
    ],
  ])("shows %s", (_name, input, texts) => {
    expect(shown(input, cut)).toEqual(texts.map((line) => ({ from: "client", text: line })));
  });
});

it("what was discarded is no part of the next line", () => {
  const side = new TranscriptSide("server", text);
  expect(side.take(octets("one\r\ntw"), (line) => line)).toEqual([{ from: "server", text: "one" }]);
  side.discard();
  expect(side.take(octets("two\r\n"), (line) => line)).toEqual([{ from: "server", text: "two" }]);
});
