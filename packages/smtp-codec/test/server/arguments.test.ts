import { SmtpServerSession } from "smtp-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { EHLO, fake, MAIL, RCPT } from "../support.ts";

/** A session with an event that is not answered yet. */
function at(type: string): SmtpServerSession {
  const session = new SmtpServerSession({ host: "mx.example.com", mechanisms: ["ASK"] });
  const sasl = type === "auth" || type === "sasl" ? "AUTH ASK\r\n" : "";
  session.receive(octets(`${EHLO}${sasl}XFOO\r\n${MAIL}${RCPT}DATA\r\n`));
  for (const event of session) {
    if (event.type === type) break;
    if (event.type === "auth") session.authenticate(fake("ASK"));
    else if (event.answer === "needed") session.accept();
  }
  return session;
}

// biome-ignore lint/suspicious/noExplicitAny: what a caller without types may do.
type Call = (session: any) => unknown;

const REPLIES: readonly [unknown, string][] = [
  [5, '"input" expected an object, got number'],
  [null, '"input" expected an object, got null'],
  [["no"], '"input" expected an object, got array'],
  [{ code: 250, message: "ok" }, '"input" expected code, enhanced, text alone, got message'],
  [
    { code: 250, enhanced: null, lines: ["ok"], text: "ok" },
    '"input" expected code, enhanced, lines, octets alone, got text',
  ],
  [{ enhanced: null, lines: ["ok"] }, '"code" expected a number, got undefined'],
  [{ code: 250, lines: ["ok"] }, '"enhanced" expected a string, got undefined'],
  [{ code: 250, enhanced: null, lines: "ok" }, '"lines" expected an array, got string'],
  [{ code: 250, enhanced: null, lines: undefined }, '"lines" expected an array, got undefined'],
  [{ code: 250, enhanced: null, lines: [5] }, '"lines[0]" expected a string, got number'],
  [{ code: "250" }, '"code" expected a number, got string'],
  [{ code: null }, '"code" expected a number, got null'],
  [{ code: 250, enhanced: 2.1 }, '"enhanced" expected a string, got number'],
  [{ code: 250, enhanced: null }, '"enhanced" expected a string, got null'],
  [{ code: 250, text: 5 }, '"text" expected an array, got number'],
  [{ code: 250, text: null }, '"text" expected an array, got null'],
  [{ code: 250, text: ["ok", 5] }, '"text[1]" expected a string, got number'],
];

describe("answers of another type throw, and change nothing", () => {
  it.each<[string, string, Call, string]>([
    ...REPLIES.flatMap(([input, message]): [string, string, Call, string][] => {
      const shown = JSON.stringify(input);
      return [
        [`accept(${shown})`, "mail", (s) => s.accept(input), message],
        [`reject(${shown})`, "mail", (s) => s.reject(input), message],
        [`reject(${shown})`, "rcpt", (s) => s.reject(input), message],
        [`reply(${shown})`, "mail", (s) => s.reply(input), message],
        [`reply(${shown})`, "unknown", (s) => s.reply(input), message],
      ];
    }),
    ['reply("no")', "mail", (s) => s.reply("no"), '"input" expected an object, got string'],
    ["reply()", "mail", (s) => s.reply(), '"input" expected an object, got undefined'],
    ["reply({})", "mail", (s) => s.reply({}), '"code" expected a number, got undefined'],
    ["reply({})", "unknown", (s) => s.reply({}), '"code" expected a number, got undefined'],
    ["shutdown(5)", "mail", (s) => s.shutdown(5), '"text" expected a string, got number'],
    ["shutdown(null)", "mail", (s) => s.shutdown(null), '"text" expected a string, got null'],
    ["authenticate()", "auth", (s) => s.authenticate(), '"mechanism.next" expected a function, got undefined'],
    ["authenticate(null)", "auth", (s) => s.authenticate(null), '"mechanism.next" expected a function, got undefined'],
    [
      "authenticate(a name)",
      "auth",
      (s) => s.authenticate("PLAIN"),
      '"mechanism.next" expected a function, got undefined',
    ],
    [
      "authenticate(half a mechanism)",
      "auth",
      (s) => s.authenticate({ next: () => {} }),
      '"mechanism.abort" expected a function, got undefined',
    ],
    ["proceed()", "sasl", (s) => s.proceed(), '"step" expected a step of the mechanism'],
    ["proceed(true)", "sasl", (s) => s.proceed(true), '"step" expected a step of the mechanism'],
    [
      "proceed(a challenge of text)",
      "sasl",
      (s) => s.proceed({ type: "challenge", bytes: "x" }),
      '"step.bytes" expected a Uint8Array, got string',
    ],
    [
      "proceed(a challenge of nothing)",
      "sasl",
      (s) => s.proceed({ type: "challenge", bytes: null }),
      '"step.bytes" expected a Uint8Array, got null',
    ],
    [
      "proceed(final data of text)",
      "sasl",
      (s) => s.proceed({ type: "success", authenticationIdentity: "a", authorizationIdentity: "", data: "x" }),
      '"step.data" expected a Uint8Array, got string',
    ],
    ["receive(text)", "mail", (s) => s.receive("NOOP\r\n"), '"chunk" expected a Uint8Array, got string'],
  ])("%s to %s", (_, type, call, message) => {
    const session = at(type);
    const before = session.snapshot();
    expect(() => call(session)).toThrow(TypeError);
    expect(() => call(session)).toThrow(message);
    expect(session.snapshot()).toEqual(before);
  });

  it("what is right is taken after what was wrong", () => {
    const session = at("mail");
    expect(() => session.accept(5 as never)).toThrow(TypeError);
    session.accept({ code: 251, enhanced: "2.1.0", text: ["one", "two"] });
    expect(text(session.takeOutputPieces())).toMatch(/\r\n251-2\.1\.0 one\r\n251 2\.1\.0 two\r\n$/);
  });

  it.each([
    [null, '"snapshot" expected an object at snapshot, got null'],
    ["x", '"snapshot" expected an object at snapshot, got a string'],
  ])("restore(%j)", (snapshot, message) => {
    const restore = () => SmtpServerSession.restore(snapshot as never, { host: "mx.example.com" });
    expect(restore).toThrow(new TypeError(message));
  });

  it("restore() with what is no mechanism", () => {
    const options = { host: "mx.example.com", mechanisms: ["ASK"] };
    const restore = () => SmtpServerSession.restore(at("sasl").snapshot(), options, {} as never);
    expect(restore).toThrow(new TypeError('"mechanism.next" expected a function, got undefined'));
  });
});
