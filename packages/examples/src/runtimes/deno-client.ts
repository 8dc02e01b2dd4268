/**
 * A mail client on Deno, over its own sockets. It does one task, which it reads as JSON, and says what came of it:
 *
 *     deno run --allow-net deno-client.ts < task.json
 */
import { type Account, type Connection, perform, type Task } from "./mail.ts";

async function connect({ host, port, ca }: Account): Promise<Connection> {
  const plain = await Deno.connect({ hostname: host, port });
  return {
    readable: plain.readable,
    writable: plain.writable,
    startTls: async () => {
      const secure = await Deno.startTls(plain, { hostname: host, ...(ca !== undefined && { caCerts: [ca] }) });
      await secure.handshake(); // else a certificate that is not good would show at the first read only
      return secure;
    },
  };
}

const task = (await new Response(Deno.stdin.readable).json()) as Task;
console.log(JSON.stringify(await perform(task, connect)));
