import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { drive, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";
import { greeted, OUT_OF_PLACE, playBothWays } from "./support.ts";

const OPTIONS: Partial<SmtpServerOptions> = { xclient: ["NAME", "ADDR", "LOGIN"], xforward: ["NAME", "ADDR"] };
const GREETING = "220 mx.example.com ESMTP\r\n";
const SENDER = "250 2.1.0 sender ok\r\n";
const OK = "250 2.0.0 ok\r\n";

describe("XCLIENT and XFORWARD", () => {
  it("[XCL-1-1] are announced with their attributes where the options name some, and else not offered", () => {
    const { output } = play(EHLO, OPTIONS);
    expect(output).toContain("XCLIENT NAME ADDR LOGIN\r\n");
    expect(output).toContain("XFORWARD NAME ADDR\r\n");
    expect(play(EHLO).output).not.toMatch(/XCLIENT|XFORWARD/);
    expect(greeted("XCLIENT NAME=x\r\nXFORWARD NAME=x\r\n")).toBe("502 5.5.1 command not offered\r\n".repeat(2));
  });

  it.each([
    [
      "[XCL-1-2] an attribute that is not offered",
      "XCLIENT PORT=1\r\nXFORWARD NAME=x PORT=1\r\n",
      "501 5.5.4 an attribute is not offered\r\n".repeat(2),
    ],
    ["[XCL-1-2] none", "XCLIENT\r\n", "501 5.5.4 XCLIENT expected attributes\r\n"],
    [
      "[XCL-1-7] in a transaction",
      `${MAIL}XCLIENT NAME=x\r\nXFORWARD NAME=x\r\n`,
      SENDER + OUT_OF_PLACE + OUT_OF_PLACE,
    ],
    [
      "[XCL-2-1] the session is as after the greeting",
      `XCLIENT NAME=x\r\n${MAIL}${EHLO}`,
      `${GREETING}${OUT_OF_PLACE}250-mx.example.com\r\n`,
    ],
    ["[XCL-3-1] XFORWARD changes no state", `XFORWARD NAME=x\r\n${MAIL}`, OK + SENDER],
  ])("%s", (_, input, expected) => {
    expect(greeted(input, OPTIONS).slice(0, expected.length)).toBe(expected);
  });

  it("[XCL-1-7] before EHLO both are out of place", () => {
    expect(playBothWays("XCLIENT NAME=x\r\nXFORWARD NAME=x\r\n", OPTIONS).output).toBe(
      GREETING + OUT_OF_PLACE.repeat(2),
    );
  });

  it("[XCL-1-7] a peer that the application does not trust gets 550", () => {
    const { output } = play(`${EHLO}XCLIENT NAME=x\r\nXFORWARD NAME=x\r\n${MAIL}`, OPTIONS, (session, event) => {
      if (event.type === "xclient" || event.type === "xforward") session.reject();
      else accept(session, event);
    });
    expect(output.endsWith(`${"550 5.7.0 not allowed\r\n".repeat(2)}${SENDER}`)).toBe(true);
  });

  it("[XCL-2-1] attributes of repeated commands are merged, and LOGIN authenticates", () => {
    const again = "XCLIENT name=b.example addr=[unavailable]\r\n";
    const open = playBothWays(
      `${EHLO}XCLIENT NAME=a.example LOGIN=tim\r\n${EHLO}${again}${EHLO}${MAIL}${RCPT}DATA\r\n.\r\n`,
      { ...OPTIONS, requireAuth: true },
    ).events;
    expect(open.flatMap((event) => (event.type === "xclient" ? [event.attributes] : []))).toEqual([
      [
        { name: "NAME", value: "a.example" },
        { name: "LOGIN", value: "tim" },
      ],
      [
        { name: "LOGIN", value: "tim" },
        { name: "NAME", value: "b.example" },
        { name: "ADDR", value: null, unavailable: "permanent" },
      ],
    ]);
    expect(open.at(-2)).toMatchObject({ type: "message", with: "ESMTPA" });
  });

  it("[XCL-2-1] without LOGIN the authentication is forgotten", () => {
    const input = `${EHLO}AUTH ECHO eWVz\r\nXCLIENT NAME=x\r\n${EHLO}${MAIL}${RCPT}DATA\r\n.\r\n`;
    expect(playBothWays(input, { ...OPTIONS, mechanisms: ["ECHO"] }).events.at(-2)).toMatchObject({ with: "ESMTP" });
  });

  it("[XCL-2-1] a LOGIN that is not known authenticates nobody", () => {
    const unknown = `${EHLO}XCLIENT LOGIN=[UNAVAILABLE]\r\n${EHLO}${MAIL}`;
    expect(playBothWays(unknown, { ...OPTIONS, requireAuth: true }).output).toMatch(
      /\r\n530 5\.7\.0 authentication required\r\n$/,
    );
  });

  it("[XCL-2-1] after XCLIENT no hello counts, also where MAIL needs none", () => {
    const { events } = play(`${EHLO}XCLIENT NAME=x\r\n${MAIL}${RCPT}DATA\r\n.\r\n`, {
      ...OPTIONS,
      leniencies: { mailWithoutHello: true },
    });
    expect(events.at(-2)).toMatchObject({ type: "message", with: "SMTP" });
  });

  it.each([
    ["behind a hello", EHLO],
    ["where MAIL needs none", ""],
  ])("[TLS-4.2-1] what both said before TLS is forgotten, %s", (_, hello) => {
    const leniencies = { mailWithoutHello: true };
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true, leniencies, ...OPTIONS });
    const events: SmtpServerEvent[] = [];
    const play = (input: string) =>
      drive(
        session,
        [octets(input)],
        (event) => {
          events.push(event);
          accept(session, event);
        },
        false,
      );
    play(`${EHLO}XCLIENT NAME=x\r\n${EHLO}XFORWARD NAME=y\r\nSTARTTLS\r\n`);
    session.tlsEstablished();
    play(`${hello}${MAIL}RSET\r\n${EHLO}XCLIENT ADDR=192.0.2.1\r\n`);
    expect(events.flatMap((event) => (event.type === "mail" ? [event.forwarded] : []))).toEqual([[]]);
    expect(events.at(-1)).toEqual({
      answer: "needed",
      type: "xclient",
      attributes: [{ name: "ADDR", value: "192.0.2.1" }],
    });
  });

  it("[XCL-3-1] XFORWARD's attributes add up for the next transaction, and end with it or with RSET", () => {
    const x = "XFORWARD NAME=x\r\n";
    const { events } = playBothWays(
      `${EHLO}${x}XFORWARD ADDR=192.0.2.1\r\n${MAIL}RSET\r\n${MAIL}RSET\r\n${x}RSET\r\n${MAIL}`,
      OPTIONS,
    );
    const name = { name: "NAME", value: "x" };
    expect(events.flatMap((event) => (event.type === "mail" ? [event.forwarded] : []))).toEqual([
      [name, { name: "ADDR", value: "192.0.2.1" }],
      [],
      [],
    ]);
  });
});
