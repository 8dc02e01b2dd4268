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

export interface RelayOptions {
  readonly cut?: Cut | undefined;
  /**
   * How long every octet from the server is held back: who does not wait for replies shows then. In milliseconds;
   * default 0.
   */
  readonly delay?: number | undefined;
}

/** No more than this of a batch is kept: the content of a message is of no interest. In octets. */
const KEPT = 4096;

export class Relay implements Stoppable {
  /**
   * What a client sent between two times that it heard from the server, as Latin-1, of all connections: the beginning
   * of it.
   */
  readonly batches: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;

  /** @param target the port of the server, on 127.0.0.1, when a connection comes */
  constructor(target: () => number, { cut, delay = 0 }: RelayOptions = {}) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({ port: target(), host: "127.0.0.1", allowHalfOpen: true });
      const isCut = cut !== undefined && ++this.#connections <= (cut.times ?? 1);
      let left = isCut ? cut.after : Number.POSITIVE_INFINITY;
      let isNew = true; // whether a batch begins

      const pass = (from: Cut["from"], chunk: Buffer, sink: Socket): boolean => {
        if (from === "server") isNew = true;
        else {
          if (isNew) this.batches.push("");
          isNew = false;
          const room = KEPT - this.batches.at(-1)!.length;
          this.batches[this.batches.length - 1] += chunk.subarray(0, room).toString("latin1");
        }
        return sink.write(chunk);
      };
      const relay = (from: Cut["from"], source: Socket, sink: Socket): void => {
        this.#sockets.add(source);
        source.on("error", () => {});
        source.on("close", () => {
          this.#sockets.delete(source);
          sink.destroy();
        });
        const later = (action: () => void) => (delay > 0 && from === "server" ? setTimeout(action, delay) : action());
        source.on("end", () => later(() => sink.end()));
        sink.on("drain", () => source.resume());
        source.on("data", (chunk) => {
          const passing = from === cut?.from ? chunk.subarray(0, left) : chunk;
          if (from === cut?.from) left -= passing.length;
          later(() => {
            if (sink.writable && !pass(from, passing, sink)) source.pause();
          });
          if (left > 0) return;
          // What has passed arrives before the end does.
          sink.destroySoon();
          source.destroy();
        });
      };
      relay("client", client, server);
      relay("server", server, client);
    });
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
