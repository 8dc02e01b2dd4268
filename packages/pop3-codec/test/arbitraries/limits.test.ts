import fc from "fast-check";
import {
  capabilities,
  capability,
  command,
  hostileListing,
  scanListingWire,
  statusLine,
  uniqueIdListing,
  uniqueIdListingWire,
} from "pop3-codec/arbitraries";
import { type Command, formatCapability, formatCommand, formatResponse } from "pop3-codec/syntax";
import { text } from "tools/testing";
import { describe, expect, it } from "vitest";

const line = (verb: Command["verb"]) =>
  command()
    .filter((found) => found.verb === verb)
    .map((found) => formatCommand(found).length);
const lines = (wire: Uint8Array) => text(wire).split("\r\n").length - 2;

describe("lengths are short mostly, reach their limit now and then, and never exceed it", () => {
  it.each<[string, fc.Arbitrary<number>, number]>([
    ["a unique-id", uniqueIdListing().map(({ uniqueId }) => uniqueId.length), 70],
    ["USER", line("USER"), 255],
    ["PASS", line("PASS"), 255],
    ["APOP", line("APOP"), 255],
    ["AUTH", line("AUTH"), 255],
    ["an unknown command", line("other"), 255],
    ["a status line", statusLine().map((found) => formatResponse(found).length), 512],
    ["a capability", capability().map((found) => formatCapability(found).length + 2), 512],
  ])("%s", (_, lengths, limit) => {
    const found = fc.sample(lengths, { numRuns: 3000, seed: 5 });
    expect(Math.max(...found)).toBe(limit);
    const short = found.filter((length) => length < limit / 2);
    expect(short.length).toBeGreaterThan(found.length * 0.8);
  });
});

it.each<[string, (constraints: { maxEntries?: number }) => fc.Arbitrary<number>]>([
  ["answers to LIST", (constraints) => scanListingWire(constraints).map(({ entries }) => entries.length)],
  ["answers to UIDL", (constraints) => uniqueIdListingWire(constraints).map(({ entries }) => entries.length)],
  ["hostile listings", (constraints) => hostileListing(constraints).map(({ wire, end }) => lines(wire.slice(0, end)))],
])("%s have as many lines as they may have: 10, and what is asked for", (_, make) => {
  const most = (constraints: { maxEntries?: number }) =>
    Math.max(...fc.sample(make(constraints), { numRuns: 300, seed: 1 }));
  expect([most({}), most({ maxEntries: 7 })]).toEqual([10, 7]);
  expect(most({ maxEntries: 1000 })).toBeGreaterThan(950);
});

it("capability lists have up to twelve lines", () => {
  expect(Math.max(...fc.sample(capabilities(), { numRuns: 300, seed: 1 }).map(({ length }) => length))).toBe(12);
});
