import fc from "fast-check";
import { capability, command, scanListingWire } from "pop3-codec/arbitraries";
import { text } from "tools/testing";
import { describe, expect, it } from "vitest";

describe("a finding that is not about one of several forms is shown with the simplest", () => {
  /** What is found by any seed. */
  function findings<Value>(values: fc.Arbitrary<Value>, isBad: (value: Value) => boolean): Value[] {
    const all = Array.from({ length: 60 }, (_, seed) =>
      fc.check(
        fc.property(values, (value) => !isBad(value)),
        { seed, numRuns: 500 },
      ),
    );
    return all.map(({ counterexample }) => counterexample![0]);
  }

  it("a command", () => {
    expect(new Set(findings(command(), () => true).map(({ verb }) => verb))).toEqual(new Set(["STAT"]));
  });

  it("a capability", () => {
    expect(new Set(findings(capability(), () => true).map(({ tag }) => tag))).toEqual(new Set(["TOP"]));
  });

  it("a listing", () => {
    const found = findings(scanListingWire(), ({ entries }) => entries.length > 1).map(({ wire }) => text(wire));
    expect(new Set(found)).toEqual(new Set([".1 0\r\n.1 0\r\n.\r\n"]));
  });
});
