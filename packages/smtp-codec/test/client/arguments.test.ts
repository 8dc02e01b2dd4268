import { parseMailbox, SmtpClientSession, SmtpTransaction } from "smtp-codec";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { echo, ehlo, GREETING, offer } from "./support.ts";

const OFFER = ["8BITMIME", "SIZE 1000", "AUTH ECHO", "CHUNKING", "BURL imap", "DSN", "DELIVERBY", "RRVS", "EXPN"];
const MORE = ["ETRN", "ATRN", "XCLIENT ADDR", "XFORWARD ADDR", "SMTPUTF8", "NO-SOLICITING", "BINARYMIME"];

/** A session after a hello, and after what the commands lead to. */
function ready(commands: (session: SmtpClientSession) => void = () => {}): SmtpClientSession {
  const session = new SmtpClientSession();
  const input = `${GREETING}${offer(...OFFER, ...MORE)}`;
  driveClient(session, [octets(input)], (event) => event.type === "greeting" && ehlo(session), false);
  commands(session);
  session.takeOutputPieces();
  return session;
}

// biome-ignore lint/suspicious/noExplicitAny: what a caller without types may do.
type Call = (session: any) => unknown;
type Row = [string, Call, string];

const mailed = (session: SmtpClientSession) => session.mail("a@example.com");
const written = (session: SmtpClientSession) => session.mail("a@example.com").rcpt("b@example.org").bdat();

/** Runs the call, and sees that it changed nothing. */
function refuse(session: SmtpClientSession, call: Call, message: string | RegExp): void {
  const before = session.snapshot();
  expect(() => call(session)).toThrow(TypeError);
  expect(() => call(session)).toThrow(message);
  expect(session.snapshot()).toEqual(before);
}

const paths = (name: string, call: (path: unknown) => Call): Row[] =>
  [null, undefined, 5, {}, { kind: "mailbox" }, ["a@example.com"]].map((path) => [
    `${name}(${JSON.stringify(path)})`,
    call(path),
    `"${name === "mail" ? "from" : "to"}" expected a string or a path, got ${path === null ? "null" : typeof path}`,
  ]);

describe("arguments of another type throw, and change nothing", () => {
  it.each<Row>([
    ["ehlo({})", (s) => s.ehlo({}), '"name" expected a string, got object'],
    ["ehlo()", (s) => s.ehlo(), '"name" expected a string, got undefined'],
    ["helo(5)", (s) => s.helo(5), '"name" expected a string, got number'],
    ["vrfy(null)", (s) => s.vrfy(null), '"argument" expected a string, got null'],
    ["vrfy(options)", (s) => s.vrfy("x", null), '"options" expected an object, got null'],
    ["vrfy(options)", (s) => s.vrfy("x", { smtputf8: 1 }), '"smtputf8" expected a boolean, got number'],
    ["vrfy(options)", (s) => s.vrfy("x", { utf8: true }), '"options" expected smtputf8 alone, got utf8'],
    ["expn([])", (s) => s.expn([]), '"argument" expected a string, got array'],
    ["help(5)", (s) => s.help(5), '"argument" expected a string, got number'],
    ["etrn({})", (s) => s.etrn({}), '"node" expected a string, got object'],
    ["etrn()", (s) => s.etrn(), '"node" expected a string, got undefined'],
    ["atrn(text)", (s) => s.atrn("example.com"), '"domains" expected an array, got string'],
    ["atrn([5])", (s) => s.atrn(["example.com", 5]), '"domains[1]" expected a string, got number'],
    ["xclient(null)", (s) => s.xclient(null), '"attributes" expected an array, got null'],
    ["xclient([null])", (s) => s.xclient([null]), '"attributes" expected an object, got null'],
    ["xforward({})", (s) => s.xforward({}), '"attributes" expected an array, got object'],
    [
      "xforward(no value)",
      (s) => s.xforward([{ name: "ADDR" }]),
      '"attributes.value" expected a string, got undefined',
    ],
    ["auth(null)", (s) => s.auth(null), '"mechanism.name" expected a string, got undefined'],
    ["auth(a name)", (s) => s.auth("ECHO"), '"mechanism.name" expected a string, got undefined'],
    ["auth({ name: 5 })", (s) => s.auth({ name: 5 }), '"mechanism.name" expected a string, got number'],
    ["auth({ name })", (s) => s.auth({ name: "ECHO" }), '"mechanism.start" expected a function, got undefined'],
    ["auth(no abort)", (s) => s.auth({ ...echo(), abort: null }), '"mechanism.abort" expected a function, got null'],
    ["auth(options)", (s) => s.auth(echo(), 5), '"options" expected an object, got number'],
    ["auth(options)", (s) => s.auth(echo(), { force: 1 }), '"force" expected a boolean, got number'],
    [
      "auth(options)",
      (s) => s.auth(echo(), { forced: true }),
      '"options" expected initialResponse, force alone, got forced',
    ],
    ["receive(text)", (s) => s.receive("250 ok\r\n"), '"chunk" expected a Uint8Array, got string'],
    ...paths("mail", (path) => (s) => s.mail(path)),
    ["mail(null)", (s) => s.mail("a@b", null), '"options" expected an object, got null'],
    ["mail(misspelt)", (s) => s.mail("a@b", { reqiureTls: true }), "alone, got reqiureTls"],
    ["mail(body)", (s) => s.mail("a@b", { body: "7BIT" }), "alone, got body"],
    ["mail(force)", (s) => s.mail("a@b", { force: "yes" }), '"force" expected a boolean, got string'],
    ["mail(parameters)", (s) => s.mail("a@b", { parameters: {} }), '"parameters" expected an array, got object'],
    ["mail(parameters)", (s) => s.mail("a@b", { parameters: [null] }), '"parameters" expected an object, got null'],
    [
      "mail(parameters)",
      (s) => s.mail("a@b", { parameters: [{ keyword: 5, value: null }] }),
      '"parameters.keyword" expected a string, got number',
    ],
    [
      "mail(parameters)",
      (s) => s.mail("a@b", { parameters: [{ keyword: "X" }] }),
      '"parameters.value" expected a string, got undefined',
    ],
    ["mail(auth)", (s) => s.mail("a@b", { auth: null }), '"auth" expected a string or a path, got null'],
    ["mail(auth)", (s) => s.mail("a@b", { auth: 5 }), '"auth" expected a string or a path, got number'],
    ["mail(envid)", (s) => s.mail("a@b", { envid: 5 }), '"ENVID" expected xtext of printable ASCII, got number'],
    ["mail(envid)", (s) => s.mail("a@b", { envid: null }), '"ENVID" expected xtext of printable ASCII, got null'],
    ["mail(by)", (s) => s.mail("a@b", { by: null }), '"BY" expected seconds, a semicolon, and N or R'],
  ])("%s", (_, call, message) => {
    refuse(ready(), call, message);
  });

  it.each<Row>([
    ...paths("rcpt", (path) => (s) => s.rcpt(path)),
    ["rcpt(null)", (s) => s.rcpt("a@b", null), '"options" expected an object, got null'],
    ["rcpt(misspelt)", (s) => s.rcpt("a@b", { notfiy: "NEVER" }), "alone, got notfiy"],
    ["rcpt(force)", (s) => s.rcpt("a@b", { force: 0 }), '"force" expected a boolean, got number'],
    ["rcpt(parameters)", (s) => s.rcpt("a@b", { parameters: "X" }), '"parameters" expected an array, got string'],
    ["rcpt(orcpt)", (s) => s.rcpt("a@b", { orcpt: null }), '"ORCPT" expected an address type, a semicolon'],
    ["rcpt(orcpt)", (s) => s.rcpt("a@b", { orcpt: "a@b" }), '"ORCPT" expected an address type, a semicolon'],
    ["rcpt(rrvs)", (s) => s.rcpt("a@b", { rrvs: null }), '"RRVS" expected a date-time'],
  ])("%s", (_, call, message) => {
    refuse(ready(mailed), call, message);
  });

  it.each<Row>([
    ["bdat(null)", (s) => s.bdat(null), '"options" expected an object, got null'],
    ["bdat(eager)", (s) => s.bdat({ eager: 1 }), '"eager" expected a boolean, got number'],
    ["bdat(misspelt)", (s) => s.bdat({ eagre: true }), '"options" expected eager alone, got eagre'],
    ["burl(null)", (s) => s.burl(null), '"url" expected a string, got null'],
    ["burl(last)", (s) => s.burl("imap://x", { last: "no" }), '"last" expected a boolean, got string'],
    ["burl(misspelt)", (s) => s.burl("imap://x", { lats: true }), '"options" expected last alone, got lats'],
    ["burl(null options)", (s) => s.burl("imap://x", null), '"options" expected an object, got null'],
  ])("%s", (_, call, message) => {
    refuse(
      ready((s) => s.mail("a@example.com").rcpt("b@example.org")),
      call,
      message,
    );
  });

  it.each<Row>([
    ["write(text)", (s) => s.write("x"), '"bytes" expected a Uint8Array, got string'],
    ["write(null)", (s) => s.write(null), '"bytes" expected a Uint8Array, got null'],
    ["end(text)", (s) => s.end("x"), '"bytes" expected a Uint8Array, got string'],
    ["end(null)", (s) => s.end(null), '"bytes" expected a Uint8Array, got null'],
    ["content()", (s) => s.content(), '"content" expected a Uint8Array, or an iterable of them, got undefined'],
    ["content(text)", (s) => s.content("x"), '"content" expected a Uint8Array, or an iterable of them, got string'],
    ["content({})", (s) => s.content({}), '"content" expected a Uint8Array, or an iterable of them, got object'],
    ["content([5])", (s) => s.content([5]), '"bytes" expected a Uint8Array, got number'],
  ])("%s", (_, call, message) => {
    refuse(ready(written), call, message);
  });

  it.each<[string, (session: SmtpClientSession) => unknown, string | RegExp]>([
    ["no session", () => new SmtpTransaction(null as never, { from: "", to: ["a@b"] }), '"session" expected an object'],
    [
      "a misspelt option",
      (s) => new SmtpTransaction(s, { from: "", to: ["a@b"] }, { eagerBDAT: true } as object),
      '"options" expected content, chunking, eagerBdat alone, got eagerBDAT',
    ],
    [
      "an option of another type",
      (s) => new SmtpTransaction(s, { from: "", to: ["a@b"] }, { chunking: 0 } as object),
      '"chunking" expected a boolean, got number',
    ],
    [
      "a misspelt part of the envelope",
      (s) => new SmtpTransaction(s, { from: "", to: ["a@b"], requireTLS: true } as never),
      /^"envelope" expected content, .* alone, got requireTLS$/,
    ],
    ["no envelope", (s) => new SmtpTransaction(s, null as never), '"envelope" expected an object, got null'],
    [
      "what envelopes have no use for",
      (s) => new SmtpTransaction(s, { from: "", to: ["a@b"], force: true } as never),
      "alone, got force",
    ],
    [
      "a misspelt part of a recipient",
      (s) => new SmtpTransaction(s, { from: "", to: [{ to: "a@b", notfiy: "NEVER" } as never] }),
      '"to[0]" expected parameters, notify, orcpt, rrvs, conNeg alone, got notfiy',
    ],
    [
      "parameters that are no list",
      (s) => new SmtpTransaction(s, { from: "", to: [{ to: "a@b", parameters: 5 } as never] }),
      '"parameters" expected an array, got number',
    ],
  ])("a transaction with %s", (_, call, message) => {
    refuse(ready(), call, message);
  });

  it("another kind of content is none", () => {
    const session = ready();
    const mail = () => session.mail("a@b", { content: "8BIT" as "8bit" });
    expect(mail).toThrow(new RangeError('"content" expected one of 8bit, 7bit, binary, got 8BIT'));
    const auth = () => session.auth(echo(), { initialResponse: "always" as "never" });
    expect(auth).toThrow(new RangeError('"initialResponse" expected one of when it fits, never, got always'));
    expect(session.takeOutput()).toBeNull();
  });

  it("a path that was parsed is one", () => {
    const session = ready();
    session.mail(parseMailbox("a@example.com")!, { auth: parseMailbox("b@example.com")! });
    expect(session.state).toBe("mail");
  });
});
