/** What others read listings with and cut messages with, driven as their own sockets drive them. */
import net from "node:net";
import { Readable } from "node:stream";
import Pop3Command from "node-pop3";
import POP3Connection from "wildduck/lib/pop3/connection.js";
import { Client } from "yapople";

type Sink = (piece: Uint8Array) => void;

const view = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);

/** node-pop3's answer to LIST or UIDL, from behind its status line: the words of each line. */
export async function nodePop3(wire: readonly Uint8Array[]): Promise<string[][]> {
  const connection = new Pop3Command({ user: "", password: "", host: "" });
  const text = Pop3Command.stream2String(connection._updateStream());
  for (const chunk of wire) connection._pushStream(view(chunk));
  return Pop3Command.listify((await text) as string);
}

/** A socket that is connected to nothing: what is emitted on it is what came. */
class Wire extends net.Socket {
  override write(): boolean {
    return true;
  }
}

/** yapople, logged in, on a socket that is connected to nothing. */
async function yapopleClient(): Promise<{ client: Client; socket: Wire }> {
  const socket = new Wire();
  const { createConnection } = net;
  const client = new Client({ host: "", port: 110, username: "", password: "" });
  try {
    net.createConnection = () => socket;
    const connected = client.connect();
    for (let answers = 0; answers < 3; answers++) socket.emit("data", Buffer.from("+OK\r\n"));
    await connected;
  } finally {
    net.createConnection = createConnection;
  }
  return { client, socket };
}

/** yapople's answer to LIST: sizes by number. */
export async function yapople(wire: readonly Uint8Array[]): Promise<Readonly<Record<string, number>>> {
  const { client, socket } = await yapopleClient();
  // Its types lack the form that asks for all.
  const listed = (client.list as () => Promise<Readonly<Record<string, number>>>).call(client);
  socket.emit("data", Buffer.from("+OK\r\n"));
  for (const chunk of wire) socket.emit("data", view(chunk));
  return listed;
}

/** yapople's answer to RETR, from behind its status line. */
export async function yapopleContent(wire: readonly Uint8Array[], sink: Sink): Promise<void> {
  const { client, socket } = await yapopleClient();
  const retrieved: Promise<unknown> = client.retrieve(1);
  socket.emit("data", Buffer.from("+OK\r\n"));
  for (const chunk of wire) socket.emit("data", view(chunk));
  sink((await retrieved) as Buffer); // its types have messages of mailparser alone
}

/** node-pop3's answer to RETR, from behind its status line, as the stream that it hands over. */
export async function nodePop3Content(wire: readonly Uint8Array[], sink: Sink): Promise<void> {
  const connection = new Pop3Command({ user: "", password: "", host: "" });
  const stream = connection._updateStream();
  for (const chunk of wire) connection._pushStream(view(chunk));
  for await (const piece of stream) sink(piece as Buffer);
}

/** wildduck's answer to TOP, from behind its status line. */
export function wildduck(content: readonly Uint8Array[], lines: number, sink: Sink): Promise<void> {
  const quiet = () => {};
  const server = {
    options: {},
    logger: { info: quiet, debug: quiet, error: quiet },
    loggelf: quiet,
    onFetchMessage: (_: object, __: object, done: (error: null, stream: Readable) => void) =>
      done(null, Readable.from(content.map(view), { objectMode: false })),
  };
  let begun = false;
  const socket = {
    readyState: "open",
    write: (piece: Buffer | string) => {
      if (begun) sink(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
      begun = true;
    },
  };
  const connection = new POP3Connection(server, socket, { id: "bench", ignore: true });
  connection.session = { state: "TRANSACTION", listing: { messages: [{}] } };
  return new Promise((resolve, reject) => {
    connection.command_TOP(`1 ${lines}`, (error) => (error === undefined ? resolve() : reject(error)));
  });
}
