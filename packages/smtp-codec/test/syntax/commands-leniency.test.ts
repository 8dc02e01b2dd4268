import { type CommandOptions, formatCommand, helloNameKind, parseCommand, splitCommand } from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";

const SYNTAX = { reply: { code: 501, enhanced: "5.5.2" } };
const utf8 = (text: string) => new TextEncoder().encode(text);

describe("command lines", () => {
  it.each([
    ["noop \t ", { verb: "NOOP", argument: null }],
    ["QUIT \t", { verb: "QUIT" }],
    ["NOOP a  b ", { verb: "NOOP", argument: "a  b" }],
  ])("[SMTP-4.1.1-1] white space at the end of %j is ignored", (line, command) => {
    expect(parseCommand(octets(line))).toEqual(command);
  });

  it.each(["", " ", " NOOP", "DATA1", "RSET-", "NO\tOP", "1", "M\u00e4IL FROM:<>", "\xff"])(
    "[SMTP-4.1.1-2] %j is no verb",
    (line) => {
      expect(parseCommand(octets(line))).toMatchObject({
        fault: "unknown-verb",
        reply: { code: 500, enhanced: "5.5.2" },
      });
    },
  );

  it.each(["DATAX", "RSETFOO", "MAILX", "XFOO"])("[SMTP-4.1.1-2] %s is a verb of its own", (line) => {
    expect(parseCommand(octets(line))).toEqual({ verb: "other", name: line, argument: null });
  });

  it.each(["RSET x", "DATA x", "QUIT x", "STARTTLS x"])("[SMTP-4.1.1-3] %s has an argument too many", (line) => {
    expect(parseCommand(octets(line))).toMatchObject({
      fault: "unexpected-argument",
      reply: { code: 501, enhanced: "5.5.4" },
    });
  });

  it.each(["NOOP a\tb", "MAIL FROM:<a@b>\tSIZE=1", "MAIL \tFROM:<a@b>", "NOOP a\x7f", "NOOP a\0b", "HELP \x1b"])(
    "[SMTP-4.1.1-4] a control character in %j is refused",
    (line) => {
      expect(parseCommand(octets(line))).toMatchObject({ fault: "invalid-octet", ...SYNTAX });
    },
  );

  it.each(["EHLO \u00e9", "NOOP \xff", "AUTH PLAIN \x80", "XFOO \xe9"])("[SMTP-2.4-5] %j is not ASCII", (line) => {
    expect(parseCommand(octets(line))).toMatchObject({ fault: "invalid-octet", ...SYNTAX });
  });

  it.each<readonly [string, string]>([
    ["MAIL  FROM:<a@b>", "invalid-argument"],
    ["MAIL FROM:<a@b>  SIZE=1", "invalid-parameter"],
    ["MAIL FROM:<a@b> SIZE=1  X", "invalid-parameter"],
  ])("[SMTP-4.1.1-4] runs of spaces: %j", (line, fault) => {
    expect(parseCommand(octets(line))).toMatchObject({ verb: "MAIL", from: { address: "a@b" } });
    expect(parseCommand(octets(line), { extraSpaces: false })).toMatchObject({ fault, ...SYNTAX });
  });

  it("a line may be split before it is parsed", () => {
    expect(splitCommand(octets("mail from:<>"))).toEqual({ verb: "MAIL", argument: "from:<>" });
  });
});

describe("hello", () => {
  it.each(["EHLO", "HELO ", "LHLO"])("[SMTP-4.1.1.1-1] %j lacks its name", (line) => {
    expect(parseCommand(octets(line))).toMatchObject({
      fault: "missing-argument",
      reply: { code: 501, enhanced: "5.5.4" },
    });
  });

  it.each([
    ["EHLO example", "domain"],
    ["HELO [192.0.2.1]", "address-literal"],
    ["LHLO [IPv6:::1]", "address-literal"],
    ["EHLO my_pc", "other"],
    ["EHLO [::1]", "other"],
    [`EHLO ${"_".repeat(255)}`, "other"],
  ])("[SMTP-4.1.1.1-2] %s", (line, nameKind) => {
    const strict = parseCommand(octets(line), { helloName: false });
    expect(parseCommand(octets(line))).toMatchObject({ nameKind, name: line.slice(5) });
    if (nameKind === "other") expect(strict).toMatchObject({ fault: "invalid-argument", reply: { code: 501 } });
    else expect(strict).toMatchObject({ nameKind });
  });

  it("[SMTP-4.1.1.1-3] text after the name is told apart", () => {
    const hello = { verb: "HELO", name: "a.example", nameKind: "domain", trailing: "and  more" } as const;
    for (const line of ["HELO a.example and  more", "HELO a.example  and  more "])
      expect(parseCommand(octets(line))).toEqual(hello);
    expect(formatCommand(hello)).toBe("HELO a.example and  more\r\n");
    expect(parseCommand(octets("HELO a more"), { helloTrailing: false })).toMatchObject({ fault: "invalid-argument" });
  });

  it("[SMTP-2.3.5-1] what a name is can be asked", () => {
    expect([helloNameKind("localhost"), helloNameKind("[192.0.2.1]"), helloNameKind("a_b"), helloNameKind("")]).toEqual(
      [...["domain", "address-literal", "other", "other"]],
    );
    expect(helloNameKind("a_b", { underscoreInDomain: true })).toBe("domain");
  });

  it("[UTF8-3.7.1-1] a name beyond ASCII is not written", () => {
    expect(() => formatCommand({ verb: "EHLO", name: "münchen.example", nameKind: "domain" })).toThrow(RangeError);
  });
});

describe("MAIL and RCPT", () => {
  it.each<readonly [string, CommandOptions, CommandOptions]>([
    ["MAIL FROM: <a@b>", {}, { spaceAfterColon: false }],
    ["MAIL FROM :<a@b>", { spaceBeforeColon: true }, {}],
    ["MAIL FROM  :  <a@b>", { spaceBeforeColon: true }, {}],
  ])("[SMTP-3.3-2] %s", (line, lenient, strict) => {
    expect(parseCommand(octets(line), lenient)).toMatchObject({ from: { address: "a@b" } });
    expect(parseCommand(octets(line), strict)).toMatchObject(SYNTAX);
  });

  it.each(["MAIL FROM:a@b SIZE=1", "RCPT TO:a@b", "MAIL FROM:a@[192.0.2.1]"])("[SMTP-3.3-3] %s", (line) => {
    expect(parseCommand(octets(line))).toMatchObject({ fault: "invalid-path", ...SYNTAX });
    const command = parseCommand(octets(line), { pathWithoutBrackets: true });
    expect(formatCommand(command as never)).toBe(`${line.replace(/:([^ ]*)/, ":<$1>")}\r\n`);
  });

  it.each(["MAIL FROM:", "MAIL FROM:a", "MAIL FROM:a@b>", "RCPT TO:@c:a@b", `MAIL FROM:${"a".repeat(253)}@b`])(
    "[SMTP-3.3-3] %s is no whole mailbox",
    (line) => {
      expect(parseCommand(octets(line), { pathWithoutBrackets: true })).toMatchObject({
        fault: "invalid-path",
        ...SYNTAX,
      });
    },
  );

  it("[SMTP-3.3-4] [SMTP-2.4-2] are written in upper case, with brackets, without spaces", () => {
    for (const [line, written] of [
      ["mail from: <a@b> size=1", "MAIL FROM:<a@b> SIZE=1\r\n"],
      ["Rcpt To:<@x:a@b>", "RCPT TO:<a@b>\r\n"],
    ] as const) {
      expect(formatCommand(parseCommand(octets(line)) as never)).toBe(written);
    }
  });

  it.each([
    ["MAIL FROM:<tim>", "5.1.7"],
    ["RCPT TO:<tim>", "5.1.3"],
    ["MAIL FROM:<postmaster>", "5.1.7"],
  ])("[SMTP-4.1.1.3-3] %s has no domain", (line, enhanced) => {
    expect(parseCommand(octets(line))).toMatchObject({ fault: "invalid-path", reply: { code: 501, enhanced } });
    const lenient = parseCommand(octets(line), { unqualifiedMailbox: true });
    expect(lenient).toMatchObject({ parameters: [] });
    expect(() => formatCommand(lenient as never)).toThrow('"address" expected a mailbox');
  });

  it.each(["MAIL", "RCPT", "MAIL FROM", "RCPT FROM:<a@b>", "MAIL F"])("%s lacks its path", (line) => {
    expect(parseCommand(octets(line))).toMatchObject({ fault: "invalid-argument", ...SYNTAX });
  });

  it("[SMTP-4.1.1.3-5] RCPT has no null path", () => {
    expect(parseCommand(octets("RCPT TO:<>"))).toMatchObject({ reply: { code: 501, enhanced: "5.1.3" } });
  });

  it.each([
    ["not-offered", "MAIL FROM:<ä@b>", 501, "5.1.7"],
    ["not-offered", "MAIL FROM:<ä@b> SMTPUTF8", 501, "5.1.7"],
    ["not-offered", "RCPT TO:<ä@b>", 501, "5.1.3"],
    ["offered", "MAIL FROM:<ä@b>", 550, "5.6.7"],
    ["offered", "MAIL FROM:<a@ä> BODY=8BITMIME", 550, "5.6.7"],
    ["offered", "RCPT TO:<ä@b>", 553, "5.6.7"],
    ["offered", "MAIL FROM:<a@b> X=ä", 501, "5.5.4"],
    ["offered", "MAIL FROM:<a@b> Y BODY=8BITMIME X=ä", 501, "5.5.4"],
    ["in-force", "MAIL FROM:<a@b> X=ä", 501, "5.5.4"],
  ] as const)("[UTF8-3.4-1] %s: %s", (smtputf8State, line, code, enhanced) => {
    expect(parseCommand(utf8(line), { smtputf8State })).toMatchObject({ reply: { code, enhanced } });
  });

  it.each([
    ["offered", "MAIL FROM:<ä@b> SMTPUTF8"],
    ["in-force", "RCPT TO:<ä@bücher.example>"],
    ["in-force", 'RCPT TO:<"日本 語"@世界.example>'],
    ["offered", "RCPT TO:<a@b> ORCPT=utf-8;ä@b"],
    ["in-force", "MAIL FROM:<𐐷@b> SMTPUTF8"],
  ] as const)("[UTF8-3.3-1] %s: %s", (smtputf8State, line) => {
    const command = parseCommand(utf8(line), { smtputf8State });
    expect(formatCommand(command as never, { smtputf8: true })).toBe(`${line}\r\n`);
  });

  it("[UTF8-3.3-1] a source route beyond ASCII, which is ignored, needs no SMTPUTF8", () => {
    const command = parseCommand(utf8("MAIL FROM:<@ä:a@b> Y X=1"), { smtputf8State: "offered" });
    expect(formatCommand(command as never)).toBe("MAIL FROM:<a@b> Y X=1\r\n");
  });

  it.each([
    ["overlong", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["cut off", [0xe4, 0xb8]],
    ["a lone trail", [0x80]],
  ] as const)("[UTF8-3.3-2] %s is a syntax error", (_, bytes) => {
    const line = Uint8Array.of(...octets("MAIL FROM:<a"), ...bytes, ...octets("@b> SMTPUTF8"));
    expect(parseCommand(line, { smtputf8State: "offered" })).toMatchObject({ fault: "invalid-octet", ...SYNTAX });
  });

  it("[UTF8-3.3-1] a letter whose capital is ASCII makes no keyword", () => {
    const line = utf8("MAIL FROM:<a@b> SMTPUTF8 \u017fIZE=1");
    expect(parseCommand(line, { smtputf8State: "offered" })).toMatchObject({ fault: "invalid-parameter" });
  });

  it("[UTF8-3.2-1] [SMTP-2.4-6] nothing beyond ASCII is written without SMTPUTF8", () => {
    const mailbox = {
      kind: "mailbox",
      address: "ä@b",
      localPart: "ä",
      domain: "b",
      domainKind: "domain",
      route: [],
    } as const;
    expect(() => formatCommand({ verb: "MAIL", from: mailbox, parameters: [] })).toThrow("need SMTPUTF8");
    expect(() => formatCommand({ verb: "RCPT", to: mailbox, parameters: [] })).toThrow("need SMTPUTF8");
    expect(() => formatCommand({ verb: "NOOP", argument: "ä" })).toThrow(RangeError);
    const parameters = [{ keyword: "SMTPUTF8", value: null }];
    expect(formatCommand({ verb: "MAIL", from: mailbox, parameters })).toBe("MAIL FROM:<ä@b> SMTPUTF8\r\n");
    const aLabel = { ...mailbox, address: "a@xn--bcher-kva.example", localPart: "a" };
    expect(formatCommand({ verb: "MAIL", from: aLabel, parameters: [] })).toBe(
      "MAIL FROM:<a@xn--bcher-kva.example>\r\n",
    );
  });
});
