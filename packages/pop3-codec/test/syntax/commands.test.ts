import fc from "fast-check";
import { command } from "pop3-codec/arbitraries";
import {
  type Command,
  type CommandOptions,
  formatCommand,
  isFault,
  isMultiLine,
  parseCommand,
} from "pop3-codec/syntax";
import { octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { line, revealed } from "./support.ts";

const VERBS = [
  ...["USER", "PASS", "APOP", "AUTH", "STLS", "UTF8", "CAPA", "LANG", "QUIT"],
  ...["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET", "pass", "Retr"],
];
const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";

describe("commands", () => {
  it.each<readonly [string, object]>([
    ["STAT", { verb: "STAT" }],
    ["rEtR 1", { verb: "RETR", number: 1 }],
    ["LIST", { verb: "LIST", number: null }],
    ["uidl 7", { verb: "UIDL", number: 7 }],
    ["Dele 007", { verb: "DELE", number: 7 }],
    ["TOP 1 0", { verb: "TOP", number: 1, lines: 0 }],
    ["USER tim", { verb: "USER", name: "tim" }],
    ["PASS  two  spaces ", { verb: "PASS", secret: true, password: " two  spaces " }],
    [`apop tim ${DIGEST}`, { verb: "APOP", name: "tim", secret: true, digest: DIGEST }],
    ["rset", { verb: "RSET" }],
    ["noop", { verb: "NOOP" }],
    ["quit", { verb: "QUIT" }],
    ["capa", { verb: "CAPA" }],
    ["stls", { verb: "STLS" }],
    ["utf8", { verb: "UTF8" }],
    ["LANG", { verb: "LANG", language: null }],
    ["lang *", { verb: "LANG", language: "*" }],
    ["LANG de-CH", { verb: "LANG", language: "de-CH" }],
  ])("[POP3-3-2] %j", (shown, expected) => {
    expect(revealed(parseCommand(line(shown)))).toEqual(expected);
  });

  it.each<readonly [string, object]>([
    ["LAST", { verb: "other", name: "LAST", argument: null }],
    ["xtnd xmit  a", { verb: "other", name: "XTND", argument: "xmit  a" }],
    ["XOIP 192.0.2.1", { verb: "other", name: "XOIP", argument: "192.0.2.1" }],
  ])("[POP3-Q-17] %j is no command of a document in force, and kept", (shown, expected) => {
    expect(revealed(parseCommand(line(shown)))).toEqual(expected);
  });

  it.each([
    ["", "unknown-verb", "verb"],
    [" STAT", "unknown-verb", "verb"],
    ["USER", "missing-argument", "name"],
    ["USER ", "missing-argument", "name"],
    ["APOP", "missing-argument", "name"],
    ["APOP tim", "missing-argument", "name"],
    [`APOP ${DIGEST}`, "missing-argument", "name"],
    ["RETR", "missing-argument", "number"],
    ["DELE", "missing-argument", "number"],
  ])("[POP3-3-4] %j is a fault", (shown, fault, field) => {
    expect(parseCommand(line(shown))).toMatchObject({ fault, field });
  });

  it.each(["STAT", "NOOP", "RSET", "QUIT", "CAPA", "STLS", "UTF8"])("[POP3-3-5] %s x is a fault", (verb) => {
    expect(parseCommand(line(`${verb} x`))).toMatchObject({ fault: "unexpected-argument", field: "argument" });
  });

  it.each(["LIST  1", "RETR 1 2", "DELE 1 ", "LIST 1\t2", "TOP 1 2 3"])("[POP3-3-3] one space between: %j", (shown) => {
    expect(isFault(parseCommand(line(shown), { leniencies: { trailingSpaces: false } }))).toBe(true);
  });

  it.each([
    ["TOP", "lines"],
    ["TOP 1", "lines"],
    ["TOP 1 ", "lines"],
    ["TOP x 1", "number"],
    ["TOP 1 -1", "lines"],
    ["TOP 1 x", "lines"],
    ["TOP 1 2 3", "lines"],
  ])("[POP3-7-3] %j lacks a number, or has one too many", (shown, field) => {
    expect(parseCommand(line(shown))).toMatchObject({ fault: "invalid-argument", field });
  });

  it.each(["+1", "-1", "1.0", "0x1", "1e3", "9007199254740992", "18446744073709551617"])(
    "[POP3-4-8] RETR %s is a fault",
    (number) => {
      expect(parseCommand(line(`RETR ${number}`))).toMatchObject({ fault: "invalid-argument", field: "number" });
    },
  );

  it("[POP3-4-8] the largest number is 2^53-1, and it is written without leading zeros", () => {
    const parsed = parseCommand(line("RETR 0009007199254740991"));
    expect(parsed).toEqual({ verb: "RETR", number: Number.MAX_SAFE_INTEGER });
    expect(formatCommand(parsed as Command)).toBe("RETR 9007199254740991\r\n");
  });

  it.each(["PASS", "PASS "])("[POP3-7-8] %j has no password", (shown) => {
    expect(parseCommand(line(shown))).toMatchObject({ fault: "missing-argument", field: "password" });
  });

  it.each([
    ["upper case", DIGEST.toUpperCase()],
    ["31 digits", DIGEST.slice(1)],
    ["33 digits", `${DIGEST}0`],
  ])("[POP3-7-13] an APOP digest in %s is a fault", (_, digest) => {
    expect(parseCommand(line(`APOP tim ${digest}`))).toMatchObject({ fault: "invalid-argument", field: "digest" });
  });

  it.each(["LANG a b", "LANG  en", "LANG e_n", "LANG overlonglanguage", "LANG en-"])("[PUTF8-3.2-2] %j", (shown) => {
    expect(parseCommand(line(shown))).toMatchObject({ fault: "invalid-argument", field: "language" });
  });

  it.each<readonly [string, string | null, string | null]>([
    ["AUTH", null, null],
    ["auth plain", "PLAIN", null],
    ["AUTH PLAIN =", "PLAIN", ""],
    ["AUTH plain AHRpbQB0", "PLAIN", "\0tim\0t"],
  ])("[PAUTH-4-2] %j", (shown, mechanism, initialResponse) => {
    expect(revealed(parseCommand(line(shown)))).toEqual({ verb: "AUTH", mechanism, secret: true, initialResponse });
  });

  it.each([`AUTH ${"X".repeat(21)}`, "AUTH A.B", "AUTH PLAIN a b", "AUTH PLAIN = "])(
    "[PAUTH-4-1] %j: no such mechanism, or too much",
    (shown) => {
      const parsed = parseCommand(line(shown), { leniencies: { trailingSpaces: false } });
      expect(parsed).toMatchObject({ fault: "invalid-argument", field: "mechanism" });
    },
  );

  it.each(["AUTH  PLAIN", "AUTH \tPLAIN"])("[PAUTH-1734.3-1] %j", (shown) => {
    expect(isFault(parseCommand(line(shown)))).toBe(true);
  });

  it.each(["=AAA", "AAA=BBB", "Zg", "Zh==", "Zg=", "Zm-_"])("[PAUTH-4-9] AUTH PLAIN %s", (response) => {
    const expected = { fault: "invalid-argument", field: "initial response" };
    expect(parseCommand(line(`AUTH PLAIN ${response}`))).toMatchObject(expected);
  });

  it("[PAUTH-4-9] an initial response is one word, and not none", () => {
    const strict = { leniencies: { trailingSpaces: false } };
    expect(parseCommand(line("AUTH PLAIN "), strict)).toMatchObject({ field: "initial response" });
    expect(parseCommand(line("AUTH PLAIN Zm 9"))).toMatchObject({ fault: "invalid-argument", field: "mechanism" });
  });
});

describe("octets of commands", () => {
  it.each(["NO\0OP", "USER a\tb", "USER a\x7fb", "RETR\t1", "PASS a\rb", "PASS a\nb", "LIST \xe9", "QU\rIT"])(
    "[POP3-3-17] %j",
    (shown) => {
      expect(parseCommand(octets(shown))).toMatchObject({ fault: "invalid-octet", field: "command" });
    },
  );

  it.each([
    ["USER jos\xc3\xa9", { verb: "USER", name: "jos\u00e9" }],
    ["PASS \xe2\x82\xac", { verb: "PASS", secret: true, password: "\u20ac" }],
    [`APOP \xf0\x9f\x98\x80 ${DIGEST}`, { verb: "APOP", name: "\u{1f600}", secret: true, digest: DIGEST }],
    ["USER \xef\xbb\xbfa", { verb: "USER", name: "\ufeffa" }],
  ])("[PUTF8-2.2-2] %j is UTF-8 with UTF8 USER alone", (shown, expected) => {
    expect(revealed(parseCommand(octets(shown), { utf8User: true }))).toEqual(expected);
    expect(parseCommand(octets(shown))).toMatchObject({ fault: "invalid-octet" });
  });

  it.each([
    "USER \xe9",
    "USER \xc0\xaf",
    "USER \xed\xa0\x80",
    "USER \xf4\x90\x80\x80",
    "USER \xe2\x82",
    "USER \xc3\xa9\0",
    "LIST \xc3\xa9",
  ])("[PUTF8-2.2-2] %j is an error with UTF8 USER too", (shown) => {
    expect(parseCommand(octets(shown), { utf8User: true })).toMatchObject({ fault: "invalid-octet" });
  });

  it("[POP3-Q-18] eightBitCredentials hands over octets in no charset, and UTF-8 first where that is announced", () => {
    const leniencies = { eightBitCredentials: true };
    const name = (shown: string, options: object) => revealed(parseCommand(octets(shown), { leniencies, ...options }));
    expect(name("USER \xe9", {})).toEqual({ verb: "USER", name: "\xe9" });
    expect(name("USER \xc3\xa9", {})).toEqual({ verb: "USER", name: "\xc3\xa9" });
    expect(name("USER \xc3\xa9", { utf8User: true })).toEqual({ verb: "USER", name: "\xe9" });
    expect(name("LIST \xe9", {})).toMatchObject({ fault: "invalid-octet" });
    expect(name("XTND user \xe9", {})).toMatchObject({ fault: "invalid-octet" });
    expect(name("USER \xe9\0", {})).toMatchObject({ fault: "invalid-octet" });
    expect(name("pass \xe9", {})).toEqual({ verb: "PASS", secret: true, password: "\xe9" });
    // In upper case it would be PASS.
    expect(name("pa\xdf secret", {})).toMatchObject({ fault: "invalid-octet" });
  });

  it("[POP3-13-1] secrets are in no JSON form and in no fault", () => {
    expect(JSON.stringify(parseCommand(line("PASS tanstaaf")))).toBe('{"verb":"PASS","secret":true}');
    expect(JSON.stringify(parseCommand(line(`APOP tim ${DIGEST}`)))).toBe('{"verb":"APOP","name":"tim","secret":true}');
    expect(JSON.stringify(parseCommand(line("AUTH PLAIN AHRpbQB0")))).not.toContain("initialResponse");
    expect(JSON.stringify(parseCommand(line("AUTH PLAIN tanstaaf!")))).not.toContain("tanstaaf");
    expect(JSON.stringify(parseCommand(octets("PASS tanstaaf\0")))).not.toContain("tanstaaf");
  });
});

describe("limits of commands", () => {
  it("[CAPA-4-1] 255 octets are taken and 256 are not; the limit is an option", () => {
    const pass = (length: number) => line(`PASS ${"x".repeat(length - "PASS \r\n".length)}`);
    expect(parseCommand(pass(255))).toMatchObject({ verb: "PASS" });
    const text = "expected at most 255 octets";
    expect(parseCommand(pass(256))).toEqual({ fault: "line-too-long", field: "command", text });
    expect(parseCommand(pass(300), { maxCommandLength: 300 })).toMatchObject({ verb: "PASS" });
  });

  it("[POP3-3-18] an argument may exceed 40 characters", () => {
    expect(parseCommand(line(`USER ${"x".repeat(200)}`))).toEqual({ verb: "USER", name: "x".repeat(200) });
  });

  it("[PAUTH-4-13] AUTH has the limit of SASL lines, unless longInitialResponse is off", () => {
    const auth = (length: number) => line(`AUTH PLAIN ${"A".repeat(length - "AUTH PLAIN \r\n".length)}`);
    expect(parseCommand(auth(12_285))).toMatchObject({ verb: "AUTH" });
    expect(parseCommand(auth(12_289))).toMatchObject({ fault: "line-too-long" });
    expect(parseCommand(auth(1001), { maxSaslLineLength: 1000 })).toMatchObject({ fault: "line-too-long" });
    expect(parseCommand(auth(257), { leniencies: { longInitialResponse: false } })).toMatchObject({
      fault: "line-too-long",
    });
  });

  it("[CAPA-4-2] the formatter writes 255 octets and refuses 256", () => {
    const pass = (length: number): Command => ({ verb: "PASS", secret: true, password: "x".repeat(length - 7) });
    expect(formatCommand(pass(255))).toHaveLength(255);
    expect(() => formatCommand(pass(256))).toThrow('"PASS" expected at most 255 octets');
    expect(formatCommand(pass(256), { maxCommandLength: 256 })).toHaveLength(256);
    const euros: Command = { verb: "USER", name: "\u20ac".repeat(83) };
    expect(() => formatCommand(euros, { utf8User: true })).toThrow("at most 255 octets");
  });
});

describe("leniencies of commands", () => {
  it.each<readonly [string, object]>([
    ["STAT ", { verb: "STAT" }],
    ["LIST   ", { verb: "LIST", number: null }],
    ["RETR 1 ", { verb: "RETR", number: 1 }],
  ])("[POP3-Q-13] %j: trailing spaces", (shown, expected) => {
    expect(parseCommand(line(shown))).toEqual(expected);
    expect(isFault(parseCommand(line(shown), { leniencies: { trailingSpaces: false } }))).toBe(true);
  });

  it.each([
    ["USER tim the tester", "tim the tester"],
    [`APOP tim the tester ${DIGEST}`, "tim the tester"],
  ])("[POP3-Q-14] %j: spaces in names", (shown, name) => {
    expect(parseCommand(line(shown))).toMatchObject({ name });
    expect(parseCommand(line(shown), { leniencies: { spacesInNames: false } })).toMatchObject({ field: "name" });
  });

  it("[POP3-Q-14] without that leniency a name is one word", () => {
    const strict = (shown: string) => parseCommand(line(shown), { leniencies: { spacesInNames: false } });
    expect([strict("USER tim"), strict(`APOP tim ${DIGEST}`)]).toMatchObject([{ name: "tim" }, { name: "tim" }]);
    expect(strict("USER a b")).toEqual({ fault: "unexpected-argument", field: "name", text: "expected one name" });
    expect(strict(`APOP a b ${DIGEST}`)).toMatchObject({ fault: "missing-argument", field: "name" });
  });
});

describe("formatting commands", () => {
  it("parsing what was formatted gives it back", () => {
    fc.assert(
      fc.property(command(), (given) => {
        const written = formatCommand(given);
        const parsed = parseCommand(line(written));
        expect(revealed(parsed)).toEqual(revealed(given));
        expect(formatCommand(parsed as Command)).toBe(written);
      }),
      { numRuns: runs(5) },
    );
  });

  it("whatever is parsed and can be formatted comes back; nothing throws", () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => String.fromCharCode(...bytes)),
      fc.tuple(command(), fc.string({ maxLength: 3 }), fc.nat(20)).map(([given, junk, at]) => {
        const written = formatCommand(given).slice(0, -2);
        return written.slice(0, at) + junk + written.slice(at);
      }),
    );
    fc.assert(
      fc.property(any, (shown) => {
        const parsed = parseCommand(octets(shown));
        if (isFault(parsed) || ("name" in parsed && /[^!-~]/.test(parsed.name))) return;
        expect(revealed(parseCommand(line(formatCommand(parsed))))).toEqual(revealed(parsed));
      }),
      { numRuns: runs(5) },
    );
  });

  const auth = { verb: "AUTH", secret: true } as const;

  it.each<readonly [string, Command, CommandOptions]>([
    ["name", { verb: "USER", name: "a b" }, {}],
    ["name", { verb: "USER", name: "" }, {}],
    ["name", { verb: "USER", name: "a\r\nDELE 1" }, { utf8User: true }],
    ["name", { verb: "APOP", name: "a\0", secret: true, digest: DIGEST }, { utf8User: true }],
    ["digest", { verb: "APOP", name: "a", secret: true, digest: `${DIGEST}\r\nQUIT` }, {}],
    ["password", { verb: "PASS", secret: true, password: "" }, {}],
    ["password", { verb: "PASS", secret: true, password: "secret\n" }, { utf8User: true }],
    ["password", { verb: "PASS", secret: true, password: "\u760d\u760a" }, {}],
    ["password", { verb: "PASS", secret: true, password: "\ud800" }, { utf8User: true }],
  ])('[POP3-7-11] "%s" cannot be written: %j %j', (field, given, options) => {
    const format = () => formatCommand(given, options);
    expect(format).toThrow(RangeError);
    expect(format).toThrow(`"${field}" expected`);
    expect(format).not.toThrow("secret");
  });

  it.each<readonly [string, Command]>([
    ["verb", { verb: "NOOP\r\nDELE 1" as "NOOP" }],
    ["name", { verb: "USER", name: ["a"] as never }],
    ["number", { verb: "RETR", number: 1.5 }],
    ["number", { verb: "LIST", number: -1 }],
    ["number", { verb: "TOP", number: 1.5, lines: 1 }],
    ["lines", { verb: "TOP", number: 1, lines: Number.POSITIVE_INFINITY }],
    ["number", { verb: "DELE", number: Number.NaN }],
    ["mechanism", { ...auth, mechanism: "A\r\n", initialResponse: null }],
    ["language", { verb: "LANG", language: "en\r\nQUIT" }],
    ["name", { verb: "other", name: "A B", argument: null }],
    ["argument", { verb: "other", name: "X", argument: "a\r\nQUIT" }],
    ["argument", { verb: "other", name: "X", argument: "" }],
    ["argument", { verb: "other", name: "X", argument: "a " }],
    ["argument", { verb: "other", name: "X", argument: " " }],
    ...VERBS.map((name) => ["name", { verb: "other", name, argument: "1" }] as const),
    ...(["LIST", "UIDL", "RETR", "DELE"] as const).map((verb) => ["number", { verb, number: 0 }] as const),
    ["number", { verb: "TOP", number: 0, lines: 1 }],
  ])('[POP3-3-17] "%s" cannot be written: %j', (field, given) => {
    expect(() => formatCommand(given)).toThrow(`"${field}" expected`);
  });

  it("a verb that there is not is told which there are", () => {
    expect(() => formatCommand({ verb: "NOP" as "NOOP" })).toThrow(
      '"verb" expected one of STAT, RSET, NOOP, QUIT, CAPA, STLS, UTF8, or that of a command with arguments',
    );
  });

  it("[PUTF8-2.2-1] names and passwords outside ASCII are written as UTF-8 after UTF8 USER alone", () => {
    const user: Command = { verb: "USER", name: "jos\u00e9" };
    expect(() => formatCommand(user)).toThrow('"name" expected printable ASCII');
    expect(formatCommand(user, { utf8User: true })).toBe("USER jos\u00e9\r\n");
  });

  it("[PAUTH-4-2] AUTH alone, and without an initial response", () => {
    expect(formatCommand({ ...auth, mechanism: null, initialResponse: null })).toBe("AUTH\r\n");
    expect(formatCommand({ ...auth, mechanism: "EXTERNAL", initialResponse: null })).toBe("AUTH EXTERNAL\r\n");
    expect(formatCommand({ ...auth, mechanism: "EXTERNAL", initialResponse: octets("a") })).toBe(
      "AUTH EXTERNAL YQ==\r\n",
    );
  });

  it.each(["LIST 0", "UIDL 0", "RETR 0", "DELE 00", "TOP 0 1"])("[POP3-5-6] %j: numbers begin at 1", (shown) => {
    const fault = { fault: "invalid-argument", field: "number", text: "expected a message number" };
    expect(parseCommand(line(shown))).toEqual(fault);
  });

  it.each<readonly [Command, string]>([
    [{ verb: "other", name: "last", argument: null }, "LAST\r\n"],
    [{ verb: "other", name: "XTND", argument: "xmit a" }, "XTND xmit a\r\n"],
    [{ verb: "other", name: "X", argument: " a  b" }, "X  a  b\r\n"],
  ])("[POP3-Q-17] %j is written as it is", (given, written) => {
    expect(formatCommand(given)).toBe(written);
  });

  it("what cannot be written is told in words", () => {
    const format = (given: Command) => () => formatCommand(given);
    const digest = format({ verb: "APOP", name: "a", secret: true, digest: "" });
    expect(digest).toThrow('"digest" expected 32 lower-case hexadecimal digits');
    expect(format({ verb: "USER", name: "a b" })).toThrow('"name" expected no spaces');
    expect(format({ verb: "LANG", language: "" })).toThrow('"language" expected a language range');
    expect(format({ verb: "other", name: "", argument: null })).toThrow('"name" expected visible ASCII');
    expect(format({ verb: "other", name: "X", argument: "\n" })).toThrow('"argument" expected printable ASCII');
    expect(format({ verb: "other", name: "X", argument: "a " })).toThrow(
      '"argument" expected printable ASCII, not empty, and no space at its end',
    );
    expect(format({ verb: "other", name: "Pass", argument: null })).toThrow(
      '"name" expected visible ASCII, and a verb that has no form of its own',
    );
    expect(format({ verb: "RETR", number: 0 })).toThrow('"number" expected a whole number of at least 1, got 0');
  });

  it("[PAUTH-4-7] an empty initial response is written =", () => {
    expect(formatCommand({ ...auth, mechanism: "EXTERNAL", initialResponse: new Uint8Array(0) })).toBe(
      "AUTH EXTERNAL =\r\n",
    );
  });
});

describe("multi-line responses", () => {
  it.each([
    ["CAPA", true],
    ["RETR 1", true],
    ["TOP 1 2", true],
    ["LIST", true],
    ["LIST 1", false],
    ["UIDL", true],
    ["UIDL 1", false],
    ["AUTH", true],
    ["AUTH PLAIN", false],
    ["LANG", true],
    ["LANG en", false],
    ["STAT", false],
    ["XTND XMIT", false],
  ])("[POP3-3-14] %s: %j", (shown, expected) => {
    expect(isMultiLine(parseCommand(line(shown)) as Command)).toBe(expected);
  });
});
