import fc from "fast-check";
import { statusLine } from "pop3-codec/arbitraries";
import {
  actsAs,
  formatChallenge,
  formatLanguageListing,
  formatResponse,
  parseChallenge,
  parseLanguageListing,
  parseResponse,
  type StatusLine,
} from "pop3-codec/syntax";
import { octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { line } from "./support.ts";

describe("responses", () => {
  it.each([
    ["+OK", { ok: true, code: null, text: "" }],
    ["+OK ", { ok: true, code: null, text: "" }],
    ["-ERR", { ok: false, code: null, text: "" }],
  ])("[POP3-3-8] %j", (shown, expected) => {
    expect(parseResponse(line(shown))).toEqual({ ...expected, actsAs: null, line: shown });
  });

  it.each(["+OK a\rb", "+OK a\nb", "-ERR\r", "-ERR [AUTH] \0"])("[POP3-3-1] %j is none", (shown) => {
    expect(parseResponse(octets(shown))).toBe(null);
  });

  it.each(["+OKAY", "OK", "+ok", "-err", "-Err x", "", " +OK", "+OK\tx", "+", "+ ", "-ERRx", "+OK[AUTH]"])(
    "[POP3-3-7] %j is none",
    (shown) => {
      expect(parseResponse(line(shown))).toBe(null);
    },
  );

  it.each([
    ["+OK 3 messages", "3 messages"],
    ["-ERR  two spaces ", " two spaces "],
    ["+OK <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"],
  ])("[CAPA-3-1] %j: a space, then text", (shown, text) => {
    expect(parseResponse(line(shown))).toMatchObject({ text });
  });

  it.each([
    ["-ERR [SYS/TEMP] later", "SYS/TEMP", "later"],
    ["-ERR [AUTH]", "AUTH", ""],
    ["-ERR [AUTH]no space", "AUTH", "no space"],
    ["-ERR [a/b.c/[x\\] t", "A/B.C/[X\\", "t"],
    ["-ERR [] x", null, "[] x"],
    ["-ERR [SYS/] x", null, "[SYS/] x"],
    ["-ERR [/SYS] x", null, "[/SYS] x"],
    ["-ERR [SYS x", null, "[SYS x"],
    ["-ERR [SYS TEMP] x", null, "[SYS TEMP] x"],
    ["-ERR [\xe9] x", null, "[\ufffd] x"],
  ])("[PRC-2449.3-1] %j", (shown, code, text) => {
    expect(parseResponse(octets(shown))).toMatchObject({ code, text });
  });

  it.each(["-ERR no [IN-USE]", "+OK ready. [UwBD]", "+OK  [AUTH]"])("[PRC-2449.8-4] %j has no code", (shown) => {
    expect(parseResponse(line(shown))).toMatchObject({ code: null, actsAs: null });
  });

  it.each([
    ["-ERR [in-use] x", "IN-USE"],
    ["+OK [login-Delay] x", "LOGIN-DELAY"],
    ["-ERR [Sys/Perm]", "SYS/PERM"],
    ["-ERR [UTF8]", "UTF8"],
    ["+OK [auth] <a@b>", "AUTH"],
  ])("[PRC-2449.8-1] %j", (shown, code) => {
    expect(parseResponse(line(shown))).toMatchObject({ code, actsAs: code });
  });

  it.each([
    ["SYS/TEMP/DISK", "SYS/TEMP"],
    ["sys/temp", "SYS/TEMP"],
    ["SYS/PERM/A/B", "SYS/PERM"],
    ["SYS/FOO", "SYS"],
    ["SYS/TEMPORARY", "SYS"],
    ["SYS", "SYS"],
    ["AUTH/X", "AUTH"],
    ["AUTHX", null],
    ["X/SYS/TEMP", null],
    ["", null],
  ])("[PRC-2449.8-2] %j acts as %j", (code, expected) => {
    expect(actsAs(code)).toBe(expected);
    if (code !== "")
      expect(parseResponse(line(`-ERR [${code}]`))).toMatchObject({ code: code.toUpperCase(), actsAs: expected });
  });

  it("[PRC-2449.8-3] the text is without the code, and the whole line stays", () => {
    const shown = "-ERR [in-use] Do you have another POP session running?";
    expect(parseResponse(line(shown))).toEqual({
      ok: false,
      code: "IN-USE",
      actsAs: "IN-USE",
      text: "Do you have another POP session running?",
      line: shown,
    });
  });

  it.each([
    ["+OK Espa\xc3\xb1ol", "Espa\u00f1ol"],
    ["-ERR [AUTH] \xe9\xff", "\ufffd\ufffd"],
    ["+OK \xef\xbb\xbfx", "\ufeffx"],
  ])("[PUTF8-3.2-5] %j is read as UTF-8, and its octets stay", (shown, text) => {
    expect(parseResponse(octets(shown))).toMatchObject({ text, line: shown });
  });

  it("[POP3-3-9] at most 512 octets with CRLF, both ways; the limit is an option", () => {
    const shown = (length: number) => `+OK ${"x".repeat(length - "+OK \r\n".length)}\r\n`;
    const response = (length: number) => ({ ok: true, code: null, text: "x".repeat(length - 6) });
    expect(parseResponse(line(shown(512)))).toMatchObject(response(512));
    expect(parseResponse(line(shown(513)))).toBe(null);
    expect(parseResponse(line(shown(513)), { maxResponseLength: 513 })).toMatchObject(response(513));
    expect(formatResponse(response(512))).toBe(shown(512));
    expect(() => formatResponse(response(513))).toThrow('"text" expected a line of at most 512 octets');
    expect(formatResponse(response(513), { maxResponseLength: 513 })).toBe(shown(513));
    const euros = { ok: true, code: null, text: "\u20ac".repeat(169) };
    expect(() => formatResponse(euros, { utf8: true })).toThrow("at most 512 octets");
    const accents = { ok: true, code: null, text: "\u00e9".repeat(253) };
    expect(octets(formatResponse(accents, { utf8: true }))).toHaveLength(259);
    expect(() => formatResponse({ ...accents, text: "a\n" }, { utf8: true })).toThrow(
      '"text" expected text without line ends',
    );
  });

  it.each(["\n+OK x", "\r\n+OK x", "\r\n\n\r\n+OK x"])("[POP3-Q-1] %j: line ends in front", (shown) => {
    expect(parseResponse(octets(shown.replace("+OK", "\r+OK")))).toBe(null);
    expect(parseResponse(octets(shown))).toMatchObject({ ok: true, text: "x", line: "+OK x" });
    expect(parseResponse(octets(shown), { leniencies: { leadingLineEnds: false } })).toBe(null);
  });

  it.each(["+ok x", "-err x", "-Err [auth] x"])("[POP3-Q-5] %j with statusIgnoresCase", (shown) => {
    const parsed = parseResponse(line(shown), { leniencies: { statusIgnoresCase: true } });
    expect(parsed).toMatchObject({ ok: shown.startsWith("+"), text: "x" });
    expect(parseResponse(line(shown))).toBe(null);
  });
});

describe("formatting responses", () => {
  it("parsing what was formatted gives it back", () => {
    fc.assert(
      fc.property(statusLine(), (given) => {
        const written = formatResponse(given);
        expect(parseResponse(line(written))).toMatchObject(given);
        expect(parseResponse(line(written))?.line).toBe(written.slice(0, -2));
      }),
      { numRuns: runs(5) },
    );
  });

  it("whatever is parsed and can be formatted comes back; nothing throws", () => {
    const part = fc.constantFrom("[", "]", "/", "SYS", "a", " ", "\xc3\xa9", "\xff", "\r", "\0", "+OK");
    const shown = fc.array(part, { maxLength: 12 }).map((parts) => `-ERR ${parts.join("")}`);
    fc.assert(
      fc.property(shown, (given) => {
        const parsed = parseResponse(octets(given));
        expect(parsed === null).toBe(/[\0\r]/.test(given));
        if (parsed === null || (parsed.code === null && parsed.text.startsWith("["))) return;
        const written = new TextEncoder().encode(formatResponse(parsed, { utf8: true }));
        const again = parseResponse(written.subarray(0, -2));
        expect({ ...again, line: "" }).toEqual({ ...parsed, line: "" });
      }),
      { numRuns: runs(5) },
    );
  });

  it.each<readonly [StatusLine, string]>([
    [{ ok: true, code: null, text: "a\r\n+OK" }, '"text" expected printable ASCII'],
    [{ ok: true, code: null, text: "a\0" }, '"text" expected printable ASCII'],
    [{ ok: true, code: "A]", text: "" }, '"code" expected levels'],
    [{ ok: true, code: "A/", text: "" }, '"code" expected levels'],
    [{ ok: true, code: "A\r\n", text: "" }, '"code" expected levels'],
    [{ ok: true, code: "", text: "" }, '"code" expected levels'],
  ])("[POP3-3-7] the formatter can write nothing else: %j", (given, message) => {
    expect(() => formatResponse(given)).toThrow(RangeError);
    expect(() => formatResponse(given)).toThrow(message);
    expect(() => formatResponse(given, { utf8: true })).toThrow(RangeError);
  });

  it.each(["[x]", "[", "[AUTH] no"])("[CAPA-6.4-1] text that begins with a bracket is refused: %j", (text) => {
    expect(() => formatResponse({ ok: false, code: null, text })).toThrow('"text" expected no bracket at its start');
  });

  it("[PRC-2449.8-1] codes are written in upper case", () => {
    expect(formatResponse({ ok: false, code: "sys/Temp", text: "" })).toBe("-ERR [SYS/TEMP]\r\n");
  });

  it("[PUTF8-3.2-5] text outside ASCII is refused unless UTF8 or LANG has succeeded", () => {
    const response = { ok: true, code: null, text: "es Idioma cambi\u00f3" };
    expect(() => formatResponse(response)).toThrow('"text" expected printable ASCII');
    expect(formatResponse(response, { utf8: true })).toBe("+OK es Idioma cambi\u00f3\r\n");
    expect(() => formatResponse({ ...response, text: "\ud800" }, { utf8: true })).toThrow('"text" expected');
  });
});

describe("challenges", () => {
  it.each([
    ["+ ", ""],
    ["+ dGVzdA==", "dGVzdA=="],
    ["+ not base64", "not base64"],
  ])("[PAUTH-4-5] %j", (shown, text) => {
    expect(parseChallenge(line(shown))).toBe(text);
  });

  it.each(["+OK", "-ERR", "", "+x", "++ "])("%j is none", (shown) => {
    expect(parseChallenge(line(shown))).toBe(null);
  });

  it("[POP3-Q-2] + without a space is an empty challenge", () => {
    expect(parseChallenge(line("+"))).toBe("");
    expect(parseChallenge(line("+"), { plusWithoutSpace: false })).toBe(null);
  });

  it("[PAUTH-4-4] an empty challenge is four octets; others are never folded", () => {
    expect(formatChallenge(octets(""))).toBe("+ \r\n");
    expect(formatChallenge(octets("test"))).toBe("+ dGVzdA==\r\n");
    expect(formatChallenge(octets("x".repeat(3000)))).toHaveLength("+ \r\n".length + 4000);
  });
});

describe("languages", () => {
  it.each([
    ["en English", { language: "en", text: "English" }],
    ["en-boont English Boontling dialect", { language: "en-boont", text: "English Boontling dialect" }],
    ["es Espa\u00f1ol", { language: "es", text: "Espa\u00f1ol" }],
    ["de", { language: "de", text: "" }],
  ])("[PUTF8-3.2-4] %j", (shown, expected) => {
    expect(parseLanguageListing(shown)).toEqual(expected);
    expect(formatLanguageListing(expected)).toBe(shown);
  });

  it.each(["", " en", "* x", "e_n", "verylonglanguage", "en a\rb"])("%j is none", (shown) => {
    expect(parseLanguageListing(shown)).toBe(null);
  });

  it.each([
    [{ language: "*", text: "" }, '"language" expected'],
    [{ language: "en", text: "a\r\n." }, '"text" expected text without line ends'],
  ])("%j cannot be written", (given, message) => {
    expect(() => formatLanguageListing(given)).toThrow(message);
  });
});
