import {
  type Command,
  type CommandOptions,
  encodeUnitext,
  encodeXtext,
  type Fault,
  type FaultCode,
  formatCapabilities,
  formatCommand,
  formatKeywords,
  formatLocalPart,
  formatParameters,
  formatPath,
  formatReply,
  isFault,
  type MailParameters,
  mailParameterSet,
  mailParameters,
  makeMailbox,
  parseCommand,
  parseForwardPath,
  parseParameters,
  type RcptParameters,
  type Reply,
  rcptParameterSet,
  rcptParameters,
  spreadAttributes,
  typeParameters,
} from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";

/** UTF-8 as one character an octet. */
const utf8 = (characters: string) => String.fromCharCode(...new TextEncoder().encode(characters));
const OFFERED: CommandOptions = { smtputf8State: "offered" };
const IN_FORCE: CommandOptions = { smtputf8State: "in-force" };

/** A fault's code, field and reply; and that it has words. */
function saidBy(found: object): readonly unknown[] {
  if (!isFault(found)) throw new Error(`no fault: ${JSON.stringify(found)}`);
  const { fault, field, text, reply }: Fault = found;
  expect(text).toMatch(/^[A-Za-z][ -~]{9,}[^ ]$/);
  expect(text).not.toContain("undefined");
  return [fault, field, reply.code, reply.enhanced];
}

describe("what a fault says", () => {
  it.each<[string, CommandOptions, FaultCode, string, number, string]>([
    ["", {}, "unknown-verb", "verb", 500, "5.5.2"],
    ["1", {}, "unknown-verb", "verb", 500, "5.5.2"],
    ["NOOP\tx", {}, "unknown-verb", "verb", 500, "5.5.2"],
    ["NOOP  x", { extraSpaces: false }, "invalid-argument", "argument", 501, "5.5.2"],
    ["NOOP \x01", {}, "invalid-octet", "argument", 501, "5.5.2"],
    ["NOOP \x7f", {}, "invalid-octet", "argument", 501, "5.5.2"],
    [`NOOP ${utf8("é")}`, OFFERED, "invalid-octet", "argument", 501, "5.5.2"],
    ["VRFY \xe9", OFFERED, "invalid-octet", "argument", 501, "5.5.2"],
    ...["DATA", "RSET", "QUIT", "STARTTLS"].map((verb): [string, CommandOptions, FaultCode, string, number, string] => [
      ...([`${verb} x`, {}, "unexpected-argument", "argument", 501, "5.5.4"] as const),
    ]),
    ["VRFY", {}, "missing-argument", "argument", 501, "5.5.4"],
    ["EXPN", {}, "missing-argument", "argument", 501, "5.5.4"],
    [`VRFY ${utf8("é")}`, {}, "invalid-octet", "argument", 501, "5.5.2"],
    [`VRFY ${utf8("é")}`, OFFERED, "invalid-octet", "argument", 501, "5.5.2"],
    ["EHLO", {}, "missing-argument", "name", 501, "5.5.4"],
    ["HELO", {}, "missing-argument", "name", 501, "5.5.4"],
    ["EHLO a_b", { helloName: false }, "invalid-argument", "name", 501, "5.5.4"],
    ["EHLO x y", { helloTrailing: false }, "invalid-argument", "name", 501, "5.5.4"],
    [`EHLO ${"x".repeat(256)}`, {}, "invalid-argument", "name", 501, "5.5.4"],
    ["MAIL", {}, "invalid-argument", "argument", 501, "5.5.2"],
    ["MAIL FRXM:<a@b>", {}, "invalid-argument", "argument", 501, "5.5.2"],
    ["MAIL FROM:<a\x7f@b>", {}, "invalid-octet", "argument", 501, "5.5.2"],
    ["MAIL TO:<a@b>", {}, "invalid-argument", "argument", 501, "5.5.2"],
    ["MAIL FROM<a@b>", {}, "invalid-argument", "argument", 501, "5.5.2"],
    ["MAIL FROM :<a@b>", {}, "invalid-argument", "argument", 501, "5.5.2"],
    ["MAIL FROM: <a@b>", { spaceAfterColon: false }, "invalid-path", "path", 501, "5.5.2"],
    ["MAIL FROM:a@b", {}, "invalid-path", "path", 501, "5.5.2"],
    ["MAIL FROM:<a>", {}, "invalid-path", "reverse-path", 501, "5.1.7"],
    ["RCPT TO:<a>", {}, "invalid-path", "forward-path", 501, "5.1.3"],
    ["RCPT TO:<>", {}, "invalid-path", "forward-path", 501, "5.1.3"],
    ["MAIL FROM:<a@b>X", {}, "invalid-path", "path", 501, "5.5.2"],
    ["MAIL FROM:<a@b> =x", {}, "invalid-parameter", "parameter", 501, "5.5.4"],
    ["MAIL FROM:<a@b> X=", {}, "invalid-parameter", "parameter", 501, "5.5.4"],
    ["MAIL FROM:<a@b>  X", { extraSpaces: false }, "invalid-parameter", "parameter", 501, "5.5.2"],
    ["MAIL FROM:<a@b> X x", {}, "repeated-parameter", "parameter", 501, "5.5.4"],
    ["MAIL FROM:<a@b> A B C D E F G H h", {}, "repeated-parameter", "parameter", 501, "5.5.4"],
    ["MAIL FROM:<a@b> A B C D E F G H I J b", {}, "repeated-parameter", "parameter", 501, "5.5.4"],
    ["MAIL FROM:<a@b> A B C D E F G H I J j", {}, "repeated-parameter", "parameter", 501, "5.5.4"],
    ["MAIL FROM:<a@b> MT-PRIORITY=1 MT-PRIORITY=1", {}, "repeated-parameter", "parameter", 501, "5.5.2"],
    [`MAIL FROM:<${utf8("é")}@b>`, {}, "invalid-path", "reverse-path", 501, "5.1.7"],
    [`MAIL FROM:<${utf8("é")}@b>`, OFFERED, "smtputf8-needed", "reverse-path", 550, "5.6.7"],
    [`MAIL FROM:<a@b> X=${utf8("é")}`, OFFERED, "smtputf8-needed", "parameter", 501, "5.5.4"],
    [`RCPT TO:<${utf8("é")}@b>`, OFFERED, "smtputf8-needed", "forward-path", 553, "5.6.7"],
    [`RCPT TO:<a@b> X=${utf8("é")} X`, IN_FORCE, "repeated-parameter", "parameter", 501, "5.5.4"],
    ["AUTH", {}, "missing-argument", "mechanism", 501, "5.5.4"],
    ["AUTH A!", {}, "invalid-argument", "mechanism", 501, "5.5.4"],
    ["AUTH X YQ== x", {}, "invalid-argument", "mechanism", 501, "5.5.4"],
    ["AUTH X =x", {}, "invalid-argument", "initial response", 501, "5.5.2"],
    ["BDAT", {}, "invalid-argument", "size", 501, "5.5.4"],
    ["BDAT 1 FIRST", {}, "invalid-argument", "size", 501, "5.5.4"],
    ["BURL 1imap:x", {}, "invalid-argument", "url", 501, "5.5.4"],
    ["BURL x", {}, "invalid-argument", "url", 501, "5.5.4"],
    ["ETRN -", {}, "invalid-argument", "node", 501, "5.5.4"],
    ["ETRN", {}, "invalid-argument", "node", 501, "5.5.4"],
    ["ATRN x", {}, "invalid-argument", "domains", 501, "5.5.4"],
    ["XCLIENT", {}, "missing-argument", "attributes", 501, "5.5.4"],
    ["XCLIENT FOO=x", {}, "invalid-argument", "attributes", 501, "5.5.4"],
    ["XCLIENT ADDR", {}, "invalid-argument", "attributes", 501, "5.5.4"],
    ["XFORWARD NAME=a NAME=b", {}, "invalid-argument", "attributes", 501, "5.5.4"],
  ])("%j with %j", (line, options, ...said) => {
    expect(saidBy(parseCommand(octets(line), options))).toEqual(said);
  });

  const set = { ...mailParameterSet, ...rcptParameterSet };
  it.each<[string, readonly string[], FaultCode, string, number, string, string | undefined]>([
    [" FOO", [], "unknown-parameter", "parameter", 555, "5.5.4", undefined],
    [" SIZE=1", [], "unknown-parameter", "SIZE", 555, "5.5.4", "SIZE"],
    [" BODY=7BIT", [], "unknown-parameter", "BODY", 555, "5.5.4", "8BITMIME or BINARYMIME"],
    [" CONPERM", [], "unknown-parameter", "CONPERM", 504, "5.5.4", "CONPERM"],
    [" CONNEG", [], "unknown-parameter", "CONNEG", 504, "5.5.4", "CONNEG"],
    [" SIZE=x", ["SIZE"], "invalid-parameter", "SIZE", 501, "5.5.4", undefined],
    [" SIZE", ["SIZE"], "invalid-parameter", "SIZE", 501, "5.5.4", undefined],
    [" BODY=8BIT", ["8BITMIME"], "invalid-parameter", "BODY", 501, "5.5.4", undefined],
    [" BODY=BINARYMIME", ["8BITMIME"], "invalid-parameter", "BODY", 555, "5.5.4", undefined],
    [" SMTPUTF8=x", ["SMTPUTF8"], "invalid-parameter", "SMTPUTF8", 501, "5.5.4", undefined],
    [" AUTH=+", ["AUTH"], "invalid-parameter", "AUTH", 501, "5.5.4", undefined],
    [" RET=x", ["DSN"], "invalid-parameter", "RET", 501, "5.5.4", undefined],
    [" ENVID=+", ["DSN"], "invalid-parameter", "ENVID", 501, "5.5.4", undefined],
    [" NOTIFY=x", ["DSN"], "invalid-parameter", "NOTIFY", 501, "5.5.4", undefined],
    [" ORCPT=x", ["DSN"], "invalid-parameter", "ORCPT", 501, "5.5.4", undefined],
    [" BY=x", ["DELIVERBY"], "invalid-parameter", "BY", 501, "5.5.4", undefined],
    [" BY=59;R", ["DELIVERBY 60"], "invalid-parameter", "BY", 555, "5.5.4", undefined],
    [" HOLDFOR=0", ["FUTURERELEASE 9 2030-01-01T00:00:00Z"], "invalid-parameter", "HOLDFOR", 501, "5.5.4", undefined],
    [" HOLDFOR=10", ["FUTURERELEASE 9 2030-01-01T00:00:00Z"], "invalid-parameter", "HOLDFOR", 501, "5.5.4", undefined],
    [
      " HOLDUNTIL=2031-01-01T00:00:00Z",
      ["FUTURERELEASE 9 2030-01-01T00:00:00Z"],
      ...(["invalid-parameter", "HOLDUNTIL", 501, "5.5.4", undefined] as const),
    ],
    [
      " HOLDUNTIL=2029-01-01T00:00:00Z HOLDFOR=1",
      ["FUTURERELEASE 9 2030-01-01T00:00:00Z"],
      ...(["invalid-parameter", "HOLDUNTIL", 501, "5.5.4", undefined] as const),
    ],
    [
      " HOLDFOR=9 BY=8;N",
      ["FUTURERELEASE 9 2030-01-01T00:00:00Z", "DELIVERBY"],
      ...(["invalid-parameter", "HOLDFOR", 501, "5.5.4", undefined] as const),
    ],
    [
      " HOLDFOR=1 HOLDUNTIL=2029-01-01T00:00:00Z",
      ["FUTURERELEASE 9 2030-01-01T00:00:00Z"],
      ...(["invalid-parameter", "HOLDFOR", 501, "5.5.4", undefined] as const),
    ],
    [" MT-PRIORITY=x", ["MT-PRIORITY"], "invalid-parameter", "MT-PRIORITY", 501, "5.5.2", undefined],
    [" REQUIRETLS=x", ["REQUIRETLS"], "invalid-parameter", "REQUIRETLS", 501, "5.5.4", undefined],
    [" SOLICIT=-", ["NO-SOLICITING"], "invalid-parameter", "SOLICIT", 501, "5.5.4", undefined],
    [" CONPERM=x", ["CONPERM"], "invalid-parameter", "CONPERM", 501, "5.5.4", undefined],
    [" RRVS=x", ["RRVS"], "invalid-parameter", "RRVS", 501, "5.5.4", undefined],
    [" CONNEG=x", ["CONNEG"], "invalid-parameter", "CONNEG", 501, "5.5.4", undefined],
  ])("the parameter%s where %j is offered", (parameters, offered, ...said) => {
    const keywords = new Map(offered.map((line) => line.split(" ")).map(([keyword, ...words]) => [keyword!, words]));
    const found = parseParameters(parameters);
    if (isFault(found)) throw new Error(found.text);
    const fault = typeParameters(set, found, (extension) => keywords.get(extension));
    expect([...saidBy(fault), (fault as Fault).extension]).toEqual(said);
  });
});

const mailbox = (address: string) => ({
  ...({ kind: "mailbox", address, localPart: "", domain: "", domainKind: "domain", route: [] } as const),
});
const reply = (given: Partial<Reply>) => formatReply({ code: 250, enhanced: null, lines: ["x"], ...given });
const command = (given: object) => formatCommand(given as Command);

describe("what a formatter refuses it names, and says what it expected", () => {
  it.each<[string, () => unknown]>([
    ["name", () => command({ verb: "EHLO", name: "" })],
    ["name", () => command({ verb: "EHLO", name: "a b" })],
    ["name", () => command({ verb: "HELO", name: "x".repeat(256) })],
    ["trailing", () => command({ verb: "HELO", name: "x", trailing: "a\nb" })],
    ["address", () => command({ verb: "MAIL", from: mailbox("a"), parameters: [] })],
    ["address", () => formatPath(mailbox("a@b>"))],
    ["to", () => command({ verb: "RCPT", to: { kind: "null", address: "" }, parameters: [] })],
    ["parameters", () => formatParameters([{ keyword: "X Y", value: null }])],
    [
      "parameters",
      () =>
        formatParameters([
          { keyword: "X", value: null },
          { keyword: "x", value: null },
        ]),
    ],
    ["argument", () => command({ verb: "NOOP", argument: "" })],
    ["argument", () => command({ verb: "HELP", argument: "x " })],
    ["argument", () => command({ verb: "VRFY", argument: " x" })],
    ["argument", () => command({ verb: "EXPN", argument: "é" })],
    ["argument", () => command({ verb: "other", name: "X", argument: "\t" })],
    ["name", () => command({ verb: "other", name: "X1", argument: null })],
    ["mechanism", () => command({ verb: "AUTH", mechanism: "a", initialResponse: null })],
    ["size", () => command({ verb: "BDAT", size: -1, last: true })],
    ["size", () => command({ verb: "BDAT", size: 0.5, last: true })],
    ["url", () => command({ verb: "BURL", url: "x", last: true })],
    ["node", () => command({ verb: "ETRN", option: null, node: "-" })],
    ["node", () => command({ verb: "ETRN", option: "#", node: "" })],
    ["node", () => command({ verb: "ETRN", option: "#", node: "a\r" })],
    ["domains", () => command({ verb: "ATRN", domains: [] })],
    ["domains", () => command({ verb: "ATRN", domains: ["x"] })],
    ["attributes", () => command({ verb: "XCLIENT", attributes: [] })],
    ["attributes", () => command({ verb: "XCLIENT", attributes: [{ name: "IDENT", value: "x" }] })],
    ["attributes", () => command({ verb: "XFORWARD", attributes: [{ name: "NAME", value: "x".repeat(256) }] })],
    [
      "attributes",
      () =>
        command({
          verb: "XFORWARD",
          attributes: [...["NAME", "HELO"].map((name) => ({ name, value: "x".repeat(255) }))],
        }),
    ],
    ["attributes", () => spreadAttributes({ verb: "XCLIENT", attributes: [{ name: "PORT", value: "x" }] })],
    ["code", () => reply({ code: 199 })],
    ["code", () => reply({ code: 260 })],
    ["enhanced", () => reply({ enhanced: "5.1.1" })],
    ["enhanced", () => reply({ enhanced: "2.1" as "2.1.1" })],
    ["lines", () => reply({ lines: [] })],
    ["reply", () => reply({ lines: ["a\rb"] })],
    ["reply", () => reply({ lines: ["x".repeat(507)] })],
    ["domain", () => formatCapabilities({ domain: "a b" })],
    ["greeting", () => formatCapabilities({ domain: "a", greeting: "\n" })],
    ["keyword", () => formatKeywords([["x", []]])],
    ["keyword", () => formatKeywords([["", []]])],
    ["X", () => formatKeywords([["X", ["a b"]]])],
    ["X", () => formatKeywords([["X", [""]]])],
    ["localPart", () => formatLocalPart("\n")],
    ["domain", () => makeMailbox("a", "b c")],
    ["text", () => encodeXtext("é")],
    ["address", () => encodeUnitext("\r", true)],
    ...(
      [
        ["SIZE", { size: -1 }],
        ["BODY", { body: "x" as "7BIT" }],
        ["SMTPUTF8", { smtputf8: false as never }],
        ["AUTH", { auth: mailbox("a") }],
        ["RET", { ret: "x" as "FULL" }],
        ["ENVID", { envid: "" }],
        ["ENVID", { envid: "x".repeat(101) }],
        ["SOLICIT", { solicit: ["a".repeat(1001)] }],
        ["BY", { by: { seconds: 0, mode: "R", trace: false } }],
        ["HOLDFOR", { holdFor: 0 }],
        ["HOLDUNTIL", { holdUntil: "x" }],
        ["MT-PRIORITY", { mtPriority: 10 }],
        ["REQUIRETLS", { requireTls: 1 as never }],
        ["SOLICIT", { solicit: [] }],
        ["CONPERM", { conPerm: null as never }],
      ] as [string, MailParameters][]
    ).map(([name, given]): [string, () => unknown] => [
      name === "AUTH" ? "address" : name,
      () => mailParameters(given),
    ]),
    ...(
      [
        ["NOTIFY", { notify: [] }],
        ["ORCPT", { orcpt: { type: "", address: "x" } }],
        ["ORCPT", { orcpt: { type: "rfc822", address: "\x01" } }],
        ["ORCPT", { orcpt: { type: "rfc822", address: "" } }],
        ["ORCPT", { orcpt: { type: "rfc822", address: "x".repeat(494) } }],
        ["ORCPT", { orcpt: { type: "utf-8", address: "" } }],
        ["RRVS", { rrvs: { since: "x", action: null } }],
        ["CONNEG", { conNeg: "x" as never }],
      ] as [string, RcptParameters][]
    ).map(([name, given]): [string, () => unknown] => [name, () => rcptParameters(given)]),
  ])("%s: %s", (field, call) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(new RegExp(`^"${field}" expected [ -~§^−]{4,}$`));
  });

  it.each<[string, () => unknown]>([
    ["name", () => command({ verb: "EHLO", name: "x".repeat(255) })],
    ["attributes", () => command({ verb: "XFORWARD", attributes: [{ name: "NAME", value: "x".repeat(255) }] })],
    ["code", () => reply({ code: 559, lines: ["x".repeat(506)] })],
    ["size", () => command({ verb: "BDAT", size: 0, last: false })],
    ["size", () => mailParameters({ size: 0 })],
    ["priority", () => mailParameters({ mtPriority: -9 })],
    ["identifier", () => mailParameters({ envid: "x".repeat(100) })],
    ["classes", () => mailParameters({ solicit: ["a".repeat(1000)] })],
    ["recipient", () => rcptParameters({ orcpt: { type: "rfc822", address: "x".repeat(493) } })],
  ])("the limit itself is taken: %s", (_, call) => {
    expect(call).not.toThrow();
  });

  it.each<[string, string, () => unknown]>([
    ["initialResponse", "a Uint8Array", () => command({ verb: "AUTH", mechanism: "X", initialResponse: 5 as never })],
    ["url", "a string", () => command({ verb: "BURL", url: 5 as never, last: true })],
  ])("another type: %s", (field, expected, call) => {
    expect(call).toThrow(new TypeError(`"${field}" expected ${expected}, got number`));
  });

  it("what needs SMTPUTF8 is told apart", () => {
    expect(() => formatPath(mailbox("é@b"))).toThrow(/^"address" has characters that need SMTPUTF8$/);
    expect(isFault(parseForwardPath("<é@b>"))).toBe(true);
  });
});
