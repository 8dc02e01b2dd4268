import { formatKeywords, offers, parseCapabilities, type Reply } from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";

describe("capabilities", () => {
  const reply = (...lines: readonly string[]): Reply => ({ code: 250, enhanced: null, lines });

  it("[SMTP-4.1.1.1-8] the first line is never a keyword, and keywords match whole", () => {
    const found = parseCapabilities(
      reply("SIZE STARTTLS", "size  1000 ", "SIZEX", "STARTTLSFOO", "X_FOO", " example", "8BITMIME", "SIZE 5"),
    );
    expect([found.domain, found.greeting, found.size]).toEqual(["SIZE", "STARTTLS", { limit: 1000 }]);
    expect([...found.keywords]).toEqual([
      ["SIZE", ["1000"]],
      ["SIZEX", []],
      ["STARTTLSFOO", []],
      ["8BITMIME", []],
    ]);
    expect(found.otherLines).toEqual(["X_FOO", " example"]);
    expect([offers(found, "STARTTLS"), offers(found, "8BITMIME")]).toEqual([false, true]);
  });

  it("[AUTH-3-3] AUTH and AUTH= are merged, in order and without repeats", () => {
    const lines = ["mx", "AUTH=LOGIN plain", "AUTH PLAIN cram-md5"] as const;
    expect(parseCapabilities(reply(...lines)).auth).toEqual(["LOGIN", "PLAIN", "CRAM-MD5"]);
    expect(parseCapabilities(reply(...lines), { authEquals: false }).auth).toEqual(["PLAIN", "CRAM-MD5"]);
  });

  it.each([
    [["mx"], null],
    [["mx", "SIZE"], { limit: null }],
    [["mx", "SIZE 0"], { limit: Number.POSITIVE_INFINITY }],
    [["mx", "SIZE lots"], { limit: null }],
    [["mx", "SIZE 10"], { limit: 10 }],
    [[], null],
  ])("[SIZE-3-1] %j", (lines, size) => {
    expect(parseCapabilities(reply(...lines)).size).toEqual(size);
  });

  it("[SMTP-2.2.2-1] keywords outside the grammar are never written", () => {
    expect(
      formatKeywords([
        ["SIZE", ["1"]],
        ["X-Y", []],
      ]),
    ).toEqual(["SIZE 1", "X-Y"]);
    for (const [keyword, parameters] of [
      ["a", []],
      ["-X", []],
      ["X_Y", []],
      ["X", [""]],
      ["X", ["a b"]],
      ["X", ["a\r\n"]],
    ] as const) {
      expect(() => formatKeywords([[keyword, parameters]])).toThrow(RangeError);
    }
  });
});
