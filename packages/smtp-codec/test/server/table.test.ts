import {
  afterMode,
  afterRefusal,
  clientTable,
  lmtpServerTable,
  type ServerState,
  type ServerVerb,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
  serverTable,
} from "smtp-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, RCPT } from "../support.ts";
import { lmtpRows, rows, STATES } from "./fixture.ts";

const OPTIONS: SmtpServerOptions = {
  host: "mx.example.com",
  ...{ starttls: true, mechanisms: ["ECHO"], chunking: true, expn: true, etrn: true },
  ...{ xclient: ["ADDR"], xforward: ["ADDR"] },
};

describe("the transition table", () => {
  it.each([
    ["SMTP", serverTable, rows],
    ["LMTP", lmtpServerTable, lmtpRows],
  ])("[SMTP-4.1.4-2] of %s is the one that the RFCs have", (_, table, fixture) => {
    const found = fixture.map(({ verb }) => [verb, ...STATES.map((state) => String(table[verb][state]))]);
    expect(found).toEqual(fixture.map(({ verb, cells }) => [verb, ...STATES.map((state) => cells[state])]));
    expect(Object.keys(table)).toHaveLength(fixture.length);
  });

  it("what follows content, exchanges, TLS and refused content is what the RFCs have", () => {
    expect(afterMode).toEqual({ content: "ready", lastChunk: "ready", sasl: "ready", tls: "greeted" });
    expect(afterRefusal).toEqual({ chunk: "failed", lastChunk: "ready", binaryData: "failed" });
  });

  it("cannot be changed", () => {
    for (const table of [serverTable, lmtpServerTable, clientTable]) {
      for (const part of [table, ...Object.values(table)]) expect(Object.isFrozen(part)).toBe(true);
    }
    expect([afterMode, afterRefusal].map(Object.isFrozen)).toEqual([true, true]);
  });

  const line: Partial<Record<ServerVerb, string>> = {
    ...{ HELO: "HELO x", EHLO: "EHLO x", LHLO: "LHLO x", MAIL: "MAIL FROM:<a@b>", RCPT: "RCPT TO:<c@d>" },
    ...{ XCLIENT: "XCLIENT ADDR=192.0.2.1", XFORWARD: "XFORWARD ADDR=192.0.2.1" },
    ...{ BURL: "BURL imap://h/x", ATRN: "ATRN" },
    ...{ VRFY: "VRFY x", EXPN: "EXPN x", ETRN: "ETRN example.com", AUTH: "AUTH ECHO eWVz", BDAT: "BDAT 0" },
  };

  it.each<[SmtpServerOptions["protocol"] & string, typeof rows]>([
    ["smtp", rows],
    ["submission", rows],
    ["lmtp", lmtpRows],
  ])("of %s is what the session does, command by command and state by state", (protocol, fixture) => {
    const foreign = protocol === "lmtp" ? ["HELO", "EHLO", "BURL"] : ["LHLO"];
    if (protocol === "smtp") foreign.push("BURL");
    else foreign.push("ETRN", "ATRN");
    const options = { ...OPTIONS, protocol, etrn: protocol === "smtp", atrn: protocol === "smtp", requireAuth: false };
    const more = protocol === "submission" ? { burl: ["imap"] } : {};
    // ATRN is for those who have authenticated, and AUTH for those who have not.
    const hellos = (verb: ServerVerb) =>
      (protocol === "lmtp" ? EHLO.replace("EHLO", "LHLO") : EHLO) + (verb === "ATRN" ? "AUTH ECHO eWVz\r\n" : "");
    const reaching = (hello: string): Record<ServerState, string> => ({
      ...{ greeted: "", ready: hello, mail: hello + MAIL, rcpt: hello + MAIL + RCPT, refused: "" },
      chunks: `${hello}${MAIL}${RCPT}BDAT 1\r\nx`,
      failed: `${hello}${MAIL}${RCPT}BDAT 1\r\n\n`,
    });
    for (const { verb, cells } of fixture) {
      if (foreign.includes(verb)) continue;
      const reach = reaching(hellos(verb));
      for (const state of STATES) {
        // Behind the greeting nobody has authenticated, which comes before the order.
        if (verb === "ATRN" && state === "greeted") continue;
        const session = new SmtpServerSession({ ...options, ...more });
        const answer = (event: SmtpServerEvent) => {
          if (event.type === "connect" && state === "refused") session.reject();
          else accept(session, event);
        };
        drive(session, [octets(reach[state])], answer, false);
        expect(session.state).toBe(state);
        const { output, waiting } = drive(session, [octets(`${line[verb] ?? verb}\r\n`)], answer, false);
        const cell = cells[state]!;
        const code = output.slice(0, 3);
        if ((verb === "BDAT" || verb === "BURL") && state === "mail")
          expect([code, session.state]).toEqual([cell, "failed"]);
        else if (/^\d/.test(cell)) expect([verb, state, code, session.state]).toEqual([verb, state, cell, state]);
        else if (cell === "tls" || cell === "closed") expect(waiting).toBe(cell);
        else if (cell === "reversed") expect([code, waiting]).toEqual(["250", "closed"]);
        else if (cell === "content") expect(code).toBe("354");
        else expect([verb, state, session.state]).toEqual([verb, state, cell === "sasl" ? "ready" : cell]);
      }
    }
  });

  it.each([
    ["[SMTP-4.2.4-1] a verb of another document", "TURN", "502"],
    ["[SMTP-F.1-1] a verb of RFC 821", "SEND FROM:<a@b>", "502"],
    ["[SMTP-4.1.5-1] a private verb", "XFOO", "500"],
  ])("%s is the same in every state but that of a refused connection", (_, command, code) => {
    for (const reach of ["", EHLO, EHLO + MAIL, EHLO + MAIL + RCPT, `${EHLO}${MAIL}${RCPT}BDAT 1\r\nx`]) {
      const session = new SmtpServerSession(OPTIONS);
      const answer = (event: SmtpServerEvent) => accept(session, event);
      drive(session, [octets(reach)], answer, false);
      expect(drive(session, [octets(`${command}\r\n`)], answer, false).output.slice(0, 3)).toBe(code);
    }
  });
});
