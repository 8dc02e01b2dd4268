/**
 * A mail client as a Cloudflare Worker: POST a task as JSON, and the result comes back. A service of your own would not
 * be open to everybody, and would have the account in its secrets.
 *
 * Certificates are checked against those that the platform trusts; there is no way to name others.
 *
 *     esbuild worker.ts --bundle --format=esm --external:cloudflare:sockets --outfile=worker.js
 *     workerd serve worker.capnp
 *     curl --data @task.json http://127.0.0.1:8787/
 *
 * `packages/interop/runtimes/workerd.capnp` is such a configuration: it has the worker, where it listens, and whom it
 * may connect to.
 */
import { connect as connectSocket } from "cloudflare:sockets";
import { type Account, type Connection, perform, type Task } from "./mail.ts";

async function connect({ host, port }: Account): Promise<Connection> {
  const plain = connectSocket({ hostname: host, port }, { secureTransport: "starttls", allowHalfOpen: false });
  await plain.opened;
  return {
    readable: plain.readable,
    writable: plain.writable,
    startTls: async () => {
      const secure = plain.startTls(); // the certificate has to name the host of the connection
      await secure.opened;
      return secure;
    },
  };
}

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== "POST") return new Response("POST a task", { status: 405 });
    try {
      return Response.json(await perform(await request.json<Task>(), connect));
    } catch (error) {
      return Response.json({ error: error instanceof Error ? error.message : String(error) }, { status: 502 });
    }
  },
};
