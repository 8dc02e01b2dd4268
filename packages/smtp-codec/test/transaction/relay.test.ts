/** A relay: whatever our server has accepted goes on to a next hop, or it is said why not. Nothing throws. */
import fc from "fast-check";
import {
  type Capabilities,
  type Envelope,
  envelopeProblems,
  formatCapabilities,
  formatCommand,
  mailParameters,
  type Parameter,
  parseCapabilities,
  parseCommand,
  parseMailbox,
  rcptParameters,
  SmtpClientSession,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
  SmtpTransaction,
  writeParameters,
} from "smtp-codec";
import { capabilities, envelopes } from "smtp-codec/arbitraries";
import { drive, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { GREETING } from "../client/support.ts";
import { run } from "../readme-blocks.ts";
import { accept } from "../support.ts";
import { OK, play, ready } from "./support.ts";

type Message = Extract<SmtpServerEvent, { type: "message" }>;
const envelopeOf = run<(event: Message, own?: object) => Envelope>("export function envelopeOf", "envelopeOf", {
  writeParameters,
});

const mtrk: Parameter<string> = {
  keyword: "MTRK",
  extensions: { MTRK: 400 },
  expected: "a certifier",
  parse: (value) => value,
  format: (value) => value,
};
const own = { mail: { mtrk }, rcpt: { mtrk } };

/** A server that offers all that there is, and is as lenient as can be. */
const EVERYTHING: SmtpServerOptions = {
  host: "mx.example.com",
  ...{ protocol: "submission", tls: true, requireAuth: false, mechanisms: ["PLAIN"] },
  ...{ chunking: true, binaryMime: true, smtputf8: true, dsn: true, deliverBy: {}, mtPriority: {}, noSoliciting: [] },
  ...{ rrvs: true, requireTlsParameter: true, conPerm: true, conNeg: true, maxMessageSize: Number.POSITIVE_INFINITY },
  futureRelease: { maxInterval: 999_999_999, maxDateTime: "9999-01-01T00:00:00Z" },
  extensions: { MTRK: [] },
  ...{ mailParameters: own.mail, rcptParameters: own.rcpt },
  leniencies: { underscoreInDomain: true, unqualifiedMailbox: true, trailingDotInDomain: true, ipv6WithoutTag: true },
};

/** What a relay makes of these commands; null: its server has refused them. */
function relayed(commands: string): Envelope | null {
  const session = new SmtpServerSession(EVERYTHING);
  let envelope: Envelope | null = null;
  drive(session, [octets(`EHLO a.example\r\n${commands}BDAT 2 LAST\r\nhi`)], (event) => {
    if (event.type === "message") envelope = envelopeOf(event, own);
    accept(session, event);
  });
  return envelope;
}

/** A session with a next hop that offers this. */
function hop(offered: Capabilities, tls: boolean): SmtpClientSession {
  const session = new SmtpClientSession({ tls });
  for (const _ of session.receive(octets(GREETING)));
  session.ehlo("relay.example.com").takeOutputPieces();
  const lines = formatCapabilities(offered);
  const reply = lines.map((line, at) => `250${at === lines.length - 1 ? " " : "-"}${line}\r\n`).join("");
  for (const _ of session.receive(octets(reply)));
  return session;
}

/** A command with a parameter in the place of its own of that name. */
function withParameter(line: string, parameter: string): string {
  const [keyword] = parameter.split("=", 1);
  const left = keyword === "" ? line : line.replace(new RegExp(`${keyword}=\\S+`), "");
  return `${left.trimEnd()}${parameter}\r\n`;
}

/** A MAIL command with another sender, who is written in no way that a client may. */
function withSender(line: string, sender: string | null): string {
  return sender === null ? line : line.replace(/<.*>(?= |\r)/, `<${sender}>`);
}

describe("what a server has taken, and a client cannot send", () => {
  const ALL = ["8BITMIME", "DSN", "SMTPUTF8", "DELIVERBY 60", "FUTURERELEASE 100 2030-01-01T00:00:00Z", "PIPELINING"];
  const MAIL = "MAIL FROM:<a@b.example>";
  const RCPT = "RCPT TO:<c@d.example>";
  const long = (octetCount: number) => "x".repeat(octetCount);
  const mailbox = '"from" expected a mailbox such as user@example.com, or "" for the null path';
  const recipient = '"to" expected a mailbox such as user@example.com, or Postmaster';

  it.each<readonly [string, string, string, object]>([
    [
      "[DSN-5.4-3] ENVID over 100 octets",
      `${MAIL} ENVID=${long(101)}`,
      RCPT,
      {
        ...{ code: "not-sendable", extension: "DSN" },
        text: '"ENVID" expected printable ASCII that is at most 100 octets as xtext',
      },
    ],
    [
      "[DSN-5.4-3] ORCPT over 500 octets",
      MAIL,
      `${RCPT} ORCPT=rfc822;${long(501)}`,
      {
        ...{ code: "not-sendable", extension: "DSN", recipient: 0 },
        text: '"ORCPT" expected an atom and an address, at most 500 octets as they are written',
      },
    ],
    [
      "BY below the minimum",
      `${MAIL} BY=30;R`,
      RCPT,
      { code: "not-taken", extension: "DELIVERBY", text: '"BY" expected at least 60 seconds with mode R' },
    ],
    [
      "HOLDFOR beyond the maximum",
      `${MAIL} HOLDFOR=500`,
      RCPT,
      { code: "not-taken", extension: "FUTURERELEASE", text: '"HOLDFOR" expected at most 100 seconds' },
    ],
    [
      "HOLDUNTIL beyond the maximum",
      `${MAIL} HOLDUNTIL=2031-01-01T00:00:00Z`,
      RCPT,
      { code: "not-taken", extension: "FUTURERELEASE", text: '"HOLDUNTIL" expected an earlier date-time' },
    ],
    [
      "an underscore in a recipient's domain",
      MAIL,
      "RCPT TO:<c@my_host.example>",
      { code: "not-sendable", extension: null, recipient: 0, text: recipient },
    ],
    ["a sender without a domain", "MAIL FROM:<tim>", RCPT, { code: "not-sendable", extension: null, text: mailbox }],
    [
      "a sender with a dot at its end",
      "MAIL FROM:<a@b.example.>",
      RCPT,
      { code: "not-sendable", extension: null, text: mailbox },
    ],
    [
      "a command that is too long for who does not know the parameter",
      `${MAIL} MTRK=${long(900)}`,
      RCPT,
      {
        code: "not-sendable",
        extension: null,
        text: expect.stringMatching(/^"MAIL" expected a command of at most \d+ octets/),
      },
    ],
  ])("%s is a problem, and nothing is sent", (_, mail, rcpt, problem) => {
    const envelope = relayed(`${mail}\r\n${rcpt}\r\n`);
    expect(envelope).not.toBeNull();
    const session = ready(ALL);
    const transaction = new SmtpTransaction(session, envelope!, { content: octets("hi\r\n") });
    expect(transaction.report?.problems).toEqual([problem]);
    expect(envelopeProblems(envelope!, session.capabilities!, false)).toEqual([problem]);
    expect(session.takeOutput()).toBeNull();
  });

  it("a parameter of one's own goes as it is written", () => {
    const envelope = relayed(`${MAIL} MTRK=abc\r\n${RCPT} MTRK=def NOTIFY=NEVER\r\n`);
    const session = ready(ALL);
    expect(new SmtpTransaction(session, envelope!).isOver).toBe(false);
    expect(text(session.takeOutputPieces())).toBe(
      `${MAIL} BODY=8BITMIME MTRK=abc\r\n${RCPT} NOTIFY=NEVER MTRK=def\r\nDATA\r\n`,
    );
  });

  it.each<readonly [string, string, string, readonly string[], string]>([
    ["[8BIT-2-2] ASCII that was labelled goes to a hop without 8BITMIME", " BODY=8BITMIME", "hi", [], ""],
    ["ASCII that was labelled keeps its label elsewhere", " BODY=8BITMIME", "hi", ["8BITMIME"], " BODY=8BITMIME"],
    ["ASCII without a label has none", "", "hi", ["8BITMIME"], ""],
    ["8-bit content without a label has one", "", "h\xe9", ["8BITMIME"], " BODY=8BITMIME"],
  ])("%s", (_, body, content, keywords, label) => {
    const session = ready(["PIPELINING", ...keywords]);
    const transaction = new SmtpTransaction(session, relayed(`${MAIL}${body}\r\n${RCPT}\r\n`)!, {
      content: octets(content),
    });
    expect(text(session.takeOutputPieces())).toBe(`${MAIL}${label}\r\n${RCPT}\r\nDATA\r\n`);
    for (const _ of session.receive(octets(`${OK}${OK}354 go\r\n`)) && transaction);
    expect(text(session.takeOutputPieces())).toBe(`${content}\r\n.\r\n`);
  });

  it("8-bit content is a problem where 8BITMIME is not offered, labelled or not", () => {
    for (const body of ["", " BODY=8BITMIME"]) {
      const session = ready(["PIPELINING"]);
      const envelope = relayed(`${MAIL}${body}\r\n${RCPT}\r\n`)!;
      const { report } = new SmtpTransaction(session, envelope, { content: octets("h\xe9") });
      expect(report?.problems).toMatchObject([{ code: "not-offered", extension: "8BITMIME" }]);
      expect(session.takeOutput()).toBeNull();
    }
  });

  it("problems of several recipients each have their place", () => {
    const odd = { ...parseMailbox("c@d.example")!, address: "c@my_host.example" };
    const envelope = { from: "a@b", content: "7bit", to: [odd, "e@f", { to: odd }] } as const;
    const { report } = play([], { envelope }).transaction;
    expect(report?.problems.map((problem) => problem.recipient)).toEqual([0, 2]);
    expect(report?.recipients[0]).toMatchObject({ to: odd, outcome: "not-accepted" });
  });

  it("a size beyond all figures is too big for anyone", () => {
    const envelope = { from: "a@b", to: ["c@d"], content: "7bit", size: Number.POSITIVE_INFINITY } as const;
    expect(envelopeProblems(envelope, ready(["SIZE"]).capabilities!, false)).toMatchObject([{ code: "too-big" }]);
  });

  /** Envelopes as commands, with addresses and values that only a lenient server takes among them. */
  const commands = fc
    .record({
      envelope: fc.boolean().chain((smtputf8) => envelopes({ smtputf8 })),
      sender: fc.option(fc.constantFrom("tim", "a@b_c.example", "a@b.example.", "a@[2001:db8::1]"), { freq: 1 }),
      recipient: fc.option(fc.constantFrom("tim", "a@b_c.example"), { freq: 1 }),
      ofMail: fc.constantFrom("", ` ENVID=${long(101)}`, ` MTRK=${long(40)}`, " SIZE=99999999999999999999"),
      ofRcpt: fc.constantFrom("", ` ORCPT=rfc822;${long(501)}`, ` ORCPT=rfc822;${"+C3+B6".repeat(70)}`, " MTRK=x"),
      isOdd: fc.boolean(),
    })
    .map(({ envelope: { from, parameters, recipients }, isOdd, ...odd }) => {
      const smtputf8 = parameters.smtputf8 === true;
      const offered = (extension: string) => (extension !== "SMTPUTF8" || smtputf8 ? [] : undefined);
      const mail = formatCommand({ verb: "MAIL", from, parameters: mailParameters(parameters, offered) }, { smtputf8 });
      const [first, ...others] = recipients.map(({ to, parameters: each }) =>
        formatCommand({ verb: "RCPT", to, parameters: rcptParameters(each, offered) }, { smtputf8 }),
      );
      const strange = odd.recipient === null ? [] : [`RCPT TO:<${odd.recipient}>\r\n`];
      const lines = isOdd
        ? [
            withSender(withParameter(mail, odd.ofMail), odd.sender),
            withParameter(first!, odd.ofRcpt),
            ...strange,
            ...others,
          ]
        : [mail, first, ...others];
      return text(new TextEncoder().encode(lines.join("")));
    });

  /** What a hop says that has everything, with limits like these. */
  const everything = (...limited: readonly string[]) =>
    parseCapabilities({
      lines: [
        ...["mx", "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "DSN", "RRVS", "REQUIRETLS"],
        ...["CONPERM", "CONNEG", "MT-PRIORITY", "NO-SOLICITING", ...limited],
      ],
    });
  const wide = everything("SIZE", "DELIVERBY", "FUTURERELEASE 999999999 9999-01-01T00:00:00Z");
  const narrow = everything(
    "DELIVERBY 99999999",
    "FUTURERELEASE 9999 2000-01-01T00:00:00Z",
    "LIMITS RCPTMAX=2 MAILMAX=2",
  );
  const hops = fc.oneof(capabilities(), fc.constantFrom(wide, narrow));

  it("[DSN-4.4-1] nothing throws, whatever our server has accepted and the next hop offers", () => {
    const numRuns = runs(3);
    const seen = { sent: 0, problems: new Set<string>() };
    fc.assert(
      fc.property(commands, hops, fc.boolean(), fc.boolean(), (lines, offered, tls, whole) => {
        const envelope = relayed(lines);
        if (envelope === null) return;
        const session = hop(offered, tls);
        const { capabilities: known, remaining } = session;
        const problems = envelopeProblems(envelope, known!, tls, remaining.mails);
        const transaction = new SmtpTransaction(session, envelope, whole ? { content: octets("hi\r\n") } : {});
        const output = text(session.takeOutputPieces());
        const { report, isOver } = transaction;
        if (!whole) expect(report.problems).toEqual(problems);
        for (const { code } of problems) seen.problems.add(code);
        if (!isOver) seen.sent++;
        expect(output === "").toBe(isOver);
        for (const line of output.split("\r\n").slice(0, -1)) {
          expect(parseCommand(octets(line), { smtputf8State: "in-force" })).not.toHaveProperty("fault");
        }
      }),
      { numRuns },
    );
    if (numRuns < 100) return;
    expect([...seen.problems].sort()).toEqual(["not-offered", "not-sendable", "not-taken"]);
    expect(seen.sent).toBeGreaterThan(0);
  });
});
