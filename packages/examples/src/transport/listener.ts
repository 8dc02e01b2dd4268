import { setMaxListeners } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { NodeConnection, type TlsRole } from "./node.ts";

/** Serves one connection to its end. `signal` asks for an early one. */
export type Serve = (connection: NodeConnection, signal: AbortSignal) => Promise<void>;

export interface ListenerOptions {
  /**
   * Told of connections whose service failed, which is a fault of this program, or that could not be taken. Default:
   * `console.error`.
   */
  readonly failed?: (error: unknown) => void;
  /** How long clients have to go when the server is closed. In seconds; default 3. */
  readonly grace?: number;
  /** Whether TLS begins with the connection (RFC 8314 §3.3): one whose handshake fails is not served. Default false. */
  readonly implicitTls?: boolean;
}

/** How long a client may take for the handshake that begins a connection. In seconds. */
const HANDSHAKE = 60;

/** A TCP server that knows its connections, and can be closed with them. */
export class Listener {
  readonly #server: Server;
  readonly #stop = new AbortController();
  readonly #serving = new Set<Promise<void>>();
  readonly #sockets = new Set<Socket>();
  readonly #grace: number;

  constructor(serve: Serve, tls: TlsRole, options: ListenerOptions = {}) {
    const { failed = console.error, grace = 3, implicitTls = false } = options;
    this.#grace = grace;
    setMaxListeners(0, this.#stop.signal); // one a connection: Node would take more than ten for a leak
    const begin = async (connection: NodeConnection): Promise<void> => {
      if (!implicitTls || (await connection.startTls(HANDSHAKE))) await serve(connection, this.#stop.signal);
    };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      const served = begin(new NodeConnection(socket, tls))
        .catch(failed)
        .finally(() => this.#serving.delete(served));
      this.#serving.add(served);
    });
    // A connection that could not be taken, where files are at their limit for instance: the next one may be.
    this.#server.on("error", (error) => {
      if (this.#server.listening) failed(error);
    });
  }

  /** @param port 0 for any @returns the port */
  async listen(port = 0, host = "127.0.0.1"): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** Takes no more connections, and says good-bye to those there are. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#stop.abort();
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, this.#grace * 1000);
    await Promise.all([...this.#serving, closed]);
    clearTimeout(cut);
  }
}
