import { type ListingSnapshot, ScanListingDecoder, TopCutter, type TopSnapshot } from "pop3-codec/syntax";
import { expect, it } from "vitest";

it.each<[string, object, string]>([
  ["nothing", { held: undefined }, "expected Uint8Array at snapshot.held"],
  ["no truth", { dropping: 1 }, "expected a boolean at snapshot.dropping"],
  ["an offset below 0", { offset: -1 }, '"snapshot.offset" expected a whole number'],
  ["no violation", { violation: {} }, "expected a string at snapshot.violation.code"],
])("a listing does not go on from %s", (_, change, message) => {
  const snapshot = { ...new ScanListingDecoder().snapshot(), ...change } as ListingSnapshot;
  const make = () => new ScanListingDecoder({}, snapshot);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

it.each<[string, object, string]>([
  ["lines below 0", { left: -1 }, '"snapshot.left" expected a whole number of at least 0, or Infinity, got -1'],
  ["no lines", { left: undefined }, '"snapshot.left" expected'],
  ["no truth", { afterCr: null }, "expected a boolean at snapshot.afterCr"],
])("TOP does not go on from %s", (_, change, message) => {
  const snapshot = { ...new TopCutter(1).snapshot(), ...change } as TopSnapshot;
  expect(() => new TopCutter(1, snapshot)).toThrow(message);
});

it("TOP goes on without an end", () => {
  expect(new TopCutter(0, new TopCutter(Number.POSITIVE_INFINITY).snapshot()).snapshot().left).toBe(
    Number.POSITIVE_INFINITY,
  );
});
