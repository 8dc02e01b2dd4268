import { type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession, StateError } from "pop3-codec";
import { byteByByte, cutAt, drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, LOGIN, MAILDROP, no, outOfPlace, play, responses } from "../support.ts";

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

  it.each([[""], ["USE"]])(
    "where the client ends the connection behind %j in place of the handshake, the session ends",
    (rest) => {
      const session = new Pop3ServerSession({ ...options });
      const { events, waiting } = drive(session, [octets(`STLS\r\n${rest}`)], (event) => secure(session, event));
      expect(events.at(-1)).toMatchObject({ type: "closed", cause: "end-of-input" });
      expect(waiting).toBe("closed");
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

  it.each([
    ["without an argument", "STLS x\r\n", { stls: true }, no("STLS has no argument")],
    ["where it is offered", "STLS\r\n", {}, no("STLS is not offered")],
    ["without TLS", "STLS\r\n", { stls: true, tls: true }, outOfPlace("STLS")],
    ["before the login", `${LOGIN}STLS\r\n`, { stls: true }, `+OK\r\n+OK\r\n${outOfPlace("STLS")}`],
    ["behind USER too", "USER tim\r\nSTLS\r\n", { stls: true }, "+OK\r\n+OK\r\n"],
  ])("[STLS-4-1] is taken %s", (_, input, more, expected) => {
    expect(responses(input, more)).toBe(expected);
  });

  /** A session under TLS that was begun by STLS, after this input; its output so far, and what it answers. */
  const begun = (input: string, more: Pop3ServerOptions = {}) => {
    const session = new Pop3ServerSession({ ...options, greeting: "", ...more });
    const say = (text: string) => drive(session, [octets(text)], (event) => answer(session, event), false).output;
    const before = say(`${input}STLS\r\n`);
    session.tlsEstablished();
    return { before, say, session };
  };

  it("[STLS-4-5] under TLS the state is AUTHORIZATION, without a greeting, and the name is forgotten", () => {
    const { say, session } = begun("USER tim\r\n", { plaintextWithoutTls: true, leniencies: { keepName: true } });
    expect(session.state).toBe("authorization");
    expect(say("PASS tanstaaf\r\nSTAT\r\nUSER tim\r\nPASS tanstaaf\r\n")).toBe(
      `${outOfPlace("PASS", "STAT")}+OK\r\n+OK\r\n`,
    );
  });

  it("[STLS-4-7] under TLS APOP is verified against the timestamp of the greeting", () => {
    const { before, say, session } = begun("", { apop: { host: "a" } });
    const [timestamp] = /<.*>/.exec(before) ?? [];
    const seen: unknown[] = [];
    session.receive(octets("APOP tim c4c9334bac560ecc979e58001b3e22fb\r\n"));
    for (const event of session) if (event.type === "apop") seen.push(event.timestamp);
    session.accept(MAILDROP);
    expect(seen).toEqual([timestamp]);
    expect(say("STAT\r\n")).toBe("+OK\r\n+OK 4 76\r\n");
  });

  it("[STLS-8-1] a session under TLS from the beginning is as one after STLS, with a greeting", () => {
    const behind = `CAPA\r\nSTLS\r\n${LOGIN}STAT\r\n`;
    const { say } = begun("", { mechanisms: ["PLAIN"] });
    const after = say(behind);
    expect(responses(behind, { ...options, tls: true, mechanisms: ["PLAIN"] })).toBe(after);
    expect(after).toContain("USER\r\nSASL PLAIN\r\n");
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
