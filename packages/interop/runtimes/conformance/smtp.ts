/** SMTP: a server before hostile clients, a client before servers of all kinds, both together, the syntax, recordings and snapshots. */
import { content } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { exchanges } from "sasl/arbitraries";
import {
  formatCapabilities,
  formatCommand,
  formatPath,
  formatReply,
  type MailOptions,
  parseCapabilities,
  parseCommand,
  parseForwardPath,
  parseMailbox,
  ReplyAssembler,
  type SaslServer,
  type SmtpClientEvent,
  SmtpClientSession,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
} from "smtp-codec";
import {
  capabilities,
  commands,
  envelopes,
  forwardPaths,
  hostileText,
  mailboxes,
  replies,
} from "smtp-codec/arbitraries";
import { recordServer, replayServer } from "smtp-codec/recording";
import { octets } from "../../../tools/src/testing/bytes.ts";
import type { Log } from "./log.ts";
import { answerOf, playAlone, playPair, steps } from "./play.ts";
import { COUNT, places, samples } from "./samples.ts";

const everything: SmtpServerOptions = {
  host: "mx.example.com",
  ...{
    starttls: true,
    chunking: true,
    binaryMime: true,
    smtputf8: true,
    dsn: true,
    rrvs: true,
    conPerm: true,
    conNeg: true,
  },
  ...{
    deliverBy: {},
    mtPriority: {},
    noSoliciting: [],
    requireTlsParameter: true,
    limits: true,
    expn: true,
  },
  plaintextMechanismsWithoutTls: true,
};

/** Lines as clients send them, and as they should not. */
const line = fc.oneof(
  commands().map((command) => formatCommand(command)),
  fc
    .constantFrom(
      ...[
        "EHLO a",
        "HELO a",
        "LHLO a",
        "MAIL FROM:<a@b>",
        "RCPT TO:<c@d>",
        "DATA",
        "x",
        "..y",
        ".",
        "RSET",
        "NOOP",
        "QUIT",
      ],
      ...[
        "AUTH PLAIN",
        "AUTH PLAIN AHRpbQB0YW5zdGFhZg==",
        "AHRpbQB0",
        "*",
        "BDAT 5\r\nab\ncd",
        "BDAT 2 LAST",
        "STARTTLS",
      ],
      ...[
        "a\nb",
        "a\rb",
        "\n.\n",
        "\0",
        "",
        "x".repeat(600),
        "y".repeat(13_000),
        "MAIL FROM:<a@b> SIZE=99999999999999999999999",
      ],
    )
    .map((text) => `${text}\r\n`),
  hostileText().map((text) => `${text}\r\n`),
);

const conversation = fc
  .array(line, { maxLength: 20 })
  .map((lines) => new TextEncoder().encode(`EHLO a\r\n${lines.join("")}`));

function answerAll(session: SmtpServerSession, event: SmtpServerEvent, refuses: boolean): void {
  if (event.type === "auth") session.authenticate(asking(event.mechanism));
  else if (event.type === "sasl") session.proceed({ type: "failure", text: "no" });
  else if (event.answer === "needed") refuses ? session.reject() : session.accept();
}

/** A mechanism that always asks the application. */
function asking(name: string): SaslServer {
  return { name, next: () => ({ type: "verify" }), abort: () => {} };
}

const serverOptions: fc.Arbitrary<SmtpServerOptions> = fc.record({
  host: fc.constant("mx.example.com"),
  protocol: fc.constantFrom("smtp", "lmtp"),
  lineEndings: fc.constantFrom("reject", "normalize", "preserve"),
  starttls: fc.boolean(),
  chunking: fc.constant(true),
  binaryMime: fc.boolean(),
  smtputf8: fc.boolean(),
  dsn: fc.boolean(),
  maxErrors: fc.constantFrom(3, 20),
  mechanisms: fc.constant(["PLAIN"]),
  plaintextMechanismsWithoutTls: fc.constant(true),
});

export function smtpServer(log: Log): void {
  const all = fc.record({ octets: conversation, options: serverOptions, cuts: places, refuses: fc.boolean() });
  for (const { octets: given, options, cuts, refuses } of samples(all, 11)) {
    const session = new SmtpServerSession(options);
    playAlone(log, session, given, cuts, (event) => answerAll(session, event, refuses));
  }
}

/** The reply to EHLO. */
const hello = (found: Parameters<typeof formatCapabilities>[0]) =>
  formatReply({ code: 250, enhanced: null, lines: formatCapabilities(found) });

export function smtpClient(log: Log): void {
  const reply = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        "220 mx\r\n",
        "250 ok\r\n",
        "354 go\r\n",
        "550 no\r\n",
        "250-mx\r\n250 PIPELINING\r\n",
      ),
    },
    { weight: 2, arbitrary: replies().map((found) => formatReply(found)) },
    { weight: 1, arbitrary: capabilities().map(hello) },
    { weight: 1, arbitrary: hostileText().map((text) => `250 ${text}\r\n`) },
  );
  const all = fc.record({ said: fc.array(reply, { maxLength: 14 }), cuts: places, pipelined: fc.boolean() });
  for (const { said, cuts, pipelined } of samples(all, 12)) {
    const session = new SmtpClientSession();
    const next = steps(log, [
      () => session.ehlo("client.example.com"),
      () => session.mail("a@example.com", { content: "7bit" }),
      () => (pipelined ? session.rcpt("b@example.org").rcpt("c@example.org").data() : session.rcpt("b@example.org")),
      () => session.data(),
      () => session.quit(),
    ]);
    playAlone(log, session, new TextEncoder().encode(`220 mx\r\n${said.join("")}`), cuts, (event) => {
      if (event.type === "data" && event.ok) log.attempt(() => session.content(octets("Subject: x\n\n.dot")));
      else if ("ok" in event) next();
    });
  }
}

export function smtpPairs(log: Log): void {
  const all = fc.record({
    envelope: envelopes(),
    content: content(),
    exchange: exchanges(),
    cuts: places,
    chunks: fc.boolean(),
    tls: fc.boolean(),
    lmtp: fc.boolean(),
  });
  for (const { envelope, content: message, exchange, cuts, chunks, tls, lmtp } of samples(all, 13)) {
    const protocol = lmtp ? "lmtp" : "submission";
    const futureRelease = { maxInterval: 100_000, maxDateTime: "2030-01-01T00:00:00Z" };
    const server = new SmtpServerSession<SaslServer>({
      ...everything,
      ...(lmtp ? {} : { futureRelease }),
      protocol,
      mechanisms: [exchange.mechanism],
    });
    const client = new SmtpClientSession({ protocol: lmtp ? "lmtp" : "smtp", plaintextMechanismsWithoutTls: true });
    const answer = answerOf(exchange);
    const { body, auth, ...parameters } = envelope.parameters;
    const ehlo = () => client.ehlo("client.example.com");
    const act = steps(log, [
      ehlo,
      ...(tls ? [() => client.starttls(), ehlo] : []),
      () => client.auth(exchange.client(), { force: true }),
      () => client.mail(envelope.from, parameters as MailOptions),
      // Where these parameters do not go together with this server: without them.
      () => (client.state === "ready" ? client.mail("a@example.com") : client.noop()),
      ...envelope.recipients.map(
        ({ to, parameters: own }) =>
          () =>
            client.rcpt(to, own),
      ),
      () => client.rcpt("b@example.org"),
      () => (chunks ? client.bdat() : client.data()),
      () => client.quit(),
    ]);
    playPair<SmtpClientEvent, SmtpServerEvent<SaslServer>>(
      log,
      {
        session: client,
        answer: () => {},
        act: (waiting) => {
          if (waiting === "decision") return act();
          return log.attempt(() => void client.content(log.input(message))) !== null;
        },
      },
      {
        session: server,
        answer: (event) => {
          if (event.type === "auth") server.authenticate(exchange.server());
          else if (event.type === "sasl")
            server.proceed(answer(event.mechanism, event.step) as Parameters<typeof server.proceed>[0]);
          else if (event.answer === "needed") server.accept();
        },
      },
      cuts,
    );
  }
}

export function smtpSyntax(log: Log): void {
  const decoder = new TextDecoder();
  const lineOf = (bytes: Uint8Array) => log.input(bytes);
  for (const command of samples(commands(), 14)) {
    log.items++;
    const written = formatCommand(command);
    log.output(written);
    log.event(parseCommand(lineOf(new TextEncoder().encode(written.slice(0, -2)))));
  }
  for (const reply of samples(replies(), 15)) {
    log.items++;
    const assembler = new ReplyAssembler();
    const lines = formatReply(reply).trimEnd().split("\r\n");
    for (const one of lines) log.event(assembler.add(lineOf(new TextEncoder().encode(one)), true));
  }
  for (const found of samples(capabilities(), 16)) {
    log.items++;
    const lines = formatCapabilities(found).map((text) => decoder.decode(lineOf(new TextEncoder().encode(text))));
    log.event([lines, parseCapabilities({ lines })]);
  }
  for (const [path, mailbox, hostile] of samples(fc.tuple(forwardPaths(), mailboxes(), hostileText()), 17)) {
    log.items++;
    log.output(formatPath(path));
    for (const text of [formatPath(path), mailbox.address, hostile]) {
      const given = decoder.decode(lineOf(new TextEncoder().encode(text)));
      log.event([parseForwardPath(given), parseMailbox(given)]);
    }
  }
}

/** Sessions that are written down and gone through again, and sessions that are restored from a copy before every chunk. */
export function smtpRecordings(log: Log): void {
  const all = fc.record({ octets: conversation, options: serverOptions, cuts: places });
  for (const { octets: given, options, cuts } of samples(all, 18, COUNT / 5)) {
    const lines: string[] = [];
    const recorded = recordServer(options, (written) => void lines.push(written));
    playAlone(log, recorded, given, cuts, (event) => answerAll(recorded, event, false));
    for (const written of lines) log.output(written);
    log.event(log.attempt(() => replayServer(lines).run()));
  }
}
