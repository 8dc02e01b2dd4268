/** An SMTP or LMTP server of others: how it is reached, and what is expected of it. */
import { type Envelope, formatReply, type TransactionReport } from "smtp-codec";
import { expectSame } from "../check.ts";
import type { FeatureName, Part } from "../covered/feature.ts";
import type { Delivered, Delivering, Parcel } from "../ours/deliver.ts";
import type { Inbox, Stored } from "../ours/inbox.ts";
import { ALICE, BOB, type Sample, type World } from "../world.ts";
import { withoutAdded } from "./added.ts";
import type { Tls } from "./tls.ts";

export interface SmtpServer {
  readonly part: Part;
  /** What its checks begin with, where a peer has several. */
  readonly label?: string;
  /** The ports, by the way in which a connection comes to TLS there. The first is the one that most checks use. */
  readonly ports: Partial<Readonly<Record<Tls, number>>>;
  readonly inbox: Inbox;
  /** Who logs in, and by which mechanisms it can be done. */
  readonly user?: string;
  readonly mechanisms?: readonly string[];
  /** What the mechanisms need. Default `"STARTTLS"`. */
  readonly loginTls?: Tls;
  /** Whether mail is taken from those alone who have logged in, who do it by this mechanism then. */
  readonly requiredLogin?: string;
  /** What it adds to every message, by the place where that comes first: each is taken out again. Default: nothing. */
  readonly added?: readonly RegExp[];
  /** What of a sample is stored besides. Default: its canonical form. */
  readonly stored?: (sample: Sample) => Uint8Array;
  /** By which code the server refuses a sample that it cannot take; null: it takes it. Default: it takes every one. */
  readonly refuses?: (sample: Sample) => number | null;
  /** The reply to a recipient that it does not know. */
  readonly rejected?: { readonly address: string; readonly code: number };
  /** In octets. */
  readonly maxMessageSize?: number;
  /** The code that refuses what is larger. Default 552. */
  readonly tooLarge?: number;
  /** The code by which AUTH with a mechanism that it has not is refused. Default 504. */
  readonly unknownMechanism?: number;
}

const ENVELOPE = { from: ALICE, to: [BOB] };

/** The ways into a server, in the order in which it gives them. */
export function waysOf({ ports }: SmtpServer): Tls[] {
  return Object.keys(ports) as Tls[];
}

/** How our client comes to a server. @throws RangeError if it has no such way */
export function to(world: World, server: SmtpServer, tls: Tls = waysOf(server)[0]!): Delivering {
  const port = server.ports[tls];
  if (port === undefined) throw new RangeError(`there is no way "${tls}" into the server`);
  const { requiredLogin, user = ALICE } = server;
  const protocol = server.part.protocol === "LMTP" ? "lmtp" : "smtp";
  const login = requiredLogin === undefined ? {} : { login: { user, mechanism: requiredLogin } };
  return { port, certificate: world.certificate, tls, protocol, ...login };
}

/** What is checked: its declared content is what the server can take. */
export function parcel(sample: Pick<Sample, "octets">, envelope: Partial<Envelope> = {}): Parcel {
  const content = sample.octets.some((octet) => octet > 127) ? "8bit" : "7bit";
  return { envelope: { ...ENVELOPE, content, ...envelope }, content: sample.octets };
}

/** Of these features, those that the server does not lack. */
export function offers({ part }: SmtpServer, ...names: readonly FeatureName[]): FeatureName[] {
  return names.filter((name) => !(part.lacks ?? []).includes(name));
}

/**
 * @throws Error unless the server's EHLO response has those of these keywords that it does not lack, and no other of
 *   them
 */
export function expectOffered(server: SmtpServer, { capabilities }: Delivered, ...names: readonly FeatureName[]): void {
  const expected = offers(server, ...names);
  const found = names.filter((name) => capabilities?.keywords.has(name));
  if (found.join() !== expected.join()) throw new Error(`it offers ${found.join()} instead of ${expected.join()}`);
}

/** What became of a recipient, and the code of the reply that said so. */
export type Fate = readonly [TransactionReport["recipients"][number]["outcome"], number | null];

export function expectFates(report: TransactionReport | undefined, expected: readonly Fate[]): void {
  if (report === undefined) throw new Error("the message did not come to its turn");
  const found = report.recipients.map(({ outcome, code }) => `${outcome} ${code}`);
  const wanted = expected.map((fate) => fate.join(" ").trimEnd());
  const same = found.every((fate, at) => fate === `${expected[at]?.[0]} ${expected[at]?.[1]}`);
  if (same && found.length === expected.length) return;
  const said = report.recipients.map(({ outcome, code, text }) => `${outcome} ${code} ${text}`);
  throw new Error(`${said.join(", ")} instead of ${wanted.join(", ")}`);
}

/** @throws Error unless every message was accepted for every recipient */
export function expectAccepted({ reports, refusals: refused }: Delivered, count = 1): void {
  const [first] = refused;
  if (first !== undefined) {
    const reply = first.reply === null ? "no reply" : Buffer.from(formatReply(first.reply)).toString().trim();
    throw new Error(`${first.command} was refused: ${first.text ?? reply}`);
  }
  if (reports.length !== count) throw new Error(`${reports.length} messages were sent instead of ${count}`);
  for (const { recipients, problems } of reports) {
    const refusal = recipients.find(({ outcome }) => outcome !== "accepted");
    if (refusal !== undefined)
      throw new Error(
        `${refusal.outcome} ${refusal.code}: ${refusal.text} ${problems.map(({ text }) => text).join("; ")}`,
      );
  }
}

export function expectRefusal({ refusals: refused, reports }: Delivered, code: number, failure: string): void {
  const [first] = refused;
  if (first?.command !== "auth") throw new Error("the login was not refused");
  if (first.reply?.code !== code || first.failure !== failure)
    throw new Error(`the login was refused by ${first.reply?.code}, ${first.failure}: ${first.text ?? ""}`);
  if (reports.length > 0) throw new Error("a message was sent in spite of it");
}

/** @throws Error unless exactly these are stored, in whatever order */
export function expectInbox(server: SmtpServer, found: readonly Stored[], samples: readonly Sample[]): void {
  if (found.length !== samples.length)
    throw new Error(`${found.length} messages are stored instead of ${samples.length}`);
  const [only] = samples;
  if (samples.length === 1) expectStoredAs(server, found[0]!, only!);
  const left = [...found];
  for (const sample of samples) {
    const at = left.findIndex((one) => isStoredAs(server, one, sample));
    if (at < 0) throw new Error(`"${sample.name}" is not stored as it was sent`);
    left.splice(at, 1);
  }
}

function isStoredAs(server: SmtpServer, stored: Stored, sample: Sample): boolean {
  try {
    expectStoredAs(server, stored, sample);
    return true;
  } catch {
    return false;
  }
}

export function expectStoredAs(server: SmtpServer, { octets }: Stored, sample: Sample): void {
  expectSame(withoutAdded(server.added ?? [], octets), storedOf(server, sample));
}

/** What some store of a message that begins with no header field: an empty line in front of it. */
export function behindEmptyLine({ canonical }: Sample): Uint8Array {
  return Buffer.concat([Buffer.from("\r\n"), canonical]);
}

function storedOf({ stored = ({ canonical }) => canonical }: SmtpServer, sample: Sample): Uint8Array {
  return stored(sample);
}
