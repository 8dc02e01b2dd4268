import fc from "fast-check";
import { type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { hostileText } from "smtp-codec/arbitraries";
import { octets, pull, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, fake, MAIL, RCPT } from "../support.ts";

type Field = readonly [name: string, options: (value: string) => Partial<SmtpServerOptions>];

/** Every option whose text is announced. */
const OPTIONS: readonly Field[] = [
  ["host", (host) => ({ host })],
  ["greeting", (greeting) => ({ greeting })],
  ["mechanisms", (value) => ({ mechanisms: ["PLAIN", value] })],
  ["deliverBy", (value) => ({ deliverBy: { minimum: value as unknown as number } })],
  ["futureRelease", (until) => ({ protocol: "submission", futureRelease: { seconds: 100, until } }) as object],
  ["mtPriority", (policy) => ({ mtPriority: { policy } }) as object],
  ["noSoliciting", (value) => ({ noSoliciting: [value] })],
  ["burl", (value) => ({ protocol: "submission", burl: [value] })],
  ["xclient", (value) => ({ xclient: [value as "ADDR"] })],
  ["xforward", (value) => ({ xforward: [value as "ADDR"] })],
  ["an extension's keyword", (value) => ({ extensions: { [value]: [] } })],
  ["an extension's parameter", (value) => ({ extensions: { XFOO: [value] } })],
  ["maxMessageSize", (value) => ({ maxMessageSize: value as unknown as number })],
  ["maxRecipients", (value) => ({ limits: true, maxRecipients: value as unknown as number })],
];

type Answer = readonly [name: string, answer: (session: SmtpServerSession, value: string) => unknown];

/** Every answer whose text is sent, to RCPT. */
const ANSWERS: readonly Answer[] = [
  ["accept() with a text", (s, value) => s.accept(value)],
  ["accept() with lines", (s, value) => s.accept({ text: ["one", value, "three"] })],
  ["accept() with an enhanced code", (s, value) => s.accept({ enhanced: value as "2.0.0" })],
  ["reject() with a text", (s, value) => s.reject({ code: 450, text: value })],
  ["reject() with a code", (s, value) => s.reject({ code: value as unknown as number })],
  ["reply() with lines", (s, value) => s.reply({ code: 550, text: [value, value] })],
  ["shutdown()", (s, value) => s.shutdown(value)],
];

/** What a session says to a whole transaction; the error, where the field is refused. */
function said(options: Partial<SmtpServerOptions>, answer?: (session: SmtpServerSession) => unknown): string {
  try {
    const session = new SmtpServerSession({ host: "mx.example.com", ...options });
    session.receive(octets(`${EHLO}${MAIL}${RCPT}RSET\r\nHELP\r\nVRFY x\r\nQUIT\r\n`));
    const pieces = pull(session, (event) => {
      if (event.type === "rcpt" && answer !== undefined) {
        const before = session.snapshot();
        try {
          answer(session);
        } catch (error) {
          expect(session.snapshot()).toEqual(before);
          throw error;
        }
      } else accept(session, event);
    });
    return text(pieces);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).name).toMatch(/^(?:Range|Type)Error$/);
    return "";
  }
}

describe("[SMTP-2.3.8-5] no option and no answer can put a line end or NUL into a reply", () => {
  const whole = said({});
  it.each([
    ...OPTIONS.map(([name, options]) => [name, (value: string) => said(options(value))] as const),
    ...ANSWERS.map(([name, answer]) => [name, (value: string) => said({}, (s) => answer(s, value))] as const),
  ])("%s", (_, send) => {
    fc.assert(
      fc.property(hostileText(), (value) => {
        const output = send(value);
        for (const line of output.split("\r\n").slice(0, -1)) expect(line).toMatch(/^[2-5]\d\d[ -][ -~]*$/);
        // One reply a command and the greeting, and no more.
        expect(output.match(/^\d{3}(?: |$)/gm)?.length ?? 0).toBeLessThanOrEqual(whole.match(/^\d{3} /gm)!.length);
      }),
      { numRuns: runs() },
    );
  });

  it("a character that an octet would cut to CR or LF is refused, not truncated", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    expect(session.nextEvent()?.type).toBe("connect");
    expect(() => session.accept("go\u760d\u760a250 ok")).toThrow(RangeError);
    session.accept();
    expect(text(session.takeOutputPieces())).toBe("220 mx.example.com ESMTP\r\n");
  });

  it("a mechanism's challenge is base64, whatever its octets are", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", mechanisms: ["ECHO"] });
    session.receive(octets(`${EHLO}AUTH ECHO\r\n`));
    const output = pull(session, (event) => {
      if (event.type !== "auth") return;
      const next = () => ({ type: "challenge", bytes: octets("\r\n250 ok\r\n\0") }) as const;
      session.authenticate({ ...fake("ECHO"), next });
    });
    expect(text(output).split("\r\n").slice(-2)).toEqual(["334 DQoyNTAgb2sNCgA=", ""]);
  });
});
