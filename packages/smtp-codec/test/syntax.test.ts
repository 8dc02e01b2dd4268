import fc from "fast-check";
import { replyCode, replyCodes } from "smtp-codec/registry";
import {
  type Command,
  decodeXtext,
  encodeXtext,
  type Fault,
  formatCommand,
  formatKeywords,
  formatParameters,
  formatPath,
  formatReply,
  isEnhancedCode,
  isKnownVerb,
  leadingEnhancedCode,
  literalKind,
  mailParameters,
  offers,
  outcome,
  parseCapabilities,
  parseCommand,
  parseForwardPath,
  parseMailbox,
  parseReversePath,
  type Reply,
  ReplyAssembler,
  sameMailbox,
  splitEnhancedCode,
  typeMailParameters,
} from "smtp-codec/syntax";
import { octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";

/** The path that a parser found. */
function located<Path>(found: { readonly path: Path } | Fault): Path {
  if ("fault" in found) throw new Error(found.text);
  return found.path;
}

describe("paths", () => {
  it.each([
    ["<>", { kind: "null", address: "" }, 2],
    [
      "<a@b> SIZE=1",
      { kind: "mailbox", address: "a@b", localPart: "a", domain: "b", domainKind: "domain", route: [] },
      5,
    ],
    ["<a.b+c@ex-ample.com>", { localPart: "a.b+c", domain: "ex-ample.com" }, 20],
    ["<!#$%&'*+-/=?^_`{|}~@b>", { localPart: "!#$%&'*+-/=?^_`{|}~" }, 23],
    ['<"a b"@c>', { address: '"a b"@c', localPart: "a b" }, 9],
    ['<"a\\"@>\\\\"@c>', { localPart: 'a"@>\\' }, 13],
    ['<""@c>', { localPart: "" }, 6],
    ["<a@[192.0.2.1]>", { domain: "[192.0.2.1]", domainKind: "ipv4" }, 15],
    ["<a@[IPv6:::1]>", { domainKind: "ipv6" }, 14],
    ["<a@[x-y:z]>", { domainKind: "general" }, 11],
    ["<@x,@y.z:a@b>", { address: "a@b", route: ["x", "y.z"] }, 13],
  ])("[SMTP-4.1.2-10] %j", (text, path, end) => {
    const found = parseReversePath(text);
    expect(found).toMatchObject({ path, end });
  });

  it.each(
    [
      [
        "",
        "<",
        "<a@b",
        "a@b",
        "<a@b@c>",
        "<a>",
        "<@b>",
        "<a@>",
        "<.a@b>",
        "<a.@b>",
        "<a..b@c>",
        "< a@b>",
        "<a @b>",
        "<a@b >",
      ],
      [
        "<a@b_c>",
        "<a@-b>",
        "<a@b->",
        "<a@b..c>",
        "<a@.b>",
        "<a@b.>",
        "<a@#123>",
        "<a@[::1]>",
        "<a@[256.1.1.1]>",
        "<a@[1.2.3]>",
        "<a@[1.2.3.4.5]>",
      ],
      [
        '<"a"b@c>',
        '<"a@b>',
        '<"a\\"@b>',
        '<"a\x01"@b>',
        '<"\x7f"@b>',
        "<a\x7f@b>",
        "<@a@b:u@d>",
        "<@a,:u@d>",
        "<@a:>",
        "<@a u@d>",
        "<@[1.2.3.4]:u@d>",
        "<é@b>",
      ],
      [`<a@${"x".repeat(64)}.com>`, `<a@${"x.".repeat(127)}xx>`, `<${"a".repeat(253)}@b>`],
    ].flat(),
  )("[SMTP-4.1.2-1] %j is none", (text) => {
    expect(parseReversePath(text)).toMatchObject({
      fault: "invalid-path",
      field: "reverse-path",
      reply: { code: 501, enhanced: "5.1.7" },
    });
    expect(parseForwardPath(text)).toMatchObject({
      fault: "invalid-path",
      field: "forward-path",
      reply: { code: 501, enhanced: "5.1.3" },
    });
  });

  it("[SMTP-4.5.3.1.3-1] a path of 256 octets is one, of 257 none", () => {
    const path = (length: number) => `<${"a".repeat(length - 4)}@b>`;
    expect(parseReversePath(path(256))).toMatchObject({ end: 256 });
    expect(parseReversePath(path(257))).toMatchObject({ fault: "invalid-path" });
  });

  it("[SMTP-4.1.1.3-3] Postmaster needs no domain, as a recipient", () => {
    expect(parseForwardPath("<pOSTmaster> X")).toEqual({
      path: { kind: "postmaster", address: "pOSTmaster" },
      end: 12,
    });
    expect(parseReversePath("<postmaster>")).toMatchObject({ fault: "invalid-path" });
    expect(parseForwardPath("<>")).toMatchObject({ fault: "invalid-path" });
  });

  it("[SMTP-2.4-3] mailboxes compare by case in the local-part alone, unquoted", () => {
    const mailbox = (text: string) => parseMailbox(text)!;
    expect(sameMailbox(mailbox('"j\\oe"@Example.com'), mailbox("joe@EXAMPLE.COM"))).toBe(true);
    expect(sameMailbox(mailbox("Joe@example.com"), mailbox("joe@example.com"))).toBe(false);
    expect([parseMailbox("x"), parseMailbox('"a'), parseMailbox('"a"')]).toEqual([null, null, null]);
  });

  it("formats what it parsed, without the route, and nothing else", () => {
    for (const text of ["<>", '<"a b"@c>', "<@x:a@[192.0.2.1]>"]) {
      const found = parseReversePath(text);
      expect(formatPath(located(found))).toBe(text.replace("@x:", ""));
    }
    expect(formatPath({ kind: "postmaster", address: "Postmaster" })).toBe("<Postmaster>");
    expect(() => formatPath({ kind: "postmaster", address: "x" })).toThrow('"address" expected a mailbox');
    expect(() =>
      formatPath({ kind: "mailbox", address: "a b", localPart: "", domain: "", domainKind: "domain", route: [] }),
    ).toThrow(RangeError);
  });

  it.each([`<${"@a,".repeat(33_000)}`, `<"${'\\"'.repeat(50_000)}`, `<${"a.".repeat(50_000)}`])(
    "[SMTP-4.1.2-11] 100,000 octets cost linear time",
    (text) => {
      expect(parseReversePath(text)).toMatchObject({ fault: "invalid-path" });
    },
  );
});

describe("address literals", () => {
  it.each([
    ["[0.0.0.0]", "ipv4"],
    ["[255.255.255.255]", "ipv4"],
    ["[001.02.3.4]", "ipv4"],
    ["[IPv6:1:2:3:4:5:6:7:8]", "ipv6"],
    ["[ipv6:::]", "ipv6"],
    ["[IPv6:1::8]", "ipv6"],
    ["[IPv6:1:2:3:4:5:6::]", "ipv6"],
    ["[IPv6:1:2:3:4:5:6:192.0.2.1]", "ipv6"],
    ["[IPv6:::ffff:192.0.2.1]", "ipv6"],
    ["[tag:content]", "general"],
  ])("[SMTP-4.1.3-3] %s is %s", (text, kind) => {
    expect(literalKind(text)).toBe(kind);
  });

  it.each([
    ...[
      "[]",
      "[1.2.3.4",
      "1.2.3.4]",
      "[::1]",
      "[0x1.2.3.4]",
      "[1.2.3.1000]",
      "[1.2..4]",
      "[IPv6:]",
      "[IPv6:1:2:3:4:5:6:7]",
      "[IPv6:1:2:3:4:5:6:7:8:9]",
    ],
    ...[
      "[IPv6:1::2::3]",
      "[IPv6:1:2:3:4:5:6:7::]",
      "[IPv6:12345::]",
      "[IPv6:g::]",
      "[IPv6:::1%eth0]",
      "[IPv6:1.2.3.4::]",
      "[IPv6:::1.2.3.256]",
    ],
    ...[
      "[IPv6:1:2:3:4:5:6:7:192.0.2.1]",
      `[IPv6:${"1:".repeat(40)}]`,
      "[tag:]",
      "[:x]",
      "[tag-:x]",
      "[t_g:x]",
      "[tag:a]b]",
      "[tag:a\\b]",
      "[tag:a b]",
      "[x]",
    ],
  ])("[SMTP-4.1.3-2] %s is none", (text) => {
    expect(literalKind(text)).toBe(null);
  });
});

describe("commands", () => {
  it.each<readonly [string, object]>([
    ["ehlo a.b text", { verb: "EHLO", name: "a.b", nameKind: "domain" }],
    [
      "MAIL from:<a@b> size=1 X-Y",
      {
        verb: "MAIL",
        parameters: [
          { keyword: "SIZE", value: "1" },
          { keyword: "X-Y", value: null },
        ],
      },
    ],
    ["rcpt to:<a@b>", { verb: "RCPT", to: { address: "a@b" }, parameters: [] }],
    ["NOOP", { verb: "NOOP", argument: null }],
    ["HELP  x y ", { verb: "HELP", argument: "x y" }],
    ["BDAT 3", { verb: "other", name: "BDAT", argument: "3" }],
    ["XFOO", { verb: "other", name: "XFOO", argument: null }],
  ])("[SMTP-2.4-1] %j", (line, expected) => {
    expect(parseCommand(octets(line))).toMatchObject(expected);
  });

  it.each([
    ["EHLO", "missing-argument"],
    [`EHLO ${"x_".repeat(128)}`, "invalid-argument"],
    ["MAIL", "invalid-argument"],
    ["MAIL TO:<a@b>", "invalid-argument"],
    ["MAIL FROM :<a@b>", "invalid-argument"],
    ["MAIL FROM:<a@b>x", "invalid-path"],
    ["MAIL FROM:<a@b> KEY=", "invalid-parameter"],
    ["MAIL FROM:<a@b> =v", "invalid-parameter"],
    ["MAIL FROM:<a@b> K=a=b", "invalid-parameter"],
    ["MAIL FROM:<a@b> -K", "invalid-parameter"],
    ["MAIL FROM:<a@b> K=1 k=2", "repeated-parameter"],
    ["NO\tOP", "unknown-verb"],
    ["NOOP \x01", "invalid-octet"],
  ])("[SMTP-4.1.2-9] %j is a fault", (line, fault) => {
    expect(parseCommand(octets(line))).toMatchObject({ fault });
  });

  it("leniencies can be turned on and off", () => {
    const strict = { spaceAfterColon: false, helloName: false, helloTrailing: false };
    expect(parseCommand(octets("MAIL FROM: <a@b>"), strict)).toMatchObject({ fault: "invalid-path" });
    expect(parseCommand(octets("EHLO a_b"), strict)).toMatchObject({ fault: "invalid-argument" });
    expect(parseCommand(octets("EHLO a b"), strict)).toMatchObject({ fault: "invalid-argument" });
    expect(parseCommand(octets("MAIL FROM:a@b SIZE=1"), { pathWithoutBrackets: true })).toMatchObject({
      from: { address: "a@b" },
      parameters: [{ keyword: "SIZE" }],
    });
    expect(parseCommand(octets("MAIL FROM:a@b@c"), { pathWithoutBrackets: true })).toMatchObject({
      fault: "invalid-path",
    });
    expect([isKnownVerb("BDAT"), isKnownVerb("XFOO")]).toEqual([true, false]);
  });

  const mailbox = fc.constantFrom("a@b", '"a b"@example.com', "x.y@[192.0.2.1]", "z@[IPv6:::1]");
  const parameters = fc.constantFrom(
    [],
    [{ keyword: "SIZE", value: "7" }],
    [
      { keyword: "X", value: null },
      { keyword: "Y-1", value: "!~" },
    ],
  );
  const reverse = fc.oneof(
    fc.constant("<>"),
    mailbox.map((text) => `<${text}>`),
  );
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.constantFrom("DATA", "RSET", "QUIT", "STARTTLS").map((verb) => ({ verb }) as Command),
    fc
      .tuple(fc.constantFrom("NOOP", "HELP"), fc.option(fc.constantFrom("x", "a b")))
      .map(([verb, argument]) => ({ verb, argument }) as Command),
    fc.constantFrom<Command>(
      { verb: "VRFY", argument: "tim" },
      { verb: "EHLO", name: "[192.0.2.1]", nameKind: "address-literal" },
      { verb: "HELO", name: "a_b", nameKind: "other" },
      { verb: "other", name: "XFOO", argument: "1 2" },
    ),
    fc.tuple(reverse, parameters).map(
      ([path, found]): Command => ({
        verb: "MAIL",
        from: located(parseReversePath(path)),
        parameters: found,
      }),
    ),
    fc.tuple(mailbox, parameters).map(
      ([path, found]): Command => ({
        verb: "RCPT",
        to: located(parseForwardPath(`<${path}>`)),
        parameters: found,
      }),
    ),
    fc
      .option(fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from(bytes)))
      .map((initialResponse): Command => ({ verb: "AUTH", mechanism: "PLAIN", initialResponse })),
  );

  it("parsing what was formatted gives it back", () => {
    fc.assert(
      fc.property(command, (given) => {
        const line = formatCommand(given);
        expect(line.endsWith("\r\n")).toBe(true);
        expect(parseCommand(octets(line.slice(0, -2)))).toEqual(given);
      }),
      { numRuns: runs(5) },
    );
  });

  it.each<readonly [Command, string]>([
    [{ verb: "EHLO", name: "a\r\nQUIT", nameKind: "other" }, '"name" expected a domain'],
    [{ verb: "RCPT", to: { kind: "null", address: "" } as never, parameters: [] }, '"to" expected a mailbox'],
    [{ verb: "VRFY", argument: " x" }, '"argument" expected printable ASCII'],
    [{ verb: "AUTH", mechanism: "a b", initialResponse: null }, '"mechanism" expected'],
    [{ verb: "other", name: "X-Y", argument: null }, '"name" expected letters'],
    [{ verb: "other", name: "X", argument: "a\nb" }, '"argument" expected'],
  ])("%j is refused by the formatter", (given, message) => {
    expect(() => formatCommand(given)).toThrow(message);
  });
});

describe("parameters", () => {
  const all = () => true;
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
    ["BODY", "BINARYMIME"],
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
    expect(() => mailParameters({ size: -1 })).toThrow('"size" expected a whole number');
    expect(() => mailParameters({ body: "8BIT" as "7BIT" })).toThrow('"body" expected 7BIT or 8BITMIME');
  });
});

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

  it("behind a fault the assembler is as new", () => {
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
    [{ lines: ["a\r\n250 b"] }, '"lines" expected printable ASCII'],
    [{ lines: ["\u00e9"] }, '"lines" expected printable ASCII'],
    [{ lines: ["x".repeat(507)] }, '"lines" expected lines of at most 512 octets'],
  ])("[SMTP-4.2-10] %j is refused by the formatter", (given, message) => {
    expect(() => formatReply({ code: 250, enhanced: null, lines: ["ok"], ...given })).toThrow(message);
  });

  it("[ESC-3463.2-1] enhanced codes have no leading zeros, and three digits at most", () => {
    expect(["2.0.0", "4.999.999", "5.7.8"].every(isEnhancedCode)).toBe(true);
    expect(["3.0.0", "5.1.1000", "5.01.1", "5.1", "5.1.1 ", "5.1.1.1", ""].some(isEnhancedCode)).toBe(false);
    expect(splitEnhancedCode("5.7.8")).toEqual({ class: 5, subject: 7, detail: 8 });
  });

  it("the registry has every code of RFC 5321 §4.2.3 once, in order", () => {
    const codes = replyCodes.map(({ code }) => code);
    const rfc5321 = [
      211, 214, 220, 221, 250, 251, 252, 354, 421, 450, 451, 452, 455, 500, 501, 502, 503, 504, 550, 551, 552, 553, 554,
      555,
    ];
    expect(rfc5321.filter((code) => !codes.includes(code))).toEqual([]);
    expect(codes).toEqual([...new Set(codes)].sort((one, other) => one - other));
    expect([replyCode(354)?.meaning, replyCode(299)]).toEqual([
      "send the message, and end it with CRLF.CRLF",
      undefined,
    ]);
  });
});

describe("capabilities", () => {
  const reply = (...lines: readonly string[]): Reply => ({ code: 250, enhanced: null, lines });

  it("[SMTP-4.1.1.1-8] the first line is never a keyword, and keywords match whole", () => {
    const found = parseCapabilities(
      reply("SIZE STARTTLS", "size  1000 ", "SIZEX", "STARTTLSFOO", "X_FOO", " example", "8BITMIME", "SIZE 5"),
    );
    expect([found.domain, found.greeting, found.size]).toEqual(["SIZE", "STARTTLS", 1000]);
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
    [["mx", "SIZE"], Number.POSITIVE_INFINITY],
    [["mx", "SIZE 0"], Number.POSITIVE_INFINITY],
    [["mx", "SIZE lots"], Number.POSITIVE_INFINITY],
    [["mx", "SIZE 10"], 10],
    [[], null],
  ])("[SIZE-3-1] %j", (lines, size) => {
    expect(parseCapabilities(reply(...lines)).size).toBe(size);
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
