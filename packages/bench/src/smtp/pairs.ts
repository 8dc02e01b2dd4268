import { SmtpTransaction } from "smtp-codec";
import { expectSize, type Row, type Table, type Work } from "../suite.ts";
import { encode, exchange, OURS, type Pair, pair } from "./sessions.ts";

const ENVELOPE = { from: "a@example.com", to: ["b@example.org"] };

/** One message over a connection that is past its hellos; each run checks that it was accepted. */
function sending(chunking: boolean, send: (sides: Pair, content: Uint8Array) => number, content: Uint8Array): Work {
  const sides = pair(chunking);
  const run = () => expectSize("octets accepted", send(sides, content), content.length);
  return { run, check: run };
}

function byTransaction(sides: Pair, content: Uint8Array): number {
  const transaction = new SmtpTransaction(sides.client, ENVELOPE, { content });
  exchange(sides, transaction, () => {});
  const { report } = transaction;
  return report.recipients[0]?.outcome === "accepted" ? report.size : 0;
}

function byCommands(sides: Pair, content: Uint8Array): number {
  const { client } = sides;
  let size = 0;
  client.mail(ENVELOPE.from).rcpt(ENVELOPE.to[0]!).data();
  exchange(sides, client, (event) => {
    if (event.type === "data" && event.ok) client.content(content);
    else if (event.type === "message" && event.ok) size = event.size;
  });
  return size;
}

/**
 * A client session and a server session in memory: the commands, the replies, the content, and what both say of them.
 */
export function pairs(): Table {
  const short = encode("Subject: x\r\n\r\nhello\r\n");
  const long = encode(`Subject: x\r\n\r\n${`${"y".repeat(70)}\r\n`.repeat(56)}`);
  const row = (name: string, work: Work): Row => ({ name, amount: 1 / 1000, works: { [OURS]: work } });
  return {
    title: "client session against server session",
    unit: "thousand messages/s",
    columns: [OURS],
    rows: [
      row("20 octets, commands", sending(false, byCommands, short)),
      row("20 octets, SmtpTransaction, DATA", sending(false, byTransaction, short)),
      row("20 octets, SmtpTransaction, BDAT", sending(true, byTransaction, short)),
      row("4 KiB, commands", sending(false, byCommands, long)),
      row("4 KiB, SmtpTransaction, DATA", sending(false, byTransaction, long)),
      row("4 KiB, SmtpTransaction, BDAT", sending(true, byTransaction, long)),
    ],
  };
}
