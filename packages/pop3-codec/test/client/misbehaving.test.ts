import fc from "fast-check";
import type { LoginOptions, Pop3ClientEvent, Pop3ClientSession, SaslClient } from "pop3-codec";
import {
  byteByByte,
  drive,
  Enduring,
  echo,
  MISBEHAVED,
  MISBEHAVIOURS,
  type Misbehaviour,
  misbehaving,
  misbehaviours,
  octets,
  playMisbehavingClient,
  type Threw,
} from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { HELLO } from "./support.ts";

/** A session that was greeted. */
function greeted(): Pop3ClientSession {
  const session = new PromptClient();
  for (const _ of session.receive(octets(HELLO)));
  return session;
}

const auth = (session: Pop3ClientSession, mechanism: SaslClient) => session.auth(mechanism, { force: true });
const play = (input: string, plan: readonly (Misbehaviour | null)[], cut = (bytes: Uint8Array) => [bytes]) =>
  playMisbehavingClient<Pop3ClientEvent, Pop3ClientSession>(greeted(), auth, cut(octets(input)), plan);
const typesOf = (events: readonly (Pop3ClientEvent | Threw)[]) => events.map(({ type }) => type);

describe("a mechanism that throws, or gives no step", () => {
  it.each(MISBEHAVIOURS)("at start(), which %s: nothing was sent, and the call changes nothing", (how) => {
    const { calls, output } = play("", [how]);
    expect([calls, output]).toEqual([["start!"], ""]);
  });

  it.each(MISBEHAVIOURS)("at a challenge, which %s: the exchange is cancelled, and the session goes on", (how) => {
    for (const cut of [undefined, byteByByte]) {
      const { events, output, calls } = play("+ d2hhdD8=\r\n-ERR cancelled\r\n", [null, how], cut);
      expect(output).toBe("AUTH ECHO\r\n*\r\n");
      expect(typesOf(events).filter((type) => type !== "threw")).toEqual(["auth", "closed"]);
      expect(calls).toEqual(["start", "next!", "abort"]);
      expect(events.find(({ type }) => type === "auth")).toMatchObject({
        ...{ ok: false, failure: "broken-off", text: "an error on this side" },
      });
    }
    const session = greeted();
    auth(session, misbehaving(echo(), [null, how]));
    const lines = octets("+ d2hhdD8=\r\n-ERR cancelled\r\n+OK\r\n.\r\n");
    const { events, output } = drive<Pop3ClientEvent | Threw>(new Enduring(session), [lines], ({ type }) => {
      if (type === "auth") session.capa();
    });
    expect(output).toBe("AUTH ECHO\r\n*\r\nCAPA\r\n");
    expect(typesOf(events)).toEqual(["threw", "auth", "capa", "closed"]);
  });

  it.each(MISBEHAVIOURS)("at finish(), which %s: the server's success is none, and the session ends", (how) => {
    const { events, calls } = play("+ d2hhdD8=\r\n+OK\r\n", [null, null, how]);
    expect(typesOf(events)).toEqual(["auth", "violation", "closed", "threw"]);
    expect(events[0]).toMatchObject({ ok: false });
    expect(calls).toEqual(["start", "next", "finish!", "abort"]);
  });

  it("at abort(): the exchange has ended as ever", () => {
    const refused = play("-ERR no\r\n", [null, "throws"]);
    expect(typesOf(refused.events)).toEqual(["auth", "threw", "closed"]);
    expect(refused.events[0]).toMatchObject({ ok: false, response: { text: "no" }, text: null });
    const cancelled = play("+ ???\r\n-ERR no\r\n", [null, "throws"]);
    expect(cancelled.output).toBe("AUTH ECHO\r\n*\r\n");
    expect(cancelled.events.find(({ type }) => type === "auth")).toMatchObject({
      text: "a challenge that is not base64",
    });
    expect(typesOf(play("+ d2", [null, "throws"]).events)).toEqual(["violation", "auth", "closed", "threw"]);
    const session = greeted();
    auth(session, misbehaving(echo(), [null, "throws"]));
    session.timedOut();
    expect([session.nextEvent()?.type, session.nextEvent()?.type]).toEqual(["auth", "closed"]);
    expect(() => session.nextEvent()).toThrow(MISBEHAVED);
    expect([session.nextEvent(), session.waiting]).toEqual([null, "closed"]);
  });

  it("at start() in a login: it comes out of nextEvent(), and the caller is asked for another", () => {
    const session = new PromptClient({ tls: true });
    const plans: (Misbehaviour | null)[][] = [["throws"], []];
    const login: LoginOptions = { choose: () => misbehaving(echo("all"), plans.shift()!) };
    const { events, output } = drive<Pop3ClientEvent | Threw>(
      new Enduring(session.login(login)),
      [octets(`${HELLO}+OK\r\nSASL ECHO\r\n.\r\n+OK\r\n`)],
      () => {},
      false,
    );
    expect(output).toBe("CAPA\r\nAUTH ECHO YWxs\r\n");
    expect(typesOf(events)).toEqual(["greeting", "capa", "threw", "auth", "login"]);
  });

  it("at any of its calls: the exchange has one end, and what was thrown comes out once", () => {
    const lines = fc.array(
      fc.constantFrom("+ d2hhdD8=", "+ ", "+ AAAA", "+ YXNr", "+ ???", "+OK", "-ERR no").map((line) => `${line}\r\n`),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(lines, misbehaviours, (said, plan) => {
        const whole = play(said.join(""), plan);
        const bytes = play(said.join(""), plan, byteByByte);
        const told = ({ events }: typeof whole) => typesOf(events).filter((type) => type !== "threw");
        expect([bytes.output, bytes.calls, told(bytes)]).toEqual([whole.output, whole.calls, told(whole)]);
      }),
    );
  });
});
