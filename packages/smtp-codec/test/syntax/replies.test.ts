import fc from "fast-check";
import {
  formatReply,
  isEnhancedCode,
  leadingEnhancedCode,
  outcome,
  type Reply,
  ReplyAssembler,
  type ReplyFormat,
  replyCategory,
  splitEnhancedCode,
} from "smtp-codec/syntax";
import { octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";

describe("replies", () => {
  const assemble = (lines: readonly string[], enhanced = true) => {
    const assembler = new ReplyAssembler();
    return lines.map((line) => assembler.add(octets(line), enhanced)).at(-1);
  };

  it.each<readonly [readonly string[], object]>([
    [["250"], { code: 250, enhanced: null, lines: [""] }],
    [["250 "], { code: 250, enhanced: null, lines: [""] }],
    [["250-a", "250 b"], { code: 250, lines: ["a", "b"] }],
    [["250-234 text", "250-", "250"], { lines: ["234 text", "", ""] }],
    [["550 5.1.1 no"], { code: 550, enhanced: "5.1.1", lines: ["no"] }],
    [["550-5.1.1 a", "550 5.1.1 b"], { enhanced: "5.1.1", lines: ["a", "b"] }],
    [["550-5.1.1 a", "550 5.7.1 b"], { enhanced: "5.1.1", lines: ["a", "b"] }],
    [["550-5.1.1", "550 b"], { enhanced: "5.1.1", lines: ["", "b"] }],
    [["250 5.1.1 ok"], { enhanced: null, lines: ["5.1.1 ok"] }],
    [["250 2.0.0.1 ok"], { enhanced: null, lines: ["2.0.0.1 ok"] }],
    [["260 ok"], { code: 260 }],
    [["250 \xff"], { lines: ["\ufffd"] }],
  ])("[SMTP-4.2-4] %j", (lines, expected) => {
    expect(assemble(lines)).toMatchObject(expected);
  });

  it("[ESC-2034.4-8] no enhanced code is read where none can be", () => {
    expect(assemble(["250 2.0.0 ok"], false)).toEqual({ code: 250, enhanced: null, lines: ["2.0.0 ok"] });
  });

  it("after a fault the assembler is as new", () => {
    const assembler = new ReplyAssembler();
    expect([assembler.add(octets("250-a"), true), assembler.midReply]).toEqual([null, true]);
    expect(assembler.add(octets("251 b"), true)).toMatchObject({ fault: "codes-differ" });
    expect([assembler.midReply, assembler.add(octets("251 b"), true)]).toMatchObject([false, { code: 251 }]);
    expect(assembler.add(octets("25x b"), true)).toMatchObject({ fault: "invalid-reply" });
  });

  it("[SMTP-4.2-17] the first digit tells the outcome", () => {
    expect([250, 354, 450, 550].map((code) => outcome({ code, enhanced: null, lines: [""] }))).toEqual([
      "positive",
      "intermediate",
      "transient",
      "permanent",
    ]);
  });

  it("reading what was formatted gives it back", () => {
    const reply = fc.record({
      code: fc.constantFrom(220, 250, 354, 421, 554),
      lines: fc.array(
        fc.string({ maxLength: 40 }).filter((line) => leadingEnhancedCode(line) === null),
        { minLength: 1, maxLength: 4 },
      ),
      withCode: fc.boolean(),
    });
    fc.assert(
      fc.property(reply, ({ code, lines, withCode }) => {
        const enhanced = withCode && code !== 354 ? (`${String(code)[0]}.1.2` as "2.1.2") : null;
        const given: Reply = { code, enhanced, lines };
        expect(assemble(formatReply(given).split("\r\n").slice(0, -1))).toEqual(given);
      }),
      { numRuns: runs(5) },
    );
  });

  it.each<readonly [Partial<Reply>, string]>([
    [{ code: 150 }, '"code" expected 200 to 559'],
    [{ code: 260 }, '"code" expected'],
    [{ code: 2500 }, '"code" expected'],
    [{ enhanced: "5.0.0" }, '"enhanced" expected a code of the class of 250'],
    [{ enhanced: "2.0.01" as "2.0.1" }, '"enhanced" expected'],
    [{ code: 354, enhanced: "2.0.0" }, '"enhanced" expected'],
    [{ lines: [] }, '"lines" expected at least one line'],
    [{ lines: ["a\r\n250 b"] }, '"reply" expected lines of printable ASCII'],
    [{ lines: ["\u00e9"] }, '"reply" expected lines of printable ASCII'],
    [{ lines: ["x".repeat(507)] }, '"reply" expected lines of at most 512 octets'],
  ])("[SMTP-4.2-10] %j is refused by the formatter", (given, message) => {
    expect(() => formatReply({ code: 250, enhanced: null, lines: ["ok"], ...given })).toThrow(message);
  });

  it("[SMTP-4.2-9] [SMTP-4.2-10] what is taken with a second digit above 5 is written where a proxy asks for it", () => {
    for (let code = 0; code < 1000; code++) {
      const digits = String(code).padStart(3, "0");
      const taken = assemble([`${digits} text`]) as Reply;
      const written = (format: ReplyFormat) => {
        try {
          return formatReply({ code, enhanced: null, lines: ["text"] }, format);
        } catch (error) {
          return (error as Error).message;
        }
      };
      const whole = `${digits} text\r\n`;
      expect("fault" in taken).toBe(code < 200 || code > 599);
      expect(written({ anySecondDigit: true })).toBe(
        "fault" in taken ? `"code" expected 200 to 599, got ${code}` : whole,
      );
      expect(written({})).toBe(/^[2-5][0-5]/.test(digits) ? whole : `"code" expected 200 to 559, got ${code}`);
    }
  });

  it("no code has more digits than three, and categories are told by the second", () => {
    for (const code of [1250, 2500, 12_500]) {
      const write = () => formatReply({ code, enhanced: null, lines: [""] }, { anySecondDigit: true });
      expect(write).toThrow(`"code" expected 200 to 599, got ${code}`);
    }
    const categories = [200, 210, 220, 230, 240, 250, 260].map((code) =>
      replyCategory({ code, enhanced: null, lines: [] }),
    );
    expect(categories.join(" ")).toBe("syntax information connections unspecified unspecified mail-system unspecified");
  });

  it("[ESC-3463.2-1] enhanced codes have no leading zeros, and three digits at most", () => {
    expect(["2.0.0", "4.999.999", "5.7.8"].every(isEnhancedCode)).toBe(true);
    expect(["3.0.0", "5.1.1000", "5.01.1", "5.1", "5.1.1 ", "5.1.1.1", ""].some(isEnhancedCode)).toBe(false);
    expect(splitEnhancedCode("5.7.8")).toEqual({ class: 5, subject: 7, detail: 8 });
  });
});
