/** What others read listings with and cut messages with, driven as their own sockets drive them. */
import net from "node:net";
import { Readable, Writable } from "node:stream";
import Pop3Command from "node-pop3";
import POP3Connection from "wildduck/lib/pop3/connection.js";
import { Client } from "yapople";

type Sink = (piece: Uint8Array) => void;

const view = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);

/** node-pop3's answer to LIST or UIDL, from after its status line: the words of each line. */
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

/** yapople's answer to RETR, from after its status line. */
export async function yapopleContent(wire: readonly Uint8Array[], sink: Sink): Promise<void> {
  const { client, socket } = await yapopleClient();
  const retrieved: Promise<unknown> = client.retrieve(1);
  socket.emit("data", Buffer.from("+OK\r\n"));
  for (const chunk of wire) socket.emit("data", view(chunk));
  sink((await retrieved) as Buffer); // its types have messages of mailparser alone
}

/** node-pop3's answer to RETR, from after its status line, as the stream that it hands over. */
export async function nodePop3Content(wire: readonly Uint8Array[], sink: Sink): Promise<void> {
  const connection = new Pop3Command({ user: "", password: "", host: "" });
  const stream = connection._updateStream();
  for (const chunk of wire) connection._pushStream(view(chunk));
  for await (const piece of stream) sink(piece as Buffer);
}

/** wildduck's end of a connection: what is given it to read, and what it writes. */
class Peer extends Writable {
  readonly readyState = "open";
  readonly input: Buffer[] = [];
  readonly #sink: Sink;

  constructor(sink: Sink) {
    super({ decodeStrings: true, defaultEncoding: "latin1" });
    this.#sink = sink;
  }

  override _write(piece: Buffer, _: string, done: () => void): void {
    this.#sink(piece);
    done();
  }

  read(): Buffer | null {
    return this.input.shift() ?? null;
  }

  setTimeout(): void {}
}

/** A connection of wildduck's in TRANSACTION, with one message. */
function connect(peer: Peer, content: readonly Uint8Array[]): POP3Connection {
  const quiet = () => {};
  const server = {
    options: {},
    logger: { info: quiet, debug: quiet, error: quiet },
    loggelf: quiet,
    onFetchMessage: (_: object, __: object, done: (error: null, stream: Readable) => void) =>
      done(null, Readable.from(content.map(view), { objectMode: false })),
  };
  const connection = new POP3Connection(server, peer, { id: "bench", ignore: true });
  connection.session = { state: "TRANSACTION", listing: { messages: [{}] } };
  return connection;
}

/** wildduck's answers to so many copies of a chunk of commands. */
export function wildduckCommands(chunk: Uint8Array, times: number, sink: Sink): void {
  const peer = new Peer(sink);
  const connection = connect(peer, []);
  for (let time = 0; time < times; time++) {
    peer.input.push(view(chunk));
    connection.read();
  }
}

/** wildduck's answer to RETR or TOP, from after its status line. */
export function wildduckContent(content: readonly Uint8Array[], command: string, sink: Sink): Promise<void> {
  let begun = false;
  const peer = new Peer((piece) => {
    if (begun) sink(piece);
    begun = true;
  });
  const connection = connect(peer, content);
  const [verb, ...args] = command.split(" ");
  return new Promise((resolve, reject) => {
    if (verb === "TOP") {
      connection.command_TOP(args.join(" "), (error) => (error === undefined ? resolve() : reject(error)));
      return;
    }
    // It calls back before its last octets are written.
    peer.once("unpipe", () => resolve());
    connection.command_RETR(args.join(" "), (error) => error && reject(error));
  });
}
