/**
 * As much of PostgreSQL's protocol as a login takes: its chapters "Message Flow", "SASL Authentication" and "Message
 * Formats".
 */
import { open, tlsClient } from "examples/src/transport/node.ts";
import type { SaslClient } from "sasl";
import { bindingOf, type Connecting, loginOf } from "../clients.ts";
import { mechanism as mechanismOf } from "../mechanisms.ts";

/** Requests in place of a version. */
const SSL_REQUEST = 80_877_103;
const VERSION_3 = 196_608;

/** What an authentication message says. */
const OK = 0;
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;

const SECONDS = 10;

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

/**
 * Logs in under TLS.
 *
 * @throws Error with the server's code and text, or the mechanism's reason, if that fails
 */
export async function logIn(options: Connecting): Promise<void> {
  const { port, certificate, mechanism } = options;
  const login = loginOf(options);
  const connection = await open("127.0.0.1", port, tlsClient("127.0.0.1", certificate));
  const write = (bytes: Buffer) => connection.write(bytes, SECONDS);
  let unread: Buffer = Buffer.alloc(0);

  /** The next octets, at least so many. */
  const need = async (count: number): Promise<void> => {
    while (unread.length < count) {
      const chunk = await connection.read(SECONDS);
      if (chunk === null) throw new Error("the server closed the connection");
      unread = Buffer.concat([unread, chunk]);
    }
  };
  const read = async (): Promise<Message> => {
    await need(5);
    const end = 1 + unread.readUInt32BE(1);
    await need(end);
    const message = { type: unread.toString("latin1", 0, 1), body: unread.subarray(5, end) };
    unread = unread.subarray(end);
    if (message.type === "E") throw new Error(errorOf(message.body));
    return message;
  };

  let client: SaslClient | null = null;
  try {
    await write(sized(int32(SSL_REQUEST)));
    await need(1);
    const answer = unread.toString("latin1");
    unread = Buffer.alloc(0);
    if (answer !== "S" || !(await connection.startTls(SECONDS))) throw new Error("there is no TLS");
    await write(sized(int32(VERSION_3), Buffer.from(`user\0${login.user}\0database\0postgres\0\0`)));

    for (;;) {
      const { type, body } = await read();
      if (type !== "R") throw new Error(`expected an authentication message, got ${type}`);
      const [kind, data] = [body.readUInt32BE(0), body.subarray(4)];
      if (kind === SASL && client === null) {
        const offered = data.toString("latin1").split("\0");
        if (!offered.includes(mechanism)) throw new Error(`${mechanism} is not among ${offered.join(" ")}`);
        const binding = bindingOf(connection, options.binding);
        client = mechanismOf(mechanism).client(login, { service: "smtp", host: "localhost", binding });
        const first = responseOf(client.start())!;
        await write(message("p", Buffer.from(`${mechanism}\0`), int32(first.length), first));
      } else if (kind === SASL_CONTINUE && client !== null) {
        await write(message("p", responseOf(client.next(data))!));
      } else if (kind === SASL_FINAL && client !== null) responseOf(client.next(data));
      else if (kind === OK && client !== null) {
        const outcome = client.finish();
        if (outcome.type === "failure") throw new Error(outcome.text);
        if (!outcome.serverProved) throw new Error("the server has not proved itself");
        return;
      } else throw new Error(`unexpected authentication message ${kind}`);
    }
  } finally {
    client?.abort();
    await connection.close();
  }
}

/** The octets to send. @throws Error with the mechanism's reason if there are none */
function responseOf(step: ReturnType<SaslClient["start"]>): Uint8Array | null {
  if (step.type === "response") return step.bytes;
  throw new Error(step.text);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A length that counts itself, and what it is the length of. */
function sized(...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length + 4), body]);
}

function message(type: string, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(type), sized(...parts)]);
}

/** The SQLSTATE and the text of an ErrorResponse: fields of a letter and a string, each ended by NUL. */
function errorOf(body: Buffer): string {
  const fields = new Map(
    body
      .toString("utf8")
      .split("\0")
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );
  return `${fields.get("C")} ${fields.get("M")}`;
}
