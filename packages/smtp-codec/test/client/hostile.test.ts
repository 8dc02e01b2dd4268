import fc from "fast-check";
import { type SmtpClientSession, SmtpTransaction, type TransactionEvent, type TransactionReport } from "smtp-codec";
import { hostileText } from "smtp-codec/arbitraries";
import { byteByByte, chunkings, echo, linesOf, octets, pull, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { ready } from "../transaction/support.ts";

const EVERYTHING = [
  ...[
    "PIPELINING",
    "8BITMIME",
    "SMTPUTF8",
    "SIZE",
    "DSN",
    "DELIVERBY",
    "MT-PRIORITY",
    "RRVS",
    "NO-SOLICITING",
    "AUTH ECHO",
  ],
  ...[
    "FUTURERELEASE 99999999 2099-01-01T00:00:00Z",
    "EXPN",
    "ETRN",
    "ATRN",
    "XCLIENT NAME ADDR LOGIN",
    "XFORWARD NAME IDENT",
    "CHUNKING",
    "BURL imap",
  ],
];

type Field = readonly [name: string, (session: SmtpClientSession, value: string) => unknown];
const inMail =
  (options: (value: string) => object): Field[1] =>
  (s, value) =>
    s.mail("a@b", options(value));
const inRcpt =
  (options: (value: string) => object): Field[1] =>
  (s, value) =>
    s.mail("a@b").rcpt("c@d", options(value));

/** Every place of the client's interface that takes a text which reaches the wire. */
const FIELDS: readonly Field[] = [
  ["EHLO", (s, value) => s.ehlo(value)],
  ["HELO", (s, value) => s.helo(value)],
  ["HELP", (s, value) => s.help(value)],
  ["VRFY", (s, value) => s.vrfy(value)],
  ["VRFY with SMTPUTF8", (s, value) => s.vrfy(value, { smtputf8: true })],
  ["EXPN", (s, value) => s.expn(value)],
  ["ETRN", (s, value) => s.etrn(value)],
  ["ETRN with a queue", (s, value) => s.etrn(`#${value}`)],
  ["ATRN", (s, value) => s.atrn([value, "b.example"])],
  ["XCLIENT", (s, value) => s.xclient([{ name: "LOGIN", value }])],
  ["XCLIENT name", (s, value) => s.xclient([{ name: value as "ADDR", value: "192.0.2.1" }])],
  ["XFORWARD", (s, value) => s.xforward([{ name: "IDENT", value }])],
  ["XFORWARD name", (s, value) => s.xforward([{ name: value as "ADDR", value: "192.0.2.1" }])],
  ["mechanism", (s, value) => s.auth(echo(null, value), { force: true })],
  ["initial response", (s, value) => s.auth(echo(value))],
  ["BURL", (s, value) => s.mail("a@b").rcpt("c@d").burl(value)],
  ["BURL's path", (s, value) => s.mail("a@b").rcpt("c@d").burl(`imap://imap.example.com/${value}`)],
  ["a part by BURL", (s, value) => s.mail("a@b").rcpt("c@d").burl(value, { last: false })],
  ["sender", (s, value) => s.mail(value)],
  ["sender's local-part", (s, value) => s.mail(`${value}@example.com`)],
  ["sender's quoted local-part", (s, value) => s.mail(`"${value}"@example.com`)],
  ["sender's domain", (s, value) => s.mail(`a@${value}`)],
  [
    "sender as a path",
    (s, value) =>
      s.mail({ kind: "mailbox", address: value, localPart: "", domain: "", domainKind: "domain", route: [value] }),
  ],
  ["recipient", (s, value) => s.mail("a@b", { smtputf8: true }).rcpt(value)],
  ["recipient's local-part", (s, value) => s.mail("a@b", { smtputf8: true }).rcpt(`${value}@d`)],
  ["recipient as a path", (s, value) => s.mail("a@b").rcpt({ kind: "postmaster", address: value })],
  ["AUTH=", inMail((auth) => ({ auth }))],
  ["ENVID", inMail((envid) => ({ envid }))],
  ["RET", inMail((ret) => ({ ret }))],
  ["HOLDUNTIL", inMail((holdUntil) => ({ holdUntil }))],
  ["SOLICIT", inMail((value) => ({ solicit: [value] }))],
  ["BY", inMail((mode) => ({ by: { seconds: 300, mode, trace: false } }))],
  ["SIZE", inMail((size) => ({ size }))],
  ["MT-PRIORITY", inMail((mtPriority) => ({ mtPriority }))],
  ["a keyword of MAIL", inMail((keyword) => ({ parameters: [{ keyword, value: null }] }))],
  ["a value of MAIL", inMail((value) => ({ parameters: [{ keyword: "X", value }] }))],
  ["a value of MAIL with SMTPUTF8", inMail((value) => ({ smtputf8: true, parameters: [{ keyword: "X", value }] }))],
  ["NOTIFY", inRcpt((value) => ({ notify: [value] }))],
  ["ORCPT's type", inRcpt((type) => ({ orcpt: { type, address: "a@b" } }))],
  ["ORCPT", inRcpt((address) => ({ orcpt: { type: "rfc822", address } }))],
  [
    "ORCPT in UTF-8",
    (s, address) => s.mail("a@b", { smtputf8: true }).rcpt("c@d", { orcpt: { type: "utf-8", address } }),
  ],
  ["RRVS", inRcpt((since) => ({ rrvs: { since, action: null } }))],
  ["a keyword of RCPT", inRcpt((keyword) => ({ parameters: [{ keyword, value: null }] }))],
  ["a value of RCPT", inRcpt((value) => ({ parameters: [{ keyword: "X", value }] }))],
];

describe("[SMTP-2.3.8-5] no field can put a line end or NUL on the wire", () => {
  it.each(FIELDS)("%s", (_, field) => {
    fc.assert(
      fc.property(hostileText(), (value) => {
        const session = ready(EVERYTHING);
        let lines = 0;
        try {
          field(session, value);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        for (const line of text(session.takeOutputPieces()).split("\r\n")) {
          if (line !== "") lines++;
          expect(line).not.toMatch(/[\r\n\0]/);
        }
        expect(lines).toBeLessThanOrEqual(3);
      }),
      { numRuns: runs() },
    );
  });
});

/**
 * A report as it is compared: whether the end of content was taken before the connection ended hangs on how the replies
 * came.
 */
function withoutDoubt({ recipients, ...rest }: TransactionReport): object {
  const fates = recipients.map((fate) => (fate.code === null ? { to: fate.to, outcome: "without a reply" } : fate));
  return { ...rest, recipients: fates };
}

describe("whatever a server says", () => {
  const parts = fc.constantFrom(
    ...[
      "250 ok\r\n",
      "250 ok\r\n",
      "250-a\r\n250 b\r\n",
      "354 go\r\n",
      "354 go\r\n",
      "421 bye\r\n",
      "550 5.1.1 no\r\n",
      "452 x\r\n",
    ],
    ...[
      "552 5.5.3 x\r\n",
      "250 a\n",
      "\0",
      "25",
      "600 x\r\n",
      "250-a\r\n251 b\r\n",
      "hello\r\n",
      "334 x\r\n",
      "250-x\r\n".repeat(20_000),
    ],
  );
  const settings = fc.record({
    chunking: fc.boolean(),
    pipelining: fc.boolean(),
    eagerBdat: fc.boolean(),
    lmtp: fc.boolean(),
    split: fc.boolean(),
  });
  const answers = fc.array(parts, { maxLength: 16 }).map((all) => octets(all.join("")));
  const cut = answers.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));

  // Replies to the second part of a split transaction, here before its commands were given.
  const ahead = octets("250 ok\r\n552 5.5.3 x\r\n550 5.1.1 no\r\n354 go\r\n250 ok\r\n250 ok\r\n");
  const DATA_IN_PARTS = { chunking: false, pipelining: false, eagerBdat: false, lmtp: false, split: true };

  it("a transaction ends with one fate for each recipient, the same however the input is cut", () => {
    fc.assert(
      fc.property(cut, settings, ([input, chunks], { chunking, pipelining, eagerBdat, lmtp, split }) => {
        const run = (pieces: readonly Uint8Array[]) => {
          const keywords = [
            "8BITMIME",
            "CHUNKING",
            ...(pipelining ? ["PIPELINING"] : []),
            ...(split ? ["LIMITS RCPTMAX=2"] : []),
          ];
          const session = ready(keywords, { protocol: lmtp ? "lmtp" : "smtp" });
          const envelope = { from: "a@b", to: ["c@d", "e@f", "g@h"] };
          const content = [octets("one\r\n.\r\n"), octets("two")];
          const transaction = new SmtpTransaction(session, envelope, { content, chunking, eagerBdat });
          const events: TransactionEvent[] = [];
          const output: string[] = [];
          const go = (takes: boolean) => {
            for (const event of transaction) events.push(event);
            if (takes || session.waiting === "output") output.push(text(session.takeOutputPieces()));
          };
          go(true);
          // What was taken when a line came decides what it answers: that must not hang on the cuts.
          for (const piece of pieces.flatMap(linesOf)) {
            if (session.waiting !== "closed") session.receive(piece);
            go(piece.at(-1) === 0x0a);
          }
          if (!transaction.isOver) {
            session.receiveEnd();
            go(true);
          }
          expect(transaction.isOver).toBe(true);
          const fates = events.filter(({ type }) => type === "recipient");
          expect(fates).toHaveLength(3);
          pull(session, () => {});
          return { report: transaction.report, output: output.join("") };
        };
        const whole = run([input]);
        const others = [chunks, ...(input.length < 2000 ? [byteByByte(input)] : [])].map(run);
        for (const { report, output } of others) {
          expect(withoutDoubt(report)).toEqual(withoutDoubt(whole.report));
          expect(output.startsWith(whole.output) || whole.output.startsWith(output)).toBe(true);
        }
        const taken = whole.report.recipients.filter(({ outcome }) => outcome === "accepted");
        expect(taken.every(({ code }) => code !== null && code < 300)).toBe(true);
      }),
      { numRuns: runs(), examples: [[[ahead, [ahead]], DATA_IN_PARTS]] },
    );
  });
});
