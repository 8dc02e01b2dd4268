import {
  type Envelope,
  type RecipientReport,
  type SmtpClientOptions,
  SmtpClientSession,
  SmtpTransaction,
  type TransactionEvent,
  type TransactionOptions,
} from "smtp-codec";
import { byteByByte, octets, pull, text } from "tools/testing";
import { expect } from "vitest";
import { GREETING, offer } from "../client/support.ts";

export const OK = "250 ok\r\n";
export const ALL = ["PIPELINING", "8BITMIME", "SIZE 1000"] as const;

/** A session behind its hello. */
export function ready(keywords: readonly string[] = ALL, options: SmtpClientOptions = {}): SmtpClientSession {
  const session = new SmtpClientSession(options);
  session.receive(octets(GREETING));
  pull(session, () => {});
  session.ehlo("client.example.com").takeOutput();
  session.receive(octets(keywords.length === 0 ? "250 mx\r\n" : offer(...keywords)));
  pull(session, () => {});
  return session;
}

export interface Played {
  readonly output: string;
  readonly events: readonly TransactionEvent[];
  readonly shown: readonly string[];
  readonly fates: readonly string[];
  readonly session: SmtpClientSession;
  readonly transaction: SmtpTransaction;
}

export interface Play {
  readonly envelope?: Partial<Envelope>;
  readonly options?: TransactionOptions | (() => TransactionOptions);
  readonly keywords?: readonly string[];
  readonly session?: SmtpClientOptions;
  /** What the application does at an event. */
  readonly on?: (event: TransactionEvent, transaction: SmtpTransaction) => void;
}

/** Octets of the server, or what the application does, in the order in which they come. */
export type Step = string | ((transaction: SmtpTransaction, session: SmtpClientSession) => void);

/** Plays a transaction, and plays it byte by byte too: both must agree. */
export function play(steps: readonly Step[], setting: Play = {}): Played {
  const whole = playOnce(steps, setting, false);
  const { output, shown, fates } = playOnce(steps, setting, true);
  expect({ output, shown, fates }).toEqual({ output: whole.output, shown: whole.shown, fates: whole.fates });
  return whole;
}

function playOnce(steps: readonly Step[], setting: Play, byOctet: boolean): Played {
  const session = ready(setting.keywords, setting.session);
  const envelope: Envelope = { from: "a@b", to: ["c@d", "e@f"], content: "7bit", ...setting.envelope };
  const options = typeof setting.options === "function" ? setting.options() : setting.options;
  const transaction = new SmtpTransaction(session, envelope, options);
  const events: TransactionEvent[] = [];
  let output = "";
  const go = () => {
    do {
      for (const event of transaction) {
        events.push(event);
        check(event);
        setting.on?.(event, transaction);
      }
      output += text(session.takeOutputPieces());
    } while (transaction.waiting === "output");
    expect(transaction.isOver).toBe(events.some(({ type }) => type === "done"));
  };
  go();
  for (const step of steps) {
    if (typeof step === "function") step(transaction, session);
    else
      for (const chunk of byOctet ? byteByByte(octets(step)) : [octets(step)]) {
        session.receive(chunk);
        go();
      }
    go();
  }
  return {
    output,
    events,
    shown: events.map(show),
    fates: transaction.isOver ? transaction.report.recipients.map(fate) : [],
    session,
    transaction,
  };
}

/** What every event of a transaction's own says: nothing is owed, and who was not sent to is told why. */
function check(event: TransactionEvent): void {
  if (["content", "recipient", "done"].includes(event.type)) expect(event.answer).toBe("none");
  if (event.type === "recipient" && event.outcome !== "accepted") expect(event.text).toMatch(/\w/);
}

function show(event: TransactionEvent): string {
  if (event.type === "recipient") return `recipient ${fate(event)}`;
  if (event.type === "content") return `content ${event.part}/${event.parts}`;
  if (event.type === "violation") return `violation ${event.code}`;
  return event.type === "closed" ? `closed ${event.cause}` : event.type;
}

export function fate({ to, outcome, code }: RecipientReport): string {
  return `${to.address} ${outcome}${code === null ? "" : ` ${code}`}`;
}
