import { SmtpClientSession, StateError } from "smtp-codec";
import { byteByByte, cutAt, driveClient, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, echo, ehlo, GREETING, HELLO, nothing, offer, play, shown } from "./support.ts";

describe("STARTTLS", () => {
  const starttls: Command = (s) => s.starttls();

  it("[TLS-4.2-2] after it all is asked anew", () => {
    const session = new SmtpClientSession({ requireTls: true });
    const commands = [ehlo, starttls];
    driveClient(session, [octets(`${HELLO}220 go\r\n`)], () => commands.shift()?.(session), false);
    expect(session.waiting).toBe("tls");
    expect(() => session.ehlo("x")).toThrow('in state "busy"');
    expect(() => session.receive(new Uint8Array(300_000))).toThrow("the TLS handshake is awaited");
    session.tlsEstablished();
    expect([session.tls, session.capabilities, session.state, session.nextEvent(), session.waiting]).toEqual([
      true,
      null,
      "greeted",
      null,
      "decision",
    ]);
    expect(() => session.starttls()).toThrow("starttls() is not possible while TLS is active");
    expect(() => session.mail("a@b")).toThrow('mail() is not possible in state "greeted"');
    expect(text(session.quit().takeOutputPieces())).toBe("QUIT\r\n");
  });

  it.each<[command: string, reply: string, give: Command, mayTurn: boolean]>([
    ["RSET", "250 ok\r\n", (s) => s.rset(), false],
    ["STARTTLS", "454 no\r\n", starttls, true],
    ["ATRN", "450 no\r\n", (s) => s.atrn(), true],
  ])("what is read after %s may be the last that is read here, or may not", (_command, reply, give, mayTurn) => {
    const session = new SmtpClientSession();
    const commands = [ehlo, give];
    driveClient(session, [octets(`${GREETING}${offer("ATRN", "STARTTLS")}`)], () => commands.shift()?.(session), false);
    expect(session.mayTurn).toBe(mayTurn);
    driveClient(session, [octets(reply)], () => {}, false);
    expect(session.mayTurn).toBe(false);
  });

  it.each([["220 go\r\n250 injected\r\n"], ["220 go\r\n25"]])(
    "[TLS-6-2] %j: octets behind it end the session",
    (input) => {
      const all = octets(HELLO + input);
      for (const chunks of [[all], byteByByte(all), cutAt(all, [HELLO.length + 8])]) {
        expect(shown(play(chunks, [ehlo, starttls, nothing])).slice(2)).toEqual([
          "starttls ok",
          "violation plaintext-behind-starttls",
          "closed violation",
        ]);
      }
    },
  );

  it("octets that come just before the handshake end the session too", () => {
    const session = new SmtpClientSession();
    const commands = [ehlo, starttls];
    driveClient(session, [octets(`${HELLO}220 go\r\n`)], () => commands.shift()?.(session), false);
    session.receive(octets("250 injected\r\n"));
    session.tlsEstablished();
    expect([...session]).toMatchObject([
      { type: "violation", code: "plaintext-behind-starttls", fatal: true },
      { type: "closed" },
    ]);
  });

  it("where the server ends the connection in place of the handshake, the session ends", () => {
    expect(shown(play(`${HELLO}220 go\r\n`, [ehlo, starttls, nothing])).slice(2)).toEqual([
      "starttls ok",
      "closed end-of-input",
    ]);
  });

  it("[TLS-4-6] refused under requireTls, nothing but QUIT and STARTTLS goes on", () => {
    const session = new SmtpClientSession({ requireTls: true });
    const commands = [ehlo, starttls];
    driveClient(session, [octets(`${HELLO}454 later\r\n`)], () => commands.shift()?.(session), false);
    for (const command of [(s) => s.mail("a@b"), (s) => s.auth(echo()), (s) => s.vrfy("x")] as Command[]) {
      expect(() => command(session)).toThrow("before TLS, which requireTls demands; legal now: starttls() and quit()");
    }
    expect(text(session.starttls().takeOutputPieces())).toBe("STARTTLS\r\n");
  });

  it("can fail, and is not there without being asked for", () => {
    const session = new SmtpClientSession();
    expect(() => session.tlsEstablished()).toThrow("tlsEstablished() is not possible without a TLS handshake to come");
    const commands = [ehlo, starttls];
    driveClient(session, [octets(`${HELLO}220 go\r\n`)], () => commands.shift()?.(session), false);
    session.tlsFailed();
    expect([...session]).toMatchObject([{ type: "closed", cause: "tls-failed" }]);
    expect(() => new SmtpClientSession({ tls: true }).starttls()).toThrow(StateError);
  });
});
