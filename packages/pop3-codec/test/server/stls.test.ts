import { type Pop3ServerEvent, Pop3ServerSession, StateError } from "pop3-codec";
import { byteByByte, cutAt, drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, LOGIN, no, outOfPlace, play, responses } from "../support.ts";

describe("STLS", () => {
  const options = { stls: true, plaintextWithoutTls: false };
  const secure = (session: Pop3ServerSession, event: Pop3ServerEvent) => answer(session, event);

  it.each([["STLS\r\nUSER tim\r\nPASS tanstaaf\r\n"], ["STLS\r\nUSE"]])(
    "[STLS-4-3] %j: plaintext behind it is one violation, however it is cut, and never run",
    (input) => {
      const behind = octets(input);
      for (const chunks of [[behind], byteByByte(behind), cutAt(behind, [6]), cutAt(behind, [8])]) {
        const session = new Pop3ServerSession({ ...options, greeting: "" });
        const plain = drive(session, chunks, (event) => secure(session, event), false);
        expect(plain.events.map(({ type }) => type)).toEqual(["connect", "stls", "violation"]);
        expect([plain.output, plain.waiting]).toEqual(["+OK\r\n+OK\r\n", "tls"]);
        session.receive(octets("more of it"));
        session.tlsEstablished();
        const after = drive(
          session,
          [octets("STAT\r\nUSER tim\r\nPASS tanstaaf\r\n")],
          (event) => secure(session, event),
          false,
        );
        expect(after.output).toBe(`${outOfPlace("STAT")}+OK\r\n+OK\r\n`);
        expect(session.tls).toBe(true);
      }
    },
  );

  it("plaintext that comes just before the handshake is told too", () => {
    const session = new Pop3ServerSession({ ...options });
    drive(session, [octets("STLS\r\n")], () => {}, false);
    session.receive(octets("USER tim\r\n"));
    session.tlsEstablished();
    expect([...session]).toMatchObject([{ type: "violation", code: "plaintext-behind-stls" }]);
  });

  it("[STLS-4-2] is announced exactly while it would be accepted", () => {
    const announced = (input: string, more = {}) => responses(input, { stls: true, ...more }).includes("\r\nSTLS\r\n");
    expect([announced("CAPA\r\n"), announced(`${LOGIN}CAPA\r\n`), announced("CAPA\r\n", { tls: true })]).toEqual([
      true,
      false,
      false,
    ]);
    expect(responses("STLS x\r\n", { stls: true })).toBe(no("STLS has no argument"));
    expect(responses("STLS\r\n", { stls: true, tls: true })).toBe(outOfPlace("STLS"));
    expect(responses("STLS\r\n")).toBe(no("STLS is not offered"));
  });

  it("can be refused, and can fail", () => {
    const refused = play("STLS\r\nNOOP\r\n", { stls: true }, (session, event) => {
      if (event.type === "stls") session.reject();
    });
    expect(refused.output).toBe(`+OK\r\n${no("refused")}${outOfPlace("NOOP")}`);
    const session = new Pop3ServerSession({ stls: true });
    expect(() => session.tlsFailed()).toThrow(StateError);
    drive(session, [octets("STLS\r\n")], () => {}, false);
    session.tlsFailed();
    expect([[...session].at(-1), session.waiting]).toMatchObject([{ type: "closed", cause: "tls-failed" }, "closed"]);
  });
});
