import { formatPath, parseForwardPath, parseMailbox, parseReversePath, sameMailbox } from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";
import { located } from "./support.ts";

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
