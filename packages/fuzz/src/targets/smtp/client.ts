import type { SessionSnapshot } from "dot-stuffing/session";
import fc from "fast-check";
import { cramMd5Client, loginClient, plainClient, type SaslClient } from "sasl";
import { type SmtpClientEvent, type SmtpClientOptions, SmtpClientSession } from "smtp-codec";
import { hostileReplies, hostileText, mailboxes } from "smtp-codec/arbitraries";
import { octets } from "tools/testing";
import { holds, same } from "../../finding.ts";
import { Choices } from "../../input/choices.ts";
import type { Input, Op } from "../../input/input.ts";
import type { Target } from "../../target.ts";
import { choices } from "../decoder.ts";
import { checkOrder } from "../order.ts";
import { type Call, checkSession, clientPlay, ofClients, type Play, type SessionSetting } from "../session.ts";
import { serverLines } from "./lines.ts";

type Client = SmtpClientSession<SaslClient>;

function mechanismFor(name: string): SaslClient {
  const user = { authenticationIdentity: "tim", password: "tanstaaftanstaaf" };
  if (name === "LOGIN") return loginClient(user);
  return name === "CRAM-MD5" ? cramMd5Client(user) : plainClient(user);
}

const hosts = ["client.example.com", "[192.0.2.1]", "a b", "a\r\nQUIT", "\u010d\u010a"];
const addresses = ["a@example.com", "", "b@example.org", "\u00e9@b", "a@b\r\nRCPT TO:<x@y>", '"a b"@c', "Postmaster"];
const pieces = ["x\r\n", ".\r\n", "a\n.b", "\r", "\n", "..", "", "\r\n.\r\n", "\xff", "x".repeat(70_000)];

/** The methods of a client, each with texts that it is called with. */
const calls: Readonly<Record<string, Call<Client>>> = {
  ehlo: { does: (s, name) => s.ehlo(name), texts: hosts },
  helo: { does: (s, name) => s.helo(name), texts: hosts },
  mail: { does: (s, from) => s.mail(from), texts: addresses },
  mail7bit: { does: (s, from) => s.mail(from, { content: "7bit" }), event: "mail", texts: addresses },
  mailBinary: { does: (s, from) => s.mail(from, { content: "binary", size: 10 }), event: "mail", texts: addresses },
  rcpt: { does: (s, to) => s.rcpt(to), texts: addresses },
  rcptDsn: {
    does: (s, to) => s.rcpt(to, { notify: ["DELAY"], orcpt: { type: "rfc822", address: to } }),
    event: "rcpt",
    texts: addresses,
  },
  data: { does: (s) => s.data(), texts: [""] },
  bdat: { does: (s) => s.bdat(), event: null, texts: [""] },
  bdatEager: { does: (s) => s.bdat({ eager: true }), event: null, texts: [""] },
  write: { does: (s, text) => s.write(octets(text)), event: null, texts: pieces },
  end: { does: (s) => s.end(), event: null, texts: [""] },
  abort: { does: (s) => s.abort(), event: null, texts: [""] },
  rset: { does: (s) => s.rset(), texts: [""] },
  noop: { does: (s) => s.noop(), texts: [""] },
  help: { does: (s, topic) => s.help(topic || null), texts: ["", "MAIL", "a\r\nb"] },
  vrfy: { does: (s, name) => s.vrfy(name), texts: ["a", "", "a\r\nb", "\u00e9"] },
  expn: { does: (s, name) => s.expn(name), texts: ["list"] },
  starttls: { does: (s) => s.starttls(), texts: [""] },
  auth: {
    does: (s, name, keep) => {
      const mechanism = mechanismFor(name);
      s.auth(mechanism);
      keep(mechanism);
    },
    texts: ["PLAIN", "LOGIN", "CRAM-MD5"],
  },
  quit: { does: (s) => s.quit(), texts: [""] },
};

function optionsOf(choices: Choices): SmtpClientOptions {
  return {
    protocol: choices.pick("smtp", "lmtp"),
    pipelining: choices.pick(true, false),
    requireTls: choices.rarely(8),
    maxReplyLineLength: choices.pick(4096, 512),
    highWaterMark: choices.pick(65_536, 0, 100),
    lineEndings: choices.pick("normalize", "reject"),
    leniencies: {
      challengeNotBase64: choices.pick(true, false),
      textBehindChallenge: choices.pick(true, false),
      bareLfEndsReply: choices.rarely(8),
    },
  };
}

function setting(input: Input): SessionSetting {
  const options = optionsOf(new Choices(input.choices));
  // What the play that is looked at has given, by the events' types.
  let given: string[] = [];
  return {
    start() {
      const own: string[] = [];
      given = own;
      return application(options, own);
    },
    keeps: 600_000,
    check(played) {
      checkWire(played.output);
      // Content that was not ended, or broken off, has an event all the same.
      const events = (played.events as readonly SmtpClientEvent[]).filter(
        ({ type }) => type !== "message" && type !== "bdat",
      );
      checkOrder(given, events, played.waiting);
      checkDeliveries(played.events as readonly SmtpClientEvent[]);
    },
  };
}

function application(options: SmtpClientOptions, given: string[]): Play {
  const restored = (snapshot: SessionSnapshot, mechanism: SaslClient | null) =>
    SmtpClientSession.restore(snapshot, options, mechanism);
  return clientPlay<Client>(new SmtpClientSession<SaslClient>(options), restored, calls, given);
}

/** In LMTP the replies after a message are about its accepted recipients, in their order (RFC 2033 §4.2). */
function checkDeliveries(events: readonly SmtpClientEvent[]): void {
  let accepted: string[] = [];
  for (const event of events) {
    if (event.type === "mail" || event.type === "message") accepted = [];
    else if (event.type === "rcpt" && event.ok) accepted.push(event.to.address);
    else if (event.type === "delivery") same(event.to.address, accepted.shift(), "the recipient that a reply is about");
  }
}

/** Nothing that the application handed in has put a line end of its own on the wire: every CR and LF is of a CRLF. */
function checkWire(output: string): void {
  const lines = output.includes(" BODY=BINARYMIME") ? withoutChunks(output) : output;
  holds(!/\r(?!\n)|(?<!\r)\n/.test(lines), "a bare CR or LF is sent");
  holds(!lines.includes("\0"), "a NUL is sent");
}

/**
 * Binary content has any octets: what is sent without its chunks. Beside content of DATA, which may look like BDAT,
 * nothing can be told.
 */
function withoutChunks(output: string): string {
  if (output.includes("DATA\r\n")) return "";
  let lines = "";
  for (let at = 0; at < output.length; ) {
    const line = /[^\n]*\n?/y;
    line.lastIndex = at;
    const [text = ""] = line.exec(output) ?? [];
    lines += text;
    at += text.length + Number(/^BDAT (\d+)/.exec(text)?.[1] ?? 0);
  }
  return lines;
}

const callOp: fc.Arbitrary<Op> = fc.constantFrom(...Object.keys(calls)).chain((name) => {
  const texts = fc.constantFrom(...calls[name]!.texts);
  const text = ["mail", "rcpt"].includes(name)
    ? fc.oneof(
        texts,
        mailboxes().map(({ address }) => address),
        hostileText(),
      )
    : texts;
  return text.map((chosen): Op => ({ kind: "call", name, text: chosen }));
});
const octetsOp: fc.Arbitrary<Op> = fc
  .constantFrom(...serverLines)
  .map((line) => ({ kind: "octets", bytes: octets(line) }));

const greeting: readonly Op[] = [
  { kind: "octets", bytes: octets("220 mx.example.com ESMTP\r\n") },
  { kind: "call", name: "ehlo", text: "client.example.com" },
];
const offers = [
  "250-mx.example.com\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 1000\r\n250-AUTH PLAIN LOGIN CRAM-MD5\r\n250 STARTTLS\r\n",
  "250-mx.example.com\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
  "250-mx.example.com\r\n250-DSN\r\n250-EXPN\r\n250 8BITMIME\r\n",
];
const transaction: readonly Op[] = [
  { kind: "call", name: "mail", text: "a@example.com" },
  { kind: "call", name: "rcpt", text: "b@example.org" },
  { kind: "call", name: "rcpt", text: "a@example.com" },
  { kind: "call", name: "data", text: "" },
];
const answers: readonly Op[] = ["250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"].map((line) => ({
  kind: "octets",
  bytes: octets(line),
}));
const chunked: readonly Op[] = [
  { kind: "call", name: "mailBinary", text: "a@example.com" },
  { kind: "call", name: "rcpt", text: "b@example.org" },
  { kind: "octets", bytes: octets("250 ok\r\n250 ok\r\n") },
  { kind: "call", name: "bdat", text: "" },
  { kind: "call", name: "write", text: "x\r\n" },
];
const ends: readonly Op[] = [
  { kind: "call", name: "write", text: "x\r\n" },
  { kind: "call", name: "end", text: "" },
  { kind: "octets", bytes: octets("250 ok\r\n550 no\r\n") },
];

/** A client that sends one message, command by command, whatever is replied. */
function answered(replies: readonly Uint8Array[]): Op[] {
  const asks = [...greeting.slice(1), ...transaction.filter((_, at) => at !== 2), ends[0]!, ends[1]!];
  const given: Op[] = replies.flatMap((bytes, at): Op[] => [{ kind: "octets", bytes }, ...asks.slice(at, at + 1)]);
  return [...given, { kind: "call", name: "end", text: "" }, { kind: "call", name: "quit", text: "" }];
}

/** A client that is called in any order, by a server that says anything. */
export const smtpClient: Target = {
  name: "smtp-client",
  files: ["smtp-codec/src/client/", ...ofClients, "dot-stuffing/src/session/chunk-writer.ts"],
  lines: serverLines,
  calls: Object.fromEntries(Object.entries(calls).map(([name, { texts }]) => [name, texts])),
  inputs: fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          choices,
          fc.constantFrom([], ...offers.map((offer) => [...greeting, { kind: "octets", bytes: octets(offer) } as Op])),
          fc.constantFrom(
            [],
            transaction,
            [...transaction, ...answers],
            [...transaction, ...answers, ...ends],
            chunked,
            [...chunked, ...ends],
          ),
          fc.array(fc.oneof(callOp, octetsOp, fc.constant<Op>({ kind: "tls" })), { maxLength: 16 }),
        )
        .map(([chosen, beginning, sends, ops]) => ({
          choices: chosen,
          ops: [...beginning, ...sends, ...ops],
        })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(choices, hostileReplies())
        .map(([chosen, { replies }]) => ({ choices: chosen, ops: answered(replies) })),
    },
  ),
  run: (input) => checkSession(setting(input), input),
};
