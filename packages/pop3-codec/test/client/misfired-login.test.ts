/**
 * A login whose `choose`, `apop` or `prepare` throws, or returns what cannot be used: nothing has changed, and the
 * caller can go on.
 */
import {
  type LoginOptions,
  type Pop3ClientOptions,
  type Pop3ClientSession,
  type SaslClient,
  StateError,
} from "pop3-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { echo } from "./support.ts";

const LISTED = "+OK <a@b>\r\n+OK\r\nSASL ECHO\r\nUSER\r\n.\r\n";
const RIGHT: LoginOptions = { name: "tim", password: "secret", method: "USER" };
const used = { ...echo(), start: () => expect.fail("start() was called already") } as SaslClient;
const throws = () => {
  throw new Error("no secret");
};

/** Whether `prepare` throws: never in login() itself. */
let broken = false;
const options: Pop3ClientOptions = { tls: true, prepare: (name) => (broken ? throws() : name) };

/** A session whose login has misfired once. */
function misfired(login: LoginOptions): Pop3ClientSession {
  broken = false;
  const session = new PromptClient(options);
  session.receive(octets(LISTED)).login(login);
  broken = login === RIGHT;
  expect(() => [...session]).toThrow();
  expect(text(session.takeOutputPieces())).toBe("CAPA\r\n");
  return session;
}

/** Plays what the server says, and shows events and output. */
function play(session: Pop3ClientSession, ...parts: readonly string[]): string[] {
  const shown: string[] = [];
  for (const part of ["", ...parts]) {
    session.receive(octets(part));
    for (const event of session) {
      const failure = event.type === "login" ? ` ${event.method} ${event.failure}` : "";
      shown.push(`${event.type}${failure}`);
    }
    shown.push(...text(session.takeOutputPieces()).split("\r\n").slice(0, -1));
  }
  return shown;
}

const misfires: readonly (readonly [string, LoginOptions, string])[] = [
  ["choose throws", { choose: throws }, "no secret"],
  ["choose gives nothing", { choose: () => undefined as never }, '"mechanism.name" expected a string, got undefined'],
  ["choose gives a promise", { choose: (async () => echo()) as never }, '"mechanism.name" expected a string'],
  [
    "choose gives a mechanism that is not offered",
    { choose: () => echo("all", "PLAIN") },
    "auth() with PLAIN is not possible on a server not known to list it; legal now: a mechanism it lists, or force: true",
  ],
  ["choose gives a mechanism that was used already", { choose: () => used }, "start() was called already"],
  ["apop throws", { name: "tim", apop: throws }, "no secret"],
  ["apop gives no digest", { name: "tim", apop: () => "secret" }, '"digest" expected'],
  ["prepare throws", RIGHT, "no secret"],
];

describe("a login that misfires", () => {
  it.each(misfires)("asks again: %s", (_, login, message) => {
    const session = misfired(login);
    const before = session.snapshot();
    expect(() => session.nextEvent()).toThrow(message);
    expect(session.snapshot()).toEqual(before);
    expect([session.state, session.timeout]).toEqual(["busy", null]);
  });

  it("is not given up, nor begun anew, by what it calls itself", () => {
    let call = (session: Pop3ClientSession): unknown => session.quit();
    const session = misfired({ choose: (): never => call(session) as never });
    for (const next of [call, (given: Pop3ClientSession) => given.login(RIGHT)]) {
      call = next;
      expect(() => session.nextEvent()).toThrow(StateError);
    }
    expect(session.quit().state).toBe("closed");
  });

  it.each(misfires)("is given up by quit(): %s", (_, login) => {
    const session = misfired(login);
    expect(session.quit().state).toBe("closed");
    expect(play(session, "+OK\r\n")).toEqual(["login null broken-off", "QUIT", "quit", "closed"]);
  });

  it.each(misfires)("goes on with other options: %s", (_, login) => {
    const session = misfired(login);
    broken = false;
    expect(session.login({ ...RIGHT }).state).toBe("busy");
    expect(play(session, "+OK\r\n", "+OK\r\n")).toEqual(["USER tim", "user", "PASS secret", "pass", "login USER null"]);
    expect(session.state).toBe("transaction");
  });
});

const failing: LoginOptions = { choose: throws };

describe("a login that has misfired", () => {
  it("goes on by itself once its function gives what can be used", () => {
    let fails = true;
    const session = misfired({ choose: () => (fails ? throws() : echo("all")) });
    fails = false;
    expect(play(session)).toEqual(["AUTH ECHO YWxs"]);
    expect(() => session.quit()).toThrow('quit() is not possible in state "busy"');
    expect(() => session.login(RIGHT)).toThrow('login() is not possible in state "busy"');
    expect(play(session, "+OK\r\n")).toEqual(["auth", "login AUTH null"]);
  });

  it("has the session to itself, but for quit() and login()", () => {
    const session = misfired(failing);
    for (const call of [
      () => session.user("tim"),
      () => session.auth(echo()),
      () => session.capa(),
      () => session.stls(),
    ])
      expect(call).toThrow(StateError);
  });

  it("is as it was after a login() that cannot be", () => {
    const session = misfired(failing);
    const before = session.snapshot();
    expect(() => session.login({ name: "a b" })).toThrow('"name" expected');
    expect(() => session.login({ method: "PASS" as "USER" })).toThrow('"method" expected');
    expect(session.snapshot()).toEqual(before);
    expect(() => session.nextEvent()).toThrow("no secret");
  });

  it("can be left by quit() where it is restored, too", () => {
    const again = PromptClient.restore(misfired(failing).snapshot(), { tls: true }, null, failing);
    expect(play(again.quit(), "+OK\r\n")).toEqual(["login null broken-off", "QUIT", "quit", "closed"]);
  });

  it("ends with the connection after quit(), and by timedOut()", () => {
    const session = misfired(failing);
    session.receiveEnd();
    expect(() => session.nextEvent()).toThrow("no secret");
    session.quit();
    expect([...session].map(({ type }) => type)).toEqual(["login", "quit", "closed"]);
    const silent = misfired(failing);
    silent.timedOut();
    expect([...silent].map(({ type }) => type)).toEqual(["login", "closed"]);
  });

  it("asks for TLS and capabilities once, whatever options follow", () => {
    const session = new PromptClient();
    session.receive(octets("+OK\r\n-ERR\r\n")).login({ choose: throws, method: "AUTH", stls: "offered" });
    expect(() => [...session]).toThrow("no secret");
    expect(text(session.takeOutputPieces())).toBe("CAPA\r\n");
    session.login({ ...RIGHT, stls: "required" });
    expect(play(session)).toEqual(["STLS"]);
  });
});

it("quit() and login() have to wait for a login that has not misfired", () => {
  const session = new PromptClient({ tls: true });
  expect(play(session.receive(octets("+OK\r\n")))).toEqual(["greeting"]);
  session.login(failing);
  expect(() => session.quit()).toThrow('quit() is not possible in state "busy"');
  expect(() => session.login(RIGHT)).toThrow('login() is not possible in state "busy"');
});
