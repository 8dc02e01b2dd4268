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
