import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Decoder, heldAfter, inverses, octets, standardProperties, text } from "../src/testing/index.ts";

/** Hands out what it is given, up to a full stop. */
function sound(): Decoder {
  return {
    push(chunk) {
      const stop = chunk.indexOf(0x2e);
      const end = stop < 0 ? chunk.length : stop;
      return { consumed: stop < 0 ? end : end + 1, said: [chunk.subarray(0, end)], done: stop >= 0 };
    },
    end: () => [{ type: "cut off" }],
  };
}

const inputs = fc.string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 20 }).map(octets);
const holding = (make: () => Decoder) =>
  standardProperties(fc.constant(make), inputs).map(([, check]) => {
    try {
      check(200);
      return true;
    } catch {
      return false;
    }
  });

describe("the standard properties", () => {
  it("hold for a decoder that is sound", () => {
    expect(holding(sound)).toEqual([true, true, true]);
  });

  const shared = new Uint8Array(100);
  it.each<[string, number, (chunk: Uint8Array) => ReturnType<Decoder["push"]>]>([
    ["whose events depend on cuts", 0, (chunk) => ({ consumed: chunk.length, said: [{ length: chunk.length }] })],
    [
      "that throws at something",
      0,
      (chunk) => ({ consumed: chunk.length, said: [{ at: new Uint8Array(chunk.indexOf(0x2e)) }] }),
    ],
    ["that stands still", 0, (chunk) => ({ consumed: Math.max(0, chunk.length - 1), said: [] })],
    ["that consumes what there is not", 0, (chunk) => ({ consumed: chunk.length + 1, said: [] })],
    ["that reads what it leaves", 1, (chunk) => ({ consumed: 1, said: [{ octets: chunk.slice(0, 2) }], done: true })],
    [
      "that writes into what it handed out",
      2,
      (chunk) => {
        shared.set(chunk);
        return { consumed: chunk.length, said: [shared.subarray(0, chunk.length)] };
      },
    ],
    ["that writes into a chunk", 2, (chunk) => ({ consumed: chunk.length, said: [chunk.fill(0).slice()] })],
  ])("do not hold for one %s", (_, index, push) => {
    expect(holding(() => ({ push, end: () => [] }))[index]).toBe(false);
  });
});

describe("what a decoder holds", () => {
  const chunk = new Uint8Array(1000);
  it("is little if it hands everything out, and is seen if it hoards", () => {
    expect(heldAfter(sound(), chunk, 4000)).toBeLessThan(1_000_000);
    const hoard: Uint8Array[] = [];
    const hoarding: Decoder = {
      push: (bytes) => ({ consumed: hoard.push(bytes) && bytes.length, said: [] }),
      end: () => [{ count: hoard.length }],
    };
    expect(heldAfter(hoarding, chunk, 4000)).toBeGreaterThan(3_000_000);
  });
});

describe("inverses", () => {
  const values = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 5 });
  it("hold for an encoder and its decoder, and for no other", () => {
    const good = {
      encode: (value: string) => octets(`${value}.`),
      decode: (bytes: Uint8Array) => text(bytes).slice(0, -1),
    };
    const lossy = { ...good, encode: (value: string) => octets(`${value.slice(0, 3)}.`) };
    for (const [, check] of inverses(good, values, values.map(octets))) expect(() => check(200)).not.toThrow();
    for (const [, check] of inverses(lossy, values, values.map(octets))) expect(() => check(200)).toThrow();
  });
});
