import fc from "fast-check";
import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
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
import { EHLO } from "../support.ts";

const OPTIONS: SmtpServerOptions = {
  ...{ host: "mx.example.com", mechanisms: ["ECHO", "ASK"], maxErrors: Number.POSITIVE_INFINITY },
  maxAuthFailures: Number.POSITIVE_INFINITY,
};
const ERROR = "454 4.7.0 temporary authentication failure\r\n";
const BYE = "221 2.0.0 mx.example.com closing connection\r\n";

/** Plays lines after EHLO against a server whose mechanisms misbehave; its output is that after EHLO's reply. */
function play(lines: string, plans: readonly (Misbehaviour | null)[][], cut = whole) {
  const played = playMisbehaving(new SmtpServerSession(OPTIONS), cut(octets(EHLO + lines)), plans);
  return { ...played, output: played.output.replace(/^220 .*\r\n(?:250-.*\r\n)*250 .*\r\n/, "") };
}
const whole = (bytes: Uint8Array) => [bytes];

describe("a mechanism that throws, or gives no step", () => {
  it.each<[string, Misbehaviour]>([
    ["throws", "throws"],
    ["gives a promise", "promises"],
    ["gives null", "gives nothing"],
  ])("%s at a response: the client has its reply, and what is after it is a command", (_, how) => {
    for (const cut of [whole, byteByByte]) {
      const { events, output, calls, thrown } = play("AUTH ECHO\r\nAA==\r\nNOOP\r\nQUIT\r\n", [[null, how]], cut);
      expect(output).toBe(`334 d2hhdD8=\r\n${ERROR}250 2.0.0 ok\r\n${BYE}`);
      expect(events.slice(2).map(({ type }) => type)).toEqual([
        ...["auth", "authentication-failed", "threw", "noop", "quit", "closed"],
      ]);
      expect(events[3]).toMatchObject({ cause: "error", answer: "default", reply: { code: 454 } });
      expect([calls, thrown]).toEqual([[["next", "next!", "abort"]], 1]);
    }
  });

  it("does not throw for a client for ever: its exchanges are failed ones", () => {
    const session = new SmtpServerSession({ ...OPTIONS, maxAuthFailures: 3 });
    const plans = Array.from({ length: 4 }, (): (Misbehaviour | null)[] => [null, "throws"]);
    const { output, events } = playMisbehaving(session, [octets(EHLO + "AUTH ECHO\r\nAA==\r\n".repeat(4))], plans);
    const last = "421 4.7.0 mx.example.com too many failed authentications\r\n";
    expect(output.split("334 d2hhdD8=\r\n").slice(1)).toEqual([ERROR, ERROR, ERROR + last]);
    expect(events).toContainEqual({ type: "closed", cause: "violation", answer: "none" });
  });

  it.each<[string, string, string]>([
    ["a cancellation", "*", "501 5.7.0 authentication cancelled\r\n"],
    ["a response that is not base64", "!", "501 5.5.2 response is not base64\r\n"],
    ["a response over the limit", "A".repeat(20_000), "500 5.5.6 response too long\r\n"],
  ])("at abort(), %s: it is answered as ever", (_, line, reply) => {
    const { output, events, thrown } = play(`AUTH ECHO\r\n${line}\r\nQUIT\r\n`, [[null, "throws"]]);
    expect(output).toBe(`334 d2hhdD8=\r\n${reply}${BYE}`);
    expect(events.slice(3, 5).map(({ type }) => type)).toEqual(["authentication-failed", "threw"]);
    expect(thrown).toBe(1);
  });

  it.each<[string, (session: SmtpServerSession) => unknown]>([
    ["end-of-input", (session) => session.receiveEnd()],
    ["timeout", (session) => session.timedOut()],
    ["shutdown", (session) => session.shutdown()],
  ])("at abort() when the session ends by %s: it ends, and what was thrown comes out after", (cause, end) => {
    const session = new SmtpServerSession(OPTIONS);
    for (const event of session.receive(octets(`${EHLO}AUTH ECHO\r\n`)))
      if (event.type === "auth") session.authenticate(misbehaving(fake("ECHO"), [null, "throws"]));
    end(session);
    expect(session.nextEvent()).toEqual({ type: "closed", cause, answer: "none" });
    expect(() => session.nextEvent()).toThrow(MISBEHAVED);
    expect([session.nextEvent(), session.waiting]).toEqual([null, "closed"]);
  });

  it("at any of its calls: each line has one reply, each exchange one end, and what was thrown comes out once", () => {
    fc.assert(
      fc.property(exchangeLines, fc.array(misbehaviours, { maxLength: 6 }), (given, plans) => {
        // What is no base64 ends an exchange.
        const all = [...given, "!", "QUIT"];
        const lines = all.map((line) => `${line}\r\n`).join("");
        const played = play(lines, plans);
        const { output, waiting } = played;
        expect(output.split("\r\n").length - 1).toBe(all.length);
        expect([output.endsWith(BYE), waiting]).toEqual([true, "closed"]);
        checkMisbehaved(played);
        const types = ({ events }: typeof played) => events.map(({ type }) => type);
        const bytes = play(lines, plans, byteByByte);
        expect([bytes.output, types(bytes)]).toEqual([output, types(played)]);
      }),
    );
  });
});

it("a parameter of the application's that throws: the client has its reply, and what was thrown comes out", () => {
  const parse = () => {
    throw MISBEHAVED;
  };
  const options: SmtpServerOptions = {
    ...{ host: "mx.example.com", extensions: { XFOO: [] } },
    mailParameters: { foo: { keyword: "FOO", parse, format: String, expected: "a number", extensions: { XFOO: 9 } } },
  };
  const session = new SmtpServerSession(options);
  const { events, output } = drive<SmtpServerEvent | Threw>(
    new Enduring(session),
    [octets(`${EHLO}MAIL FROM:<a@example.com> FOO=1\r\nMAIL FROM:<a@example.com>\r\n`)],
    (event) => {
      if (event.type === "mail") session.accept();
    },
    false,
  );
  expect(events.slice(2)).toMatchObject([{ type: "threw", error: MISBEHAVED }, { type: "mail" }]);
  expect(output.endsWith("\r\n451 4.3.0 internal error\r\n250 2.1.0 sender ok\r\n")).toBe(true);
});
