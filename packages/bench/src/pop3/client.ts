import { type Pop3ClientEvent, Pop3ClientSession } from "pop3-codec";
import { type Corpus, corpora } from "../dot-stuffing/corpora.ts";
import { making, type Row, type Table, type Work } from "../suite.ts";
import { nodePop3Content, yapopleContent } from "./peers.ts";

const OURS = "pop3-codec";
const encode = (text: string) => new TextEncoder().encode(text);

/** A session in which a maildrop is open. */
function open(): Pop3ClientSession {
  const session = new Pop3ClientSession({ tls: true });
  for (const command of [() => session.user("tim"), () => session.pass("tanstaaf"), () => {}]) {
    for (const _ of session.receive(encode("+OK\r\n")));
    command();
    session.takeOutputPieces(); // a response that comes before its command has left is none
  }
  return session;
}

/** Gives a command to a session in which a maildrop is open, and tells what it makes of the answer. */
export function read(
  command: (session: Pop3ClientSession) => unknown,
  wire: readonly Uint8Array[],
  tell: (event: Pop3ClientEvent) => void,
): void {
  const session = open();
  command(session);
  session.takeOutputPieces();
  for (const event of session.receive(encode("+OK\r\n"))) tell(event);
  for (const chunk of wire) for (const event of session.receive(chunk)) tell(event);
  if (session.waiting !== "decision") throw new Error("the end of the answer was not found");
}

function retrieval({ name, wire, unstuffed }: Corpus): Row {
  // The peers leave the message's last CRLF out: that is not held against them.
  const theirs = unstuffed.subarray(0, -2);
  const peer = (
    of: string,
    work: (wire: readonly Uint8Array[], sink: (piece: Uint8Array) => void) => Promise<void>,
  ): Work => making(of, theirs, (sink) => work(wire, sink));
  return {
    name: `RETR, ${name}`,
    amount: unstuffed.length / 1e6,
    works: {
      [OURS]: making(name, unstuffed, (sink) => {
        read(
          (session) => session.retr(1),
          wire,
          (event) => {
            if (event.type === "content") sink(event.bytes);
          },
        );
      }),
      "node-pop3": peer("node-pop3", nodePop3Content),
      yapople: peer("yapople", yapopleContent),
    },
  };
}

/** Messages as a client's session hands them over. */
export function contents(): Table {
  return {
    title: "content in",
    unit: "MB/s",
    columns: [OURS, "node-pop3", "yapople"],
    rows: corpora()
      .filter(({ bareLf, chunk }) => !bareLf && chunk > 1024)
      .map(retrieval),
  };
}
