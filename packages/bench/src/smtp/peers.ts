/** What others read commands, replies and addresses with, driven as their own sockets drive them. */
import { Writable } from "node:stream";
import EmailjsParser from "emailjs-smtp-client/dist/parser.js";
import NodemailerConnection from "nodemailer/lib/smtp-connection";
import { SMTPServer } from "smtp-server";
import { SMTPConnection } from "smtp-server/lib/smtp-connection";
import { SMTPStream } from "smtp-server/lib/smtp-stream";

const view = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);

/** Gives the code and the text of each reply. */
export type Tell = (code: number, text: string) => void;

/**
 * smtp-server's stream, and its parser of MAIL and RCPT: it cuts commands, and reads addresses and parameters. Nothing
 * is answered, and no parameter is judged. Of a chunk of more than 100 commands it would leave some to a later turn of
 * the event loop.
 */
export function smtpServerCommands(chunks: readonly Uint8Array[], tell: (address: string) => void): void {
  const connection = Object.assign(Object.create(SMTPConnection.prototype) as SMTPConnection, {
    _server: { options: {} },
  });
  const stream = new SMTPStream();
  stream.oncommand = (line, next) => {
    const text = line.toString();
    const verb = text.slice(0, 4).toUpperCase();
    if (verb === "MAIL" || verb === "RCPT") {
      const parsed = connection._parseAddressCommand(verb === "MAIL" ? "mail from" : "rcpt to", line);
      if (parsed) tell(parsed.address as string);
    }
    next?.();
  };
  for (const chunk of chunks) stream.write(view(chunk));
}

/** The end of a connection that leads nowhere: what is written to it is handed over. */
class Wire extends Writable {
  readonly readyState = "open";
  sink: (piece: Uint8Array) => void = () => {};

  override _write(piece: Buffer, _: string, done: () => void): void {
    this.sink(piece);
    done();
  }

  setTimeout(): void {}
}

/** The whole of smtp-server, past its greeting, that takes whatever its application does not refuse. */
export class SmtpServerSide {
  readonly #wire = new Wire();
  readonly #parser: SMTPStream;

  private constructor() {
    const options = {
      authOptional: true,
      disableReverseLookup: true,
      hideSTARTTLS: true,
      maxAllowedUnauthenticatedCommands: Number.POSITIVE_INFINITY,
    };
    const connection = new SMTPConnection(new SMTPServer(options) as never, this.#wire as never);
    connection.connectionReady();
    this.#parser = connection._parser as SMTPStream;
  }

  static async greeted(): Promise<SmtpServerSide> {
    const side = new SmtpServerSide();
    await side.#replies(1, () => {});
    return side;
  }

  /** Gives the replies to chunks that hold so many commands. */
  async answer(chunks: readonly Uint8Array[], count: number, sink: (piece: Uint8Array) => void): Promise<void> {
    const replies = this.#replies(count, sink);
    for (const chunk of chunks) this.#parser.write(view(chunk));
    await replies;
  }

  /** Each is written by itself. */
  #replies(count: number, sink: (piece: Uint8Array) => void): Promise<void> {
    return new Promise((resolve) => {
      let left = count;
      this.#wire.sink = (piece) => {
        sink(piece);
        if (--left === 0) resolve();
      };
    });
  }
}

/** What nodemailer's types leave out. */
interface NodemailerReplies {
  _responseActions: ((text: string) => void)[];
  _supportedExtensions: string[];
  _supportedAuth: string[];
  _maxAllowedSize: number;
  _onData(chunk: Buffer): void;
  _parseEhloExtensions(text: string): void;
}

/**
 * nodemailer's replies: text, of which each action reads the code by itself. It takes one in a turn of the event loop,
 * which is most of its time.
 */
export function nodemailerReplies(chunk: Uint8Array, count: number, tell: Tell): Promise<void> {
  const connection = new NodemailerConnection({}) as unknown as NodemailerReplies;
  return nodemailer(connection, chunk, count, (text) => tell(Number(text.slice(0, 3)), text));
}

/** The same in one turn: what its parser does, and nothing else. */
export function nodemailerParser(chunk: Uint8Array, count: number, tell: Tell): void {
  const { setImmediate } = globalThis;
  const later: (() => void)[] = [];
  globalThis.setImmediate = Object.assign((run: () => void) => void later.push(run), setImmediate) as never;
  try {
    void nodemailerReplies(chunk, count, tell);
    for (let run = later.pop(); run !== undefined; run = later.pop()) run();
  } finally {
    globalThis.setImmediate = setImmediate;
  }
}

function nodemailer(
  connection: NodemailerReplies,
  chunk: Uint8Array,
  count: number,
  take: (text: string) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    const action = (text: string) => {
      take(text);
      if (--left === 0) resolve();
    };
    connection._responseActions = Array<typeof action>(count).fill(action);
    connection._onData(view(chunk));
  });
}

/** What nodemailer makes of so many replies to EHLO: the limit of SIZE, and what else it looks for. */
export function nodemailerCapabilities(chunk: Uint8Array, count: number, tell: (limit: number) => void): Promise<void> {
  const connection = new NodemailerConnection({}) as unknown as NodemailerReplies;
  return nodemailer(connection, chunk, count, (text) => {
    connection._supportedExtensions = [];
    connection._supportedAuth = [];
    connection._parseEhloExtensions(text);
    tell(connection._maxAllowedSize);
  });
}

/** emailjs's parser, which takes text. */
export function emailjsReplies(chunk: Uint8Array, tell: Tell): void {
  const parser = new EmailjsParser.default();
  parser.ondata = ({ statusCode, data }) => tell(statusCode, data);
  parser.send(view(chunk).toString("latin1"));
}
