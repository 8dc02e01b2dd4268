import { formatParameters, mailParameters, parseMailbox, typeMailParameters } from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";

describe("parameters", () => {
  const all = () => [];
  it("are typed, and written back", () => {
    const typed = { size: 5, body: "7BIT", auth: parseMailbox("e=mc2@example.com")! } as const;
    const written = mailParameters(typed);
    expect(formatParameters(written)).toBe(" SIZE=5 BODY=7BIT AUTH=e+3Dmc2@example.com");
    expect(typeMailParameters(written, all)).toEqual(typed);
    expect(mailParameters({})).toEqual([]);
    expect(typeMailParameters([{ keyword: "AUTH", value: "<>" }], all)).toEqual({
      auth: { kind: "null", address: "" },
    });
  });

  it.each([
    ["SIZE", "+1"],
    ["SIZE", "0x1"],
    ["SIZE", "1".repeat(21)],
    ["SIZE", null],
    ["BODY", "8BIT"],
    ["AUTH", "a+0Db@c"],
    ["AUTH", "+"],
    ["AUTH", "x"],
  ])("[SIZE-3-3] %s=%s is malformed", (keyword, value) => {
    expect(typeMailParameters([{ keyword, value }], all)).toMatchObject({
      fault: "invalid-parameter",
      field: keyword,
      reply: { code: 501, enhanced: "5.5.4" },
    });
  });

  it("a size of 20 digits neither wraps nor is lost", () => {
    expect(typeMailParameters([{ keyword: "SIZE", value: "9".repeat(20) }], all)).toEqual({
      size: Number.POSITIVE_INFINITY,
    });
  });

  it("hostile ones are refused", () => {
    expect(() => formatParameters([{ keyword: "X", value: "a\r\nQUIT" }])).toThrow(RangeError);
    expect(() =>
      formatParameters([
        { keyword: "X", value: "1" },
        { keyword: "x", value: "2" },
      ]),
    ).toThrow('"parameters" a parameter is given twice');
    expect(() => mailParameters({ size: -1 })).toThrow('"SIZE" expected a whole number');
    expect(() => mailParameters({ body: "8BIT" as "7BIT" })).toThrow('"BODY" expected 7BIT, 8BITMIME or BINARYMIME');
  });
});
