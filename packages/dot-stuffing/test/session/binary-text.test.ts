import { binaryText } from "dot-stuffing/session";
import fc from "fast-check";
import { runs } from "tools/testing";
import { expect, it } from "vitest";

const octets = Uint8Array.from({ length: 256 }, (_, octet) => octet);

it("gives one character an octet, whichever octets there are", () => {
  expect([...binaryText(octets)].map((character) => character.charCodeAt(0))).toEqual([...octets]);
});

it.each(Array.from({ length: 26 }, (_, length) => length))("leaves none of %d out, and reads none twice", (length) => {
  const text = "abcdefghijklmnopqrstuvwxyz".slice(0, length);
  expect(binaryText(new TextEncoder().encode(text))).toBe(text);
});

it("reads from one place to another", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), (all, one, other) => {
      const [from, to] = [Math.min(one, other, all.length), Math.min(Math.max(one, other), all.length)];
      expect(binaryText(all, from, to)).toBe(Buffer.from(all.subarray(from, to)).toString("latin1"));
    }),
    { numRuns: runs() },
  );
});
