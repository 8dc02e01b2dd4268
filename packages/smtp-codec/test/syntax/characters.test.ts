import {
  addressLiteral,
  decodeUnitext,
  encodeUnitext,
  formatPath,
  formatReply,
  isDomain,
  isFault,
  isFullyQualified,
  literalKind,
  type Postmaster,
  parseForwardPath,
  parseMailbox,
  parseParameters,
  parseReversePath,
  rcptParameterSet,
  rcptParameters,
  sameMailbox,
  typeParameters,
} from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";
import { isAscii } from "../../src/syntax/text.ts";

const refused = (found: object) => isFault(found);

describe("characters beyond ASCII", () => {
  it.each([
    ["\u00a0", true],
    ["\u009f", false],
    ["\ud7ff", true],
    ["\ue000", true],
    ["\uffff", true],
    ["\ud800\udc00", true],
    ["\udbff\udfff", true],
    ["\ud800", false],
    ["\ud800x", false],
    ["\ud800\ud800", false],
    ["\ud800\udbff", false],
    ["\ud800\ue000", false],
    ["\udc00", false],
    ["\udc00\udc00", false],
    ["\udfff", false],
    ["\udfff\udfff", false],
  ])("%j in a local-part: %s", (text, taken) => {
    expect(parseMailbox(`${text}@b`, { smtputf8: true }) !== null).toBe(taken);
    expect(parseMailbox(`"${text}"@b`, { smtputf8: true }) !== null).toBe(taken);
  });

  it.each([
    ["x", 1],
    ["\u00a0", 2],
    ["\u07ff", 2],
    ["\u0800", 3],
    ["\ud7ff", 3],
    ["\ud800\udc00", 4],
    ["\udbff\udfff", 4],
    ["\ue000", 3],
    ["\uffff", 3],
  ])("%j counts as %d octets", (character, size) => {
    // A line has 506 octets of text.
    const rest = "x".repeat(506 - size);
    const reply = (lines: readonly string[]) => formatReply({ code: 250, enhanced: null, lines }, { smtputf8: true });
    expect(reply([character + rest])).toHaveLength(506 - size + character.length + 6);
    expect(() => reply([`${character}${rest}x`])).toThrow('"reply" expected lines of at most 512 octets');
  });

  it.each([
    ["\\x{DFFF}", null],
    ["\\x{D800}", null],
    ["\\x{E000}", "\ue000"],
    ["\\x{10FFFF}", "\u{10ffff}"],
    ["\\x{110000}", null],
    ["\\x{0}", null],
    ["\\x{000041}", "A"],
    ["\\x{0000041}", null],
    ["\\\\x{41}", null],
    ["\\x{41", null],
    ["\\x{}", null],
    [" ", null],
    ["\x1f", null],
    ["\x7f", null],
    ["=", null],
    ["+", null],
    ["~!", "~!"],
  ])("as utf-8-addr %j is %j", (text, decoded) => {
    expect(decodeUnitext(text, false)).toBe(decoded);
  });

  it.each([
    ["\u009f", "\\x{9F}"],
    ["\u00a0", "\u00a0"],
    ["\x7f", "\\x{7F}"],
    ["~", "~"],
    [" ", "\\x{20}"],
  ])("%j is written as %j", (text, encoded) => {
    expect(encodeUnitext(text, true)).toBe(encoded);
  });

  it.each([
    ["rfc822;+C3+A9@b", { type: "utf-8", address: "é@b" }],
    ["rfc822;+C3+A9+09", { type: "utf-8", address: "é\t" }],
    ["rfc822;+C3", null],
    ["rfc822;+C3+A9+0D", null],
    ["rfc822;é+C3+A9@b", null],
    ["rfc822;+C3+A9é@b", null],
    ["rfc822;%+C3+A9", { type: "utf-8", address: "%é" }],
    ["x400;+C3+A9", null],
  ])("ORCPT=%s, where SMTPUTF8 is offered", (value, orcpt) => {
    const parameters = parseParameters(` ORCPT=${value}`, 0, { smtputf8: true });
    if (isFault(parameters)) throw new Error(parameters.text);
    const offered = (keyword: string) => (keyword === "DSN" || keyword === "SMTPUTF8" ? [] : undefined);
    const found = typeParameters(rcptParameterSet, parameters, offered);
    expect(isFault(found) ? null : found.orcpt).toEqual(orcpt);
  });

  it("ORCPT has them as they are where SMTPUTF8 is offered, and else none", () => {
    const orcpt = { type: "utf-8", address: "é" };
    const value = (offered: string) =>
      rcptParameters({ orcpt }, (keyword) => (keyword === offered ? [] : undefined))[0]!.value;
    expect([value("SMTPUTF8"), value("DSN")]).toEqual(["utf-8;é", "utf-8;\\x{E9}"]);
    const long = (address: string) => () => rcptParameters({ orcpt: { type: "utf-8", address } }, () => []);
    expect(long("é".repeat(247))).not.toThrow();
    expect(long("é".repeat(248))).toThrow("at most 500 octets as they are written");
  });

  it.each([
    [" X ", [{ keyword: "X", value: null }]],
    [
      " X  Y",
      [
        { keyword: "X", value: null },
        { keyword: "Y", value: null },
      ],
    ],
    [" ", []],
  ])("spaces around parameters: %j", (text, parameters) => {
    expect(parseParameters(text)).toEqual(parameters);
    expect(refused(parseParameters(text, 0, { extraSpaces: false }))).toBe(text === " X  Y");
  });

  it.each([" X=\x7f", " X=\x1f", " X==", " X=a b="])("%j is no parameter", (text) => {
    expect(refused(parseParameters(text))).toBe(true);
  });

  it("stand in values where that was said alone", () => {
    expect(refused(parseParameters(" X=é"))).toBe(true);
    expect(refused(parseParameters(" X=é", 0, {}))).toBe(true);
    expect(parseParameters(" X=é", 0, { smtputf8: true })).toEqual([{ keyword: "X", value: "é" }]);
  });
});

describe("paths", () => {
  it.each([
    ["a@", { trailingDotInDomain: true }],
    ["a@.", { trailingDotInDomain: true }],
    ["a@b..", { trailingDotInDomain: true }],
    ["a@b.c-", { trailingDotInDomain: true }],
    [`a@b.${"c".repeat(64)}`, { trailingDotInDomain: true }],
    ['"@b', {}],
    ['"a@b', {}],
    ['"a"b@c', {}],
    ["a@[192.0.2.1", {}],
    ["a@xipv6::1", {}],
  ])("%j is no mailbox", (text, rules) => {
    expect(parseMailbox(text, rules)).toBeNull();
  });

  it.each([
    "<abcdefghij>",
    "<postmastex>",
    "<@x,y:a@b>",
    "<@x@y:a@b>",
    "<@-:a@b>",
    "<@x;a@b>",
    `<a@${"x".repeat(300)}>`,
  ])("%j is no forward-path", (text) => {
    expect(refused(parseForwardPath(text, { maxPath: 1000 }))).toBe(true);
  });

  it("a path is written as what it is", () => {
    const postmaster = (address: string): Postmaster => ({ kind: "postmaster", address });
    expect(formatPath(postmaster("Postmaster"), { keepRoute: true })).toBe("<Postmaster>");
    expect(() => formatPath(postmaster("a@b"))).toThrow('"address" expected a mailbox');
    for (const text of ["xa@b>", "<@x,yz:a@b>", "<a@b"]) expect(refused(parseReversePath(text))).toBe(true);
  });

  it("a local-part alone is a mailbox where a leniency says so", () => {
    expect(parseMailbox("tim", { unqualifiedMailbox: true })).toEqual({
      ...{ kind: "mailbox", address: "tim", localPart: "tim", domain: "", domainKind: "none", route: [] },
    });
    expect(parseMailbox("tim")).toBeNull();
    expect([isDomain(""), isDomain("", { trailingDotInDomain: true })]).toEqual([false, false]);
  });

  it("two mailboxes are the same by what they say", () => {
    const box = (text: string) => parseMailbox(text, { unqualifiedMailbox: true })!;
    const postmaster: Postmaster = { kind: "postmaster", address: "PostMaster" };
    expect(sameMailbox(box("abcdefghij@x"), box("klmnopqrst@x"))).toBe(false);
    expect(sameMailbox(box("abcdefghij@x"), box("ABCDEFGHIJ@x"))).toBe(false);
    expect(sameMailbox(box("postmaster@x"), box("POSTMASTER@X"))).toBe(true);
    expect(sameMailbox(postmaster, box("postmaster"))).toBe(true);
    expect(sameMailbox(postmaster, box("postmaster@x"))).toBe(false);
  });

  it.each([
    ["a@[IPv6:::1]", true],
    ["a@[tag:x]", true],
    ["a@b", false],
    ["a@b.c", true],
  ])("%s is fully qualified: %s", (text, qualified) => {
    expect(isFullyQualified(parseMailbox(text)!)).toBe(qualified);
  });

  it.each([
    "192.0.2.1",
    "[192.0.2.1x",
    "[IPv6:1::2::3:4:5:6:7:8]",
    "[192.0.2.1",
    "192.0.2.1]",
    "x192.0.2.1]",
    "[]",
    "[",
    "]",
    "",
    "[x]",
    "[:x]",
    "[a-:x]",
    "[a:]",
  ])("%j is no address literal", (text) => {
    expect(literalKind(text, { ipv6WithoutTag: true })).toBeNull();
  });

  it.each([
    ["1::ffff:192.0.2.1", "[IPv6:1::ffff:192.0.2.1]"],
    ["::ffff:192.0.2.1", "[192.0.2.1]"],
    ["ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]"],
    ["fe80::1%eth0", "[IPv6:fe80::1]"],
  ])("the literal of %s is %s", (address, literal) => {
    expect(addressLiteral(address)).toBe(literal);
    expect(literalKind(`[${address.replace(/%.*/, "")}]`, { ipv6WithoutTag: true })).toBe("ipv6");
  });
});

it("ASCII is all below 128, and the shortest code point is written with two digits", () => {
  const ascii = (octet: number) => isAscii(Uint8Array.of(0x41, octet, 0x41), 0, 3);
  expect([0, 0x7f, 0x80, 0xff].map(ascii)).toEqual([true, true, false, false]);
  expect([encodeUnitext("\t", false), encodeUnitext("\x7f", false)]).toEqual(["\\x{09}", "\\x{7F}"]);
});
