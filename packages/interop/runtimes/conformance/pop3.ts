/** POP3: a server before hostile clients, a client before servers of all kinds, both together, and the syntax. */
import { content, cutAt } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import {
  formatCapabilities,
  formatCommand,
  formatResponse,
  type Pop3ClientEvent,
  Pop3ClientSession,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
  parseCapabilities,
  parseCommand,
  parseResponse,
  type SaslServer,
  ScanListingDecoder,
  sizeAsSent,
  UniqueIdListingDecoder,
} from "pop3-codec";
import {
  capabilities,
  command,
  hostileListing,
  scanListingWire,
  statusLine,
  uniqueIdListingWire,
} from "pop3-codec/arbitraries";
import { recordServer, replayServer } from "pop3-codec/recording";
import { exchanges } from "sasl/arbitraries";
import type { Log } from "./log.ts";
import { answerOf, playAlone, playPair, steps } from "./play.ts";
import { COUNT, places, samples } from "./samples.ts";

const encode = (text: string) => new TextEncoder().encode(text);

const MESSAGES = ["Subject: one\r\n\r\n.dot\r\nlast\r\n", "Subject: two\n\nbare line feeds\n", "no header end", ""].map(
  encode,
);

const options: Pop3ServerOptions = {
  ...{ apop: { timestamp: "<1@example.com>" }, mechanisms: ["PLAIN"], stls: true, utf8: "user" },
  ...{ plaintextWithoutTls: true, languages: [{ language: "en", text: "English" }], expire: { days: 0 } },
};

const maildropOf = (messages: readonly Uint8Array[]) => ({
  sizes: messages.map((octets) => sizeAsSent(octets)),
  uniqueIds: messages.map((_, index) => `uid-${index + 1}`),
});

function answerAll(session: Pop3ServerSession, event: Pop3ServerEvent, refuses: boolean): void {
  if (event.type === "pass" || event.type === "apop" || event.type === "authenticated") {
    if (refuses) session.reject();
    else session.accept(maildropOf(MESSAGES));
  } else if (event.type === "retr" || event.type === "top") session.accept().content(MESSAGES[event.number - 1]!);
  else if (event.type === "auth") {
    session.authenticate({ name: event.mechanism, next: () => ({ type: "verify" }), abort: () => {} });
  } else if (event.type === "sasl") session.proceed({ type: "failure", text: "no" });
  else if (event.answer === "needed") session.accept();
}

const line = fc.oneof(
  command().map((one) => formatCommand(one)),
  fc
    .constantFrom(
      ...[
        "USER tim",
        "PASS tanstaaf",
        "STAT",
        "LIST",
        "LIST 2",
        "UIDL",
        "RETR 1",
        "RETR 2",
        "RETR 9",
        "TOP 1 1",
        "DELE 1",
      ],
      ...["NOOP", "RSET", "CAPA", "QUIT", "STLS", "AUTH PLAIN", "AHRpbQB0", "*", "LANG en", "", "a\nb", "a\rb", "\0"],
      ...["x".repeat(300), "APOP tim c4c9334bac560ecc979e58001b3e22fb", "USER gr\u00fc\u00df", "TOP 2 0"],
    )
    .map((text) => `${text}\r\n`),
);

const conversation = fc
  .tuple(fc.boolean(), fc.array(line, { maxLength: 20 }))
  .map(([logsIn, lines]) => encode(`${logsIn ? "USER tim\r\nPASS x\r\n" : ""}${lines.join("")}`));

export function pop3Server(log: Log): void {
  const all = fc.record({ octets: conversation, cuts: places, refuses: fc.boolean() });
  for (const { octets, cuts, refuses } of samples(all, 21)) {
    const session = new Pop3ServerSession(options);
    playAlone(log, session, octets, cuts, (event) => answerAll(session, event, refuses));
  }
}

export function pop3Client(log: Log): void {
  const listing = fc.oneof(
    scanListingWire().map(({ wire }) => wire),
    uniqueIdListingWire().map(({ wire }) => wire),
    hostileListing().map(({ wire }) => wire),
  );
  const response = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom("+OK\r\n", "-ERR no\r\n", "+OK 2 320\r\n", "+OK\r\n..x\r\n.\r\n").map(encode),
    },
    { weight: 1, arbitrary: statusLine().map((found) => encode(formatResponse(found))) },
    { weight: 1, arbitrary: listing },
  );
  const all = fc.record({ said: fc.array(response, { maxLength: 12 }), cuts: places });
  for (const { said, cuts } of samples(all, 22)) {
    const session = new Pop3ClientSession({ plaintextWithoutTls: true });
    const next = steps(log, [
      () => session.user("tim"),
      () => session.pass("tanstaaf"),
      () => session.stat(),
      () => session.list(),
      () => session.uidl(),
      () => session.retr(1).dele(1),
      () => session.top(2, 1),
      () => session.quit(),
    ]);
    const octets = new Uint8Array([...encode("+OK\r\n"), ...said.flatMap((one) => [...one])]);
    playAlone(log, session, octets, cuts, (event) => {
      if ("ok" in event && event.type !== "dele") next();
    });
  }
}

export function pop3Pairs(log: Log): void {
  const all = fc.record({
    messages: fc.array(content(), { maxLength: 4 }),
    exchange: exchanges(),
    cuts: places,
    tls: fc.boolean(),
  });
  for (const { messages, exchange, cuts, tls } of samples(all, 23)) {
    const server = new Pop3ServerSession<SaslServer>({ ...options, mechanisms: [exchange.mechanism] });
    const client = new Pop3ClientSession({ plaintextWithoutTls: true });
    const answer = answerOf(exchange);
    const act = steps(log, [
      () => client.capa(),
      ...(tls ? [() => client.stls(), () => client.capa()] : []),
      () => client.auth(exchange.client(), { force: true }),
      () => client.stat().list().uidl(),
      ...messages.map(
        (_, index) => () =>
          client
            .retr(index + 1)
            .top(index + 1, 1)
            .dele(index + 1),
      ),
      () => client.quit(),
    ]);
    playPair<Pop3ClientEvent, Pop3ServerEvent<SaslServer>>(
      log,
      { session: client, answer: () => {}, act },
      {
        session: server,
        answer: (event) => {
          if (event.type === "auth") server.authenticate(exchange.server());
          else if (event.type === "sasl")
            server.proceed(answer(event.mechanism, event.step) as Parameters<typeof server.proceed>[0]);
          else if (event.type === "authenticated") server.accept(maildropOf(messages));
          else if (event.type === "retr" || event.type === "top")
            server.accept().content(log.input(messages[event.number - 1]!));
          else if (event.answer === "needed") server.accept();
        },
      },
      cuts,
    );
  }
}

export function pop3Syntax(log: Log): void {
  const lineOf = (text: string) => log.input(encode(text.replace(/\r\n$/, "")));
  for (const one of samples(command(), 24)) {
    log.items++;
    const written = formatCommand(one);
    log.output(written);
    log.event(parseCommand(lineOf(written)));
  }
  for (const found of samples(statusLine(), 25)) {
    log.items++;
    log.event(parseResponse(lineOf(formatResponse(found))));
  }
  for (const found of samples(capabilities(), 26)) {
    log.items++;
    const lines = formatCapabilities(found);
    log.event([lines, parseCapabilities(lines.map((text) => new TextDecoder().decode(lineOf(text))))]);
  }
  for (const [{ wire }, cuts] of samples(fc.tuple(fc.oneof(scanListingWire(), hostileListing()), places), 27)) {
    log.items++;
    for (const decoder of [new ScanListingDecoder(), new UniqueIdListingDecoder()]) {
      for (const chunk of cutAt(log.input(wire), cuts)) {
        decoder.push(chunk);
        for (let entry = decoder.next(); entry !== null; entry = decoder.next()) log.event(entry);
        log.event({ done: decoder.done, consumed: decoder.consumed, violation: decoder.violation });
      }
    }
  }
}

/** Sessions that are written down and gone through again. */
export function pop3Recordings(log: Log): void {
  for (const [octets, cuts] of samples(fc.tuple(conversation, places), 28, COUNT / 5)) {
    const lines: string[] = [];
    const recorded = recordServer(options, (written) => void lines.push(written));
    playAlone(log, recorded, octets, cuts, (event) => answerAll(recorded, event, false));
    for (const written of lines) log.output(written);
    log.event(log.attempt(() => replayServer(lines).run()));
  }
}
