import {
  type CapabilitiesInput,
  formatCapabilities,
  formatKeywords,
  offeredParameters,
  offers,
  parseCapabilities,
  type Reply,
} from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";

const reply = (...lines: readonly string[]): Reply => ({ code: 250, enhanced: null, lines });
const parse = (...keywords: readonly string[]) => parseCapabilities(reply("mx.example.com", ...keywords));

describe("capabilities", () => {
  it("[SMTP-4.1.1.1-8] the first line is never a keyword", () => {
    const found = parseCapabilities(reply("SIZE STARTTLS", "HELP"));
    expect([found.domain, found.greeting, found.size, offers(found, "STARTTLS")]).toEqual([
      "SIZE",
      "STARTTLS",
      null,
      false,
    ]);
    expect(parseCapabilities(reply("mx"))).toMatchObject({ domain: "mx", greeting: "", otherLines: [] });
    expect(parseCapabilities(reply())).toMatchObject({ domain: "", greeting: "" });
  });

  it("[SMTP-4.1.1.1-9] keywords match whole and in any case", () => {
    // U+017F and U+00DF: their capitals are S and SS.
    const beyond = parse("\u017fIZE 1000", "\u00df 1");
    expect([beyond.size, [...beyond.keywords], beyond.otherLines]).toEqual([null, [], ["\u017fIZE 1000", "\u00df 1"]]);
    const found = parse("size 1000", "SIZEX 5", "STARTTLSFOO", "8bitmime");
    expect([...found.keywords.keys()]).toEqual(["SIZE", "SIZEX", "STARTTLSFOO", "8BITMIME"]);
    expect([found.size, offers(found, "STARTTLS"), offers(found, "8BITMIME")]).toEqual([{ limit: 1000 }, false, true]);
  });

  it("characters beyond ASCII are no letters of a keyword, whatever their upper case is", () => {
    const found = parse("\u017fIZE 1000", "STARTTL\u017f", "AUTH PLA\u0131N");
    expect([...found.keywords.keys(), found.size, ...found.auth]).toEqual(["AUTH", null, "PLA\u0131N"]);
    expect(found.otherLines).toEqual(["\u017fIZE 1000", "STARTTL\u017f"]);
  });

  it("[SMTP-4.1.1.1-10] parameters are cut at runs of spaces, and kept as they are", () => {
    expect(parse("X-A  one   Two ", "X-B ", "X-C a=b\x7f").keywords).toEqual(
      new Map([
        ["X-A", ["one", "Two"]],
        ["X-B", []],
        ["X-C", ["a=b\x7f"]],
      ]),
    );
  });

  it("[SMTP-4.1.1.1-11] [SMTP-2821.4.1.1.1-1] what fits no grammar is kept as text", () => {
    expect(parse("X_FOO", " example", "", "-A", "A\x7f", "AUTH_=x", "\u00e4").otherLines).toEqual([
      ...["X_FOO", " example", "", "-A", "A\x7f", "AUTH_=x", "\u00e4"],
    ]);
  });

  it("[SMTP-4.1.1.1-12] of a keyword listed twice the first line counts, of AUTH all", () => {
    const found = parse("SIZE 1", "AUTH PLAIN login", "SIZE 2", "AUTH LOGIN CRAM-MD5");
    expect([found.size, found.auth]).toEqual([{ limit: 1 }, ["PLAIN", "LOGIN", "CRAM-MD5"]]);
    expect(found.keywords.get("AUTH")).toEqual(["PLAIN", "login", "CRAM-MD5"]);
  });

  it.each([
    [["AUTH=PLAIN", "AUTH LOGIN"], "AUTH PLAIN LOGIN"],
    [["AUTH LOGIN plain", "SIZE 5", "AUTH=PLAIN x"], "AUTH LOGIN plain x"],
    [["AUTH", "AUTH=PLAIN"], "AUTH PLAIN"],
    [["AUTH PLAIN", "AUTH=PLAIN"], "AUTH PLAIN"],
    [["AUTH A", "AUTH=b A", "AUTH", "AUTH B c"], "AUTH A b c"],
    [["AUTH A a B"], "AUTH A B"],
  ])("[SMTP-4.1.1.1-7] [AUTH-3-3] %j is written with all mechanisms", (lines, auth) => {
    const found = parse(...lines);
    const written = formatCapabilities(found);
    expect(written).toContain(auth);
    expect(parseCapabilities(reply(...written))).toEqual(found);
  });

  it("[AUTH-3-3] AUTH and AUTH= are merged, in order and without repeats", () => {
    const lines = reply("mx", "AUTH=LOGIN plain", "AUTH PLAIN cram-md5", "auth=");
    expect(parseCapabilities(lines).auth).toEqual(["LOGIN", "PLAIN", "CRAM-MD5"]);
    expect(parseCapabilities(lines).keywords.get("AUTH")).toEqual(["LOGIN", "plain", "cram-md5"]);
    const strict = parseCapabilities(lines, { authEquals: false });
    expect([strict.auth, strict.otherLines]).toEqual([
      ["PLAIN", "CRAM-MD5"],
      ["AUTH=LOGIN plain", "auth="],
    ]);
  });

  it.each([
    [[], null],
    [["SIZE"], { limit: null }],
    [["SIZE 0"], { limit: Number.POSITIVE_INFINITY }],
    [["SIZE 000"], { limit: Number.POSITIVE_INFINITY }],
    [["SIZE 10485760"], { limit: 10_485_760 }],
  ])("[SIZE-3-1] %j: %j", (lines, size) => {
    expect(parse(...lines).size).toEqual(size);
  });

  it.each(["SIZE lots", "SIZE -1", `SIZE ${"1".repeat(21)}`, "SIZE 1k"])("[SIZE-3-2] %s says nothing", (line) => {
    expect(parse(line).size).toEqual({ limit: null });
  });

  it.each([
    ["LIMITS RCPTMAX=20 mailmax=5", { mailMax: 5, rcptMax: 20, rcptDomainMax: null }],
    ["LIMITS RCPTDOMAINMAX=1", { mailMax: null, rcptMax: null, rcptDomainMax: 1 }],
    ["LIMITS X_Y-1=a:b RCPTMAX=999999 Z", { mailMax: null, rcptMax: 999_999, rcptDomainMax: null }],
    ["LIMITS RCPTMAX=1 RCPTMAX=2", { mailMax: null, rcptMax: 1, rcptDomainMax: null }],
    ["LIMITS", { mailMax: null, rcptMax: null, rcptDomainMax: null }],
  ])("[LIM-3-1] [LIM-3.5-1] %s", (line, limits) => {
    expect(parse(line).limits).toMatchObject(limits);
  });

  it("[LIM-3-2] limits that are not known are kept, their names in upper case", () => {
    expect(parse("LIMITS foo=Bar Flag").limits?.all).toEqual(
      new Map([
        ["FOO", "Bar"],
        ["FLAG", null],
      ]),
    );
  });

  it.each(["RCPTMAX=0", "RCPTMAX=01", "RCPTMAX=1000000", "RCPTMAX=+1", "RCPTMAX=x", "RCPTMAX"])(
    "[LIM-4-1] [LIM-3.7-1] %s is not given, the other holds",
    (limit) => {
      expect(parse(`LIMITS ${limit} MAILMAX=3`).limits).toMatchObject({ rcptMax: null, mailMax: 3 });
    },
  );

  it.each(["LIMITS RCPTMAX=", "LIMITS =1", "LIMITS R$=1", "LIMITS RCPTMAX=1 MAILMAX=1;2"])(
    "[LIM-3.7-1] %s is no LIMITS",
    (line) => {
      expect([parse(line).limits, offers(parse(line), "LIMITS"), offeredParameters(parse(line), "LIMITS")]).toEqual([
        ...[null, false, undefined],
      ]);
    },
  );

  it.each([
    ["DELIVERBY", { minimum: null, tokens: [] }],
    ["DELIVERBY 240", { minimum: 240, tokens: [] }],
    ["DELIVERBY ,x,y", { minimum: null, tokens: ["x", "y"] }],
    ["DELIVERBY 1234567890", { minimum: null, tokens: [] }],
  ])("[BY-2-1] %s", (line, deliverBy) => {
    expect(parse(line).deliverBy).toEqual(deliverBy);
  });

  it.each([
    ["FUTURERELEASE 86400 2026-12-01T00:00:00Z", { maxInterval: 86_400, maxDateTime: "2026-12-01T00:00:00Z" }],
    ["FUTURERELEASE 86400", null],
    ["FUTURERELEASE", null],
    ["FUTURERELEASE 086400 2026-12-01T00:00:00Z", null],
    ["FUTURERELEASE 86400 tomorrow", null],
    ["FUTURERELEASE 86400 2026-12-01T00:00:00Z x", null],
  ])("[FUT-3-1] %s", (line, futureRelease) => {
    expect(parse(line).futureRelease).toEqual(futureRelease);
    expect(offers(parse(line), "FUTURERELEASE")).toBe(futureRelease !== null);
  });

  it.each([
    ["MT-PRIORITY", null],
    ["MT-PRIORITY STANAG4406", "STANAG4406"],
    [`MT-PRIORITY ${"a".repeat(21)}`, null],
    ["MT-PRIORITY a/b", null],
  ])("[PRIO-3-1] %s", (line, policy) => {
    expect(parse(line).mtPriority).toEqual({ policy });
  });

  it.each([
    ["NO-SOLICITING", []],
    ["NO-SOLICITING net.example:ADV,org.example:ADV:ADLT", ["net.example:ADV", "org.example:ADV:ADLT"]],
    ["NO-SOLICITING 1", []],
  ])("[SOL-2-1] %s", (line, classes) => {
    expect(parse(line).noSoliciting).toEqual(classes);
  });

  it("[BURL-3.1-2] BURL without parameters is offered, for later", () => {
    expect([parse("BURL").burl, parse("BURL imap foo imap://h").burl, parse().burl]).toEqual([
      [],
      ["imap", "foo", "imap://h"],
      null,
    ]);
  });

  it("[XCL-1-1] XCLIENT and XFORWARD name their attributes", () => {
    const found = parse("XCLIENT name ADDR", "XFORWARD");
    expect([found.xclient, found.xforward, parse().xclient]).toEqual([["NAME", "ADDR"], [], null]);
  });

  it.each(["STARTTLS required", "SMTPUTF8 x"])("[TLS-2-2] [UTF8-3.1-2] parameters of %s do not matter", (line) => {
    expect(offers(parse(line), line.split(" ")[0]!)).toBe(true);
  });

  it("[CHUNK-3-2] BINARYMIME counts only with CHUNKING", () => {
    expect([offers(parse("BINARYMIME"), "BINARYMIME"), offers(parse("BINARYMIME", "CHUNKING"), "BINARYMIME")]).toEqual([
      false,
      true,
    ]);
    expect(offeredParameters(parse("DELIVERBY 3"), "DELIVERBY")).toEqual(["3"]);
  });

  it("[SMTP-1845.2-1] [SMTP-3885.2-1] keywords without behaviour are told", () => {
    const keywords = ["CHECKPOINT", "MTRK", "SUBMITTER", "VERB", "ONEX", "UTF8SMTP"];
    expect([...parse(...keywords).keywords.keys()]).toEqual(keywords);
  });
});

describe("what a server announces", () => {
  it.each<readonly [CapabilitiesInput, readonly string[]]>([
    [{ domain: "mx.example.com" }, ["mx.example.com"]],
    [{ domain: "[192.0.2.1]", greeting: "hello there" }, ["[192.0.2.1] hello there"]],
    [
      {
        domain: "a",
        keywords: new Map([
          ["8BITMIME", []],
          ["SIZE", ["5"]],
        ]),
        size: { limit: 10 },
      },
      ["a", "8BITMIME", "SIZE 5"],
    ],
    [{ domain: "a", size: { limit: null } }, ["a", "SIZE"]],
    [{ domain: "a", size: { limit: Number.POSITIVE_INFINITY }, auth: [] }, ["a", "SIZE 0"]],
    [
      { domain: "a", auth: ["PLAIN", "LOGIN"], burl: ["imap"], xclient: ["NAME"], xforward: [] },
      ["a", "AUTH PLAIN LOGIN", "BURL imap", "XCLIENT NAME", "XFORWARD"],
    ],
    [
      {
        domain: "a",
        limits: {
          mailMax: 5,
          rcptMax: null,
          rcptDomainMax: 2,
          all: new Map([
            ["X", null],
            ["MAILMAX", "4"],
          ]),
        },
      },
      ["a", "LIMITS X MAILMAX=4 RCPTDOMAINMAX=2"],
    ],
    [
      { domain: "a", deliverBy: { minimum: 3, tokens: ["x"] }, mtPriority: { policy: "NSEP" } },
      ["a", "DELIVERBY 3,x", "MT-PRIORITY NSEP"],
    ],
    [
      { domain: "a", deliverBy: { minimum: null, tokens: [] }, mtPriority: { policy: null }, noSoliciting: [] },
      ["a", "DELIVERBY", "MT-PRIORITY", "NO-SOLICITING"],
    ],
    [
      { domain: "a", futureRelease: { maxInterval: 5, maxDateTime: "2026-12-01T00:00:00Z" }, noSoliciting: ["x", "y"] },
      ["a", "FUTURERELEASE 5 2026-12-01T00:00:00Z", "NO-SOLICITING x,y"],
    ],
    [
      {
        domain: "a",
        size: null,
        limits: null,
        deliverBy: null,
        futureRelease: null,
        mtPriority: null,
        noSoliciting: null,
      },
      ["a"],
    ],
  ])("[SMTP-4.1.1.1-7] %j", (capabilities, lines) => {
    expect(formatCapabilities(capabilities)).toEqual(lines);
  });

  it.each<readonly [CapabilitiesInput, string]>([
    [{ domain: "a_b" }, '"domain" expected'],
    [{ domain: "münchen.example" }, '"domain" expected'],
    [{ domain: "a", greeting: "x\r\n250 SIZE" }, '"greeting" expected'],
    [{ domain: "a", burl: ["a b"] }, '"BURL" expected parameters'],
    [{ domain: "a", auth: ["PLAIN\r\n"] }, '"AUTH" expected parameters'],
    [{ domain: "a", mtPriority: { policy: "a\nb" } }, '"MT-PRIORITY" expected parameters'],
  ])("[UTF8-3.7.1-1] %j is refused", (capabilities, message) => {
    expect(() => formatCapabilities(capabilities)).toThrow(message);
  });

  it("[SMTP-2.2.2-1] keywords outside the grammar are never written", () => {
    const given = [
      ["SIZE", ["1"]],
      ["X-Y", []],
    ] as const;
    expect(formatKeywords(given)).toEqual(["SIZE 1", "X-Y"]);
    for (const wrong of [
      ["a", []],
      ["-X", []],
      ["X_Y", []],
      ["", []],
      ["X", [""]],
      ["X", ["a b"]],
      ["X", ["a\r\n"]],
      ["X", ["\x7f"]],
    ] as const) {
      expect(() => formatKeywords([wrong])).toThrow(RangeError);
    }
  });
});
