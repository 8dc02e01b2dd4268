import fc from "fast-check";
import { capabilities } from "pop3-codec/arbitraries";
import {
  type Capability,
  formatCapabilities,
  formatCapability,
  parseCapabilities,
  parseCapability,
} from "pop3-codec/syntax";
import { runs } from "tools/testing";
import { describe, expect, it } from "vitest";

describe("capabilities", () => {
  it.each<readonly [string, Capability]>([
    ["TOP", { tag: "TOP" }],
    ["USER", { tag: "USER" }],
    ["RESP-CODES", { tag: "RESP-CODES" }],
    ["PIPELINING", { tag: "PIPELINING" }],
    ["UIDL", { tag: "UIDL" }],
    ["AUTH-RESP-CODE", { tag: "AUTH-RESP-CODE" }],
    ["STLS", { tag: "STLS" }],
    ["LANG", { tag: "LANG" }],
    ["SASL CRAM-MD5 KERBEROS_V4", { tag: "SASL", mechanisms: ["CRAM-MD5", "KERBEROS_V4"] }],
    ["SASL", { tag: "SASL", mechanisms: [] }],
    ["UTF8", { tag: "UTF8", user: false }],
    ["UTF8 USER", { tag: "UTF8", user: true }],
    ["X-UNKNOWN a b.c", { tag: "other", name: "X-UNKNOWN", parameters: ["a", "b.c"] }],
    ["EXPIRENEVER", { tag: "other", name: "EXPIRENEVER", parameters: [] }],
  ])("[CAPA-3-2] %j, both ways", (line, expected) => {
    expect(parseCapability(line)).toEqual(expected);
    expect(formatCapability(expected)).toBe(line);
  });

  it.each<readonly [string, Capability]>([
    ["LOGIN-DELAY 900", { tag: "LOGIN-DELAY", seconds: 900, user: false }],
    ["LOGIN-DELAY 900 USER", { tag: "LOGIN-DELAY", seconds: 900, user: true }],
    ["LOGIN-DELAY 0", { tag: "LOGIN-DELAY", seconds: 0, user: false }],
  ])("[CAPA-6.5-1] %j, both ways", (line, expected) => {
    expect(parseCapability(line)).toEqual(expected);
    expect(formatCapability(expected)).toBe(line);
  });

  it.each([
    "LOGIN-DELAY",
    "LOGIN-DELAY x",
    "LOGIN-DELAY -1",
    "LOGIN-DELAY 1 2",
    "LOGIN-DELAY 1 USER x",
    "LOGIN-DELAY USER",
  ])("[CAPA-6.5-1] the arguments of %j are kept, and have no value", (line) => {
    const [name = "", ...parameters] = line.split(" ");
    expect(parseCapability(line)).toEqual({ tag: "other", name, parameters });
  });

  it.each<readonly [string, Capability]>([
    ["EXPIRE 60", { tag: "EXPIRE", days: 60, user: false }],
    ["EXPIRE 30 USER", { tag: "EXPIRE", days: 30, user: true }],
    ["EXPIRE 0", { tag: "EXPIRE", days: 0, user: false }],
    ["EXPIRE NEVER", { tag: "EXPIRE", days: Number.POSITIVE_INFINITY, user: false }],
    ["EXPIRE NEVER USER", { tag: "EXPIRE", days: Number.POSITIVE_INFINITY, user: true }],
  ])("[CAPA-6.7-1] %j, both ways", (line, expected) => {
    expect(parseCapability(line)).toEqual(expected);
    expect(formatCapability(expected)).toBe(line);
  });

  it.each(["EXPIRE", "EXPIRE SOON", "EXPIRE 1.5", "EXPIRE USER", "TOP x", "UTF8 x", "UTF8 USER x", "IMPLEMENTATION"])(
    "[CAPA-5-5] the arguments of %j are kept as they came",
    (line) => {
      const [name = "", ...parameters] = line.split(" ");
      const parsed = parseCapability(line);
      expect(parsed).toEqual({ tag: "other", name, parameters });
      expect(formatCapability(parsed!)).toBe(line);
    },
  );

  it("[CAPA-6.9-1] IMPLEMENTATION has one token or more", () => {
    const implementation: Capability = { tag: "IMPLEMENTATION", text: "Shlemazle-Plotz-v302 (x)" };
    expect(parseCapability("IMPLEMENTATION Shlemazle-Plotz-v302 (x)")).toEqual(implementation);
    expect(formatCapability(implementation)).toBe("IMPLEMENTATION Shlemazle-Plotz-v302 (x)");
  });

  it("[CAPA-5-4] tags, USER and NEVER in any case; the spelling is kept", () => {
    const lines = ["sasl plain", "Expire never user", "login-Delay 9 User", "uTF8 user", "x-Top y"];
    const parsed = parseCapabilities(lines);
    expect(parsed.list).toEqual([
      { tag: "SASL", mechanisms: ["PLAIN"] },
      { tag: "EXPIRE", days: Number.POSITIVE_INFINITY, user: true },
      { tag: "LOGIN-DELAY", seconds: 9, user: true },
      { tag: "UTF8", user: true },
      { tag: "other", name: "x-Top", parameters: ["y"] },
    ]);
    expect([...parsed.tags.keys()]).toEqual(["SASL", "EXPIRE", "LOGIN-DELAY", "UTF8", "X-TOP"]);
    expect(parsed.lines).toEqual(lines);
  });

  it("[CAPA-5-5] SASL lines add up; of other tags listed twice the first line counts", () => {
    const { list, tags, sasl } = parseCapabilities([
      "EXPIRE 1",
      "SASL PLAIN",
      "EXPIRE 2",
      "SASL plain LOGIN no.name",
      "TOP x",
      "TOP",
    ]);
    expect(list).toHaveLength(6);
    expect(tags.get("EXPIRE")).toEqual({ tag: "EXPIRE", days: 1, user: false });
    expect(tags.get("TOP")).toEqual({ tag: "other", name: "TOP", parameters: ["x"] });
    expect(sasl).toEqual(["PLAIN", "LOGIN"]);
  });

  it.each(["a.b", "TOP\0", "SASL PL\xc3\xa9IN", "TOP \x7f"])(
    "[CAPA-3-2] %j is none, and kept among the lines",
    (line) => {
      expect(parseCapability(line)).toBe(null);
      expect(parseCapabilities([line])).toEqual({ list: [], tags: new Map(), sasl: [], lines: [line] });
    },
  );

  it("[POP3-Q-9] blanks are read over, or make a line none", () => {
    const lines = ["", " ", "TOP ", " UIDL", "EXPIRE\t3  USER"];
    const tags = (strict: boolean) => [...parseCapabilities(lines, { blankCapabilityLines: !strict }).tags.keys()];
    expect(tags(false)).toEqual(["TOP", "UIDL", "EXPIRE"]);
    expect(tags(true)).toEqual([]);
    expect(parseCapability(" UIDL\t")).toEqual({ tag: "UIDL" });
    const strict = parseCapabilities(["EXPIRE 3 USER", "X  Y"], { blankCapabilityLines: false });
    expect(strict.list).toEqual([{ tag: "EXPIRE", days: 3, user: true }]);
  });
});

describe("formatting capabilities", () => {
  it("parsing what was formatted gives it back, in order", () => {
    fc.assert(
      fc.property(capabilities(), (given) => {
        const lines = formatCapabilities(given);
        const parsed = parseCapabilities(lines);
        expect(parsed.list).toEqual(given);
        expect(formatCapabilities(parsed.list)).toEqual(lines);
      }),
      { numRuns: runs(3) },
    );
  });

  it("whatever is parsed can be formatted, and comes back", () => {
    const part = fc.constantFrom(
      "SASL",
      "EXPIRE",
      "never",
      "USER",
      "UTF8",
      "9",
      "9".repeat(17),
      ".",
      "PLAIN",
      " ",
      "\t",
      "\xff",
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.array(part, { maxLength: 6 }).map((parts) => parts.join(" ")),
          { maxLength: 6 },
        ),
        (lines) => {
          const { list } = parseCapabilities(lines);
          expect(parseCapabilities(formatCapabilities(list)).list).toEqual(list);
        },
      ),
      { numRuns: runs(3) },
    );
  });

  it.each<readonly [Capability, string]>([
    [{ tag: "other", name: "Stls", parameters: [] }, '"tag" expected that of a capability without a form of its own'],
    [{ tag: "other", name: "SASL", parameters: ["PLAIN"] }, '"tag" expected that of a capability without'],
    [{ tag: "other", name: "expire", parameters: ["never", "user"] }, '"tag" expected that of a capability without'],
    [{ tag: "other", name: "A.B", parameters: [] }, '"tag" expected visible ASCII without a dot'],
    [{ tag: "other", name: "", parameters: [] }, '"tag" expected'],
    [{ tag: "other", name: "A", parameters: ["b\r\n."] }, '"A" expected arguments of visible ASCII'],
    [{ tag: "other", name: "A", parameters: [""] }, '"A" expected arguments'],
    [{ tag: "IMPLEMENTATION", text: "" }, '"IMPLEMENTATION" expected arguments'],
    [{ tag: "IMPLEMENTATION", text: "a  b" }, '"IMPLEMENTATION" expected arguments'],
    [{ tag: "SASL", mechanisms: ["no.name"] }, '"mechanisms" expected names'],
    [{ tag: "LOGIN-DELAY", seconds: -1, user: false }, '"seconds" expected a whole number'],
    [{ tag: "EXPIRE", days: 0.5, user: false }, '"days" expected a whole number'],
  ])("[CAPA-3-2] %j is refused", (given, message) => {
    expect(() => formatCapabilities([given])).toThrow(RangeError);
    expect(() => formatCapabilities([given])).toThrow(message);
  });

  it.each<readonly [unknown, string]>([
    [{ tag: "SASL", mechanisms: "PLAIN" }, '"mechanisms" expected an array, got string'],
    [{ tag: "SASL", mechanisms: [null] }, '"mechanisms[0]" expected a string, got null'],
    [{ tag: "IMPLEMENTATION" }, '"text" expected a string, got undefined'],
    [{ tag: "EXPIRE", days: "9", user: false }, '"days" expected a number, got string'],
  ])("%j is of another type", (given, message) => {
    expect(() => formatCapabilities([given as Capability])).toThrow(new TypeError(message));
  });

  it("[CAPA-4-3] a line has at most 512 octets", () => {
    const capability = (length: number): Capability => ({ tag: "other", name: "X".repeat(length - 2), parameters: [] });
    expect(formatCapability(capability(512))).toHaveLength(510);
    expect(() => formatCapability(capability(513))).toThrow("expected a line of at most 512 octets");
  });
});
