/** A wire that can be cut: it stands between a client and a server, and knows nothing of either. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Stoppable } from "./daemon.ts";

export interface Cut {
  /** Whose octets are counted. */
  readonly from: "client" | "server";
  /** How many of them pass before the connection is lost on both sides. Those of TLS count. */
  readonly after: number;
  /** How many connections are cut: the first ones. Default 1. */
  readonly times?: number;
}

export class Relay implements Stoppable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;
  #cut = 0;

  /** @param target the port of the server, on 127.0.0.1 */
  constructor(target: number, { from, after, times = 1 }: Cut) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
      this.#connections++;
      const isCut = this.#connections <= times;
      let left = isCut ? after : Number.POSITIVE_INFINITY;
      for (const [source, sink] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(source);
        const counts = (source === client) === (from === "client");
        source.on("error", () => {});
        source.on("close", () => {
          this.#sockets.delete(source);
          sink.destroy();
        });
        source.on("end", () => sink.end());
        source.on("drain", () => sink.resume());
        source.on("data", (chunk) => {
          const passing = counts ? chunk.subarray(0, left) : chunk;
          if (counts) left -= passing.length;
          if (!sink.write(passing)) source.pause();
          if (left > 0 || !counts) return;
          this.#cut++;
          // What has passed arrives before the end does.
          sink.destroySoon();
          source.destroy();
        });
      }
    });
  }

  /** How many connections there have been. */
  get connections(): number {
    return this.#connections;
  }

  /** How many connections were cut. */
  get cut(): number {
    return this.#cut;
  }

  /** @returns the port, on 127.0.0.1 */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("the relay has no port");
    return address.port;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
