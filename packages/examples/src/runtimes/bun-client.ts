/**
 * A mail client on Bun, over its own sockets. It does one task, which it reads as JSON, and says what came of it:
 *
 *     bun bun-client.ts < task.json
 */
import { SocketStreams } from "./bun-socket.ts";
import { type Account, type Connection, perform, type Task } from "./mail.ts";

async function connect({ host, port, ca }: Account): Promise<Connection> {
  const plain = new SocketStreams();
  const socket = await Bun.connect({ hostname: host, port, socket: plain.handler });
  return {
    readable: plain.readable,
    writable: plain.writable,
    startTls: async () => {
      const secure = new SocketStreams();
      const tls = { serverName: host, ...(ca !== undefined && { ca }) };
      socket.upgradeTLS({ tls, data: undefined, socket: secure.secureHandler });
      await secure.opened;
      return secure;
    },
  };
}

const task = (await Bun.stdin.json()) as Task;
console.log(JSON.stringify(await perform(task, connect)));
