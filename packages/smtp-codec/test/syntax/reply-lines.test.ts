import { formatReply, outcome, type Reply, ReplyAssembler, replyCategory, replyClass } from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";

const reply = (code: number, ...lines: readonly string[]): Reply => ({ code, enhanced: null, lines });

describe("lines of replies", () => {
  const add = (text: string) => new ReplyAssembler().add(octets(text), true);

  it.each(["", "2", "25", "25x", "250x", "250_ok", "250\tok", "2500", " 250", "abc ok"])(
    "[SMTP-4.2-2] %j is no reply",
    (line) => {
      expect(add(line)).toMatchObject({ fault: "invalid-reply" });
    },
  );

  it.each(["000 x", "199 x", "600 x", "999 x"])("[SMTP-4.2-9] %j has a code of no reply", (line) => {
    expect(add(line)).toMatchObject({ fault: "invalid-reply" });
  });

  it.each([
    ["299 x", 299],
    ["490 x", 490],
    ["599", 599],
  ])("[SMTP-4.2-9] %j is taken", (line, code) => {
    expect(add(line)).toMatchObject({ code });
  });

  it.each([
    ["250", ""],
    ["250 ", ""],
    ["250  two", " two"],
    ["250 250-x", "250-x"],
  ])("[SMTP-4.2-3] %j has the text %j", (line, text) => {
    expect(add(line)).toEqual({ code: 250, enhanced: null, lines: [text] });
  });

  it("[SMTP-4.2-13] octets above 127 are kept as they came", () => {
    const assembler = new ReplyAssembler();
    expect(assembler.add(octets("250-ok"), true)).toBe(null);
    expect(assembler.add(octets("250-\xc3\xa9"), true)).toBe(null);
    expect(assembler.add(octets("250 caf\xe9"), true)).toEqual({
      code: 250,
      enhanced: null,
      lines: ["ok", "é", "caf\ufffd"],
      octets: [null, octets("\xc3\xa9"), octets("caf\xe9")],
    });
    expect(assembler.add(octets("250 \xef\xbb\xbfbom"), true)).toMatchObject({ lines: ["\ufeffbom"] });
    expect(assembler.add(octets("250 plain"), true)).toEqual({ code: 250, enhanced: null, lines: ["plain"] });
    assembler.add(octets("250-\xff"), true);
    assembler.add(octets("251 x"), true);
    expect(assembler.add(octets("250 x"), true)).toEqual({ code: 250, enhanced: null, lines: ["x"] });
  });

  it.each([
    [512, "250 ", 508],
    [4000, "250-", 4000],
  ])("[SMTP-4.5.3.1.5-2] lines of %i octets are taken", (_, start, length) => {
    const assembler = new ReplyAssembler();
    assembler.add(octets(`250-${"x".repeat(length)}`), true);
    const found = assembler.add(octets(`${start}${"x".repeat(length)}`), true) ?? assembler.add(octets("250 "), true);
    expect(found).toMatchObject({ code: 250 });
  });

  it("[SMTP-4.5.3.1.5-2] a reply over its limit ends", () => {
    const assembler = new ReplyAssembler();
    const line = octets(`250-${"x".repeat(1018)}`); // 1024 with CRLF
    const found = Array.from({ length: 65 }, () => assembler.add(line, true));
    expect(found.slice(0, 64).every((one) => one === null)).toBe(true);
    expect(found[64]).toMatchObject({ fault: "reply-too-long", text: "a reply of more than 65536 octets" });
    expect(new ReplyAssembler(10).add(octets("250 12345"), true)).toMatchObject({ fault: "reply-too-long" });
  });

  it.each([
    ["550 5.7.1 x", "5.7.1", "x"],
    ["550 5.7.1", "5.7.1", ""],
    ["550 5.7.1  x", "5.7.1", " x"],
    ["550 4.7.1 x", null, "4.7.1 x"],
    ["550 5.7.1x", null, "5.7.1x"],
    ["550 5.7", null, "5.7"],
    ["550 5.07.1 x", null, "5.07.1 x"],
    ["550 5..1 x", null, "5..1 x"],
    ["550 5.7.1000 x", null, "5.7.1000 x"],
    ["550 5-7.1 x", null, "5-7.1 x"],
    ["354 3.0.0 x", null, "3.0.0 x"],
    ["354 2.0.0 x", null, "2.0.0 x"],
  ])("[ESC-2034.4-7] %j: %s", (line, enhanced, text) => {
    expect(add(line)).toEqual({ code: Number(line.slice(0, 3)), enhanced, lines: [text] });
  });

  it.each([
    [["550-5.7.1 a", "550 5.1.1 b"], "5.7.1", ["a", "b"]],
    [["550-5.7.1 a", "550 5.7.10 b"], "5.7.1", ["a", "b"]],
    [["550-5.7.1", "550-5.7.1", "550 b"], "5.7.1", ["", "", "b"]],
    [["550-a", "550 5.7.1 b"], null, ["a", "5.7.1 b"]],
  ] as const)("[ESC-2034.4-9] %j", (lines, enhanced, texts) => {
    const assembler = new ReplyAssembler();
    expect(lines.map((line) => assembler.add(octets(line), true)).at(-1)).toMatchObject({ enhanced, lines: texts });
  });

  it.each([
    [200, 2, "syntax", "positive"],
    [211, 2, "information", "positive"],
    [354, 3, "mail-system", "intermediate"],
    [421, 4, "connections", "transient"],
    [535, 5, "unspecified", "permanent"],
    [599, 5, "unspecified", "permanent"],
  ])("[SMTP-4.2-17] %i", (code, klass, category, result) => {
    expect([replyClass(reply(code)), replyCategory(reply(code)), outcome(reply(code))]).toEqual([
      klass,
      category,
      result,
    ]);
  });

  it("[UTF8-3.7.4.1-1] text beyond ASCII is written only where it is allowed", () => {
    const moved: Reply = { code: 251, enhanced: "2.1.5", lines: ["will forward to <dömi@b>"] };
    expect(() => formatReply(moved)).toThrow("printable ASCII");
    expect(formatReply(moved, { smtputf8: true })).toBe("251 2.1.5 will forward to <dömi@b>\r\n");
    expect(() => formatReply({ ...moved, lines: ["\u0085"] }, { smtputf8: true })).toThrow(RangeError);
    expect(() => formatReply({ ...moved, lines: ["ö".repeat(251)] }, { smtputf8: true })).toThrow("at most 512 octets");
  });

  it("[SMTP-4.5.3.1.5-1] a line of 512 octets is written, a longer one never, nor cut", () => {
    expect(formatReply(reply(250, "x".repeat(506)))).toHaveLength(512);
    expect(() => formatReply(reply(250, "x".repeat(507)))).toThrow("at most 512 octets");
    expect(() => formatReply({ code: 250, enhanced: "2.0.0", lines: ["x".repeat(501)] })).toThrow("at most 512 octets");
  });

  it.each([
    ["a\tb ~", true],
    ["a\r\n", false],
    ["\0", false],
    ["\x7f", false],
  ])("[SMTP-4.2-11] the text %j: %s", (line, allowed) => {
    if (allowed) expect(formatReply(reply(250, line))).toBe(`250 ${line}\r\n`);
    else expect(() => formatReply(reply(250, line))).toThrow("printable ASCII");
  });
});
