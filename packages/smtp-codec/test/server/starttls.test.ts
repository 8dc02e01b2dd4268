import { type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { byteByByte, cutAt, drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT, replies } from "../support.ts";
import { HELLO, OUT_OF_PLACE } from "./support.ts";

describe("STARTTLS", () => {
  const READY = "220 2.0.0 ready to start TLS\r\n";

  it.each([["EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@example.com>\r\n"], ["EHLO x\r\nSTARTTLS\r\nMAI"]])(
    "[TLS-6-1] %j: plaintext behind it is one violation, however it is cut, and never run",
    (input) => {
      const all = octets(input);
      for (const chunks of [[all], byteByByte(all), cutAt(all, [18]), cutAt(all, [19])]) {
        const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
        const plain = drive(session, chunks, (event) => accept(session, event), false);
        expect(plain.events.map(({ type }) => type)).toEqual(["connect", "ehlo", "starttls", "violation"]);
        expect([plain.output.endsWith(READY), plain.waiting]).toEqual([true, "tls"]);
        session.receive(octets("L FROM:<x@y>\r\n"));
        session.tlsEstablished();
        const after = drive(
          session,
          [octets(`${MAIL}EHLO y\r\nSTARTTLS\r\n${MAIL}`)],
          (event) => accept(session, event),
          false,
        );
        expect(
          after.events.filter(
            ({ type, ...event }) =>
              type === "violation" && "code" in event && event.code === "plaintext-behind-starttls",
          ),
        ).toEqual([]);
        expect(after.output).toBe(`${OUT_OF_PLACE}${HELLO}${OUT_OF_PLACE}250 2.1.0 sender ok\r\n`);
      }
    },
  );

  it.each([[""], ["MAI"]])(
    "where the client ends the connection behind %j in place of the handshake, the session ends",
    (rest) => {
      const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
      const { events, waiting } = drive(session, [octets(`EHLO x\r\nSTARTTLS\r\n${rest}`)], (event) =>
        accept(session, event),
      );
      expect(events.at(-1)).toMatchObject({ type: "closed", cause: "end-of-input" });
      expect(waiting).toBe("closed");
    },
  );

  it.each([
    ["HELO x\r\n", {}, "502 5.5.1 command not offered\r\n"],
    [EHLO, {}, OUT_OF_PLACE],
    ["HELO x\r\n", { leniencies: { extensionsAfterHelo: true } }, "502 5.5.1 command not offered\r\n"],
  ])("[TLS-4-3] under TLS, after %j with %j", (hello, options, expected) => {
    const { output } = play(`${hello}STARTTLS\r\n`, { tls: true, starttls: true, ...options });
    expect(output.endsWith(`\r\n${expected}`)).toBe(true);
  });

  it("[TLS-4.2-1] a hello from before the handshake counts no more, also where MAIL needs none", () => {
    const leniencies = { mailWithoutHello: true };
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true, leniencies });
    const answer = (event: SmtpServerEvent) => accept(session, event);
    drive(session, [octets("EHLO x\r\nSTARTTLS\r\n")], answer, false);
    session.tlsEstablished();
    const { events } = drive(session, [octets(`${MAIL}${RCPT}DATA\r\n.\r\n`)], answer, false);
    expect(events.at(-1)).toMatchObject({ type: "message", with: "SMTP" });
  });

  it("[TLS-4.2-3] LHLO is answered anew too", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true, protocol: "lmtp" });
    const answer = (event: SmtpServerEvent) => accept(session, event);
    const before = drive(session, [octets("LHLO x\r\nSTARTTLS\r\n")], answer, false);
    session.tlsEstablished();
    const after = drive(session, [octets("LHLO x\r\n")], answer, false);
    expect([before.output.includes("STARTTLS\r\n250"), after.output.includes("STARTTLS")]).toEqual([true, false]);
  });

  it("plaintext that comes just before the handshake is told too", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    drive(session, [octets("EHLO x\r\nSTARTTLS\r\n")], () => {}, false);
    session.receive(octets("NOOP\r\n"));
    session.tlsEstablished();
    expect([...session]).toMatchObject([
      { type: "violation", code: "plaintext-behind-starttls", text: expect.stringMatching(/\w/) },
    ]);
    expect([session.tls, session.waiting, session.state]).toEqual([true, "bytes", "greeted"]);
  });

  it("[TLS-4.2-1] the session begins anew: hello, authentication and extensions are forgotten", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true, mechanisms: ["ECHO"] });
    drive(session, [octets("EHLO x\r\nAUTH ECHO eWVz\r\nSTARTTLS\r\n")], (event) => accept(session, event), false);
    expect(session.authenticated).toBe(true);
    session.tlsEstablished();
    expect(session.authenticated).toBe(false);
    const after = drive(
      session,
      [octets(`${MAIL}EHLO x\r\nAUTH ECHO eWVz\r\n`)],
      (event) => accept(session, event),
      false,
    );
    expect(after.output).toMatch(/^503 [^\r]*\r\n250-mx[\s\S]*235 2\.7\.0/);
    expect(after.output).not.toContain("STARTTLS");
  });

  it.each([
    ["[TLS-4-1] with an argument", `${EHLO}STARTTLS x\r\n`, "501 5.5.4 STARTTLS has no argument\r\n"],
    ["[TLS-4-3] before EHLO", "STARTTLS\r\n", OUT_OF_PLACE],
    ["[TLS-4-3] inside a transaction", `${EHLO}${MAIL}STARTTLS\r\n`, OUT_OF_PLACE],
  ])("%s", (_, input, expected) => {
    expect(replies(input, { starttls: true }).endsWith(expected)).toBe(true);
  });

  it("[TLS-4-2] can be declined, and what follows is read on", () => {
    const { output } = play(`${EHLO}STARTTLS\r\nNOOP\r\n`, { starttls: true }, (session, event) => {
      if (event.type === "starttls") session.reject();
    });
    expect(output.endsWith("454 4.7.0 TLS not available now\r\n250 2.0.0 ok\r\n")).toBe(true);
  });

  it("[TLS-4-8] a failed handshake closes at once", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    drive(session, [octets(`${EHLO}STARTTLS\r\n`)], () => {}, false);
    expect(() => session.receive(new Uint8Array(300_000))).toThrow("the TLS handshake is awaited");
    session.tlsFailed();
    expect([session.takeOutput(), [...session], session.waiting]).toMatchObject([
      null,
      [{ type: "closed", cause: "tls-failed" }],
      "closed",
    ]);
  });

  it("[TLS-4-4] requireTls lets little through before TLS", () => {
    const required = replies(`HELO x\r\n${EHLO}${MAIL}RSET\r\nNOOP\r\nQUIT\r\n`, { starttls: true, requireTls: true });
    expect(required.match(/^530 [^\r]*/gm)).toEqual([
      "530 must issue a STARTTLS command first",
      ...Array<string>(2).fill("530 5.7.0 must issue a STARTTLS command first"),
    ]);
  });

  it("[TLS-4.1-2] TLS that is not secure enough: everything but QUIT gets 554", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    expect(() => session.refuseTls()).toThrow('in state "greeted"');
    drive(session, [octets(`${EHLO}STARTTLS\r\n`)], () => {}, false);
    session.tlsEstablished();
    session.refuseTls();
    expect(() => session.refuseTls()).toThrow("legal now: it once TLS has begun, before a hello");
    const { output, waiting } = drive(session, [octets(`${EHLO}${MAIL}XFOO\r\nQUIT\r\n`)], () => {}, false);
    expect(output).toBe(
      `554 TLS is not secure enough\r\n${"554 5.7.0 TLS is not secure enough\r\n".repeat(2)}221 2.0.0 mx.example.com closing connection\r\n`,
    );
    expect(waiting).toBe("closed");
  });
});
