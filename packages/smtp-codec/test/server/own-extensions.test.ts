import { type Parameter, type SmtpServerOptions, SmtpServerSession, valueParameter } from "smtp-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";
import { greeted, playBothWays } from "./support.ts";

type Options = Partial<SmtpServerOptions>;

const SENDER = "250 2.1.0 sender ok\r\n";
const NOT_KNOWN = "555 5.5.4 a parameter is not known or its extension not offered\r\n";
const TOO_LONG = "500 5.5.2 line too long\r\n";

describe("an extension of the application's own", () => {
  const mtrk: Parameter<string> = valueParameter({
    keyword: "XMTRK",
    extensions: { XMTRK: 40 },
    expected: "a certifier",
    parse: (value) => (value === "no" ? null : value),
    format: (value) => value,
  });
  const options: Options = {
    extensions: { XMTRK: ["v=1"], XFOO: [] },
    mailParameters: { mtrk },
    rcptParameters: { track: { ...mtrk, keyword: "XTRACK" } },
  };

  it("[SMTP-4.1.5-2] brings verbs, which come as events and get one reply", () => {
    const { output, events } = play(`${EHLO}XFOO a  b\r\nXBAR\r\n`, options, (session, event) => {
      if (event.type === "unknown" && event.verb === "XFOO") session.reply({ code: 250, text: "foo" });
    });
    expect(output).toMatch(/\r\n250 2\.0\.0 foo\r\n500 5\.5\.2 command not recognized\r\n$/);
    expect(events.at(-3)).toEqual({ type: "unknown", verb: "XFOO", argument: "a  b", answer: "default" });
  });

  it.each(["TURN", "SEND", "SOML", "SAML"])(
    "[SMTP-4.2.4-2] %s, a verb of other documents, is its own once announced",
    (verb) => {
      const { output, events } = play(`${verb}\r\n${EHLO}${verb} x\r\n`, { extensions: { [verb]: [] } });
      expect(events.filter(({ type }) => type === "unknown")).toEqual([
        { type: "unknown", verb, argument: null, answer: "default" },
        { type: "unknown", verb, argument: "x", answer: "default" },
      ]);
      expect(output).toMatch(/\r\n500 5\.5\.2 command not recognized\r\n$/);
      expect(play(`HELO x\r\n${verb}\r\n`, { extensions: { [verb]: [] } }).output).toMatch(
        /\r\n502 5\.5\.1 [^\r]*\r\n$/,
      );
    },
  );

  it("its verbs are faulty where they are refused, and nowhere else", () => {
    const played = (code: number) =>
      play(`${EHLO}${"XFOO\r\n".repeat(5)}`, { ...options, maxErrors: 3 }, (session, event) => {
        if (event.type === "unknown") session.reply({ code });
      }).output.match(/^[245]..(?= )/gm);
    expect(played(250)).toEqual(["220", "250", "250", "250", "250", "250", "250"]);
    expect(played(550)).toEqual(["220", "250", "550", "550", "550", "421"]);
  });

  it("brings parameters, typed by their definitions, and longer lines", () => {
    const { events } = playBothWays(`${EHLO}MAIL FROM:<a@b> XMTRK=abc SIZE=5\r\nRCPT TO:<c@d> XTRACK=x\r\n`, options);
    expect(events.slice(2, 4)).toMatchObject([
      { parameters: { mtrk: "abc", size: 5 } },
      { parameters: { track: "x" } },
    ]);
    expect(greeted("MAIL FROM:<a@b> XMTRK=no\r\n", options)).toBe("501 5.5.4 expected a certifier\r\n");
    expect(greeted("MAIL FROM:<a@b> XMTRK=abc\r\n", { ...options, extensions: {} })).toBe(NOT_KNOWN);
    const long = (length: number) => `MAIL FROM:<a@b>${" ".repeat(length - 17)}\r\n`;
    expect(greeted(long(512 + 26 + 14 + 40), options)).toBe(SENDER);
    expect(greeted(long(512 + 26 + 14 + 41), options)).toBe(TOO_LONG);
  });

  it("keeps the values of its parameters in snapshots, which are plain data", () => {
    const when = valueParameter<{ readonly at: number; readonly words: readonly string[] }>({
      ...{ keyword: "WHEN", extensions: { XWHEN: 30 }, expected: "a date" },
      parse: (value) => ({ at: Date.parse(value), words: value.split("-") }),
    });
    const dated = { host: "mx.example.com", extensions: { XWHEN: [] }, mailParameters: { when } };
    const session = new SmtpServerSession(dated);
    for (const event of session.receive(octets(`${EHLO}MAIL FROM:<a@b> WHEN=2026-01-01\r\n`))) accept(session, event);
    const restored = SmtpServerSession.restore(structuredClone(session.snapshot()), dated);
    const messages: unknown[] = [];
    for (const event of restored.receive(octets(`${RCPT}DATA\r\n.\r\n`))) {
      if (event.type === "message") messages.push(event.parameters);
      accept(restored, event);
    }
    expect(messages).toEqual([{ when: { at: Date.UTC(2026, 0, 1), words: ["2026", "01", "01"] } }]);
  });

  it("says what it takes at the length of a line's room, with the codes that it gives", () => {
    const expected = "x".repeat(200);
    const host = `${"h".repeat(63)}.${"h".repeat(63)}.${"h".repeat(63)}.${"h".repeat(60)}.h`;
    const malformed = { code: 421, enhanced: "4.999.999" } as const;
    const refuse = () => ({ text: "less", reply: { code: 452, enhanced: "4.3.1" } }) as const;
    const said = (value: string, more: Partial<Parameter<string>>) =>
      greeted(`MAIL FROM:<a@b> XMTRK=${value}\r\n`, {
        ...{ ...options, host, mailParameters: { mtrk: { ...mtrk, expected, ...more } } },
      })
        .split("\r\n")
        .at(-2);
    expect(said("no", {})).toBe(`501 5.5.4 expected ${expected}`);
    expect(said("no", { malformed })).toBe(`421 4.999.999 ${host} expected ${expected}`);
    expect(said("yes", { malformed, refuse })).toBe("452 4.3.1 expected less");
    expect(said("yes", { refuse: () => null })).toBe("250 2.1.0 sender ok");
  });

  it.each<[string, object, string]>([
    [
      "no value",
      { parse: () => undefined },
      '"mailParameters.mtrk.parse" expected to give a value or null, got undefined',
    ],
    [
      "a promise",
      { parse: async () => 5 },
      '"mailParameters.mtrk.parse" expected to give a value or null, got a promise',
    ],
    [
      "a refusal beyond ASCII",
      { refuse: () => ({ text: "größer" }) },
      '"mailParameters.mtrk.refuse.text" expected at most',
    ],
    [
      "a refusal too long",
      { refuse: () => ({ text: "x".repeat(201) }) },
      '"mailParameters.mtrk.refuse.text" expected at most',
    ],
    [
      "a refusal of no text",
      { refuse: async () => null },
      '"mailParameters.mtrk.refuse.text" expected a string, got undefined',
    ],
    ["a text", { refuse: () => "no" }, '"mailParameters.mtrk.refuse" expected an object, got string'],
    [
      "a refusal that accepts",
      { refuse: () => ({ text: "x", reply: { code: 250, enhanced: "2.0.0" } }) },
      '"mailParameters.mtrk.refuse.reply.code" expected 400 to 559, got 250',
    ],
    [
      "a refusal of two classes",
      { refuse: () => ({ text: "x", reply: { code: 550, enhanced: "4.0.0" } }) },
      '"mailParameters.mtrk.refuse.reply.enhanced" expected a code of the class of 550',
    ],
  ])("[SMTP-4.2-1] a function that gives %s is as one that throws", (_, parts, message) => {
    const mailParameters = { mtrk: { ...mtrk, ...parts } as Parameter<unknown> };
    const session = new SmtpServerSession({ host: "mx.example.com", ...options, mailParameters });
    session.receive(octets(`${EHLO}MAIL FROM:<a@b> XMTRK=1\r\n${MAIL}`));
    const pull = () => {
      for (const event of session) accept(session, event);
    };
    expect(pull).toThrow(message);
    pull();
    expect(session.state).toBe("mail");
    expect(text(session.takeOutputPieces())).toMatch(/\r\n451 4\.3\.0 internal error\r\n250 2\.1\.0 sender ok\r\n$/);
  });

  it.each(["parse", "refuse"] as const)(
    "[SMTP-4.2-1] what %s throws comes out, and the client has its reply",
    (name) => {
      const bad = () => {
        throw new Error("mine");
      };
      const session = new SmtpServerSession({
        ...{ host: "mx.example.com", extensions: { XMTRK: [] }, chunking: true, maxErrors: 1 },
        mailParameters: { mtrk: { ...mtrk, [name]: bad } },
        rcptParameters: { track: { ...mtrk, keyword: "XTRACK", [name]: bad } },
      });
      session.receive(octets(`${EHLO}MAIL FROM:<a@b> XMTRK=1\r\n${MAIL}RCPT TO:<a@b> XTRACK=1\r\n${RCPT}NOOP\r\n`));
      const pull = () => {
        for (const event of session) accept(session, event);
      };
      expect(pull).toThrow("mine");
      expect(session.state).toBe("ready");
      expect(pull).toThrow("mine");
      expect(session.state).toBe("mail");
      pull();
      expect(text(session.takeOutputPieces()).split("\r\n").slice(-6)).toEqual([
        ...["451 4.3.0 internal error", "250 2.1.0 sender ok", "451 4.3.0 internal error"],
        ...["250 2.1.5 recipient ok", "250 2.0.0 ok", ""],
      ]);
    },
  );
});
