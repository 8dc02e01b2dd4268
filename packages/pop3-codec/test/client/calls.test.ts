import { type Pop3ClientEvent, Pop3ClientSession } from "pop3-codec";
import { driveClient, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, HELLO, IN, loggedIn, play, shown } from "./support.ts";

describe("calls", () => {
  const hostile = ["a\r\nQUIT", "a\n", "a\r", "a\0", "", "\u00e9", "\u760d\u760a"];

  it.each(hostile)("[POP3-7-11] %j goes into no command", (value) => {
    const digest = "c4c9334bac560ecc979e58001b3e22fb";
    const session = new Pop3ClientSession({ plaintextWithoutTls: true });
    driveClient(session, [octets("+OK <a@b>\r\n")], () => {}, false);
    expect(() => session.user(value)).toThrow(RangeError);
    expect(() => session.apop(value, digest)).toThrow('"name" expected');
    expect(() => session.apop("tim", value)).toThrow('"digest" expected');
    session.user("tim");
    expect(() => session.pass(value)).toThrow('"password" expected');
    expect(text(session.takeOutputPieces())).toBe("USER tim\r\n");
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])("the number %s goes into no command", (value) => {
    for (const command of [
      (s) => s.retr(value),
      (s) => s.list(value),
      (s) => s.top(1, value),
      (s) => s.dele(value),
    ] as Command[]) {
      expect(() => play(IN, loggedIn(command))).toThrow(RangeError);
    }
  });

  it("[CAPA-4-2] a command has at most 255 octets", () => {
    expect(play(HELLO, [(s) => s.user("x".repeat(248))]).output.length).toBe(255);
    expect(() => play(HELLO, [(s) => s.user("x".repeat(249))])).toThrow('"USER" expected at most 255 octets');
  });

  it("out of place they throw, and say what is legal", () => {
    const session = new Pop3ClientSession();
    expect(() => session.stat()).toThrow(
      'stat() is not possible in state "authorization"; legal now: user(), apop(), auth(), stls(), utf8(), capa(), lang(), quit()',
    );
    session.quit();
    expect(() => session.noop()).toThrow('in state "closed"; legal now: nextEvent() and takeOutput()');
  });

  it.each([
    [{ lineEndings: "reject" as "preserve" }, '"lineEndings" expected'],
    [{ maxResponseLength: 2 }, '"maxResponseLength" expected'],
    [{ maxSaslLineLength: 2 }, '"maxSaslLineLength" expected'],
    [{ maxCapabilityLines: -1 }, '"maxCapabilityLines" expected'],
    [{ highWaterMark: -1 }, '"highWaterMark" expected'],
  ])("the options %j are refused at once", (options, message) => {
    expect(() => new Pop3ClientSession(options)).toThrow(message);
  });

  it("a time-out ends the session, once", () => {
    const session = new Pop3ClientSession();
    driveClient(
      session,
      [octets(HELLO)],
      (event) => {
        if (event.type === "greeting") session.capa();
      },
      false,
    );
    expect(session.timeout).toEqual({ seconds: 300, for: "CAPA" });
    session.timedOut();
    session.timedOut();
    expect([...session]).toMatchObject([
      { type: "capa", response: null },
      { type: "closed", cause: "timeout" },
    ]);
    expect([session.waiting, new Pop3ClientSession().timeout?.for]).toEqual(["closed", "greeting"]);
  });

  it("what is awaited is RETR through all of its content, each piece of which is an event", () => {
    const session = new Pop3ClientSession({ plaintextWithoutTls: true });
    const on = (event: Pop3ClientEvent) => {
      if (event.type === "greeting") session.user("tim").pass("tanstaaf");
      if (event.type === "pass") session.retr(1).noop();
    };
    driveClient(session, [octets(IN)], on, false);
    const pull = (input: string) => {
      session.receive(octets(input));
      const types = [...session].map(({ type }) => type);
      session.takeOutputPieces();
      return [types.join(), session.timeout?.for];
    };
    expect(session.timeout).toEqual({ seconds: 300, for: "RETR" });
    expect(pull("+OK\r\n")).toEqual(["", "RETR"]);
    for (const piece of ["a", "b\r\n", "c"]) expect(pull(piece)).toEqual(["content", "RETR"]);
    expect(pull("\r\n.\r\n")).toEqual(["content,retr", "NOOP"]);
  });

  it("a session that was never greeted says so when it ends", () => {
    expect(shown(play("", []))).toEqual(["greeting lost", "closed end-of-input"]);
  });
});
