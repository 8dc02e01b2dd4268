import { content, framing } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import {
  type Envelope,
  SmtpClientSession,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
  SmtpTransaction,
  type TransactionEvent,
} from "smtp-codec";
import { cutAt, type DrivenSession, SessionPair } from "tools/testing";
import { holds, latin1, same, shown } from "../../finding.ts";
import { Choices } from "../../input/choices.ts";
import { type Input, joinedOctets, octetsInput } from "../../input/input.ts";
import { Random, seedOf } from "../../input/random.ts";
import type { Target } from "../../target.ts";
import { contentLines } from "../dot-stuffing/wire-lines.ts";
import { linear } from "../work.ts";

/** What the server makes of a recipient; its reply names whom it is about. */
type Verdict = "accept" | "reject" | "later";

interface Scene {
  readonly options: SmtpServerOptions;
  readonly pipelining: boolean;
  readonly chunking: boolean;
  readonly eager: boolean;
  readonly to: readonly string[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly mail: boolean;
  readonly message: boolean;
  readonly pieces: number;
}

function sceneOf(choices: Choices): Scene {
  const protocol = choices.pick("smtp", "lmtp");
  const options: SmtpServerOptions = {
    host: "mx.example.com",
    protocol,
    pipelining: protocol === "lmtp" || choices.pick(true, false),
    chunking: choices.pick(false, true),
    ...(choices.rarely(3) ? { limits: true, maxRecipients: 2 } : {}),
    highWaterMark: choices.pick(65_536, 0),
  };
  const pipelining = choices.pick(true, false);
  const chunking = choices.pick(true, false);
  const eager = choices.rarely(3);
  const to = Array.from({ length: 1 + choices.below(5) }, (_, at) => `r${at}@example.org`);
  const verdicts = new Map(
    to.map((address): [string, Verdict] => [address, choices.pick("accept", "reject", "later")]),
  );
  return {
    options,
    pipelining,
    chunking,
    eager,
    to,
    verdicts,
    mail: !choices.rarely(8),
    message: !choices.rarely(5),
    pieces: choices.below(4),
  };
}

/** Plays one transaction between a client and a server. */
function play(scene: Scene, bytes: Uint8Array, cut: (bytes: Uint8Array) => Uint8Array[]) {
  const { options, pipelining, chunking, eager, to, verdicts } = scene;
  const client = new SmtpClientSession({ protocol: options.protocol === "lmtp" ? "lmtp" : "smtp", pipelining });
  const server = new SmtpServerSession(options);
  const arrived: { content: string; recipients: readonly string[] }[] = [];
  let received = "";
  let transaction: SmtpTransaction | null = null;
  const envelope: Envelope = { from: "sender@example.com", to };
  const pieces = cutAt(
    bytes,
    Array.from({ length: scene.pieces }, (_, at) => (bytes.length * (at + 1)) >> 2),
  );
  const events: TransactionEvent[] = [];

  const clientSession: DrivenSession<{ readonly type: string }> & { tlsEstablished(): unknown } = {
    receive: (chunk) => client.receive(chunk),
    receiveEnd: () => client.receiveEnd(),
    takeOutputPieces: () => client.takeOutputPieces(),
    tlsEstablished: () => client.tlsEstablished(),
    get waiting() {
      return transaction === null ? client.waiting : transaction.waiting;
    },
    *[Symbol.iterator]() {
      for (;;) {
        const event = transaction === null ? client.nextEvent() : transaction.nextEvent();
        if (event === null) return;
        yield event as { readonly type: string };
      }
    },
  };
  const pair = new SessionPair<{ readonly type: string }, SmtpServerEvent>(
    {
      session: clientSession,
      answer(event) {
        if (event.type === "greeting") client.ehlo("client.example.com");
        else if (event.type === "ehlo")
          transaction = new SmtpTransaction(client, envelope, { content: pieces, chunking, eagerBdat: eager });
        else events.push(event as TransactionEvent);
      },
      act() {
        if (transaction?.isOver !== true || client.state === "closed") return false;
        if (client.state === "failed") client.rset();
        client.quit();
        return true;
      },
    },
    {
      session: server as unknown as DrivenSession<SmtpServerEvent> & { tlsEstablished(): unknown },
      answer(event) {
        if (event.type === "content") received += latin1(event.bytes);
        else if (event.type === "mail") scene.mail ? server.accept("mail") : server.reject({ code: 550, text: "mail" });
        else if (event.type === "rcpt" || event.type === "delivery") {
          const { address } = event.to as { readonly address: string };
          const verdict = verdicts.get(address);
          if (event.type === "delivery")
            scene.message ? server.accept(`delivered ${address}`) : server.reject({ code: 554, text: `no ${address}` });
          else if (verdict === "accept") server.accept(`ok ${address}`);
          else server.reject({ code: verdict === "reject" ? 550 : 450, text: `no ${address}` });
        } else if (event.type === "message") {
          const recipients = event.recipients.map((recipient) => recipient.to.address);
          holds(event.size === received.length, "the message has as many octets as were handed out");
          if (scene.message) arrived.push({ content: received, recipients });
          received = "";
          if (event.answer === "needed")
            scene.message ? server.accept("taken") : server.reject({ code: 554, text: "not taken" });
        } else if (event.type === "aborted" || event.type === "refused") received = "";
      },
    },
    cut,
  ).run();
  const done = transaction as SmtpTransaction | null;
  return { report: done?.isOver === true ? done.report : null, arrived, events, pair, client };
}

function run(input: Input): void {
  const scene = sceneOf(new Choices(input.choices));
  const bytes = joinedOctets(input);
  const random = new Random(seedOf(latin1(bytes), input.choices.length));
  const cutting = (chunk: Uint8Array) => cutAt(chunk, [random.below(chunk.length + 1), random.below(chunk.length + 1)]);
  const whole = linear(bytes.length + 500, 800, () => play(scene, bytes, (chunk) => [chunk]));
  const cut = play(scene, bytes, cutting);
  const { report, arrived } = whole;
  holds(report !== null, "the transaction is done");
  same([cut.report, cut.arrived], [report, arrived], "chunking never matters");
  if (report.problems.length > 0) return;
  same(report.recipients.length, scene.to.length, "one fate a recipient");
  // A message of lines: bare CRs and LFs leave as CRLF, and the last line has its end.
  const content = normalized(latin1(bytes));
  const got = new Set<string>();
  for (const { content: found, recipients } of arrived) {
    same(found, content, "the content that arrived");
    for (const address of recipients) {
      holds(!got.has(address), () => `${address} has the message twice`);
      got.add(address);
    }
  }
  for (const { to, outcome, text } of report.recipients) {
    const { address } = to as { readonly address: string };
    const verdict = scene.mail ? scene.verdicts.get(address) : "reject";
    if (outcome === "accepted") holds(got.has(address), () => `${address} counts as accepted, and has nothing`);
    else holds(!got.has(address), () => `${address} has the message, and counts as ${outcome}`);
    if (scene.mail && verdict === "reject" && outcome !== "not-accepted")
      same([outcome, text], ["permanent", `no ${address}`], "the fate of a refused recipient");
    // Each reply names its recipient: one of another's would show here.
    if (/@/.test(text) && outcome !== "not-accepted")
      holds(text.includes(address), () => `${address} has the reply "${text}"`);
    if (scene.mail && scene.message && verdict === "accept" && !scene.options.limits)
      same(outcome, "accepted", shown(report));
  }
  const fates = whole.events.filter((event) => event.type === "recipient");
  same(fates.length, scene.to.length, "one event a recipient");
}

function normalized(text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\r\n`).join("");
}

/**
 * A whole transaction between our client and our server: every recipient's fate is what the server decided, nobody has
 * it twice.
 */
export const smtpTransaction: Target = {
  name: "smtp-transaction",
  files: ["smtp-codec/src/transaction/", "smtp-codec/src/client/"],
  lines: contentLines,
  inputs: fc
    .tuple(fc.oneof(content({ maxLines: 4 }), framing({ maxParts: 8 })), fc.uint8Array({ maxLength: 18 }))
    .map(([bytes, chosen]) => octetsInput(bytes, chosen)),
  run,
};
