import { type ServerVerb, type SmtpServerEvent, SmtpServerSession, serverTable } from "smtp-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, RCPT } from "../support.ts";

describe("the transition table", () => {
  // Transcribed from RFC 5321 §4.1.4, RFC 3207 §4.2 and RFC 4954 §4; a number is the reply without asking anybody.
  const FIXTURE = `
    verb      greeted  ready    mail     rcpt     refused
    HELO      ready    ready    ready    ready    503
    EHLO      ready    ready    ready    ready    503
    MAIL      503      mail     503      503      503
    RCPT      503      503      rcpt     rcpt     503
    DATA      503      503      554      content  503
    RSET      greeted  ready    ready    ready    503
    NOOP      greeted  ready    mail     rcpt     503
    HELP      greeted  ready    mail     rcpt     503
    VRFY      greeted  ready    mail     rcpt     503
    AUTH      503      sasl     503      503      503
    STARTTLS  503      tls      503      503      503
    QUIT      closed   closed   closed   closed   closed`;
  const [, ...rows] = FIXTURE.trim()
    .split("\n")
    .map((row) => row.trim().split(/ +/));

  it("[SMTP-4.1.4-2] is the one that the RFCs have", () => {
    const states = ["greeted", "ready", "mail", "rcpt", "refused"] as const;
    const table = rows.map(([verb]) => [
      verb,
      ...states.map((state) => String(serverTable[verb as ServerVerb][state])),
    ]);
    expect(table).toEqual(rows);
    expect(Object.keys(serverTable)).toHaveLength(rows.length);
  });

  it("is what the session does, command by command and state by state", () => {
    const reach = { greeted: "", ready: EHLO, mail: EHLO + MAIL, rcpt: EHLO + MAIL + RCPT } as const;
    const line: Record<string, string> = {
      HELO: "HELO x",
      EHLO: "EHLO x",
      MAIL: "MAIL FROM:<a@b>",
      RCPT: "RCPT TO:<c@d>",
      VRFY: "VRFY x",
      AUTH: "AUTH ECHO eWVz",
    };
    for (const [verb = "", ...cells] of rows) {
      for (const [index, state] of (["greeted", "ready", "mail", "rcpt"] as const).entries()) {
        const session = new SmtpServerSession({ host: "mx.example.com", starttls: true, mechanisms: ["ECHO"] });
        const answer = (event: SmtpServerEvent) => accept(session, event);
        drive(session, [octets(reach[state])], answer, false);
        const { output, waiting } = drive(session, [octets(`${line[verb] ?? verb}\r\n`)], answer, false);
        const cell = cells[index]!;
        if (/^\d/.test(cell))
          expect([verb, state, output.slice(0, 3), session.state]).toEqual([verb, state, cell, state]);
        else if (cell === "tls" || cell === "closed") expect(waiting).toBe(cell);
        else if (cell === "content") expect(output.slice(0, 3)).toBe("354");
        else expect([verb, state, session.state]).toEqual([verb, state, cell === "sasl" ? "ready" : cell]);
      }
    }
  });
});
