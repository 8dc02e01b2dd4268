import { SmtpClientSession, SmtpServerSession } from "smtp-codec";
import { expectEqual, type Row, type Suite } from "./suite.ts";

const encoder = new TextEncoder();

/** 16 KiB of commands as a client pipelines them. */
const TRANSACTION =
  "MAIL FROM:<user.name@example.com> SIZE=1000 BODY=8BITMIME\r\nRCPT TO:<a.b@example.org>\r\nRCPT TO:<c@example.net>\r\nRSET\r\n";
const REPEATS = 140;
const batch = encoder.encode(TRANSACTION.repeat(REPEATS));
const MESSAGE = encoder.encode(`MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n`);
const CONTENT = encoder.encode(`Subject: x\r\n\r\n${`${"y".repeat(70)}\r\n`.repeat(56)}.\r\n`);

function take(session: SmtpServerSession, chunk: Uint8Array): number {
  let replies = 0;
  session.receive(chunk);
  do {
    for (const event of session) {
      if (event.answer === "needed") session.accept();
      if (event.answer !== "none") replies++;
    }
    while (session.takeOutput() !== null);
  } while (session.waiting === "output");
  return replies;
}

function greeted(): SmtpServerSession {
  const session = new SmtpServerSession({ host: "mx.example.com" });
  take(session, encoder.encode("EHLO client.example.com\r\n"));
  return session;
}

const REPLIES = encoder.encode("250 2.0.0 ok\r\n".repeat(1000));

/** A thousand replies to a thousand pipelined RSETs. */
function decodeReplies(): number {
  const session = new SmtpClientSession();
  session.receive(encoder.encode("220 mx\r\n"));
  for (const event of session) if (event.type === "greeting") session.ehlo("x.example.com");
  session.receive(encoder.encode("250-mx\r\n250 PIPELINING\r\n"));
  for (const event of session) if (event.type === "ehlo") for (let n = 0; n < 1000; n++) session.rset();
  session.takeOutputPieces();
  let ok = 0;
  for (const event of session.receive(REPLIES)) if (event.type === "rset" && event.ok) ok++;
  return ok;
}

function rows(): Row[] {
  const commands = greeted();
  const messages = greeted();
  const row = (name: string, amount: number, expected: number, work: () => number): Row => ({
    name,
    amount,
    reference: null,
    run: work,
    check: () => expectEqual(name, work(), expected),
  });
  return [
    row("server: pipelined commands, parsed and answered", (4 * REPEATS) / 1000, 4 * REPEATS, () =>
      take(commands, batch),
    ),
    row("server: messages of 4 KiB", 1 / 1000, 4, () => take(messages, MESSAGE) + take(messages, CONTENT)),
    row("client: replies to pipelined commands", 1, 1000, decodeReplies),
  ];
}

export const smtp: () => Suite = () => ({ name: "smtp", unit: "thousand/s", rows: rows() });
