import { type Maildrop, type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession } from "pop3-codec";
import { drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, fake, LOGIN, no } from "../support.ts";
import { OK } from "./support.ts";

const BYE = "-ERR [SYS/TEMP] shutting down\r\n";
const OPTIONS = { greeting: "", plaintextWithoutTls: true, stls: true, mechanisms: ["ASK", "ECHO"] } as const;
const CAPABILITIES =
  "+OK\r\nTOP\r\nUIDL\r\nUSER\r\nSASL ASK ECHO\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nSTLS\r\n.\r\n";
const APOP = { apop: { timestamp: "<1@a>" } };

/** Both ends that an application can ask for, and what is said after the answers that are due. */
const ENDS = [
  ["shutdown", (session: Pop3ServerSession) => session.shutdown(), BYE],
  ["timeout", (session: Pop3ServerSession) => session.timedOut(), ""],
] as const;

/**
 * A session up to an event of a type, not answered, or up to where it waits; the output before it is taken. Behind the
 * input stands a NOOP, which is never run.
 */
function at(type: string | null, input: string, options: Pop3ServerOptions = {}): Pop3ServerSession {
  const session = new Pop3ServerSession({ ...OPTIONS, ...options });
  session.receive(octets(type === null ? input : `${input}NOOP\r\n`));
  for (const event of session) {
    if (event.type === type) return session;
    answer(session, event);
    session.takeOutputPieces();
  }
  session.takeOutputPieces();
  return session;
}

/** What comes then: events by their types and causes, and the output. */
function rest(session: Pop3ServerSession): { events: string[]; output: string } {
  const { events, output } = drive(session, [], (event) => answer(session, event), false);
  const shown = (event: Pop3ServerEvent) => ("cause" in event ? `${event.type} ${event.cause}` : event.type);
  return { events: events.map(shown), output };
}

describe.each(ENDS)("the end of a session by %s", (cause, end, farewell) => {
  it.each(["", "USER tim\r\n", LOGIN, `${LOGIN}DELE 1\r\n`, "AUTH ASK2\r\n"])(
    "comes at once where nothing is owed, and is told once: behind %j",
    (input) => {
      const session = at(null, input);
      end(session);
      session.shutdown("another");
      session.timedOut();
      expect(rest(session)).toEqual({ events: [`closed ${cause}`], output: farewell });
      expect(session.waiting).toBe("closed");
      end(session);
      expect([session.nextEvent(), session.takeOutput()]).toEqual([null, null]);
    },
  );

  it("is all that happens, before the greeting", () => {
    const session = new Pop3ServerSession(OPTIONS);
    end(session);
    expect(rest(session)).toEqual({ events: [`closed ${cause}`], output: farewell });
  });

  it.each<[string, string, string]>([
    ["user", "USER tim\r\n", OK],
    ["capa", "CAPA\r\n", CAPABILITIES],
    ["noop", `${LOGIN}NOOP\r\n`, OK],
    ["stat", `${LOGIN}STAT\r\n`, "+OK 4 76\r\n"],
    ["violation", "STAT\r\n", no("STAT is out of place")],
    ["authentication-failed", "AUTH ASK\r\n*\r\n", no("[AUTH] authentication failed")],
    // These would have the client go on: with a command, a handshake.
    ["connect", "", ""],
    ["stls", "STLS\r\n", ""],
  ])("comes after a default response that is due: %s", (type, input, due) => {
    const session = at(type, input);
    end(session);
    expect(rest(session).events.at(-1)).toBe(`closed ${cause}`);
    const again = at(type, input);
    end(again);
    expect(text(again.takeOutputPieces())).toBe(due + farewell);
  });

  it.each<[string, string, string, Pop3ServerOptions]>([
    ["pass", LOGIN, OK, {}],
    ["apop", "APOP tim c4c9334bac560ecc979e58001b3e22fb\r\n", OK, APOP],
    ["auth", "AUTH ECHO eWVz\r\n", "", {}],
    ["auth", "AUTH ECHO\r\n", "+ d2hhdD8=\r\n", {}],
    ["sasl", "AUTH ASK\r\n", no("[AUTH] authentication failed"), {}],
    ["authenticated", "AUTH ECHO eWVz\r\n", OK, {}],
    ["retr", `${LOGIN}RETR 3\r\n`, "+OK\r\nno header end\r\n.\r\n", {}],
    ["top", `${LOGIN}TOP 3 0\r\n`, "+OK\r\nno header end\r\n.\r\n", {}],
  ])("waits for the answer that is owed: %s", (type, input, response, options) => {
    const session = at(type, input, options);
    end(session);
    expect(session.takeOutput()).toBe(null);
    expect([session.nextEvent(), session.waiting]).toEqual([null, "decision"]);
    // The end that waits is part of what the session knows.
    const mechanism = type === "sasl" ? fake("ASK") : null;
    const restored = Pop3ServerSession.restore(session.snapshot(), { ...OPTIONS, ...options }, mechanism);
    const pending = { type, name: "tim", password: "tanstaaf", mechanism: "ECHO", number: 3, answer: "needed" };
    answer(restored, pending as unknown as Pop3ServerEvent);
    const { events, output } = rest(restored);
    expect(output).toBe(response === "" ? OK + farewell : response + farewell);
    expect(events.at(-1)).toBe(`closed ${cause}`);
  });

  it("[POP3-6-2] leaves what QUIT has deleted to its answer, and nothing comes after that", () => {
    for (const [answered, output] of [
      ["accept", OK],
      ["reject", no("some messages were not removed")],
    ] as const) {
      const session = at("quit", `${LOGIN}DELE 1\r\nQUIT\r\n`);
      end(session);
      session[answered]();
      expect(rest(session)).toEqual({ events: ["closed quit"], output });
    }
  });

  it("says nothing to a client that awaits a TLS handshake", () => {
    const session = at(null, "STLS\r\n");
    expect(session.waiting).toBe("tls");
    end(session);
    expect(rest(session)).toEqual({ events: [`closed ${cause}`], output: "" });
  });

  it("loses no event that was found", () => {
    const session = at("pass", "USER tim\r\nPASS wrong\r\n", { maxFailedLogins: 1 });
    end(session);
    session.reject();
    expect(rest(session)).toEqual({
      events: ["login-failed", "violation", "closed violation"],
      output: no("[AUTH] authentication failed"),
    });
  });
});

describe("an end in the midst of a listing", () => {
  const many: Maildrop = { count: 2000, size: (n) => n, uniqueId: (n) => `u${n}` };
  const listing = (maildrop: Maildrop = many) => {
    const session = at("pass", LOGIN, { highWaterMark: 20 }).accept(maildrop);
    session.receive(octets("LIST\r\n"));
    for (const _ of session);
    session.takeOutputPieces();
    return session;
  };

  it.each(ENDS)("by %s leaves it whole, and says nothing after it", (cause, end) => {
    const session = listing();
    end(session);
    const { events, output } = rest(session);
    expect(events).toEqual([`closed ${cause}`]);
    expect(output).toMatch(/1999 1999\r\n2000 2000\r\n\.\r\n$/);
    expect(output).not.toContain("-ERR");
  });

  it.each(ENDS)("by %s, that is asked for after it: as one in its midst", (cause, end) => {
    const session = at("pass", LOGIN, { highWaterMark: 20 }).accept(many);
    session.receive(octets("LIST\r\n"));
    for (const event of session) if (event.type === "list") end(session);
    const { events, output } = rest(session);
    expect(events).toEqual([`closed ${cause}`]);
    expect(output).toMatch(/1999 1999\r\n2000 2000\r\n\.\r\n$/);
  });

  it.each(ENDS)("by %s goes on where it is restored, and needs no maildrop after it", (_, end) => {
    const session = listing();
    end(session);
    session.takeOutput();
    const restored = Pop3ServerSession.restore(session.snapshot(), { ...OPTIONS, highWaterMark: 20 }, null, many);
    expect(rest(restored).output).toBe(rest(session).output);
    expect(restored.waiting).toBe("closed");
    const other = at("pass", LOGIN).accept(many);
    end(other);
    expect(Pop3ServerSession.restore(other.snapshot(), OPTIONS).waiting).toBe("bytes");
  });

  it.each(ENDS)("by %s leaves it to be cut off where it cannot be told, and is told once", (cause, end) => {
    const lost = new Error("lost");
    const session = listing({
      count: 2000,
      size: (n) => {
        if (n > 1500) throw lost;
        return n;
      },
      uniqueId: String,
    });
    end(session);
    expect(() => rest(session)).toThrow(lost);
    session.abort();
    expect(rest(session)).toEqual({ events: [`closed ${cause}`], output: "" });
    expect(session.waiting).toBe("closed");
  });
});

describe("an end in the midst of a message", () => {
  const writing = () => at("retr", `${LOGIN}RETR 1\r\n`).accept().write(octets("half"));

  it("by shutdown waits for the rest of it", () => {
    const session = writing();
    session.shutdown();
    expect([session.nextEvent(), session.waiting]).toEqual([null, "content"]);
    session.write(octets(" and half")).end();
    expect(rest(session)).toEqual({
      events: ["size-differs", "closed shutdown"],
      output: `+OK\r\nhalf and half\r\n.\r\n${BYE}`,
    });
  });

  it("by shutdown, and then by a time-out or abort(), cuts it off", () => {
    for (const [cause, end] of [
      ["timeout", (session: Pop3ServerSession) => session.timedOut()],
      ["aborted", (session: Pop3ServerSession) => session.abort()],
    ] as const) {
      const session = writing();
      session.shutdown();
      end(session);
      expect(rest(session)).toEqual({ events: [`closed ${cause}`], output: "+OK\r\nhalf" });
    }
  });

  it("by a time-out, since the client does not take it, cuts it off", () => {
    const session = writing();
    session.timedOut();
    expect(rest(session)).toEqual({ events: ["closed timeout"], output: "+OK\r\nhalf" });
  });

  it("by a time-out before it was begun: it is written still", () => {
    const session = at("retr", `${LOGIN}RETR 3\r\n`);
    session.timedOut();
    session.accept().content(octets("no header end"));
    expect(rest(session)).toEqual({ events: ["closed timeout"], output: "+OK\r\nno header end\r\n.\r\n" });
  });
});

describe("the words of shutdown", () => {
  it("are what it is given, in the language that was set", () => {
    const languages = [{ language: "de", text: "Deutsch" }];
    const german = { languages, translate: (words: string) => `auf Deutsch: ${words}` };
    const session = at(null, "LANG de\r\n", german);
    session.shutdown();
    expect(rest(session).output).toBe("-ERR [SYS/TEMP] auf Deutsch: shutting down\r\n");
    const other = at(null, "");
    other.shutdown("back at noon");
    expect(rest(other).output).toBe("-ERR [SYS/TEMP] back at noon\r\n");
  });

  it("that cannot be written throw, and change nothing", () => {
    const session = at(null, LOGIN);
    expect(() => session.shutdown("a\r\n")).toThrow(RangeError);
    expect(session.takeOutput()).toBe(null);
    session.receive(octets("NOOP\r\n"));
    expect(rest(session).output).toBe(OK);
  });

  it("an end at any moment comes after each answer, and is one", () => {
    const input = `CAPA\r\n${LOGIN}STAT\r\nDELE 1\r\nRETR 2\r\nTOP 2 1\r\nLIST\r\nX\r\nUIDL 2\r\nNOOP\r\n`;
    for (let moment = 0; ; moment++) {
      const session = new Pop3ServerSession(OPTIONS).receive(octets(input));
      let left = moment;
      const step = () => left-- === 0 && session.shutdown();
      const { events, output } = drive(
        session,
        [],
        (event) => {
          step();
          answer(session, event);
          step();
        },
        false,
      );
      if (left >= 0) break;
      expect(events.at(-1)).toMatchObject({ type: "closed", cause: "shutdown" });
      expect(output.split("[SYS/TEMP]").length).toBe(2);
      expect(output.endsWith(BYE)).toBe(true);
    }
  });
});
