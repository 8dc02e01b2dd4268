import { type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { drive, octets, type PlainOptions, refusedOptions, takenOptions } from "tools/testing";
import { describe, expect, it } from "vitest";
import { EHLO, MAIL, play } from "../support.ts";

const create = (options: object) => () =>
  new SmtpServerSession({ host: "mx.example.com", ...options } as SmtpServerOptions);

const OPTIONS: PlainOptions = {
  flags: [
    ...["tls", "starttls", "requireTls", "requireAuth", "plaintextMechanismsWithoutTls", "pipelining", "eightBitMime"],
    ...["enhancedStatusCodes", "size", "chunking", "binaryMime", "smtputf8", "dsn", "rrvs", "requireTlsParameter"],
    ...["conPerm", "conNeg", "limits", "expn", "etrn", "atrn", "help"],
  ],
  leniencies: [
    ...["spaceAfterColon", "spaceBeforeColon", "extraSpaces", "pathWithoutBrackets", "helloName", "helloTrailing"],
    ...["underscoreInDomain", "trailingDotInDomain", "unqualifiedMailbox", "ipv6WithoutTag"],
    ...["authEquals", "longAuthCommand", "extensionsAfterHelo", "mailWithoutHello"],
    "anySecondDigit",
  ],
  limits: [
    ["maxMessageSize", 65_536],
    ["maxRecipients", 100],
    ["maxRecipientDomains", 1],
    ["maxTransactions", 1],
    ["maxSaslLineLength", 512],
    ["maxAuthFailures", 3],
    ["maxErrors", 1],
    ["maxIdleCommands", 0],
    ["maxPath", 256],
    ["maxLocalPart", 64],
    ["highWaterMark", 0],
    ["maxPendingInput", 0],
  ],
};

/** More than one line of an EHLO reply holds. */
const MECHANISMS = Array.from({ length: 40 }, (_, index) => `MECHANISM-${index}`);

/** A parameter of one's own. */
const own = (keyword: string, extensions: object = { XFOO: 9 }) => ({
  ...{ keyword, extensions, expected: "anything" },
  ...{ parse: String, format: String },
});

describe("options of a server", () => {
  it.each<Partial<SmtpServerOptions>>([
    { mechanisms: ["PLAIN"], starttls: true },
    { mechanisms: ["PLAIN"], tls: true },
    { mechanisms: ["PLAIN"], plaintextMechanismsWithoutTls: true },
    { mechanisms: ["CRAM-MD5"] },
    { xclient: ["LOGIN"] },
  ])("who has to authenticate can: %j", (options) => {
    expect(create({ requireAuth: true, ...options })).not.toThrow();
  });

  it("a parameter of one's own may be a known one, or have the keyword of the other command's", () => {
    expect(create({ mailParameters: { size: own("SIZE"), foo: own("ORCPT") } })).not.toThrow();
  });

  it.each([
    [{ extensions: { XFOO: ["y".repeat(501)] } }, "XFOO"],
    [{ mechanisms: ["A", ...MECHANISMS.slice(0, 36)], leniencies: { authEquals: true } }, "AUTH="],
    [{ mechanisms: MECHANISMS.slice(0, 37), leniencies: { authEquals: true, extensionsAfterHelo: true } }, "AUTH="],
  ])("what fills a line is announced: %j", (options, keyword) => {
    const lines = play(EHLO, options).output.split("\r\n");
    const longest = Math.max(...lines.map((line) => line.length + 2));
    expect(longest).toBeLessThanOrEqual(512);
    expect(lines.some((line) => line.slice(4).startsWith(keyword))).toBe(true);
  });

  it("options are read once, their lists too", () => {
    const mechanisms = ["PLAIN"];
    const noSoliciting = ["a.example:ADV"];
    const options = { host: "mx.example.com", mechanisms, noSoliciting, tls: true };
    new SmtpServerSession(options);
    mechanisms.push("A B");
    noSoliciting.push("x".repeat(600));
    const { output } = drive(new SmtpServerSession(options), [octets(EHLO)], () => {});
    expect(output.match(/AUTH .*|NO-SOLICITING .*/g)).toEqual(["AUTH PLAIN", "NO-SOLICITING a.example:ADV"]);
  });

  it.each(refusedOptions(OPTIONS))("%j: refused", (options, error) => {
    expect(create(options)).toThrow(error.constructor as ErrorConstructor);
    expect(create(options)).toThrow(error);
  });

  it.each(takenOptions(OPTIONS))("%j: taken, with what some need besides", (options) => {
    const besides = { chunking: true, mechanisms: ["CRAM-MD5"], starttls: !("starttls" in options) };
    expect(create({ ...besides, ...options })).not.toThrow();
  });

  it.each<[object, string]>([
    [{ requireTLS: true }, "alone, got requireTLS"],
    [{ mechanism: ["PLAIN"] }, "alone, got mechanism"],
    [{ timeout: 30 }, "alone, got timeout"],
    [{ toString: () => "" }, "alone, got toString"],
    [{ leniencies: { helloNames: false } }, '"leniencies" expected spaceAfterColon, '],
    [{ leniencies: { helloNames: false } }, "alone, got helloNames"],
    [{ leniencies: null }, '"leniencies" expected an object, got null'],
    [{ leniencies: ["helloName"] }, '"leniencies" expected an object, got array'],
    [{ host: undefined }, '"host" expected a string, got undefined'],
    [{ host: 5 }, '"host" expected a string, got number'],
    [{ greeting: 5 }, '"greeting" expected a string, got number'],
    [{ mechanisms: "PLAIN" }, '"mechanisms" expected an array, got string'],
    [{ mechanisms: [null] }, '"mechanisms[0]" expected a string, got null'],
    [{ serverFirstMechanisms: {} }, '"serverFirstMechanisms" expected an array, got object'],
    [{ noSoliciting: "x" }, '"noSoliciting" expected an array, got string'],
    [{ noSoliciting: [5] }, '"noSoliciting[0]" expected a string, got number'],
    [{ burl: true, protocol: "submission" }, '"burl" expected an array, got boolean'],
    [{ xclient: "ADDR" }, '"xclient" expected an array, got string'],
    [{ xclient: ["ADDR", 1] }, '"xclient[1]" expected a string, got number'],
    [{ xforward: null }, '"xforward" expected an array, got null'],
    [{ deliverBy: true }, '"deliverBy" expected an object, got boolean'],
    [{ deliverBy: null }, '"deliverBy" expected an object, got null'],
    [{ deliverBy: { minimun: 5 } }, '"deliverBy" expected minimum, tokens alone, got minimun'],
    [{ deliverBy: { tokens: "x" } }, '"deliverBy.tokens" expected an array, got string'],
    [{ deliverBy: { tokens: [1] } }, '"deliverBy.tokens[0]" expected a string, got number'],
    [{ futureRelease: 5, protocol: "submission" }, '"futureRelease" expected an object, got number'],
    [
      { futureRelease: { maxInterval: 5, maxDateTime: new Date(0) }, protocol: "submission" },
      '"futureRelease.maxDateTime" expected a string, got object',
    ],
    [
      { futureRelease: { seconds: 5 }, protocol: "submission" },
      '"futureRelease" expected maxInterval, maxDateTime alone, got seconds',
    ],
    [{ mtPriority: "STANAG4406" }, '"mtPriority" expected an object, got string'],
    [{ mtPriority: { name: "X" } }, '"mtPriority" expected policy alone, got name'],
    [{ timeouts: 30 }, '"timeouts" expected an object, got number'],
    [{ timeouts: { commands: 30 } }, '"timeouts" expected command, content alone, got commands'],
    [{ timeouts: { command: "30" } }, '"timeouts.command" expected a number, got string'],
    [{ extensions: ["XFOO"] }, '"extensions" expected an object, got array'],
    [{ extensions: { XFOO: "bar" } }, '"extensions.XFOO" expected an array, got string'],
    [{ extensions: { XFOO: [5] } }, '"extensions.XFOO[0]" expected a string, got number'],
    ...Object.entries({
      'expected" expected a string, got undefined': { expected: undefined },
      'malformed" expected an object, got number': { malformed: 501 },
      'malformed.code" expected a number, got undefined': { malformed: {} },
      'notOffered.enhanced" expected a string, got undefined': { notOffered: { code: 555 } },
      'refuse" expected a function, got string': { refuse: "no" },
    }).map(([message, parts]): [object, string] => [
      { mailParameters: { foo: { ...own("FOO"), ...parts } } },
      `"mailParameters.foo.${message}`,
    ]),
    [{ mailParameters: [] }, '"mailParameters" expected an object, got array'],
    [{ mailParameters: { foo: null } }, '"mailParameters.foo" expected an object, got null'],
    [{ rcptParameters: { foo: {} } }, '"rcptParameters.foo.keyword" expected a string, got undefined'],
    [{ rcptParameters: { foo: { keyword: "FOO" } } }, '"rcptParameters.foo.parse" expected a function, got undefined'],
    [
      { mailParameters: { foo: { keyword: "FOO", parse: String } } },
      '"mailParameters.foo.extensions" expected an object, got undefined',
    ],
  ])("%j: TypeError", (options, message) => {
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(message);
  });

  it.each([
    [[], "", ""],
    [["A", "B"], "250-AUTH A B\r\n250-AUTH=A B\r\n", "250-AUTH A B\r\n"],
    [["A", "b", "a", "B"], "250-AUTH A B\r\n250-AUTH=A B\r\n", "250-AUTH A B\r\n"],
  ])("authEquals announces %j twice", (mechanisms, twice, once) => {
    const shown = (authEquals: boolean) =>
      play(EHLO, { mechanisms, leniencies: { authEquals } })
        .output.match(/250.AUTH.*\r\n/g)
        ?.join("") ?? "";
    expect([shown(true), shown(false)]).toEqual([twice, once]);
  });

  it.each<[object, string]>([
    [{ protocol: "SMTP" }, '"protocol" expected one of smtp, submission, lmtp, odmr, got SMTP'],
    [{ protocol: null }, '"protocol" expected one of smtp, submission, lmtp, odmr, got null'],
    [{ earlyTalker: "refused" }, '"earlyTalker" expected one of ignore, report, refuse, got refused'],
    [{ greeting: "a\nb" }, '"greeting" expected at most 200 characters of printable ASCII'],
    [{ greeting: "x".repeat(201) }, '"greeting" expected at most 200 characters of printable ASCII'],
    [{ host: "a b" }, '"host" expected a domain or an address literal'],
    [{ lineEndings: "keep" }, '"lineEndings" expected one of reject, normalize, preserve, got keep'],
    [{ deliverBy: { minimum: "x" } }, '"deliverBy" expected what its keyword can say'],
    [{ noSoliciting: ["a b"] }, '"NO-SOLICITING" expected'],
    [{ requireTls: true }, '"requireTls" expected tls or starttls too'],
    [{ extensions: { xfoo: [] } }, '"extensions.xfoo" expected a keyword of letters in upper case, digits and hyphens'],
    [{ extensions: { "X FOO": [] } }, '"extensions.X FOO" expected a keyword'],
    [{ extensions: { XFOO: ["a b"] } }, '"extensions.XFOO" expected parameters of the characters 33 to 126'],
    [{ extensions: { XFOO: [""] } }, '"extensions.XFOO" expected parameters of the characters 33 to 126'],
    ...Object.entries({
      'expected" expected at most 200 characters of printable ASCII': { expected: "eine Größe" },
      'expected" expected at most 200 characters': { expected: "x".repeat(201) },
      'malformed.code" expected 400 to 559, got 250': { malformed: { code: 250, enhanced: "2.0.0" } },
      'malformed.code" expected 400 to 559, got 600': { malformed: { code: 600, enhanced: "6.0.0" } },
      'notOffered.enhanced" expected a code of the class of 501, such as 5.0.0': {
        notOffered: { code: 501, enhanced: "4.0.0" },
      },
      'malformed.enhanced" expected a code of the class of 501': { malformed: { code: 501, enhanced: "5" } },
    }).map(([message, parts]): [object, string] => [
      { rcptParameters: { foo: { ...own("FOO"), ...parts } } },
      `"rcptParameters.foo.${message}`,
    ]),
    [{ timeouts: { content: 0 } }, '"timeouts.content" expected seconds, more than 0'],
    [{ timeouts: { command: Number.NaN } }, '"timeouts.command" expected seconds, more than 0'],
    ...[
      { requireAuth: true },
      { protocol: "submission" },
      { requireAuth: true, mechanisms: ["PLAIN", "LOGIN"] },
      { requireAuth: true, mechanisms: ["SCRAM-SHA-256-PLUS"], plaintextMechanismsWithoutTls: true },
      { requireAuth: true, xclient: ["ADDR"] },
    ].map((options): [object, string] => [options, '"requireAuth" expected a mechanism that is offered, with tls or']),
    [{ xclient: ["ADDR", "FOO"] }, '"xclient" expected the names of attributes that XCLIENT has, got FOO'],
    [{ xforward: ["LOGIN"] }, '"xforward" expected the names of attributes that XFORWARD has, got LOGIN'],
    [{ xforward: ["constructor"] }, '"xforward" expected the names of attributes that XFORWARD has, got constructor'],
    ...[{}, { tls: true }].flatMap((moment): [object, string][] => [
      [
        { ...moment, mechanisms: MECHANISMS },
        '"mechanisms" expected what a line of 512 octets can announce, got one of',
      ],
      [{ ...moment, noSoliciting: [`a:${"x".repeat(500)}`] }, '"noSoliciting" expected what a line of 512 octets'],
      [{ ...moment, deliverBy: { tokens: ["x".repeat(600)] } }, '"deliverBy" expected what a line of 512 octets'],
      [
        { ...moment, extensions: { XFOO: ["y".repeat(502)] } },
        '"extensions.XFOO" expected what a line of 512 octets can announce, got one of 513',
      ],
    ]),
    [{ mechanisms: MECHANISMS.map((name) => `${name}-PLUS`) }, '"mechanisms" expected what a line of 512 octets'],
    [
      { burl: [`imap:${"x".repeat(600)}`], protocol: "submission", requireAuth: false },
      '"burl" expected what a line of 512 octets',
    ],
    [
      { mailParameters: { foo: { keyword: "FOO", parse: String, extensions: { XFOO: "9" } } } },
      '"mailParameters.foo.extensions.XFOO" expected a whole number of at least 0',
    ],
    ...(
      [
        [{ foo: own("FOO", {}) }, 'foo.extensions" expected at least one extension that brings the parameter'],
        [{ foo: own("foo") }, 'foo.keyword" expected letters in upper case, digits and hyphens'],
        [{ foo: own("FOO=") }, 'foo.keyword" expected letters in upper case, digits and hyphens'],
        [{ foo: own("") }, 'foo.keyword" expected letters in upper case, digits and hyphens'],
        [{ foo: own("FOO"), bar: own("FOO") }, 'bar.keyword" expected one of its own, got that of foo'],
      ] as const
    ).flatMap(([set, message]): [object, string][] => [
      [{ mailParameters: set }, `"mailParameters.${message}`],
      [{ rcptParameters: set }, `"rcptParameters.${message}`],
    ]),
    [
      { mailParameters: { foo: own("SIZE") } },
      '"mailParameters.foo.keyword" expected one of its own, got that of size',
    ],
    [{ mailParameters: { size: own("FOO") } }, '"mailParameters.size.keyword" expected SIZE, as the name has'],
    [
      { rcptParameters: { foo: own("ORCPT") } },
      '"rcptParameters.foo.keyword" expected one of its own, got that of orcpt',
    ],
  ])("%j: RangeError", (options, message) => {
    expect(create(options)).toThrow(RangeError);
    expect(create(options)).toThrow(message);
  });

  it("[SMTP-4.5.3.1.3-1] [SMTP-4.5.3.1.1-1] paths and local-parts are as long as the options say", () => {
    const codes = (local: number, options: Partial<SmtpServerOptions>) =>
      play(`${EHLO}MAIL FROM:<${"x".repeat(local)}@b>\r\n`, options).output.match(/^\d{3} [25]\.1\.\d/gm);
    expect([codes(252, {}), codes(253, {})]).toEqual([["250 2.1.0"], ["501 5.1.7"]]);
    expect([codes(296, { maxPath: 300 }), codes(297, { maxPath: 300 })]).toEqual([["250 2.1.0"], ["501 5.1.7"]]);
    const rcpt = (length: number) =>
      play(`${EHLO}${MAIL}RCPT TO:<${"x".repeat(length)}@b>\r\n`, { maxPath: 600 }).output.match(
        /^\d{3} [25]\.1\.[^0]/gm,
      );
    expect([rcpt(596), rcpt(597)]).toEqual([["250 2.1.5"], ["501 5.1.3"]]);
    expect([codes(1996, { maxPath: 2000 }), codes(1997, { maxPath: 2000 })]).toEqual([["250 2.1.0"], ["501 5.1.7"]]);
    expect([codes(64, { maxLocalPart: 64 }), codes(65, { maxLocalPart: 64 })]).toEqual([["250 2.1.0"], ["501 5.1.7"]]);
  });

  it("text after a hello's name is told, and nothing where there is none", () => {
    const hello = (line: string) => play(`${line}\r\n`).events.find(({ type }) => type === "ehlo" || type === "helo");
    expect(hello("EHLO a.example b  c")).toEqual({
      ...{ type: "ehlo", name: "a.example", nameKind: "domain", trailing: "b  c" },
      answer: "default",
    });
    expect(hello("HELO a.example")).not.toHaveProperty("trailing");
  });
});
