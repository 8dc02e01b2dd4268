/**
 * A mail client on Node over Web Streams, for servers with implicit TLS (RFC 8314 §3). It does one task, which it reads
 * as JSON, and says what came of it. `src/transport` has what STARTTLS takes on Node.
 *
 *     node node-client.ts < task.json
 *
 * Node runs TypeScript from 22.18 on; before that, `npx tsx node-client.ts`.
 */
import { once } from "node:events";
import { json } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { type Account, type Connection, perform, type Task } from "./mail.ts";
import { streamsOf } from "./node-socket.ts";

async function connect({ host, port, ca }: Account): Promise<Connection> {
  const socket = connectTls({ host, port, servername: host, ...(ca !== undefined && { ca }) });
  await once(socket, "secureConnect");
  return { ...streamsOf(socket), startTls: null };
}

const task = (await json(process.stdin)) as Task;
console.log(JSON.stringify(await perform(task, connect)));
