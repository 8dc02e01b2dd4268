import { SmtpTransaction } from "smtp-codec";
import { memoryInUse } from "../memory.ts";
import { EHLO, encode, exchange, pair, serve, server } from "./sessions.ts";

const IDLE = 100_000;
const KIBI = 1024;

/** What a server session holds that has greeted and taken a message, and waits. */
export function idle(): string {
  const input = [
    encode(`${EHLO}MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n`),
    encode("Subject: x\r\n\r\nhello\r\n.\r\n"),
  ];
  const make = () => {
    const session = server();
    for (const chunk of input) serve(session, chunk, () => {});
    return session;
  };
  make();
  const before = memoryInUse();
  const sessions = Array.from({ length: IDLE }, make);
  const grown = memoryInUse() - before;
  if (sessions.some(({ state }) => state !== "ready")) throw new Error("the sessions must be there still");
  return `A server session that waits, after EHLO and one message: ${Math.round(grown / IDLE)} octets (heapUsed and external, ${IDLE} sessions).`;
}

const CHUNK = encode(`${"x".repeat(75)}.\r\n`.repeat(840));
const CHUNKS = 16_000;
const SIZE = CHUNK.length * CHUNKS;

/**
 * One message of a gigabyte from a client to a server, both in memory. The first tenth is left out: it is when code is
 * made fast.
 */
export function gigabyte(chunking: boolean): string {
  const sides = pair(chunking);
  const places = [0.1, 0.5, 1].map((part) => Math.floor(CHUNKS * part) - 1);
  const used: number[] = [];
  function* content() {
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      yield CHUNK;
      if (places.includes(chunk)) used.push(memoryInUse());
    }
  }
  const { cpuUsage } = process;
  const before = cpuUsage();
  const transaction = new SmtpTransaction(
    sides.client,
    { from: "a@example.com", to: ["b@example.org"] },
    { content: content() },
  );
  exchange(sides, transaction, () => {});
  const { user, system } = cpuUsage(before);
  if (transaction.report.size !== SIZE || transaction.report.recipients[0]?.outcome !== "accepted") {
    throw new Error("the message was not accepted whole");
  }
  const [first = 0, half = 0, whole = 0] = used;
  const grew = (after: number) => Math.round((after - first) / KIBI);
  const speed = Math.round(SIZE / (user + system));
  return `1 GB by ${chunking ? "BDAT" : "DATA"}, client and server together: memory in use grew by ${grew(half)} KiB at half of it, ${grew(whole)} KiB at its end; ${speed} MB a second of processor time.`;
}
