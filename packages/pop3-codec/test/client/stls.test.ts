import { StateError } from "pop3-codec";
import { byteByByte, cutAt, drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { type Command, HELLO, nothing, play, shown } from "./support.ts";

describe("STLS", () => {
  const stls: Command = (s) => s.stls();

  it("[STLS-4-6] after it all is asked anew", () => {
    const session = new PromptClient();
    drive(
      session,
      [octets("+OK <a@b>\r\n+OK\r\n.\r\n+OK\r\n")],
      (event) => {
        if (event.type === "greeting") session.capa();
        if (event.type === "capa") session.stls();
      },
      false,
    );
    expect(session.waiting).toBe("tls");
    expect(() => session.capa()).toThrow(StateError);
    session.tlsEstablished();
    expect([session.tls, session.capabilities, session.timestamp, session.nextEvent(), session.waiting]).toEqual([
      true,
      null,
      null,
      null,
      "decision",
    ]);
    expect(() => session.stls()).toThrow("stls() is not possible while TLS is active");
    expect(text(session.capa().takeOutputPieces())).toBe("CAPA\r\n");
  });

  it.each([["+OK go\r\n+OK injected\r\n"], ["+OK go\r\n+O"]])(
    "[STLS-4-4] %j: octets behind it end the session",
    (input) => {
      const all = octets(`${HELLO}${input}`);
      for (const chunks of [[all], byteByByte(all), cutAt(all, [19])]) {
        expect(shown(play(chunks, [stls, nothing]))).toEqual([
          "greeting ok",
          "stls ok",
          "violation plaintext-behind-stls fatal",
          "closed violation",
        ]);
      }
    },
  );

  it.each<[command: string, give: Command, mayTurn: boolean]>([
    ["CAPA", (s) => s.capa(), false],
    ["STLS", stls, true],
  ])("what is read after %s may be the last that is read here, or may not", (_command, give, mayTurn) => {
    const session = new PromptClient();
    drive(session, [octets("+OK\r\n")], () => {}, false);
    give(session);
    expect(session.mayTurn).toBe(mayTurn);
    drive(session, [octets("-ERR no\r\n")], () => {}, false);
    expect(session.mayTurn).toBe(false);
  });

  it("octets that come just before the handshake end the session too", () => {
    const session = new PromptClient();
    drive(
      session,
      [octets(`${HELLO}+OK\r\n`)],
      (event) => {
        if (event.type === "greeting") session.stls();
      },
      false,
    );
    session.receive(octets("+OK injected\r\n"));
    session.tlsEstablished();
    expect([...session]).toMatchObject([
      { type: "violation", code: "plaintext-behind-stls", fatal: true },
      { type: "closed" },
    ]);
  });

  it("where the server ends the connection in place of the handshake, the session ends", () => {
    expect(shown(play(`${HELLO}+OK go\r\n`, [stls, nothing]))).toEqual([
      "greeting ok",
      "stls ok",
      "closed end-of-input",
    ]);
  });

  it("can be refused, and can fail", () => {
    expect(play(`${HELLO}-ERR\r\n`, [stls, (s) => s.quit()]).output).toBe("STLS\r\nQUIT\r\n");
    const session = new PromptClient();
    expect(() => session.tlsEstablished()).toThrow(StateError);
    drive(
      session,
      [octets(`${HELLO}+OK\r\n`)],
      (event) => {
        if (event.type === "greeting") session.stls();
      },
      false,
    );
    session.tlsFailed();
    expect([...session]).toMatchObject([{ type: "closed", cause: "tls-failed" }]);
  });

  it("[STLS-8-1] under TLS from the beginning all is as after STLS, and the greeting's timestamp is of use", () => {
    const session = new PromptClient({ tls: true, requireTls: true });
    const digest = "c4c9334bac560ecc979e58001b3e22fb";
    const { output } = drive(session, [octets("+OK <a@b>\r\n-ERR\r\n+OK\r\n")], (event) => {
      if (event.type === "greeting") session.apop("tim", digest);
      if (event.type === "apop") session.user("tim").pass("x");
    });
    expect(output).toBe(`APOP tim ${digest}\r\nUSER tim\r\nPASS x\r\n`);
    expect(() => new PromptClient({ tls: true }).stls()).toThrow("stls() is not possible while TLS is active");
  });
});
