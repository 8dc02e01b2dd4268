import { parseMailbox } from "smtp-codec/syntax";
import {
  type DateTimeInput,
  formatDateTime,
  formatReceived,
  formatReturnPath,
  helloDomain,
  parseMailDate,
  parseReceived,
  type Received,
} from "smtp-codec/trace";
import { describe, expect, it } from "vitest";

const date = { date: new Date("2026-11-28T22:12:05Z") };
const trace = (more: Partial<Received> = {}) =>
  formatReceived({ from: helloDomain("a.example", "[192.0.2.1]"), by: { domain: "b.example" }, date, ...more });

describe("dates", () => {
  it.each([
    "1900-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2000-02-28T23:59:59Z",
    "2000-02-29T12:00:00Z",
    "2000-03-01T00:00:00Z",
    "2024-02-29T12:00:00Z",
    "2100-02-28T12:00:00Z",
    "2100-03-01T12:00:00Z",
    "2400-02-29T12:00:00Z",
    "2400-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
  ])("%s is written and read", (text) => {
    const [day, dayOfMonth, month, year, time] = new Date(text).toUTCString().split(" ");
    const found = formatDateTime({ date: new Date(text) });
    expect(found).toBe(`${day} ${Number(dayOfMonth)} ${month} ${year} ${time} +0000`);
    expect(parseMailDate(found)).toBe(Date.parse(text));
  });

  it.each(["1899-12-31T23:59:59Z", "+010000-01-01T00:00:00Z"])("%s is of no year that can be written", (text) => {
    expect(() => formatDateTime({ date: new Date(text) })).toThrow('"date" expected a date of the years 1900 to 9999');
  });

  it.each<[given: unknown, text: string]>([
    [{ date: 0 }, '"date" expected a Date, as { date: new Date() } has it'],
    [{ date: null }, '"date" expected a Date, as { date: new Date() } has it'],
    [new Date(0), '"date" expected a Date, as { date: new Date() } has it'],
    [undefined, '"date" expected an object, got undefined'],
    [0, '"date" expected an object, got number'],
    [{ date: new Date(0), offset: "60" }, '"offset" expected a number, got string'],
  ])("%o is of another type", (given, text) => {
    const date = given as DateTimeInput;
    expect(() => formatDateTime(date)).toThrow(new TypeError(text));
    const received = { from: { domain: "a.example" }, by: { domain: "b.example" }, date };
    expect(() => formatReceived(received)).toThrow(new TypeError(text));
  });

  it.each<[string, string | null]>([
    ["  Fri,  21 \t Nov 1997  09:55:06   -0600 ", "1997-11-21T15:55:06Z"],
    ["Fri , 21 nov 97 9:55 EST", "1997-11-21T14:55:00Z"],
    ["21 Nov 49 09 : 55 : 06 GMT", "2049-11-21T09:55:06Z"],
    ["21 Nov 50 09:55:06 GMT", "1950-11-21T09:55:06Z"],
    ["21 Nov 100 09:55:06 GMT", "2000-11-21T09:55:06Z"],
    ["1 Nov 1997 09:55:06 +0059", "1997-11-01T08:56:06Z"],
    ["2Fri,1 Nov 1997 09:55:06 +0000", null],
    ["21 Nov 1997 x09:55:06 +0000", null],
    ["21 Nov 1997 09:55:06x +0000", null],
    ["21 Nov 1997 09:55:0x6 +0000", null],
    ["x21 Nov 1997 09:55:06 +0000", null],
    ["021 Nov 1997 09:55:06 +0000", null],
    ["21.0 Nov 1997 09:55:06 +0000", null],
    ["21x Nov 1997 09:55:06 +0000", null],
    ["21 Nov x1997 09:55:06 +0000", null],
    ["21 Nov 19977 09:55:06 +0000", null],
    ["21 Nox 1997 09:55:06 +0000", null],
    ["21 Nov 1997 09:55:06 x-0600", null],
    ["21 Nov 1997 09:55:06 -06000", null],
    ["21 Nov 1997 09:55:06 -0660", null],
    ["21 Nov 1997 09:55:06 1EST", null],
    ["21 Nov 1997 09:55:06 EST1", null],
    ["21 Nov 1997 09:55:06 EST x", null],
    ["21 Nov 1997 09:55:06", null],
    ["21 Nov 1997", null],
    ["21 Nov", null],
    ["21", null],
    ["", null],
  ])("%j is read as %s", (text, expected) => {
    expect(parseMailDate(text)).toBe(expected === null ? null : Date.parse(expected));
  });
});

describe("Received, written", () => {
  it.each<[string, string | undefined, string]>([
    ["a.example", undefined, "from a.example ([192.0.2.1]) by"],
    ["a.example", "r.example", "from a.example (r.example [192.0.2.1]) by"],
    ["[192.0.2.9]", undefined, "from [192.0.2.9] ([192.0.2.1]) by"],
    ["my_pc", undefined, "from [192.0.2.1] ([192.0.2.1]) (HELO my_pc) by"],
    ["my_pc", "r.example", "from [192.0.2.1] (r.example [192.0.2.1]) (HELO my_pc) by"],
  ])("a client that says %s", (hello, resolved, expected) => {
    const field = trace({ from: helloDomain(hello, "[192.0.2.1]", resolved) });
    expect(field.replace(/\r\n(?= )/g, "")).toContain(`Received: ${expected} b.example; `);
  });

  it("a word is as long as a line", () => {
    const clause = (length: number) =>
      trace({
        clauses: [
          ["x", "a ".padEnd(length - 2, "b")],
          ["y", "z"],
        ],
      });
    const field = clause(987);
    expect(Math.max(...field.split("\r\n").map(({ length }) => length))).toBe(988);
    expect(() => clause(988)).toThrow(new RangeError('"Received" has a part of more than 987 octets'));
  });

  it.each<[Partial<Received>, string]>([
    [{ from: { domain: "a.example", comment: "a\tb" } }, '"comment" expected printable ASCII'],
    [{ clauses: [["x", "a\tb c"]] }, '"x" expected printable ASCII'],
    [{ id: "<a@b>x" }, '"id" expected'],
    [{ id: "x<a@b>" }, '"id" expected'],
    [{ id: "<a@b[c]>" }, '"id" expected'],
    [{ id: "<@b>" }, '"id" expected'],
    [{ id: "<a@>" }, '"id" expected'],
    [{ id: "<a..b@c>" }, '"id" expected'],
  ])("%j is refused", (more, message) => {
    expect(() => trace(more)).toThrow(RangeError);
    expect(() => trace(more)).toThrow(message);
  });

  it("a Return-Path is one line, however long", () => {
    const address = `${"a".repeat(60)}@${"b".repeat(60)}.${"c".repeat(60)}.example`;
    expect(formatReturnPath(parseMailbox(address)!)).toBe(`Return-Path: <${address}>\r\n`);
  });
});

describe("Received, read", () => {
  const clause = (name: string, ...values: readonly string[]) => ({ name, values, comments: [] });

  it.each<[string, readonly object[]]>([
    ["from a by b", [clause("from", "a"), clause("by", "b")]],
    ["from a by b; 21 Nov 1997 09:55:06 +0000", [clause("from", "a"), clause("by", "b")]],
    ["; 21 Nov 1997 09:55:06 +0000", []],
    ["", []],
    ['from a "id" by b', [clause("from", "a", "id"), clause("by", "b")]],
    ["from a c.d by b", [clause("from", "a", "c.d"), clause("by", "b")]],
    ['for "a b"@c by b', [clause("for", '"a b"@c'), clause("by", "b")]],
    ['"a b"@c x', [clause('"a b"@c', "x")]],
    ['from "a', [clause("from", "a")]],
    ["from (a by b", [{ name: "from", values: [], comments: ["a by b"] }]],
  ])("%j", (text, clauses) => {
    expect(parseReceived(text).clauses).toEqual(clauses);
  });

  it.each([
    ["from a; 21 Nov 1997 09:55:06 +0000", Date.parse("1997-11-21T09:55:06Z")],
    ["; 21 Nov 1997 09:55:06 +0000", Date.parse("1997-11-21T09:55:06Z")],
    ["21 Nov 1997 09:55:06 +0000", null],
  ])("the date of %j", (text, expected) => {
    expect(parseReceived(text).date).toBe(expected);
  });
});

describe("Received, read", () => {
  /** Its clauses, each as a name and its values. */
  const read = (text: string) => parseReceived(text).clauses.map(({ name, values }) => [name, ...values].join("|"));

  it.each([
    ["EST", 5],
    ["EDT", 4],
    ["CST", 6],
    ["CDT", 5],
    ["MST", 7],
    ["MDT", 6],
    ["PST", 8],
    ["PDT", 7],
    ["XYZ", 0],
  ] as const)("a zone has its name, whatever its case: %s", (zone, behind) => {
    for (const name of [zone, zone.toLowerCase()])
      expect(parseMailDate(`1 Jan 2026 00:00:00 ${name}`)).toBe(Date.UTC(2026, 0, 1, behind));
  });

  it("what is registered after with is one word, and another clause may follow it", () => {
    const smtp = ["SMTP", "ESMTP", "LSMTP", "ESMTPSA", "smtps", "UTF8SMTP", "UTF8SMTPSA"];
    for (const protocol of [
      ...smtp,
      "LMTP",
      "LMTPS",
      "LMTPSA",
      "UTF8LMTP",
      "HTTP",
      "HTTPS",
      "MMS",
      "local",
      "qmqp",
      "qmtp",
    ])
      expect(read(`by b with ${protocol} tls x`)).toEqual(["by|b", `with|${protocol}`, "tls|x"]);
  });

  it("other words after with or via go on to the next clause that is registered", () => {
    const words = ["xSMTP", "SMTPx", "SMTPSAS", "xLMTP", "LMTPx", "xHTTP", "HTTPx", "xfrom", "byx"];
    for (const word of words) {
      expect(read(`by b with ${word} tls x id 5`)).toEqual(["by|b", `with|${word}|tls|x`, "id|5"]);
      expect(read(`by b with Own ${word} id 5`)).toEqual(["by|b", `with|Own|${word}`, "id|5"]);
    }
    for (const word of ["Transport", "within", "herewith", "xfrom", "byx"])
      expect(read(`by b via Frontend ${word} with SMTP`)).toEqual(["by|b", `via|Frontend|${word}`, "with|SMTP"]);
  });

  it("a path ends after its quotes, and comments are unfolded", () => {
    const text = 'by b (one\r\n two) for <"a b">; 1 Jan 2026 00:00:00 +0000';
    expect([read(text), parseReceived(text).date]).toEqual([["by|b", 'for|<"a b">'], Date.UTC(2026, 0, 1)]);
    expect(parseReceived(text).clauses[0]!.comments).toEqual(["one two"]);
  });

  it("a clause that has its own place is not written again", () => {
    for (const name of ["from", "by", "via", "with", "id", "for", "FROM"])
      expect(() => trace({ clauses: [[name, "x"]] })).toThrow('"clauses" expected names of registered clauses');
  });
});
