import { type SmtpClientEvent, SmtpClientSession, SmtpServerSession } from "smtp-codec";
import { expectSame, expectSize, joined, type Row, type Suite } from "./suite.ts";

const OURS = "smtp-codec";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a client pipelines: its name, then transactions up to 16 KiB. */
const EHLO = "EHLO client.example.com\r\n";
const TRANSACTION =
  "MAIL FROM:<user.name@example.com> SIZE=1000 BODY=8BITMIME\r\nRCPT TO:<a.b@example.org>\r\nRCPT TO:<c@example.net>\r\nRSET\r\n";
const REPEATS = Math.floor((16 * 1024 - EHLO.length) / TRANSACTION.length);
const COMMANDS = encode(EHLO + TRANSACTION.repeat(REPEATS));

const ENVELOPE = encode("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n");
const CHUNKED = encode("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n");
const CONTENT = encode(`Subject: x\r\n\r\n${`${"y".repeat(70)}\r\n`.repeat(56)}.\r\n`);

/** The same octets as one chunk, without the line of the dot. */
const CHUNK = encode(`BDAT ${CONTENT.length - 3} LAST\r\n${new TextDecoder().decode(CONTENT.subarray(0, -3))}`);

/** One connection stands for many here. */
const OPTIONS = { host: "mx.example.com", chunking: true, maxTransactions: Number.POSITIVE_INFINITY };

/** What a client reads: a thousand replies to a thousand pipelined RSETs. */
const RESETS = 1000;
const REPLIES = encode("250 2.0.0 ok\r\n".repeat(RESETS));

/** Accepts everything in a chunk; gives the replies. */
function serve(session: SmtpServerSession, chunk: Uint8Array): Uint8Array[] {
  const replies: Uint8Array[] = [];
  session.receive(chunk);
  do {
    for (const event of session) if (event.answer === "needed") session.accept();
    for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput()) replies.push(bytes);
  } while (session.waiting === "output");
  return replies;
}

function server(): SmtpServerSession {
  const session = new SmtpServerSession(OPTIONS);
  serve(session, encode(EHLO));
  return session;
}

/** Only the last line of each reply, of that its code: texts are free. */
function codesOf(replies: readonly Uint8Array[]): Uint8Array {
  const lines = new TextDecoder().decode(joined(replies)).split("\r\n");
  return encode(lines.flatMap((line) => /^(\d{3})(?: |$)/.exec(line)?.[1] ?? []).join(" "));
}

function serverRow(name: string, amount: number, codes: readonly string[], chunks: readonly Uint8Array[]): Row {
  const session = server();
  const work = () => chunks.flatMap((chunk) => serve(session, chunk));
  const check = () => expectSame(name, codesOf(work()), encode(codes.join(" ")));
  return { name, amount, works: { [OURS]: { run: () => void work(), check } } };
}

/** A client that waits for its thousand replies. */
function client(): SmtpClientSession {
  const session = new SmtpClientSession();
  const read = (text: string, then: (event: SmtpClientEvent) => void) => {
    for (const event of session.receive(encode(text))) then(event);
  };
  read("220 mx\r\n", ({ type }) => type === "greeting" && session.ehlo("x.example.com"));
  read("250-mx\r\n250 PIPELINING\r\n", () => {});
  for (let n = 0; n < RESETS; n++) session.rset();
  session.takeOutputPieces();
  return session;
}

function decodeReplies(): number {
  let accepted = 0;
  for (const event of client().receive(REPLIES)) if (event.type === "rset" && event.ok) accepted++;
  return accepted;
}

export function smtp(): Suite {
  const replies = () => expectSize("replies", decodeReplies(), RESETS);
  const rows: Row[] = [
    serverRow(
      "server: pipelined commands, parsed and answered",
      (1 + 4 * REPEATS) / 1000,
      Array<string>(1 + 4 * REPEATS).fill("250"),
      [COMMANDS],
    ),
    serverRow("server: messages of 4 KiB", 1 / 1000, ["250", "250", "354", "250"], [ENVELOPE, CONTENT]),
    serverRow("server: messages of 4 KiB by BDAT", 1 / 1000, ["250", "250", "250"], [CHUNKED, CHUNK]),
    {
      name: "client: commands pipelined, replies decoded",
      amount: RESETS / 1000,
      works: { [OURS]: { run: replies, check: replies } },
    },
  ];
  return { tables: [{ title: "sessions", unit: "thousand/s", columns: [OURS], rows }] };
}
