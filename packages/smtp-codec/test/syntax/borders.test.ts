import {
  type Command,
  formatCapabilities,
  formatCommand,
  isEnhancedCode,
  isFault,
  isKnownVerb,
  mailParameters,
  offers,
  outcome,
  parseArgument,
  parseCapabilities,
  parseCommand,
  parseDateTime,
  parseMailbox,
  ReplyAssembler,
  spreadAttributes,
} from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";

const written = (given: object) => formatCommand(given as Command);
const read = (line: string, options = {}) => parseCommand(octets(line), options);
const refused = (found: object) => isFault(found);

describe("commands", () => {
  it.each<[object, string]>([
    [{ verb: "LHLO", name: "x", nameKind: "domain" }, "LHLO x"],
    [{ verb: "EHLO", name: "x", nameKind: "domain", trailing: "y z" }, "EHLO x y z"],
    [{ verb: "DATA" }, "DATA"],
    [{ verb: "RSET" }, "RSET"],
    [{ verb: "QUIT" }, "QUIT"],
    [{ verb: "STARTTLS" }, "STARTTLS"],
    [{ verb: "VRFY", argument: "x", smtputf8: true }, "VRFY x SMTPUTF8"],
    [{ verb: "EXPN", argument: "x", smtputf8: false }, "EXPN x"],
    [{ verb: "BDAT", size: 5, last: true }, "BDAT 5 LAST"],
    [{ verb: "BDAT", size: 5, last: false }, "BDAT 5"],
    [{ verb: "BURL", url: "imap:x", last: true }, "BURL imap:x LAST"],
    [{ verb: "BURL", url: "imap:x", last: false }, "BURL imap:x"],
    [{ verb: "NOOP", argument: null }, "NOOP"],
    [{ verb: "HELP", argument: "x" }, "HELP x"],
    [
      {
        verb: "MAIL",
        from: parseMailbox("é@b", { smtputf8: true }),
        parameters: [{ keyword: "SMTPUTF8", value: null }],
      },
      "MAIL FROM:<é@b> SMTPUTF8",
    ],
    [
      {
        verb: "MAIL",
        from: { kind: "null", address: "" },
        parameters: [...["SMTPUTF8", "X"].map((keyword) => ({ keyword, value: keyword === "X" ? "é" : null }))],
      },
      "MAIL FROM:<> SMTPUTF8 X=é",
    ],
    [{ verb: "ETRN", option: null, node: "x" }, "ETRN x"],
    [{ verb: "ETRN", option: "@", node: "x" }, "ETRN @x"],
    [{ verb: "other", name: "xfoo", argument: null }, "XFOO"],
    [{ verb: "other", name: "xFoo", argument: "bar" }, "XFOO bar"],
  ])("%j is written as %s", (command, line) => {
    expect(written(command)).toBe(`${line}\r\n`);
  });

  it.each<[string, object, object]>([
    ["EHLO x", { helloTrailing: false }, { verb: "EHLO", name: "x", nameKind: "domain" }],
    ["EHLO x  y", {}, { verb: "EHLO", name: "x", nameKind: "domain", trailing: "y" }],
    ["VRFY x SMTPUTF8", {}, { verb: "VRFY", argument: "x SMTPUTF8", smtputf8: false }],
    ["VRFY x  SMTPUTF8", { smtputf8State: "offered" }, { verb: "VRFY", argument: "x", smtputf8: true }],
    ["VRFY x smtputf8", { smtputf8State: "in-force" }, { verb: "VRFY", argument: "x", smtputf8: true }],
    ["VRFY SMTPUTF8", { smtputf8State: "offered" }, { verb: "VRFY", argument: "SMTPUTF8", smtputf8: false }],
    ["VRFY x SMTPUTF8 y", { smtputf8State: "offered" }, { verb: "VRFY", argument: "x SMTPUTF8 y", smtputf8: false }],
    ["VRFY \xc3\xa9 SMTPUTF8", { smtputf8State: "offered" }, { verb: "VRFY", argument: "é", smtputf8: true }],
    ["EXPN \xc3\xa9 SMTPUTF8", { smtputf8State: "offered" }, { verb: "EXPN", argument: "é", smtputf8: true }],
    ["BDAT  5   LAST", {}, { verb: "BDAT", size: 5, last: true }],
    [
      "XCLIENT NAME=a  PROTO=smtp",
      {},
      {
        verb: "XCLIENT",
        attributes: [
          ...[
            ["NAME", "a"],
            ["PROTO", "smtp"],
          ].map(([name, value]) => ({ name, value })),
        ],
      },
    ],
  ])("%j with %j", (line, options, command) => {
    expect(read(line, options)).toEqual(command);
  });

  it.each([
    ["XCLIENT ADDR=xipv6::1", true],
    ["XCLIENT ADDR=ipv6:::1", false],
    ["XCLIENT PROTO=xSMTP", true],
    ["XCLIENT PROTO=SMTPx", true],
    ["XCLIENT PROTO=SMTP", false],
    ["XCLIENT PROTO=esmtp", false],
    ["XFORWARD SOURCE=xlocal", true],
    ["XFORWARD SOURCE=localx", true],
    ["XFORWARD SOURCE=LOCAL", false],
    ["XFORWARD SOURCE=remote", false],
  ])("%s is refused: %s", (line, isRefused) => {
    expect(refused(read(line))).toBe(isRefused);
  });

  it("an argument with what no line can give is judged as well", () => {
    expect(refused(parseArgument({ verb: "AUTH", argument: "X " }))).toBe(true);
    expect(refused(parseArgument({ verb: "VRFY", argument: "a\tb" }))).toBe(true);
  });

  it("attributes fill 512 octets, and go on in another command", () => {
    const two = (name: number, helo: number) =>
      [
        { name: "NAME", value: "x".repeat(name) },
        { name: "HELO", value: "y".repeat(helo) },
      ] as const;
    const whole = { verb: "XFORWARD", attributes: two(245, 245) } as const;
    expect(written(whole)).toHaveLength(512);
    expect(spreadAttributes(whole)).toEqual([whole]);
    const [name, helo] = two(245, 246);
    expect(() => written({ verb: "XFORWARD", attributes: [name, helo] })).toThrow("at most 512 octets");
    expect(spreadAttributes({ verb: "XFORWARD", attributes: [name, helo] })).toEqual([
      { verb: "XFORWARD", attributes: [name] },
      { verb: "XFORWARD", attributes: [helo] },
    ]);
    const smuggling = [{ name: "NAME=a HELO", value: "b" }];
    expect(() => written({ verb: "XFORWARD", attributes: smuggling })).toThrow(RangeError);
  });

  it.each([
    [5, "number"],
    [null, "null"],
    [{}, "object"],
  ])("a parameter of another type is named: %j", (envid, type) => {
    const write = () => mailParameters({ envid: envid as never });
    expect(write).toThrow(new TypeError(`"ENVID" expected xtext of printable ASCII, got ${type}`));
    try {
      write();
    } catch (error) {
      expect((error as Error).cause).toBeInstanceOf(TypeError);
    }
  });
});

describe("capabilities", () => {
  const capabilities = (...lines: readonly string[]) => parseCapabilities({ lines: ["x", ...lines] });

  it.each([
    ["LIMITS RCPTMAX=1", "LIMITS", true],
    ["LIMITS =", "LIMITS", false],
    ["FUTURERELEASE 9 2030-01-01T00:00:00Z", "FUTURERELEASE", true],
    ["FUTURERELEASE 9", "FUTURERELEASE", false],
    ["FUTURERELEASE", "FUTURERELEASE", false],
    ["BINARYMIME", "BINARYMIME", false],
    ["SIZE", "SIZE", true],
    ["X", "SIZE", false],
  ])("%s offers %s: %s", (line, keyword, offered) => {
    expect(offers(capabilities(line), keyword)).toBe(offered);
  });

  it("keywords are read in any case", () => {
    expect([...capabilities("a", "Bz", "xyz-1").keywords.keys()]).toEqual(["A", "BZ", "XYZ-1"]);
  });

  it("verbs of other documents are known", () => {
    expect(["TURN", "SEND", "SOML", "SAML", "XFOO"].map(isKnownVerb)).toEqual([true, true, true, true, false]);
  });

  it("what is no keyword is kept as it came", () => {
    const { otherLines, keywords, auth } = capabilities("AUTHX=PLAIN", "XAUTH=PLAIN", "AUTH=LOGIN");
    expect([otherLines, [...keywords.keys()], auth]).toEqual([["AUTHX=PLAIN", "XAUTH=PLAIN"], ["AUTH"], ["LOGIN"]]);
    expect(parseCapabilities({ lines: [" hi there"] })).toMatchObject({ domain: "", greeting: "hi there" });
  });

  it("a limit of the size is written", () => {
    const lines = (limit: number | null) => formatCapabilities({ domain: "x", size: { limit } })[1];
    expect([lines(5), lines(Number.POSITIVE_INFINITY), lines(null)]).toEqual(["SIZE 5", "SIZE 0", "SIZE"]);
  });
});

describe("replies", () => {
  const reply = (...lines: readonly string[]) => {
    const assembler = new ReplyAssembler();
    return lines.map((line) => assembler.add(octets(line), true)).at(-1)!;
  };

  it.each([
    [
      ["250-2.0.0 a", "250 hello"],
      ["a", "hello"],
    ],
    [
      ["250-2.0.0 a", "250 hello 2.0.0"],
      ["a", "hello 2.0.0"],
    ],
    [
      ["250-2.0.0 a", "250 2.0.0"],
      ["a", ""],
    ],
    [
      ["250-2.0.0 a", "250 2.0.0x"],
      ["a", "2.0.0x"],
    ],
    [
      ["250-2.0.0 a", "250 2.1.5 b"],
      ["a", "b"],
    ],
    [
      ["250-2.0.0", "250 2.0.0 "],
      ["", ""],
    ],
  ])("of %j the enhanced codes go: %j", (lines, expected) => {
    expect(reply(...lines)).toEqual({ code: 250, enhanced: "2.0.0", lines: expected });
  });

  it.each(["", "2", "25", "25x", "250x", "150 x", "600 x", "2:0 x"])("%j is none, in words", (line) => {
    expect(reply(line)).toEqual({ fault: "invalid-reply", text: expect.stringMatching(/^expected a code/) });
  });

  it("codes that differ are none, in words", () => {
    expect(reply("250-a", "251 b")).toEqual({ fault: "codes-differ", text: expect.stringMatching(/\w/) });
  });

  it.each([
    [200, "positive"],
    [299, "positive"],
    [300, "intermediate"],
    [399, "intermediate"],
    [400, "transient"],
    [499, "transient"],
    [500, "permanent"],
    [599, "permanent"],
  ])("%d is %s", (code, expected) => {
    expect(outcome({ code, enhanced: null, lines: [""] })).toBe(expected);
  });

  it.each(["2.1x1", "2..1", "2.1", "2.1.", "2.1.1.", "2.01.1", "2.1.1000", "3.1.1", "", "2.1.1 "])(
    "%j is no enhanced code",
    (text) => {
      expect(isEnhancedCode(text)).toBe(false);
    },
  );
});

describe("the calendar", () => {
  it.each([
    ["2024-01-01T00:00:00+23:59", true],
    ["2024-01-01T00:00:00-23:59", true],
    ["2024-01-01T00:00:00+24:00", false],
    ["2024-01-01T00:00:00+00:60", false],
    ["2024-01-01T00:00:00Zx", false],
    ["x2024-01-01T00:00:00Z", false],
    ["2024-01-01T24:00:00Z", false],
    ["2024-01-01T23:60:00Z", false],
    ["2024-01-01T23:59:60Z", true],
    ["2024-01-01T23:59:61Z", false],
  ])("%s is a date-time: %s", (text, isDateTime) => {
    expect(parseDateTime(text) !== null).toBe(isDateTime);
  });

  it.each([
    ["2024-01-31", true],
    ["2024-01-32", false],
    ["2024-02-29", true],
    ["2024-02-30", false],
    ["2023-02-29", false],
    ["2000-02-29", true],
    ["1900-02-29", false],
    ["2024-04-31", false],
    ["2024-00-10", false],
    ["2024-13-10", false],
    ["2024-12-00", false],
  ])("%s is a date: %s", (date, isDate) => {
    expect(parseDateTime(`${date}T00:00:00Z`) !== null).toBe(isDate);
  });
});

it.each<[unknown, string]>([
  ["QUIT", "string"],
  [null, "null"],
  [[81], "object"],
  [new Uint8Array(new SharedArrayBuffer(4)), "shared memory"],
])("a command is no %j", (given, got) => {
  expect(() => parseCommand(given as Uint8Array)).toThrow(new TypeError(`"line" expected a Uint8Array, got ${got}`));
});
