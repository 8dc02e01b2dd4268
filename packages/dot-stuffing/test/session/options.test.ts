import { checkAtLeast, checkNames, sessionDefaults, withDefaults } from "dot-stuffing/session";
import { describe, expect, it } from "vitest";

const DEFAULTS = {
  ...{ on: true, word: "one", list: ["a"] as readonly string[], inner: { deep: 1 } as object },
  ...{ most: 5, call: null as unknown, given: undefined as unknown },
};

describe("withDefaults", () => {
  it("puts every default in place of what is not given", () => {
    expect(withDefaults("options", {}, DEFAULTS)).toEqual(DEFAULTS);
    const given = { on: false, word: "", list: [], inner: {}, most: 0, call: 1, given: null };
    expect(withDefaults("options", given, DEFAULTS)).toEqual(given);
    expect(withDefaults("options", { on: undefined, most: undefined }, DEFAULTS)).toEqual(DEFAULTS);
    expect(DEFAULTS.most).toBe(5);
  });

  it("options may be inherited, or be read by a class's getters", () => {
    class Options {
      get word() {
        return "two";
      }
    }
    expect(withDefaults("options", new Options(), DEFAULTS).word).toBe("two");
    expect(withDefaults("options", Object.create({ on: false }) as object, DEFAULTS).on).toBe(false);
  });

  it.each<[unknown, string]>([
    [null, '"options" expected an object, got null'],
    [undefined, '"options" expected an object, got undefined'],
    [[], '"options" expected an object, got array'],
    ["on", '"options" expected an object, got string'],
    [{ On: true }, '"options" expected on, word, list, inner, most, call, given alone, got On'],
    [{ toString: null }, "alone, got toString"],
    [{ on: 1 }, '"on" expected a boolean, got number'],
    [{ on: null }, '"on" expected a boolean, got null'],
    [{ word: ["one"] }, '"word" expected a string, got array'],
    [{ list: "a" }, '"list" expected an array, got string'],
    [{ inner: [] }, '"inner" expected an object, got array'],
    [{ inner: () => {} }, '"inner" expected an object, got function'],
  ])("%j is refused", (options, message) => {
    expect(() => withDefaults("options", options as object, DEFAULTS)).toThrow(TypeError);
    expect(() => withDefaults("options", options as object, DEFAULTS)).toThrow(message);
  });

  it("of numbers the type is looked at, and not the range", () => {
    expect(withDefaults("options", { most: -1.5 } as object, DEFAULTS).most).toBe(-1.5);
    for (const most of ["12", null])
      expect(() => withDefaults("options", { most } as object, DEFAULTS)).toThrow(
        new TypeError(`"most" expected a number, got ${most === null ? "null" : "string"}`),
      );
  });

  it("of members of an option the message tells the option too", () => {
    expect(() => withDefaults("inner", { deep: 1, on: "yes" }, { deep: 1, on: false })).toThrow(
      new TypeError('"inner.on" expected a boolean, got string'),
    );
    expect(() => withDefaults("inner", { deeper: 1 } as object, { deep: 1 })).toThrow(
      new TypeError('"inner" expected deep alone, got deeper'),
    );
  });

  it("what all sessions have is known by name", () => {
    expect(sessionDefaults).toEqual({ highWaterMark: 65_536, maxPendingInput: 262_144 });
  });
});

it("checkNames takes what has some of the names, or none", () => {
  expect(() => checkNames("input", { b: 1 }, ["a", "b"])).not.toThrow();
  expect(() => checkNames("input", {}, [])).not.toThrow();
  expect(() => checkNames("input", { b: undefined }, ["a"])).toThrow(new TypeError('"input" expected a alone, got b'));
});

it.each<[unknown, string]>([
  ["5", "5"],
  [-1, "-1"],
  [true, "true"],
  [null, "null"],
  [undefined, "undefined"],
])("a message shows what was got: %j", (given, shown) => {
  const message = `"most" expected a whole number of at least 1, or Infinity, got ${shown}`;
  expect(() => checkAtLeast("most", given as number, 1)).toThrow(new RangeError(message));
});
