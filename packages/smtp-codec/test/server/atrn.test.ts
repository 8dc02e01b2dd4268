import { type SaslClient, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { refusals } from "smtp-codec/registry";
import { drive, octets, SessionPair, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, fake, MAIL, play } from "../support.ts";
import { greeted, OUT_OF_PLACE, playBothWays } from "./support.ts";

const OFFER = { mechanisms: ["ECHO"], atrn: true };
const AUTH = "AUTH ECHO eWVz\r\n";
const AUTHENTICATED = "235 2.7.0 authentication succeeded\r\n";
/** A mechanism of one message. */
const yes: SaslClient = {
  name: "ECHO",
  start: () => ({ type: "response", bytes: octets("yes") }),
  next: () => ({ type: "failure", text: "no challenge was expected" }),
  finish: () => ({ type: "success", serverProved: false }),
  abort: () => {},
};
const REVERSED = "250 2.0.0 now reversing the connection\r\n";
const UNAUTHENTICATED = "530 5.7.0 authentication required\r\n";

describe("ATRN", () => {
  it.each([
    ["before AUTH", "ATRN\r\nATRN example.com\r\n", UNAUTHENTICATED + UNAUTHENTICATED],
    [
      "before AUTH, in a transaction",
      `${MAIL}ATRN\r\n${AUTH}RSET\r\n${AUTH}ATRN\r\n`,
      `250 2.1.0 sender ok\r\n${UNAUTHENTICATED}${OUT_OF_PLACE}250 2.0.0 ok\r\n${AUTHENTICATED}${REVERSED}`,
    ],
    [
      "in a transaction",
      `${AUTH}${MAIL}ATRN\r\nRSET\r\n`,
      `${AUTHENTICATED}250 2.1.0 sender ok\r\n${OUT_OF_PLACE}250 2.0.0 ok\r\n`,
    ],
    ["once authenticated", `${AUTH}ATRN\r\n`, AUTHENTICATED + REVERSED],
  ])("[ATRN-5.2.1-2] %s", (_, input, expected) => {
    expect(greeted(input, OFFER)).toBe(expected);
  });

  it("[ATRN-5.2.1-1] asks for domains, or for all that the client may have", () => {
    const asked = (input: string) =>
      play(`${EHLO}${AUTH}${input}`, OFFER).events.flatMap((event) => (event.type === "atrn" ? [event.domains] : []));
    expect([asked("ATRN\r\n"), asked("atrn a.example,b.example\r\n")]).toEqual([[null], [["a.example", "b.example"]]]);
    expect(greeted(`${AUTH}ATRN example\r\n`, OFFER)).toBe(
      `${AUTHENTICATED}501 5.5.4 ATRN expected domains joined by commas, or nothing\r\n`,
    );
  });

  it("[ATRN-5.2.1-3] is refused as the RFC says, and the session goes on", () => {
    const answers = [refusals.atrnNoMail, undefined];
    const { output } = play(`${EHLO}${AUTH}ATRN\r\nATRN\r\nNOOP\r\n`, OFFER, (session, event) => {
      if (event.type === "atrn") session.reject(answers.shift());
      else accept(session, event);
    });
    expect(output.split("\r\n").slice(-4, -1)).toEqual([
      "453 4.3.2 you have no mail",
      "450 4.7.0 ATRN request refused",
      "250 2.0.0 ok",
    ]);
  });

  it("[ATRN-5.3-1] accepted, the session parses nothing more, and hands over what has come", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", ...OFFER });
    const input = octets(`${EHLO}${AUTH}ATRN\r\n220 client.example.com\r\n2`);
    const { events, output, waiting } = drive(session, [input], (event) => accept(session, event), false);
    expect(output.endsWith(REVERSED)).toBe(true);
    const closed = events.at(-1) as SmtpServerEvent & { readonly type: "closed"; readonly cause: "reversed" };
    expect([closed.type, closed.cause, text(closed.unread), waiting]).toEqual([
      ...["closed", "reversed", "220 client.example.com\r\n2", "closed"],
    ]);
    expect(() => session.accept()).toThrow("no answer is owed");
  });

  it("[ATRN-5.3-1] after it the sides swap roles, and mail goes the other way", () => {
    const customer = new SmtpClientSession();
    const provider = new SmtpServerSession({ host: "odmr.example.com", protocol: "odmr", mechanisms: ["ECHO"] });
    const pair = new SessionPair(
      {
        session: customer,
        answer: (event) => {
          if (event.type === "greeting") customer.ehlo("home.example.com");
          if (event.type === "ehlo") customer.auth(yes);
          if (event.type === "auth") customer.atrn(["home.example.com"]);
        },
      },
      {
        session: provider,
        answer: (event) => {
          if (event.type === "auth") provider.authenticate(fake("ECHO"));
          else if (event.answer === "needed") provider.accept();
        },
      },
    );
    pair.run();
    expect(pair.clientEvents.at(-1)).toMatchObject({ type: "closed", cause: "reversed", unread: [] });
    expect(pair.serverEvents.at(-1)).toMatchObject({ type: "closed", cause: "reversed", unread: [] });

    const sender = new SmtpClientSession();
    const receiver = new SmtpServerSession({ host: "home.example.com" });
    let received = "";
    const swapped = new SessionPair(
      {
        session: sender,
        answer: (event) => {
          if (event.type === "greeting") sender.ehlo("odmr.example.com");
          if (event.type === "ehlo") sender.mail("a@example.com").rcpt("b@home.example.com").data();
          if (event.type === "data") sender.content(octets("hi\r\n"));
          if (event.type === "message") sender.quit();
        },
      },
      {
        session: receiver,
        answer: (event) => {
          if (event.type === "content") received += text(event.bytes);
          if (event.answer === "needed") receiver.accept();
        },
      },
    );
    swapped.run();
    expect([swapped.transcript[0]!.text, received]).toEqual(["220 home.example.com ESMTP\r\n", "hi\r\n"]);
    expect(swapped.clientEvents).toContainEqual(expect.objectContaining({ type: "message", outcome: "accepted" }));
  });

  it.each([
    [{ atrn: true, protocol: "submission" }, '"atrn" expected the protocol "smtp" or "odmr"'],
    [{ atrn: true, protocol: "lmtp" }, '"atrn" expected the protocol "smtp" or "odmr"'],
    [{ protocol: "odmr" }, '"mechanisms" expected at least one for "odmr"'],
    [{ protocol: "odmr", mechanisms: ["ECHO"], atrn: false }, '"atrn" expected true for "odmr"'],
  ] as const)("[SUB-7-1] the options %j are refused", (options, message) => {
    expect(() => play("", options)).toThrow(message);
  });
});

describe("an on-demand mail relay", () => {
  const ODMR = { protocol: "odmr", mechanisms: ["ECHO"] } as const;

  it("[ATRN-5.4-1] announces AUTH and ATRN, and nothing that is for mail", () => {
    expect(play(EHLO, ODMR).output).toBe(
      "220 mx.example.com ESMTP\r\n250-mx.example.com\r\n250-AUTH ECHO\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 ATRN\r\n",
    );
  });

  it("[ATRN-5.4-1] takes EHLO, AUTH, ATRN and QUIT, and STARTTLS where it is offered; all else is 502", () => {
    const others = ["HELO x", "LHLO x", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "RSET", "NOOP", "HELP", "VRFY x"];
    const lines = [...others, "EXPN x", "ETRN a.b", "TURN", "XFOO", "BURL imap:x", "STARTTLS", "XCLIENT NAME=x"];
    for (const reach of [EHLO, EHLO + AUTH]) {
      for (const line of [...lines, "BDAT 4\r\nQUIT"]) {
        const { output } = playBothWays(`${reach}${line}${line.startsWith("BDAT") ? "" : "\r\n"}QUIT\r\n`, ODMR);
        expect([line, output.split("\r\n").slice(-3, -1)]).toEqual([
          line,
          ["502 5.5.1 command not offered", "221 2.0.0 mx.example.com closing connection"],
        ]);
      }
    }
    expect(greeted(`${AUTH}ATRN\r\n`, ODMR)).toBe(AUTHENTICATED + REVERSED);
    expect(play(`${EHLO}STARTTLS\r\n`, { ...ODMR, starttls: true }).output).toMatch(
      /220 2\.0\.0 ready to start TLS\r\n$/,
    );
  });

  it("[ATRN-5.4-1] where the connection was refused 503 remains", () => {
    const { output } = play("NOOP\r\n", ODMR, (session, event) => {
      if (event.type === "connect") session.reject();
    });
    expect(output).toBe(`554 no service here\r\n${OUT_OF_PLACE}`);
  });
});
