import { decodeBase64, encodeBase64 } from "dot-stuffing/session";
import fc from "fast-check";
import { octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

describe("strict base64", () => {
  // RFC 4648 §10.
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
    ["\xff\xfe\xfd\0", "//79AA=="],
  ])("%j is %s", (plain, base64) => {
    expect(encodeBase64(octets(plain))).toBe(base64);
    expect(text(decodeBase64(base64)!)).toBe(plain);
    expect(text(decodeBase64(octets(base64))!)).toBe(plain);
  });

  it.each([
    ["padding missing", "Zg"],
    ["padding short", "Zg="],
    ["padding inside", "Zg==Zm8="],
    ["padding first", "=AAA"],
    ["padding alone", "===="],
    ["padding before data", "AAA=BBB="],
    ["unused bits set, two", "Zh=="],
    ["unused bits set, one", "Zm9="],
    ["a space", "Zm9v Zm9"],
    ["a line end", "Zm9v\r\n  "],
    ["the URL alphabet", "_-79"],
    ["an octet above 127", "Zm9\xe9"],
    ["a cancellation", "*"],
  ])("[PAUTH-4-9] refuses %s", (_, base64) => {
    expect(decodeBase64(base64)).toBe(null);
    expect(decodeBase64(octets(base64))).toBe(null);
  });

  it("decoding what was encoded gives it back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
        expect(decodeBase64(encodeBase64(bytes))).toEqual(Uint8Array.from(bytes));
      }),
      { numRuns: runs(0.5) },
    );
  });
});
