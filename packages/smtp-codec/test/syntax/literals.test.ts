import { helloNameKind, literalKind, parseMailbox } from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";

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

  it.each(["2001:db8::1", "::1", "1:2:3:4:5:6:7:8", "a:b:c:d:e:f:192.0.2.1", "ffff::192.0.2.1"])(
    "[SMTP-4.1.3-2] [%s] is IPv6 where its tag may be left out, and none elsewhere",
    (address) => {
      const text = `[${address}]`;
      expect([literalKind(text), literalKind(text, { ipv6WithoutTag: true })]).toEqual([null, "ipv6"]);
      expect(literalKind(`[IPv6:${address}]`)).toBe("ipv6");
      expect(parseMailbox(`a@${text}`)).toBe(null);
      expect(parseMailbox(`a@${text}`, { ipv6WithoutTag: true })).toMatchObject({ domain: text, domainKind: "ipv6" });
      expect([helloNameKind(text), helloNameKind(text, { ipv6WithoutTag: true })]).toEqual([
        "other",
        "address-literal",
      ]);
    },
  );

  it.each(["[1:2]", "[2001:db8:1]", "[dead:beef]", "[a::b::c]"])(
    "[SMTP-4.1.3-4] %s has a tag, and is no address",
    (text) => {
      expect([literalKind(text), literalKind(text, { ipv6WithoutTag: true })]).toEqual(["general", "general"]);
    },
  );
});
