import fc from "fast-check";
import {
  type Maildrop,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
  type ResponseInput,
} from "pop3-codec";
import {
  byteByByte,
  checkMisbehaved,
  drive,
  Enduring,
  exchangeLines,
  fake,
  MISBEHAVED,
  type Misbehaviour,
  misbehaving,
  misbehaviours,
  octets,
  playMisbehaving,
  type Threw,
} from "tools/testing";
import { describe, expect, it } from "vitest";
import { MAILDROP, no } from "../support.ts";

const OPTIONS: Pop3ServerOptions = {
  ...{ greeting: "", mechanisms: ["ECHO", "ASK"], maxErrors: Number.POSITIVE_INFINITY },
  maxFailedLogins: Number.POSITIVE_INFINITY,
};
const ERROR = "-ERR [SYS/TEMP] internal error\r\n";

/** Plays lines against a server whose mechanisms misbehave. */
const play = (lines: string, plans: readonly (Misbehaviour | null)[][], options = OPTIONS, cut = whole) =>
  playMisbehaving(new Pop3ServerSession(options), cut(octets(lines)), plans);
const whole = (bytes: Uint8Array) => [bytes];

describe("a mechanism that throws, or gives no step", () => {
  it.each<[string, Misbehaviour]>([
    ["throws", "throws"],
    ["gives a promise", "promises"],
    ["gives null", "gives nothing"],
  ])("%s at a response: the client has its answer, and what is after it is a command", (_, how) => {
    for (const cut of [whole, byteByByte]) {
      const lines = "AUTH ECHO\r\nAA==\r\nNOOP\r\nQUIT\r\n";
      const { events, output, calls, thrown } = play(lines, [[null, how]], OPTIONS, cut);
      expect(output).toBe(`+OK\r\n+ d2hhdD8=\r\n${ERROR}${no("NOOP is out of place")}+OK\r\n`);
      expect(events.map(({ type }) => type)).toEqual([
        ...["connect", "auth", "authentication-failed", "threw", "violation", "quit", "closed"],
      ]);
      expect(events[2]).toMatchObject({ cause: "error", answer: "default" });
      expect([calls, thrown]).toEqual([[["next", "next!", "abort"]], 1]);
    }
  });

  it("does not throw for a client for ever: its logins count as faulty commands", () => {
    const plans = Array.from({ length: 4 }, (): (Misbehaviour | null)[] => [null, "throws"]);
    const { output, events } = play("AUTH ECHO\r\nAA==\r\n".repeat(4), plans, { ...OPTIONS, maxErrors: 3 });
    expect(output).toBe(`+OK\r\n${`+ d2hhdD8=\r\n${ERROR}`.repeat(3)}`);
    expect(events).toContainEqual({ type: "closed", cause: "violation", answer: "none" });
  });

  it("has answered the client when what it threw comes out, and a driver that catches it awaits the next line", () => {
    const session = new Pop3ServerSession(OPTIONS);
    session.receive(octets("AUTH ECHO\r\nAA==\r\n"));
    const pull = () => {
      for (const event of session)
        if (event.type === "auth") session.authenticate(misbehaving(fake("ECHO"), [null, "throws"]));
    };
    expect(pull).toThrow(MISBEHAVED);
    expect(new TextDecoder().decode(session.takeOutput()!).endsWith(ERROR)).toBe(true);
    expect([session.nextEvent(), session.waiting]).toEqual([null, "bytes"]);
  });

  it.each<[string, string]>([
    ["a cancellation", "*"],
    ["a response that is not base64", "!"],
    ["a response over the limit", "A".repeat(20_000)],
  ])("at abort(), %s: it is answered as ever", (_, line) => {
    const { events, output, thrown } = play(`AUTH ECHO\r\n${line}\r\nQUIT\r\n`, [[null, "throws"]]);
    expect(output).toBe(`+OK\r\n+ d2hhdD8=\r\n${no("authentication failed")}+OK\r\n`);
    expect(events.slice(2, 5).map(({ type }) => type)).toEqual(["authentication-failed", "login-failed", "threw"]);
    expect(thrown).toBe(1);
  });

  it.each<[string, (session: Pop3ServerSession) => unknown]>([
    ["end-of-input", (session) => session.receiveEnd()],
    ["timeout", (session) => session.timedOut()],
    ["shutdown", (session) => session.shutdown()],
  ])("at abort() when the session ends by %s: it ends, and what was thrown comes out after", (cause, end) => {
    const session = new Pop3ServerSession(OPTIONS);
    for (const event of session.receive(octets("AUTH ECHO\r\n")))
      if (event.type === "auth") session.authenticate(misbehaving(fake("ECHO"), [null, "throws"]));
    end(session);
    expect(session.nextEvent()).toEqual({ type: "closed", cause, answer: "none" });
    expect(() => session.nextEvent()).toThrow(MISBEHAVED);
    expect([session.nextEvent(), session.waiting]).toEqual([null, "closed"]);
  });

  it("so does prepare, at AUTH's identity: in a call it changes nothing, at a line it ends the exchange", () => {
    const prepare = () => {
      throw MISBEHAVED;
    };
    const options = { ...OPTIONS, prepare };
    const lines = "AUTH ECHO eWVz\r\nAUTH ECHO\r\neWVz\r\nQUIT\r\n";
    const { events, output, thrown, calls } = play(lines, [], options);
    expect(output).toBe(`+OK\r\n-ERR login refused\r\n+ d2hhdD8=\r\n${ERROR}+OK\r\n`);
    expect(events.filter(({ type }) => type === "authenticated")).toEqual([]);
    expect([thrown, calls[1]]).toEqual([2, ["next", "next", "abort"]]);
  });

  it("so does prepare, at PASS, USER and APOP: the login has failed, the name is forgotten, and the client has its answer", () => {
    const prepare = (text: string) => {
      if (text === "bad") throw MISBEHAVED;
      return text;
    };
    const lines = `USER tim\r\nPASS bad\r\nPASS good\r\nUSER bad\r\nAPOP bad ${"0".repeat(32)}\r\nQUIT\r\n`;
    const options = { ...OPTIONS, prepare, plaintextWithoutTls: true, apop: { timestamp: "<1@a>" } };
    for (const cut of [whole, byteByByte]) {
      const { output, events, thrown } = play(lines, [], options, cut);
      expect(output).toBe(`+OK <1@a>\r\n+OK\r\n${ERROR}${no("PASS is out of place")}${ERROR}${ERROR}+OK\r\n`);
      expect(events.map(({ type }) => type)).toEqual([
        ...["connect", "user", "authentication-failed", "threw", "violation"],
        ...["authentication-failed", "threw", "authentication-failed", "threw", "quit", "closed"],
      ]);
      expect(events[2]).toEqual({
        ...{ type: "authentication-failed", cause: "error", text: "prepare threw", answer: "default" },
      });
      // One for each: what an application does to it is seen in no other.
      expect(new Set(events.filter(({ type }) => type === "authentication-failed")).size).toBe(3);
      expect(thrown).toBe(3);
    }
  });

  it.each<[string, ResponseInput | undefined, string, number]>([
    ["by default", undefined, "[SYS/TEMP] internal error", 0],
    ["in other words", "later", "[SYS/TEMP] later", 0],
    ["with another code", { code: "AUTH" }, "[AUTH] internal error", 1],
    ["without a code", { code: null }, "internal error", 1],
  ])("a login that a throw ends is a failed one only if it is answered as such: %s", (_, input, expected, failures) => {
    const prepare = () => {
      throw MISBEHAVED;
    };
    const session = new Pop3ServerSession({ ...OPTIONS, prepare, apop: { timestamp: "<1@a>" } });
    const lines = octets(`APOP a ${"0".repeat(32)}\r\n`);
    const { output, events } = drive<Pop3ServerEvent | Threw>(new Enduring(session), [lines], (event) => {
      if (event.type === "authentication-failed" && input !== undefined) session.reject(input);
    });
    expect(output).toBe(`+OK <1@a>\r\n${no(expected)}`);
    expect(events.filter(({ type }) => type === "login-failed")).toHaveLength(failures);
  });

  const languages = [{ language: "de", text: "Deutsch" }];
  const words: Record<string, string> = { "language changed": "Sprache gewechselt" };

  it.each<[string, (text: string) => string]>([
    [
      "throws",
      () => {
        throw MISBEHAVED;
      },
    ],
    ["gives nothing for one that it does not know", (text) => words[text]!.slice(99)! || (undefined as never)],
    ["gives a promise", (async (text: string) => text) as unknown as (text: string) => string],
    ["gives what cannot be sent", () => "a\nb"],
    ["gives more than a line holds", () => "ß".repeat(300)],
  ])("so does translate, which %s, at any default answer: the client has one in English", (_, translate) => {
    const session = new Pop3ServerSession({ ...OPTIONS, translate, languages, maxErrors: 3 });
    const lines = "LANG de\r\nFOO\r\nCAPA\r\nLANG de\r\nLANG xx\r\nFOO\r\nNOOP\r\nNOOP\r\n";
    let asked = 0;
    const { output, events } = drive<Pop3ServerEvent | Threw>(new Enduring(session), [octets(lines)], (event) => {
      if (event.type === "lang" && ++asked === 2) session.accept({ language: "de", text: "gut" });
    });
    const [before, after] = output.split(/\+OK\r\n[A-Z].*\r\n\.\r\n/s);
    expect(before).toBe(`+OK\r\n+OK de language changed\r\n${no("unknown command")}`);
    expect(after).toBe(`+OK de gut\r\n${no("no such language", "unknown command", "NOOP is out of place")}`);
    expect(events.filter(({ type }) => type === "threw")).toHaveLength(5);
    expect(events).toContainEqual({ type: "closed", cause: "violation", answer: "none" });
  });

  it("so does translate in accept(), reject() and shutdown(): they answer in English, and the error comes out after", () => {
    const translate = (text: string) => {
      if (text !== "unknown command") throw MISBEHAVED;
      return "unbekannt";
    };
    const session = new Pop3ServerSession({ ...OPTIONS, translate, languages });
    const expectThrow = () => expect(() => session.nextEvent()).toThrow(MISBEHAVED);
    session.receive(octets("LANG de\r\nLANG *\r\nFOO\r\n"));
    for (const event of session) if (event.type === "lang") break;
    session.accept();
    expectThrow();
    for (const event of session) if (event.type === "lang") break;
    session.reject();
    expectThrow();
    expect([...session]).toMatchObject([{ type: "unknown" }]);
    session.shutdown();
    expect(session.nextEvent()).toMatchObject({ type: "closed" });
    expectThrow();
    expect(new TextDecoder().decode(session.takeOutput()!)).toBe(
      `+OK\r\n+OK de language changed\r\n${no("no such language", "unbekannt", "[SYS/TEMP] shutting down")}`,
    );
  });

  it("what prepare or a maildrop threw is not lost where translate throws at the answer to it", () => {
    const throwing = (text: string) => {
      throw new Error(text);
    };
    const prepare = (text: string) => (text === "bad" ? throwing("prepare") : text);
    const maildrop: Maildrop = { count: 1, size: () => throwing("size"), uniqueId: () => "a" };
    const apop = { timestamp: "<1@a>" };
    const session = new Pop3ServerSession({ ...OPTIONS, prepare, translate: throwing, languages, apop });
    const login = (name: string) => `APOP ${name} ${"0".repeat(32)}\r\n`;
    session.receive(octets(`LANG de\r\n${login("bad")}${login("tim")}RETR 1\r\nSTAT\r\nQUIT\r\n`));
    const thrown: unknown[] = [];
    while (session.waiting !== "closed") {
      try {
        const event = session.nextEvent();
        if (event?.type === "apop") session.accept(maildrop);
        if (event?.type === "quit") session.accept();
      } catch (error) {
        thrown.push((error as Error).message);
      }
    }
    // At RETR both come out; elsewhere the first of what one answer led to.
    expect(thrown).toEqual(["language changed", "prepare", "size", "internal error", "size"]);
    expect(new TextDecoder().decode(session.takeOutput()!)).toBe(
      `+OK <1@a>\r\n+OK de language changed\r\n${ERROR}+OK\r\n${ERROR}${ERROR}+OK\r\n`,
    );
  });

  it("at any of its calls: each line has one answer, each exchange one end, and what was thrown comes out once", () => {
    fc.assert(
      fc.property(exchangeLines, fc.array(misbehaviours, { maxLength: 6 }), (given, plans) => {
        // What is no base64 ends an exchange.
        const all = [...given, "!", "QUIT"];
        const lines = all.map((line) => `${line}\r\n`).join("");
        const played = play(lines, plans);
        const { output, waiting } = played;
        expect(output.split("\r\n").length - 1).toBe(1 + all.length);
        expect([output.endsWith("+OK\r\n"), waiting]).toEqual([true, "closed"]);
        checkMisbehaved(played);
        const types = ({ events }: typeof played) => events.map(({ type }) => type);
        const bytes = play(lines, plans, OPTIONS, byteByByte);
        expect([bytes.output, types(bytes)]).toEqual([output, types(played)]);
      }),
    );
  });

  it("a maildrop is opened by the next login", () => {
    const session = new Pop3ServerSession(OPTIONS);
    const plans: (Misbehaviour | null)[][] = [[null, "throws", "throws"], []];
    const { output } = drive<Pop3ServerEvent | Threw>(
      new Enduring(session),
      [octets("AUTH ECHO\r\neWVz\r\nAUTH ECHO eWVz\r\nSTAT\r\n")],
      (event) => {
        if (event.type === "auth") session.authenticate(misbehaving(fake("ECHO"), plans.shift()!));
        if (event.type === "authenticated") session.accept(MAILDROP);
      },
    );
    expect(output).toBe(`+OK\r\n+ d2hhdD8=\r\n${ERROR}+OK\r\n+OK 4 76\r\n`);
  });
});
