import { type Maildrop, type Pop3ServerOptions, Pop3ServerSession } from "pop3-codec";
import { drive, octets, type PlainOptions, refusedOptions, takenOptions } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, LOGIN, MAILDROP } from "../support.ts";

/** What all of them have: a way to log in. */
const BASE = { tls: true };
const create = (options: unknown) => () => {
  const isPlain = typeof options === "object" && options !== null;
  return new Pop3ServerSession((isPlain ? { ...BASE, ...options } : options) as Pop3ServerOptions);
};

const OPTIONS: PlainOptions = {
  flags: ["tls", "stls", "user", "plaintextWithoutTls", "top", "uidl", "responseCodes", "codesOnUser"],
  leniencies: [
    ...["trailingSpaces", "spacesInNames", "longInitialResponse", "eightBitCredentials"],
    ...["authLists", "keepName", "bareLineFeed"],
  ],
  limits: [
    ["highWaterMark", 0],
    ["maxPendingInput", 0],
    ["maxCommandLength", 255],
    ["maxSaslLineLength", 255],
    ["maxFailedLogins", 1],
    ["failureDelay", 0],
    ["maxErrors", 1],
    ["idleLimit", 600],
  ],
};

describe("options of a server", () => {
  it.each(refusedOptions(OPTIONS))("%j: refused", (options, error) => {
    expect(create(options)).toThrow(error.constructor as ErrorConstructor);
    expect(create(options)).toThrow(error);
  });

  it.each(takenOptions(OPTIONS))("%j: taken, with APOP to log in by", (options) => {
    expect(create({ apop: { host: "a" }, ...options })).not.toThrow();
  });

  it("are read once, their lists too, whatever becomes of them", () => {
    const mechanisms = ["CRAM-MD5"];
    const options = { ...BASE, greeting: "hello", mechanisms };
    new Pop3ServerSession(options);
    options.greeting = "[";
    mechanisms.push("A B");
    const { output } = drive(new Pop3ServerSession(options), [octets("AUTH\r\n")], () => {});
    expect(output).toBe("+OK hello\r\n+OK\r\nCRAM-MD5\r\n.\r\n");
  });

  it("[POP3-7-12] with a timestamp of one's own are read for each session: none is used twice", () => {
    const options = { apop: { timestamp: "<1@a>" } };
    const greet = () => drive(new Pop3ServerSession(options), [], () => {}).output;
    expect(greet()).toBe("+OK ready <1@a>\r\n");
    options.apop = { timestamp: "<2@a>" };
    expect(greet()).toBe("+OK ready <2@a>\r\n");
    options.apop = { timestamp: "3" };
    expect(greet).toThrow('"apop.timestamp" expected');
  });

  it.each<[unknown, string]>([
    [null, '"options" expected an object, got null'],
    [() => {}, '"options" expected an object, got function'],
    [{ requireTls: true }, "alone, got requireTls"],
    [{ mechanism: ["PLAIN"] }, "alone, got mechanism"],
    [{ leniencies: { keepNames: true } }, "alone, got keepNames"],
    [{ leniencies: null }, '"leniencies" expected an object, got null'],
    [{ greeting: 5 }, '"greeting" expected a string, got number'],
    [{ mechanisms: "PLAIN" }, '"mechanisms" expected an array, got string'],
    [{ mechanisms: [null] }, '"mechanisms[0]" expected a string, got null'],
    [{ apop: true }, '"apop" expected an object, got boolean'],
    [{ apop: { host: 5 } }, '"apop.host" expected a string, got number'],
    [{ apop: { timestamp: null } }, '"apop.timestamp" expected a string, got null'],
    [{ apop: {} }, '"apop.host" expected a string, got undefined'],
    [{ apop: { hostname: "a" } }, '"apop" expected host, timestamp alone, got hostname'],
    [{ languages: "en" }, '"languages" expected an array, got string'],
    [{ languages: ["en"] }, '"languages[0]" expected an object, got string'],
    [{ languages: [{ language: "en", text: "" }, null] }, '"languages[1]" expected an object, got null'],
    [{ languages: [{ text: "English" }] }, '"language" expected a string, got undefined'],
    [{ languages: [{ language: "en" }] }, '"text" expected a string, got undefined'],
    [{ translate: 5 }, '"translate" expected a function, got number'],
    [{ prepare: null }, '"prepare" expected a function, got null'],
    [{ loginDelay: 5 }, '"loginDelay" expected an object, got number'],
    [{ loginDelay: 0 }, '"loginDelay" expected an object, got number'],
    [{ loginDelay: { seconds: "5" } }, '"loginDelay.seconds" expected a number, got string'],
    [{ loginDelay: { seconds: 5, user: 1 } }, '"loginDelay.user" expected a boolean, got number'],
    [{ loginDelay: { delay: 5 } }, '"loginDelay" expected seconds, user alone, got delay'],
    [{ expire: "NEVER" }, '"expire" expected an object, got string'],
    [{ expire: { days: null } }, '"expire.days" expected a number, got null'],
    [{ expire: { days: 5, user: "yes" } }, '"expire.user" expected a boolean, got string'],
    [{ implementation: "Post" }, '"implementation" expected an object, got string'],
    [{ implementation: { text: 5 } }, '"implementation.text" expected a string, got number'],
    [{ implementation: { text: "Post", toAll: 0 } }, '"implementation.toAll" expected a boolean, got number'],
    [{ implementation: { name: "Post" } }, '"implementation" expected text, toAll alone, got name'],
    [{ capabilities: {} }, '"capabilities" expected an array, got object'],
    [{ capabilities: ["X-TRY"] }, '"capabilities[0]" expected an object, got string'],
    [{ capabilities: [{ tag: "other", parameters: [] }] }, '"capabilities[0].name" expected a string, got undefined'],
    [{ capabilities: [{ tag: "other", name: "X-TRY" }] }, '"parameters" expected an array, got undefined'],
    [
      { capabilities: [{ tag: "other", name: "X-TRY", parameters: [1] }] },
      '"parameters[0]" expected a string, got number',
    ],
    [{ utf8: 0 }, '"utf8" expected a boolean, got number'],
    [{ utf8: null }, '"utf8" expected a boolean, got null'],
    [{ utf8: {} }, '"utf8" expected a boolean, got object'],
    [{ lineEndings: false }, '"lineEndings" expected a string, got boolean'],
  ])("%j: TypeError", (options, message) => {
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(message);
  });

  it.each<[object, string]>([
    [{ utf8: "users" }, '"utf8" expected one of user, got users'],
    [{ lineEndings: "preserve" }, '"lineEndings" expected one of'],
    [{ loginDelay: {} }, '"seconds" expected a whole number of at least 0, got NaN'],
    [{ expire: { user: true } }, '"days" expected a whole number of at least 0, got NaN'],
    [{ greeting: "[hi] there" }, '"text" expected no bracket at its start'],
    [{ languages: [{ language: "en", text: "x".repeat(508) }] }, '"text" expected a line of at most 512 octets'],
    [{ languages: [{ language: "de", text: "\u00fc".repeat(254) }] }, '"text" expected a line of at most 512 octets'],
    [{ languages: [{ language: `en${"-abcdefgh".repeat(55)}`, text: "" }] }, "a line of at most 512 octets"],
    [{ implementation: {} }, '"IMPLEMENTATION" expected arguments of visible ASCII'],
    ...["STLS", "sasl", "PIPELINING", "Expire"].map((name): [object, string] => [
      { capabilities: [{ tag: "other", name, parameters: ["x"] }] },
      '"capabilities[0].name" expected none of TOP, USER, RESP-CODES, PIPELINING,',
    ]),
    [{ capabilities: [{ tag: "STLS" }] }, '"capabilities[0].tag" expected one of other, got STLS'],
  ])("%j: RangeError", (options, message) => {
    expect(create(options)).toThrow(RangeError);
    expect(create(options)).toThrow(message);
  });

  it.each<[string, (text: string) => object, number, string]>([
    [
      "greeting",
      (greeting) => ({ greeting }),
      200,
      '"greeting" expected at most 200 characters of printable ASCII without "<"',
    ],
    ["host", (host) => ({ apop: { host } }), 255, '"apop.host" expected a domain'],
    [
      "timestamp",
      (id) => ({ apop: { timestamp: `<${id}@b>` } }),
      296,
      '"apop.timestamp" expected the form <…@…>, of at most 300 octets',
    ],
    [
      "implementation",
      (text) => ({ implementation: { text } }),
      495,
      '"IMPLEMENTATION" expected a line of at most 512 octets',
    ],
    [
      "mechanisms",
      (text) => ({ mechanisms: Array.from(text.slice(4), (_, index) => `M${1000 + index}`) }),
      88,
      '"SASL" expected a line of at most 512 octets',
    ],
  ])("%s has its longest length", (_, make, longest, message) => {
    expect(create(make("x".repeat(longest)))).not.toThrow();
    expect(create(make("x".repeat(longest + 1)))).toThrow(new RangeError(message));
  });

  it("what is null by default may be null", () => {
    expect(create({ apop: null, loginDelay: null, expire: null, implementation: null })).not.toThrow();
  });
});

const other = (value: unknown) => value as never;

/** A session up to the event of a type, which it gives. */
function at(input: string, stop: string): Pop3ServerSession {
  const session = new Pop3ServerSession({
    ...{ plaintextWithoutTls: true, mechanisms: ["ECHO"], greeting: "" },
    loginDelay: { seconds: 60, user: true },
    expire: { days: 30, user: true },
  });
  for (const event of session.receive(octets(input))) {
    if (event.type === stop) break;
    answer(session, event);
  }
  session.takeOutputPieces();
  return session;
}

type Call = (session: Pop3ServerSession) => unknown;

describe("arguments of a server's calls", () => {
  const source = { count: 1, size: () => 1, uniqueId: () => "a" };
  const opening = (maildrop: unknown): Call => {
    return (session) => session.accept(maildrop as Maildrop);
  };
  it.each<[string, Call, string]>([
    ["null", opening(null), '"maildrop" expected { sizes, uniqueIds } or { count, size, uniqueId }'],
    ["a list", opening([1]), '"maildrop" expected { sizes, uniqueIds }'],
    ["sizes null", opening({ sizes: null, uniqueIds: [] }), '"sizes" expected an array, got null'],
    ["sizes of a text", opening({ sizes: "12", uniqueIds: ["a", "b"] }), '"sizes" expected an array, got string'],
    ["a size of a text", opening({ sizes: ["1"], uniqueIds: ["a"] }), '"size" expected a number, got string'],
    ["unique-ids null", opening({ sizes: [], uniqueIds: null }), '"uniqueIds" expected an array, got null'],
    [
      "a unique-id of a number",
      opening({ sizes: [1], uniqueIds: [5] }),
      '"uniqueId" expected a string, of message 1, got number',
    ],
    [
      "needsUtf8 of a word",
      opening({ sizes: [1], uniqueIds: ["a"], needsUtf8: "y" }),
      '"needsUtf8" expected an array, got string',
    ],
    [
      "needsUtf8 of words",
      opening({ sizes: [1], uniqueIds: ["a"], needsUtf8: ["no"] }),
      '"needsUtf8" expected a boolean, got string',
    ],
    ["a count of a text", opening({ ...source, count: "1" }), '"count" expected a number, got string'],
    ["a total of a text", opening({ ...source, total: "1" }), '"total" expected a number, got string'],
    ["a size for all", opening({ ...source, size: 5 }), '"size" expected a function, got number'],
    ["a unique-id for all", opening({ ...source, uniqueId: "a" }), '"uniqueId" expected a function, got string'],
    ["needsUtf8 for all", opening({ ...source, needsUtf8: true }), '"needsUtf8" expected a function, got boolean'],
    ["a delay of a text", opening({ ...source, loginDelay: "5" }), '"loginDelay" expected a number, got string'],
    ["a term of null", opening({ ...source, expire: null }), '"expire" expected a number, got null'],
    ["an answer of a number", (s) => s.accept(MAILDROP, other(5)), '"input" expected an object, got number'],
    ["a text of a number", (s) => s.accept(MAILDROP, { text: other(5) }), '"text" expected a string, got number'],
    ["a text of null", (s) => s.reject({ text: other(null) }), '"text" expected a string, got null'],
    ["a code of a number", (s) => s.reject({ code: other(5) }), '"code" expected a string, got number'],
    ["a code of false", (s) => s.reject({ code: other(false) }), '"code" expected a string, got boolean'],
    ["a language of a number", (s) => s.reject({ language: other(5) }), '"language" expected a string, got number'],
    ["a language of null", (s) => s.reject({ language: other(null) }), '"language" expected a string, got null'],
    ["parts misspelt", (s) => s.reject(other({ txt: "no" })), '"input" expected code, text, language alone, got txt'],
    ["shutdown(5)", (s) => s.shutdown(other(5)), '"text" expected a string, got number'],
    ["shutdown(null)", (s) => s.shutdown(other(null)), '"text" expected a string, got null'],
    ["shutdown({})", (s) => s.shutdown(other({ text: "x" })), '"text" expected a string, got object'],
  ])("a login's answer, with %s: TypeError, and nothing has changed", (_, call, message) => {
    const session = at(LOGIN, "pass");
    const before = session.snapshot();
    expect(() => call(session)).toThrow(TypeError);
    expect(() => call(session)).toThrow(message);
    expect(session.snapshot()).toEqual(before);
    expect(session.accept(MAILDROP).state).toBe("transaction");
  });

  it.each<[string, object, string]>([
    [
      "a delay that is longer",
      { loginDelay: 61 },
      '"loginDelay" expected what the option loginDelay leaves open, got 61',
    ],
    ["half a second", { loginDelay: 0.5 }, '"loginDelay" expected'],
    ["a negative delay", { loginDelay: -1 }, '"loginDelay" expected'],
    ["no number of days", { expire: Number.NaN }, '"expire" expected what the option expire leaves open, got NaN'],
    ["a term of a day and a half", { expire: 31.5 }, '"expire" expected'],
  ])("a maildrop with %s: RangeError", (_, policies, message) => {
    const session = at(LOGIN, "pass");
    expect(() => session.accept({ ...MAILDROP, ...policies })).toThrow(RangeError);
    expect(() => session.accept({ ...MAILDROP, ...policies })).toThrow(message);
    session.accept({ ...MAILDROP, loginDelay: 0, expire: Number.POSITIVE_INFINITY }).receive(octets("CAPA\r\n"));
    for (const _ of session);
    expect(new TextDecoder().decode(session.takeOutput()!)).toMatch(/LOGIN-DELAY 0\r\nEXPIRE NEVER\r\n/);
  });

  it("a maildrop may lack what is not asked of it", () => {
    const session = new Pop3ServerSession({ plaintextWithoutTls: true, uidl: false, loginDelay: { seconds: 5 } });
    for (const event of session.receive(octets(LOGIN)))
      if (event.type === "pass") session.accept({ count: 1, size: () => 3, loginDelay: 5 });
    session.receive(octets("LIST 1\r\nCAPA\r\nRETR 1\r\n"));
    expect([...session].map(({ type }) => type)).toEqual(["list", "capa", "retr"]);
    expect(new TextDecoder().decode(session.takeOutput()!)).toMatch(/\+OK 1 3\r\n\+OK\r\n.*LOGIN-DELAY 5\r\n/s);
  });

  it("parts of an answer may be undefined, and the code null", () => {
    const session = at(LOGIN, "pass").reject({ text: other(undefined), code: null, language: other(undefined) });
    expect(new TextDecoder().decode(session.takeOutput()!)).toBe("-ERR authentication failed\r\n");
  });

  it("arrays are copied", () => {
    const needsUtf8 = [true];
    const session = at(LOGIN, "pass").accept({ sizes: [1], uniqueIds: ["a"], needsUtf8 });
    needsUtf8[0] = false;
    session.receive(octets("RETR 1\r\n"));
    expect(session.nextEvent()).toMatchObject({ type: "surrogate", number: 1 });
  });

  it.each<[string, Call, string]>([
    ["auth", (s) => s.authenticate(other(null)), '"mechanism.next" expected a function, got undefined'],
    ["auth", (s) => s.authenticate(other("ECHO")), '"mechanism.next" expected a function, got undefined'],
    ["auth", (s) => s.authenticate(other({ next: () => {} })), '"mechanism.abort" expected a function, got undefined'],
  ])("at %s: TypeError, and nothing has changed", (stop, call, message) => {
    const session = at("AUTH ECHO\r\n", stop);
    const before = session.snapshot();
    expect(() => call(session)).toThrow(new TypeError(message));
    expect(session.snapshot()).toEqual(before);
  });

  it.each<[string, unknown, string]>([
    ["null", null, '"content" expected a Uint8Array, or an iterable of them, got null'],
    ["a text", "text", '"content" expected a Uint8Array, or an iterable of them, got string'],
    ["an object", {}, '"content" expected a Uint8Array, or an iterable of them, got object'],
    ["a list of texts", ["text"], "expected a Uint8Array, got string"],
  ])("content of %s: TypeError, and nothing is written", (_, content, message) => {
    for (const command of ["RETR 1", "TOP 1 0"]) {
      const session = at(`${LOGIN}${command}\r\n`, command.startsWith("RETR") ? "retr" : "top");
      session.accept();
      const before = session.snapshot();
      expect(() => session.content(content as Uint8Array)).toThrow(TypeError);
      expect(() => session.content(content as Uint8Array)).toThrow(message);
      if (typeof content === "string" || Array.isArray(content))
        expect(() => session.write(other("x"))).toThrow("got string");
      expect(session.snapshot()).toEqual(before);
    }
  });

  it.each<[string, object, string, string]>([
    ["a size", { size: async () => 1 }, "LIST 1", '"size" expected a number, got object'],
    ["a unique-id", { uniqueId: async () => "a" }, "UIDL 1", '"uniqueId" expected a string, of message 1, got object'],
    ["what needs UTF8", { needsUtf8: async () => false }, "RETR 1", '"needsUtf8" expected a boolean, got object'],
  ])("a maildrop that gives the promise of %s", (_, asynchronous, command, message) => {
    const session = at(LOGIN, "pass").accept({ ...source, ...asynchronous });
    session.receive(octets(`${command}\r\n`));
    expect(() => [...session]).toThrow(new TypeError(message));
  });
});
