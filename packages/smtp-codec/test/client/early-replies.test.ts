import { SmtpClientSession, SmtpTransaction } from "smtp-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { fate, OK, ready } from "../transaction/support.ts";
import { echo, GREETING, HELLO, hear } from "./support.ts";

const EXTRA = "250 extra\r\n";
const CHUNKING = ["PIPELINING", "CHUNKING"];

describe("a reply that was there before its command left", () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ["DATA's content", ["PIPELINING"], [`${OK}${OK}354 go\r\n${EXTRA}`]],
    ["DATA's content without PIPELINING", [], [OK, OK, `354 go\r\n${EXTRA}`]],
    ["a chunk", CHUNKING, [OK + OK + EXTRA]],
    ["a chunk, by a refusal", CHUNKING, [`${OK}${OK}550 extra\r\n`]],
    ["RCPT", [], [OK + EXTRA]],
    ["RCPT, by a refusal", [], [`${OK}550 extra\r\n`]],
  ])("[SMTP-4.3.1-3] is no answer to it, and no message is accepted by it: %s", (_, keywords, flights) => {
    const session = ready(keywords);
    const content = octets("x\r\n");
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"], content: "7bit" }, { content });
    const violations: unknown[] = [];
    let after = "";
    for (const flight of flights) {
      session.takeOutputPieces();
      session.receive(octets(flight));
      for (const event of transaction) if (event.type === "violation") violations.push(event);
      after = text(session.takeOutputPieces());
    }
    expect(violations).toMatchObject([{ code: "unexpected-reply", fatal: true, reply: { lines: ["extra"] } }]);
    expect([transaction.report?.recipients.map(fate), after.includes("x\r\n")]).toEqual([["c@d not-accepted"], false]);
  });

  it("is known by when it was received, also if it is read after the command was taken", () => {
    for (const restored of [false, true]) {
      let session = ready(["PIPELINING"]);
      session.mail("a@b", { content: "7bit" }).rcpt("c@d").data().takeOutputPieces();
      session.receive(octets(`${OK}${OK}354 go\r\n${EXTRA}`));
      for (const { type } of session) if (type === "data") session.content(octets("x".repeat(100_000)));
      expect([session.waiting, session.takeOutputPieces().length > 0]).toEqual(["output", true]);
      if (restored) session = SmtpClientSession.restore(structuredClone(session.snapshot()));
      session.receive(octets(OK));
      expect([...session]).toMatchObject([
        { type: "violation", code: "unexpected-reply" },
        { type: "message", outcome: "unknown" },
        { type: "closed" },
      ]);
    }
  });

  it("is none that came while others waited to be read", () => {
    const session = ready(["PIPELINING"]);
    session.mail("a@b", { content: "7bit" }).rcpt("c@d").data().takeOutputPieces();
    session.receive(octets(`${OK}${OK}354 go\r\n`));
    for (const { type } of session) if (type === "data") break;
    session.content(octets("x")).takeOutputPieces();
    session.receive(octets(OK)).noop();
    expect([...session].map(({ type }) => type)).toEqual(["message"]);
    session.takeOutputPieces();
    session.receive(octets(OK)).receive(octets(OK));
    expect([...session].map(({ type }) => type)).toEqual(["noop", "violation", "closed"]);
  });

  it.each<readonly [string, string, readonly string[]]>([
    ["is none to EHLO", `${GREETING}${EXTRA}`, ["greeting", "violation", "ehlo", "closed"]],
    ["421 ends the session all the same", `${GREETING}421 bye\r\n`, ["greeting", "ehlo", "closed"]],
  ])("%s", (_, said, expected) => {
    const session = new SmtpClientSession().ehlo("client.example.com");
    session.receive(octets(said));
    expect([...session].map(({ type }) => type)).toEqual(expected);
  });

  it("is none to the end of content that nobody receives", () => {
    const session = ready(["PIPELINING"]);
    session.mail("a@b", { content: "7bit" }).rcpt("c@d").data().takeOutputPieces();
    session.receive(octets(`${OK}550 no\r\n354 go\r\n${EXTRA}`));
    expect([...session].map(({ type }) => type)).toEqual(["mail", "rcpt", "data", "violation", "closed"]);
  });

  it("is none to a response of AUTH's, unless it refuses AUTH", () => {
    const session = new SmtpClientSession();
    hear(session, HELLO, ({ type }) => {
      if (type === "greeting") session.ehlo("client.example.com");
    });
    for (const extra of ["235 extra", "334 "]) {
      const box = SmtpClientSession.restore(session.snapshot());
      box.auth(echo()).takeOutputPieces();
      box.receive(octets(`334 d2hhdD8=\r\n${extra}\r\n`));
      expect([...box]).toMatchObject([
        { type: "violation", code: "unexpected-reply" },
        { type: "auth", ok: false, reply: null },
        { type: "closed" },
      ]);
    }
  });
});
