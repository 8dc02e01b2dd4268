import fc from "fast-check";
import {
  type Command,
  formatCapabilities,
  formatCommand,
  formatResponse,
  isUniqueId,
  parseCapabilities,
  parseCommand,
  parseResponse,
  parseScanListing,
  parseUniqueIdListing,
} from "pop3-codec/syntax";
import { octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";

const line = (command: string) => octets(command.replace(/\r\n$/, ""));

describe("commands", () => {
  it.each<readonly [string, Partial<Record<string, unknown>>]>([
    ["rEtR 1", { verb: "RETR", number: 1 }],
    ["LIST", { verb: "LIST", number: null }],
    ["uidl 7", { verb: "UIDL", number: 7 }],
    ["TOP 1 0", { verb: "TOP", number: 1, lines: 0 }],
    ["USER tim the tester", { verb: "USER", name: "tim the tester" }],
    ["PASS  two  spaces ", { verb: "PASS", password: " two  spaces " }],
    ["APOP tim x c4c9334bac560ecc979e58001b3e22fb", { verb: "APOP", name: "tim x" }],
    ["AUTH", { verb: "AUTH", mechanism: null, initialResponse: null }],
    ["auth plain", { verb: "AUTH", mechanism: "PLAIN", initialResponse: null }],
    ["AUTH PLAIN =", { verb: "AUTH", mechanism: "PLAIN", initialResponse: new Uint8Array(0) }],
    ["LAST", { verb: "other", name: "LAST", argument: null }],
    ["xtnd xmit a", { verb: "other", name: "XTND", argument: "xmit a" }],
  ])("[POP3-3-2] %j", (command, expected) => {
    expect(parseCommand(line(command))).toMatchObject(expected);
  });

  it.each([
    ["", "unknown-verb", "verb"],
    [" STAT", "unknown-verb", "verb"],
    ["STAT\t1", "invalid-octet", "command"],
    ["STAT x", "unexpected-argument", "argument"],
    ["USER", "missing-argument", "name"],
    ["PASS", "missing-argument", "password"],
    ["PASS ", "missing-argument", "password"],
    ["APOP tim", "missing-argument", "name"],
    ["APOP tim C4C9334BAC560ECC979E58001B3E22FB", "invalid-argument", "digest"],
    ["RETR", "missing-argument", "number"],
    ["LIST  1", "invalid-argument", "number"],
    ["TOP 1", "invalid-argument", "lines"],
    ["TOP x 1", "invalid-argument", "number"],
    ["AUTH PLAIN a", "invalid-argument", "initial response"],
    [`AUTH ${"X".repeat(21)}`, "invalid-argument", "mechanism"],
  ])("%j is a fault", (command, fault, field) => {
    expect(parseCommand(line(command))).toMatchObject({ fault, field });
  });

  it("leniencies can be turned off", () => {
    const strict = { trailingSpaces: false, spacesInNames: false };
    expect(parseCommand(line("STAT "), strict)).toMatchObject({ fault: "unexpected-argument" });
    expect(parseCommand(line("USER a b"), strict)).toMatchObject({ fault: "unexpected-argument", field: "name" });
    expect(parseCommand(line("APOP a b c4c9334bac560ecc979e58001b3e22fb"), strict)).toMatchObject({
      fault: "missing-argument",
    });
  });

  const name = fc.string({ unit: fc.constantFrom("a", "B", "1", "@", ".", "<"), minLength: 1, maxLength: 20 });
  const number = fc.nat();
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.constantFrom("STAT", "RSET", "NOOP", "QUIT", "CAPA", "STLS").map((verb) => ({ verb }) as Command),
    name.map((found): Command => ({ verb: "USER", name: found })),
    fc.string({ minLength: 1, maxLength: 30 }).map((password): Command => ({ verb: "PASS", secret: true, password })),
    fc
      .tuple(name, fc.stringMatching(/^[0-9a-f]{32}$/))
      .map(([found, digest]): Command => ({ verb: "APOP", name: found, secret: true, digest })),
    fc.tuple(fc.constantFrom("LIST", "UIDL"), fc.option(number)).map(([verb, n]) => ({ verb, number: n }) as Command),
    fc.tuple(fc.constantFrom("RETR", "DELE"), number).map(([verb, n]) => ({ verb, number: n }) as Command),
    fc.tuple(number, number).map(([n, lines]): Command => ({ verb: "TOP", number: n, lines })),
    fc
      .option(fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.from(bytes)))
      .map((initialResponse): Command => ({ verb: "AUTH", mechanism: "PLAIN", secret: true, initialResponse })),
    fc.constantFrom<Command>(
      { verb: "AUTH", mechanism: null, secret: true, initialResponse: null },
      { verb: "other", name: "XTND", argument: "XMIT" },
      { verb: "other", name: "LAST", argument: null },
    ),
  );

  it("parsing what was formatted gives it back", () => {
    fc.assert(
      fc.property(command, (given) => {
        const parsed = parseCommand(line(formatCommand(given)));
        expect({ ...parsed }).toMatchObject(
          Object.fromEntries(
            Object.entries(given).filter(
              ([key]) => key !== "password" && key !== "digest" && key !== "initialResponse",
            ),
          ),
        );
        expect(formatCommand(parsed as Command)).toBe(formatCommand(given));
      }),
      { numRuns: runs(5) },
    );
  });

  it.each<readonly [Command, string]>([
    [{ verb: "other", name: "A B", argument: null }, '"name" expected visible ASCII'],
    [{ verb: "other", name: "X", argument: "a\r\nQUIT" }, '"argument" expected printable ASCII'],
    [{ verb: "AUTH", mechanism: "a b", secret: true, initialResponse: null }, '"mechanism" expected'],
  ])("%j is refused by the formatter", (given, message) => {
    expect(() => formatCommand(given)).toThrow(message);
  });
});

describe("responses", () => {
  it.each([
    ["+OK", { ok: true, code: null, text: "" }],
    ["+OK ", { ok: true, code: null, text: "" }],
    ["-ERR [SYS/TEMP] later", { ok: false, code: "SYS/TEMP", text: "later" }],
    ["-ERR [AUTH]", { ok: false, code: "AUTH", text: "" }],
    ["-ERR no [IN-USE]", { ok: false, code: null, text: "no [IN-USE]" }],
    ["-ERR [] x", { ok: false, code: null, text: "[] x" }],
    ["-ERR [SYS/] x", { ok: false, code: null, text: "[SYS/] x" }],
    ["-ERR [SYS x", { ok: false, code: null, text: "[SYS x" }],
  ])("[PRC-2449.3-1] %j", (given, expected) => {
    expect(parseResponse(line(given))).toEqual(expected);
  });

  it.each(["+OKAY", "OK", "+ok", "-err", "", " +OK", "+OK\tx"])("[POP3-3-7] %j is none", (given) => {
    expect(parseResponse(line(given))).toBe(null);
  });

  it("parsing what was formatted gives it back", () => {
    const response = fc.record({
      ok: fc.boolean(),
      code: fc.option(fc.constantFrom("IN-USE", "SYS/TEMP", "AUTH")),
      text: fc.string({ maxLength: 60 }).filter((found) => !found.startsWith("[")),
    });
    fc.assert(
      fc.property(response, (given) => {
        expect(parseResponse(line(formatResponse(given)))).toEqual(given);
      }),
      { numRuns: runs(5) },
    );
  });

  it.each([
    [{ ok: true, code: null, text: "a\r\n+OK" }, '"text" expected printable ASCII'],
    [{ ok: true, code: null, text: "[x]" }, '"text" expected no bracket at its start'],
    [{ ok: true, code: "A]", text: "" }, '"code" expected levels'],
    [{ ok: true, code: null, text: "x".repeat(507) }, '"text" expected a line of at most 512 octets'],
  ])("%j is refused by the formatter", (given, message) => {
    expect(() => formatResponse(given)).toThrow(message);
  });
});

describe("listings and capabilities", () => {
  it("are read with and without leniencies", () => {
    expect(parseScanListing("1 2 more")).toEqual({ number: 1, size: 2 });
    expect(parseScanListing("1  2", { spacesInListings: false })).toBe(null);
    expect(parseUniqueIdListing("1 a")).toEqual({ number: 1, uniqueId: "a" });
    expect(parseUniqueIdListing("a")).toBe(null);
    expect(parseUniqueIdListing("a", 3, { uidlWithoutNumber: false })).toBe(null);
    expect([isUniqueId("x".repeat(70)), isUniqueId("x".repeat(71)), isUniqueId(""), isUniqueId("a b")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("capabilities that were formatted are read back, and hostile ones refused", () => {
    const tags = [
      ["TOP", []],
      ["SASL", ["PLAIN", "LOGIN"]],
    ] as const;
    const parsed = parseCapabilities(formatCapabilities(tags));
    expect([[...parsed.tags], parsed.sasl]).toEqual([
      tags.map(([tag, parameters]) => [tag, [...parameters]]),
      ["PLAIN", "LOGIN"],
    ]);
    expect(() => formatCapabilities([["A.B", []]])).toThrow('"tag" expected');
    expect(() => formatCapabilities([["A", ["b\r\n"]]])).toThrow('"A" expected parameters');
  });

  it("secrets of parsed commands are in no JSON form", () => {
    expect(JSON.stringify(parseCommand(line("PASS tanstaaf")))).toBe('{"verb":"PASS","secret":true}');
  });
});
