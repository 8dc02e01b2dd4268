import {
  addressLiteral,
  canonicalAddress,
  formatLocalPart,
  formatPath,
  isDomain,
  isFullyQualified,
  literalKind,
  type Mailbox,
  makeMailbox,
  needsSmtputf8,
  notificationRecipient,
  parseForwardPath,
  parseMailbox,
  parseReversePath,
  sameMailbox,
} from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";
import { located } from "./support.ts";

const mailbox = (text: string): Mailbox => parseMailbox(text, { smtputf8: true })!;

describe("mailboxes", () => {
  it.each([
    ["joe", "joe"],
    ["a.b", "a.b"],
    ["", '""'],
    ["a b", '"a b"'],
    ["a..b", '"a..b"'],
    [".a", '".a"'],
    ['say "hi"\\', '"say \\"hi\\"\\\\"'],
    ["dömi", "dömi"],
    ["世 界", '"世 界"'],
  ])("[SMTP-4.1.2-4] %j is written %s", (plain, written) => {
    expect(formatLocalPart(plain)).toBe(written);
    expect(makeMailbox(plain, "b")).toMatchObject({ address: `${written}@b`, localPart: plain, domain: "b" });
  });

  it.each(["a\r\nb", "\0", "\x7f", "\t", "\u0085", "\ud800"])("[SMTP-4.1.2-5] %j is no local-part", (plain) => {
    expect(() => formatLocalPart(plain)).toThrow('"localPart" expected printable characters');
  });

  it.each(["", "a_b", "[1.2.3]", "b>", "b\r\n"])("%j is no domain to make a mailbox of", (domain) => {
    expect(() => makeMailbox("a", domain)).toThrow('"domain" expected a domain or an address literal');
  });

  it.each([
    ['"joe"@B', "joe@b"],
    ['"j\\oe"@b', "joe@b"],
    ['"a b"@[IPv6:2001:DB8::1]', '"a b"@[ipv6:2001:db8::1]'],
    ["ÄÖ@BÜcher.example", "ÄÖ@bÜcher.example"],
  ])("[SMTP-4.1.2-3] %s and %s are one mailbox", (one, canonical) => {
    expect(canonicalAddress(mailbox(one))).toBe(canonical);
    expect(sameMailbox(mailbox(one), mailbox(canonical))).toBe(true);
  });

  it("[SMTP-4.1.1.3-4] a postmaster compares without case, with a domain or without", () => {
    const postmaster = (address: string) => ({ kind: "postmaster", address }) as const;
    expect(sameMailbox(postmaster("Postmaster"), postmaster("POSTMASTER"))).toBe(true);
    expect(sameMailbox(mailbox("postMASTER@a.example"), mailbox("Postmaster@A.example"))).toBe(true);
    expect(sameMailbox(postmaster("postmaster"), mailbox("postmaster@a.example"))).toBe(false);
    expect(sameMailbox(mailbox("Postmasters@a"), mailbox("postmasters@a"))).toBe(false);
  });

  it.each([
    ["a@b", false],
    ["a@b.example", true],
    ["a@[192.0.2.1]", true],
  ])("[SUB-4.2-1] whether the domain of %s is complete: %s", (address, complete) => {
    expect(isFullyQualified(mailbox(address))).toBe(complete);
  });

  it("[SMTP-6.1-1] a notification goes to the mailbox without the route, and to nobody for the null path", () => {
    const from = located(parseReversePath("<@a,@b:user@d>"));
    expect(formatPath(notificationRecipient(from)!)).toBe("<user@d>");
    expect(notificationRecipient({ kind: "null", address: "" })).toBe(null);
  });

  it("[SMTP-4.1.1.3-2] a route is written only where it is asked for, and never too long", () => {
    const from = located(parseReversePath("<@a,@b:user@d>"));
    expect([formatPath(from), formatPath(from, { keepRoute: true })]).toEqual(["<user@d>", "<@a,@b:user@d>"]);
    const long = { ...mailbox("user@d"), route: Array.from({ length: 30 }, () => "relay.example") };
    expect(() => formatPath(long, { keepRoute: true })).toThrow("at most 254 octets");
    expect(() => formatPath({ ...mailbox("user@d"), route: ["a\r\n"] }, { keepRoute: true })).toThrow(RangeError);
  });

  it("[SMTP-3.6.3-1] the null path is like no mailbox", () => {
    expect(located(parseReversePath("<>"))).toEqual({ kind: "null", address: "" });
    expect(formatPath({ kind: "null", address: "" })).toBe("<>");
  });

  it("[SMTP-4.1.1.3-1] a source route is told, and otherwise ignored", () => {
    expect(located(parseForwardPath("<@a.example,@b:joe@c>"))).toMatchObject({
      address: "joe@c",
      route: ["a.example", "b"],
    });
  });
});

describe("grammar of mailboxes", () => {
  it.each(['"a@b>c d"@e', '""@b', '"\\""@b', '"\\\\"@b', '"\\ "@b'])("[SMTP-4.1.2-2] %s", (text) => {
    expect(mailbox(text)).toMatchObject({ address: text, kind: "mailbox" });
  });

  it.each(['"a', '"a"b@c', '"a\\"@b', '"\t"@b', '"\\\x7f"@b', '"a""b"@c', 'a"b"@c'])(
    "[SMTP-4.1.2-2] %j is none",
    (text) => {
      expect(parseMailbox(text)).toBe(null);
    },
  );

  it.each(['"a\r\n b"@c', '"a\tb"@c', '"\x01"@c', '"\\\x01"@c', '"\\\r"@c'])(
    "[SMTP-2821.4.1.2-2] %j has what RFC 2822 allowed and SMTP does not",
    (text) => {
      expect(parseMailbox(text)).toBe(null);
      expect(parseReversePath(`<${text}>`)).toMatchObject({ fault: "invalid-path" });
    },
  );

  it.each(["ü@b", "a@ü", "ü.ü@ü.ü", '"ü ü"@b', "a@a-ü", "a@ü-a", "𐐷@𐐷", "a@\u00ad"])("[UTF8-3.3-1] %s", (text) => {
    expect(parseMailbox(text)).toBe(null);
    expect(parseMailbox(text, { smtputf8: true })).toMatchObject({ address: text });
    expect(needsSmtputf8(mailbox(text))).toBe(true);
  });

  it.each(["ü..ü@b", ".ü@b", "ü@-ü", "ü@ü-", "ü@ü..ü", "ü ü@b", "ü@b c"])(
    "[UTF8-3.3-1] %s breaks a rule of ASCII",
    (text) => {
      expect(mailbox(text)).toBe(null);
    },
  );

  it('[UTF8-3.3-3] a pair covers ASCII alone: "\\ü"', () => {
    expect([mailbox('"\\ü"@b'), mailbox('"\\u"@b')?.localPart]).toEqual([null, "u"]);
  });

  it.each(["a\u0080@b", '"\u009f"@b', "a@b\u0085", "\ud800@b", "a@\udc00", "\udc00\ud800@b"])(
    "[UTF8-3.3-4] %j has a control",
    (text) => {
      expect(mailbox(text)).toBe(null);
    },
  );

  it("[UTF8-3.3-5] nothing is normalised or converted", () => {
    for (const text of ["u\u0308@b", "\u00fc@b", "a@xn--bcher-kva.example", "a@B\u00dcCHER.example"]) {
      expect(formatPath(mailbox(text), { smtputf8: true })).toBe(`<${text}>`);
    }
  });

  it("[SMTP-2.3.11-1] case and quoting are kept", () => {
    for (const text of ["JoE@ExAmPlE.com", '"JoE"@b', '"\\J"@b']) {
      expect(formatPath(mailbox(text))).toBe(`<${text}>`);
    }
  });

  it("[SMTP-4.5.3.1.2-1] a domain of 255 octets is one, of 256 none", () => {
    const domain = (length: number) => `${"a.".repeat(100)}${"b".repeat(length - 200)}`;
    expect([isDomain(domain(255)), isDomain(`${"a.".repeat(127)}bb`), isDomain(`${"a.".repeat(127)}b`)]).toEqual([
      ...[true, false, true],
    ]);
    // Octets are counted, not characters.
    expect(isDomain("ü.".repeat(85), { smtputf8: true, trailingDotInDomain: true })).toBe(true);
    expect(isDomain("ü.".repeat(86), { smtputf8: true, trailingDotInDomain: true })).toBe(false);
    expect(parseMailbox(`a@[x:${"y".repeat(251)}]`)).not.toBe(null);
    expect(parseMailbox(`a@[x:${"y".repeat(252)}]`)).toBe(null);
  });

  it.each([
    ["a", true],
    ["a".repeat(63), true],
    ["a".repeat(64), false],
    ["1-2", true],
    ["", false],
    ["-a", false],
    ["a-", false],
    ["a.", false],
    ["#123", false],
    ["a_b", false],
    ["ü", false],
  ])("[SMTP-4.1.2-6] [SMTP-F.4-1] domain %j: %s", (text, valid) => {
    expect(isDomain(text)).toBe(valid);
  });

  it.each([
    ["a@b_c", { underscoreInDomain: true }],
    ["a@_b", { underscoreInDomain: true }],
    ["a@b.", { trailingDotInDomain: true }],
    ["a@[::1]", { ipv6WithoutTag: true }],
    ["a", { unqualifiedMailbox: true }],
  ])("[SMTP-4.1.2-6] the leniency for %s", (text, rules) => {
    expect(parseMailbox(text)).toBe(null);
    const lenient = parseMailbox(text, rules)!;
    expect(lenient.address).toBe(text);
    expect(() => formatPath(lenient)).toThrow(RangeError);
  });

  it("leniencies take no more than they say", () => {
    const all = { underscoreInDomain: true, trailingDotInDomain: true, ipv6WithoutTag: true, unqualifiedMailbox: true };
    for (const text of ["a@b..", "a@.", "a@-b", "a@[::g]", "a@[::1::2]", "", "@b", "a b"]) {
      expect(parseMailbox(text, all)).toBe(null);
    }
    expect([canonicalAddress(parseMailbox("Tim", all)!), isFullyQualified(parseMailbox("Tim", all)!)]).toEqual([
      "Tim",
      false,
    ]);
    expect([isFullyQualified(parseMailbox("a@b.", all)!), isFullyQualified(parseMailbox("a@b.c.", all)!)]).toEqual([
      false,
      true,
    ]);
  });

  it("[SMTP-4.5.3.1.1-1] a local-part has the path's limit, unless it is given its own", () => {
    const address = (length: number) => `<${"a".repeat(length)}@b>`;
    expect(parseReversePath(address(65))).toMatchObject({ end: 69 });
    expect(parseReversePath(address(64), { maxLocalPart: 64 })).toMatchObject({ end: 68 });
    expect(parseReversePath(address(65), { maxLocalPart: 64 })).toMatchObject({ fault: "invalid-path" });
  });

  it("[SMTP-4.5.3.1.3-1] the path's limit counts octets, the route's too, and can be raised", () => {
    const routed = `<@${"r".repeat(60)}:${"a".repeat(190)}@b>`;
    expect(parseForwardPath(routed)).toMatchObject({ end: 256 });
    expect(parseForwardPath(routed.replace("a", "aa"))).toMatchObject({ reply: { code: 501, enhanced: "5.1.3" } });
    expect(parseForwardPath(routed.replace("a", "aa"), { maxPath: 300 })).toMatchObject({ end: 257 });
    const wide = `<${"ü".repeat(126)}@b>`;
    expect(parseReversePath(wide, { smtputf8: true })).toMatchObject({ end: 130 });
    expect(parseReversePath(wide.replace("ü", "üa"), { smtputf8: true })).toMatchObject({ fault: "invalid-path" });
    for (const [char, count] of [
      ["世", 84],
      ["𐐷", 63],
    ] as const) {
      expect(parseReversePath(`<${char.repeat(count)}@b>`, { smtputf8: true })).toHaveProperty("path");
      expect(parseReversePath(`<${char.repeat(count)}a@b>`, { smtputf8: true })).toHaveProperty("fault");
    }
  });

  it.each(["<@a,@b:u@d>", "<@a.b.c:u@[192.0.2.1]>"])("[SMTP-4.1.2-7] %s", (text) => {
    expect(parseReversePath(text)).toMatchObject({ end: text.length });
  });

  it.each([
    "<@a@b:u@d>",
    "<@a,:u@d>",
    "<@a:>",
    "<@a:<u@d>>",
    "<@[192.0.2.1]:u@d>",
    "<@a,b:u@d>",
    "<@a;u@d>",
    "<@:u@d>",
    "<@a, @b:u@d>",
  ])("[SMTP-4.1.2-7] %s is none", (text) => {
    expect(parseReversePath(text)).toMatchObject({ fault: "invalid-path" });
  });

  it.each(["< a@b>", "<a@b >", "<a @b>", "<a@ b>", "<a@b", "<a@b>>"])("[SMTP-4.1.2-8] %j", (text) => {
    const found = parseReversePath(text);
    if ("fault" in found) expect(found.fault).toBe("invalid-path");
    else expect(found.end).toBeLessThan(text.length);
  });

  it("[SMTP-4.1.2-11] a raised limit keeps the time linear", () => {
    for (const [part, end] of [
      ["@a,", "@a:u@d>"],
      ['\\"', '"@d>'],
      ["a.", "a@d>"],
    ] as const) {
      const text = (count: number) => `<${part === '\\"' ? '"' : ""}${part.repeat(count)}${end}`;
      const rules = { maxPath: Number.POSITIVE_INFINITY };
      expect(parseReversePath(text(100_000), rules)).toMatchObject({ end: text(100_000).length });
    }
  });
});

describe("addresses as literals", () => {
  it.each([
    ["192.0.2.1", "[192.0.2.1]"],
    ["2001:db8::1", "[IPv6:2001:db8::1]"],
    ["::ffff:192.0.2.1", "[192.0.2.1]"],
    ["::FFFF:c000:201", "[IPv6:::FFFF:c000:201]"],
    ["fe80::1%eth0", "[IPv6:fe80::1]"],
    ["::", "[IPv6:::]"],
  ])("[SMTP-4.1.3-3] %s is %s", (address, literal) => {
    expect(addressLiteral(address)).toBe(literal);
    expect(literalKind(literal)).not.toBe(null);
  });

  it("the address of a socket that is lost is none", () => {
    expect(() => addressLiteral(undefined as unknown as string)).toThrow(TypeError);
    expect(() => addressLiteral(undefined as unknown as string)).toThrow('"address" expected');
  });

  it.each(["", "localhost", "192.0.2", "::1\r\n", "[::1]", "1.2.3.4.5"])("%j is no address", (address) => {
    expect(() => addressLiteral(address)).toThrow('"address" expected an IPv4 or IPv6 address');
  });

  it.each([
    "[IPv6:1:1.2.3.4]",
    "[IPv6::1.2.3.4]",
    "[IPv6:::1:2:3:4:5:1.2.3.4]",
    "[IPv6:1.2.3.4]",
    "[IPv6::1:2::3]",
    "[IPv6:1::1.2.3.4:5]",
  ])("[SMTP-4.1.3-3] %s is none", (text) => {
    expect(literalKind(text)).toBe(null);
  });

  it.each(["[IPv6:1::2:1.2.3.4]", "[IPv6:1:2:3::4:1.2.3.4]", "[IPv6:::1.2.3.4]", "[IPv6:1:2:3:4::1.2.3.4]"])(
    "[SMTP-4.1.3-3] %s is one",
    (text) => {
      expect(literalKind(text)).toBe("ipv6");
    },
  );

  it("[SMTP-4.1.3-4] a general literal is written only as it was given", () => {
    expect(literalKind("[x-foo:a!Z^~]")).toBe("general");
    expect(formatPath(mailbox("a@[x-foo:a!Z^~]"))).toBe("<a@[x-foo:a!Z^~]>");
  });

  it.each(["[256.1.1.1]", "[1.2.3]", "[0x1.2.3.4]", "[1.2.3.4.5]", "[1.2.3.]", "[1.2.3.0004]"])(
    "[SMTP-4.1.3-1] %s is none",
    (text) => {
      expect(literalKind(text)).toBe(null);
    },
  );
});
