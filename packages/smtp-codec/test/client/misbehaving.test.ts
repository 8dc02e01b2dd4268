import fc from "fast-check";
import { type SaslClient, type SmtpClientEvent, SmtpClientSession } from "smtp-codec";
import {
  byteByByte,
  driveClient,
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
import { HELLO } from "./support.ts";

/** A session that has said EHLO. */
function greeted(): SmtpClientSession {
  const session = new SmtpClientSession();
  driveClient(
    session,
    [octets(HELLO)],
    ({ type }) => {
      if (type === "greeting") session.ehlo("client.example.com");
    },
    false,
  );
  return session;
}

const auth = (session: SmtpClientSession, mechanism: SaslClient) => session.auth(mechanism);
const play = (input: string, plan: readonly (Misbehaviour | null)[], cut = (bytes: Uint8Array) => [bytes]) =>
  playMisbehavingClient<SmtpClientEvent, SmtpClientSession>(greeted(), auth, cut(octets(input)), plan);
const typesOf = (events: readonly (SmtpClientEvent | Threw)[]) => events.map(({ type }) => type);

describe("a mechanism that throws, or gives no step", () => {
  it.each(MISBEHAVIOURS)("at start(), which %s: nothing was sent, and the call changes nothing", (how) => {
    const { calls, output } = play("", [how]);
    expect([calls, output]).toEqual([["start!"], ""]);
  });

  it.each(MISBEHAVIOURS)("at a challenge, which %s: the exchange is cancelled, and the session goes on", (how) => {
    const { output, calls } = play("334 d2hhdD8=\r\n501 cancelled\r\n", [null, how]);
    expect([output, calls]).toEqual(["AUTH ECHO\r\n*\r\n", ["start", "next!", "abort"]]);
    const session = greeted();
    auth(session, misbehaving(echo(), [null, how]));
    const lines = octets("334 d2hhdD8=\r\n501 cancelled\r\n250 ok\r\n");
    const found = driveClient<SmtpClientEvent | Threw>(new Enduring(session), [lines], ({ type }) => {
      if (type === "auth") session.mail("a@example.com");
    });
    expect(found.output).toBe("AUTH ECHO\r\n*\r\nMAIL FROM:<a@example.com> BODY=8BITMIME\r\n");
    expect(typesOf(found.events)).toEqual(["threw", "auth", "mail", "closed"]);
    const text = "an error on this side";
    expect(found.events[1]).toMatchObject({ ok: false, reply: { code: 501 }, text });
  });

  it.each(MISBEHAVIOURS)("at finish(), which %s: the server's success is none, and the session ends", (how) => {
    const { events, calls } = play("334 d2hhdD8=\r\n235 ok\r\n", [null, null, how]);
    expect(typesOf(events)).toEqual(["auth", "violation", "closed", "threw"]);
    expect(events[0]).toMatchObject({ ok: false });
    expect(calls).toEqual(["start", "next", "finish!", "abort"]);
  });

  it("at abort(): the exchange has ended as ever", () => {
    const refused = play("535 no\r\n", [null, "throws"]);
    expect(typesOf(refused.events)).toEqual(["auth", "threw", "closed"]);
    expect(refused.events[0]).toMatchObject({ ok: false, reply: { code: 535 }, text: null });
    const cancelled = play("334 ???\r\n501 no\r\n", [null, "throws"]);
    expect(cancelled.output).toBe("AUTH ECHO\r\n*\r\n");
    const session = greeted();
    auth(session, misbehaving(echo(), [null, "throws"]));
    session.timedOut();
    expect([session.nextEvent()?.type, session.nextEvent()?.type]).toEqual(["auth", "closed"]);
    expect(() => session.nextEvent()).toThrow(MISBEHAVED);
    expect([session.nextEvent(), session.waiting]).toEqual([null, "closed"]);
  });

  it("at any of its calls: the exchange has one end, and what was thrown comes out once", () => {
    const lines = fc.array(
      fc
        .constantFrom("334 d2hhdD8=", "334 ", "334 AAAA", "334 YXNr", "334 ???", "235 ok", "535 no", "421 bye")
        .map((line) => `${line}\r\n`),
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
