import { Pop3ClientSession } from "pop3-codec";
import { driveClient, octets, type PlainOptions, refusedOptions, takenOptions } from "tools/testing";
import { describe, expect, it } from "vitest";
import { echo } from "./support.ts";

const create = (options: object) => () => new Pop3ClientSession(options);

const OPTIONS: PlainOptions = {
  flags: ["tls", "requireTls", "plaintextWithoutTls", "pipelining", "eagerPass", "keepTimestampAfterTls"],
  leniencies: [
    ...["leadingLineEnds", "statusIgnoresCase", "blankCapabilityLines", "plusWithoutSpace", "spacesInListings"],
    ...["uidlWithoutNumber", "longUniqueIds", "textAsEmptyChallenge", "unlistedCommands", "bareLineFeed"],
  ],
  limits: [
    ["highWaterMark", 0],
    ["maxPendingInput", 0],
    ["maxCapabilityLines", 0],
    ["maxResponseLength", 3],
    ["maxSaslLineLength", 3],
  ],
};

describe("options of a client", () => {
  it.each(refusedOptions(OPTIONS))("%j: refused", (options, error) => {
    expect(create(options)).toThrow(error.constructor as ErrorConstructor);
    expect(create(options)).toThrow(error);
  });

  it.each(takenOptions(OPTIONS))("%j: taken", (options) => {
    expect(create(options)).not.toThrow();
  });

  it.each<[unknown, string]>([
    [null, '"options" expected an object, got null'],
    [5, '"options" expected an object, got number'],
    [[], '"options" expected an object, got array'],
    [{ requireTLS: true }, "alone, got requireTLS"],
    [{ greeting: "" }, "alone, got greeting"],
    [{ leniencies: { bareLF: true } }, "alone, got bareLF"],
    [{ leniencies: null }, '"leniencies" expected an object, got null'],
    [{ prepare: null }, '"prepare" expected a function, got null'],
    [{ prepare: "saslprep" }, '"prepare" expected a function, got string'],
    [{ lineEndings: true }, '"lineEndings" expected a string, got boolean'],
  ])("%j: TypeError", (options, message) => {
    expect(create(options as object)).toThrow(TypeError);
    expect(create(options as object)).toThrow(message);
  });

  it("a word that is none of its option is refused", () => {
    const message = '"lineEndings" expected one of preserve, normalize, got reject';
    expect(create({ lineEndings: "reject" })).toThrow(new RangeError(message));
  });
});

/** A session before the login or after it; the server lists ECHO. */
function session(loggedIn: boolean): Pop3ClientSession {
  const found = new Pop3ClientSession({ tls: true });
  const input = `+OK <a@b>\r\n+OK\r\nSASL ECHO\r\n.\r\n${loggedIn ? "+OK\r\n" : ""}`;
  driveClient(
    found,
    [octets(input)],
    ({ type }) => {
      if (type === "greeting") found.capa();
      if (type === "capa" && loggedIn) found.apop("tim", DIGEST);
    },
    false,
  );
  found.takeOutputPieces();
  return found;
}

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";
const other = (value: unknown) => value as never;
type Call = (session: Pop3ClientSession) => unknown;

describe("arguments of a client's calls", () => {
  const before: readonly (readonly [string, Call, string])[] = [
    ["user()", (s) => s.user(other(undefined)), '"name" expected a string, got undefined'],
    ["user(null)", (s) => s.user(other(null)), '"name" expected a string, got null'],
    ["user({})", (s) => s.user(other({})), '"name" expected a string, got object'],
    ["pass(5)", (s) => s.pass(other(5)), '"password" expected a string, got number'],
    ["apop(null)", (s) => s.apop(other(null), DIGEST), '"name" expected a string, got null'],
    ["apop() without a digest", (s) => s.apop("tim", other(undefined)), '"digest" expected a string, got undefined'],
    ["auth(null)", (s) => s.auth(other(null)), '"mechanism.name" expected a string, got undefined'],
    ["auth() with a name", (s) => s.auth(other("ECHO")), '"mechanism.name" expected a string, got undefined'],
    ["auth() without start", (s) => s.auth(other({ name: "ECHO" })), '"mechanism.start" expected a function, got'],
    ["auth() with no options", (s) => s.auth(echo("all"), other(null)), '"options" expected an object, got null'],
    ["auth() forced", (s) => s.auth(echo("all"), { force: other("no") }), '"force" expected a boolean, got string'],
    [
      "auth() with a number",
      (s) => s.auth(echo("all"), { initialResponse: other(0) }),
      '"initialResponse" expected a string, got number',
    ],
    [
      "auth() with options misspelt",
      (s) => s.auth(echo("all"), other({ forced: true })),
      '"options" expected initialResponse, force alone, got forced',
    ],
    ["lang(5)", (s) => s.lang(other(5)), '"language" expected a string, got number'],
    ["login()", (s) => s.login(other(undefined)), '"options" expected an object, got undefined'],
    ["login(null)", (s) => s.login(other(null)), '"options" expected an object, got null'],
    ["login() misspelt", (s) => s.login(other({ user: "tim" })), "choose, name, apop, password alone, got user"],
    ["login() with a name null", (s) => s.login({ name: other(null) }), '"name" expected a string, got null'],
    [
      "login() with a password of octets",
      (s) => s.login({ password: other(octets("x")) }),
      '"password" expected a string, got object',
    ],
    ["login() with choose null", (s) => s.login({ choose: other(null) }), '"choose" expected a function, got null'],
    ["login() with a digest", (s) => s.login({ apop: other(DIGEST) }), '"apop" expected a function, got string'],
    ["login() with a method 1", (s) => s.login({ method: other(1) }), '"method" expected a string, got number'],
    ["login() with stls false", (s) => s.login({ stls: other(false) }), '"stls" expected a string, got boolean'],
    ["receive() of text", (s) => s.receive(other("+OK")), '"chunk" expected a Uint8Array, got string'],
  ];
  const behind: readonly (readonly [string, Call, string])[] = [
    ["list() of a text", (s) => s.list(other("1")), '"number" expected a number, got string'],
    ["uidl({})", (s) => s.uidl(other({})), '"number" expected a number, got object'],
    ["retr()", (s) => s.retr(other(undefined)), '"number" expected a number, got undefined'],
    ["retr(null)", (s) => s.retr(other(null)), '"number" expected a number, got null'],
    ["retr() with a size of text", (s) => s.retr(1, other("9")), '"size" expected a number, got string'],
    ["top() without lines", (s) => s.top(1, other(undefined)), '"lines" expected a number, got undefined'],
    ["dele(true)", (s) => s.dele(other(true)), '"number" expected a number, got boolean'],
  ];

  it.each([...before, ...behind])("%s throws a TypeError, and does nothing", (name, call, message) => {
    const used = session(behind.some(([one]) => one === name));
    if (name.startsWith("pass")) used.user("tim");
    const state = used.snapshot();
    expect(() => call(used)).toThrow(TypeError);
    expect(() => call(used)).toThrow(message);
    expect(used.snapshot()).toEqual(state);
  });

  it.each<[string, Call, string]>([
    [
      "auth() with another word",
      (s) => s.auth(echo("all"), { initialResponse: other("always") }),
      '"initialResponse" expected one of when it fits, never, got always',
    ],
    [
      "login() with another method",
      (s) => s.login({ method: other("PLAIN") }),
      '"method" expected one of any, AUTH, APOP, USER, got PLAIN',
    ],
    [
      "login() with another word for TLS",
      (s) => s.login({ stls: other("require") }),
      '"stls" expected one of required, offered, never, got require',
    ],
  ])("%s throws a RangeError, and does nothing", (_, call, message) => {
    const used = session(false);
    const state = used.snapshot();
    expect(() => call(used)).toThrow(new RangeError(message));
    expect(used.snapshot()).toEqual(state);
  });

  it.each<[string, Call]>([
    ["list(0)", (s) => s.list(0)],
    ["uidl(0)", (s) => s.uidl(0)],
    ["retr(0)", (s) => s.retr(0)],
    ["top(0, 1)", (s) => s.top(0, 1)],
    ["dele(0)", (s) => s.dele(0)],
  ])("%s throws a RangeError, since numbers begin at 1, and does nothing", (_, call) => {
    const used = session(true);
    const state = used.snapshot();
    expect(() => call(used)).toThrow(new RangeError('"number" expected a whole number of at least 1, got 0'));
    expect(used.snapshot()).toEqual(state);
  });

  it("what choose and apop give is checked before anything is sent, and asked for again", () => {
    const answers: unknown[] = [undefined, {}, echo("all", "A B"), echo("all")];
    const used = session(false).login({ choose: () => answers.shift() as never });
    expect(() => used.nextEvent()).toThrow(new TypeError('"mechanism.name" expected a string, got undefined'));
    expect(() => used.nextEvent()).toThrow(new TypeError('"mechanism.name" expected a string, got undefined'));
    expect(() => used.nextEvent()).toThrow('"mechanism" expected 1 to 20 of A-Z, 0-9, - and _');
    expect(used.takeOutput()).toBe(null);
    expect(used.nextEvent()).toBe(null);
    expect(new TextDecoder().decode(used.takeOutput()!)).toMatch(/^AUTH ECHO/);
    const digests: unknown[] = [Promise.resolve(DIGEST), "no digest", DIGEST];
    const digesting = session(false).login({ name: "tim", apop: () => digests.shift() as string });
    expect(() => digesting.nextEvent()).toThrow(new TypeError('"digest" expected a string, got object'));
    expect(() => digesting.nextEvent()).toThrow(RangeError);
    expect(digesting.nextEvent()).toBe(null);
    expect(new TextDecoder().decode(digesting.takeOutput()!)).toBe(`APOP tim ${DIGEST}\r\n`);
  });

  it("restore takes options and a login as a new session does", () => {
    const snapshot = new Pop3ClientSession().login({ choose: () => null }).snapshot();
    const restoring = (options: unknown, login: unknown) => () =>
      Pop3ClientSession.restore(snapshot, options as object, null, login as object);
    expect(restoring(null, { choose: () => null })).toThrow('"options" expected an object, got null');
    expect(restoring({ tsl: true }, { choose: () => null })).toThrow("alone, got tsl");
    expect(restoring({}, 5)).toThrow(new TypeError('"login" expected an object, got number'));
    expect(restoring({}, { user: "tim" })).toThrow("alone, got user");
    expect(restoring({}, { method: 1 })).toThrow(new TypeError('"login.method" expected a string, got number'));
    expect(restoring({}, { name: 5 })).toThrow(new TypeError('"name" expected a string, got number'));
    expect(restoring({}, { password: null })).toThrow(new TypeError('"password" expected a string, got null'));
    expect(restoring({}, { choose: () => null })).not.toThrow();
  });
});
