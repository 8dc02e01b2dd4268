import { checkContent, piecesOf, sizeAsSent } from "dot-stuffing/session";
import { octets } from "tools/testing";
import { expect, it } from "vitest";

it.each<[string, unknown, string]>([
  ["nothing", null, "null"],
  ["a text, which is iterable too", "a", "string"],
  ["an object", {}, "object"],
])("content is octets, or an iterable of them, and not %s", (_, content, got) => {
  const message = `"content" expected a Uint8Array, or an iterable of them, got ${got}`;
  for (const call of [checkContent, piecesOf, sizeAsSent]) expect(() => call(content as never)).toThrow(message);
});

it("content is not in memory that somebody else may write to", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(1));
  for (const call of [checkContent, piecesOf, sizeAsSent])
    expect(() => call(shared)).toThrow(new TypeError('"content" expected a Uint8Array, got shared memory'));
});

it.each<[string, string[], number]>([
  ["nothing", [], 0],
  ["a line without its end", ["a"], 3],
  ["other line ends", ["a\nb\r", "c\r\n"], 9],
  ["dots", [".\r\n.", ".\r\n"], 7],
])("content is as long as it is sent: %s", (_, pieces, size) => {
  expect(sizeAsSent(octets(pieces.join("")))).toBe(size);
  expect(sizeAsSent(pieces.map(octets))).toBe(size);
  expect([...piecesOf(octets(pieces.join("")))]).toEqual([octets(pieces.join(""))]);
});
