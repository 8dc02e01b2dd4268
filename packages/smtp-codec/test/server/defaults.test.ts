import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, RCPT } from "../support.ts";
import { greeted } from "./support.ts";

type Options = Partial<SmtpServerOptions>;

const BEGUN = EHLO + MAIL + RCPT;
const BURL: Options = { protocol: "submission", requireAuth: false, burl: ["imap"], chunking: true };
const PROXY: Options = { xclient: ["ADDR"], xforward: ["ADDR"] };
const AUTH: Options = { mechanisms: ["ECHO"] };
const LMTP: Options = { protocol: "lmtp" };

/** The last line of what is sent once the first event of a type was answered. */
function answered(type: string, input: string, options: Options, answer: (session: SmtpServerSession) => unknown) {
  const session = new SmtpServerSession({ host: "mx.example.com", ...options });
  session.receive(octets(input));
  for (const event of session) {
    if (event.type === type) {
      answer(session);
      return text(session.takeOutputPieces()).split("\r\n").at(-2);
    }
    accept(session, event);
  }
  throw new Error(`no ${type}`);
}

describe("the replies that are sent where the application has no words of its own", () => {
  it.each<[string, string, Options, string, string]>([
    ["connect", "", {}, "220 mx.example.com ESMTP", "554 no service here"],
    ["connect", "", LMTP, "220 mx.example.com LMTP", "554 no service here"],
    ["helo", "HELO x\r\n", {}, "250 mx.example.com", "550 refused"],
    ["mail", EHLO + MAIL, {}, "250 2.1.0 sender ok", "550 5.7.1 refused"],
    ["rcpt", BEGUN, {}, "250 2.1.5 recipient ok", "550 5.7.1 refused"],
    ["data", `${BEGUN}DATA\r\n`, {}, "354 go ahead, end with a line of a single dot", "554 5.7.1 refused"],
    ["chunk", `${BEGUN}BDAT 1\r\nx`, { chunking: true }, "250 2.0.0 chunk received", "554 5.7.1 message refused"],
    ["burl", `${BEGUN}BURL imap:x\r\n`, BURL, "250 2.5.0 waiting for more", "554 5.6.6 the URL cannot be resolved"],
    ["message", `${BEGUN}DATA\r\n.\r\n`, {}, "250 2.0.0 message accepted", "554 5.7.1 message refused"],
    ["delivery", `L${BEGUN.slice(1)}DATA\r\n.\r\n`, LMTP, "250 2.0.0 delivered", "554 5.7.1 message refused"],
    ["help", `${EHLO}HELP\r\n`, {}, "214 2.0.0 see RFC 5321", "504 5.5.4 no help on that"],
    ["vrfy", `${EHLO}VRFY x\r\n`, {}, "252 2.5.0 cannot verify, send some mail and see", "550 5.1.1 no such user"],
    ["expn", `${EHLO}EXPN x\r\n`, { expn: true }, "250 2.1.5 the list has no members", "550 5.1.1 no such list"],
    ["etrn", `${EHLO}ETRN x.example\r\n`, { etrn: true }, "250 2.0.0 queuing started", "459 4.7.1 not allowed"],
    [
      "atrn",
      `${EHLO}AUTH ECHO eWVz\r\nATRN\r\n`,
      { ...AUTH, atrn: true },
      ...(["250 2.0.0 now reversing the connection", "450 4.7.0 ATRN request refused"] as const),
    ],
    ["xclient", `${EHLO}XCLIENT ADDR=192.0.2.1\r\n`, PROXY, "220 mx.example.com ESMTP", "550 5.7.0 not allowed"],
    ["xforward", `${EHLO}XFORWARD ADDR=192.0.2.1\r\n`, PROXY, "250 2.0.0 ok", "550 5.7.0 not allowed"],
    [
      "starttls",
      `${EHLO}STARTTLS\r\n`,
      { starttls: true },
      ...(["220 2.0.0 ready to start TLS", "454 4.7.0 TLS not available now"] as const),
    ],
    [
      "authenticated",
      `${EHLO}AUTH ECHO eWVz\r\n`,
      AUTH,
      ...(["235 2.7.0 authentication succeeded", "535 5.7.8 authentication failed"] as const),
    ],
  ])("%s", (type, input, options, yes, no) => {
    expect(answered(type, input, options, (s) => s.accept())).toBe(yes);
    expect(answered(type, input, options, (s) => s.reject())).toBe(no);
  });

  it.each<[string, string, Options, string]>([
    ["rset", `${EHLO}RSET\r\n`, {}, "250 2.0.0 ok"],
    ["noop", `${EHLO}NOOP\r\n`, {}, "250 2.0.0 ok"],
    ["quit", `${EHLO}QUIT\r\n`, {}, "221 2.0.0 mx.example.com closing connection"],
    ["unknown", `${EHLO}XFOO\r\n`, {}, "500 5.5.2 command not recognized"],
  ])("%s, which is not refused", (type, input, options, yes) => {
    expect(answered(type, input, options, (s) => s.nextEvent())).toBe(yes);
  });

  it.each<[string, string, Options, string]>([
    ["ehlo", EHLO, {}, "550 refused"],
    ["lhlo", `L${EHLO.slice(1)}`, LMTP, "550 refused"],
    ["auth", `${EHLO}AUTH ECHO\r\n`, AUTH, "535 5.7.8 authentication failed"],
  ])("%s, refused", (type, input, options, no) => {
    expect(answered(type, input, options, (s) => s.reject())).toBe(no);
  });

  it.each<[string, string, string]>([
    ["that fails", "bm8=", "535 5.7.8 authentication failed"],
    ["that the client cancels", "*", "501 5.7.0 authentication cancelled"],
    ["of what is not base64", "?", "501 5.5.2 response is not base64"],
    ["of a line that is too long", "A".repeat(600), "500 5.5.6 response too long"],
  ])("an exchange %s", (_, response, reply) => {
    const session = new SmtpServerSession({ host: "mx.example.com", maxSaslLineLength: 512, ...AUTH });
    const { events, output } = drive(
      session,
      [octets(`${EHLO}AUTH ECHO\r\n${response}\r\n`)],
      (event) => accept(session, event),
      false,
    );
    expect(output.split("\r\n").at(-2)).toBe(reply);
    expect(events.at(-1)).toMatchObject({ type: "authentication-failed", text: expect.stringMatching(/\w/) });
  });

  it.each<[string, (session: SmtpServerSession) => unknown, string]>([
    ["silence", (s) => s.timedOut(), "421 4.4.2 mx.example.com timed out"],
    ["the server's end", (s) => s.shutdown(), "421 4.3.2 mx.example.com shutting down"],
    ["the server's end, in words", (s) => s.shutdown("back soon"), "421 4.3.2 mx.example.com back soon"],
  ])("%s", (_, end, reply) => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    drive(session, [octets(EHLO)], (event) => accept(session, event), false);
    end(session);
    expect(text(session.takeOutputPieces())).toBe(`${reply}\r\n`);
  });

  it("TLS that is not secure enough leaves QUIT alone", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    const answer = (event: SmtpServerEvent) => accept(session, event);
    drive(session, [octets(`${EHLO}STARTTLS\r\n`)], answer, false);
    session.tlsEstablished();
    session.refuseTls();
    const { output } = drive(session, [octets(`${EHLO}NOOP\r\nQUIT\r\n`)], answer, false);
    expect(output).toBe(
      "554 TLS is not secure enough\r\n554 5.7.0 TLS is not secure enough\r\n221 2.0.0 mx.example.com closing connection\r\n",
    );
  });
});

it.each([
  ["250", "MAIL FROM: <a@b>"],
  ["250", "MAIL  FROM:<a@b>  SIZE=1"],
  ["250", "EHLO a_b"],
  ["250", "EHLO a.example b"],
  ["501", "MAIL FROM :<a@b>"],
  ["501", "MAIL FROM:a@b"],
  ["501", "MAIL FROM:<a@b_c>"],
  ["501", "MAIL FROM:<a@b.>"],
  ["501", "MAIL FROM:<a>"],
  ["501", "MAIL FROM:<a@[::1]>"],
])("where nothing is said of leniencies, %s is the answer to %j", (code, line) => {
  expect(greeted(`${line}\r\n`).split("\r\n").at(-2)).toMatch(new RegExp(`^${code} `));
});

it("a greeting has 200 characters at most", () => {
  const greeting = "x".repeat(200);
  const session = new SmtpServerSession({ host: "mx.example.com", greeting });
  expect(session.nextEvent()).toMatchObject({ type: "connect" });
  expect(text(session.takeOutputPieces())).toBe(`220 mx.example.com ${greeting}\r\n`);
});

it("a session needs options", () => {
  expect(() => new SmtpServerSession(null as never)).toThrow(new TypeError('"options" expected an object, got null'));
});
