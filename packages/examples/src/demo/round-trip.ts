/** Sends messages by SMTP, fetches them by POP3, and compares. */
import { createHash } from "node:crypto";
import { Pop3Transcript } from "pop3-codec";
import { SmtpTranscript } from "smtp-codec";
import { Maildrops } from "../maildrop.ts";
import { type Fetched, fetch } from "../pop3-client.ts";
import { createPop3Server } from "../pop3-server.ts";
import { type Submitted, submit } from "../smtp-client.ts";
import { createSmtpServer } from "../smtp-server.ts";
import { makeCertificate } from "../transport/certificate.ts";
import { type Canonical, canonical } from "./canonical.ts";
import type { Print } from "./printer.ts";
import type { Message } from "./samples.ts";
import type { Row } from "./table.ts";
import { watchers } from "./transcript.ts";

const ALICE = "alice@example.org";
const BOB = "bob@example.org";

/** @returns one row a message, in order */
export async function roundTrip(messages: readonly Message[], print: Print): Promise<Row[]> {
  const tls = await makeCertificate();
  const accounts = new Map([
    [ALICE, "wonderland"],
    [BOB, "builder"],
  ]);
  const maildrops = new Maildrops();
  const compared = messages.map((message) => ({ ...message, expected: canonical(message.octets) }));
  const peer = { host: "127.0.0.1", ca: tls.cert };

  const smtp = watchers(new SmtpTranscript(), print);
  const smtpServer = createSmtpServer({ accounts, maildrops, tls, watch: () => smtp.server });
  const smtpPort = await smtpServer.listen();
  print({ from: "note", text: `SMTP: ${messages.length} messages from ${ALICE} to ${BOB}`, events: "" });
  const submitted = await submit(
    { ...peer, port: smtpPort, login: { user: ALICE, password: accounts.get(ALICE)! }, watch: () => smtp.client },
    compared.map(({ octets, expected }) => ({ from: ALICE, to: [BOB], content: octets, size: expected.octets.length })),
  );
  await smtpServer.close();

  const pop3 = watchers(new Pop3Transcript(), print);
  const pop3Server = createPop3Server({ accounts, maildrops, tls, watch: () => pop3.server });
  const pop3Port = await pop3Server.listen();
  const fetched: Fetched[] = [];
  print({ from: "note", text: `POP3: ${BOB} fetches them`, events: "" });
  await fetch({
    ...peer,
    port: pop3Port,
    login: { user: BOB, password: accounts.get(BOB)! },
    take: (message) => fetched.push(message) > 0,
    watch: () => pop3.client,
  });
  await pop3Server.close();

  // A maildrop has its messages in the order in which they were accepted.
  return compared.map((message, at) => {
    const there = submitted[at]!;
    return makeRow(message, there, there.outcome === "accepted" ? (fetched.shift() ?? null) : null);
  });
}

interface Compared extends Message {
  readonly expected: Canonical;
}

function makeRow({ name, octets, expected }: Compared, there: Submitted, back: Fetched | null): Row {
  return {
    name,
    size: octets.length,
    stuffedLines: leadingDots(expected.octets),
    roundTrips: [there.roundTrips, back?.roundTrips ?? 0],
    time: there.time + (back?.time ?? 0),
    sent: sha256(expected.octets),
    received: back === null ? null : sha256(back.octets),
    changes: expected.changes,
    failure: there.outcome === "accepted" ? null : `${there.outcome}: ${there.text}`,
  };
}

/** How many lines begin with a dot: those that POP3 stuffs, and SMTP where content goes by DATA. */
function leadingDots(octets: Uint8Array): number {
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  let count = bytes[0] === 0x2e ? 1 : 0;
  for (let at = bytes.indexOf("\r\n."); at >= 0; at = bytes.indexOf("\r\n.", at + 1)) count++;
  return count;
}

function sha256(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}
