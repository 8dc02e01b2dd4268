import fc from "fast-check";
import { domains, hostileText, mailboxes } from "smtp-codec/arbitraries";
import {
  addressLiteral,
  formatPath,
  type Mailbox,
  originalRecipient,
  parseMailbox,
  parseReversePath,
} from "smtp-codec/syntax";
import {
  formatDateTime,
  formatReceived,
  formatReturnPath,
  helloDomain,
  parseMailDate,
  parseReceived,
  type Received,
  withProtocol,
} from "smtp-codec/trace";
import { runs } from "tools/testing";
import { describe, expect, it } from "vitest";

const date = { date: new Date("2026-11-28T22:12:05Z"), offset: 60 };
const from = helloDomain("client.example.com", "[192.0.2.1]");
const by = { domain: "mx.example.org" };
const unfold = (field: string) => field.replace(/\r\n(?= )/g, "");
const value = (field: string) => field.slice("Received:".length);

describe("Received", () => {
  it.each<readonly [id: string, received: Received, field: string]>([
    [
      "[SMTP-4.4-1]",
      { from, by, date },
      "from client.example.com ([192.0.2.1]) by mx.example.org; Sat, 28 Nov 2026 23:12:05 +0100",
    ],
    [
      "[SMTP-4.4-1]",
      {
        from: helloDomain("client.example.com", addressLiteral("2001:db8::1"), "host.example.net"),
        by: { domain: "[192.0.2.2]", tcp: { literal: "[192.0.2.2]" } },
        via: "TCP",
        with: "ESMTPS",
        id: "4XyZ12",
        for: parseMailbox("b@example.org")!,
        clauses: [
          ["PRIORITY", "-3"],
          ["state", "spam/high"],
        ],
        date,
      },
      "from client.example.com (host.example.net [IPv6:2001:db8::1]) by [192.0.2.2] ([192.0.2.2]) via TCP with ESMTPS" +
        " id 4XyZ12 for <b@example.org> PRIORITY -3 state spam/high; Sat, 28 Nov 2026 23:12:05 +0100",
    ],
    [
      "[SMTP-4.4-3]",
      { from: helloDomain("my_(pc)\\", "[192.0.2.1]"), by, date },
      "from [192.0.2.1] ([192.0.2.1]) (HELO my_\\(pc\\)\\\\) by mx.example.org; Sat, 28 Nov 2026 23:12:05 +0100",
    ],
    [
      "[SMTP-4.4-5]",
      { from, by, id: "<1.a@[192.0.2.1]>", clauses: [["x-y", 'a "b" \\']], date },
      'from client.example.com ([192.0.2.1]) by mx.example.org id <1.a@[192.0.2.1]> x-y "a \\"b\\" \\\\"; Sat, 28 Nov 2026 23:12:05 +0100',
    ],
    [
      "[SOL-2.6-1]",
      {
        from,
        by,
        with: "ESMTP",
        solicit: ["net.example:ADV", "x"],
        for: { kind: "postmaster", address: "Postmaster" },
        date,
      },
      "from client.example.com ([192.0.2.1]) by mx.example.org with ESMTP (SOLICIT=net.example:ADV,x) for <Postmaster>;" +
        " Sat, 28 Nov 2026 23:12:05 +0100",
    ],
    [
      "[SMTP-4.4-4]",
      { from, by, for: parseMailbox("dömi@b", { smtputf8: true })!, smtputf8: true, date },
      "from client.example.com ([192.0.2.1]) by mx.example.org for <dömi@b>; Sat, 28 Nov 2026 23:12:05 +0100",
    ],
  ])("%s %j", (_, received, text) => {
    expect(unfold(formatReceived(received))).toBe(`Received: ${text}\r\n`);
  });

  it.each<readonly [id: string, received: Partial<Received>, message: string]>([
    ["[SMTP-4.4-2]", { from: { domain: "[192.0.2.1]" } }, '"from" expected "tcp" beside an address literal'],
    ["[SMTP-4.4-2]", { by: { domain: "" } }, '"by" expected a domain or an address literal'],
    ["[SMTP-4.4-2]", { from: { domain: "a", tcp: { literal: "192.0.2.1" } } }, '"from" expected "tcp" to be'],
    [
      "[SMTP-4.4-2]",
      { from: { domain: "a", tcp: { literal: "[192.0.2.1]", domain: "a b" } } },
      '"from" expected "tcp" to be',
    ],
    ["[SMTP-4.4-3]", { from: { domain: "my_pc", tcp: { literal: "[192.0.2.1]" } } }, '"from" expected a domain'],
    ["[SMTP-4.4-3]", { from: helloDomain("a_\r\nX: y", "[192.0.2.1]") }, '"comment" expected printable ASCII'],
    ["[SMTP-4.4-5]", { with: "ESMTP x" }, '"with" expected an atom'],
    ["[SMTP-4.4-5]", { via: "" }, '"via" expected an atom'],
    ["[SMTP-4.4-5]", { id: "a b" }, '"id" expected an atom or a message identifier'],
    ["[SMTP-4.4-5]", { id: "<a..b@c>" }, '"id" expected'],
    ["[SMTP-4.4-5]", { id: "<a@[b]]>" }, '"id" expected'],
    ["[SMTP-4.4-5]", { clauses: [["for", "x"]] }, '"clauses" expected names'],
    ["[SMTP-4.4-5]", { clauses: [["a b", "x"]] }, '"clauses" expected names'],
    ["[SMTP-4.4-5]", { clauses: [["state", "a\r\nb"]] }, '"state" expected printable ASCII'],
    ["[SMTP-4.4-4]", { for: [parseMailbox("a@b")!, parseMailbox("c@d")!] as never }, '"address" expected a mailbox'],
    ["[SMTP-4.4-4]", { for: parseMailbox("ö@b", { smtputf8: true })! }, "SMTPUTF8"],
    ["[SMTP-4.4-6]", { date: { date: new Date(Number.NaN) } }, '"date" expected a date of the years 1900 to 9999'],
    ["[SMTP-4.4-6]", { date: { date: new Date("1899-12-31T23:59:59Z") } }, '"date" expected'],
    ["[SMTP-4.4-6]", { date: { date: new Date("2026-11-28T22:12:05Z"), offset: 1440 } }, '"offset" expected minutes'],
    ["[SMTP-4.4-6]", { date: { date: new Date("2026-11-28T22:12:05Z"), offset: 0.5 } }, '"offset" expected minutes'],
    ["[SMTP-4.4-7]", { clauses: [["x", "y".repeat(998)]] }, "a part of more than 987 octets"],
  ])("%s %j is refused", (_, part, message) => {
    expect(() => formatReceived({ from, by, date, ...part })).toThrow(message);
  });

  it("[SMTP-4.4-7] is folded before 78 octets where it can be", () => {
    const field = formatReceived({
      from,
      by,
      with: "ESMTPSA",
      id: "4XyZ12",
      for: parseMailbox("someone@example.org")!,
      date,
    });
    expect(field).toBe(
      "Received: from client.example.com ([192.0.2.1]) by mx.example.org with ESMTPSA\r\n" +
        " id 4XyZ12 for <someone@example.org>; Sat, 28 Nov 2026 23:12:05 +0100\r\n",
    );
    const one = ["x".repeat(950)];
    expect(unfold(formatReceived({ from, by, solicit: one, date }))).toContain(`(SOLICIT=${one[0]})`);
    expect(() => formatReceived({ from, by, solicit: ["x".repeat(1000)], date })).toThrow("a part of more than");
    const solicit = Array.from({ length: 70 }, (_, index) => `org.example:A${index}`);
    const long = formatReceived({
      from: helloDomain(`${"h".repeat(60)}.example`, "[192.0.2.1]"),
      by,
      with: "SMTP",
      solicit,
      date,
    });
    expect(long.split("\r\n").every((line) => line.length <= 998)).toBe(true);
    expect(unfold(long).replaceAll(", org", ",org")).toContain(`(SOLICIT=${solicit.join(",")})`);
  });

  it("[SMTP-4.4-7] no line is too long or white space alone, whatever is written", () => {
    const received = fc.record({
      from: fc.tuple(domains(), fc.string({ unit: "grapheme-ascii" })).map(([host, text]): Received["from"] => ({
        domain: host,
        tcp: { literal: "[192.0.2.1]", domain: host },
        comment: text,
      })),
      by: domains().map((domain) => ({ domain })),
      for: mailboxes(),
      clauses: fc.array(fc.tuple(fc.constantFrom("PRIORITY", "x"), fc.string({ unit: "grapheme-ascii" }))),
      date: fc.record({
        date: fc.date({ min: new Date("1901-01-01"), max: new Date("9998-01-01"), noInvalidDate: true }),
        offset: fc.integer({ min: -1439, max: 1439 }),
      }),
    });
    fc.assert(
      fc.property(received, (given) => {
        const field = formatReceived(given);
        const lines = field.split("\r\n");
        expect(lines.pop()).toBe("");
        for (const line of lines) {
          expect(line.length).toBeLessThanOrEqual(998);
          expect(line.trim()).not.toBe("");
          if (line.length > 78) expect(line.trimStart().slice("Received: ".length)).not.toMatch(/^\S+ \S+ \S+$/);
        }
        const { clauses, date: read } = parseReceived(value(field));
        expect(read).toBe(Math.floor(given.date.date.getTime() / 1000) * 1000);
        expect(clauses.slice(0, 3).map(({ name, values }) => [name, ...values])).toEqual([
          ["from", given.from.domain],
          ["by", given.by.domain],
          ["for", `<${given.for.address}>`],
        ]);
        expect(clauses[0]!.comments).toEqual([`${given.from.domain} [192.0.2.1]`, given.from.comment]);
        expect(clauses.slice(3).map(({ values }) => values)).toEqual(given.clauses.map(([, text]) => [text]));
      }),
      { numRuns: runs(3) },
    );
  });

  it("[SMTP-2.3.8-5] nothing that is given ends the field", () => {
    fc.assert(
      fc.property(hostileText(), (text) => {
        const hostile: Partial<Received>[] = [
          ...[
            { from: { domain: text } },
            { from: { ...from, comment: text } },
            { by: { domain: text } },
            { via: text },
          ],
          ...[
            { with: text },
            { solicit: [text] },
            { id: text },
            { clauses: [["x", text]] },
            { clauses: [[text, "x"]] },
          ],
          { for: { kind: "postmaster", address: text } },
          { from: helloDomain(text, "[192.0.2.1]") },
        ] as Partial<Received>[];
        for (const part of hostile)
          expect(() => formatReceived({ from, by, date, smtputf8: true, ...part })).toThrow(RangeError);
      }),
      { numRuns: runs(3) },
    );
  });
});

describe("Received of others", () => {
  it.each([
    [
      "[SMTP-4.4-8] folded",
      "FROM a.example\r\n\t(b.example [192.0.2.1])\r\n by c.example;\r\n Fri, 21 Nov 1997 09:55:06 -0600",
      [
        { name: "from", values: ["a.example"], comments: ["b.example [192.0.2.1]"] },
        { name: "by", values: ["c.example"], comments: [] },
      ],
      "1997-11-21T15:55:06Z",
    ],
    [
      "[SMTP-4.4-8] comments anywhere",
      "(x) from (in) a (out (inner \\) ) x) by b with SMTP (TLS) ; 1 Jan 26 0:00 GMT (UTC)",
      [
        { name: "from", values: ["a"], comments: ["in", "out (inner ) ) x"] },
        { name: "by", values: ["b"], comments: [] },
        { name: "with", values: ["SMTP"], comments: ["TLS"] },
      ],
      "2026-01-01T00:00:00Z",
    ],
    [
      "[SMTP-4.4-8] several paths",
      'from a by b id "x y" for <c@d> <"e f"@g>,<h@i>; Fri , 21 Nov 97 09 : 55 EST',
      [
        { name: "from", values: ["a"], comments: [] },
        { name: "by", values: ["b"], comments: [] },
        { name: "id", values: ["x y"], comments: [] },
        { name: "for", values: ["<c@d>", '<"e f"@g>,<h@i>'], comments: [] },
      ],
      "1997-11-21T14:55:00Z",
    ],
    [
      "[PRIO-7-1]",
      "from a by b PRIORITY -3; 1 Jan 2026 00:00:00 +0000",
      [
        { name: "from", values: ["a"], comments: [] },
        { name: "by", values: ["b"], comments: [] },
        { name: "priority", values: ["-3"], comments: [] },
      ],
      "2026-01-01T00:00:00Z",
    ],
    [
      "[TRACE-6729.3-1]",
      'from a by b state "spam/x" tls TLS1.3; 1 Jan 2026 00:00:00 +0000',
      [
        { name: "from", values: ["a"], comments: [] },
        { name: "by", values: ["b"], comments: [] },
        { name: "state", values: ["spam/x"], comments: [] },
        { name: "tls", values: ["TLS1.3"], comments: [] },
      ],
      "2026-01-01T00:00:00Z",
    ],
    ...(
      [
        ["Microsoft SMTP Server (TLS) id 15.2", ["Microsoft", "SMTP", "Server"], ["id", "15.2"]],
        ["esmtps priority -3", ["esmtps"], ["priority", "-3"]],
        ["UTF8SMTPSA tls TLS1.3", ["UTF8SMTPSA"], ["tls", "TLS1.3"]],
        ["LMTP for <c@d>", ["LMTP"], ["for", "<c@d>"]],
      ] as const
    ).map(
      ([written, protocol, [name, of]]) =>
        [
          "[SMTP-4.4-8] a protocol of several words, and of one",
          `by b with ${written}; 1 Jan 2026 00:00:00 +0000`,
          [
            { name: "by", values: ["b"], comments: [] },
            { name: "with", values: protocol, comments: written.includes("(TLS)") ? ["TLS"] : [] },
            { name, values: [of], comments: [] },
          ],
          "2026-01-01T00:00:00Z",
        ] as const,
    ),
    [
      "[SMTP-4.4-8] an address as local-part in quotes",
      'by b for "a b"@c; x',
      [
        { name: "by", values: ["b"], comments: [] },
        { name: "for", values: ['"a b"@c'], comments: [] },
      ],
      null,
    ],
  ] as const)("%s: %j", (_, text, clauses, time) => {
    expect(parseReceived(text)).toEqual({ clauses, date: time === null ? null : Date.parse(time) });
  });

  it.each([
    "",
    ";",
    "(",
    '"',
    "from",
    "from (",
    'from "',
    "from a (b",
    "\\",
    "\0",
    "((((((",
    '"a"',
    "a;b;c",
    "from a\\",
    '<"',
  ])("[SMTP-4.4-8] %j gives what can be had", (text) => {
    expect(parseReceived(text).date).toBe(null);
  });

  it("[SMTP-4.4-8] no text throws", () => {
    const part = fc.constantFrom(
      "from",
      "by",
      ";",
      "(",
      ")",
      '"',
      "\\",
      "<",
      "@",
      ">",
      " ",
      "\r\n ",
      "a",
      "+0100",
      "1 Jan 2026",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 40 }).map((parts) => parts.join("")),
          fc.string(),
        ),
        (text) => {
          const { clauses } = parseReceived(text);
          expect(clauses.length).toBeLessThanOrEqual(text.length);
        },
      ),
      { numRuns: runs(10) },
    );
  });
});

describe("dates", () => {
  it.each([
    ["1997-11-21T15:55:06Z", -360, "Fri, 21 Nov 1997 09:55:06 -0600"],
    ["2026-01-01T00:00:00Z", 0, "Thu, 1 Jan 2026 00:00:00 +0000"],
    ["2026-02-28T23:59:59Z", 345, "Sun, 1 Mar 2026 05:44:59 +0545"],
  ])("[SMTP-4.4-6] %s at %i minutes is %s", (time, offset, text) => {
    expect(formatDateTime({ date: new Date(time), offset })).toBe(text);
    expect(parseMailDate(text)).toBe(Date.parse(time));
  });

  it.each([
    ["21 Nov 97 09:55:06 PDT", "1997-11-21T16:55:06Z"],
    ["21 nov 049 09:55 Z", "1949-11-21T09:55:00Z"],
    ["21 Nov 49 09:55 A", "2049-11-21T09:55:00Z"],
    ["31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00Z"],
  ])("[SMTP-4.4-8] %s, an obsolete form, is %s", (text, time) => {
    expect(parseMailDate(text)).toBe(Date.parse(time));
  });

  it("[SMTP-4.4-6] the calendar is the platform's, over all years that mail can write", () => {
    const time = fc.integer({
      min: Date.parse("1900-01-02T00:00:00Z") / 1000,
      max: Date.parse("9999-12-30T00:00:00Z") / 1000,
    });
    fc.assert(
      fc.property(time, fc.integer({ min: -1439, max: 1439 }), (seconds, offset) => {
        const text = formatDateTime({ date: new Date(seconds * 1000), offset });
        expect(parseMailDate(text)).toBe(seconds * 1000);
        const platform = new Date((seconds + offset * 60) * 1000).toUTCString();
        expect(text.slice(0, -6)).toBe(platform.slice(0, -4).replace(/, 0/, ", "));
      }),
      { numRuns: runs(10) },
    );
  });

  it.each([
    ...["", "21 Nov 1997", "21 Nov 1997 09:55:06", "31 Feb 2026 00:00:00 +0000", "1 Foo 2026 00:00:00 +0000"],
    ...[
      "1 Jan 2026 24:00:00 +0000",
      "1 Jan 2026 00:60:00 +0000",
      "1 Jan 2026 00:00:61 +0000",
      "1 Jan 2026 00:00:00 +0060",
    ],
    ...[
      "1 Jan 20266 00:00:00 +0000",
      "x Jan 2026 00:00:00 +0000",
      "1 Jan 2026 00:00:00 +0000 x",
      "1 Jan 2026 0000 +0000",
    ],
    "1 Jan 2026 00:00:00 +1",
    `1 Jan 2026 00${" ".repeat(200_000)}x`,
  ])("%# is none", (text) => {
    expect(parseMailDate(text)).toBe(null);
  });
});

describe("the other trace data", () => {
  it.each([
    ["[TRACE-1-4]", { hello: "HELO", tls: true, authenticated: true }, "SMTP"],
    ["[TRACE-1-1]", { hello: "EHLO" }, "ESMTP"],
    ["[TRACE-1-1]", { hello: "EHLO", tls: true }, "ESMTPS"],
    ["[TRACE-1-1]", { hello: "EHLO", authenticated: true }, "ESMTPA"],
    ["[TRACE-1-1]", { hello: "EHLO", tls: true, authenticated: true }, "ESMTPSA"],
    ["[TRACE-1-2]", { hello: "LHLO" }, "LMTP"],
    ["[TRACE-1-2]", { hello: "LHLO", tls: true, authenticated: true }, "LMTPSA"],
    ["[TRACE-1-3]", { hello: "EHLO", smtputf8: true }, "UTF8SMTP"],
    ["[TRACE-1-3]", { hello: "EHLO", smtputf8: true, tls: true, authenticated: true }, "UTF8SMTPSA"],
    ["[TRACE-1-3]", { hello: "LHLO", smtputf8: true, authenticated: true }, "UTF8LMTPA"],
  ] as const)("%s %j is %s", (_, input, protocol) => {
    expect(withProtocol(input)).toBe(protocol);
  });

  it("[SMTP-4.4-9] Return-Path has the path without its route", () => {
    expect(formatReturnPath({ kind: "null", address: "" })).toBe("Return-Path: <>\r\n");
    expect(formatReturnPath({ ...parseMailbox("a@b")!, route: ["c"] })).toBe("Return-Path: <a@b>\r\n");
    const wide = parseMailbox("ö@b", { smtputf8: true })!;
    expect(() => formatReturnPath(wide)).toThrow("SMTPUTF8");
    expect(formatReturnPath(wide, { smtputf8: true })).toBe("Return-Path: <ö@b>\r\n");
  });

  it.each([
    ["<tim>", { unqualifiedMailbox: true }],
    ["<tim@[2001:db8::1]>", { ipv6WithoutTag: true }],
    ["<tim@my_host.example>", { underscoreInDomain: true }],
    ["<tim@example.com.>", { trailingDotInDomain: true }],
    [`<${"t".repeat(300)}@b>`, { maxPath: 400 }],
  ])("the top of a message has what a server took by a leniency: %s with %j", (text, rules) => {
    const { path } = parseReversePath(text, rules) as { path: Mailbox };
    expect(formatReturnPath(path)).toBe(`Return-Path: ${text}\r\n`);
    expect(unfold(formatReceived({ from, by, for: path, date }))).toContain(` for ${text};`);
    expect(originalRecipient(path)).toEqual({ type: "rfc822", address: text.slice(1, -1) });
    expect(formatPath(path, rules)).toBe(text);
    expect(() => formatPath(path)).toThrow('"address" expected a mailbox (RFC 5321 §4.1.2) of at most 254 octets');
  });
});
