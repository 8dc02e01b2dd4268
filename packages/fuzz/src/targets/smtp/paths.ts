import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { addressLiterals, domains, mailboxes } from "smtp-codec/arbitraries";
import {
  canonicalAddress,
  formatPath,
  isDomain,
  isFault,
  literalKind,
  parseForwardPath,
  parseMailbox,
  parseReversePath,
  sameMailbox,
} from "smtp-codec/syntax";
import { holds, same } from "../../finding.ts";
import { linesTarget, noise, utf8Line } from "../lines.ts";

const lines = [
  ...[
    "a@b\r\n",
    '"a b"@c\r\n',
    '"a\\"b"@c\r\n',
    "<@a,@b:c@d>\r\n",
    "a@[192.0.2.1]\r\n",
    "a@[IPv6:2001:db8::1]\r\n",
    "<>\r\n",
  ],
  ...[
    "<Postmaster>\r\n",
    "a..b@c\r\n",
    ".a@b\r\n",
    "a@b.\r\n",
    "a@-b\r\n",
    "[IPv6:::ffff:192.0.2.1]\r\n",
    "[1.2.3.256]\r\n",
    "[x-tag:abc]\r\n",
  ],
  ...[
    `${"a".repeat(64)}@b\r\n`,
    `a@${"b".repeat(63)}.c\r\n`,
    `a@${"b".repeat(64)}.c\r\n`,
    "[IPv6:1:2:3:4:5:6:7:8]\r\n",
    "[IPv6:1::2:3:4:5:6:7:8]\r\n",
  ],
];

/** Addresses, paths and literals, beside Node's own idea of an IP address. */
export const smtpPaths = linesTarget({
  name: "smtp-paths",
  files: ["smtp-codec/src/syntax/path/", "smtp-codec/src/syntax/characters.ts"],
  lines,
  octets: fc.oneof(
    noise(lines),
    mailboxes({ smtputf8: true }).map(({ address }) => utf8Line(address)),
    addressLiterals().map(utf8Line),
    domains().map(utf8Line),
  ),
  check(line, choices) {
    const text = new TextDecoder().decode(line);
    const smtputf8 = choices.pick(false, true);
    const mailbox = parseMailbox(text, { smtputf8 });
    if (mailbox !== null) {
      same(mailbox.address, text, "the address is the text");
      const canonical = canonicalAddress(mailbox);
      const again = parseMailbox(canonical, { smtputf8 });
      holds(again !== null && sameMailbox(mailbox, again), "the canonical form is the same mailbox");
      same(canonicalAddress(again), canonical, "a canonical form is its own");
      holds(smtputf8 || !/[^ -~]/.test(text), "ASCII alone");
    }
    const plain = /^([a-z0-9]{1,20}(?:\.[a-z0-9]{1,20}){0,2})@([a-z]{1,20}(?:\.[a-z]{1,20}){0,3})$/.exec(text);
    if (plain !== null) same([mailbox?.localPart, mailbox?.domain], plain.slice(1), "a plain address is a mailbox");
    for (const parse of [parseReversePath, parseForwardPath]) {
      const found = parse(text, { smtputf8 });
      if (isFault(found)) continue;
      const written = formatPath(found.path, { smtputf8, keepRoute: true });
      const back = parse(written, { smtputf8 });
      same(isFault(back) ? back : back.path, found.path, "a path that was written is read back");
      holds(found.end <= text.length, "a path ends in its text");
    }
    // RFC 5321 lets the figures of an IPv4 address begin with zeros; Node does not.
    const withoutZeros = (inside: string) => inside.replace(/(?<=[.:]|^)0{1,2}(?=\d{1,2}(?:\.|$))(?=[\d.]*$)/g, "");
    // RFC 5321's "::" stands for two groups at least, RFC 4291's for one too.
    const groups =
      text.split(/[:.]/).filter((group) => /^[0-9a-f]+\]?$/i.test(group)).length - (text.includes(".") ? 2 : 0);
    const isOneLess = text.includes("::") && groups === 7;
    if (/^\[IPv6:[^%\]]*\]$/i.test(text) && !/\.\d{4}|\d{4}\./.test(text) && !isOneLess)
      same(
        literalKind(text) === "ipv6",
        isIPv6(text.includes(".") ? withoutZeros(text.slice(6, -1)) : text.slice(6, -1)),
        "an IPv6 literal",
      );
    if (/^\[[\d.]*\]$/.test(text)) {
      if (!/\d{4}/.test(text))
        same(literalKind(text) === "ipv4", isIPv4(withoutZeros(text.slice(1, -1))), "an IPv4 literal");
    }
    if (/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})?$/i.test(text)) {
      same(isDomain(text), !/(^|\.)-|-(\.|$)/.test(text), "a domain of short labels");
    }
  },
});
