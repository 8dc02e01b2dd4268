/**
 * What the caller hands in: whatever it is, it is taken, or refused by an error that names it, and then nothing has
 * changed.
 */
import {
  type Maildrop,
  Pop3ClientSession,
  Pop3Retrieval,
  Pop3ServerSession,
  type SaslServer,
  StateError,
} from "pop3-codec";
import { parseCommand, parseResponse } from "pop3-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { echo } from "./client/support.ts";
import { loggedIn } from "./retrieval/support.ts";
import { fake, LOGIN } from "./support.ts";

const hostile = {
  toString: () => {
    throw new Error("not asked for");
  },
};
const WRONG: readonly unknown[] = [
  ...[undefined, null, true, Number.NaN, -1, 1.5, 10n, "", "x", () => {}],
  ...[{}, [], [1], new Map(), new Date(0), new Uint8Array(1), Promise.resolve(1)],
];
/** What has no text: a limit that is one of these cannot be shown, and nobody hands it in. */
const WITHOUT_TEXT: readonly unknown[] = [Symbol("x"), Object.create(null), hostile];

/** Every error of a call says what it is about; a session that threw is as it was. */
function refusesOrTakes(
  call: (wrong: unknown, session: { snapshot(): unknown } | null) => unknown,
  make: () => { snapshot(): unknown } | null = () => null,
  values: readonly unknown[] = [...WRONG, ...WITHOUT_TEXT],
): void {
  for (const wrong of values) {
    const session = make();
    const before = session?.snapshot();
    try {
      call(wrong, session);
    } catch (error) {
      if (!(error instanceof StateError)) {
        expect([TypeError, RangeError]).toContain((error as Error).constructor);
        expect((error as Error).message).toMatch(/^(?:"[\w.[\]-]+" )?(?:expected |cannot be prepared)/);
      }
      expect(session?.snapshot()).toEqual(before);
    }
  }
}

describe("options", () => {
  const languages = [{ language: "en", text: "English" }];
  const server = {
    ...{ greeting: "a", tls: true, stls: true, user: true, apop: { host: "a" }, mechanisms: ["A"] },
    ...{ plaintextWithoutTls: true, top: true, uidl: true, utf8: true, languages, translate: String, prepare: String },
    ...{
      responseCodes: true,
      codesOnUser: true,
      loginDelay: { seconds: 1, user: true },
      expire: { days: 1, user: true },
    },
    ...{ implementation: { text: "a", toAll: true }, capabilities: [{ tag: "other", name: "X", parameters: ["a"] }] },
    ...{ maxCommandLength: 255, maxSaslLineLength: 255, maxFailedLogins: 1, failureDelay: 1, maxErrors: 1 },
    ...{ idleLimit: 600, lineEndings: "reject", leniencies: { keepName: true }, highWaterMark: 1, maxPendingInput: 1 },
  };
  const client = {
    ...{ tls: true, requireTls: true, plaintextWithoutTls: true, pipelining: true, eagerPass: true, prepare: String },
    ...{ keepTimestampAfterTls: true, maxResponseLength: 3, maxSaslLineLength: 3, maxCapabilityLines: 1 },
    ...{ lineEndings: "normalize", leniencies: { bareLineFeed: true }, highWaterMark: 1, maxPendingInput: 1 },
  };
  const login = { choose: () => null, name: "a", apop: String, password: "a", method: "any", stls: "never" };
  const message = { number: 1, uniqueId: "a", announced: null, size: 1 };
  const lists = { fetched: [message], refused: [message], missing: [message], removed: [message], unmarked: [message] };
  const resume = { ...lists, deletions: "none" };
  const how = { ahead: 1, limit: 1, skip: () => false, withoutUniqueIds: true };
  const retrieval = { known: new Set(), afterFetching: "leave", resume, ...how };

  it.each<[string, object, (options: never) => unknown]>([
    ["a server", server, (options) => new Pop3ServerSession(options)],
    ["a client", client, (options) => new Pop3ClientSession(options)],
    ["login()", login, (options) => new Pop3ClientSession({ tls: true }).login(options)],
    ["auth()", { initialResponse: "never", force: true }, (options) => new Pop3ClientSession().auth(echo(), options)],
    ["a retrieval", retrieval, (options) => new Pop3Retrieval(loggedIn(), options)],
  ])("of %s, and what is in them", (_, right, make) => {
    /** Puts what is wrong in the place of every member, at every depth. */
    const through = (value: unknown, put: (wrong: unknown) => unknown): void => {
      refusesOrTakes((wrong) => make(put(wrong) as never), undefined, WRONG);
      if (typeof value !== "object" || value === null || value instanceof Set) return;
      for (const [name, each] of Object.entries(value)) {
        through(each, (wrong) => put(Array.isArray(value) ? [wrong] : { ...value, [name]: wrong }));
      }
    };
    expect(() => make(right as never)).not.toThrow();
    through(right, (wrong) => wrong);
  });
});

describe("arguments", () => {
  type Calls<Session> = Record<string, (session: Session, wrong: never) => unknown>;

  const calls: Calls<Pop3ClientSession> = {
    user: (s, wrong) => s.user(wrong),
    pass: (s, wrong) => s.pass(wrong),
    apop: (s, wrong) => s.apop(wrong, wrong),
    auth: (s, wrong) => s.auth(wrong, { force: true }),
    lang: (s, wrong) => s.lang(wrong),
    list: (s, wrong) => s.list(wrong),
    uidl: (s, wrong) => s.uidl(wrong),
    retr: (s, wrong) => s.retr(wrong),
    "retr's size": (s, wrong) => s.retr(1, wrong),
    top: (s, wrong) => s.top(wrong, 0),
    "top's lines": (s, wrong) => s.top(1, wrong),
    dele: (s, wrong) => s.dele(wrong),
    receive: (s, wrong) => s.receive(wrong),
    proceed: (s, wrong) => s.proceed(wrong),
  };
  it.each(Object.keys(calls))("of a client's %s", (name) => {
    for (const begin of [() => new Pop3ClientSession({ tls: true }), loggedIn]) {
      const make = () => {
        const session = begin();
        return name === "pass" && session.state === "authorization" ? session.user("a") : session;
      };
      refusesOrTakes((wrong, session) => calls[name]!(session as Pop3ClientSession, wrong as never), make);
    }
  });

  const maildrop = { sizes: [3], uniqueIds: ["a"], needsUtf8: [false] };
  const source = { count: 1, total: 3, size: () => 3, uniqueId: () => "a", needsUtf8: () => false };
  const answers: Calls<Pop3ServerSession> = {
    accept: (s, wrong) => s.accept(wrong),
    "accept's text": (s, wrong) => s.accept(maildrop, wrong),
    reject: (s, wrong) => s.reject(wrong),
    authenticate: (s, wrong) => s.authenticate(wrong),
    proceed: (s, wrong) => s.proceed(wrong),
    write: (s, wrong) => s.write(wrong),
    content: (s, wrong) => s.content(wrong),
    shutdown: (s, wrong) => s.shutdown(wrong),
    receive: (s, wrong) => s.receive(wrong),
  };
  for (const [kind, right] of Object.entries({ maildrop, source })) {
    for (const part of Object.keys(right)) {
      answers[`${kind}'s ${part}`] = (s, wrong) => s.accept({ ...right, [part]: wrong } as Maildrop);
      answers[`${kind}'s ${part} in a list`] = (s, wrong) =>
        s.accept({ ...right, [part]: [wrong] } as unknown as Maildrop);
    }
  }
  const at = (stop: string): Pop3ServerSession => {
    const session = new Pop3ServerSession({ plaintextWithoutTls: true, mechanisms: ["ASK"] });
    const input = stop === "auth" || stop === "sasl" ? "AUTH ASK\r\n" : `${LOGIN}RETR 1\r\nNOOP\r\n`;
    for (const event of session.receive(octets(input))) {
      if (event.type === "retr") session.accept();
      if (event.type === stop) break;
      if (event.type === "pass") session.accept(maildrop);
      if (event.type === "retr") session.content(octets("a\r\n"));
      if (event.type === "auth") session.authenticate(fake("ASK"));
    }
    return session;
  };

  it.each(Object.keys(answers))("of a server's %s", (name) => {
    const stops = name.includes("'s ") ? ["pass"] : ["pass", "auth", "sasl", "retr", "noop"];
    for (const stop of stops)
      refusesOrTakes(
        (wrong, session) => answers[name]!(session as Pop3ServerSession, wrong as never),
        () => at(stop),
      );
  });

  it("of restore(), and of a retrieval", () => {
    const asking = at("sasl").snapshot();
    const login = new Pop3ClientSession().login({ choose: () => null }).snapshot();
    const mechanism = fake("ASK");
    expect(Pop3ServerSession.restore(asking, { mechanisms: ["ASK"] }, mechanism)).toBeInstanceOf(Pop3ServerSession);
    refusesOrTakes((wrong) => Pop3ServerSession.restore(wrong as never, { mechanisms: ["ASK"] }));
    refusesOrTakes((wrong) => Pop3ServerSession.restore(asking, wrong as never, mechanism));
    refusesOrTakes((wrong) => Pop3ServerSession.restore(asking, { mechanisms: ["ASK"] }, wrong as SaslServer));
    refusesOrTakes((wrong) => Pop3ClientSession.restore(wrong as never));
    refusesOrTakes((wrong) => Pop3ClientSession.restore(login, wrong as never, null, { choose: () => null }));
    refusesOrTakes((wrong) => Pop3ClientSession.restore(login, {}, null, wrong as never));
    refusesOrTakes((wrong) => new Pop3Retrieval(wrong as never));
    refusesOrTakes((wrong) => new Pop3Retrieval(loggedIn(), {}, wrong as never));
  });
});

describe("octets of another type are refused, and shared memory", () => {
  it.each<[unknown, string]>([
    ["QUIT", "string"],
    [null, "null"],
    [[81], "object"],
    [new Uint8Array(new SharedArrayBuffer(4)), "shared memory"],
  ])("%j", (given, got) => {
    const octets = given as Uint8Array;
    expect(() => parseCommand(octets)).toThrow(new TypeError(`"line" expected a Uint8Array, got ${got}`));
    expect(() => parseResponse(octets)).toThrow(new TypeError(`"octets" expected a Uint8Array, got ${got}`));
  });
});
