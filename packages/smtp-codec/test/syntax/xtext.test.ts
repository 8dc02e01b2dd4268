import { decodeXtext, encodeXtext } from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";

describe("xtext", () => {
  it.each([
    ["a+b=c d", "a+2Bb+3Dc+20d"],
    ["~!", "~!"],
    ["", ""],
    ["\x7f\0", "+7F+00"],
  ])("%j is %s", (plain, xtext) => {
    expect(encodeXtext(plain)).toBe(xtext);
    expect(decodeXtext(xtext)).toBe(plain);
  });

  it.each(["+", "+1", "+GG", "a=b", "a b", "\x7f", "\xe9"])("[DSN-4-2] %j is none", (xtext) => {
    expect(decodeXtext(xtext)).toBe(null);
  });

  it("takes lower-case digits, and writes no character above ASCII", () => {
    expect(decodeXtext("+3d")).toBe("=");
    expect(() => encodeXtext("\u00e9")).toThrow('"text" expected ASCII alone');
  });
});
