import {
  effectiveReturn,
  flagParameter,
  formatCommand,
  formatParameters,
  isFault,
  type MailParameters,
  mailParameterSet,
  mailParameters,
  maxLineLength,
  type Offered,
  originalRecipient,
  type Parameter,
  parseCommand,
  parseMailbox,
  parseParameters,
  type RcptParameters,
  rcptParameterSet,
  rcptParameters,
  typeMailParameters,
  typeParameters,
  typeRcptParameters,
  valueParameter,
  writeParameters,
} from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, expectTypeOf, it } from "vitest";

const all: Offered = () => [];
const none: Offered = () => undefined;
const only =
  (...extensions: readonly string[]): Offered =>
  (extension) =>
    extensions.includes(extension) ? [] : undefined;

/** The typed parameters of a command's text, or the fault. */
function read(text: string, offered: Offered = all) {
  const verb = text.startsWith("MAIL") ? "MAIL" : "RCPT";
  const command = parseCommand(new TextEncoder().encode(text), { smtputf8State: "in-force" });
  if (isFault(command)) return command;
  if (command.verb !== verb) throw new Error(command.verb);
  return (verb === "MAIL" ? typeMailParameters : typeRcptParameters)(command.parameters, offered);
}
const mail = (text: string, offered?: Offered) => read(`MAIL FROM:<> ${text}`, offered);
const rcpt = (text: string, offered?: Offered) => read(`RCPT TO:<a@b> ${text}`, offered);
const written = (typed: MailParameters, offered?: Offered) => formatParameters(mailParameters(typed, offered)).trim();
const MALFORMED = { fault: "invalid-parameter", reply: { code: 501, enhanced: "5.5.4" } };
const UNKNOWN = { fault: "unknown-parameter", reply: { code: 555, enhanced: "5.5.4" } };

describe("parameters of MAIL and RCPT", () => {
  it.each(["\u017fIZE=1", "BODY=B\u0131NARYMIME", "RET=HDR\u017f"])("%s has no letters beyond ASCII", (text) => {
    expect(mail(`SMTPUTF8 ${text}`)).toMatchObject({ fault: "invalid-parameter" });
  });

  it("nor has NOTIFY", () => {
    expect(rcpt("NOTIFY=\u017fUCCESS")).toMatchObject(MALFORMED);
  });
});

describe("parameters of MAIL", () => {
  it.each<readonly [id: string, text: string, typed: MailParameters]>([
    ["[SIZE-3-3]", "SIZE=0", { size: 0 }],
    ["[SIZE-3-3]", "SIZE=9007199254740991", { size: 9007199254740991 }],
    ["[8BIT-2-1]", "BODY=7BIT", { body: "7BIT" }],
    ["[8BIT-2-1]", "BODY=BINARYMIME", { body: "BINARYMIME" }],
    ["[8BIT-2-1]", "BODY=8BITMIME SMTPUTF8", { body: "8BITMIME", smtputf8: true }],
    ["[AUTH-5-2]", "AUTH=<>", { auth: { kind: "null", address: "" } }],
    ["[AUTH-5-3]", "AUTH=e+3Dmc2@example.com", { auth: parseMailbox("e=mc2@example.com")! }],
    ["[DSN-4.3-1]", "RET=HDRS", { ret: "HDRS" }],
    ["[DSN-4.4-1]", "ENVID=QQ+2B314+20159", { envid: "QQ+314 159" }],
    ["[BY-4-1]", "BY=120;R", { by: { seconds: 120, mode: "R", trace: false } }],
    ["[BY-4-2]", "BY=-999999999;NT", { by: { seconds: -999_999_999, mode: "N", trace: true } }],
    ["[FUT-3-2]", "HOLDFOR=86400", { holdFor: 86_400 }],
    ["[FUT-3-2]", "HOLDUNTIL=2026-02-28T23:59:59.5Z", { holdUntil: "2026-02-28T23:59:59.5Z" }],
    ["[FUT-3-2]", "HOLDUNTIL=2024-02-29T00:00:00+00:00", { holdUntil: "2024-02-29T00:00:00+00:00" }],
    ["[PRIO-4.1-1]", "MT-PRIORITY=-9", { mtPriority: -9 }],
    ["[PRIO-4.1-1]", "MT-PRIORITY=0", { mtPriority: 0 }],
    ["[REQTLS-2-2]", "REQUIRETLS", { requireTls: true }],
    [
      "[SOL-2.3-1]",
      "SOLICIT=org.example:ADV:ADLT,net.Example:adv",
      { solicit: ["org.example:ADV:ADLT", "net.Example:adv"] },
    ],
    ["[CON-4.1-1]", "CONPERM", { conPerm: true }],
  ])("%s %s", (_, text, typed) => {
    expect(mail(text)).toEqual(typed);
    expect(written(typed)).toBe(text);
  });

  it.each<readonly [id: string, text: string, typed: MailParameters]>([
    ["[8BIT-2-1]", "body=8bitmime", { body: "8BITMIME" }],
    ["[DSN-4.3-1]", "ret=full", { ret: "FULL" }],
    ["[BY-4-1]", "by=+0;nt", { by: { seconds: 0, mode: "N", trace: true } }],
    ["[BY-4-1]", "BY=-0;N", { by: { seconds: 0, mode: "N", trace: false } }],
    ["[DSN-4-2]", "ENVID=a+3db", { envid: "a=b" }],
  ])("%s %s in another spelling", (_, text, typed) => {
    expect(mail(text)).toEqual(typed);
  });

  it.each([
    ...["SIZE", "SIZE=+1", "SIZE=1e3", "SIZE=1.0", "SIZE=0x1", `SIZE=${"1".repeat(21)}`].map((text) => [
      "[SIZE-3-3]",
      text,
    ]),
    ...["BODY", "BODY=8BIT", "BODY=7BITS"].map((text) => ["[8BIT-2-1]", text]),
    ...["SMTPUTF8=1"].map((text) => ["[UTF8-3.1-3]", text]),
    ...["AUTH", "AUTH=x", "AUTH=+", "AUTH=a+0Db@c", "AUTH=a+FFb@c"].map((text) => ["[AUTH-5-1]", text]),
    ...["RET", "RET=BODY"].map((text) => ["[DSN-4.3-1]", text]),
    ...["ENVID", "ENVID=a+0Ab", "ENVID=+00", "ENVID=+7F", "ENVID=+", "ENVID=+ff"].map((text) => ["[DSN-4.2-2]", text]),
    ...["BY", "BY=1", "BY=1;X", "BY=1;R;T", "BY=1;RTT", "BY=1234567890;N", "BY=0x1;N", "BY=;N"].map((text) => [
      "[BY-4-1]",
      text,
    ]),
    ...["BY=0;R", "BY=-1;R", "BY=+0;RT"].map((text) => ["[BY-4-2]", text]),
    ...["HOLDFOR", "HOLDFOR=0", "HOLDFOR=01", "HOLDFOR=+1", "HOLDFOR=1234567890"].map((text) => ["[FUT-3-2]", text]),
    ...[
      "2026-02-29T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:61Z",
    ].map((date) => ["[FUT-3-2]", `HOLDUNTIL=${date}`]),
    ...[
      "2026-01-01T00:00:00+01:00",
      "2026-01-01T00:00:00",
      "2026-01-01",
      "20260101T000000Z",
      "x",
      "2026-01-01T00:00:00+24:00",
    ].map((date) => ["[FUT-3-2]", `HOLDUNTIL=${date}`]),
    ...["REQUIRETLS=1"].map((text) => ["[REQTLS-2-2]", text]),
    ...["SOLICIT", "SOLICIT=1a", "SOLICIT=a,", "SOLICIT=a,,b", "SOLICIT=a/b", `SOLICIT=${"a".repeat(1001)}`].map(
      (text) => ["[SOL-2.3-1]", text],
    ),
    ...["CONPERM=YES"].map((text) => ["[CON-4.1-1]", text]),
  ])("%s [SMTP-4.1.1.11-2] %s is malformed", (_, text) => {
    expect(mail(text)).toMatchObject({ ...MALFORMED, field: text.split("=", 1)[0] });
  });

  it.each(["", "=", "+3", "03", "-0", "10", "-10", "x"])("[PRIO-4.1-1] MT-PRIORITY %j is a syntax error", (value) => {
    const fault = value === "" ? mail("MT-PRIORITY") : mail(`MT-PRIORITY=${value}`);
    expect(fault).toMatchObject({ fault: "invalid-parameter", reply: { code: 501 } });
    if (value !== "=") expect(fault).toMatchObject({ reply: { enhanced: "5.5.2" } });
  });

  it("[SIZE-3-3] a size of 20 digits neither wraps nor is lost", () => {
    expect(mail(`SIZE=${"9".repeat(20)}`)).toEqual({ size: Number.POSITIVE_INFINITY });
  });

  it.each([
    ["[SIZE-6-1]", "SIZE=1 size=2", "5.5.4"],
    ["[8BIT-3-1]", "BODY=7BIT BODY=7BIT", "5.5.4"],
    ["[DSN-4.5-1]", "RET=FULL X ret=HDRS", "5.5.4"],
    ["[PRIO-4.1-1]", "MT-PRIORITY=1 MT-PRIORITY=1", "5.5.2"],
    ["[SMTP-4.1.1.11-3]", "X-Y x-y", "5.5.4"],
  ])("%s %s: given twice", (_, text, enhanced) => {
    expect(mail(text)).toMatchObject({ fault: "repeated-parameter", reply: { code: 501, enhanced } });
  });

  it.each([
    ["[SMTP-4.1.1.11-1]", "FOO=1"],
    ["[SMTP-4.1.1.11-1]", "SIZE=1"],
    ["[SMTP-1845.2-1]", "TRANSID=<1@a>"],
    ["[SMTP-3885.2-1]", "MTRK=x"],
    ["[REQTLS-2-2]", "REQUIRETLS"],
    ["[8BIT-2-1]", "BODY=7BIT"],
  ])("%s %s is not offered", (_, text) => {
    expect(mail(text, none)).toMatchObject(UNKNOWN);
  });

  it.each([
    ["[DSN-5.1-2]", "MAIL FROM:<> NOTIFY=NEVER"],
    ["[DSN-5.1-2]", "MAIL FROM:<> ORCPT=rfc822;a@b"],
    ["[DSN-5.1-2]", "RCPT TO:<a@b> RET=FULL"],
    ["[DSN-5.1-2]", "RCPT TO:<a@b> ENVID=x"],
    ["[UTF8-3.1-3]", "RCPT TO:<a@b> SMTPUTF8"],
    ["[RRVS-3.1-1]", "MAIL FROM:<> RRVS=2026-01-01T00:00:00Z"],
    ["[CON-4.1-1]", "RCPT TO:<a@b> CONPERM"],
    ["[CON-4.1-1]", "MAIL FROM:<> CONNEG"],
  ])("%s %s is of the other command", (_, text) => {
    expect(read(text)).toMatchObject(UNKNOWN);
  });

  it("[CON-4.2-1] CONPERM and CONNEG have a reply of their own where they are not offered", () => {
    const reply = { code: 504, enhanced: "5.5.4" };
    expect(mail("CONPERM", none)).toMatchObject({ fault: "unknown-parameter", extension: "CONPERM", reply });
    expect(rcpt("CONNEG", none)).toMatchObject({ fault: "unknown-parameter", extension: "CONNEG", reply });
  });

  it.each([
    ["BODY=BINARYMIME", only("8BITMIME")],
    ["BODY=8BITMIME", only("BINARYMIME")],
  ] as const)("[8BIT-2-1] the value of %s is not offered", (text, offered) => {
    expect(mail(text, offered)).toMatchObject({ field: "BODY", reply: { code: 555, enhanced: "5.5.4" } });
    expect(mail("BODY=7BIT", offered)).toEqual({ body: "7BIT" });
  });

  it.each([
    ["DELIVERBY", ["240"], "BY=239;R", { code: 555, enhanced: "5.5.4" }],
    ["DELIVERBY", ["240"], "BY=240;R", null],
    ["DELIVERBY", ["240"], "BY=1;N", null],
    ["DELIVERBY", [], "BY=1;R", null],
    ["DELIVERBY", [",x"], "BY=1;R", null],
  ] as const)("[BY-3-1] announced %s %j: %s", (extension, parameters, text, reply) => {
    const found = mail(text, (keyword) => (keyword === extension ? parameters : undefined));
    if (reply === null) expect(found).toHaveProperty("by");
    else expect(found).toMatchObject({ reply });
  });

  it.each([
    ["HOLDFOR=86400", true],
    ["HOLDFOR=86401", false],
    ["HOLDUNTIL=2026-12-01T00:00:00Z", true],
    ["HOLDUNTIL=2026-12-01T00:00:00.001Z", false],
    ["HOLDFOR=1 HOLDUNTIL=2026-11-30T00:00:00Z", false],
    ["HOLDUNTIL=2026-11-30T00:00:00Z HOLDFOR=1", false],
  ])("[FUT-4.2-1] %s within the maxima: %s", (text, taken) => {
    const found = mail(text, () => ["86400", "2026-12-01T01:00:00+01:00"]);
    expect(isFault(found)).toBe(!taken);
    if (!taken) expect(found).toMatchObject(MALFORMED);
  });

  it.each([
    ["HOLDFOR=120 BY=120;R", true],
    ["BY=119;N HOLDFOR=120", false],
    ["HOLDFOR=1 BY=-1;N", false],
  ])("[FUT-5.2-1] %s: held no longer than it may take: %s", (text, taken) => {
    const found = mail(text);
    expect(isFault(found)).toBe(!taken);
    if (!taken) expect(found).toMatchObject(MALFORMED);
  });

  it("[REQTLS-5-1] REQUIRETLS makes RET=FULL mean HDRS", () => {
    expect(mail("REQUIRETLS RET=FULL")).toEqual({ requireTls: true, ret: "FULL" });
    expect(effectiveReturn({ requireTls: true, ret: "FULL" })).toBe("HDRS");
    expect([effectiveReturn({ ret: "FULL" }), effectiveReturn({})]).toEqual(["FULL", null]);
  });

  it.each(["", "AUTH=<>", "AUTH=a@b"])("[AUTH-5-2] %j is told apart", (text) => {
    expect(mail(text)).toEqual(
      text === "" ? {} : { auth: text.endsWith(">") ? { kind: "null", address: "" } : parseMailbox("a@b") },
    );
  });
});

describe("parameters of RCPT", () => {
  it.each<readonly [id: string, text: string, typed: RcptParameters]>([
    ["[DSN-4.1-1]", "NOTIFY=NEVER", { notify: "NEVER" }],
    ["[DSN-4.1-1]", "NOTIFY=SUCCESS,FAILURE,DELAY", { notify: ["SUCCESS", "FAILURE", "DELAY"] }],
    ["[DSN-4.2-1]", "ORCPT=rfc822;Bob+20B@a", { orcpt: { type: "rfc822", address: "Bob B@a" } }],
    ["[DSN-4.2-1]", "ORCPT=x-foo;any+09thing", { orcpt: { type: "x-foo", address: "any\tthing" } }],
    ["[RRVS-3.1-2]", "RRVS=2014-04-03T23:01:00Z", { rrvs: { since: "2014-04-03T23:01:00Z", action: null } }],
    [
      "[RRVS-5.1.1-1]",
      "RRVS=2014-04-03T23:01:00-05:00;C",
      { rrvs: { since: "2014-04-03T23:01:00-05:00", action: "C" } },
    ],
    ["[RRVS-5.1.1-1]", "RRVS=2014-04-03T23:01:00Z;R", { rrvs: { since: "2014-04-03T23:01:00Z", action: "R" } }],
    ["[CON-4.1-1]", "CONNEG", { conNeg: true }],
  ])("%s %s", (_, text, typed) => {
    expect(rcpt(text)).toEqual(typed);
    expect(formatParameters(rcptParameters(typed)).trim()).toBe(text);
  });

  it.each<readonly [id: string, text: string, typed: RcptParameters]>([
    ["[DSN-4.1-1]", "notify=never", { notify: "NEVER" }],
    ["[DSN-4.1-1]", "NOTIFY=delay,Success,DELAY", { notify: ["DELAY", "SUCCESS"] }],
    ["[DSN-4.1-2]", "", {}],
    ["[RRVS-3.1-2]", "RRVS=2014-04-03t23:01:00z;c", { rrvs: { since: "2014-04-03t23:01:00z", action: "C" } }],
  ])("%s %s in another spelling", (_, text, typed) => {
    expect(rcpt(text)).toEqual(typed);
  });

  it.each([
    ...["NOTIFY", "NOTIFY=NEVER,DELAY", "NOTIFY=,", "NOTIFY=DELAY,", "NOTIFY=X"].map((text) => ["[DSN-4.1-1]", text]),
    ...["ORCPT", "ORCPT=a@b", "ORCPT=;a@b", "ORCPT=rfc822;", "ORCPT=r@x;a", "ORCPT=rfc822;+"].map((text) => [
      "[DSN-4.2-1]",
      text,
    ]),
    ...["ORCPT=rfc822;a+0D+0Ab", "ORCPT=rfc822;+00", "ORCPT=rfc822;+1B"].map((text) => ["[DSN-4.2-2]", text]),
    ...[
      "RRVS",
      "RRVS=x",
      "RRVS=2014-04-03T23:01:00.1Z",
      "RRVS=2014-04-31T23:01:00Z",
      "RRVS=2014-04-03T23:01:00Z;X",
    ].map((text) => ["[RRVS-3.1-2]", text]),
    ...["RRVS=2014-04-03T23:01:00Z;C;R", "RRVS=2014-04-03T23:01:00Z;"].map((text) => ["[RRVS-3.1-2]", text]),
    ["[CON-4.1-1]", "CONNEG=x"],
  ])("%s %s is malformed", (_, text) => {
    expect(rcpt(text)).toMatchObject(MALFORMED);
  });

  it.each([
    ["utf-8;d\\x{F6}mi@b", "dömi@b"],
    ["UTF-8;\\x{4E16}\\x{10437}@b", "世𐐷@b"],
    ["utf-8;a\\x{20}\\x{5C}\\x{2B}\\x{3D}\\x{09}b", "a \\+=\tb"],
  ])("[UTF8-6533.3-1] ORCPT=%s is %j", (value, address) => {
    expect(rcpt(`ORCPT=${value}`, none)).toMatchObject(UNKNOWN);
    expect(rcpt(`ORCPT=${value}`, only("DSN"))).toEqual({ orcpt: { type: value.slice(0, 5), address } });
    expect(rcpt(`ORCPT=utf-8;${address.replace(/[ \\+=\t]/g, "")}`, only("DSN", "SMTPUTF8"))).toHaveProperty("orcpt");
  });

  it("takes UTF-8 as xtext under rfc822, as Postfix sends it, for a utf-8 address, where SMTPUTF8 is offered", () => {
    const value = "ORCPT=rfc822;bj+C3+B6rn+F0+90+90+B7%+2B+3D@b";
    const orcpt = { type: "utf-8", address: "bj\u00f6rn\u{10437}%+=@b" };
    expect(rcpt(value, only("DSN", "SMTPUTF8"))).toEqual({ orcpt });
    expect(rcpt(value.replace("rfc822", "RFC822"), only("DSN", "SMTPUTF8"))).toEqual({ orcpt });
    expect(rcpt(value, only("DSN"))).toMatchObject(MALFORMED);
    expect(rcpt(value.replace("rfc822", "x400"), only("DSN", "SMTPUTF8"))).toMatchObject(MALFORMED);
  });

  it.each([
    ...["+C3", "+C3+28", "+ED+A0+80", "+C0+AF", "+F4+90+80+80", "+FF", "+C3+B6+0D+0A", "+C3+B6+00", "+C2+85"],
    ...["+C3+B6+", "+C3+B6+G0", "+C3+B6=", "\u00f6"],
  ])("[DSN-4.2-2] rfc822;%s is malformed with SMTPUTF8 too", (value) => {
    expect(rcpt(`ORCPT=rfc822;${value}`)).toMatchObject(MALFORMED);
  });

  it.each([
    ...["\\x{D800}", "\\x{110000}", "\\x{0A}", "\\x{0d}", "\\x{00}", "\\x{1}", "\\x{0000041}", "\\x{", "\\x41", "\\"],
    ...["a+b", "a\\x{zz}", ""],
  ])("[UTF8-6533.3-1] utf-8;%s is malformed", (value) => {
    expect(rcpt(`ORCPT=utf-8;${value}`)).toMatchObject(MALFORMED);
  });

  it("[UTF8-6533.3-1] native characters need SMTPUTF8, and no C1 control is one", () => {
    const value = { keyword: "ORCPT", value: "utf-8;dömi@b" };
    expect(typeRcptParameters([value], only("DSN"))).toMatchObject(MALFORMED);
    expect(typeRcptParameters([value], all)).toEqual({ orcpt: { type: "utf-8", address: "dömi@b" } });
    expect(typeRcptParameters([{ ...value, value: "utf-8;d\u0085" }], all)).toMatchObject(MALFORMED);
  });

  it("[UTF8-6533.3-2] the 7-bit form is written unless the server takes more", () => {
    const typed: RcptParameters = { orcpt: { type: "utf-8", address: "dömi =+\\\x7f𐐷@b" } };
    expect(rcptParameters(typed)[0]!.value).toBe("utf-8;d\\x{F6}mi\\x{20}\\x{3D}\\x{2B}\\x{5C}\\x{7F}\\x{10437}@b");
    expect(rcptParameters(typed, all)[0]!.value).toBe("utf-8;dömi\\x{20}\\x{3D}\\x{2B}\\x{5C}\\x{7F}𐐷@b");
    for (const address of ["a\r\n", "\ud800", "\0", ""]) {
      expect(() => rcptParameters({ orcpt: { type: "utf-8", address } })).toThrow(RangeError);
    }
  });

  it("[DSN-4.2-3] the original recipient is the mailbox", () => {
    const orcpt = originalRecipient(parseMailbox("e=mc2@example.com")!);
    expect(formatParameters(rcptParameters({ orcpt }))).toBe(" ORCPT=rfc822;e+3Dmc2@example.com");
    expect(originalRecipient(parseMailbox("dömi@b", { smtputf8: true })!)).toEqual({
      type: "utf-8",
      address: "dömi@b",
    });
  });
});

describe("what is written", () => {
  it("[DSN-5.4-3] [DSN-5.4-1] no ENVID over 100 and no ORCPT over 500 octets, though longer ones are read", () => {
    const orcpt = (length: number): RcptParameters => ({ orcpt: { type: "rfc822", address: "a".repeat(length) } });
    expect(mailParameters({ envid: "a".repeat(100) })[0]!.value).toHaveLength(100);
    expect(() => mailParameters({ envid: "a".repeat(101) })).toThrow('"ENVID" expected');
    expect(rcptParameters(orcpt(493))[0]!.value).toHaveLength(500);
    expect(() => rcptParameters(orcpt(494))).toThrow('"ORCPT" expected');
    expect(mail(`ENVID=${"a".repeat(101)}`)).toHaveProperty("envid");
    expect(rcpt(`ORCPT=rfc822;${"a".repeat(501)} NOTIFY=SUCCESS,FAILURE,DELAY,DELAY`)).toHaveProperty("orcpt");
  });

  it.each<readonly [MailParameters | RcptParameters, string]>([
    [{ size: -1 }, '"SIZE" expected'],
    [{ size: 1.5 }, '"SIZE" expected'],
    [{ body: "8BIT" as "7BIT" }, '"BODY" expected 7BIT, 8BITMIME or BINARYMIME'],
    [{ ret: "" as "FULL" }, '"RET" expected'],
    [{ envid: "a\r\nb" }, '"ENVID" expected'],
    [{ envid: "" }, '"ENVID" expected'],
    [{ envid: "é" }, '"text" expected ASCII'],
    [{ by: { seconds: 0, mode: "R", trace: false } }, '"BY" expected'],
    [{ by: { seconds: 1e9, mode: "N", trace: false } }, '"BY" expected'],
    [{ holdFor: 0 }, '"HOLDFOR" expected'],
    [{ holdUntil: "2026-01-01T00:00:00+01:00" }, '"HOLDUNTIL" expected'],
    [{ mtPriority: 10 }, '"MT-PRIORITY" expected'],
    [{ solicit: [] }, '"SOLICIT" expected'],
    [{ requireTls: false as never }, '"REQUIRETLS" expected true'],
    [{ notify: [] }, '"NOTIFY" expected'],
    [{ orcpt: { type: "a b", address: "x" } }, '"ORCPT" expected'],
    [{ rrvs: { since: "x", action: null } }, '"RRVS" expected'],
    [{ foo: 1 } as never, '"foo" is no parameter of the set'],
    [{ constructor: 1 } as never, '"constructor" is no parameter of the set'],
  ])("%j is refused", (typed, message) => {
    const set = { ...mailParameterSet, ...rcptParameterSet };
    expect(() => writeParameters(set, typed)).toThrow(message);
  });

  it("what is undefined is left out", () => {
    expect(writeParameters<typeof mailParameterSet>(mailParameterSet, { size: undefined } as never)).toEqual([]);
  });

  it.each([
    [[{ keyword: "X", value: "a\r\nQUIT" }], "expected keyword or keyword=value"],
    [[{ keyword: "X", value: "" }], "expected keyword or keyword=value"],
    [[{ keyword: "X Y", value: null }], "expected keyword or keyword=value"],
    [[{ keyword: "", value: null }], "expected keyword or keyword=value"],
    [
      [
        { keyword: "X", value: "1" },
        { keyword: "x", value: "2" },
      ],
      "expected X once",
    ],
    [[{ keyword: "X", value: "é" }], "expected keyword or keyword=value"],
  ])("[SMTP-4.1.2-9] %j cannot be written", (parameters, message) => {
    expect(() => formatParameters(parameters)).toThrow(message);
  });

  it.each(["KEY=", "=v", "KEY=a=b", "-K", "K_", "K=\x7f", "K=a\tb"])(
    "[SMTP-4.1.2-9] [SMTP-2821.4.1.2-1] %j is no parameter",
    (text) => {
      expect(parseCommand(octets(`MAIL FROM:<> ${text}`))).toMatchObject({ reply: { code: 501 } });
    },
  );

  it("[SMTP-4.1.2-9] parameters can be read by themselves", () => {
    const found = [
      { keyword: "A", value: "1" },
      { keyword: "B", value: null },
    ];
    expect(parseParameters(" a=1 B ")).toEqual(found);
    expect(parseParameters("<>  a=1  B", 2)).toEqual(found);
    expect([parseParameters(""), parseParameters(" ")]).toEqual([[], []]);
    expect(parseParameters("a=1")).toMatchObject({ fault: "invalid-path" });
    const many = Array.from({ length: 20_000 }, (_, index) => ` K${index}`).join("");
    expect(parseParameters(many)).toHaveLength(20_000);
  });

  it("[SMTP-4.1.2-10] order, case and octets of values are kept", () => {
    const line = "MAIL FROM:<a@b> X-1=!aB~ SIZE=007 9=<>";
    const command = parseCommand(octets(line));
    expect(command).toMatchObject({
      parameters: [
        { keyword: "X-1", value: "!aB~" },
        { keyword: "SIZE", value: "007" },
        { keyword: "9", value: "<>" },
      ],
    });
    expect(formatCommand(command as never)).toBe(`${line}\r\n`);
  });
});

describe("the longest commands", () => {
  it.each([
    ["[SMTP-2.2.2-2]", [], 512, 512],
    ["[SIZE-3-4]", ["SIZE"], 538, 512],
    ["[8BIT-2-3]", ["8BITMIME"], 526, 512],
    ["[CHUNK-3-6]", ["8BITMIME", "BINARYMIME"], 528, 512],
    ["[UTF8-3.1-4]", ["SMTPUTF8"], 522, 512],
    ["[AUTH-3-4]", ["AUTH"], 1012, 512],
    ["[DSN-5.4-2]", ["DSN"], 628, 1048],
    ["[BY-2-1]", ["DELIVERBY"], 529, 512],
    ["[FUT-3-1]", ["FUTURERELEASE"], 546, 512],
    ["[PRIO-3-1]", ["MT-PRIORITY"], 527, 512],
    ["[RRVS-3.1-1]", ["RRVS"], 512, 545],
    ["[REQTLS-2-1]", ["REQUIRETLS"], 523, 512],
    ["[SOL-2.3-1]", ["NO-SOLICITING"], 1521, 512],
    ["[CON-4.1-1]", ["CONPERM", "CONNEG"], 520, 519],
    ["[SMTP-2.2.2-2]", ["SIZE", "8BITMIME", "DSN", "RRVS"], 668, 1081],
  ] as const)("%s with %j: %i and %i octets", (_, extensions, most, rcptMost) => {
    expect(maxLineLength(mailParameterSet, only(...extensions))).toBe(most);
    expect(maxLineLength(rcptParameterSet, only(...extensions))).toBe(rcptMost);
  });
});

describe("parameters from outside", () => {
  const mtrk: Parameter<{ readonly certifier: string }> = valueParameter({
    keyword: "MTRK",
    extensions: { MTRK: 40 },
    expected: "a certifier",
    parse: (value) => (value.length <= 28 ? { certifier: value } : null),
    format: ({ certifier }) => certifier,
  });
  const set = { ...mailParameterSet, mtrk, flag: flagParameter("X-FLAG", 7) };

  it("[SMTP-4.1.1.11-1] are typed, judged and written as those known here", () => {
    const parameters = [
      { keyword: "MTRK", value: "abc" },
      { keyword: "SIZE", value: "5" },
      { keyword: "X-FLAG", value: null },
    ];
    const typed = typeParameters(set, parameters, all);
    if (isFault(typed)) throw new Error(typed.text);
    expectTypeOf(typed.mtrk).toEqualTypeOf<{ readonly certifier: string } | undefined>();
    expectTypeOf(typed.size).toEqualTypeOf<number | undefined>();
    expectTypeOf(typed.flag).toEqualTypeOf<true | undefined>();
    expect(typed).toEqual({ mtrk: { certifier: "abc" }, size: 5, flag: true });
    expect(writeParameters(set, typed)).toEqual(parameters);
    expect(typeParameters(set, parameters, only("SIZE"))).toMatchObject({
      ...UNKNOWN,
      field: "MTRK",
      extension: "MTRK",
    });
    expect(typeParameters(set, [{ keyword: "MTRK", value: null }], all)).toMatchObject(MALFORMED);
    expect(maxLineLength(set, only("MTRK", "X-FLAG"))).toBe(559);
  });
});
