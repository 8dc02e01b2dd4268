/** The servers and parsers of others that our relay sends to: what they take for messages. */
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Writable } from "node:stream";
import { unstuff } from "dot-stuffing";
import MessageStream from "haraka-message-stream";
import DataStream from "nodemailer/lib/smtp-connection/data-stream";
import { SMTPServer } from "smtp-server";
import type { Inbox } from "../ours/inbox.ts";
import { BOB } from "../world.ts";
import { type Accepted, send } from "./relay.ts";

/** A message that was taken; null: its content is not known. */
export type Taken = Omit<Accepted, "content"> & { readonly content: Uint8Array | null };

/** Somebody who is sent messages: gives what was taken for messages. */
export type NextHop = (messages: readonly Accepted[]) => Promise<Taken[]>;

/** smtp-server, over loopback. @param use is given a next hop as long as the server runs */
export async function withSmtpServer(use: (nextHop: NextHop) => Promise<void>): Promise<void> {
  let taken: Taken[] = [];
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? "" : (mailFrom?.address ?? "");
        taken.push({ from, to: rcptTo.map(({ address }) => address), content: Buffer.concat(pieces) });
        done(null);
      });
    },
  });
  server.on("error", () => {}); // a connection's; what matters is what was taken
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  try {
    await use(async (messages) => {
      taken = [];
      await sendTo(port, messages);
      return taken;
    });
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/**
 * A server of others that sends on to an inbox of ours. Each message comes from a sender of its own: by that it is
 * known again, and not every server takes every mailbox of the grammar. What it does to content is not asked here.
 */
export function throughServer(port: number, inbox: Inbox): NextHop {
  return async (messages) => {
    const sender = (index: number) => `m${index}@example.com`;
    await inbox.take();
    await sendTo(
      port,
      messages.map(({ content }, index) => ({ from: sender(index), to: [BOB], content })),
    );
    const left = new Map(messages.map((message, index) => [sender(index), message]));
    const taken: (Taken | undefined)[] = messages.map(() => undefined);
    for (const { from = "", to = [] } of await inbox.take()) {
      const message = left.get(from);
      // A second one of the same sender was not sent either.
      if (message === undefined || to.join() !== BOB) taken.push({ from, to, content: null });
      else taken[messages.indexOf(message)] = { ...message, content: null };
      left.delete(from);
    }
    return taken.filter((each) => each !== undefined);
  };
}

/** Sends messages on to a server on loopback. */
async function sendTo(port: number, messages: readonly Accepted[]): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await send(messages, lineOf(socket));
  socket.destroy();
}

function lineOf(socket: Socket): { write(bytes: Uint8Array): void; read(): Promise<Uint8Array | null> } {
  const chunks: (Uint8Array | null)[] = [];
  let wake = (): void => {};
  const add = (chunk: Uint8Array | null): void => {
    chunks.push(chunk);
    wake();
  };
  socket.on("data", add);
  socket.on("close", () => add(null));
  socket.on("error", () => {});
  return {
    write: (bytes) => void socket.write(bytes),
    read: async () => {
      while (chunks.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return chunks.shift()!;
    },
  };
}

/** What our client sends a server that takes everything: the wire form of each message after DATA. */
async function wiresOf(messages: readonly Accepted[]): Promise<Uint8Array[]> {
  const wires: Uint8Array[] = [];
  const replies = ["220 next.example.com\r\n"];
  let inContent = false;
  const line = {
    write: (bytes: Uint8Array): void => {
      if (inContent) wires[wires.length - 1] = Buffer.concat([wires.at(-1)!, bytes]);
      else answer(Buffer.from(bytes).toString("latin1"));
    },
    read: async (): Promise<Uint8Array | null> => {
      // Where the content ends is what is asked here: by our own count, not by looking for an end.
      if (replies.length === 0 && inContent) {
        inContent = false;
        replies.push("250 taken\r\n");
      }
      const reply = replies.shift();
      return reply === undefined ? null : Buffer.from(reply);
    },
  };
  const answer = (text: string): void => {
    if (text.startsWith("EHLO")) replies.push("250-next.example.com\r\n250 8BITMIME\r\n");
    else if (text.startsWith("DATA")) {
      inContent = true;
      wires.push(new Uint8Array(0));
      replies.push("354 go\r\n");
    } else replies.push(text.startsWith("QUIT") ? "221 bye\r\n" : "250 ok\r\n");
  };
  await send(messages, line);
  return wires;
}

/**
 * A hop whose parser of content is driven as its server drives it.
 *
 * @throws Error where a message ends before its last octet
 */
function byParser(read: (wire: Buffer) => Promise<{ readonly content: Buffer; readonly end: number }>): NextHop {
  return async (messages) => {
    const wires = await wiresOf(messages);
    const taken: Taken[] = [];
    for (const [index, wire] of wires.entries()) {
      const { content, end } = await read(Buffer.from(wire));
      if (end !== wire.length)
        throw new Error(
          `it ends at ${end} of ${wire.length} octets: ${JSON.stringify(Buffer.from(wire).toString("latin1"))}`,
        );
      taken.push({ ...messages[index]!, content });
    }
    return taken;
  };
}

/** Haraka cuts lines at LF, ends at a line of a dot and CRLF, and lets its message stream unstuff. */
export const haraka: NextHop = byParser(async (wire) => {
  const stream = new MessageStream({ main: { spool_after: -1 } }, "second-hop");
  let at = 0;
  for (;;) {
    const end = wire.indexOf(0x0a, at) + 1;
    if (end === 0) throw new Error("it does not end");
    const line = wire.subarray(at, end);
    at = end;
    if (line.length === 3 && line[0] === 0x2e && line[1] === 0x0d) break;
    stream.add_line(line);
  }
  stream.add_line_end();
  const pieces: Buffer[] = [];
  const out = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  const finished = once(out, "finish");
  stream.pipe(out, { dot_stuffed: true });
  await finished;
  return { content: Buffer.concat(pieces), end: at };
});

/**
 * Servers that take LF for a line end, as Postfix and Dovecot do in Debian 12: the earliest end that any of them sees.
 */
export const lenient: NextHop = byParser(async (wire) => {
  const text = wire.toString("latin1");
  const found = /(?:^|\n)\.\r*\n|(?:^|\r)\.\r(?!\n)/.exec(text);
  if (found === null) throw new Error("it does not end");
  return { content: Buffer.from(unstuff(wire).content), end: found.index + found[0].length };
});

/** A third hop: what was relayed is sent on by nodemailer's stream, and read by our own server's rules. */
export const nodemailer: NextHop = async (messages) => {
  const taken: Taken[] = [];
  for (const message of messages) {
    const stream = new DataStream();
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    const ended = once(stream, "end");
    stream.end(Buffer.from(message.content));
    await ended;
    const { content, rest, violation } = unstuff(Buffer.concat(pieces));
    if (rest.length > 0 || violation !== null) throw new Error("nodemailer's stream ended early");
    // It makes an empty line of no content at all.
    taken.push({ ...message, content: message.content.length === 0 ? message.content : content });
  }
  return taken;
};
