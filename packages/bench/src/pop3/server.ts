import { Pop3ServerSession } from "pop3-codec";
import { memoryInUse } from "../memory.ts";
import { making, type Row, type Table } from "../suite.ts";
import { wildduckCommands, wildduckContent } from "./peers.ts";

const OURS = "pop3-codec";
const MEBI = 1024 * 1024;

const encode = (text: string) => new TextEncoder().encode(text);

/** What comes of a session's input. */
interface Served {
  /** Of the maildrop that a login opens. Default: it is empty. */
  readonly sizes?: readonly number[];
  /** Every message, in pieces, which are written when the session asks for them. */
  readonly content?: readonly Uint8Array[];
  readonly sink?: (piece: Uint8Array) => void;
}

/** Runs a session as far as its input goes, and takes the output. */
function serve(session: Pop3ServerSession, input: Uint8Array, served: Served): Pop3ServerSession {
  const { sizes = [], content = [], sink = () => {} } = served;
  let written = 0;
  session.receive(input);
  for (;;) {
    for (const event of session) {
      if (event.type === "pass") session.accept({ sizes, uniqueIds: sizes.map((_, index) => String(index)) });
      else if (event.answer === "needed") session.accept();
    }
    for (const piece of session.takeOutputPieces()) sink(piece);
    if (session.waiting === "content") written < content.length ? session.write(content[written++]!) : session.end();
    else if (session.waiting !== "output") return session;
  }
}

/** A session in which a maildrop with messages of these sizes is open. */
function open(sizes: readonly number[]): Pop3ServerSession {
  return serve(new Pop3ServerSession({ tls: true }), encode("USER tim\r\nPASS tanstaaf\r\n"), { sizes });
}

/** As many as wildduck takes in a chunk: it calls itself for each command. */
const NOOPS = 500;
const CHUNKS = 100;

function noops(): Row {
  const input = encode("NOOP\r\n".repeat(NOOPS));
  const expected = encode("+OK\r\n".repeat(NOOPS * CHUNKS));
  const session = open([]);
  return {
    name: `NOOP, ${NOOPS} in a chunk`,
    amount: (NOOPS * CHUNKS) / 1e6,
    works: {
      [OURS]: making("NOOP", expected, (sink) => {
        for (let chunk = 0; chunk < CHUNKS; chunk++) serve(session, input, { sink });
      }),
      wildduck: making("wildduck", expected, (sink) => wildduckCommands(input, CHUNKS, sink)),
    },
  };
}

const MESSAGES = 1_000_000;

function listing(): Row {
  const sizes = Array.from({ length: MESSAGES }, (_, index) => 500 + ((index * 7919) % 99_991));
  const session = open(sizes);
  const expected = encode(`+OK\r\n${sizes.map((size, index) => `${index + 1} ${size}\r\n`).join("")}.\r\n`);
  return {
    name: "entries of LIST's answer",
    amount: MESSAGES / 1e6,
    works: { [OURS]: making("LIST", expected, (sink) => void serve(session, encode("LIST\r\n"), { sink })) },
  };
}

export function commands(): Table {
  return { title: "server session", unit: "million/s", columns: [OURS, "wildduck"], rows: [noops(), listing()] };
}

function retr(name: string, line: string): Row {
  const content = encode(line.repeat(Math.floor((10 * MEBI) / line.length)));
  const text = new TextDecoder().decode(content).replaceAll(/\r?\n/g, "\r\n");
  const expected = encode(`+OK\r\n${text.replaceAll(/^\./gm, "..")}.\r\n`);
  const chunk = 64 * 1024;
  const pieces = Array.from({ length: Math.ceil(content.length / chunk) }, (_, n) =>
    content.subarray(n * chunk, (n + 1) * chunk),
  );
  const session = open([text.length]);
  return {
    name,
    amount: content.length / 1e6,
    works: {
      [OURS]: making("RETR", expected, (sink) => void serve(session, encode("RETR 1\r\n"), { content: pieces, sink })),
      wildduck: making("wildduck", expected, async (sink) => {
        sink(encode("+OK\r\n"));
        await wildduckContent(pieces, "RETR 1", sink);
      }),
    },
  };
}

/** Messages of 10 MiB, in pieces of 64 KiB. */
export function retrievals(): Table {
  const text = "x".repeat(73);
  return {
    title: "RETR",
    unit: "MB/s",
    columns: [OURS, "wildduck"],
    rows: [
      retr("lines of 76 octets, no dots", `${text}.\r\n`),
      retr("one line in 50 begins with a dot", `${`x${text}\r\n`.repeat(49)}.${text}\r\n`),
      retr("every line begins with a dot", `.${text}\r\n`),
      retr("bare LF", `${text}.\n`),
    ],
  };
}

const IDLE = 100_000;

/** What a session holds that has logged in and sent a message, and waits. */
export function idle(): string {
  const input = encode("USER tim\r\nPASS tanstaaf\r\nRETR 1\r\n");
  const content = [encode("Subject: x\r\n\r\nhello\r\n")];
  const options = { tls: true };
  const make = () => serve(new Pop3ServerSession(options), input, { sizes: [21], content });
  make();
  const before = memoryInUse();
  const sessions = Array.from({ length: IDLE }, make);
  const grown = memoryInUse() - before;
  if (sessions.length !== IDLE) throw new Error("the sessions must be there still");
  return `A server session that waits, after login and one RETR: ${Math.round(grown / IDLE)} octets (heapUsed and external, ${IDLE} sessions).`;
}
